"""A data package and a contribution to one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from depositary.model.mapping import ColumnMapping
from depositary.model.table import Table


@dataclass(frozen=True)
class Resource:
    """One table of a package and the file that holds its rows.

    `place` is the path as a reader of the report knows it: relative to the package, with slashes. `sheet` is the
    worksheet, where the file is a workbook; `mapping` says how its columns are read, where they are not ours. Each
    column of a frame counts, also one without a name, which a spreadsheet adds to a file by itself.
    """

    name: str
    place: str
    file: Path
    table: Table = field(repr=False)
    dialect: Mapping[str, Any] = field(default_factory=dict)
    encoding: str = "utf-8"
    descriptor: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    sheet: str = ""
    mapping: ColumnMapping | None = field(default=None, repr=False, compare=False)
    is_frame: bool = False

    @property
    def sizes(self) -> Mapping[str, Any]:
        """Give what the descriptor says of the file: its `hash`, `bytes`, `fields` and `rows`.

        The reference once kept them in `stats`, and takes what is there first.
        """
        stats = self.descriptor.get("stats") or {}
        said = {name: stats.get(name) or self.descriptor.get(name) for name in ("bytes", "fields", "rows")}
        digest = f"sha256:{stats['sha256']}" if stats.get("sha256") else stats.get("md5")
        return {**said, "hash": digest or self.descriptor.get("hash")}


# What a descriptor says of one file alone, and what does not hold of another that its rows are written to.
OF_ONE_FILE = ("dialect", "encoding", "compression", "innerpath", "bytes", "hash", "fields", "rows", "stats", "format")


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
        """Give a table by its name, if the package has it."""
        return next((r for r in self.resources if r.name == name), None)


class Mode(StrEnum):
    """How the rows of a file are meant; never guessed."""

    TABLE = "table"  # a whole table, as it stands in a package
    PATCH = "patch"  # only what the contributor claims
    SNAPSHOT = "snapshot"  # a whole table, as the contributor would have it


@dataclass(frozen=True)
class Contribution:
    """One researcher's batch of tables, with the manifest that says how it is meant.

    `unknown` are the files and worksheets that fit no table of the base package; `doubles` are further ones of a table
    that has one already.
    """

    directory: Path
    manifest: Mapping[str, Any]
    mode: Mode
    resources: tuple[Resource, ...]
    unknown: tuple[str, ...] = ()
    doubles: tuple[str, ...] = ()
