"""A text for searching: every run of white space is one space, and accents are in one form (NFC)."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, chain
from unicodedata import is_normalized, normalize

import regex

_WORD = re.compile(r"\S+")  # what is not white space for `str.split`
_CLUSTER = regex.compile(r"\X")  # NFC never joins characters of two clusters


def fold(text: str) -> str:
    """Give the form in which texts are compared: NFC, one space for each run of white space, none at the ends."""
    return " ".join(normalize("NFC", text).split())


class Folded:
    """A folded text that knows the place of each character in the original."""

    def __init__(self, text: str) -> None:
        self._raw = text.split()
        self._starts = [match.start() for match in _WORD.finditer(text)]
        self._words = self._raw if is_normalized("NFC", text) else [normalize("NFC", word) for word in self._raw]
        self.text = " ".join(self._words)
        self._folded_starts = list(accumulate(chain((0,), (len(word) + 1 for word in self._words))))[: len(self._words)]

    def find(self, phrase: str) -> Iterator[tuple[int, int]]:
        """Give the offsets in the original at which a phrase occurs, also where occurrences overlap."""
        wanted = fold(phrase)
        at = self.text.find(wanted) if wanted else -1
        while at >= 0:
            start, end = self._original(at), self._original(at + len(wanted), is_end=True)
            if start is not None and end is not None:
                yield start, end
            at = self.text.find(wanted, at + 1)

    def words(self, start: int, end: int) -> range:
        """Give the indexes of the words between two offsets of the folded text, also of those that these cut."""
        first = max(0, bisect_right(self._folded_starts, start) - 1)
        last = max(first, bisect_right(self._folded_starts, max(start, end - 1)) - 1)
        return range(first, last + 1)

    def phrase(self, words: range) -> str:
        """Give some words of the folded text."""
        return " ".join(self._words[words.start : words.stop])

    def span(self, words: range) -> tuple[int, int]:
        """Give the offsets in the original of some words."""
        return self._starts[words.start], self._starts[words.stop - 1] + len(self._raw[words.stop - 1])

    def __len__(self) -> int:
        """Count the words."""
        return len(self._words)

    def _original(self, at: int, *, is_end: bool = False) -> int | None:
        """Give the offset in the original of an offset in the folded text; None within what NFC joins."""
        word = bisect_right(self._folded_starts, at - is_end) - 1
        within = self._within(word, at - self._folded_starts[word])
        return None if within is None else self._starts[word] + within

    def _within(self, word: int, at: int) -> int | None:
        raw, folded = self._raw[word], self._words[word]
        if raw == folded:
            return at
        before = before_folded = 0
        for cluster in _CLUSTER.findall(raw):
            if at <= before_folded:
                break
            joined = normalize("NFC", cluster)
            if at < before_folded + len(joined):
                return before + at - before_folded if joined == cluster else None
            before, before_folded = before + len(cluster), before_folded + len(joined)
        return before if at == before_folded else None
