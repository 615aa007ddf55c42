"""Check digits of identifiers."""

from collections.abc import Callable, Mapping

_LEI, _ORCID = 20, 16  # characters, by ISO 17442 and ISO 27729
_TEN = 10


def lei(text: str) -> bool:
    """Return whether a Legal Entity Identifier's check digits fit: ISO 7064 MOD 97-10, with letters from 10 on."""
    if len(text) != _LEI or not (text.isalnum() and text.isascii()):
        return False
    return int("".join(str(int(letter, 36)) for letter in text)) % 97 == 1


def orcid(text: str) -> bool:
    """Return whether an ORCID's last digit fits: ISO 7064 MOD 11-2, X for ten."""
    digits = text.replace("-", "")
    if len(digits) != _ORCID or not (digits[:-1].isdigit() and digits.isascii()):
        return False
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return digits[-1] == ("X" if check == _TEN else str(check))


CELL_CHECKS: Mapping[str, Callable[[str], bool]] = {"lei": lei, "orcid": orcid}
