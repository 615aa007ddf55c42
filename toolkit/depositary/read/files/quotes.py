"""Quotes at places where CSV does not allow them: inside an unquoted cell, before the end of a quoted cell, not closed.

Python's `csv` gives no error for them, and joins or shifts cells.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import TextIO

from depositary.model.odd_quote import OddQuote, QuoteFault
from depositary.reference import CsvControl, Dialect

_PIECE = 1 << 20  # characters


class Quoting:
    """How a dialect quotes cells."""

    def __init__(self, dialect: Dialect) -> None:
        control = CsvControl.from_dialect(dialect)
        self._dialect, self._control = dialect, control
        self.quote, self._delimiter = control.quote_char or '"', control.delimiter
        quote, delimiter = re.escape(self.quote), re.escape(control.delimiter)
        escaped = f"|{re.escape(control.escape_char)}." if control.escape_char else ""
        within = f"[^{quote}{re.escape(control.escape_char or '')}]" + escaped
        if control.double_quote:
            within += f"|{quote}{quote}"
        self._space = " " if control.skip_initial_space else ""
        self._closed = re.compile(f"{quote}(?:{within})*+{quote}", re.DOTALL)
        self._plain = re.compile(f"(?:[^{delimiter}\r\n{re.escape(control.escape_char or '')}]{escaped})*+", re.DOTALL)
        edge = f"[^{delimiter}\r\n]"
        cell = f"{quote}[^{quote}]*+(?:{quote}{quote}[^{quote}]*+)*+{quote}(?!{edge})"
        plain_cells = f"(?:{quote}[^{quote}]*+{quote}[{delimiter}\r\n]++)++"  # tried first, because it is faster
        self._proper = re.compile(f"(?:[^{quote}]++|(?<!{edge})(?:{plain_cells}|{cell}))*+")
        self._open = re.compile(f"(?<!{edge}){quote}(?:[^{quote}]++|{quote}{quote})*+")

    def is_proper(self, text: TextIO) -> bool:
        """Return whether each quote of a text opens a cell, closes it, or is one of a pair inside it."""
        if self._space or self._control.escape_char or not self._control.double_quote:
            return False  # these are checked row by row
        rest = ""
        while piece := text.read(_PIECE):
            piece = rest + piece
            end = piece.rfind("\n") + 1  # the text after a quote at the end of a piece is not known
            at = self._reached(piece, end)
            if at < end and not self._is_open(piece, at, end):
                return False
            rest = piece[at:]
        return self._reached(rest, len(rest)) == len(rest)

    def _reached(self, text: str, end: int) -> int:
        found = self._proper.match(text, 0, end)
        return found.end() if found else 0

    def _is_open(self, text: str, at: int, end: int) -> bool:
        opened = self._open.match(text, at, end)
        return opened is not None and opened.end() == end

    def odd(self, text: Iterable[str], width: int) -> Iterator[OddQuote]:
        """Give the cells with odd quotes, row by row; `width` is the expected number of cells of a row."""
        lines = _Lines(text)
        reader = csv.reader(lines, dialect=self._control.to_python())
        try:
            for number, row in enumerate(reader, start=1):
                raw = lines.taken()
                if self.quote in raw and not self._is_aside(number, raw):
                    yield from self._in_row(number, raw, is_short=len(row) < width)
        except csv.Error:
            return  # this is reported when the rows are read

    def _is_aside(self, number: int, raw: str) -> bool:
        """Return whether a row is not part of the table: a comment, or a line above the header."""
        char, first = self._dialect.comment_char, min(self._dialect.header_rows, default=1)
        is_comment = bool(char and raw.startswith(char)) or number in (self._dialect.comment_rows or ())
        above = self._dialect.header and number < first
        return (is_comment or above) and len(raw.splitlines()) == 1

    def _in_row(self, number: int, raw: str, *, is_short: bool) -> Iterator[OddQuote]:
        at, column = 0, 1
        while True:
            start = at
            while self._space and raw.startswith(self._space, at):
                at += 1
            closed = self._closed.match(raw, at) if raw.startswith(self.quote, at) else None
            if raw.startswith(self.quote, at) and not closed:
                yield OddQuote(number, column, "unclosed", raw[start:])
                return
            plain = self._plain.match(raw, closed.end() if closed else at)
            end = plain.end() if plain else at
            text = raw[start:end]
            if closed and closed.end() < end:
                yield OddQuote(number, column, self._after(closed[0], is_short=is_short), text)
            elif not closed and self.quote in text:
                yield OddQuote(number, column, "inside", text)
            if not raw.startswith(self._delimiter, end):
                return
            at, column = end + len(self._delimiter), column + 1

    def _after(self, enclosed: str, *, is_short: bool) -> QuoteFault:
        """Return the kind of an odd quote: whether a quote that should close a cell seems to open the next one."""
        last = enclosed[-1 - len(self.quote)]
        ends_line = "\n" in enclosed or "\r" in enclosed
        seems_to_open = len(enclosed) > 2 * len(self.quote) and (last in "\r\n" or last == self._delimiter)
        return "swallowing" if seems_to_open and (ends_line or is_short) else "after"


class _Lines(Iterator[str]):
    """Lines; those that were given since the last question are kept."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines, self._given = iter(lines), list[str]()

    def __next__(self) -> str:
        line = next(self._lines)
        self._given.append(line)
        return line

    def taken(self) -> str:
        text = "".join(self._given)
        self._given.clear()
        return text
