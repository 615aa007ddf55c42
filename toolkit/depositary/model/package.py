"""A data package, and a contribution to one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from depositary.model.finding import Place
from depositary.model.table import Table

if TYPE_CHECKING:  # a command that only prints its help does not need it
    from depositary.model.mapping import ColumnMapping

MANIFEST = "contribution.toml"  # of a contribution
PARQUET = "parquet"  # the format and the ending of such files


TO_WRITE = "To be written: "  # begins a text of a new package that a person has to replace before a release


class PartRows(Protocol):
    """The rows of a table in parts, which count through all parts as if they were one file; also those of Parquet."""

    def place(self, row: int) -> tuple[int, int]:
        """Give the index of the part that has a row of the table, and the number of the row in its file."""

    def number(self, part: int, row: int) -> int:
        """Give the number in the table of a row of a part."""

    def begin(self, part: int, rows: int) -> None:
        """Note how many rows the parts before this one have, after they were read."""

    def group(self, row: int) -> int:
        """Give the number of the row group in which a row is, from 1; 0 if its file has only one, or none."""


@dataclass(frozen=True)
class Resource:
    """One table of a package and the file with its rows, or its `parts`: a resource for each of its files.

    `path` is the path in reports: relative to the package, with slashes. `sheet` is the worksheet, if the file is a
    workbook; `mapping` describes how its columns are read, if they are not ours. In a frame, columns without a name
    count too; in a file, a spreadsheet may have added them. Of a table in parts, `path` and `file` are those of the
    first part, and its rows are numbered through all parts; `part_rows` knows where each part begins. The rows of a
    Parquet file are numbered as those of a CSV file, whose header is row 1; `place` gives their numbers in the file.
    """

    name: str
    path: str
    file: Path
    table: Table = field(repr=False)
    dialect: Mapping[str, Any] = field(default_factory=dict)
    encoding: str = "utf-8"
    descriptor: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    sheet: str = ""
    mapping: "ColumnMapping | None" = field(default=None, repr=False, compare=False)
    is_frame: bool = False
    parts: tuple["Resource", ...] = field(default=(), repr=False)
    part_rows: "PartRows | None" = field(default=None, repr=False, compare=False)

    @property
    def stored(self) -> tuple["Resource", ...]:
        """Give a resource for each stored file of the table: its parts, or itself."""
        return self.parts or (self,)

    @property
    def is_parquet(self) -> bool:
        """Return whether the table is stored as Parquet."""
        ending = self.path.rpartition(".")[2]
        is_file = not (self.sheet or self.is_frame)
        return is_file and str(self.descriptor.get("format") or ending).lower() == PARQUET

    @property
    def files(self) -> tuple[Path, ...]:
        """Give the files with its rows."""
        return tuple(one.file for one in self.stored)

    @property
    def absolute(self) -> "Resource":
        """Give a copy with the whole paths of its files, for a process that works in another folder."""
        parts = tuple(replace(one, file=one.file.absolute()) for one in self.parts)
        return replace(self, file=self.file.absolute(), parts=parts)

    @property
    def paths(self) -> tuple[str, ...]:
        """Give the paths of its files in reports."""
        return tuple(one.path for one in self.stored)

    @property
    def in_words(self) -> str:
        """Name its file in a message, or the first of its parts and the number of the others."""
        others = len(self.parts) - 1
        return f"{self.path} and {others:,} more part{'s' if others > 1 else ''}" if others > 0 else self.path

    def place(self, row: int) -> Place:
        """Give the place of a row of the table in its file; row 0 is the table as a whole."""
        if not (self.part_rows and row):
            return Place(self.name, self.path, row)
        part, within = self.part_rows.place(row)
        return Place(self.name, self.stored[part].path, within)

    def group_in_words(self, row: int) -> str:
        """Name the row group of a row, if its file has several; otherwise nothing."""
        group = self.part_rows.group(row) if self.part_rows and row else 0
        return f" (row group {group:,})" if group else ""

    def number(self, place: Place) -> int:
        """Give the number that the row at a place has in the table; that of a row in another file stays as it is."""
        if not (self.part_rows and place.row) or place.file not in self.paths:
            return place.row
        return self.part_rows.number(self.paths.index(place.file), place.row)

    def named_row(self, row: int) -> str:
        """Name a row of the table in a message, with its part if the table has parts."""
        place = self.place(row)
        return f"row {place.row}{f' of {place.file}' if self.parts else ''}"

    def row_of(self, number: int) -> int:
        """Give the row of the file from which a row comes; they differ only if rows are chosen or unpivoted."""
        return self.mapping.row_of(number) if self.mapping else number

    @property
    def sizes(self) -> Mapping[str, Any]:
        """Give the properties of the file in the descriptor: its `hash`, `bytes`, `fields` and `rows`.

        Earlier, frictionless wrote them to `stats`; it still uses the values there first.
        """
        stats = self.descriptor.get("stats") or {}
        stated = {name: stats.get(name) or self.descriptor.get(name) for name in ("bytes", "fields", "rows")}
        digest = f"sha256:{stats['sha256']}" if stats.get("sha256") else stats.get("md5")
        return {**stated, "hash": digest or self.descriptor.get("hash")}


# Properties of a resource that describe its file, and are not true for another file with the same rows.
OF_ONE_FILE = ("dialect", "encoding", "compression", "innerpath", "bytes", "hash", "fields", "rows", "stats", "format")


def of_its_file(resource: Resource) -> tuple[str, ...]:
    """Name the properties that are not true for its rows in a plain CSV file."""
    return (*OF_ONE_FILE, "mediatype") if resource.is_parquet else OF_ONE_FILE


@dataclass(frozen=True)
class Package:
    """A data package: its descriptor and its tables, in the descriptor's order."""

    name: str
    version: str
    directory: Path
    resources: tuple[Resource, ...]
    descriptor: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    def __len__(self) -> int:
        return len(self.resources)

    def __contains__(self, name: object) -> bool:
        return any(r.name == name for r in self.resources)

    def __getitem__(self, name: str) -> Resource:
        resource = self.get(name)
        if resource is None:
            raise KeyError(name)
        return resource

    def get(self, name: str) -> Resource | None:
        """Give a table by its name, or None."""
        return next((r for r in self.resources if r.name == name), None)


class Mode(StrEnum):
    """How the rows of a file are meant; this is never guessed."""

    TABLE = "table"  # a whole table, as in a package
    PATCH = "patch"  # only what the contributor claims
    SNAPSHOT = "snapshot"  # a whole table, as the contributor wants it


@dataclass(frozen=True)
class Contribution:
    """One researcher's batch of tables, with the manifest that describes how to read it.

    `unknown` has the files and worksheets that fit no table of the base package; `doubles` has further files of a table
    that has one already.
    """

    directory: Path
    manifest: Mapping[str, Any]
    mode: Mode
    resources: tuple[Resource, ...]
    unknown: tuple[str, ...] = ()
    doubles: tuple[str, ...] = ()
