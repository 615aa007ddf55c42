"""The result of an exporter: the files that it wrote, and what it could not keep."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from depositary.wording.plain import number

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer


@dataclass(frozen=True)
class Loss:
    """Something in a table or column that a format does not keep; `count` is the number of values, if counted."""

    table: str
    field: str
    what: str
    count: int | None = None

    def __str__(self) -> str:
        """Write it in one line."""
        where = f"{self.table}.{self.field}" if self.field else self.table
        count = "" if self.count is None else f" ({number(self.count, 'value')})"
        return f"{where}: {self.what}{count}" if where else f"{self.what}{count}"


@dataclass(frozen=True)
class File:
    """A file that was written: its path within the export, the rows in it, its size and its SHA-256 sum."""

    path: str
    rows: int | None
    bytes: int
    sha256: str

    @classmethod
    def at(cls, folder: Path, path: Path, rows: int | None = None) -> "File":
        """Measure a file in the folder of an export."""
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return cls(path.relative_to(folder).as_posix(), rows, path.stat().st_size, digest)


class Hashed(io.FileIO):
    """A new file that is hashed while it is written, because reading it again would take long."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "w")
        self._path, self._digest = path, hashlib.sha256()

    def write(self, data: "Buffer") -> int:
        """Write all of some bytes."""
        view = memoryview(data)
        self._digest.update(view)
        count = 0
        while count < view.nbytes:
            count += super().write(view[count:]) or 0
        return count

    def described(self, rows: int) -> File:
        """Describe the written file, after it is closed; its path is only its name."""
        return File(self._path.name, rows, self._path.stat().st_size, self._digest.hexdigest())


@dataclass(frozen=True)
class Written:
    """One format of an export."""

    format: str
    files: Sequence[File]
    losses: Sequence[Loss] = ()

    def within(self, folder: str) -> "Written":
        """Give a copy with paths that start one folder higher."""
        return replace(self, files=[replace(file, path=f"{folder}/{file.path}") for file in self.files])
