"""A quotation mark at a place where CSV does not allow it."""

from dataclasses import dataclass
from typing import Literal

QuoteFault = Literal["inside", "after", "swallowing", "unclosed"]


@dataclass(frozen=True)
class OddQuote:
    """A cell with a quote at an odd place; `row` and `column` count from 1, `text` is the cell as it is in the file."""

    row: int
    column: int
    kind: QuoteFault
    text: str
