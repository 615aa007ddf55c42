"""An OpenDocument spreadsheet (.ods), written again as an Excel workbook, so that one reader judges both.

What is in its cells stays: texts, numbers, dates, stored values of formulas, errors, and the formats by which a
spreadsheet shows them; also merged and hidden cells, and hidden sheets. Repeated cells are written out. Links, macros,
notes, drawings and the formulas themselves are left out.
"""

import datetime as dt
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import IO
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from depositary.read.files.compressed import most_unpacked
from depositary.read.files.opendocument_styles import Styles
from depositary.read.files.survey import AGAIN, CODE, MOST_COLUMNS, MOST_ROWS, Range, address
from depositary.read.files.unreadable import UnreadableFile

_MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_BLOCK = 1 << 16  # bytes
_IN_MEMORY = 1 << 24  # bytes
_DURATION = re.compile(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?")
_OF_XML = re.compile("[\x00-\x08\x0b-\x1f]|_x(?=00[01][0-9A-F]_|005F_)")  # what Excel's XML writes as _xHHHH_
_BLANK = re.compile("[ \t\r\n]+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?")
_ERROR = re.compile(r"Err:\d+|#(NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A)")
_ROWS, _COLUMNS = "table-row", "table-column"
_CELLS = ("table-cell", "covered-table-cell")
# Within these, there are texts and tables that are not those of the spreadsheet.
_ASIDE = frozenset(
    {"annotation", "tracked-changes", "dde-links", "shapes", "frame", "custom-shape", "forms", "content-validations"}
)
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def is_opendocument(archive: zipfile.ZipFile) -> bool:
    """Return whether an archive is an OpenDocument spreadsheet."""
    if "mimetype" not in archive.namelist():
        return False
    with archive.open("mimetype") as stream:
        return stream.read(len(_MIMETYPE)) == _MIMETYPE


def as_excel(archive: zipfile.ZipFile, size: int) -> IO[bytes]:
    """Write an OpenDocument spreadsheet as an Excel workbook, into a temporary file that the caller closes.

    Args:
        archive: its archive, whose members were found to be safe.
        size: the size of the file, which limits what may come out.

    Raises:
        UnreadableFile: it has a password, or is far too large.
    """
    if b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise UnreadableFile("binary-file", "the file has a password", AGAIN)
    styles = Styles()
    if "styles.xml" in archive.namelist():
        with archive.open("styles.xml") as stream:
            for _ in _Content(styles, 0).tables(stream):
                pass
    with ExitStack() as opened:
        written = opened.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))
        book = opened.enter_context(zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1))
        content = _Content(styles, most_unpacked(size))
        sheets: list[tuple[str, bool]] = []
        for table in content.tables(opened.enter_context(archive.open("content.xml"))):
            sheets.append((table.name, table.is_shown))
            with book.open(f"xl/worksheets/sheet{len(sheets)}.xml", "w") as sheet, table.rows:
                table.write(sheet)
        _write_frame(book, sheets, content.formats)
        book.close()
        opened.pop_all()
    written.seek(0)
    return written


class _Table:
    """A table as it is read: its columns and filled rows, as XML of a worksheet."""

    def __init__(self, name: str, *, is_shown: bool) -> None:
        self.name, self.is_shown = name, is_shown
        self.columns: list[str] = []
        self.rows = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (who writes the table closes it)
        self.merged: list[Range] = []
        self.styles: list[tuple[int, str]] = []  # the last column with a default style, and the style
        self.row = 1
        self.column = 1

    def write(self, sheet: IO[bytes]) -> None:
        """Write the worksheet."""
        columns = f"<cols>{''.join(self.columns)}</cols>" if self.columns else ""
        sheet.write(f'<worksheet xmlns="{_MAIN}">{columns}<sheetData>'.encode())
        self.rows.seek(0)
        shutil.copyfileobj(self.rows, sheet)
        merged = "".join(f'<mergeCell ref="{one}"/>' for one in self.merged)
        sheet.write(f"</sheetData>{f'<mergeCells>{merged}</mergeCells>' if merged else ''}</worksheet>".encode())

    def style_of(self, column: int) -> str:
        """Give the style of cells in a column that have none."""
        return next((style for last, style in self.styles if column <= last), "")


