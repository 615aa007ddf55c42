"""Write files completely or not at all, in one canonical form."""
