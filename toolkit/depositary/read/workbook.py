"""The worksheets of an Excel workbook (.xlsx) as rows of text.

Text stays as it is; a whole number has no `.0`, a date is written YYYY-MM-DD, a formula stands for the value that was
stored with it. Nothing is followed that leads out of the file, and no more comes out of it than a workbook can hold.
"""

import datetime as dt
import io
import re
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast
from xml.parsers import expat

from depositary.errors import UsageError
from depositary.read.compressed import open_raw, refuse_members
from depositary.read.fault import Fault

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

# What Excel shows where a formula has no result; a text that reads so is taken for one as well.
NOT_CALCULATED = "#NOT CALCULATED!"
_OF_EXCEL = (
    "#NULL! #DIV/0! #VALUE! #REF! #NAME? #NUM! #N/A #GETTING_DATA #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT! #UNKNOWN! "
    "#BUSY! #PYTHON! #EXTERNAL!"
)
ERROR_VALUES = frozenset((*_OF_EXCEL.split(), NOT_CALCULATED))
_CHUNK = 1_000  # rows
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384  # of a worksheet, says Excel
_MOST_CELLS = 100_000_000  # blank ones between others included; far more than fit into the sizes that are read
_DIGITS = 15  # that Excel keeps of a number
_BLOCK = 1 << 16  # bytes
_SHOWN = 200  # characters of what another program says
_OLD = b"\xd0\xcf\x11\xe0"
_STRICT = b"http://purl.oclc.org/ooxml/"
_STRICT_NAME = re.compile(rb"""((?:xmlns(?::\w+)?|Type)\s*=\s*["'])http://purl\.oclc\.org/ooxml/(\w+)/([^"'<>]+)""")
_IN_MEMORY = 1 << 24  # bytes
_ESCAPED = re.compile("_x(00[01][0-9A-F]|005F)_")
_CODE = "compression-error"
_AGAIN = "save it again as an Excel workbook (.xlsx), or save its sheets as CSV (UTF-8)"
_INSTALL = "install depositary[excel], or save the worksheet as CSV (UTF-8)"


def sheets(file: Path) -> list[str]:
    """Name the worksheets of a workbook, in order.

    Raises:
        Fault: the file is no workbook that can be read.
        UsageError: what reads workbooks is not installed.
    """
    with _opened(file) as book:
        return [str(sheet.title) for sheet in book.worksheets]


def is_blank(file: Path, name: str) -> bool:
    """Tell whether nothing stands in a worksheet.

    Raises:
        Fault: the file is no workbook that can be read, or has no such worksheet.
        UsageError: what reads workbooks is not installed.
    """
    sheet = Worksheet(file, name)
    try:
        return not sheet.labels and not any(map(len, sheet.chunks()))
    finally:
        sheet.close()


