import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depositary.errors import NotFoundError, UsageError
from depositary.visible import visible, visible_json, visible_lines

_SIGNS = "".join(map(chr, [*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD]))  # they are seen
_OF_HIEROGLYPHS = range(0x13430, 0x13440)  # these join signs, and are drawn
_TEXTS = st.text(st.characters(codec=None))


@given(_TEXTS)
def test_nothing_that_is_not_seen_is_left(text):
    left = [c for c in visible(text) if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert [c for c in left if c not in _SIGNS and ord(c) not in _OF_HIEROGLYPHS] == []


@given(st.text(st.characters(categories=["L", "N", "P", "S"], codec="utf-8")))
def test_what_is_seen_stays_as_it_is(text):
    shapeless = "\u115f\u1160\u3164\uffa0"
    assert visible(text) == text or any(c in text for c in shapeless)


@given(_TEXTS)
def test_a_text_is_one_line_afterwards_and_several_stay_several(text):
    assert len(visible(text).splitlines()) <= 1
    assert visible_lines(text).count("\n") == text.rstrip("\n").count("\n")


@given(st.recursive(_TEXTS | st.integers() | st.none(), lambda of: st.lists(of) | st.dictionaries(_TEXTS, of)))
def test_json_says_the_same(document):
    text = visible_json(json.dumps(document, ensure_ascii=False, indent=2))
    assert json.loads(text) == json.loads(json.dumps(document))
    assert visible_lines(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [("\x1b[2J", "\\x1b[2J"), ("\x9b", "\\x9b"), ("a\u202eb", "a\\u202eb"), ("\U000e0041", "\\U000e0041"), ("é", "é")],
)
def test_it_is_written_as_programs_write_it(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize("kind", [UsageError, NotFoundError])
def test_an_error_is_one_line(kind):
    assert str(kind("\x1b[2J\nok")) == "\\x1b[2J\\x0aok"


def test_an_error_may_be_given_more_lines():
    assert str(UsageError("two faults:", "a\u200b", "b")) == "two faults:\n  a\\u200b\n  b"
