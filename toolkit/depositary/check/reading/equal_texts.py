"""Write typed values as texts, so that two values are equal if their texts are, in every process and for all types.

Columns of different types may have equal values: the whole number 1, the number 1.0 and true are one key for Python.
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from json import dumps
from typing import Any

MARK = "\0"  # before a value that is not a text; no cell that a block has contains it
_LONGEST = 100  # digits of a whole number that is written without an exponent


def equal_text(value: Any) -> str:  # noqa: ANN401 (any type a field can have)
    """Give the text that all values have which are equal to this one, and no others; a value is not None, nor NaN."""
    return value if isinstance(value, str) else MARK + _written(value)


def _written(value: Any) -> str:  # noqa: ANN401 (any type a field can have)
    match value:
        case int() | float() | Decimal():
            return _number(value)
        case datetime():
            days = timedelta(days=value.toordinal(), hours=value.hour, minutes=value.minute, seconds=value.second)
            return _moment("at", days + timedelta(microseconds=value.microsecond), value.utcoffset())
        case date():
            return value.isoformat()
        case time():
            since = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
            return _moment("time", since + timedelta(microseconds=value.microsecond), value.utcoffset())
        case timedelta():
            return f"long {_parts(value)}"
        case tuple():
            return dumps(list(map(equal_text, value)))
        case object(years=years, months=months, tdelta=rest):  # a duration; P1Y and P12M are two keys for Python
            return f"long {_number(years)} {_number(months)} {_parts(rest)}"
        case _:
            return repr(value)


def _number(value: float | Decimal) -> str:
    if isinstance(value, int):
        text = str(int(value))
        return text if len(text) <= _LONGEST else _scaled(text, 0)
    value = Decimal(value)
    if not value.is_finite():
        return str(value)
    sign, digits, exponent = value.as_tuple()
    return _scaled("-" * sign + "".join(map(str, digits)), int(exponent))


def _scaled(text: str, exponent: int) -> str:
    """Write a number by its digits without zeros at either end."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    digits = digits.lstrip("0")
    bare = digits.rstrip("0")
    exponent += len(digits) - len(bare)
    if not bare:
        return "0"
    if 0 <= exponent <= _LONGEST - len(bare) - len(sign):
        return f"{sign}{bare}{'0' * exponent}"
    return f"{sign}{bare}e{exponent}"


def _moment(kind: str, since: timedelta, offset: timedelta | None) -> str:
    return f"{kind} {_parts(since)}" if offset is None else f"{kind} of the world {_parts(since - offset)}"


def _parts(value: timedelta) -> str:
    return f"{value.days} {value.seconds} {value.microseconds}"
