"""What a person may have meant: dates in another order, a name for a code, a slip of the keyboard."""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence

from anyascii import anyascii
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

_CLOSE = 84  # of 100; below, a suggestion is more often wrong than right
_SHORT = 3  # characters; of fewer, one slip makes another word
_AS_CLOSE = 3  # points within which two candidates are equally good
_MOST_CANDIDATES = 50_000  # a suggestion is a courtesy; it may not cost more than the check
_CODE = 3  # letters of a country's code
_SMALL_WORDS = {"OF", "THE", "AND"}
_SAME = 96  # of 100: two names of the same words, a letter apart at most in a long one
_BLOCK = 1_000  # names compared with all others at once
_THREE_PARTS = re.compile(r"\s*(\d{1,4})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{1,4})\s*")
_MONTHS = 12
_DAYS = 31


def suggest(cell: str, names: Mapping[str, str]) -> str:
    """Ask whether one of the named values was meant; `names` maps what people write to the value."""
    meant = abbreviated(cell, names) or closest(cell, names)
    return f"did you mean {' or '.join(meant)}?" if meant else ""


def closest(cell: str, names: Mapping[str, str]) -> list[str]:
    """Give the values whose names are nearest to a cell: at most three, none if none is near."""
    if not cell.strip() or len(names) > _MOST_CANDIDATES:
        return []
    wanted = _fold(cell)
    folded: dict[str, str] = {}
    for name, value in names.items():
        folded.setdefault(_fold(name), value)
    if wanted in folded:
        return [folded[wanted]]
    if len(wanted) < _SHORT:
        return []
    found = process.extract(wanted, list(folded), scorer=_likeness, limit=5, score_cutoff=_CLOSE)
    best = max((score for _, score, _ in found), default=0)
    near = [folded[name] for name, score, _ in found if score >= best - _AS_CLOSE]
    return list(dict.fromkeys(near))[:3]


def abbreviated(cell: str, names: Mapping[str, str]) -> list[str]:
    """Give the values whose name a short code in capitals abbreviates, by its initials or its beginning: UK, ROM.

    Of a beginning that many names share, such as MAL, all are given.
    """
    code = anyascii(cell.strip())
    if not (code.isalpha() and code.isupper() and 1 < len(code) <= _CODE) or cell in names:
        return []
    found = [value for name, value in names.items() if name != value and _abbreviates(code, name)]
    return list(dict.fromkeys(found))


def _abbreviates(code: str, name: str) -> bool:
    words = [word for word in _fold(name).upper().split() if word[0].isalpha() and word not in _SMALL_WORDS]
    initials = "".join(word[0] for word in words)
    return initials.startswith(code) if len(code) < _CODE else initials == code or _fold(name).upper().startswith(code)


def same_tokens(names: Sequence[str]) -> list[tuple[int, int]]:
    """Find the pairs of names that have the same words, whatever their order, accents and capitals."""
    folded = [_tokens(name) for name in names]
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(folded), _BLOCK):
        scores = process.cdist(folded[start : start + _BLOCK], folded, scorer=fuzz.token_sort_ratio, score_cutoff=_SAME)
        rows, columns = scores.nonzero()
        pairs += [(start + int(i), int(j)) for i, j in zip(rows, columns, strict=True) if start + i < j]
    return pairs


def _tokens(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", anyascii(name).casefold()))


def _likeness(left: str, right: str, *, score_cutoff: float | None = None) -> float:
    del score_cutoff  # rapidfuzz passes it to every scorer; `extract` applies it itself
    plain = fuzz.ratio(left, right)
    if " " in left or " " in right:  # a name: words may stand in another order or be left out
        return float(max(plain, fuzz.token_sort_ratio(left, right), 0.95 * fuzz.token_set_ratio(left, right)))
    if "-" in left or "-" in right:  # an id: many share their beginning
        return float(plain)
    return float(max(plain, 95 * JaroWinkler.similarity(left, right)))  # a word: its beginning counts most


def _fold(text: str) -> str:
    return " ".join(anyascii(text).casefold().replace("_", " ").replace(",", " ").split())


def one_of(values: Iterable[object], most: int = 12) -> str:
    """List the values that are allowed, or say how many there are beyond the first ones."""
    texts = [str(v) for v in values]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return f"allowed are {', '.join(texts[:most])}{more}"


def as_date(cell: str) -> str:
    """Say how a date written another way is to be written, or nothing if it is not recognisably one."""
    parts = _THREE_PARTS.fullmatch(cell)
    if not parts:
        return ""
    a, b, c = parts.groups()
    if len(a) == len("2023"):
        return _calendar(a, b, c)
    if len(c) != len("2023"):
        return ""
    return _year_last(c, a, b)


def _year_last(year: str, first: str, second: str) -> str:
    day_first, month_first = _is_date(year, second, first), _is_date(year, first, second)
    if day_first and month_first and first != second:
        both = f"{_iso(year, second, first)} or {_iso(year, first, second)}"
        return f"write the year first: {both}, whichever is meant"
    if day_first or month_first:
        month, day = (second, first) if day_first else (first, second)
        return f"write the year first: {_iso(year, month, day)}"
    return _calendar(year, second, first) if int(second) <= _MONTHS else ""


def _calendar(year: str, month: str, day: str) -> str:
    if _is_date(year, month, day):
        return f"write {_iso(year, month, day)}"
    if not 1 <= int(month) <= _MONTHS:
        return f"there is no month {int(month)}"
    if 1 <= int(day) <= _DAYS and int(year) > 0:
        last = monthrange(int(year), int(month))[1]
        return f"{year}-{int(month):02} has {last} days"
    return f"there is no day {int(day)}"


def _is_date(year: str, month: str, day: str) -> bool:
    y, m, d = int(year), int(month), int(day)
    return y > 0 and 1 <= m <= _MONTHS and 1 <= d <= monthrange(y, m)[1]


def _iso(year: str, month: str, day: str) -> str:
    return f"{year}-{int(month):02}-{int(day):02}"


def as_number(cell: str, *, whole: bool = False) -> str:
    """Say how a number written another way is to be written, or nothing if it is not recognisably one."""
    bare = cell.strip().rstrip("%").strip()
    if whole and re.fullmatch(r"[+-]?\d+[.,]\d+", bare):
        return "write a whole number"
    if re.fullmatch(r"[+-]?\d+,\d+", bare):
        return f"write a point, not a comma: {bare.replace(',', '.')}"
    grouped = re.sub(r"(?<=\d)[ ,'\u00a0\u202f](?=\d{3})", "", bare)
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", grouped):
        return f"write the digits only: {grouped}"
    return ""
