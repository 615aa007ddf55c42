"""A conflict: a cell, a row or a column for which the claims of contributions do not agree."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """The status of a conflict."""

    OPEN = "open"
    RESOLVED = "resolved"  # by a decision
    AUTO = "auto"  # it merges automatically and is listed
    STALE = "stale"  # a decision that was made for other values than the current ones
    UNUSED = "unused"  # a decision on a conflict that no longer exists


@dataclass(frozen=True)
class Side:
    """The value of one side of a conflict; None means blank, or for a whole row that it is deleted.

    The published value has no contributor, and the batch `published@<version>`.
    """

    contributor: str
    batch: str
    value: str | None
    source_id: str = ""

    @property
    def order(self) -> tuple[str, str, str]:
        """Give the sort key of the sides of a conflict."""
        return (self.contributor, self.batch, self.value or "")


@dataclass(frozen=True)
class Conflict:
    """One conflict; `row_id` is empty if it is about a whole column, `field` is empty if it is about a whole row."""

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
    def sort_key(self) -> tuple[str, str, str, str, str]:
        """Give the sort key of conflicts."""
        return (self.table, self.row_id, self.field, self.kind, self.conflict_id)
