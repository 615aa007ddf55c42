"""The target of a validation: files, their tables, and the files with the rows to which they refer."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from depositary.model.finding import Finding
from depositary.model.package import Mode, Package, Resource
from depositary.model.report import NotJudged


@dataclass(frozen=True)
class Input:
    """A file to check as a table; `base` is the same table in the package that a contribution is based on.

    `is_earlier` is true if the file is in an earlier batch that the checked batch follows. `reference_only` leaves out
    our checks beyond frictionless 5.21, so that tests can compare the two exactly. `cache` is the folder in which its
    columns may be stored for the next run.
    """

    resource: Resource
    mode: Mode = Mode.TABLE
    base: Resource | None = None
    is_earlier: bool = False
    reference_only: bool = False
    cache: Path | None = None

    @property
    def is_overlay(self) -> bool:
        """Return whether the rows are applied to those of the base."""
        return self.mode is Mode.PATCH and self.base is not None


class LaidOut(Protocol):
    """A folder on storage of a cluster whose small files are in a temporary folder here, at `path`."""

    @property
    def path(self) -> Path:
        """Give the folder here."""
        ...

    def shown(self, file: Path) -> str:
        """Give the address of a file in it."""
        ...


@dataclass(frozen=True)
class Target:
    """Everything that one validation checks.

    `parents` maps a table to the files that together have its rows: the contribution's and the base's.
    `contributor` is the contributor in the manifest. `package` is the package itself, or the one to which a
    contribution or file belongs (`is_part`), without the tables that were refused for their descriptors.
    A target `needs_rows` if it has no meaning without rows, as a patch. `as_patch` is the command that checks a single
    file as a patch, for a file whose rows may be one. `held` keeps a temporary folder with its files; `laid_out` is the
    one of a target on storage of a cluster.
    """

    label: str
    name: str = ""
    version: str = ""
    inputs: tuple[Input, ...] = ()
    parents: Mapping[str, tuple[Input, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    contributor: str = ""
    package: Package | None = None
    is_part: bool = False
    refused: tuple[str, ...] = ()
    needs_rows: bool = False
    as_patch: str = ""
    held: object = None
    laid_out: LaidOut | None = None

    def by_the_reference(self) -> "Target":
        """Return a copy that is checked only as far as frictionless 5.21 does, for comparison."""
        return replace(self._with_files(lambda entry: replace(entry, reference_only=True)), needs_rows=False)

    def remembered_in(self, cache: Path) -> "Target":
        """Return a copy whose large tables are read from a cache, and stored there."""
        return self._with_files(lambda entry: replace(entry, cache=cache))

    def with_resources(self, change: Callable[[Resource], Resource]) -> "Target":
        """Return a copy with other resources."""
        return self._with_files(lambda entry: replace(entry, resource=change(entry.resource)))

    def _with_files(self, change: Callable[[Input], Input]) -> "Target":
        changed: dict[int, Input] = {}  # a file that is checked may be a parent too, and must stay the same object

        def each(entries: Iterable[Input]) -> tuple[Input, ...]:
            return tuple(changed.setdefault(id(entry), change(entry)) for entry in entries)

        parents = {name: each(entries) for name, entries in self.parents.items()}
        return replace(self, inputs=each(self.inputs), parents=parents)
