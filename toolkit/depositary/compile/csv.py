"""Rows as CSV in the canonical form: LF at their ends, quotes only where needed."""

import csv
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _csv import Writer

_END = "\r\n"


def csv_writer(put: Callable[[str], object]) -> "Writer":
    """Give a writer that hands each row on as text."""
    return csv.writer(_Lines(put), lineterminator=_END)


class _Lines:
    """What the writer writes to, a row at a time.

    With LF as its line end, Python's writer leaves a CR inside a cell unquoted, and the cell does not read back; so it
    writes CR LF, and the end is exchanged here.
    """

    def __init__(self, put: Callable[[str], object]) -> None:
        self._put = put

    def write(self, row: str) -> None:
        self._put(row.removesuffix(_END) + "\n")
