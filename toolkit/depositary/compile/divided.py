"""Queries on tables whose rows are divided among several machines."""

from collections.abc import Collection, Iterator, Sequence

from sqlglot import exp

from depositary.compile.language import ROW, Query

_COMPARING = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)


def without_rows(tree: exp.Expr, tables: Collection[str]) -> exp.Expr:
    """Write a query whose names are qualified as if some tables had no rows."""

    def put(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Table) or node.name not in tables:
            return node
        nothing = exp.select("*").from_(exp.Table(this=node.this.copy())).where(exp.false())
        return exp.Subquery(this=nothing, alias=node.args["alias"].copy())

    return tree.transform(put)


def passes_rows_on(query: Query, parts: Sequence[str]) -> bool:
    """Return whether numbers of rows are only selected, as rows that take part, or compared with each other.

    Then other numbers in the same order give the same result. `parts` names the tables whose rows can take part.
    Numbers of rows of different tables may not be compared.
    """
    names = _names_of_rows(query)
    if any(names & columns for columns in query.columns.values()):  # a column of a table may have the name of numbers
        return False
    compares = len(query.columns) == 1
    columns = (column for column in query.tree.find_all(exp.Column) if column.name in names)
    is_plain = all(_is_selected(one) or (compares and _is_compared(one, names)) for one in columns)
    return is_plain and names & {*query.outputs} <= {*parts, "in_row"}


def _names_of_rows(query: Query) -> set[str]:
    """Name the columns that may have numbers of rows, in any part of a query."""
    names = {ROW}
    selected = [(_column(one.unalias()), set(_names(one))) for one in _selected(query.tree)]
    while more := {name for column, of in selected if column in names for name in of} - names:
        names |= more
    return names


def _selected(tree: exp.Expr) -> Iterator[exp.Expr]:
    return (one for select in tree.find_all(exp.Select) for one in select.expressions)


def _column(tree: exp.Expr) -> str:
    """Name the column that is selected, or gathered in a list; empty if it is something else."""
    tree = tree.this if isinstance(tree, exp.ArrayAgg) else tree
    return tree.name if isinstance(tree, exp.Column) else ""


def _names(selected: exp.Expr) -> Iterator[str]:
    """Name a selected column as its SELECT does, and as the UNIONs around it do."""
    yield selected.alias_or_name
    select = selected.parent
    at = select.expressions.index(selected) if isinstance(select, exp.Select) else 0
    tree: exp.Expr | None = select
    while isinstance(tree, exp.Query):
        yield from tree.named_selects[at : at + 1]
        tree = tree.parent


def _is_selected(column: exp.Expr) -> bool:
    parent = column.parent.parent if isinstance(column.parent, exp.ArrayAgg) else column.parent
    return isinstance(parent, exp.Select) or (isinstance(parent, exp.Alias) and isinstance(parent.parent, exp.Select))


def _is_compared(column: exp.Expr, names: set[str]) -> bool:
    parent = column.parent
    if isinstance(parent, _COMPARING):
        return all(isinstance(one, exp.Column) and one.name in names for one in (parent.this, parent.expression))
    return isinstance(parent, exp.Group)
