"""The text of a source: its characters, and the hash of its bytes."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from depositary.errors import DocumentError, NotFoundError
from depositary.evidence.folded import Folded
from depositary.read.paths import given

Span = tuple[int, int]

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class SourceText:
    """A text as it was read; offsets count the code points of `content`, and a byte-order mark is one of them."""

    file: Path
    digest: str
    content: str = field(repr=False)

    @cached_property
    def folded(self) -> Folded:
        """Give the text for searching, with white space and accents in one form."""
        return Folded(self.content)

    def passage(self, span: Span) -> str:
        """Give the characters between two offsets."""
        return self.content[span[0] : span[1]]

    def around(self, span: Span, reach: int = 30) -> str:
        """Show a passage in brackets with the words around it, on one line."""
        start, end = span
        before, after = self.content[max(0, start - reach) : start], self.content[end : end + reach]
        left = "…" if start > reach else ""
        right = "…" if end + reach < len(self.content) else ""
        return " ".join(f"{left}{before}[{self.passage(span)}]{after}{right}".split())


def read_source_text(file: Path | str) -> SourceText:
    """Read the text of a source.

    Raises:
        NotFoundError: there is no such file.
        DocumentError: it is not UTF-8 text.
    """
    path = given(file)
    if not path.is_file():
        what = "this is a folder, not a text" if path.is_dir() else "there is no such file"
        raise NotFoundError(f"{path}: {what}.")
    content = path.read_bytes()
    try:
        return SourceText(path, hashlib.sha256(content).hexdigest(), content.decode("utf-8"))
    except UnicodeDecodeError as error:
        seems = " It seems to be UTF-16." if content.startswith(_UTF16) else ""
        raise DocumentError(
            f"{path}: this is not UTF-8 text: byte {error.start} is wrong.{seems} Offsets need UTF-8 text: save it as "
            "plain text in UTF-8."
        ) from error


def other_line_ends(text: SourceText) -> set[str]:
    """Give the hashes that a text has with other line ends."""
    plain = text.content.encode().replace(b"\r\n", b"\n")
    return {hashlib.sha256(form).hexdigest() for form in (plain, plain.replace(b"\n", b"\r\n"))}
