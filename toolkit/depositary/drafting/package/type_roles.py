"""What a draft may make of a column of each type: a key, a reference, a period."""

from collections.abc import Mapping
from dataclasses import dataclass

from depositary.model.field_types import FIELD_TYPES


@dataclass(frozen=True)
class TypeRoles:
    """What a column of a type may be.

    Args:
        is_key: whether its values may name rows.
        is_likely_key: whether a first column without a telling name is likely a key; a counter or a day is not.
        is_reference: whether its values may name rows of another table.
        is_period: whether its values are the periods of a panel.
        is_count: whether its values may be amounts, which are in a key only if nothing else is.
        has_sentinels: whether a number such as 999 may mean that a value is missing.
    """

    is_key: bool = False
    is_likely_key: bool = False
    is_reference: bool = False
    is_period: bool = False
    is_count: bool = False
    has_sentinels: bool = False


_NONE = TypeRoles()
_KNOWN: Mapping[str, TypeRoles] = {
    "string": TypeRoles(is_key=True, is_likely_key=True, is_reference=True),
    "integer": TypeRoles(is_key=True, is_reference=True, is_count=True, has_sentinels=True),
    "number": TypeRoles(has_sentinels=True),
    "year": TypeRoles(is_key=True, is_likely_key=True, is_reference=True, is_period=True),
    "yearmonth": TypeRoles(is_key=True, is_likely_key=True, is_period=True),
    "date": TypeRoles(is_key=True),
}
TYPE_ROLES: Mapping[str, TypeRoles] = {name: _KNOWN.get(name, _NONE) for name in FIELD_TYPES}
