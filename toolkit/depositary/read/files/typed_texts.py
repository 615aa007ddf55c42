"""Typed columns as text in the forms of Table Schema."""

import polars as pl
import pyarrow as pa

_EXACT = 2**53  # beyond it, a double has not all whole numbers


def as_text(batch: pa.RecordBatch) -> pl.DataFrame:
    """Write all cells as text: 40, 0.5, true, 2023-05-26, 2023-05-26T08:00:00Z; null stays null."""
    frame = pl.DataFrame(batch)
    return frame.select(text_of(name, kind).alias(name) for name, kind in frame.schema.items())


def text_of(name: str, kind: pl.DataType) -> pl.Expr:
    """Write the cells of one column as text."""
    column = pl.col(name)
    if isinstance(kind, pl.Decimal):
        return without_zeros(column.cast(pl.String)) if kind.scale else column.cast(pl.String)
    if isinstance(kind, pl.Datetime):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ" if kind.time_zone else "%Y-%m-%dT%H:%M:%S%.f")
    if isinstance(kind, pl.Time):
        return column.dt.strftime("%H:%M:%S%.f")
    return _text_of_float(column) if kind.is_float() else column.cast(pl.String)


def without_zeros(texts: pl.Expr) -> pl.Expr:
    """Remove the zeros at the end of numbers that have digits after the point."""
    return texts.str.replace(r"\.?0+$", "")


def _text_of_float(column: pl.Expr) -> pl.Expr:
    """Write the shortest number that is read as the same float; whole numbers have no point, if they are exact."""
    infinite = pl.when(column > 0).then(pl.lit("INF")).otherwise(pl.lit("-INF"))
    is_whole = (column == column.floor()) & (column.abs() <= _EXACT)
    return (
        pl.when(column.is_nan())
        .then(pl.lit("NaN"))
        .when(column.is_infinite())
        .then(infinite)
        .when(is_whole)
        .then(column.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(column.cast(pl.String))
    )
