"""A second engine, for tests only: SQLite, with what it lacks said in Python. It shows that the seam is one."""

import math
import re
import sqlite3
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
from sqlglot import exp

from depositary.engine.appending import Appending
from depositary.engine.engine import ColumnType
from depositary.errors import EngineError

# SQLite has no lists: here they are texts whose order is that of the lists.
_LIST, _BETWEEN = "\x1f", "\x1e"


def _written(values: Iterable[Any]) -> str:
    return _LIST + _BETWEEN.join("n" if v is None else f"i{v:020d}" if isinstance(v, int) else f"s{v}" for v in values)


def _is_list(value: object) -> bool:
    return isinstance(value, str) and value.startswith(_LIST)


def _read(text: str) -> list[Any]:
    parts = text[1:].split(_BETWEEN) if text[1:] else []
    return [None if part == "n" else int(part[1:]) if part[0] == "i" else part[1:] for part in parts]


class _Gathered:
    """The aggregate that makes a list."""

    def __init__(self) -> None:
        self._values: list[Any] = []

    def step(self, value: Any) -> None:
        self._values.append(value)

    def finalize(self) -> str | None:
        return _written(self._values) if self._values else None


class _Sum:
    """The sum of decimals, which in SQLite are floats."""

    def __init__(self) -> None:
        self._values: list[Any] = []

    def step(self, value: Any) -> None:
        self._values += [] if value is None else [Decimal(str(value))]

    def finalize(self) -> float | None:
        return _value(sum(self._values)) if self._values else None


def _day(text: str | None) -> str | None:
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _last_day(text: str) -> str:
    day = date.fromisoformat(text)
    return day.replace(day=monthrange(day.year, day.month)[1]).isoformat()


def _number(text: Any) -> int | float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _part(text: str, by: str, at: int) -> str:
    parts = text.split(by)
    return parts[at - 1 if at > 0 else at] if abs(at) <= len(parts) else ""