class _Content:
    """A pass over the XML, which gives the tables one after another."""

    def __init__(self, styles: Styles, most: int) -> None:
        self.styles = styles
        self.formats: dict[str, int] = {"General": 0}  # codes, with their position in the styles of the workbook
        self._left = most  # bytes that may still come out
        self._done: list[_Table] = []
        self._table: _Table | None = None
        self._aside = 0
        self._given: Mapping[str, str] = {}
        self._row: Mapping[str, str] = {}
        self._cells: list[tuple[int, int, str]] = []  # the first column, how many, and the XML without its address
        self._column = 1
        self._cell: Mapping[str, str] | None = None
        self._paragraphs: list[str] = []
        self._in_paragraph = False

    def tables(self, stream: IO[bytes]) -> Iterator[_Table]:
        """Read a part of the document."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        parser.buffer_text = True
        try:
            while block := stream.read(_BLOCK):
                parser.Parse(block)
                yield from self._ended()
            parser.Parse(b"", True)  # noqa: FBT003 (this was the last block)
            yield from self._ended()
        finally:
            for table in filter(None, [self._table, *self._done]):
                table.rows.close()

    def _ended(self) -> Iterator[_Table]:
        while self._done:
            yield self._done.pop(0)

    # Elements

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        given = {key.rpartition(" ")[2]: value for key, value in attributes.items() if "calcext" not in key}
        if self._aside or name in _ASIDE or (name == "table" and (self._table or _is_copy(given))):
            self._aside += 1
            return
        if self._table is None:
            if name == "table":
                self._table = _Table(
                    given.get("name", ""), is_shown=self.styles.is_displayed(given.get("style-name", ""))
                )
            else:
                self.styles.start(name, given)
        elif name == _COLUMNS:
            self._add_columns(self._table, given)
        elif name == _ROWS:
            self._row, self._cells, self._column = given, [], 1
        elif name in _CELLS:
            self._cell, self._paragraphs = given | _kind_of(attributes), []
        elif self._cell is not None:
            self._within(name, given)

    def _within(self, name: str, given: Mapping[str, str]) -> None:
        if name == "p":
            self._in_paragraph = True
            self._paragraphs.append("")
        elif self._in_paragraph and name in ("s", "tab", "line-break"):
            count = int(given.get("c", "1")) if name == "s" else 1
            self._spend(count)
            self._add_text({"s": " ", "tab": "\t"}.get(name, "\n") * count)

    def _text(self, text: str) -> None:
        if self._aside:
            return
        if self._table is None:
            self.styles.text(text)
        elif self._in_paragraph:
            text = _BLANK.sub(" ", text)
            is_first = not self._paragraphs[-1]  # white space there is of the XML; a space of the text is an element
            self._add_text(text.removeprefix(" ") if is_first else text)

    def _add_text(self, text: str) -> None:
        self._paragraphs[-1] += text

    def _end(self, tag: str) -> None:
        if self._aside:
            self._aside -= 1
            return
        name = tag.rpartition(" ")[2]
        if self._table is None:
            self.styles.end(name)
        elif name == "p":
            self._in_paragraph = False
        elif name in _CELLS:
            self._end_cell(self._table, self._cell or {})
            self._cell = None
        elif name == _ROWS:
            self._end_row(self._table)
        elif name == "table":
            self._done.append(self._table)
            self._table = None

    # Columns, cells and rows

    def _add_columns(self, table: _Table, given: Mapping[str, str]) -> None:
        first, table.column = table.column, table.column + _repeated(given, "number-columns-repeated")
        last = min(table.column - 1, MOST_COLUMNS)
        if first > last:
            return
        table.styles.append((last, given.get("default-cell-style-name", "")))
        width = self.styles.width(given.get("style-name", ""))
        hidden = ' hidden="1"' if _is_hidden(given) else ""
        size = f' width="{width:.4f}" customWidth="1"' if width is not None else ""
        if hidden or size:
            table.columns.append(f'<col min="{first}" max="{last}"{hidden}{size}/>')

    def _end_cell(self, table: _Table, given: Mapping[str, str]) -> None:
        count = _repeated(given, "number-columns-repeated")
        wide, high = _repeated(given, "number-columns-spanned"), _repeated(given, "number-rows-spanned")
        if wide > 1 or high > 1:
            last = min(table.row + high - 1, MOST_ROWS), min(self._column + wide - 1, MOST_COLUMNS)
            table.merged.append(Range(table.row, self._column, *last))
        style = given.get("style-name") or self._row.get("default-cell-style-name") or table.style_of(self._column)
        written = self._written(given, "\n".join(self._paragraphs), style)
        if written:
            self._cells.append((self._column, count, written))
        self._column += count

    def _written(self, given: Mapping[str, str], shown: str, style: str) -> str:
        """Write a cell, without its address; nothing if it is blank."""
        kind, value = _content(given, shown)
        if not kind and "formula" not in given:
            return ""
        code = self.styles.format_of(style)
        at = f' s="{self.formats.setdefault(code, len(self.formats))}"'
        if not kind:
            return f"{at}><f/></c>"
        if kind == "inlineStr":
            text = _OF_XML.sub(lambda found: f"_x{ord(found[0][0]):04X}_" + found[0][1:], value)
            return f'{at} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
        return f'{at} t="{kind}"><v>{escape(value)}</v></c>'

    def _end_row(self, table: _Table) -> None:
        count, given = _repeated(self._row, "number-rows-repeated"), self._row
        if self._cells:
            height = self.styles.height(given.get("style-name", ""))
            hidden = ' hidden="1"' if _is_hidden(given) else ""
            size = f' ht="{height:.4f}" customHeight="1"' if height is not None else ""
            for row in range(table.row, table.row + count):
                self._spend(sum(many * (len(xml) + 20) for _, many, xml in self._cells))
                cells = "".join(
                    f'<c r="{address(row, at)}"{xml}'
                    for first, many, xml in self._cells
                    for at in range(first, first + many)
                )
                table.rows.write(f'<row r="{row}"{hidden}{size}>{cells}</row>'.encode("utf-8", "surrogatepass"))
        table.row += count

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise UnreadableFile(CODE, "the workbook repeats its cells far too often for a table", AGAIN)


def _is_copy(given: Mapping[str, str]) -> bool:
    """Return whether a table has copies of cells of another file, to which formulas refer."""
    return given.get("name", "").startswith("'file:")


def _kind_of(attributes: Mapping[str, str]) -> dict[str, str]:
    """Give the kind that LibreOffice adds to a cell: it writes an error as a text of kind error."""
    found = (value for name, value in attributes.items() if "calcext" in name and name.endswith(" value-type"))
    return {"extended-type": next(found, "")}


def _content(given: Mapping[str, str], shown: str) -> tuple[str, str]:
    """Give the type and the text of a cell as Excel has them; nothing for a blank one."""
    kind, formula = given.get("value-type", ""), given.get("formula", "")
    if given.get("extended-type") == "error" or (formula and kind != "string" and _ERROR.fullmatch(shown)):
        return "e", shown
    if kind == "string" or (not kind and shown):
        return "inlineStr", given.get("string-value") or shown
    if formula.partition("=")[2] in ("TRUE()", "FALSE()"):  # how LibreOffice writes a logical value of Excel
        return "b", "1" if formula.endswith("TRUE()") else "0"
    if kind == "boolean":
        return "b", "1" if given.get("boolean-value") == "true" else "0"
    if kind == "date":
        return _day(given.get("date-value", ""))
    if kind == "time":
        return _time(given.get("time-value", ""))
    return ("n", given.get("value", "")) if kind else ("", "")


def _day(value: str) -> tuple[str, str]:
    try:
        day = dt.datetime.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:  # no such day
        day = None
    if day is None:
        return "inlineStr", value
    rounded = (day + dt.timedelta(milliseconds=500)).replace(microsecond=0) if day.microsecond else day
    return "d", rounded.isoformat()


def _time(value: str) -> tuple[str, str]:
    found = _DURATION.fullmatch(value)
    if not found:
        return "inlineStr", value
    days, hours, minutes = (int(part or 0) for part in found.groups()[1:4])
    seconds = float((found[5] or "0").replace(",", "."))
    total = days + (hours * 3600 + minutes * 60 + seconds) / 86400
    return "n", repr(-total if found[1] else total)


def _repeated(given: Mapping[str, str], name: str) -> int:
    return max(int(given.get(name, "1")), 1)


def _is_hidden(given: Mapping[str, str]) -> bool:
    return given.get("visibility") in ("collapse", "filter")


# The parts around the worksheets


def _write_frame(book: zipfile.ZipFile, sheets: list[tuple[str, bool]], formats: Mapping[str, int]) -> None:
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="r{at}"{"" if shown else " state=" + quoteattr("hidden")}/>'
        for at, (name, shown) in zip(numbers, sheets, strict=True)
    )
    own = [code for code in formats if code != "General"]
    codes = "".join(f'<numFmt numFmtId="{at}" formatCode={quoteattr(code)}/>' for at, code in enumerate(own, start=164))
    uses = "".join(f'<xf numFmtId="{at}"/>' for at in (0, *range(164, 164 + len(own))))
    targets = {f"r{at}": ("worksheet", f"worksheets/sheet{at}.xml") for at in numbers}
    for member, content in {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_CONTENT_TYPE}.styles+xml"/></Types>',
        "_rels/.rels": _relations({"r1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations({**targets, "rs": ("styles", "styles.xml")}),
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">{f"<numFmts>{codes}</numFmts>" if own else ""}'
        f"<cellXfs>{uses}</cellXfs></styleSheet>",
    }.items():
        book.writestr(member, content)


def _relations(targets: Mapping[str, tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="{name}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for name, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'
