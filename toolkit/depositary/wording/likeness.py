r"""Texts that look the same to a person but differ for a program: `0101` and `101`, `A-1` and `A\u20131`.

A text is folded to its visible form. Invisible characters and spaces at its ends are removed. Letters and digits of
other widths, dashes, quotes and letters of other scripts become the ASCII characters that look like them. Zeros at the
start of a number are removed too, because spreadsheets remove them, and `.0` at its end, because programs add it.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from depositary.visible import without_unseen

Texts = tuple[str, ...]  # the values of a key

# Texts that folding may change, as a pattern that Python and polars read in the same way; [^ -~] is not ASCII.
_NUMBER = r"^0[0-9][0-9.]*$|^[0-9]+\.0$"
NOT_PLAIN = f"{_NUMBER}|[^ -~]|^ | $|  "
NOT_PLAIN_ASCII = f"{_NUMBER}|[\\x00-\\x1f\\x7f]|^ | $|  "
PADDED = "^0+[1-9][0-9]*$"
_NOT_PLAIN = re.compile(NOT_PLAIN)
_NOT_PLAIN_LINES = re.compile(r"\n0[0-9][0-9.]*\n|\n[0-9]+\.0\n|[^\n -~]|\n | \n|  ")
_NUMERIC = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_ZEROS = re.compile("^0+(?=[0-9])")
_POINT_ZERO = re.compile(r"^([0-9]+)\.0$")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_MOST = 3  # suggestions in a message
_SHOWN = 80  # characters of a text that a message quotes
_LOOKS = str.maketrans(
    {
        **dict.fromkeys("\u02d7\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58", "-"),
        **dict.fromkeys("\u02b9\u02bb\u02bc\u2018\u2019\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201f\u2033", '"'),
        **dict.fromkeys("\u2044\u2215", "/"),
        "\u201a": ",",
        "\u2236": ":",
        "\u2800": " ",
        "\u0131": "i",
    }
    # Cyrillic and Greek letters that look like Latin ones.
    | dict(
        zip(
            map(
                ord,
                "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0423"
                "\u0430\u0435\u0455\u0456\u0458\u043e\u0440\u0441\u0445\u0443\u0501\u04bb\u051b\u051d"
                "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf",
            ),
            "ABESIJKMHOPCTXYaesijopcxydhqwABEZHIKMNOPTYXo",
            strict=True,
        )
    )
)


def looks(text: str) -> str:
    """Give the visible form of a text, in ASCII where that looks the same."""
    if not text.isascii():
        text = _OTHER_DIGIT.sub(_digit, unicodedata.normalize("NFKD", text).translate(_LOOKS))
    seen = " ".join(without_unseen(" ".join(text.split())).split())
    return seen if seen.isascii() else unicodedata.normalize("NFC", seen)


def fold(text: str) -> str:
    """Give the visible form of a text; of a number without zeros or `.0` that do not change it."""
    if not _NOT_PLAIN.search(text):
        return text
    seen = looks(text)
    return _bare(seen) if seen[-1:].isdigit() and seen.isascii() else seen


def _bare(number: str) -> str:
    """Remove the zeros before a number and `.0` after it; a code of only zeros does not change."""
    if not _NUMERIC.fullmatch(number):
        return number
    bare = _ZEROS.sub("", _POINT_ZERO.sub(r"\1", number))
    return bare if bare.strip("0.") else number


def fold_all(texts: Texts) -> Texts:
    """Fold the texts of a key."""
    return tuple(map(fold, texts))


@lru_cache(maxsize=1)
def folding() -> str:
    """Give the pattern of characters beyond ASCII that folding may change."""
    ranges: list[list[int]] = []
    for code in range(0x80, 0x10000):
        character = chr(code)
        if unicodedata.combining(character) or looks(character) != character:
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    surrogates = range(0xD800, 0xE000)
    kept = [(first, last) for first, last in ranges if first not in surrogates]
    return f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in kept)}{chr(0x10000)}-{chr(0x10FFFF)}]"


def may_fold(texts: Iterable[str | None]) -> bool:
    """Return whether folding may change one of the texts."""
    filled = [*filter(None, texts)]
    lines = "\n".join(["", *filled, ""])
    has_breaks = lines.count("\n") > len(filled) + 1  # within a text, which is then not plain
    return has_breaks or _NOT_PLAIN_LINES.search(lines) is not None


def spelled(text: str) -> str:
    r"""Quote a text, with characters that look like others written out: `A\u20131`."""
    written = "".join(map(_spelled, text))
    return f'"{written[:_SHOWN]}…"' if len(written) > _SHOWN else f'"{written}"'


def best(keys: Iterable[Texts]) -> Texts:
    """Give the key that is written as it looks; among several, the one with the most zeros."""

    def rank(key: Texts) -> tuple[bool, bool, int, Texts]:
        is_odd = key != tuple(map(looks, key))
        return is_odd, any(map(_POINT_ZERO.search, key)), -sum(map(len, key)), key

    return min(keys, key=rank)


class Likes:
    """Keys by their visible form."""

    def __init__(self, keys: Iterable[Texts]) -> None:
        self._keys: dict[Texts, list[Texts]] = {}
        for key in keys:
            self._keys.setdefault(fold_all(key), []).append(key)

    def of(self, key: Texts) -> list[Texts]:
        """Give the keys that look like a key, the best first; if there are none, those that differ only in zeros."""
        found = [other for other in self._keys.get(fold_all(key), ()) if other != key]
        seen = tuple(map(looks, key))
        alike = [other for other in found if tuple(map(looks, other)) == seen] or found
        return sorted([other for other in alike if other == tuple(map(looks, other))] or alike)[:_MOST]


def meant(keys: Iterable[Texts]) -> str:
    """Write a hint that asks whether one of some keys was meant."""
    texts = [", ".join(spelled(text)[1:-1] for text in key) for key in keys]
    return f"did you mean {' or '.join(texts)}?" if texts else ""


def _digit(found: re.Match[str]) -> str:
    return str(unicodedata.decimal(found[0]))


@lru_cache(maxsize=4096)
def _spelled(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if unicodedata.combining(character) or looks(character) != character:
        return character.encode("unicode_escape", "backslashreplace").decode()
    return character
