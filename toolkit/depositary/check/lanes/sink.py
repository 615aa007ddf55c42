"""What a lane needs of the rules: somewhere to put the typed rows of the file it judges."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # their libraries take time to load
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

NONE: Mapping[int, Collection[str]] = {}


class Sink(Protocol):
    """Takes the typed rows of one file, for the rules that read them."""

    @property
    def names(self) -> Sequence[str]:
        """Name the columns that are taken."""

    def take(
        self,
        numbers: Sequence[int],
        values: Mapping[str, Sequence[Any]],
        refused: Mapping[int, Collection[str]] = NONE,
        erased: Mapping[int, Collection[str]] = NONE,
    ) -> None:
        """Take rows: their numbers, their values by column, and by index among them the columns refused and erased."""

    def take_columns(
        self,
        numbers: "npt.NDArray[np.int64]",
        columns: "Mapping[str, pa.Array]",
        refused: Mapping[int, Collection[str]],
    ) -> None:
        """Take rows whose values are already in columns of their types."""

    def lacks(self, names: Collection[str]) -> None:
        """Note the columns that the file should have and does not."""

    def failed(self, reason: str) -> None:
        """Note why the file could not be read to its end."""

    def restart(self) -> None:
        """Drop all rows; they will come again."""

    def end(self) -> None:
        """Put in what is still waiting."""
