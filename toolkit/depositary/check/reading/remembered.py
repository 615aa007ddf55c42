"""Give the typed columns of a table from the cache; those that are not there are read once and stored.

Whatever is wrong with the cache, the rows come from the file instead, from the row on that is needed next.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute

from depositary.check.reading.column_file import ColumnWriter, Head, NotRememberedError, StoredColumn, is_whole
from depositary.compile import arrow
from depositary.model.target import Input
from depositary.read.files.stamp import Stamp, stamp_of
from depositary.read.files.unreadable import UnreadableFile
from depositary.version import __version__
from depositary.write.cache_folder import COLUMN, CacheFolder, replacing, short_hash

if TYPE_CHECKING:
    from depositary.check.reading.block_columns import Typed

    Chunk = tuple[Sequence[int], Mapping[str, Typed]]
    Read = Callable[[Sequence[str], Callable[[], None]], Iterator[Chunk]]

Hashes = npt.NDArray[np.uint64]

FORMAT = 1  # of the files; another number makes other addresses
ROWS = 1 << 17  # rows of a frame
_PROGRAM = Path(__file__).parents[2]
_RUNS = pa.schema([("first", pa.int64()), ("count", pa.int64())])  # of row numbers that follow each other
_HASHES = pa.schema([("hash", pa.uint64())])
_ROW_NUMBERS = "rows"
_STUMBLES = (OSError, NotRememberedError, UnreadableFile, pa.ArrowException)


def remembered_chunks(
    entry: Input, fields: Sequence[str], read: "Read", restart: Callable[[], None]
) -> "Iterator[Chunk]":
    """Give some columns in chunks, from the cache if possible; `read` reads them from the file.

    Raises:
        UnreadableFile: as `read`.
    """
    given = 0
    with suppress(*_STUMBLES):
        for numbers, columns in _RememberedTable.of(entry).chunks(fields, read):
            yield numbers, columns
            given += len(numbers)
        return
    yield from _rest(fields, read, given, restart)


def remembered_keys(entry: Input, fields: Sequence[str], read: "Read") -> Iterator[Iterable[tuple[Any, ...]]]:
    """Give the same columns as values of Python, row by row, if all their values fit the types of Arrow.

    Raises:
        NotRememberedError: the columns must be read from the file.
    """
    with _or_from_the_file():
        for _, columns in _RememberedTable.of(entry).chunks(fields, read):
            yield zip(*(columns.plain(name).to_pylist() for name in fields), strict=True)


def remembered_rows(
    entry: Input, fields: Sequence[str], wanted: Collection[tuple[Any, ...]], read: "Read"
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Give the numbers and values of the rows whose first columns have one of some combinations of values.

    Raises:
        NotRememberedError: the rows must be read from the file; some may have been given already.
    """
    table, length = entry.resource.table, len(next(iter(wanted)))
    sets = [
        arrow.array(table[name], list(dict.fromkeys(values)))[0]
        for name, values in zip(fields, zip(*wanted, strict=True), strict=False)
    ]
    with _or_from_the_file():
        for numbers, columns in _RememberedTable.of(entry).chunks(fields, read):
            marks = [_is_in(columns.plain(name), one) for name, one in zip(fields, sets, strict=False)]
            at = np.flatnonzero(np.logical_and.reduce(marks))
            if len(at):
                cells = [columns.plain(name).take(pa.array(at)).to_pylist() for name in fields]
                rows = zip(at.tolist(), zip(*cells, strict=True), strict=True)
                yield from ((numbers[i], row) for i, row in rows if row[:length] in wanted)


def _is_in(array: pa.Array, values: pa.Array) -> npt.NDArray[np.bool_]:
    marked: npt.NDArray[np.bool_] = compute.is_in(array, value_set=values).to_numpy(zero_copy_only=False)
    return marked


@contextmanager
def _or_from_the_file() -> Iterator[None]:
    """Turn whatever goes wrong with the cache into the one error that lets the file be read."""
    try:
        yield
    except _STUMBLES as error:
        raise NotRememberedError from error


