"""Addresses in the site: file names from ids of strangers, safe on every system and different for different ids."""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote

from anyascii import anyascii

from depositary.site.legible import legible

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_UNSAFE = re.compile(r"[^a-z0-9]+")
_OF_WINDOWS = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_STEM = 40  # characters of an id that are kept in the name of its file
ROW = "row="  # begins the fragment that names a row of a table
IN = "in="  # begins the fragment that says which rows of a table are shown
_DIGITS = 20  # of the hash that tells such names apart


def file_name(name: str) -> str:
    """Give a file name, without an ending, for an id or a name of a table.

    Short names of small letters, digits, `-` and `_` stay as they are. All others get a stem that people recognise, a
    dot and a part of their hash. Plain names have no dot, so two names never share a file.
    """
    if _PLAIN.fullmatch(name) and name not in _OF_WINDOWS:
        return name
    stem = _UNSAFE.sub("-", anyascii(name[: 2 * _STEM]).lower())[:_STEM].strip("-")
    stem = f"x-{stem}" if stem in _OF_WINDOWS or not stem else stem
    return f"{stem}.{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]}"


def row_page(table: str, row_id: str) -> str:
    """Give the address of the page of a row."""
    return f"rows/{file_name(table)}/{file_name(row_id)}.html"


def table_page(table: str) -> str:
    """Give the address of the page of a table."""
    return f"tables/{file_name(table)}.html"


def row_in_table(table: str, row_id: str) -> str:
    """Give the address of a row in the page of its table, which a script shows; for a row without a page of its own."""
    return f"{table_page(table)}#{ROW}{quote(legible(row_id), safe='')}"


def rows_with(table: str, column: str, value: str) -> str:
    """Give the address of the page of a table that shows the rows with a value in a column."""
    return f"{table_page(table)}#{IN}{quote(column, safe='')}&has={quote(f'={value}', safe='')}"


def dictionary_page(table: str, column: str = "") -> str:
    """Give the address of a table in the dictionary, or of one of its columns."""
    return f"dictionary/{file_name(table)}.html{f'#{anchor(column)}' if column else ''}"


def anchor(name: str) -> str:
    """Give the anchor of a column, a code or a statement on its page; no other part of a page begins so."""
    return f"x-{file_name(name)}"


@dataclass(frozen=True)
class Link:
    """A text, with the address in the site that it leads to, or none; `sub` is a second, smaller text."""

    text: str
    href: str = ""
    sub: str = ""
