"""The language of rules: SQL, of which only what is listed here is let through.

Rules come with packages, and packages from strangers. A rule may read the columns of its package's tables and call
pure functions; it reaches no file, no setting and no other database.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import OptimizeError, ParseError, SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from depositary.compile import edtf

ROW = "_row"
CELL = "cell"

_EXPRESSIONS = (
    # values and columns
    exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.Paren, exp.Tuple,
    # comparing
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ,
    exp.Is, exp.In, exp.Between, exp.Like, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Greatest, exp.Least,
    # counting
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.Abs, exp.Floor, exp.Ceil, exp.Round, exp.Pow,
    # text and dates
    exp.DPipe, exp.Length, exp.Lower, exp.Upper, exp.Trim, exp.Replace, exp.Substring, exp.SplitPart,
    exp.RegexpFullMatch, exp.Cast, exp.TryCast, exp.DataType, exp.DataTypeParam, exp.LastDay,
)  # fmt: skip
_QUERIES = (
    exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Distinct, exp.Union,
    exp.With, exp.CTE, exp.TableAlias, exp.Table, exp.Alias, exp.Star, exp.Subquery, exp.Exists, exp.Values,
    exp.Count, exp.Sum, exp.Min, exp.Max, exp.ArrayAgg, exp.Array, exp.Filter, exp.GroupConcat,
    exp.Window, exp.WindowSpec, exp.RowNumber, exp.Lag, exp.Lead,
)  # fmt: skip
_CASTS = {"DATE", "DECIMAL", "BIGINT", "DOUBLE", "BOOLEAN", "TEXT", "VARCHAR", "INT"}


class RuleError(ValueError):
    """Raised when a rule is not in the language; its text says what and where."""


class NotSayableError(NotImplementedError):
    """Raised when a tree holds what the layer cannot say; the rule is then judged elsewhere."""


@dataclass(frozen=True)
class RowTest:
    """An expression asked of each row of a table, and the columns it reads.

    A row breaks it where `when` is true (or absent) and `holds` is false; unknown is neither.
    """

    holds: exp.Expr
    when: exp.Expr | None = None
    columns: tuple[str, ...] = ()

    @property
    def broken(self) -> exp.Expr:
        """Give the condition that is true for the rows that break the test."""
        broken = exp.not_(exp.paren(self.holds.copy()))
        return exp.and_(exp.paren(self.when.copy()), broken) if self.when else broken


@dataclass(frozen=True)
class Query:
    """A query that selects what breaks a rule, and the columns it reads of each table."""

    tree: exp.Expr
    columns: Mapping[str, frozenset[str]]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Language:
    """What a rule can speak of: columns by table, tables derived from others, and the day that counts as today."""

    tables: Mapping[str, Sequence[str]]
    as_of: date
    derived: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def row_test(self, table: str, holds: str, when: str = "") -> RowTest:
        """Read an expression over the columns of one table.

        Raises:
            RuleError: it is no SQL, or speaks of what it may not.
        """
        return self._row_test(holds, when, {name.casefold(): name for name in self.tables[table]})

    def cell_test(self, holds: str, when: str = "") -> RowTest:
        """Read an expression over one cell, which it calls `cell`.

        Raises:
            RuleError: it is no SQL, or speaks of what it may not.
        """
        return self._row_test(holds, when, {CELL: CELL})

    def _row_test(self, holds: str, when: str, known: Mapping[str, str]) -> RowTest:
        trees = [self._expression(text, known) for text in (holds, when) if text]
        columns = dict.fromkeys(c.name for tree in trees for c in tree.find_all(exp.Column))
        return RowTest(trees[0], trees[1] if when else None, tuple(columns))

    def query(self, text: str) -> Query:
        """Read a query over the tables.

        Raises:
            RuleError: it is no SQL, or speaks of what it may not.
        """
        tree = self._parsed(text, (*_EXPRESSIONS, *_QUERIES))
        if not isinstance(tree, exp.Query):
            raise RuleError("a query has to be a SELECT")
        self._only_known_tables(tree)
        tree = self._expanded(tree)
        schema: dict[str, object] = {
            name: dict.fromkeys([*columns, ROW], "TEXT") for name, columns in self._everything().items()
        }
        try:
            qualified = qualify(tree, schema=schema, dialect="duckdb")
        except (OptimizeError, SqlglotError) as error:
            raise RuleError(_first_line(error)) from error
        outputs = qualified.named_selects if isinstance(qualified, exp.Query) else []
        return Query(qualified, self._used(qualified), tuple(outputs))

    def _everything(self) -> dict[str, Sequence[str]]:
        return {**self.tables, **self.derived}

    def _expression(self, text: str, known: Mapping[str, str]) -> exp.Expr:
        tree = self._parsed(text, _EXPRESSIONS)
        for column in tree.find_all(exp.Column):
            name = known.get(column.name.casefold(), "")
            if column.table or not name:
                raise RuleError(f"there is no column {column.sql()!r}")
            column.set("this", exp.to_identifier(name, quoted=True))
        return self._expanded(tree)

    def _parsed(self, text: str, allowed: tuple[type[exp.Expr], ...]) -> exp.Expr:
        try:
            tree = parse_one(text, dialect="duckdb")
        except (ParseError, SqlglotError) as error:
            raise RuleError(_place(error)) from error
        except RecursionError as error:
            raise RuleError("it is nested too deeply") from error
        for node in tree.walk():
            self._allow(node, allowed)
        return tree

    def _allow(self, node: exp.Expr, allowed: tuple[type[exp.Expr], ...]) -> None:
        if isinstance(node, exp.Anonymous):
            self._allow_own(node)
        elif not isinstance(node, allowed) or type(node) not in allowed:
            raise RuleError(f"{_shown(node)} is not among what a rule may use")
        elif isinstance(node, exp.RegexpFullMatch) and not isinstance(node.expression, exp.Literal):
            raise RuleError("a pattern has to be written out")
        elif isinstance(node, exp.DataType) and node.this.name not in _CASTS:
            raise RuleError(f"a rule may not cast to {node.sql('duckdb')}")
        elif isinstance(node, exp.Join) and node.args.get("using"):
            raise RuleError("write JOIN … ON instead of USING")

    def _allow_own(self, node: exp.Anonymous) -> None:
        name, count = node.name.upper(), len(node.expressions)
        wanted = {"AS_OF": 0, "DAYS_AGO": 1}.get(name, edtf.arity(name) if name in edtf.NAMES else None)
        if wanted is None:
            raise RuleError(f"the function {node.name} is not among what a rule may use")
        if count != wanted:
            raise RuleError(f"{node.name} takes {wanted}, not {count}")
        if name == "DAYS_AGO" and not node.expressions[0].is_int:
            raise RuleError("days_ago takes a whole number")

    def _only_known_tables(self, tree: exp.Expr) -> None:
        own = {cte.alias.casefold() for cte in tree.find_all(exp.CTE)}
        for table in tree.find_all(exp.Table):
            name = table.name.casefold()
            if not isinstance(table.this, exp.Identifier) or table.db:
                raise RuleError(f"{_shown(table)} is not a table of the package")
            if name not in own and name not in self._everything():
                raise RuleError(f"there is no table {table.name!r}")

    def _expanded(self, tree: exp.Expr) -> exp.Expr:
        def put(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Anonymous):
                return node
            name = node.name.upper()
            if name == "AS_OF":
                return _day(self.as_of)
            if name == "DAYS_AGO":
                return _day(self.as_of - timedelta(days=int(node.expressions[0].name)))
            return edtf.expand(name, *(argument.transform(put) for argument in node.expressions))

        return tree.transform(put)

    def _used(self, tree: exp.Expr) -> dict[str, frozenset[str]]:
        used: dict[str, set[str]] = {}
        for table, column in _sources(tree):
            used.setdefault(table, set())
            if column and column != ROW:
                used[table].add(column)
        return {name: frozenset(columns) for name, columns in used.items() if name in self._everything()}


def _sources(tree: exp.Expr) -> Iterator[tuple[str, str]]:
    """Name the tables that a qualified query reads, and which of their columns."""
    for scope in traverse_scope(tree):
        for source in scope.sources.values():
            if isinstance(source, exp.Table):
                yield source.name, ""
        for column in scope.columns:
            read = scope.sources.get(column.table)
            if isinstance(read, exp.Table):
                yield read.name, column.name


def _day(day: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(day.isoformat()), "DATE")


def _place(error: SqlglotError) -> str:
    details: list[dict[str, Any]] = getattr(error, "errors", [])
    if not details or not details[0].get("description"):
        return f"it is not SQL: {_first_line(error)}"
    first = details[0]
    description = str(first["description"]).rstrip(".")
    return f"it is not SQL: {description} at line {first['line']}, column {first['col']}, near {first['highlight']!r}"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")


def _shown(node: exp.Expr) -> str:
    text = node.sql("duckdb")
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004 (as much as a line of a message bears)
