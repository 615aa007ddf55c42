"""Explanations for the ids and codes of a conflict: what a row is about, what a value means, and the sources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from depositary.merging.claims.policy import policy_of
from depositary.merging.conflicts.conflicts_file import rows_of, titles_of
from depositary.merging.conflicts.remedies import is_one_cell
from depositary.model.conflict import Conflict, Side
from depositary.model.package import Package
from depositary.model.record_id import record_id
from depositary.model.role import Role
from depositary.model.table import ForeignKey, Table

_NAMES = ("label", "name", "title")  # columns that describe a row
_CELLS = 4  # cells that are shown of a row without such a column


@dataclass
class Explained:
    """The rows of a package in words; each table is read once, when it is first needed."""

    package: Package
    _labels: dict[str, dict[str, str]] = field(default_factory=dict)

    def row(self, table: str, row_id: str) -> str:
        """Describe a row: its label, name or title, or else its first cells; empty if it is not published."""
        return self._of(table).get(row_id, "") if row_id else ""

    def values(self, conflict: Conflict) -> dict[str, str]:
        """Map the people and values on the sides of a conflict to their names."""
        people = {side.contributor: self.row("contributors", side.contributor) for side in conflict.sides}
        texts = {side.value for side in conflict.sides if side.value}
        meant = {text: self._meaning(conflict, text) for text in sorted(texts)} if is_one_cell(conflict) else {}
        return {one: label for one, label in {**people, **meant}.items() if one and label and label != one}

    def sources(self, sides: Mapping[str, Side]) -> dict[str, str]:
        """Name the source of each side that has one, with its title."""
        named = {name: side.source_id for name, side in sides.items() if side.source_id}
        titles = {name: self._titles.get(source, "") for name, source in named.items()}
        return {name: f"{source}, {titles[name]}" if titles[name] else source for name, source in named.items()}

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        return titles_of(self.package)

    def _meaning(self, conflict: Conflict, text: str) -> str:
        """Give the meaning of a value, if it is a category or names a row."""
        resource = self.package.get(conflict.table)
        if resource is None or conflict.field not in resource.table.field_names:
            return ""
        label = resource.table[conflict.field].categories.get(text, "")
        keys = [key for key in resource.table.foreign_keys if self._names_a_row(key, conflict.field)]
        return label or next((self.row(key.table, record_id([text])) for key in keys), "")

    def _names_a_row(self, key: ForeignKey, name: str) -> bool:
        parent = self.package.get(key.table)
        return key.fields == (name,) and parent is not None and parent.table.primary_key == key.parent_fields

    def _of(self, table: str) -> Mapping[str, str]:
        if table not in self._labels:
            resource = self.package.get(table)
            rows = rows_of(resource) if resource else ()
            shown = naming_columns(resource.table) if resource else ()
            key = resource.table.primary_key if resource else ()
            self._labels[table] = {record_id(row.get(n, "") for n in key): label_of(row, shown) for row in rows}
        return self._labels[table]


def naming_columns(table: Table) -> tuple[str, ...]:
    """Name the columns that describe a row to people."""
    named = next((name for name in _NAMES if name in table.field_names), None)
    if named:
        return (named,)
    about = {f.name for f in policy_of(table).fields.values() if f.role is not Role.VALUE}
    return tuple(name for name in table.field_names if name not in about and name not in table.primary_key)


def label_of(row: Mapping[str, str | None], shown: tuple[str, ...]) -> str:
    """Describe a row by some of its cells."""
    cells = [f"{name}={row[name]}" for name in shown if row.get(name)][:_CELLS]
    return row.get(shown[0]) or "" if len(shown) == 1 else "; ".join(cells)
