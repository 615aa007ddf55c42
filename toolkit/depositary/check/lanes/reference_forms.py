"""References to a typed key in another form: 101 to a key of whole numbers that its table writes 0101.

Both are one value, so the reference leads to the row; but ids are compared as they are written where rows are merged.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import filterfalse
from typing import Any

from depositary.check.lanes.references import ParentKeys, plainly
from depositary.check.reading.numerals import EXAMPLES
from depositary.model.field_types import FieldType
from depositary.model.tidy import tidy

_KNOWN = 100_000  # texts that are remembered to be written as the key is


@dataclass
class ReferenceForms:
    """The references of one column to the keys of a table, which are not texts."""

    kind: FieldType
    table: str
    parent: ParentKeys
    _known: set[str] = field(default_factory=set)

    @property
    def plain(self) -> str:
        """Give the pattern of texts that are certainly written as the key is; nothing if there is none."""
        return "" if self.parent.forms else self.kind.plain

    def otherwise(self, texts: Iterable[str | None], value: Callable[[str], Any]) -> set[str]:
        """Give those of some texts that are a key in another form; a function gives their values."""
        new = {text for text in texts if text is not None and text not in self._known}
        if self.plain:
            new = set(filterfalse(re.compile(self.plain).search, new))
        found = {text for text in new if self.key(value(text)) not in ("", tidy(text))}
        if len(self._known) > _KNOWN:
            self._known.clear()
        self._known |= new - found
        return found

    def key(self, value: Any) -> str:  # noqa: ANN401 (any type a field can have)
        """Give how the table writes a key; nothing if it has none of this value."""
        if value is None or (value,) not in self.parent.keys:
            return ""
        return self.parent.forms.get((value,)) or plainly(value)


@dataclass
class Referring:
    """The cells of one column that refer to keys in another form: how many, and the first that differ, by rows."""

    count: int = 0
    first: dict[str, int] = field(default_factory=dict)

    def take(self, count: int, first: Iterable[tuple[int, str]]) -> None:
        """Take what was found in the next rows."""
        self.count += count
        for row, text in first:
            if len(self.first) < EXAMPLES:
                self.first.setdefault(text, row)


def first_in(values: Sequence[str | None], texts: Collection[str]) -> tuple[int, list[tuple[int, str]]]:
    """Count the cells that are one of some texts, and give the first that differ, with their places."""
    first: dict[str, int] = {}
    count = 0
    for place, text in enumerate(values):
        if text is not None and text in texts:
            count += 1
            if len(first) < EXAMPLES:
                first.setdefault(text, place)
    return count, [(place, text) for text, place in first.items()]
