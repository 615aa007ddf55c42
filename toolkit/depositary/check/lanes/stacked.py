"""Find a second table below the first with the same width: a row of labels between rows of other kinds.

While the rows are read, only a few are noted, by the first characters of their cells and by blank rows before them.
Only these are checked, with the rows around them, after the file was read; most files have none.
"""

import re
from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import dropwhile, islice, pairwise

from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.plain import shown

AROUND = 20  # rows above and below that are checked
MOST = 50  # the most rows that are checked
_BETWEEN = 6  # blank rows and titles between two tables
_REACH = AROUND + _BETWEEN
_LINES = 4  # up to this row there may be more lines of the header
_FIRST = 3  # filled cells of a column that give its kind; one may belong to a line of the header
_FEW = 3  # the most tables that only a blank row separates; more are groups of rows
PAIR = 2  # columns with another kind that are needed if nothing else separates the tables
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_NAMED = 4  # labels in a message
_LONGEST, _LONGEST_TITLE = 60, 300  # characters of a label, and of a title
_VALUE = re.compile(r"\s*[+\-\u2212<>~(]?\s*[$\u20ac\u00a3\u00a5]?\d[\d.,:/\s+\-TZeE%]*\)?\s*")
_TEXT, _VALUED = re.compile(r"\n[^+-9]"), re.compile(r"\n[+-9]")
_TITLE = re.compile(r"(?:table|tabelle|tableau|tabla|tab\.|part|annex|appendix|panel)\s+[\dIVXA-Z]+\b.*", re.IGNORECASE)
_NO_LABELS = frozenset(
    [
        "unknown",
        "none",
        "missing",
        "total",
        "all",
        "other",
        "others",
        "various",
        "unspecified",
        "not available",
        "na",
        "n/a",
        "n.a.",
        "nan",
        "null",
        "yes",
        "no",
        "true",
        "false",
    ]
)
Numbered = tuple[int, Sequence[str]]


@dataclass(frozen=True)
class Labels:
    """A row that seems to name the columns of another table: its number, and its labels by their indexes."""

    row: int
    labels: dict[int, str]
    by_blank_alone: bool = False

    def __str__(self) -> str:
        return ", ".join(map(shown, list(self.labels.values())[:_NAMED])) + (", …" if len(self.labels) > _NAMED else "")


def begins_as_value(cell: str) -> bool:
    """Return whether a text begins like a number or a date."""
    return "+" <= cell < ":"


def is_no_label(text: str) -> bool:
    """Return whether a text is often written for an unknown value."""
    return text.casefold() in _NO_LABELS


def is_value(cell: str) -> bool:
    """Return whether a text is a number, a date or similar."""
    return _VALUE.fullmatch(cell) is not None


def kinds(rows: Sequence[Sequence[str]], width: int) -> list[bool]:
    """Return for each column whether most of its first filled cells begin like values; `rows` are the first rows."""
    columns = ((row[at] for row in rows if len(row) > at and row[at]) for at in range(width))
    first = ([begins_as_value(cell) for cell in islice(cells, _FIRST)] for cells in columns)
    return [sum(found) * 2 > len(found) or (sum(found) * 2 == len(found) and found[:1] == [True]) for found in first]


def labels_at(number: int, rows: Sequence[Numbered], width: int) -> Iterator[Labels]:
    """Give the labels of a row, or of the next row with more than one cell, if they look like labels."""
    index = next((at for at, (other, _) in enumerate(rows) if other == number), len(rows))
    for at in range(index, min(index + _BETWEEN, len(rows))):
        if _filled(rows[at][1]) > 1:
            found = _Candidate(rows, at).labels() if len(rows[at][1]) == width else None
            yield from [found] if found else []
            return


@dataclass
class Suspects:
    """Rows to check: those with texts in columns of values, and those with values among texts."""

    texts: list[int] = field(default_factory=list)
    values: list[int] = field(default_factory=list)

    def add(self, other: "Suspects", numbers: Sequence[int]) -> None:
        """Add the first ones of the next rows, by their row numbers."""
        for mine, indexes in ((self.texts, other.texts), (self.values, other.values)):
            mine += [numbers[index] for index in sorted(indexes)[: MOST - len(mine)]]

    def rows(self, gaps: Iterable[int]) -> set[int]:
        """Give the numbers of rows that may be headers, including those after blank rows."""
        return {*self.texts, *(number - 1 for number in self.values), *gaps}


