"""The rows of one table of a package as a polars frame of plain types; conditions are applied while they are read.

The modules that read CSV and conditions are imported only when they are needed, because importing them takes longer
than reading a small Parquet file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from depositary.errors import UsageError
from depositary.loading.parquet import exact_rows, is_exact, readable
from depositary.model.package import Resource
from depositary.model.table import Field, Table

if TYPE_CHECKING:
    from depositary.loading.condition import Condition
    from depositary.read.files.blocks import Range


@dataclass(frozen=True)
class Wanted:
    """The wanted part of a table: its columns in order (all, if none is named), and a condition on its rows."""

    columns: Sequence[str] = ()
    where: str = ""


def rows_of(resource: Resource, wanted: Wanted) -> pl.DataFrame:
    """Read a table; coded text stays text.

    Raises:
        UsageError: a column or the condition does not fit the table, or the file cannot be read.
    """
    fields, names, condition = _asked(resource.table, wanted)
    if resource.is_parquet and is_exact(resource, fields):
        return _of_parquet(resource, fields, names, condition)
    from depositary.loading.batches import rows_of_texts  # noqa: PLC0415

    frames = rows_of_texts(resource, fields, names, condition)
    return pl.concat(frames, rechunk=False)


def rows_within(part: Resource, within: "Range", wanted: Wanted) -> Iterator[pl.DataFrame]:
    """Read a range of a part of a table, some rows after the other.

    Raises:
        UsageError: a column or the condition does not fit the table, the file cannot be read, a value does not fit the
            type of its column, or it is not certain where the range begins and ends.
    """
    from depositary.loading.batches import batches_of, batches_within, is_as_stored  # noqa: PLC0415
    from depositary.loading.typed import Misfit, Shape  # noqa: PLC0415
    from depositary.read.files.blocks import NeedsExactLane  # noqa: PLC0415

    fields, names, condition = _asked(part.table, wanted)
    shape = Shape(fields)
    as_stored = is_as_stored(part, shape)
    coded = [part.table[name] for name in names if as_stored and part.table[name].categories]
    try:
        # Where all rows of the part are wanted, another lane can read what cannot be cut for certain.
        every = batches_of(part, shape) if within.is_whole else None
        for batch in every or batches_within(part, shape, (within,), as_stored=as_stored):
            frame = pl.DataFrame(batch)
            rows = (condition.of(frame) if condition else frame).select(names)
            for field in coded:
                _require_known(part, field, rows[field.name])
            yield rows
    except Misfit as misfit:
        raise UsageError(
            f"{part.name}.{misfit.field}: a value in {part.path} does not fit the type of the column. "
            "A frame of Spark has one type for all rows, so load the other columns."
        ) from misfit
    except NeedsExactLane as error:
        raise UsageError(
            f"{part.path}: cannot be divided among tasks, because it is not plain CSV. Store the table as Parquet, or "
            "in parts of up to 64 MB."
        ) from error


def no_rows_of(resource: Resource, wanted: Wanted) -> pl.DataFrame:
    """Give the columns of the same frame, without its rows.

    Raises:
        UsageError: a column or the condition does not fit the table.
    """
    from depositary.loading.typed import Shape  # noqa: PLC0415

    fields, names, condition = _asked(resource.table, wanted)
    empty = pl.DataFrame(Shape(fields).schema.empty_table())
    if condition:
        condition.require_answer(empty)
    return empty.select(names)


def _asked(table: Table, wanted: Wanted) -> "tuple[tuple[Field, ...], Sequence[str], Condition | None]":
    """Give the fields to read, the columns to give, and the condition."""
    names = tuple(wanted.columns) or table.field_names
    read, condition = set(names), None
    if wanted.where:
        from depositary.loading.condition import condition_on  # noqa: PLC0415

        condition = condition_on(table.name, table.field_names, wanted.where)
        read |= set(condition.columns)
    return tuple(f for f in table.fields if f.name in read), names, condition


def _of_parquet(
    resource: Resource, fields: Sequence[Field], names: Sequence[str], condition: "Condition | None"
) -> pl.DataFrame:
    with readable(resource):
        lazy = exact_rows(resource, fields)
        empty = pl.DataFrame(schema=lazy.collect_schema())
    if condition:
        condition.require_answer(empty)
        lazy = lazy.filter(condition.test)
    with readable(resource):
        rows = lazy.select(names).collect()
    for field in (resource.table[name] for name in names):
        if field.categories:
            _require_known(resource, field, rows[field.name])
    return rows


def _require_known(resource: Resource, field: Field, column: pl.Series) -> None:
    """Refuse a value that is not a category: a Parquet file is not validated, and the value would be lost."""
    texts = column.drop_nulls().cast(pl.String)
    unknown = texts.filter(~texts.is_in(list(field.categories)))
    if len(unknown):
        raise UsageError(f"{resource.path}: {unknown[0]!r} is not a value of {field.name}.")
