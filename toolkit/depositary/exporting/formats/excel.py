"""Excel: one workbook with a sheet for each table, and sheets that describe the tables, columns and codes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from depositary.errors import UsageError
from depositary.exporting.content import Batches, Content, TableContent
from depositary.exporting.created import created
from depositary.exporting.formats import about_sheets
from depositary.exporting.formats.cells import CUT, Cells
from depositary.exporting.formats.worksheets import (
    MOST_COLUMNS,
    MOST_ROWS,
    Book,
    Sheet,
    fresh_name,
    require,
    sheet_names,
)
from depositary.exporting.names import file_names
from depositary.exporting.written import File, Loss, Written
from depositary.loading.typed import Shape
from depositary.model.table import Field
from depositary.read.files.typed_texts import as_text

_SAMPLE = 10_000  # rows that are measured for the width of a column
_NARROW, _WIDE, _WIDE_HEADER = 8, 60, 40  # characters
_FILTER = 4  # width of the filter button, in characters
_ROWS_TOLD = 10  # numbers of rows that a loss lists


def export_xlsx(content: Content, folder: Path, *, most_rows: int = MOST_ROWS) -> Written:
    """Write all tables into one workbook, `<name of the package>.xlsx`.

    Codes, identifiers and all other texts are text cells. Values for which Excel has no exact form, such as a date
    before 1900-03-01, are text too. A table with more rows than a sheet can hold continues in further sheets.

    Args:
        content: the package.
        folder: an empty folder.
        most_rows: the most rows of a sheet, including its header.

    Raises:
        UsageError: a table cannot be read or has too many columns, or the library for workbooks is not installed.
    """
    require()
    tables = [_Measured.of(table) for table in content.tables]
    names = _names(tables, most_rows)
    path = folder / f"{_file_name(content)}.xlsx"
    with Book(path, _properties(content)) as book:
        about = _sheets_about(book, content, names)
        losses = [loss for one in tables for loss in _write_table(book, one, names[one.name], most_rows)]
        about_sheets.write(about, content, {one.name: (names[one.name][0], one.rows) for one in tables}, losses)
    return Written("xlsx", [File.at(folder, path, sum(one.rows for one in tables))], losses)


def _file_name(content: Content) -> str:
    name = content.package.name or "package"
    return file_names([name])[name]


def _properties(content: Content) -> dict[str, Any]:
    version = f"Version {content.package.version}" if content.package.version else ""
    title = str(content.descriptor.get("title") or content.package.name)
    return {"title": title, "comments": version, "created": created(content)}


# Before anything is written


@dataclass
class _Measured:
    """A table, its number of rows, the widths of its columns, and the times that have fractions of a second.

    All rows are read once before anything is written, to find values that do not fit their type: a sheet cannot be
    started again.
    """

    table: TableContent
    shape: Shape
    rows: int = 0
    widths: dict[str, int] = field(default_factory=dict)
    fractions: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, table: TableContent) -> "_Measured":
        if len(table.fields) > MOST_COLUMNS:
            raise UsageError(
                f"{table.name} cannot be written as a worksheet: it has {len(table.fields):,} columns, and Excel has "
                "at most "
                f"{MOST_COLUMNS:,}. Leave xlsx out of the formats."
            )
        return table.write(lambda shape, rows: cls(table, shape).read(rows))

    @property
    def name(self) -> str:
        return self.table.name

    def read(self, rows: Batches) -> "_Measured":
        """Measure the rows."""
        for batch in rows:
            if self.rows < _SAMPLE:
                self._look_at(batch.slice(0, _SAMPLE))
            self.fractions |= {n for n in batch.schema.names if _has_fractions(batch[n])} - self.fractions
            self.rows += batch.num_rows
        return self

    def _look_at(self, batch: pa.RecordBatch) -> None:
        for column in as_text(batch):
            sizes = _width_of(column).drop_nulls()
            width = sizes.quantile(0.9, "higher") if len(sizes) else None
            self.widths[column.name] = max(self.widths.get(column.name, 0), int(width or 0))

    def form(self, one: Field) -> str:
        """Name the form of a column's cells."""
        name = self.shape.storage_of(one).worksheet
        return f"{name} with fractions" if one.name in self.fractions else name

    def width(self, one: Field) -> int:
        """Give a width for a column in which most cells, and the name, can be read."""
        return max(_NARROW, min(self.widths.get(one.name, 0) + 2, _WIDE), min(len(one.name) + _FILTER, _WIDE_HEADER))


