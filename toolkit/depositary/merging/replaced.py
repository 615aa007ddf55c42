"""Which contributions were superseded as a whole: the merged package names them, as those that did it may leave."""

from collections.abc import Iterable, Mapping
from typing import Any

from depositary.model.package import Package

SUPERSEDED = "superseded"  # the property of the descriptor that names them


def told_superseded(package: Package) -> dict[str, str]:
    """Map each contribution to the one that superseded it, as noted earlier; what is not sound is passed over."""
    noted = package.descriptor.get(SUPERSEDED)
    entries = [entry for entry in noted if isinstance(entry, dict)] if isinstance(noted, list) else []
    pairs = [(entry.get("contribution"), entry.get("by")) for entry in entries]
    return {old: by for old, by in pairs if isinstance(old, str) and isinstance(by, str)}


def still_superseded(told: Mapping[str, str], at_hand: Iterable[str]) -> dict[str, str]:
    """Give what still holds of it: one who is at hand says anew what they supersede."""
    names = set(at_hand)
    return {old: by for old, by in told.items() if by not in names}


def noted(superseded: Mapping[str, str]) -> dict[str, Any]:
    """Give the property of the descriptor; nothing if there is nothing to be named."""
    entries = [{"contribution": old, "by": by} for old, by in sorted(superseded.items(), key=lambda p: p[0].encode())]
    return {SUPERSEDED: entries} if entries else {}
