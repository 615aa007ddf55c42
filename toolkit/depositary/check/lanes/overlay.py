"""Check the claims of a patch on the rows as they would be after the merge, row by row, for the exact lane."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import Any

from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.merged_findings import MergeChecks, MergedFindings, Once, Values, base_of, registered
from depositary.check.lanes.references import Parents
from depositary.check.reading.cells import Column
from depositary.check.reading.columns import Key, key_chunks, rows_with
from depositary.check.reading.patch_notation import ERASE
from depositary.model.record_id import record_id
from depositary.model.target import Input
from depositary.read.files.unreadable import UnreadableFile


class MergedRows:
    """The rows of one patch, applied to those of its base.

    A blank or absent cell keeps the value of the base. A row whose key is not in the base is new and must be complete,
    unless another given file registers it.

    Raises:
        UnreadableFile: the base cannot be read.
    """

    def __init__(self, entry: Input, columns: Sequence[Column], parents: Parents, file_findings: FileFindings) -> None:
        self.checks = MergeChecks(entry, columns, parents)
        self._table, self._file_findings, self._columns = entry.resource.table, file_findings, columns
        self._indexes = {column.name: at for at, column in enumerate(columns)}
        self._wanted = self.checks.wanted
        self._base = base_of(entry)
        self._findings = MergedFindings(file_findings, columns, self._base)
        self._rows: dict[Key, Values] = {}  # of the base, those that take part; and those of the patch
        self._places: dict[Key, int] = {}  # the rows of the base in which their keys occur first
        self._is_known: set[Key] = set()  # keys that were looked up in the base
        self._look_up(_keys(entry))
        self._deleted = parents.deleted(self._table.name)
        self._elsewhere: Callable[[], frozenset[Key]] = cache(partial(registered, entry, parents))
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
        for once in self.checks.once:
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

    def _refer(self, number: int, row: list[str], key: Key) -> None:
        for reference, parent in self.checks.references:
            values = self._of(key, reference.fields)
            if values not in parent.keys and set(values) != {None}:
                self._findings.dangling(reference, number, row, values)

    def _require(self, number: int, key: Key, cells: Sequence[Sequence[str | None]], i: int) -> None:
        for field in self._table.fields:
            if not field.required or field.name in self._table.primary_key:
                continue
            at = self._indexes.get(field.name)
            value, notes = (None, None) if at is None else self._columns[at].reading(cells[at][i])
            if value is None and not notes:
                self._findings.require(field, number, key, lambda: [column[i] for column in cells])

    def _twice(self, once: Once, values: Values, number: int, other: Key) -> None:
        mine = self._claimed.get(other)
        where = f"{record_id(other)} of the base" if mine is None else f"row {self._file_findings.row_of(mine)}"
        self._findings.twice(once, values, number, where)


def _keys(entry: Input) -> set[Key]:
    """Give the whole keys of a patch, as far as it can be read."""
    found: set[Key] = set()
    with suppress(UnreadableFile):  # the check of its rows reports this
        for keys in key_chunks(entry, entry.resource.table.primary_key):
            found.update(key for key in keys if None not in key)
    return found
