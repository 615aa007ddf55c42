"""EDTF dates in words that say no more than the date does."""

import re

from depositary.site.words import Words, say, words

_PART = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?([~?]?)")


def in_words(date: str | None) -> str:
    """Write an EDTF date in words: `[2023-05-27..2023-06-01]` is "between 27 May and 1 June 2023"."""
    if not date:
        return ""
    texts = words().dates
    if date.startswith("[") and date.endswith("]") and ".." in date:
        return _spanned(date[1:-1].split("..", 1), texts.within, texts.by, texts.since) or date
    if "/" in date:
        ends = ["" if one == ".." else one for one in date.split("/", 1)]
        return _spanned(ends, texts.through, texts.until, texts.begun) or date
    return _single(date) or date


def _spanned(ends: list[str], both: str, last: str, first: str) -> str:
    begin, end = (_single(one) if one else "" for one in ends)
    if any(one and not _single(one) for one in ends):
        return ""
    if begin and end:
        return say(both, first=_shortened(ends), last=end)
    return say(last, last=end) if end else say(first, first=begin) if begin else ""


def _shortened(ends: list[str]) -> str:
    """Leave the year out of the first of two days of one year."""
    one, other = (_PART.fullmatch(end) for end in ends)
    whole = _single(ends[0])
    if one and other and one[1] == other[1] and one[3] and other[3] and not one[4]:
        return whole.removesuffix(f" {one[1]}")
    return whole


def _single(date: str) -> str:
    found = _PART.fullmatch(date)
    if not found:
        return ""
    year, month, day, doubt = found.groups()
    texts: Words = words().dates
    names: list[str] = texts.months
    parts = [str(int(day))] if day else []
    if month and not 1 <= int(month) <= len(names):
        return ""
    parts += [names[int(month) - 1]] if month else []
    written = " ".join([*parts, str(int(year)) if int(year) else year])
    return {"~": say(texts.about, date=written), "?": say(texts.perhaps, date=written)}.get(doubt, written)
