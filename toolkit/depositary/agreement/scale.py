"""The level of a variable, and the distance between two values on it: docs/agreement.md, "Levels"."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

Distance = Callable[[Hashable, Hashable], Fraction]


class Level(StrEnum):
    """What the values of a variable allow to say about two of them that differ."""

    NOMINAL = "nominal"  # they differ
    ORDINAL = "ordinal"  # one is higher, with so many values between
    INTERVAL = "interval"  # one is higher by so much
    RATIO = "ratio"  # one is higher by this share
    SET = "set"  # they share so many elements
    TIME = "time"  # they share so many days


@dataclass(frozen=True)
class Days:
    """A stretch of days, both ends included."""

    first: int
    last: int

    @classmethod
    def of(cls, first: date, last: date) -> "Days":
        """Count the days as `date.toordinal` does."""
        return cls(first.toordinal(), last.toordinal())


def distance_of(level: Level, counts: Mapping[Hashable, int], order: Sequence[Hashable] = ()) -> Distance:
    """Give the squared distance between two values, as Krippendorff's α takes it; 0 if they are equal.

    `counts` says how often each value is among those that are compared, and `order` lists the values of an ordinal
    variable from the lowest.
    """
    if level is Level.ORDINAL:
        ranks = middle_ranks(counts, order)
        return lambda one, other: (ranks[one] - ranks[other]) ** 2
    return _DISTANCES[level]


def middle_ranks(counts: Mapping[Hashable, int], order: Sequence[Hashable]) -> dict[Hashable, Fraction]:
    """Give each value the middle of the ranks that it takes; the ordinal distance is the square of their difference."""
    ranks, below = {}, 0
    for value in order:
        count = counts.get(value, 0)
        ranks[value] = below + Fraction(count, 2)
        below += count
    return ranks


def _nominal(one: Hashable, other: Hashable) -> Fraction:
    return Fraction(one != other)


def _interval(one: Hashable, other: Hashable) -> Fraction:
    return (number_of(one) - number_of(other)) ** 2


def _ratio(one: Hashable, other: Hashable) -> Fraction:
    total = number_of(one) + number_of(other)
    return ((number_of(one) - number_of(other)) / total) ** 2 if total else Fraction(one != other)


def _masi(one: Hashable, other: Hashable) -> Fraction:
    """Measure sets by MASI (Passonneau 2006): Jaccard's share, less the less one of them contains the other."""
    ours, theirs = elements_of(one), elements_of(other)
    shared, all_ = ours & theirs, ours | theirs
    if not all_:
        return Fraction(0)
    if ours == theirs:
        weight = Fraction(1)
    elif shared in (ours, theirs):
        weight = Fraction(2, 3)
    else:
        weight = Fraction(1, 3)
    return 1 - Fraction(len(shared), len(all_)) * weight


def _time(one: Hashable, other: Hashable) -> Fraction:
    """Measure dates by the days that both allow, as a share of the days that at least one allows."""
    ours, theirs = days_of(one), days_of(other)
    shared = max(0, min(ours.last, theirs.last) - max(ours.first, theirs.first) + 1)
    lengths = sum(days.last - days.first + 1 for days in (ours, theirs))
    return 1 - Fraction(shared, lengths - shared)


_DISTANCES: Mapping[Level, Distance] = {
    Level.NOMINAL: _nominal,
    Level.INTERVAL: _interval,
    Level.RATIO: _ratio,
    Level.SET: _masi,
    Level.TIME: _time,
}


def number_of(value: Hashable) -> Fraction:
    """Give a value of an interval or ratio level."""
    if not isinstance(value, int | Fraction):
        raise TypeError(value)
    return Fraction(value)


def elements_of(value: Hashable) -> frozenset[Hashable]:
    """Give a value of the level of sets."""
    if not isinstance(value, frozenset):
        raise TypeError(value)
    return value


def days_of(value: Hashable) -> Days:
    """Give a value of the level of time."""
    if not isinstance(value, Days):
        raise TypeError(value)
    return value
