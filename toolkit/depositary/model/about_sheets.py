"""The worksheets about other worksheets in our own workbooks: names, headers, and how a reader recognises them."""

import re
from collections.abc import Mapping, Sequence

COLUMNS, CODES, IDS, EXAMPLES = "columns", "codes", "ids", "examples"

# The first columns of each; `codes` has further ones, as the codebook of the package has them.
ABOUT_SHEETS: Mapping[str, tuple[str, ...]] = {
    COLUMNS: ("table", "column", "title", "description", "type", "filled", "key", "limits", "example"),
    CODES: ("table", "column", "code", "label"),
    IDS: ("table", "id", "label"),
    EXAMPLES: ("table", "column", "example"),
}
_NUMBERED = re.compile(r" \([0-9]+\)$")  # if a table of the package has the name of the sheet


def is_about(name: str, header: Sequence[str]) -> bool:
    """Return whether a worksheet with this name and header is one of ours that holds no rows of a table."""
    own = ABOUT_SHEETS.get(_NUMBERED.sub("", name))
    return own is not None and tuple(header[: len(own)]) == own
