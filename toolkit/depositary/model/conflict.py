"""A conflict: one place of a package about which contributions say different things."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a conflict stands."""

    OPEN = "open"
    RESOLVED = "resolved"  # by a decision
    AUTO = "auto"  # it merges by itself, and is listed
    STALE = "stale"  # a decision on other values than there are now
    UNUSED = "unused"  # a decision on a conflict that is no more


@dataclass(frozen=True)
class Side:
    """What one side of a conflict would have; None is blank, and for a whole row that it should go.

    What the package had before has no contributor, and the batch `published@<version>`.
    """

    contributor: str
    batch: str
    value: str | None
    source_id: str = ""

    @property
    def order(self) -> tuple[str, str, str]:
        """Give what the sides of a conflict are ordered by."""
        return (self.contributor, self.batch, self.value or "")


@dataclass(frozen=True)
class Conflict:
    """One conflict: `row_id` is empty where a whole column is meant, `field` where a whole row is."""

    conflict_id: str
    kind: str
    status: Status
    table: str
    row_id: str
    field: str
    sides: tuple[Side, ...]
    inputs_hash: str = ""
    decided_by: str = ""
    message: str = ""

    @property
    def place(self) -> tuple[str, str, str, str, str]:
        """Give what conflicts are ordered by."""
        return (self.table, self.row_id, self.field, self.kind, self.conflict_id)
