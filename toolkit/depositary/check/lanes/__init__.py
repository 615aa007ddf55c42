"""The exact and the fast lane, which check one table; their reports are equal byte by byte."""
