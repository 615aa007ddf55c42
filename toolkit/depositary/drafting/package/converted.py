"""Write worksheets and Parquet files as CSV, which is what a draft describes; their own files do not change."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
from pyarrow import parquet

from depositary.drafting.package.text_form import NotATableError, TextForm, form_of
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import Worksheet
from depositary.wording.plain import number, shown
from depositary.write.csv import csv_writer
from depositary.write.tables import write_table

_ROWS = 50_000  # of a Parquet file at once
_NESTED = (pl.List, pl.Struct, pl.Array)
# ISO 8601, as the types of Table Schema read it without a format.
_TIMES: Mapping[type[pl.DataType], str] = {pl.Datetime: "%Y-%m-%dT%H:%M:%S%.f", pl.Time: "%H:%M:%S%.f"}


def write_sheet(file: Path, sheet: str, target: Path) -> str:
    """Write a worksheet as CSV without its blank rows; gives what a reader of it should know.

    Raises:
        NotATableError: it has cells beyond its header, or cannot be read.
        UsageError: the library that reads workbooks is not installed.
    """
    try:
        opened = Worksheet(file, sheet)
    except UnreadableFile as fault:
        raise _not_a_table(fault) from fault
    try:
        width, blank = len(opened.labels), 0
        with target.open("w", encoding="utf-8", newline="") as stream:
            writer = csv_writer(stream.write)
            writer.writerow(opened.labels)
            for row in (row for chunk in opened.chunks() for row in chunk):
                if len(row) > width:
                    raise NotATableError(_beyond(opened.labels, row))
                blank += not row
                if row:
                    writer.writerow(row)
    except UnreadableFile as fault:
        raise _not_a_table(fault) from fault
    finally:
        opened.close()
    notes = [f"{number(blank, 'blank row')} left out"] if blank else []
    return "; ".join([*notes, *(["the sheet is hidden"] if opened.state != "visible" else [])])


def _beyond(labels: Sequence[str], row: Sequence[str]) -> str:
    """Say why a row has more cells than the header."""
    if not any(labels):
        return "the first row is blank; write the column names into it"
    if len(labels) == 1:
        return f"row 1 has only {shown(labels[0])}, a title; delete the rows above the column names"
    return f"the cell {shown(row[len(labels)])} is in a column without a name; name it in the first row"


def write_parquet(file: Path, target: Path) -> tuple[str, ...]:
    """Write a Parquet file as CSV; gives the columns that are texts there.

    Raises:
        NotATableError: it cannot be read, or has values that a cell cannot have.
    """
    try:
        with parquet.ParquetFile(file) as source:
            schema = source.schema_arrow
            binary = [one.name for one in schema if pa.types.is_binary(one.type) or pa.types.is_large_binary(one.type)]
            if binary:
                raise NotATableError(f"the column {shown(binary[0])} has bytes and not text; write it as text")
            write_table(target, schema.names, _batches(source, _days(source)))
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:
        raise NotATableError(f"it is not a Parquet file that can be read: {str(error).splitlines()[0]}") from error
    return tuple(one.name for one in schema if pa.types.is_string(one.type) or pa.types.is_large_string(one.type))


def _days(source: parquet.ParquetFile) -> frozenset[int]:
    """Find the columns of times that are all midnight: they are days, which pandas cannot have otherwise."""
    zoneless = {
        at: one.name
        for at, one in enumerate(source.schema_arrow)
        if pa.types.is_timestamp(one.type) and one.type.tz is None and source.schema_arrow.names.count(one.name) == 1
    }
    for batch in source.iter_batches(_ROWS, columns=[*zoneless.values()]) if zoneless else ():
        for column in pl.DataFrame(batch).iter_columns():
            if not (column.dt.time().drop_nulls() == time()).all():
                zoneless = {at: name for at, name in zoneless.items() if name != column.name}
    return frozenset(zoneless)


def _batches(source: parquet.ParquetFile, days: frozenset[int]) -> Iterator[pl.DataFrame]:
    for batch in source.iter_batches(_ROWS):
        numbered = batch.rename_columns([str(at) for at in range(batch.num_columns)])  # names may occur twice
        frame = pl.DataFrame(numbered)
        columns = [column.cast(pl.Date) if at in days else column for at, column in enumerate(frame.iter_columns())]
        yield frame.select([_as_text(column) for column in columns])


def _as_text(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if isinstance(kind, _NESTED):
        return column.map_elements(_json, pl.String)
    if isinstance(kind, pl.Datetime) and kind.time_zone:
        return column.dt.convert_time_zone("UTC").dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")
    if isinstance(kind, tuple(_TIMES)):
        return column.dt.to_string(_TIMES[type(kind)])
    return column.cast(pl.String)


def _json(value: Any) -> str:  # noqa: ANN401 (whatever a nested value is)
    return json.dumps(value.to_list() if isinstance(value, pl.Series) else value, ensure_ascii=False, default=str)


def _not_a_table(fault: UnreadableFile) -> NotATableError:
    return NotATableError(f"{fault.message}; {fault.hint}" if fault.hint else fault.message)


def converted_form(folder: Path, path: str) -> TextForm:
    """Give the form of a file that was written here, if its header can be one.

    Raises:
        NotATableError: it cannot.
    """
    return form_of(folder, path, {"encoding": "utf-8", "dialect": {}})