def _strict(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give NULL where an argument is NULL."""
    return lambda *given: None if None in given else function(*given)


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "list_of": lambda *values: _written(values),
    "overlap": _strict(lambda one, other: not {*_read(one)}.isdisjoint(_read(other))),
    "in_order": _strict(lambda values: _written(sorted(_read(values), key=lambda value: (value is not None, value)))),
    "value_at": lambda values, at: _read(values)[at],
    "length_of": lambda values: 0 if values is None else len(_read(values)),
    "day": _day,
    "last_day": _strict(_last_day),
    "number": _number,
    "modulo": _strict(math.fmod),
    "regexp_full_match": _strict(lambda text, pattern: re.fullmatch(pattern, text) is not None),
    "split_part": _strict(_part),
    "translate": _strict(lambda text, old, new: text.translate({ord(c): new[i : i + 1] for i, c in enumerate(old)})),
    "greatest": lambda *values: max((v for v in values if v is not None), default=None),
    "least": lambda *values: min((v for v in values if v is not None), default=None),
}


def _called(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[argument.transform(_in_sqlite) for argument in arguments])


def _in_sqlite(node: exp.Expr) -> exp.Expr:
    """Put a function in the place of what SQLite does not have."""
    if isinstance(node, exp.Cast) and node.to.this.name == "DATE":
        return _called("day", node.this)
    if isinstance(node, exp.TryCast):
        return exp.cast(_called("number", node.this), node.to)
    if isinstance(node, exp.Mod):
        return _called("modulo", node.this, node.expression)
    if isinstance(node, exp.Sum) and not isinstance(node.parent, exp.Window):
        return _called("exact_sum", node.this)
    if isinstance(node, exp.ArrayAgg):
        return _called("gathered", node.this)
    if isinstance(node, (exp.Array, exp.Greatest, exp.Least)):
        name = {exp.Array: "list_of", exp.Greatest: "greatest", exp.Least: "least"}[type(node)]
        return _called(name, *([node.this] if node.args.get("this") else []), *node.expressions)
    return node


class _SQLiteDialect:
    def printed(self, tree: exp.Expr) -> str:
        return tree.transform(_in_sqlite).sql("sqlite")

    def printed_for_many(self, tree: exp.Expr) -> str:
        return self.printed(tree)

    def list_of(self, values: Iterable[str]) -> str:
        return f"list_of({', '.join(values)})"

    def gathered(self, value: str) -> str:
        return f"gathered({value})"

    def overlap(self, one: str, other: str) -> str:
        return f"overlap({one}, {other})"

    def in_order(self, values: str) -> str:
        return f"in_order({values})"

    def unnested(self, lists: Mapping[str, str], source: str, *kept: str) -> str:
        inner = ", ".join((*kept, *(f"{values} AS list_{name}" for name, values in lists.items())))
        outer = ", ".join((*kept, *(f"value_at(list_{name}, at) AS {name}" for name in lists)))
        long = f"length_of(list_{next(iter(lists))})"
        return (
            f"SELECT {outer} FROM (WITH RECURSIVE source AS (SELECT {inner} FROM {source}), places(at) AS ("  # noqa: S608
            f"SELECT 0 UNION ALL SELECT at + 1 FROM places WHERE at < (SELECT MAX({long}) FROM source)) "
            f"SELECT * FROM source JOIN places ON at < {long})"
        )


class SQLite:
    """A database of SQLite in memory."""

    dialect = _SQLiteDialect()

    def __init__(self, seconds: float, memory: int, *, few_rows: bool = False) -> None:  # noqa: ARG002 (it needs none)
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        for name, function in _FUNCTIONS.items():
            self._database.create_function(name, -1, function, deterministic=True)
        self._database.create_aggregate("gathered", 1, _Gathered)
        self._database.create_aggregate("exact_sum", 1, _Sum)
        self._database.execute("PRAGMA case_sensitive_like = ON")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def schema(self, name: str) -> None:
        self.run(f"ATTACH ':memory:' AS {name}")

    def create(self, table: str, columns: pa.Schema, rows: Sequence[pa.RecordBatch] = ()) -> None:
        names = ('"' + name.replace('"', '""') + '"' for name in columns.names)
        typed = (f"{name} {_affinity(kind)}" for name, kind in zip(names, columns.types, strict=True))
        self.run(f"CREATE TABLE {table} ({', '.join(typed)})")
        for batch in rows:
            self.append(table, batch)

    def append(self, table: str, rows: pa.Table | pa.RecordBatch) -> None:
        values = zip(*(map(_value, column.to_pylist()) for column in rows.columns), strict=True)
        with _one_error():
            self._database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * rows.num_columns)})", values)  # noqa: S608

    def fill(self, table: str, columns: pa.Schema, *, is_new: bool) -> Appending:
        return Appending(self, table, columns, is_new=is_new)

    def drop(self, table: str) -> None:
        self.run(f"DROP TABLE {table}")

    def view(self, name: str, query: str) -> None:
        self.run(f"CREATE TABLE {name} AS {query}")  # its views cannot read another schema

    def keep(self, table: str, query: str) -> int:
        self.run(f"DROP TABLE IF EXISTS {table}")
        self.run(f"CREATE TABLE {table} AS {query}")
        return int(next(self.rows(f"SELECT COUNT(*) AS n FROM {table}"))["n"])  # noqa: S608

    def columns(self, table: str) -> dict[str, ColumnType]:
        """Name the columns and what they hold; a column has no type, so its values have to say it."""
        with _one_error():
            names = [column[0] for column in self._database.execute(f"SELECT * FROM {table}").description]  # noqa: S608
        rows = list(self.rows(f"SELECT * FROM {table}"))  # noqa: S608
        return {name: _column_type([row[name] for row in rows if row[name] is not None]) for name in names}

    def run(self, statement: str) -> None:
        with _one_error():
            self._database.execute(statement)

    def rows(self, query: str) -> Iterator[dict[str, Any]]:
        with _one_error():
            found = self._database.execute(query)
            names = [column[0] for column in found.description]
            for row in found:
                yield dict(zip(names, map(_given, row), strict=True))


@contextmanager
def _one_error() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise EngineError(str(error)) from error


def _affinity(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return "INTEGER"
    return "NUMERIC" if pa.types.is_decimal(kind) else "TEXT"


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return _written(value)
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value if value is None or isinstance(value, int) else str(value)


def _given(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(f"{value:.9f}")
    return _read(value) if _is_list(value) else value


def _column_type(values: Sequence[Any]) -> ColumnType:
    inner = [one for value in values for one in (value if isinstance(value, list) else [value]) if one is not None]
    kind = type(inner[0]).__name__ if inner else "nothing"
    return ColumnType(kind, not inner or kind == "int", bool(values) and isinstance(values[0], list))
