"""The worksheets of a workbook, of Excel (.xlsx) or OpenDocument (.ods), as rows of text.

Text does not change; a whole number has no `.0`, a date is written YYYY-MM-DD, and for a formula its stored value is
read. Links to other files are not followed, and the amount of unpacked data is limited.
"""

import datetime as dt
import io
import re
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Literal, cast
from xml.parsers import expat

from depositary.errors import UsageError
from depositary.read.files.compressed import open_raw, refuse_members
from depositary.read.files.number_format import NumberFormat
from depositary.read.files.opendocument import as_excel, is_opendocument
from depositary.read.files.stamp import Stamp, stamp_of
from depositary.read.files.survey import AGAIN, CODE, DIGITS, MOST_CELLS, Picked, Survey, address, too_many_cells
from depositary.read.files.unreadable import UnreadableFile

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

# What Excel shows for a formula without a result; a text with this content counts as one too.
NOT_CALCULATED = "#NOT CALCULATED!"
_OF_EXCEL = (
    "#NULL! #DIV/0! #VALUE! #REF! #NAME? #NUM! #N/A #GETTING_DATA #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #UNKNOWN! "
    "#BUSY! #PYTHON! #EXTERNAL!"
)
ERROR_VALUES = frozenset((*_OF_EXCEL.split(), NOT_CALCULATED))
_CHUNK = 1_000  # rows
_BLOCK = 1 << 16  # bytes
_OLD = b"\xd0\xcf\x11\xe0"
_STRICT = b"http://purl.oclc.org/ooxml/"
_STRICT_NAME = re.compile(rb"""((?:xmlns(?::\w+)?|Type)\s*=\s*["'])http://purl\.oclc\.org/ooxml/(\w+)/([^"'<>]+)""")
_IN_MEMORY = 1 << 24  # bytes
_ESCAPED = re.compile("_x(00[01][0-9A-F]|005F)_")
_INSTALL = "install depositary[excel], or save the worksheet as CSV (UTF-8)"


def sheets(file: Path) -> list[str]:
    """Name the worksheets of a workbook, in order.

    Raises:
        UnreadableFile: the file is not a workbook that can be read.
        UsageError: the library that reads workbooks is not installed.
    """
    with _opened(file) as book:
        return [str(sheet.title) for sheet in book.worksheets]


def is_blank(file: Path, name: str) -> bool:
    """Return whether a worksheet is empty.

    Raises:
        UnreadableFile: the file is not a workbook that can be read, or has no such worksheet.
        UsageError: the library that reads workbooks is not installed.
    """
    sheet = Worksheet(file, name)
    try:
        return not sheet.labels and not any(map(len, sheet.chunks()))
    finally:
        sheet.close()


def header(file: Path, name: str) -> list[str]:
    """Give the cells of the first row of a worksheet.

    Raises:
        UnreadableFile: the file is not a workbook that can be read, or has no such worksheet.
        UsageError: the library that reads workbooks is not installed.
    """
    sheet = Worksheet(file, name)
    sheet.close()
    return sheet.labels


CellKind = Literal["text", "number", "date", "boolean", "error"]
_KINDS: dict[str, CellKind] = {"b": "boolean", "d": "date", "e": "error"}


@dataclass(frozen=True)
class SheetCell:
    """A filled cell with its kind, as it is in the XML; rows and columns count from 1."""

    row: int
    column: int
    kind: CellKind
    raw: str
    format: NumberFormat

    @property
    def address(self) -> str:
        """Name the cell as in spreadsheets: AB12."""
        return address(self.row, self.column)


