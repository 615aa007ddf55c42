"""What a patch claims, judged on the rows as they would be after the merge."""

from collections.abc import Sequence
from typing import Any

from depositary.check.cells import Column
from depositary.check.faults import Faults
from depositary.check.references import Key, read_columns
from depositary.check.subject import Input
from depositary.model.package import Mode
from depositary.model.record_id import record_id

Combination = tuple[Any, ...]


class MergedRows:
    """The rows of one patch laid over those of its base.

    A blank or absent cell keeps the base's value; a row whose key the base does not have is new and must be whole.
    """

    def __init__(self, entry: Input, columns: Sequence[Column], faults: Faults) -> None:
        self._table, self._faults = entry.resource.table, faults
        self._columns = columns
        self._places = {column.name: at for at, column in enumerate(columns)}
        key = self._table.primary_key
        self._base_keys = frozenset(read_columns(Input(entry.base), key)) if entry.base else frozenset()
        self._required = [f.name for f in self._table.fields if f.required and f.name not in key]
        self._combinations = {fields: _base_rows(entry, fields) for fields in self._table.unique_keys}
        self._rows: dict[Key, int] = {}

    @staticmethod
    def fits(entry: Input, columns: Sequence[Column]) -> bool:
        """Tell whether a file is a patch whose rows can be found in the base."""
        key = set(entry.resource.table.primary_key)
        return entry.mode is Mode.PATCH and bool(key) and key <= {column.name for column in columns}

    def take(self, numbers: Sequence[int], cells: Sequence[Sequence[str | None]]) -> None:
        """Take the next rows of the patch, as columns of cells."""
        for i, number in enumerate(numbers):
            key = tuple(self._value(name, cells, i) for name in self._table.primary_key)
            if None in key:
                continue
            if key not in self._base_keys:
                self._require(number, cells, i)
            self._rows[key] = number
            for fields, rows in self._combinations.items():
                before = rows.get(key, (None,) * len(fields))
                claimed = (self._value(name, cells, i) for name in fields)
                rows[key] = tuple(b if c is None else c for b, c in zip(before, claimed, strict=True))

    def end(self) -> None:
        """Compare the merged rows with each other."""
        for fields, rows in self._combinations.items():
            seen: dict[Combination, Key] = {}
            # Rows of the base first: a finding stands at the row of the patch.
            for key in sorted(rows, key=lambda k: self._rows.get(k, 0)):
                values = rows[key]
                if None in values:
                    continue
                if values in seen and key in self._rows:
                    self._twice(fields, values, self._rows[key], seen[values])
                seen.setdefault(values, key)

    def _value(self, name: str, cells: Sequence[Sequence[str | None]], i: int) -> Any:  # noqa: ANN401 (any type)
        at = self._places.get(name)
        return None if at is None else self._columns[at].value(cells[at][i])

    def _require(self, number: int, cells: Sequence[Sequence[str | None]], i: int) -> None:
        for name in self._required:
            at = self._places.get(name)
            value, notes = (None, None) if at is None else self._columns[at].reading(cells[at][i])
            if value is None and not notes:
                message = f"the row is new (its id is not in the base), and {name} is empty"
                hint = "fill it; if the row is meant to change one of the base, correct its id"
                place = {"cell": "", "fieldName": name, "fieldNumber": (at or 0) + 1}
                note = {"note": 'constraint "required" is "True"', "cells": [str(c[i]) for c in cells]}
                self._add("required-constraint", name, number, (message, hint), {**note, **place})

    def _twice(self, fields: tuple[str, ...], values: Combination, number: int, other: Key) -> None:
        where = f"row {self._rows[other]}" if other in self._rows else f"{record_id(other)} of the base"
        name = ", ".join(fields)
        message = f"{where} has the same {name}"
        text = ", ".join(map(str, values))
        words = message, "if both say the same, leave this row out"
        self._add("unique-key", name, number, words, {"note": message, "cells": []}, text)

    def _add(  # noqa: PLR0913 (a finding has that many sides)
        self,
        code: str,
        field: str,
        row: int,
        words: tuple[str, str],
        reference: dict[str, Any],
        value: str = "",
    ) -> None:
        reference = {**reference, "rowNumber": row}
        self._faults.add(code, *words, row=row, field=field, value=value, reference=reference)


def _base_rows(entry: Input, fields: tuple[str, ...]) -> dict[Key, Combination]:
    if not entry.base:
        return {}
    width = len(entry.resource.table.primary_key)
    wanted = (*entry.resource.table.primary_key, *fields)
    return {row[:width]: row[width:] for row in read_columns(Input(entry.base), wanted)}
