"""The fast lane: blocks of rows checked by their distinct cells, on all cores, with the verdicts of the exact lane.

In each block, the distinct cells of a column are checked: its accept proves most of them good, the reference's own
reader reads the others. So errors are counted in bulk. Only the rows that the report shows are checked one by one, at
the end, by the code of the exact lane. Keys are compared by hashes; if two are equal, the rows are read again.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np

from depositary.check.lanes.block import BlockJudge, within
from depositary.check.lanes.edges import EDGE
from depositary.check.lanes.elsewhere import BlockTask, Cluster, Found, JudgedBlock, JudgedTable, Misled
from depositary.check.lanes.key_hashes import Hashes, KeyHashes, RowNumbers
from depositary.check.lanes.keys_elsewhere import Fields
from depositary.check.lanes.merged_findings import MergeChecks, MergedFindings, base_of
from depositary.check.lanes.notice import Indexes
from depositary.check.lanes.references import Parents
from depositary.check.lanes.rows import TableChecks, Values
from depositary.check.lanes.sink import Sink
from depositary.model.limits import Limits
from depositary.model.target import Input
from depositary.read.files.blocks import Blocks, Span
from depositary.read.files.records import Records

if TYPE_CHECKING:
    from depositary.check.lanes.joined_rows import JoinedRows, MergeVerdict

_MANY = 200_000  # rows with a key that may occur twice; reading more of them again would fill the memory
_KEY = 20  # bytes of memory that a key takes while keys are compared


class NeedsKeysHere(Exception):  # noqa: N818 (not an error: the rows are checked again, with keys that are read here)
    """Raised if a table that refers to itself cannot be read to its end: then its references are not checked."""


class FastLane:
    """The state of checking one file: the counts, the rows to show, the hashes of keys."""

    def __init__(  # noqa: PLR0913 (a table, what it is compared with, and how)
        self,
        entry: Input,
        rows: TableChecks,
        parents: Parents,
        sink: Sink | None,
        limits: Limits,
        cluster: "Cluster | None" = None,
    ) -> None:
        self._entry, self._rows, self._parents, self._sink = entry, rows, parents, sink
        self._limits, self._examples, self._cluster = limits, limits.examples, cluster
        self._totals: Counter[tuple[str, str]] = Counter()
        self._shown: dict[int, list[str]] = {}
        self._block_spans: list[tuple[range, Span]] = []  # of each block: its rows, and where it is

    def run(self, records: Records, tell: Callable[[int], None]) -> None:
        """Check all rows; `tell` is called from time to time with their number.

        Raises:
            NeedsExactLane: the exact lane must read the file; nothing was found yet.
            NeedsKeysHere: a cluster cannot compare the references; nothing was found yet.
            UnreadableFile: it could not be read to its end.
        """
        first = 2 if records.dialect.header else 1
        self._blocks = Blocks(records, len(self._rows.columns))
        with ExitStack() as closing:
            self._merged = self._merge(closing)
            claims = self._merged.columns if self._merged else None
            table, names = self._entry.resource.table, self._sink.names if self._sink else None
            self._judge = BlockJudge(table, self._rows, names, self._totals, self._examples, claims)
            judged = closing.enter_context(self._judged(first))
            for block in judged.blocks():
                self._take(first + self._rows.count, block)
                tell(self._rows.count)
            self._require_own_keys(judged)
            if self._sink:
                self._sink.take_found(judged.found())
            broken = self._compare_keys(judged.repeated())
            self._note_misled(judged.misled(np.array(sorted(self._shown), np.int64)), broken)
            self._report(broken, self._judge_merged(is_read=judged.undecodable is None))
            self._see_edges()
            self._parents.elsewhere.keep(self._entry.resource.name, judged.given)
        records.finish(judged.undecodable, first + self._rows.count)

    def _judged(self, first: int) -> "AbstractContextManager[JudgedTable]":
        """Judge the blocks on all cores, or on a cluster."""
        if self._cluster and not self._merged and self._cluster.takes(self._entry):
            asked = self._parents.elsewhere.asked.get(self._entry.resource.name, ())
            joins = {
                s: one.reference for s, one in enumerate(self._rows.key_checks) if one.reference and one.is_elsewhere
            }
            parents = self._parents.of(self._entry)
            task = BlockTask(self._entry, parents, None, self._examples, first, asked=asked, joins=joins)
            if self._sink:
                divided, sent = tuple(self._sink.divided), tuple(self._sink.sent)
                task = replace(task, names=tuple(self._sink.names), divided=divided, sent=sent)
            return self._cluster.table(task)
        keys = [s for s, key_check in enumerate(self._rows.key_checks) if not key_check.parent]
        return _OnAllCores(self._blocks, self._judge, first, keys, self._limits.memory)

    def _merge(self, opened: ExitStack) -> "JoinedRows | None":
        """Open what applies the rows of a patch to those of its base."""
        if not MergeChecks.fit(self._entry, self._rows.columns):
            return None
        from depositary.check.lanes.joined_rows import JoinedRows  # noqa: PLC0415 (its libraries take time to load)

        return JoinedRows(self._entry, self._rows, self._parents, self._limits, opened)

    # All blocks, in their order

    def _take(self, number: int, block: JudgedBlock) -> None:
        """Add the findings of the next block; `number` is the number of its first row."""
        verdict = block.verdict
        if part_rows := self._entry.resource.part_rows:
            for part, before in block.begins:
                part_rows.begin(part, self._rows.count + before)
        self._rows.count += verdict.count
        self._block_spans.append((range(number, number + verdict.count), block.span))
        self._totals.update(verdict.totals)
        if self._rows.oddities:
            self._rows.oddities.take(range(number, number + verdict.count), verdict.odd)
        self._shown.update((number + index, row) for index, row in verdict.shown.items())
        if self._sink:
            for typed in verdict.typed:
                self._sink.take_columns(number + typed.indexes, typed.columns, typed.refused, typed.erased)
        if self._merged:
            for claimed in verdict.claimed:
                self._merged.take(number, claimed)

    def _require_own_keys(self, judged: JudgedTable) -> None:
        """Refuse to have compared references with the keys of this table if these could not be read to their end."""
        if judged.undecodable is None:
            return
        name = self._entry.resource.name
        if any(one.is_elsewhere and one.reference and one.reference.table == name for one in self._rows.key_checks):
            raise NeedsKeysHere

    def _note_misled(self, misled: Sequence[Misled], broken: dict[int, dict[int, tuple[Values, str]]]) -> None:
        """Note what a cluster found about references of the rows to show, and of those to keys in another form."""
        for one in misled:
            key_check = self._rows.key_checks[one.check]
            for number in one.nowhere.tolist():
                values = self._judge.values(self._shown[number], key_check)
                broken.setdefault(number, {})[one.check] = values, "not found"
        if self._rows.oddities:
            self._rows.oddities.note_texts(
                {(one.check, row): text for one in misled for row, text in one.texts.items()}
            )

    # Keys whose hashes are equal are read again, and compared as the exact lane compares them

    def _compare_keys(self, repeated: dict[int, Indexes]) -> dict[int, dict[int, tuple[Values, str]]]:
        """Find the rows whose key occurs twice, and keep those to show: row → key check → (values, note)."""
        key_checks = self._rows.key_checks
        self._repeats = {key_checks[s].code for s, rows in repeated.items() if len(rows)}
        checks = {s: key_checks[s].check() for s in repeated}
        many = {s: self._doubles(s, rows) for s, rows in repeated.items() if len(rows) > _MANY}
        for s, doubles in many.items():
            repeated[s], checks[s] = np.array(sorted(doubles.before), np.int64), doubles.note
        found: Counter[int] = Counter()
        broken: dict[int, dict[int, tuple[Values, str]]] = {}
        for number, row, asked in self._again(repeated):
            keys = {s: self._judge.values(row, key_checks[s]) for s in asked}
            notes = {s: note for s in asked if (note := checks[s](keys[s], number))}
            found.update(notes.keys())
            if any(found[s] <= self._examples for s in notes):
                self._shown.setdefault(number, row)
            if notes and number in self._shown:
                broken[number] = {s: (keys[s], note) for s, note in notes.items()}
        for s, count in {**found, **{s: doubles.count for s, doubles in many.items()}}.items():
            self._totals[key_checks[s].code, ", ".join(key_checks[s].fields)] += count
        return broken

    def _doubles(self, s: int, repeated: Indexes) -> "_Doubles":
        """Compare very many keys by another hash of 64 bits, and find the rows to show."""
        found: list[tuple[Indexes, Hashes, Hashes]] = []
        with self._blocks.reopened() as read:
            for numbers, span in self._block_spans:
                mine = within(repeated, numbers)
                if len(mine):
                    for indexes, one, other in self._judge.key_hashes(
                        self._blocks, read(span), self._rows.key_checks[s]
                    ):
                        asked = np.isin(indexes + numbers.start, mine)
                        found.append((indexes[asked] + numbers.start, one[asked], other[asked]))
        rows, one, other = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        order = np.lexsort((rows, other, one))
        rows, one, other = rows[order], one[order], other[order]
        again = np.flatnonzero((one[1:] == one[:-1]) & (other[1:] == other[:-1])) + 1
        first = again[np.argsort(rows[again])][: self._examples]
        wanted = np.union1d(first, again[np.isin(rows[again], list(self._shown))])
        return _Doubles(len(again), dict(zip(rows[wanted].tolist(), rows[wanted - 1].tolist(), strict=True)))

    def _again(self, repeated: Mapping[int, Indexes]) -> Iterator[tuple[int, list[str], list[int]]]:
        """Give rows again, in order, each with the key checks that need it."""
        with self._blocks.reopened() as read:
            for numbers, span in self._block_spans:
                number = numbers.start
                asked = {s: set(within(rows, numbers).tolist()) for s, rows in repeated.items()}
                wanted = sorted(set().union(*asked.values()))
                if not wanted:
                    continue
                found = self._blocks.rows(read(span), [row - number for row in wanted])
                for row in wanted:
                    yield row, found[row - number], [s for s, rows in asked.items() if row in rows]

    def _see_edges(self) -> None:
        """Check the first and the last rows."""
        if not (self._rows.oddities and self._block_spans):
            return
        first, last = self._block_spans[0][0].start, self._block_spans[-1][0].stop
        numbers = np.unique([*range(first, last)[:EDGE], *range(first, last)[-EDGE:]])
        rows = [(number, row) for number, row, _ in self._again({-1: numbers})]
        self._rows.oddities.edges(rows[:EDGE], rows[-EDGE:])

    def _judge_merged(self, *, is_read: bool) -> "MergeVerdict | None":
        """Check the rows of a patch as they would be after the merge."""
        if self._merged is None:
            return None
        return self._merged.judge(has_repeated="primary-key" in self._repeats, is_read=is_read)

    def _report(self, broken: Mapping[int, Mapping[int, tuple[Values, str]]], merged: "MergeVerdict | None") -> None:
        """Report the rows to show, and the totals."""
        self._rows.not_judged += MergeChecks.reasons(self._entry)
        for number in sorted(self._shown):
            row = self._shown[number]
            wrong = dict(broken.get(number, {}))
            for s, key_check in enumerate(self._rows.key_checks):
                values = self._judge.values(row, key_check)
                if key_check.leads_nowhere(values):
                    wrong[s] = values, "not found"
                if key_check.code == "primary-key" and set(values) == {None}:
                    wrong[s] = values, key_check.check()(values, number)
            self._rows.report(number, row, wrong)
        if merged:
            self._report_merged(merged)
        self._rows.file_findings.tally.settle(self._totals)

    def _report_merged(self, merged: "MergeVerdict") -> None:
        self._rows.not_judged += merged.not_judged
        self._rows.may_add = merged.may_add
        self._totals.update(merged.totals)
        numbers = np.array(sorted(merged.numbers), np.int64)
        rows = {number: row for number, row, _ in self._again({-1: numbers})}
        file_findings = self._rows.file_findings
        merged.report(MergedFindings(file_findings, self._rows.columns, base_of(self._entry)), rows)


class _OnAllCores:
    """The blocks of a table, judged in threads of this process."""

    def __init__(self, blocks: Blocks, judge: BlockJudge, first: int, keys: Sequence[int], memory: int) -> None:
        self._blocks, self._judge, self._number = blocks, judge, first
        self._hashes = {s: KeyHashes(memory // _KEY // len(keys), memory) for s in keys}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for hashes in self._hashes.values():
            hashes.close()

    @property
    def undecodable(self) -> tuple[int, int] | None:
        """Give part and offset of the first byte that is not text."""
        return self._blocks.undecodable

    def blocks(self) -> Iterator[JudgedBlock]:
        """Give the judged blocks in the order of the table."""
        for block, verdict in self._blocks.side_by_side(partial(self._judge.judge, self._blocks)):
            for s, indexes, hashes in verdict.keys:
                self._hashes[s].add(self._number, indexes, hashes)
            self._number += verdict.count
            yield JudgedBlock(block.span, tuple(block.begins), verdict)

    def repeated(self) -> dict[int, RowNumbers]:
        """Give by key check the numbers of all rows whose hash occurs more than once, in order."""
        return {s: hashes.repeated() for s, hashes in self._hashes.items()}

    def found(self) -> list[Found]:
        """Give nothing: here, rules are judged on the rows in the sink."""
        return []

    def misled(self, _rows: RowNumbers) -> list[Misled]:
        """Give nothing: here, references are compared when the blocks are judged."""
        return []

    @property
    def given(self) -> Sequence[Fields]:
        """Give nothing: no cluster has hashes of this table."""
        return ()


@dataclass(frozen=True)
class _Doubles:
    """The number of rows with a repeated key, and for the rows to show, the last row before with this key."""

    count: int
    before: Mapping[int, int]

    def note(self, _values: Values, row: int) -> str:
        """Give the reference's note on a row."""
        return f"the same as in the row at position {self.before[row]}"
