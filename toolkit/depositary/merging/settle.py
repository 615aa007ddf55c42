"""Decide conflicts and take decisions back, for `depositary resolve` and `depositary undo`."""

from collections.abc import Sequence
from pathlib import Path

from depositary.errors import UsageError
from depositary.merging.claims.hashes import disagreement_id
from depositary.merging.claims.releases import MERGED_FROM
from depositary.merging.claims.values import ERASE
from depositary.merging.conflicts.conflicts_file import STAYS, by_id, conflicts_of, full_id
from depositary.merging.conflicts.decisions import add_resolutions, around, read_decisions, remove_resolution
from depositary.merging.conflicts.foreseen import require_possible
from depositary.merging.conflicts.resolve import ConflictList, Decider, ResolutionRequest
from depositary.merging.conflicts.worksheet import decided
from depositary.merging.conflicts.worksheet_files import read_worksheet
from depositary.model.conflict import Status
from depositary.model.decision import Choice, Resolution
from depositary.read.workspace import Workspace
from depositary.wording.plain import number

_APPLY = "depositary merge applies it."


def request(*, take: str | None, value: str | None, keep_base: bool, reason: str, source_id: str) -> ResolutionRequest:
    """Combine the options of a decision.

    Raises:
        UsageError: they give no choice, or more than one.
    """
    if sum([take is not None, value is not None, keep_base]) != 1:
        raise UsageError("the choice is missing or given twice. Use one of --take WHO, --value X and --keep-base.")
    choice = Choice.BASE if keep_base else Choice.VALUE if take is None else Choice.TAKE
    return ResolutionRequest(choice, take or "", value or "", reason, source_id)


def signed(name: str | None, day: str) -> Decider:
    """Give the decider.

    Raises:
        UsageError: no decider was given.
    """
    if not name:
        raise UsageError(
            "the decider is missing. Give it with --as ctr-…, or in the environment variable DEPOSITARY_AS."
        )
    return Decider(name, day)


def settle(  # noqa: PLR0913 (each is an option of the command)
    package: Path,
    decisions: Path,
    wanted: str,
    request: ResolutionRequest,
    decider: Decider,
    *,
    cache: Path | None = None,
) -> str:
    """Write a decision on one conflict, and report what was written.

    `cache` is the folder that stores what the trial merge reads.

    Raises:
        DepositaryError: it cannot be decided like this.
    """
    conflict_list = ConflictList.open(package)
    conflict_list.admit(decider)
    resolution = conflict_list.resolution(wanted, request, decider)
    _try_out(conflict_list, package, decisions, [resolution], cache)
    against = _against(conflict_list, decisions, [resolution])
    (file,) = add_resolutions(decisions, [resolution])
    what = f"{resolution.conflict_id}, {_where(resolution)}: {_decision_text(resolution)}"
    return f"{what}. Written to {_path(file)}; {_APPLY}{against}"


def settle_all(  # noqa: PLR0913 (as above)
    package: Path, decisions: Path, worksheet: Path, decider: Decider, reason: str = "", *, cache: Path | None = None
) -> str:
    """Write the decisions of a worksheet, all or none, and report their number.

    Raises:
        DepositaryError: one of its lines cannot be decided like this.
    """
    conflict_list = ConflictList.open(package)
    conflict_list.admit(decider)
    resolutions = decided(conflict_list, read_worksheet(worksheet), decider, worksheet, reason)
    _try_out(conflict_list, package, decisions, resolutions, cache)
    against = _against(conflict_list, decisions, resolutions)
    (file,) = add_resolutions(decisions, resolutions)
    many = f"{number(len(resolutions), 'conflict')} decided"
    return f"{many}. Written to {_path(file)}; {_APPLY}{against}"


def _try_out(
    conflict_list: ConflictList,
    package: Path,
    decisions: Path,
    resolutions: Sequence[Resolution],
    cache: Path | None,
) -> None:
    """Refuse decisions that the next merge would not apply; without a workspace, as far as the package shows this."""
    from depositary.merging.trial import (  # noqa: PLC0415 (merging takes time to load)
        Inputs,
        require_applied,
        require_applied_alone,
    )

    workspace = around(package, decisions)
    if workspace:
        require_applied(Inputs.of(workspace, cache), decisions, resolutions, conflict_list.conflicts)
        return
    require_possible(conflict_list.package, resolutions, by_id(conflict_list.conflicts))
    if MERGED_FROM in conflict_list.package.descriptor:
        require_applied_alone(conflict_list.package, decisions, resolutions, conflict_list.conflicts, cache)


