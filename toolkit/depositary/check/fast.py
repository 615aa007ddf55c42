"""The fast lane: blocks of rows judged by their distinct cells, on all cores; the verdicts are the exact lane's.

Of each block, a column's distinct cells are judged: those that its accept proves good at once, the others by the
reference's own reader. So faults are counted in bulk; only the rows that the report shows are looked at one by one, at
the end, by what the exact lane uses. Keys are compared by hashes; where two are equal, the rows are read again.
"""

import os
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from depositary.check.distinct import ColumnJudge, Mask, Sifted
from depositary.check.key_hashes import Hashes, KeyHashes
from depositary.check.limits import Limits
from depositary.check.rows import Rows, Stage, Values, even
from depositary.check.subject import Input
from depositary.check.wording import code_of
from depositary.read.blocks import Block, Blocks, Coded, Unsure
from depositary.read.csv import Records

if TYPE_CHECKING:
    from depositary.check.stage import Sink

Places = npt.NDArray[np.int64]  # of rows in a block, from 0
_WORKERS = max(2, min(8, os.cpu_count() or 2))
_KEY = 20  # bytes of memory that a key takes while keys are compared
_MIX = np.uint64(0x9E3779B97F4A7C15)
_KNOWN = 100_000  # keys of a parent that are remembered to be there


@dataclass
class _Verdict:
    """What was found in one block.

    `totals` counts findings by code and field; `shown` are the places of rows that the report may show; `keys` are, by
    stage, the rows that have a key to be compared, and its hash; `typed` is what goes to the sink.
    """

    count: int
    totals: Counter[tuple[str, str]] = field(default_factory=Counter)
    shown: dict[int, list[str]] = field(default_factory=dict)
    keys: list[tuple[int, Places | None, Hashes]] = field(default_factory=list)
    typed: "list[_Typed]" = field(default_factory=list)


@dataclass(frozen=True)
class _Typed:
    """Rows with typed values: their places, their columns, and by place in them the columns that were refused."""

    sink: "Sink"
    places: Places
    columns: dict[str, pa.Array]
    refused: dict[int, set[str]]


@dataclass(frozen=True)
class _Batch:
    """Some rows of a block: their places, their columns, and which are blank; `rows` are those of uneven length."""

    places: Places
    columns: Sequence[Sifted]
    blank: Mask
    rows: Sequence[list[str]] = ()


