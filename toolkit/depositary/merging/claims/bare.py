"""Rows that a contribution adds with only a key: no line of the provenance has them, only a conflict does."""

import re
from collections.abc import Sequence

from depositary.model.record_id import key_of, record_id


def recorded(key: Sequence[str], row_id: str) -> str:
    """Write the cells of a key in the form of a side of a conflict: `field=value`."""
    return "; ".join(f"{name}={value}" for name, value in zip(key, key_of(row_id), strict=True))


def named(key: Sequence[str], text: str | None) -> str:
    """Give the id of a row if a side has only its key; otherwise an empty text."""
    pattern = "; ".join(f"{re.escape(name)}=(.*?)" for name in key)
    found = re.fullmatch(pattern, text or "", re.DOTALL) if key else None
    return record_id(found.groups()) if found else ""
