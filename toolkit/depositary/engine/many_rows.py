"""Rewrite a query so that it takes less time and memory on many rows; its result stays the same."""

from collections.abc import Iterator

from sqlglot import exp

_PLAIN = frozenset({"expressions", "from_", "where"})  # the parts of a SELECT that only chooses rows and columns
_HASH = "row_hash"


def for_many_rows(tree: exp.Expr) -> exp.Expr:
    """Rewrite a copy of a query whose names are qualified."""
    tree = tree.copy()
    if not any(part.args.get("recursive") for part in tree.find_all(exp.With)):
        named = list(tree.find_all(exp.CTE))
        for part in named:
            _leave_open(part)
        for select in list(tree.find_all(exp.Select)):
            _without_single_rows(select, {part.alias for part in named})
    return tree


def _leave_open(part: exp.CTE) -> None:
    """Let the database read the table again where a part of the query is used: there, most rows may be left out."""
    select = part.this
    if isinstance(select, exp.Select) and _table(select) and _has_only(select, _PLAIN):
        aggregates = any(one.find(exp.AggFunc, exp.Window, exp.Query) for one in select.expressions)
        where = select.args.get("where")
        if not aggregates and not (where and where.find(exp.Query)):
            part.set("materialized", value=False)


def _without_single_rows(select: exp.Select, parts: set[str]) -> None:
    """Leave out the rows that are alone in their group, if only groups of several are wanted: most rows are alone.

    Equal values have equal hashes, so all rows of a wanted group stay.
    """
    table, group, where = _table(select), select.args.get("group"), select.args.get("where")
    if not table or table.name in parts or not group or not _has_only(group, {"expressions"}):
        return
    if not any(map(_is_several, _all_of(select.args.get("having")))):
        return
    read = [*group.expressions, *([where.this] if where else [])]
    columns = [column for one in read for column in one.find_all(exp.Column)]
    if any(one.find(exp.Query) for one in read) or any(column.table != table.alias_or_name for column in columns):
        return
    hashed = exp.Anonymous(this="hash", expressions=[one.copy() for one in group.expressions])
    hashes = exp.select(exp.alias_(hashed, _HASH)).from_(table.copy())
    hashes = hashes.where(where.this.copy()) if where else hashes
    several = exp.select(_HASH).from_(hashes.subquery("hashes")).group_by(_HASH).having("COUNT(*) > 1")
    select.where(exp.In(this=hashed.copy(), query=several.subquery()), copy=False)


def _table(select: exp.Select) -> exp.Table | None:
    """Give the only table that a SELECT reads."""
    source = select.args.get("from_")
    table = source.this if source else None
    joined = any(select.args.get(name) for name in ("joins", "laterals", "with_"))
    return table if isinstance(table, exp.Table) and not joined and not table.args.get("joins") else None


def _has_only(node: exp.Expr, parts: frozenset[str] | set[str]) -> bool:
    return all(name in parts or not value for name, value in node.args.items())


def _all_of(having: exp.Expr | None) -> Iterator[exp.Expr]:
    if having:
        yield from having.this.flatten() if isinstance(having.this, exp.And) else [having.this]


def _is_several(condition: exp.Expr) -> bool:
    """Return whether it is COUNT(*) > 1."""
    if not isinstance(condition, exp.GT) or not isinstance(condition.this, exp.Count):
        return False
    return isinstance(condition.this.this, exp.Star) and condition.expression == exp.Literal.number(1)
