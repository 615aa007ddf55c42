"""Which names are compared: none is lost that a comparison of all with all would find."""

from itertools import combinations, product

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from depositary.identity.blocks import alike_names
from depositary.identity.likeness import Rarity, name_likeness
from depositary.merging.claims.folded import sorted_words

WORDS = ("ministry", "minstry", "commerce", "comerce", "finance", "quay", "quayside", "shipping", "shiping", "j", "12")
NAMES = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join), min_size=2, max_size=12)


def forms_of(names):
    return sorted({sorted_words(name) for name in names} - {""})


def blocks(names, least, new=None, **given):
    forms = pl.DataFrame({"form": forms_of(names)}, {"form": pl.String})
    marked = forms.with_columns(new=pl.lit(value=True) if new is None else pl.col("form").is_in(new))
    return list(alike_names(marked, Rarity.of(names), least, **given))


def all_pairs(names, least):
    forms = forms_of(names)
    rarity = Rarity.of(names)
    return {pair for pair in combinations(forms, 2) if name_likeness(*pair, rarity) >= least}


@pytest.mark.short(8)
@settings(max_examples=100)
@given(NAMES, st.just(0.6))  # what is asked for by default
@example(["ahn duk geun", "dukgeun ahn"], 0.6)
@example(["ministry", "ministry commerce", "ministry commerce", "minstry"], 0.6)
def test_no_pair_is_lost_that_is_as_alike_as_asked(names, least):
    lost = all_pairs(names, least) - {tuple(sorted(pair)) for pair in blocks(names, least)}
    assert [pair for pair in lost if not is_frequent_in_one_spelling(pair, Rarity.of(names))] == []


def is_frequent_in_one_spelling(pair, rarity):
    """Return whether a word of one name is more frequent than the word of the other that may be the same."""
    words = product(*(name.split() for name in pair))
    return any(
        one != other and one[0] == other[0] and rarity.weight(one) != rarity.weight(other) for one, other in words
    )


def test_a_misspelt_word_that_is_rarer_than_the_right_one_leads_to_it():
    names = ["Quayside Marlin", "Quaside Marlin", "Quayside Foods", "Quayside Steel", "Marlin Bank"]
    assert ("marlin quaside", "marlin quayside") in blocks(names, 0.9)


@given(st.permutations(["Quay Shipping", "Quay Shiping", "Ministry of Commerce", "Commerce, Ministry of", "Quay"]))
@settings(max_examples=3)
def test_the_order_of_names_changes_nothing(names):
    assert blocks(names, 0.6) == blocks(sorted(names), 0.6)


@pytest.mark.short(8)
@settings(max_examples=20)
@given(NAMES, st.integers(1, 40), st.data())
def test_pieces_of_any_size_give_the_same_pairs(names, at_once, data):
    new = data.draw(st.none() | st.lists(st.sampled_from(forms_of(names))))
    assert blocks(names, 0.6, new, at_once=at_once) == blocks(names, 0.6, new)


def test_two_names_that_are_not_new_are_not_compared():
    names = ["quay shipping", "quay shippings", "quay shippingz"]
    assert len(blocks(names, 0.6)) == 3
    assert len(blocks(names, 0.6, new=["quay shipping"])) == 2
    assert blocks(names, 0.6, new=[]) == []


@pytest.mark.parametrize("names", [[], ["—"], ["Quay"], ["'; DROP TABLE names; --", "'; DROP TABLE names"]])
def test_few_and_odd_names_are_no_problem(names):
    assert len(blocks(names, 0.6)) <= 1
