"""Texts of strangers as people can read them: nothing unseen, except what words of some scripts need."""

import re

from depositary.visible import visible_in_lines

# The joiners of Persian, Hindi and emoji: between two characters that are not ASCII, they belong to the word.
_JOINED = re.compile("(?<=[^\x00-\x7f])([\u200c\u200d])(?=[^\x00-\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069])")
_PICTURE = re.compile("\ufe0f")  # asks for the picture of an emoji, and hides nothing
_KEPT = "\ue000\ue001"  # stand for the joiners meanwhile


def legible(text: str) -> str:
    r"""Write out invisible characters as `\u202e`; lines and tabs become spaces or stay lines."""
    if text.isascii() and text.isprintable():
        return text
    plain = _PICTURE.sub("", text.replace("\t", " ").replace("\r\n", "\n"))
    if any(mark in plain for mark in _KEPT):
        return visible_in_lines(plain)
    kept = _JOINED.sub(lambda found: _KEPT["\u200c\u200d".index(found[1])], plain)
    written = visible_in_lines(kept)
    return written.replace(_KEPT[0], "\u200c").replace(_KEPT[1], "\u200d")
