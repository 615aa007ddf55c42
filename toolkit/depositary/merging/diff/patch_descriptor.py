"""Apply the lines of a diff about a package, its tables and their fields to a descriptor."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from depositary.merging.diff.changes import Change, Kind
from depositary.merging.diff.descriptors import (
    FIELDS,
    TABLES,
    DescriptorView,
    TableView,
    is_same,
    to_json,
    view_of_table,
)


@dataclass
class DescriptorPatch:
    """A package's descriptor, property by property, before and after the diff."""

    after: DescriptorView
    misfits: list[str]
    before: dict[str, TableView] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.before = {name: TableView(dict(of.properties), dict(of.fields)) for name, of in self.after.tables.items()}

    @property
    def gone(self) -> set[str]:
        """Name the tables to remove."""
        return self.before.keys() - self.after.tables.keys()

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply all lines that are not about rows."""
        for change in changes:
            try:
                before, after = (json.loads(text) if text is not None else None for text in change[4:])
                misfit = self._apply(change, before, after)
            except (KeyError, TypeError, ValueError):
                misfit = "the line is not valid in a diff"
            if misfit:
                self.misfits.append(f"{_place(change)}: {misfit}")
        if not self.misfits:
            self._require_order()

    def _apply(self, change: Change, before: Any, after: Any) -> str:  # noqa: ANN401 (JSON)
        tables = self.after.tables
        if change.change == Kind.PROPERTY_CHANGED:
            of = tables[change.table].properties if change.table else self.after.properties
            return _exchange(of, change.field, change, before, after)
        if change.change in (Kind.FIELD_ADDED, Kind.FIELD_REMOVED, Kind.FIELD_CHANGED):
            return _exchange(tables[change.table].fields, change.field, change, before, after)
        if change.change == Kind.TABLE_ADDED and change.table not in tables:
            tables[change.table] = view_of_table(after)
            return ""
        if change.change == Kind.TABLE_REMOVED and change.table in tables:
            found = tables.pop(change.table).resource()
            return "" if is_same(found, before) else "the package has another table with this name"
        if change.change in (Kind.TABLE_ADDED, Kind.TABLE_REMOVED):
            return "the table exists already" if change.change == Kind.TABLE_ADDED else "there is no such table"
        return f"{change.change!r} is not a kind of change in a diff"

    def _require_order(self) -> None:
        """Check that the lists of names fit the current names."""
        lists = [("the package", self.after.properties[TABLES], self.after.tables)]
        lists += [(name, of.properties[FIELDS], of.fields) for name, of in self.after.tables.items()]
        for where, listed, there in lists:
            if sorted(listed) != sorted(there):
                odd = ", ".join(sorted(set(listed) ^ set(there)))
                self.misfits.append(f"{where}: the names differ from those in the diff: {odd}")


def _exchange(of: dict[str, Any], name: str, change: Change, before: Any, after: Any) -> str:  # noqa: ANN401 (JSON)
    there = name in of
    if there != (change.before is not None) or (there and not is_same(of[name], before)):
        found = to_json(of[name]) if there else "nothing"
        return f"the diff has {change.before or 'nothing'}, but the package has {found}"
    if change.after is None:
        del of[name]
    else:
        of[name] = after
    return ""


def _place(change: Change) -> str:
    return " ".join(filter(None, [change.table or "the package", change.row_id, change.field and f"[{change.field}]"]))
