"""The interface that checks and rules use for a database; a second engine is a class with these methods.

Their own statements are standard SQL, with the names and texts of engine/sql.py. What databases write differently is
asked of the dialect. What they do differently is a method of the engine.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

import pyarrow as pa
from sqlglot import exp


@dataclass(frozen=True)
class ColumnType:
    """The type of a column: its name in the engine, and whether it is, or is a list of, whole numbers."""

    name: str
    is_whole: bool
    is_list: bool


class Dialect(Protocol):
    """How an engine writes expressions that are not in standard SQL; lists and their values are given as SQL."""

    def __hash__(self) -> int:
        """Tell dialects apart in the cache of printed SQL; the default hash is enough."""
        ...

    def printed(self, tree: exp.Expr) -> str:
        """Write a condition or a query of the rule language."""
        ...

    def printed_for_many(self, tree: exp.Expr) -> str:
        """Write a query that reads a table of many rows."""
        ...

    def list_of(self, values: Iterable[str]) -> str:
        """Write a list of values, all of one type."""
        ...

    def gathered(self, value: str) -> str:
        """Write the list of a value in all rows, as an aggregate."""
        ...

    def overlap(self, one: str, other: str) -> str:
        """Write the condition that two lists have a value in common; it is NULL if one of the lists is."""
        ...

    def in_order(self, values: str) -> str:
        """Write a list with its values in order."""
        ...

    def unnested(self, lists: Mapping[str, str], source: str, *kept: str) -> str:
        """Write the query that gives a row for each value of a list in each row of a source.

        Args:
            lists: by the name of the column that takes its values; in a row, several lists have one length.
            source: a table, or a table and a WHERE.
            kept: columns of the source that are repeated for each value, before the lists.
        """
        ...


class Filling(Protocol):
    """A table that is being filled with many rows."""

    def put(self, rows: Sequence[pa.RecordBatch]) -> None:
        """Add rows; texts may be given by their indexes in a dictionary."""
        ...

    def close(self) -> None:
        """End it: now the table has the rows."""
        ...

    def stop(self) -> None:
        """Forget the rows."""
        ...


class Engine(Protocol):
    """One database for one run, without access to files and settings; each method raises EngineError if it fails.

    Names of tables are given quoted. A schema `main` is there from the start.
    """

    @property
    def dialect(self) -> Dialect:
        """Give its dialect."""
        ...

    def __enter__(self) -> Self:
        """Open it."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it, and remove its files."""
        ...

    def schema(self, name: str) -> None:
        """Make a schema, whose tables have no name in common with those of others."""
        ...

    def create(self, table: str, columns: pa.Schema, rows: Sequence[pa.RecordBatch] = ()) -> None:
        """Make a table with these rows."""
        ...

    def append(self, table: str, rows: pa.Table) -> None:
        """Append rows to a table; its columns are those of the rows, in order."""
        ...

    def fill(self, table: str, columns: pa.Schema, *, is_new: bool) -> Filling:
        """Begin to put many rows into a table: a new one, or one that has only rows that came so."""
        ...

    def drop(self, table: str) -> None:
        """Remove a table."""
        ...

    def view(self, name: str, query: str) -> None:
        """Create a view of a query; the tables that the query reads do not change afterwards."""
        ...

    def keep(self, table: str, query: str) -> int:
        """Store the result of a query as a table, replace one with this name, and count its rows."""
        ...

    def columns(self, table: str) -> dict[str, ColumnType]:
        """Name the columns of a table and their types."""
        ...

    def run(self, statement: str) -> None:
        """Run one statement without a result."""
        ...

    def rows(self, query: str) -> Iterator[dict[str, Any]]:
        """Give the rows that a query selects, by column name; lists are Python lists.

        No other statement may run before the last row is taken.
        """
        ...


class Opener(Protocol):
    """The function that opens an engine."""

    def __call__(self, seconds: float, memory: int, *, few_rows: bool = False) -> Engine:
        """Open an engine; `seconds` limits a statement, `memory` the bytes before it uses files.

        If there are few rows, several threads would only wait for each other.
        """
        ...
