"""Tables that are stored as Parquet."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from depositary.errors import UsageError
from depositary.model.package import Resource

PARQUET = "parquet"


def is_parquet(resource: Resource) -> bool:
    """Tell whether a table is stored as Parquet."""
    return str(resource.descriptor.get("format") or Path(resource.place).suffix.lstrip(".")).lower() == PARQUET


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
