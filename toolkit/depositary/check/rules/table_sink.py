"""The sink that writes the typed rows of one file into a table of the engine."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from depositary.check.lanes.sink import NO_MARKS, NONE
from depositary.compile import arrow
from depositary.compile.language import ROW
from depositary.engine.engine import Engine, Filling
from depositary.engine.sql import quoted
from depositary.model.table import Field

if TYPE_CHECKING:  # its libraries take time to load
    from depositary.check.lanes.elsewhere import DividedRules, Found

BROKEN = "_broken"
ERASED = "_erased"
IN_BASE = 1 << 40  # rows of the base are numbered from here on
MANY = 50_000  # rows put into the engine at once; a table that has so many comes by a file
_LONG = 20_000  # rows of a table from which on a faster conversion is worth its import
_NAMES = pa.list_(pa.string())
_FEW = 20_000  # rows that may be kept for the next validation of the same run
BESIDE = 1_000_000  # rows that may be kept for rules that other machines judge


@dataclass(frozen=True)
class KeptRows:
    """The typed rows of one small file, as a sink gave them to the engine."""

    columns: pa.Schema
    batches: Sequence[pa.RecordBatch]
    refused: int


class TableSink:
    """Writes one file's typed rows into a table of the engine.

    `fault` is the reason why the file could not be read to its end; `absent` has the columns that are missing in it;
    `refused` counts the rows with a refused cell, `rows` all rows; up to `few` of them are kept.
    """

    def __init__(self, engine: Engine, schema: str, name: str, fields: Sequence[Field]) -> None:
        self.names = [f.name for f in fields]
        self.fault = ""
        self.absent: Collection[str] = ()
        self.refused = 0
        self.rows = 0
        self.few = _FEW
        self._engine, self._fields, self._table = engine, fields, quoted(schema, name)
        self._batches: list[pa.RecordBatch] = []
        self._waiting = 0
        self._read = set(self.names)
        columns = [*arrow.types(fields), pa.field(ROW, pa.int64()), pa.field(BROKEN, _NAMES), pa.field(ERASED, _NAMES)]
        self._columns = pa.schema(columns)
        self._filling: Filling | None = None
        self._exists = False
        self._given: list[pa.RecordBatch] = []  # to the engine, if they are few
        self._is_long = False
        self.divided: Sequence[DividedRules] = ()
        self.sent: Sequence[str] = self.names
        self.found: Sequence[Found] = ()

    def take(
        self,
        numbers: Sequence[int],
        values: Mapping[str, Sequence[Any]],
        refused: Mapping[int, Collection[str]] = NONE,
        erased: Mapping[int, Collection[str]] = NONE,
    ) -> None:
        """Add rows: their numbers, their values by column, and the refused and erased columns by index of the row."""
        broken = {i: set(names) for i, names in refused.items()}
        arrays = []
        for f in self._fields:
            if f.name not in values:
                arrays.append(_nulls(f, len(numbers)))
                continue
            array, misfits = arrow.array(f, values[f.name], is_long=self.rows >= _LONG)
            arrays.append(array)
            _note_broken(broken, f.name, misfits)
        self.refused += sum(1 for names in broken.values() if names & self._read)
        arrays += [arrow.integers(numbers), _lists(broken, len(numbers)), _lists(erased, len(numbers))]
        self._put(arrays, len(numbers))

    def take_columns(
        self,
        numbers: npt.NDArray[np.int64],
        columns: Mapping[str, pa.Array],
        refused: Mapping[int, Collection[str]],
        erased: Mapping[str, npt.NDArray[np.bool_]] = NO_MARKS,
    ) -> None:
        """Add rows whose values are already in typed columns; `erased` marks by column the cells that are erased."""
        self.refused += sum(1 for names in refused.values() if self._read & set(names))
        count = len(numbers)
        arrays = [columns[f.name] if f.name in columns else _nulls(f, count) for f in self._fields]
        self._put([*arrays, arrow.integers(numbers), _lists(refused, count), _marked(erased, count)], count)

    def take_arrays(
        self, numbers: npt.NDArray[np.int64], columns: Mapping[str, tuple[pa.Array, Sequence[int]]]
    ) -> None:
        """Add rows whose values are in typed columns, each with the indexes of values that do not fit their type."""
        broken: dict[int, set[str]] = {}
        for name, (_, misfits) in columns.items():
            _note_broken(broken, name, misfits)
        self.take_columns(numbers, {name: array for name, (array, _) in columns.items()}, broken)

    @property
    def kept(self) -> KeptRows | None:
        """Give the rows of a file without errors in the whole, if they are few."""
        if self.fault or self.absent or self.rows > self.few or self.found:
            return None
        return KeptRows(self._columns, self._given, self.refused)

    def take_again(self, kept: KeptRows | None) -> bool:
        """Take the rows that another sink kept, if it has the same columns; otherwise they must be read."""
        if kept is None or kept.columns != self._columns:
            return False
        self.refused = kept.refused
        self._batches, self.rows = list(kept.batches), sum(map(len, kept.batches))
        self.end()
        return True

    def take_found(self, found: "Sequence[Found]") -> None:
        """Note what the divided rules found; the rows here then have no values in the columns that only they read."""
        self.found = found

    def lacks(self, names: Collection[str]) -> None:
        """Note the columns that are missing in the file."""
        self.absent = names

    def failed(self, reason: str) -> None:
        """Store the reason why the file could not be read to its end."""
        self.fault = reason

    def restart(self) -> None:
        """Remove all rows; they will come again."""
        self._batches, self._given, self._waiting, self.refused, self.rows = [], [], 0, 0, 0
        if self._filling:
            self._filling.stop()
        if self._exists:
            self._engine.drop(self._table)
        self._filling, self._exists, self._is_long, self.found = None, False, False, ()

    def _put(self, arrays: list[pa.Array], count: int) -> None:
        self._batches.append(pa.RecordBatch.from_arrays(arrays, self._columns.names))
        self._waiting += count
        self.rows += count
        if self._waiting >= MANY:
            self._is_long = self._is_long or not self._exists
            self._write()

    def end(self) -> None:
        """Write the rows that are still waiting; the table is made with the first of them, or without rows."""
        if self._batches or not (self._exists or self._is_long):
            self._write()
        if self._filling:
            self._filling.close()
            self._filling, self._exists = None, True

    def _write(self) -> None:
        self._given = [*self._given, *self._batches] if self.rows <= self.few else []
        if self._is_long:
            if self._filling is None:
                self._filling = self._engine.fill(self._table, self._columns, is_new=not self._exists)
            self._filling.put(self._batches)
        else:
            self._write_few([*map(arrow.decoded, self._batches)])
        self._batches, self._waiting = [], 0

    def _write_few(self, batches: list[pa.RecordBatch]) -> None:
        if self._exists:
            self._engine.append(self._table, pa.Table.from_batches(batches))
        else:
            self._engine.create(self._table, self._columns, batches)
            self._exists = True


def _note_broken(broken: dict[int, set[str]], name: str, indexes: Iterable[int]) -> None:
    for index in indexes:
        broken.setdefault(index, set()).add(name)


def _nulls(field: Field, count: int) -> pa.Array:
    return pa.nulls(count, arrow.type_of(field))


def _lists(names: Mapping[int, Collection[str]], count: int) -> pa.Array:
    if not names:
        return pa.nulls(count, _NAMES)
    return arrow.lists([sorted(names[i]) if names.get(i) else None for i in range(count)])


def _marked(marks: Mapping[str, npt.NDArray[np.bool_]], count: int) -> pa.Array:
    """Make the same of columns with marks, without a list of Python for each row."""
    names = sorted(marks)
    if not names:
        return pa.nulls(count, _NAMES)
    marked = np.stack([marks[name] for name in names], axis=1)
    offsets = np.concatenate([[0], np.cumsum(marked.sum(axis=1))]).astype(np.int32)
    items = arrow.texts(names).take(pa.array(np.nonzero(marked)[1]))
    some = np.packbits(np.diff(offsets) > 0, bitorder="little")
    buffers = [pa.py_buffer(some), pa.py_buffer(offsets)]
    return pa.Array.from_buffers(_NAMES, count, buffers, children=[items])
