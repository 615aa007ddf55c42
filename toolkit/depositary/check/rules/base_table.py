"""Stage the rows of one table of the base: all of a small table, of a large one those that rules need."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from depositary.check.reading.columns import SMALL, array_chunks
from depositary.check.rules.table_sink import IN_BASE, TableSink
from depositary.compile import arrow
from depositary.model.table import Field
from depositary.model.target import Input

if TYPE_CHECKING:
    from depositary.check.reading.block_columns import Typed


@dataclass(frozen=True)
class Values:
    """Combinations of values that rows have in some fields."""

    fields: Sequence[Field]
    rows: Sequence[tuple[Any, ...]]
    _by_rarity: list[str] = field(default_factory=list, init=False, compare=False, repr=False)

    @cached_property
    def arrays(self) -> Mapping[str, pa.Array]:
        """Give the values of each field, row by row, in the type of the field."""
        columns = zip(*self.rows, strict=True)
        return {f.name: arrow.array(f, column)[0] for f, column in zip(self.fields, columns, strict=True)}

    def places(self, columns: "Mapping[str, Typed]") -> npt.NDArray[np.intp]:
        """Give the places of the rows that have one of the combinations.

        Most rows are left out by their value in one field, which takes less time than to look for combinations. A
        column is not asked for if the ones before it leave no row.
        """
        places = np.arange(len(next(iter(columns.values()))[0]))
        for name in self._names(columns):
            if not len(places):
                return places
            column = columns[name][0]
            column = column if len(places) == len(column) else column.take(pa.array(places))
            places = places[_is_in(column, self.arrays[name])]
        return self._exactly(places, columns) if len(self.fields) > 1 and len(places) else places

    def _names(self, columns: "Mapping[str, Typed]") -> Sequence[str]:
        """Give the fields, first the one whose values the fewest of the rows have that are asked for first."""
        if len(self.fields) > 1 and not self._by_rarity:
            found = {name: np.count_nonzero(_is_in(columns[name][0], wanted)) for name, wanted in self.arrays.items()}
            self._by_rarity.extend(sorted(found, key=found.__getitem__))
        return self._by_rarity or list(self.arrays)

    def _exactly(self, places: npt.NDArray[np.intp], columns: "Mapping[str, Typed]") -> npt.NDArray[np.intp]:
        import polars as pl  # noqa: PLC0415 (it takes time to load)

        some = pa.table({name: columns[name][0].take(pa.array(places)) for name in self.arrays})
        rows, wanted = (pl.DataFrame(pl.from_arrow(of)) for of in (some, pa.table(dict(self.arrays))))
        found = rows.with_row_index("\0").join(wanted, on=wanted.columns, how="semi", nulls_equal=True)
        kept: npt.NDArray[np.intp] = places[found["\0"].to_numpy()]
        return kept


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
        wanted, staged = list(values), list(self._staged)

        def restart() -> None:
            self.sink.restart()
            wanted.extend(staged)
            staged.clear()

        for numbers, columns in array_chunks(self.entry, self.sink.names, restart):
            kept = _marked(columns, wanted)
            if kept.any():
                kept &= ~_marked(columns, staged)
            if kept.any():
                places = np.asarray(numbers, np.int64)[kept] + IN_BASE
                self.sink.take_arrays(places, {name: _of(kept, *typed) for name, typed in columns.items()})


def _is_in(column: pa.Array, wanted: pa.Array) -> npt.NDArray[np.bool_]:
    from pyarrow import compute  # noqa: PLC0415 (it takes time to load, and small tables do not need it)

    found: npt.NDArray[np.bool_] = compute.is_in(column, value_set=wanted).to_numpy(zero_copy_only=False)
    return found


def _marked(columns: "Mapping[str, Typed]", values: Iterable[Values]) -> npt.NDArray[np.bool_]:
    """Mark the rows that have one of the combinations of values."""
    marked = np.zeros(len(next(iter(columns.values()))[0]), bool)
    for one in values:
        marked[one.places(columns)] = True
    return marked


def _of(kept: npt.NDArray[np.bool_], array: pa.Array, misfits: Sequence[int]) -> "Typed":
    """Give the kept rows of a column."""
    rows = array.filter(pa.array(kept))
    if not misfits:
        return rows, ()
    places = np.cumsum(kept) - 1
    return rows, [int(places[at]) for at in misfits if kept[at]]
