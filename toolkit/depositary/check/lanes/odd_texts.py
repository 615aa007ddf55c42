"""Texts with damaged or invisible characters.

A damaged text is UTF-8 that was read in an encoding of Windows (`CafÃ©`), or has U+FFFD in place of a character that
was lost. An invisible character is a space without width, a byte-order mark within a text, a mark of writing
direction or a control character. Joiners (U+200C, U+200D) and selectors of variants are left alone in texts, because
words in several scripts, and emoji, are written with them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from depositary.wording.plain import number, shown

DAMAGED, UNSEEN = "damaged-text", "unseen-character"

UNSEEN_CHARACTERS = (
    "\x01-\x08\x0b\x0c\x0e-\x1f\x7f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
)
_OF_BYTES = {bytes([byte]).decode("cp1252", "ignore") or chr(byte): byte for byte in range(256)}
_LATER_BYTES = range(0x80, 0xC0)  # those that are not the first of a character in UTF-8
_LATER = "".join(re.escape(char) for char, byte in _OF_BYTES.items() if byte in _LATER_BYTES)
# A pattern that Python and polars read in the same way. Cells that match may be odd.
MAY_BE_ODD = f"[\u00c2-\u00f4][{_LATER}]|\ufffd|[{UNSEEN_CHARACTERS}]"
# A letter before a closing quote or a dash, as in `CAFÉ”`, is no sign of damage.
_TYPED = "\u2018\u2019\u201a\u201c\u201d\u201e\u2039\u203a\u2026\u2013\u2014\u00ab\u00bb"
_IS_SIGN = re.compile(f"[\u00c2-\u00df](?:(?![{_TYPED}])[{_LATER}]|[{_TYPED}](?=\\w))|[\u00e0-\u00f4][{_LATER}]{{2}}")
_MAY_BE_ODD, _IS_UNSEEN = re.compile(MAY_BE_ODD), re.compile(f"[{UNSEEN_CHARACTERS}]")


@dataclass
class OddTexts:
    """The odd texts of one kind in one column: how many, and the first one with its row."""

    count: int = 0
    row: int = 0
    text: str = ""

    def take(self, count: int, row: int, text: str) -> None:
        """Add texts, of which the first is in a row."""
        if not self.count or row < self.row:
            self.row, self.text = row, text
        self.count += count


def may_have_odd(cells: Iterable[str | None]) -> bool:
    """Return whether one of some cells may be odd."""
    return bool(_MAY_BE_ODD.search("\n".join(filter(None, cells))))


def kinds_of(text: str) -> list[str]:
    """Name the kinds of damage in a text."""
    damaged = "\ufffd" in text or bool(repaired(text))
    return [DAMAGED] * damaged + [UNSEEN] * bool(_IS_UNSEEN.search(text))


def repaired(text: str) -> str:
    """Give the text that was read in an encoding of Windows, although it was UTF-8; empty if there is none."""
    if not _IS_SIGN.search(text):
        return ""
    try:
        meant = bytes(_OF_BYTES[char] for char in text).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return ""
    return meant


def odd_texts(cells: Sequence[str | None]) -> list[tuple[str, int, int, str]]:
    """Find the odd texts among the cells of a column: kind, number, index and text of the first, for each kind."""
    if not may_have_odd(cells):
        return []
    found: dict[str, list[int]] = {}
    for index, cell in enumerate(cells):
        for kind in kinds_of(cell) if cell else ():
            found.setdefault(kind, []).append(index)
    return [(kind, len(indexes), indexes[0], str(cells[indexes[0]])) for kind, indexes in found.items()]


def described(kind: str, met: OddTexts, *, in_key: bool) -> tuple[str, str]:
    """Give the message and the hint for the odd texts of a column."""
    cells = number(met.count, "cell")
    has = "has" if met.count == 1 else "have"
    if kind == UNSEEN:
        names = sorted({f"U+{ord(char):04X}" for char in _IS_UNSEEN.findall(met.text)})
        message = f"{cells} {has} characters that cannot be seen: {', '.join(names)} in {shown(met.text)}"
        why = "with them, the key is another key" if in_key else "they often come from a web page or a word processor"
        return message, f"delete them; {why}"
    message = f"{cells} {has} characters that were damaged by a wrong encoding: {shown(met.text)}"
    meant = repaired(met.text)
    if meant:
        return message, f"did you mean {shown(meant)}? Import the file again as UTF-8, or correct the cells"
    return message, "write the lost characters again, from the source of the text; U+FFFD is in their place"
