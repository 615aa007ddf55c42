"""A frame of plain types into the frame that was asked for, its coded columns as categories."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import pyarrow as pa
from pyarrow import compute

from depositary.model.table import Field

KINDS = ("pandas", "polars", "arrow", "duckdb")


def frame_of(
    rows: pl.DataFrame, fields: Mapping[str, Field], kind: str, about: Mapping[str, Any], *, labels: bool
) -> Any:  # noqa: ANN401 (one of four)
    """Give rows as a frame of a kind.

    A column with categories becomes a categorical one with all its values, in the schema's order, ordered where the
    schema says so; with `labels`, the labels stand in the place of the values.
    """
    if kind == "polars":
        return _polars(rows, fields, labels=labels)
    table = _arrow(rows, fields, about, labels=labels)
    if kind == "pandas":
        return _pandas(table, about)
    return _relation(table) if kind == "duckdb" else table


def _choices(field: Field, *, labels: bool) -> Mapping[str, str]:
    """Map a category's value, as text, to what stands for it."""
    return field.categories if labels else {value: value for value in field.categories}


def _polars(rows: pl.DataFrame, fields: Mapping[str, Field], *, labels: bool) -> pl.DataFrame:
    coded = [name for name in rows.columns if name in fields and fields[name].categories]
    columns = []
    for name in coded:
        choices = _choices(fields[name], labels=labels)
        if rows.schema[name] == pl.String or labels:  # an Enum holds texts only; coded numbers stay numbers
            texts = pl.col(name).cast(pl.String)
            said = texts.replace(choices) if labels else texts
            columns.append(said.cast(pl.Enum(list(dict.fromkeys(choices.values())))))
    return rows.with_columns(columns)


def _arrow(rows: pl.DataFrame, fields: Mapping[str, Field], about: Mapping[str, Any], *, labels: bool) -> pa.Table:
    plain = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    arrays, entries = [], []
    for entry in plain.schema:
        column = _with_usual_texts(plain[entry.name])
        field = fields.get(entry.name)
        if field and field.categories:
            column = _coded(column, field, labels=labels)
        arrays.append(column)
        entries.append(pa.field(entry.name, column.type, metadata=_told(about["columns"].get(entry.name, {}))))
    return pa.Table.from_arrays(arrays, schema=pa.schema(entries, metadata=_told(about)))


def _told(about: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in about.items() if isinstance(value, str) and value}


def _with_usual_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_large_string(column.type) else column


def _coded(column: pa.ChunkedArray, field: Field, *, labels: bool) -> pa.ChunkedArray:
    choices = _choices(field, labels=labels)
    values = pa.array(list(choices), pa.string()).cast(column.type)
    shown = pa.array(list(choices.values()), pa.string()) if labels else values
    ordered = bool(field.descriptor.get("categoriesOrdered"))
    places = compute.index_in(column, values)
    kind = pa.dictionary(pa.int32(), shown.type, ordered)
    chunks = [pa.DictionaryArray.from_arrays(chunk, shown, ordered=ordered) for chunk in places.chunks]
    return pa.chunked_array(chunks, kind)


def _pandas(table: pa.Table, about: Mapping[str, Any]) -> Any:  # noqa: ANN401 (a pandas frame)
    import pandas as pd  # noqa: PLC0415 (loaded where it is asked for)

    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}

    def kind(of: pa.DataType) -> Any:  # noqa: ANN401 (a pandas type, or None for pandas' own choice)
        exact = pa.types.is_decimal(of) or pa.types.is_date(of) or pa.types.is_time(of)
        return pd.ArrowDtype(of) if exact else nullable.get(of)

    frame = table.replace_schema_metadata().to_pandas(types_mapper=kind)
    frame.attrs.update(about)
    return frame


def _relation(table: pa.Table) -> Any:  # noqa: ANN401 (a duckdb relation)
    import duckdb  # noqa: PLC0415

    return duckdb.connect().from_arrow(table)
