"""Check the claims of a patch on the rows as they would be after the merge."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.references import ParentKeys, Parents
from depositary.check.reading.cells import Column
from depositary.check.reading.columns import Key, key_chunks, rows_with
from depositary.check.reading.patch_notation import ERASE
from depositary.model.codes import CODES
from depositary.model.record_id import record_id
from depositary.model.report import NotJudged
from depositary.model.table import ForeignKey, Table
from depositary.model.target import Input
from depositary.read.files.mapped import LOCAL
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.suggest import suggest

Values = tuple[Any, ...]


@dataclass(frozen=True)
class _Once:
    """Fields whose combination of values may occur only once."""

    code: str
    fields: tuple[str, ...]


class MergedRows:
    """The rows of one patch, applied to those of its base.

    A blank or absent cell keeps the value of the base. A row whose key is not in the base is new and must be complete,
    unless another given file registers it.

    Raises:
        UnreadableFile: the base cannot be read.
    """

    def __init__(self, entry: Input, columns: Sequence[Column], parents: Parents, file_findings: FileFindings) -> None:
        self.not_judged: list[NotJudged] = []
        self._table, self._file_findings, self._columns = entry.resource.table, file_findings, columns
        self._indexes = {column.name: at for at, column in enumerate(columns)}
        self._once = list(_once(self._table))
        self._references = list(self._composite_references(parents))
        self._wanted = tuple(dict.fromkeys(_fields(self._once, self._references)))
        self._base = Input(entry.base, cache=entry.cache) if entry.base else None
        self._rows: dict[Key, Values] = {}  # of the base, those that take part; and those of the patch
        self._places: dict[Key, int] = {}  # the rows of the base in which their keys occur first
        self._is_known: set[Key] = set()  # keys that were looked up in the base
        self._look_up(_keys(entry))
        self._deleted = parents.deleted(self._table.name)
        self._base_keys: Callable[[], list[Key]] = cache(partial(_all_keys, self._base, self._table.primary_key))
        self._elsewhere: Callable[[], frozenset[Key]] = cache(partial(_registered, entry, parents))
        self._claimed: dict[Key, int] = {}
        self.has_new = False  # whether some of them may not be in the base
        self._saw: dict[Key, Values] = {}  # the values of the claimed rows in the base

    def _look_up(self, keys: Collection[Key]) -> None:
        """Read the rows of the base that have some keys."""
        new = set(keys) - self._is_known
        self._is_known |= new
        key = self._table.primary_key
        for number, row in rows_with(self._base, key, new, (*key, *self._wanted)) if self._base else ():
            self._places.setdefault(row[: len(key)], number)
            self._rows[row[: len(key)]] = row[len(key) :]

    @staticmethod
    def fits(entry: Input, columns: Sequence[Column]) -> bool:
        """Return whether a file is a patch whose rows can be found in the base."""
        key = set(entry.resource.table.primary_key)
        return entry.is_overlay and bool(key) and key <= {column.name for column in columns}

    def take(self, numbers: Sequence[int], rows: Sequence[list[str]], cells: Sequence[Sequence[str | None]]) -> None:
        """Add the next rows of the patch, also given as columns of cells."""
        for i, number in enumerate(numbers):
            names = self._table.primary_key
            key = tuple(self._value(name, cells, i) for name in names)
            if None in key or any(
                self._columns[self._indexes[n]].reading(cells[self._indexes[n]][i])[1] for n in names
            ):
                self.has_new = True
                continue  # another finding reports that the key is missing or refused
            self.has_new |= key not in self._places
            if key not in self._places and key not in self._elsewhere():
                self._require(number, key, cells, i)
            self._claimed[key] = number
            before = self._rows.get(key, (None,) * len(self._wanted))
            self._saw.setdefault(key, before)
            merged = zip(self._wanted, before, strict=True)
            self._rows[key] = tuple(self._merged(name, value, cells, i) for name, value in merged)
            self._refer(number, rows[i], key)

    def end(self) -> None:
        """Compare the merged rows with each other."""
        for once in self._once:
            seen: dict[Values, Key] = {}
            self._look_up(self._with_same(once.fields))
            # Rows of the base first, so that a finding is at the row of the patch.
            for key in sorted(self._remaining(), key=lambda k: (self._claimed.get(k, 0), self._places.get(k, 0))):
                values = self._of(key, once.fields)
                if None in values:
                    continue
                if values in seen and any(self._changes(k, once.fields) for k in (key, seen[values])):
                    self._twice(once, values, self._claimed[key], seen[values])
                seen.setdefault(values, key)

    def _with_same(self, fields: tuple[str, ...]) -> set[Key]:
        """Give the keys of the rows of the base that have the same values in some fields as rows of the patch."""
        values = {of for key in self._claimed if None not in (of := self._of(key, fields))}
        found = rows_with(self._base, fields, values, self._table.primary_key) if self._base else []
        return {key for _, key in found}

    def _changes(self, key: Key, fields: tuple[str, ...]) -> bool:
        """Return whether the patch changes a row in some fields; duplicates of the base are not its errors."""
        saw = dict(zip(self._wanted, self._saw[key], strict=True)) if key in self._saw else None
        return saw is not None and tuple(saw[name] for name in fields) != self._of(key, fields)

    def _remaining(self) -> Iterator[Key]:
        return (key for key in self._rows if key in self._claimed or record_id(key) not in self._deleted)

    def _of(self, key: Key, fields: tuple[str, ...]) -> Values:
        row = dict(zip(self._wanted, self._rows[key], strict=True))
        return tuple(row[name] for name in fields)

    def _value(self, name: str, cells: Sequence[Sequence[str | None]], i: int) -> Any:  # noqa: ANN401 (any type)
        at = self._indexes.get(name)
        return None if at is None else self._columns[at].value(cells[at][i])

    def _merged(self, name: str, before: Any, cells: Sequence[Sequence[str | None]], i: int) -> Any:  # noqa: ANN401
        at = self._indexes.get(name)
        if at is None:
            return before
        if cells[at][i] == ERASE:
            return None
        value, notes = self._columns[at].reading(cells[at][i])
        return before if value is None and not notes else value

    def _composite_references(self, parents: Parents) -> Iterator[tuple[ForeignKey, ParentKeys]]:
        # A reference of one column is checked cell by cell; of several, some may be blank and keep the base's value.
        for reference in self._table.foreign_keys:
            if len(reference.fields) == 1 or not set(reference.fields) & set(self._indexes):
                continue
            parent = parents.keys(reference.table, reference.parent_fields)
            if parent.reason:
                what = f"references of {', '.join(reference.fields)}"
                self.not_judged.append(NotJudged(self._table.name, what, parent.reason))
            else:
                yield reference, parent

    def _refer(self, number: int, row: list[str], key: Key) -> None:
        for reference, parent in self._references:
            values = self._of(key, reference.fields)
            if values not in parent.keys and set(values) != {None}:
                findings = self._file_findings.row(number, row)
                findings.key("foreign-key", reference.fields, (values, "not found"), reference)

    def _meant(self, key: Key) -> str:
        ids = {record_id(known): record_id(known) for known in self._base_keys()}
        meant = suggest(record_id(key), ids)
        return f"{meant} if it is a new row, fill it" if meant else ""

    def _require(self, number: int, key: Key, cells: Sequence[Sequence[str | None]], i: int) -> None:
        for field in self._table.fields:
            if not field.required or field.name in self._table.primary_key:
                continue
            at = self._indexes.get(field.name)
            value, notes = (None, None) if at is None else self._columns[at].reading(cells[at][i])
            if value is None and not notes:
                message = f"the row is new (its id is not in the base), but {field.name} is empty"
                hint = self._meant(key) or "fill the cell; if the row should change a row of the base, correct its id"
                cell_reference = {"cell": "", "fieldName": field.name, "fieldNumber": (at or 0) + 1}
                note = {"note": 'constraint "required" is "True"', "cells": [str(c[i]) for c in cells]}
                self._add("required-constraint", field.name, number, (message, hint), {**note, **cell_reference})

    def _twice(self, once: _Once, values: Values, number: int, other: Key) -> None:
        where = f"row {self._claimed[other]}" if other in self._claimed else f"{record_id(other)} of the base"
        name, text = ", ".join(once.fields), ", ".join(map(str, values))
        words = f"{where} has the same {name}, {text}", "if both rows mean the same, remove this row"
        reference: dict[str, Any] = {"note": words[0], "cells": []}
        if once.code == "unique-error":
            reference |= {"cell": text, "fieldName": name, "fieldNumber": self._indexes[name] + 1}
        self._add(once.code, name, number, words, reference, text)

    def _add(  # noqa: PLR0913 (a finding has that many properties)
        self, code: str, field: str, row: int, words: tuple[str, str], reference: dict[str, Any], value: str = ""
    ) -> None:
        reference = {"type": CODES[code].reference, **reference, "rowNumber": row}
        self._file_findings.add(code, *words, row=row, field=field, value=value, reference=reference)


def _keys(entry: Input) -> set[Key]:
    """Give the whole keys of a patch, as far as it can be read."""
    found: set[Key] = set()
    with suppress(UnreadableFile):  # the check of its rows reports this
        for keys in key_chunks(entry, entry.resource.table.primary_key):
            found.update(key for key in keys if None not in key)
    return found


def _all_keys(base: Input | None, key: Sequence[str]) -> list[Key]:
    return list(dict.fromkeys(one for keys in key_chunks(base, key) for one in keys)) if base else []


def _registered(entry: Input, parents: Parents) -> frozenset[Key]:
    """Give the keys of complete rows in other files of the table, besides the patch and its base.

    There are such files when several contributions are merged: one may register a row that another one changes.
    """
    table = entry.resource.table
    required = [field.name for field in table.fields if field.required and field.name not in table.primary_key]
    own = {entry.resource.file, *([entry.base.file] if entry.base else [])}
    found: set[Key] = set()
    for other in parents.files.get(table.name, ()):
        if other.resource.file in own:
            continue
        with suppress(
            UnreadableFile
        ):  # it cannot be read, which another finding reports, or a column is missing: no row is complete
            for rows in key_chunks(other, (*table.primary_key, *required)):
                keys = (row[: len(table.primary_key)] for row in rows if None not in row)
                found.update(key for key in keys if other.is_earlier or not _is_local(key))
    return frozenset(found)


def _is_local(key: Key) -> bool:
    """Return whether a row has a local name, valid in its contribution and those that follow it."""
    return any(str(part).startswith(LOCAL) for part in key)


def _once(table: Table) -> Iterator[_Once]:
    for field in table.fields:
        if field.constraints.get("unique"):
            yield _Once("unique-error", (field.name,))
    for fields in table.unique_keys:
        yield _Once("unique-key", fields)


def _fields(once: list[_Once], references: list[tuple[ForeignKey, ParentKeys]]) -> Iterator[str]:
    for item in once:
        yield from item.fields
    for reference, _ in references:
        yield from reference.fields
