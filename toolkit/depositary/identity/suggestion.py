"""A pair of rows that may be about the same thing, with the reasons."""

from dataclasses import dataclass
from typing import NamedTuple


class FieldScore(NamedTuple):
    """How alike two rows are in one field, from 0 to 1, and why; it is a tuple (field, score, why)."""

    field: str
    score: float
    why: str


@dataclass(frozen=True, order=True)
class Suggestion:
    """Two rows of a table that may be about the same thing; `left` is the smaller id.

    `score` is from 0 to 1, and `fields` explains it, one entry for each field that both rows fill. The ids are those
    that the merge uses: published ids, and the minted ids of rows with `local:` names.
    """

    table: str
    left: str
    right: str
    score: float
    fields: tuple[FieldScore, ...] = ()
