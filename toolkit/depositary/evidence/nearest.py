"""The passage of a text that is most like a quote; it is only shown, never written."""

from rapidfuzz import fuzz

from depositary.evidence.folded import fold
from depositary.evidence.source_text import SourceText, Span

_LIKE = 55.0  # of 100; below, the words have little to do with each other
_LONGEST = 500  # characters of a quote that are compared


def nearest(text: SourceText, quote: str) -> Span | None:
    """Give the place of the whole words that are most like a quote; None if nothing is like it."""
    wanted = fold(quote)[:_LONGEST]
    found = fuzz.partial_ratio_alignment(wanted, text.folded.text, score_cutoff=_LIKE)
    if found is None or found.dest_start == found.dest_end:
        return None
    return text.folded.words(found.dest_start, found.dest_end)
