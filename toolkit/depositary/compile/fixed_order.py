"""Queries whose answer does not depend on the order in which an engine reads the rows."""

from collections.abc import Iterator, Sequence

from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

# A sum of numbers with decimals depends on their order in its last digits.
_ORDERED = (exp.ArrayAgg, exp.Sum)
_NUMBERED = (exp.RowNumber, exp.Lag, exp.Lead)


def in_fixed_order(tree: exp.Expr) -> exp.Expr:
    """Give a qualified query lists, sums and numbers of rows that have one order.

    An order that the query has stays; what is equal by it is ordered by all that the query can see of it. So rows that
    are still equal cannot be distinguished in the answer.
    """
    tree = tree.copy()
    for scope in list(traverse_scope(tree)):
        select = scope.expression
        if isinstance(select, exp.Select):
            keys = [key.copy() for key in _keys(select, scope.columns)]
            for window in scope.find_all(exp.Window):
                _order_window(window, keys)
        for inner in scope.find_all(*_ORDERED):
            _order_values(inner)
    for array in tree.find_all(exp.Array):
        _order_array(array)
    return tree


def _keys(select: exp.Select, columns: list[exp.Column]) -> Iterator[exp.Expr]:
    """Name what distinguishes the rows of a SELECT: the columns that it reads or, of groups, what they are made by."""
    group = select.args.get("group")
    if group is not None and group.args.get("all"):  # with it, nothing else may be named in a window
        named = [one.unalias().copy() for one in select.selects if not one.find(exp.AggFunc, exp.Window)]
        group.replace(exp.Group(expressions=named))
        yield from named
    elif group is not None:
        yield from group.expressions
    elif not any(_makes_one_row(one, select) for one in select.find_all(exp.AggFunc)):
        yield from dict.fromkeys(columns)


def _makes_one_row(function: exp.AggFunc, select: exp.Select) -> bool:
    """Return whether a function makes one row of all; one in a window, or in a query within, does not."""
    outer = function.parent.parent if isinstance(function.parent, exp.Filter) else function.parent
    return not isinstance(outer, exp.Window) and function.parent_select is select


def _order_window(window: exp.Window, keys: Sequence[exp.Expr]) -> None:
    order, spec = window.args.get("order"), window.args.get("spec")
    counts_rows = isinstance(window.this, _NUMBERED) or (spec is not None and spec.args.get("kind") == "ROWS")
    if order is not None and counts_rows:
        _add(order, keys)


def _order_values(inner: exp.Expr) -> None:
    order = inner.this if isinstance(inner.this, exp.Order) else exp.Order(this=inner.this.copy(), expressions=[])
    values = order.this.expressions if isinstance(order.this, exp.Distinct) else [order.this]
    _add(order, values)
    inner.set("this", order)


def _order_array(array: exp.Array) -> None:
    for query in array.expressions:
        if isinstance(query, exp.Query):
            order = query.args.get("order") or exp.Order(expressions=[])
            positions = [exp.Literal.number(number) for number in range(1, len(query.selects) + 1)]
            _add(order, positions)
            query.set("order", order)


def _add(order: exp.Expr, keys: Sequence[exp.Expr]) -> None:
    order.set("expressions", [*order.expressions, *(exp.Ordered(this=key.copy()) for key in keys)])
