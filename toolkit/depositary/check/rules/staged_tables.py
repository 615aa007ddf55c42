"""The typed tables that rules read, staged in the engine while the files are checked.

Two schemas have rows: `own` has those that are checked, `base` those of the package to which they are applied. One view
for each table combines them: the columns that a rule reads, `_row`, and `_broken`, which names columns with a refused
cell. If there is no base, the table itself is used instead of the view.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from depositary.check.lanes.references import Parents
from depositary.check.lanes.sink import NONE
from depositary.check.reading.columns import read_chunks
from depositary.compile import arrow
from depositary.compile.language import ROW
from depositary.engine.engine import Engine
from depositary.engine.sql import literal, quoted
from depositary.model.field_types import DECIMAL
from depositary.model.finding import Place
from depositary.model.table import Field, Table, kind_of
from depositary.model.target import Input, Target
from depositary.read.files.unreadable import UnreadableFile

BROKEN = "_broken"
ERASED = "_erased"
IN_BASE = 1 << 40  # rows of the base are numbered from here on
_BATCH = 50_000  # rows put into the engine at once
_LONG = 20_000  # rows of a table from which on a faster conversion is worth its import
_NAMES = pa.list_(pa.string())


class StagedTables:
    """The tables of one target in the engine; `columns` has those that a rule reads, by table."""

    def __init__(
        self, engine: Engine, target: Target, tables: Mapping[str, Table], columns: Mapping[str, Collection[str]]
    ) -> None:
        self.engine, self.tables, self.columns = engine, tables, columns
        self.unready: dict[str, str] = {}  # tables on which no rule can be checked, with the reason
        self._parents = target.parents
        self._own = {entry.resource.name: entry for entry in target.inputs}
        self._sinks: dict[str, TableSink] = {}
        engine.schema("own")
        engine.schema("base")

    def sink(self, entry: Input) -> "TableSink | None":
        """Give the sink that writes a checked file's rows into the engine, if a rule reads them."""
        name = entry.resource.name
        if name not in self.columns:
            return None
        schema = "main" if self._is_alone(name) else "own"
        self._sinks[name] = TableSink(self.engine, schema, name, self._fields(name, keyed=entry.is_overlay))
        return self._sinks[name]

    def _is_alone(self, name: str) -> bool:
        """Return whether a table has only checked rows, so that it needs no view."""
        own = self._own.get(name)
        return own is not None and self._base(name, own) is None

    def close(self, parents: Parents) -> None:
        """Stage the base of the checked files, and create the views."""
        for name in self.columns:
            own, sink = self._own.get(name), self._sinks.get(name)
            if sink:
                sink.end()  # also a table into which nothing was written is made
            base = self._base(name, own)
            if base and not (sink and sink.fault):
                self._stage_base(base, keyed=own is not None or bool(parents.deleted(name)))
            if own is None and base is None:
                self.unready[name] = f"the table {name} is missing; name its package with --base"
            if sink and sink.fault:
                self.unready[name] = f"{name} could not be read to its end: {sink.fault}"
            if name not in self.unready and not self._is_alone(name):
                self._view(name, parents, is_overlay=own is not None)

    def absent(self, table: str, read: Collection[str]) -> list[str]:
        """Name the columns that are missing in a checked file; a patch needs only those of its key."""
        sink, own = self._sinks.get(table), self._own.get(table)
        if not sink or not own:
            return []
        return sorted(set(sink.absent) & set(self.tables[table].primary_key if own.is_overlay else read))

    def judged(self, table: str) -> int:
        """Count the checked rows of a table."""
        return self._sinks[table].rows if table in self._sinks else 0

    @property
    def refused(self) -> dict[str, int]:
        """Count the checked rows with a refused cell in a column that rules read, by table."""
        return {name: sink.refused for name, sink in self._sinks.items() if sink.refused}

    def _base(self, name: str, own: Input | None) -> Input | None:
        if own and not own.is_overlay:
            return None
        return next((entry for entry in self._parents.get(name, ()) if entry is not own), None)

    def place(self, table: str, row: int) -> Place:
        """Give the place of a staged row in its file."""
        if row < IN_BASE:
            return Place(table, self._own[table].resource.path, row)
        return Place(table, f"base: {self._parents[table][-1].resource.path}", row - IN_BASE)

    def _fields(self, name: str, *, keyed: bool) -> list[Field]:
        key = self.tables[name].primary_key if keyed else ()
        wanted = {*self.columns[name], *key}
        return [f for f in self.tables[name].fields if f.name in wanted]

    def _stage_base(self, entry: Input, *, keyed: bool) -> None:
        name = entry.resource.name
        sink = TableSink(self.engine, "base", name, self._fields(name, keyed=keyed))
        try:
            for numbers, values in read_chunks(entry, sink.names):
                sink.take([n + IN_BASE for n in numbers], dict(zip(sink.names, values, strict=True)))
            sink.end()
        except UnreadableFile as fault:
            self.unready[name] = f"{entry.resource.path} of the base could not be read: {fault.message}"

    def _view(self, name: str, parents: Parents, *, is_overlay: bool) -> None:
        columns = [f.name for f in self.tables[name].fields if f.name in self.columns[name]]
        if is_overlay and self.tables[name].primary_key:
            select = self._overlaid(name, columns, parents)
        elif is_overlay:
            select = f"{_all(name, columns, 'own')} UNION ALL {_all(name, columns, 'base')}"
        else:
            deleted = f" AS base WHERE {self._kept(name, parents)}" if parents.deleted(name) else ""
            select = f"{_all(name, columns, 'base')}{deleted}"
        self.engine.view(quoted(name), select)

    def _kept(self, name: str, parents: Parents) -> str:
        """Write the condition that the contribution does not delete a row of the base.

        A row with a typed key is found by its number, because no cast in SQL gives the text of the key in a deletion.
        """
        table, base = self.tables[name], self._base(name, self._own.get(name))
        if base and table.has_typed_key:
            rows = sorted(parents.deleted_rows(base))
            return f"base.{ROW} NOT IN ({', '.join(str(row + IN_BASE) for row in rows)})" if rows else "true"
        gone = ", ".join(map(literal, sorted(parents.deleted(name)))) or "''"
        return f"{record_id_sql('base', table)} NOT IN ({gone})"

    def _overlaid(self, name: str, columns: Sequence[str], parents: Parents) -> str:
        """Apply the rows of a patch to those of the base: a blank makes no claim, an erased cell is empty."""
        key, dialect = self.tables[name].primary_key, self.engine.dialect
        same = " AND ".join(f"own.{quoted(k)} = base.{quoted(k)}" for k in key)
        erased = {c: dialect.overlap(f"own.{ERASED}", dialect.list_of([literal(c)])) for c in columns}
        merged = [
            f"CASE WHEN own.{quoted(c)} IS NOT NULL OR {erased[c]} "
            f"THEN own.{quoted(c)} ELSE base.{quoted(c)} END AS {quoted(c)}"
            for c in columns
        ]
        known, all_of_them = (dialect.list_of(map(literal, names)) for names in (key, (*key, *columns)))
        merged += [  # if the key of a row was refused, nothing in the row can be checked
            f"own.{ROW}",
            f"CASE WHEN {dialect.overlap(f'own.{BROKEN}', known)} THEN {all_of_them} ELSE own.{BROKEN} END AS {BROKEN}",
        ]
        untouched = [f"base.{quoted(c)}" for c in (*columns, ROW, BROKEN)]
        own, base = quoted("own", name), quoted("base", name)
        return (
            f"SELECT {', '.join(merged)} FROM {own} AS own LEFT JOIN {base} AS base ON {same} "  # noqa: S608 (quoted)
            f"UNION ALL SELECT {', '.join(untouched)} FROM {base} AS base "
            f"WHERE NOT EXISTS (SELECT 1 FROM {own} AS own WHERE {same}) "
            f"AND {self._kept(name, parents)}"
        )