def _against(conflict_list: ConflictList, decisions: Path, resolutions: Sequence[Resolution]) -> str:
    """Report who decided one of these conflicts in another way, for the same values."""
    mine = {resolution.conflict_id: resolution for resolution in resolutions}
    before = read_decisions(decisions if decisions.exists() else None).resolutions
    pairs = [(mine[old.conflict_id], old) for old in before if old.conflict_id in mine]
    lines = [
        f"{old.decided_by} has decided {new.conflict_id} in another way. It stays open until one of you takes the "
        "decision back."
        for new, old in pairs
        if old.decided_by != new.decided_by and old.inputs_hash == new.inputs_hash and not conflict_list.agree(old, new)
    ]
    return "".join(f"\n{line}" for line in lines)


def _where(line: Resolution) -> str:
    return " ".join(filter(None, [line.table, line.row_id, line.field and f"[{line.field}]"]))


def _decision_text(resolution: Resolution) -> str:
    if resolution.choice is Choice.TAKE:
        return f"the value of {resolution.take_from} is taken"
    if resolution.choice is Choice.BASE:
        return "the published value is kept"
    return f"the value is {resolution.value!r}" if resolution.value else f"the cell is erased ({ERASE})"


def _path(file: Path) -> str:
    here = Path.cwd()
    return (file.relative_to(here) if file.is_relative_to(here) else file).as_posix()


# Take back


def take_back(decisions: Path, wanted: str, decider: str | None, workspace: Workspace | None = None) -> str:
    """Remove the line of a decider on a conflict, and report it; without a decider, the only line.

    The id may be that of the entry in conflicts.csv that reports the decision as stale, unused or contradicted. Values
    that are published because of the decision stay, and this is reported.

    Raises:
        DepositaryError: there is no such line, or it is not certain which one is meant.
    """
    lines = read_decisions(decisions if decisions.exists() else None).resolutions
    if not lines:
        raise UsageError(f"{_path(decisions)}: there are no decisions here, so nothing can be taken back.")
    line = _theirs(_about(lines, wanted), decider)
    file = remove_resolution(decisions, line.conflict_id, line.decided_by)
    decision = f"{_decision_text(line)}: {line.reason}"
    done = f"{line.conflict_id}, {_where(line)}: {line.decided_by} no longer decides it ({decision})."
    if workspace and _is_published(workspace, line):
        return f"{done} Removed from {_path(file)}; but {STAYS}."
    return f"{done} Removed from {_path(file)}; {_APPLY}"


def _is_published(workspace: Workspace, line: Resolution) -> bool:
    """Return whether the published package has the decided value."""
    same = (line.conflict_id, line.inputs_hash)
    published = [c for c in conflicts_of(workspace.package) if (c.conflict_id, c.inputs_hash) == same]
    return any(c.status is Status.RESOLVED and line.decided_by in c.decided_by.split(", ") for c in published)


def _about(lines: Sequence[Resolution], wanted: str) -> list[Resolution]:
    by_id: dict[str, list[Resolution]] = {}
    for line in lines:
        by_id.setdefault(line.conflict_id, []).append(line)
        by_id.setdefault(disagreement_id(line.conflict_id, line.kind, line.table, line.row_id, line.field), []).append(
            line
        )
    try:
        return by_id[full_id(by_id, wanted)]
    except UsageError as error:
        decided = ", ".join(dict.fromkeys(line.conflict_id for line in lines))
        raise UsageError(f"there is no decision on {wanted}. The decided conflicts are {decided}.") from error


def _theirs(lines: Sequence[Resolution], decider: str | None) -> Resolution:
    deciders = ", ".join(line.decided_by for line in lines)
    found = [line for line in lines if decider in (None, line.decided_by)]
    if not found:
        raise UsageError(
            f"{decider} has not decided {lines[0].conflict_id}; the deciders are {deciders}. Name one with --as."
        )
    if len(found) > 1:
        raise UsageError(f"{lines[0].conflict_id} is decided by {deciders}. Name one of them with --as.")
    return found[0]
