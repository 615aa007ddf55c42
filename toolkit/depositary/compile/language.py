"""The language of rules: SQL, limited to the expressions in this list.

Rules come with packages, and packages come from strangers. A rule may read the columns of its package's tables and call
pure functions. It cannot access files, settings or other databases.
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, TypeGuard

from sqlglot import exp, parse_one
from sqlglot.errors import OptimizeError, ParseError, SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

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
    exp.Count, exp.Sum, exp.Min, exp.Max, exp.ArrayAgg, exp.Array, exp.Filter,
    exp.Window, exp.WindowSpec, exp.RowNumber, exp.Lag, exp.Lead,
)  # fmt: skip
# A stranger's query must neither hang nor fill the memory before a limit of the engine stops it.
_LONGEST = 20_000  # characters of an expression or query; ours have at most two thousand
_DEEPEST = 100  # nested expressions, without chains of AND and OR
_MOST_JOINED = 8  # texts joined with ||; each may double the length

_SYNTAX = "duckdb"  # in which rules are written, whatever engine runs them
# Names have the case of the package, also in messages.
_DIALECT = f"{_SYNTAX}, normalization_strategy=case_sensitive"
_CASTS = {"DATE", "DECIMAL", "BIGINT", "DOUBLE", "BOOLEAN", "TEXT", "VARCHAR", "INT"}


class RuleError(ValueError):
    """Raised when a rule is not in the language; its text gives the reason and the position."""


class NotSayableError(ValueError):
    """Raised when a layer cannot express a tree; another layer then checks the rule."""


@dataclass(frozen=True, eq=False)
class RowTest:
    """An expression that is evaluated for each row of a table, and the columns that it reads.

    A row breaks it if `when` is true (or absent) and `holds` is false; unknown is neither.
    """

    holds: exp.Expr
    when: exp.Expr | None = None
    columns: tuple[str, ...] = ()

    @cached_property
    def tree(self) -> exp.Expr:
        """Give the condition that is true for the rows that break the test."""
        broken: exp.Expr = exp.not_(exp.paren(self.holds), copy=False)  # `paren` copies
        return exp.and_(exp.paren(self.when), broken, copy=False) if self.when else broken

    def of_column(self, name: str) -> exp.Expr:
        """Give the condition on a cell for one column of a table."""

        def put(node: exp.Expr) -> exp.Expr:
            return exp.column(exp.to_identifier(name, quoted=True)) if isinstance(node, exp.Column) else node

        return self.tree.transform(put)


@dataclass(frozen=True, eq=False)
class Query:
    """A query that selects what breaks a rule, and the columns it reads of each table."""

    tree: exp.Expr
    columns: Mapping[str, frozenset[str]]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Language:
    """The names that a rule can use: columns by table, derived tables, and the day that counts as today."""

    tables: Mapping[str, Sequence[str]]
    as_of: date
    derived: Mapping[str, Sequence[str]] = field(default_factory=dict)
    _of_cells: dict[tuple[str, str], RowTest] = field(default_factory=dict, repr=False)

    def row_test(self, table: str, holds: str, when: str = "") -> RowTest:
        """Read an expression over the columns of one table.

        Raises:
            RuleError: it is not SQL, or it uses something forbidden.
        """
        return self._row_test(holds, when, {name.casefold(): name for name in self.tables[table]})

    def cell_test(self, holds: str, when: str = "") -> RowTest:
        """Read an expression over one cell with the name `cell`.

        Raises:
            RuleError: it is not SQL, or it uses something forbidden.
        """
        if (holds, when) not in self._of_cells:  # used for many tables
            self._of_cells[holds, when] = self._row_test(holds, when, {CELL: CELL})
        return self._of_cells[holds, when]

    def _row_test(self, holds: str, when: str, known: Mapping[str, str]) -> RowTest:
        trees = [self._expression(text, known) for text in (holds, when) if text]
        columns = dict.fromkeys(c.name for tree in trees for c in tree.find_all(exp.Column))
        return RowTest(trees[0], trees[1] if when else None, tuple(columns))

    def query(self, text: str) -> Query:
        """Read a query over the tables.

        Raises:
            RuleError: it is not SQL, or it uses something forbidden.
        """
        tree = self._parsed(text, (*_EXPRESSIONS, *_QUERIES))
        if not isinstance(tree, exp.Query):
            raise RuleError("a query has to be a SELECT")
        self._only_known_tables(tree)
        if tree.find(exp.DPipe) and (tree.find(exp.Array, exp.ArrayAgg) or _is_recursive(tree)):
            raise RuleError("texts may not be joined with || in a query with lists or recursion")
        tree = self._expanded(tree)
        try:
            with _without_log():
                qualified = qualify(tree, schema=self._schema, dialect=_DIALECT)
        except (OptimizeError, SqlglotError) as error:
            raise RuleError(_first_line(error)) from error
        outputs = qualified.named_selects if isinstance(qualified, exp.Query) else []
        if len({name.casefold() for name in outputs}) < len(outputs):
            raise RuleError("two of the columns that it selects have the same name")
        edtf.forget_positions(qualified)  # only messages of `qualify` name them
        used = self._used(qualified)
        return Query(qualified, used, tuple(outputs))

    @cached_property
    def _schema(self) -> MappingSchema:
        everything = self._everything().items()
        return MappingSchema(
            {name: dict.fromkeys([*columns, ROW], "TEXT") for name, columns in everything}, dialect=_DIALECT
        )

    def _everything(self) -> dict[str, Sequence[str]]:
        return {**self.tables, **self.derived}

    def _expression(self, text: str, known: Mapping[str, str]) -> exp.Expr:
        tree = self._parsed(text, _EXPRESSIONS)
        for column in tree.find_all(exp.Column):
            name = known.get(column.name.casefold(), "")
            if column.table or not name:
                raise RuleError(f"there is no column {_shown(column)}")
            column.set("this", exp.to_identifier(name, quoted=True))
        edtf.forget_positions(tree)
        return self._expanded(tree)

    def _parsed(self, text: str, allowed: tuple[type[exp.Expr], ...]) -> exp.Expr:
        if len(text) > _LONGEST:
            raise RuleError(f"it is longer than {_LONGEST:,} characters")
        try:
            with _without_log():
                tree = parse_one(text, dialect=_SYNTAX)
        except (ParseError, SqlglotError) as error:
            raise RuleError(_not_sql(error)) from error
        except RecursionError as error:
            raise RuleError("it is nested too deeply") from error
        _not_too_deep(tree)
        nodes = list(tree.walk())
        for node in nodes:
            node.comments = None
            self._allow(node, allowed)
        if sum(isinstance(node, exp.DPipe) for node in nodes) > _MOST_JOINED:
            raise RuleError(f"it joins more than {_MOST_JOINED} texts with ||")
        return tree

    def _allow(self, node: exp.Expr, allowed: tuple[type[exp.Expr], ...]) -> None:
        if isinstance(node, exp.Anonymous):
            self._allow_own(node)
        elif not isinstance(node, allowed) or type(node) not in allowed:
            raise RuleError(f"a rule may not use {_shown(node)}")
        elif isinstance(node, exp.RegexpFullMatch) and not isinstance(node.expression, exp.Literal):
            raise RuleError("a pattern must be a literal text")
        elif isinstance(node, exp.DataType) and node.this.name not in _CASTS:
            raise RuleError(f"a rule may not cast to {node.sql(_SYNTAX)}")
        elif isinstance(node, exp.Cast) and node.to.this.name == "DATE" and isinstance(node.this, exp.Literal):
            _require_date(node.this.name)
        elif isinstance(node, exp.Join) and (node.args.get("using") or node.args.get("method")):
            raise RuleError("write JOIN … ON instead of USING, NATURAL, ASOF and POSITIONAL")
        else:
            _not_longer_nor_by_chance(node)

    def _allow_own(self, node: exp.Anonymous) -> None:
        name, count = node.name.upper(), len(node.expressions)
        wanted = {"AS_OF": 0, "DAYS_AGO": 1}.get(name, edtf.arity(name) if name in edtf.NAMES else None)
        if wanted is None:
            raise RuleError(f"a rule may not use the function {node.name}")
        if count != wanted:
            raise RuleError(f"{node.name} takes {wanted}, not {count}")
        if name == "DAYS_AGO":
            self._days_ago(node.expressions[0])
        inner = {call.name.upper() for argument in node.expressions for call in argument.find_all(exp.Anonymous)}
        if name in edtf.NAMES and inner & set(edtf.NAMES):  # each is expanded several times inside the other
            raise RuleError(f"{node.name} may not have another date function as its argument")

    def _days_ago(self, number: exp.Expr) -> date:
        try:
            return self.as_of - timedelta(days=int(number.sql(_SYNTAX)))
        except (ValueError, OverflowError) as error:
            raise RuleError("days_ago takes a whole number of days, and the result must be a possible day") from error

    def _only_known_tables(self, tree: exp.Expr) -> None:
        own = {cte.alias for cte in tree.find_all(exp.CTE)}
        for table in tree.find_all(exp.Table):
            if not isinstance(table.this, exp.Identifier) or table.db:
                raise RuleError(f"{_shown(table)} is not a table of the package")
            if table.name not in own:
                self._require_table(table.name)

    def _require_table(self, name: str) -> None:
        if name not in self._everything():
            raise RuleError(f"there is no table {_short(name)!r}")

    def _expanded(self, tree: exp.Expr) -> exp.Expr:
        def put(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Anonymous):
                return node
            name = node.name.upper()
            if name == "AS_OF":
                return _day(self.as_of)
            if name == "DAYS_AGO":
                return _day(self._days_ago(node.expressions[0]))
            return edtf.expand(name, *(argument.transform(put) for argument in node.expressions))

        return tree.transform(put, copy=False) if tree.find(exp.Anonymous) else tree

    def _used(self, tree: exp.Expr) -> dict[str, frozenset[str]]:
        used: dict[str, set[str]] = {}
        for table, column in _sources(tree):
            self._require_table(table)  # it may have the name of a CTE in another place
            used.setdefault(table, set())
            if column and column != ROW:
                used[table].add(column)
        return {name: frozenset(columns) for name, columns in used.items()}


def _sources(tree: exp.Expr) -> Iterator[tuple[str, str]]:
    """Name the tables and columns that a qualified query reads."""
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


def _not_sql(error: SqlglotError) -> str:
    details: list[dict[str, Any]] = getattr(error, "errors", [])
    if not details or not details[0].get("description"):
        return f"it is not SQL: {_first_line(error)}"
    first = details[0]
    description = re.sub(r"Required keyword: .*", "something is missing", str(first["description"])).rstrip(".")
    near = _short(str(first["highlight"]))
    return f"it is not SQL: {description} at line {first['line']}, column {first['col']}, near {near!r}"


def _first_line(error: Exception) -> str:
    return _short(str(error).splitlines()[0].rstrip("."), 300)


def _shown(node: exp.Expr) -> str:
    return _short(node.sql(_SYNTAX) or node.key.upper())


def _short(text: str, longest: int = 60) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def _not_too_deep(tree: exp.Expr) -> None:
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > _DEEPEST:
            raise RuleError("it is nested too deeply")
        for child in node.iter_expressions():
            chained = isinstance(node, exp.Connector) and type(child) is type(node)
            waiting.append((child, depth if chained else depth + 1))


def _require_date(text: str) -> None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise RuleError(f"{_short(text)!r} is not an existing day; write it like 2026-01-31")


def _not_longer_nor_by_chance(node: exp.Expr) -> None:
    """Refuse expressions that make texts longer and longer, or that differ between runs."""
    if isinstance(node, exp.Replace):
        old, new = node.expression, node.args.get("replacement")
        if not (_is_text(new) and (not new.name or (_is_text(old) and len(new.name) <= len(old.name)))):
            raise RuleError("the new text of REPLACE must be a literal that is not longer than the old text")
    if isinstance(node, exp.Distinct) and node.args.get("on"):
        raise RuleError("DISTINCT ON keeps an arbitrary row; write MIN or MAX instead")
    ordered = not isinstance(node, exp.Window) or node.args.get("order")
    if not ordered and isinstance(node.this, (exp.RowNumber, exp.Lag, exp.Lead)):
        raise RuleError(f"{_shown(node)} needs an ORDER BY")


def _is_text(node: object) -> TypeGuard[exp.Literal]:
    return isinstance(node, exp.Literal) and node.is_string


def _is_recursive(tree: exp.Expr) -> bool:
    return any(part.recursive for part in tree.find_all(exp.With))


@contextmanager
def _without_log() -> Iterator[None]:
    """Stop the parser from writing messages about a stranger's text to the terminal."""
    log = logging.getLogger("sqlglot")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before
