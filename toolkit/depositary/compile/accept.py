"""Find the cells of a column that are certainly good: one tree for each field, printed as polars and as SQL.

An accept only proves that a cell is good: the exact reader would accept it too. Other cells may also be good; the exact
reader reads them. So an accept uses only conditions that all engines read in the same way: ASCII forms, sets, and
limits on numbers that a double holds exactly. A field without an accept is only slower.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlglot import exp

from depositary.compile.language import CELL
from depositary.compile.portable_regex import ascii_form
from depositary.model.field_types import Length
from depositary.model.table import Field, Table, kind_of

_DIGITS = 15  # digits of a decimal number that a double distinguishes from all others
_WHOLE = r"(?:0|-?[1-9][0-9]{0,17})"
_YEAR = r"(?:[1-9][0-9]{3})"
_DAY = r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_TRUE, _FALSE = ("true", "True", "TRUE", "1"), ("false", "False", "FALSE", "0")


def accept(table: Table, field: Field) -> exp.Expr | None:
    """Give the condition on `cell` that only good cells of a field meet; None if there is none."""
    if not set(field.constraints) <= CONSTRAINTS.keys() or field.descriptor.get("format", "default") != "default":
        return None
    tests = [TYPES[field.type].form(field), *_asked(field)]
    if any(test is None for test in tests):
        return None
    missing = table.missing_values(field)
    there: exp.Expr = exp.not_(_among(missing) if missing else exp.Is(this=_cell(), expression=exp.Null()))
    if len(missing) == 1:
        there = exp.NEQ(this=_cell(), expression=exp.Literal.string(missing[0]))
    return exp.and_(there, *(test for test in tests if not isinstance(test, exp.Boolean)))


# Each of these gives a condition: TRUE if the field has no constraint, None if a constraint cannot be expressed.

_Test = exp.Expr | None


def _cell() -> exp.Column:
    return exp.column(CELL, quoted=True)


def _cast(tree: exp.Expr, kind: str) -> exp.Expr:
    # An engine may cast before it checks the form; a text that is not a number must not stop it.
    return exp.TryCast(this=tree, to=exp.DataType.build(kind))


def _among(texts: Iterable[str]) -> exp.Expr:
    return exp.In(this=_cell(), expressions=[exp.Literal.string(text) for text in texts])


def _like(form: str) -> exp.Expr:
    return exp.RegexpFullMatch(this=_cell(), expression=exp.Literal.string(form))


# Types


@dataclass(frozen=True)
class TypeAccept:
    """What is certainly a value of a type.

    Args:
        form: gives the condition on the text of a value; none by default.
        pattern: the form as a pattern, where it is one for all fields of the type.
        compare: gives the condition of a bound, where one can be expressed.
        text: gives the text of a value in a list of values, if it is written in one way.
        is_unique: whether a value has one text among those that the form lets through.
        is_cast: whether Arrow reads what the form lets through.
    """

    form: Callable[[Field], _Test] = lambda _: None
    pattern: str = ""
    compare: "_Compare | None" = None
    text: Callable[[object], str | None] = lambda _: None
    is_unique: bool = False
    is_cast: bool = False


_Compare = Callable[[Field, Any, type[exp.Binary]], _Test]


def _any_text(_: Field) -> _Test:
    return exp.true()


def _of_pattern(pattern: str, *, numbers: bool = False, **more: Any) -> TypeAccept:  # noqa: ANN401 (handed on)
    """Accept what has a form; in lists of values, it may be written as a number where the type has `numbers`."""

    def text(value: object) -> str | None:
        value = str(value) if numbers and type(value) is int else value
        return value if isinstance(value, str) and re.fullmatch(pattern, value) else None

    return TypeAccept(lambda _: _like(pattern), pattern, text=text, **more)


def _same_text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _boolean(field: Field) -> _Test:
    texts = [*field.descriptor.get("trueValues", _TRUE), *field.descriptor.get("falseValues", _FALSE)]
    return _among(texts) if texts and all(isinstance(text, str) for text in texts) else None


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


def _whole(number: int) -> exp.Expr:
    literal: exp.Expr = exp.Literal.number(str(abs(number)))
    return exp.Neg(this=literal) if number < 0 else literal


def _compared_whole(_: Field, bound: Any, compare: type[exp.Binary]) -> _Test:  # noqa: ANN401 (as in the descriptor)
    if type(bound) is not int and not (isinstance(bound, str) and re.fullmatch(_WHOLE, bound)):
        return None
    if abs(int(bound)) >= 10**18:
        return None
    return compare(this=_cast(_cell(), "BIGINT"), expression=_whole(int(bound)))


def _compared_number(field: Field, bound: Any, compare: type[exp.Binary]) -> _Test:  # noqa: ANN401 (as in the descriptor)
    if compare is exp.GTE and _is_zero(bound):
        return exp.true()  # the form has no sign in this case
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
    # Texts of equal length with the largest part first have the same order as their values.
    if not (isinstance(bound, str) and re.fullmatch(TYPES[field.type].pattern, bound)):
        return None
    return compare(this=_cell(), expression=exp.Literal.string(bound))


TYPES: Mapping[str, TypeAccept] = {
    **dict.fromkeys(("string", "any"), TypeAccept(_any_text, text=_same_text, is_cast=True)),
    "integer": _of_pattern(_WHOLE, numbers=True, compare=_compared_whole, is_unique=True, is_cast=True),
    "number": TypeAccept(_number, compare=_compared_number, is_cast=True),
    "year": _of_pattern(_YEAR, numbers=True, compare=_compared_whole, is_unique=True, is_cast=True),
    "boolean": TypeAccept(_boolean),
    "date": _of_pattern(f"{_YEAR}-{_DAY}", compare=_compared_text, is_unique=True, is_cast=True),
    "datetime": _of_pattern(f"{_YEAR}-{_DAY}T{_TIME}", compare=_compared_text),
    "time": _of_pattern(_TIME, compare=_compared_text),
    "yearmonth": _of_pattern(f"{_YEAR}-(?:0[1-9]|1[0-2])"),
    **dict.fromkeys(("duration", "array", "object", "list", "geopoint", "geojson"), TypeAccept()),
}


# Constraints


def _asked(field: Field) -> list[_Test]:
    """Say the constraints of a field; its categories are one where it has no enum."""
    tests = [ask(field, field.constraints[name]) for name, ask in CONSTRAINTS.items() if name in field.constraints]
    if field.categories and "enum" not in field.constraints:
        tests.append(_choice(field, [*field.categories]))
    return tests


def _nothing(*_: object) -> _Test:
    return exp.true()  # it asks nothing of a cell that has a value


def _unsayable(*_: object) -> _Test:
    return None


_Ask = Callable[[Field, Any], _Test]


def _length(compare: type[exp.Binary]) -> _Ask:
    def ask(field: Field, bound: object) -> _Test:
        if bound is None:
            return exp.true()
        if kind_of(field).length is not Length.CHARACTERS or type(bound) is not int:
            return None
        return compare(this=exp.Length(this=_cell()), expression=_whole(bound))

    return ask


def _bound(compare: type[exp.Binary]) -> _Ask:
    def ask(field: Field, bound: Any) -> _Test:  # noqa: ANN401 (as in the descriptor)
        say = TYPES[field.type].compare
        return say(field, bound, compare) if say else None

    return ask


def _pattern(field: Field, pattern: object) -> _Test:
    if pattern is None:
        return exp.true()
    form = ascii_form(pattern) if "pattern" in kind_of(field).constraints and isinstance(pattern, str) else None
    return None if form is None else _like(form)


def _choice(field: Field, values: object) -> _Test:
    """Say a list of values; only those whose text is written in one way."""
    if not isinstance(values, (list, tuple)):
        return None
    texts = [text for value in values if (text := TYPES[field.type].text(value)) is not None]
    return _among(texts) if texts else None


CONSTRAINTS: Mapping[str, _Ask] = {
    "required": _nothing,
    "unique": _nothing,
    "minLength": _length(exp.GTE),
    "maxLength": _length(exp.LTE),
    "minimum": _bound(exp.GTE),
    "maximum": _bound(exp.LTE),
    "exclusiveMinimum": _bound(exp.GT),
    "exclusiveMaximum": _bound(exp.LT),
    "pattern": _pattern,
    "enum": _choice,
    "jsonSchema": _unsayable,
}
