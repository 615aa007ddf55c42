"""Files of worksheets: CSV without formulas, and Excel."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from depositary.errors import DocumentError, NotFoundError, UsageError
from depositary.merging.conflicts.layout import ABOUT, FILLED
from depositary.merging.conflicts.worksheet import ConflictWorksheet
from depositary.model.file_kinds import FileKind, file_kind
from depositary.read.documents import is_file, read_text
from depositary.read.files.cell_limit import CELL_LIMIT
from depositary.read.files.survey import letters_of
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import Worksheet as Workbook
from depositary.read.files.workbook import sheets
from depositary.write.csv import to_csv

_INSTALL = "install depositary[excel], or use --format csv"
_NOTES = "notes"
# Beginnings of a formula in some spreadsheet, also full-width = + - @; an apostrophe keeps the cell a text.
_FORMULA = re.compile(r"'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_DELIMITERS = (",", ";", "\t")
_MOST_LINES = 1_048_575  # rows of an Excel sheet below its header
_MOST_COLUMNS = 16_384
_RANGES = 200  # ranges for one drop-down list in one call


def to_worksheet_csv(sheet: ConflictWorksheet) -> str:
    """Write a worksheet as CSV; an apostrophe is added before text that a spreadsheet would run as a formula."""
    rows = ([_escaped(line[name]) for name in sheet.columns] for line in sheet.lines)
    return to_csv([_escaped(name) for name in sheet.columns], rows)


def _escaped(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _unescaped(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def read_worksheet(file: Path, first: str = ABOUT[0], things: str = "conflicts") -> ConflictWorksheet:
    """Read a worksheet that was filled in; `first` is its first column, and `things` the name of its sheet.

    Raises:
        DocumentError: it is not a worksheet.
        UsageError: the library for Excel files is not installed.
    """
    if not is_file(file):
        raise NotFoundError(f"{file}: there is no such file.")
    if file_kind(file) is FileKind.WORKBOOK:
        return _as_worksheet(file, _with_header(_excel_rows(file, things)))
    return _as_worksheet(file, _csv_rows(file, first))


def earlier(file: Path) -> ConflictWorksheet | None:
    """Read an existing worksheet, to keep its notes; None if there is none.

    Raises:
        DocumentError: it is a worksheet that cannot be read.
    """
    if not is_file(file):
        return None
    try:
        sheet = read_worksheet(file)
    except DocumentError as error:
        message = f"{str(error).rstrip('.')}. Its notes would be lost. Correct it, or name another file."
        raise DocumentError(message) from error
    return sheet if ABOUT[0] in sheet.columns else None


def _csv_rows(file: Path, first: str) -> list[list[str]]:
    text = read_text(file)
    # In many countries, spreadsheets save CSV with semicolons.
    delimiter = next((d for d in _DELIMITERS if text.startswith((f"{first}{d}", f'"{first}"{d}'))), ",")
    try:
        with CELL_LIMIT:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DocumentError(
            f"{file}: this is not CSV: it cannot be split into cells. Check its quotes and line ends."
        ) from error
    return [[_unescaped(cell) for cell in row] for row in rows]


def _with_header(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Name filled columns without a name; in CSV, a delimiter without quotes makes such columns."""
    width = max((len(row) for row in rows), default=0)
    used = [at for at in range(width) if any(at < len(row) and row[at].strip() for row in rows)]
    labels = list(rows[0]) if rows else []
    labels += [""] * ((used[-1] + 1 if used else 0) - len(labels))
    return [
        [label or (f"{_NOTES} {at + 1}" if at in used else "") for at, label in enumerate(labels)],
        *map(list, rows[1:]),
    ]


def _as_worksheet(file: Path, rows: Sequence[Sequence[str]]) -> ConflictWorksheet:
    """Read the first row as the columns; empty cells after them are ignored."""
    header = [label.strip() for label in rows[0]] if rows else []
    while header and not header[-1]:
        header.pop()
    lines = []
    for number, row in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in row[len(header) :]):
            raise DocumentError(f"{file}: row {number} has cells beyond its {len(header)} columns.")
        cells = [*row, *[""] * (len(header) - len(row))]
        lines.append(dict(zip(header, cells, strict=False)))
    return ConflictWorksheet(tuple(header), tuple(lines))


