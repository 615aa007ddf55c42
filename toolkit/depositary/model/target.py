"""The target of a validation: files, their tables, and the files with the rows to which they refer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from depositary.model.finding import Finding
from depositary.model.package import Mode, Package, Resource
from depositary.model.report import NotJudged


@dataclass(frozen=True)
class Input:
    """A file to check as a table; `base` is the same table in the package that a contribution is based on.

    `is_earlier` is true if the file is in an earlier batch that the checked batch follows. `reference_only` leaves out
    our checks beyond frictionless 5.21, so that tests can compare the two exactly.
    """

    resource: Resource
    mode: Mode = Mode.TABLE
    base: Resource | None = None
    is_earlier: bool = False
    reference_only: bool = False

    @property
    def is_overlay(self) -> bool:
        """Return whether the rows are applied to those of the base."""
        return self.mode is Mode.PATCH and self.base is not None


@dataclass(frozen=True)
class Target:
    """Everything that one validation checks.

    `parents` maps a table to the files that together have its rows: the contribution's and the base's.
    `contributor` is the contributor in the manifest. `package` is the package itself, or the one to which a
    contribution or file belongs (`is_part`), without the tables that were refused for their descriptors.
    A target `needs_rows` if it has no meaning without rows, as a patch.
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

    def by_the_reference(self) -> "Target":
        """Return a copy that is checked only as far as frictionless 5.21 does, for comparison."""
        parents = {
            name: tuple(replace(entry, reference_only=True) for entry in entries)
            for name, entries in self.parents.items()
        }
        inputs = tuple(replace(entry, reference_only=True) for entry in self.inputs)
        return replace(self, inputs=inputs, parents=parents, needs_rows=False)
