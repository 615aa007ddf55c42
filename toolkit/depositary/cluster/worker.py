"""What runs in the tasks of a cluster: blocks of rows and rules are judged, and hashes of keys are compared."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import polars as pl

from depositary.check.lanes.block import BlockJudge, BlockVerdict, Compared, Typed
from depositary.check.lanes.elsewhere import BlockTask, Found, JudgedBlock, Misled
from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.hashed_rows import HashedRows
from depositary.check.lanes.key_hashes import Hashes, RowNumbers
from depositary.check.lanes.table import open_rows
from depositary.check.reading.distinct import hashes_as
from depositary.cluster.groups import Rows, rows_of
from depositary.cluster.joins import ADDRESS, BUCKET
from depositary.cluster.ranges import Ranges
from depositary.model.package import Resource
from depositary.model.tally import Tally
from depositary.read.files.blocks import Block, Blocks, NeedsExactLane
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile

if TYPE_CHECKING:
    from depositary.read.files.remote import RemoteFile


@dataclass(frozen=True)
class Judged:
    """A block that a task judged; the hashes of its keys stay on the cluster."""

    block: JudgedBlock


@dataclass(frozen=True)
class Keys:
    """The hashes of one key in a block; their rows have some addresses after the first one, or all that follow it."""

    check: int
    hashes: Hashes
    first: int
    indexes: RowNumbers | None

    @property
    def count(self) -> int:
        """Count them."""
        return len(self.hashes)


@dataclass(frozen=True)
class End:
    """The end of a task.

    It has part and offset of a byte that is not text, whether the exact lane must read, a fault, and how keys were
    hashed: see `hashes_as`. `found` is what the rules found that judge each row by itself; there, rows are numbered
    from 0 in the task. `hashes` counts those that the task gave, by their kind.
    """

    found: Found = field(default_factory=dict)
    hashes: Counter[str] = field(default_factory=Counter)
    undecodable: tuple[int, int] | None = None
    needs_exact: bool = False
    fault: str = ""
    hashed_as: int = 0


Output = Judged | Keys | HashedRows | Rows | End


def judge_ranges(
    task: BlockTask, number: int, ranges: Ranges, misled: Iterable[Misled] | None = None
) -> Iterator[Output]:
    """Judge the rows of some ranges, block by block; the last thing given is the end of the task.

    `misled` is what was found about their references, if these have been compared.
    """
    compared = None if misled is None else _compared(list(misled))
    try:
        with Records(task.entry.resource, as_is=task.entry.reference_only) as records, ExitStack() as opened:
            blocks, judge, totals = _opened(task, records, ranges)
            rules = [opened.enter_context(one.opened()) for one in task.divided if not one.by]
            first = at = number << ADDRESS
            counts: Counter[str] = Counter()
            for block in blocks:
                verdict = judge.judge(blocks, block, compared, at)
                totals.update(verdict.totals)
                for hashes in _hashes(verdict, at):
                    counts[type(hashes).__name__] += hashes.count
                    yield hashes
                for typed in verdict.typed:
                    for one in rules:
                        one.take(at - first + typed.indexes, typed)
                    yield from rows_of(task.divided, at + typed.indexes, typed)
                yield _judged(block, verdict, task.sent)
                at += verdict.count
            found = {rule: rows for one in rules for rule, rows in one.found().items()}
        yield End(found, counts, blocks.undecodable, hashed_as=hashes_as())
    except NeedsExactLane:
        yield End(needs_exact=True)
    except UnreadableFile as fault:
        part = fault.part or task.entry.resource.stored[ranges[0].part].path
        yield End(fault=f"{part}: {fault.message}")


def judge_files(
    task: BlockTask,
    number: int,
    ranges: Ranges,
    files: Iterable[tuple[str, bytes]],
    misled: Iterable[Misled] | None = None,
) -> Iterator[Output]:
    """Judge the rows of some files whose bytes Spark gives, with their addresses: they are written to this machine."""
    with tempfile.TemporaryDirectory(prefix="depositary-") as folder:
        here: dict[str, Path] = {}
        for address, data in files:
            here[address] = Path(folder) / f"{len(here)}-{address.rpartition('/')[2]}"
            here[address].write_bytes(data)
        entry = replace(task.entry, resource=_here(task.entry.resource, here))
        yield from judge_ranges(replace(task, entry=entry), number, ranges, misled)


def _here(resource: Resource, here: Mapping[str, Path]) -> Resource:
    """Give a table with its files on this machine.

    Those of other tasks are not here. Only their headers are read, which are the same in all.
    """
    parts = tuple(_here(part, here) for part in resource.parts)
    file = here.get(cast("RemoteFile", resource.file).address, next(iter(here.values())))
    return replace(resource, file=file, parts=parts)


def _opened(task: BlockTask, records: Records, ranges: Ranges) -> tuple[Blocks, BlockJudge, Counter[tuple[str, str]]]:
    entry = task.entry
    findings = FileFindings(entry, Tally(entry.resource.name, task.examples), task.parents)
    rows = open_rows(entry, records, task.parents, findings)
    totals: Counter[tuple[str, str]] = Counter()
    judge = BlockJudge(entry.resource.table, rows, task.names, totals, task.examples, asked=task.asked)
    return Blocks(records, len(rows.columns), within=ranges), judge, totals


def _hashes(verdict: BlockVerdict, first: int) -> Iterator[Keys | HashedRows]:
    """Give the hashes of keys and references in a block, whose first row has some address."""
    for check, indexes, hashes in verdict.keys:
        yield Keys(check, hashes, first, indexes)
    for rows in verdict.hashed:
        numbered = "row" in rows.rows.columns
        yield replace(rows, rows=rows.rows.with_columns(pl.col("row") + first)) if numbered else rows


def _compared(misled: Sequence[Misled]) -> Compared:
    return Compared(
        _by_check((one.check, one.nowhere) for one in misled), _by_check((one.check, one.otherwise) for one in misled)
    )


def _by_check(found: Iterable[tuple[int, RowNumbers]]) -> Mapping[int, RowNumbers]:
    rows: dict[int, list[RowNumbers]] = {}
    for check, some in found:
        rows.setdefault(check, []).append(some)
    return {check: np.sort(np.concatenate(some)) for check, some in rows.items()}


def _judged(block: Block, verdict: BlockVerdict, sent: Sequence[str]) -> Judged:
    typed = [_sent(one, sent) for one in verdict.typed]
    return Judged(JudgedBlock(block.span, tuple(block.begins), replace(verdict, keys=[], hashed=[], typed=typed)))


def _sent(typed: Typed, names: Sequence[str]) -> Typed:
    """Give some columns; without any, only the rows with refused cells, which are counted where they arrive."""
    if names:
        return typed.of(None, names)
    return typed.of(np.array(sorted(typed.refused), np.int64), ())


# Hashes of keys


@dataclass(frozen=True)
class SomeKeys:
    """Some hashes of one key in a block; their rows have these addresses after the first one."""

    hashes: Hashes
    first: int
    indexes: npt.NDArray[np.uint32]


def in_buckets(keys: Keys, buckets: int) -> Iterator[tuple[tuple[int, int], SomeKeys]]:
    """Divide the hashes of a block among buckets: equal ones are in one bucket."""
    bucket = ((keys.hashes * BUCKET) >> np.uint64(32)) % np.uint64(buckets)
    order = np.argsort(bucket.astype(np.min_scalar_type(buckets)), kind="stable")  # numpy is fast on short numbers
    ends = np.searchsorted(bucket[order], np.arange(1, buckets + 1, dtype=np.uint64))
    for number, of_bucket in enumerate(np.split(order, ends[:-1])):
        if len(of_bucket):
            indexes = of_bucket if keys.indexes is None else keys.indexes[of_bucket]
            yield (keys.check, number), SomeKeys(keys.hashes[of_bucket], keys.first, indexes.astype(np.uint32))


def repeated_in(found: Iterable[SomeKeys]) -> RowNumbers:
    """Give the addresses of the rows of a bucket whose hash occurs more than once."""
    every = list(found)
    hashes = np.concatenate([one.hashes for one in every])
    ordered = np.sort(hashes)  # much faster than to order the rows too
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(repeated):
        return np.array([], np.int64)
    rows: RowNumbers = np.concatenate([one.first + one.indexes.astype(np.int64) for one in every])
    return rows[np.isin(hashes, repeated)]
