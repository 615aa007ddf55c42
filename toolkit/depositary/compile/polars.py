"""Row tests of rules as polars expressions, from the same trees as the SQL."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Any

import polars as pl
from sqlglot import exp

from depositary.compile.language import NotSayableError, RowTest

Columns = Callable[[str], pl.Expr]


def broken(test: RowTest, cell: str = "") -> pl.Expr:
    """Give the expression that is true for the rows that break a test, and never null; `cell` is the cell's column."""
    columns: Columns = lambda name: pl.col(cell or name)  # noqa: E731
    when = expression(test.when, columns).fill_null(value=False) if test.when else pl.lit(value=True)
    return when & ~expression(test.holds, columns).fill_null(value=True)


def expression(tree: exp.Expr, columns: Columns = pl.col) -> pl.Expr:
    """Write a tree as an expression with the same value, NULL included.

    Raises:
        NotSayableError: polars has no equivalent.
    """
    say = _SAYINGS.get(type(tree))
    if say is None:
        raise NotSayableError(f"{type(tree).__name__} cannot be written as polars")
    return say(tree, lambda node: expression(node, columns), columns)


_Say = Callable[[Any, Callable[[Any], pl.Expr], Columns], pl.Expr]


def _binary(apply: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> _Say:
    return lambda node, say, _: apply(say(node.this), say(node.expression))


def _unary(apply: Callable[[pl.Expr], pl.Expr]) -> _Say:
    return lambda node, say, _: apply(say(node.this))


def _literal(node: exp.Literal, *_: object) -> pl.Expr:
    if node.is_string:
        return pl.lit(node.this)
    if re.fullmatch(r"[0-9]+", node.this):
        return pl.lit(int(node.this))
    return pl.lit(Decimal(node.this)) if "e" not in node.this.lower() else pl.lit(float(node.this))


def _is(node: exp.Is, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    if not isinstance(node.expression, exp.Null):
        raise NotSayableError("IS can be written as polars only before NULL")
    return say(node.this).is_null()


def _in(node: exp.In, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    this = say(node.this)
    if all(isinstance(value, exp.Literal) and value.is_string for value in node.expressions):
        return this.is_in([value.name for value in node.expressions])  # a set: as fast for many as for one
    return reduce(lambda a, b: a | b, [this == say(value) for value in node.expressions])


def _between(node: exp.Between, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    this = say(node.this)
    return (this >= say(node.args["low"])) & (this <= say(node.args["high"]))


def _like(node: exp.Like, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    return say(node.this).str.contains(f"(?s)^(?:{_like_pattern(node)})$")


def _like_pattern(node: exp.Like) -> str:
    if not isinstance(node.expression, exp.Literal):
        raise NotSayableError("a pattern that is not a literal text")
    parts = {"%": ".*", "_": "."}
    return "".join(parts.get(letter, re.escape(letter)) for letter in node.expression.this)


def _full_match(node: exp.RegexpFullMatch, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    return say(node.this).str.contains(f"^(?:{node.expression.name})$")


def _case(node: exp.Case, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    subject = say(node.this) if node.this else None
    chain: Any = pl
    for branch in node.args["ifs"]:
        wanted = say(branch.this)
        chain = chain.when(wanted if subject is None else subject == wanted).then(say(branch.args["true"]))
    default = node.args.get("default")
    ended: pl.Expr = chain.otherwise(say(default) if default else None)
    return ended


def _coalesce(node: exp.Coalesce, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    return pl.coalesce([say(part) for part in (node.this, *node.expressions)])


def _replace(node: exp.Replace, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    new = node.args.get("replacement")
    return say(node.this).str.replace_all(say(node.expression), say(new) if new else pl.lit(""), literal=True)


def _translate(node: exp.Translate, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    if node.args["to"].name:
        raise NotSayableError("TRANSLATE into other letters")
    letters = re.escape(node.args["from_"].name)
    return say(node.this).str.replace_all(f"[{letters}]", "")


def _substring(node: exp.Substring, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    length = node.args.get("length")
    return say(node.this).str.slice(say(node.args["start"]) - 1, say(length) if length else None)


def _split_part(node: exp.SplitPart, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    index = int(node.args["part_index"].sql())
    parts = say(node.this).str.split(node.args["delimiter"].name)
    part = parts.list.get(index - 1 if index > 0 else index, null_on_oob=True)
    return pl.when(parts.is_not_null()).then(part.fill_null(""))


def _trim(node: exp.Trim, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    if node.args.get("position") or node.args.get("expression"):
        raise NotSayableError("TRIM of more than spaces")
    return say(node.this).str.strip_chars(" ")


_TYPES: Mapping[str, Any] = {
    "BIGINT": pl.Int64,
    "INT": pl.Int64,
    "DOUBLE": pl.Float64,
    "BOOLEAN": pl.Boolean,
    "TEXT": pl.String,
    "VARCHAR": pl.String,
}


def _cast(node: exp.Cast, say: Callable[[Any], pl.Expr], _: Columns) -> pl.Expr:
    kind = node.to.this.name
    if kind == "DATE":
        if isinstance(node.this, exp.Literal):
            return pl.lit(date.fromisoformat(node.this.name))
        return say(node.this).str.to_date("%Y-%m-%d", strict=False)
    if kind not in _TYPES:
        raise NotSayableError(f"a cast to {kind}")
    return say(node.this).cast(_TYPES[kind], strict=False)


_SAYINGS: Mapping[type[exp.Expr], _Say] = {
    exp.Column: lambda node, _, columns: columns(node.name),
    exp.Literal: _literal,
    exp.Null: lambda *_: pl.lit(None),
    exp.Boolean: lambda node, *_: pl.lit(value=node.this),
    exp.Paren: _unary(lambda a: a),
    exp.And: _binary(lambda a, b: a & b),
    exp.Or: _binary(lambda a, b: a | b),
    exp.Not: _unary(lambda a: ~a),
    exp.EQ: _binary(lambda a, b: a == b),
    exp.NEQ: _binary(lambda a, b: a != b),
    exp.GT: _binary(lambda a, b: a > b),
    exp.GTE: _binary(lambda a, b: a >= b),
    exp.LT: _binary(lambda a, b: a < b),
    exp.LTE: _binary(lambda a, b: a <= b),
    exp.NullSafeEQ: _binary(lambda a, b: a.eq_missing(b)),
    exp.NullSafeNEQ: _binary(lambda a, b: a.ne_missing(b)),
    exp.Add: _binary(lambda a, b: a + b),
    exp.Sub: _binary(lambda a, b: a - b),
    exp.Mul: _binary(lambda a, b: a * b),
    exp.Mod: _binary(lambda a, b: a % b),
    exp.Neg: _unary(lambda a: -a),
    exp.Abs: _unary(lambda a: a.abs()),
    exp.Is: _is,
    exp.In: _in,
    exp.Between: _between,
    exp.Like: _like,
    exp.RegexpFullMatch: _full_match,
    exp.Case: _case,
    exp.Coalesce: _coalesce,
    exp.DPipe: _binary(lambda a, b: pl.concat_str([a, b])),
    exp.Length: _unary(lambda a: a.str.len_chars().cast(pl.Int64)),
    exp.Lower: _unary(lambda a: a.str.to_lowercase()),
    exp.Upper: _unary(lambda a: a.str.to_uppercase()),
    exp.Translate: _translate,
    exp.Trim: _trim,
    exp.Replace: _replace,
    exp.Substring: _substring,
    exp.SplitPart: _split_part,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.LastDay: _unary(lambda a: a.dt.month_end()),
}
