"""Parts of all HTML pages: the frame, escaped markup, marked words, style and script."""
