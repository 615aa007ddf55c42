"""One pass over the XML of a worksheet, to check it and to find what is not in the values of its rows.

Its rows must be in order and within limits. The pass finds merged and hidden cells, formulas without a value, and the
kinds of cells in each column.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import IO
from xml.parsers import expat

from depositary.read.files.unreadable import UnreadableFile

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # limits of Excel for a worksheet
MOST_CELLS = 100_000_000  # including blank cells between others; far more than in files of a size that is read
CODE = "compression-error"
AGAIN = "save it again as an Excel workbook (.xlsx), or save its sheets as CSV (UTF-8)"
DIGITS = 15  # digits of a number that Excel keeps
LONG = 10**DIGITS  # from here on, a whole number has more digits
_LOW_DIGITS = 3  # digits that a number below 100 does not have
_BLOCK = 1 << 16  # bytes
_TRUE = ("1", "true", "on", "t")
_LOW, _NARROW = 4, 1  # points and characters; in a lower row or narrower column nothing can be read
_NUMBERS = ("", "n")


@dataclass(frozen=True, order=True)
class Range:
    """Cells from one corner to the other; rows and columns count from 1."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    def __str__(self) -> str:
        return f"{address(self.first_row, self.first_column)}:{address(self.last_row, self.last_column)}"

    def within(self, rows: int, columns: int) -> "Range | None":
        """Limit the range to so many rows and columns; None if nothing is left."""
        if self.first_row > rows or self.first_column > columns:
            return None
        return Range(self.first_row, self.first_column, min(self.last_row, rows), min(self.last_column, columns))

    @property
    def is_one_cell(self) -> bool:
        """Return whether it is only one cell."""
        return (self.first_row, self.first_column) == (self.last_row, self.last_column)


@dataclass(frozen=True)
class Raw:
    """A cell as it is in the XML: its type, the number of its style, and its text; for a text this may be an index."""

    row: int
    column: int
    type: str
    style: str
    text: str