def remembered_hashes(entry: Input, names: Sequence[str], make: Callable[[], Sequence[Hashes]]) -> Sequence[Hashes]:
    """Give hashes of the rows of a file, from the cache if possible; `make` makes them, one array for each name.

    Raises:
        UnreadableFile: as `make`.
    """
    try:
        table = _RememberedTable.of(entry)
    except OSError:
        return make()
    with suppress(*_STUMBLES):
        return [table.hashes(name) for name in names]
    made = make()
    with suppress(*_STUMBLES):
        table.store_hashes(dict(zip(names, made, strict=True)))
    return made


def _rest(fields: Sequence[str], read: "Read", given: int, restart: Callable[[], None]) -> "Iterator[Chunk]":
    """Give the rows that were not yet given."""
    left = given

    def again() -> None:
        nonlocal left
        left = 0
        restart()

    for numbers, columns in read(fields, again):
        skipped = min(left, len(numbers))
        left -= skipped
        if skipped < len(numbers):
            yield numbers[skipped:], {name: _after(skipped, *of) for name, of in columns.items()}


def _after(skipped: int, array: pa.Array, misfits: Sequence[int]) -> "Typed":
    return array.slice(skipped), [at - skipped for at in misfits if at >= skipped] if skipped else misfits


@dataclass(frozen=True)
class _RememberedTable:
    folder: CacheFolder
    entry: Input
    stamps: tuple[Stamp, ...]  # of its files, before they were hashed
    address: str

    @classmethod
    def of(cls, entry: Input) -> "_RememberedTable":
        """Find out where the columns of a file are, or would be."""
        folder = CacheFolder(entry.cache or Path())
        files = entry.resource.files
        stamps = tuple(map(stamp_of, files))
        return cls(folder, entry, stamps, _address(entry, [folder.digest(file) for file in files]))

    def chunks(self, fields: Sequence[str], read: "Read") -> "Iterator[tuple[Sequence[int], _StoredColumns]]":
        """Give some columns, after storing those that are missing.

        Raises:
            OSError, NotRememberedError, UnreadableFile, pa.ArrowException: the columns must be read from the file.
        """
        names = list(dict.fromkeys(fields))
        if not set(names) <= set(self.entry.resource.table.field_names):
            raise NotRememberedError
        self._store([name for name in names if not self._has(name)] or self._no_numbers(names), read)
        self._use()
        try:
            numbers = _Numbers(self._batches(_ROW_NUMBERS, _RUNS))
            columns = {name: self._open(_column(name), self._schema(name)) for name in names}
        except NotRememberedError:
            self.remove(names)
            raise
        for at in range(0, numbers.count, ROWS):
            chunk = numbers.of(at, min(at + ROWS, numbers.count))
            stored = _StoredColumns(self, columns, range(at, at + len(chunk)), read)
            yield chunk, stored
            if stored.is_damaged:
                raise NotRememberedError

    def hashes(self, name: str) -> Hashes:
        """Give hashes that were stored under a name.

        Raises:
            OSError, NotRememberedError: they must be made.
        """
        found = [batch["hash"].to_numpy() for batch in self._batches(f"hashes {name}", _HASHES)]
        self._use()
        return np.concatenate([np.array([], np.uint64), *found])

    def store_hashes(self, made: Mapping[str, Hashes]) -> None:
        """Store hashes under their names.

        Raises:
            OSError, NotRememberedError, pa.ArrowException: they cannot be stored.
        """
        with self._writers([f"hashes {name}" for name in made]) as writers:
            for writer, hashes in zip(writers, made.values(), strict=True):
                for at in range(0, len(hashes), ROWS):
                    writer.put(pa.record_batch([pa.array(hashes[at : at + ROWS])], _HASHES))

    def _use(self) -> None:
        with suppress(OSError):
            os.utime(self._folder)

    def remove(self, names: Iterable[str]) -> None:
        """Remove some columns, one of which is damaged, so that the next run stores them again."""
        for name in (_ROW_NUMBERS, *map(_column, names)):
            with suppress(OSError):
                self._file(name).unlink()

    @property
    def _folder(self) -> Path:
        return self.folder.table(self.address)

    def _no_numbers(self, names: Sequence[str]) -> Sequence[str]:
        """Name a column to read, if only the numbers of the rows are missing."""
        return () if is_whole(self._file(_ROW_NUMBERS), self._head(_ROW_NUMBERS)) else names[:1]

    def _store(self, names: Sequence[str], read: "Read") -> None:
        if not names:
            return
        with self._writers([_ROW_NUMBERS, *map(_column, names)]) as writers:
            buffer = _Buffer(names, writers)
            for numbers, columns in read(names, buffer.restart):
                buffer.take(numbers, columns)
            buffer.end()

    @contextmanager
    def _writers(self, names: Sequence[str]) -> Iterator[list[ColumnWriter]]:
        """Give new files, which get their names at the end if the file of the table has not changed."""
        self.folder.prepare(self._folder)
        if not self.folder.has_room(sum(stamp[2] for stamp in self.stamps)):
            raise NotRememberedError
        with ExitStack() as files:
            writers = [self._writer(files, name) for name in names]
            yield writers
            for writer in writers:
                writer.end()
            if tuple(map(stamp_of, self.entry.resource.files)) != self.stamps:
                raise NotRememberedError
        self.folder.make_room()

    def _writer(self, files: ExitStack, name: str) -> ColumnWriter:
        beside = files.enter_context(replacing(self._file(name)))
        writer = ColumnWriter(beside, self._head(name))
        files.callback(writer.close)  # before it gets its name
        return writer

    def _has(self, name: str) -> bool:
        return is_whole(self._file(_column(name)), self._head(_column(name)))

    def _batches(self, name: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        column = self._open(name, schema)
        return (column.batch(at) for at in range(len(column)))

    def _open(self, name: str, schema: pa.Schema) -> StoredColumn:
        return StoredColumn(self._file(name), self._head(name), schema)

    def _file(self, name: str) -> Path:
        return self._folder / f"{short_hash(name)}{COLUMN}"

    def _head(self, name: str) -> Head:
        return {"table": self.address, "file": self._file(name).name}

    def _schema(self, name: str) -> pa.Schema:
        return _schema(arrow.type_of(self.entry.resource.table[name]))


def _column(name: str) -> str:
    return f"column {name}"


def _schema(kind: pa.DataType) -> pa.Schema:
    return pa.schema([("value", kind), ("misfit", pa.bool_())])


class _StoredColumns(Mapping[str, "Typed"]):
    """The columns of some rows, each read when somebody asks for it.

    If one is damaged, all are read from the file of the table.
    """

    def __init__(self, table: _RememberedTable, columns: Mapping[str, StoredColumn], rows: range, read: "Read") -> None:
        self.is_damaged = False
        self._table, self._columns, self._rows, self._read_file = table, columns, rows, read
        self._read: dict[str, Typed] = {}

    def __getitem__(self, name: str) -> "Typed":
        if name not in self._read and name in self._columns and not self.is_damaged:
            try:
                self._read[name] = self._stored(name)
            except (OSError, NotRememberedError):
                self.is_damaged = True
                self._read = _of_rows(list(self._columns), self._read_file, self._rows)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def plain(self, name: str) -> pa.Array:
        """Give the values of a column that all fit its type.

        Raises:
            NotRememberedError: some do not, or the column is damaged.
            OSError: it cannot be read.
        """
        values, misfits = self._stored(name)
        if misfits:
            raise NotRememberedError
        return values

    def _stored(self, name: str) -> "Typed":
        try:
            batch = self._columns[name].batch(self._rows.start // ROWS, len(self._rows))
        except NotRememberedError:
            self._table.remove(self._columns)
            raise
        marks = batch["misfit"]
        misfits = np.flatnonzero(marks.to_numpy(zero_copy_only=False)).tolist() if marks.true_count else ()
        return batch["value"], misfits


def _of_rows(names: Sequence[str], read: "Read", rows: range) -> "dict[str, Typed]":
    """Read some rows, given by their places, from the file of a table."""
    found: list[Mapping[str, Typed]] = []
    at = 0

    def restart() -> None:
        nonlocal at
        at = 0
        found.clear()

    for numbers, columns in read(names, restart):
        start, stop = max(rows.start - at, 0), min(rows.stop - at, len(numbers))
        if start < stop:
            found.append({name: _after(start, of[0][:stop], of[1]) for name, of in columns.items()})
        at += len(numbers)
    if not found:
        raise UnreadableFile("csv-error", "it changed while it was read")
    return {name: _joined([columns[name] for columns in found]) for name in names}


def _joined(parts: "Sequence[Typed]") -> "Typed":
    misfits: list[int] = []
    at = 0
    for values, some in parts:
        misfits += (at + one for one in some if one < len(values))
        at += len(values)
    return pa.concat_arrays([values for values, _ in parts]), misfits


class _Numbers:
    """The numbers of the rows of a file: runs of numbers that follow each other."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        runs = [
            (first.as_py(), count.as_py()) for batch in batches for first, count in zip(*batch.columns, strict=True)
        ]
        self._runs = [range(first, first + count) for first, count in runs]
        self.count = sum(map(len, self._runs))

    def of(self, start: int, stop: int) -> Sequence[int]:
        """Give the numbers of some rows."""
        if len(self._runs) == 1:
            return self._runs[0][start:stop]
        found: list[int] = []
        for run in self._runs:
            found += run[max(0, start) : max(0, stop)]
            start, stop = start - len(run), stop - len(run)
        return found


class _Buffer:
    """Gathers chunks of any length into frames of the same length, and writes these."""

    def __init__(self, names: Sequence[str], writers: Sequence[ColumnWriter]) -> None:
        self._names, self._writers = names, writers
        self._waiting: dict[str, list[pa.RecordBatch]] = {name: [] for name in names}
        self._count = 0
        self._runs: list[tuple[int, int]] = []

    def restart(self) -> None:
        """Forget all chunks; they will come again."""
        for writer in self._writers:
            writer.restart()
        self._waiting, self._count, self._runs = {name: [] for name in self._names}, 0, []

    def take(self, numbers: Sequence[int], columns: "Mapping[str, Typed]") -> None:
        """Add a chunk."""
        for name in self._names:
            values, misfits = columns[name]
            misfitting = np.zeros(len(values), bool)
            misfitting[list(misfits)] = True
            self._waiting[name].append(pa.record_batch([values, pa.array(misfitting)], _schema(values.type)))
        self._count += len(numbers)
        self._note(numbers)
        if self._count >= ROWS:
            self._put(self._count // ROWS * ROWS)

    def end(self) -> None:
        """Write the rest, and the numbers of the rows."""
        self._put(self._count)
        first, count = zip(*self._runs, strict=True) if self._runs else ((), ())
        self._writers[0].put(pa.record_batch([pa.array(first, pa.int64()), pa.array(count, pa.int64())], _RUNS))

    def _note(self, numbers: Sequence[int]) -> None:
        if isinstance(numbers, range):
            runs = [numbers] if numbers else []
        else:
            breaks = np.flatnonzero(np.diff(np.asarray(numbers, np.int64)) != 1) + 1
            parts = np.split(np.asarray(numbers, np.int64), breaks)
            runs = [range(int(part[0]), int(part[-1]) + 1) for part in parts if len(part)]
        for run in runs:
            if self._runs and sum(self._runs[-1]) == run.start:
                first, count = self._runs.pop()
                self._runs.append((first, count + len(run)))
            else:
                self._runs.append((run.start, len(run)))

    def _put(self, count: int) -> None:
        for name, writer in zip(self._names, self._writers[1:], strict=True):
            if count:
                whole = pa.Table.from_batches(self._waiting[name]).combine_chunks()
                for at in range(0, count, ROWS):
                    writer.put(_one_batch(whole.slice(at, min(ROWS, count - at))))
                self._waiting[name] = whole.slice(count).to_batches()
        self._count -= count


def _one_batch(rows: pa.Table) -> pa.RecordBatch:
    batches = rows.to_batches()
    if len(batches) != 1:  # more text than one array of Arrow holds
        raise NotRememberedError
    return batches[0]


def _address(entry: Input, digests: Sequence[str]) -> str:
    """Make an address from all that decides what the cells of a file are: its content, its description, the program."""
    resource = entry.resource
    made_from = {
        "content": digests,
        "files": [file.name for file in resource.files],
        "descriptor": resource.descriptor,
        "dialect": resource.dialect,
        "encoding": resource.encoding,
        "schema": resource.table.descriptor,
        "program": _program(),
    }
    text = json.dumps(made_from, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


@cache
def _program() -> Sequence[Any]:
    """Give what changes when the program does: its version and files, and the versions of what it reads with."""
    files = ((file.relative_to(_PROGRAM).as_posix(), file.stat()) for file in sorted(_PROGRAM.rglob("*.py")))
    libraries = [sys.version, *map(version, ("frictionless", "numpy", "polars", "pyarrow"))]
    return [FORMAT, __version__, *libraries, *((name, found.st_size, found.st_mtime_ns) for name, found in files)]
