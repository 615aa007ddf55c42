"""What rules ask of EDTF dates, said once as SQL trees that print for every engine.

A date of the world is a text (docs/decisions/0005): a year, month or day; `A/B` throughout from A to B; `[A..B]` on one
day within. `~` and `?` leave its bounds as they are, but nothing is certain by them.
"""

from collections.abc import Callable, Mapping
from functools import cache

from sqlglot import exp, parse_one

_DAY = r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?[~?]?"
PATTERN = rf"{_DAY}|({_DAY}|\.\.)/{_DAY}|{_DAY}/\.\.|\[({_DAY})?\.\.{_DAY}\]|\[{_DAY}\.\.\]"

# `A/B`, `A/`, `/B` or `A`: the two ends without what qualifies them, an open one empty.
_ENDS = "REPLACE(TRANSLATE(x, '[]~?', ''), '..', '/')"
_FROM, _TO = f"SPLIT_PART({_ENDS}, '/', 1)", f"SPLIT_PART({_ENDS}, '/', -1)"

_EARLIEST = f"""
CASE LENGTH({_FROM})
  WHEN 4 THEN TRY_CAST({_FROM} || '-01-01' AS DATE)
  WHEN 7 THEN TRY_CAST({_FROM} || '-01' AS DATE)
  WHEN 10 THEN TRY_CAST({_FROM} AS DATE)
END"""
_LATEST = f"""
CASE LENGTH({_TO})
  WHEN 4 THEN TRY_CAST({_TO} || '-12-31' AS DATE)
  WHEN 7 THEN LAST_DAY(TRY_CAST({_TO} || '-01' AS DATE))
  WHEN 10 THEN TRY_CAST({_TO} AS DATE)
END"""
_IS_EDTF = f"""
REGEXP_FULL_MATCH(x, '{PATTERN}')
  AND ({_FROM} = '' OR {_EARLIEST} IS NOT NULL)
  AND ({_TO} = '' OR {_LATEST} IS NOT NULL)
  AND COALESCE({_EARLIEST} <= {_LATEST}, TRUE)
  AND SUBSTRING({_FROM}, 1, 4) <> '0000' AND SUBSTRING({_TO}, 1, 4) <> '0000'"""
_UNCERTAIN = "(x LIKE '%~%' OR x LIKE '%?%' OR y LIKE '%~%' OR y LIKE '%?%')"
_BEFORE = f"CASE WHEN NOT {_UNCERTAIN} THEN {_LATEST} < {_EARLIEST.replace('(x,', '(y,')} END"

_TEMPLATES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "EARLIEST": (("x",), _EARLIEST),
    "LATEST": (("x",), _LATEST),
    "IS_EDTF": (("x",), _IS_EDTF),
    "CERTAINLY_BEFORE": (("x", "y"), _BEFORE),
}
NAMES = tuple(_TEMPLATES)


def arity(name: str) -> int:
    """Count what a function takes."""
    return len(_TEMPLATES[name][0])


def expand(name: str, *arguments: exp.Expr) -> exp.Expr:
    """Write one of the functions out over its arguments.

    `EARLIEST` and `LATEST` give the first and last possible day as a DATE, NULL where open; `IS_EDTF` whether the text
    is a date whose days are in the calendar and whose end is not before its start; `CERTAINLY_BEFORE` whether every
    day of the first is before every day of the second, NULL where a bound is open, uncertain or empty.
    """
    parameters, _ = _TEMPLATES[name]
    given = dict(zip(parameters, arguments, strict=True))
    return exp.paren(_template(name).copy().transform(_put(given)))


def _put(given: Mapping[str, exp.Expr]) -> Callable[[exp.Expr], exp.Expr]:
    return lambda node: given[node.name].copy() if isinstance(node, exp.Column) else node


@cache
def _template(name: str) -> exp.Expr:
    tree = parse_one(_TEMPLATES[name][1], dialect="duckdb")
    for node in tree.walk():
        if node.meta_get("line"):
            node.meta.clear()  # where it stood in the template; copying that took half the time of an expansion
    return tree
