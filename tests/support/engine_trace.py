"""What the modules of merging do with the tables of the engine in real merges: which they make, write and read."""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from depositary.engine.duckdb import DuckDB
from depositary.merging.claims.engine_tables import ENGINE_TABLES, TEXT, EngineTable

_ROOM = "depositary.merging."
_SERVICES = ("claims.staged", "claims.engine_tables")  # they write for those who call them
_NAME = r'((?:"[^"]+"\.)?"[^"]+")'
_WRITTEN = re.compile(
    rf"\s*(?:(CREATE) (?:OR REPLACE )?(?:TEMP )?(?:TABLE|VIEW)|INSERT INTO|UPDATE|DELETE FROM) {_NAME}"
)
_READ = re.compile(rf"\b(?:(?<!DISTINCT )FROM|JOIN|USING) {_NAME}")
_CATALOG = (
    "SELECT table_name FROM duckdb_tables() WHERE NOT internal UNION "
    "SELECT view_name FROM duckdb_views() WHERE NOT internal"
)


@dataclass
class Trace:
    """What was seen: tables with their columns by the name in SQL, who wrote and read which, and the last catalogs."""

    made: dict[str, dict[str, str]] = field(default_factory=dict)
    written: set[tuple[str, str]] = field(default_factory=set)  # table and module
    read: set[tuple[str, str]] = field(default_factory=set)
    catalog: set[str] = field(default_factory=set)  # names of tables, without those of the package's tables
    overlooked: set[str] = field(default_factory=set)  # tables with rows of which the engine said that they have none

    def note(self, engine: DuckDB, statement: str) -> None:
        """Note a statement that was run."""
        module = _module()
        if not module:
            return
        target = _WRITTEN.match(statement)
        if target and (not target[1] or " AS " in statement):  # to make an empty table puts nothing into it
            self.written.add((target[2], module))
        if target and target[1]:
            described = engine._database.execute(f"DESCRIBE {target[2]}").fetchall()
            self.made[target[2]] = {name: kind for name, kind, *_ in described}
            self.catalog |= {_declared(name) for (name,) in engine._database.execute(_CATALOG).fetchall()}
        self.read |= {(name, module) for name in _READ.findall(statement[target.end() if target else 0 :])}

    def undeclared(self) -> list[str]:
        """Say what was seen and is declared otherwise, or not at all."""
        declared = {table.name: table for table in ENGINE_TABLES}
        made = {_declared(in_sql): columns for in_sql, columns in self.made.items()}
        found = [f"{name} is not declared" for name in sorted((self.catalog | made.keys()) - declared.keys())]
        for name, columns in made.items() if not found else ():
            if not _is_as_declared(declared[name], columns):
                found.append(f"{name} has other columns than are declared: {columns}")
        for what, seen in (("written_by", self.written), ("read_by", self.read)):
            places = {(_declared(in_sql), module) for in_sql, module in seen}
            known = {(name, module) for name, module in places if name in declared}
            found += [f"{name} is {what} {who}" for name, who in known if who not in getattr(declared[name], what)]
        return found


def _declared(in_sql: str) -> str:
    """Give the name under which a table is declared; those of each table of the package have its name behind theirs."""
    first, _, second = in_sql.replace('"', "").partition(".")
    return second if first == "provenance" else first


def _is_as_declared(table: EngineTable, columns: Mapping[str, str]) -> bool:
    own = dict(list(columns.items())[: len(table.columns)])
    rest = {name: kind for name, kind in columns.items() if name not in own}
    fits = (
        all(name.startswith(table.fields) and kind == TEXT for name, kind in rest.items()) if table.fields else not rest
    )
    return own == dict(table.columns) and list(own) == list(table.columns) and fits


@contextmanager
def traced() -> Iterator[Trace]:
    """Note what merges do with the engine in the meantime."""
    trace = Trace()
    run, put, through, append, batches = (
        *(DuckDB.run, DuckDB.put, DuckDB.put_through),
        *(DuckDB.append, DuckDB.batches),
    )
    make_of, has_rows = DuckDB.make_of, DuckDB.has_rows

    def noted_run(self: DuckDB, statement: str) -> None:
        run(self, statement)
        trace.note(self, statement)

    def noted_put(self: DuckDB, table: str, statement: str) -> int:
        count = put(self, table, statement)
        trace.note(self, statement)
        return count

    def noted_through(self: DuckDB, table: str, statement: str, *rows: Any) -> int:
        count = through(self, table, statement, *rows)
        trace.note(self, statement)
        return count

    def noted_append(self: DuckDB, table: str, rows: Any) -> None:
        append(self, table, rows)
        if module := _module():
            trace.written.add((table, module))

    def noted_make_of(self: DuckDB, table: str, rows: Any) -> None:
        make_of(self, table, rows)
        trace.note(self, f"CREATE TABLE {table} AS rows")

    def noted_has_rows(self: DuckDB, table: str) -> bool:
        answer = has_rows(self, table)
        if not answer and self.is_made(table) and self._database.execute(f"FROM {table} LIMIT 1").fetchall():
            trace.overlooked.add(table)
        return answer

    def noted_batches(self: DuckDB, query: str) -> Iterator[Any]:
        trace.note(self, query)
        yield from batches(self, query)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DuckDB, "run", noted_run)
        patch.setattr(DuckDB, "put", noted_put)
        patch.setattr(DuckDB, "put_through", noted_through)
        patch.setattr(DuckDB, "append", noted_append)
        patch.setattr(DuckDB, "make_of", noted_make_of)
        patch.setattr(DuckDB, "has_rows", noted_has_rows)
        patch.setattr(DuckDB, "batches", noted_batches)
        yield trace


def _module() -> str:
    """Name the module of merging that asks the engine; nothing, if somebody else does."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith("depositary.check."):
            return ""
        if name.startswith(_ROOM) and name.removeprefix(_ROOM) not in _SERVICES:
            return name.removeprefix(_ROOM)
        frame = frame.f_back
    return ""
