"""The canonical form of a table as CSV: UTF-8, LF, quotes only where needed."""

import csv
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _csv import Writer


def to_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a header and rows, in the given order."""
    lines: list[str] = []
    writer = csv_writer(lines.append)
    writer.writerow(header)
    writer.writerows(rows)
    return "".join(lines)


_END = "\r\n"


def csv_writer(put: Callable[[str], object]) -> "Writer":
    """Give a writer that passes each row to `put` as text."""
    return csv.writer(_Lines(put), lineterminator=_END)


class _Lines:
    """The stream that the writer writes to, row by row.

    If its line end is LF, Python's writer does not quote a CR inside a cell, and the cell cannot be read back. So it
    writes CR LF, and we replace the line end here.
    """

    def __init__(self, put: Callable[[str], object]) -> None:
        self._put = put

    def write(self, row: str) -> None:
        self._put(row.removesuffix(_END) + "\n")
