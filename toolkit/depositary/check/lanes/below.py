"""Find a second table below the first in one file: rows of another width, up to the end of the file or the table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

_MOST, _LOOKED_AT = 1_000, 50  # blank rows that are stored, and rows after them
_ROWS = 2  # a header and a row below it


@dataclass(frozen=True)
class RaggedRow:
    """A row with another width than the table, or a blank row with width 0."""

    index: int
    width: int
    is_header: bool  # it could be one


@dataclass(frozen=True)
class RowRange:
    """Consecutive rows of one other width."""

    first: int
    last: int
    width: int

    @property
    def count(self) -> int:
        """Give the number of rows."""
        return self.last + 1 - self.first


class Below:
    """The other tables found so far; rows are given in their order."""

    def __init__(self) -> None:
        self._run: RowRange | None = None
        self._blank = 0  # the last blank row
        self._blanks: list[int] = []
        self._found: list[RowRange] = []

    def take(self, rows: Iterable[RaggedRow], numbers: Sequence[int]) -> None:
        """Add the next rows of another width, and the numbers of their rows."""
        for row in sorted(rows, key=lambda row: row.index):
            number = numbers[row.index]
            if self._run and number == self._run.last + 1 and row.width == self._run.width:
                self._run = replace(self._run, last=number)
                continue
            self._end(number - 1)
            begins = row.width > 1 and (row.is_header or (0 < self._blank == number - 1))
            self._run = RowRange(number, number, row.width) if begins else None
            self._blank = number if row.width == 0 else self._blank
            if row.width == 0 and len(self._blanks) < _MOST:
                self._blanks.append(number)

    def gaps(self, last: int) -> list[int]:
        """Give the first rows after blank ones, up to the last row."""
        return sorted({number + 1 for number in self._blanks if number < last}.difference(self._blanks))[:_LOOKED_AT]

    def tables(self, first: int, last: int) -> list[RowRange]:
        """Give the tables below the first one, after all rows; `first` and `last` are the numbers of its rows."""
        self._end(last)
        return [run for run in self._found if run.first > first]

    def _end(self, last: int) -> None:
        """End a run; it is another table if no row of the first table follows directly."""
        if self._run and self._run.last == last and self._run.count >= _ROWS:
            goes_on = self._found and self._found[-1].width == self._run.width
            self._found += [] if goes_on else [self._run]
        self._run = None


def blank_row(index: int) -> RaggedRow:
    """Note a row without a filled cell."""
    return RaggedRow(index, 0, is_header=False)


def ragged(index: int, row: Sequence[str]) -> RaggedRow:
    """Note a row with another width than the table."""
    is_header = len(set(row)) == len(row) and all(cell[:1].isalpha() for cell in row)
    return RaggedRow(index, len(row), is_header)
