"""Read descriptors, manifests and records from bytes on disk; nothing is checked here."""
