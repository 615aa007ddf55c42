"""Which cells of a column are certainly good: one tree per field, printed as polars and as SQL.

An accept proves, it does not judge: a cell that it lets through would be let through by the exact reader, one that it
does not let through may be good all the same and is read there. So it says only what every engine understands alike:
ASCII forms, sets, and bounds on numbers that a double holds exactly. What has no accept is merely slower.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlglot import exp

from depositary.compile.language import CELL
from depositary.compile.portable_regex import ascii_form
from depositary.model.table import Field, Table

_DIGITS = 15  # of a decimal number that a double tells apart from every other one
_WHOLE = r"(?:0|-?[1-9][0-9]{0,17})"
_YEAR = r"(?:[1-9][0-9]{3})"
_DAY = r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_FORMS = {
    "integer": _WHOLE,
    "year": _YEAR,
    "date": f"{_YEAR}-{_DAY}",
    "time": _TIME,
    "datetime": f"{_YEAR}-{_DAY}T{_TIME}",
    "yearmonth": f"{_YEAR}-(?:0[1-9]|1[0-2])",
}
_TRUE, _FALSE = ("true", "True", "TRUE", "1"), ("false", "False", "FALSE", "0")
_SAYABLE = {
    *("required", "unique", "enum", "pattern", "minLength", "maxLength"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
}
_BOUNDS: Mapping[str, type[exp.Binary]] = {
    "minimum": exp.GTE,
    "maximum": exp.LTE,
    "exclusiveMinimum": exp.GT,
    "exclusiveMaximum": exp.LT,
}


def accept(table: Table, field: Field) -> exp.Expr | None:
    """Give the condition on `cell` that only good cells of a field fulfil; None where there is none."""
    constraints = field.constraints
    if not set(constraints) <= _SAYABLE or field.descriptor.get("format", "default") != "default":
        return None
    tests = [_form(field), *_lengths(field), *_bounds(field), _pattern(field), _choice(field)]
    if any(test is None for test in tests):
        return None
    missing = table.missing_values(field)
    there: exp.Expr = exp.not_(_among(missing) if missing else exp.Is(this=_cell(), expression=exp.Null()))
    if len(missing) == 1:
        there = exp.NEQ(this=_cell(), expression=exp.Literal.string(missing[0]))
    return exp.and_(there, *(test for test in tests if not isinstance(test, exp.Boolean)))


# Each of these gives a condition, TRUE where nothing is asked, or None where the field asks for more than can be said.

_Test = exp.Expr | None


def _cell() -> exp.Column:
    return exp.column(CELL, quoted=True)


def _cast(tree: exp.Expr, kind: str) -> exp.Expr:
    # An engine may cast before it looks at the form; what is no number must not stop it.
    return exp.TryCast(this=tree, to=exp.DataType.build(kind))


def _among(texts: Iterable[str]) -> exp.Expr:
    return exp.In(this=_cell(), expressions=[exp.Literal.string(text) for text in texts])


def _like(form: str) -> exp.Expr:
    return exp.RegexpFullMatch(this=_cell(), expression=exp.Literal.string(form))


def _form(field: Field) -> _Test:
    if field.type in ("string", "any"):
        return exp.true()
    if field.type == "boolean":
        texts = [*field.descriptor.get("trueValues", _TRUE), *field.descriptor.get("falseValues", _FALSE)]
        return _among(texts) if texts and all(isinstance(text, str) for text in texts) else None
    if field.type == "number":
        return _number(field)
    return _like(_FORMS[field.type]) if field.type in _FORMS else None


def _number(field: Field) -> _Test:
    point = field.descriptor.get("decimalChar", ".")
    if not isinstance(point, str) or len(point) != 1 or point.isalnum() or point in "+-_ " or not point.isascii():
        return None
    if point == field.descriptor.get("groupChar"):
        return None
    sign = "" if _is_zero(field.constraints.get("minimum")) else "-?"
    shapes = [rf"[1-9][0-9]{{0,{_DIGITS - 1 - after}}}|0)\{point}[0-9]{{1,{after}}}" for after in (3, 6, 9)]
    return _like(rf"{sign}(?:0|[1-9][0-9]{{0,{_DIGITS - 1}}}|{'|'.join(f'(?:{shape}' for shape in shapes)})")


def _is_zero(bound: object) -> bool:
    return type(bound) in (int, float) and bound == 0


def _lengths(field: Field) -> list[_Test]:
    asked = [(field.constraints.get("minLength"), exp.GTE), (field.constraints.get("maxLength"), exp.LTE)]
    tests: list[_Test] = []
    for bound, compare in asked:
        if bound is not None:
            sayable = field.type == "string" and type(bound) is int
            tests.append(compare(this=exp.Length(this=_cell()), expression=_whole(bound)) if sayable else None)
    return tests


def _whole(number: int) -> exp.Expr:
    literal: exp.Expr = exp.Literal.number(str(abs(number)))
    return exp.Neg(this=literal) if number < 0 else literal


def _bounds(field: Field) -> list[_Test]:
    asked = [(field.constraints[name], compare) for name, compare in _BOUNDS.items() if name in field.constraints]
    say = _COMPARED.get(field.type)
    return [say(field, bound, compare) if say else None for bound, compare in asked]


def _compared_whole(_: Field, bound: Any, compare: type[exp.Binary]) -> _Test:  # noqa: ANN401 (as in the descriptor)
    if type(bound) is not int and not (isinstance(bound, str) and re.fullmatch(_WHOLE, bound)):
        return None
    if abs(int(bound)) >= 10**18:
        return None
    return compare(this=_cast(_cell(), "BIGINT"), expression=_whole(int(bound)))


def _compared_number(field: Field, bound: Any, compare: type[exp.Binary]) -> _Test:  # noqa: ANN401 (as in the descriptor)
    if compare is exp.GTE and _is_zero(bound):
        return exp.true()  # said by the form, which then has no sign
    if field.descriptor.get("decimalChar", ".") != "." or isinstance(bound, bool):
        return None
    try:
        number = Decimal(str(bound))
    except InvalidOperation:
        return None
    if not number.is_finite() or len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) >= _DIGITS:
        return None
    literal = _cast(exp.Literal.string(f"{number:f}"), "DOUBLE")
    return compare(this=_cast(_cell(), "DOUBLE"), expression=literal)


def _compared_text(field: Field, bound: Any, compare: type[exp.Binary]) -> _Test:  # noqa: ANN401 (as in the descriptor)
    # Of one length and with the greatest part first, texts stand in the order of what they say.
    if not (isinstance(bound, str) and re.fullmatch(_FORMS[field.type], bound)):
        return None
    return compare(this=_cell(), expression=exp.Literal.string(bound))


_COMPARED: Mapping[str, Callable[[Field, Any, type[exp.Binary]], _Test]] = {
    "integer": _compared_whole,
    "year": _compared_whole,
    "number": _compared_number,
    "date": _compared_text,
    "time": _compared_text,
    "datetime": _compared_text,
}


def _pattern(field: Field) -> _Test:
    pattern = field.constraints.get("pattern")
    if pattern is None:
        return exp.true()
    form = ascii_form(pattern) if field.type == "string" and isinstance(pattern, str) else None
    return None if form is None else _like(form)


def _choice(field: Field) -> _Test:
    """Say enum or, without one, categories; only those values whose text is written in one way."""
    if "enum" in field.constraints:
        values = field.constraints["enum"]
    elif field.categories:
        values = [*field.categories]
    else:
        return exp.true()
    if not isinstance(values, (list, tuple)):
        return None
    texts = [text for value in values if (text := _canonical(field, value)) is not None]
    return _among(texts) if texts else None


def _canonical(field: Field, value: object) -> str | None:
    if field.type in ("string", "any"):
        return value if isinstance(value, str) else None
    if field.type in ("integer", "year") and type(value) is int:
        value = str(value)
    if isinstance(value, str) and field.type in _FORMS and re.fullmatch(_FORMS[field.type], value):
        return value
    return None
