"""The coefficients of agreement, exact: per cent agreement, Krippendorff's α, Gwet's AC1.

A unit maps coders to the values that they gave; a coder who gave none is not in it.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, permutations

from depositary.agreement.expected import added, total_distance
from depositary.agreement.scale import Level, distance_of

Unit = Mapping[str, Hashable]
Pair = tuple[Hashable, Hashable]

_TWO = 2  # values of a unit that can be compared


@dataclass(frozen=True)
class Coefficient:
    """A coefficient, or the reason why there is none."""

    value: Fraction | None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.value is not None


def pairable(units: Iterable[Unit]) -> list[Unit]:
    """Give the units with two values or more; the others cannot be compared."""
    return [unit for unit in units if len(unit) >= _TWO]


def coders_of(units: Iterable[Unit]) -> list[str]:
    """Name those who gave a value, sorted."""
    return sorted({coder for unit in units for coder in unit})


def coincidences(units: Iterable[Unit]) -> dict[Pair, Fraction]:
    """Count the ordered pairs of values within units; each value counts once, whatever the number of coders."""
    found: dict[Pair, Counter[int]] = {}
    for unit in pairable(units):
        for pair in permutations(unit.values(), 2):
            found.setdefault(pair, Counter())[len(unit) - 1] += 1
    return {
        pair: sum((Fraction(times, others) for others, times in of.items()), Fraction(0)) for pair, of in found.items()
    }


def alpha(units: Iterable[Unit], level: Level = Level.NOMINAL, order: Sequence[Hashable] = ()) -> Coefficient:
    """Compute Krippendorff's α: 1 less the observed disagreement as a share of the one that chance would give."""
    compared = pairable(units)
    if reason := _undefined(compared):
        return Coefficient(None, reason)
    counts = Counter(value for unit in compared for value in unit.values())
    if len(counts) < _TWO:
        return Coefficient(None, "all values are the same, so chance alone would give full agreement")
    distance = distance_of(level, counts, order)
    pairs = coincidences(compared).items()
    observed = added(times * distance(*pair) for pair, times in pairs if pair[0] != pair[1])
    expected = total_distance(level, counts, order)
    if not expected:
        return Coefficient(None, "all values mean the same, so chance alone would give full agreement")
    return Coefficient(1 - (counts.total() - 1) * observed / expected)


def agreement(units: Iterable[Unit]) -> Coefficient:
    """Compute the share of pairs of values that are equal, as a mean over the units."""
    compared = pairable(units)
    if reason := _undefined(compared):
        return Coefficient(None, reason)
    return Coefficient(sum(map(_equal_pairs, compared), Fraction(0)) / len(compared))


def ac1(units: Sequence[Unit]) -> Coefficient:
    """Compute Gwet's AC1, which does not fall when one category is frequent (Gwet 2008, also with missing values)."""
    compared = pairable(units)
    if reason := _undefined(compared):
        return Coefficient(None, reason)
    given = [unit for unit in units if unit]
    shares: dict[Hashable, Fraction] = {}
    for unit in given:
        for value, times in Counter(unit.values()).items():
            shares[value] = shares.get(value, Fraction(0)) + Fraction(times, len(unit) * len(given))
    if len(shares) < _TWO:
        return Coefficient(None, "all values are the same, so chance alone would give full agreement")
    by_chance = sum((share * (1 - share) for share in shares.values()), Fraction(0)) / (len(shares) - 1)
    observed = sum(map(_equal_pairs, compared), Fraction(0)) / len(compared)
    return Coefficient((observed - by_chance) / (1 - by_chance))


def disagreement(unit: Unit, level: Level, counts: Mapping[Hashable, int], order: Sequence[Hashable]) -> Fraction:
    """Give the mean distance between the values of one unit."""
    distance = distance_of(level, counts, order)
    pairs = [distance(one, other) for one, other in combinations(unit.values(), 2)]
    return sum(pairs, Fraction(0)) / len(pairs)


def _equal_pairs(unit: Unit) -> Fraction:
    equal = sum(times * (times - 1) for times in Counter(unit.values()).values())
    return Fraction(equal, len(unit) * (len(unit) - 1))


def _undefined(compared: Sequence[Unit]) -> str:
    """Say why there is nothing to compare; nothing if there is."""
    return "" if compared else "no unit has values of two coders"
