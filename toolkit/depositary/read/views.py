"""The derived views in `schemas/views/`: common joins, written once for every engine.

A file begins with comments (what a row is; after the last empty line, what each column is) and has one query.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from depositary.compile import edtf
from depositary.compile.language import Language, RuleError
from depositary.model.package import Package
from depositary.model.table import Field
from depositary.read.shipped import schemas

_NO_DAY = date(1970, 1, 1)  # views do not use the current day
_COLUMN = re.compile(r"([a-z_][a-z0-9_]*): (.*)")


@dataclass(frozen=True)
class View:
    """A derived table: what a row is, what each column is, and the query; `reads` has the tables and views it needs."""

    name: str
    description: str
    columns: Mapping[str, str]
    sql: str
    reads: frozenset[str]

    def query(self, dialect: str) -> str:
        """Write the query for an engine: `duckdb` or `sqlite`."""
        tree = parse_one(self.sql, dialect="duckdb")
        return tree.transform(_written_out(dialect)).sql(dialect, comments=False)

    def fields(self, package: Package) -> dict[str, Field]:
        """Give the field of the package whose values a column repeats, for the columns that certainly do."""
        known = {view.name: view for view in views_of(package)}
        return _fields(self, package, known)


def _fields(view: View, package: Package, known: Mapping[str, View]) -> dict[str, Field]:
    tables: dict[str, object] = {name: _columns_of(name, package, known) for name in view.reads}
    tree = qualify(parse_one(view.sql, dialect="duckdb"), dialect="duckdb", schema=tables, quote_identifiers=False)
    scope = build_scope(tree)
    found: dict[str, Field] = {}
    for name in view.columns:
        table, column = _origin(scope, name) or ("", "")
        if table in known:
            field = _fields(known[table], package, known).get(column)
        else:
            field = package[table].table[column] if table in package else None
        if field:
            found[name] = field
    return found


def _columns_of(name: str, package: Package, known: Mapping[str, View]) -> dict[str, str]:
    names = known[name].columns if name in known else package[name].table.field_names
    return dict.fromkeys(names, "UNKNOWN")


def _origin(scope: Scope | None, column: str) -> tuple[str, str] | None:
    """Find the table and column whose values a column of a query repeats; for a UNION it is not certain."""
    if scope is None or not isinstance(scope.expression, exp.Select):
        return None
    taken = [one.unalias() for one in scope.expression.selects if one.alias_or_name == column]
    if len(taken) != 1 or not isinstance(taken[0], exp.Column):
        return None
    source = scope.sources.get(taken[0].table)
    if isinstance(source, exp.Table):
        return source.name, taken[0].name
    return _origin(source, taken[0].name) if isinstance(source, Scope) else None


def views_of(package: Package) -> list[View]:
    """Give the views for which a package has all tables and columns, each after those that it reads."""
    return list(_fitting(tuple((one.name, tuple(one.table.field_names)) for one in package)))


@lru_cache(maxsize=8)
def _fitting(of_tables: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[View, ...]:
    """Give the views for tables with some columns; each query is parsed, which takes time."""
    tables = dict(of_tables)
    found: dict[str, View] = {}
    for view in shipped_views():
        if view.name not in tables and _fits(view, tables, found):
            found[view.name] = view
    return tuple(found.values())


def _fits(view: View, tables: Mapping[str, Collection[str]], before: Mapping[str, View]) -> bool:
    derived = {name: tuple(one.columns) for name, one in before.items()}
    if not view.reads <= tables.keys() | derived.keys():
        return False
    try:
        Language({n: tuple(c) for n, c in tables.items()}, _NO_DAY, derived).query(view.sql)
    except RuleError:
        return False
    return True


@cache
def shipped_views() -> tuple[View, ...]:
    """Read all views, each after those that it reads."""
    files = sorted((schemas() / "views").glob("*.sql"))
    waiting = {file.stem: _view(file.stem, file.read_text(encoding="utf-8")) for file in files}
    ordered: list[View] = []
    while waiting:
        ready = [view for view in waiting.values() if not view.reads & waiting.keys()]
        ordered += ready
        for view in ready:
            del waiting[view.name]
    return tuple(ordered)


def _view(name: str, text: str) -> View:
    lines = text.splitlines()
    head = [line.removeprefix("--").removeprefix(" ") for line in lines if line.startswith("--")]
    sql = "\n".join(line for line in lines if not line.startswith("--"))
    tree = parse_one(sql, dialect="duckdb")
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    reads = frozenset(table.name for table in tree.find_all(exp.Table)) - own
    at = len(head) - 1 - head[::-1].index("") if "" in head else len(head)
    return View(name, " ".join(filter(None, head[:at])), dict(_columns(head[at + 1 :])), sql, reads)


def _columns(lines: list[str]) -> Iterator[tuple[str, str]]:
    name, words = "", list[str]()
    for line in lines:
        begins = _COLUMN.fullmatch(line)
        if begins:
            if name:
                yield name, " ".join(words)
            name, words = begins[1], [begins[2]]
        else:
            words.append(line.strip())
    if name:
        yield name, " ".join(words)


def _written_out(dialect: str) -> Callable[[exp.Expr], exp.Expr]:
    def put(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Anonymous) and node.name.upper() in edtf.NAMES:
            return edtf.expand(node.name.upper(), *node.expressions, dialect=dialect)
        return node

    return put
