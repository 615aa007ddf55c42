"""The passages that coders name as evidence for their rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from depositary.agreement.coded import Coded, CodedRows

_START, _END, _QUOTE, _FIELD, _SOURCE = "char_start", "char_end", "quote", "field_name", "source_id"


@dataclass(frozen=True, order=True)
class Passage:
    """A place in the text of a source, by offsets, and the words if the evidence has them."""

    source: str
    start: str
    end: str
    quote: str = ""

    def __str__(self) -> str:
        place = f"{self.source} [{self.start}, {self.end})"
        return f"{place} “{self.quote}”" if self.quote else place


@dataclass(frozen=True)
class Passages:
    """All passages by coder, table and id of the row, and field; the field is empty for the whole row."""

    of_fields: Mapping[tuple[str, str, str, str], tuple[Passage, ...]]

    def of(self, row: Coded, name: str) -> tuple[Passage, ...]:
        """Give the passages for a cell; if there are none, those for its row."""
        own = (row.coder, row.table, row.given)
        return self.of_fields.get((*own, name)) or self.of_fields.get((*own, ""), ())


def passages(coded: CodedRows) -> Passages:
    """Read the passages from the evidence of all coders."""
    found: dict[tuple[str, str, str, str], list[Passage]] = {}
    for coder, table, record, cells in coded.evidence():
        if cells.get(_START) and cells.get(_END):
            passage = Passage(cells.get(_SOURCE, ""), cells[_START], cells[_END], cells.get(_QUOTE, ""))
            found.setdefault((coder, table, record, cells.get(_FIELD, "")), []).append(passage)
    return Passages({place: tuple(sorted(set(some))) for place, some in found.items()})
