"""The ranks of claimants that are not contributions."""

PUBLISHED = -1  # the rank of what was published before; contributions are ranked from 0 on


_DECIDER = -2


STANDING = -3  # of the published rows themselves, where ids in them are rewritten
