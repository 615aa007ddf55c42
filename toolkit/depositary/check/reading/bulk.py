"""Read many cells at once, if it is certain how the reference's reader reads them.

A bulk reader gives the values of all cells, or refuses by an exception; then the reference's reader reads them one by
one. So it may refuse any cells, but it must never give another value than the reference.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from depositary.check.reading.patterns import is_harmless
from depositary.model.field_types import BOUNDS, OF_ROWS
from depositary.model.table import Field
from depositary.model.target import Input
from depositary.reference import IntegerField, frictionless

_Read = Callable[[Sequence[str]], list[Any]]


@dataclass(frozen=True)
class Bulk:
    """The texts of a field that mean a blank, and the function that reads many others at once."""

    missing: frozenset[str]
    read: _Read


def bulk_of(entry: Input, field: frictionless.Field) -> Bulk | None:
    """Make the bulk reader of a field in a file, if there is one."""
    table = entry.resource.table
    if entry.resource.sheet or entry.resource.mapping:
        return None
    known = table[field.name] if field.name in table else Field(field.name, field.type)
    make = None if known.categories else READERS[known.type]
    read = make(field, frozenset(field.constraints).difference(OF_ROWS)) if make else None
    return Bulk(_missing(field), read) if read else None


def _missing(field: frictionless.Field) -> frozenset[str]:
    by_table = field.schema if not field.has_defined("missing_values") else None
    return frozenset((by_table or field).missing_values)


# Each of these gives the bulk reader of a field with some constraints, or None where it is not plain.


def _anything(_: frictionless.Field, constraints: frozenset[str]) -> _Read | None:
    return None if constraints else list


def _wholes(field: frictionless.Field, constraints: frozenset[str]) -> _Read | None:
    is_plain = isinstance(field, IntegerField) and field.bare_number and constraints.issubset(BOUNDS)
    return _bounded(field, lambda cells: list(map(int, cells))) if is_plain else None


# Other spellings of numbers, which are read as another type.
_SPELLED = {"group_char", "decimal_char", "bare_number", "float_number"}


def _numbers(field: frictionless.Field, constraints: frozenset[str]) -> _Read | None:
    is_plain = not _SPELLED.intersection(field.list_defined()) and constraints.issubset(BOUNDS)
    return _bounded(field, _decimals) if is_plain else None


def _days(field: frictionless.Field, constraints: frozenset[str]) -> _Read | None:
    return None if constraints or field.format != "default" else _dates


class _Refusal(ValueError):  # noqa: N818 (a signal to the caller, which reads the cells one by one)
    """Raised if a cell is not certainly valid."""


def _texts(field: frictionless.Field, constraints: frozenset[str]) -> _Read | None:
    if field.format != "default":
        return None
    if not constraints:
        return list
    pattern = field.constraints.get("pattern")
    if pattern is None or constraints != {"pattern"} or not is_harmless(pattern):
        return None
    fits = re.compile(f"(?:{pattern})").fullmatch  # a whole cell that fits also fits for the reference

    def texts(cells: Sequence[str]) -> list[str]:
        if not all(map(fits, cells)):
            raise _Refusal
        return list(cells)

    return texts


def _bounded(field: frictionless.Field, read: _Read) -> _Read:
    bound = field.create_value_reader()
    limits = {name: bound(field.constraints[name]) for name in BOUNDS if name in field.constraints}
    least, most = limits.get("minimum"), limits.get("maximum")
    above, below = limits.get("exclusiveMinimum"), limits.get("exclusiveMaximum")

    def bounded(cells: Sequence[str]) -> list[Any]:
        values = read(cells)
        if limits and values:
            # NaN has no order and raises another exception.
            low, high = min(values), max(values)
            outside = (least is not None and low < least) or (most is not None and high > most)
            if outside or (above is not None and low <= above) or (below is not None and high >= below):
                raise _Refusal
        return values

    return bounded


def _decimals(cells: Sequence[str]) -> list[Decimal]:
    if not {"s", "S"}.isdisjoint("".join(cells)):  # sNaN, which cannot be compared
        raise _Refusal
    return list(map(Decimal, cells))


def _dates(cells: Sequence[str]) -> list[date]:
    # Other forms that `fromisoformat` reads, such as 20230526 and 2023-W21-5, are not accepted by the reference.
    if not all(len(cell) == 10 and cell[4] == cell[7] == "-" for cell in cells):  # noqa: PLR2004 (2023-05-26)
        raise _Refusal
    return list(map(date.fromisoformat, cells))


READERS: Mapping[str, Callable[[frictionless.Field, frozenset[str]], _Read | None] | None] = {
    "string": _texts,
    "any": _anything,
    "integer": _wholes,
    "number": _numbers,
    "date": _days,
    **dict.fromkeys(("year", "boolean", "datetime", "time", "yearmonth", "duration")),
    **dict.fromkeys(("array", "object", "list", "geopoint", "geojson")),
}
