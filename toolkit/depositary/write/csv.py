"""The canonical form of a table as CSV: UTF-8, LF, quotes only where needed."""

import csv
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _csv import Writer


def to_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write rows, in the order given, below a header."""
    lines: list[str] = []
    writer = csv_writer(lines.append)
    writer.writerow(header)
    writer.writerows(rows)
    return "".join(lines)


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
