"""The parts of a package that databases can hold: names, keys, references, and tables that describe the package."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from depositary.exporting.content import Content, TableContent
from depositary.exporting.names import short_names
from depositary.exporting.written import Loss
from depositary.model.field_types import Storage
from depositary.model.table import Field, ForeignKey, kind_of

# Tables that describe the others, by name, with the types of their columns.
DESCRIBING: Mapping[str, Mapping[str, type]] = {
    "_package": {"property": str, "value": str},
    "_tables": {"table_name": str, "kind": str, "title": str, "description": str},
    "_columns": {
        "table_name": str, "place": int, "column_name": str, "type": str, "title": str, "description": str,
        "refers_to": str,
    },
    "_codes": {
        "table_name": str, "column_name": str, "place": int, "value": str, "label": str, "definition": str,
    },
}  # fmt: skip
DESCRIBED = {
    "_package": "One row for each property of the package as a whole: name, version, licence and others.",
    "_tables": "One row for each table and view, with the meaning of its rows.",
    "_columns": (
        "One row for each column of each table and view, with its meaning. type is the type in the schema (edtf for "
        "EDTF dates). refers_to is the table and column to which its values refer."
    ),
    "_codes": (
        "One row for each value that a coded column may have, in the schema's order, with its label and definition."
    ),
}
_PROPERTIES = ("name", "title", "version", "description", "id", "homepage", "created")
_NOTHING = re.compile(r"(?!)")
_LONGEST = 200  # characters; SQL allows more, but nobody uses them


@dataclass
class Relations:
    """The names, keys and references of a package as a database can hold them.

    What a database can hold depends on which columns are text (`TableContent.misfits`). So call a method for a table
    only after the tables before it are written. `inexact` has the storages for which a database treats some different
    values as equal. `open` has the references that it cannot hold for another reason, with the reason.
    """

    content: Content
    inexact: frozenset[Storage] = frozenset()
    reserved: Sequence[str] = ()
    open: dict[tuple[str, ForeignKey], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tables = {one.name: one for one in self.content.tables}
        wanted = self._wanted()
        names = short_names([*DESCRIBING, *wanted.values()], _LONGEST, _NOTHING)
        self.names = {name: names[other] for name, other in wanted.items()}
        self.columns = {n: short_names(t.table.field_names, _LONGEST, _NOTHING) for n, t in self.tables.items()}

    def _wanted(self) -> dict[str, str]:
        """Give the tables' names, with another name for each that is taken."""
        taken = {*self.reserved, *DESCRIBING}
        wanted = {name: name for name in self.tables}
        for name in taken & self.tables.keys():
            while wanted[name] in taken | self.tables.keys():
                wanted[name] = f"table_{wanted[name].lstrip('_')}"
        return wanted

    def primary(self, name: str) -> tuple[str, ...]:
        """Name the columns of a table's key; none if the database cannot hold it."""
        key = self.tables[name].table.primary_key
        return key if key and self._is_held(name, key) else ()

    def unique(self, name: str) -> list[tuple[str, ...]]:
        """Name the columns of each further key of a table."""
        table = self.tables[name].table
        keys = [*table.unique_keys, *((f.name,) for f in table.fields if f.constraints.get("unique"))]
        found = {frozenset(key): key for key in reversed(keys) if self._is_held(name, key)}
        found.pop(frozenset(table.primary_key), None)
        return list(reversed(found.values()))

    def references(self, name: str) -> list[ForeignKey]:
        """Give the references of a table that the database can hold."""
        return [key for key in dict.fromkeys(self.tables[name].table.foreign_keys) if not self.why_open(name, key)]

    def why_open(self, name: str, key: ForeignKey) -> str:
        """Give the reason why the database cannot hold a reference of a table; empty if it can."""
        parent = self.tables.get(key.table)
        if parent is None:
            return f"the package has no table {key.table}"
        if (name, key) in self.open:
            return self.open[name, key]
        for one, its in zip(key.fields, key.parent_fields, strict=True):
            kinds = {self._kind(name, one), self._kind(key.table, its)}
            if None in kinds or len(kinds) > 1:
                return f"{one} and {key.table}.{its} cannot be compared here"
        keys = [self.primary(key.table), *self.unique(key.table)]
        if frozenset(key.parent_fields) not in map(frozenset, keys):
            return f"{', '.join(key.parent_fields)} is not a key of {key.table}"
        return ""

    def is_in_reference(self, name: str, column: str) -> bool:
        """Return whether a column refers to another or is referred to."""
        return column in self.tables[name].table.reference_fields or any(
            key.table == name and column in key.parent_fields
            for one in self.tables.values()
            for key in one.table.foreign_keys
        )

    def losses(self, name: str) -> Iterator[Loss]:
        """List the names, keys and references of a table that are not kept."""
        table = self.tables[name].table
        if self.names[name] != name:
            yield Loss(name, "", f"named {self.names[name]} here")
        for column, here in self.columns[name].items():
            if here != column:
                yield Loss(name, column, f"named {here} here")
        for key in dict.fromkeys([table.primary_key, *table.unique_keys]):
            if key and not self._is_held(name, key):
                yield Loss(
                    name,
                    ", ".join(key),
                    "the key is not a constraint here: some different values would be equal",
                )
        for reference in dict.fromkeys(table.foreign_keys):
            why = self.why_open(name, reference)
            if why:
                yield Loss(name, ", ".join(reference.fields), f"the reference is not a constraint here: {why}")

    def _is_held(self, name: str, key: Iterable[str]) -> bool:
        return all(kind_of(self.tables[name].table[column]).storage not in self.inexact for column in key)

    def _kind(self, name: str, column: str) -> Storage | None:
        """Give how values are compared; None if the same value may be written in two forms."""
        table = self.tables[name]
        kind = kind_of(table.table[column]).compared_as
        return None if column in table.misfits or kind in self.inexact else kind


