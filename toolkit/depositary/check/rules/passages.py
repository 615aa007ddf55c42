"""Judge the passage of a row of evidence by its text: offsets, hash, quote."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from depositary.wording.plain import shown

# Offsets count the code points of the text decoded as UTF-8, from 0, without the end, with unchanged newlines.
_Span = tuple[int, int]
_CR_LF = "\r\n"
_MARK = "\ufeff"  # a byte-order mark is a character of the text


def judge_passage(text: str, start: Any, end: Any, digest: Any, quote: Any) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401
    """Compare a row of evidence with its text; give field, code and message of each difference."""
    start, end = offset(start), offset(end)
    if start is None or end is None or digest is None:
        yield (
            "char_start",
            "evidence-offsets",
            "the row has no passage, but its source has a text",
        )
        return
    passage = text[start:end] if 0 <= start < end <= len(text) else None
    if passage is None or digest_of(passage) != digest:
        meant = _counted_otherwise(text, (start, end), digest, quote)
        if meant:
            yield "char_start", "evidence-units", meant
            return
    if passage is None:
        message = f"the text has no characters {start} to {end}; it has {len(text):,} characters"
        yield "char_start", "evidence-offsets", message
        return
    if digest_of(passage) != digest:
        yield (
            "quote_sha256",
            "evidence-hash",
            f"the hash of the passage at {start} to {end} is not the hash of the row",
        )
    if quote is not None and quote != passage:
        yield "quote", "evidence-quote", f"{shown(quote)} is not the passage at {start} to {end}"


def offset(value: object) -> int | None:
    """Give an offset as a whole number, also where a schema has it as text; None if it is none."""
    if isinstance(value, int | None):
        return value
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None


def digest_of(passage: str) -> str:
    """Give the SHA-256 of a passage, as evidence has it."""
    return hashlib.sha256(passage.encode()).hexdigest()


def _counted_otherwise(text: str, span: _Span, digest: str, quote: str | None) -> str:
    """Give the right offsets if the hash or the quote shows that others were counted in another way; empty if not."""
    for looks_like, (start, end) in _other_counts(text, *span):
        passage = text[start:end] if 0 <= start < end <= len(text) else ""
        if passage and (digest_of(passage) == digest or passage == quote):
            hash_too = "" if digest_of(passage) == digest else f", and the hash is {digest_of(passage)}"
            return f"these look like {looks_like} they are {start} to {end}{hash_too}"
    return ""


def _other_counts(text: str, start: int, end: int) -> Iterator[tuple[str, _Span]]:
    """Give the ways in which programs and people count, and the characters that two offsets would be."""
    in_bytes = _by_units(text, "utf-8", 1, start, end)
    if in_bytes:
        yield "byte offsets; in characters", in_bytes
    in_units = _by_units(text, "utf-16-le", 2, start, end)
    if in_units:
        yield "offsets in units of UTF-16, as JavaScript and Java count; in characters", in_units
    if text.startswith(_MARK):
        yield "offsets without the byte-order mark, which is a character; with it", (start + 1, end + 1)
    breaks = _line_ends(text)
    if breaks:
        whole = start + bisect_left(breaks, start), end + bisect_left(breaks, end)
        yield "offsets that count a line end (CR LF) as one character; it is two, so", whole
    yield "offsets that count from 1; from 0, without the end,", (start - 1, end - 1)
    yield "offsets that count from 1, with the end; from 0, without the end,", (start - 1, end)
    yield "offsets with the end included; without it", (start, end + 1)


def _by_units(text: str, encoding: str, size: int, start: int, end: int) -> _Span | None:
    units = _encoded(text, encoding)
    if len(units) == len(text) * size or not 0 <= start < end <= len(units) // size:
        return None
    try:
        before, passage = (units[a * size : b * size].decode(encoding) for a, b in ((0, start), (start, end)))
    except UnicodeDecodeError:  # they cut a character
        return None
    return len(before), len(before) + len(passage)


@lru_cache(maxsize=4)
def _encoded(text: str, encoding: str) -> bytes:
    return text.encode(encoding)


@lru_cache(maxsize=2)
def _line_ends(text: str) -> list[int]:
    """Give the places of line ends of two characters, if each is counted as one."""
    found: list[int] = []
    at = text.find(_CR_LF)
    while at >= 0:
        found.append(at - len(found))
        at = text.find(_CR_LF, at + 2)
    return found
