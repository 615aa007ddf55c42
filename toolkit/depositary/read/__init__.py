"""From bytes on disk to descriptors, manifests and records; nothing is judged here."""
