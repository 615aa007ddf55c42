"""Functions of rules on EDTF dates, written once as SQL trees that can be printed for every engine.

An EDTF date is a text (docs/decisions/0005): a year, month or day; `A/B` means the whole time from A to B; `[A..B]`
means one day in it. `~` and `?` do not change its bounds, but make them uncertain.
"""

from collections.abc import Callable, Mapping
from functools import cache

from sqlglot import exp, parse_one

_DAY = r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?[~?]?"
PATTERN = rf"{_DAY}|({_DAY}|\.\.)/{_DAY}|{_DAY}/\.\.|\[({_DAY})?\.\.{_DAY}\]|\[{_DAY}\.\.\]"

# `A/B`, `A/`, `/B` or `A`: the two ends without `~` and `?`; an open end is empty.
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

# SQLite has neither these functions nor dates: days are texts, and `date` corrects 30 February only with a modifier.
_ENDS_IN_SQLITE = "REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(x, '[', ''), ']', ''), '~', ''), '?', ''), '..', '/')"
_FROM_IN_SQLITE = f"SUBSTR({_ENDS_IN_SQLITE}, 1, INSTR({_ENDS_IN_SQLITE} || '/', '/') - 1)"
_TO_IN_SQLITE = f"LTRIM(SUBSTR({_ENDS_IN_SQLITE}, INSTR({_ENDS_IN_SQLITE}, '/') + 1), '/')"


def _day_in_sqlite(text: str) -> str:
    return f"CASE WHEN DATE({text}, '+0 days') = {text} THEN {text} END"


_EARLIEST_IN_SQLITE = f"""
CASE LENGTH({_FROM_IN_SQLITE})
  WHEN 4 THEN {_day_in_sqlite(f"({_FROM_IN_SQLITE} || '-01-01')")}
  WHEN 7 THEN {_day_in_sqlite(f"({_FROM_IN_SQLITE} || '-01')")}
  WHEN 10 THEN {_day_in_sqlite(_FROM_IN_SQLITE)}
END"""
_LATEST_IN_SQLITE = f"""
CASE LENGTH({_TO_IN_SQLITE})
  WHEN 4 THEN {_day_in_sqlite(f"({_TO_IN_SQLITE} || '-12-31')")}
  WHEN 7 THEN DATE({_TO_IN_SQLITE} || '-01', '+1 month', '-1 day')
  WHEN 10 THEN {_day_in_sqlite(_TO_IN_SQLITE)}
END"""
_BEFORE_IN_SQLITE = (
    f"CASE WHEN NOT {_UNCERTAIN} THEN {_LATEST_IN_SQLITE} < {_EARLIEST_IN_SQLITE.replace('(x,', '(y,')} END"
)

_TEMPLATES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "EARLIEST": (("x",), _EARLIEST),
    "LATEST": (("x",), _LATEST),
    "IS_EDTF": (("x",), _IS_EDTF),
    "CERTAINLY_BEFORE": (("x", "y"), _BEFORE),
}
NAMES = tuple(_TEMPLATES)
_TEMPLATES_IN_SQLITE: Mapping[str, str] = {
    "EARLIEST": _EARLIEST_IN_SQLITE,
    "LATEST": _LATEST_IN_SQLITE,
    "CERTAINLY_BEFORE": _BEFORE_IN_SQLITE,
}


def arity(name: str) -> int:
    """Give the number of arguments of a function."""
    return len(_TEMPLATES[name][0])


def expand(name: str, *arguments: exp.Expr, dialect: str = "duckdb") -> exp.Expr:
    """Expand one of the functions; for SQLite, all except `IS_EDTF`, and a DATE is a text there.

    `EARLIEST` and `LATEST` give the first and last possible day as a DATE, NULL where open; `IS_EDTF` whether the text
    is a date whose days are in the calendar and whose end is not before its start; `CERTAINLY_BEFORE` whether every
    day of the first is before every day of the second, NULL where a bound is open, uncertain or empty.
    """
    parameters, _ = _TEMPLATES[name]
    given = dict(zip(parameters, arguments, strict=True))
    return exp.paren(_template(name, dialect).transform(_put(given)), copy=False)  # `transform` copies the template


def _put(given: Mapping[str, exp.Expr]) -> Callable[[exp.Expr], exp.Expr]:
    return lambda node: given[node.name].copy() if isinstance(node, exp.Column) else node


@cache
def _template(name: str, dialect: str) -> exp.Expr:
    text = _TEMPLATES_IN_SQLITE[name] if dialect == "sqlite" else _TEMPLATES[name][1]
    tree = parse_one(text, dialect=dialect)
    forget_positions(tree)
    return tree


def forget_positions(tree: exp.Expr) -> None:
    """Remove the positions in the text that was parsed; copying them takes half the time of a copy."""
    for node in tree.walk():
        if node.meta_get("line"):
            node.meta.clear()
