"""Frames of Spark: a small table is read here and sent; the parts of a large one are read by the workers."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from depositary.check.reading.columns import size_of
from depositary.cluster.spark import TASK
from depositary.errors import UsageError
from depositary.model.package import Resource

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_LARGE = TASK  # a table with more bytes is read by workers


def is_large(resource: Resource) -> bool:
    """Return whether workers read a table; if a file is missing, reading the table here gives the message."""
    try:
        return size_of(resource) > _LARGE
    except OSError:
        return False


def frame_of(table: pa.Table) -> "DataFrame":
    """Give a table as a frame of the open session.

    Raises:
        UsageError: PySpark is missing, or no session is open.
    """
    return _session().createDataFrame(_plain(table))


def frame_of_parts(resource: Resource, read: Callable[[Resource], pa.Table], empty: pa.Table) -> "DataFrame":
    """Give a frame whose parts the workers read, whenever Spark asks for the rows.

    Args:
        resource: the table; all workers see its files under the same path.
        read: gives the rows of a part.
        empty: a table with the columns, without rows.

    Raises:
        UsageError: PySpark is missing, or no session is open.
    """
    session, schema = _session(), _plain(empty).schema
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415 (an extra, which takes time to load)

    def rows_of(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for at in (at for batch in batches for at in batch.column(0).to_pylist()):
            part = resource.stored[at]
            rows = _plain(read(part))
            _require_types(rows.schema, schema, resource.name, part)
            yield from rows.to_batches()

    parts = len(resource.stored)
    return session.range(0, parts, 1, parts).mapInArrow(rows_of, from_arrow_schema(schema))


def _session() -> "SparkSession":
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        raise UsageError("a frame of Spark needs PySpark. Install it with: pip install 'depositary[spark]'") from error
    session = SparkSession.getActiveSession()
    if session is None:
        raise UsageError("no Spark session is open. Open one first: SparkSession.builder.getOrCreate()")
    return session


def _plain(table: pa.Table) -> pa.Table:
    """Give coded columns as their values: Spark has no categories."""
    columns = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, names=table.column_names)


def _require_types(found: pa.Schema, expected: pa.Schema, name: str, part: Resource) -> None:
    for one, other in zip(found, expected, strict=True):
        if one.type != other.type:
            raise UsageError(
                f"{name}.{one.name}: a value in {part.path} does not fit the type of the column. "
                "A frame of Spark has one type for all rows, so load the other columns."
            )
