"""Find the place of a quote in a text; if it is not clear, say what is there."""

from collections.abc import Callable, Iterator, Sequence

from anyascii import anyascii

from depositary.errors import UsageError
from depositary.evidence.folded import fold
from depositary.evidence.nearest import nearest
from depositary.evidence.source_text import SourceText, Span
from depositary.wording.plain import number, shown

_FEW = 10  # occurrences that a message lists

Choose = Callable[[SourceText, Sequence[Span]], int]  # gives the number of an occurrence, from 1


def place_of(text: SourceText, quote: str, nth: int | None, choose: Choose | None) -> Span:
    """Find a quote in a text.

    Args:
        text: the text.
        quote: the words to find.
        nth: which occurrence is meant, from 1.
        choose: asked for it, if there are several and none is named.

    Raises:
        UsageError: it is not there, or it is there several times and none was chosen.
    """
    wanted = fold(quote)
    if not wanted:
        raise UsageError(
            "the quote is empty. Quote the words of the text that support the row with --quote; if the whole text does "
            "not mention the matter, use --absent."
        )
    found = list(text.folded.find(quote))
    if not found:
        raise UsageError(*_not_there(text, wanted))
    if nth is None and len(found) > 1:
        if choose is None:
            raise UsageError(*_several(text, found, "choose one with --nth, or give a longer quote"))
        nth = choose(text, found)
    nth = 1 if nth is None else nth
    if not 1 <= nth <= len(found):
        raise UsageError(*_several(text, found, f"there is no number {nth}"))
    return found[nth - 1]


def _not_there(text: SourceText, wanted: str) -> Iterator[str]:
    length = len(text.folded.text)
    if len(wanted) > length:
        yield f"{text.file}: the quote has {len(wanted):,} characters, but the text has only {length:,}."
        return
    yield (
        f"{text.file}: the quote is not in the text. Quote its words exactly; only white space and the form of accents "
        "may differ."
    )
    near = nearest(text, wanted)
    if near is None:
        yield "No passage is like it. Check that this is the right text."
        return
    yield f"the quote:           {shown(wanted)}"
    yield f"the closest passage: {shown(text.passage(near))}, characters {near[0]} to {near[1]}"
    if _plain(wanted) in _plain(text.passage(near)):
        yield "Only capitals, or characters that look alike or are invisible, differ. Copy the passage from the text."


def _plain(text: str) -> str:
    return fold(anyascii(text)).casefold()


def _several(text: SourceText, found: Sequence[Span], what: str) -> Iterator[str]:
    times = number(len(found), "time")
    yield f"{text.file}: the quote is in the text {times}; {what}."
    yield from occurrences(text, found)


def occurrences(text: SourceText, found: Sequence[Span]) -> Iterator[str]:
    """List places in a text, each with its number and the words around it."""
    for at, span in enumerate(found[:_FEW], start=1):
        yield f"{at}: characters {span[0]} to {span[1]}: {text.around(span)}"
    if len(found) > _FEW:
        yield f"and {len(found) - _FEW:,} more"
