"""Find references to a typed key in another form: 101 if the table writes the whole number as 0101.

Both are the same value, so the reference is valid; but a merge compares ids as they are written.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import filterfalse
from typing import Any

from depositary.check.lanes.references import ParentKeys
from depositary.check.lanes.written_keys import plainly
from depositary.check.reading.numerals import EXAMPLES
from depositary.model.table import Field, has_own_notation, kind_of
from depositary.model.tidy import tidy

_KNOWN = 100_000  # stored texts that are written like the key


@dataclass
class ReferenceForms:
    """The references of one column to the keys of a table that are not texts."""

    column: Field
    table: str
    parent: ParentKeys
    check: int  # the number of its key check
    elsewhere: dict[Any, str] = field(default_factory=dict)  # the texts of keys, if these are on a cluster
    _known: set[str] = field(default_factory=set)

    @property
    def is_elsewhere(self) -> bool:
        """Return whether a cluster compares the references."""
        return self.parent.is_elsewhere

    @property
    def plain(self) -> str:
        """Give the pattern of texts that are certainly written like the key; empty if there is none."""
        return "" if self.parent.forms or has_own_notation(self.column) else kind_of(self.column).plain

    def otherwise(self, texts: Iterable[str | None], value: Callable[[str], Any]) -> set[str]:
        """Give the texts that are a key in another form; `value` gives their values."""
        new = {text for text in texts if text is not None and text not in self._known}
        if self.plain:
            new = set(filterfalse(re.compile(self.plain).search, new))
        found = {text for text in new if self.key(value(text)) not in ("", tidy(text))}
        if len(self._known) > _KNOWN:
            self._known.clear()
        self._known |= new - found
        return found

    def key(self, value: Any) -> str:  # noqa: ANN401 (any type a field can have)
        """Give the text of a key in its table; empty if the table does not have it."""
        if self.parent.is_elsewhere:
            return self.elsewhere.get(value) or plainly(value)
        if value is None or (value,) not in self.parent.keys:
            return ""
        return self.parent.forms.get((value,)) or plainly(value)


@dataclass
class Referring:
    """The cells of one column that refer to keys in another form: their number, and the first different ones by row."""

    count: int = 0
    first: dict[str, int] = field(default_factory=dict)

    def take(self, count: int, first: Iterable[tuple[int, str]]) -> None:
        """Add the results of the next rows."""
        self.count += count
        for row, text in first:
            if len(self.first) < EXAMPLES:
                self.first.setdefault(text, row)


def first_in(values: Sequence[str | None], texts: Collection[str]) -> tuple[int, list[tuple[int, str]]]:
    """Count the cells that are one of the texts, and give the first different ones with their indexes."""
    first: dict[str, int] = {}
    count = 0
    for index, text in enumerate(values):
        if text is not None and text in texts:
            count += 1
            if len(first) < EXAMPLES:
                first.setdefault(text, index)
    return count, [(index, text) for text, index in first.items()]
