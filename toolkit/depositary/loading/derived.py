"""The rows of one view: the tables that it reads go into the engine, and the query runs there."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext

import polars as pl

from depositary.engine.duckdb import ARRIVING, DuckDB
from depositary.engine.sql import quoted
from depositary.loading.condition import applied, asked, no_condition
from depositary.loading.rows import Wanted, rows_of
from depositary.model.limits import MEMORY
from depositary.model.package import Package
from depositary.read.views import View, views_of

_FOUND, _ASKED = '"rows that are found"', '"what is asked"'  # names that no view or table has
_SECONDS = 3600.0  # a join of millions of rows may take long


def rows_of_view(package: Package, view: View, wanted: Wanted) -> pl.DataFrame:
    """Compute a view, with its rows sorted by their values.

    Raises:
        UsageError: a column or the condition does not fit the view, or a file cannot be read.
    """
    names = tuple(wanted.columns) or tuple(view.columns)
    condition = ""
    if wanted.where:
        condition = asked(view.name, tuple(view.columns), wanted.where).holds.sql("duckdb")
    with DuckDB(_SECONDS, MEMORY) as engine:
        for one in needed(view, views_of(package)):
            if isinstance(one, View):
                engine.run(f"CREATE VIEW {quoted(one.name)} AS {one.query('duckdb')}")
            else:
                rows = rows_of(package[one], Wanted()).to_arrow(compat_level=pl.CompatLevel.newest())
                create = f"CREATE TABLE {quoted(one)} AS FROM {ARRIVING}"
                engine.put_through(quoted(one), create, rows.schema, iter(rows.to_batches()))
        if condition:
            _require_answer(engine, view.name, condition, wanted.where)
        columns = ", ".join(map(quoted, names))
        query = f"SELECT {columns} FROM {quoted(view.name)} WHERE {condition or True} ORDER BY ALL"  # noqa: S608 (quoted, and an expression that was parsed)
        with applied(view.name, wanted.where) if condition else nullcontext():
            engine.keep(_FOUND, query)
        return pl.DataFrame(engine.table(_FOUND))


def _require_answer(engine: DuckDB, name: str, condition: str, where: str) -> None:
    """Refuse an expression that is not true or false, or does not fit the types of the columns."""
    with applied(name, where):
        engine.run(f"CREATE VIEW {_ASKED} AS SELECT ({condition}) AS answer FROM {quoted(name)}")  # noqa: S608 (as below)
    if engine.columns(_ASKED)["answer"].name != "BOOLEAN":
        raise no_condition(name, where)


def needed(view: View, views: Sequence[View]) -> Iterator[str | View]:
    """Give the tables that a view reads, directly or through other views, then these views, then the view itself."""
    known = {one.name: one for one in views}
    wanted, tables = {view.name}, set[str]()
    for one in reversed(views):
        if one.name in wanted:
            wanted |= one.reads & known.keys()
            tables |= one.reads - known.keys()
    yield from sorted(tables)
    yield from (one for one in views if one.name in wanted)
