"""A finding: one error or warning, worded so that a person can fix it."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Place:
    """A row of a table in its file."""

    table: str
    file: str
    row: int


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One error or warning at one place.

    `row` counts the records of the file, header included, as a spreadsheet shows them; 0 is the table as a whole.
    `field` is empty if the finding is about a whole row or table; several fields are joined with ", ".
    `rule` is the id of the broken rule, if there is one; `also` has the other rows that take part.
    `reference` has the properties of the same error in a report of frictionless 5.21 (type, note, cells …).
    """

    code: str
    level: Level
    table: str
    file: str
    row: int = 0
    field: str = ""
    value: str = ""
    message: str
    hint: str = ""
    rule: str = ""
    also: tuple[Place, ...] = ()
    reference: Mapping[str, Any] = dataclasses.field(default_factory=dict, compare=False, repr=False)

    @property
    def place(self) -> Place:
        """Give the row that it is about; row 0 is the table as a whole."""
        return Place(self.table, self.file, self.row)

    def __lt__(self, other: "Finding") -> bool:
        return self._sort_key < other._sort_key

    @property
    def _sort_key(self) -> tuple[str, str, int, str, str, str, str]:
        return (self.table, self.file, self.row, self.field, self.code, self.rule, self.message)
