"""What a person may have meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depositary.check import hints

COUNTRIES = {
    "Korea, Republic of": "KOR",
    "South Korea": "KOR",
    "Korea, Democratic People's Republic of": "PRK",
    "North Korea": "PRK",
    "Germany": "DEU",
    "Türkiye": "TUR",
    "Netherlands, Kingdom of the": "NLD",
    "KOR": "KOR",
    "PRK": "PRK",
    "NLD": "NLD",
}


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ("South Korea", ["KOR"]),
        ("south korea", ["KOR"]),
        ("Republic of Korea", ["KOR"]),
        ("kor", ["KOR"]),
        ("Germny", ["DEU"]),
        ("Turkiye", ["TUR"]),
        ("Netherlands", ["NLD"]),
        ("Narnia", []),
        ("", []),
        ("  ", []),
    ],
)
def test_names_lead_to_codes(cell, meant):
    assert hints.closest(cell, COUNTRIES) == meant


@pytest.mark.parametrize(
    ("cell", "values", "meant"),
    [
        ("intent", ["actual", "intended", "hypothetical"], ["intended"]),
        ("anounced", ["announced", "in_force"], ["announced"]),
        ("in force", ["announced", "in_force"], ["in_force"]),
        ("stm-chip-dialog", ["stm-chip-dialogue", "stm-raw-materials"], ["stm-chip-dialogue"]),
        ("src-a", ["src-b", "src-c"], []),
        ("export", ["import", "X"], []),
    ],
)
def test_slips_lead_to_values(cell, values, meant):
    assert hints.closest(cell, {v: v for v in values}) == meant


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("2023-02-30", "2023-02 has 28 days"),
        ("2024-02-30", "2024-02 has 29 days"),
        ("2023-13-01", "there is no month 13"),
        ("2023-12-41", "there is no day 41"),
        ("2023/05/26", "write 2023-05-26"),
        ("2023.5.6", "write 2023-05-06"),
        ("26/05/2023", "write the year first: 2023-05-26"),
        ("05/26/2023", "write the year first: 2023-05-26"),
        ("06.05.2023", "write the year first: 2023-05-06 or 2023-06-05, whichever is meant"),
        ("05/05/2023", "write the year first: 2023-05-05"),
        ("32/13/2023", ""),
        ("26/05/23", ""),
        ("yesterday", ""),
        ("", ""),
    ],
)
def test_dates_written_another_way(cell, hint):
    assert hints.as_date(cell) == hint


@given(st.dates())
def test_a_date_with_the_year_first_is_recognised(day):
    assert hints.as_date(f"{day.year:04}/{day.month}/{day.day}") == f"write {day.isoformat()}"


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("12,5", "write a point, not a comma: 12.5"),
        ("40%", "write the digits only: 40"),
        ("40 %", "write the digits only: 40"),
        ("1 234 567", "write the digits only: 1234567"),
        ("1'234.5", "write the digits only: 1234.5"),
        ("about 40", ""),
        ("", ""),
    ],
)
def test_numbers_written_another_way(cell, hint):
    assert hints.as_number(cell) == hint


def test_long_lists_are_cut_with_their_length():
    assert hints.one_of(range(3)) == "allowed are 0, 1, 2"
    assert hints.one_of(range(20), most=2) == "allowed are 0, 1 and 18 more"


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=8))
def test_a_suggestion_is_always_one_of_the_values(cell, values):
    assert set(hints.closest(cell, {v: v for v in values})) <= set(values)
