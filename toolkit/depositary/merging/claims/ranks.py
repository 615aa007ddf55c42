"""The ranks of claimants that are not contributions."""

PUBLISHED = -1  # the rank of published values; contributions have ranks from 0 on


_DECIDER = -2


WITH_NEW_ID = -3  # the rank of published rows whose ids are rewritten