def note(cells: Sequence[Sequence[str | None]], of_values: Sequence[bool], ragged: Collection[int]) -> Suspects:
    """Note the rows of the table's width with texts in columns of values and no values there, or the opposite."""
    wanting = [column for column, values in zip(cells, of_values, strict=True) if values]
    texts: set[int] = set()
    if wanting and not any(all(column) and not _TEXT.search(_joined(column)) for column in wanting):
        texts = {i for i, cell in enumerate(wanting[0]) if not (cell and begins_as_value(cell))}
        for column in wanting[1:]:
            texts = {i for i in texts if not (column[i] and begins_as_value(column[i] or ""))}
        texts = {i for i in texts if any(column[i] for column in wanting)}
    values: Counter[int] = Counter()
    for column, meant in zip(cells, of_values, strict=True):
        if not meant and _VALUED.search(_joined(column)):
            values.update(i for i, cell in enumerate(column) if cell and begins_as_value(cell))
    many = [i for i, count in values.items() if count >= PAIR]
    return Suspects(sorted(texts.difference(ragged)), sorted(set(many).difference(ragged)))


def _joined(column: Iterable[str | None]) -> str:
    return "\n".join(["", *filter(None, column)])


class _Candidate:
    """A row that may be a header, among the rows around it."""

    def __init__(self, rows: Sequence[Numbered], at: int) -> None:
        self._number, self._row = rows[at]
        before = list(dropwhile(_is_line_of_header, rows[:at]))
        before = before if any(_filled(row) > 1 for _, row in before) else list(rows[:at])
        above = [row for _, row in before]
        between = 0
        while between < min(_BETWEEN, len(above)) and _is_between(above[-1 - between]):
            between += 1
        self._between = above[len(above) - between :]
        self._above = [row for row in above[: len(above) - between][-AROUND:] if _filled(row) > 1]
        self._below: list[Sequence[str]] = []
        for _, row in rows[at + 1 : at + 1 + AROUND]:
            if _filled(row) == 0 or len(row) != len(self._row):
                break
            self._below.append(row)

    def labels(self) -> Labels | None:
        """Give the labels, if they are probably labels."""
        labels = {at: cell.strip() for at, cell in enumerate(self._row) if cell.strip()}
        years = [at for at, label in labels.items() if _YEAR.fullmatch(label)]
        texts = {label.casefold() for label in labels.values()}
        are_labels = all(_is_label(label) for at, label in labels.items() if at not in years)
        if len(texts) < len(labels) or not are_labels or not self._is_block(labels):
            return None
        if years:
            return Labels(self._number, labels) if self._are_labels(years, labels) else None
        changed, flipped, dropped = self._changes(labels)
        is_blank, titles = self._parted()
        by_kind = changed and (is_blank or titles)
        by_itself = flipped >= PAIR or changed >= PAIR or (changed and dropped)
        titled = any(_TITLE.fullmatch(title) for title in titles)
        if by_kind or titled or (is_blank and dropped):
            return Labels(self._number, labels)
        if by_itself and not any(map(is_no_label, texts)):
            return Labels(self._number, labels)
        if is_blank and not any(map(is_no_label, texts)):
            return Labels(self._number, labels, by_blank_alone=True)
        return None

    def _are_labels(self, years: Sequence[int], labels: Collection[int]) -> bool:
        """Return whether years name columns: at equal distances, beside a label, with other values below."""
        cells = [row[at].strip() for row in self._below for at in years]
        steps = {int(self._row[b]) - int(self._row[a]) for a, b in pairwise(years)}
        others = not all(_YEAR.fullmatch(cell) for cell in cells if cell)
        return len(steps) == 1 and len(years) < len(labels) and others and any(map(any, [self._parted()]))

    def _is_block(self, labels: Collection[int]) -> bool:
        """Return whether the labels are side by side, with rows above, and rows below that have cells only there."""
        if not self._above or not self._below or max(labels) - min(labels) + 1 != len(labels):
            return False
        others = [at for at in range(len(self._row)) if at not in labels]
        return not any(row[at].strip() for row in self._below for at in others)

    def _changes(self, labels: Collection[int]) -> tuple[int, int, bool]:
        """Count the columns of values in which it has a text, and those with another kind of values below.

        The third value is whether a column is filled in all rows above and in none from here on.
        """
        changed = flipped = 0
        for at in labels:
            above, below = column_kind(self._above, at), column_kind(self._below, at)
            changed += above == "values" or (below == "values" and above != "")
            flipped += {above, below} == {"values", "texts"}
        others = (at for at in range(len(self._row)) if at not in labels)
        dropped = any(all(len(row) > at and row[at].strip() for row in self._above) for at in others)
        return changed, flipped, dropped

    def _parted(self) -> tuple[bool, list[str]]:
        """Return whether a blank row is before it, and the texts of rows with one cell."""
        titles = ["".join(row).strip() for row in self._between]
        return "" in titles, [title for title in titles if title]


