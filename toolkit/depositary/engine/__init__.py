"""The database in which rules and merges are computed; its own words, and none of what is judged or merged."""
