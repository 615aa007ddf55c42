"""What is already judged: pairs that are not suggested again, and those that a negative judgement rules out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from depositary.identity.records import Rows
from depositary.merging.claims.distinct import Distinct, Pair, pair_of
from depositary.merging.claims.identifying import IdentityPolicy
from depositary.merging.claims.identity import Identity, Redirect, identify
from depositary.model.decision import Judgement


@dataclass(frozen=True)
class Judged:
    """The judgements on pairs, by the ids that stand for rows after all positive ones."""

    identity: Identity
    pairs: Mapping[str, Mapping[Pair, tuple[Judgement, ...]]] = field(default_factory=dict)

    def stands_for(self, table: str, id_: str) -> str:
        """Give the id that stands for a row."""
        redirect = self.identity.of(table).get(id_)
        return redirect.canonical_id if redirect else id_

    def on(self, table: str, one: str, other: str) -> tuple[Judgement, ...]:
        """Give the judgements on two rows, or on rows that are the same as they."""
        pair = pair_of(self.stands_for(table, one), self.stands_for(table, other))
        return self.pairs.get(table, {}).get(pair, ())


def judged(
    judgements: Iterable[Judgement],
    rows: Rows,
    earlier: Iterable[Redirect],
    policies: Mapping[str, IdentityPolicy],
) -> Judged:
    """Apply the judgements to rows; `earlier` has the redirects of the package."""

    def distinct(table: str, ids: Collection[str]) -> Distinct:
        fields = policies[table].forbidding if table in policies else ()
        return Distinct({one: rows.texts(table, one, ids) for one in fields})

    judgements = [line for line in judgements if line.table in rows.frames]
    tables = sorted(rows.frames)
    published = {table: rows.ids(table, published=True) for table in tables}
    claimed = {table: rows.ids(table, published=False) for table in tables}
    known = [redirect for redirect in earlier if redirect.table in published]
    identity = identify(judgements, published, known, claimed=claimed, distinct=distinct)
    found = Judged(identity, {})
    pairs: dict[str, dict[Pair, list[Judgement]]] = {}
    for line in judgements:
        ids = (found.stands_for(line.table, one) for one in (line.left_id, line.right_id))
        pairs.setdefault(line.table, {}).setdefault(pair_of(*ids), []).append(line)
    return Judged(identity, {table: {pair: tuple(lines) for pair, lines in of.items()} for table, of in pairs.items()})
