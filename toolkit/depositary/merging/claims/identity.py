"""Rows that are the same: judged pairs, their clusters, and the canonical id of each cluster."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType

from depositary.merging.claims.distinct import Distinct, pair_of
from depositary.merging.claims.hashes import conflict_id, inputs_hash
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.decision import Judgement, Verdict
from depositary.model.kinds import ConflictKind, family, message
from depositary.model.record_id import record_id


@dataclass(frozen=True)
class Redirect:
    """An id that is no longer used, because its row is the same as another one."""

    table: str
    old_id: str
    canonical_id: str
    decided_by: str


@dataclass
class Identity:
    """The redirects from all judgements, by table, and the contradictions between judgements."""

    redirects: dict[str, dict[str, Redirect]] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    earlier: tuple[Redirect, ...] = ()
    unknown: tuple[tuple[Judgement, str], ...] = ()  # judgements, each with an unknown id

    def of(self, table: str) -> Mapping[str, Redirect]:
        """Give the redirects of a table, by the old id."""
        return self.redirects.get(table, {})


DistinctOf = Callable[[str, Collection[str]], Distinct]  # of some rows of a table


def identify(  # noqa: PLR0913 (what is known of the ids)
    judgements: Iterable[Judgement],
    published: Mapping[str, Collection[str]],
    earlier: Iterable[Redirect] = (),
    recorded: Mapping[str, Collection[str]] = MappingProxyType({}),
    claimed: Mapping[str, Collection[str]] = MappingProxyType({}),
    distinct: DistinctOf = lambda _table, _ids: Distinct(),
) -> Identity:
    """Apply the judgements, and the redirects of earlier merges.

    `published` has the ids of the current package, by table, `earlier` its published redirects, `recorded` the ids in
    its provenance, and `claimed` the ids in contributions. `distinct` gives what forbids that rows are the same.
    """
    earlier, judgements = tuple(earlier), list(judgements)
    known = {table: {*ids, *recorded.get(table, ()), *claimed.get(table, ())} for table, ids in published.items()}
    for redirect in earlier:
        known.setdefault(redirect.table, set()).update((redirect.old_id, redirect.canonical_id))
    both = ((line, one) for line in judgements for one in (line.left_id, line.right_id))
    unknown = tuple((line, one) for line, one in both if one not in known[line.table])
    identity = Identity(earlier=earlier, unknown=unknown)
    by_table: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        by_table.setdefault(judgement.table, []).append(judgement)
    for table, of_table in sorted(by_table.items()):
        best = (published.get(table, ()), recorded.get(table, ()), known[table])
        _apply(table, _pairs(table, of_table, identity), best, distinct, identity)
    for redirect in identity.earlier:
        if redirect.old_id not in published.get(redirect.table, ()):
            to = identity.of(redirect.table).get(redirect.canonical_id)
            straight = replace(redirect, canonical_id=to.canonical_id) if to else redirect
            identity.redirects.setdefault(redirect.table, {}).setdefault(redirect.old_id, straight)
    for of in identity.redirects.values():
        _straighten(of)
    return identity


def _apply(table: str, pairs: "_Pairs", there: "_There", distinct: DistinctOf, identity: Identity) -> None:
    """Redirect the clusters of a table, or list what keeps their rows apart."""
    positive = {pair: lines for pair, lines in pairs.items() if lines[0].judgement is Verdict.POSITIVE}
    if not positive:
        return
    denied: dict[str, list[str]] = {}
    for left, right in (pair for pair in pairs if pair not in positive):
        denied.setdefault(left, []).append(right)
    earlier = {one.old_id: one.canonical_id for one in identity.earlier if one.table == table}
    moved = {old: to for old, to in earlier.items() if old not in there[0]}
    ids = {one for pair in positive for one in pair}
    apart = distinct(table, ids | {moved[one] for one in ids & moved.keys()}).under(moved)
    for cluster, own in _clusters(positive):
        against = [(one, other) for one in sorted(cluster) for other in denied.get(one, ()) if other in cluster]
        forbidden = apart.forbidden(cluster, own)
        broken = [_contradiction(table, pair, pairs, own) for pair in against]
        broken += [_forbidden(table, pair, why, own) for pair, why in forbidden.items() if pair not in against]
        identity.conflicts.extend(broken)
        if not broken:
            _redirect(table, cluster, own, (there[0], {*earlier.values()} & cluster, *there[1:]), identity)


def _straighten(redirects: dict[str, Redirect]) -> None:
    """Make all redirects lead directly to an id that is not redirected."""
    for old, redirect in redirects.items():
        to, seen = redirect.canonical_id, {old}
        while to in redirects and to not in seen:
            seen.add(to)
            to = redirects[to].canonical_id
        redirects[old] = replace(redirect, canonical_id=to)


_Pairs = Mapping[tuple[str, str], Sequence[Judgement]]
_There = tuple[Collection[str], ...]  # the ids that may be canonical, the best first; the last are all known ones


def _pairs(table: str, judgements: Iterable[Judgement], identity: Identity) -> dict[tuple[str, str], list[Judgement]]:
    """Group the judgements by pair, and leave out pairs on which people disagree."""
    found: dict[tuple[str, str], list[Judgement]] = {}
    for judgement in judgements:
        if judgement.judgement is not Verdict.UNSURE:
            left, right = sorted((judgement.left_id, judgement.right_id))
            found.setdefault((left, right), []).append(judgement)
    pairs = {}
    for pair, lines in sorted(found.items()):
        lines.sort(key=lambda line: line.decided_by)
        if len({line.judgement for line in lines}) > 1:
            text = message(ConflictKind.DISAGREE, "judgements", left=pair[0], right=pair[1])
            identity.conflicts.append(_conflict(ConflictKind.DISAGREE, table, pair, lines, text))
        else:
            pairs[pair] = lines
    return pairs


def _clusters(pairs: _Pairs) -> Iterator[tuple[set[str], _Pairs]]:
    """Give the sets of ids that pairs connect, each with its pairs."""
    neighbours = _neighbours(pairs)
    seen: set[str] = set()
    for start in sorted(neighbours):
        if start not in seen:
            cluster = set(_paths(start, neighbours))
            seen |= cluster
            yield cluster, {(a, b): pairs[a, b] for a in sorted(cluster) for b in neighbours[a] if a < b}


def _neighbours(pairs: _Pairs) -> dict[str, list[str]]:
    neighbours: dict[str, list[str]] = {}
    for left, right in sorted(pairs):
        neighbours.setdefault(left, []).append(right)
        neighbours.setdefault(right, []).append(left)
    return neighbours


def _paths(start: str, neighbours: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Give the shortest path to each id that can be reached."""
    paths, waiting = {start: [start]}, [start]
    for here in waiting:
        for there in neighbours[here]:
            if there not in paths:
                paths[there] = [*paths[here], there]
                waiting.append(there)
    return paths


