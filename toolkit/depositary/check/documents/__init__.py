"""Judging what is not a table: descriptors, manifests, mappings, deletions, files beside the package."""
