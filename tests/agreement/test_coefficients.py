"""The coefficients are exact on the tables that were published for them, and keep their laws."""

from collections import Counter
from collections.abc import Hashable
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depositary.agreement.coefficients import Unit, ac1, agreement, alpha, coincidences
from depositary.agreement.expected import total_distance
from depositary.agreement.scale import Days, Level, distance_of

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011): a line for each coder; a point is no value.
BINARY = ("0 1 0 0 0 0 0 0 0 0", "1 1 1 0 0 1 0 0 1 0")
NOMINAL = ("a a b b d c c c e d d a", "b a b b b c c c e d d d")
FOUR_CODERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
# The table of three coders and fifteen units that Krippendorff's articles and the encyclopedias give.
THREE_CODERS = (
    ". . . . . 3 4 1 2 1 1 3 3 . 3",
    "1 . 2 1 3 3 4 3 . . . . . . .",
    ". . 2 1 3 4 4 . 2 1 1 3 3 . 4",
)
FIVE = [1, 2, 3, 4, 5]


def units_of(lines: tuple[str, ...]) -> list[dict[str, Hashable]]:
    rows = [line.split() for line in lines]
    return [
        {f"coder {at}": int(text) if text.isdigit() else text for at, text in enumerate(column) if text != "."}
        for column in zip(*rows, strict=True)
    ]


@pytest.mark.parametrize(
    ("lines", "level", "exact"),
    [
        (BINARY, Level.NOMINAL, Fraction(2, 21)),
        (NOMINAL, Level.NOMINAL, Fraction(155, 224)),
        (FOUR_CODERS, Level.NOMINAL, Fraction(113, 152)),
        (THREE_CODERS, Level.NOMINAL, Fraction(56, 81)),
        (FOUR_CODERS, Level.INTERVAL, Fraction(951, 1120)),
    ],
)
def test_alpha_is_exactly_the_published_one(lines: tuple[str, ...], level: Level, exact: Fraction) -> None:
    assert alpha(units_of(lines), level).value == exact


@pytest.mark.parametrize(
    ("level", "published"), [(Level.ORDINAL, 0.815), (Level.INTERVAL, 0.849), (Level.RATIO, 0.797)]
)
def test_alpha_of_each_level_rounds_to_the_published_one(level: Level, published: float) -> None:
    found = alpha(units_of(FOUR_CODERS), level, FIVE).value
    assert found is not None
    assert round(float(found), 3) == published


def test_coincidences_are_those_of_the_published_matrix() -> None:
    found = coincidences(units_of(FOUR_CODERS))
    assert found[1, 1] == 7
    assert found[2, 2] == 10
    assert found[1, 2] == found[2, 1] == Fraction(4, 3)
    assert sum(found.values()) == 40


def test_agreement_and_ac1_are_computed_by_hand() -> None:
    units = units_of(BINARY)
    by_chance = 2 * Fraction(14, 20) * Fraction(6, 20)
    assert agreement(units).value == Fraction(6, 10)
    assert ac1(units).value == (Fraction(6, 10) - by_chance) / (1 - by_chance)


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ([], "no unit has values of two coders"),
        ([{"a": "x"}, {"a": "y"}], "no unit has values of two coders"),
        ([{"a": "x", "b": "x"}, {"a": "x", "b": "x"}], "all values are the same"),
    ],
)
def test_what_cannot_be_computed_has_a_reason(units: list[Unit], reason: str) -> None:
    for found in (alpha(units), ac1(units)):
        assert found.value is None
        assert reason in found.reason


def test_missing_values_are_no_category() -> None:
    units = units_of(NOMINAL)
    assert alpha([*units, {"coder 0": "z"}, {}]) == alpha(units)


CODERS = st.sampled_from("abcd")
UNITS = st.lists(st.dictionaries(CODERS, st.integers(1, 4), max_size=4), max_size=12)
LEVELS = st.sampled_from([Level.NOMINAL, Level.ORDINAL, Level.INTERVAL, Level.RATIO])


