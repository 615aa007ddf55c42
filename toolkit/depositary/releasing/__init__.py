"""A release of a package: its version, what changed, its files and their sums, and whether they are still the same."""
