"""The exact lane: one file judged as one table, with the verdicts of frictionless 5.21.

Rows come in chunks. Each column reads its distinct cells once; only rows in which something is wrong are looked at one
by one, and their faults are put in the reference's order.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from frictionless import FrictionlessException

from depositary.check.cells import Column, reader_of, with_categories, with_whole_pattern
from depositary.check.faults import Faults
from depositary.check.header import match, require_table, schema_of
from depositary.check.keys import Ledger
from depositary.check.merged import MergedRows
from depositary.check.notation import ERASE, reader_in
from depositary.check.references import ParentKeys, Parents
from depositary.check.subject import Input
from depositary.check.tally import Tally
from depositary.model.package import Mode
from depositary.model.report import NotJudged, TableReport
from depositary.model.table import ForeignKey
from depositary.read.csv import Fault, Records

if TYPE_CHECKING:
    from depositary.check.stage import Sink  # only with rules: its libraries take time to load

OnRows = Callable[[str, int], None]
Cells = Sequence[str | None]


@dataclass
class Outcome:
    """What judging one file gave."""

    report: TableReport
    not_judged: list[NotJudged] = field(default_factory=list)


def judge_table(entry: Input, parents: Parents, examples: int, on_rows: OnRows, sink: "Sink | None" = None) -> Outcome:
    """Judge a file: its bytes, its labels, its cells, its keys and its references.

    What was read goes to the sink as typed rows, for the rules.
    """
    faults = Faults(entry, Tally(entry.resource.name, examples), parents)
    judge: _Judge | None = None
    labels: list[str] = []
    try:
        with Records(entry.resource) as records:
            labels = records.labels
            judge = _open(entry, records, parents, faults, sink)
            for numbers, rows in records.chunks():
                judge.chunk(numbers, rows)
                on_rows(entry.resource.name, judge.rows)
            judge.end()
            if not entry.reference_only:
                faults.oddities(records)
            faults.sizes(records.traits)
    except Fault as fault:
        faults.file(fault)
        if sink:
            sink.fault = fault.message
    if sink:
        sink.end()
    if entry.is_overlay:
        faults.tally.sort_by_row()  # what the merged rows show was found after what their cells do
    counted = judge.rows if judge else None
    report = TableReport(
        entry.resource.name,
        entry.resource.place,
        counted,
        tuple(labels),
        faults.tally.findings,
        faults.tally.totals,
    )
    return Outcome(report, judge.not_judged if judge else [])


def _open(entry: Input, records: Records, parents: Parents, faults: Faults, sink: "Sink | None") -> "_Judge":
    require_table(entry, records)
    if not records.labels and records.dialect.header and not entry.reference_only:
        faults.no_labels()
    try:
        header = match(records.labels, schema_of(entry), records.dialect)
        expected = header.get_expected_fields()
    except FrictionlessException as error:
        raise faults.twice(records.labels) from error
    faults.header(header, entry.resource.table)
    columns = [Column(f.name, number, _reader(entry, f)) for number, f in enumerate(expected, start=1)]
    return _Judge(entry, columns, parents, faults, sink)


def _reader(entry: Input, expected: Any) -> Any:  # noqa: ANN401 (frictionless's fields come untyped from its header)
    table = entry.resource.table
    try:
        read = reader_of(expected)
        if expected.name in table.field_names and not entry.reference_only:
            read = with_whole_pattern(table[expected.name], with_categories(table[expected.name], read))
        return reader_in(entry, expected, read)
    except re.error as error:
        raise Fault("descriptor-error", f"the pattern of {expected.name} is broken: {error}") from error


class _Judge:
    """The state of judging one file: its columns, the keys seen so far, the rows counted."""

    def __init__(
        self, entry: Input, columns: list[Column], parents: Parents, faults: Faults, sink: "Sink | None"
    ) -> None:
        self.rows = 0
        self.not_judged: list[NotJudged] = []
        self._columns, self._faults = columns, faults
        self._reference_only = entry.reference_only
        self._is_patch = entry.mode is Mode.PATCH
        self._places = {column.name: at for at, column in enumerate(columns)}
        self._sink = sink
        if sink:
            sink.absent = set(sink.names) - set(self._places)
        self._stages = list(self._make_stages(entry, parents))
        self._merged = self._merge(entry, parents)
        self.not_judged += self._merged.not_judged if self._merged else []

    def _merge(self, entry: Input, parents: Parents) -> MergedRows | None:
        if entry.is_overlay and not entry.resource.table.primary_key:
            reason = "the table has no primary key by which a row of the base could be found"
            self.not_judged.append(NotJudged(entry.resource.name, "rows as merged", reason))
        if not MergedRows.fits(entry, self._columns):
            return None
        try:
            return MergedRows(entry, self._columns, parents, self._faults)
        except Fault as fault:
            reason = f"{entry.resource.name} of the base could not be read: {fault.message}"
            self.not_judged.append(NotJudged(entry.resource.name, "rows as merged", reason))
            return None

    def chunk(self, numbers: Sequence[int], rows: Sequence[list[str]]) -> None:
        """Judge the next rows."""
        self.rows += len(rows)
        width = len(self._columns)
        uneven = {i for i, row in enumerate(rows) if len(row) != width}
        even: Sequence[Cells] = rows
        if uneven:
            even = [_even(row, width) if i in uneven else row for i, row in enumerate(rows)]
        cells = list(zip(*even, strict=True)) or [()] * width
        refused, blank = self._refused(cells), self._blank(cells)
        broken = self._keys(numbers, cells)
        for i in sorted(uneven | refused.keys() | blank | broken.keys()):
            self._row(numbers[i], rows[i], broken.get(i, {}))
        if self._merged:
            self._merged.take(numbers, rows, cells)
        if self._sink:
            for i in uneven:
                refused.setdefault(i, set()).update(column.name for column in self._columns[len(rows[i]) :])
            for i, stages in broken.items():
                refused.setdefault(i, set()).update(self._unresolved(stages))
            self._hand_over(self._sink, numbers, cells, refused, {i for i in blank if ERASE not in rows[i]})
        for column in self._columns:
            column.forget()

    def _unresolved(self, stages: Collection[int]) -> set[str]:
        return {name for s in stages if self._stages[s].reference for name in self._stages[s].fields}

    def _hand_over(
        self,
        sink: "Sink",
        numbers: Sequence[int],
        cells: list[tuple[str | None, ...]],
        refused: Mapping[int, set[str]],
        blank: set[int],
    ) -> None:
        """Give the typed rows on, with the names of the columns that were refused or erased in them."""
        places = {name: self._places[name] for name in sink.names if name in self._places}
        values = {name: self._values(at, cells) for name, at in places.items()}
        erased: dict[int, set[str]] = {}
        for name, at in places.items() if self._is_patch else ():
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

    def end(self) -> None:
        """Judge what only the whole table shows."""
        if self._merged:
            self._merged.end()
        for column in self._columns:
            if column.gave_up:
                self._faults.gave_up(column.name)

    def _refused(self, cells: list[tuple[str | None, ...]]) -> dict[int, set[str]]:
        refused: dict[int, set[str]] = {}
        for column, values in zip(self._columns, cells, strict=True):
            bad = column.bad(values)
            if bad:
                for i, cell in enumerate(values):
                    if cell in bad:
                        refused.setdefault(i, set()).add(column.name)
        return refused

    def _blank(self, cells: list[tuple[str | None, ...]]) -> set[int]:
        if not self._columns:
            return set()
        blank = {i for i, value in enumerate(self._values(0, cells)) if value is None}
        for at in range(1, len(self._columns)):
            if not blank:
                break
            values = self._values(at, cells)
            blank = {i for i in blank if values[i] is None}
        return blank

    def _values(self, at: int, cells: list[tuple[str | None, ...]]) -> list[Any]:
        return self._columns[at].values(cells[at])

    # Keys and references, in the order in which the reference looks at them: unique fields, primary key, foreign
    # keys; our `uniqueKeys` come last.

    def _make_stages(self, entry: Input, parents: Parents) -> Iterator["_Stage"]:
        table = entry.resource.table
        merges = MergedRows.fits(entry, self._columns)  # what a row as merged decides is not judged here
        for column in self._columns:
            if merges or column.name not in table.field_names:
                continue
            if table[column.name].constraints.get("unique"):
                yield self._stage((column.name,), Ledger().unique, "unique-error")
        if table.primary_key and self._has(table.primary_key):
            yield self._stage(table.primary_key, Ledger().primary, "primary-key")
        for key in table.foreign_keys:
            if self._has(key.fields) and (len(key.fields) == 1 or not merges):
                yield from self._reference(entry, key, parents)
        if not merges and not entry.reference_only:
            for fields in table.unique_keys:
                if self._has(fields):
                    yield self._stage(fields, Ledger().combination, "unique-key")

    def _reference(self, entry: Input, key: ForeignKey, parents: Parents) -> Iterator["_Stage"]:
        parent = parents.keys(key.table, key.parent_fields)
        if parent.reason:
            what = f"references of {', '.join(key.fields)}"
            self.not_judged.append(NotJudged(entry.resource.name, what, parent.reason))
            return
        check = partial(_dangling, parent)
        yield self._stage(key.fields, lambda values, _: check(values), "foreign-key", key)

    def _stage(
        self, fields: tuple[str, ...], check: "_Check", code: str, reference: ForeignKey | None = None
    ) -> "_Stage":
        return _Stage(code, fields, tuple(self._places[name] for name in fields), check, reference)

    def _has(self, fields: Sequence[str]) -> bool:
        return all(name in self._places for name in fields)

    def _keys(
        self, numbers: Sequence[int], cells: list[tuple[str | None, ...]]
    ) -> dict[int, dict[int, tuple[tuple[Any, ...], str]]]:
        """Find the rows whose keys or references are wrong: row → stage → (values, note)."""
        broken: dict[int, dict[int, tuple[tuple[Any, ...], str]]] = {}
        for s, stage in enumerate(self._stages):
            columns = [self._values(at, cells) for at in stage.places]
            for i, values in enumerate(zip(*columns, strict=True)):
                note = stage.check(values, numbers[i])
                if note:
                    broken.setdefault(i, {})[s] = (values, note)
        return broken

    def _row(self, number: int, row: list[str], broken: Mapping[int, tuple[tuple[Any, ...], str]]) -> None:
        """Report everything that is wrong with one row, as the reference orders it."""
        width = len(self._columns)
        cells = _even(row, width)
        readings = [column.reading(cell) for column, cell in zip(self._columns, cells, strict=True)]
        report = self._faults.row(number, row)
        blank = ERASE not in row and all(
            value is None and set(notes or ()) <= {"required"} for value, notes in readings
        )
        if blank:
            report.blank()
        else:
            for at in self._order(broken):
                _, notes = readings[at]
                for note, text in (notes or {}).items():
                    report.cell(self._columns[at], cells[at], note, text)
            report.width([c.name for c in self._columns])
        for s in sorted(broken):
            stage = self._stages[s]
            refused = blank or any(readings[at][1] for at in stage.places)
            if refused and stage.code == "primary-key" and set(broken[s][0]) == {None} and not self._reference_only:
                continue  # that the key is missing or refused has been said
            report.key(stage.code, stage.fields, broken[s], stage.reference, place=stage.places[0])

    def _order(self, broken: Mapping[int, object]) -> list[int]:
        # The reference reads the columns of its key checks first, one check after the other, until the first of them
        # fails; then it reads all the rest in order.
        first: list[int] = []
        for s, stage in enumerate(self._stages):
            if stage.code != "unique-key":
                first.extend(stage.places)
            if s in broken:
                break
        return list(dict.fromkeys([*first, *range(len(self._columns))]))


_Check = Callable[[tuple[Any, ...], int], str]


@dataclass(frozen=True)
class _Stage:
    code: str
    fields: tuple[str, ...]
    places: tuple[int, ...]
    check: _Check
    reference: ForeignKey | None = None


def _dangling(parent: ParentKeys, values: tuple[Any, ...]) -> str:
    return "" if values in parent.keys or set(values) == {None} else "not found"


def _even(row: Sequence[str], width: int) -> list[str | None]:
    return [*row[:width], *[None] * (width - len(row))]
