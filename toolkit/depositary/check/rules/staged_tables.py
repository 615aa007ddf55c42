"""The typed tables that rules read, staged in the engine while the files are checked.

Two schemas have rows: `own` has those that are checked, `base` those of the package to which they are applied. The
schema `deleted` names what a contribution deletes. One view for each table combines them: the columns that a rule
reads, `_row`, and `_broken`, which names columns with a refused cell. If there is no base, the table itself is used
instead of the view.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from depositary.check.lanes.references import Parents
from depositary.check.rules.base_table import BaseTable, Values
from depositary.check.rules.table_sink import BESIDE, BROKEN, ERASED, IN_BASE, MANY, KeptRows, TableSink
from depositary.compile import arrow
from depositary.compile.arrow import type_of
from depositary.compile.language import ROW
from depositary.compile.scope import Link, Links
from depositary.engine.engine import Engine
from depositary.engine.sql import literal, quoted
from depositary.model.field_types import DECIMAL
from depositary.model.finding import Place
from depositary.model.record_id import key_of
from depositary.model.table import Field, Table, kind_of
from depositary.model.target import Input, Target
from depositary.read.files.unreadable import UnreadableFile

if TYPE_CHECKING:  # its libraries take time to load
    from depositary.check.lanes.elsewhere import Found

FEW = 100_000  # own rows up to which it is faster to stage only the rows of the base that rules need


class StagedTables:
    """The tables of one target in the engine.

    `columns` has those that a rule reads, by table; `links` gives the rows of a base that the rules need.
    """

    def __init__(
        self,
        engine: Engine,
        target: Target,
        tables: Mapping[str, Table],
        columns: Mapping[str, Collection[str]],
        links: Callable[[], Mapping[str, Links]],
    ) -> None:
        self.engine, self.tables, self.columns = engine, tables, columns
        self.unready: dict[str, str] = {}  # tables on which no rule can be checked, with the reason
        self._links = cache(links)  # only large bases need them
        self._parents = target.parents
        self._own = {entry.resource.name: entry for entry in target.inputs}
        self._sinks: dict[str, TableSink] = {}
        self._bases: dict[str, BaseTable] = {}
        engine.schema("own")
        engine.schema("base")
        engine.schema("deleted")

    def sink(self, entry: Input, *, is_beside: bool = False) -> "TableSink | None":
        """Give the sink that writes a checked file's rows into the engine, if a rule reads them.

        `is_beside`: rules that other machines judge on another table may need its rows.
        """
        name = entry.resource.name
        if name not in self.columns:
            return None
        schema = "main" if self._is_alone(name) else "own"
        self._sinks[name] = TableSink(self.engine, schema, name, self._fields(name, keyed=entry.is_overlay))
        self._sinks[name].few = BESIDE if is_beside else self._sinks[name].few
        return self._sinks[name]

    def _is_alone(self, name: str) -> bool:
        """Return whether a table has only checked rows, so that it needs no view."""
        own = self._own.get(name)
        return own is not None and self._base(name, own) is None

    def close(self, parents: Parents) -> None:
        """Stage the base of the checked files, as far as rules need it, and create the views."""
        bases = self._bases
        for name in self.columns:
            own, sink = self._own.get(name), self._sinks.get(name)
            if sink:
                sink.end()  # also a table into which nothing was written is made
            base = self._base(name, own)
            if base and not (sink and sink.fault):
                fields = self._fields(name, keyed=own is not None or bool(parents.deleted(name)))
                bases[name] = BaseTable(base, TableSink(self.engine, "base", name, fields))
            if own is None and base is None:
                self.unready[name] = f"the table {name} is missing; name its package with --base"
            if sink and sink.fault:
                self.unready[name] = f"{name} could not be read to its end: {sink.fault}"
        self._stage(bases)
        for name in self.columns:
            if name not in self.unready and not self._is_alone(name):
                self._view(name, parents, is_overlay=name in self._own)

    def _stage(self, bases: Mapping[str, BaseTable]) -> None:
        """Stage small tables whole; of large ones, first the rows that own rows change, then those they need."""
        linked = [name for name, base in bases.items() if base.is_large and self._is_linked(name)]
        for name, base in bases.items():
            self._read(name, base, self._own_keys(name) if name in linked else None)
        for name in linked:
            links = sorted(self._links()[name] or (), key=lambda link: (link.other, sorted(link.pairs)))
            self._read(name, bases[name], [values for link in links for values in self._linked(name, link)])

    def _read(self, name: str, base: BaseTable, values: Sequence[Values] | None) -> None:
        try:
            base.read(values)
        except UnreadableFile as fault:
            path = fault.part or base.entry.resource.path
            self.unready[name] = f"{path} of the base could not be read: {fault.message}"

    def _is_linked(self, name: str) -> bool:
        """Return whether the rows that rules need are known, by few own rows and by columns of one type."""
        links, table = self._links().get(name), self.tables[name]
        if links is None or self.judged(name) > FEW:
            return False
        return all(
            link.other in self.tables
            and self.judged(link.other) <= FEW
            and all(_are_alike(table, mine, self.tables[link.other], its) for mine, its in link.pairs)
            for link in links
        )

    def _own_keys(self, name: str) -> list[Values]:
        """Give the keys of the rows that own rows change."""
        key = self.tables[name].primary_key
        if name not in self._own or not key:
            return []
        rows = f"SELECT * FROM {quoted('own', name)}"  # noqa: S608 (quoted)
        return [self._values(name, {column: column for column in key}, rows)]

    def _linked(self, name: str, link: Link) -> Iterator[Values]:
        """Give the values by which a link finds rows, if there are own rows of the other table."""
        if link.other not in self._sinks or link.other in self.unready or (link.is_itself and link.other == name):
            return
        columns = {mine: its for mine, its in sorted(link.pairs) if mine != ROW}
        rows = self._merged(link.other, sorted(set(columns.values())))
        yield self._values(name, columns, rows, by_id=link.by_id)

    def _values(self, name: str, columns: Mapping[str, str], rows: str, *, by_id: bool = False) -> Values:
        """Give the distinct values of some columns, with the fields that they are compared with."""
        wanted = ", ".join(map(quoted, dict.fromkeys(columns.values())))
        found = list(self.engine.rows(f"SELECT DISTINCT {wanted} FROM ({rows}) AS own"))  # noqa: S608 (quoted)
        values = [tuple(row[its] for its in columns.values()) for row in found]
        if by_id:  # an id that has another number of parts is of another table
            values = [tuple(parts) for (text,) in values if text is not None and len(parts := key_of(text)) == 1]
        return Values([self.tables[name][mine] for mine in columns], values)

    def absent(self, table: str, read: Collection[str]) -> list[str]:
        """Name the columns that are missing in a checked file; a patch needs only those of its key."""
        sink, own = self._sinks.get(table), self._own.get(table)
        if not sink or not own:
            return []
        return sorted(set(sink.absent) & set(self.tables[table].primary_key if own.is_overlay else read))

    def lacks(self, table: str) -> bool:
        """Return whether a column that rules read is missing in a checked file."""
        return bool(self._sinks[table].absent) if table in self._sinks else False

    def judged(self, table: str) -> int:
        """Count the checked rows of a table."""
        return self._sinks[table].rows if table in self._sinks else 0

    def is_long(self, table: str) -> bool:
        """Return whether a table has many rows in the engine."""
        base = self._bases.get(table)
        return self.judged(table) + (base.sink.rows if base else 0) >= MANY

    @property
    def found(self) -> "dict[str, Sequence[Found]]":
        """Give what other machines found in the rows of tables, by table."""
        return {name: sink.found for name, sink in self._sinks.items() if sink.found}

    @property
    def kept(self) -> dict[str, KeptRows]:
        """Give the rows of the small tables that were checked already and have no errors in the whole."""
        return {name: kept for name, sink in self._sinks.items() if (kept := sink.kept)}

    @property
    def refused(self) -> dict[str, int]:
        """Count the checked rows with a refused cell in a column that rules read, by table."""
        sinks = ((name, self._sinks[name]) for name in self._own if name in self._sinks)
        return {name: sink.refused for name, sink in sinks if sink.refused}

    def _base(self, name: str, own: Input | None) -> Input | None:
        if own and not own.is_overlay:
            return None
        return next((entry for entry in self._parents.get(name, ()) if entry is not own), None)

    def place(self, table: str, row: int) -> Place:
        """Give the place of a staged row in its file."""
        if row < IN_BASE:
            own = self._own[table].resource
            return own.place(own.row_of(row))
        place = self._parents[table][-1].resource.place(row - IN_BASE)
        return Place(table, f"base: {place.file}", place.row)

    def _fields(self, name: str, *, keyed: bool) -> list[Field]:
        key = self.tables[name].primary_key if keyed else ()
        wanted = {*self.columns[name], *key}
        return [f for f in self.tables[name].fields if f.name in wanted]

    def _view(self, name: str, parents: Parents, *, is_overlay: bool) -> None:
        columns = [f.name for f in self.tables[name].fields if f.name in self.columns[name]]
        if is_overlay and self.tables[name].primary_key:
            select = self._overlaid(name, columns, parents)
        elif is_overlay:
            select = f"{_all(name, columns, 'own')} UNION ALL {_all(name, columns, 'base')}"
        else:
            select = f"{_all(name, columns, 'base')} AS base WHERE {self._kept(name, parents)}"
        self.engine.view(quoted(name), select)

    def _kept(self, name: str, parents: Parents) -> str:
        """Write the condition that the contribution does not delete a row of the base.

        A row with a typed key is found by its number, because no cast in SQL gives the text of the key in a deletion.
        What is deleted is a table of the engine: a statement with a hundred thousand values takes minutes.
        """
        table, base = self.tables[name], self._base(name, self._own.get(name))
        if not parents.deleted(name):
            return "true"
        gone = quoted("deleted", name)
        if base and table.has_typed_key:
            rows = pa.array(sorted(row + IN_BASE for row in parents.deleted_rows(base)), pa.int64())
            named = f"base.{ROW}"
        else:
            rows = pa.array(sorted(parents.deleted(name)), pa.string())
            named = record_id_sql("base", table)
        self.engine.create(gone, pa.schema([("named", rows.type)]), [pa.record_batch([rows], ["named"])])
        return f"NOT EXISTS (SELECT 1 FROM {gone} AS gone WHERE gone.named = {named})"  # noqa: S608 (quoted)

    def _overlaid(self, name: str, columns: Sequence[str], parents: Parents) -> str:
        """Apply the rows of a patch to those of the base."""
        own, base = quoted("own", name), quoted("base", name)
        untouched = ", ".join(f"base.{quoted(c)}" for c in (*columns, ROW, BROKEN))
        return (
            f"{self._merged(name, columns)} UNION ALL SELECT {untouched} FROM {base} AS base "  # noqa: S608 (quoted)
            f"WHERE NOT EXISTS (SELECT 1 FROM {own} AS own WHERE {self._same(name)}) AND {self._kept(name, parents)}"
        )

    def _same(self, name: str) -> str:
        return " AND ".join(f"own.{quoted(k)} = base.{quoted(k)}" for k in self.tables[name].primary_key)

    def _merged(self, name: str, columns: Sequence[str]) -> str:
        """Give the checked rows; those of a patch have the cells of the base where they make no claim."""
        own = self._own[name]
        if self._is_alone(name) or not (own.is_overlay and self.tables[name].primary_key):
            return _all(name, columns, "main" if self._is_alone(name) else "own")
        key, dialect = self.tables[name].primary_key, self.engine.dialect
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
        return (
            f"SELECT {', '.join(merged)} FROM {quoted('own', name)} AS own "  # noqa: S608 (quoted)
            f"LEFT JOIN {quoted('base', name)} AS base ON {self._same(name)}"
        )


def _are_alike(one: Table, mine: str, other: Table, its: str) -> bool:
    """Return whether two columns have the same type in the engine."""
    if ROW in (mine, its):
        return mine == its
    return mine in one and its in other and type_of(one[mine]) == type_of(other[its])


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
