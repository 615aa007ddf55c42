"""One exporter a format, and what several of them share."""
