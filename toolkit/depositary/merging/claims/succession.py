"""The order of the batches of one contributor: docs/merge-rules.md, "Batches of one person"."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, permutations
from typing import Any

from depositary.errors import RefusedError
from depositary.merging.claims.column_changes import recorded_changes
from depositary.merging.claims.inputs import Batch, named_before, superseded
from depositary.merging.claims.replaced import recorded_replaced
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

    `contrary` has the batches of each contributor whose manifests and bases give different orders.
    """

    pairs: Pairs = frozenset()
    ranks: Mapping[str, int] = field(default_factory=dict)
    contrary: Sequence[tuple[str, ...]] = ()

    @property
    def warnings(self) -> list[str]:
        """Warn about batches that only their manifests order, because this needs all of them in the merge."""
        return [
            f"{', '.join(names)}: their manifests give another order than the versions of their bases, so only the "
            "manifests are used; write the order of all of them under `follows`, because it may change if one of them "
            "is left out"
            for names in self.contrary
        ]

    @property
    def by_rank(self) -> frozenset[tuple[int, int]]:
        """Give the pairs as ranks."""
        return frozenset((self.ranks[one], self.ranks[other]) for one, other in self.pairs)

    def followed(self, batches: Iterable[Batch]) -> dict[str, frozenset[str]]:
        """Map each batch to the earlier ones, including those that have gone and are named in its manifest."""
        named = {batch.name: {*named_before(batch.manifest)} for batch in batches}
        return {name: frozenset(of | {one for one, other in self.pairs if other == name}) for name, of in named.items()}

    def explained(self, conflict: Conflict) -> Conflict:
        """Add to a conflict that one contributor takes part with several batches without an order."""
        if conflict.status is not Status.OPEN:
            return conflict
        batches = sorted({(side.contributor, side.batch) for side in conflict.sides if side.contributor})
        for (who, one), (other_who, other) in combinations(batches, 2):
            if who == other_who and not {(one, other), (other, one)} & self.pairs and {one, other} <= self.ranks.keys():
                hint = f"{one} and {other} are from one contributor: write `follows` into the manifest of the later one"
                return replace(conflict, message=f"{conflict.message}; {hint}")
        return conflict


def succession(batches: Sequence[Batch], absent: Collection[str], current: Package) -> Succession:
    """Sort the batches of each contributor, as far as their order is known.

    `absent` has the batches that have gone and that only the provenance of the current package knows.
    """
    by_contributor: dict[str, list[Batch]] = {}
    for batch in batches:
        by_contributor.setdefault(batch.contributor, []).append(batch)
    ranks = {batch.name: batch.rank for batch in batches if not batch.withdrawn}
    orders = [_of_one(of, absent, current) for of in by_contributor.values()]
    pairs = frozenset(pair for stated, found in orders for pair in (stated if _is_circular(found) else found))
    contrary = [tuple(sorted({one for pair in found for one in pair})) for _, found in orders if _is_circular(found)]
    return Succession(frozenset(pair for pair in pairs if ranks.keys() >= set(pair)), ranks, contrary)


def _is_circular(pairs: Pairs) -> bool:
    return any((other, one) in pairs for one, other in pairs)


def _of_one(batches: Sequence[Batch], absent: Collection[str], current: Package) -> tuple[Pairs, Pairs]:
    """Give the order of the batches of one contributor from their manifests, and from manifests and bases together."""
    names = {batch.name for batch in batches}
    stated = _closed((old, batch.name) for batch in batches for old in named_before(batch.manifest) if old in names)
    by_base = (
        (one.name, other.name)
        for one, other in permutations(batches, 2)
        if not {(one.name, other.name), (other.name, one.name)} & stated and _is_older(one, other, absent, current)
    )
    return stated, _closed([*stated, *by_base])


def _is_older(one: Batch, other: Batch, absent: Collection[str], current: Package) -> bool:
    """Return whether a batch is based on an earlier version than another."""
    if one.name in absent or other.name in absent:
        return other.name not in absent and other.base is current and not other.compared_with_current
    then, now = (_number(str(batch.manifest["base"]["version"])) for batch in (one, other))
    return then is not None and now is not None and then < now


def _number(version: str) -> tuple[tuple[int, ...], bool, str] | None:
    """Give the sort key of a version; None if it has no numbers."""
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


# Names in manifests


def named_earlier(batches: Iterable[Batch]) -> dict[str, frozenset[str]]:
    """Map each batch to those that its manifest declares to be earlier, directly or through others."""
    known = list(batches)
    pairs = _closed((old, batch.name) for batch in known for old in named_before(batch.manifest))
    return {batch.name: frozenset(old for old, name in pairs if name == batch.name) for batch in known}


def require_known(
    batches: Iterable[Batch], current: Package, conflicts: Iterable[Conflict], waiting: Mapping[str, str]
) -> None:
    """Refuse manifests that name unknown batches, or batches of another contributor.

    `waiting` has those that were set aside, each with its contributor.

    Raises:
        RefusedError: a manifest names such a batch.
    """
    at_hand = {batch.name: batch.contributor for batch in batches}
    naming = [batch for batch in batches if named_before(batch.manifest)]
    known = {**dict(_recorded(current, conflicts)), **waiting, **at_hand} if naming else {}
    for batch in naming:
        for key, old in _named(batch.manifest):
            if old not in known:
                names = {name: name for name, who in known.items() if who == batch.contributor and name != batch.name}
                near = suggest(old, names) or "Correct the name, or remove it."
                raise RefusedError(
                    [batch.name],
                    f"{batch.name}: `{key}` names {old}, which is neither one of the contributions nor known to the "
                    f"published package. {near[0].upper()}{near[1:]}",
                )
            if known[old] not in ("", batch.contributor):  # not known if a manifest cannot be read
                message = f"{batch.name}: `{key}` names {old}, which is from another contributor. Remove it."
                raise RefusedError([batch.name], message)


def _named(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from (("follows", old) for old in manifest.get("follows", ()))
    yield from (("supersedes", old) for old in superseded(manifest))
    yield from (("supersedes", entry["batch"]) for entry in manifest.get("supersedes", ()) if isinstance(entry, dict))


def _recorded(current: Package, conflicts: Iterable[Conflict]) -> Iterator[tuple[str, str]]:
    """Give the batches in the published package, each with its contributor, if it is known."""
    yield from ((one.contribution, "") for one in recorded_replaced(current))
    yield from ((one.contribution, one.contributor) for one in recorded_changes(current))
    for name in (ROWS, CELLS):
        for frame in fields(current[name]) if name in current else ():
            yield from frame.select("batch", "contributor").drop_nulls().unique().iter_rows()
    yield from ((side.batch, side.contributor) for c in conflicts for side in c.sides if side.contributor)
