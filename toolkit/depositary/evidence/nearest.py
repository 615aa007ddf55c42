"""The passage of a text that is most like a quote; it is only shown, never written."""

from rapidfuzz import fuzz

from depositary.evidence.folded import fold
from depositary.evidence.source_text import SourceText, Span

_LIKE = 55.0  # of 100; below, the words have little to do with each other
_NEAR = 3  # words
_LONGEST = 500  # characters of a quote that are compared


def nearest(text: SourceText, quote: str) -> Span | None:
    """Give the place of the whole words that are most like a quote; None if nothing is like it."""
    wanted = fold(quote)[:_LONGEST]
    found = fuzz.partial_ratio_alignment(wanted, text.folded.text, score_cutoff=_LIKE)
    if found is None or found.dest_start == found.dest_end:
        return None
    around = _around(text.folded.words(found.dest_start, found.dest_end), len(text.folded))
    return text.folded.span(max(around, key=lambda words: fuzz.ratio(wanted, text.folded.phrase(words))))


def _around(words: range, count: int) -> list[range]:
    """Give the passages that begin and end near some words: a passage may be longer or shorter than its quote."""
    firsts = range(max(0, words.start - _NEAR), min(count, words.start + _NEAR + 1))
    ends = range(max(1, words.stop - _NEAR), min(count, words.stop + _NEAR) + 1)
    return [range(first, end) for first in firsts for end in ends if first < end]
