"""Stage the rows of one table of the base: all of a small table, of a large one those that rules need."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from depositary.check.reading.columns import SMALL, array_chunks
from depositary.check.rules.table_sink import IN_BASE, TableSink
from depositary.compile import arrow
from depositary.model.table import Field
from depositary.model.target import Input

if TYPE_CHECKING:  # it takes time to load, and small tables do not need it
    import polars as pl

    from depositary.check.reading.block_columns import Typed


@dataclass(frozen=True)
class Values:
    """Combinations of values that rows have in some fields."""

    fields: Sequence[Field]
    rows: Sequence[tuple[Any, ...]]

    def frame(self) -> "pl.DataFrame":
        """Give them as a table with the types of the fields."""
        import polars as pl  # noqa: PLC0415 (it takes time to load)

        columns = zip(*self.rows, strict=True)
        arrays = [arrow.array(one, column)[0] for one, column in zip(self.fields, columns, strict=True)]
        return pl.DataFrame(pl.from_arrow(pa.table(arrays, [one.name for one in self.fields])))


@dataclass
class BaseTable:
    """A table of the base, and the sink for its rows."""

    entry: Input
    sink: TableSink
    _staged: list[Values] = field(default_factory=list)

    @property
    def is_large(self) -> bool:
        """Return whether it is worth while to stage only a part of it."""
        with suppress(OSError):  # reading the file reports this
            return self.entry.resource.file.stat().st_size >= SMALL
        return False

    def read(self, values: Sequence[Values] | None) -> None:
        """Stage the rows that have some values and are not staged yet; without values, all rows.

        Raises:
            UnreadableFile: the file cannot be read to its end, or lacks a column.
        """
        if values is None:
            for numbers, columns in array_chunks(self.entry, self.sink.names, self.sink.restart):
                self.sink.take_arrays(np.asarray(numbers, np.int64) + IN_BASE, columns)
        elif wanted := [one for one in values if one.rows]:
            self._read_some(wanted)
            self._staged += wanted
        self.sink.end()

    def _read_some(self, values: Sequence[Values]) -> None:
        wanted, staged = ([one.frame() for one in some] for some in (values, self._staged))

        def restart() -> None:
            self.sink.restart()
            wanted.extend(staged)
            staged.clear()

        for numbers, columns in array_chunks(self.entry, self.sink.names, restart):
            kept = _marked(columns, wanted) & ~_marked(columns, staged)
            if kept.any():
                places = np.asarray(numbers, np.int64)[kept] + IN_BASE
                self.sink.take_arrays(places, {name: _of(kept, *typed) for name, typed in columns.items()})


def _marked(columns: "Mapping[str, Typed]", frames: "Iterable[pl.DataFrame]") -> npt.NDArray[np.bool_]:
    """Mark the rows that have one of the values in some tables of values."""
    import polars as pl  # noqa: PLC0415 (it takes time to load)

    marked = np.zeros(len(next(iter(columns.values()))[0]), bool)
    for frame in frames:
        rows = pl.DataFrame(pl.from_arrow(pa.table({name: columns[name][0] for name in frame.columns})))
        found = rows.with_row_index("\0").join(frame, on=frame.columns, how="semi", nulls_equal=True)
        marked[found["\0"].to_numpy()] = True
    return marked


def _of(kept: npt.NDArray[np.bool_], array: pa.Array, misfits: Sequence[int]) -> "Typed":
    """Give the kept rows of a column."""
    places = np.cumsum(kept) - 1
    return array.filter(pa.array(kept)), [int(places[at]) for at in misfits if kept[at]]
