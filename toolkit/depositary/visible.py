"""Write out characters that cannot be seen: control characters, marks of writing direction, and invisible ones.

Every text that the program shows to people goes through here: reports in all formats, lines of errors and of progress,
and the output of the command line.
"""

import re

UNSEEN = (  # first and last of each range
    (0x00, 0x1F),  # control characters, which a terminal executes
    (0x7F, 0x9F),
    (0xAD, 0xAD),  # a hyphen that is shown only at line ends
    (0x34F, 0x34F),
    (0x61C, 0x61C),  # marks of direction, here and below
    (0x115F, 0x1160),  # letters without a shape
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),  # spaces without width, joiners, marks of direction
    (0x2028, 0x202E),  # ends of lines and paragraphs, embeddings and overrides
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xD800, 0xDFFF),  # half of a character, or a byte in a file name that is not text
    (0xFE00, 0xFE0F),  # selectors of variants
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFFB),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),  # tags, and more selectors
)
_CLASS = "".join(f"{chr(first)}-{chr(last)}" for first, last in UNSEEN)
_UNSEEN = re.compile(f"[{_CLASS}]")
_UNSEEN_IN_LINES = re.compile(f"(?!\n)[{_CLASS}]")  # a text without any is returned as it is, without a copy
_BYTE = range(0xDC80, 0xDD00)  # how Python keeps a byte that is not UTF-8


def visible(text: str) -> str:
    r"""Write out invisible characters, on one line: `\x1b` for an escape, `\u202e` for a change of direction."""
    return _UNSEEN.sub(_written, text)


def visible_lines(text: str) -> str:
    """Write out invisible characters in a text of several lines; line ends stay."""
    return visible_in_lines(text.rstrip("\n"))


def visible_in_lines(text: str) -> str:
    """Write out invisible characters in a part of a text, which may begin or end within a line."""
    return _UNSEEN_IN_LINES.sub(_written, text)


def visible_json(text: str) -> str:
    """Write out invisible characters in JSON by JSON's own escapes: the values stay the same."""
    return _UNSEEN_IN_LINES.sub(_escaped, text)  # line ends occur only between values; in a text they are escaped


def without_unseen(text: str) -> str:
    """Remove invisible characters from a text."""
    return _UNSEEN.sub("", text)


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x100 or code in _BYTE:  # noqa: PLR2004 (what two digits hold)
        return f"\\x{code & 0xFF:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 (what four digits hold)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
