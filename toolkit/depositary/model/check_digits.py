"""Check digits of identifiers."""

from collections.abc import Callable, Mapping


def lei(text: str) -> bool:
    """Tell whether a Legal Entity Identifier's check digits fit: ISO 7064 MOD 97-10, letters counting from 10."""
    return len(text) == 20 and text.isalnum() and text.isascii() and int("".join(str(int(c, 36)) for c in text)) % 97 == 1  # noqa: PLR2004 (ISO 17442)


def orcid(text: str) -> bool:
    """Tell whether an ORCID's last digit fits: ISO 7064 MOD 11-2, X for ten."""
    digits = text.rsplit("/", 1)[-1].replace("-", "").upper()
    if len(digits) != 16 or not digits[:-1].isdigit() or not digits.isascii():  # noqa: PLR2004 (ISO 27729)
        return False
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return digits[-1] == ("X" if check == 10 else str(check))  # noqa: PLR2004


CELL_CHECKS: Mapping[str, Callable[[str], bool]] = {"lei": lei, "orcid": orcid}
