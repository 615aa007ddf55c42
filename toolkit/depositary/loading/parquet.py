"""Tables that are stored as Parquet."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa

from depositary.compile import arrow
from depositary.errors import UsageError
from depositary.model.package import Resource
from depositary.model.table import Field

PARQUET = "parquet"


def is_parquet(resource: Resource) -> bool:
    """Return whether a table is stored as Parquet."""
    return str(resource.descriptor.get("format") or Path(resource.path).suffix.lstrip(".")).lower() == PARQUET


@contextmanager
def readable(resource: Resource) -> Iterator[None]:
    """Turn an error in reading a Parquet file into a message.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        yield
    except (OSError, ValueError, pa.ArrowException, pl.exceptions.PolarsError) as error:
        what = next(iter(str(error).splitlines()), type(error).__name__)
        raise UsageError(f"{resource.path} cannot be read: {what}.") from error


def require_columns(resource: Resource, found: pa.Schema, fields: Iterable[Field]) -> None:
    """Refuse a file in which a column is missing or has another type than in the schema.

    A column of text fits every type, because values that do not fit their type are kept as text.

    Raises:
        UsageError: the file is refused.
    """
    for field in fields:
        if found.names.count(field.name) != 1:
            how = "no column" if field.name not in found.names else "several columns"
            raise UsageError(f"{resource.path}: it has {how} {field.name}, which the schema of {resource.name} has.")
        kind = found.field(field.name).type
        if not _fits(kind, arrow.type_of(field)):
            raise UsageError(
                f"{resource.path}: the type of column {field.name} is {kind}, but its field has the type {field.type}."
            )


def _fits(kind: pa.DataType, wanted: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return _is_text(plain) or any(is_one(plain) and is_one(wanted) for is_one in _KINDS)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


_KINDS: tuple[Callable[[pa.DataType], bool], ...] = (
    _is_number,
    pa.types.is_boolean,
    pa.types.is_date,
    pa.types.is_time,
    pa.types.is_timestamp,
)
