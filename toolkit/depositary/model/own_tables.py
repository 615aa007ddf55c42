"""The names of the tables that merging adds to a package."""

ROWS, CELLS, CONFLICTS, REDIRECTS = "provenance_rows", "provenance_cells", "conflicts", "redirects"


OWN = (ROWS, CELLS, CONFLICTS, REDIRECTS)  # the tables that merging adds to a package

PUBLISHED = "published@"  # the batch of a published value begins so; the version of the package follows
DELETED = "deleted"  # the status of a row in the provenance of rows, if a merge deleted it
