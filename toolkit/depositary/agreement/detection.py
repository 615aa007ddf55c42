"""Who found what: the items of each coder, apart from the values that they gave."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from depositary.agreement.matching import Item, MatchedBy


@dataclass(frozen=True)
class Found:
    """How many items two coders found, or one coder and all together, who then has no name in `other`.

    Precision is the share of the items of `coder` that `other` has too, and recall the share of those of `other` that
    `coder` has. Against all coders, precision is the share that at least one other coder has.
    """

    table: str
    coder: str
    other: str
    both: int
    own: int  # items of the first
    others: int  # items of the second, or of all

    @property
    def only_own(self) -> int:
        """Count the items that the first has alone."""
        return self.own - self.both

    @property
    def precision(self) -> Fraction | None:
        """Give the share of the items of the first that are confirmed."""
        return _share(self.both, self.own)

    @property
    def recall(self) -> Fraction | None:
        """Give the share of the items of the other, or of all, that the first found."""
        return _share(self.both if self.other else self.own, self.others)

    @property
    def f1(self) -> Fraction | None:
        """Give the harmonic mean of precision and recall."""
        precision, recall = self.precision, self.recall
        if precision is None or recall is None:
            return None
        return 2 * precision * recall / (precision + recall) if precision + recall else Fraction(0)

    @property
    def jaccard(self) -> Fraction | None:
        """Give the share of the items of both that both found; against all, that of all items that the coder found."""
        return _share(self.both, self.own + self.others - self.both) if self.other else self.recall


@dataclass(frozen=True)
class Detection:
    """Who found the items of one table, pair by pair and each against all."""

    table: str
    items: int
    matched: dict[MatchedBy, int]  # items of two coders or more, by the reason
    pairs: tuple[Found, ...]
    against_all: tuple[Found, ...]
    alone: tuple[Item, ...]  # the items that only one coder found


def detection(table: str, items: Sequence[Item], coders: Sequence[str]) -> Detection:
    """Compare what each coder found in a table."""
    own = {coder: {item.id for item in items if coder in item.rows} for coder in coders}
    pairs = [
        Found(table, one, other, len(own[one] & own[other]), len(own[one]), len(own[other]))
        for at, one in enumerate(coders)
        for other in coders[at + 1 :]
    ]
    against_all = [
        Found(table, one, "", sum(one in item.rows and len(item.rows) > 1 for item in items), len(own[one]), len(items))
        for one in coders
        if len(coders) > 1
    ]
    matched = {by: sum(item.by is by for item in items) for by in MatchedBy if by}
    alone = tuple(item for item in items if len(item.rows) == 1)
    return Detection(table, len(items), matched, tuple(pairs), tuple(against_all), alone)


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None
