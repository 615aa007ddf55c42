"""Where each cell came from: written with the merged package, read by blame and by the next merge."""
