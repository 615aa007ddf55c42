"""Rows that a contribution adds without a cell of its own: only the conflict that holds one back tells of it."""

import re
from collections.abc import Sequence

from depositary.model.record_id import key_of, record_id


def told(key: Sequence[str], row_id: str) -> str:
    """Write the cells of a key as the side of a conflict says what is claimed: `field=value`."""
    return "; ".join(f"{name}={value}" for name, value in zip(key, key_of(row_id), strict=True))


def named(key: Sequence[str], said: str | None) -> str:
    """Give the id of the row of which a side says only the key; nothing, if it says something else."""
    pattern = "; ".join(f"{re.escape(name)}=(.*?)" for name in key)
    found = re.fullmatch(pattern, said or "", re.DOTALL) if key else None
    return record_id(found.groups()) if found else ""
