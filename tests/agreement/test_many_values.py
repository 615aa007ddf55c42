"""Many different values: sums that do not look at each pair are those of the definition."""

import random
from collections import Counter
from collections.abc import Hashable, Sequence
from fractions import Fraction
from itertools import combinations, permutations
from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depositary.agreement.coefficients import Unit, alpha, pairable
from depositary.agreement.expected import added, arranged, total_distance, totals_of
from depositary.agreement.resampled import DRAWS, interval
from depositary.agreement.scale import Days, Level, distance_of
from depositary.agreement.variables import Variable

CODES = tuple("abcdefgh")
NUMBERS = (
    st.fractions(0, 1_000, max_denominator=100)
    | st.integers(0, 3).map(lambda more: Fraction(10**9 + more))
    | st.integers(-90, 90).map(lambda digits: Fraction(10) ** digits)
)
VALUES = {
    Level.NOMINAL: st.sampled_from(CODES),
    Level.ORDINAL: st.sampled_from(CODES),
    Level.INTERVAL: st.integers(-1_000, 1_000).map(Fraction) | st.integers(10**9, 10**9 + 3).map(Fraction),
    Level.RATIO: NUMBERS,
    Level.SET: st.frozensets(st.integers(0, 9), min_size=1),
    Level.TIME: st.tuples(st.integers(1, 900), st.integers(0, 400)).map(lambda of: Days(of[0], of[0] + of[1])),
}
EACH_LEVEL = pytest.mark.parametrize("level", list(Level))


def drawn_value(level: Level, draw: random.Random) -> Hashable:
    if level in (Level.NOMINAL, Level.ORDINAL):
        return draw.choice(CODES)
    if level is Level.SET:
        return frozenset(draw.sample(range(12), draw.randint(1, 5)))
    if level is Level.TIME:
        first = draw.randrange(730_000, 732_000)
        return Days(first, first + draw.choice([0, 0, 0, 30, 364]))
    return Fraction(draw.randrange(10**7), 100)


def coded(level: Level, number: int, seed: int = 1) -> list[Unit]:
    """Make units of three coders, some of whom give no value."""
    draw = random.Random(seed)  # noqa: S311 (not for secrets)
    units = []
    for _ in range(number):
        right = drawn_value(level, draw)
        values = {coder: right if draw.random() < 0.7 else drawn_value(level, draw) for coder in "abc"}
        units.append({coder: value for coder, value in values.items() if draw.random() < 0.9})
    return units


def by_definition(units: Sequence[Unit], level: Level) -> tuple[float, float]:
    """Sum the distances within units and between all values, pair by pair."""
    compared = pairable(units)
    counts = Counter(value for unit in compared for value in unit.values())
    distance = distance_of(level, counts, CODES)
    pairs = ((float(distance(*pair)) / (len(unit) - 1)) for unit in compared for pair in permutations(unit.values(), 2))
    between = (2 * counts[one] * counts[other] * float(distance(one, other)) for one, other in combinations(counts, 2))
    return fsum(pairs), fsum(between)


@pytest.mark.short(15)
@EACH_LEVEL
def test_totals_are_those_of_all_pairs(level: Level) -> None:
    @given(st.dictionaries(VALUES[level], st.lists(st.integers(0, 9), min_size=2, max_size=2), min_size=1, max_size=12))
    def law(times: dict[Hashable, list[int]]) -> None:
        values = arranged(level, times, CODES)
        found = totals_of(level, values)(np.array([times[value] for value in values], dtype=float).T)
        for column in (0, 1):
            counts = {value: times[value][column] for value in values}
            distance = distance_of(level, counts, CODES)
            exact = sum(counts[one] * counts[other] * distance(one, other) for one, other in permutations(values, 2))
            assert found[column] == pytest.approx(float(exact), rel=1e-9, abs=1e-11)

    law()


@EACH_LEVEL
def test_alpha_of_many_values_is_that_of_the_definition(level: Level) -> None:
    units = coded(level, 200)
    compared = pairable(units)
    values = [value for unit in compared for value in unit.values()]
    within, between = by_definition(units, level)
    found = alpha(units, level, CODES).value
    assert found is not None
    assert float(found) == pytest.approx(1 - (len(values) - 1) * within / between, rel=1e-12)
    others = [dict(reversed(unit.items())) for unit in reversed(units)]
    assert alpha(others, level, CODES).value == found


@pytest.mark.parametrize("level", [Level.RATIO, Level.INTERVAL])
def test_numbers_that_are_nearly_equal_lose_no_digits(level: Level) -> None:
    draw = random.Random(2)  # noqa: S311 (not for secrets)
    units = [{coder: Fraction(10**12 + draw.randrange(500)) for coder in "ab"} for _ in range(200)]
    within, between = by_definition(units, level)
    assert float(alpha(units, level).value or 0) == pytest.approx(1 - 399 * within / between, abs=1e-9)


@pytest.mark.parametrize("level", [Level.RATIO, Level.INTERVAL])
def test_samples_without_a_far_number_lose_no_digits(level: Level) -> None:
    values = arranged(level, [Fraction(10**7 + number) for number in range(9)] + [Fraction(1), Fraction(10**12)])
    counts = {value: int(10**7 <= value < 10**8) for value in values}
    found = totals_of(level, values)(np.array([list(counts.values())], dtype=float))[0]
    assert found == pytest.approx(float(total_distance(level, counts)), rel=1e-9)


@EACH_LEVEL
def test_the_interval_is_that_of_samples_pair_by_pair(level: Level) -> None:
    units = pairable(coded(level, 40))
    draws = np.random.RandomState(1)
    samples = [[units[at] for at in draws.randint(0, len(units), len(units))] for _ in range(DRAWS)]
    found = []
    for sample in samples[:: 1 if level is Level.NOMINAL else 20]:
        within, between = by_definition(sample, level)
        found.append(1 - (sum(map(len, sample)) - 1) * within / between)
    low, high = interval(units, level, CODES) or (0.0, 0.0)
    if level is Level.NOMINAL:
        drawn = sorted(found)
        assert (low, high) == (round(drawn[25], 6), round(drawn[-26], 6))
    inside = sum(low - 1e-6 <= one <= high + 1e-6 for one in found)
    assert inside >= 0.85 * len(found)


@given(st.lists(st.fractions(0, 10, max_denominator=1_000), max_size=400))
def test_a_sum_is_right_to_fifteen_digits(terms: list[Fraction]) -> None:
    assert float(added(terms)) == pytest.approx(float(sum(terms)), rel=1e-15)


@EACH_LEVEL
def test_a_total_of_one_value_is_nought(level: Level) -> None:
    value = drawn_value(level, random.Random(3))  # noqa: S311 (not for secrets)
    assert total_distance(level, {value: 5}, CODES) == 0
    assert totals_of(level, arranged(level, [value], CODES))(np.array([[5.0]]))[0] == pytest.approx(0, abs=1e-12)


def test_numbers_that_do_not_fit_their_level_are_not_compared() -> None:
    for text in ("-0.01", "1e101", "inf", "many"):
        assert Variable("table", None, None, Level.RATIO).read(text) is None
    assert Variable("table", None, None, Level.INTERVAL).read("-0.01") == Fraction(-1, 100)
