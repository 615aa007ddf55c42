"""What the provenance of a package says became of claims and rows: the statuses in provenance_cells and _rows."""

from enum import StrEnum


class ClaimStatus(StrEnum):
    """What became of a claim."""

    ACCEPTED = "accepted"  # its value is published
    REJECTED = "rejected"  # another value was decided, or merged by itself
    OPEN = "open"  # it waits for a decision
    SUPERSEDED = "superseded"  # it was accepted once, and another value is published by now
    NOTED = "noted"  # it is kept in the provenance only


class RowStatus(StrEnum):
    """What became of a row."""

    PRESENT = "present"  # it is published
    DELETED = "deleted"  # it was published once
