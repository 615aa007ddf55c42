"""Texts for people are in plain English: findings, conflicts and errors do not use words that hide the meaning."""

import re
from collections.abc import Iterator

from depositary import errors
from depositary.model.codes import CODES
from depositary.model.kinds import KINDS

# "is no code of countries" is written as "is not a code in countries"; values are given, and errors are fixed.
HIDING = re.compile(
    r"\b(?:is|are) no (?:code|column|table|row|field|value|kind|status)\b"
    r"|\bstands? (?:for|there)\b|\bmend|\btold\b|\bat hand\b|\bsomebody else's\b"
)


def texts() -> Iterator[tuple[str, str]]:
    """Give the texts of all codes, kinds of conflict and errors, with their names."""
    for code in CODES.values():
        yield from ((code.name, text) for text in (code.title, code.meaning, code.fix))
    for kind in KINDS.values():
        yield from ((kind.name, text) for text in (kind.summary, kind.result, kind.advice, *kind.messages.values()))
    for name in errors.__all__:
        yield name, getattr(errors, name).__doc__ or ""


def test_no_text_hides_its_meaning():
    assert [(name, text) for name, text in texts() if HIDING.search(text)] == []
