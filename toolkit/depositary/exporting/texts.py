"""Typed rows as text in the forms of Table Schema, for CSV."""

import polars as pl
import pyarrow as pa


def as_text(batch: pa.RecordBatch) -> pl.DataFrame:
    """Write all cells as text: 40, 0.5, true, 2023-05-26, 2023-05-26T08:00:00Z; null stays null."""
    frame = pl.DataFrame(batch)
    return frame.select(_text(name, kind) for name, kind in frame.schema.items())


def _text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Decimal):
        # There are nine digits after the point; zeros at the end are removed.
        return column.cast(pl.String).str.replace(r"\.?0+$", "")
    if isinstance(kind, pl.Datetime):
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    if isinstance(kind, pl.Time):
        return column.dt.strftime("%H:%M:%S%.f")
    return column.cast(pl.String)
