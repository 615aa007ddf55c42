"""SQLite: one file with strict tables, keys, references, and the meaning of each column."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from depositary.engine.sql import literal, quoted
from depositary.errors import UsageError
from depositary.exporting.content import Batches, Content, TableContent
from depositary.exporting.doubles import unheld
from depositary.exporting.formats.relational import (
    DESCRIBED,
    DESCRIBING,
    Relations,
    allowed,
    comment,
    describing,
    licences,
)
from depositary.exporting.names import file_names
from depositary.exporting.written import File, Loss, Written
from depositary.loading.typed import Shape
from depositary.model.field_types import BOOLEAN, DATE, DATETIME, DECIMAL, INTEGER, TEXT, TIME, Storage
from depositary.model.table import Field, kind_of
from depositary.read.files.typed_texts import as_text

_STRICT = (3, 37, 0)  # the first SQLite with strict tables
_TYPES = {str: "TEXT", int: "INTEGER"}
_SETTINGS = ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000", "foreign_keys = OFF")  # 200 MB


def export_sqlite(content: Content, folder: Path) -> Written:
    """Write the package as one SQLite database, and beside it the `metadata.json` that datasette shows.

    Tables are strict and have the schema's keys and references. Their meaning is in comments of their definition and in
    `_tables`, `_columns` and `_codes`; `_package` describes the package. Dates and times are ISO text.

    Args:
        content: the package.
        folder: an empty folder.

    Raises:
        UsageError: a table cannot be read, or a row breaks a key or a reference.
    """
    if sqlite3.sqlite_version_info < _STRICT:
        raise UsageError(
            f"SQLite {sqlite3.sqlite_version} has no strict tables. Use a Python with SQLite 3.37 or later."
        )
    (stem,) = file_names([content.package.name or "package"]).values()
    path = folder / f"{stem}.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        writing = _Writing(content, database)
        try:
            writing.write()
        except sqlite3.Error as error:
            raise UsageError(f"SQLite cannot hold the package: {error}.") from error
    metadata = folder / "metadata.json"
    metadata.write_bytes(_for_datasette(writing.relations, stem).encode())
    files = (File.at(folder, path, sum(writing.rows.values())), File.at(folder, metadata))
    return Written("sqlite", files, list(writing.losses()))


class _Writing:
    def __init__(self, content: Content, database: sqlite3.Connection) -> None:
        self._content, self._database = content, database
        reserved = [t.name for t in content.tables if t.name.lower().startswith("sqlite_")]
        self.relations = Relations(content, frozenset({DECIMAL}), reserved)
        self.rows: dict[str, int] = {}
        self._long: dict[str, Counter[str]] = {}  # numbers, by table and column, that a double does not hold
        self._definitions: dict[str, str] = {}

    def write(self) -> None:
        """Write everything."""
        for setting in _SETTINGS:
            self._database.execute(f"PRAGMA {setting}")
        self._database.execute("BEGIN")
        for table in self._content.tables:
            self._write_table(table)
        for table in self._content.tables:
            # A later table may have got another type in a column to which this one refers.
            if self._definition(table, Shape(table.fields, frozenset(table.misfits))) != self._definitions[table.name]:
                self._write_table(table)
        for name, rows in describing(self.relations).items():
            self._write_description(name, rows)
        for view in self._content.views:
            text = comment({"description": view.description})
            self._database.execute(f"CREATE VIEW {quoted(view.name)} AS -- {text}\n{view.query('sqlite')}")
        self._database.execute("COMMIT")
        self._check_references()

    def _write_table(self, table: TableContent) -> None:
        self.rows[table.name] = table.write(lambda shape, rows: self._fill(table, shape, rows))

    def _fill(self, table: TableContent, shape: Shape, rows: Batches) -> int:
        name = quoted(self.relations.names[table.name])
        self._definitions[table.name] = self._definition(table, shape)
        self._long[table.name] = Counter()
        # Cells of CSV were checked when they were read; checking long lists of codes again would take most of the time.
        self._database.execute(f"PRAGMA ignore_check_constraints = {int(not table.resource.is_parquet)}")
        self._database.execute(f"DROP TABLE IF EXISTS {name}")
        self._database.execute(self._definitions[table.name])
        insert = f"INSERT INTO {name} VALUES ({', '.join('?' * len(shape.fields))})"  # noqa: S608 (quoted)
        count = 0
        for batch in rows:
            self._insert(table, shape, insert, batch, count)
            count += batch.num_rows
        return count

    def _insert(self, table: TableContent, shape: Shape, insert: str, batch: pa.RecordBatch, before: int) -> None:
        changes = self._database.total_changes
        try:
            self._database.executemany(insert, zip(*self._cells(table.name, shape, batch), strict=True))
        except sqlite3.IntegrityError as error:
            row = before + self._database.total_changes - changes
            raise _broken(table, row, str(error)) from error

    def _cells(self, table: str, shape: Shape, batch: pa.RecordBatch) -> list[list[Any]]:
        texts = as_text(batch)
        columns: list[list[Any]] = []
        for one in shape.fields:
            storage = shape.storage_of(one)
            if storage is DECIMAL:
                self._long[table][one.name] += unheld(texts[one.name].drop_nulls())
            columns.append(CELLS[storage](batch[one.name], texts[one.name]))
        return columns

    def _definition(self, table: TableContent, shape: Shape) -> str:
        relations, name = self.relations, table.name
        columns = relations.columns[name]
        parts = [(_column(table, columns[f.name], f, shape), comment(f.descriptor)) for f in table.fields]
        if relations.primary(name):
            parts.append((f"PRIMARY KEY ({_list(columns[c] for c in relations.primary(name))})", ""))
        parts += [(f"UNIQUE ({_list(columns[c] for c in key)})", "") for key in relations.unique(name)]
        for key in relations.references(name):
            its = relations.columns[key.table]
            parent = f"{quoted(relations.names[key.table])} ({_list(its[c] for c in key.parent_fields)})"
            own = _list(columns[c] for c in key.fields)
            parts.append((f"FOREIGN KEY ({own}) REFERENCES {parent} DEFERRABLE INITIALLY DEFERRED", ""))
        text = comment({**table.table.descriptor, **table.resource.descriptor})
        return f"CREATE TABLE {quoted(relations.names[name])} ({_remark(text)}\n{_lines(parts)}) STRICT"

    def _write_description(self, name: str, rows: Sequence[tuple[Any, ...]]) -> None:
        columns = [f"{quoted(column)} {_TYPES[kind]}" for column, kind in DESCRIBING[name].items()]
        lines = _lines([(column, "") for column in columns])
        self._database.execute(f"CREATE TABLE {quoted(name)} ({_remark(DESCRIBED[name])}\n{lines}) STRICT")
        marks = ", ".join("?" * len(columns))
        self._database.executemany(f"INSERT INTO {quoted(name)} VALUES ({marks})", rows)  # noqa: S608 (quoted)

    def _check_references(self) -> None:
        broken = self._database.execute("PRAGMA foreign_key_check").fetchone()
        if broken is None:
            return
        named = {here: name for name, here in self.relations.names.items()}
        table = self.relations.tables[named[broken[0]]]
        raise _broken(table, broken[1] - 1, f"it refers to a row that {named[broken[2]]} does not have")

    def losses(self) -> Iterator[Loss]:
        """List what was not kept."""
        if any(kind_of(one).storage.is_substitute for table in self._content.tables for one in table.fields):
            yield Loss("", "", "SQLite has no type for dates, times and booleans: they are ISO 8601 text, and 0 and 1")
        for table in self._content.tables:
            yield from self.relations.losses(table.name)
            yield from table.losses()
            for name in table.table.field_names:
                if self._long[table.name][name]:
                    yield Loss(table.name, name, "digits that a double does not hold", self._long[table.name][name])


def _broken(table: TableContent, row: int, what: str) -> UsageError:
    header = 0 if table.resource.dialect.get("header") is False else 1
    place = table.resource.place(row + 1 + header)
    where = f"{place.file if table.resource.part_rows else table.resource.in_words}, row {place.row}"
    return UsageError(f"{where}: {what}. depositary validate lists all errors.")


def _column(table: TableContent, name: str, one: Field, shape: Shape) -> str:
    storage = shape.storage_of(one)
    parts = [quoted(name), storage.sqlite]
    if table.table.is_filled(one):
        parts.append("NOT NULL")
    values = allowed(one)
    if storage is BOOLEAN:
        parts.append(f"CHECK ({quoted(name)} IN (0, 1))")
    elif values and storage in (TEXT, INTEGER) and one.name not in shape.texts:
        listed = ", ".join(literal(v) if storage is TEXT else str(int(v)) for v in values)
        parts.append(f"CHECK ({quoted(name)} IN ({listed}))")
    return " ".join(parts)


# The cells of a column, from its typed values and their texts


def _values(column: pa.Array, _: pl.Series) -> list[Any]:
    values: list[Any] = column.to_pylist()
    return values


def _doubles(_: pa.Array, texts: pl.Series) -> list[Any]:
    return [None if text is None else float(text) for text in texts.to_list()]


def _texts(_: pa.Array, texts: pl.Series) -> list[Any]:
    return texts.to_list()


CELLS: Mapping[Storage, Callable[[pa.Array, pl.Series], list[Any]]] = {
    **dict.fromkeys((INTEGER, BOOLEAN), _values),
    DECIMAL: _doubles,
    **dict.fromkeys((TEXT, DATE, DATETIME, TIME), _texts),
}


def _lines(parts: Sequence[tuple[str, str]]) -> str:
    last = len(parts) - 1
    return "".join(f"  {sql}{',' if at < last else ''}{_remark(text)}\n" for at, (sql, text) in enumerate(parts))


def _remark(text: str) -> str:
    return f" -- {text}" if text else ""


def _list(names: Iterator[str]) -> str:
    return ", ".join(map(quoted, names))


def _for_datasette(relations: Relations, database: str) -> str:
    """Give the metadata that datasette shows beside the tables: titles, descriptions, the licence."""
    about = relations.content.descriptor
    entry: dict[str, Any] = {key: str(about[key]) for key in ("title", "description") if about.get(key)}
    for name, path in licences(about)[:1]:
        entry |= {key: value for key, value in (("license", name), ("license_url", path)) if value}
    tables: dict[str, Any] = {}
    for table in relations.content.tables:
        columns = relations.columns[table.name]
        texts = {columns[f.name]: comment(f.descriptor) for f in table.fields}
        tables[relations.names[table.name]] = _entry({**table.table.descriptor, **table.resource.descriptor}, texts)
    for view in relations.content.views:
        tables[view.name] = _entry({"description": view.description}, view.columns)
    tables |= {name: _entry({"description": text}, {}) for name, text in DESCRIBED.items()}
    document = {**entry, "databases": {database: {"tables": tables}}}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _entry(descriptor: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    entry = {key: str(descriptor[key]) for key in ("title", "description") if descriptor.get(key)}
    texts = {name: text for name, text in columns.items() if text}
    return {**entry, **({"columns": texts} if texts else {})}
