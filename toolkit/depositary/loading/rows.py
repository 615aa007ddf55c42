"""The rows of one table of a package as a polars frame of plain types; conditions are applied while they are read.

What reads CSV and conditions is loaded where it is needed: it takes longer than many a Parquet file.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from depositary.errors import UsageError
from depositary.model.package import Resource

PARQUET = "parquet"


@dataclass(frozen=True)
class Wanted:
    """What is asked of a table: its columns in order (all, if none is named), and a condition on its rows."""

    columns: Sequence[str] = ()
    where: str = ""


def is_parquet(resource: Resource) -> bool:
    """Tell whether a table is stored as Parquet."""
    return str(resource.descriptor.get("format") or Path(resource.place).suffix.lstrip(".")).lower() == PARQUET


def rows_of(resource: Resource, wanted: Wanted) -> pl.DataFrame:
    """Read a table; text that stands for codes stays text.

    Raises:
        UsageError: a column or the condition does not fit the table, or the file cannot be read.
    """
    table = resource.table
    names = tuple(wanted.columns) or table.field_names
    read, condition = set(names), None
    if wanted.where:
        from depositary.loading.condition import condition_on  # noqa: PLC0415

        condition, needed = condition_on(table.name, table.field_names, wanted.where)
        read |= set(needed)
    if is_parquet(resource):
        return _of_parquet(resource, names, condition)
    from depositary.loading.batches import rows_of_csv  # noqa: PLC0415

    frames = rows_of_csv(resource, tuple(f for f in table.fields if f.name in read), names, condition)
    return pl.concat(frames, rechunk=False)


def _of_parquet(resource: Resource, names: Sequence[str], condition: pl.Expr | None) -> pl.DataFrame:
    with readable(resource):
        lazy = pl.scan_parquet(resource.file)
        if condition is not None:
            lazy = lazy.filter(condition)
        return lazy.select(names).collect()


@contextmanager
def readable(resource: Resource) -> Iterator[None]:
    """Say in words that a Parquet file cannot be read.

    Raises:
        UsageError: it cannot.
    """
    try:
        yield
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise UsageError(f"{resource.place} cannot be read: {str(error).splitlines()[0]}.") from error