class Worksheet:
    """An open worksheet: its header, and the rows below it with cells as text.

    Raises:
        UnreadableFile: the file is not a workbook that can be read, or has no such worksheet.
        UsageError: the library that reads workbooks is not installed.
    """

    def __init__(self, file: Path, name: str) -> None:
        with ExitStack() as opened:
            book = opened.enter_context(_opened(file))
            sheet = next((s for s in book.worksheets if s.title == name), None)
            if sheet is None:
                there = ", ".join(str(s.title) for s in book.worksheets)
                raise UnreadableFile(
                    "missing-file", f"{file.name} has no worksheet {name!r}", f"its worksheets are {there}"
                )
            self._sheet: Any = sheet
            self.name = name
            self.part = str(cast("Any", sheet)._worksheet_path)  # noqa: SLF001 (no public name)
            self.state = str(sheet.sheet_state)  # visible, hidden, or veryHidden
            self.survey = Survey()
            with self._xml() as stream:
                self.survey.read(stream)
            self._formats: dict[str, NumberFormat] = {}
            sheet.reset_dimensions()  # its declared size may be wrong
            rows = sheet.iter_rows()
            opened.callback(rows.close)
            self._rows = _guarded(rows)
            self.labels = _without_end([label.strip() for label in self._texts(1, next(self._rows, ()))])
            self._kept = opened.pop_all()

    def close(self) -> None:
        """Close the workbook."""
        self._kept.close()

    def chunks(self) -> Iterator[list[list[str]]]:
        """Give the rows below the header, filled up to its length; blank rows are empty, and the last is not blank.

        Raises:
            UnreadableFile: the workbook is broken or too large; the rows before were given.
        """
        width, blank, given = len(self.labels), 0, 0
        ready: list[list[str]] = []
        for number, row in enumerate(self._rows, start=2):
            cells = _without_end(self._texts(number, row))
            if not cells:
                blank += 1
                continue
            ready += [[] for _ in range(blank)]
            ready.append(cells + [""] * (width - len(cells)))
            blank = 0
            if len(ready) >= _CHUNK:
                yield ready
                ready = []
            given += width
            if given > MOST_CELLS:
                raise too_many_cells()
        yield ready

    def cells(self, columns: set[int]) -> Iterator[SheetCell]:
        """Give the filled cells of some columns below the header; columns count from 1.

        Raises:
            UnreadableFile: the workbook is broken.
        """
        picked = Picked(columns)
        with self._xml() as stream:
            for raw in picked.cells(stream):
                yield SheetCell(raw.row, raw.column, self.kind(raw.type, raw.style), raw.text, self.format(raw.style))

    def kind(self, stated: str, style: str) -> CellKind:
        """Give the kind of cells with a type and a style."""
        if stated in ("", "n"):
            return "date" if self.format(style).is_date else "number"
        return _KINDS.get(stated, "text")

    def format(self, style: str) -> NumberFormat:
        """Give the format of cells by their style.

        Raises:
            UnreadableFile: there is no such style.
        """
        if style not in self._formats:
            with _sound():
                self._formats[style] = _number_format(self._sheet.parent, int(style or 0))
        return self._formats[style]

    def written(self, cell: SheetCell) -> str:
        """Write a cell as in its row; for a text, nothing, because the XML may have only an index.

        Raises:
            UnreadableFile: its value does not have its type.
        """
        with _sound():
            if cell.kind == "boolean":
                return _written(cell.raw.strip() == "1")
            if cell.kind == "number":
                return _written(float(cell.raw) if set(cell.raw) & set(".eE") else int(cell.raw))
        return _written(self.day(cell) or cell.raw) if cell.kind == "date" else ""

    def day(self, cell: SheetCell) -> object:
        """Give the date or time of a cell that has one."""
        from openpyxl.utils import datetime as days  # noqa: PLC0415 (an optional extra)

        read: Any = days  # a part of it has no types
        with suppress(ValueError, OverflowError, TypeError):
            if _is_number(cell.raw):
                epoch, is_duration = self._sheet.parent.epoch, cell.format.is_duration
                return read.from_excel(float(cell.raw), epoch, timedelta=is_duration)
            return read.from_ISO8601(cell.raw)
        return None

    def days_from_1900(self, cell: SheetCell) -> Decimal:
        """Count the days since the end of 1899, so that 1900-01-01 is 1; 0 if the cell does not count like this."""
        from openpyxl.utils.datetime import WINDOWS_EPOCH  # noqa: PLC0415 (an optional extra)

        counts = cell.kind == "date" and not cell.format.is_duration and self._sheet.parent.epoch == WINDOWS_EPOCH
        days = Decimal(cell.raw.strip()) if counts and _is_number(cell.raw) else Decimal(0)
        return days if days.is_finite() else Decimal(0)

    @contextmanager
    def _xml(self) -> Iterator[IO[bytes]]:
        with _sound(), self._sheet.parent._archive.open(self.part) as stream:  # noqa: SLF001 (no public name)
            yield stream

    def _texts(self, number: int, row: Any) -> list[str]:  # noqa: ANN401 (openpyxl ships no types)
        texts = [_text(cell) for cell in row]
        for at in self.survey.unknown.get(number, ()):
            texts += [""] * (at + 1 - len(texts))
            texts[at] = NOT_CALCULATED
        return texts


