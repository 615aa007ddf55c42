"""Typed columns as the cells of a worksheet: values for which Excel has no exact form are text, and are counted."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import polars as pl
import pyarrow as pa

from depositary.exporting.doubles import DIGITS, digits
from depositary.model.field_types import BOOLEAN, DATE, DATETIME, DECIMAL, INTEGER, TEXT, TIME, Storage
from depositary.read.files.typed_texts import as_text

LONGEST = 32_767  # characters of a cell, as UTF-16 counts them
_MOST = 10**DIGITS
_EPOCH = 25_569  # 1970-01-01, in Excel's days
_FIRST = 61  # 1900-03-01: Excel treats 1900 as a leap year, so its earlier dates are wrong
_DAY = 86_400_000  # milliseconds
_ESCAPED = r"[\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]|_x[0-9a-fA-F]{4}_"

CellValue = str | int | float | bool | None
_OnRows = Callable[[str, int], None]

EMPTY = "empty texts, which are read as missing"
CUT = f"cut at {LONGEST:,} characters, the most that a cell can hold"
ESCAPED = "control characters are escaped as in Excel; some readers do not undo this"
DIGITS_LOST = f"text, because Excel keeps {DIGITS} digits of a number"
OLD = "text, because Excel has no dates before 1900-03-01"
FRACTIONS = "fractions of a second are cut after milliseconds"


class Cells:
    """Turns the values of a column into cells, batch by batch, and counts what is lost.

    `lost` counts values by what happened to them; `cut` has the rows, from 0, of texts that are cut.
    """

    def __init__(self, storage: Storage) -> None:
        self.lost: Counter[str] = Counter()
        self.cut: list[int] = []
        self._rows = 0
        self._read = READERS[storage]

    def of(self, column: pa.Array) -> Sequence[CellValue]:
        """Give the cells of a batch."""
        cells = self._read(self, column)
        self._rows += len(column)
        return cells

    def _tell(self, what: str, count: int) -> None:
        if count:
            self.lost[what] += count

    def values(self, column: pa.Array) -> Sequence[CellValue]:
        """Give truth values."""
        values: list[CellValue] = column.to_pylist()
        return values

    def numbers(self, column: pa.Array) -> Sequence[CellValue]:
        """Give numbers; one of more digits than Excel keeps is text."""
        texts = _text_of(column)
        long = (digits(texts) > DIGITS).fill_null(value=False)
        self._tell(DIGITS_LOST, int(long.sum()))
        read = int if pa.types.is_integer(column.type) else float
        return [None if t is None else t if as_it_is else read(t) for t, as_it_is in zip(texts, long, strict=True)]

    def days(self, column: pa.Array) -> Sequence[CellValue]:
        """Give days as Excel counts them."""
        numbers = (pl.Series(column).to_physical() + _EPOCH).to_list()
        return self._since_1900(column, numbers)

    def times(self, column: pa.Array) -> Sequence[CellValue]:
        """Give times as days and their parts."""
        micros = pl.Series(column).to_physical()
        numbers = (micros // 1_000) / _DAY + _EPOCH
        self._tell(FRACTIONS, int(((micros % 1_000 != 0) & (numbers >= _FIRST)).sum()))
        return self._since_1900(column, numbers.to_list())

    def _since_1900(self, column: pa.Array, numbers: Sequence[float | None]) -> Sequence[CellValue]:
        old = [n is not None and n < _FIRST for n in numbers]
        self._tell(OLD, sum(old))
        if not any(old):
            return numbers
        return [text if is_old else n for n, text, is_old in zip(numbers, _text_of(column), old, strict=True)]

    def hours(self, column: pa.Array) -> Sequence[CellValue]:
        """Give times of day as parts of a day."""
        nanos = pl.Series(column).to_physical()
        self._tell(FRACTIONS, int((nanos % 1_000_000 != 0).sum()))
        return ((nanos // 1_000_000) / _DAY).to_list()

    def texts(self, column: pa.Array) -> Sequence[CellValue]:
        """Give texts; one that no cell holds is cut."""
        texts = pl.Series(column)
        self._tell(EMPTY, int((texts == "").sum()))
        self._tell(ESCAPED, int(texts.str.contains(_ESCAPED).sum()))
        cells: list[str | None] = [text or None for text in texts.to_list()]
        for row in (texts.str.len_chars() > LONGEST // 2).arg_true().to_list():
            cells[row] = self._cut(cells[row] or "", self._rows + row)
        return cells

    def _cut(self, text: str, row: int) -> str:
        fit = fitting(text)
        if fit != text:
            self._tell(CUT, 1)
            self.cut.append(row)
        return fit


READERS: Mapping[Storage, Callable[[Cells, pa.Array], Sequence[CellValue]]] = {
    TEXT: Cells.texts,
    **dict.fromkeys((INTEGER, DECIMAL), Cells.numbers),
    BOOLEAN: Cells.values,
    DATE: Cells.days,
    DATETIME: Cells.times,
    TIME: Cells.hours,
}


def fitting(text: str) -> str:
    """Cut a text that is too long for a cell, with a mark at its end."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST:
        return text
    mark = f" … [cut here: {len(text):,} characters in all]"
    return units[: 2 * (LONGEST - len(mark))].decode("utf-16-le", "ignore") + mark


def _text_of(column: pa.Array) -> pl.Series:
    return as_text(pa.table({"texts": column}))["texts"]
