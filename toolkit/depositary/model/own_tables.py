"""The names of the tables that merging adds to a package."""

ROWS, CELLS, CONFLICTS, REDIRECTS = "provenance_rows", "provenance_cells", "conflicts", "redirects"


OWN = (ROWS, CELLS, CONFLICTS, REDIRECTS)  # the tables that merging adds to a package
