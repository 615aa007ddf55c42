"""The data of the row rules: a row with all that is claimed of it, and what becomes of both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from depositary.merging.claims.ranks import _DECIDER
from depositary.merging.rules.resolutions import AppliedResolution
from depositary.model.conflict import Conflict
from depositary.model.provenance import ClaimStatus

Row = Mapping[str, str | None]  # its cells by field


@dataclass(frozen=True, slots=True)
class Claim:
    """What one contribution wants one cell to be."""

    rank: int  # of the contribution
    field: str
    value: str | None  # None erases the cell
    seen: str | None = None  # the value of the cell in the contribution's own base
    original: str | None = None  # the id by which the contribution knows the row, if that is another
    source_id: str = ""  # the source that the contribution gives

    @property
    def order(self) -> tuple[int, str, str]:
        """Give what claims are ordered by: of the rows of one contribution, the one with the row's own id is first."""
        return (self.rank, self.original or "", self.value or "")


@dataclass(frozen=True, slots=True)
class Deletion:
    """That a contribution wants a row to go."""

    rank: int  # of the contribution
    reason: str = ""
    source_id: str = ""
    original: str | None = None  # as of a claim


@dataclass(frozen=True)
class Case:
    """One row and all that is claimed of it; contributions are named by their ranks."""

    row_id: str
    current: Row | None  # the row as it is published; None if it is not
    claims: Sequence[Claim] = ()
    deletions: Sequence[Deletion] = ()
    added_by: frozenset[int] = frozenset()  # who has no such row in the own base
    known_as: Mapping[int, tuple[str | None, str]] = field(
        default_factory=dict
    )  # of who adds: other id, or None; source
    awaiting_column: Sequence[Claim] = ()  # claims that wait for a decision on their column
    base_outdated: frozenset[int] = frozenset()  # who has another row in the own base than is published now
    published_since: frozenset[tuple[str, str | None, str | None]] = frozenset()  # field, published value, value seen
    unknown_to: frozenset[int] = frozenset()  # those of `added_by` who do not know the published row at all
    seen_rows: Mapping[int, Row] = field(
        default_factory=dict
    )  # of who edits a row that is gone: the row in the own base
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)  # by field, whom its published cell comes from
    renamed: frozenset[int] = frozenset()  # who knows the row under another id, because rows were judged the same
    left_open: frozenset[Claim] = frozenset()  # claims whose cell is in conflict since an earlier merge
    in_time: frozenset[Claim] = frozenset()  # claims beside which the published value is not a candidate
    referenced_by: str = ""  # what refers to the row, which therefore may not go
    invalid_after_merge: Sequence[Conflict] = ()  # what is wrong with the row as it was merged
    is_deletion_open: bool = False  # an earlier merge asked whether the row goes
    is_overruled: bool = False  # the row is wrong whatever was decided of it
    is_brought_back: bool = False  # `current` is not published: it is the row as those who want it back saw it


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """A claim and what became of it; a line of the provenance."""

    rank: int  # of the contribution; _DECIDER for a value that only a decision gives
    field: str  # "" for the claim that the row should go
    value: str | None
    status: ClaimStatus
    decision: str = ""  # the id of the conflict that was decided
    reason: str = ""  # of the decision, or of a deletion
    source_id: str = ""
    contributor: str = ""  # of a decider, who has no rank
    original: str | None = None  # as of a claim


@dataclass(frozen=True)
class RowOutcome:
    """What becomes of a row, and why."""

    present: bool  # whether the row is published
    cells: Mapping[str, str | None] = field(default_factory=dict)  # those that change
    lines: Sequence[ClaimOutcome] = ()
    conflicts: Sequence[Conflict] = ()  # with decisions that do not fit
    left_out: frozenset[int] = frozenset()  # none of whose claims count, because somebody else's were taken
    updaters: frozenset[int] = frozenset()  # who changes a row that others register in the same merge
    brought_back_by: int | None = None  # whose row it is, if it was no longer published
    settled_before: frozenset[str] = frozenset()  # fields in which claims were put aside that take no part

    def after(self, lines: Iterable[ClaimOutcome] = (), conflicts: Iterable[Conflict] = ()) -> "RowOutcome":
        """Return the outcome with lines and conflicts before its own."""
        return replace(self, lines=(*lines, *self.lines), conflicts=(*conflicts, *self.conflicts))


def claim_lines(
    claims: Iterable[Claim], status: ClaimStatus, ruling: AppliedResolution | None = None
) -> list[ClaimOutcome]:
    """Give the lines of claims that all became the same."""
    decision, reason = (ruling.conflict_id, ruling.reason) if ruling else ("", "")
    return [
        ClaimOutcome(c.rank, c.field, c.value, status, decision, reason, c.source_id, original=c.original)
        for c in claims
    ]


def deletion_lines(
    deletions: Iterable[Deletion], status: ClaimStatus, ruling: AppliedResolution | None = None
) -> list[ClaimOutcome]:
    """Give the lines of deletions that all became the same."""
    decision = ruling.conflict_id if ruling else ""
    return [
        ClaimOutcome(d.rank, "", None, status, decision, d.reason, d.source_id, original=d.original) for d in deletions
    ]


def decided_line(name: str, ruling: AppliedResolution) -> ClaimOutcome:
    """Give the line of a value that nobody claims but who decided."""
    return ClaimOutcome(
        _DECIDER,
        name,
        ruling.value,
        ClaimStatus.ACCEPTED,
        ruling.conflict_id,
        ruling.reason,
        ruling.source_id,
        ruling.decided_by,
    )
