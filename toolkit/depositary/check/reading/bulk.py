"""Reading many cells at once, of the kinds for which it is plain what the reference's reader makes of them.

It gives the values of all cells or refuses by an exception; then the reference's reader takes them one by one. So it
may refuse whatever it likes, and must never give another value than the reference's.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from depositary.check.reading.patterns import is_harmless
from depositary.model.package import Mode
from depositary.model.target import Input
from depositary.reference import AnyField, DateField, IntegerField, NumberField, StringField, frictionless

_Read = Callable[[Sequence[str]], list[Any]]

_BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
_INDIFFERENT = {"required", "unique"}  # to a single value that is there


@dataclass(frozen=True)
class Bulk:
    """The texts of a field that are no value, and how others are read, many at once."""

    missing: frozenset[str]
    read: _Read


def bulk_of(entry: Input, field: frictionless.Field) -> Bulk | None:
    """Make the bulk reader of a field as a file has it, if there is one."""
    table = entry.resource.table
    if (
        entry.mode is Mode.PATCH
        or entry.resource.sheet
        or (field.name in table.field_names and table[field.name].categories)
    ):
        return None
    read = _plain(field, {name for name in field.constraints if name not in _INDIFFERENT})
    return Bulk(_missing(field), read) if read else None


def _missing(field: frictionless.Field) -> frozenset[str]:
    by_table = field.schema if not field.has_defined("missing_values") else None
    return frozenset((by_table or field).missing_values)


def _plain(field: frictionless.Field, constraints: set[str]) -> _Read | None:
    if type(field) is AnyField and not constraints:
        return list
    if type(field) is StringField and field.format == "default":
        return _texts(field, constraints)
    if type(field) is IntegerField and field.bare_number and constraints <= _BOUNDS:
        return _bounded(field, lambda cells: list(map(int, cells)))
    if type(field) is NumberField and not _SPELLED.intersection(field.list_defined()) and constraints <= _BOUNDS:
        return _bounded(field, _decimals)
    if type(field) is DateField and field.format == "default" and not constraints:
        return _dates
    return None


# How numbers may be spelled otherwise, and read as another type.
_SPELLED = {"group_char", "decimal_char", "bare_number", "float_number"}


class _Refusal(ValueError):  # noqa: N818 (a signal to the caller, who reads the cells one by one)
    """Raised where a cell is not plainly right."""


def _texts(field: StringField, constraints: set[str]) -> _Read | None:
    if not constraints:
        return list
    pattern = field.constraints.get("pattern")
    if pattern is None or constraints != {"pattern"} or not is_harmless(pattern):
        return None
    fits = re.compile(f"(?:{pattern})").fullmatch  # a whole cell that fits does so for the reference too

    def texts(cells: Sequence[str]) -> list[str]:
        if not all(map(fits, cells)):
            raise _Refusal
        return list(cells)

    return texts


def _bounded(field: frictionless.Field, read: _Read) -> _Read:
    bound = field.create_value_reader()
    limits = {name: bound(field.constraints[name]) for name in _BOUNDS if name in field.constraints}
    least, most = limits.get("minimum"), limits.get("maximum")
    above, below = limits.get("exclusiveMinimum"), limits.get("exclusiveMaximum")

    def bounded(cells: Sequence[str]) -> list[Any]:
        values = read(cells)
        if limits and values:
            # NaN, of which no order is known, raises an exception of its own.
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
    # Other forms that `fromisoformat` reads, such as 20230526 and 2023-W21-5, are not the reference's.
    if not all(len(cell) == 10 and cell[4] == cell[7] == "-" for cell in cells):  # noqa: PLR2004 (2023-05-26)
        raise _Refusal
    return list(map(date.fromisoformat, cells))
