"""Find quotes in the texts of sources, and write and check the evidence of a package or a contribution."""
