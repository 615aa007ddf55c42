"""The exact lane: rows in chunks; the reference's own reader reads each distinct cell once.

Only rows with an error are checked one by one, and their errors are put in the reference's order. It reads small files,
and all files for which the fast lane is not certain.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from depositary.check.lanes.merged_findings import MergeChecks
from depositary.check.lanes.overlay import MergedRows
from depositary.check.lanes.references import Parents
from depositary.check.lanes.rows import TableChecks, Values, even
from depositary.check.lanes.sink import Sink
from depositary.check.reading.header import conflict, is_conflict
from depositary.check.reading.patch_notation import ERASE
from depositary.model.package import Mode
from depositary.model.target import Input
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile

RowCells = Sequence[str | None]


class ExactLane:
    """The state of checking one file: the keys so far, and the rows as merged."""

    def __init__(self, entry: Input, rows: TableChecks, parents: Parents, sink: Sink | None) -> None:
        self._about, self._sink = rows, sink
        self._columns = rows.columns
        self._checks = [key_check.check() for key_check in rows.key_checks]
        self._is_patch = entry.mode is Mode.PATCH
        self._merged = self._merge(entry, parents)
        if rows.oddities:
            rows.oddities.watch()
        rows.not_judged += self._merged.checks.not_judged if self._merged else []

    def _merge(self, entry: Input, parents: Parents) -> MergedRows | None:
        self._about.not_judged += MergeChecks.reasons(entry)
        if not MergeChecks.fit(entry, self._columns):
            return None
        try:
            return MergedRows(entry, self._columns, parents, self._about.file_findings)
        except UnreadableFile as fault:
            self._about.not_judged.append(MergeChecks.unreadable(entry, fault))
            return None

    def run(self, records: Records, tell: Callable[[int], None]) -> None:
        """Check all rows; `tell` is called from time to time with their number."""
        for numbers, rows in records.chunks():
            whole = len(rows) if self._about.reference_only else self._before_conflict(rows)
            self.chunk(numbers[:whole], rows[:whole])
            tell(self._about.count)
            if whole < len(rows):
                raise conflict(numbers[whole], rows[whole][0])
        if self._merged:
            self._merged.end()
            self._about.may_add = self._merged.has_new

    def _before_conflict(self, rows: Sequence[list[str]]) -> int:
        """Count the rows before the first conflict marker of git; such a line is one cell."""
        if 1 not in map(len, rows):
            return len(rows)
        return next((i for i, row in enumerate(rows) if len(row) == 1 and is_conflict(row)), len(rows))

    def chunk(self, numbers: Sequence[int], rows: Sequence[list[str]]) -> None:
        """Check the next rows."""
        self._about.count += len(rows)
        width = len(self._columns)
        ragged = {i for i, row in enumerate(rows) if len(row) != width}
        evened: Sequence[RowCells] = rows
        if ragged:
            evened = [even(row, width) if i in ragged else row for i, row in enumerate(rows)]
        cells = list(zip(*evened, strict=True)) or [()] * width
        refused, blank = self._refused(cells), self._blank(rows, cells)
        broken = self._keys(numbers, cells)
        for i in sorted(ragged | refused.keys() | blank | broken.keys()):
            self._about.report(numbers[i], rows[i], broken.get(i, {}))
        if self._about.oddities:
            self._about.oddities.chunk(numbers, rows, cells, blank)
        if self._merged:
            self._merged.take(numbers, rows, cells)
        if self._sink:
            for i in ragged:
                refused.setdefault(i, set()).update(column.name for column in self._columns[len(rows[i]) :])
            for i, key_checks in broken.items():
                refused.setdefault(i, set()).update(self._about.unresolved(key_checks))
            self._hand_over(self._sink, numbers, cells, refused, blank)
        for column in self._columns:
            column.forget()

    def _hand_over(
        self,
        sink: Sink,
        numbers: Sequence[int],
        cells: list[tuple[str | None, ...]],
        refused: Mapping[int, set[str]],
        blank: Collection[int],
    ) -> None:
        """Pass the typed rows on, with the names of their refused or erased columns."""
        known = self._about.indexes
        indexes = {name: known[name] for name in sink.names if name in known}
        values = {name: self._values(at, cells) for name, at in indexes.items()}
        erased: dict[int, set[str]] = {}
        for name, at in indexes.items() if self._is_patch else ():
            for i, cell in enumerate(cells[at]):
                if cell == ERASE:
                    erased.setdefault(i, set()).add(name)
        if blank:
            kept = [i for i in range(len(numbers)) if i not in blank]
            new = {i: k for k, i in enumerate(kept)}
            numbers = [numbers[i] for i in kept]
            values = {name: [column[i] for i in kept] for name, column in values.items()}
            refused = {new[i]: names for i, names in refused.items() if i in new}
            erased = {new[i]: names for i, names in erased.items() if i in new}
        sink.take(numbers, values, refused, erased)

    def _refused(self, cells: list[tuple[str | None, ...]]) -> dict[int, set[str]]:
        refused: dict[int, set[str]] = {}
        for column, values in zip(self._columns, cells, strict=True):
            bad = column.bad(values)
            if bad:
                for i, cell in enumerate(values):
                    if cell in bad:
                        refused.setdefault(i, set()).add(column.name)
        return refused

    def _blank(self, rows: Sequence[list[str]], cells: list[tuple[str | None, ...]]) -> set[int]:
        if not self._columns:
            return set()
        blank = {i for i, value in enumerate(self._values(0, cells)) if value is None}
        for at in range(1, len(self._columns)):
            if not blank:
                break
            values = self._values(at, cells)
            blank = {i for i in blank if values[i] is None}
        empty = {i for i in blank if self._about.is_empty([column[i] for column in cells])}
        return {i for i in empty if not self._about.erases(rows[i])}

    def _values(self, at: int, cells: list[tuple[str | None, ...]]) -> list[Any]:
        return self._columns[at].values(cells[at])

    def _keys(
        self, numbers: Sequence[int], cells: list[tuple[str | None, ...]]
    ) -> dict[int, dict[int, tuple[Values, str]]]:
        """Find the rows whose keys or references are wrong: row → key check → (values, note)."""
        broken: dict[int, dict[int, tuple[Values, str]]] = {}
        for s, (key_check, check) in enumerate(zip(self._about.key_checks, self._checks, strict=True)):
            columns = [self._values(at, cells) for at in key_check.indexes]
            for i, values in enumerate(zip(*columns, strict=True)):
                note = check(values, numbers[i])
                if note:
                    broken.setdefault(i, {})[s] = (values, note)
        return broken
