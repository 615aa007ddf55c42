"""An interval around α: its values when the units are drawn anew, with a fixed seed."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import combinations

import numpy as np

from depositary.agreement.coefficients import Unit, pairable
from depositary.agreement.expected import BY_PAIRS, Numbers, arranged, totals_of
from depositary.agreement.scale import Level, distance_of

DRAWS = 1_000
MANY = 20_000  # different sets or stretches of time; of more, the pairs of all samples take minutes
_SEED = 1
_TAIL = 0.025  # on each side of a 95 % interval
_CELLS = 4_000_000  # counts that are held at once
_DIGITS = 6
_TWO = 2

_Within = Callable[[Numbers, Numbers], Numbers]  # by drawn units and counts of values, a row for each sample


def interval(
    units: Sequence[Unit], level: Level = Level.NOMINAL, order: Sequence[Hashable] = ()
) -> tuple[float, float] | None:
    """Give the 95 % interval of α: percentiles of `DRAWS` samples of the units.

    None if there are fewer than two units, no variation, or more than `MANY` different values whose pairs count.
    """
    compared = pairable(units)
    known = arranged(level, (value for unit in compared for value in unit.values()), order)
    if len(compared) < _TWO or len(known) < _TWO or (level in BY_PAIRS and len(known) > MANY):
        return None
    drawn = sorted(_alphas(compared, known, level))
    if not drawn:
        return None
    tail = int(_TAIL * len(drawn))
    return round(drawn[tail], _DIGITS), round(drawn[-1 - tail], _DIGITS)


def _alphas(units: Sequence[Unit], known: Sequence[Hashable], level: Level) -> Iterator[float]:
    """Give α of each sample in which it is defined."""
    at = {value: place for place, value in enumerate(known)}
    unit_of = np.repeat(np.arange(len(units)), [len(unit) for unit in units])
    values = np.array([at[value] for unit in units for value in unit.values()])
    within = _by_ranks(units, at) if level is Level.ORDINAL else _by_distances(units, level)
    by_chance = totals_of(level, known)
    random = np.random.RandomState(_SEED)  # its draws are the same in all versions of numpy
    size = max(1, _CELLS // max(len(units), len(known)))
    for start in range(0, DRAWS, size):
        rows = range(start, min(DRAWS, start + size))
        times = [np.bincount(random.randint(0, len(units), len(units)), minlength=len(units)) for _ in rows]
        drawn = np.array(times, dtype=float)
        counts = np.array([np.bincount(values, weights=of[unit_of], minlength=len(known)) for of in drawn])
        varied = (counts > 0).sum(axis=1) > 1
        drawn, counts = drawn[varied], counts[varied]
        found = 1 - (counts.sum(axis=1) - 1) * within(drawn, counts) / by_chance(counts)
        yield from found.tolist()


def _by_distances(units: Sequence[Unit], level: Level) -> _Within:
    """Measure by distances that do not depend on the sample."""
    distance = distance_of(level, {})
    sums = [sum(float(distance(*pair)) for pair in combinations(unit.values(), 2)) for unit in units]
    of_units = np.array([2 * of / (len(unit) - 1) for of, unit in zip(sums, units, strict=True)])
    return lambda drawn, _: drawn @ of_units


def _by_ranks(units: Sequence[Unit], at: dict[Hashable, int]) -> _Within:
    """Measure by the ranks of the values, which depend on how often each is in the sample."""
    pairs = [
        (number, at[one], at[other], 2 / (len(unit) - 1))
        for number, unit in enumerate(units)
        for one, other in combinations(unit.values(), 2)
        if one != other
    ]
    number, one, other, share = (np.array([pair[column] for pair in pairs], dtype=kind) for column, kind in _COLUMNS)

    def within(drawn: Numbers, counts: Numbers) -> Numbers:
        ranks = np.cumsum(counts, axis=1) - counts / 2
        return np.array(
            [((of[one] - of[other]) ** 2 * share * times[number]).sum() for of, times in zip(ranks, drawn, strict=True)]
        )

    return within


_COLUMNS = ((0, int), (1, int), (2, int), (3, float))
