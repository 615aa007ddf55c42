"""Tables that are stored as Parquet, read as they are where their types are those of the schema."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
from pyarrow import parquet as pq

from depositary.compile.arrow import TYPES
from depositary.errors import UsageError
from depositary.model.field_types import DATETIME
from depositary.model.package import Resource
from depositary.model.table import Field, kind_of
from depositary.read.files.parquet import ALL_GROUPS

if TYPE_CHECKING:
    from depositary.read.files.blocks import Range


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
        raise UsageError(f"{resource.path} cannot be read: {what}. depositary validate lists all errors.") from error


def is_exact(resource: Resource, fields: Iterable[Field]) -> bool:
    """Return whether columns have the types of the schema in all files, so that their values need no conversion.

    Other columns, and files that cannot be read, are left to the reading of their texts, which finds what is wrong.
    """
    with suppress(OSError, ValueError, pa.ArrowException):
        known = list(fields)
        return all(_has_types(pq.read_schema(stored.file), known) for stored in resource.stored)
    return False


def _has_types(found: pa.Schema, fields: Iterable[Field]) -> bool:
    return all(found.names.count(f.name) == 1 and _is_of(found.field(f.name).type, f) for f in fields)


def _is_of(kind: pa.DataType, field: Field) -> bool:
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    return bool(is_text if kind_of(field).is_text else kind == _type_of(field) and not is_text)


def _type_of(field: Field) -> pa.DataType:
    storage = kind_of(field).storage
    return pa.timestamp("us", "UTC") if storage is DATETIME else TYPES[storage]


def exact_rows(resource: Resource, fields: Sequence[Field]) -> pl.LazyFrame:
    """Give columns of exact types; a text that means a blank is null.

    Statistics of the files are not used: if they were wrong, rows would be left out.
    """
    lazy = pl.scan_parquet(list(resource.files), glob=False, hive_partitioning=False, use_statistics=False)
    return lazy.select(_without_blanks(resource, f) for f in fields)


def exact_batches(
    resource: Resource, fields: Sequence[Field], within: "Sequence[Range] | None" = None
) -> Iterator[pa.RecordBatch]:
    """Give the same in batches, of all rows or within ranges.

    Raises:
        UsageError: a file cannot be read.
    """
    names = [f.name for f in fields]
    schema = pa.schema([(f.name, _type_of(f)) for f in fields])
    every = [(at, ALL_GROUPS) for at in range(len(resource.stored))]
    for at, groups in every if within is None else [(one.part, one.groups) for one in within]:
        stored = resource.stored[at]
        with readable(stored), pq.ParquetFile(stored.file) as file:
            for batch in file.iter_batches(row_groups=range(file.num_row_groups)[slice(*groups)], columns=names):
                rows = pl.DataFrame(batch.select(names)).select(_without_blanks(resource, f) for f in fields)
                yield from rows.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema).to_batches()


def _without_blanks(resource: Resource, field: Field) -> pl.Expr:
    column, blanks = pl.col(field.name), resource.table.missing_values(field)
    return pl.when(~column.is_in(list(blanks))).then(column) if kind_of(field).is_text and blanks else column
