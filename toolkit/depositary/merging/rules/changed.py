"""Decisions that were changed after their result was published: docs/decisions/0017.

For a cell, the conflict is opened again: the earlier value is restored, and all claims on it take part again. For rows
and columns, only a conflict reports that the decision has no effect.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import polars as pl

from depositary.engine.sql import literal, quoted
from depositary.merging.claims.agreement import NormalForm, base, outcome
from depositary.merging.claims.engine_tables import ADDS, CLAIMS, ID, LATE, PROVENANCE_CELLS, RANK
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.policy import policy_of
from depositary.merging.claims.staged import fields
from depositary.merging.claims.values import NormalisedValues
from depositary.merging.rules.resolutions import Resolutions
from depositary.merging.rules.schema import as_text
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.decision import Choice, Resolution
from depositary.model.kinds import ConflictKind, is_of
from depositary.model.own_tables import CELLS
from depositary.model.package import Package
from depositary.model.provenance import ClaimStatus

_APPLIED = (ClaimStatus.ACCEPTED, ClaimStatus.SUPERSEDED)
RecordedLine = Mapping[str, Any]


@dataclass
class Changed:
    """The conflicts of earlier merges with a changed decision; `lines` has the lines of the claims on each.

    `without_effect` has those that stay as they were decided.
    """

    conflicts: Sequence[Conflict] = ()
    lines: Mapping[str, Sequence[RecordedLine]] = field(default_factory=dict)
    without_effect: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, package: Package, conflicts: Sequence[Conflict], resolutions: Resolutions) -> "Changed":
        """Find the changed decisions."""
        resolved = [c for c in conflicts if c.status is Status.RESOLVED and resolutions.fitting(c)]
        if not resolved or CELLS not in package:
            return cls()
        lines = _lines(package, {c.conflict_id for c in resolved})
        found = [c for c in resolved if _is_changed(package, c, lines.get(c.conflict_id, ()), resolutions)]
        return cls(found, lines, {c.conflict_id for c in found if not _is_of_cell(c)})

    @property
    def people(self) -> set[tuple[str, str]]:
        """Give the batches and contributors whose claims take part again."""
        again = [c for c in self.conflicts if c.conflict_id not in self.without_effect]
        lines = (line for c in again for line in self.lines[c.conflict_id])
        return {(line["batch"], line["contributor"]) for line in lines if _is_claim(line)}

    def reopen(self, claims: Claims, who: Mapping[int, tuple[str, str]]) -> list[Conflict]:
        """Restore the earlier value if the candidates are the same; give the conflicts that are open again.

        This is done when all claims are known, before those of contributions that have gone take part again.
        """
        reopened = []
        for recorded in self.conflicts:
            if recorded.conflict_id in self.without_effect:
                continue
            if self._is_as_decided(claims, recorded) and not _others(claims, recorded, who):
                _put_back(claims, recorded)
                reopened.append(recorded)
            else:
                self.without_effect.add(recorded.conflict_id)
        return reopened

    def _is_as_decided(self, claims: Claims, recorded: Conflict) -> bool:
        """Return whether the cell still has the value that the decision gave it."""
        if recorded.table not in claims.policies or recorded.field not in claims.policies[recorded.table].fields:
            return False
        form = partial(claims.forms[recorded.table].of, recorded.field)
        applied = _applied(recorded, self.lines[recorded.conflict_id], form)
        cell = (
            f"SELECT {quoted(recorded.field)} AS value FROM {claims.published(recorded.table)} WHERE {_row(recorded)}"
        )
        now = list(claims.engine.rows(cell))
        return bool(now) and form(now[0]["value"]) == form(applied)


def _is_of_cell(conflict: Conflict) -> bool:
    return bool(conflict.row_id and conflict.field) and not is_of(conflict.kind, "constraint")


def _is_claim(line: RecordedLine) -> bool:
    return bool(line["batch"]) and line["batch"] != "decisions"


def _lines(package: Package, ids: Collection[str]) -> dict[str, list[RecordedLine]]:
    """Give the lines of claims that a decision accepted or rejected, by decision."""
    found: dict[str, list[RecordedLine]] = {}
    for frame in fields(package[CELLS]):
        for line in frame.filter(pl.col("decision").is_in(list(ids))).iter_rows(named=True):
            found.setdefault(line["decision"], []).append(line)
    return found


def _is_changed(package: Package, recorded: Conflict, lines: Sequence[RecordedLine], resolutions: Resolutions) -> bool:
    """Return whether the current decision differs from the published result; False if the result is not known."""
    decided = resolutions.fitting(recorded)
    if is_of(recorded.kind, "schema"):
        return any(_is_other_column(package, recorded, line) for line in decided)
    if not _is_of_cell(recorded):
        return any(_is_otherwise(line, lines) for line in decided)
    if not lines or recorded.table not in package or recorded.field not in package[recorded.table].table.field_names:
        return False
    resource = package[recorded.table]
    forms = NormalisedValues(resource, policy_of(resource.table).fields)

    form = partial(forms.of, recorded.field)
    outcomes = {outcome(recorded, line, base(recorded, form), form) for line in decided}
    return len(outcomes) == 1 and outcomes != {form(_applied(recorded, lines, form))}


def _is_other_column(package: Package, recorded: Conflict, decision: Resolution) -> bool:
    """Return whether a decision on a column differs from the published schema."""
    table = package[recorded.table].table if recorded.table in package else None
    described = table[recorded.field].descriptor if table and recorded.field in table.field_names else None
    wanted = {side.value for side in recorded.sides if decision.take_from in _side_names(side)}
    if recorded.kind == ConflictKind.COLUMN_DROP_EDIT:
        return (described is None) != (decision.choice == Choice.TAKE and None in wanted)
    if decision.choice == Choice.BASE:
        return described is not None and all(side.contributor for side in recorded.sides)
    return described is None or as_text(described) not in wanted


def _side_names(side: Side) -> tuple[str, str]:
    return (side.contributor, f"{side.contributor}:{side.batch}")


def _is_otherwise(decision: Resolution, lines: Sequence[RecordedLine]) -> bool:
    """Return whether a decision on a row takes another side than the one that was taken."""
    taken = [line for line in lines if line["status"] in _APPLIED]
    applied = {name for line in taken if _is_claim(line) for name in _names(line)}  # a decider may have restored cells
    if decision.choice == Choice.BASE:
        return bool(applied)
    if decision.choice == Choice.VALUE:
        return bool(lines) and decision.value not in {line["value"] or "" for line in taken}
    lost = {name for line in lines if line["status"] == ClaimStatus.REJECTED for name in _names(line)}
    return decision.take_from not in applied and bool(applied or decision.take_from in lost)


def _names(line: RecordedLine) -> tuple[str, str]:
    return (line["contributor"] or "", f"{line['contributor']}:{line['batch']}")


def _applied(recorded: Conflict, lines: Iterable[RecordedLine], form: NormalForm) -> str | None:
    """Give the value that was published because of a decision."""
    taken = [line["value"] for line in lines if line["status"] in _APPLIED]
    return taken[0] if taken else base(recorded, form)


def _row(recorded: Conflict) -> str:
    return f"{ID} = {literal(recorded.row_id)}"


def _others(claims: Claims, recorded: Conflict, who: Mapping[int, tuple[str, str]]) -> bool:
    """Return whether there is a claim on the cell that was not listed."""
    if recorded.table not in claims.tables:
        return False
    listed = {(side.contributor, side.batch, side.value) for side in recorded.sides}
    name, form = literal(recorded.field), partial(claims.forms[recorded.table].of, recorded.field)
    claimed, adds = (claims.made(staged, recorded.table) for staged in (CLAIMS, ADDS))
    query = (
        f"SELECT rank, value, seen FROM {claimed} WHERE {_row(recorded)} AND field = {name} "
        f"UNION ALL SELECT {RANK}, {quoted(recorded.field)}, NULL FROM {adds} "
        f"WHERE {_row(recorded)} AND {quoted(recorded.field)} IS NOT NULL"
    )
    for row in claims.engine.rows(query):
        says_nothing = form(row["value"]) in (form(row["seen"]), form(base(recorded, form)))
        if not says_nothing and (*who[row["rank"]], row["value"]) not in listed:
            return True
    return False


def _put_back(claims: Claims, recorded: Conflict) -> None:
    """Restore the cell, and open the claims on it."""
    engine, before = claims.engine, base(recorded, partial(claims.forms[recorded.table].of, recorded.field))
    claims.require(recorded.table)
    value = "NULL" if before is None else literal(before)
    name = quoted(recorded.field)
    engine.run(f"UPDATE {claims.changeable(recorded.table)} SET {name} = {value} WHERE {_row(recorded)}")
    late = claims.made(LATE, recorded.table)
    is_field = f"field = {literal(recorded.field)}"
    cell = f"{_row(recorded)} AND {is_field}"
    engine.run(f"UPDATE {late} SET value = {value} WHERE {cell}")
    engine.run(f"DELETE FROM {late} WHERE {cell} AND value IS NOT DISTINCT FROM seen")
    here = f'"table" = {literal(recorded.table)} AND row_id = {literal(recorded.row_id)} AND {is_field}'
    of_it = f"{here} AND decision = {literal(recorded.conflict_id)}"
    accepted, superseded, opened = (
        f"status = {literal(status)}" for status in (ClaimStatus.ACCEPTED, ClaimStatus.SUPERSEDED, ClaimStatus.OPEN)
    )
    engine.run(f"DELETE FROM {PROVENANCE_CELLS} WHERE {of_it} AND batch = 'decisions'")
    engine.run(f"UPDATE {PROVENANCE_CELLS} SET {opened}, decision = NULL, reason = NULL WHERE {of_it}")
    same = f"{here} AND {superseded} AND value IS NOT DISTINCT FROM {value}"
    engine.run(f"UPDATE {PROVENANCE_CELLS} SET {accepted} WHERE {same}")