@given(UNITS, LEVELS, st.permutations("abcd"))
def test_the_order_of_coders_and_units_does_not_matter(units: list[Unit], level: Level, names: list[str]) -> None:
    others = [{names["abcd".index(coder)]: value for coder, value in sorted(unit.items())} for unit in reversed(units)]
    assert alpha(others, level, FIVE) == alpha(units, level, FIVE)
    assert ac1(others) == ac1(units)
    assert agreement(others) == agreement(units)


@given(UNITS, st.permutations([1, 2, 3, 4]))
def test_the_names_of_nominal_categories_do_not_matter(units: list[Unit], names: list[int]) -> None:
    others = [{coder: f"code {names[int(str(value)) - 1]}" for coder, value in unit.items()} for unit in units]
    assert alpha(others) == alpha(units)
    assert ac1(others) == ac1(units)


@given(st.lists(st.integers(1, 4), min_size=2).filter(lambda values: len(set(values)) > 1), LEVELS)
def test_full_agreement_with_variation_is_one(values: list[int], level: Level) -> None:
    units = [{"a": value, "b": value, "c": value} for value in values]
    assert alpha(units, level, FIVE).value == ac1(units).value == agreement(units).value == 1


@given(UNITS, LEVELS)
def test_alpha_is_that_of_a_plain_count_of_all_pairs(units: list[Unit], level: Level) -> None:
    """Compute α from its definition, without coincidences."""
    compared = [unit for unit in units if len(unit) > 1]
    values = [value for unit in compared for value in unit.values()]
    distance = distance_of(level, Counter(values), FIVE)
    expected = sum((distance(*pair) for pair in combinations(values, 2)), Fraction(0))
    found = alpha(units, level, FIVE)
    if not expected:
        assert found.value is None
        return
    within = sum(
        (distance(*pair) / (len(unit) - 1) for unit in compared for pair in combinations(unit.values(), 2)), Fraction(0)
    )
    assert found.value == 1 - (within / len(values)) / (expected / (len(values) * (len(values) - 1)))


SETS = st.frozensets(st.sampled_from("pqrs"), min_size=1)
DAYS = st.tuples(st.integers(1, 400), st.integers(0, 60)).map(lambda ends: Days(ends[0], ends[0] + ends[1]))


@pytest.mark.parametrize(("values", "level"), [(SETS, Level.SET), (DAYS, Level.TIME)])
def test_distances_are_between_nought_and_one_and_symmetric(values: st.SearchStrategy[Hashable], level: Level) -> None:
    @given(values, values)
    def law(one: Hashable, other: Hashable) -> None:
        distance = distance_of(level, {})
        assert 0 <= distance(one, other) == distance(other, one) <= 1
        assert (distance(one, other) == 0) == (one == other)

    law()


def test_distances_of_sets_and_dates_are_computed_by_hand() -> None:
    masi, time = distance_of(Level.SET, {}), distance_of(Level.TIME, {})
    assert masi(frozenset("ab"), frozenset("abc")) == 1 - Fraction(2, 3) * Fraction(2, 3)
    assert masi(frozenset("ab"), frozenset("bc")) == 1 - Fraction(1, 3) * Fraction(1, 3)
    assert masi(frozenset("a"), frozenset("b")) == 1
    assert time(Days(1, 31), Days(27, 27)) == 1 - Fraction(1, 31)
    assert time(Days(1, 10), Days(6, 20)) == 1 - Fraction(5, 20)
    assert time(Days(1, 2), Days(3, 4)) == 1


@pytest.mark.parametrize("level", [Level.NOMINAL, Level.ORDINAL, Level.INTERVAL, Level.RATIO])
@given(st.dictionaries(st.integers(1, 30), st.integers(1, 9), min_size=1, max_size=8))
def test_the_total_distance_is_the_sum_over_all_pairs(level, counts):
    order = sorted(counts)
    distance = distance_of(level, counts, order)
    pairs = (times * others * distance(one, other) for one, times in counts.items() for other, others in counts.items())
    assert total_distance(level, counts, order) == sum(pairs)
