"""The disagreement that chance would give: the distances between all values, whichever unit they are in."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from math import ceil, floor, fsum, log

import numpy as np
import numpy.typing as npt

from depositary.agreement.scale import Level, days_of, distance_of, elements_of, middle_ranks, number_of

Numbers = npt.NDArray[np.float64]
Totals = Callable[[Numbers], Numbers]  # the total for each row of counts
_Shares = Iterator[tuple[int, int, Numbers]]

BY_PAIRS = (Level.SET, Level.TIME)  # their totals cost what the pairs of different values cost; others, the values

_FEW = 100  # different values; of more, the distances of all pairs are not computed as fractions
_DENOMINATORS = 300  # a sum of fractions with more of them has thousands of digits
_CELLS = 1_000_000  # numbers that are held at once
_STEP = 0.2  # of the integral: it is right to 15 digits
_NODES = 16  # of the integral at once
_LEAST, _MOST = 1e-8, 40.0  # where the integral of a pair begins and ends


def added(terms: Iterable[Fraction]) -> Fraction:
    """Add fractions: exactly, or to 15 digits if they have many different denominators."""
    parts: dict[int, int] = {}
    for term in terms:
        parts[term.denominator] = parts.get(term.denominator, 0) + term.numerator
    if len(parts) > _DENOMINATORS:
        return Fraction(fsum(above / below for below, above in parts.items()))
    return sum((Fraction(above, below) for below, above in parts.items()), Fraction(0))


def total_distance(level: Level, counts: Mapping[Hashable, int], order: Sequence[Hashable] = ()) -> Fraction:
    """Give the sum of the distances between all ordered pairs of values, each as often as it is counted.

    It is exact for a nominal, ordinal or interval level, and for few values; otherwise it is right to 12 digits.
    """
    number = sum(counts.values())
    if level is Level.NOMINAL:
        return Fraction(number**2 - sum(times**2 for times in counts.values()))
    if level in (Level.ORDINAL, Level.INTERVAL):
        ranks = middle_ranks(counts, order) if level is Level.ORDINAL else {}
        places = [(times, ranks[value] if ranks else number_of(value)) for value, times in counts.items()]
        squares = sum((times * place**2 for times, place in places), Fraction(0))
        return 2 * (number * squares - sum((times * place for times, place in places), Fraction(0)) ** 2)
    if len(counts) <= _FEW:
        distance = distance_of(level, counts, order)
        pairs = combinations(counts, 2)
        return 2 * added(counts[one] * counts[other] * distance(one, other) for one, other in pairs)
    values = arranged(level, counts)
    (found,) = totals_of(level, values)(np.array([[float(counts[value]) for value in values]]))
    return Fraction(float(found))


def arranged(level: Level, values: Iterable[Hashable], order: Sequence[Hashable] = ()) -> list[Hashable]:
    """Put different values into the order that their level asks for, so that sums do not depend on who is first."""
    given = set(values)
    if level is Level.ORDINAL:
        return [value for value in order if value in given]
    if level is Level.NOMINAL:
        return sorted(given, key=str)
    if level is Level.SET:
        return sorted(given, key=lambda value: sorted(map(str, elements_of(value))))
    if level is Level.TIME:
        return sorted(given, key=lambda value: (days_of(value).first, days_of(value).last))
    return sorted(given, key=number_of)


def totals_of(level: Level, values: Sequence[Hashable]) -> Totals:
    """Give a function that sums the distances of all ordered pairs for many counts of the same values at once.

    `values` are arranged. The sums are floating point.
    """
    if level is Level.NOMINAL:
        return lambda counts: counts.sum(axis=1) ** 2 - (counts**2).sum(axis=1)
    if level is Level.ORDINAL:
        return _ordinal
    if level is Level.INTERVAL:
        return _interval(values)
    if level is Level.RATIO:
        return _ratio(values)
    return _by_pairs(_sets(values) if level is Level.SET else _stretches(values))


def _spread(number: Numbers, sum_: Numbers, squares: Numbers) -> Numbers:
    """Sum the squared differences of all ordered pairs."""
    found: Numbers = 2 * (number * squares - sum_**2)
    return found


def _interval(values: Sequence[Hashable]) -> Totals:
    numbers = [number_of(value) for value in values]
    middle = numbers[len(numbers) // 2]  # not the mean, which one number may move far away from all others
    places = np.array([float(number - middle) for number in numbers])

    def totals(counts: Numbers) -> Numbers:
        number = counts.sum(axis=1)
        means = counts @ places / np.maximum(number, 1)
        found: Numbers = 2 * number * (counts * (places - means[:, None]) ** 2).sum(axis=1)
        return found

    return totals


def _ordinal(counts: Numbers) -> Numbers:
    ranks = np.cumsum(counts, axis=1) - counts / 2
    return _spread(counts.sum(axis=1), (counts * ranks).sum(axis=1), (counts * ranks**2).sum(axis=1))


def _ratio(values: Sequence[Hashable]) -> Totals:
    """Sum ((a - b) / (a + b))² over all pairs without looking at each.

    1 / s² is the integral of t e^(-ts) over all t > 0. With s = a + b, e^(-ts) is a product of what a gives and what b
    gives. So for each t there are only sums over single values. In the logarithm of t, equal steps are enough: the
    error falls exponentially with the step.
    """
    numbers = [number_of(value) for value in values]
    most = max(numbers) or Fraction(1)
    scaled = np.array([float(number / most) for number in numbers])
    above = np.array([float((number - numbers[0]) / most) for number in numbers])  # so that close numbers stay apart
    least = min((number for number in scaled if number > 0), default=1.0)
    first, last = floor(log(_LEAST / 2) / _STEP), ceil(log(_MOST / least) / _STEP)
    nodes = np.exp(np.arange(first, last + 1) * _STEP)

    def totals(counts: Numbers) -> Numbers:
        found = np.zeros(len(counts))
        for start in range(0, len(nodes), _NODES):
            at = nodes[start : start + _NODES, None]
            half = np.exp(-at * scaled / 2)
            weights = np.cumsum(half**2, axis=1)
            middle = above[(weights >= weights[:, -1:] / 2).argmax(axis=1)]
            moved = at * (above - middle[:, None]) * half
            found += _spread(counts @ (half**2).T, counts @ (moved * half).T, counts @ (moved**2).T).sum(axis=1)
        return found * _STEP

    return totals


def _by_pairs(shares: Callable[[], _Shares]) -> Totals:
    """Sum by pairs of values; `shares` gives what is alike, from the first value of some on."""

    def totals(counts: Numbers) -> Numbers:
        alike = np.zeros(len(counts))
        for start, stop, of in shares():
            of[:, stop - start :] *= 2  # the pairs whose other order is in no other block
            alike += ((counts[:, start : start + of.shape[1]] @ of.T) * counts[:, start:stop]).sum(axis=1)
        found: Numbers = counts.sum(axis=1) ** 2 - alike
        return found

    return totals


def _blocks(number: int) -> Iterator[tuple[int, int]]:
    """Divide values into blocks, so that few of their pairs are held at once."""
    size = max(1, _CELLS // number)
    for start in range(0, number, size):
        yield start, min(number, start + size)


def _sets(values: Sequence[Hashable]) -> Callable[[], _Shares]:
    """Give what sets share, by MASI: 1 less their distance."""
    sets = [elements_of(value) for value in values]
    sizes = np.array([len(one) for one in sets])
    holders: dict[Hashable, list[int]] = {}
    for place, one in enumerate(sets):
        for element in one:
            holders.setdefault(element, []).append(place)
    places = {element: np.array(of) for element, of in holders.items()}

    def shares() -> _Shares:
        for start, stop in _blocks(len(sets)):
            shared = np.array(
                [
                    np.bincount(np.concatenate([places[element] for element in one]), minlength=len(sets))[start:]
                    for one in sets[start:stop]
                ]
            )
            own, others = sizes[start:stop, None], sizes[None, start:]
            weight = 1 + ((shared == own) | (shared == others)) + ((shared == own) & (shared == others))
            yield start, stop, shared * weight / (3 * (own + others - shared))

    return shares


def _stretches(values: Sequence[Hashable]) -> Callable[[], _Shares]:
    """Give the days that stretches share, as a share of those of both; a stretch that begins later shares none."""
    first = np.array([float(days_of(value).first) for value in values])
    last = np.array([float(days_of(value).last) for value in values])

    def shares() -> _Shares:
        for start, stop in _blocks(len(first)):
            end = int(np.searchsorted(first, last[start:stop].max(), side="right"))
            since, until = first[None, start:end], last[None, start:end]
            own, till = first[start:stop, None], last[start:stop, None]
            shared = np.maximum(0, np.minimum(till, until) - np.maximum(own, since) + 1)
            yield start, stop, shared / ((till - own + 1) + (until - since + 1) - shared)

    return shares
