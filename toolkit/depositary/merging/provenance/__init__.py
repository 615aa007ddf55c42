"""The provenance of each cell: written with the merged package, read by blame and by the next merge."""
