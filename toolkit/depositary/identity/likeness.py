"""How alike two values are, from 0 to 1: names, texts, dates."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from depositary.merging.claims.folded import folded, joined_words, words_of

LEAST_OF_WORDS = 0.72  # of two words that may be the same word, spelt differently
_SHORT = 4  # letters; a shorter word is the same or another
LIKENESS_OF_AN_INITIAL = 0.8
LIKENESS_WITH_OTHER_NUMBERS = 0.5
_JOINED = 0.98  # of names that differ only in blanks

ROMAN = frozenset(  # numbers; without vi and xi, which are names
    ["ii", "iii", "iv", "vii", "viii", "ix", "xii", "xiii", "xiv", "xvi", "xvii", "xviii", "xix", "xxi"]
)

# Names


@dataclass(frozen=True)
class Rarity:
    """How much the words of names distinguish: a word that is in few names more than one that is in many."""

    names: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    _weights: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, names: Iterable[str]) -> "Rarity":
        """Count the words of names."""
        counts: Counter[str] = Counter()
        number = 0
        for name in names:
            counts.update(set(words_of(name)))
            number += 1
        return cls(number, counts)

    @classmethod
    def of_forms(cls, forms: pl.Series) -> "Rarity":
        """Count the words of names that are folded; an empty one counts as a name."""
        words = forms.filter(forms != "").str.split(" ").list.unique().explode().value_counts(name="names")
        return cls(len(forms), dict(words.iter_rows()))

    def weight(self, word: str) -> float:
        """Give the weight of a word: 1 for one that is in one name only, less for the others."""
        known = self._weights.get(word)
        if known is None:
            known = self._weights[word] = self._weight(word)
        return known

    def _weight(self, word: str) -> float:
        rare = math.log(1 + self.names) or 1.0
        told = math.log((1 + self.names) / (self.counts.get(word, 0) or 1)) / rare if self.names > 1 else 1.0
        return max(0.15, told) * (0.5 if len(word) == 1 else 1.0)


_EVEN = Rarity()  # all words count the same


def name_likeness(left: str, right: str, rarity: Rarity) -> float:
    """Compare two names, word by word, in any order; a rare word counts more than a frequent one."""
    ours, theirs = words_of(left), words_of(right)
    if not ours or not theirs:
        return 0.0
    if sorted(ours) == sorted(theirs):
        return 1.0
    if _numbers(ours) != _numbers(theirs):
        return min(LIKENESS_WITH_OTHER_NUMBERS, _aligned(ours, theirs, rarity))
    ours_joined, theirs_joined = joined_words(left), joined_words(right)
    has_same_letters = len(ours_joined) == len(theirs_joined) and sorted(ours_joined) == sorted(theirs_joined)
    if has_same_letters and (ours_joined == theirs_joined or _rejoined(ours, theirs)):
        return _JOINED
    return _aligned(ours, theirs, rarity)


def alone_likeness(left: str, right: str) -> float:
    """Compare two names about which nothing else is known: all words count the same, and spelling counts more."""
    alike = name_likeness(left, right, _EVEN)
    if alike in (0.0, _JOINED, 1.0):
        return alike
    return min(alike, _aligned(words_of(left), words_of(right), _EVEN, power=2))


def _numbers(words: Sequence[str]) -> list[str]:
    return sorted(filter(is_number, words))


def is_number(word: str) -> bool:
    """Return whether a word is a number, such as 12 or III; one that may be an initial or a name, such as V, is not."""
    return word.isdigit() or word in ROMAN


def _rejoined(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Return whether names have the same words if two neighbours are written as one, as in Duk-geun and Dukgeun."""
    short, long = sorted((ours, theirs), key=len)
    if not 0 < len(long) - len(short) < 3:  # noqa: PLR2004 (two blanks more at most)
        return False
    wanted = sorted(short)
    joined = [[*long[:at], long[at] + long[at + 1], *long[at + 2 :]] for at in range(len(long) - 1)]
    return any(sorted(words) == wanted or _rejoined(short, words) for words in joined)


def _aligned(ours: Sequence[str], theirs: Sequence[str], rarity: Rarity, power: int = 1) -> float:
    """Pair the words that are alike, the most alike first; words without a counterpart count against."""
    pairs = sorted(
        (-(_word_likeness(one, other) ** power), i, j) for i, one in enumerate(ours) for j, other in enumerate(theirs)
    )
    used_ours, used_theirs, shared = set(), set(), 0.0
    for likeness, i, j in pairs:
        if likeness < 0 and i not in used_ours and j not in used_theirs:
            used_ours.add(i)
            used_theirs.add(j)
            shared += -likeness * (rarity.weight(ours[i]) + rarity.weight(theirs[j]))
    whole = sum(map(rarity.weight, ours)) + sum(map(rarity.weight, theirs))
    return shared / whole


def _word_likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if 1 in (len(one), len(other)):
        return LIKENESS_OF_AN_INITIAL if one[0] == other[0] and not one.isdigit() and not other.isdigit() else 0.0
    if min(len(one), len(other)) < _SHORT or is_number(one) or is_number(other):
        return 0.0
    alike = OSA.normalized_similarity(one, other)
    return alike if alike >= LEAST_OF_WORDS else 0.0


# Texts


_FEW_WORDS = 3  # a text with more words is compared by its words


def text_likeness(left: str, right: str, rarity: Rarity) -> float:
    """Compare two texts: sentences by the words that they share, short texts also letter by letter."""
    ours, theirs = words_of(left), words_of(right)
    if ours == theirs:
        return 1.0
    by_word = _aligned(ours, theirs, rarity) if ours and theirs else 0.0
    if max(len(ours), len(theirs)) > _FEW_WORDS:
        return by_word
    return max(by_word, fuzz.ratio(folded(left), folded(right)) / 100)


# Dates

_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_YEAR, _MONTH = 1, 2


@dataclass(frozen=True)
class Span:
    """The first and last possible day of an EDTF date; an open end is None."""

    first: date | None
    last: date | None

    def overlaps(self, other: "Span") -> bool:
        """Return whether one day may be in both."""
        before = self.last and other.first and self.last < other.first
        after = other.last and self.first and other.last < self.first
        return not before and not after


def span_of(text: str) -> Span | None:
    """Read an EDTF date (docs/decisions/0005); None if it is not one."""
    plain = text.translate(str.maketrans("", "", "[]~?")).replace("..", "/")
    ends = plain.split("/")
    found = [_DAY.fullmatch(end) for end in (ends[0], ends[-1])]
    if any(end and match is None for end, match in zip((ends[0], ends[-1]), found, strict=True)):
        return None
    try:
        return Span(*(_end(match, last=last) for match, last in zip(found, (False, True), strict=True)))
    except ValueError:
        return None


def _end(match: "re.Match[str] | None", *, last: bool) -> date | None:
    if match is None:
        return None
    year, month, day = int(match[1]), match[2], match[3]
    if day:
        return date(year, int(month), int(day))
    if month:
        start = date(year, int(month), 1)
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1) if last else start
    return date(year, 12, 31) if last else date(year, 1, 1)
