"""Frames that are made from Arrow tables: Arrow itself, pandas, DuckDB."""

from collections.abc import Mapping
from typing import Any

import polars as pl
import pyarrow as pa
from pyarrow import compute

from depositary.engine.sql import literal, quoted
from depositary.model.table import Field


def table_of(rows: pl.DataFrame, fields: Mapping[str, Field], about: Mapping[str, Any], *, labels: bool) -> pa.Table:
    """Give rows as an Arrow table with dictionaries for coded columns, and its description in the metadata."""
    plain = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    arrays, entries = [], []
    for entry in plain.schema:
        column = _with_usual_texts(plain[entry.name])
        field = fields.get(entry.name)
        if field and field.categories:
            column = _coded(column, field, labels=labels)
        arrays.append(column)
        entries.append(pa.field(entry.name, column.type, metadata=_texts(about["columns"].get(entry.name, {}))))
    return pa.Table.from_arrays(arrays, schema=pa.schema(entries, metadata=_texts(about)))


def _texts(about: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in about.items() if isinstance(value, str) and value}


def _with_usual_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_large_string(column.type) else column


def _coded(column: pa.ChunkedArray, field: Field, *, labels: bool) -> pa.ChunkedArray:
    choices = field.choices(labels=labels)
    values = pa.array(list(choices), pa.string()).cast(column.type)
    shown = pa.array(list(choices.values()), pa.string()) if labels else values
    ordered = bool(field.descriptor.get("categoriesOrdered"))
    indexes = compute.index_in(column, values)
    kind = pa.dictionary(pa.int32(), shown.type, ordered)
    chunks = [pa.DictionaryArray.from_arrays(chunk, shown, ordered=ordered) for chunk in indexes.chunks]
    return pa.chunked_array(chunks, kind)


def as_pandas(table: pa.Table, about: Mapping[str, Any]) -> Any:  # noqa: ANN401 (a pandas frame)
    """Give a table as a pandas frame whose types lose nothing, with its description in `attrs`."""
    import pandas as pd  # noqa: PLC0415 (loaded only when it is needed)

    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}

    def kind(of: pa.DataType) -> Any:  # noqa: ANN401 (a pandas type, or None for pandas' own choice)
        exact = pa.types.is_decimal(of) or pa.types.is_date(of) or pa.types.is_time(of)
        return pd.ArrowDtype(of) if exact else nullable.get(of)

    frame = table.replace_schema_metadata().to_pandas(types_mapper=kind)
    frame.attrs.update(about)
    return frame


def as_relation(table: pa.Table) -> Any:  # noqa: ANN401 (a duckdb relation)
    """Give a table as a relation in a new database."""
    import duckdb  # noqa: PLC0415

    return duckdb.connect().from_arrow(table).project(", ".join(map(_with_codes, table.schema, table.columns)))


def _with_codes(entry: pa.Field, column: pa.ChunkedArray) -> str:
    """Write a column for a relation; a column of coded texts becomes an ENUM, because DuckDB sees only the texts."""
    name = quoted(entry.name)
    if not pa.types.is_dictionary(entry.type) or not pa.types.is_string(entry.type.value_type):
        return name
    texts = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
    values = ", ".join(map(literal, dict.fromkeys(texts)))
    return f"CAST({name} AS ENUM ({values})) AS {name}" if values else name
