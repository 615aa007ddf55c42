"""Read, show and write conflicts and decisions: files, worksheets, text, pages."""
