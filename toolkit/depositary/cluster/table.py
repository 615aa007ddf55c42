"""A table that a cluster judges: its blocks come in the order of the table, and the rows of keys that may be equal."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np

from depositary.check.lanes.elsewhere import JudgedBlock
from depositary.check.lanes.key_hashes import RowNumbers
from depositary.cluster.worker import ADDRESS, End, Judged
from depositary.errors import UsageError
from depositary.read.files.blocks import NeedsExactLane

_HASHES = 4_000_000  # of keys that are compared in one task


class Tasks(Protocol):
    """The tasks of one table, on a cluster."""

    def run(self) -> int:
        """Run all tasks, and count the hashes of keys that they found."""
        ...

    def results(self) -> Iterator[Judged | End]:
        """Give the blocks in the order of the table; the end of each task follows its last block."""
        ...

    def repeated(self, buckets: int) -> Iterable[tuple[int, RowNumbers]]:
        """Give by key check the addresses of rows whose hash occurs more than once, grouped in so many buckets."""
        ...


class ClusterTable:
    """The judged blocks of a table; `first` is the number of its first row."""

    def __init__(self, tasks: Tasks, first: int) -> None:
        self._tasks, self._first = tasks, first
        self._rows: list[int] = []  # of each task
        self._hashes = 0
        self._hashed_as: set[int] = set()
        self.undecodable: tuple[int, int] | None = None

    def blocks(self) -> Iterator[JudgedBlock]:
        """Give the judged blocks in the order of the table.

        Raises:
            NeedsExactLane: the exact lane must read the table.
            UsageError: a worker cannot read the files.
        """
        self._hashes = self._tasks.run()
        rows = 0
        for one in self._tasks.results():
            if isinstance(one, Judged):
                rows += one.block.verdict.count
                yield one.block
                continue
            self._require_whole(one)
            self._rows.append(rows)
            rows, self.undecodable = 0, one.undecodable
            if one.undecodable:
                return

    def repeated(self) -> dict[int, RowNumbers]:
        """Give by key check the numbers of all rows whose hash occurs more than once, in order."""
        found: dict[int, list[RowNumbers]] = {}
        for check, addresses in self._tasks.repeated(max(1, -(-self._hashes // _HASHES))) if self._hashes else ():
            found.setdefault(check, []).append(self._numbers(addresses))
        return {check: np.sort(np.concatenate(numbers)) for check, numbers in sorted(found.items())}

    def _numbers(self, addresses: RowNumbers) -> RowNumbers:
        """Give the numbers of rows in the table; those after a byte that is not text are left out."""
        tasks, rows = addresses >> ADDRESS, addresses & ((1 << ADDRESS) - 1)
        before = np.cumsum([self._first, *self._rows], dtype=np.int64)
        known = tasks < len(self._rows)
        numbers: RowNumbers = before[tasks[known]] + rows[known]
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