# Open


@contextmanager
def _opened(file: Path) -> Iterator["Workbook"]:
    with ExitStack() as opened:
        stream = opened.enter_context(open_raw(file))
        _refuse_others(stream)
        with _sound():
            archive = opened.enter_context(zipfile.ZipFile(cast("BinaryIO", stream)))
            size = stream.seek(0, io.SEEK_END)
            refuse_members(archive, size)
            for member in archive.namelist():
                _refuse_doctype(archive, member)
            source: io.RawIOBase | IO[bytes] = stream
            if is_opendocument(archive):
                source = io.BytesIO(_as_excel(file, stamp_of(file)))
            elif _is_strict(archive):
                source = opened.enter_context(_transitional(archive))
        source.seek(0)
        book = _loaded(source)
        opened.callback(book.close)
        if not book.worksheets:
            raise UnreadableFile(CODE, "the workbook has no worksheet", AGAIN)
        yield book


@lru_cache(maxsize=2)
def _as_excel(file: Path, _: Stamp) -> bytes:
    """Write an OpenDocument spreadsheet as an Excel workbook; its sheets are opened one after another."""
    with (
        open_raw(file) as stream,
        zipfile.ZipFile(cast("BinaryIO", stream)) as archive,
        as_excel(archive, stream.seek(0, io.SEEK_END)) as written,
    ):
        return written.read()


# Strict Open XML, which Excel can also write, has other namespaces (ISO/IEC 29500-1 and -4).


def _is_strict(archive: zipfile.ZipFile) -> bool:
    return any(_STRICT in archive.read(name) for name in archive.namelist() if name.lower() == "_rels/.rels")


def _transitional(archive: zipfile.ZipFile) -> IO[bytes]:
    """Write a workbook again, with the namespaces that its reader knows."""
    stream = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (the caller closes it)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as written:
        for name in archive.namelist():
            content = archive.read(name)
            if name.lower().endswith((".xml", ".rels")):
                content = _STRICT_NAME.sub(_in_transitional, content)
            written.writestr(name, content)
    return stream


def _in_transitional(found: re.Match[bytes]) -> bytes:
    attribute, area, rest = found.groups()
    return attribute + b"http://schemas.openxmlformats.org/" + area + b"/2006/" + rest


