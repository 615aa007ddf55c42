"""What was superseded of contributions and no line tells of: the merged package names it, as who did it may leave.

It is whole contributions, and what one would change of a column of which a later one says otherwise.
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from depositary.model.package import Package

SUPERSEDED = "superseded"  # the property of the descriptor that names it


@dataclass(frozen=True, order=True)
class Replaced:
    """A contribution that another one superseded; with `table` and `field`, what it would change of this column."""

    contribution: str
    by: str
    table: str = ""
    field: str = ""


def still_replaced(package: Package, at_hand: Collection[str]) -> frozenset[Replaced]:
    """Give what earlier merges noted and still holds: where both are at hand, it is told anew."""
    return frozenset(one for one in told_replaced(package) if not {one.contribution, one.by} <= set(at_hand))


def told_replaced(package: Package) -> list[Replaced]:
    """Give what earlier merges noted; what is not sound is passed over."""
    noted = package.descriptor.get(SUPERSEDED)
    entries = (entry for entry in noted if isinstance(entry, dict)) if isinstance(noted, list) else ()
    return [one for one in map(_entry, entries) if one]


def _entry(entry: dict[str, Any]) -> Replaced | None:
    texts = {name: entry.get(name, "") for name in ("contribution", "by", "table", "field")}
    is_sound = all(isinstance(text, str) for text in texts.values()) and texts["contribution"] and texts["by"]
    return Replaced(**texts) if is_sound else None


def whole(replaced: Iterable[Replaced]) -> frozenset[str]:
    """Name the contributions that were superseded as a whole."""
    return frozenset(one.contribution for one in replaced if not one.table)


def noted(replaced: Iterable[Replaced]) -> dict[str, Any]:
    """Give the property of the descriptor; nothing if there is nothing to be named."""
    entries = [{name: text for name, text in asdict(one).items() if text} for one in sorted(replaced)]
    return {SUPERSEDED: entries} if entries else {}
