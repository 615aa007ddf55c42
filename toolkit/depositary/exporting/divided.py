"""Write a large table on a cluster: each task writes its rows to files of its own, which get their names here."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from uuid import uuid4

from depositary.check.reading.numerals import Met
from depositary.cluster.ranges import Ranges, Workers
from depositary.errors import UsageError
from depositary.exporting.content import Batches, TableContent
from depositary.exporting.parts import Part, RowsWriter, TableFiles, cut
from depositary.loading.batches import batches_within, has_ranges, is_as_stored
from depositary.loading.typed import Misfit, Shape
from depositary.model.package import Resource
from depositary.model.target import Input
from depositary.read.files.blocks import NeedsExactLane
from depositary.read.files.unreadable import UnreadableFile

_SHARED = "must be on storage that this machine and all workers have under the same path"
_TRIES = 50  # to remove a folder into which a task may write that Spark is still ending
_WAIT = 0.1  # seconds between two of them


def write_divided(  # noqa: PLR0913 (what is written, where and how)
    cluster: Workers,
    table: TableContent,
    files: TableFiles,
    writer_of: Callable[[Shape], RowsWriter],
    *,
    coded: bool,
    written: bool,
) -> Sequence[Part] | None:
    """Write a table on a cluster; None if it is to be written here, as it is small or cannot be cut for certain.

    Raises:
        UsageError: a file cannot be read, a cell is refused, or the cluster failed.
    """
    if cluster.takes(Input(table.resource)) and has_ranges(table.resource):
        with suppress(NeedsExactLane):
            return _OnCluster(cluster, table, files, writer_of).write(coded=coded, written=written)
    return None


@dataclass(frozen=True)
class _OnCluster:
    cluster: Workers
    table: TableContent
    files: TableFiles
    writer_of: Callable[[Shape], RowsWriter]

    def write(self, *, coded: bool, written: bool) -> Sequence[Part]:
        """Write the rows, and again if a value does not fit the type of its column.

        Raises:
            NeedsExactLane: it is not certain where the rows begin and end.
            UsageError: the file cannot be read, a cell is refused, or the cluster failed.
        """
        aside = self.files.folder / f".{self.files.name}"
        while True:
            shape = self.table.shape(coded=coded, written=written)
            aside.mkdir()
            try:
                done = self._done(shape, aside)
                misfits = dict(chain.from_iterable(one.misfits.items() for one in reversed(done)))
                if not misfits:
                    return self._finished(shape, done, aside)
                self.table.misfits.update(misfits)
            finally:
                _remove(aside)

    def _done(self, shape: Shape, aside: Path) -> "Sequence[_Done]":
        resource = self.table.resource.absolute
        task = _Task(resource, shape, is_as_stored(resource, shape), self.writer_of(shape), aside, self.files.rows)
        done = self.cluster.each(resource, task)
        for one in done:
            if one.needs_exact:
                raise NeedsExactLane
            if one.fault:
                raise UsageError(one.fault)
        return done

    def _finished(self, shape: Shape, done: "Sequence[_Done]", aside: Path) -> Sequence[Part]:
        parts = [part for one in done for part in one.parts]
        self.table.written_elsewhere(sum(part.file.rows or 0 for part in parts), _together(one.met for one in done))
        if not parts:
            return self.files.write(iter(()), self.writer_of(shape))
        try:
            return self.files.put(parts, aside)
        except FileNotFoundError as error:
            what = f"a worker of the cluster wrote a file of {self.table.name} that is not here"
            raise UsageError(f"{what}. The output folder {_SHARED}.") from error


def _together(every: "Iterator[dict[str, Met]]") -> dict[str, Met]:
    found: dict[str, Met] = {}
    for one in every:
        for name, met in one.items():
            found.setdefault(name, Met()).add(met)
    return found


def _remove(folder: Path) -> None:
    """Remove a folder; a task that Spark runs twice may still write a file there while Spark ends it."""
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_WAIT)
    raise UsageError(f"{folder}: cannot be removed, because a worker of the cluster is writing there. Run this again.")


# What runs in a task


@dataclass(frozen=True)
class _Done:
    """What a task wrote, or why it wrote nothing: a text of each column that does not fit its type, or a fault."""

    parts: Sequence[Part] = ()
    met: dict[str, Met] = field(default_factory=dict)
    misfits: dict[str, str] = field(default_factory=dict)
    needs_exact: bool = False
    fault: str = ""


@dataclass(frozen=True)
class _Task:
    """Writes the rows of some ranges; each attempt at it writes to files that no other one has."""

    resource: Resource
    shape: Shape
    as_stored: bool
    writer: RowsWriter
    folder: Path
    rows: int | None

    def __call__(self, ranges: Ranges) -> _Done:
        if not self.folder.is_dir():
            return _Done(fault=f"a worker of the cluster does not see {self.folder}. The output folder {_SHARED}.")
        try:
            return self._done(ranges)
        except NeedsExactLane:
            return _Done(needs_exact=True)
        except UsageError as error:
            return _Done(fault=f"{error} The package {_SHARED}." if _is_missing(error.__cause__) else str(error))
        except OSError as error:
            return _Done(fault=f"a worker of the cluster failed: {error.filename or self.folder}: {error.strerror}.")

    def _done(self, ranges: Ranges) -> _Done:
        met: dict[str, Met] = {}
        try:
            parts = list(self._parts(self._batches(ranges, self.shape, met)))
        except Misfit as misfit:
            return _Done(misfits=self._misfits(ranges, misfit))
        return _Done(parts, met)

    def _parts(self, rows: Batches) -> Iterator[Part]:
        """Write the rows; no file is left if there are none."""
        for some in cut(rows, self.rows):
            path = self.folder / uuid4().hex
            part = self.writer.write(path, some)
            if part.file.rows:
                yield part
            else:
                path.unlink()

    def _misfits(self, ranges: Ranges, misfit: Misfit) -> dict[str, str]:
        """Find for each column the first value that does not fit its type."""
        found: dict[str, str] = {}
        shape, next_one = self.shape, misfit
        while True:
            found[next_one.field] = next_one.text
            shape = shape.with_text(next_one.field)
            try:
                for _ in self._batches(ranges, shape):
                    pass
            except Misfit as another:
                next_one = another
            else:
                return found

    def _batches(self, ranges: Ranges, shape: Shape, met: dict[str, Met] | None = None) -> Batches:
        return batches_within(self.resource, shape, ranges, met, as_stored=self.as_stored)


def _is_missing(cause: BaseException | None) -> bool:
    return isinstance(cause, FileNotFoundError) or (isinstance(cause, UnreadableFile) and cause.code == "missing-file")