def _loaded(stream: io.RawIOBase | IO[bytes]) -> "Workbook":
    try:
        from openpyxl import chartsheet  # noqa: PLC0415 (an optional extra)
        from openpyxl.reader.excel import ExcelReader  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(f"a workbook cannot be read here: {_INSTALL}.") from error

    class Reader(ExcelReader):
        """A reader that keeps the position of a chart sheet and ignores its content."""

        def read_chartsheet(self, sheet: Any, _: Any) -> None:  # noqa: ANN401 (openpyxl ships no types)
            chart = cast("Any", chartsheet.Chartsheet)(parent=self.wb, title=sheet.name)
            cast("Any", self.wb)._add_sheet(chart)  # noqa: SLF001 (its own method does the same)

    with _sound(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the warnings are about formats and formulas, not about rows
        reader = Reader(stream, read_only=True, data_only=True, keep_links=False)
        reader.read()
        return reader.wb


def _refuse_others(stream: io.RawIOBase) -> None:
    head = stream.read(8) or b""
    stream.seek(0)
    if head.startswith(_OLD):
        message = "the file is an old Excel workbook, or it has a password"
        raise UnreadableFile("binary-file", message, AGAIN)
    if not head.startswith(b"PK"):
        raise UnreadableFile("binary-file", "the file has the name of a workbook, but it is not one", AGAIN)


@contextmanager
def _sound() -> Iterator[None]:
    try:
        yield
    except (UnreadableFile, UsageError):
        raise
    except Exception as error:  # (a broken workbook can cause any error)
        raise UnreadableFile(CODE, f"the workbook is broken: {_broken(error)}", AGAIN) from error


def _broken(error: Exception) -> str:
    """Describe what is broken in a workbook."""
    first = error.__cause__ if isinstance(error.__cause__, Exception) else error
    if isinstance(first, SyntaxError | expat.ExpatError):  # errors of XML parsers
        return "the XML of one of its parts is damaged"
    if isinstance(first, zipfile.BadZipFile | zlib.error | EOFError | OSError | NotImplementedError):
        return "its archive is damaged"
    if isinstance(first, KeyError):
        return "one of its parts is missing"
    return "one of its parts is not as Excel writes it"


def _guarded(rows: Iterator[Any]) -> Iterator[Any]:
    while True:
        with _sound(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a date out of range, which becomes an error value
            row = next(rows, None)
        if row is None:
            return
        yield row


# Check the XML before it is used


class _Enough(Exception):  # noqa: N818 (not an error: the search is finished)
    """Raised when no more has to be read."""


def _refuse_doctype(archive: zipfile.ZipFile, member: str) -> None:
    """Refuse XML that declares entities: a few lines of them can expand to gigabytes."""
    if not member.lower().endswith((".xml", ".rels", ".vml")):
        return
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = _stop
    with archive.open(member) as stream, suppress(_Enough):
        while block := stream.read(_BLOCK):
            parser.Parse(block)


def _refuse(*_: object) -> None:
    raise UnreadableFile(CODE, "the workbook declares a document type, which Excel never does", AGAIN)


def _stop(*_: object) -> None:
    raise _Enough


# Cells


def _number_format(book: Any, style: int) -> NumberFormat:  # noqa: ANN401 (openpyxl ships no types)
    from openpyxl.styles.numbers import (  # noqa: PLC0415 (an optional extra)
        BUILTIN_FORMATS,
        BUILTIN_FORMATS_MAX_SIZE,
        is_date_format,
        is_timedelta_format,
    )

    with suppress(IndexError):
        number = book._cell_styles[style].numFmtId  # noqa: SLF001 (no public name before a cell is made)
        own = number - BUILTIN_FORMATS_MAX_SIZE
        code = book._number_formats[own] if own >= 0 else BUILTIN_FORMATS.get(number, "General")  # noqa: SLF001
        return NumberFormat(code, is_date=is_date_format(code), is_duration=is_timedelta_format(code))
    return NumberFormat("General")


def _is_number(text: str) -> bool:
    try:
        return bool(float(text) or True)
    except ValueError:
        return False


def _without_end(cells: list[str]) -> list[str]:
    """Leave out the blank cells at the end."""
    count = len(cells)
    while count and not cells[count - 1]:
        count -= 1
    return cells[:count]


def _text(cell: Any) -> str:  # noqa: ANN401 (openpyxl ships no types)
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        if cell.data_type == "e" and value not in ERROR_VALUES:
            return "#VALUE!"
        return _unescaped(value)
    return _written(value)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dt.datetime):
        whole_day = value.time() == dt.time()
        return value.date().isoformat() if whole_day else value.isoformat(timespec="seconds")
    if isinstance(value, dt.time):
        return value.isoformat(timespec="seconds")
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value)


def _number(value: float) -> str:
    """Write a number as Excel shows it in full: 15 digits, no exponent, no `.0`."""
    text = format(Decimal(f"{value:.{DIGITS}g}"), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unescaped(text: str) -> str:
    """Restore characters that XML cannot hold: Excel writes a carriage return as `_x000D_`."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
