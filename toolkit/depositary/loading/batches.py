"""The rows of tables in batches of the schema's types, from CSV or Parquet."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa

from depositary.check.reading.columns import is_large
from depositary.check.reading.numerals import Met
from depositary.errors import MisfitWarning
from depositary.loading.parquet import exact_batches, is_exact
from depositary.loading.typed import Misfit, Shape, typed_rows
from depositary.model.package import Resource
from depositary.model.table import Field
from depositary.model.target import Input
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile
from depositary.visible import visible

if TYPE_CHECKING:
    from depositary.loading.condition import Condition
    from depositary.read.files.blocks import Range


def batches_of(resource: Resource, shape: Shape, met: dict[str, Met] | None = None) -> Iterator[pa.RecordBatch]:
    """Give the rows of a table in batches of a shape, from CSV or Parquet.

    `met` is filled, by column, with the parts of numbers in CSV that a value does not keep.

    Raises:
        UsageError: the file cannot be read, or a cell is refused.
        Misfit: a value does not fit the type of its column.
    """
    return batches_within(resource, shape, None, met, as_stored=is_as_stored(resource, shape))


def is_as_stored(resource: Resource, shape: Shape) -> bool:
    """Return whether all files of a table have values of a shape's types, which are read as they are."""
    return resource.is_parquet and not shape.texts and is_exact(resource, shape.fields)


def has_ranges(resource: Resource) -> bool:
    """Return whether a table can be read in ranges; if it cannot be read at all, reading it as a whole tells why."""
    with suppress(UnreadableFile), Records(resource) as records:
        return is_large(Input(resource), records)
    return False


def batches_within(
    resource: Resource,
    shape: Shape,
    within: "Sequence[Range] | None",
    met: dict[str, Met] | None = None,
    *,
    as_stored: bool,
) -> Iterator[pa.RecordBatch]:
    """Give the rows within ranges; `as_stored` is what `is_as_stored` gives for the table.

    Raises:
        UsageError: the file cannot be read, or a cell is refused.
        Misfit: a value does not fit the type of its column.
        NeedsExactLane: it is not certain where the ranges begin and end.
    """
    if as_stored:
        return exact_batches(resource, shape.fields, within)
    return typed_rows(resource, shape, met, within)


def rows_of_texts(
    resource: Resource, fields: tuple[Field, ...], names: Sequence[str], condition: "Condition | None"
) -> list[pl.DataFrame]:
    """Read some columns of a file cell by cell, and keep the wanted rows and columns.

    Raises:
        UsageError: the file cannot be read, or a cell is refused.
    """
    shape = Shape(fields)
    while True:
        try:
            return list(_frames(resource, shape, names, condition))
        except Misfit as misfit:
            shape = shape.with_text(misfit.field)
            warnings.warn(
                visible(f"{resource.name}.{misfit.field} is text, because {misfit.text} does not fit its type."),
                MisfitWarning,
                stacklevel=6,
            )


def _frames(
    resource: Resource, shape: Shape, names: Sequence[str], condition: "Condition | None"
) -> Iterator[pl.DataFrame]:
    empty = pl.DataFrame(shape.schema.empty_table())
    if condition:
        condition.require_answer(empty)
    yield empty.select(names)
    for batch in typed_rows(resource, shape):
        frame = pl.DataFrame(batch)
        yield (condition.of(frame) if condition else frame).select(names)
