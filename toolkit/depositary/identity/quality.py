"""How often the suggestions are right, by the judgements at hand."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

from depositary.identity.places import Opened
from depositary.identity.suggest import LEAST_SCORE
from depositary.merging.claims.distinct import Pair, pair_of
from depositary.model.decision import Verdict
from depositary.wording.plain import number

_Z = 1.959963984540054  # of the normal distribution, for 95 %


class Share(NamedTuple):
    """A number of pairs of others, with the interval of Wilson for the share; it is a tuple (part, whole)."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """Give the share; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float]:
        """Give the ends of the interval in which the share is, with 95 % certainty."""
        if not self.whole:
            return 0.0, 1.0
        n, share = self.whole, self.part / self.whole
        middle = share + _Z * _Z / (2 * n)
        half = _Z * sqrt(share * (1 - share) / n + _Z * _Z / (4 * n * n))
        low, high = ((middle + side * half) / (1 + _Z * _Z / n) for side in (-1, 1))
        return max(0.0, low), min(1.0, high)


@dataclass(frozen=True)
class Quality:
    """What the judgements say about the suggestions of one table.

    `precision` is the share of the same among the judged pairs that would be suggested; `recall` is the share of those
    that would be suggested among the pairs judged the same. `left_out` counts the pairs that say nothing: those on
    which people are unsure or disagree, and those with a row that is no longer there.
    """

    table: str
    precision: Share
    recall: Share
    left_out: int = 0


def quality(
    there: Opened, tables: Collection[str] | None = None, least_score: float = LEAST_SCORE
) -> tuple[Quality, ...]:
    """Compare the judgements with what would be suggested if nobody had judged, table by table.

    Raises:
        UsageError: a table is not known, or nothing identifies its rows.
        DocumentError: a file cannot be read.
    """
    matching = there.matching(tables, least_score, judged=False)
    judged = {table: pairs for table, pairs in _judged(there).items() if table in matching.tables}
    if not judged:
        return ()
    suggested = {(one.table, one.left, one.right) for one in matching.suggestions}
    return tuple(
        _of(table, pairs, {(left, right) for of, left, right in suggested if of == table}, matching.records(table).ids)
        for table, pairs in sorted(judged.items())
    )


def _judged(there: Opened) -> dict[str, dict[Pair, set[Verdict]]]:
    """Give all verdicts on each pair, by table."""
    found: dict[str, dict[Pair, set[Verdict]]] = {}
    for line in there.judgements:
        pair = pair_of(line.left_id, line.right_id)
        found.setdefault(line.table, {}).setdefault(pair, set()).add(line.judgement)
    return found


def _of(table: str, judged: Mapping[Pair, set[Verdict]], suggested: set[Pair], ids: frozenset[str]) -> Quality:
    clear = {pair: min(verdicts) for pair, verdicts in judged.items() if len(verdicts) == 1 and ids.issuperset(pair)}
    same = {pair for pair, verdict in clear.items() if verdict is Verdict.POSITIVE}
    different = {pair for pair, verdict in clear.items() if verdict is Verdict.NEGATIVE}
    found = len(same & suggested)
    precision, recall = Share(found, len((same | different) & suggested)), Share(found, len(same))
    return Quality(table, precision, recall, len(judged) - len(same) - len(different))


def quality_text(found: Collection[Quality], least_score: float) -> str:
    """Write what the judgements say, in words."""
    if not found:
        return (
            "nobody has judged a pair of these tables yet: depositary identity review asks about one after the other\n"
        )
    return "\n".join(line for one in found for line in _lines(one, least_score)) + "\n"


def _lines(one: Quality, least_score: float) -> Iterator[str]:
    yield f"{one.table}: pairs with a score of {least_score:g} or more, by the judgements"
    yield f"  precision  {_share(one.precision, 'judged pairs that are suggested are the same')}"
    yield f"  recall     {_share(one.recall, 'pairs that are the same are suggested')}"
    if one.left_out:
        yield f"  {number(one.left_out, 'pair')} left out: unsure, contradictory, or with a row that is no longer there"


def _share(share: Share, what: str) -> str:
    if share.value is None:
        return "undefined: no such pair is judged"
    low, high = share.interval
    return f"{share.value:.3f}  95 %: {low:.3f} to {high:.3f}  ({share.part} of {share.whole} {what})"
