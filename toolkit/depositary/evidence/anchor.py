"""Find the passage of an old text in a new one, exactly or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from depositary.evidence.source_text import SourceText, Span


class Anchor(StrEnum):
    """What became of a passage."""

    SAME = "same"  # at the same offsets
    MOVED = "moved"  # at others, or with other white space or accents
    AMBIGUOUS = "ambiguous"  # several times, and nothing shows which one it was
    GONE = "gone"  # nowhere
    UNPROVEN = "unproven"  # the row does not fit the old text either


@dataclass(frozen=True)
class Anchored:
    """Where a passage is in the new text; `places` has all places where its words are."""

    anchor: Anchor
    span: Span | None = None
    places: tuple[Span, ...] = ()


def anchored(old: SourceText, new: SourceText, span: Span) -> Anchored:
    """Find a passage in a new text.

    Words that are once in both texts are found. If they are several times in one of them, only the text around shows
    which ones are meant: all before the passage is unchanged, or all behind it and the words are as often there as
    before, or they are at the same places as before.
    """
    start, end = span
    passage = old.passage(span)
    if new.content.startswith(old.content[:end]):
        return Anchored(Anchor.SAME, span, (span,))
    places = _places(new, passage)
    if not places:
        return Anchored(Anchor.GONE)
    before = _places(old, passage)
    if len(places) == 1 and len(before) == 1:
        return _found(places[0], old, new, span, places)
    if span in places and before == places and new.passage(span) == passage:
        return Anchored(Anchor.SAME, span, places)
    if len(before) == len(places) and new.content.endswith(old.content[start:]):
        at = len(new.content) - len(old.content) + start
        return _found((at, at + len(passage)), old, new, span, places)
    return Anchored(Anchor.AMBIGUOUS, None, places)


def whole(old: SourceText, new: SourceText) -> Anchored:
    """Take the whole new text for the whole old one if their words are the same.

    What an old text does not mention, a new one with other words may mention, so it has to be read again.
    """
    if old.folded.text != new.folded.text:
        return Anchored(Anchor.GONE)
    place = (0, len(new.content))
    return Anchored(Anchor.SAME if old.content == new.content else Anchor.MOVED, place, (place,))


def _found(place: Span, old: SourceText, new: SourceText, span: Span, places: Sequence[Span]) -> Anchored:
    is_same = place == span and new.passage(place) == old.passage(span)
    return Anchored(Anchor.SAME if is_same else Anchor.MOVED, place, tuple(places))


def _places(text: SourceText, passage: str) -> tuple[Span, ...]:
    """Give the places of the words of a passage, with its white space at the ends where that is there too."""
    left = len(passage) - len(passage.lstrip())
    right = len(passage) - len(passage.rstrip())
    if not passage.strip():
        return _exact(text, passage)
    found = []
    for start, end in text.folded.find(passage):
        whole = (start - left, end + right)
        found.append(whole if start >= left and text.passage(whole) == passage else (start, end))
    return tuple(found)


def _exact(text: SourceText, passage: str) -> tuple[Span, ...]:
    found, at = [], text.content.find(passage)
    while at >= 0:
        found.append((at, at + len(passage)))
        at = text.content.find(passage, at + 1)
    return tuple(found)
