"""The worksheets of a workbook: their names and limits, and writing cells without losing one silently."""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from depositary.errors import UsageError
from depositary.exporting.names import short_names

MOST_ROWS = 1_048_576  # with the header
MOST_COLUMNS = 16_384
_NAME = 31  # characters
_SHOWN = 255  # characters
_LINE, _HIGHEST = 15, 409  # points
# Excel reserves the name History, and some programs fail with apostrophes and characters beyond U+FFFF.
_UNSAFE = re.compile(r"[\[\]:*?/\\'\x00-\x1f\x7f\ufffe-\U0010ffff]|(?<=^history)$", re.IGNORECASE)

_A4, _MARGIN = 9, 0.4  # of a page: its paper in Excel's list, and its margins in inches
_PAGE, _PIXELS, _EDGE = 1045, 7, 5  # pixels: of the width of a page, of a character, of the edges of a cell
_LEAST_SCALE, _SCALE = 0.6, 0.7  # with a smaller scale than the first nobody can read a page; then the second is used

# The formats of cells by name, as the library accepts them.
_FORMS: dict[str, dict[str, object]] = {
    "number": {},
    "text": {"num_format": "@"},
    "day": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "time with fractions": {"num_format": "yyyy-mm-dd hh:mm:ss.000"},
    "hour": {"num_format": "hh:mm:ss"},
    "hour with fractions": {"num_format": "hh:mm:ss.000"},
    "header": {"bold": True, "bg_color": "#DCE6F1", "bottom": 1, "num_format": "@"},
    "title": {"bold": True, "font_size": 16},
    "bold": {"bold": True, "valign": "top"},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "count": {"num_format": "#,##0", "valign": "top"},
    "link": {"font_color": "#0563C1", "underline": 1, "valign": "top"},
}


def sheet_names(names: Iterable[str]) -> dict[str, str]:
    """Map each name to one that a worksheet can have."""
    return short_names(names, _NAME, _UNSAFE)


def fresh_name(name: str, taken: Collection[str]) -> str:
    """Give a free name for a worksheet: the name itself, or `name (2)`, `name (3)` and so on."""
    known = {one.casefold() for one in taken}
    fitting, n = name, 1
    while fitting.casefold() in known:
        n += 1
        ending = f" ({n})"
        fitting = name[: _NAME - len(ending)] + ending
    return fitting


