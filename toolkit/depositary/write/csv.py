"""The canonical form of a table as CSV: LF, UTF-8, quotes only where needed."""

import csv
from collections.abc import Iterable, Sequence

_END = "\r\n"


def to_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write rows, in the order given, below a header."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator=_END)
    writer.writerow(header)
    writer.writerows(rows)
    return "".join(lines.text)


class _Lines:
    """What the writer writes to, a record at a time.

    With LF as its line end, Python's writer leaves a CR inside a cell unquoted, and the cell does not read back; so it
    writes CR LF, and the end is exchanged here.
    """

    def __init__(self) -> None:
        self.text: list[str] = []

    def write(self, record: str) -> None:
        self.text.append(record.removesuffix(_END) + "\n")
