"""One file: from its bytes to labels and numbered records. Descriptors and folders are read in the room above."""