def _redirect(table: str, cluster: set[str], pairs: _Pairs, there: "_There", identity: Identity) -> None:
    """Redirect a cluster to one of its ids: a published one, one that stands for others, a recorded or a known one.

    An id that no row has or had is an error in a judgement, and gives a warning.
    """
    ranked = (cluster.intersection(ids) for ids in there)
    canonical = min(next(filter(None, ranked), ()), default=None)
    if canonical is None:
        return
    deciders = {
        one: {line.decided_by for pair, lines in pairs.items() if one in pair for line in lines} for one in cluster
    }
    for one in sorted((cluster - {canonical}).intersection(there[-1])):
        redirect = Redirect(table, one, canonical, ", ".join(sorted(deciders[one])))
        identity.redirects.setdefault(table, {})[one] = redirect


def _contradiction(table: str, pair: tuple[str, str], pairs: _Pairs, positive: _Pairs) -> Conflict:
    text = message(ConflictKind.CONTRADICTION, path=_written(_path(pair, positive), positive))
    return _conflict(ConflictKind.CONTRADICTION, table, pair, pairs[pair], text)


def _forbidden(table: str, pair: tuple[str, str], why: str, positive: _Pairs) -> Conflict:
    path = _path(pair, positive)
    text = message(ConflictKind.FORBIDDEN, left=pair[0], right=pair[1], why=why, path=_written(path, positive))
    lines = [line for step in pairwise(path) for line in positive[pair_of(*step)]]
    by_decider = {line.decided_by: line for line in lines}
    return _conflict(ConflictKind.FORBIDDEN, table, pair, [by_decider[who] for who in sorted(by_decider)], text)


def _path(pair: tuple[str, str], positive: _Pairs) -> list[str]:
    """Give the ids on the shortest way from one row to another."""
    return list(_paths(pair[0], _neighbours(positive))[pair[1]])


def _written(path: Sequence[str], positive: _Pairs) -> str:
    """Write which judgements make the rows on a path the same."""
    people = (", ".join(line.decided_by for line in positive[pair_of(*step)]) for step in pairwise(path))
    return " ".join([path[0], *(f"= {id_} ({who})" for id_, who in zip(path[1:], people, strict=True))])


def _conflict(kind: ConflictKind, table: str, pair: tuple[str, str], lines: Sequence[Judgement], text: str) -> Conflict:
    return Conflict(
        conflict_id=conflict_id(family(kind), table, record_id(pair), ""),
        kind=kind,
        status=Status.OPEN,
        table=table,
        row_id=record_id(pair),
        field="",
        sides=tuple(Side(line.decided_by, "decisions", line.judgement.value) for line in lines),
        inputs_hash=inputs_hash(None, list(dict.fromkeys(line.judgement.value for line in lines))),
        message=text,
    )
