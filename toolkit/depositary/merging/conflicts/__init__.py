"""Conflicts and decisions as people see and write them: files, worksheets, text, pages."""