class FastLane:
    """The state of judging one file: what was counted, the rows to show, the hashes of keys."""

    def __init__(self, entry: Input, rows: Rows, sink: "Sink | None", limits: Limits) -> None:
        self._about, self._sink, self._examples = rows, sink, limits.examples
        compared = {at for stage in rows.stages if not stage.parent for at in stage.places}
        table = entry.resource.table
        self._columns = [ColumnJudge(table, column, keyed=at in compared) for at, column in enumerate(rows.columns)]
        keys = [s for s, stage in enumerate(rows.stages) if not stage.parent]
        self._hashes = {s: KeyHashes(limits.memory // _KEY // len(keys), limits.memory) for s in keys}
        self._known: dict[int, set[str | None]] = {s: set() for s, stage in enumerate(rows.stages) if stage.parent}
        self._minds_blank_lines = any(column.minds_blank_lines for column in self._columns)
        self._totals: Counter[tuple[str, str]] = Counter()
        self._shown: dict[int, list[str]] = {}
        self._standing: list[tuple[range, int, int]] = []  # of each block: its rows, offset, bytes

    def run(self, records: Records, tell: Callable[[int], None]) -> None:
        """Judge all rows, and tell from time to time how many were.

        Raises:
            Unsure: the file has to be read by the exact lane; nothing was found yet.
            Fault: it could not be read to its end.
        """
        first = 2 if records.dialect.header else 1
        self._blocks = Blocks(records, len(self._columns))
        with ExitStack() as closing:
            for hashes in self._hashes.values():
                closing.callback(hashes.close)
            for block, verdict in _in_order(self._blocks, self._judge):
                self._take(first + self._about.count, block, verdict)
                tell(self._about.count)
            self._report(self._compare_keys())
        records.finish(self._blocks.undecodable, first + self._about.count)

    # One block, in any thread

    def _judge(self, block: Block) -> _Verdict:
        if self._minds_blank_lines and block.has_blank_line:
            raise Unsure
        cut = self._blocks.cut(block)
        verdict = _Verdict(cut.count)
        shown: set[int] = set()
        others = sorted(cut.uneven)
        if len(others) < cut.count:
            places = np.delete(np.arange(cut.count), others) if others else np.arange(cut.count)
            shown |= self._batch(verdict, self._sifted(places, cut.columns))
        if others:
            rows = [cut.uneven[place] for place in others]
            columns = [_coded(cells) for cells in zip(*(even(row, len(self._columns)) for row in rows), strict=True)]
            shown |= self._batch(verdict, self._sifted(np.array(others), columns, rows))
        if shown:
            verdict.shown = self._blocks.rows(block, sorted(shown))
        return verdict

    def _sifted(self, places: Places, columns: Sequence[Coded], rows: Sequence[list[str]] = ()) -> _Batch:
        sifted = [column.sift(coded) for column, coded in zip(self._columns, columns, strict=True)]
        blank = np.zeros(len(places), bool)
        if all(column.missing for column in sifted):
            blank = np.logical_and.reduce([column.rows(column.missing) for column in sifted])
        return _Batch(places, sifted, blank, rows)

    def _batch(self, verdict: _Verdict, batch: _Batch) -> set[int]:
        """Count what is wrong with some rows, and give the places of those to be shown."""
        count = _Count(verdict.totals, self._totals, self._examples)
        count.add("blank-row", "", batch.places[batch.blank])
        refused = self._refused(batch, count)
        self._widths(batch, count, refused)
        for s, stage in enumerate(self._about.stages):
            if stage.parent:
                dangling = self._dangling(batch, s, stage)
                count.add(stage.code, ", ".join(stage.fields), batch.places[dangling])
                for name in stage.fields if dangling.any() else ():
                    refused[name] = refused[name] | dangling if name in refused else dangling
            else:
                self._hash_keys(verdict, batch, s, count)
        if self._sink:
            verdict.typed.append(self._typed(batch, refused, self._sink))
        return count.shown

    def _refused(self, batch: _Batch, count: "_Count") -> dict[str, Mask]:
        """Count refused cells by code, but for those of blank rows, and mark their rows by column."""
        refused: dict[str, Mask] = {}
        for judge, sifted in zip(self._columns, batch.columns, strict=True):
            notes: dict[str, list[int]] = {}
            for place, (_, said) in sifted.refused.items():
                for note in said:
                    notes.setdefault(note, []).append(place)
            for note, places in notes.items():
                rows = sifted.rows(places)
                count.add(code_of(note), judge.column.name, batch.places[rows & ~batch.blank])
            if sifted.refused:
                refused[judge.column.name] = sifted.rows(sifted.refused)
        return refused

    def _widths(self, batch: _Batch, count: "_Count", refused: dict[str, Mask]) -> None:
        """Count cells too many and too few, and mark the rows in which a column has none."""
        names = [column.name for column in self._about.columns]
        for i, row in enumerate(batch.rows):
            place = batch.places[i : i + 1]
            if not batch.blank[i]:
                count.add("extra-cell", "", np.repeat(place, max(0, len(row) - len(names))))
                for name in names[len(row) :]:
                    count.add("missing-cell", name, place)
            for name in names[len(row) :]:
                refused.setdefault(name, np.zeros(len(batch.places), bool))[i] = True

    def _dangling(self, batch: _Batch, s: int, stage: Stage) -> Mask:
        """Mark the rows whose reference leads nowhere."""
        columns = [batch.columns[at] for at in stage.places]
        judges = [self._columns[at] for at in stage.places]
        if len(columns) == 1:
            cells, known = columns[0].coded.cells.to_list(), self._known[s]
            new = [place for place, cell in enumerate(cells) if cell not in known]
            bad = [place for place in new if self._leads_nowhere(stage, (judges[0].value(cells[place]),))]
            known.update(cells[place] for place in set(new) - set(bad))
            if len(known) > _KNOWN:
                known.clear()
            return columns[0].rows(bad) if bad else np.zeros(len(batch.places), bool)
        tuples, rows = np.unique(np.stack([c.coded.places for c in columns], axis=1), axis=0, return_inverse=True)
        cells_of = [c.coded.cells for c in columns]
        values = (
            tuple(j.value(cells[int(at)]) for j, cells, at in zip(judges, cells_of, places, strict=True))
            for places in tuples
        )
        dangling: Mask = np.fromiter((self._leads_nowhere(stage, v) for v in values), bool, len(tuples))[rows.ravel()]
        return dangling

    @staticmethod
    def _leads_nowhere(stage: Stage, values: Values) -> bool:
        return stage.parent is not None and values not in stage.parent.keys and set(values) != {None}

    def _hash_keys(self, verdict: _Verdict, batch: _Batch, s: int, count: "_Count") -> None:
        """Hash the keys that are to be compared; a primary key that is wholly missing is a fault of its own."""
        stage = self._about.stages[s]
        columns = [batch.columns[at] for at in stage.places]
        hashed = [self._columns[at].hashes(batch.columns[at]) for at in stage.places]
        empty = [c.coded.spread(nothing) for c, (_, nothing, _) in zip(columns, hashed, strict=True)]
        unlike = [c.coded.spread(mask) for c, (_, _, mask) in zip(columns, hashed, strict=True)]
        none, some = np.logical_and.reduce(empty), np.logical_or.reduce(empty)
        if stage.code == "primary-key" and none.any():
            said = batch.blank | np.logical_or.reduce([c.rows(c.refused) for c in columns])
            told = none if self._about.reference_only else none & ~said
            count.add(stage.code, ", ".join(stage.fields), batch.places[told])
        left_out = none if stage.code == "primary-key" else some
        compared = ~(left_out | np.logical_or.reduce(unlike))
        hashes = columns[0].coded.spread(hashed[0][0])
        for column, (more, _, _) in zip(columns[1:], hashed[1:], strict=True):
            hashes = (hashes * _MIX) ^ column.coded.spread(more)
        whole = compared.all() and len(batch.places) == verdict.count
        if whole:
            verdict.keys.append((s, None, hashes))
        else:
            verdict.keys.append((s, batch.places[compared], hashes[compared]))

    def _typed(self, batch: _Batch, refused: dict[str, Mask], sink: "Sink") -> _Typed:
        """Give the typed values of the rows that are not blank."""
        kept = np.flatnonzero(~batch.blank)
        columns: dict[str, pa.Array] = {}
        wrong = dict(refused)
        for name in sink.names:
            at = self._about.places.get(name)
            if at is None:
                continue
            sifted = batch.columns[at]
            values, misfits = self._columns[at].typed(sifted)
            columns[name] = values.take(pa.array(sifted.coded.places[kept]))
            if misfits:
                mask = sifted.rows(misfits)
                wrong[name] = wrong[name] | mask if name in wrong else mask
        by_row: dict[int, set[str]] = {}
        for name, mask in wrong.items():
            for i in np.flatnonzero(mask[kept]).tolist():
                by_row.setdefault(i, set()).add(name)
        return _Typed(sink, batch.places[kept], columns, by_row)

    # All blocks, in their order

    def _take(self, number: int, block: Block, verdict: _Verdict) -> None:
        """Take what was found in the next block, whose first row has a number."""
        self._about.count += verdict.count
        self._standing.append((range(number, number + verdict.count), block.start, len(block.data)))
        self._totals.update(verdict.totals)
        self._shown.update((number + place, row) for place, row in verdict.shown.items())
        for s, places, hashes in verdict.keys:
            self._hashes[s].add(number, places, hashes)
        for typed in verdict.typed:
            typed.sink.take_columns(number + typed.places, typed.columns, typed.refused)

    # Keys whose hashes are equal are read again, and compared as the exact lane compares them

    def _compare_keys(self) -> dict[int, dict[int, tuple[Values, str]]]:
        """Find the rows whose key stands twice, and keep those to be shown: row → stage → (values, note)."""
        stages = self._about.stages
        repeated = {s: hashes.repeated() for s, hashes in self._hashes.items()}
        checks = {s: stages[s].check() for s in repeated}
        found: Counter[int] = Counter()
        broken: dict[int, dict[int, tuple[Values, str]]] = {}
        for number, row, asked in self._again(repeated):
            keys = {s: self._values(row, stages[s]) for s in asked}
            notes = {s: note for s in asked if (note := checks[s](keys[s], number))}
            found.update(notes.keys())
            if any(found[s] <= self._examples for s in notes):
                self._shown.setdefault(number, row)
            if notes and number in self._shown:
                broken[number] = {s: (keys[s], note) for s, note in notes.items()}
        for s, count in found.items():
            self._totals[stages[s].code, ", ".join(stages[s].fields)] += count
        return broken

    def _again(self, repeated: Mapping[int, Places]) -> Iterator[tuple[int, list[str], list[int]]]:
        """Give rows once more, in order, each with the stages that ask for it."""
        with self._blocks.reopened() as read:
            for numbers, start, size in self._standing:
                number = numbers.start
                asked = {s: set(_within(rows, numbers)) for s, rows in repeated.items()}
                wanted = sorted(set().union(*asked.values()))
                if not wanted:
                    continue
                found = self._blocks.rows(read(start, size), [row - number for row in wanted])
                for row in wanted:
                    yield row, found[row - number], [s for s, rows in asked.items() if row in rows]

    def _values(self, row: Sequence[str], stage: Stage) -> Values:
        cells = even(row, len(self._columns))
        return tuple(self._columns[at].value(cells[at]) for at in stage.places)

    def _report(self, broken: Mapping[int, Mapping[int, tuple[Values, str]]]) -> None:
        """Report the rows that are to be shown, and how much was found in all."""
        for number in sorted(self._shown):
            row = self._shown[number]
            wrong = dict(broken.get(number, {}))
            for s, stage in enumerate(self._about.stages):
                values = self._values(row, stage)
                if stage.parent and self._leads_nowhere(stage, values):
                    wrong[s] = values, "not found"
                if stage.code == "primary-key" and set(values) == {None}:
                    wrong[s] = values, stage.check()(values, number)
            self._about.report(number, row, wrong)
        self._about.faults.tally.settle(self._totals)


class _Count:
    """The findings of one batch: how many, and the places of the first ones of each code and field."""

    def __init__(self, totals: Counter[tuple[str, str]], before: Mapping[tuple[str, str], int], examples: int) -> None:
        self.shown: set[int] = set()
        self._totals, self._before, self._examples = totals, before, examples

    def add(self, code: str, name: str, places: Places) -> None:
        """Count one finding at each place."""
        if len(places):
            self._totals[code, name] += len(places)
            left = max(0, self._examples - self._before.get((code, name), 0))
            self.shown.update(places[:left].tolist())


def _coded(cells: Sequence[str | None]) -> Coded:
    """Find the distinct ones among cells, as pyarrow does when it cuts a block."""
    places = {cell: place for place, cell in enumerate(dict.fromkeys(cells))}
    codes = np.array([places[cell] for cell in cells], np.int32)
    return Coded(pl.Series(list(places), dtype=pl.String), codes)


def _within(rows: Places, numbers: range) -> list[int]:
    found: list[int] = rows[np.searchsorted(rows, numbers.start) : np.searchsorted(rows, numbers.stop)].tolist()
    return found


def _in_order(blocks: Blocks, judge: Callable[[Block], _Verdict]) -> Iterator[tuple[Block, _Verdict]]:
    """Judge blocks side by side, and give their verdicts in the order of the file."""
    waiting: deque[tuple[Block, Future[_Verdict]]] = deque()
    with ThreadPoolExecutor(_WORKERS) as pool:
        for block in blocks:
            waiting.append((block, pool.submit(judge, block)))
            if len(waiting) > _WORKERS:
                yield _done(waiting)
        while waiting:
            yield _done(waiting)


def _done(waiting: deque[tuple[Block, Future[_Verdict]]]) -> tuple[Block, _Verdict]:
    block, verdict = waiting.popleft()
    return block, verdict.result()
