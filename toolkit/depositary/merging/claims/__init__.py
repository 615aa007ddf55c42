"""Find the claims of contributions: the cells that each contribution changes, compared with its own base."""
