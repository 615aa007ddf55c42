"""Suggest what a person may have meant: dates in another order, a name instead of a code, typing errors."""

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property, lru_cache

from anyascii import anyascii
from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from depositary.wording.likeness import Likes, meant

_CLOSE = 84  # of 100; below, a suggestion is more often wrong than right
_SHORT = 3  # characters; in a shorter text, one typing error makes another word
_AS_CLOSE = 3  # two candidates within so many points are equally good
MOST_CANDIDATES = 50_000  # a suggestion may not take longer than the check
_CODE = 3  # letters of a country's code
_NUMBERED = re.compile(r"([A-Za-z]{2,4})[ -]?([0-9]{2,4})")  # initials and a number: HS2022
_SMALL_WORDS = {"OF", "THE", "AND"}
_SAME = 96  # of 100: two names of the same words; a long one may differ in one letter
_BLOCK = 1_000  # names compared with all others at once
_SERIAL = re.compile("[2-5][0-9]{4}")  # days of 1954 to 2064, as spreadsheets count them
_DAY_ZERO = date(1899, 12, 30)
_THREE_PARTS = re.compile(r"\s*(\d{1,4})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{1,4})\s*")
_MONTHS = 12
_DAYS = 31


class Names:
    """The names of values, folded once for comparing with many cells; `names` maps them to values."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self._folded: dict[str, str] = {}
        for name, value in names.items():
            self._folded.setdefault(_fold(name), value)
        self._values = list(self._folded.values())
        texts = dict(enumerate(self._folded))
        self._texts = texts
        self._phrases = {i: text for i, text in texts.items() if " " in text}
        self._words = {i: t for i, t in texts.items() if " " not in t and "-" not in t and len(t) >= _SHORT}

    def closest(self, cell: str) -> list[str]:
        """Give the values whose names are most similar to a cell: at most three, and none if none is similar."""
        wanted = _fold(cell)
        if wanted in self._folded:
            return [self._folded[wanted]]
        if len(wanted) < _SHORT:
            return []
        scores = self._scores(wanted) or self._longer(wanted)
        best = max(scores.values(), default=0.0)
        near = sorted((-score, i) for i, score in scores.items() if score >= best - _AS_CLOSE)
        return list(dict.fromkeys(self._values[i] for _, i in near))[:3]

    def _scores(self, wanted: str) -> dict[int, float]:
        """Score the names that are similar enough, up to 100."""
        phrases = self._texts if " " in wanted else self._phrases
        words = {} if " " in wanted or "-" in wanted else self._words
        scores: dict[int, float] = {}
        for scorer, texts, weight in (
            (fuzz.ratio, self._texts, 1.0),  # the only score for an id, because many ids share their beginning
            (fuzz.token_sort_ratio, phrases, 1.0),  # the words of a name may be in another order
            (fuzz.token_set_ratio, phrases, 0.95),  # or missing
            (JaroWinkler.similarity, words, 95.0),  # the beginning of a word counts most
        ):
            found = process.extract(wanted, texts, scorer=scorer, limit=None, score_cutoff=_CLOSE / weight)
            for _, score, i in found:
                scores[i] = max(scores.get(i, 0.0), score * weight)
        return scores

    def _longer(self, wanted: str) -> dict[int, float]:
        """Find the only name that begins with this, as Russian Federation begins with Russia."""
        longer = [i for i, text in self._texts.items() if text.startswith(wanted)] if len(wanted) > _SHORT else []
        return dict.fromkeys(longer, 100.0) if len({self._values[i] for i in longer}) == 1 else {}

    def alike(self, cell: str) -> list[str]:
        """Give the values whose names look like a cell or differ from it only in leading zeros."""
        return list(dict.fromkeys(self.names[name] for (name,) in self._likes.of((cell,))))

    @cached_property
    def _likes(self) -> Likes:
        return Likes((name,) for name in self.names)

    @cached_property
    def abbreviations(self) -> list[tuple[str, str, str]]:
        """Give the initials, the folded name and the value of each value that has a name."""
        return [(_initials(name), _fold(name).upper(), v) for name, v in self.names.items() if name != v]


@lru_cache(maxsize=64)
def _prepared(names: tuple[tuple[str, str], ...]) -> Names:
    return Names(dict(names))


def _names(names: Mapping[str, str]) -> Names:
    """Fold names, cached: one column often has the same error a hundred times."""
    return _prepared(tuple(names.items()))


def suggest(cell: str, names: Mapping[str, str]) -> str:
    """Write a hint that asks whether one of the named values was meant; `names` maps names to values."""
    same = alike(cell, names)
    if same:
        return meant((text,) for text in same)
    near = abbreviated(cell, names) or closest(cell, names)
    return f"did you mean {' or '.join(near)}?" if near else ""


def alike(cell: str, names: Mapping[str, str]) -> list[str]:
    """Give the values whose names look the same to a person, apart from invisible characters or leading zeros."""
    return _names(names).alike(cell) if cell.strip() and len(names) <= MOST_CANDIDATES else []


def closest(cell: str, names: Mapping[str, str]) -> list[str]:
    """Give the values whose names are most similar to a cell: at most three, and none if none is similar."""
    if not cell.strip() or len(names) > MOST_CANDIDATES:
        return []
    return _names(names).closest(cell)


def abbreviated(cell: str, names: Mapping[str, str]) -> list[str]:
    """Give the values whose names a short code in capitals abbreviates, by initials or beginning: UK, ROM.

    If many names share the beginning, such as MAL, all of them are given. Initials may have a number after them, which
    the name has too, in full or by its last digits: HS2022 and HS 22 are Harmonized System 2022.
    """
    code = anyascii(cell.strip()).replace(".", "")
    if len(names) > MOST_CANDIDATES or cell in names or code in names:
        return []
    numbered = _NUMBERED.fullmatch(code)
    if numbered:
        letters, number = numbered[1].upper(), numbered[2]
        found = (v for initials, name, v in _names(names).abbreviations if _is_edition(letters, number, initials, name))
        return list(dict.fromkeys(found))
    if not (code.isalpha() and code.isupper() and 1 < len(code) <= _CODE):
        return []
    found = (v for initials, name, v in _names(names).abbreviations if _abbreviates(code, initials, name))
    return list(dict.fromkeys(found))


def _abbreviates(code: str, initials: str, name: str) -> bool:
    return initials.startswith(code) if len(code) < _CODE else initials == code or name.startswith(code)


def _is_edition(letters: str, number: str, initials: str, name: str) -> bool:
    return initials == letters and any(word.isdigit() and word.endswith(number) for word in name.split())


def _initials(name: str) -> str:
    words = (word for word in _fold(name).upper().split() if word[0].isalpha() and word not in _SMALL_WORDS)
    return "".join(word[0] for word in words)


def same_tokens(names: Sequence[str]) -> list[tuple[int, int]]:
    """Find the pairs of names that have the same words, in any order, ignoring accents and capitals."""
    folded = [_tokens(name) for name in names]
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(folded), _BLOCK):
        scores = process.cdist(folded[start : start + _BLOCK], folded, scorer=fuzz.token_sort_ratio, score_cutoff=_SAME)
        rows, columns = scores.nonzero()
        pairs += [(start + int(i), int(j)) for i, j in zip(rows, columns, strict=True) if start + i < j]
    return pairs


def _tokens(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", anyascii(name).casefold()))


def _fold(text: str) -> str:
    plain = re.sub(r"(?<=[a-z])\.", "", anyascii(text).casefold())  # U.S.A. is USA, but 1.0 is not 10
    return " ".join(plain.replace("_", " ").replace(",", " ").split())


def one_of(values: Iterable[object], most: int = 12) -> str:
    """List the allowed values; if there are many, the first ones and the number of the others."""
    texts = [str(v) for v in values]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return f"allowed are {', '.join(texts[:most])}{more}"


def as_date(cell: str) -> str:
    """Give the ISO form of a date in another form as a hint; empty if the text does not look like a date."""
    if _SERIAL.fullmatch(cell):
        day = _DAY_ZERO + timedelta(days=int(cell))
        return f"write {day.isoformat()}, if {cell} is the number that a spreadsheet has for this day"
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
        return f"write the year first: {both}"
    if day_first or month_first:
        month, day = (second, first) if day_first else (first, second)
        return f"write the year first: {_iso(year, month, day)}"
    return _calendar(year, second, first) if int(second) <= _MONTHS else ""


def _calendar(year: str, month: str, day: str) -> str:
    if _is_date(year, month, day):
        return f"write {_iso(year, month, day)}"
    if not 1 <= int(month) <= _MONTHS:
        return f"there is no month {int(month)}; correct the date"
    if 1 <= int(day) <= _DAYS and int(year) > 0:
        last = monthrange(int(year), int(month))[1]
        return f"{year}-{int(month):02} has only {last} days; correct the date"
    return f"there is no day {int(day)}; correct the date"


def _is_date(year: str, month: str, day: str) -> bool:
    y, m, d = int(year), int(month), int(day)
    return y > 0 and 1 <= m <= _MONTHS and 1 <= d <= monthrange(y, m)[1]


def _iso(year: str, month: str, day: str) -> str:
    return f"{year}-{int(month):02}-{int(day):02}"


def as_number(cell: str, *, whole: bool = False) -> str:
    """Give the plain form of a number in another form as a hint; empty if the text does not look like a number."""
    bare = cell.strip().rstrip("%").strip()
    if whole and re.fullmatch(r"[+-]?\d+[.,]\d+", bare) and not re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", bare):
        return "write a whole number"
    if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", bare):  # a decimal mark, or one between thousands
        plain = bare.replace(",", "")
        other = "" if whole else f"; or {bare.replace(',', '.')}, if the comma is a decimal mark"
        return f"write {plain}{other}"
    if re.fullmatch(r"[+-]?\d+,\d+", bare):
        return f"write a point, not a comma: {bare.replace(',', '.')}"
    grouped = re.sub(r"(?<=\d)[ ,'\u00a0\u202f](?=\d{3})", "", bare)
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", grouped):
        return f"write the digits only: {grouped}"
    return ""