def require() -> None:
    """Raise an error if the library that writes workbooks is not installed.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import xlsxwriter  # noqa: F401, PLC0415 (an optional extra)
    except ImportError as error:
        raise UsageError(
            "no workbook can be written, because a library is not installed. Run pip install 'depositary[excel]'."
        ) from error


class Book:
    """A workbook that is written sheet by sheet; its rows stay on the disk until it is closed at the end of `with`."""

    def __init__(self, path: Path, properties: Mapping[str, Any]) -> None:
        self._path, self._properties = path, properties

    def __enter__(self) -> Self:
        from xlsxwriter import Workbook  # noqa: PLC0415 (an optional extra)

        with ExitStack() as opened:
            waiting = opened.enter_context(TemporaryDirectory(dir=self._path.parent))
            options = {
                "constant_memory": True,
                "tmpdir": waiting,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            }
            self._book = opened.enter_context(Workbook(str(self._path), options))
            self._book.use_zip64()
            self._book.set_properties(self._properties)
            self._forms = {name: self._book.add_format(how) for name, how in _FORMS.items()}
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._opened.close()

    def sheet(self, name: str) -> "Sheet":
        """Add a sheet after the others."""
        page = self._book.add_worksheet(name)
        page.set_landscape()
        page.set_paper(_A4)
        page.set_margins(left=_MARGIN, right=_MARGIN)
        page.fit_to_pages(1, 0)
        page.set_footer("&L&A&R&P / &N")
        return Sheet(page, self._forms)


class Sheet:
    """A worksheet that is written row by row; `forms` are the forms of cells, by name.

    If the library refuses a cell, it only returns a number and leaves the cell out; here that stops the export.
    """

    def __init__(self, sheet: Any, forms: Mapping[str, Any]) -> None:  # noqa: ANN401 (no types)
        self._sheet, self._forms = sheet, forms
        self._columns: Sequence[tuple[int, Any]] = ()
        self.row = 0  # the next row

    @property
    def name(self) -> str:
        """Give its name."""
        return str(self._sheet.get_name())

    def columns(self, widths: Iterable[int], forms: Iterable[str]) -> None:
        """Set how wide each column is, in characters, and the form of its cells."""
        self._columns = [(width, self._forms[form]) for width, form in zip(widths, forms, strict=True)]
        for at, (width, form) in enumerate(self._columns):
            self._sure(self._sheet.set_column(at, at, width, form))

    def put(self, *cells: object) -> None:
        """Write a row in the formats of its columns, as high as its texts need."""
        lines = 1
        for at, (cell, (width, form)) in enumerate(zip(cells, self._columns, strict=False)):
            if cell is not None:
                self._sure(self._put(at, cell, form))
                lines = max(lines, _lines(str(cell), width))
        self._sure(self._sheet.set_row(self.row, min(lines * _LINE, _HIGHEST)))
        self.row += 1

    def put_in(self, form: str, *cells: str) -> None:
        """Write a row in one format."""
        for at, cell in enumerate(cells):
            self._sure(self._put(at, cell, self._forms[form]))
        self.row += 1

    def put_all(self, rows: Iterable[Sequence[object]]) -> None:
        """Write many rows in the formats of their columns."""
        put, plain = self._put, self._forms["number"]
        for cells in rows:
            for at, cell in enumerate(cells):
                if cell is None:
                    continue
                # In a cell with the format of text, Excel shows more than 255 characters as ####.
                is_long = isinstance(cell, str) and len(cell) > _SHOWN
                if put(at, cell, plain if is_long else None):
                    self._sure(-1)
            self.row += 1

    def _put(self, at: int, cell: object, form: Any) -> int:  # noqa: ANN401 (no types)
        sheet = self._sheet
        if isinstance(cell, str):
            if cell.startswith("<r>") and cell.endswith("</r>"):  # the library would read that as its own markup
                parts = (cell[:1], self._forms["number"], cell[1:])
                return int(sheet.write_rich_string(self.row, at, *parts, *([form] if form else [])))
            return int(sheet.write_string(self.row, at, cell, form))
        if isinstance(cell, bool):
            return int(sheet.write_boolean(self.row, at, cell, form))
        return int(sheet.write_number(self.row, at, cell, form))

    def link(self, at: int, sheet: str, text: str) -> None:
        """Write a link to another sheet into the next row."""
        self._sure(self._sheet.write_url(self.row, at, f"internal:'{sheet}'!A1", self._forms["link"], text))

    def head(self, *names: str, comments: Sequence[str] = (), fixed: int = 0) -> None:
        """Write the header with filters; it stays visible, as do the first `fixed` columns."""
        self.put_in("header", *names)
        for at, comment in enumerate(comments):
            size = {"x_scale": 2.5, "y_scale": 1 + len(comment) / 250}
            self._sure(self._sheet.write_comment(self.row - 1, at, comment, {**size, "author": ""}))
        self._sheet.freeze_panes(self.row, fixed)
        self._width = len(names)
        self._print(self.row - 1, fixed)

    def _print(self, header: int, fixed: int) -> None:
        """Print as many columns on a page as can be read, each page with the header and the fixed columns."""
        self._sheet.repeat_rows(header)
        width = sum(_PIXELS * width + _EDGE for width, _ in self._columns)
        if width and _PAGE / width < _LEAST_SCALE:
            self._sheet.set_print_scale(round(100 * _SCALE))
            self._sheet.print_across()  # the pages with the same rows follow each other
            if fixed:
                self._sheet.repeat_columns(0, fixed - 1)

    def print_columns(self, count: int) -> None:
        """Print only the first columns, in the width of one page, after all rows are written."""
        self._sheet.fit_to_pages(1, 0)
        self._sure(self._sheet.print_area(0, 0, max(0, self.row - 1), count - 1))

    def print_small(self) -> None:
        """Print all columns in small type, if that fits the width of a page."""
        self._sheet.set_print_scale(round(100 * _LEAST_SCALE))

    def print_no_rows(self) -> None:
        """Print only the header with a note: people look something up here, and there may be thousands of rows."""
        self._sheet.set_header("&LThe rows of this sheet are not printed.")
        self._sure(self._sheet.print_area(0, 0, 0, self._width - 1))

    def offer(self, at: int, source: str, kind: str) -> None:
        """Offer values for the cells of a column in a list; another value is asked about, and can be kept.

        Args:
            at: the column, from 0.
            source: the cells with the values, as `=codes!$C$2:$C$9`, or a few values with commas between them.
            kind: what the values are, for the question.
        """
        title, text = (
            "Not in the list",
            f"The list of {kind} does not have this value. Keep it? A name with local: is fine.",
        )
        values = source if source.startswith("=") else source.split(",")
        rule = {"validate": "list", "source": values, "error_type": "warning"}
        texts = {"error_title": title, "error_message": text}
        self._sure(self._sheet.data_validation(1, at, MOST_ROWS - 1, at, {**rule, **texts}))

    def finish(self) -> None:
        """Set filters over the rows, and turn off Excel's warnings about numbers that are text."""
        last = max(0, self.row - 1)
        self._sure(self._sheet.autofilter(0, 0, last, self._width - 1))
        self._sure(self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"}))

    def _sure(self, code: object) -> None:
        if isinstance(code, int) and code < 0:
            raise UsageError(
                f"row {self.row + 1:,} of the worksheet {self.name} cannot be written ({code}). Leave xlsx out of the "
                f"formats."
            )


def _lines(text: str, width: int) -> int:
    return sum(max(1, math.ceil(len(line) / width)) for line in text.split("\n"))