def _width_of(texts: pl.Series) -> pl.Series:
    """Count characters; those with three or more bytes count as two."""
    characters = texts.str.len_chars()
    return characters + (texts.str.len_bytes() - characters) // 2


def _has_fractions(column: pa.Array) -> bool:
    per_second = {pa.timestamp("us", "UTC"): 1_000_000, pa.time64("us"): 1_000_000_000}.get(column.type)
    return per_second is not None and bool((pl.Series(column).to_physical() % per_second != 0).any())


def _names(tables: Sequence[_Measured], most_rows: int) -> dict[str, list[str]]:
    """Name the sheets of each table."""
    first = sheet_names(one.name for one in tables)
    taken = set(first.values())
    names = {}
    for one in tables:
        names[one.name] = [first[one.name]]
        for _ in range(max(0, one.rows - 1) // (most_rows - 1)):
            names[one.name].append(fresh_name(first[one.name], taken))
            taken.add(names[one.name][-1])
    return names


def _sheets_about(book: Book, content: Content, names: Mapping[str, Sequence[str]]) -> dict[str, Sheet]:
    """Make the sheets that describe the others; if a table has one of their names, they get another name."""
    taken = {name for sheets in names.values() for name in sheets}
    return {about: book.sheet(fresh_name(about, taken)) for about in about_sheets.names(content)}


# A table


def _write_table(book: Book, one: _Measured, names: Sequence[str], most_rows: int) -> Iterator[Loss]:
    """Write a table into its sheets, and list what was not kept."""
    cells = {f.name: Cells(one.shape.storage_of(f)) for f in one.table.fields}
    sheets = [book.sheet(name) for name in names]
    for sheet in sheets:
        _begin(sheet, one)
    one.table.write(lambda _shape, rows: _write_rows(sheets, most_rows, rows, cells))
    for sheet in sheets:
        sheet.finish()
    return _losses(one, cells, names, most_rows)


def _begin(sheet: Sheet, one: _Measured) -> None:
    fields = one.table.fields
    fixed = 1 if fields and fields[0].name in one.table.table.primary_key else 0
    sheet.columns(map(one.width, fields), map(one.form, fields))
    sheet.head(*(f.name for f in fields), comments=[about_sheets.comment_on(f) for f in fields], fixed=fixed)


def _write_rows(sheets: Sequence[Sheet], most_rows: int, rows: Batches, cells: Mapping[str, Cells]) -> None:
    left = iter(sheets)
    sheet = next(left)
    for batch in rows:
        begun = 0
        while begun < batch.num_rows:
            if sheet.row == most_rows:
                sheet = next(left)
            part = batch.slice(begun, most_rows - sheet.row)
            sheet.put_all(zip(*(column.of(part[name]) for name, column in cells.items()), strict=True))
            begun += part.num_rows


def _losses(one: _Measured, cells: Mapping[str, Cells], names: Sequence[str], most_rows: int) -> Iterator[Loss]:
    yield from one.table.losses()
    if names[0] != one.name:
        yield Loss(one.name, "", f"its sheet is named {names[0]}, a name that Excel allows")
    if len(names) > 1:
        yield Loss(one.name, "", f"in {len(names)} sheets of {most_rows - 1:,} rows at most: {', '.join(names)}")
    for name, column in cells.items():
        for what, count in sorted(column.lost.items()):
            yield Loss(one.name, name, what + (_in_rows(column.cut) if what == CUT else ""), count)


def _in_rows(rows: Sequence[int]) -> str:
    shown = ", ".join(f"{row + 2:,}" for row in rows[:_ROWS_TOLD])  # the header is row 1
    more = f" and {len(rows) - _ROWS_TOLD:,} more" if len(rows) > _ROWS_TOLD else ""
    return f", in row{'' if len(rows) == 1 else 's'} {shown}{more}"
