"""Laws of moving a passage to a new text: it is found exactly, or not at all."""

from pathlib import Path

import pytest
from evidence_case import digest
from hypothesis import assume, given
from hypothesis import strategies as st

from depositary.evidence.anchor import Anchor, anchored
from depositary.evidence.folded import fold
from depositary.evidence.source_text import SourceText

texts = st.text("abc e\u0301é\n", min_size=1, max_size=30)


def text(content: str) -> SourceText:
    return SourceText(Path("t.txt"), digest(content), content)


@st.composite
def passages(draw):
    content = draw(texts)
    start = draw(st.integers(0, len(content) - 1))
    return content, (start, draw(st.integers(start + 1, len(content))))


@given(passages())
def test_an_unchanged_text_changes_nothing(passage):
    content, span = passage
    found = anchored(text(content), text(content), span)
    assert (found.anchor, found.span) == (Anchor.SAME, span)


@given(passages(), texts)
def test_what_is_added_behind_changes_nothing(passage, more):
    content, span = passage
    found = anchored(text(content), text(content + more), span)
    assert (found.anchor, found.span) == (Anchor.SAME, span)


@given(passages(), texts)
def test_what_is_added_before_moves_a_passage_by_its_length(passage, more):
    content, (start, end) = passage
    quote, new = content[start:end], f"{more}. {content}"
    assume(quote.strip() and not content[end : end + 1].startswith("\u0301") and not quote.startswith("\u0301"))
    assume(fold(new).count(fold(quote)) == fold(content).count(fold(quote)))
    found = anchored(text(content), text(new), (start, end))
    by = len(more) + 2
    if new.startswith(content[:end]):
        assert found.anchor is Anchor.SAME
    elif found.anchor is not Anchor.AMBIGUOUS:  # occurrences that overlap are counted one by one
        assert (found.anchor, found.span) == (Anchor.MOVED, (start + by, end + by))


@given(passages(), texts)
def test_a_passage_that_is_found_has_the_words_that_it_had(passage, new):
    content, span = passage
    found = anchored(text(content), text(new), span)
    if found.span:
        assert fold(new[slice(*found.span)]) == fold(content[slice(*span)])
    if found.anchor is Anchor.GONE:
        assert not fold(content[slice(*span)]) or found.places == ()


OLD = "Alpha. The deal holds. Beta. The deal holds. Gamma."
FIRST, SECOND, GAMMA = (7, 22), (29, 44), (45, 51)


@pytest.mark.parametrize(
    ("span", "new", "anchor", "found"),
    [
        (GAMMA, f"News. {OLD}", Anchor.MOVED, (51, 57)),
        (GAMMA, OLD.replace("Gamma.", ""), Anchor.GONE, None),
        (GAMMA, "Gamma. Alpha. Gamma.", Anchor.AMBIGUOUS, None),
        (GAMMA, OLD.replace("Gamma", "Gammas"), Anchor.GONE, None),
        (FIRST, OLD.replace("Gamma", "Delta"), Anchor.SAME, FIRST),
        (SECOND, OLD.replace("Alpha", "Alphb"), Anchor.SAME, SECOND),  # all places are as before
        (SECOND, OLD.replace("Alpha", "A"), Anchor.MOVED, (25, 40)),  # all behind it is as before
        (FIRST, OLD.replace("Alpha", "A"), Anchor.MOVED, (3, 18)),
        (FIRST, OLD.replace("Alpha", "A").replace("Gamma", "G"), Anchor.AMBIGUOUS, None),
        (FIRST, f"The deal holds. {OLD}", Anchor.AMBIGUOUS, None),  # one more than before
        (FIRST, OLD.replace("The deal holds. Beta. ", ""), Anchor.SAME, FIRST),
        (FIRST, OLD.replace("The deal holds.", "The deal\nholds."), Anchor.AMBIGUOUS, None),
        (GAMMA, OLD.replace("holds. Gamma", "holds.\r\n\r\nGamma"), Anchor.MOVED, (48, 54)),
        (GAMMA, OLD.replace("Gamma", "gamma"), Anchor.GONE, None),
    ],
)
def test_a_passage_in_a_new_text(span, new, anchor, found):
    got = anchored(text(OLD), text(new), span)
    assert (got.anchor, got.span) == (anchor, found)


def test_words_with_other_white_space_or_accents_are_the_same_words():
    old, new = text("The Café\nis open."), text("So the news: The Cafe\u0301 is open.")
    got = anchored(old, new, (0, 16))
    assert (got.anchor, new.passage(got.span)) == (Anchor.MOVED, "The Cafe\u0301 is open")
