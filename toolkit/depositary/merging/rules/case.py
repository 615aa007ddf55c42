"""The data of the row rules: a row with all claims on it, and the outcome for both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from depositary.merging.claims.ranks import _DECIDER
from depositary.merging.rules.resolutions import AppliedResolution
from depositary.model.conflict import Conflict
from depositary.model.provenance import ClaimStatus

Row = Mapping[str, str | None]  # its cells by field


@dataclass(frozen=True, slots=True)
class Claim:
    """The value that one contribution claims for one cell."""

    rank: int  # of the contribution
    field: str
    value: str | None  # None erases the cell
    seen: str | None = None  # the value of the cell in the contribution's own base
    original: str | None = None  # the contribution's id of the row, if it differs
    source_id: str = ""  # the source in the contribution

    @property
    def order(self) -> tuple[int, str, str]:
        """Give the sort key of claims: in one contribution, the row with the canonical id comes first."""
        return (self.rank, self.original or "", self.value or "")


@dataclass(frozen=True, slots=True)
class Deletion:
    """The claim of a contribution to delete a row."""

    rank: int  # of the contribution
    reason: str = ""
    source_id: str = ""
    original: str | None = None  # as in a claim


@dataclass(frozen=True)
class Case:
    """One row and all claims on it; contributions are given by their ranks."""

    row_id: str
    current: Row | None  # the published row; None if it is not published
    claims: Sequence[Claim] = ()
    deletions: Sequence[Deletion] = ()
    added_by: frozenset[int] = frozenset()  # contributions whose own base does not have the row
    known_as: Mapping[int, tuple[str | None, str]] = field(
        default_factory=dict
    )  # for each contribution that adds it: other id, or None; source
    awaiting_column: Sequence[Claim] = ()  # claims that wait for a decision on their column
    base_outdated: frozenset[int] = frozenset()  # contributions whose own base has another version of the row
    published_since: frozenset[tuple[str, str | None, str | None]] = frozenset()  # field, published value, value seen
    unknown_to: frozenset[int] = frozenset()  # those of `added_by` that do not know the published row
    seen_rows: Mapping[int, Row] = field(
        default_factory=dict
    )  # for each contribution that edits a deleted row: the row in its own base
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)  # by field: whose the published cell is
    renamed: frozenset[int] = frozenset()  # contributions with another id for the row
    left_open: frozenset[Claim] = frozenset()  # claims on cells that are in conflict since an earlier merge
    in_time: frozenset[Claim] = frozenset()  # claims for which the published value is not a candidate
    referenced_by: str = ""  # a row that refers to this one, so that it may not be deleted
    invalid_after_merge: Sequence[Conflict] = ()  # errors of the merged row
    is_deletion_open: bool = False  # the deletion is open since an earlier merge
    is_overruled: bool = False  # the row is not valid with any decision on it
    is_brought_back: bool = False  # `current` is not published: it is the row as seen by those who want to restore it


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """A claim and its status: a line of the provenance."""

    rank: int  # of the contribution; _DECIDER for a value that only a decision sets
    field: str  # "" for the claim to delete the row
    value: str | None
    status: ClaimStatus
    decision: str = ""  # the id of the conflict that was decided
    reason: str = ""  # of the decision, or of a deletion
    source_id: str = ""
    contributor: str = ""  # of a decider without a rank
    original: str | None = None  # as in a claim


@dataclass(frozen=True)
class RowOutcome:
    """The outcome for a row, with reasons."""

    present: bool  # whether the row is published
    cells: Mapping[str, str | None] = field(default_factory=dict)  # the cells that change
    lines: Sequence[ClaimOutcome] = ()
    conflicts: Sequence[Conflict] = ()  # including decisions that do not fit
    left_out: frozenset[int] = frozenset()  # their claims do not count
    updaters: frozenset[int] = frozenset()  # contributions that change a row that others add in the same merge
    brought_back_by: int | None = None  # the contribution whose row it is, if it was no longer published
    settled_before: frozenset[str] = frozenset()  # fields with claims that were set aside and take no part

    def after(self, lines: Iterable[ClaimOutcome] = (), conflicts: Iterable[Conflict] = ()) -> "RowOutcome":
        """Return the outcome with lines and conflicts before its own."""
        return replace(self, lines=(*lines, *self.lines), conflicts=(*conflicts, *self.conflicts))


def claim_lines(
    claims: Iterable[Claim], status: ClaimStatus, applied: AppliedResolution | None = None
) -> list[ClaimOutcome]:
    """Give the lines of claims with the same status."""
    decision, reason = (applied.conflict_id, applied.reason) if applied else ("", "")
    return [
        ClaimOutcome(c.rank, c.field, c.value, status, decision, reason, c.source_id, original=c.original)
        for c in claims
    ]


def deletion_lines(
    deletions: Iterable[Deletion], status: ClaimStatus, applied: AppliedResolution | None = None
) -> list[ClaimOutcome]:
    """Give the lines of deletions with the same status."""
    decision = applied.conflict_id if applied else ""
    return [
        ClaimOutcome(d.rank, "", None, status, decision, d.reason, d.source_id, original=d.original) for d in deletions
    ]


def decided_line(name: str, applied: AppliedResolution) -> ClaimOutcome:
    """Give the line of a value that only a decider claims."""
    return ClaimOutcome(
        _DECIDER,
        name,
        applied.value,
        ClaimStatus.ACCEPTED,
        applied.conflict_id,
        applied.reason,
        applied.source_id,
        applied.decided_by,
    )
