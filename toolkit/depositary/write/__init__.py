"""Writing files whole or not at all, in one canonical form."""
