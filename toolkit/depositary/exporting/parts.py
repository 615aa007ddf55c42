"""Cut the rows of a table into parts, each written to a file of its own."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from depositary.errors import UsageError
from depositary.exporting.content import Batches, Content, TableContent
from depositary.exporting.written import File
from depositary.loading.typed import Shape

if TYPE_CHECKING:
    import pyarrow as pa

PART = "part-"  # the beginning of the name of each part
_DIGITS = 5  # of the number of a part; more parts than that are still in order, because readers use the list


def require_parts(rows: object) -> None:
    """Refuse a number of rows that no part can have.

    Raises:
        UsageError: it is not a whole number of at least 1.
    """
    if rows is not None and (not isinstance(rows, int) or isinstance(rows, bool) or rows < 1):
        raise UsageError(f"the number of rows of a part is {rows!r}. Give a whole number of at least 1.")


@dataclass(frozen=True)
class Part:
    """A file of a table, and the number of its values that its format does not keep, by column and what is lost."""

    file: File
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)

    def at(self, path: str) -> "Part":
        """Give a copy with another path."""
        return replace(self, file=replace(self.file, path=path))


class RowsWriter(Protocol):
    """Writes rows of a table in one format; it can be sent to another machine."""

    def write(self, path: Path, rows: Batches) -> Part:
        """Write rows to a new file; the path of the part is only its name."""
        ...


@dataclass(frozen=True)
class TableFiles:
    """Where a table is written: to `NAME.ENDING`, or to `NAME/part-00001.ENDING` and so on.

    `rows` is the number of rows of a part; None if each table is one file.
    """

    folder: Path
    name: str
    ending: str
    rows: int | None

    def write(self, rows: Batches, writer: RowsWriter) -> list[Part]:
        """Write rows; give the parts in their order."""
        shutil.rmtree(self._parts, ignore_errors=True)  # the rows may be written again, with other types
        self._whole.unlink(missing_ok=True)
        if self.rows is None:
            return [writer.write(self._whole, rows)]
        self._parts.mkdir()
        found = [
            writer.write(self._path(number), some).at(self._relative(number))
            for number, some in enumerate(cut(rows, self.rows), start=1)
        ]
        if len(found) > 1:
            return found
        self._path(1).rename(self._whole)
        self._parts.rmdir()
        return [found[0].at(self._whole.name)]

    def put(self, parts: Sequence[Part], folder: Path) -> list[Part]:
        """Put files that are written in their places; their paths are their names in a folder.

        Raises:
            OSError: one is not there.
        """
        if len(parts) == 1:
            (folder / parts[0].file.path).rename(self._whole)
            return [parts[0].at(self._whole.name)]
        self._parts.mkdir()
        for number, part in enumerate(parts, start=1):
            (folder / part.file.path).rename(self._path(number))
        return [part.at(self._relative(number)) for number, part in enumerate(parts, start=1)]

    @property
    def _whole(self) -> Path:
        return self.folder / f"{self.name}.{self.ending}"

    @property
    def _parts(self) -> Path:
        return self.folder / self.name

    def _path(self, number: int) -> Path:
        return self.folder / self._relative(number)

    def _relative(self, number: int) -> str:
        return f"{self.name}/{PART}{number:0{_DIGITS}}.{self.ending}"


def write_files(  # noqa: PLR0913 (what is written, where and how)
    content: Content,
    table: TableContent,
    files: TableFiles,
    writer_of: Callable[[Shape], RowsWriter],
    *,
    coded: bool = False,
    written: bool = False,
) -> Sequence[Part]:
    """Write a table, on the cluster if it is large; `coded` and `written` are those of `TableContent.write`.

    Raises:
        UsageError: a file cannot be read, a cell is refused, or the cluster failed.
    """
    if content.cluster:
        from depositary.exporting.divided import write_divided  # noqa: PLC0415 (its libraries take time to load)

        parts = write_divided(content.cluster, table, files, writer_of, coded=coded, written=written)
        if parts is not None:
            return parts
    return table.write(lambda shape, rows: files.write(rows, writer_of(shape)), coded=coded, written=written)


def cut(batches: Batches, rows: int | None) -> Iterator[Batches]:
    """Give the rows of each part; there is at least one part, and each must be taken before the next one."""
    if rows is None:
        yield batches
        return
    cutter = _Cutter(batches)
    yield cutter.take(rows)
    while cutter.has_more():
        yield cutter.take(rows)


class _Cutter:
    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self._held: pa.RecordBatch | None = None

    def has_more(self) -> bool:
        """Return whether there is another row."""
        while self._held is None or not self._held.num_rows:
            self._held = next(self._batches, None)
            if self._held is None:
                return False
        return True

    def take(self, rows: int) -> Batches:
        """Give the next rows, at most so many."""
        while rows and self.has_more():
            held: pa.RecordBatch = self._held
            taken = held.slice(0, rows)
            self._held = held.slice(rows)
            rows -= taken.num_rows
            yield taken
