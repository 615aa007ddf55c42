"""The interface between a lane and the rules: where the lane puts the typed rows of its file."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # their libraries take time to load
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from depositary.check.lanes.elsewhere import DividedRules, Found

NONE: Mapping[int, Collection[str]] = {}
NO_MARKS: "Mapping[str, npt.NDArray[np.bool_]]" = {}


class Sink(Protocol):
    """Receives the typed rows of one file, for the rules that read them."""

    @property
    def names(self) -> Sequence[str]:
        """Name the wanted columns."""

    @property
    def divided(self) -> "Sequence[DividedRules]":
        """Give the rules that other machines may judge where the rows are."""

    @property
    def sent(self) -> Sequence[str]:
        """Name the columns that are wanted even if other machines judge these rules."""

    def take_found(self, found: "Sequence[Found]") -> None:
        """Note what the divided rules found, so that they are not judged on the rows in this sink."""

    def take(
        self,
        numbers: Sequence[int],
        values: Mapping[str, Sequence[Any]],
        refused: Mapping[int, Collection[str]] = NONE,
        erased: Mapping[int, Collection[str]] = NONE,
    ) -> None:
        """Add rows: their numbers, their values by column, and the refused and erased columns by index of the row."""

    def take_columns(
        self,
        numbers: "npt.NDArray[np.int64]",
        columns: "Mapping[str, pa.Array]",
        refused: Mapping[int, Collection[str]],
        erased: "Mapping[str, npt.NDArray[np.bool_]]" = NO_MARKS,
    ) -> None:
        """Add rows whose values are already in typed columns; `erased` marks by column the cells that are erased."""

    def lacks(self, names: Collection[str]) -> None:
        """Note the columns that are missing in the file."""

    def failed(self, reason: str) -> None:
        """Store the reason why the file could not be read to its end."""

    def restart(self) -> None:
        """Remove all rows; they will come again."""

    def end(self) -> None:
        """Write the rows that are still waiting."""
