"""Patterns written by strangers cannot hang, and harmless ones stay the reference's."""

import contextlib
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depositary.check.reading.patterns import TIME_LIMIT, GaveUp, is_harmless, matcher

EVIL = [
    ("(a+)+b", "a" * 60),
    ("(a|aa)+b", "a" * 60),
    ("(.*)*x", "y" * 60),
    ("(a|a)*b", "a" * 60),
    ("a?" * 40 + "a" * 40, "a" * 39),
    (r"(\w+\s?)*\.", "word " * 20),
    (".*a.*a.*a.*a.*b", "a" * 3000),
    (r"(a*)\1b", "a" * 3000),
]


@pytest.mark.parametrize(("pattern", "cell"), EVIL, ids=lambda value: value[:20])
def test_evil_patterns_are_not_left_to_re(pattern, cell):
    del cell
    assert not is_harmless(pattern)


@pytest.mark.parametrize(("pattern", "cell"), EVIL, ids=lambda value: value[:20])
def test_evil_patterns_end(pattern, cell):
    start = time.process_time()
    with contextlib.suppress(GaveUp):
        assert not matcher(pattern)(cell)
    assert time.process_time() - start < 5 * TIME_LIMIT


@pytest.mark.parametrize(
    "pattern", ["[0-9]{4}", "Q[1-9][0-9]*", "", ".*", "a|b|c", "(?:ab)+", "[0-9]{4}(?:-Q[1-4]|-[0-9]{2})?", "x{2,5}y?"]
)
def test_plain_patterns_are_harmless(pattern):
    assert is_harmless(pattern)


def test_a_broken_pattern_is_said_to_be_one():
    with pytest.raises(re.error):
        is_harmless("(")


@given(st.text(alphabet="ab-1é\n", max_size=12))
@pytest.mark.parametrize("pattern", ["a+(-[a-z0-9]+)*", r"(\d|a)+", "(a|b|ab)*", r"(\w+-?)+$"])
def test_guarded_patterns_match_as_the_reference_does(pattern, cell):
    assert matcher(pattern)(cell) == bool(re.compile(f"^{pattern}$").match(cell))
