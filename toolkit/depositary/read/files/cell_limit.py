"""The longest cell that Python's `csv` reads, which is one setting for the whole process."""

import csv
from collections.abc import Iterator
from itertools import islice
from threading import Lock
from typing import TypeVar

LONGEST_CELL = 1_000_000  # characters; if a cell is longer, a quote was never closed
_T = TypeVar("_T")


class _CellLimit:
    """Our limit, active while any file is read; the last reading that ends restores the earlier limit."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._readings = 0
        self._before = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._readings:
                self._before = csv.field_size_limit(LONGEST_CELL)
            self._readings += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._readings -= 1
            if not self._readings:
                csv.field_size_limit(self._before)


CELL_LIMIT = _CellLimit()  # one for the process, as the setting is


def within_limit(items: Iterator[_T]) -> Iterator[_T]:
    """Give items that `csv` reads; the limit is ours while it reads, and the caller's between two items."""
    while True:
        with CELL_LIMIT:
            taken = list(islice(items, 1))
        if not taken:
            return
        yield taken[0]
