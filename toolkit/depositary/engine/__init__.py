"""The database in which rules and merges are computed, and its SQL dialect; nothing is checked or merged here."""
