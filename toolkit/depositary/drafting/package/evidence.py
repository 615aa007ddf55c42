"""What is proposed and what it is taken from, one line for each proposal, and what a person has to decide."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from depositary.visible import visible
from depositary.wording.plain import number, shown

_FEW = 3


@dataclass(frozen=True)
class Line:
    """One proposal; if nothing is proposed, the line says what was found and what to decide.

    Args:
        about: the column or columns, such as `iso3`; empty for the table itself.
        what: the property, such as `type` or `primaryKey`.
        proposed: its value in words; empty if it is not proposed.
        why: the evidence.
    """

    about: str
    what: str
    proposed: str
    why: str


def some(values: Iterable[str]) -> str:
    """Quote the first few values."""
    return ", ".join(visible(shown(value)) for value in list(values)[:_FEW])


def rows_of(rows: Sequence[int]) -> str:
    """Name rows of a file."""
    listed = ", ".join(f"{row:,}" for row in rows[:_FEW])
    more = ", …" if len(rows) > _FEW else ""
    return f"row {listed}" if len(rows) == 1 else f"rows {listed}{more}"


def of_rows(count: int, rows: int) -> str:
    """Write a count with the number of rows."""
    return f"{count:,} of {number(rows, 'row')}" if count != rows else f"all {number(rows, 'row')}"
