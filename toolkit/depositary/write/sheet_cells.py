"""Put cells into the XML of a worksheet; every other byte of it stays as it is.

A library that loads and saves a workbook writes all of it anew, and loses what it does not know: results of formulas,
macros, pictures, forms. Here only the cells that are given are written, in the formats that the sheet has for them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape

from depositary.read.files.survey import address, column_of

MOST_CHARACTERS = 32_767  # of a cell, in Excel
_TAG = re.compile(rb"""<[^\s/>]+(?P<attributes>(?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(?P<end>/?)>""")
_SPANS = re.compile(rb"""\s+spans\s*=\s*(?:"[^"]*"|'[^']*')""")
_REF = re.compile(rb"""(\sref\s*=\s*)(?:"[^"]*"|'[^']*')""")
_AREA = re.compile(r"([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9a-fA-F]{4}_")
_CHARSET = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*["']([^"']+)""")
_TRUE = ("1", "true")
_PATH = ["worksheet", "sheetData", "row", "c"]

_OF_MANY = ("array", "dataTable")  # formulas

_Area = tuple[int, int, int, int]  # the first row and column, and the last
Place = tuple[int, int]  # a row and a column, from 1


class CannotWriteError(Exception):
    """Raised when cells cannot be put in without the risk that something else breaks; the text says why."""


@dataclass(frozen=True)
class NewCell:
    """What a cell will have: a text, or a number as it is written."""

    text: str
    is_number: bool = False


@dataclass
class _Element:
    """A part of the XML: where it begins, where its start tag ends, and where it ends."""

    start: int
    opened: int
    end: int
    attributes: Mapping[str, str]
    is_empty: bool


@dataclass
class _Cell(_Element):
    has_formula: bool = False


@dataclass
class _Row(_Element):
    cells: dict[int, _Cell] = field(default_factory=dict)


def with_cells(xml: bytes, cells: Mapping[Place, NewCell]) -> bytes:
    """Give the XML of a worksheet with some cells replaced or added.

    Raises:
        CannotWriteError: a cell has a formula or is merged with others, or the sheet is protected.
    """
    sheet = _Sheet(xml)
    for place, cell in cells.items():
        sheet.require_free(place, cell)
    by_row: dict[int, dict[int, NewCell]] = {}
    for (row, column), cell in sorted(cells.items()):
        by_row.setdefault(row, {})[column] = cell
    return _spliced(xml, [*sheet.rows_with(by_row), *sheet.size_with(cells)])


_Splice = tuple[int, int, bytes]  # the bytes from here to there become these


def _spliced(xml: bytes, splices: Sequence[_Splice], first: int = 0, last: int | None = None) -> bytes:
    """Give the bytes from the first to the last with the splices in their places."""
    parts, at = [], first
    for start, end, text in sorted(splices, key=lambda one: one[:2]):
        parts += [xml[at:start], text]
        at = end
    return b"".join([*parts, xml[at:last]])


class _Sheet:
    """Where the rows and cells of a worksheet are in its XML."""

    def __init__(self, xml: bytes) -> None:
        charset = _CHARSET.match(xml)
        if charset and charset[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
            raise CannotWriteError("its XML is not in UTF-8. Save it again in a spreadsheet program")
        self._xml = xml
        self._rows: dict[int, _Row] = {}
        self._data = _Element(0, 0, 0, {}, is_empty=False)
        self._dimension: _Element | None = None
        self._held: list[tuple[_Area, str]] = []  # cells that are one with others, and how
        self._styles: list[tuple[int, int, str]] = []  # the first and last column, and the style of their cells
        self._prefix = ""
        self._read()

    # Read

    def _read(self) -> None:
        self._path: list[str] = []
        self._open: list[_Element] = []
        self._row = self._column = 0
        parser = expat.ParserCreate()
        parser.buffer_text = True

        def start(name: str, attributes: dict[str, str]) -> None:
            self._path.append(name.rpartition(":")[2])
            self._open.append(self._began(parser.CurrentByteIndex, name, attributes))

        def end(_: str) -> None:
            element = self._open.pop()
            self._path.pop()
            if not element.is_empty:
                element.end = self._xml.index(b">", parser.CurrentByteIndex) + 1

        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.Parse(self._xml, True)  # noqa: FBT003 (takes no keywords)
        if not self._data.opened:
            raise CannotWriteError("it has no rows. Save it again in a spreadsheet program")

    def _began(self, at: int, name: str, attributes: Mapping[str, str]) -> _Element:
        tag = _TAG.match(self._xml, at)
        if tag is None:
            raise CannotWriteError("its XML is not as spreadsheet programs write it. Save it again in one")
        known = (at, tag.end(), tag.end(), attributes, bool(tag["end"]))
        if self._path == _PATH[:2]:
            self._data, self._prefix = _Element(*known), name.removesuffix(self._path[-1])
            return self._data
        if self._path == _PATH[:3]:
            self._row = int(attributes.get("r") or self._row + 1)
            self._column = 0
            self._rows[self._row] = row = _Row(*known)
            return row
        if self._path == _PATH:
            self._column = _place(attributes["r"])[1] if "r" in attributes else self._column + 1
            self._rows[self._row].cells[self._column] = cell = _Cell(*known)
            return cell
        element = _Element(*known)
        self._noted(element)
        return element

    def _noted(self, element: _Element) -> None:
        """Keep what bears on whether and how cells are written."""
        attributes = element.attributes
        match self._path[1:]:
            case ["sheetData", "row", "c", "f"]:
                self._rows[self._row].cells[self._column].has_formula = True
                if attributes.get("t") in _OF_MANY:
                    self._held.append((_area(attributes.get("ref", "")), "belongs to a formula of several cells"))
            case ["sheetProtection"] if attributes.get("sheet") in _TRUE:
                raise CannotWriteError("it is protected. Take the protection away, or enter the values")
            case ["mergeCells", "mergeCell"]:
                self._held.append((_area(attributes.get("ref", "")), "is merged with other cells"))
            case ["cols", "col"]:
                span = int(attributes.get("min", 1)), int(attributes.get("max", 1))
                self._styles.append((*span, attributes.get("style", "")))
            case ["dimension"]:
                self._dimension = element

    # Write

    def require_free(self, place: Place, cell: NewCell) -> None:
        """Refuse a cell that cannot be replaced safely.

        Raises:
            CannotWriteError: it has a formula or is merged with others, or the text is too long.
        """
        row, column = place
        there = self._rows[row].cells.get(column) if row in self._rows else None
        if there is not None and there.has_formula:
            raise CannotWriteError(f"{address(*place)} has a formula. Replace it by its value, or enter the value")
        for (top, left, bottom, right), how in self._held:
            if top <= row <= bottom and left <= column <= right:
                raise CannotWriteError(f"{address(row, column)} {how}. Undo that, or enter the value")
        if len(cell.text) > MOST_CHARACTERS:
            raise CannotWriteError(f"{address(*place)} can have {MOST_CHARACTERS:,} characters. Use a shorter quote")

    def rows_with(self, by_row: Mapping[int, Mapping[int, NewCell]]) -> Iterator[_Splice]:
        """Write rows with new cells: those that are there, and new ones between or behind them."""
        new: dict[int, bytes] = {}  # rows that are not there, by where they begin
        for number, cells in sorted(by_row.items()):
            row = self._rows.get(number)
            if row is None:
                at = self._behind(number)
                new[at] = new.get(at, b"") + self._tag("row", f' r="{number}"', self._cells(number, cells, ""))
            else:
                yield row.start, row.end, self._changed(number, row, cells)
        yield from self._inserted(new)

    def _behind(self, number: int) -> int:
        """Give where a new row begins: behind the last row above it."""
        above = [at for at in self._rows if at < number]
        return self._rows[max(above)].end if above else self._data.opened

    def _inserted(self, new: Mapping[int, bytes]) -> Iterator[_Splice]:
        if self._data.is_empty and new:
            yield self._data.start, self._data.end, self._tag("sheetData", "", b"".join(new.values()))
            return
        yield from ((at, at, text) for at, text in new.items())

    def _changed(self, number: int, row: _Row, cells: Mapping[int, NewCell]) -> bytes:
        head = _SPANS.sub(b"", self._xml[row.start : row.opened])
        style = row.attributes.get("s", "") if row.attributes.get("customFormat") in _TRUE else ""
        if row.is_empty:
            name = _local(head)
            return head[: head.rindex(b"/")] + b">" + self._cells(number, cells, style) + b"</" + name + b">"
        splices: list[_Splice] = [(row.start, row.opened, head)]
        for column, cell in sorted(cells.items()):
            there = row.cells.get(column)
            if there is not None:
                own = there.attributes.get("s", "")
                splices.append((there.start, there.end, self._cell((number, column), cell, own)))
                continue
            before = [at for at in row.cells if at < column]
            at = row.cells[max(before)].end if before else row.opened
            splices.append((at, at, self._cell((number, column), cell, style or self._style(column))))
        return _spliced(self._xml, _together(splices), row.start, row.end)

    def _cells(self, number: int, cells: Mapping[int, NewCell], style: str) -> bytes:
        return b"".join(
            self._cell((number, column), cell, style or self._style(column)) for column, cell in sorted(cells.items())
        )

    def _style(self, column: int) -> str:
        return next((style for first, last, style in self._styles if first <= column <= last), "")

    def _cell(self, place: Place, cell: NewCell, style: str) -> bytes:
        attributes = f' r="{address(*place)}"' + (f' s="{style}"' if style else "")
        if cell.is_number:
            return self._tag("c", attributes, self._tag("v", "", cell.text.encode()))
        text = self._tag("t", ' xml:space="preserve"', escape(_UNSAFE.sub(_escaped, cell.text)).encode())
        return self._tag("c", attributes + ' t="inlineStr"', self._tag("is", "", text))

    def _tag(self, name: str, attributes: str, content: bytes) -> bytes:
        whole = f"{self._prefix}{name}"
        return f"<{whole}{attributes}>".encode() + content + f"</{whole}>".encode()

    def size_with(self, cells: Mapping[Place, NewCell]) -> Iterator[_Splice]:
        """Write the size of the sheet, which some readers believe."""
        one = self._dimension
        if one is None:
            return
        top, left, bottom, right = _area(one.attributes.get("ref", ""))
        rows, columns = zip(*cells, strict=True)
        corners = (min(top, *rows), min(left, *columns)), (max(bottom, *rows), max(right, *columns))
        ref = ":".join(address(*one) for one in corners).encode()
        head = self._xml[one.start : one.opened]
        yield one.start, one.opened, _REF.sub(lambda found: found[1] + b'"' + ref + b'"', head, count=1)


def _together(splices: Sequence[_Splice]) -> list[_Splice]:
    """Join cells that are put in at one place, in their order."""
    joined: dict[tuple[int, int], bytes] = {}
    for start, end, text in splices:
        joined[start, end] = joined.get((start, end), b"") + text
    return [(start, end, text) for (start, end), text in joined.items()]


def _local(tag: bytes) -> bytes:
    return re.split(rb"[\s/>]", tag[1:], maxsplit=1)[0]


def _escaped(found: re.Match[str]) -> str:
    """Write a character that XML cannot hold, or what looks like one, as Excel does."""
    text = found[0]
    return f"_x005F_{text[1:]}" if len(text) > 1 else f"_x{ord(text):04X}_"


# Addresses


def _place(text: str) -> Place:
    return _area(text)[:2]


def _area(text: str) -> _Area:
    found = _AREA.fullmatch(text)
    if found is None:
        raise CannotWriteError(f"{text!r} in it is not a cell. Save it again in a spreadsheet program")
    first = int(found[2]), column_of(found[1])
    last = (int(found[4]), column_of(found[3])) if found[3] else first
    return (*first, *last)
