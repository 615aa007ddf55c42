"""The change log as parts of a page: headings, lines of lists, and texts. Everything else in it stays text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARKS = re.compile(r"\\([\\`*_{}\[\]()<>#+.!|~-])|`|\*\*")


@dataclass(frozen=True)
class Part:
    """A part of a change log: `kind` is version, heading, list, table or text."""

    kind: str
    lines: tuple[str, ...]


def parts_of(text: str) -> Iterator[Part]:
    """Split a change log into its parts; its title and its comments are left out."""
    waiting: list[str] = []
    kind = ""
    for line in text.splitlines():
        found, words = _read(line)
        if waiting and (found != kind or found in ("version", "heading")):
            yield Part(kind, tuple(waiting))
            waiting = []
        if words:
            waiting.append(words)
        kind = found
    if waiting:
        yield Part(kind, tuple(waiting))


def _read(line: str) -> tuple[str, str]:
    """Give the kind of a line and its words, without the marks of Markdown."""
    text = line.strip()
    if not text or text.startswith(("<!--", "# ")):
        return "", ""
    if text.startswith("## "):
        return "version", _plain(text[3:])
    if text.startswith("### "):
        return "heading", _plain(text[4:])
    if text.startswith(("- ", "* ")):
        return "list", _plain(text[2:])
    if text.startswith("|"):
        return "table", text
    return "text", _plain(text)


def _plain(text: str) -> str:
    return _MARKS.sub(lambda found: found[1] or "", text)
