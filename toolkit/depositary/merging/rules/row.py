"""The row rule: the outcome for a row and for all claims on it; docs/merge-rules.md, "The row rule".

Rows that SQL cannot settle come here: see tables.py.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import combinations

from depositary.merging.claims.hashes import inputs_hash
from depositary.merging.claims.ranks import PUBLISHED
from depositary.merging.rules.case import (
    Case,
    Claim,
    ClaimOutcome,
    RowOutcome,
    claim_lines,
    decided_line,
    deletion_lines,
)
from depositary.merging.rules.cell import Cell, settle_cell
from depositary.merging.rules.resolutions import AppliedResolution
from depositary.merging.rules.table_rules import TableRules, current_cell
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.decision import Choice, Resolution
from depositary.model.kinds import ConflictKind, message
from depositary.model.provenance import ClaimStatus

_SHARED = 3  # two rows must share so many fields before they can be about different things


def judge_row(rules: TableRules, case: Case) -> RowOutcome:
    """Merge one row by the rules of its table."""
    row = _Row(rules, case)
    return replace(row.outcome(), updaters=row.updaters)


@dataclass(frozen=True)
class _Row:
    """One row; its methods do not change it."""

    rules: TableRules
    case: Case

    def outcome(self) -> RowOutcome:
        """Merge the row as a whole first, then its cells."""
        case = self.case
        if case.invalid_after_merge:
            return self._held_back()
        conflict = self._about_the_row()
        if conflict:
            return self._settled(conflict)
        waiting = claim_lines(case.awaiting_column, ClaimStatus.OPEN)
        if case.deletions and case.current is not None:
            return self._gone().after(waiting)
        waiting += deletion_lines(case.deletions, ClaimStatus.ACCEPTED)
        if case.current is None and not case.added_by:
            return self._unchanged(claim_lines(case.claims, ClaimStatus.NOTED)).after(waiting)
        return self.merge_cells(case.claims, new=case.current is None).after(waiting)

    # Conflicts about the row as a whole

    def _about_the_row(self) -> Conflict | None:
        case = self.case
        edits = [claim for claim in case.claims if self.rules.is_edit(claim)]
        waiting = [claim for claim in case.awaiting_column if self.rules.is_edit(claim)]
        if case.current is None:
            if any(claim.rank not in case.added_by for claim in (*edits, *waiting)):
                edits += waiting
                return self._row_conflict(ConflictKind.DELETE_EDIT, "edited", edits, published=None)
            return self._by_row(ConflictKind.ROW_ADD_ADD, [*edits, *waiting]) or self._reused([*edits, *waiting])
        if case.deletions and (edits or waiting or case.added_by or case.is_deletion_open):
            return self._row_conflict(ConflictKind.DELETE_EDIT, "", [*edits, *waiting])
        if any(deletion.rank in self._late() for deletion in case.deletions):
            return self._row_conflict(ConflictKind.DELETE_EDIT, "changed", edits, published="published")
        if case.deletions and case.referenced_by:
            return self._referenced()
        if case.deletions:
            return None
        return self._by_row(ConflictKind.ROW_EDIT_EDIT, [*edits, *waiting]) or self._reused_since([*edits, *waiting])

    def _referenced(self) -> Conflict:
        return self._row_conflict(ConflictKind.DELETE_REFERENCED, "", ())

    @cached_property
    def updaters(self) -> frozenset[int]:
        """Give the ranks that add the row without required cells, while another contribution adds it complete.

        They change a row that is added in the same merge.
        """
        if self.case.current is not None or not self.case.added_by:
            return frozenset()
        filled = {rank: {c.field for c in self.case.claims if c.rank == rank} for rank in self.case.added_by}
        required = self.rules.policy.required & self.rules.policy.fields.keys()
        whole = {
            rank
            for rank in filled
            if required <= set().union(*(of for r, of in filled.items() if r == rank or self._in_order(r, rank)))
        }
        return frozenset(filled.keys() - whole) if whole else frozenset()

    def _in_order(self, one: int, other: int) -> bool:
        return bool({(one, other), (other, one)} & self.rules.succession)

    def _by_row(self, kind: ConflictKind, edits: Sequence[Claim]) -> Conflict | None:
        """Find the conflict if a table that merges row by row has more than one version of this row."""
        if not self.rules.policy.by_row or self._is_cell_by_cell():
            return None
        sets: dict[int, set[tuple[str, Hashable]]] = {}
        for claim in edits:
            sets.setdefault(claim.rank, set()).add((claim.field, self.rules.form(claim.field, claim.value)))
        current = {name: self.rules.form(name, self._current(name)) for name in self.rules.policy.fields}
        done = [rank for rank, claimed in sets.items() if all(current[name] == form for name, form in claimed)]
        sets = {rank: claimed for rank, claimed in sets.items() if rank not in done}
        now = {c.rank for c in self.case.claims if self.rules.is_edit(c)}  # others wait for their column
        late = bool(sets.keys() & now & self._late())
        groups = (self.updaters, sets.keys() - self.updaters)  # updates come after the added row
        ways = max(len(self._versions({r: of for r, of in sets.items() if r in group})) for group in groups)
        if not any(rank >= 0 for rank in sets):
            return None  # rows that were published separately merge cell by cell
        if late or ways > 1:
            published = "published" if late else ""
            return self._row_conflict(kind, "by row", edits, published=published)
        return None

    def _is_cell_by_cell(self) -> bool:
        """Return whether all claims were left open in cells when the row was decided."""
        is_current, case = self.rules.is_current, self.case
        differing = {c for c in case.claims if self.rules.is_edit(c) and not is_current(case, c)}
        return bool(differing) and differing <= case.left_open

    def _versions(self, sets: Mapping[int, set[tuple[str, Hashable]]]) -> set[frozenset[tuple[str, Hashable]]]:
        """Give the different claimed versions of the row: the claims of a batch and of the earlier ones before it."""
        pairs = {(early, late) for early, late in self.rules.succession if {early, late} <= sets.keys()}
        last = sets.keys() - {early for early, _ in pairs}
        before = {rank: [early for early, late in pairs if late == rank] for rank in last}
        return {frozenset(form for one in (rank, *before[rank]) for form in sets[one]) for rank in last}

    def _late(self) -> set[int]:
        """Give the ranks that saw another version of the row, or a row that is not published.

        A published row without a cell that counts as an edit is no other version for those who add it.
        """
        case = self.case
        if case.current is None:
            return set()
        seen = {c.rank for c in case.claims if self.rules.is_edit(c) and self.rules.is_late(case, c)}
        late = (seen | case.base_outdated | case.added_by | case.seen_rows.keys()) - {PUBLISHED}
        edits = (name for name, policy in self.rules.policy.fields.items() if policy.is_edit)
        return late if any(case.current[name] is not None for name in edits) else late - case.added_by

    def _reused(self, edits: Sequence[Claim]) -> Conflict | None:
        """Find the conflict if contributors use one key for different things."""
        forms: dict[int, dict[str, Hashable]] = {}
        fields = self.rules.policy.fields
        for claim in (c for c in edits if not fields[c.field].is_settled_by_role):
            forms.setdefault(claim.rank, {})[claim.field] = self.rules.form(claim.field, claim.value)
        if self.case.renamed or not any(_are_different(*pair) for pair in combinations(forms.values(), 2)):
            return None
        return self._row_conflict(ConflictKind.KEY_REUSE, "", edits)

    def _reused_since(self, edits: Sequence[Claim]) -> Conflict | None:
        """Find a decision from before the row was published: that it is not the row that others add."""
        if not self.case.unknown_to:
            return None
        conflict = self._row_conflict(ConflictKind.KEY_REUSE, "since", edits, published="published")
        return conflict if self._row_before(conflict) else None

    def _row_conflict(
        self, kind: ConflictKind, situation: str, edits: Sequence[Claim], published: str | None = ""
    ) -> Conflict:
        """Make a conflict about the row; `published` is the side of the package, None if the row is gone."""
        sides = [Side(*self.rules.who[d.rank], None, d.source_id) for d in self.case.deletions]
        candidates: list[str | None] = [None] if sides or published is None else []
        for rank in sorted({claim.rank for claim in edits}):
            theirs = [claim for claim in edits if claim.rank == rank]
            cells = sorted({f"{claim.field}={claim.value or ''}" for claim in theirs})
            candidates += cells
            sides.append(self.rules.side(min(theirs, key=lambda claim: claim.order), "; ".join(cells)))
        if published != "":
            candidates += [published] if published else []
            sides.append(self.rules.published_side(self.case, published))
        hashed = inputs_hash(None, list(dict.fromkeys(candidates)))
        text = message(kind, situation, referring=self.case.referenced_by)
        return self.rules.conflict(self.case, kind, "", sides, hashed, text)

    # Decisions on the row

    def _settled(self, conflict: Conflict) -> RowOutcome:
        """Apply the decision on a conflict about the row; without one, the row does not change."""
        case = self.case
        applied, conflicts = self.rules.resolutions.settle(conflict, before=self._row_before(conflict))
        is_before = any(c.kind == conflict.kind and c.inputs_hash != conflict.inputs_hash for c in conflicts)
        if applied and is_before and not self._only_deletes(self.rules.ranks_of(applied.who) if applied.who else ()):
            return self._as_before(applied).after(conflicts=conflicts)
        if applied is None:
            waiting = claim_lines(case.awaiting_column, ClaimStatus.OPEN)
            return self._left_open().after(waiting, conflicts)
        if conflict.kind == ConflictKind.DELETE_REFERENCED and applied.choice != Choice.BASE:
            listed = [conflict if c.conflict_id == conflict.conflict_id else c for c in conflicts]
            return self._left_open().after(conflicts=listed)
        outcome = self._as_decided(conflict, applied)
        if any(c.kind == ConflictKind.DELETE_REFERENCED and c.status is Status.OPEN for c in outcome.conflicts):
            # The decision waits as long as another row refers to this one.
            conflicts = [_waiting(c) if c.conflict_id == conflict.conflict_id else c for c in conflicts]
        return outcome.after(conflicts=conflicts)

    def _as_decided(self, conflict: Conflict, applied: AppliedResolution) -> RowOutcome:
        """Take the decided side and reject the others; if it is the published side, reject all."""
        case = self.case
        ranks = self.rules.ranks_of(applied.who) if applied.choice == Choice.TAKE else frozenset()
        taken = [claim for claim in case.claims if claim.rank in ranks]
        is_deletion = self._only_deletes(ranks) and not ranks & case.added_by
        waiting = self._waiting_lines(ranks, applied)
        if is_deletion and case.referenced_by and conflict.kind != ConflictKind.DELETE_REFERENCED:
            return self._settled(self._referenced()).after(waiting)
        if is_deletion:
            rejected = claim_lines(case.claims, ClaimStatus.REJECTED, applied)
            return self._gone(applied).after([*waiting, *rejected])
        rejected = [*waiting, *self._rejected_lines(taken, applied)]
        back = min(ranks & set(case.seen_rows), default=None) if case.current is None else None
        if back is not None:
            outcome = self._decided_row(self._brought_back(case.seen_rows[back], taken), ranks, applied)
            return replace(outcome, brought_back_by=back).after(rejected)
        if not taken and not ranks & case.added_by:
            return self._unchanged().after(rejected)
        then = _Row(self.rules, replace(case, in_time=frozenset(taken)))
        return self._decided_row(then.merge_cells(taken, new=case.current is None), ranks, applied).after(rejected)

    def _brought_back(self, row: Mapping[str, str | None], claims: Sequence[Claim]) -> RowOutcome:
        """Merge claims into a row that is no longer published, as seen by those who want to restore it."""
        then = replace(self.case, current=row, in_time=frozenset(claims), is_brought_back=True)
        outcome = _Row(self.rules, then).merge_cells(claims, new=False)
        return replace(outcome, cells={**row, **outcome.cells})

    def _decided_row(self, outcome: RowOutcome, ranks: frozenset[int], applied: AppliedResolution) -> RowOutcome:
        """Add the decision to the claims that it takes."""
        lines = [
            replace(line, decision=applied.conflict_id, reason=applied.reason)
            if line.field and line.rank in ranks and line.status is not ClaimStatus.OPEN and not line.decision
            else line
            for line in outcome.lines
        ]
        return replace(outcome, lines=lines, left_out=self.case.added_by - ranks)

    # Decisions from before another value was published

    def _row_before(self, conflict: Conflict) -> dict[str, str | None]:
        """Give the hash of the conflict in which the published row was still a claim, if that was decided."""
        case, fields = self.case, self.rules.policy.fields
        since = {f"{name}={now or ''}" for name, now, _ in case.published_since if fields[name].is_edit}
        if not since or conflict.kind == ConflictKind.DELETE_REFERENCED:
            return {}
        claims = [claim for claim in (*case.claims, *case.awaiting_column) if self.rules.is_edit(claim)]
        edits = {f"{claim.field}={claim.value or ''}" for claim in claims}
        hashed = inputs_hash(None, [*([None] if case.deletions else []), *(edits | since)])
        lines = self.rules.resolutions.fitting(replace(conflict, inputs_hash=hashed))
        return {hashed: None} if lines and all(map(self._can_be_as_before, lines)) else {}

    def _can_be_as_before(self, line: Resolution) -> bool:
        """Return whether the row can be made as if a decision had existed from the start."""
        case = self.case
        if line.choice == Choice.TAKE and self._only_deletes(self.rules.ranks_of(line.take_from)):
            return True
        known = len({name for name, _, _ in case.published_since}) == len(case.published_since) and not case.renamed
        return known and (line.choice == Choice.TAKE or not case.unknown_to)

    def _only_deletes(self, ranks: Collection[int]) -> bool:
        has_claims = any(claim.rank in ranks for claim in self.case.claims)
        return any(deletion.rank in ranks for deletion in self.case.deletions) and not has_claims

    def _as_before(self, applied: AppliedResolution) -> RowOutcome:
        """Undo what was published since, except values of the side that is taken."""
        case, takes = self.case, applied.choice == Choice.TAKE
        ranks = self.rules.ranks_of(applied.who) if takes else frozenset()
        theirs = {name for name, of in case.owners.items() if takes and applied.who in of}
        back = {name: seen for name, _, seen in case.published_since if name not in theirs}
        taken = [claim for claim in case.claims if claim.rank in ranks]
        is_back = bool(taken and case.unknown_to)
        current = {**(case.current or {}), **back}
        then = replace(case, current=current, in_time=frozenset(taken), is_brought_back=is_back)
        outcome = _Row(self.rules, then).merge_cells(taken, new=False)
        claimed = {x.field for x in outcome.lines if x.rank in ranks and x.status is ClaimStatus.ACCEPTED}
        silent = sorted(back.keys() - claimed - outcome.cells.keys())
        outcome = self._decided_row(outcome, ranks, applied)
        lines = [*outcome.lines, *(decided_line(name, replace(applied, value=back[name])) for name in silent)]
        cells = {**back, **outcome.cells}
        cells = {n: value for n, value in cells.items() if not self.rules.are_same(n, value, self._current(n))}
        rejected = [*self._waiting_lines(ranks, applied), *self._rejected_lines(taken, applied)]
        return replace(outcome, cells=cells, lines=lines).after(rejected)

    # A row that would not be valid

    def _held_back(self) -> RowOutcome:
        """Hold back all claims on a row that would not be valid, unless a decision takes or rejects them."""
        case = self.case
        inner = _Row(self.rules, replace(case, invalid_after_merge=())).outcome()
        found = [(conflict, *self._settled_invalid(conflict)) for conflict in case.invalid_after_merge]
        all_applied = [(conflict, applied) for conflict, applied, _ in found if applied]
        listed = [c for _, _, of in found for c in of]
        clashing = self._clashing(all_applied, inner)
        if clashing:
            return self._left_open().after(conflicts=self._contradicting([*listed, *inner.conflicts], clashing))
        rejecting = next((applied for _, applied in all_applied if applied.choice == Choice.BASE), None)
        if rejecting:  # all other errors of the row disappear with the claims
            decided = [c for _, applied, of in found if applied for c in of]
            return self._unchanged(self._rejected_lines((), rejecting)).after(conflicts=decided)
        if len(all_applied) < len(found):
            # A conflict on its cells may be the cause, so it is listed too.
            return self._left_open().after(conflicts=[_waiting(c) for c in (*listed, *inner.conflicts)])
        for conflict, applied in all_applied:
            if conflict.field:
                inner = self._with_cell(inner, conflict.field, applied)
        return replace(inner, conflicts=(*inner.conflicts, *listed))

    def _settled_invalid(self, conflict: Conflict) -> tuple[AppliedResolution | None, list[Conflict]]:
        """Give the decision on an error of the row; none, if the row is not valid with any decision."""
        applied, conflicts = self.rules.resolutions.settle(conflict)
        if applied and (applied.choice == Choice.TAKE or self.case.is_overruled):
            return None, [replace(conflict, message=f"{conflict.message}; with the decision, it is still not valid")]
        return applied, conflicts

    def _contradicting(self, listed: Sequence[Conflict], clashing: Collection[str]) -> list[Conflict]:
        """List the conflicts of a row if some of its decisions contradict each other."""
        waiting = [_waiting(c) for c in listed if c.conflict_id not in clashing]
        return waiting + self.rules.resolutions.contradiction([c for c in listed if c.conflict_id in clashing])

    def _clashing(self, all_applied: Sequence[tuple[Conflict, AppliedResolution]], inner: RowOutcome) -> set[str]:
        """Name the conflicts of a row whose decisions contradict each other; `inner` is the row with each applied.

        One rejects all claims on the row and another sets one of its cells, or two give a cell different values.
        """
        are_same = self.rules.are_same
        setting = [
            (conflict, applied) for conflict, applied in all_applied if applied.choice != Choice.BASE and conflict.field
        ]
        if len(setting) < len(all_applied) and setting:
            return {conflict.conflict_id for conflict, _ in all_applied}
        found: set[str] = set()
        for (one, first), (other, second) in combinations(setting, 2):
            if one.field == other.field and not are_same(one.field, first.value, second.value):
                found |= {one.conflict_id, other.conflict_id}
        for conflict, applied in setting:
            resolved = [c for c in inner.conflicts if c.status is Status.RESOLVED and c.field in ("", conflict.field)]
            value = inner.cells.get(conflict.field, self._current(conflict.field))
            if resolved and not (inner.present and are_same(conflict.field, value, applied.value)):
                about = [c for c in resolved if not inner.present or c.field]
                found |= {c.conflict_id for c in (conflict, *about)} if about else set()
        return found

    def _with_cell(self, outcome: RowOutcome, name: str, applied: AppliedResolution) -> RowOutcome:
        """Give a cell the value of a decision, regardless of the claims."""
        are_same = self.rules.are_same
        is_current = self.case.current is not None and are_same(name, applied.value, self._current(name))
        cells = {other: value for other, value in outcome.cells.items() if other != name}
        if not is_current:
            cells[name] = applied.value
        lines = [x for x in outcome.lines if x.field != name]
        claimed = [x for x in outcome.lines if x.field == name]
        for x in claimed:
            status = ClaimStatus.ACCEPTED if are_same(name, x.value, applied.value) else ClaimStatus.REJECTED
            lines.append(replace(x, status=status, decision=applied.conflict_id, reason=applied.reason))
        if not is_current and not any(are_same(name, x.value, applied.value) for x in claimed):
            lines.append(decided_line(name, applied))
        return replace(outcome, cells=cells, lines=lines)

    # Outcomes

    def merge_cells(self, claims: Sequence[Claim], *, new: bool) -> RowOutcome:
        """Merge claims into the row cell by cell; a new row waits until its required cells are known."""
        by_field: dict[str, list[Claim]] = {}
        for claim in claims:
            by_field.setdefault(claim.field, []).append(claim)
        cells: dict[str, str | None] = {}
        lines: list[ClaimOutcome] = []
        conflicts: list[Conflict] = []
        for name, policy in self.rules.policy.fields.items():
            if name in by_field:
                cell = Cell(self.rules, self.case, policy, self.updaters)
                outcome = settle_cell(cell, sorted(by_field[name], key=lambda claim: claim.order))
                lines += outcome.lines
                conflicts += outcome.conflicts
                if not cell.are_same(outcome.value, cell.current):
                    cells[name] = outcome.value
        listed = {conflict.field for conflict in conflicts} & self.rules.policy.required
        if new and any(cells.get(name) is None for name in listed):
            ranks = {claim.rank for claim in claims}
            undone = partial(replace, status=ClaimStatus.OPEN, decision="", reason="")
            lines = [undone(line) if line.rank in ranks else line for line in lines]
            return RowOutcome(present=False, lines=lines, conflicts=[_waiting(c) if c.field else c for c in conflicts])
        present = not new or bool(self.case.added_by)
        return RowOutcome(present, cells, lines, conflicts)

    def _unchanged(self, lines: Sequence[ClaimOutcome] = ()) -> RowOutcome:
        """Leave the row unchanged, or absent."""
        return RowOutcome(present=self.case.current is not None, lines=lines)

    def _left_open(self) -> RowOutcome:
        """Leave the row unchanged until somebody decides."""
        lines = deletion_lines(self.case.deletions, ClaimStatus.OPEN)
        return self._unchanged([*lines, *claim_lines(self.case.claims, ClaimStatus.OPEN)])

    def _gone(self, applied: AppliedResolution | None = None) -> RowOutcome:
        """Delete the row."""
        lines = deletion_lines(self.case.deletions, ClaimStatus.ACCEPTED, applied)
        if applied is None:  # claims about the work on a deleted row
            lines += claim_lines(self.case.claims, ClaimStatus.NOTED)
        return RowOutcome(present=False, lines=lines)

    def _rejected_lines(self, taken: Collection[Claim], applied: AppliedResolution) -> list[ClaimOutcome]:
        """Reject the deletions of the row, and all claims except those that are taken."""
        others = [claim for claim in self.case.claims if claim not in taken]
        lines = deletion_lines(self.case.deletions, ClaimStatus.REJECTED, applied)
        return [*lines, *claim_lines(others, ClaimStatus.REJECTED, applied)]

    def _waiting_lines(self, ranks: Collection[int], applied: AppliedResolution) -> list[ClaimOutcome]:
        """Keep the claims of the taken side waiting for their column, and reject the others."""
        waiting = self.case.awaiting_column
        taken = claim_lines([claim for claim in waiting if claim.rank in ranks], ClaimStatus.OPEN)
        others = [claim for claim in waiting if claim.rank not in ranks]
        return [*taken, *claim_lines(others, ClaimStatus.REJECTED, applied)]

    def _current(self, name: str) -> str | None:
        return current_cell(self.case, name)


def _waiting(conflict: Conflict) -> Conflict:
    """List a decided conflict of a waiting row as open, because the decision is not applied yet."""
    return replace(conflict, status=Status.OPEN) if conflict.status is Status.RESOLVED else conflict


def _are_different(one: Mapping[str, Hashable], other: Mapping[str, Hashable]) -> bool:
    """Return whether the claims of two contributions on a row seem to be about different things."""
    shared = one.keys() & other.keys()
    differing = sum(one[name] != other[name] for name in shared)
    return len(shared) >= _SHARED and differing * 4 >= len(shared) * 3
