"""An interval around α: its values when the units are drawn anew, with a fixed seed."""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from depositary.agreement.coefficients import Unit, pairable
from depositary.agreement.scale import Level, distance_of

DRAWS = 1_000
_SEED = 1
_TAIL = 0.025  # on each side of a 95 % interval
_MANY = 2_000  # different values; of more, the distances of all pairs take too long
_DIGITS = 6
_TWO = 2

_Numbers = npt.NDArray[Any]  # counts that may be weighted
_Disagreements = Callable[[_Numbers, _Numbers], tuple[float, float]]  # observed and by chance, for a sample


def interval(
    units: Sequence[Unit], level: Level = Level.NOMINAL, order: Sequence[Hashable] = ()
) -> tuple[float, float] | None:
    """Give the 95 % interval of α: percentiles of `DRAWS` samples of the units.

    None if there are fewer than two units, no variation, or too many different values.
    """
    compared = pairable(units)
    given = dict.fromkeys(value for unit in compared for value in unit.values())
    known = [value for value in order if value in given] if level is Level.ORDINAL else list(given)
    if len(compared) < _TWO or len(known) < _TWO or len(known) > _MANY:
        return None
    drawn = sorted(_alphas(compared, known, level))
    if not drawn:
        return None
    tail = int(_TAIL * len(drawn))
    return round(drawn[tail], _DIGITS), round(drawn[-1 - tail], _DIGITS)


def _alphas(units: Sequence[Unit], known: Sequence[Hashable], level: Level) -> list[float]:
    """Give α of each sample in which it is defined."""
    at = {value: place for place, value in enumerate(known)}
    unit_of = np.repeat(np.arange(len(units)), [len(unit) for unit in units])
    values = np.array([at[value] for unit in units for value in unit.values()])
    measured = _ordinal(units, at) if level is Level.ORDINAL else _fixed(units, known, level)
    random = np.random.RandomState(_SEED)  # its draws are the same in all versions of numpy
    found = []
    for _ in range(DRAWS):
        drawn = np.bincount(random.randint(0, len(units), len(units)), minlength=len(units)).astype(float)
        counts = np.bincount(values, weights=drawn[unit_of], minlength=len(known))
        observed, by_chance = measured(drawn, counts)
        if by_chance > 0:
            found.append(1 - float(counts.sum() - 1) * observed / by_chance)
    return found


def _fixed(units: Sequence[Unit], known: Sequence[Hashable], level: Level) -> _Disagreements:
    """Measure by distances that do not depend on the sample."""
    distance = distance_of(level, {})
    pairs = [Counter(permutations(unit.values(), 2)) for unit in units]
    within = np.array(
        [
            sum(float(distance(*pair)) * times for pair, times in of.items()) / (len(unit) - 1)
            for unit, of in zip(units, pairs, strict=True)
        ]
    )
    if level is Level.NOMINAL:
        return lambda drawn, counts: (float(drawn @ within), float(counts.sum() ** 2 - (counts**2).sum()))
    between = np.array([[float(distance(one, other)) for other in known] for one in known])
    return lambda drawn, counts: (float(drawn @ within), float(counts @ between @ counts))


def _ordinal(units: Sequence[Unit], at: dict[Hashable, int]) -> _Disagreements:
    """Measure by the ranks of the values, which depend on how often each is in the sample."""
    triples = [
        (number, at[one], at[other], float(Fraction(times, len(unit) - 1)))
        for number, unit in enumerate(units)
        for (one, other), times in Counter(permutations(unit.values(), 2)).items()
        if one != other
    ]
    number, one, other, share = (np.array(column) for column in zip(*triples, strict=True)) if triples else (_NONE,) * 4

    def measured(drawn: _Numbers, counts: _Numbers) -> tuple[float, float]:
        ranks = np.cumsum(counts) - counts / 2
        within = ((ranks[one] - ranks[other]) ** 2 * share * drawn[number]).sum()
        between = 2 * (counts.sum() * (counts @ ranks**2) - (counts @ ranks) ** 2)
        return float(within), float(between)

    return measured


_NONE = np.array([], dtype=int)
