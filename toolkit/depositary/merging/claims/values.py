"""Texts of cells: normalised, and compared as values of their field's type."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from depositary.check.reading.cells import Reader
from depositary.check.reading.datapackage_v2 import standard_reader
from depositary.check.reading.header import schema_of
from depositary.merging.claims.policy import FieldPolicy
from depositary.model.package import Resource
from depositary.model.role import Role
from depositary.model.table import kind_of
from depositary.model.target import Input
from depositary.model.tidy import tidy

ERASE = "\\N"


def elements(text: str | None, separator: str) -> frozenset[str]:
    """Give the elements of a cell with a set."""
    return frozenset(filter(None, (tidy(part) for part in (text or "").split(separator))))


def joined(parts: Iterable[str], policy: FieldPolicy) -> str | None:
    """Write a set as the text of a cell: sorted; None if it is empty."""
    return policy.separator.join(sorted(parts, key=lambda part: part.encode())) or None


def tidy_cell(policy: FieldPolicy, text: str) -> str | None:
    """Normalise the text of a cell; None if nothing is left."""
    if policy.role is Role.SET and text != ERASE:
        return joined(elements(text, policy.separator), policy)
    return tidy(text) or None


def shortest(texts: Iterable[str]) -> str:
    """Choose one of several texts of the same value."""
    return min(texts, key=lambda text: (len(text), text))


@dataclass
class NormalisedValues:
    """The values of the cells of one table, by field and text."""

    resource: Resource
    fields: Mapping[str, FieldPolicy]
    _readers: dict[str, Reader | None] = field(default_factory=dict)
    _known: dict[tuple[str, str], Hashable] = field(default_factory=dict)

    def of(self, name: str, text: str | None) -> Hashable:
        """Give the value by which a text of a field is compared; None if it is blank."""
        if text is None:
            return None
        known = self._known.get((name, text))
        if known is None:
            known = self._known[name, text] = self._read(name, text)
        return known

    def is_text(self, name: str) -> bool:
        """Return whether a field's tidy texts are compared as texts."""
        policy = self.fields.get(name)
        return self._reader(name) is None and not (policy and policy.role is Role.SET)

    def _read(self, name: str, text: str) -> Hashable:
        policy = self.fields.get(name)
        text = tidy(text)
        if policy and policy.role is Role.SET:
            return elements(text, policy.separator)
        reader = self._reader(name)
        value, notes = reader(text) if reader else (text, None)
        return text if value is None or notes else _hashable(value)

    def _reader(self, name: str) -> Reader | None:
        """Give the reader of a field, or None for plain text."""
        if name not in self._readers:
            table = self.resource.table
            plain = name not in table.field_names or kind_of(table[name]).is_text
            self._readers[name] = None if plain else self._typed(name)
        return self._readers[name]

    def _typed(self, name: str) -> Reader:
        entry = Input(self.resource)
        return standard_reader(entry, schema_of(entry).get_field(name))


def _hashable(value: Any) -> Hashable:  # noqa: ANN401 (any type a field can have)
    try:
        hash(value)
    except (TypeError, ValueError):  # arrays and objects
        return repr(value)
    return value  # type: ignore[no-any-return]
