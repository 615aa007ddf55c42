"""Find rows at the beginning or end of a table that do not belong to it: notes, more lines of a header, totals."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from depositary.check.lanes.stacked import PAIR, Numbered, column_kind, is_no_label, is_value

EDGE = 20  # rows at either end that are checked
_PLAIN = 3  # rows of a table next to a note
_FILLED = 3  # cells of such a row
_LINES = 3  # lines of a header below its first
_NOTE = re.compile(
    r"\W*(?:sources?|notes?|footnotes?|remarks?|quellen?|anmerkung(?:en)?|hinweise?|fuentes?|notas?|fontes?"
    r"|remarques?|copyright|last updated|data source)\s*[:\uff1a].*|\u00a9.*|\W*(?:source|quelle)\W*",
    re.IGNORECASE | re.DOTALL,
)
_TOTAL = re.compile(
    r"\W*(?:(?:grand|sub|overall|sum)[ -]?)?(?:totals?|sum|summe|gesamt(?:summe)?|insgesamt|totale|ensemble|suma"
    r"|\u0438\u0442\u043e\u0433\u043e|\u0432\u0441\u0435\u0433\u043e|\u5408\u8ba1|\u603b\u8ba1|\u5408\u8a08|\u7dcf\u8a08|\ud569\uacc4|\ucd1d\uacc4)\W*",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\(.*\)|\[.*\]|%|percent|\W*(?:usd|eur|gbp|jpy|cny|krw|us\$|[$\u20ac\u00a3\u00a5])\W*(?:m|mn|bn|k|million|billion)?"
    r"|kg|t|g|tons?|tonnes?|units?|pieces|years?|yyyy(?:-mm(?:-dd)?)?"
    r"|(?:in )?(?:1[.,\u202f ]?000|thousands?|millions?|billions?)\b.*"
    r"|int(?:eger)?|float|double|number|numeric|date",
    re.IGNORECASE,
)


def notes(head: Sequence[Numbered], tail: Sequence[Numbered], width: int) -> list[int]:
    """Give the rows at either end with only one filled cell, if all rows next to them have more.

    If the text of a row begins like a note, the other rows do not matter.
    """
    rows = {number for number, row in _worded(tail[::-1])}
    for edge in (head, tail[::-1]) if width >= _FILLED else ():
        filled = [(number, sum(map(bool, row))) for number, row in edge if any(row)]
        end = next((at for at, (_, count) in enumerate(filled) if count > 1), len(filled))
        others = [count for _, count in filled[end:]]
        if len(others) >= _PLAIN and min(others) >= _FILLED:
            rows |= {number for number, _ in filled[:end]}
    return sorted(rows)


def _worded(rows: Iterable[Numbered]) -> list[Numbered]:
    """Give the rows from one end on whose only cell begins like a note, if no later row does."""
    filled = [(number, row) for number, row in rows if any(row)]
    found = list(takewhile(_is_worded, filled))
    rest = filled[len(found) :]
    return found if len(rest) >= _PLAIN - 1 and not any(map(_is_worded, rest)) else []


def _is_worded(numbered: Numbered) -> bool:
    cells = [cell for cell in numbered[1] if cell]
    return len(cells) == 1 and _NOTE.fullmatch(cells[0]) is not None


def lines_of_header(head: Sequence[Numbered], width: int) -> list[int]:
    """Give the first rows if they have texts in columns in which all rows below have values."""
    rows = [(number, row) for number, row in takewhile(lambda one: any(one[1]), head) if len(row) == width]
    for count in range(1, _LINES + 1):
        below = [row for _, row in rows[count:]]
        values = [at for at in range(width) if _holds_values(below, at)]
        if values and all(_is_line(row, values) for _, row in rows[:count]):
            return [number for number, _ in rows[:count]]
    return []


def _holds_values(rows: Sequence[Sequence[str]], at: int) -> bool:
    return sum(bool(row[at]) for row in rows) >= _PLAIN and column_kind(rows, at) == "values"


def _is_line(row: Sequence[str], values: Sequence[int]) -> bool:
    """Return whether a row names columns or units: no cell is a value, and some are texts in columns of values."""
    texts = [row[at].strip() for at in values if any(map(str.isalpha, row[at])) or _UNIT.fullmatch(row[at].strip())]
    if any(map(is_value, row)) or any(map(is_no_label, texts)):
        return False
    return len(texts) >= PAIR or any(map(_UNIT.fullmatch, texts))


def totals(tail: Sequence[Numbered], width: int, aside: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Give row and column of a cell that marks the last row as a total; rows in `aside` are ignored."""
    passed = set(aside)
    rows = [(number, row) for number, row in tail if number not in passed and any(row)]
    if len(rows) < _PLAIN or len(rows[-1][1]) != width:
        return
    number, row = rows[-1]
    above = [other for _, other in rows[:-1] if len(other) == width]
    at = next(at for at, cell in enumerate(row) if cell)
    sums = any(is_value(row[other]) and column_kind(above, other) == "values" for other in range(at + 1, width))
    if sums and _TOTAL.fullmatch(row[at]) and not any(_TOTAL.fullmatch(other[at]) for other in above):
        yield number, at
