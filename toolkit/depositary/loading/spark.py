"""Frames of Spark: a small table is read here and sent; a large one is read by the workers, in ranges."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from depositary.check.reading.columns import size_of
from depositary.cluster.ranges import Quotes, Ranges, Stretch, ranges_of
from depositary.cluster.spark import TASK, in_plain_words
from depositary.errors import UsageError
from depositary.loading.batches import has_ranges
from depositary.model.package import Resource
from depositary.read.files.blocks import Range

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_TASK = TASK  # bytes; a table with more is read by workers


def is_large(resource: Resource) -> bool:
    """Return whether workers read a table; if a file is missing, reading the table here gives the message."""
    try:
        return size_of(resource) > _TASK
    except OSError:
        return False


def frame_of(table: pa.Table) -> "DataFrame":
    """Give a table as a frame of the open session.

    Raises:
        UsageError: PySpark is missing, or no session is open.
    """
    return _session().createDataFrame(_plain(table))


def frame_of_ranges(
    resource: Resource, read: Callable[[Resource, Range], Iterator[pa.Table]], empty: pa.Table
) -> "DataFrame":
    """Give a frame whose rows the workers read in ranges of the files, whenever Spark asks for them.

    Args:
        resource: the table; all workers see its files under the same path.
        read: gives the rows within a range of a part, some after the other.
        empty: a table with the columns, without rows.

    Raises:
        UsageError: PySpark is missing, no session is open, or a worker does not see a file.
    """
    session, schema = _session(), _plain(empty).schema
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415 (an extra, which takes time to load)

    parts = resource.absolute.stored
    tasks = [[(parts[one.part], replace(one, part=0)) for one in task] for task in _tasks(session, resource)]

    def rows_of(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for at in _numbers(batches):
            for part, within in tasks[at]:
                for rows in read(part, within):
                    yield from _plain(rows).to_batches()

    return _numbered(session, len(tasks)).mapInArrow(rows_of, from_arrow_schema(schema))


def _tasks(session: "SparkSession", resource: Resource) -> Sequence[Ranges]:
    """Divide a table; without certain ends of rows, each part is a task."""
    if not has_ranges(resource):
        return [(Range(at),) for at in range(len(resource.stored))]
    with in_plain_words():
        return ranges_of(resource, _TASK, partial(_count, session))


def _count(session: "SparkSession", stretches: Sequence[Stretch]) -> Sequence[Quotes]:
    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for at in _numbers(batches):
            found = stretches[at].quotes()
            yield pa.RecordBatch.from_pylist([dict(zip(_COUNTED, (at, found.count, *found.fit), strict=True))])

    if not stretches:
        return ()
    kinds = ", ".join(f"{name} {kind}" for name, kind in _COUNTED.items())
    rows = sorted(_numbered(session, len(stretches)).mapInArrow(count, kinds).collect())
    return [Quotes(row[1], (row[2], row[3])) for row in rows]


_COUNTED = {"at": "long", "count": "long", "closed": "boolean", "open": "boolean"}


def _numbered(session: "SparkSession", tasks: int) -> "DataFrame":
    """Give a frame with the number of a task in each of its partitions."""
    return session.range(0, tasks, 1, tasks)


def _numbers(batches: Iterable[pa.RecordBatch]) -> Iterator[int]:
    return (at for batch in batches for at in batch.column(0).to_pylist())


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