class Survey:
    """The results of one pass.

    `unknown` has, by row, the columns (from 0) with formulas without a value. `kinds` counts the filled cells below the
    header by column, type and style. `long` has the columns with numbers of more than 15 digits, `low` those that may
    have numbers below 100. Only hidden rows with a filled cell are listed; `last_row` is the last row with such a cell.
    """

    def __init__(self) -> None:
        self.unknown: dict[int, list[int]] = {}
        self.kinds: Counter[tuple[int, str, str]] = Counter()
        self.long: set[int] = set()
        self.low: set[int] = set()
        self.hidden_rows: list[int] = []
        self.merged: list[Range] = []
        self.last_row = 0
        self._header: Counter[tuple[int, str, str]] = Counter()
        self._counted = self.kinds
        self._columns: list[tuple[int, int, bool]] = []  # first, last, hidden; in the order of Excel
        self._no_width = False
        self._height = ""  # for a row without its own height
        self._row, self._column = 0, 0
        self._cells = 0
        self._kind = (0, "", "")
        self._hidden = False
        self._formula = self._value = self._in_value = False
        self._names: dict[str, str] = {}

    def read(self, stream: IO[bytes]) -> None:
        """Read all of it.

        Raises:
            UnreadableFile: it is larger than a worksheet can be, or its rows are not in order.
        """
        for _ in self.blocks(stream):
            pass

    def blocks(self, stream: IO[bytes]) -> Iterator[None]:
        """Read it block by block.

        Raises:
            UnreadableFile: it is larger than a worksheet can be, or its rows are not in order.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        parser.buffer_text = True
        while block := stream.read(_BLOCK):
            parser.Parse(block)
            yield
        parser.Parse(b"", True)  # noqa: FBT003 (this was the last block)
        yield

    def is_hidden(self, column: int) -> bool:
        """Return whether a column is hidden, or too narrow for a character."""
        at = bisect_right(self._columns, column, key=itemgetter(0)) - 1
        _, last, hidden = self._columns[at] if at >= 0 else (0, 0, False)
        return hidden if column <= last else self._no_width

    @property
    def last_column(self) -> int:
        """Give the last column in which a cell is filled."""
        return max((column for column, _, _ in (*self._header, *self.kinds)), default=0)

    @property
    def sharing(self) -> list[Range]:
        """Give the merged ranges over several cells that begin in the part that is filled, in order.

        They may continue over blank rows, because these may be meant as rows; columns without a cell are not counted.
        """
        rows, columns = self.last_row, self.last_column
        inner = ((merged, merged.within(MOST_ROWS, columns)) for merged in sorted(self.merged))
        return [merged for merged, part in inner if part and merged.first_row <= rows and not part.is_one_cell]

    # Elements

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = self._names.get(tag)
        if name is None:
            name = self._names[tag] = tag.rpartition(" ")[2]
        if name == "v" or name == "t":  # noqa: PLR1714 (faster; there are millions)
            self._in_value = True
        elif name == "c":
            self._next_cell(attributes.get("r", ""))
            stated = attributes.get("t", "")
            self._kind = (self._column, stated, attributes.get("s", ""))
            self._value = stated == "str"  # a text may be empty; other cells without a value are blank
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._next_row(int(float(attributes.get("r", self._row + 1))))
            self._hidden = attributes.get("hidden") in _TRUE or self._is_low(attributes)
        elif name in _AROUND:
            _AROUND[name](self, attributes)

    def _text(self, text: str) -> None:
        if not self._in_value:
            return
        self._value = True
        if len(text) < _LOW_DIGITS or "." in text[:_LOW_DIGITS]:
            self.low.add(self._column)
        may_be_long = len(text) > DIGITS or "E" in text or "e" in text
        if may_be_long and self._kind[1] in _NUMBERS and abs(float(text)) >= LONG:
            self.long.add(self._column)

    def _end(self, tag: str) -> None:
        self._in_value = False
        if self._names[tag] == "c":
            if self._value:
                self._filled()
            elif self._formula:
                self.unknown.setdefault(self._row, []).append(self._column - 1)

    def _filled(self) -> None:
        self._counted[self._kind] += 1
        self.last_row = self._row
        if self._hidden and self.hidden_rows[-1:] != [self._row]:
            self.hidden_rows.append(self._row)

    def _next_row(self, row: int) -> None:
        if row <= self._row:
            raise UnreadableFile(CODE, f"row {row} of the worksheet comes after row {self._row}", AGAIN)
        if row > MOST_ROWS:
            raise UnreadableFile(CODE, f"the worksheet has a row {row:,}; Excel has only {MOST_ROWS:,}", AGAIN)
        self._row, self._column = row, 0
        self._counted = self._header if row == 1 else self.kinds

    def _next_cell(self, at: str) -> None:
        column = column_of(at) if at else self._column + 1
        if column > MOST_COLUMNS:
            raise UnreadableFile(
                CODE, f"row {self._row} has a column {column:,}; Excel has only {MOST_COLUMNS:,}", AGAIN
            )
        self._cells += max(0, column - self._column)
        if self._cells > MOST_CELLS:
            raise too_many_cells()
        self._column, self._formula = column, False

    def _is_low(self, row: dict[str, str]) -> bool:
        # openpyxl writes a height of 0 as a custom height without a value. If rows are hidden by default (`zeroHeight`,
        # ECMA-376-1, 18.3.1.81), rows that are in the file are shown.
        own = "0" if row.get("customHeight") in _TRUE else self._height
        return _is_less(row.get("ht", own), _LOW)

    # Elements around the rows

    def _formats(self, attributes: dict[str, str]) -> None:
        self._height = attributes.get("defaultRowHeight", "")
        self._no_width = _is_less(attributes.get("defaultColWidth", ""), _NARROW)

    def _columns_alike(self, attributes: dict[str, str]) -> None:
        hidden = attributes.get("hidden") in _TRUE or _is_less(attributes.get("width", ""), _NARROW)
        self._columns.append((int(attributes["min"]), int(attributes["max"]), hidden))

    def _merge(self, attributes: dict[str, str]) -> None:
        first, _, last = attributes["ref"].replace("$", "").partition(":")
        rows = sorted((_row_of(first) or 1, _row_of(last or first) or MOST_ROWS))
        columns = sorted((column_of(first), column_of(last or first)))
        self.merged.append(Range(rows[0], columns[0], rows[1], columns[1]))


_AROUND = {
    "sheetFormatPr": Survey._formats,  # noqa: SLF001 (its own method)
    "col": Survey._columns_alike,  # noqa: SLF001
    "mergeCell": Survey._merge,  # noqa: SLF001
}


class Picked(Survey):
    """A second pass, which gives the filled cells of some columns below the header."""

    def __init__(self, columns: set[int]) -> None:
        super().__init__()
        self._wanted = columns
        self._found: list[Raw] = []
        self._content: list[str] = []

    def cells(self, stream: IO[bytes]) -> Iterator[Raw]:
        """Give the cells, row by row."""
        for _ in self.blocks(stream):
            yield from self._found
            self._found = []

    def _text(self, text: str) -> None:
        if self._in_value:
            self._value = True
            self._content.append(text)

    def _filled(self) -> None:
        if self._row > 1 and self._column in self._wanted:
            self._found.append(Raw(self._row, *self._kind, "".join(self._content)))

    def _next_cell(self, at: str) -> None:
        super()._next_cell(at)
        self._content = []


def too_many_cells() -> UnreadableFile:
    """Make the error for a worksheet that is too large."""
    return UnreadableFile(CODE, f"the worksheet has more than {MOST_CELLS:,} cells", "save it as CSV (UTF-8)")


def column_of(at: str) -> int:
    """Give the column number of a cell: 28 for AB12."""
    number = 0
    for letter in at.rstrip("0123456789").replace("$", "").upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def letters_of(column: int) -> str:
    """Give the letters of a column in spreadsheets; the first column is 1."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    """Name a cell as in spreadsheets: AB12."""
    return f"{letters_of(column)}{row}"


def _row_of(at: str) -> int:
    """Give the row number of a cell such as AB12; 0 for a whole column."""
    return int(at.upper().lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or 0)


def _is_less(size: str, least: float) -> bool:
    return bool(size) and float(size) < least
