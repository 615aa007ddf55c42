"""Frames: the pandera schema of a table, and checking a frame like a file."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from depositary.check.documents.descriptor import sound_or_shipped
from depositary.check.documents.find_target import part
from depositary.check.rules.compiler import RowRules
from depositary.check.validate import judge_target
from depositary.compile.frames import Backend, FrameRule, frame_schema
from depositary.compile.language import NotSayableError
from depositary.compile.polars import broken
from depositary.errors import UsageError
from depositary.model.check_digits import CELL_CHECKS
from depositary.model.field_types import DATE, DECIMAL, INTEGER
from depositary.model.package import Package, Resource
from depositary.model.report import Report
from depositary.model.rule import Rule, RuleOptions
from depositary.model.table import Field, Table, kind_of
from depositary.model.target import Input
from depositary.read.package import table_of
from depositary.write.csv import csv_writer


def pandera_schema(table: str, backend: Backend, package: str | Path | None, as_of: date | None) -> Any:  # noqa: ANN401
    """Write the pandera schema of a table.

    Raises:
        UsageError: the package has no such table, or there is no such backend.
    """
    if backend not in ("pandas", "polars"):
        raise UsageError(f"{backend!r} is not a backend. Use pandas or polars.")
    whole = sound_or_shipped(package)
    found = _table_of(whole, table).table
    return frame_schema(found, list(_frame_rules(whole, table, _day(as_of))), backend)


def _table_of(package: Package, table: str) -> Resource:
    if not isinstance(table, str):
        raise UsageError(f"the table must be a text, such as 'actors', not {type(table).__name__}.")
    return table_of(package, table)


def _day(as_of: date | None) -> date | None:
    if as_of is not None and not isinstance(as_of, date):
        raise UsageError(f"as_of must be a datetime.date, not {type(as_of).__name__}.")
    return as_of.date() if isinstance(as_of, datetime) else as_of


def _frame_rules(package: Package, table: str, as_of: date | None) -> Iterator[FrameRule]:
    rules = RowRules(package, as_of)
    for test in rules.tests(table):
        for cell in test.fields or ("",):
            columns = (cell,) if cell else test.columns
            try:
                yield FrameRule(
                    test.rule.id, _says(test.rule, cell), test.rule.level, ~broken(test.test, cell), columns
                )
            except NotSayableError:
                continue  # validate_frame checks it
    for rule in rules.of_cells(table):
        yield FrameRule(rule.id, rule.says, rule.level, CELL_CHECKS[rule.check], (rule.place,))


def _says(rule: Rule, cell: str) -> str:
    return f"{rule.says} ({cell})" if cell else rule.says


# Frames as files


def validate_frame(frame: Any, table: str, package: str | Path | None, as_of: date | None) -> Report:  # noqa: ANN401
    """Check a frame like a CSV file with the same values; its first row is row 2.

    Raises:
        UsageError: the package has no such table, or the frame cannot be read.
    """
    whole = sound_or_shipped(package)
    known = _matched_by_name(_table_of(whole, table).table)
    day = _day(as_of)
    with tempfile.TemporaryDirectory(prefix="depositary-") as folder:
        file = Path(folder) / "frame.csv"
        _write(file, _columns(frame, known))
        entry = Input(Resource(name=table, path=f"{table} (frame)", file=file, table=known, is_frame=True))
        return judge_target(part(f"{table} (frame)", entry, whole), RuleOptions(as_of=day))


def _matched_by_name(table: Table) -> Table:
    """Match columns by their names; those of a file are matched by position, unless the schema says otherwise."""
    if table.descriptor.get("fieldsMatch", "exact") not in ("exact", ["exact"]):
        return table
    return replace(table, descriptor={**table.descriptor, "fieldsMatch": "equal"})


@dataclass(frozen=True)
class _Column:
    name: str
    values: pa.Array | pa.ChunkedArray
    write: Callable[[Any], str]


_UNREADABLE = (TypeError, ValueError, OverflowError, pa.ArrowException, pl.exceptions.PolarsError)


def _columns(frame: Any, table: Table) -> list[_Column]:  # noqa: ANN401 (any frame)
    """Read the columns of a frame; those of the table come first, in its order."""
    try:
        _require_names(frame)
        columns = list(_pandas_columns(frame, table) if _is_pandas(frame) else _arrow_columns(frame, table))
    except UsageError:
        raise
    except _UNREADABLE as error:
        raise UsageError(f"the frame cannot be read: {error}") from error
    for column in columns:
        if _is_binary(column.values.type):
            raise UsageError(f"the frame cannot be read: its column {column.name!r} has bytes, not text.")
    names = table.field_names
    return sorted(columns, key=lambda column: names.index(column.name) if column.name in names else len(names))


def _require_names(frame: Any) -> None:  # noqa: ANN401 (any frame)
    """Refuse names with a NUL: converted to Arrow, such a name ends the whole process."""
    names = frame.collect_schema().names() if isinstance(frame, pl.LazyFrame) else getattr(frame, "columns", ())
    for name in names if isinstance(names, Iterable) else ():
        if isinstance(name, str) and "\0" in name:
            raise UsageError(f"the frame cannot be read: the name of its column {name!r} has the character U+0000.")


def _is_pandas(frame: object) -> bool:
    pandas = sys.modules.get("pandas")  # if the frame is from pandas, pandas is loaded already
    return pandas is not None and isinstance(frame, pandas.DataFrame)


def _is_binary(kind: pa.DataType) -> bool:
    kind = getattr(kind, "storage_type", kind)
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(test(kind) for test in tests)


def _arrow_columns(frame: Any, table: Table) -> Iterator[_Column]:  # noqa: ANN401 (any frame that Arrow can read)
    if isinstance(frame, (list, tuple)):
        raise TypeError(f"a {type(frame).__name__} has no named columns")
    rows = pa.table(frame.collect() if isinstance(frame, pl.LazyFrame) else frame)
    for name, values in zip(rows.column_names, rows.columns, strict=True):
        yield _Column(name, values, _writer(table, name))


def _pandas_columns(frame: Any, table: Table) -> Iterator[_Column]:  # noqa: ANN401 (a pandas frame)
    """Read the columns one by one; from the index, only those with the name of a missing column."""
    index = [name for name in frame.index.names if name in table and name not in frame.columns]
    frame = frame.reset_index(index) if index else frame
    for at, label in enumerate(frame.columns):
        name, series = str(label), frame.iloc[:, at]
        write = _writer(table, name)
        try:
            yield _Column(name, pa.array(series, from_pandas=True), write)
        except (pa.ArrowException, OverflowError):  # values of several types
            empty = series.isna()
            values = [None if gone else write(value) for value, gone in zip(series, empty, strict=True)]
            yield _Column(name, pa.array(values, pa.string()), write)
        except UnicodeEncodeError as error:
            raise ValueError(f"column {name!r} has half of a character: {error}") from error


_BATCH = 10_000  # rows that are Python values at one time


def _write(file: Path, columns: Sequence[_Column]) -> None:
    with file.open("w", newline="", encoding="utf-8", errors="surrogatepass") as stream:
        writer = csv_writer(stream.write)
        writer.writerow([column.name for column in columns])
        for start in range(0, len(columns[0].values) if columns else 0, _BATCH):
            batch = [map(c.write, c.values.slice(start, _BATCH).to_pylist()) for c in columns]
            writer.writerows(zip(*batch, strict=True))


def _writer(table: Table, name: str) -> Callable[[Any], str]:
    """Give the function that writes a value of a column as in a file of the table."""
    field = table[name] if name in table else Field(name, "any")
    missing = table.missing_values(field)
    nothing = "" if "" in missing or not missing else missing[0]
    return lambda value: nothing if value is None or value != value else _text(value, field)  # noqa: PLR0124 (NaN)


def _text(value: Any, field: Field) -> str:  # noqa: ANN401 (any value of a frame)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        texts = field.descriptor.get("trueValues" if value else "falseValues") or [str(value).lower()]
        return str(texts[0])
    if isinstance(value, (int, float, Decimal)):
        return _number(value, field)
    if isinstance(value, (date, time)):
        return _moment(value, field)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _number(value: float | Decimal, field: Field) -> str:
    """Write a number; pandas turns whole numbers into floats if some are missing, so 5.0 is 5 for an integer."""
    if isinstance(value, float) and value.is_integer() and kind_of(field).storage is INTEGER:
        value = int(value)
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, Decimal) and "." in text:
        text = text.rstrip("0").rstrip(".")
    if kind_of(field).storage is not DECIMAL:
        return text
    return text.replace(".", str(field.descriptor.get("decimalChar", ".")))


def _moment(value: date | time, field: Field) -> str:
    """Write a date or time; pandas has only times, so midnight means a day for a date."""
    is_day = kind_of(field).storage is DATE
    if is_day and isinstance(value, datetime) and value.tzinfo is None and value.time() == time.min:
        value = value.date()
    form = str(field.descriptor.get("format", ""))
    return value.strftime(form) if "%" in form else value.isoformat()
