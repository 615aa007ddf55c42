"""How alike names, texts, dates and addresses are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depositary.identity.likeness import Rarity, name_likeness, span_of, text_likeness
from depositary.merging.claims.addresses import canonical_address
from depositary.merging.claims.folded import folded, words_of

NAMES = Rarity()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wang Wentao", "WANG, Wentao"),
        ("Ahn Duk-geun", "Ahn Dukgeun"),
        ("Ahn Duk-geun", "Dukgeun Ahn"),
        ("Dr. Ngozi Okonjo-Iweala", "Ngozi Okonjo-Iweala"),
        ("Škoda Auto a.s.", "Skoda Auto AS"),
        ("Micron Technology, Inc.", "Micron Technology"),
        ("Micron Technology, Inc.", "The Micron Technology Corporation"),
        ("Bureau of Industry and Security", "Industry and Security, Bureau of"),
        ("U.S. Department of Commerce", "US Department of Commerce"),
        ("AT&T", "AT and T"),
        ("Владимир Путин", "Vladimir Putin"),
        ("Ελλάδα", "Ellada"),
        ("Zoë", "Zoe\u0308"),
        ("ＳＫ　Ｈｙｎｉｘ", "SK Hynix"),
        ("People's Bank", "People’s Bank"),
    ],
)
def test_names_that_are_written_in_another_way_are_alike(one, other):
    assert name_likeness(one, other, NAMES) >= 0.95


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wang Wentao", "Wang Yi"),
        ("Kim Jong-un", "Kim Jong-il"),
        ("Ministry of Commerce", "Ministry of Finance"),
        ("Fund II 2021", "Fund II 2022"),
        ("Fund II", "Fund III"),
        ("Rotbold I, Count of Provence", "Rotbold III, Count of Provence"),
        ("A Line", "E Line"),
        ("Company 12", "Company 21"),
        ("Bank of China", "Bank of Canada"),
        ("Inc.", "Ltd."),
        ("Samsung Electronics", "Samsung Biologics"),
        ("", "Micron"),
        ("—", "…"),
    ],
)
def test_names_of_others_are_not_alike(one, other):
    assert name_likeness(one, other, NAMES) < 0.8


def test_a_name_that_is_only_a_legal_form_keeps_it():
    assert words_of("The Company") == ("company",)
    assert words_of("Co. Ltd.") == ("co",)


@given(st.text(max_size=30), st.text(max_size=30))
def test_likeness_is_between_0_and_1_and_the_same_in_both_directions(one, other):
    there, back = name_likeness(one, other, NAMES), name_likeness(other, one, NAMES)
    assert 0 <= there <= 1
    assert there == pytest.approx(back)
    assert 0 <= text_likeness(one, other, NAMES) <= 1


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(text):
    assert folded(folded(text)) == folded(text)


def test_a_rare_word_tells_more_than_a_frequent_one():
    names = Rarity.of([*(f"Ministry number{n}" for n in range(50)), "Ministry Quay", "Quay Ministry Port"])
    assert names.weight("quay") > names.weight("ministry")


@pytest.mark.parametrize(
    ("one", "other", "do_overlap"),
    [
        ("2023-05-26", "2023-05", True),
        ("2023-05-26", "2023-05-27", False),
        ("[..2023-05-26]", "2023-05-20", True),
        ("../2023-05-26", "2023-06", False),
        ("2023-05-26/..", "2024", True),
        ("2023-02", "2023-02-28", True),
        ("2023?", "2023-12-31~", True),
    ],
)
def test_dates_overlap_if_one_day_may_be_in_both(one, other, do_overlap):
    assert span_of(one).overlaps(span_of(other)) is do_overlap
    assert span_of(other).overlaps(span_of(one)) is do_overlap


@pytest.mark.parametrize("text", ["soon", "2023-02-30", "2023-13", "[2023", "2023//2024"])
def test_what_is_not_a_date_is_not_compared(text):
    assert span_of(text) is None or text in ("[2023", "2023//2024")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://www.example.org/a/", "https://example.org/a"),
        ("https://example.org/a?utm_source=x&b=1", "https://m.example.org/a?b=1#top"),
        ("https://web.archive.org/web/20230527010203/https://example.org/a", "https://example.org/a"),
        ("https://doi.org/10.1000/ABC", "doi:10.1000/abc"),
        ("http://dx.doi.org/10.1000%2Fabc", "10.1000/abc"),
        ("https://example.org:443/index.html", "example.org"),
        ("Regulation (EU) 2023/956", "regulation EU 2023/956"),
    ],
)
def test_one_page_has_one_address(one, other):
    assert canonical_address(one) == canonical_address(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a", "https://example.org/b"),
        ("https://example.org/?id=1", "https://example.org/?id=2"),
        ("https://example.org:8080/a", "https://example.org/a"),
        ("https://doi.org/10.1000/abc", "https://doi.org/10.1000/abd"),
        ("Regulation (EU) 2023/956", "Regulation (EU) 2023/957"),
    ],
)
def test_different_pages_have_different_addresses(one, other):
    assert canonical_address(one) != canonical_address(other)


@given(st.text(max_size=40))
def test_any_text_has_one_address(text):
    assert canonical_address(text) == canonical_address(f" {text} ")
