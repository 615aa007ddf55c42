"""Turn a frame of plain types into the wanted kind of frame, with coded columns as categories."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from depositary.model.table import Field

KINDS = ("pandas", "polars", "arrow", "duckdb", "spark")


def frame_of(
    rows: pl.DataFrame, fields: Mapping[str, Field], kind: str, about: Mapping[str, Any], *, labels: bool
) -> Any:  # noqa: ANN401 (one of five)
    """Give rows as a frame of a kind.

    A column with categories becomes a categorical one with all its values, in the schema's order; it is ordered if the
    schema says so. With `labels`, the labels replace the values.
    """
    if kind == "polars":
        return _polars(rows, fields, labels=labels)
    from depositary.loading import arrow  # noqa: PLC0415 (polars does not need its libraries)

    table = arrow.table_of(rows, fields, about, labels=labels)
    if kind == "pandas":
        return arrow.as_pandas(table, about)
    if kind == "spark":
        from depositary.loading import spark  # noqa: PLC0415

        return spark.frame_of(table)
    return arrow.as_relation(table) if kind == "duckdb" else table


def _polars(rows: pl.DataFrame, fields: Mapping[str, Field], *, labels: bool) -> pl.DataFrame:
    coded = [name for name in rows.columns if name in fields and fields[name].categories]
    columns = []
    for name in coded:
        choices = fields[name].choices(labels=labels)
        if rows.schema[name] == pl.String or labels:  # an Enum holds texts only; coded numbers stay numbers
            texts = pl.col(name).cast(pl.String)
            shown = texts.replace(choices) if labels else texts
            columns.append(shown.cast(pl.Enum(list(dict.fromkeys(choices.values())))))
    return rows.with_columns(columns)
