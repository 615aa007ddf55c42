"""Read one file, from its bytes to labels and numbered records. Descriptors and folders are read in `read` itself."""
