"""Check what is not a table: descriptors, manifests, mappings, deletions, and files that are not tables."""
