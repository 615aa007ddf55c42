"""Drafts that a person then fills in, as folders of contributions; what was filled in is checked elsewhere."""
