"""Cut the rows of a table into parts, each written to a file of its own."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from depositary.errors import UsageError
from depositary.exporting.content import Batches
from depositary.exporting.written import File

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
class TableFiles:
    """Where a table is written: to `NAME.ENDING`, or to `NAME/part-00001.ENDING` and so on.

    `rows` is the number of rows of a part; None if each table is one file.
    """

    folder: Path
    name: str
    ending: str
    rows: int | None

    def write(self, rows: Batches, write: Callable[[Path, Batches], File]) -> list[File]:
        """Write rows with a function that writes some of them to a path; give the files in their order."""
        whole, folder = self.folder / f"{self.name}.{self.ending}", self.folder / self.name
        if self.rows is None:
            return [write(whole, rows)]
        shutil.rmtree(folder, ignore_errors=True)  # the rows may be written again, with other types
        whole.unlink(missing_ok=True)
        folder.mkdir()
        found = []
        for number, part in enumerate(_cut(rows, self.rows), start=1):
            path = folder / f"{PART}{number:0{_DIGITS}}.{self.ending}"
            found.append(replace(write(path, part), path=path.relative_to(self.folder).as_posix()))
        if len(found) > 1:
            return found
        (self.folder / found[0].path).rename(whole)
        folder.rmdir()
        return [replace(found[0], path=whole.name)]


def _cut(batches: Batches, rows: int) -> Iterator[Batches]:
    """Give the rows of each part; there is at least one part, and each must be taken before the next one."""
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
