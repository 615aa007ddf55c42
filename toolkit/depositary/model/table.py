"""A table as its Table Schema (Data Package v2) describes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from depositary.model.field_types import FieldType, field_type
from depositary.model.labels import distinct_labels

# The Library of Congress defines the datatype; Table Schema has no EDTF type, so fields declare it with `rdfType`.
EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"


@dataclass(frozen=True)
class Field:
    """One column of a table."""

    name: str
    type: str
    constraints: Mapping[str, Any] = field(default_factory=dict)
    descriptor: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def required(self) -> bool:
        """Return whether every row must fill this column."""
        return bool(self.constraints.get("required", False))

    @property
    def expects(self) -> tuple[str, ...]:
        """Give the codes of the warnings that the schema switches off for this column."""
        codes = self.descriptor.get("expects")
        return tuple(map(str, codes)) if isinstance(codes, list) else ()

    @property
    def is_edtf(self) -> bool:
        """Return whether the column has EDTF dates."""
        return self.descriptor.get("rdfType") == EDTF

    @property
    def categories(self) -> dict[str, str]:
        """Map each category's value, as text, to its label."""
        entries = self.descriptor.get("categories") or []
        pairs = [(e.get("value"), e.get("label")) if isinstance(e, Mapping) else (e, e) for e in entries]
        return {str(value): str(label or value) for value, label in pairs}

    def choices(self, *, labels: bool) -> dict[str, str]:
        """Map each category's value, as text, to itself or to its label; equal labels are made different."""
        return distinct_labels(self.categories) if labels else {value: value for value in self.categories}


def kind_of(field: Field) -> FieldType:
    """Give the facts of a field's type."""
    return field_type(field.type)


def has_own_notation(field: Field) -> bool:
    """Return whether a field says itself how its values are written, so that the usual form may be another value."""
    about = field.descriptor
    is_usual = about.get("decimalChar", ".") == "." and about.get("format", "default") == "default"
    return not is_usual or bool(about.get("groupChar")) or about.get("bareNumber") is False


@dataclass(frozen=True)
class ForeignKey:
    """Columns whose values must be in another table, or in the same one.

    `table` is resolved; `resource` is as the schema writes it, empty for a self-reference of version 2.
    """

    fields: tuple[str, ...]
    table: str
    parent_fields: tuple[str, ...]
    resource: str = ""


@dataclass(frozen=True)
class Table:
    """A table: its fields in order, its keys and its references."""

    name: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...] = ()
    unique_keys: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    descriptor: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def field_names(self) -> tuple[str, ...]:
        """Name the columns, in order."""
        return tuple(f.name for f in self.fields)

    @cached_property
    def reference_fields(self) -> frozenset[str]:
        """Name the columns that take part in a foreign key."""
        return frozenset(name for key in self.foreign_keys for name in key.fields)

    @cached_property
    def has_typed_key(self) -> bool:
        """Return whether one key may be written in several forms, as the whole number 101 and 0101."""
        return any(f.name in self.primary_key and not kind_of(f).is_text for f in self.fields)

    @cached_property
    def identifying_fields(self) -> frozenset[str]:
        """Name the columns of keys and references."""
        unique = {f.name for f in self.fields if f.constraints.get("unique")}
        return self.reference_fields.union(self.primary_key, *self.unique_keys, unique)

    @cached_property
    def is_code_list(self) -> bool:
        """Return whether the table is a list of codes with labels, of a named version."""
        return {"code", "label", "list_version"} <= set(self.field_names)

    @cached_property
    def _by_name(self) -> Mapping[str, Field]:
        return {f.name: f for f in reversed(self.fields)}  # the first of a name

    def __getitem__(self, name: str) -> Field:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def is_filled(self, field: Field) -> bool:
        """Return whether every row must fill a column; parts of the key are required too (Data Package v2)."""
        return field.required or field.name in self.primary_key

    def missing_values(self, field: Field | None = None) -> tuple[str, ...]:
        """Give the texts that mean a blank; a field's own replace the table's (Data Package v2)."""
        values = self.descriptor.get("missingValues", [""])
        if field:
            values = field.descriptor.get("missingValues", values)
        return tuple(str(v.get("value", "")) if isinstance(v, Mapping) else str(v) for v in values)

    def least_length(self, field: Field) -> int | None:
        """Give the fewest characters of a text, without the texts that mean a blank."""
        constraints = field.constraints
        least: int | None = constraints.get("minLength")
        refused = "enum" in constraints or ("pattern" in constraints and not re.fullmatch(constraints["pattern"], ""))
        return max(1, least or 1) if "" in self.missing_values(field) and not refused else least

    @classmethod
    def from_descriptor(cls, name: str, schema: Mapping[str, Any]) -> "Table":
        """Read a valid Table Schema; single names of v1 become lists."""
        return cls(
            name=name,
            fields=tuple(_field(f) for f in schema.get("fields", [])),
            primary_key=_names(schema.get("primaryKey")),
            unique_keys=tuple(_names(key) for key in schema.get("uniqueKeys") or []),
            foreign_keys=tuple(_foreign_key(name, key) for key in schema.get("foreignKeys") or []),
            descriptor=schema,
        )


def _field(descriptor: Mapping[str, Any]) -> Field:
    return Field(
        name=descriptor["name"],
        type=descriptor.get("type", "string"),
        constraints=descriptor.get("constraints") or {},
        descriptor=descriptor,
    )


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]


def _foreign_key(table: str, key: Mapping[str, Any]) -> ForeignKey:
    reference = key.get("reference") or {}
    # v1 writes a self-reference as "", v2 leaves `resource` out.
    resource = reference.get("resource") or ""
    return ForeignKey(_names(key.get("fields")), resource or table, _names(reference.get("fields")), resource)
