"""The status of a workspace: what is new, what is in conflict, and whether the merged package is up to date.

It is found by a trial merge, because the result of a merge depends only on the files.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from depositary.merging.claims.waiting import Waiting
from depositary.merging.conflicts.conflict_text import counted
from depositary.merging.conflicts.conflicts_file import rows_of, sound_merged
from depositary.merging.conflicts.decisions import decisions_of
from depositary.merging.merge import Merged, merge
from depositary.model.conflict import Conflict, Status
from depositary.model.limits import Limits
from depositary.model.own_tables import CELLS, CONFLICTS, ROWS
from depositary.read.package import DESCRIPTOR
from depositary.read.workspace import Workspace, contributions_of


@dataclass(frozen=True)
class WorkspaceStatus:
    """The status of a workspace; `missed` has the files of the merged package that another merge would change."""

    workspace: Workspace
    batches: tuple[tuple[str, str], ...]
    conflicts: tuple[Conflict, ...]
    missed: tuple[str, ...]
    is_merged: bool
    waiting: tuple[Waiting, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Return whether there is nothing to do."""
        is_done = self.is_merged and not self.missed and not self.waiting
        return is_done and all(c.status is not Status.OPEN for c in self.conflicts)

    def text(self) -> str:
        """Write it as text for people."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        folder = self.workspace.file.parent
        output = _from(folder, self.workspace.output)
        yield f"package {_from(folder, self.workspace.package)}, merged into {output}"
        yield f"contributions: {len(self.batches) + len(self.waiting):,}"
        yield from (f"  {name}: {status}" for name, status in self.batches)
        for one in self.waiting:
            yield f"  {one.name}: waits: {one.why}"
            yield from (f"    {line}" for line in one.details)
        yield f"conflicts: {counted(self.conflicts) or 'none'}"
        for conflict in self.conflicts:
            if conflict.status in (Status.STALE, Status.UNUSED):
                yield f"  {conflict.status}: {conflict.conflict_id}, decided by {conflict.decided_by}"
        merge = "depositary merge --set-aside" if self.waiting else "depositary merge"
        if not self.is_merged:
            yield f"{output}: does not exist yet; run {merge}"
        elif self.missed:
            yield f"{output}: not up to date; {merge} would change {', '.join(self.missed)}"
        else:
            yield f"{output}: up to date"


def workspace_status(workspace: Workspace, limits: Limits | None = None) -> WorkspaceStatus:
    """Find the status of a workspace.

    Raises:
        DepositaryError: nothing can be merged; the message gives the reason.
    """
    decisions = decisions_of(workspace)
    is_merged = (workspace.output / DESCRIPTOR).is_file()
    with tempfile.TemporaryDirectory(prefix="depositary-") as folder:
        trial = Path(folder) / "merged"
        merged = merge(
            workspace.package,
            contributions_of(workspace),
            output_dir=trial,
            decisions=decisions,
            bases=workspace.bases,
            limits=limits,
            set_aside=True,
        )
        missed = _differing(trial, workspace.output) if is_merged else []
        before = _named(workspace.output) if is_merged else set()
        before |= _named(workspace.package)  # if the package was merged before
        batches = tuple(_batches(merged, before, _named(trial)))
    return WorkspaceStatus(workspace, batches, merged.conflicts, tuple(missed), is_merged, merged.waiting)


def _batches(merged: Merged, before: set[str], after: set[str]) -> Iterator[tuple[str, str]]:
    for batch in merged.batches:
        if batch.withdrawn:
            yield batch.name, "withdrawn by a later batch"
        elif batch.name not in after:
            yield batch.name, "has nothing new"
        else:
            yield batch.name, "merged" if batch.name in before else "new"


def _named(folder: Path) -> set[str]:
    """Name the batches in a merged package."""
    package = sound_merged(folder)
    known = [package[name] for name in (ROWS, CELLS, CONFLICTS) if name in package]
    return {row["batch"] for resource in known for row in rows_of(resource)}


def _differing(one: Path, other: Path) -> list[str]:
    """Name the files that are not the same in both folders."""
    names = sorted({p.relative_to(root).as_posix() for root in (one, other) for p in root.rglob("*") if p.is_file()})
    return [name for name in names if _bytes(one / name) != _bytes(other / name)]


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _from(folder: Path, path: Path) -> str:
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()
