"""Rows as their cells, in SQL: one statement is for all fields of a table."""

from collections.abc import Iterable, Mapping

from depositary.engine.duckdb import DuckDB
from depositary.engine.sql import literal, quoted


def cells(
    fields: Iterable[str | None],
    rows: str,
    *kept: str,
    alias: str = "",
    prefix: str = "",
    seen: Mapping[str, str] | None = None,
) -> str:
    """Select the cells of some rows: `field`, `value`, perhaps `seen`, and what is kept of the row.

    Args:
        fields: the names of the columns whose cells are given; None is the row, as a cell without a value.
        rows: what follows FROM.
        kept: columns, and expressions with a name.
        alias: the name of the table in `rows` that has the columns.
        prefix: what is before the names of the fields in the names of its columns.
        seen: the expression for another value of each cell, by field.
    """
    names = list(fields)
    before = f"{alias}." if alias else ""
    values = ["NULL" if name is None else before + quoted(prefix + name) for name in names]
    lists = {"field": ["NULL" if name is None else literal(name) for name in names], "value": values}
    lists |= {"seen": ["NULL" if name is None else seen[name] for name in names]} if seen is not None else {}
    typed = {name: f"[{', '.join(texts)}]::VARCHAR[]" for name, texts in lists.items()}
    return DuckDB.dialect.unnested(typed, rows, *kept)
