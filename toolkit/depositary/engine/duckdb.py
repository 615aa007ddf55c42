"""The embedded database in which rules run: typed tables in, rows that break a rule out."""

import tempfile
from collections.abc import Iterator, Sequence
from threading import Timer
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from depositary.errors import DepositaryError

_MEMORY = "1GB"  # beyond that, sorting and grouping go to files in a folder of their own
_CHUNK = 10_000  # rows fetched at once


class EngineError(DepositaryError):
    """Raised when the database refuses a query or gives it up; its text is one line."""


class Engine:
    """One database for one run, closed to every file and setting but its own temporary ones.

    Args:
        seconds: how long one statement may run before it is given up.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._folder = tempfile.TemporaryDirectory(prefix="depositary-", ignore_cleanup_errors=True)
        self._database = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": _MEMORY,
                "temp_directory": self._folder.name,
                "python_enable_replacements": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        self._database.execute("SET enable_external_access = false")
        self._database.execute("SET lock_configuration = true")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def run(self, statement: str) -> None:
        """Run one statement for what it does.

        Raises:
            EngineError: it is refused, fails or takes too long.
        """
        timer = Timer(self._seconds, self._database.interrupt)
        timer.start()
        try:
            self._database.execute(statement)
        except duckdb.InterruptException as error:
            raise EngineError(f"it took longer than {self._seconds:g} seconds and was given up") from error
        except duckdb.Error as error:
            raise EngineError(_first_line(error)) from error
        finally:
            timer.cancel()

    def append(self, table: str, rows: pa.Table | pa.RecordBatch) -> None:
        """Append rows to a table whose name is already quoted; its columns are those of the rows, in order.

        Raises:
            EngineError: there is no room for them.
        """
        try:
            self._database.register("_rows", rows)
            self._database.execute(f"INSERT INTO {table} SELECT * FROM _rows")  # noqa: S608 (names are quoted)
            self._database.unregister("_rows")
        except duckdb.Error as error:
            raise EngineError(_first_line(error)) from error

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
        try:
            return self._database.fetchmany(_CHUNK)
        except duckdb.Error as error:
            raise EngineError(_first_line(error)) from error

    def columns(self, table: str) -> Sequence[tuple[str, str]]:
        """Name the columns of a table and their types."""
        described = self._database.execute(f"DESCRIBE {table}").fetchall()
        return [(str(name), str(kind)) for name, kind, *_ in described]


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
