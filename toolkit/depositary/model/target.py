"""What is to be validated: which files, as which tables, with which files holding the rows they refer to."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from depositary.model.finding import Finding
from depositary.model.package import Mode, Package, Resource
from depositary.model.report import NotJudged


@dataclass(frozen=True)
class Input:
    """A file to judge as a table; `base` is the same table in the package that a contribution is made to.

    `is_earlier` says that it is of a batch which the one that is judged follows. `reference_only` leaves out what we
    judge beyond frictionless 5.21, so that tests can compare the two exactly.
    """

    resource: Resource
    mode: Mode = Mode.TABLE
    base: Resource | None = None
    is_earlier: bool = False
    reference_only: bool = False

    @property
    def is_overlay(self) -> bool:
        """Return whether the rows are laid over those of the base."""
        return self.mode is Mode.PATCH and self.base is not None


@dataclass(frozen=True)
class Target:
    """Everything one validation looks at.

    `parents` maps a table to the files that together hold its rows: the contribution's and the base's.
    `contributor` is who a contribution says it is from. `package` is the package itself, or the one that a
    contribution or file is of (`is_part`), without the tables that were refused for their descriptors.
    A subject `needs_rows` if it says nothing without any, as a patch does.
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
        """Give the same subject, to be judged as frictionless 5.21 does and no further."""
        parents = {
            name: tuple(replace(entry, reference_only=True) for entry in entries)
            for name, entries in self.parents.items()
        }
        inputs = tuple(replace(entry, reference_only=True) for entry in self.inputs)
        return replace(self, inputs=inputs, parents=parents, needs_rows=False)
