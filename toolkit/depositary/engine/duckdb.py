"""DuckDB, the embedded database in which rules and merges are computed: typed tables in, rows out.

The methods that engine/engine.py does not name are for merging and loading, whose statements are DuckDB's own.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa
from sqlglot import exp

from depositary.engine.appending import Appending
from depositary.engine.engine import ColumnType, Dialect, Filling
from depositary.engine.many_rows import for_many_rows
from depositary.engine.sql import literal
from depositary.errors import EngineError

ARRIVING = "arriving"
GROUP = 122_880  # rows that a table keeps together
_CHUNK = 10_000  # rows fetched at once
_HELD = '"held"'
_BATCH = 100_000  # rows given at once in columns
_PATTERN = frozenset("*?[{")  # characters for which the database looks for several files
_WHOLE = frozenset({"BIGINT", "INTEGER", "HUGEINT", "UBIGINT", "SMALLINT", "TINYINT"})


class _DuckDBDialect:
    """How DuckDB writes lists and rules."""

    def printed(self, tree: exp.Expr) -> str:
        return tree.sql("duckdb")

    def printed_for_many(self, tree: exp.Expr) -> str:
        return for_many_rows(tree).sql("duckdb", copy=False)

    def list_of(self, values: Iterable[str]) -> str:
        return f"[{', '.join(values)}]"

    def gathered(self, value: str) -> str:
        return f"list({value})"

    def overlap(self, one: str, other: str) -> str:
        return f"list_has_any({one}, {other})"

    def in_order(self, values: str) -> str:
        return f"list_sort({values})"

    def unnested(self, lists: Mapping[str, str], source: str, *kept: str) -> str:
        columns = (*kept, *(f"UNNEST({values}) AS {name}" for name, values in lists.items()))
        return f"SELECT {', '.join(columns)} FROM {source}"  # noqa: S608 (the caller's own SQL)


class DuckDB:
    """One database for one run, without access to files and settings except its own temporary ones.

    Args:
        seconds: how long one statement may run before it is stopped.
        memory: bytes; beyond this, sorting and grouping use files in a temporary folder.
        few_rows: use one thread, because several would only wait for each other.
    """

    dialect: Dialect = _DuckDBDialect()

    def __init__(self, seconds: float, memory: int, *, few_rows: bool = False) -> None:
        self._seconds = seconds
        self._rows_put: dict[str, int] = {}  # by the name of a table
        self._files: dict[str, list[Path]] = {}  # with the rows of tables that are views of files
        self._filled_files: list[Filling] = []
        self._numbers = count()
        self._folder = tempfile.TemporaryDirectory(prefix="depositary-", ignore_cleanup_errors=True)
        self._database = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{memory}B",
                "max_execution_time": max(1, round(seconds * 1000)),
                "temp_directory": self._folder.name,
                "python_enable_replacements": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                **({"threads": 1} if few_rows else {}),
            },
        )
        self._database.execute(f"SET allowed_directories = [{literal(self._folder.name)}]")
        self._database.execute("SET parquet_metadata_cache = true")  # a table may be read part by part
        self._database.execute("SET enable_external_access = false")
        self._database.execute("SET lock_configuration = true")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        for file in self._filled_files:  # Windows removes no file that is open, as after Ctrl+C
            file.stop()
        self._folder.cleanup()

    def run(self, statement: str) -> None:
        """Run one statement without a result.

        Raises:
            EngineError: it is refused, fails or takes too long.
        """
        with self._engine_errors():
            self._database.execute(statement)

    def make(self, table: str, statement: str) -> int:
        """Run the statement that makes a table, in place of one with this name, and count its rows, as `put` does.

        Raises:
            EngineError: it is refused, fails or takes too long.
        """
        self._rows_put[table] = 0
        return self.put(table, statement)

    def put(self, table: str, statement: str) -> int:
        """Run a statement that puts rows into a table whose name is quoted, count them, and note whether there are any.

        Raises:
            EngineError: it is refused, fails or takes too long.
        """
        with self._engine_errors():
            counted = self._database.execute(statement).fetchone()
        return self._noted(table, counted)

    def make_of(self, table: str, rows: pa.Table) -> None:
        """Make a table of rows, under a name that no table has, and note whether there are any.

        Raises:
            EngineError: there is one of this name, or not enough memory for the rows.
        """
        with self._engine_errors():
            self._database.from_arrow(rows).create(table)
        self._rows_put[table] = len(rows)

    def has_rows(self, table: str) -> bool:
        """Return whether rows were put into a table that this made; they may have been deleted since."""
        return self.rows_put(table) > 0

    def rows_put(self, table: str) -> int:
        """Count the rows that were put into a table that this made; some may have been deleted since."""
        return self._rows_put.get(table, 0)

    def is_made(self, table: str) -> bool:
        """Return whether `make` or `make_of` made a table, and it is still there."""
        return table in self._rows_put

    def _noted(self, table: str, counted: Sequence[Any] | None) -> int:
        count = int(counted[0]) if counted else 0
        if count:
            self._rows_put[table] = self.rows_put(table) + count
        return count

    @contextmanager
    def _engine_errors(self) -> Iterator[None]:
        """Turn an error of the database into one line."""
        try:
            yield
        except duckdb.InterruptException as error:
            raise EngineError(f"it took longer than {self._seconds:g} seconds and was stopped") from error
        except duckdb.Error as error:
            raise EngineError(str(error).splitlines()[0]) from error

    def schema(self, name: str) -> None:
        """Make a schema.

        Raises:
            EngineError: there is one of this name.
        """
        self.run(f"CREATE SCHEMA {name}")

    def create(self, table: str, columns: pa.Schema, rows: Sequence[pa.RecordBatch] = ()) -> None:
        """Make a table with these rows, whose name is already quoted.

        Raises:
            EngineError: there is one of this name, or it cannot have such columns.
        """
        with self._engine_errors():
            self._database.from_arrow(pa.Table.from_batches(rows, columns)).create(table)

    def view(self, name: str, query: str) -> None:
        """Create a view of a query, with a name that is already quoted.

        Raises:
            EngineError: the query is refused, or the name is taken.
        """
        self.run(f"CREATE VIEW {name} AS {query}")

    def append(self, table: str, rows: pa.Table | pa.RecordBatch) -> None:
        """Append rows to a table whose name is already quoted; its columns are those of the rows, in order.

        Raises:
            EngineError: there is not enough memory for them.
        """
        with self._engine_errors():
            self._database.from_arrow(rows).insert_into(table)
        self._noted(table, [len(rows)])

    def fill(self, table: str, columns: pa.Schema, *, is_new: bool) -> Filling:
        """Begin to put many rows into a table whose name is quoted, by a file: it is faster and takes little memory.

        If there is a table of this name that was made in another way, closing what this gives raises the error.
        """
        if not self.reads_files:
            return Appending(self, table, columns, is_new=is_new)
        from depositary.engine.row_file import RowFile  # noqa: PLC0415 (its library takes time to load)

        file = RowFile(Path(self._folder.name) / f"{next(self._numbers)}.parquet", partial(self._filled, table))
        self._filled_files.append(file)
        return file

    @property
    def reads_files(self) -> bool:
        """Return whether a table can be read from files of rows: the name of their folder is no pattern."""
        return not _PATTERN & set(self._folder.name)

    def read_from_files(self, table: str, writes: Iterable[Callable[[Path], int]]) -> int:
        """Make a table of many rows, whose name is quoted, that is read from Parquet files, and count its rows.

        Its rows are not changed, and not held in memory. Each function writes one file, with the same columns, and
        gives the number of its rows.

        Raises:
            EngineError: there is one of this name, or a file cannot be written.
        """
        files, count = self._files.setdefault(table, []), 0
        for write in writes:
            files.append(Path(self._folder.name) / f"{next(self._numbers)}.parquet")
            count += write(files[-1])
        self._view_of_files(table)
        self._rows_put[table] = count
        return count

    def hold(self, table: str) -> None:
        """Make a table of its own of one that is read from files, so that its rows can be changed.

        Raises:
            EngineError: there is not enough memory for the rows.
        """
        if table in self._files:
            count = self.rows_put(table)
            self.run(f"CREATE TABLE {_HELD} AS FROM {table}")
            self.drop(table)
            self.run(f"ALTER TABLE {_HELD} RENAME TO {table}")
            self._rows_put[table] = count

    def _filled(self, table: str, file: Path) -> None:
        self._files.setdefault(table, []).append(file)
        self._view_of_files(table)

    def _view_of_files(self, table: str) -> None:
        names = ", ".join(literal(str(one)) for one in self._files[table])
        rows = f"SELECT * FROM read_parquet([{names}], hive_partitioning = false)"  # noqa: S608 (quoted)
        self.run(f"CREATE OR REPLACE VIEW {table} AS {rows}")

    def put_through(self, table: str, statement: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> int:
        """Fill a table by a statement that reads rows in batches as `ARRIVING`, and count what it puts in.

        `ARRIVING` can be read once; `put` says what is noted.

        Raises:
            EngineError: it is refused, fails or takes too long.
            Exception: an error that the batches raise.
        """
        raised: list[Exception] = []

        def watched() -> Iterator[pa.RecordBatch]:
            try:
                yield from batches
            except Exception as error:  # the caller should see this error, not the one that the database makes from it
                raised.append(error)
                raise

        try:
            with self._engine_errors():
                self._database.register(ARRIVING, pa.RecordBatchReader.from_batches(schema, watched()))
                counted = self._database.execute(statement).fetchone()
                self._database.unregister(ARRIVING)
        except Exception:  # the database changes the type of an error of the batches; here the original is raised
            if raised:
                raise raised[0] from None
            raise
        self._rows_put.setdefault(table, 0)
        return self._noted(table, counted)

    def drop(self, table: str) -> None:
        """Remove a table.

        Raises:
            EngineError: there is none of this name.
        """
        if table in self._files:
            self.run(f"DROP VIEW {table}")
            for file in self._files[table]:
                file.unlink(missing_ok=True)
            del self._files[table]
        else:
            self.run(f"DROP TABLE {table}")
        self._rows_put.pop(table, None)

    def rows(self, query: str) -> Iterator[dict[str, Any]]:
        """Give the rows that a query selects, by column name.

        Raises:
            EngineError: it is refused, fails or takes too long.
        """
        self.run(query)
        names = [column[0] for column in self._database.description or ()]
        while chunk := self._fetch():
            for row in chunk:
                yield dict(zip(names, row, strict=True))

    def _fetch(self) -> Sequence[Sequence[Any]]:
        with self._engine_errors():
            return self._database.fetchmany(_CHUNK)

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """Give the result of a query in columns; no other statement may run before the last batch was read.

        Raises:
            EngineError: it is refused, fails or takes too long.
        """
        with self._engine_errors():
            yield from self._database.sql(query).to_arrow_reader(_BATCH)

    def table(self, name: str) -> pa.Table:
        """Give a table whose name is already quoted.

        Raises:
            EngineError: it is refused, fails or takes too long.
        """
        with self._engine_errors():
            return self._database.sql(f"FROM {name}").to_arrow_table()

    def keep(self, table: str, query: str) -> int:
        """Store the result of a query as a table whose name is already quoted, and count its rows.

        Raises:
            EngineError: it is refused, fails or takes too long.
        """
        self.run(f"CREATE OR REPLACE TABLE {table} AS {query}")
        ((count,),) = self._fetch()
        return int(count)

    def columns(self, table: str) -> dict[str, ColumnType]:
        """Name the columns of a table whose name is already quoted, and their types.

        Raises:
            EngineError: there is none of this name.
        """
        with self._engine_errors():
            described = self._database.table(table)
        return dict(zip(described.columns, map(_column_type, map(str, described.types)), strict=True))


def _column_type(name: str) -> ColumnType:
    return ColumnType(name, name.removesuffix("[]") in _WHOLE, name.endswith("[]"))
