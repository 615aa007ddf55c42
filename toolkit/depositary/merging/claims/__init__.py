"""From contributions to claims: what each one says of which cell, seen from its own base."""
