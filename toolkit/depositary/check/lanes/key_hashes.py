"""Find rows that may have equal keys by 64-bit hashes: in memory, or in the engine's files if there are many."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from depositary.engine.engine import Engine

RowNumbers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_PARTS = 3  # bits of a hash that select the part in which it is sorted
_SECONDS = 3_600.0  # for grouping the hashes of a very long table
_REPEATED = "SELECT row FROM keys WHERE hash IN (SELECT hash FROM keys GROUP BY hash HAVING count(*) > 1) ORDER BY row"


class KeyHashes:
    """The hashes of one key.

    Args:
        most: the most hashes in memory, 8 bytes each; beyond this, all are put into a database that uses files.
        memory: the bytes that the database may use.
    """

    def __init__(self, most: int, memory: int) -> None:
        self._most, self._memory = most, memory
        self._count = 0
        self._kept: list[tuple[int, RowNumbers | None, Hashes]] = []
        self._engine: Engine | None = None
        self._opened = ExitStack()

    def close(self) -> None:
        """Close the database."""
        self._opened.close()

    def add(self, first: int, indexes: RowNumbers | None, hashes: Hashes) -> None:
        """Add the hashes of rows at some indexes after a first one, or of all rows after it."""
        self._count += len(hashes)
        self._kept.append((first, indexes, hashes))
        if self._count > self._most:
            self._spill()

    def repeated(self) -> RowNumbers:
        """Give the numbers of all rows whose hash occurs more than once, in order."""
        if self._engine:
            self._spill()
            return np.array([row["row"] for row in self._engine.rows(_REPEATED)], np.int64)
        hashes = self._repeated_hashes()
        if not len(hashes):
            return np.array([], np.int64)
        return np.sort(np.concatenate(list(self._rows_with(hashes))))

    def _repeated_hashes(self) -> Hashes:
        with ThreadPoolExecutor() as pool:
            return np.concatenate(list(pool.map(self._repeated_in, range(1 << _PARTS))))

    def _repeated_in(self, part: int) -> Hashes:
        shift = np.uint64(64 - _PARTS)
        mine = [hashes[hashes >> shift == part] for _, _, hashes in self._kept]
        ordered = np.sort(np.concatenate(mine)) if mine else np.array([], np.uint64)
        return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])

    def _rows_with(self, wanted: Hashes) -> Iterator[RowNumbers]:
        # Most rows are excluded by 16 bits of their hash, with a small lookup table.
        low = np.zeros(1 << 16, bool)
        low[wanted & np.uint64(0xFFFF)] = True
        for first, indexes, hashes in self._kept:
            maybe = np.flatnonzero(low[hashes & np.uint64(0xFFFF)])
            found = maybe[np.isin(hashes[maybe], wanted)]
            yield first + (found if indexes is None else indexes[found])

    def _spill(self) -> None:
        if self._engine is None:
            from depositary.engine.chosen import OPENER  # noqa: PLC0415 (few tables are so long)

            self._engine = self._opened.enter_context(OPENER(_SECONDS, self._memory))
            self._engine.create("keys", pa.schema({"hash": pa.uint64(), "row": pa.int64()}))
        for first, indexes, hashes in self._kept:
            rows = first + (np.arange(len(hashes)) if indexes is None else indexes)
            self._engine.append("keys", pa.table({"hash": hashes, "row": rows}))
        self._kept.clear()