def _all(name: str, columns: Sequence[str], schema: str) -> str:
    wanted = ", ".join(quoted(c) for c in (*columns, ROW, BROKEN))
    return f"SELECT {wanted} FROM {quoted(schema, name)}"  # noqa: S608 (quoted)


def record_id_sql(alias: str, table: Table) -> str:
    """Make the id of a record from its key in SQL, as in model/record_id.py; `key_text` writes typed values."""
    escaped = r"REPLACE(REPLACE({0}, '\', '\\'), '|', '\|')"
    texts = [_text_sql(table[name], f"{quoted(alias)}.{quoted(name)}") for name in table.primary_key]
    return " || '|' || ".join(map(escaped.format, texts)) or "NULL"


def _text_sql(field: Field, column: str) -> str:
    text = f"CAST({column} AS VARCHAR)"
    return f"RTRIM(RTRIM({text}, '0'), '.')" if kind_of(field).storage is DECIMAL else text


def key_text(value: Any) -> str:  # noqa: ANN401 (any type that a field can have)
    """Write a typed value of a key as in `record_id_sql`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | Decimal):
        return f"{Decimal(str(value)).normalize():f}"
    if isinstance(value, datetime):
        value = arrow.in_utc(value)
    text = str(value)
    return text.rstrip("0") if isinstance(value, datetime | time) and value.microsecond else text


class TableSink:
    """Writes one file's typed rows into a table of the engine.

    `fault` is the reason why the file could not be read to its end; `absent` has the columns that are missing in it;
    `refused` counts the rows with a refused cell, `rows` all rows.
    """

    def __init__(self, engine: Engine, schema: str, name: str, fields: Sequence[Field]) -> None:
        self.names = [f.name for f in fields]
        self.fault = ""
        self.absent: Collection[str] = ()
        self.refused = 0
        self.rows = 0
        self._engine, self._fields, self._table = engine, fields, quoted(schema, name)
        self._batches: list[pa.RecordBatch] = []
        self._waiting = 0
        self._read = set(self.names)
        columns = [*arrow.types(fields), pa.field(ROW, pa.int64()), pa.field(BROKEN, _NAMES), pa.field(ERASED, _NAMES)]
        self._columns = pa.schema(columns)
        self._exists = False

    def take(
        self,
        numbers: Sequence[int],
        values: Mapping[str, Sequence[Any]],
        refused: Mapping[int, Collection[str]] = NONE,
        erased: Mapping[int, Collection[str]] = NONE,
    ) -> None:
        """Add rows: their numbers, their values by column, and the refused and erased columns by index of the row."""
        broken = {i: set(names) for i, names in refused.items()}
        arrays = []
        for f in self._fields:
            if f.name not in values:
                arrays.append(_nulls(f, len(numbers)))
                continue
            array, misfits = arrow.array(f, values[f.name], is_long=self.rows >= _LONG)
            arrays.append(array)
            for i in misfits:
                broken.setdefault(i, set()).add(f.name)
        self.refused += sum(1 for names in broken.values() if names & self._read)
        arrays += [arrow.integers(numbers), _lists(broken, len(numbers)), _lists(erased, len(numbers))]
        self._put(arrays, len(numbers))

    def take_columns(
        self, numbers: npt.NDArray[np.int64], columns: Mapping[str, pa.Array], refused: Mapping[int, Collection[str]]
    ) -> None:
        """Add rows whose values are already in typed columns."""
        self.refused += sum(1 for names in refused.values() if self._read & set(names))
        count = len(numbers)
        arrays = [columns[f.name] if f.name in columns else _nulls(f, count) for f in self._fields]
        self._put([*arrays, arrow.integers(numbers), _lists(refused, count), _lists(NONE, count)], count)

    def lacks(self, names: Collection[str]) -> None:
        """Note the columns that are missing in the file."""
        self.absent = names

    def failed(self, reason: str) -> None:
        """Store the reason why the file could not be read to its end."""
        self.fault = reason

    def restart(self) -> None:
        """Remove all rows; they will come again."""
        self._batches, self._waiting, self.refused, self.rows = [], 0, 0, 0
        if self._exists:
            self._engine.run(f"DELETE FROM {self._table}")  # noqa: S608 (quoted)

    def _put(self, arrays: list[pa.Array], count: int) -> None:
        self._batches.append(pa.RecordBatch.from_arrays(arrays, schema=self._columns))
        self._waiting += count
        self.rows += count
        if self._waiting >= _BATCH:
            self.end()

    def end(self) -> None:
        """Write the rows that are still waiting; the table is made with the first of them, or without rows."""
        if not self._exists:
            self._engine.create(self._table, self._columns, self._batches)
            self._exists = True
        elif self._batches:
            self._engine.append(self._table, pa.Table.from_batches(self._batches))
        self._batches, self._waiting = [], 0


def _nulls(field: Field, count: int) -> pa.Array:
    return pa.nulls(count, arrow.type_of(field))


def _lists(names: Mapping[int, Collection[str]], count: int) -> pa.Array:
    if not names:
        return pa.nulls(count, _NAMES)
    return arrow.lists([sorted(names[i]) if names.get(i) else None for i in range(count)])
