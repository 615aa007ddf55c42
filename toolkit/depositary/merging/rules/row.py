"""The rules of one row: claims in, what is published out; docs/merge-rules.md, "The row rule" and "The cell rule".

Here stands what the database leaves over: rows that several contributions touch, or one that needs more than a look.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import combinations

from depositary.merging.claims.hashes import conflict_id, inputs_hash
from depositary.merging.claims.policy import FieldPolicy, Role, TablePolicy
from depositary.merging.claims.ranks import _DECIDER, PUBLISHED
from depositary.merging.claims.values import NormalisedValues, elements, joined, shortest
from depositary.merging.rules.resolutions import AppliedResolution, Resolutions
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.decision import Resolution
from depositary.model.kinds import Kind, family, message

_SHARED = 3  # fields that two rows have to share before it is asked whether they are of one thing

Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Claim:
    """What one contribution says of one cell: the value it wants, and the one it saw in its own base.

    `original` is the id by which it knows the row, where that is another; `source_id` the source that it names.
    """

    rank: int
    field: str
    value: str | None
    seen: str | None = None
    original: str | None = None
    source_id: str = ""

    @property
    def order(self) -> tuple[int, str, str]:
        """Give what claims are ordered by: of the rows of one contribution, the one with the row's own id is first."""
        return (self.rank, self.original or "", self.value or "")


@dataclass(frozen=True, slots=True)
class Deletion:
    """That a contribution wants a row to go."""

    rank: int
    reason: str = ""
    source_id: str = ""
    original: str | None = None


@dataclass(frozen=True)
class Case:
    """One row and all that is claimed of it.

    `adders` have no such row in their own base, and `named` tells what they call the row, where that is another id,
    and their source for it; `restored` is, for editors of a row that is no longer published, the
    row as they saw it; `aside` are claims that wait for a decision on their column; `renamed` are the ranks that
    know the row under another id, `late` those whose own base has another row than is published now. `since` is what
    was published since: the fields, what is in them now, and what was seen; `unknown_to` are those of `adders` for whom
    that is the whole row, and `owners` names whom its cells come from. `left_open` are claims whose cell is in conflict
    since an earlier merge, and `in_time` those of them beside which what is published was no candidate. `kept` says
    that the row is referred to and may not go, `held` what is wrong with it after merging, `is_deletion_open` that an
    earlier merge asked whether it goes, `is_overruled` that what was decided of it leaves it wrong.
    """

    row_id: str
    current: Row | None
    claims: Sequence[Claim] = ()
    adders: frozenset[int] = frozenset()
    named: Mapping[int, tuple[str | None, str]] = field(default_factory=dict)
    deletions: Sequence[Deletion] = ()
    restored: Mapping[int, Row] = field(default_factory=dict)
    aside: Sequence[Claim] = ()
    renamed: frozenset[int] = frozenset()
    late: frozenset[int] = frozenset()
    since: frozenset[tuple[str, str | None, str | None]] = frozenset()
    unknown_to: frozenset[int] = frozenset()
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    left_open: frozenset[Claim] = frozenset()
    in_time: frozenset[Claim] = frozenset()
    kept: str = ""
    held: Sequence[Conflict] = ()
    is_deletion_open: bool = False
    is_overruled: bool = False


@dataclass(frozen=True, slots=True)
class ClaimOutcome:
    """A claim and what became of it; without a field, the claim that the row should go."""

    rank: int
    field: str
    value: str | None
    status: str
    decision: str = ""
    reason: str = ""
    source_id: str = ""
    contributor: str = ""  # of a decider, who has no rank
    original: str | None = None


@dataclass
class RowOutcome:
    """What becomes of a row: whether it is published, which of its cells are settled anew, and why.

    `left_out` are the ranks none of whose claims count, because somebody else's were taken; `updaters` those that
    change a row which others register; `brought_back_by` is the rank whose row it is, if it was no longer published; in
    the fields `settled_before`, claims were put aside that take no part.
    """

    present: bool
    cells: dict[str, str | None] = field(default_factory=dict)
    lines: list[ClaimOutcome] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    left_out: frozenset[int] = frozenset()
    updaters: frozenset[int] = frozenset()
    brought_back_by: int | None = None
    settled_before: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Judge:
    """The rules of one table.

    `who` gives a rank's contributor and batch, `kinds` the kind of each source; `succession` are pairs of ranks of one
    contributor of which the first is earlier.
    """

    policy: TablePolicy
    forms: NormalisedValues
    desk: Resolutions
    who: Mapping[int, tuple[str, str]]
    kinds: Mapping[str, str]
    succession: frozenset[tuple[int, int]] = frozenset()

    def judge(self, case: Case) -> RowOutcome:
        """Judge one row."""
        row = _Row(self, case)
        return replace(row.outcome(), updaters=row.updaters)


