"""The cell rule: the outcome for one cell; docs/merge-rules.md, "The cell rule".

Each function takes a cell and the claims on it, and returns the value to publish, the status of each claim, and the
conflicts.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from depositary.merging.claims.hashes import inputs_hash
from depositary.merging.claims.policy import FieldPolicy, OnConflict
from depositary.merging.claims.ranks import PUBLISHED
from depositary.merging.claims.values import elements, joined, shortest
from depositary.merging.rules.case import Case, Claim, ClaimOutcome, claim_lines, decided_line
from depositary.merging.rules.resolutions import AppliedResolution
from depositary.merging.rules.table_rules import TableRules, current_cell
from depositary.model.conflict import Conflict, Status
from depositary.model.decision import Choice
from depositary.model.kinds import ConflictKind, message
from depositary.model.provenance import ClaimStatus
from depositary.model.role import Role


@dataclass(frozen=True)
class CellOutcome:
    """The outcome for a cell."""

    value: str | None  # the value to publish
    lines: Sequence[ClaimOutcome] = ()
    conflicts: Sequence[Conflict] = ()  # with decisions that do not fit
    applied: AppliedResolution | None = None  # the decision that gave the value


@dataclass(frozen=True)
class Cell:
    """One cell of a row in a merge."""

    rules: TableRules
    case: Case  # the row
    policy: FieldPolicy
    updaters: frozenset[int] = frozenset()  # who changes a row that others register in the same merge

    @property
    def name(self) -> str:
        """Give the name of the field."""
        return self.policy.name

    @property
    def current(self) -> str | None:
        """Give the published value of the cell."""
        return current_cell(self.case, self.name)

    def form(self, text: str | None) -> Hashable:
        """Give the value by which a text of the cell is compared."""
        return self.rules.form(self.name, text)

    def are_same(self, one: str | None, other: str | None) -> bool:
        """Return whether two texts of the cell mean the same."""
        return self.rules.are_same(self.name, one, other)

    def is_late(self, claim: Claim) -> bool:
        """Return whether the published value is a candidate besides a claim."""
        return self.rules.is_late(self.case, claim)

    def candidates(self, claims: Sequence[Claim]) -> dict[Hashable, str | None]:
        """Map the values of the candidates to their texts."""
        texts: dict[Hashable, list[str]] = {}
        for claim in claims:
            texts.setdefault(self.form(claim.value), []).extend([claim.value] if claim.value else [])
        found: dict[Hashable, str | None] = {form: shortest(of) if of else None for form, of in texts.items()}
        if any(map(self.is_late, claims)):
            found.setdefault(self.form(self.current), self.current)
        return found

    def conflict(self, kind: ConflictKind, claims: Sequence[Claim], candidates: Iterable[str | None]) -> Conflict:
        """Give the conflict of claims that needs a decision."""
        return self._listed(kind, claims, candidates, message(kind), Status.OPEN)

    def listed(
        self, kind: ConflictKind, claims: Sequence[Claim], candidates: Iterable[str | None], **details: str
    ) -> Conflict:
        """Give the conflict of claims that merge automatically, which is listed too."""
        return self._listed(kind, claims, candidates, message(kind, **details), Status.AUTO)

    def _listed(
        self, kind: ConflictKind, claims: Sequence[Claim], candidates: Iterable[str | None], text: str, status: Status
    ) -> Conflict:
        sides = [self.rules.side(claim, claim.value) for claim in claims]
        if self.case.current is not None:
            sides.append(self.rules.published_side(self.case, self.current))
        hashed = inputs_hash(self.current, list(candidates))
        return self.rules.conflict(self.case, kind, self.name, sides, hashed, text, status)

    def resolve(
        self, conflict: Conflict, claims: Sequence[Claim]
    ) -> tuple[AppliedResolution | None, Sequence[Conflict]]:
        """Give the decision on a conflict, if one is valid, and the conflicts to list."""
        # A decision is also valid if it is bound to the hash of the conflict before a candidate was published.
        seen = {claim.seen for claim in claims if self.is_late(claim)}
        candidates = list(self.candidates(claims).values())
        before = {inputs_hash(text, candidates): text for text in seen}
        return self.rules.resolutions.settle(conflict, self.current, self.form, before)


def settle_cell(cell: Cell, claims: Sequence[Claim]) -> CellOutcome:
    """Merge one cell; the claims are in the order of `Claim.order`."""
    if not cell.policy.is_edit:
        return _about_the_work(cell, sorted(claims, key=lambda claim: claim.rank in cell.updaters))
    updated = _replaced_by_update(cell, claims)
    claims = [claim for claim in claims if claim not in updated]
    agreeing = [claim for claim in claims if cell.rules.is_current(cell.case, claim)]
    rest = [claim for claim in claims if claim not in agreeing]
    candidates = cell.candidates(rest)
    is_union = False
    if not rest:
        outcome = CellOutcome(cell.current)
    elif len(candidates) == 1:
        outcome = _agreed(cell, rest)
    elif cell.policy.role is Role.SET and (union := _union(cell, rest)):
        outcome, is_union = union, True
    else:
        outcome = _contested(cell, rest, candidates)
    is_kept = outcome.applied is None or cell.are_same(outcome.value, cell.current)
    status = ClaimStatus.ACCEPTED if is_kept else ClaimStatus.REJECTED
    noted = [*claim_lines(updated, ClaimStatus.SUPERSEDED), *claim_lines(agreeing, status, outcome.applied)]
    outcome = replace(outcome, lines=(*noted, *outcome.lines))
    return outcome if is_union else _with_superseded(cell, outcome)


def _replaced_by_update(cell: Cell, claims: Sequence[Claim]) -> Sequence[Claim]:
    """Give the claims that add a row and that an update in the same merge replaces; none for a list."""
    changed = [claim for claim in claims if claim.rank in cell.updaters]
    registered = [claim for claim in claims if claim not in changed]
    values = [{cell.form(claim.value) for claim in of} for of in (changed, registered)]
    if cell.policy.role is Role.SET or [len(of) for of in values] != [1, 1] or values[0] == values[1]:
        return ()
    return registered


def _with_superseded(cell: Cell, outcome: CellOutcome) -> CellOutcome:
    """Mark claims on the current value as superseded if the value changes; a decision has done this already."""
    if cell.are_same(outcome.value, cell.current):
        return outcome
    lines = [
        replace(line, status=ClaimStatus.SUPERSEDED)
        if line.status is ClaimStatus.ACCEPTED and not cell.are_same(line.value, outcome.value)
        else line
        for line in outcome.lines
    ]
    return replace(outcome, lines=lines)


def _agreed(cell: Cell, claims: Sequence[Claim]) -> CellOutcome:
    """Take the value that all claim; if it is written in different ways, list it."""
    texts = {claim.value for claim in claims}
    value = shortest(text for text in texts if text) if texts != {None} else None
    if len(texts) > 1 and len({claim.rank for claim in claims}) > 1:
        return _auto(cell, claims, cell.listed(ConflictKind.SAME_VALUE, claims, texts), value)
    return CellOutcome(value, claim_lines(claims, ClaimStatus.ACCEPTED))


def _union(cell: Cell, claims: Sequence[Claim]) -> CellOutcome | None:
    """Add and remove elements of a list; None if one is both added and removed."""
    policy = cell.policy
    current = elements(cell.current, policy.separator)
    added: set[str] = set()
    removed: set[str] = set()
    for claim in claims:
        wanted, seen = elements(claim.value, policy.separator), elements(claim.seen, policy.separator)
        added |= wanted - seen
        removed |= seen - wanted
    if added & removed:
        return None
    value = joined((current | added) - removed, policy)
    texts = set(cell.candidates(claims).values())
    return _auto(cell, claims, cell.listed(ConflictKind.SET_UNION, claims, texts), value)


def _contested(cell: Cell, claims: Sequence[Claim], candidates: dict[Hashable, str | None]) -> CellOutcome:
    """Merge claims that differ: by the field's policy if possible, otherwise by a decision."""
    policy, texts = cell.policy, set(candidates.values())
    lowest = next((text for text in policy.order if text in texts), None) if policy.role is Role.LOWEST else None
    if lowest and texts <= set(policy.order):
        return _auto(cell, claims, cell.listed(ConflictKind.LOWEST, claims, texts, value=lowest), lowest)
    preferred = _preferred(cell, claims) if policy.on_conflict is OnConflict.PREFER_SOURCE_KIND else None
    if preferred:
        return _auto(
            cell, claims, cell.listed(ConflictKind.PREFERRED, claims, texts, source_kind=preferred[1]), preferred[0]
        )
    conflict = cell.conflict(_kind(cell, claims, texts), claims, texts)
    return _as_decided(cell, claims, *cell.resolve(conflict, claims))