def allowed(one: Field) -> list[str]:
    """Give the values that a coded column may have, as texts in the schema's order; none if it has no codes."""
    listed = [str(value) for value in one.constraints.get("enum") or []]
    if not listed:
        return list(one.categories)
    return [*(value for value in one.categories if value in listed), *(v for v in listed if v not in one.categories)]


def comment(descriptor: Mapping[str, Any]) -> str:
    """Describe a table or column in one line."""
    parts = (str(descriptor.get(key) or "").strip() for key in ("title", "description"))
    texts = (part if part.endswith((".", "?", "!")) else f"{part}." for part in parts if part)
    return " ".join(" ".join(texts).replace("\0", " ").split())


def describing(relations: Relations) -> Mapping[str, list[tuple[Any, ...]]]:
    """Give the rows of the tables that describe a package."""
    content = relations.content
    return {
        "_package": list(_package(content.descriptor)),
        "_tables": list(_tables(relations)),
        "_columns": list(_columns(relations)),
        "_codes": [row for table in content.tables for row in _codes(relations, table)],
    }


def licences(descriptor: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give the name and the address of each licence of a package; either may be empty."""
    entries = [one for one in descriptor.get("licenses") or [] if isinstance(one, Mapping)]
    return [(str(one.get("name") or one.get("title") or ""), str(one.get("path") or "")) for one in entries]


def _package(descriptor: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((key, str(descriptor[key])) for key in _PROPERTIES if descriptor.get(key))
    for name, path in licences(descriptor):
        yield from ((key, value) for key, value in (("license", name), ("license_url", path)) if value)


def _tables(relations: Relations) -> Iterator[tuple[str, str, str, str]]:
    for table in relations.content.tables:
        texts = [str(table.resource.descriptor.get(k) or table.table.descriptor.get(k) or "") for k in _TEXTS]
        yield relations.names[table.name], "table", texts[0], texts[1]
    for view in relations.content.views:
        yield view.name, "view", "", view.description
    for name, text in DESCRIBED.items():
        yield name, "description", "", text


_TEXTS = ("title", "description")


def _columns(relations: Relations) -> Iterator[tuple[Any, ...]]:
    for table in relations.content.tables:
        references = {n: key for key in reversed(table.table.foreign_keys) for n in key.fields}
        for position, one in enumerate(table.fields, 1):
            title, description = (str(one.descriptor.get(key) or "") for key in _TEXTS)
            name = relations.columns[table.name][one.name]
            kind = "edtf" if one.is_edtf else one.type
            to = _target(one.name, references.get(one.name))
            yield relations.names[table.name], position, name, kind, title, description, to
    for view in relations.content.views:
        for position, (name, text) in enumerate(view.columns.items(), 1):
            yield view.name, position, name, "", "", text, None


def _target(column: str, key: ForeignKey | None) -> str | None:
    return f"{key.table}.{key.parent_fields[key.fields.index(column)]}" if key else None


def _codes(relations: Relations, table: TableContent) -> Iterator[tuple[Any, ...]]:
    for one in table.fields:
        entries = [e if isinstance(e, Mapping) else {"value": e} for e in one.descriptor.get("categories") or []]
        for position, entry in enumerate(entries, 1):
            value = str(entry.get("value"))
            label, definition = str(entry.get("label") or value), entry.get("definition")
            name = relations.columns[table.name][one.name]
            yield relations.names[table.name], name, position, value, label, str(definition) if definition else None
