"""The codebook's entries for codes."""

from collections.abc import Iterator, Mapping
from typing import Any

from depositary.model.table import Field

PARTS = ("definition", "include", "exclude")


def entry_of(field: Field, code: str) -> Mapping[str, Any]:
    """Give the entry of a code; empty if the codebook only lists it."""
    for entry in field.descriptor.get("categories") or []:
        if isinstance(entry, Mapping) and str(entry.get("value")) == code:
            return entry
    return {}


def entry_lines(field: Field, code: str) -> Iterator[str]:
    """Write what the codebook says of a code, a line for each part."""
    entry = entry_of(field, code)
    for part in PARTS:
        if entry.get(part):
            yield f"{code}, {part}: {entry[part]}"
    if not any(entry.get(part) for part in PARTS):
        yield f"{code}: the codebook says nothing about it"