def _preferred(cell: Cell, claims: Sequence[Claim]) -> tuple[str | None, str] | None:
    """Give the value on which the claims with the best kind of source agree, and the kind."""
    if any(map(cell.is_late, claims)):
        return None  # the source of the value published since is not known
    kinds = {claim: cell.rules.source_kinds.get(claim.source_id, "") for claim in claims}
    for kind in cell.policy.source_kinds:
        best = [claim for claim in claims if kinds[claim] == kind]
        if best:
            forms = {cell.form(claim.value) for claim in best}
            return (best[0].value, kind) if len(forms) == 1 else None
    return None


def _kind(cell: Cell, claims: Sequence[Claim], candidates: Iterable[str | None]) -> ConflictKind:
    ranks, renamed = {claim.rank for claim in claims}, cell.case.renamed
    if renamed and (ranks & renamed or PUBLISHED in ranks):
        return ConflictKind.MERGED_VALUES
    if None in candidates:
        return ConflictKind.EDIT_ERASE
    if ranks & cell.case.added_by:
        return ConflictKind.ROW_ADD_ADD
    return ConflictKind.FILL_FILL if cell.current is None else ConflictKind.EDIT_EDIT


def _auto(cell: Cell, claims: Sequence[Claim], listed: Conflict, value: str | None) -> CellOutcome:
    """List a conflict that merges automatically, unless there is another decision."""
    applied, conflicts = cell.resolve(listed, claims)
    is_open = any(c.conflict_id == listed.conflict_id and c.status is Status.OPEN for c in conflicts)
    if applied or is_open:  # open, if people have decided it in different ways
        return _as_decided(cell, claims, applied, conflicts)
    lines: list[ClaimOutcome] = []
    for claim in claims:
        is_taken = cell.are_same(claim.value, value) or cell.policy.role is Role.SET
        lines += claim_lines([claim], ClaimStatus.ACCEPTED if is_taken else ClaimStatus.REJECTED)
    return CellOutcome(value, lines, conflicts)