# Excel


def to_worksheet_excel(sheet: ConflictWorksheet) -> bytes:
    """Write a worksheet as an Excel file, with a drop-down list of the choices of each conflict.

    Raises:
        UsageError: the library for it is not installed, or the sheet is too large for Excel.
    """
    if len(sheet.lines) > _MOST_LINES or len(sheet.columns) > _MOST_COLUMNS:
        raise UsageError(
            f"{len(sheet.lines):,} {sheet.things} do not fit into one Excel sheet. Choose some with --table."
        )
    try:
        import xlsxwriter  # noqa: PLC0415 (an extra, which few need)
    except ImportError as error:
        raise UsageError(f"an Excel worksheet cannot be written, because a library is missing: {_INSTALL}.") from error
    data = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(data, plain) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})  # the same conflicts give the same bytes
        _fill(book, sheet)
    return data.getvalue()


def _fill(book: Any, sheet: ConflictWorksheet) -> None:  # noqa: ANN401 (the library ships no types)
    text, ours = (book.add_format({"num_format": "@", "text_wrap": True, "valign": "top", **more}) for more in _LOOKS)
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8E5DF"})
    page = book.add_worksheet(sheet.things)
    for at, name in enumerate(sheet.columns):
        page.set_column(at, at, _WIDTHS.get(name, 30), text)
        page.write_string(0, at, name, head)
    for number, line in enumerate(sheet.lines, 1):
        for at, name in enumerate(sheet.columns):
            form = ours if name in FILLED else text
            write = page.write_string if line[name] else page.write_blank
            write(number, at, line[name], form)
    page.freeze_panes(1, 1)
    page.autofilter(0, 0, max(len(sheet.lines), 1), len(sheet.columns) - 1)
    _drop_down_lists(book, page, sheet)


_LOOKS: tuple[dict[str, Any], ...] = ({}, {"bg_color": "#FFF8E1", "border": 1, "border_color": "#D9D3C4"})
_WIDTHS = {"conflict_id": 18, "kind": 16, "table": 18, "row_id": 28, "field": 18, "choice": 24, "reason": 44}
_WIDTHS |= {"message": 44, "row_label": 44, "labels": 40, "sources": 44}


def _drop_down_lists(book: Any, page: Any, sheet: ConflictWorksheet) -> None:  # noqa: ANN401
    """Put the lists onto a separate sheet: in a cell rule, they may not be longer than 255 characters."""
    if not sheet.lines:
        return
    lists, at = book.add_worksheet("choices"), sheet.columns.index("choice")
    lists.hide()
    rows: dict[tuple[str, ...], list[int]] = {}
    for number, words in enumerate(sheet.choices, 1):
        if words:
            rows.setdefault(words, []).append(number)
    for index, (words, numbers) in enumerate(rows.items()):
        for column, word in enumerate(words):
            lists.write_string(index, column, word)
        source = f"=choices!$A${index + 1}:${letters_of(len(words))}${index + 1}"
        for start in range(0, len(numbers), _RANGES):
            first, *others = numbers[start : start + _RANGES]
            rule = {"validate": "list", "source": source, "error_title": "No choice", "error_message": sheet.remedy}
            page.data_validation(first, at, first, at, {**rule, "other_cells": [[n, at, n, at] for n in others]})


def _excel_rows(file: Path, things: str) -> list[list[str]]:
    try:
        names = sheets(file)
        sheet = Workbook(file, things if things in names else names[0])
        try:
            if merged := sheet.survey.sharing:
                where = f"sheet {sheet.name}, {merged[0]}"
                raise DocumentError(f"{file}: {where}: merged cells. Unmerge them, and fill in each line separately.")
            return [sheet.labels, *(row for chunk in sheet.chunks() for row in chunk)]
        finally:
            sheet.close()
    except UnreadableFile as fault:
        raise DocumentError(f"{file}: {fault.message}; {fault.hint}.") from fault
