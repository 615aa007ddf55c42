"""The derived views of a package, and queries on them: all small tables in one database for one run."""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import polars as pl

from depositary.engine.duckdb import ARRIVING, DuckDB
from depositary.engine.sql import quoted
from depositary.model.limits import MEMORY
from depositary.model.package import Package
from depositary.read.views import View, views_of
from depositary.site.stored import SiteTable

_SECONDS = 600.0
_HELD = ("row_roots", "n_roots", "statement_standing", "statement_voices")  # computed once, because others read them


class Views:
    """The tables and views of a package; a table that is not whole has no rows here."""

    def __init__(self, package: Package, tables: Mapping[str, SiteTable]) -> None:
        self._package, self._tables = package, tables

    def __enter__(self) -> Self:
        self._engine = DuckDB(_SECONDS, MEMORY, few_rows=True).__enter__()
        views = views_of(self._package)
        for name in sorted({name for view in views for name in view.reads} & self._tables.keys()):
            self._put(name, self._tables[name].file, whole=self._tables[name].is_whole)
        for view in views:
            if view.name in _HELD:
                self._engine.keep(quoted(view.name), view.query("duckdb"))
            else:
                self._engine.run(f"CREATE VIEW {quoted(view.name)} AS {view.query('duckdb')}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.__exit__(kind, error, trace)

    def _put(self, name: str, file: Path, *, whole: bool) -> None:
        frame = pl.read_parquet(file, n_rows=None if whole else 0)
        rows = frame.to_arrow(compat_level=pl.CompatLevel.newest())
        create = f"CREATE TABLE {quoted(name)} AS FROM {ARRIVING}"
        self._engine.put_through(quoted(name), create, rows.schema, iter(rows.to_batches()))

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Give the rows of a query, in which EARLIEST and LATEST are the bounds of EDTF dates."""
        written = View("asked", "", {}, query, frozenset()).query("duckdb")
        return list(self._engine.rows(written))
