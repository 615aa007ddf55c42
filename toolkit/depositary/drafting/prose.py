"""Texts of a package on a page that a terminal and Markdown show alike, and that no text of a package can change."""

import re

from depositary.visible import visible

_WORD = re.compile(r"(\(?)(.*?)([.,;:)]*)")
_PLAIN = re.compile(r"(?!.*(?:_|//|www\.|GH-))[\w'\u2019“”\"%/:.;,()\u2013-]*", re.IGNORECASE)  # not a mark in Markdown


def prose(text: str) -> str:
    """Write a text so that words that are marks in Markdown become code."""
    return " ".join(_word(one) for one in visible(text).split())


def as_code(text: str) -> str:
    """Write a name or a value as code."""
    return f"`{' '.join(visible(text).split()).replace('`', chr(39))}`"


def first_sentence(text: str) -> str:
    """Give the first sentence of a text, or what is before its first semicolon, with a full stop."""
    return re.split(r"(?<=[.;])\s", " ".join(text.split()), maxsplit=1)[0].rstrip(";.") + "."


def _word(text: str) -> str:
    found = _WORD.fullmatch(text)
    before, core, after = found.groups() if found else ("", text, "")
    return text if _PLAIN.fullmatch(core) else f"{before}{as_code(core)}{after}"
