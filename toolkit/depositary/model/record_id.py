"""Naming a record elsewhere by its key."""

from collections.abc import Iterable


def record_id(key: Iterable[object]) -> str:
    r"""Join the values of a key in key order with `|`; `|` and `\` in a value are escaped."""
    return "|".join(str(value).replace("\\", "\\\\").replace("|", "\\|") for value in key)
