"""Find the EDTF date that a person may have meant: 2024-03/04, Q1 2024, c. 2024."""

import re
from calendar import monthrange
from collections.abc import Callable

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_LAST_MONTH = 12
_LONGEST = 100  # characters; no date is longer
_BETWEEN = re.compile(
    r"\s*(?:\s(?:to|until|till|through|and)\s|\s-\s|--|[\u2013\u2014]|\.\.\.?|\u2026|/)\s*", re.IGNORECASE
)
_TIME = re.compile(r"(.*\d)[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2}|UTC|GMT)?", re.IGNORECASE)


def meant(cell: str) -> list[str]:
    """Give the EDTF dates that a text may mean, the most likely first; none if it does not look like a date."""
    text = " ".join(cell.split())
    if not text or len(text) > _LONGEST:
        return []
    for read in (_shortened, _part_of_year, _about, _open, _span):
        if found := read(text):
            return [date for date in dict.fromkeys(found) if date != cell]
    one = _one(text)
    return [one] if one and one != cell else []


def _shortened(text: str) -> list[str]:
    """Read an interval whose second half is shortened, as ISO 8601 allows."""
    if parts := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})\s?[/\u2013]\s?(?:(\d{2})-)?(\d{2})", text):
        year, month, day, other, last = parts.groups()
        return _interval(_day(year, month, day), _day(year, other or month, last))
    if parts := re.fullmatch(r"(\d{4})-(\d{2})\s?[/\u2013]\s?(\d{2})", text):
        year, month, other = parts.groups()
        return _interval(_month(year, month), _month(year, other))
    if parts := re.fullmatch(r"(\d{4})\s?([/\u2013-])\s?(\d{2})", text):
        year, mark, other = parts.groups()
        years = _interval(year, year[:2] + other)
        month = [found for found in [_month(year, other)] if found and mark != "-"]
        return years + month
    return []


def _part_of_year(text: str) -> list[str]:
    if parts := re.fullmatch(r"(\d{4})\s?[-/]?\s?([QHqh])([1-4])", text):
        year, kind, number = parts.groups()
    elif parts := re.fullmatch(r"([QHqh])([1-4])\s?[-/]?\s?(\d{4})", text):
        kind, number, year = parts.groups()
    elif parts := re.fullmatch(r"(\d{3})0s", text):
        return [f"{parts[1]}0/{parts[1]}9"]
    else:
        return []
    length = 3 if kind in "Qq" else 6
    last = int(number) * length
    return [f"{year}-{last - length + 1:02}/{year}-{last:02}"] if last <= _LAST_MONTH else []


def _about(text: str) -> list[str]:
    words = r"(?:c\.|ca\.?|circa|about|around|approx\.?|approximately|early|mid|middle of|late|beginning of|end of|~)"
    parts = re.fullmatch(rf"{words}[\s-]*(.+)", text, re.IGNORECASE) or re.fullmatch(r"(.+?)\s+~", text)
    one = _one(parts[1]) if parts else ""
    return [f"{one}~"] if one else []


def _open(text: str) -> list[str]:
    if parts := re.fullmatch(r"(?:before|until|till|by|up to|to)\s+(.+)", text, re.IGNORECASE):
        one = _one(parts[1])
        return [f"../{one}"] if one else []
    parts = re.fullmatch(r"(?:after|since|from)\s+(.+)", text, re.IGNORECASE) or re.fullmatch(
        r"(.+?)\s?[/\u2013-]", text
    )
    one = _one(parts[1]) if parts else ""
    return [f"{one}/.."] if one else []


def _span(text: str) -> list[str]:
    halves = _BETWEEN.split(re.sub(r"^(?:from|between)\s+", "", text, flags=re.IGNORECASE))
    return _interval(_one(halves[0]), _one(halves[1])) if len(halves) == 2 else []  # noqa: PLR2004 (two ends)


def _interval(first: str, last: str) -> list[str]:
    return [f"{first}/{last}"] if first and last and first < last else []


def _one(text: str) -> str:
    """Read one date if the order of its day and month is certain; give an empty text otherwise."""
    text = text.strip().rstrip(",")
    timed = _TIME.fullmatch(text)
    text = timed[1] if timed else text
    for pattern, read in _FORMS:
        if parts := re.fullmatch(pattern, text):
            return read(*parts.groups())
    return ""


def _number(name: str) -> str:
    """Give the number of a month from its English name or abbreviation; 0 if it is not a month."""
    folded = name.casefold()
    return next((str(n) for n, month in enumerate(_MONTHS, start=1) if month.startswith(folded)), "0")


def _month(year: str, month: str) -> str:
    return f"{year}-{int(month):02}" if 1 <= int(month) <= _LAST_MONTH else ""


def _day(year: str, month: str, day: str) -> str:
    if int(year) < 1 or not 1 <= int(month) <= _LAST_MONTH or not 1 <= int(day) <= monthrange(int(year), int(month))[1]:
        return ""
    return f"{year}-{int(month):02}-{int(day):02}"


_FORMS: tuple[tuple[str, Callable[..., str]], ...] = (
    (r"(\d{4})", lambda year: year),
    (r"(\d{4})[-./](\d{1,2})", _month),
    (r"(\d{1,2})[-./](\d{4})", lambda month, year: _month(year, month)),
    (r"(\d{4})([-./])(\d{1,2})\2(\d{1,2})", lambda year, _, month, day: _day(year, month, day)),
    (r"([A-Za-z]{3,9})\.?,? (\d{4})", lambda name, year: _month(year, _number(name))),
    (r"(\d{1,2})\.? ([A-Za-z]{3,9})\.?,? (\d{4})", lambda day, name, year: _day(year, _number(name), day)),
    (
        r"([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})",
        lambda name, day, year: _day(year, _number(name), day),
    ),
)
