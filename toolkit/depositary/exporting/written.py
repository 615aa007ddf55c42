"""What an exporter says of what it did: the files that it wrote, and what it could not carry."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Loss:
    """What a format does not carry of a table or column, in words; `count` values or rows are concerned, if counted."""

    table: str
    field: str
    what: str
    count: int | None = None

    def __str__(self) -> str:
        """Say it in one line."""
        where = f"{self.table}.{self.field}" if self.field else self.table
        count = "" if self.count is None else f" ({self.count:,} value{'' if self.count == 1 else 's'})"
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
        """Measure a file that stands in the folder of an export."""
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return cls(path.relative_to(folder).as_posix(), rows, path.stat().st_size, digest)


@dataclass(frozen=True)
class Written:
    """One format of an export."""

    format: str
    files: Sequence[File]
    losses: Sequence[Loss] = ()

    def within(self, folder: str) -> "Written":
        """Give the same with paths that start one folder higher."""
        return replace(self, files=[replace(file, path=f"{folder}/{file.path}") for file in self.files])
