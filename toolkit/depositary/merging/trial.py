"""Try decisions before they are written: a trial merge shows whether they would be applied."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from depositary.errors import UsageError
from depositary.merging.claims.hashes import disagreement_id
from depositary.merging.conflicts.conflicts_file import STAYS, conflicts_of, is_about_decisions
from depositary.merging.conflicts.decisions import add_resolutions, read_decisions
from depositary.merging.conflicts.remedies import is_constraint
from depositary.merging.merge import Merged, merge
from depositary.model.conflict import Conflict, Status
from depositary.model.decision import Choice, Resolution
from depositary.model.kinds import ConflictKind
from depositary.model.limits import Limits
from depositary.model.package import Package
from depositary.read.workspace import Workspace

_AGAIN = "run depositary merge, and look at the conflict again"
_UNKNOWN = "it is not certain that the next merge would apply this"
_THERE = (
    "without a workspace, only the merged package is known; decide it in a workspace, where a depositary.toml names "
    "the package, the contributions, the decisions and the output"
)


@dataclass(frozen=True)
class Inputs:
    """The inputs of the next merge, except the decisions; `cache` is the folder that stores what it reads."""

    package: Path
    contributions: Sequence[Path] = ()
    bases: Path | None = None
    cache: Path | None = None

    @classmethod
    def of(cls, workspace: Workspace, cache: Path | None) -> "Inputs":
        """Give the inputs in a workspace."""
        return cls(workspace.package, workspace.contributions, workspace.bases, cache)


def require_applied_alone(
    package: Package,
    decisions: Path,
    resolutions: Sequence[Resolution],
    before: Sequence[Conflict],
    cache: Path | None,
) -> None:
    """Refuse decisions unless the merged package shows that the next merge would apply them.

    Its provenance has the open claims, so it can be merged without the contributions. If this merge lists other
    conflicts, the result is not certain.

    Raises:
        UsageError: they are refused; the message gives the reason, and where they can be made.
        DepositaryError: nothing can be merged.
    """
    inputs = Inputs(package.directory, cache=cache)
    try:
        require_applied(inputs, decisions, resolutions, before)
    except UsageError as error:
        text = str(error).rstrip(".")
        problem = (
            f"{text.partition(': ')[0]}: {_UNKNOWN}" if STAYS in text else text
        )  # nothing of it may be published yet
        raise UsageError(f"{problem}; {_THERE}.") from error
    if any(map(is_constraint, before)) and _wrong(before) != _wrong(_tried(inputs, decisions, ()).conflicts):
        raise UsageError(f"{resolutions[0].conflict_id}: {_UNKNOWN}; {_THERE}.")


def _wrong(conflicts: Sequence[Conflict]) -> set[tuple[str, str]]:
    """Give the open conflicts about merged rows that are not valid."""
    return {(c.conflict_id, c.inputs_hash) for c in conflicts if is_constraint(c) and c.status is Status.OPEN}


def require_applied(
    inputs: Inputs, decisions: Path, resolutions: Sequence[Resolution], before: Sequence[Conflict]
) -> None:
    """Refuse decisions that the next merge would not apply; `before` has the current conflicts.

    Raises:
        UsageError: some would have no effect; the message names them, with reasons.
        DepositaryError: nothing can be merged.
    """
    settled = {(c.conflict_id, c.inputs_hash) for c in conflicts_of(inputs.package) if c.status is Status.RESOLVED}
    merged = _tried(inputs, decisions, resolutions)
    earlier = read_decisions(decisions if decisions.exists() else None).resolutions
    open_before = {c.conflict_id for c in before if c.status is Status.OPEN}
    for line in resolutions:
        is_settled = (line.conflict_id, line.inputs_hash) in settled
        others = [one for one in earlier if one.decided_by != line.decided_by and _same_inputs(one, line)]
        reason = next(_reasons(line, merged, open_before, is_disputed=bool(others)), "")
        reason = STAYS if reason and is_settled else reason
        if reason:
            raise UsageError(f"{line.conflict_id}: the next merge would not apply this decision: {reason}.")


def _tried(inputs: Inputs, decisions: Path, resolutions: Sequence[Resolution]) -> Merged:
    """Merge with additional decisions."""
    with tempfile.TemporaryDirectory(prefix="depositary-") as folder:
        tried = Path(folder) / "decisions"
        if decisions.exists():
            shutil.copytree(decisions, tried)
        if resolutions:
            add_resolutions(tried, resolutions)
        decided = tried if tried.exists() else None
        return merge(
            inputs.package,
            inputs.contributions,
            decisions=decided,
            bases=inputs.bases,
            limits=Limits(cache=inputs.cache),
            set_aside=True,
        )


def _same_inputs(one: Resolution, other: Resolution) -> bool:
    return (one.conflict_id, one.inputs_hash) == (other.conflict_id, other.inputs_hash)


def _reasons(line: Resolution, merged: Merged, open_before: set[str], *, is_disputed: bool) -> Iterator[str]:
    """Give the reasons why a decision has no effect; `is_disputed` is true if another person decided the same.

    It is not a reason against a decision that it contradicts another one, or that the row waits for another decision.
    """
    about = [c for c in merged.conflicts if c.conflict_id == line.conflict_id]
    listed = next((c for c in about if not is_about_decisions(c)), None)
    if listed is None:
        yield f"the conflict no longer exists; {_AGAIN}"
    elif any(c.status is Status.STALE and c.decided_by == line.decided_by for c in (*about, *merged.idle)):
        yield f"the values in conflict have changed; {_AGAIN}"
    elif listed.status is Status.OPEN and line.decided_by not in listed.decided_by.split(", "):
        disagreement = _disagreement(line, merged)
        if not (disagreement and is_disputed):
            yield (disagreement or listed).message
    elif listed.status is not Status.OPEN and line.decided_by not in listed.decided_by.split(", "):
        yield STAYS
    yield from (c.message for c in merged.conflicts if c.conflict_id not in open_before and _undoes(c, line))


def _disagreement(line: Resolution, merged: Merged) -> Conflict | None:
    """Give the conflict about decisions that contradict this one."""
    wanted = disagreement_id(line.conflict_id, line.kind, line.table, line.row_id, line.field)
    return next((c for c in merged.conflicts if c.conflict_id == wanted), None)


def _undoes(conflict: Conflict, line: Resolution) -> bool:
    """Return whether a conflict keeps a row unchanged, whatever is decided about it."""
    keeps = is_constraint(conflict) or conflict.kind == ConflictKind.DELETE_REFERENCED
    is_same_row = (conflict.table, conflict.row_id) == (line.table, line.row_id)
    return bool(keeps and is_same_row and line.row_id and conflict.status is Status.OPEN and line.choice != Choice.BASE)
