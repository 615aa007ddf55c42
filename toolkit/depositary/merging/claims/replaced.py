"""Superseded parts of contributions that no line of the provenance has; the merged package names them.

These are whole contributions, and changes of a column that a later contribution replaces.
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from depositary.model.package import Package

SUPERSEDED = "superseded"  # the property of the descriptor that names it


@dataclass(frozen=True, order=True)
class Replaced:
    """A superseded contribution; with `table` and `field`, only its change of this column."""

    contribution: str
    by: str
    table: str = ""
    field: str = ""


def still_replaced(package: Package, at_hand: Collection[str]) -> frozenset[Replaced]:
    """Give the notes of earlier merges that are still needed: if both batches are given, they are made again."""
    return frozenset(one for one in recorded_replaced(package) if not {one.contribution, one.by} <= set(at_hand))


def recorded_replaced(package: Package) -> list[Replaced]:
    """Give the notes of earlier merges; entries that are not valid are ignored."""
    noted = package.descriptor.get(SUPERSEDED)
    entries = (entry for entry in noted if isinstance(entry, dict)) if isinstance(noted, list) else ()
    return [one for one in map(_entry, entries) if one]


def _entry(entry: dict[str, Any]) -> Replaced | None:
    texts = {name: entry.get(name, "") for name in ("contribution", "by", "table", "field")}
    is_sound = all(isinstance(text, str) for text in texts.values()) and texts["contribution"] and texts["by"]
    return Replaced(**texts) if is_sound else None


def whole(replaced: Iterable[Replaced]) -> frozenset[str]:
    """Name the contributions that were superseded completely."""
    return frozenset(one.contribution for one in replaced if not one.table)


def noted(replaced: Iterable[Replaced]) -> dict[str, Any]:
    """Give the property of the descriptor; empty if there is nothing to note."""
    entries = [{name: text for name, text in asdict(one).items() if text} for one in sorted(replaced)]
    return {SUPERSEDED: entries} if entries else {}
