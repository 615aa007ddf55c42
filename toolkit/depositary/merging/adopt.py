"""Make the merged package of a workspace its package, on which the next contributions are based."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path

from depositary.check.documents.descriptor import sound_package
from depositary.errors import UsageError
from depositary.merging.status import WorkspaceStatus, workspace_status
from depositary.model.conflict import Status
from depositary.model.limits import Limits
from depositary.model.package import Package
from depositary.read.bases import package_hash
from depositary.read.documents import read_json
from depositary.read.package import DESCRIPTOR
from depositary.read.workspace import WORKSPACE, Workspace
from depositary.wording.plain import number
from depositary.write.companions import copy_companions
from depositary.write.copies import copy_file
from depositary.write.exchange import building


@dataclass(frozen=True)
class Adopted:
    """What became of the packages; `earlier` is the folder of the package before, None if nothing changed."""

    workspace: Workspace
    version: str
    earlier: Path | None
    open: int = 0
    waiting: int = 0

    def text(self) -> str:
        """Write it as text for people."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        package, output = (self._shown(path) for path in (self.workspace.package, self.workspace.output))
        if self.earlier is None:
            yield f"{package} is the same as {output} already; nothing changes"
            return
        yield f"{package} has the rows of {output} now; the next contributions are based on it"
        yield f"{self._shown(self.earlier)} is the package before; contributions that are based on it stay valid"
        yield f"the version is still {self.version}; depositary release gives the next one"
        if self.open:
            stay = "stays" if self.open == 1 else "stay"
            yield f"{number(self.open, 'conflict')} {stay} open: depositary conflicts lists what is open"
        if self.waiting:
            wait = "waits" if self.waiting == 1 else "wait"
            yield f"{number(self.waiting, 'contribution')} {wait}, and can be merged later"

    def _shown(self, path: Path) -> str:
        folder = self.workspace.file.parent
        return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def adopt(workspace: Workspace, limits: Limits | None = None) -> Adopted:
    """Replace the package by the merged one, and keep a copy of it among the bases.

    If this is interrupted between the two, the next run finds the copy and does the rest.

    Raises:
        UsageError: the workspace names no bases, or folders lie within each other; or the merged package is missing
            or not up to date.
        DepositaryError: nothing can be merged; the message gives the reason.
    """
    bases = _bases_of(workspace)
    status = workspace_status(workspace, limits)
    _require_merged(workspace, status)
    package, merged = sound_package(workspace.package), sound_package(workspace.output)
    if _is_same(package, merged):
        return Adopted(workspace, package.version, None)
    earlier = _kept(package, bases)
    _put(merged, package.directory)
    still_open = sum(one.status is Status.OPEN for one in status.conflicts)
    return Adopted(workspace, package.version, earlier, still_open, len(status.waiting))


def _bases_of(workspace: Workspace) -> Path:
    if workspace.bases is None:
        raise UsageError(
            f"{workspace.file}: no folder of bases is named, where the package of now is kept. "
            f'Write bases = "bases" into {WORKSPACE}.'
        )
    package = workspace.package if workspace.package.is_dir() else workspace.package.parent
    for other in (workspace.bases, workspace.output):
        if other.resolve().is_relative_to(package):
            raise UsageError(
                f"{workspace.file}: {other} lies in the folder of the package, which is to be replaced. Give the "
                "package a folder of its own."
            )
    return workspace.bases


def _require_merged(workspace: Workspace, status: WorkspaceStatus) -> None:
    again = "depositary merge --set-aside" if status.waiting else "depositary merge"
    if not status.is_merged:
        raise UsageError(f"{workspace.output}: nothing was merged yet. Run {again}, and look at the result.")
    if status.missed:
        raise UsageError(
            f"{workspace.output}: not up to date: a merge would change {', '.join(status.missed)}. Run {again}, and "
            "look at the result, before it becomes the package."
        )


def _is_same(one: Package, other: Package) -> bool:
    ours, theirs = (_files(package) for package in (one, other))
    if ours.keys() != theirs.keys() or read_json(one.directory / DESCRIPTOR) != read_json(other.directory / DESCRIPTOR):
        return False
    return all(cmp(file, theirs[path], shallow=False) for path, file in ours.items())


def _files(package: Package) -> dict[str, Path]:
    return {stored.path: stored.file for resource in package for stored in resource.stored}


def _kept(package: Package, bases: Path) -> Path:
    """Copy the package into a folder among the bases, unless the same package is there."""
    wanted = package_hash(package)
    name = package.version or "earlier"
    for folder in (bases / name, bases / f"{name}-{wanted.removeprefix('sha256:')[:8]}"):
        if not folder.exists():
            bases.mkdir(parents=True, exist_ok=True)
            _put(package, folder)
            return folder
        if (folder / DESCRIPTOR).is_file() and package_hash(sound_package(folder)) == wanted:
            return folder
    raise UsageError(f"{folder}: is there already, with another package. Move it away.")


def _put(package: Package, folder: Path) -> None:
    """Write a package into a folder, complete or not at all; it replaces a package that is there."""
    with building(folder) as fresh:
        for path, file in _files(package).items():
            copy = fresh / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy_file(file, copy)
        copy_companions(package.directory, package.descriptor, fresh)
        shutil.copyfile(package.directory / DESCRIPTOR, fresh / DESCRIPTOR)
