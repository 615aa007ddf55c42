"""Compare decisions with their conflicts: which are valid, which are stale, which disagree."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from depositary.merging.claims.agreement import NormalForm, _as_it_is, base, outcome
from depositary.merging.claims.hashes import disagreement_id, inputs_hash
from depositary.merging.claims.values import shortest
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.decision import Choice, Resolution
from depositary.model.kinds import ConflictKind, message


@dataclass(frozen=True)
class AppliedResolution:
    """The decision on one conflict; `value` is None for blank."""

    choice: Choice
    who: str
    value: str | None
    conflict_id: str
    decided_by: str
    reason: str
    source_id: str


@dataclass
class Resolutions:
    """The resolutions of all deciders, by conflict."""

    resolutions: Sequence[Resolution]
    _by_id: Mapping[str, list[Resolution]] = field(init=False)

    def __post_init__(self) -> None:
        by_id: dict[str, list[Resolution]] = {}
        for resolution in self.resolutions:
            by_id.setdefault(resolution.conflict_id, []).append(resolution)
        self._by_id = by_id

    @property
    def ids(self) -> frozenset[str]:
        """Name the conflicts that somebody has decided."""
        return frozenset(self._by_id)

    def settle(
        self,
        conflict: Conflict,
        current: str | None = None,
        form: NormalForm = _as_it_is,
        before: Mapping[str, str | None] = MappingProxyType({}),
    ) -> tuple[AppliedResolution | None, list[Conflict]]:
        """Give the decision on a conflict, if one is valid, and the conflict with its new status, with other conflicts.

        `current` is the published value of a cell, and `form` gives the value by which its texts are compared. `before`
        maps the hashes of the conflict before a candidate was published to the value that was published then.
        """
        lines = self._by_id.get(conflict.conflict_id, ())
        earlier = _bound_to(lines, conflict, before)
        if earlier:
            conflict, current = replace(conflict, inputs_hash=earlier), before[earlier]
        fitting = [line for line in lines if line.inputs_hash == conflict.inputs_hash]
        stale = [_stale(line) for line in lines if line.inputs_hash != conflict.inputs_hash]
        if len({outcome(conflict, line, current, form) for line in fitting}) > 1:
            return None, [replace(conflict, status=Status.OPEN), _disagreement(conflict, fitting), *stale]
        if not fitting:
            return None, [conflict, *stale]
        deciders = ", ".join(sorted({line.decided_by for line in fitting}))
        first = min(fitting, key=lambda line: line.decided_by)
        settled = replace(conflict, status=Status.RESOLVED, decided_by=deciders)
        applied = _ruling(first)
        if earlier and conflict.field and applied.choice == Choice.BASE:  # the value that was published then was kept
            applied = replace(applied, choice=Choice.VALUE, value=current)
        return applied, [settled, *stale]

    def fitting(self, conflict: Conflict) -> list[Resolution]:
        """Give the decisions that are bound to the inputs of a conflict."""
        lines = self._by_id.get(conflict.conflict_id, ())
        return [line for line in lines if line.inputs_hash == conflict.inputs_hash]

    def too_late(self, conflict: Conflict) -> Iterator[Conflict]:
        """List the decisions on a conflict that came after another value was published."""
        for line in self.fitting(conflict):
            yield _of_line(line, Status.STALE, ConflictKind.STALE, message(ConflictKind.STALE, "published"))

    def disagreement(self, conflict: Conflict, form: NormalForm) -> list[Conflict]:
        """List the decisions on a conflict with a published result, if they now differ."""
        lines, stood = self.fitting(conflict), base(conflict, form)
        different = len({outcome(conflict, line, stood, form) for line in lines}) > 1
        return [_disagreement(conflict, lines)] if different else []

    def contradiction(self, conflicts: Sequence[Conflict]) -> list[Conflict]:
        """List conflicts on one row whose decisions contradict each other as open, each with the contradiction."""
        lines = {conflict.conflict_id: self.fitting(conflict) for conflict in conflicts}
        found = []
        for conflict in conflicts:
            others = ", ".join(one for one, of in lines.items() if of and one != conflict.conflict_id)
            text = message(ConflictKind.DISAGREE, "row", others=others)
            found.append(replace(conflict, status=Status.OPEN, decided_by=""))
            if lines[conflict.conflict_id]:
                all_of_them = [line for of in lines.values() for line in of]
                found.append(replace(_disagreement(conflict, all_of_them), message=text))
        return found

    def stale(self, conflict: Conflict) -> Iterator[Conflict]:
        """List the decisions on a conflict that are bound to other inputs."""
        for line in self._by_id.get(conflict.conflict_id, ()):
            if line.inputs_hash != conflict.inputs_hash:
                yield _stale(line)

    def unused(self, conflicts: Iterable[Conflict]) -> Iterator[Conflict]:
        """List the decisions on conflicts that no longer exist."""
        known = {conflict.conflict_id for conflict in conflicts}
        for line in self.resolutions:
            if line.conflict_id not in known:
                yield _of_line(line, Status.UNUSED, ConflictKind.UNUSED, message(ConflictKind.UNUSED))


def _bound_to(lines: Iterable[Resolution], conflict: Conflict, before: Mapping[str, str | None]) -> str:
    """Give the hash to which decisions are bound, if the conflict had it before; "" otherwise."""
    known = {line.inputs_hash for line in lines}
    return "" if conflict.inputs_hash in known else min(known & before.keys(), default="")


def _ruling(line: Resolution) -> AppliedResolution:
    return AppliedResolution(
        choice=line.choice,
        who=line.take_from,
        value=line.value or None,
        conflict_id=line.conflict_id,
        decided_by=line.decided_by,
        reason=line.reason,
        source_id=line.source_id,
    )


def took_part(conflict: Conflict, now: str | None, form: NormalForm) -> bool:
    """Return whether the published value was a candidate of a conflict on a cell."""
    texts: dict[Hashable, list[str | None]] = {}
    for side in conflict.sides:
        if side.contributor or form(side.value) != form(now):
            texts.setdefault(form(side.value), []).append(side.value)
    candidates = [None if None in of else shortest([text for text in of if text]) for of in texts.values()]
    in_all_forms = {text for of in texts.values() for text in of}  # as of `cell.same_value`
    return conflict.inputs_hash not in (inputs_hash(now, candidates), inputs_hash(now, list(in_all_forms)))


def _stale(line: Resolution) -> Conflict:
    return _of_line(line, Status.STALE, ConflictKind.STALE, message(ConflictKind.STALE))


def _of_line(line: Resolution, status: Status, kind: ConflictKind, text: str) -> Conflict:
    return Conflict(
        conflict_id=line.conflict_id,
        kind=kind,
        status=status,
        table=line.table,
        row_id=line.row_id,
        field=line.field,
        sides=(_side(line),),
        inputs_hash=line.inputs_hash,
        decided_by=line.decided_by,
        message=text,
    )


def _disagreement(conflict: Conflict, lines: Sequence[Resolution]) -> Conflict:
    return Conflict(
        conflict_id=disagreement_id(
            conflict.conflict_id, conflict.kind, conflict.table, conflict.row_id, conflict.field
        ),
        kind=ConflictKind.DISAGREE,
        status=Status.OPEN,
        table=conflict.table,
        row_id=conflict.row_id,
        field=conflict.field,
        sides=tuple(map(_side, lines)),
        inputs_hash=conflict.inputs_hash,
        message=message(ConflictKind.DISAGREE, conflict=conflict.conflict_id),
    )


def _side(line: Resolution) -> Side:
    keeps, takes = Choice.BASE.value, f"{Choice.TAKE} {line.take_from}"
    value = {Choice.BASE: keeps, Choice.TAKE: takes}.get(line.choice, line.value or None)
    return Side(line.decided_by, "decisions", value, line.source_id)
