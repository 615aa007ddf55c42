"""The variables that coders fill in, each with its level, as the schema says: docs/agreement.md, "Levels"."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from depositary.agreement.scale import Days, Level
from depositary.identity.likeness import span_of
from depositary.merging.claims.policy import FieldPolicy, TablePolicy
from depositary.merging.claims.values import elements
from depositary.model.field_types import DATETIME
from depositary.model.role import Role
from depositary.model.table import Field, Table, kind_of

_CODED = (Role.VALUE, Role.SET)  # the other roles are about keys and the work on a row
_A_YEAR = 365  # days that an open end of a date counts
_DIGITS = 100  # of a number before or after the point; no quantity has more


@dataclass(frozen=True)
class Variable:
    """A column that coders fill in; `order` has the values of an ordinal one from the lowest, as text.

    A reference has values that are ids of rows. Of a free text nobody expects that two people find the same words.
    """

    table: str
    field: Field
    policy: FieldPolicy
    level: Level
    order: tuple[str, ...] = ()
    is_reference: bool = False

    @property
    def name(self) -> str:
        """Name the column."""
        return self.field.name

    @property
    def is_free_text(self) -> bool:
        """Return whether any words may be in it."""
        limited = {"enum", "pattern"} & self.field.constraints.keys() or self.field.categories
        plain = kind_of(self.field).is_text and self.field.descriptor.get("format", "default") == "default"
        return self.level is Level.NOMINAL and plain and not limited and not self.is_reference

    @property
    def codes(self) -> tuple[str, ...]:
        """Give the codes that the codebook allows."""
        return tuple(self.field.categories) or tuple(map(str, self.field.constraints.get("enum", ())))

    def read(self, text: str) -> Hashable | None:
        """Read a value; None if it does not fit the level, so that it cannot be compared."""
        return _READ[self.level](self, text)


def variables_of(policy: TablePolicy) -> Iterator[Variable]:
    """Give the variables of a table in the order of its columns."""
    for field in policy.table.fields:
        of = policy.fields.get(field.name)
        if of is None or of.role not in _CODED:
            continue
        level, order = _level(field, of)
        yield Variable(policy.name, field, of, level, order, field.name in policy.table.reference_fields)


def coded_tables(policies: Mapping[str, TablePolicy]) -> Iterator[str]:
    """Name the tables with what coders code: neither code lists, nor people, nor evidence for rows of other tables."""
    people = {_target(policy.table, policy.contributor) for policy in policies.values() if policy.contributor}
    for name, policy in policies.items():
        about_rows = any(f.role is Role.RECORD for f in policy.fields.values())
        if policy.key and not policy.table.is_code_list and not about_rows and name not in people:
            yield name


def _target(table: Table, name: str) -> str:
    return next((key.table for key in table.foreign_keys if key.fields == (name,)), "")


def _level(field: Field, policy: FieldPolicy) -> tuple[Level, tuple[str, ...]]:
    categories = tuple(field.categories)
    if policy.role is Role.SET:
        return Level.SET, ()
    if categories and field.descriptor.get("categoriesOrdered"):
        return Level.ORDINAL, categories
    if categories or "enum" in field.constraints:
        return Level.NOMINAL, ()
    kind = kind_of(field)
    if field.is_edtf or (kind.has_year and kind.storage is not DATETIME):
        return Level.TIME, ()
    if kind.is_numeric:
        return (Level.RATIO if _starts_at_nought(field) else Level.INTERVAL), ()
    return Level.NOMINAL, ()


def _starts_at_nought(field: Field) -> bool:
    """Return whether a number cannot be negative, so that twice as much has a meaning."""
    least = field.constraints.get("minimum", field.constraints.get("exclusiveMinimum"))
    try:
        return least is not None and Fraction(str(least)) >= 0
    except ValueError:
        return False


def _number(_: Variable, text: str) -> Hashable | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return Fraction(number) if number.is_finite() and abs(number.adjusted()) < _DIGITS else None


def _size(variable: Variable, text: str) -> Hashable | None:
    """Read a number of which twice as much has a meaning, so that it is not negative."""
    number = _number(variable, text)
    return number if isinstance(number, Fraction) and number >= 0 else None


def _days(_: Variable, text: str) -> Hashable | None:
    """Read a date; an open end counts a year, so that it can be compared."""
    span = span_of(text)
    if span is None or (span.first is None and span.last is None):
        return None
    first = span.first.toordinal() if span.first else _ordinal(span.last) - _A_YEAR
    last = span.last.toordinal() if span.last else _ordinal(span.first) + _A_YEAR
    return Days(max(1, first), last) if max(1, first) <= last else None


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 1


_READ: Mapping[Level, Callable[[Variable, str], Hashable | None]] = {
    Level.NOMINAL: lambda _, text: text,
    Level.ORDINAL: lambda variable, text: text if text in variable.order else None,
    Level.INTERVAL: _number,
    Level.RATIO: _size,
    Level.SET: lambda variable, text: elements(text, variable.policy.separator) or None,
    Level.TIME: _days,
}
