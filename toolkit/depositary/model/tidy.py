"""The tidy form of a text, in which published cells and the ids of rows are compared."""

import re
import unicodedata

BLANKS = " \t\n\v\f\r"
_LINE_END = re.compile(r"\r+\n")  # several CRs at once, so that tidying a tidy text changes nothing


def tidy(text: str) -> str:
    """Trim a text, normalise it to NFC, and its line breaks to LF."""
    if "\r" in text:
        text = _LINE_END.sub("\n", text)
    return text.strip(BLANKS) if text.isascii() else unicodedata.normalize("NFC", text).strip()
