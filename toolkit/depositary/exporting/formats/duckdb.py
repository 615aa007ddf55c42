"""DuckDB: one file with real types, keys and references, and a comment on every table and column."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from depositary.engine.duckdb import ARRIVING
from depositary.engine.sql import literal, quoted
from depositary.errors import UsageError
from depositary.exporting.content import Batches, Content, TableContent
from depositary.exporting.formats.relational import DESCRIBED, DESCRIBING, Relations, allowed, comment, describing
from depositary.exporting.names import file_names
from depositary.exporting.written import File, Loss, Written
from depositary.exporting.zeroed import write_zeroed
from depositary.loading.typed import Shape
from depositary.model.field_types import TEXT
from depositary.model.table import Field, ForeignKey, kind_of

_READABLE_FROM = "v1.2.0"  # clients of an older version cannot open what the newest version writes
# If the tables' files have fewer bytes than this, blocks are small: otherwise a thousand rows would take 30 MB.
_LARGE = 256 << 20
_SMALL_BLOCKS, _LARGE_BLOCKS = 16_384, 262_144
_AT_ONCE = 250_000  # rows
_MEMORY = 600 << 20  # bytes; beyond, sorting goes to files
_TYPES = {str: "VARCHAR", int: "BIGINT"}
_CIRCLE = "rows cannot be added to tables that refer to each other in a circle"
_OWN_CIRCLE = "rows refer to each other in a circle, so none of them can be added first"


def export_duckdb(content: Content, folder: Path) -> Written:
    """Write the package as one DuckDB database that DuckDB 1.2 and later can read.

    Types, keys and references are those of the schema; codes are enumerations in its order. The meaning of each table
    and column is in comments and in `_tables`, `_columns` and `_codes`; `_package` describes the package. The same
    package gives the same bytes (zeroed.py), unless DuckDB has no allocator of its own: then unused bytes differ.

    Args:
        content: the package.
        folder: an empty folder.

    Raises:
        UsageError: a table cannot be read, or a row breaks a key or a reference.
    """
    return write_zeroed(write_duckdb, content, folder)


def write_duckdb(content: Content, folder: Path) -> Written:
    """Write the database in this process."""
    (stem,) = file_names([content.package.name or "package"]).values()
    path = folder / f"{stem}.duckdb"
    with _database(path, _block_size(content)) as database:
        writing = _Writing(content, database)
        try:
            writing.write()
        except duckdb.Error as error:
            raise UsageError(f"DuckDB cannot hold the package: {_line(error)}.") from error
    return Written("duckdb", [File.at(folder, path, sum(writing.rows.values()))], list(writing.losses()))


def _block_size(content: Content) -> int:
    size = sum(file.stat().st_size for table in content.tables for file in table.resource.files if file.exists())
    return _LARGE_BLOCKS if size >= _LARGE else _SMALL_BLOCKS


@contextmanager
def _database(path: Path, block_size: int) -> Iterator[duckdb.DuckDBPyConnection]:
    # Same bytes each time: one thread, and no FSST, because it samples texts at random.
    with tempfile.TemporaryDirectory(prefix="depositary-", ignore_cleanup_errors=True) as folder:
        config: dict[str, str | bool | int | float | list[str]]
        config = {"threads": 1, "memory_limit": f"{_MEMORY}B", "temp_directory": folder}
        database = duckdb.connect(":memory:", config=config)
        try:
            options = f"STORAGE_VERSION {literal(_READABLE_FROM)}, BLOCK_SIZE {block_size}"
            database.execute(f"ATTACH {literal(str(path))} AS target ({options})")
            database.execute("SET disabled_compression_methods = 'fsst,dict_fsst'")  # in `config` it has no effect
            database.execute("USE target")
            yield database
        finally:
            database.close()


class _Writing:
    def __init__(self, content: Content, database: duckdb.DuckDBPyConnection) -> None:
        self._content, self._database = content, database
        self.relations = Relations(content)
        self.rows: dict[str, int] = {}

    def write(self) -> None:
        """Write everything, each table after those to which it refers."""
        for name in _in_order(self.relations):
            table = self.relations.tables[name]
            self.rows[name] = table.write(lambda shape, rows, table=table: self._write_table(table, shape, rows))  # type: ignore[misc]
            self._describe(table)
        for name, description in describing(self.relations).items():
            self._write_description(name, description)
        for view in self._content.views:
            self._database.execute(f"CREATE VIEW {quoted(view.name)} AS {view.query('duckdb')}")
            self._comment("VIEW", (view.name,), view.description)
            for column, text in view.columns.items():
                self._comment("COLUMN", (view.name, column), text)
        self._database.execute("CHECKPOINT target")

    def _write_table(self, table: TableContent, shape: Shape, rows: Batches) -> int:
        target = _qualified(self.relations.names[table.name])
        own = [key for key in self.relations.references(table.name) if key.table == table.name]
        if not own:
            self._create(table, shape)
            return self._insert(table, shape, rows, target)
        staged = ", ".join(
            f"{quoted(name)} {shape.storage_of(table.table[name]).duckdb}" for name in shape.schema.names
        )
        self._database.execute(f"CREATE OR REPLACE TEMP TABLE staged ({staged})")
        count = self._insert(table, shape, rows, "temp.staged")
        levels = _Levels(self._database, shape.schema.names)
        for key in own:
            if not levels.can_add(key):
                self.relations.open[table.name, key] = _OWN_CIRCLE
        self._create(table, shape)
        for query in levels.queries(count):
            self._run(table, f"INSERT INTO {target} {query}")
        self._database.execute("DROP TABLE temp.staged")
        return count

    def _insert(self, table: TableContent, shape: Shape, rows: Batches, into: str) -> int:
        """Insert rows in batches, and count them; all at once, a table with a key would need too much memory."""
        count = 0
        for group in _groups(rows, shape.schema):
            self._database.register(ARRIVING, group)
            self._run(table, f"INSERT INTO {into} FROM temp.{ARRIVING}")
            self._database.unregister(ARRIVING)
            count += group.num_rows
        return count

    def _run(self, table: TableContent, statement: str) -> None:
        try:
            self._database.execute(statement)
        except (duckdb.ConstraintException, duckdb.ConversionException) as error:
            where = table.resource.in_words
            raise UsageError(f"{where}: {_line(error)}. depositary validate lists all errors.") from error

    def _create(self, table: TableContent, shape: Shape) -> None:
        relations, name = self.relations, table.name
        columns = relations.columns[name]
        parts = [self._column(table, f, shape) for f in table.fields]
        if relations.primary(name):
            parts.append(f"PRIMARY KEY ({_list(columns[c] for c in relations.primary(name))})")
        parts += [f"UNIQUE ({_list(columns[c] for c in key)})" for key in relations.unique(name)]
        for key in relations.references(name):
            its = relations.columns[key.table]
            parent = f"{quoted(relations.names[key.table])} ({_list(its[c] for c in key.parent_fields)})"
            parts.append(f"FOREIGN KEY ({_list(columns[c] for c in key.fields)}) REFERENCES {parent}")
        self._database.execute(f"CREATE OR REPLACE TABLE {_qualified(relations.names[name])} ({', '.join(parts)})")

    def _column(self, table: TableContent, one: Field, shape: Shape) -> str:
        kind = shape.storage_of(one).duckdb
        values = allowed(one)
        if values and kind_of(one).codes is TEXT and not self.relations.is_in_reference(table.name, one.name):
            kind = f"ENUM ({', '.join(map(literal, values))})"  # both columns of a reference must have the same type
        name = quoted(self.relations.columns[table.name][one.name])
        return f"{name} {kind}{' NOT NULL' if table.table.is_filled(one) else ''}"

    def _describe(self, table: TableContent) -> None:
        name = self.relations.names[table.name]
        self._comment("TABLE", (name,), comment({**table.table.descriptor, **table.resource.descriptor}))
        for one in table.fields:
            self._comment("COLUMN", (name, self.relations.columns[table.name][one.name]), comment(one.descriptor))

    def _comment(self, kind: str, names: Sequence[str], text: str) -> None:
        if text:
            self._database.execute(f"COMMENT ON {kind} {_qualified(*names)} IS {literal(text)}")

    def _write_description(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        kinds = DESCRIBING[name]
        self._database.execute(
            f"CREATE TABLE {quoted(name)} ({', '.join(f'{quoted(c)} {_TYPES[k]}' for c, k in kinds.items())})"
        )
        self._comment("TABLE", (name,), DESCRIBED[name])
        types = {str: pa.string(), int: pa.int64()}
        columns = [pa.array([row[at] for row in rows], types[kind]) for at, kind in enumerate(kinds.values())]
        self._database.from_arrow(pa.table(columns, names=list(kinds))).insert_into(quoted(name))

    def losses(self) -> Iterator[Loss]:
        """List what was not kept."""
        for table in self._content.tables:
            yield from self.relations.losses(table.name)
            yield from table.losses()


def _in_order(relations: Relations) -> list[str]:
    """Order tables so that each comes after those to which it refers; references that close a circle are left out."""
    ordered: list[str] = []
    begun: list[str] = []

    def visit(name: str) -> None:
        begun.append(name)
        for key in relations.tables[name].table.foreign_keys:
            if key.table not in relations.tables or key.table in ordered or key.table == name:
                continue
            if key.table in begun:
                relations.open[name, key] = _CIRCLE
            else:
                visit(key.table)
        ordered.append(name)

    for name in relations.tables:
        if name not in ordered:
            visit(name)
    return ordered


def _groups(rows: Batches, schema: pa.Schema) -> Iterator[pa.Table]:
    """Combine batches until they are large enough for one statement."""
    waiting: list[pa.RecordBatch] = []
    for batch in rows:
        waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= _AT_ONCE:
            yield pa.Table.from_batches(waiting, schema)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting, schema)


class _Levels:
    """The rows of `staged` by level: how far a row is below a row that refers to no row of its own table.

    DuckDB cannot add a row in the same statement as the row to which it refers, so rows are added level by level.
    """

    def __init__(self, database: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> None:
        self._database = database
        self._columns = columns
        self._keys: list[ForeignKey] = []

    def can_add(self, key: ForeignKey) -> bool:
        """Add a reference to the levels, unless rows then refer to each other in a circle."""
        self._keys.append(key)
        if self.find() >= 0:
            return True
        self._keys.pop()
        return False

    def find(self) -> int:
        """Compute the level of each row, and give the highest; -1 if rows refer to each other in a circle."""
        run = self._database.execute
        run("CREATE OR REPLACE TEMP TABLE placed (row_number BIGINT, level INTEGER)")
        if not self._keys:
            return 0
        run(f"CREATE OR REPLACE TEMP TABLE steps AS {' UNION '.join(map(_steps, self._keys))}")
        level = 0
        while self._count("temp.steps"):
            level += 1
            run("CREATE OR REPLACE TEMP TABLE waiting AS SELECT DISTINCT child FROM temp.steps")
            run("CREATE OR REPLACE TEMP TABLE steps AS FROM temp.steps WHERE parent IN (FROM temp.waiting)")
            free = "SELECT child FROM temp.waiting WHERE child NOT IN (SELECT child FROM temp.steps)"
            run(f"INSERT INTO temp.placed SELECT child, {level} FROM ({free})")  # noqa: S608 (a number)
            left = self._count("(SELECT DISTINCT child FROM temp.steps)")
            if left and left == self._count("temp.waiting"):
                return -1
        return level

    def queries(self, count: int) -> Iterator[str]:
        """Give queries that select `count` rows, level by level and in the order of the file."""
        columns = ", ".join(f"staged.{quoted(name)}" for name in self._columns)
        for level in range(self.find() + 1):
            for first in range(0, count, _AT_ONCE):
                yield (
                    f"SELECT {columns} FROM temp.staged AS staged "  # noqa: S608 (quoted)
                    "LEFT JOIN temp.placed AS placed ON placed.row_number = staged.rowid "
                    f"WHERE staged.rowid >= {first} AND staged.rowid < {first + _AT_ONCE} "
                    f"AND COALESCE(placed.level, 0) = {level} ORDER BY staged.rowid"
                )

    def _count(self, rows: str) -> int:
        ((count,),) = self._database.execute(f"SELECT COUNT(*) FROM {rows}").fetchall()  # noqa: S608 (ours)
        return int(count)


def _steps(key: ForeignKey) -> str:
    pairs = zip(key.fields, key.parent_fields, strict=True)
    same = " AND ".join(f"child.{quoted(one)} = parent.{quoted(its)}" for one, its in pairs)
    return (
        "SELECT child.rowid AS child, parent.rowid AS parent "  # noqa: S608 (quoted)
        f"FROM temp.staged AS child JOIN temp.staged AS parent ON {same}"
    )


def _qualified(*names: str) -> str:
    """Quote the name of a table of the file, or of its column; our temporary tables may have the same name."""
    return quoted("target", "main", *names)


def _list(names: Iterator[str]) -> str:
    return ", ".join(map(quoted, names))


def _line(error: duckdb.Error) -> str:
    return str(error).splitlines()[0].rstrip(".")