def _as_decided(
    cell: Cell, claims: Sequence[Claim], applied: AppliedResolution | None, conflicts: Sequence[Conflict]
) -> CellOutcome:
    if applied is None:
        return CellOutcome(cell.current, claim_lines(claims, ClaimStatus.OPEN), conflicts)
    value = _chosen(cell, claims, applied)
    lines = _decided_lines(cell, claims, value, applied, ClaimStatus.REJECTED)
    return CellOutcome(value, lines, conflicts, applied)


def _decided_lines(
    cell: Cell, claims: Sequence[Claim], value: str | None, applied: AppliedResolution, otherwise: ClaimStatus
) -> list[ClaimOutcome]:
    """Give the lines of a decided value: accepted for claims with this value, `otherwise` for the others."""
    taken = [claim for claim in claims if cell.are_same(claim.value, value)]
    others = [claim for claim in claims if claim not in taken]
    lines = [*claim_lines(taken, ClaimStatus.ACCEPTED, applied), *claim_lines(others, otherwise, applied)]
    if not taken and not cell.are_same(value, cell.current):
        lines.append(decided_line(cell.name, applied))
    return lines


def _chosen(cell: Cell, claims: Sequence[Claim], applied: AppliedResolution) -> str | None:
    if applied.choice == Choice.BASE:
        return cell.current
    if applied.choice == Choice.TAKE:
        ranks = cell.rules.ranks_of(applied.who)
        theirs = {claim.value for claim in claims if claim.rank in ranks}
        if theirs:
            return None if None in theirs else shortest(text for text in theirs if text)
        return cell.current if PUBLISHED in ranks else applied.value
    return applied.value


def _about_the_work(cell: Cell, claims: Sequence[Claim]) -> CellOutcome:
    """Keep the published value of a field about the work; if it is blank, take the first claim."""
    current = None if cell.case.is_brought_back else cell.current  # those who restore the row describe their own work
    value = current if current is not None else next((c.value for c in claims if c.value is not None), None)
    differing = [claim for claim in claims if not cell.are_same(claim.value, value)]
    conflicts: Sequence[Conflict] = ()
    if current is not None and differing and cell.policy.role is Role.AUDIT:
        texts = set(cell.candidates(differing).values())
        applied, conflicts = cell.resolve(cell.listed(ConflictKind.AUDIT_KEPT, differing, texts), differing)
        if applied:
            value = _chosen(cell, differing, applied)
            lines = _decided_lines(cell, claims, value, applied, ClaimStatus.NOTED)
            return CellOutcome(value, lines, conflicts, applied)
    agreeing = [claim for claim in claims if claim not in differing]
    lines = [*claim_lines(agreeing, ClaimStatus.ACCEPTED), *claim_lines(differing, ClaimStatus.NOTED)]
    return CellOutcome(value, lines, conflicts)
