"""Identifiers and addresses as descriptors write them, in the one form that catalogues take."""

import re
from datetime import date
from urllib.parse import quote

from depositary.model.check_digits import orcid

ORCID, ROR, DOI = "https://orcid.org/", "https://ror.org/", "https://doi.org/"
_ORCID = re.compile(
    r"(?:(?:https?://)?(?:www\.)?orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9Xx])/?", re.IGNORECASE
)
_ROR = re.compile(r"(?:https?://)?(?:www\.)?ror\.org/(0[a-z0-9]{6}[0-9]{2})/?", re.IGNORECASE)
_DOI = re.compile(r"(?:doi:\s*|(?:https?://)?(?:dx\.)?doi\.org/)?(10\.[0-9]{4,9}/\S+)", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
# What XML 1.0 cannot hold, and half of a character, which UTF-8 cannot.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OF_ADDRESSES = "!#$%&'()*+,/:;=?@~"  # besides letters, digits and _.-


def text_of(value: object) -> str:
    """Give a text of a descriptor, trimmed; what XML cannot hold becomes U+FFFD, and what is no text is empty."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return _UNWRITABLE.sub("\ufffd", str(value)).strip()


def orcid_of(value: object) -> str:
    """Give an ORCID iD as sixteen characters in groups; empty if the value is not one, or its check digit is wrong."""
    match = _ORCID.fullmatch(text_of(value))
    found = match[1].upper() if match else ""
    return found if found and orcid(found) else ""


def ror_of(value: object) -> str:
    """Give the address of an organisation in the Research Organization Registry; empty if the value is not one."""
    match = _ROR.fullmatch(text_of(value))
    return ROR + match[1].lower() if match else ""


def doi_of(value: object) -> str:
    """Give a DOI without an address before it; empty if the value is not one."""
    match = _DOI.fullmatch(text_of(value))
    return match[1] if match else ""


def url_of(value: object) -> str:
    """Give a web address with all characters that it may have; empty if the value is not one."""
    text = text_of(value)
    return encoded(text) if _URL.fullmatch(text) else ""


def encoded(text: str) -> str:
    """Write the characters that an address may not have as escapes."""
    escaped = re.sub("%(?![0-9A-Fa-f]{2})", "%25", text)
    return quote(escaped, safe=_OF_ADDRESSES)


def path_address(path: str) -> str:
    """Write a path in a package as a relative address."""
    return quote(path, safe="/!$&'()*+,;=@~")


def day_of(value: object) -> str:
    """Give the day of a date or time as it is written; empty if there is none."""
    day = text_of(value)[:10]
    try:
        return day if date.fromisoformat(day).isoformat() == day else ""
    except ValueError:
        return ""
