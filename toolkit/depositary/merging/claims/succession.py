"""Which batches of one contributor come before which: docs/merge-rules.md, "Batches of one person"."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, permutations
from typing import Any

from depositary.errors import RefusedError
from depositary.merging.claims.column_changes import told_changes
from depositary.merging.claims.inputs import Batch, named_before, superseded
from depositary.merging.claims.replaced import told_replaced
from depositary.merging.claims.staged import fields
from depositary.model.conflict import Conflict, Status
from depositary.model.own_tables import CELLS, ROWS
from depositary.model.package import Package
from depositary.wording.suggest import suggest

_NUMBERED = re.compile(r"v?(\d+(?:[.-]\d+)*)(?:[-.]?([A-Za-z].*))?")  # 1.2.0, 2026-11, 1.2.0-rc1

Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Succession:
    """The order of the batches of each contributor; `pairs` are names of batches, the earlier one first.

    `contrary` are the batches of each contributor whose manifests and bases give contrary orders.
    """

    pairs: Pairs = frozenset()
    ranks: Mapping[str, int] = field(default_factory=dict)
    contrary: Sequence[tuple[str, ...]] = ()

    @property
    def warnings(self) -> list[str]:
        """Say of batches that only their manifests order them, which holds as long as all of them are at hand."""
        return [
            f"{', '.join(names)}: their manifests say another order than the versions of their bases, so only the "
            "manifests count; write the order of all of them under `follows`, else it may be another one when one of "
            "them is left out"
            for names in self.contrary
        ]

    @property
    def by_rank(self) -> frozenset[tuple[int, int]]:
        """Give the pairs as ranks."""
        return frozenset((self.ranks[one], self.ranks[other]) for one, other in self.pairs)

    def followed(self, batches: Iterable[Batch]) -> dict[str, frozenset[str]]:
        """Map each batch to the earlier ones, those that have left and that its manifest names among them."""
        named = {batch.name: {*named_before(batch.manifest)} for batch in batches}
        return {name: frozenset(of | {one for one, other in self.pairs if other == name}) for name, of in named.items()}

    def explained(self, conflict: Conflict) -> Conflict:
        """Say in a conflict that one contributor takes part with several batches which have no order."""
        if conflict.status is not Status.OPEN:
            return conflict
        batches = sorted({(side.contributor, side.batch) for side in conflict.sides if side.contributor})
        for (who, one), (other_who, other) in combinations(batches, 2):
            if who == other_who and not {(one, other), (other, one)} & self.pairs and {one, other} <= self.ranks.keys():
                hint = f"{one} and {other} are by one person: write `follows` into the manifest of the later one"
                return replace(conflict, message=f"{conflict.message}; {hint}")
        return conflict


def succession(batches: Sequence[Batch], absent: Collection[str], current: Package) -> Succession:
    """Put the batches of each contributor in order, as far as an order can be told.

    `absent` are those that have left, of which only the provenance of the current package tells.
    """
    by_contributor: dict[str, list[Batch]] = {}
    for batch in batches:
        by_contributor.setdefault(batch.contributor, []).append(batch)
    ranks = {batch.name: batch.rank for batch in batches if not batch.withdrawn}
    orders = [_of_one(of, absent, current) for of in by_contributor.values()]
    pairs = frozenset(pair for said, found in orders for pair in (said if _is_circular(found) else found))
    contrary = [tuple(sorted({one for pair in found for one in pair})) for _, found in orders if _is_circular(found)]
    return Succession(frozenset(pair for pair in pairs if ranks.keys() >= set(pair)), ranks, contrary)


def _is_circular(pairs: Pairs) -> bool:
    return any((other, one) in pairs for one, other in pairs)


def _of_one(batches: Sequence[Batch], absent: Collection[str], current: Package) -> tuple[Pairs, Pairs]:
    """Give the order of the batches of one contributor as their manifests say, and with that of their bases."""
    names = {batch.name for batch in batches}
    said = _closed((old, batch.name) for batch in batches for old in named_before(batch.manifest) if old in names)
    by_base = (
        (one.name, other.name)
        for one, other in permutations(batches, 2)
        if not {(one.name, other.name), (other.name, one.name)} & said and _is_older(one, other, absent, current)
    )
    return said, _closed([*said, *by_base])


def _is_older(one: Batch, other: Batch, absent: Collection[str], current: Package) -> bool:
    """Return whether a batch was made against an earlier version than another."""
    if one.name in absent or other.name in absent:
        return other.name not in absent and other.base is current and not other.stands_in
    then, now = (_number(str(batch.manifest["base"]["version"])) for batch in (one, other))
    return then is not None and now is not None and then < now


def _number(version: str) -> tuple[tuple[int, ...], bool, str] | None:
    """Give what versions are ordered by; None if this one has no numbers."""
    found = _NUMBERED.fullmatch(version)
    if not found:
        return None
    numbers = tuple(map(int, re.split("[.-]", found[1])))
    while numbers and not numbers[-1]:
        numbers = numbers[:-1]
    return numbers, not found[2], re.sub(r"\d+", lambda digits: digits[0].zfill(9), found[2] or "")


def _closed(pairs: Iterable[tuple[str, str]]) -> Pairs:
    found = set(pairs)
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return frozenset(found)


# What manifests name


def named_earlier(batches: Iterable[Batch]) -> dict[str, frozenset[str]]:
    """Map each batch to those that its manifest says are earlier, directly or by way of others."""
    known = list(batches)
    pairs = _closed((old, batch.name) for batch in known for old in named_before(batch.manifest))
    return {batch.name: frozenset(old for old, name in pairs if name == batch.name) for batch in known}


def require_known(
    batches: Iterable[Batch], current: Package, conflicts: Iterable[Conflict], waiting: Mapping[str, str]
) -> None:
    """Refuse manifests that name batches which nobody knows, or those of somebody else.

    `waiting` are those that were set aside, each with its contributor.

    Raises:
        RefusedError: one does.
    """
    at_hand = {batch.name: batch.contributor for batch in batches}
    naming = [batch for batch in batches if named_before(batch.manifest)]
    known = {**dict(_told(current, conflicts)), **waiting, **at_hand} if naming else {}
    for batch in naming:
        for key, old in _named(batch.manifest):
            if old not in known:
                names = {name: name for name, who in known.items() if who == batch.contributor and name != batch.name}
                near = suggest(old, names) or "Correct the name, or take it out."
                raise RefusedError(
                    [batch.name],
                    f"{batch.name}: `{key}` names {old}, which is not among the contributions, and of which the "
                    f"published package does not tell. {near[0].upper()}{near[1:]}",
                )
            if known[old] not in ("", batch.contributor):  # of a manifest that cannot be read it is not known
                message = f"{batch.name}: `{key}` names {old}, which is somebody else's. Take it out."
                raise RefusedError([batch.name], message)


def _named(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from (("follows", old) for old in manifest.get("follows", ()))
    yield from (("supersedes", old) for old in superseded(manifest))
    yield from (("supersedes", entry["batch"]) for entry in manifest.get("supersedes", ()) if isinstance(entry, dict))


def _told(current: Package, conflicts: Iterable[Conflict]) -> Iterator[tuple[str, str]]:
    """Give the batches of which the published package tells, each with its contributor, as far as that is told."""
    yield from ((one.contribution, "") for one in told_replaced(current))
    yield from ((one.contribution, one.contributor) for one in told_changes(current))
    for name in (ROWS, CELLS):
        for frame in fields(current[name]) if name in current else ():
            yield from frame.select("batch", "contributor").drop_nulls().unique().iter_rows()
    yield from ((side.batch, side.contributor) for c in conflicts for side in c.sides if side.contributor)
