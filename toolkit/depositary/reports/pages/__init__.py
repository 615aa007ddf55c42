"""What every HTML page is made of: its frame, escaped markup, marked words, style and script."""
