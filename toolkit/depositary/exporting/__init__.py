"""Export a package to other formats, and list every loss."""
