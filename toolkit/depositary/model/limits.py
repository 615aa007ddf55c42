"""Limits of one validation, and where it may store what it read."""

import re
from dataclasses import dataclass
from pathlib import Path

from depositary.errors import UsageError
from depositary.model.tally import EXAMPLES

MEMORY = 1 << 30  # bytes for comparing keys and for checking rules; beyond this, both use files


@dataclass(frozen=True)
class Limits:
    """The findings that are kept for each code, field and rule, and the bytes of memory for keys and rules.

    `cache` is the folder in which columns of large tables are stored for the next run; None if nothing is stored.
    """

    examples: int = EXAMPLES
    memory: int = MEMORY
    cache: Path | None = None


_UNITS = {"": 0, "B": 0, "KB": 1, "MB": 2, "GB": 3, "TB": 4}
_LEAST = 64 << 20  # bytes; the engine needs some to work at all


def half_of(memory: int) -> int:
    """Give half of some bytes, for one of two engines at the same time; each needs the least amount."""
    return max(min(memory, _LEAST), memory // 2)


def in_bytes(text: str) -> int:
    """Read an amount of memory, such as 500MB or 1.5GB; a kilobyte has 1,024 bytes.

    Raises:
        UsageError: it is not an amount of memory, or too little to work with.
    """
    parts = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?I?B?)\s*", text.upper())
    unit = parts[2].replace("I", "") if parts else ""
    if not parts or (unit and unit not in _UNITS and f"{unit}B" not in _UNITS):
        raise UsageError(f"{text!r} is not an amount of memory. Write it as 500MB or 2GB.")
    amount = int(float(parts[1]) * 1024 ** _UNITS[unit if unit in _UNITS else f"{unit}B"])
    if amount < _LEAST:
        raise UsageError(f"{text} of memory is too little. Give at least {_LEAST >> 20}MB.")
    return amount
