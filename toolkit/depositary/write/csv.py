"""The canonical form of a table as CSV: UTF-8, LF, quotes only where needed."""

from collections.abc import Iterable, Sequence

from depositary.compile.csv import csv_writer


def to_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write rows, in the order given, below a header."""
    lines: list[str] = []
    writer = csv_writer(lines.append)
    writer.writerow(header)
    writer.writerows(rows)
    return "".join(lines)
