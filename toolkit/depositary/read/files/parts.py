"""The files of a table in parts: each has the header of the first one, and its rows follow those of the part before.

Each part is read as a file by itself, so a quote that is never closed, a byte that is not text or a broken archive is
found in its part, and nothing of it reaches the next one.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate

from depositary.model.odd_quote import OddQuote
from depositary.model.package import Resource
from depositary.read.files.compressed import open_file
from depositary.read.files.csv import Blank, CsvText, Traits
from depositary.read.files.parquet import open_text, rows_of_groups
from depositary.read.files.unreadable import UnreadableFile
from depositary.reference import CsvControl, Dialect
from depositary.wording.plain import shown

_BLOCK = 1 << 20  # bytes
_UTF_8 = ("utf-8", "utf8", "utf_8")
_CODE = "part-error"


def open_part(part: Resource, *, as_is: bool = False) -> CsvText:
    """Give one part as the text of a CSV file; entering it opens it."""
    return CsvText(part, lambda: open_text(part), as_is=as_is)


class RowsOfParts:
    """Where each part begins among the rows of the table; parts are counted when a row in them is first named."""

    def __init__(self, parts: Sequence[Resource]) -> None:
        self.is_checked = False  # whether all parts have the header of the first one
        self.marked: set[str] = set()  # the paths of the parts that begin with a byte-order mark; known when checked
        self._parts = parts
        self._groups: dict[int, list[int]] = {}  # of a part, the number of the last row of each row group
        self._before = [0]  # the rows of all earlier parts, for the first parts

    def begin(self, part: int, rows: int) -> None:
        """Note how many rows the parts before this one have, after they were read."""
        if part == len(self._before):
            self._before.append(rows)

    def before(self, part: int) -> int:
        """Give the number of rows in the parts before this one."""
        while len(self._before) <= part:
            at = len(self._before) - 1
            self._before.append(self._before[at] + _count_rows(self._parts[at]))
        return self._before[part]

    def place(self, row: int) -> tuple[int, int]:
        """Give the index of the part that has a row of the table, and the number of the row in its file."""
        header = _header_rows(self._parts[0])
        while self._before[-1] < row - header and len(self._before) < len(self._parts):
            self.before(len(self._before))
        part = max(0, bisect_left(self._before, row - header) - 1)
        return part, row - self._before[part] - self._unwritten

    def number(self, part: int, row: int) -> int:
        """Give the number in the table of a row of a part."""
        return row + self.before(part) + self._unwritten

    def group(self, row: int) -> int:
        """Give the number of the row group in which a row is, from 1; 0 if its file has only one, or none."""
        part, within = self.place(row)
        if not (self._unwritten and within):
            return 0
        if part not in self._groups:
            self._groups[part] = list(accumulate(rows_of_groups(self._parts[part])))
        ends = self._groups[part]
        return bisect_left(ends, within) + 1 if len(ends) > 1 else 0

    @property
    def _unwritten(self) -> int:
        """Give the number of rows of the header that are not in the file: Parquet has none, and we count one."""
        return 1 if self._parts[0].is_parquet else 0


def _header_rows(part: Resource) -> int:
    dialect = Dialect.from_descriptor(dict(part.dialect))
    rows = dialect.header_rows if dialect.header else []
    return int(rows[-1]) if rows else 0


def _count_rows(part: Resource) -> int:
    """Count the rows after the header that can be read, blank ones too."""
    if part.is_parquet:
        return sum(rows_of_groups(part))
    with suppress(UnreadableFile):
        lines = _count_lines(part)
        return (_last_row(part) if lines is None else lines) - _header_rows(part)
    return 0


def _count_lines(part: Resource) -> int | None:
    """Count the lines of a file in which each line is a row; None if they may differ, because of quotes or comments."""
    control = CsvControl.from_dialect(Dialect.from_descriptor(dict(part.dialect)))
    only = set(part.dialect) <= {"delimiter", "header", "csv", "quoteChar"}
    if not only or part.encoding.lower() not in _UTF_8 or not control.quote_char:
        return None
    quote, count, last = control.quote_char.encode(), 0, b"\n"
    with open_file(part) as stream:
        while block := stream.read(_BLOCK):
            if quote in block or b"\r" in block:
                return None
            count += block.count(b"\n")
            last = block[-1:]
    return count + (last != b"\n")


def _last_row(part: Resource) -> int:
    with open_part(part) as text:
        last = text.last_header_row
        with suppress(UnreadableFile):  # the rows before the error were given
            for numbers, _ in text.chunks():
                last = numbers[-1]
        return last + text.blank.rows


# Read


@dataclass
class PartRead:
    """What was found in a part while it was read; `before` is the number of rows in earlier parts."""

    resource: Resource
    before: int
    labels: list[str] = field(default_factory=list)
    traits: Traits = field(default_factory=Traits)
    blank: Blank = field(default_factory=Blank)

    def odd_quotes(self) -> Iterator[OddQuote]:
        """Give the cells with quotes at wrong places, with their rows in this file."""
        if self.traits.quotes:
            with open_part(self.resource) as text:
                text.traits = self.traits
                yield from text.odd_quotes()


# Check the headers


def faults_of_parts(
    first: CsvText, parts: Sequence[Resource], marked: set[str], *, as_is: bool
) -> list[UnreadableFile]:
    """Find the parts that do not continue the table of the first part, which is open: one error for each.

    `marked` gets the paths of those that begin with a byte-order mark. With `as_is`, another header is allowed, as the
    reference allows it.
    """
    faults = []
    if first.traits.byte_order_mark:
        marked.add(parts[0].path)
    known = {_identity(parts[0]): parts[0].path}
    for part in parts[1:]:
        same = known.setdefault(_identity(part), part.path) if part.file.exists() else part.path
        fault = _twice(part, same) if same is not part.path else _fault_of(part, first, marked, as_is=as_is)
        if fault:
            fault.part = part.path
            faults.append(fault)
    return faults


def _identity(part: Resource) -> tuple[int, int]:
    found = part.file.stat()
    return found.st_dev, found.st_ino


def _twice(part: Resource, other: str) -> UnreadableFile:
    same = "it is listed twice" if part.path == other else f"it is the same file as {other}"
    return UnreadableFile(_CODE, f"{same}, so its rows would count twice", "keep it once in `path`")


def _fault_of(part: Resource, first: CsvText, marked: set[str], *, as_is: bool) -> UnreadableFile | None:
    try:
        with open_part(part, as_is=as_is) as text:
            if text.traits.byte_order_mark:
                marked.add(part.path)
            return None if as_is else _other_header(text, first)
    except UnreadableFile as fault:
        return fault


def _other_header(text: CsvText, first: CsvText) -> UnreadableFile | None:
    """Give the error for a part that is empty or has other labels than the first part."""
    ours, theirs = text.all_labels, first.all_labels
    if ours == theirs:
        return None
    if text.is_empty:
        return UnreadableFile(_CODE, "the part is empty", "write the header into its first row, or remove the part")
    path = first.resource.path
    if len(ours) != len(theirs):
        what = f"has {len(ours):,} columns, but that of {path} has {len(theirs):,}"
    else:
        at = next(at for at, label in enumerate(ours) if label != theirs[at])
        what = f"has {shown(ours[at])} as column {at + 1}, but that of {path} has {shown(theirs[at])}"
    message = f"its first row {what}" if text.last_header_row == 1 else f"its header {what}"
    hint = f"begin each part with the header of {path}; if the part has no header, add it"
    return UnreadableFile(_CODE, message, hint, 1)
