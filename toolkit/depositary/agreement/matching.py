"""Which rows of different coders are about the same thing: by key, by judgement, by suggestion."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from depositary.agreement.coded import Coded, CodedRows, Renaming
from depositary.identity.judged import judged
from depositary.identity.records import rows_of_all
from depositary.identity.suggestion import Suggestion
from depositary.merging.claims.identifying import identity_policies
from depositary.merging.claims.inputs import Batch
from depositary.merging.claims.mint import IdMaps
from depositary.merging.prepare import earlier_redirects
from depositary.model.decision import Judgement

_Ids = dict[str, dict[str, str]]


class MatchedBy(StrEnum):
    """What says that rows of different coders are about the same thing; the weakest reason of an item counts."""

    KEY = "key"
    JUDGEMENT = "judgement"
    SUGGESTION = "suggestion"
    NONE = ""  # only one coder has it


@dataclass(frozen=True)
class Item:
    """A thing that at least one coder coded, with the row of each; `score` is that of its weakest suggestion."""

    table: str
    id: str
    source: str
    rows: Mapping[str, Coded]
    by: MatchedBy = MatchedBy.NONE
    score: float | None = None

    @property
    def row_id(self) -> str:
        """Give the id under which a merge has the row, if it has one row for all coders; otherwise empty."""
        ids = {row.judged for row in self.rows.values()}
        return ids.pop() if len(ids) == 1 else ""


@dataclass(frozen=True)
class Matched:
    """All items, sorted, and how the ids of the rows were changed."""

    items: tuple[Item, ...]
    renaming: Renaming

    def of(self, table: str) -> list[Item]:
        """Give the items of a table."""
        return [item for item in self.items if item.table == table]


def judged_ids(coded: CodedRows, batches: Sequence[Batch], judgements: Iterable[Judgement]) -> IdMaps:
    """Give the ids that stand for others after the judgements, as a merge follows them, and after earlier merges."""
    lines = list(judgements)
    tables = {line.table for line in lines}
    known = identity_policies(resource.table for resource in coded.package)
    policies = {table: policy for table, policy in known.items() if table in tables}
    rows = rows_of_all(coded.package, batches, policies)
    redirects = judged(lines, rows, earlier_redirects(coded.package), policies).identity.redirects
    return IdMaps(
        coded.policies, {table: {old: one.canonical_id for old, one in of.items()} for table, of in redirects.items()}
    )


def match(coded: CodedRows, by_judgements: IdMaps, suggestions: Sequence[Suggestion] = ()) -> Matched:
    """Group the rows of all coders into items."""
    taken = list(_taken(coded, by_judgements, suggestions))
    both: _Ids = {table: dict(ids) for table, ids in by_judgements.maps.items()}
    scores: dict[tuple[str, str], float] = {}
    for table, group in _groups(taken).items():
        to = {one: min(ids) for ids, _ in group for one in ids}
        scores.update({(table, min(ids)): score for ids, score in group})
        own = {old: to.get(now, now) for old, now in both.get(table, {}).items()}
        both[table] = {**own, **{one: first for one, first in to.items() if one != first}}
    renaming = Renaming(by_judgements, IdMaps(coded.policies, both))
    rows = [row for row in coded.rows(renaming) if row.table in coded.tables]
    order = {table: at for at, table in enumerate(coded.tables)}
    rows.sort(key=lambda row: (order[row.table], row.id, row.coder))
    items = (_item(table, id_, list(of), scores) for (table, id_), of in groupby(rows, lambda row: (row.table, row.id)))
    return Matched(tuple(items), renaming)


def _item(table: str, id_: str, rows: Sequence[Coded], scores: Mapping[tuple[str, str], float]) -> Item:
    item = Item(table, id_, next((row.source for row in rows if row.source), ""), {row.coder: row for row in rows})
    if len(rows) == 1:
        return item
    if len({row.given for row in rows}) == 1:
        return replace(item, by=MatchedBy.KEY)
    if len({row.judged for row in rows}) == 1:
        return replace(item, by=MatchedBy.JUDGEMENT)
    return replace(item, by=MatchedBy.SUGGESTION, score=scores.get((table, id_)))


def _taken(coded: CodedRows, by_judgements: IdMaps, suggestions: Sequence[Suggestion]) -> Iterator[Suggestion]:
    """Take the best suggestions between rows of different coders; no row is matched with two rows of one coder."""
    who: dict[tuple[str, str], set[str]] = {}
    for table in sorted({one.table for one in suggestions}):
        ids = by_judgements.maps.get(table, {})
        for coder, own in coded.ids(table).items():
            for one in own:
                who.setdefault((table, ids.get(one, one)), set()).add(coder)
    group: dict[tuple[str, str], frozenset[tuple[str, str]]] = {place: frozenset([place]) for place in who}
    for pair in sorted(suggestions, key=lambda one: (-one.score, one)):
        left, right = (pair.table, pair.left), (pair.table, pair.right)
        if left not in who or right not in who or group[left] == group[right]:
            continue
        ours, theirs = (set().union(*(who[place] for place in group[side])) for side in (left, right))
        if ours & theirs:
            continue
        both = group[left] | group[right]
        group.update(dict.fromkeys(both, both))
        yield pair


def _groups(taken: Iterable[Suggestion]) -> dict[str, list[tuple[set[str], float]]]:
    """Join suggestions that share a row; each group has the score of its weakest one."""
    of_row: dict[tuple[str, str], tuple[set[str], list[float]]] = {}
    for one in taken:
        ours, theirs = (of_row.get((one.table, id_), ({id_}, [])) for id_ in (one.left, one.right))
        small, large = sorted((ours, theirs), key=lambda group: len(group[0]))
        large[0].update(small[0])
        large[1].extend([*small[1], one.score] if small is not large else [one.score])
        of_row.update({(one.table, id_): large for id_ in (*small[0], one.left, one.right)})
    found: dict[str, list[tuple[set[str], float]]] = {}
    for (table, id_), (ids, scores) in of_row.items():
        if id_ == min(ids):
            found.setdefault(table, []).append((ids, min(scores)))
    return found
