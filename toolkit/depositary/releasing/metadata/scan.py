"""The cells of a released table, read as texts."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import parquet

from depositary.errors import UsageError
from depositary.model.package import Resource


def header(resource: Resource) -> list[str]:
    """Name the columns of the file, in order."""
    with _reading(resource):
        return _header(resource)


def fitting(resource: Resource, patterns: Mapping[str, str]) -> list[str]:
    """Name the columns of which every cell that is not blank matches the pattern; an empty pattern fits any."""
    asked = {name: pattern for name, pattern in patterns.items() if pattern}
    free = [name for name, pattern in patterns.items() if not pattern]
    if not asked:
        return free
    with _reading(resource):
        table = resource.table
        tests = [
            (
                pl.col(name).is_in(list(table.missing_values(table[name])))
                | pl.col(name).str.contains(f"^(?:{pattern})$")
            )
            .all()
            .alias(name)
            for name, pattern in asked.items()
        ]
        answers = _texts(resource).select(tests).collect(engine="streaming").row(0, named=True)
    return [*free, *(name for name, fits in answers.items() if fits)]


def texts_of(resource: Resource, names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Give the cells of some columns, each under another name."""
    with _reading(resource):
        return _texts(resource).select(pl.col(name).alias(other) for other, name in names.items()).collect().rows()


def stored_types(file: Path) -> dict[str, pa.DataType]:
    """Give the types of the columns of a Parquet file.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return {column.name: column.type for column in parquet.read_schema(file)}
    except (OSError, pa.ArrowException) as error:
        raise UsageError(f"{file}: cannot be read as Parquet.") from error


def counted(
    resource: Resource, by: Iterable[str], where: Mapping[str, str], filled: str
) -> list[tuple[str | int, ...]]:
    """Count the rows with certain cells and a filled one by the values of some columns; the count comes last."""
    with _reading(resource):
        certain = [pl.col(name) == value for name, value in where.items()]
        rows = _texts(resource).filter(*certain, pl.col(filled) != "")
        names = list(by)
        return rows.group_by(names).len().sort(names).collect(engine="streaming").rows()


def _texts(resource: Resource) -> pl.LazyFrame:
    names = _header(resource)  # polars does not read quotation marks in a header
    rows = pl.scan_csv(resource.file, infer_schema=False, separator=_delimiter(resource), new_columns=names)
    return rows.with_columns(pl.all().fill_null(""))


def _header(resource: Resource) -> list[str]:
    with resource.file.open(encoding="utf-8-sig", newline="") as stream:
        return next(csv.reader(stream, delimiter=_delimiter(resource)), [])


def _delimiter(resource: Resource) -> str:
    return str(resource.dialect.get("delimiter") or ",")


@contextmanager
def _reading(resource: Resource) -> Iterator[None]:
    try:
        yield
    except (OSError, UnicodeError, csv.Error, pl.exceptions.PolarsError) as error:
        line = str(error).partition("\n")[0]
        raise UsageError(f"{resource.file}: cannot be read as a table: {line}") from error