def look(numbers: Iterable[int], rows: Iterable[Numbered], width: int) -> Iterator[Labels]:
    """Check the rows with some numbers and those around them; `rows` gives all rows of the file in order."""
    waiting = deque(sorted(set(numbers)))
    around: deque[Numbered] = deque(maxlen=2 * _REACH + 1)
    for row in rows:
        around.append(row)
        while waiting and row[0] - waiting[0] >= _REACH:
            yield from labels_at(waiting.popleft(), list(around), width)
        if not waiting:
            return
    for number in waiting:
        yield from labels_at(number, list(around), width)


def settled(found: Iterable[Labels], rows: Iterable[Numbered]) -> list[Labels]:
    """Give the tables whose labels occur nowhere else in their columns, and the other rows that repeat them."""
    by_labels = {tuple(one.labels.items()): one for one in found}
    again: dict[tuple[tuple[int, str], ...], list[int]] = {labels: [] for labels in by_labels}
    elsewhere: set[tuple[int, str]] = set()
    wanted = {item for labels in by_labels for item in labels}
    for number, row in rows:
        met = {(at, label) for at, label in wanted if at < len(row) and row[at].strip() == label}
        for labels in by_labels if met else ():
            if met.issuperset(labels):
                again[labels].append(number)
                met.difference_update(labels)
        elsewhere |= met
    kept = [(one, again[labels]) for labels, one in by_labels.items() if elsewhere.isdisjoint(labels)]
    few = sum(len(numbers) for one, numbers in kept if one.by_blank_alone) <= _FEW
    every = [replace(one, row=number) for one, numbers in kept if few or not one.by_blank_alone for number in numbers]
    return sorted(every, key=lambda one: one.row)


def numbered(chunks: Iterable[tuple[Sequence[int], Sequence[Sequence[str]]]]) -> Iterator[Numbered]:
    """Give each row with its number, as far as the file can be read."""
    with suppress(UnreadableFile):
        for numbers, rows in chunks:
            yield from zip(numbers, rows, strict=True)


def _is_line_of_header(numbered: Numbered) -> bool:
    """Return whether a row is one of the first rows of a file and has no value: units, or more labels."""
    number, row = numbered
    return number <= _LINES and any(row) and not any(map(is_value, row))


def _is_between(row: Sequence[str]) -> bool:
    """Return whether a row is blank, or a title."""
    cells = [cell for cell in row if cell.strip()]
    return not cells or (len(cells) == 1 and _is_label(cells[0].strip(), _LONGEST_TITLE))


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _is_label(text: str, longest: int = _LONGEST) -> bool:
    return len(text) <= longest and not begins_as_value(text) and any(map(str.isalpha, text))


def column_kind(rows: Iterable[Sequence[str]], at: int) -> str:
    """Give the kind of the filled cells of a column: `values`, `texts`, or empty if they are mixed."""
    found = {is_value(row[at]) for row in rows if len(row) > at and row[at].strip()}
    return {frozenset({True}): "values", frozenset({False}): "texts"}.get(frozenset(found), "")
