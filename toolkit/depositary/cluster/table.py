"""A table that a cluster judges: its blocks come in the order of the table, and the rows of keys that may be equal."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Protocol

import numpy as np

from depositary.check.lanes.elsewhere import BlockTask, Found, JudgedBlock, Misled
from depositary.check.lanes.key_hashes import RowNumbers
from depositary.check.lanes.keys_elsewhere import Fields
from depositary.cluster.joins import ADDRESS
from depositary.cluster.worker import End, Judged
from depositary.errors import UsageError
from depositary.read.files.blocks import NeedsExactLane

_HASHES = 4_000_000  # of keys that are compared in one task
_ROWS = 500_000  # whose groups are judged in one task


class Tasks(Protocol):
    """The tasks of one table, on a cluster."""

    def run(self) -> int:
        """Run all tasks, and count the hashes of keys that they found."""
        ...

    def compare(self, most: int) -> int:
        """Compare references with keys, so many hashes in one task; count the rows about which something is found."""
        ...

    def judge_again(self) -> None:
        """Run all tasks again, with what was found about the references."""
        ...

    def misled(self, rows: RowNumbers) -> Iterable[Misled]:
        """Give what was found about the references of some rows, by their addresses."""
        ...

    def results(self) -> Iterator[Judged | End]:
        """Give the blocks in the order of the table; the end of each task follows its last block."""
        ...

    def repeated(self, buckets: int) -> Iterable[tuple[int, RowNumbers]]:
        """Give by key check the addresses of rows whose hash occurs more than once, grouped in so many buckets."""
        ...

    def grouped(self, parts: int) -> Iterable[Found]:
        """Give what rules found that look at groups of rows, divided into so many parts; rows have addresses."""
        ...


class ClusterTable:
    """The judged blocks of a table."""

    def __init__(self, tasks: Tasks, task: BlockTask) -> None:
        self._tasks, self._task = tasks, task
        self._found: list[Found] = []  # of each task
        self._rows: list[int] = []  # of each task
        self._hashes = 0
        self._hashed_as: set[int] = set()
        self._are_compared = self._is_whole = False
        self.undecodable: tuple[int, int] | None = None

    @property
    def given(self) -> Sequence[Fields]:
        """Give the columns whose hashes may be compared with references from now on."""
        return self._task.asked if self._is_whole else ()

    def blocks(self) -> Iterator[JudgedBlock]:
        """Give the judged blocks in the order of the table.

        Raises:
            NeedsExactLane: the exact lane must read the table.
            UsageError: a worker cannot read the files.
        """
        self._hashes = self._tasks.run()
        if self._task.joins and self._tasks.compare(_HASHES):
            self._tasks.judge_again()
            self._are_compared = True
        rows = 0
        for one in self._tasks.results():
            if isinstance(one, Judged):
                rows += one.block.verdict.count
                yield one.block
                continue
            self._require_whole(one)
            self._rows.append(rows)
            self._found.append(one.found)
            rows, self.undecodable = 0, one.undecodable
            if one.undecodable:
                return
        self._is_whole = True

    def misled(self, rows: RowNumbers) -> list[Misled]:
        """Give which of some rows have a reference that leads nowhere, and texts of keys written in another form."""
        if not self._are_compared:
            return []
        tasks = np.searchsorted(self._before(), rows, side="right") - 1
        asked = (tasks << ADDRESS) + rows - self._before()[tasks]
        return [self._numbered(one) for one in self._tasks.misled(asked)]

    def _numbered(self, one: Misled) -> Misled:
        nowhere, otherwise = self._numbers(one.nowhere), self._numbers(one.otherwise)
        before = self._before().tolist()
        texts = {_number(before, row): text for row, text in one.texts.items() if row >> ADDRESS < len(self._rows)}
        return Misled(one.check, nowhere, otherwise, texts)

    def repeated(self) -> dict[int, RowNumbers]:
        """Give by key check the numbers of all rows whose hash occurs more than once, in order."""
        found: dict[int, list[RowNumbers]] = {}
        for check, addresses in self._tasks.repeated(max(1, -(-self._hashes // _HASHES))) if self._hashes else ():
            found.setdefault(check, []).append(self._numbers(addresses))
        return {check: np.sort(np.concatenate(numbers)) for check, numbers in sorted(found.items())}

    def found(self) -> list[Found]:
        """Give what the divided rules found: task by task, then by groups of rows.

        If a byte is not text, no rule is judged on the table, so groups are not looked at.
        """
        before = self._before().tolist()
        found = [_renumbered(one, first.__add__) for one, first in zip(self._found, before, strict=False)]
        if any(rules.by for rules in self._task.divided) and not self.undecodable:
            parts = max(1, -(-sum(self._rows) // _ROWS))
            found += [_renumbered(one, partial(_number, before)) for one in self._tasks.grouped(parts)]
        return found

    def _before(self) -> RowNumbers:
        """Give the number of the first row of each task, and of the row after the last one."""
        return np.cumsum([self._task.first, *self._rows], dtype=np.int64)

    def _numbers(self, addresses: RowNumbers) -> RowNumbers:
        """Give the numbers of rows in the table; those after a byte that is not text are left out."""
        tasks, rows = addresses >> ADDRESS, addresses & ((1 << ADDRESS) - 1)
        known = tasks < len(self._rows)
        numbers: RowNumbers = self._before()[tasks[known]] + rows[known]
        return numbers

    def _require_whole(self, end: End) -> None:
        if end.needs_exact:
            raise NeedsExactLane
        if end.fault:
            raise UsageError(
                f"a worker of the cluster cannot read {end.fault}. The package must be on storage that all workers "
                "have under the same path."
            )
        self._hashed_as.add(end.hashed_as)
        if len(self._hashed_as) > 1:
            raise UsageError(
                "the workers of the cluster hash keys in different ways, so keys that occur twice would not be found. "
                "Use workers with the same processor and the same environment of Python."
            )


def _renumbered(found: Found, number: Callable[[int], int]) -> Found:
    return {rule: rows.renumbered(number) for rule, rows in found.items()}


def _number(before: Sequence[int], address: int) -> int:
    return before[address >> ADDRESS] + (address & ((1 << ADDRESS) - 1))