@dataclass
class _Row:
    rules: Judge
    case: Case
    conflicts: list[Conflict] = field(default_factory=list)
    lines: list[ClaimOutcome] = field(default_factory=list)
    is_back: bool = False  # not published any more, but taken back
    is_taken: bool = False  # all that one side says was taken, so none of it is late

    def outcome(self) -> RowOutcome:
        """Judge the row as a whole first, then its cells."""
        if self.case.held:
            return self._held()
        conflict = self._about_the_row()
        if conflict:
            return self._settled(conflict)
        self._aside_lines()
        if self.case.deletions and self.case.current is not None:
            return self._gone(self.case.deletions, "accepted")
        self._delete_lines(self.case.deletions, "accepted")
        if self.case.current is None and not self.case.adders:
            return self._standing("noted")
        return self._merged(self.case.claims, new=self.case.current is None)

    # The row as a whole

    def _about_the_row(self) -> Conflict | None:
        case = self.case
        edits = [claim for claim in case.claims if self._is_edit(claim)]
        waiting = [claim for claim in case.aside if self._is_edit(claim)]
        if case.current is None:
            if any(claim.rank not in case.adders for claim in (*edits, *waiting)):
                edits += waiting
                return self._row_conflict(Kind.DELETE_EDIT, "edited", edits, published=None)
            return self._by_row(Kind.ROW_ADD_ADD, [*edits, *waiting]) or self._reused([*edits, *waiting])
        if case.deletions and (edits or waiting or case.adders or case.is_deletion_open):
            return self._row_conflict(Kind.DELETE_EDIT, "", [*edits, *waiting])
        if any(deletion.rank in self._late() for deletion in case.deletions):
            return self._row_conflict(Kind.DELETE_EDIT, "changed", edits, published="published")
        if case.deletions and case.kept:
            return self._referenced()
        if case.deletions:
            return None
        return self._by_row(Kind.ROW_EDIT_EDIT, [*edits, *waiting]) or self._reused_since([*edits, *waiting])

    def _referenced(self) -> Conflict:
        return self._row_conflict(Kind.DELETE_REFERENCED, "", ())

    @cached_property
    def updaters(self) -> frozenset[int]:
        """Give the ranks that add the row, but leave out what every row needs, while somebody else's is whole.

        They change a row that is registered in the same merge.
        """
        if self.case.current is not None or not self.case.adders:
            return frozenset()
        filled = {rank: {c.field for c in self.case.claims if c.rank == rank} for rank in self.case.adders}
        required = self.rules.policy.required & self.rules.policy.fields.keys()
        whole = {
            rank
            for rank in filled
            if required <= set().union(*(of for r, of in filled.items() if r == rank or self._in_order(r, rank)))
        }
        return frozenset(filled.keys() - whole) if whole else frozenset()

    def _in_order(self, one: int, other: int) -> bool:
        return bool({(one, other), (other, one)} & self.rules.succession)

    def _is_edit(self, claim: Claim) -> bool:
        return self.rules.policy.fields[claim.field].is_edit

    def _by_row(self, kind: Kind, edits: Sequence[Claim]) -> Conflict | None:
        if not self.rules.policy.by_row or self._is_cell_by_cell():
            return None
        sets: dict[int, set[tuple[str, Hashable]]] = {}
        for claim in edits:
            sets.setdefault(claim.rank, set()).add((claim.field, self._form(claim.field, claim.value)))
        current = {name: self._form(name, self._current(name)) for name in self.rules.policy.fields}
        done = [rank for rank, claimed in sets.items() if all(current[name] == form for name, form in claimed)]
        sets = {rank: claimed for rank, claimed in sets.items() if rank not in done}
        now = {claim.rank for claim in self.case.claims if self._is_edit(claim)}  # what waits is asked of its column
        late = bool(sets.keys() & now & self._late())
        groups = (self.updaters, sets.keys() - self.updaters)  # who changes a row comes after who registers it
        ways = max(len(self._ways({r: of for r, of in sets.items() if r in group})) for group in groups)
        if not any(rank >= 0 for rank in sets):
            return None  # rows that were published apart merge cell by cell
        if late or ways > 1:
            published = "published" if late else ""
            return self._row_conflict(kind, "by row", edits, published=published)
        return None

    def _is_cell_by_cell(self) -> bool:
        """Tell whether all that is claimed is what was left open in cells when the row was decided."""
        differing = {c for c in self.case.claims if self._is_edit(c) and not self._is_current(c)}
        return bool(differing) and differing <= self.case.left_open

    def _ways(self, sets: Mapping[int, set[tuple[str, Hashable]]]) -> set[frozenset[tuple[str, Hashable]]]:
        """Give the different things that are claimed of a row: what a batch says, and those before it left standing."""
        pairs = {(early, late) for early, late in self.rules.succession if {early, late} <= sets.keys()}
        last = sets.keys() - {early for early, _ in pairs}
        before = {rank: [early for early, late in pairs if late == rank] for rank in last}
        return {frozenset(form for one in (rank, *before[rank]) for form in sets[one]) for rank in last}

    def _late(self) -> set[int]:
        """Give the ranks that have seen a row which is published otherwise, or not at all."""
        if self.case.current is None:
            return set()
        seen = {claim.rank for claim in self.case.claims if self._is_edit(claim) and self._is_late(claim)}
        return (seen | self.case.late | self.case.adders | self.case.restored.keys()) - {PUBLISHED}

    def _reused(self, edits: Sequence[Claim]) -> Conflict | None:
        """Tell whether contributors use one key for different things."""
        forms: dict[int, dict[str, Hashable]] = {}
        fields = self.rules.policy.fields
        for claim in (c for c in edits if fields[c.field].role not in (Role.SET, Role.LOWEST)):
            forms.setdefault(claim.rank, {})[claim.field] = self._form(claim.field, claim.value)
        if self.case.renamed or not any(_are_different(*pair) for pair in combinations(forms.values(), 2)):
            return None
        return self._row_conflict(Kind.KEY_REUSE, "", edits)

    def _reused_since(self, edits: Sequence[Claim]) -> Conflict | None:
        """Find what was decided of a row before it was published: that it is not the one which others add."""
        if not self.case.unknown_to:
            return None
        conflict = self._row_conflict(Kind.KEY_REUSE, "since", edits, published="published")
        return conflict if self._row_before(conflict) else None

    def _row_conflict(self, kind: Kind, situation: str, edits: Sequence[Claim], published: str | None = "") -> Conflict:
        """Put a conflict about the row together; `published` is the side of the package, None if the row is gone."""
        sides = [Side(*self.rules.who[d.rank], None, d.source_id) for d in self.case.deletions]
        candidates: list[str | None] = [None] if sides or published is None else []
        for rank in sorted({claim.rank for claim in edits}):
            theirs = [claim for claim in edits if claim.rank == rank]
            said = sorted({f"{claim.field}={claim.value or ''}" for claim in theirs})
            candidates += said
            sides.append(self._side(min(theirs, key=lambda claim: claim.order), "; ".join(said)))
        if published != "":
            candidates += [published] if published else []
            sides.append(self._standing_side(published))
        hashed = inputs_hash(None, list(dict.fromkeys(candidates)))
        return self._conflict(kind, "", sides, hashed, message(kind, situation, referring=self.case.kept))

    def _row_before(self, conflict: Conflict) -> dict[str, str | None]:
        """Give the hash that the conflict had where what is published by now was claimed as well, if it was decided."""
        case, fields = self.case, self.rules.policy.fields
        since = {f"{name}={now or ''}" for name, now, _ in case.since if fields[name].is_edit}
        if not since or conflict.kind == Kind.DELETE_REFERENCED:
            return {}
        claims = [claim for claim in (*case.claims, *case.aside) if self._is_edit(claim)]
        edits = {f"{claim.field}={claim.value or ''}" for claim in claims}
        hashed = inputs_hash(None, [*([None] if case.deletions else []), *(edits | since)])
        lines = self.rules.desk.fitting(replace(conflict, inputs_hash=hashed))
        return {hashed: None} if lines and all(map(self._can_be_as_before, lines)) else {}

    def _can_be_as_before(self, line: Resolution) -> bool:
        """Tell whether the row can be as it would be if a decision had been there from the start."""
        if line.choice == "take" and self._only_deletes(self._ranks(line.take_from)):
            return True
        known = len({name for name, _, _ in self.case.since}) == len(self.case.since) and not self.case.renamed
        return known and (line.choice == "take" or not self.case.unknown_to)

    def _only_deletes(self, ranks: Collection[int]) -> bool:
        says = any(claim.rank in ranks for claim in self.case.claims)
        return any(deletion.rank in ranks for deletion in self.case.deletions) and not says

    def _as_before(self, ruling: AppliedResolution) -> RowOutcome:
        """Take back what was published since, but for what is said by the one whose side is taken."""
        case, takes = self.case, ruling.choice == "take"
        ranks = self._ranks(ruling.who) if takes else frozenset()
        theirs = {name for name, of in case.owners.items() if takes and ruling.who in of}
        back = {name: seen for name, _, seen in case.since if name not in theirs}
        taken = [claim for claim in case.claims if claim.rank in ranks]
        self._aside_lines(ranks, ruling)
        self._delete_lines(case.deletions, "rejected", ruling)
        self._claim_lines([claim for claim in case.claims if claim not in taken], "rejected", ruling)
        then = replace(case, current={**(case.current or {}), **back})
        is_back = bool(taken and case.unknown_to)
        again = _Row(self.rules, then, self.conflicts, self.lines, is_back=is_back, is_taken=True)
        outcome = again._merged(taken, new=False)
        said = {x.field for x in outcome.lines if x.rank in ranks and x.status == "accepted"}
        silent = back.keys() - said - outcome.cells.keys()
        outcome = self._decided_row(outcome, ranks, ruling)
        outcome.lines += [_decided(name, replace(ruling, value=back[name])) for name in sorted(silent)]
        cells = {**back, **outcome.cells}
        outcome.cells = {name: v for name, v in cells.items() if not self._same(name, v, self._current(name))}
        return outcome

    def _settled(self, conflict: Conflict) -> RowOutcome:
        ruling, conflicts = self.rules.desk.settle(conflict, before=self._row_before(conflict))
        self.conflicts += conflicts
        is_before = any(c.kind == conflict.kind and c.inputs_hash != conflict.inputs_hash for c in conflicts)
        if ruling and is_before and not self._only_deletes(self._ranks(ruling.who) if ruling.who else ()):
            return self._as_before(ruling)
        if ruling is None:
            self._aside_lines()
            return self._standing("open")
        if conflict.kind == Kind.DELETE_REFERENCED and ruling.choice != "base":
            self.conflicts[:] = [conflict if c.conflict_id == conflict.conflict_id else c for c in self.conflicts]
            return self._standing("open")
        ranks = self._ranks(ruling.who) if ruling.choice == "take" else frozenset()
        deleting = [deletion for deletion in self.case.deletions if deletion.rank in ranks]
        taken = [claim for claim in self.case.claims if claim.rank in ranks]
        self._aside_lines(ranks, ruling)
        if ranks & self.case.adders:
            deleting = []
        if deleting and not taken and self.case.kept and conflict.kind != Kind.DELETE_REFERENCED:
            return self._referred_to(conflict)
        if deleting and not taken:
            self._claim_lines(self.case.claims, "rejected", ruling)
            return self._gone(self.case.deletions, "accepted", ruling)
        self._delete_lines(self.case.deletions, "rejected", ruling)
        self._claim_lines([c for c in self.case.claims if c.rank not in ranks], "rejected", ruling)
        back = min(ranks & set(self.case.restored), default=None) if self.case.current is None else None
        if not taken and back is None and not ranks & self.case.adders:
            return self._standing("rejected", ranks, ruling)
        if back is not None:
            outcome = self._decided_row(self._restored(self.case.restored[back], taken), ranks, ruling)
            outcome.brought_back_by = back
            return outcome
        self.is_taken = True
        return self._decided_row(self._merged(taken, new=self.case.current is None), ranks, ruling)

    def _referred_to(self, decided: Conflict) -> RowOutcome:
        """Keep a row that was decided to go; the decision waits as long as something refers to the row."""
        outcome = self._settled(self._referenced())
        if any(c.kind == Kind.DELETE_REFERENCED and c.status is Status.OPEN for c in outcome.conflicts):
            outcome.conflicts = [_waiting(c) if c.conflict_id == decided.conflict_id else c for c in outcome.conflicts]
        return outcome

    def _restored(self, row: Row, claims: Sequence[Claim]) -> RowOutcome:
        """Merge claims into a row that is no longer published, as those who want it back saw it."""
        case = replace(self.case, current=row)
        again = _Row(self.rules, case, self.conflicts, self.lines, is_back=True, is_taken=True)
        outcome = again._merged(claims, new=False)
        outcome.cells = {**row, **outcome.cells}
        return outcome

    def _decided_row(self, outcome: RowOutcome, ranks: frozenset[int], ruling: AppliedResolution) -> RowOutcome:
        """Note the decision beside the claims that it lets stand."""
        outcome.left_out = self.case.adders - ranks
        outcome.lines = [
            replace(line, decision=ruling.conflict_id, reason=ruling.reason)
            if line.field and line.rank in ranks and line.status != "open" and not line.decision
            else line
            for line in outcome.lines
        ]
        return outcome

    def _standing(self, status: str, but: Iterable[int] = (), ruling: AppliedResolution | None = None) -> RowOutcome:
        """Leave the row as it is, or absent."""
        others = set(but)
        if ruling is None and status != "noted":
            self._delete_lines(self.case.deletions, status)
        self._claim_lines([c for c in self.case.claims if c.rank not in others and ruling is None], status)
        return RowOutcome(present=self.case.current is not None, cells={}, lines=self.lines, conflicts=self.conflicts)

    def _gone(self, deletions: Sequence[Deletion], status: str, ruling: AppliedResolution | None = None) -> RowOutcome:
        self._delete_lines(deletions, status, ruling)
        if ruling is None:  # what is said about the work of a row that goes
            self._claim_lines(self.case.claims, "noted")
        return RowOutcome(present=False, cells={}, lines=self.lines, conflicts=self.conflicts)

    def _held(self) -> RowOutcome:
        """Hold back all claims on a row that would be wrong, unless a decision takes or rejects them."""
        inner = _Row(self.rules, replace(self.case, held=())).outcome()
        found = [(conflict, *self._settled_held(conflict)) for conflict in self.case.held]
        rulings = [(conflict, ruling) for conflict, ruling, _ in found if ruling]
        clashing = self._clashing(rulings, inner)
        if clashing:
            listed = [c for _, _, of in found for c in of] + inner.conflicts
            self.conflicts += [_waiting(c) for c in listed if c.conflict_id not in clashing]
            self.conflicts += self.rules.desk.contradiction([c for c in listed if c.conflict_id in clashing])
            return self._standing("open")
        rejecting = next((ruling for _, ruling in rulings if ruling.choice == "base"), None)
        if rejecting:  # whatever else is wrong with the row goes with the claims
            self.conflicts += [c for _, ruling, of in found if ruling for c in of]
            self._delete_lines(self.case.deletions, "rejected", rejecting)
            self._claim_lines(self.case.claims, "rejected", rejecting)
            return RowOutcome(
                present=self.case.current is not None, cells={}, lines=self.lines, conflicts=self.conflicts
            )
        self.conflicts += [c for _, _, of in found for c in of]
        if len(rulings) < len(found):
            # What its cells are in conflict about may be the cause, and stands in the list as well.
            self.conflicts = [_waiting(c) for c in (*self.conflicts, *inner.conflicts)]
            return self._standing("open")
        for conflict, ruling in rulings:
            if conflict.field:
                self._set(inner, conflict.field, ruling)
        inner.conflicts += self.conflicts
        return inner

    def _settled_held(self, conflict: Conflict) -> tuple[AppliedResolution | None, list[Conflict]]:
        """Give the ruling on what is wrong with the row; none, if the row is wrong whatever was decided."""
        ruling, conflicts = self.rules.desk.settle(conflict)
        if ruling and (ruling.choice == "take" or self.case.is_overruled):
            return None, [replace(conflict, message=f"{conflict.message}; as decided, it is wrong too")]
        return ruling, conflicts

    def _clashing(self, rulings: Sequence[tuple[Conflict, AppliedResolution]], inner: RowOutcome) -> set[str]:
        """Name the conflicts of a row whose decisions cannot all be followed; `inner` is the row as they apart make it.

        One rejects all claims on the row, and another sets a cell of it; or two give a cell different values.
        """
        setting = [(conflict, ruling) for conflict, ruling in rulings if ruling.choice != "base" and conflict.field]
        if len(setting) < len(rulings) and setting:
            return {conflict.conflict_id for conflict, _ in rulings}
        found: set[str] = set()
        for (one, first), (other, second) in combinations(setting, 2):
            if one.field == other.field and not self._same(one.field, first.value, second.value):
                found |= {one.conflict_id, other.conflict_id}
        for conflict, ruling in setting:
            resolved = [c for c in inner.conflicts if c.status is Status.RESOLVED and c.field in ("", conflict.field)]
            value = inner.cells.get(conflict.field, self._current(conflict.field))
            if resolved and not (inner.present and self._same(conflict.field, value, ruling.value)):
                about = [c for c in resolved if not inner.present or c.field]
                found |= {c.conflict_id for c in (conflict, *about)} if about else set()
        return found

    def _set(self, outcome: RowOutcome, name: str, ruling: AppliedResolution) -> None:
        """Give a cell the value of a decision, whatever is claimed of it."""
        is_current = self.case.current is not None and self._same(name, ruling.value, self._current(name))
        outcome.cells.pop(name, None)
        if not is_current:
            outcome.cells[name] = ruling.value
        mine = [x for x in outcome.lines if x.field == name]
        outcome.lines = [x for x in outcome.lines if x not in mine]
        for x in mine:
            status = "accepted" if self._same(name, x.value, ruling.value) else "rejected"
            outcome.lines.append(replace(x, status=status, decision=ruling.conflict_id, reason=ruling.reason))
        if not is_current and not any(self._same(name, x.value, ruling.value) for x in mine):
            outcome.lines.append(_decided(name, ruling))

    # Its cells

    def _merged(self, claims: Sequence[Claim], *, new: bool) -> RowOutcome:
        by_field: dict[str, list[Claim]] = {}
        for claim in claims:
            by_field.setdefault(claim.field, []).append(claim)
        cells: dict[str, str | None] = {}
        for name, policy in self.rules.policy.fields.items():
            if name in by_field:
                value = self._cell(policy, sorted(by_field[name], key=lambda claim: claim.order))
                if not self._same(name, value, self._current(name)):
                    cells[name] = value
        listed = {conflict.field for conflict in self.conflicts} & self.rules.policy.required
        if new and any(cells.get(name) is None for name in listed):
            waiting = {claim.rank for claim in claims}
            self.lines = [
                replace(x, status="open", decision="", reason="") if x.field and x.rank in waiting else x
                for x in self.lines
            ]
            self.conflicts = [_waiting(c) if c.field else c for c in self.conflicts]
            return RowOutcome(present=False, cells={}, lines=self.lines, conflicts=self.conflicts)
        present = not new or any(claim.rank in self.case.adders for claim in claims)
        return RowOutcome(present or bool(new and self.case.adders), cells, self.lines, self.conflicts)

    def _cell(self, policy: FieldPolicy, claims: Sequence[Claim]) -> str | None:
        """Settle one cell, and give the value that is published."""
        if not policy.is_edit:
            last = self.updaters
            return self._about_the_work(policy, sorted(claims, key=lambda claim: claim.rank in last))
        claims = self._updated(policy, claims)
        agreeing = [claim for claim in claims if self._is_current(claim)]
        rest = [claim for claim in claims if not self._is_current(claim)]
        self._claim_lines(agreeing, "accepted")
        if not rest:
            return self._current(policy.name)
        candidates = self._candidates(policy.name, rest)
        if len(candidates) == 1:
            value = self._agreed(policy, rest)
        elif policy.role is Role.SET and (union := self._union(policy, rest)):
            return union.value
        else:
            value = self._contested(policy, rest, candidates)
        self._replaced(policy.name, value)
        return value

    def _updated(self, policy: FieldPolicy, claims: Sequence[Claim]) -> Sequence[Claim]:
        """Let those who change a row replace what those say who register it; of a list, all take part."""
        changed = [claim for claim in claims if claim.rank in self.updaters]
        registered = [claim for claim in claims if claim not in changed]
        values = [{self._form(policy.name, claim.value) for claim in of} for of in (changed, registered)]
        if policy.role is Role.SET or [len(of) for of in values] != [1, 1] or values[0] == values[1]:
            return claims
        self._claim_lines(registered, "superseded")
        return changed

    def _replaced(self, name: str, value: str | None) -> None:
        """Note of claims on the current value that another is published by now; a decision has noted it already."""
        if not self._same(name, value, self._current(name)):
            self.lines = [
                replace(x, status="superseded")
                if x.field == name and x.status == "accepted" and not self._same(name, x.value, value)
                else x
                for x in self.lines
            ]

    def _candidates(self, name: str, claims: Sequence[Claim]) -> dict[Hashable, str | None]:
        """Map what the candidates mean to how they are written."""
        texts: dict[Hashable, list[str]] = {}
        for claim in claims:
            texts.setdefault(self._form(name, claim.value), []).extend([claim.value] if claim.value else [])
        found: dict[Hashable, str | None] = {form: shortest(of) if of else None for form, of in texts.items()}
        if any(map(self._is_late, claims)):
            found.setdefault(self._form(name, self._current(name)), self._current(name))
        return found

    def _agreed(self, policy: FieldPolicy, claims: Sequence[Claim]) -> str | None:
        """Take what all claim; where it is written in different ways, say so."""
        texts = {claim.value for claim in claims}
        value = shortest(text for text in texts if text) if texts != {None} else None
        if len(texts) > 1 and len({claim.rank for claim in claims}) > 1:
            listed = self._cell_conflict(Kind.SAME_VALUE, policy.name, claims, texts, status=Status.AUTO)
            return self._auto(policy, claims, listed, value)
        self._claim_lines(claims, "accepted")
        return value

    def _contested(
        self, policy: FieldPolicy, claims: Sequence[Claim], candidates: dict[Hashable, str | None]
    ) -> str | None:
        texts = set(candidates.values())
        lowest = next((text for text in policy.order if text in texts), None) if policy.role is Role.LOWEST else None
        if lowest and texts <= set(policy.order):
            said = message(Kind.LOWEST, value=lowest)
            listed = self._cell_conflict(Kind.LOWEST, policy.name, claims, texts, said, Status.AUTO)
            return self._auto(policy, claims, listed, lowest)
        preferred = self._preferred(policy, claims) if policy.source_kinds else None
        if preferred:
            said = message(Kind.PREFERRED, source_kind=preferred[1])
            listed = self._cell_conflict(Kind.PREFERRED, policy.name, claims, texts, said, Status.AUTO)
            return self._auto(policy, claims, listed, preferred[0])
        conflict = self._cell_conflict(self._kind(policy, claims, texts), policy.name, claims, texts)
        ruling = self._decide(conflict, claims)
        return self._as_decided(policy, claims, ruling)

    def _kind(self, policy: FieldPolicy, claims: Sequence[Claim], candidates: Iterable[str | None]) -> Kind:
        ranks = {claim.rank for claim in claims}
        if self.case.renamed and (ranks & self.case.renamed or PUBLISHED in ranks):
            return Kind.MERGED_VALUES
        if None in candidates:
            return Kind.EDIT_ERASE
        if ranks & self.case.adders:
            return Kind.ROW_ADD_ADD
        return Kind.FILL_FILL if self._current(policy.name) is None else Kind.EDIT_EDIT

    def _decide(self, conflict: Conflict, claims: Sequence[Claim]) -> AppliedResolution | None:
        form = partial(self._form, conflict.field)
        before = self._before(conflict.field, claims)
        ruling, conflicts = self.rules.desk.settle(conflict, self._current(conflict.field), form, before)
        self.conflicts += conflicts
        return ruling

    def _before(self, name: str, claims: Sequence[Claim]) -> dict[str, str | None]:
        """Give the hash that a cell's conflict had where the value that is published by now was claimed as well."""
        seen = {claim.seen for claim in claims if self._is_late(claim)}
        candidates = list(self._candidates(name, claims).values())
        return {inputs_hash(text, candidates): text for text in seen}

    def _is_open(self, listed: Conflict) -> bool:
        """Tell whether what would merge by itself does not, because people have decided it in different ways."""
        return any(c.conflict_id == listed.conflict_id and c.status is Status.OPEN for c in self.conflicts)

    def _auto(self, policy: FieldPolicy, claims: Sequence[Claim], listed: Conflict, value: str | None) -> str | None:
        """List what merges by itself, unless somebody has decided otherwise."""
        ruling = self._decide(listed, claims)
        if ruling or self._is_open(listed):
            return self._as_decided(policy, claims, ruling)
        for claim in claims:
            same = self._same(policy.name, claim.value, value) or policy.role is Role.SET
            self._claim_lines([claim], "accepted" if same else "rejected")
        return value

    def _as_decided(self, policy: FieldPolicy, claims: Sequence[Claim], ruling: AppliedResolution | None) -> str | None:
        if ruling is None:
            self._claim_lines(claims, "open")
            return self._current(policy.name)
        value = self._chosen(policy.name, claims, ruling)
        taken = [claim for claim in claims if self._same(policy.name, claim.value, value)]
        agreeing = [x for x in self.lines if x.field == policy.name and x.status == "accepted"]
        self.lines = [x for x in self.lines if x not in agreeing]
        status = "accepted" if self._same(policy.name, value, self._current(policy.name)) else "rejected"
        self.lines += [replace(x, status=status, decision=ruling.conflict_id, reason=ruling.reason) for x in agreeing]
        self._claim_lines(taken, "accepted", ruling)
        self._claim_lines([claim for claim in claims if claim not in taken], "rejected", ruling)
        if not taken and not self._same(policy.name, value, self._current(policy.name)):
            self.lines.append(_decided(policy.name, ruling))
        return value

    def _chosen(self, name: str, claims: Sequence[Claim], ruling: AppliedResolution) -> str | None:
        if ruling.choice == "base":
            return self._current(name)
        if ruling.choice == "take":
            ranks = self._ranks(ruling.who)
            theirs = {claim.value for claim in claims if claim.rank in ranks}
            if theirs:
                return None if None in theirs else shortest(text for text in theirs if text)
            return self._current(name) if PUBLISHED in ranks else ruling.value
        return ruling.value

    def _union(self, policy: FieldPolicy, claims: Sequence[Claim]) -> "_Union | None":
        """Add and remove elements; None where one is both added and removed."""
        current = elements(self._current(policy.name), policy.separator)
        added: set[str] = set()
        removed: set[str] = set()
        for claim in claims:
            wanted, seen = elements(claim.value, policy.separator), elements(claim.seen, policy.separator)
            added |= wanted - seen
            removed |= seen - wanted
        if added & removed:
            return None
        value = joined((current | added) - removed, policy)
        texts = set(self._candidates(policy.name, claims).values())
        listed = self._cell_conflict(Kind.SET_UNION, policy.name, claims, texts, status=Status.AUTO)
        return _Union(self._auto(policy, claims, listed, value))

    def _preferred(self, policy: FieldPolicy, claims: Sequence[Claim]) -> tuple[str | None, str] | None:
        """Give the value that those with the best kind of source agree on, and the kind."""
        if any(map(self._is_late, claims)):
            return None  # what was published since has no source that could be told
        kinds = {claim: self.rules.kinds.get(claim.source_id, "") for claim in claims}
        for kind in policy.source_kinds:
            best = [claim for claim in claims if kinds[claim] == kind]
            if best:
                forms = {self._form(policy.name, claim.value) for claim in best}
                return (best[0].value, kind) if len(forms) == 1 else None
        return None

    def _about_the_work(self, policy: FieldPolicy, claims: Sequence[Claim]) -> str | None:
        """Let the row keep its own; where it has none, take the first."""
        current = None if self.is_back else self._current(policy.name)  # who brings it back tells of their own work
        value = current if current is not None else next((c.value for c in claims if c.value is not None), None)
        differing = [claim for claim in claims if not self._same(policy.name, claim.value, value)]
        if current is not None and differing and policy.role is Role.AUDIT:
            texts = set(self._candidates(policy.name, differing).values())
            listed = self._cell_conflict(Kind.AUDIT_KEPT, policy.name, differing, texts, status=Status.AUTO)
            ruling = self._decide(listed, differing)
            if ruling:
                return self._kept_as_decided(policy, claims, differing, ruling)
        self._claim_lines([claim for claim in claims if claim not in differing], "accepted")
        self._claim_lines(differing, "noted")
        return value

    def _kept_as_decided(
        self, policy: FieldPolicy, claims: Sequence[Claim], differing: Sequence[Claim], ruling: AppliedResolution
    ) -> str | None:
        value = self._chosen(policy.name, differing, ruling)
        taken = [claim for claim in claims if self._same(policy.name, claim.value, value)]
        self._claim_lines(taken, "accepted", ruling)
        self._claim_lines([claim for claim in claims if claim not in taken], "noted", ruling)
        if not taken and not self._same(policy.name, value, self._current(policy.name)):
            self.lines.append(_decided(policy.name, ruling))
        return value

    # Small things

    def _current(self, name: str) -> str | None:
        return self.case.current[name] if self.case.current is not None else None

    def _form(self, name: str, text: str | None) -> Hashable:
        return self.rules.forms.of(name, text)

    def _same(self, name: str, one: str | None, other: str | None) -> bool:
        return one == other or self._form(name, one) == self._form(name, other)

    def _is_current(self, claim: Claim) -> bool:
        return self._same(claim.field, claim.value, self._current(claim.field))

    def _is_late(self, claim: Claim) -> bool:
        seen_otherwise = not self._same(claim.field, claim.seen, self._current(claim.field))
        return not self.is_taken and seen_otherwise and claim not in self.case.in_time

    def _ranks(self, who: str) -> frozenset[int]:
        if who == "published":
            return frozenset({PUBLISHED})
        names = self.rules.who.items()
        return frozenset(rank for rank, (one, batch) in names if who in (one, f"{one}:{batch}") and rank >= 0)

    def _claim_lines(self, claims: Iterable[Claim], status: str, ruling: AppliedResolution | None = None) -> None:
        for c in claims:
            reason = ruling.reason if ruling else ""
            decision = ruling.conflict_id if ruling else ""
            self.lines.append(
                ClaimOutcome(c.rank, c.field, c.value, status, decision, reason, c.source_id, original=c.original)
            )

    def _aside_lines(self, ranks: frozenset[int] = frozenset(), ruling: AppliedResolution | None = None) -> None:
        """Note what becomes of the claims that wait for a decision on their column."""
        self._claim_lines([c for c in self.case.aside if ruling is None or c.rank in ranks], "open")
        self._claim_lines([c for c in self.case.aside if ruling and c.rank not in ranks], "rejected", ruling)

    def _delete_lines(
        self, deletions: Iterable[Deletion], status: str, ruling: AppliedResolution | None = None
    ) -> None:
        for d in deletions:
            decision = ruling.conflict_id if ruling else ""
            self.lines.append(
                ClaimOutcome(d.rank, "", None, status, decision, d.reason, d.source_id, original=d.original)
            )

    def _side(self, claim: Claim, value: str | None) -> Side:
        return Side(*self.rules.who[claim.rank], value, claim.source_id)

    def _standing_side(self, value: str | None) -> Side:
        """Give the side of what is published."""
        source = self.rules.policy.source
        row = None if self.is_back else self.case.current
        source_id = row[source] if row is not None and source else None
        return Side(*self.rules.who[PUBLISHED], value, source_id or "")

    def _cell_conflict(  # noqa: PLR0913 (a conflict has that many sides)
        self,
        kind: Kind,
        name: str,
        claims: Sequence[Claim],
        candidates: Iterable[str | None],
        said: str = "",
        status: Status = Status.OPEN,
    ) -> Conflict:
        sides = [self._side(claim, claim.value) for claim in claims]
        if self.case.current is not None:
            sides.append(self._standing_side(self._current(name)))
        hashed = inputs_hash(self._current(name), list(candidates))
        return self._conflict(kind, name, sides, hashed, said or message(kind), status)

    def _conflict(  # noqa: PLR0913
        self,
        kind: Kind,
        name: str,
        sides: Sequence[Side],
        hashed: str,
        said: str,
        status: Status = Status.OPEN,
    ) -> Conflict:
        about = family(kind)
        if name and about != "audit":
            about = "cell"
        if kind == Kind.DELETE_REFERENCED:  # it can come after row.delete_edit is decided
            about = "reference"
        return Conflict(
            conflict_id=conflict_id(about, self.rules.policy.name, self.case.row_id, name),
            kind=kind,
            status=status,
            table=self.rules.policy.name,
            row_id=self.case.row_id,
            field=name,
            sides=tuple(sorted(set(sides), key=lambda side: side.order)),
            inputs_hash=hashed,
            message=said,
        )


def _waiting(conflict: Conflict) -> Conflict:
    """List a decided conflict of a row that waits as open: nothing is done yet of what was decided."""
    return replace(conflict, status=Status.OPEN) if conflict.status is Status.RESOLVED else conflict


def _are_different(one: Mapping[str, Hashable], other: Mapping[str, Hashable]) -> bool:
    """Tell whether what two contributions say of a row seems to be of different things."""
    shared = one.keys() & other.keys()
    differing = sum(one[name] != other[name] for name in shared)
    return len(shared) >= _SHARED and differing * 4 >= len(shared) * 3


@dataclass(frozen=True)
class _Union:
    value: str | None


def _decided(name: str, ruling: AppliedResolution) -> ClaimOutcome:
    return ClaimOutcome(
        _DECIDER,
        name,
        ruling.value,
        "accepted",
        ruling.conflict_id,
        ruling.reason,
        ruling.source_id,
        ruling.decided_by,
    )