class Worksheet:
    """An open worksheet: its header, and the rows behind it with cells as text.

    Raises:
        Fault: the file is no workbook that can be read, or has no such worksheet.
        UsageError: what reads workbooks is not installed.
    """

    def __init__(self, file: Path, name: str) -> None:
        with ExitStack() as opened:
            book = opened.enter_context(_opened(file))
            sheet = next((s for s in book.worksheets if s.title == name), None)
            if sheet is None:
                there = ", ".join(str(s.title) for s in book.worksheets)
                raise Fault("missing-file", f"{file.name} has no worksheet {name!r}", f"its worksheets are {there}")
            self._unknown = _surveyed(sheet)
            sheet.reset_dimensions()  # what is stated of its size may be anything
            rows = sheet.iter_rows()
            opened.callback(rows.close)
            self._rows = _guarded(rows)
            self.labels = _without_end([label.strip() for label in self._texts(1, next(self._rows, ()))])
            self._kept = opened.pop_all()

    def close(self) -> None:
        """Close the workbook."""
        self._kept.close()

    def chunks(self) -> Iterator[list[list[str]]]:
        """Give the rows behind the header, filled up to its length; blank ones are empty, and the last is not blank.

        Raises:
            Fault: the workbook is broken, or larger than one can be; the rows before were given.
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
            if given > _MOST_CELLS:
                raise _too_many_cells()
        yield ready

    def _texts(self, number: int, row: Any) -> list[str]:  # noqa: ANN401 (openpyxl ships no types)
        texts = [_text(cell) for cell in row]
        for at in self._unknown.get(number, ()):
            texts += [""] * (at + 1 - len(texts))
            texts[at] = NOT_CALCULATED
        return texts


# Opening


@contextmanager
def _opened(file: Path) -> Iterator["Workbook"]:
    with ExitStack() as opened:
        stream = opened.enter_context(open_raw(file))
        _refuse_others(stream)
        with _sound():
            archive = opened.enter_context(zipfile.ZipFile(cast("BinaryIO", stream)))
            refuse_members(archive, stream.seek(0, io.SEEK_END))
            for member in archive.namelist():
                _refuse_doctype(archive, member)
            source = opened.enter_context(_transitional(archive)) if _is_strict(archive) else stream
        source.seek(0)
        book = _loaded(source)
        opened.callback(book.close)
        if not book.worksheets:
            raise Fault(_CODE, "the workbook has no worksheet", _AGAIN)
        yield book


# Strict Open XML, which Excel can save as well, differs in the names of its namespaces (ISO/IEC 29500-1 and -4).


def _is_strict(archive: zipfile.ZipFile) -> bool:
    return any(_STRICT in archive.read(name) for name in archive.namelist() if name.lower() == "_rels/.rels")


def _transitional(archive: zipfile.ZipFile) -> IO[bytes]:
    """Write a workbook again, in the namespaces that its reader knows."""
    stream = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (who asked for it closes it)
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
        from openpyxl import load_workbook  # noqa: PLC0415 (an extra, which few need)
    except ImportError as error:
        raise UsageError(f"an Excel workbook cannot be read here: {_INSTALL}.") from error
    with _sound(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are about formats and formulas, not about rows
        return load_workbook(cast("BinaryIO", stream), read_only=True, data_only=True, keep_links=False)


def _refuse_others(stream: io.RawIOBase) -> None:
    head = stream.read(8) or b""
    stream.seek(0)
    if head.startswith(_OLD):
        message = "the file is an old Excel workbook, or one with a password"
        raise Fault("binary-file", message, _AGAIN)
    if not head.startswith(b"PK"):
        raise Fault("binary-file", "the file is no Excel workbook, whatever its name says", _AGAIN)


@contextmanager
def _sound() -> Iterator[None]:
    try:
        yield
    except (Fault, UsageError):
        raise
    except Exception as error:  # (what is broken anywhere in a workbook shows in as many ways)
        what = " ".join(f"{type(error).__name__}: {error}".split())[:_SHOWN]
        raise Fault(_CODE, f"the workbook is broken: {what}", _AGAIN) from error


def _guarded(rows: Iterator[Any]) -> Iterator[Any]:
    while True:
        with _sound(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a date out of range, which comes as an error value
            row = next(rows, None)
        if row is None:
            return
        yield row


# What the XML holds, before anything is made of it


class _Enough(Exception):  # noqa: N818 (not an error: what was looked for is known)
    """Raised where no more has to be read."""


def _refuse_doctype(archive: zipfile.ZipFile, member: str) -> None:
    """Refuse XML that declares entities: a few lines of them can stand for gigabytes."""
    if not member.lower().endswith((".xml", ".rels", ".vml")):
        return
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = _stop
    with archive.open(member) as stream, suppress(_Enough):
        while block := stream.read(_BLOCK):
            parser.Parse(block)


def _refuse(*_: object) -> None:
    raise Fault(_CODE, "the workbook declares a document type, which Excel never does", _AGAIN)


def _stop(*_: object) -> None:
    raise _Enough


class _Survey:
    """One pass over the XML of a worksheet: its rows are in order and within bounds; which formulas have no value."""

    def __init__(self) -> None:
        self.unknown: dict[int, list[int]] = {}
        self._row, self._column = 0, 0
        self._cells = 0
        self._formula = self._value = self._in_value = False

    def read(self, stream: IO[bytes]) -> None:
        """Look at all of it.

        Raises:
            Fault: it is larger than a worksheet can be, or its rows are not in order.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        while block := stream.read(_BLOCK):
            parser.Parse(block)
        parser.Parse(b"", True)  # noqa: FBT003 (that this was the last)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "row":
            self._next_row(int(float(attributes.get("r", self._row + 1))))
        elif name == "c":
            self._next_cell(attributes.get("r", ""))
            self._value = attributes.get("t") == "str"  # a text may be empty, whatever else without a value has none
        elif name == "f":
            self._formula = True
        self._in_value = name == "v"

    def _text(self, _: str) -> None:
        self._value = self._value or self._in_value

    def _end(self, tag: str) -> None:
        if tag.rpartition(" ")[2] == "c" and self._formula and not self._value:
            self.unknown.setdefault(self._row, []).append(self._column - 1)

    def _next_row(self, row: int) -> None:
        if row <= self._row:
            raise Fault(_CODE, f"row {row} of the worksheet stands behind row {self._row}", _AGAIN)
        if row > _MOST_ROWS:
            raise Fault(_CODE, f"the worksheet has a row {row:,}; Excel has {_MOST_ROWS:,}", _AGAIN)
        self._row, self._column = row, 0

    def _next_cell(self, place: str) -> None:
        column = _column(place) if place else self._column + 1
        if column > _MOST_COLUMNS:
            raise Fault(_CODE, f"row {self._row} has a column {column:,}; Excel has {_MOST_COLUMNS:,}", _AGAIN)
        self._cells += max(0, column - self._column)
        if self._cells > _MOST_CELLS:
            raise _too_many_cells()
        self._column, self._formula = column, False


def _too_many_cells() -> Fault:
    return Fault(_CODE, f"the worksheet has more than {_MOST_CELLS:,} cells", "save it as CSV (UTF-8)")


def _column(place: str) -> int:
    """Number the column of a cell such as AB12: 28."""
    number = 0
    for letter in place.rstrip("0123456789").replace("$", "").upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def _surveyed(sheet: Any) -> dict[int, list[int]]:  # noqa: ANN401 (openpyxl ships no types)
    """Look through a worksheet, and give by row the columns, from 0, whose formulas have no stored value."""
    survey = _Survey()
    with _sound(), sheet.parent._archive.open(sheet._worksheet_path) as stream:  # noqa: SLF001 (nothing public names it)
        survey.read(stream)
    return survey.unknown


# Cells


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
    text = format(Decimal(f"{value:.{_DIGITS}g}"), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unescaped(text: str) -> str:
    """Put characters that XML has no room for back into a text: Excel writes a carriage return as `_x000D_`."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
