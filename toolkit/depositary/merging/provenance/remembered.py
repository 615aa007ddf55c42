"""The results of earlier merges, as the published package has them: docs/decisions/0017.

Its provenance has the status of each claim, its `conflicts.csv` the conflicts and decisions. A claim with a status is
settled; one that is still open takes part again, even if its contribution has gone.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import polars as pl

from depositary.engine.sql import literal, quoted
from depositary.errors import UsageError
from depositary.merging.claims import bare
from depositary.merging.claims.cells import cells
from depositary.merging.claims.engine_tables import (
    ADDS,
    CLAIMS,
    CURRENT,
    DELETIONS,
    DONE,
    ID,
    LATE,
    MERGING,
    ORIGINAL,
    ORIGINS,
    PARTLY,
    PROVENANCE_CELLS,
    PROVENANCE_ROWS,
    RANK,
    RECORDED,
    RENAMED,
    RESTORED,
    WANTED,
    EngineTable,
)
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.inputs import Batch, superseded
from depositary.merging.claims.ranks import PUBLISHED
from depositary.merging.claims.staged import fields, keep, make, put_query, put_rows
from depositary.merging.claims.values import elements
from depositary.merging.conflicts.conflicts_file import read_conflicts
from depositary.merging.rules.resolutions import Resolutions, took_part
from depositary.merging.rules.schema import Gone, as_text
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.kinds import ConflictKind, family, is_of
from depositary.model.own_tables import CELLS, CONFLICTS
from depositary.model.package import Mode, Package
from depositary.model.provenance import ClaimStatus, RowStatus
from depositary.model.record_id import key_of
from depositary.model.role import Role

# They are about decisions, and all decisions are given.
_RECOMPUTED = ("decision.", ConflictKind.CONTRADICTION, ConflictKind.FORBIDDEN)
_OPEN, _NOTED, _ACCEPTED, _SUPERSEDED = (
    literal(status) for status in (ClaimStatus.OPEN, ClaimStatus.NOTED, ClaimStatus.ACCEPTED, ClaimStatus.SUPERSEDED)
)
_NEVER = "\0"  # a value that no cell can have

Lines = Sequence[Mapping[str, Any]]


def earlier_conflicts(package: Package) -> tuple[Conflict, ...]:
    """Give the conflicts of the published package; none, if it was not merged."""
    return read_conflicts(package) if CONFLICTS in package else ()


def opened_again(conflicts: Sequence[Conflict], again: Iterable[Conflict]) -> tuple[Conflict, ...]:
    """Give conflicts, those that were decided and are asked again as if they had been left open."""
    ids = {conflict.conflict_id for conflict in again}
    return tuple(
        replace(c, status=Status.OPEN, decided_by="") if c.conflict_id in ids and c.status is Status.RESOLVED else c
        for c in conflicts
    )


def with_absent(
    batches: Sequence[Batch], package: Package, conflicts: Sequence[Conflict], again: Iterable[tuple[str, str]] = ()
) -> tuple[Batch, ...]:
    """Give the contributions, and stand-ins for those that have gone and have open claims, each with its rank.

    A stand-in has no files; its claims are those in the provenance of the published package. `again` has batches, with
    their contributors, whose claims take part again because a decision has changed.

    Raises:
        UsageError: one supersedes a batch of another contributor.
    """
    at_hand = {batch.name for batch in batches}
    replaced = _replaced(batches)
    asked = [c for c in conflicts if c.status is Status.OPEN and is_of(c.kind, "schema")]
    known = {(side.batch, side.contributor) for c in asked for side in c.sides if side.contributor}
    wrong = [c for c in conflicts if c.status is Status.OPEN and is_of(c.kind, "constraint")]
    known |= {(side.batch, side.contributor) for c in wrong for side in c.sides if side.contributor and side.value}
    known |= {(batch, who) for batch, who in again if who}
    kept = [f"{c.table}\0{c.row_id}\0{c.field}" for c in _kept_by_the_row(conflicts)]
    place = pl.concat_str("table", "row_id", "field", separator="\0")
    is_open = (pl.col("status") == ClaimStatus.OPEN) | ((pl.col("status") == ClaimStatus.NOTED) & place.is_in(kept))
    for frame in fields(package[CELLS]) if CELLS in package else ():
        known |= set(frame.filter(is_open).select("batch", "contributor").drop_nulls().iter_rows())
    for name, who in sorted(known):
        if name in replaced.keys() - at_hand and replaced[name].contributor != who:
            raise UsageError(
                f"{replaced[name].name}: it supersedes {name}, which is from another contributor. Remove it from "
                "`supersedes`."
            )
    absent = [
        Batch(package.directory, name, who, Mode.PATCH, package, {"schema": _edits(name, asked, package)}, {}, -1)
        for name, who in sorted(known)
        if name not in at_hand | replaced.keys()
    ]
    ordered = sorted([*batches, *absent], key=lambda batch: (batch.contributor.encode(), batch.name.encode()))
    return tuple(replace(batch, rank=rank) for rank, batch in enumerate(ordered))


def _replaced(batches: Iterable[Batch]) -> dict[str, Batch]:
    """Give the names of contributions that given ones supersede."""
    return {old: batch for batch in batches for old in superseded(batch.manifest)}


def _kept_by_the_row(conflicts: Iterable[Conflict]) -> list[Conflict]:
    """Give the conflicts on cells about the work that people have decided in different ways."""
    return [c for c in conflicts if c.kind == ConflictKind.AUDIT_KEPT and c.status is Status.OPEN]


def _tuple(texts: Iterable[str]) -> str:
    return f"({', '.join(map(literal, texts))})"


def _edits(name: str, asked: Iterable[Conflict], package: Package) -> dict[str, dict[str, list[Any]]]:
    """Give the changes of schemas that a contribution claims, as far as they are open."""
    found: dict[str, dict[str, list[Any]]] = {}
    for c in asked:
        there = c.table in package and c.field in package[c.table].table.field_names
        for side in (side for side in c.sides if side.batch == name):
            edits = found.setdefault(c.table, {})
            if c.kind == ConflictKind.COLUMN_DROP_EDIT and side.value is None and there:
                edits.setdefault("drop", []).append(c.field)
            elif c.kind == ConflictKind.TYPE_CLASH and side.value and not there:
                edits.setdefault("add", []).append(json.loads(side.value))
    return found


@dataclass
class Remembered:
    """The results of earlier merges, compared with the claims of this one; `conflicts` has their conflicts."""

    claims: Claims
    conflicts: Sequence[Conflict]
    absent: Mapping[str, int]  # the ranks of contributions that have gone, by name
    gone: Gone = frozenset()  # columns that are only known from conflicts
    without_effect: frozenset[str] = frozenset()  # conflicts for which decisions came too late
    rows: dict[str, set[str]] = field(default_factory=dict)  # rows with open claims of theirs, by table

    # Open claims of contributions that have gone

    def take_part_again(self) -> None:
        """Make the open claims of contributions that have gone claims of this merge."""
        for table, lines in self._open_lines().items():
            self.claims.require(table)
            current = self._current(table, {line["row_id"] for line in lines})
            self.rows.setdefault(table, set()).update(line["row_id"] for line in lines)
            for row_id, of_row in _by(lines, "row_id").items():
                _Again(self, table, row_id, current.get(row_id), self.ranks).take(of_row)
        for table, row_id, batch, called in self._only_keys(Status.OPEN):
            if batch in self.absent:
                self.claims.require(table)
                self.rows.setdefault(table, set()).add(row_id)
                _Again(self, table, row_id, self._current(table, [row_id]).get(row_id), self.ranks).add(batch, called)

    def _only_keys(self, status: Status) -> list[tuple[str, str, str, str | None]]:
        """Give the rows without cells that were held back: table, row, batch, and the batch's id for the row.

        Such a row has no line; only the conflict about it has the row.
        """
        found = []
        for c in self.conflicts:
            if c.status is status and is_of(c.kind, "constraint") and c.table in self.claims.policies:
                names = ((side, bare.named(self.claims.policies[c.table].key, side.value)) for side in c.sides)
                found += [
                    (c.table, c.row_id, side.batch, name if name != c.row_id else None) for side, name in names if name
                ]
        return list(dict.fromkeys(found))

    def _open_lines(self) -> dict[str, Lines]:
        is_open = f"status = {_OPEN} OR status = {_NOTED} AND {self._is_again}"
        query = f"SELECT * FROM {PROVENANCE_CELLS} WHERE {is_open} ORDER BY ALL"
        lines = [row for row in self.claims.engine.rows(query) if row["batch"] in self.ranks]
        return {table: of for table, of in _by(lines, "table").items() if table in self.claims.policies}

    def _current(self, table: str, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
        make(self.claims.engine, WANTED)
        put_rows(self.claims.engine, WANTED, ((one,) for one in sorted(ids)))
        query = f"SELECT staged.* FROM {self.claims.published(table)} AS staged JOIN {WANTED} USING ({ID})"
        return {row[ID]: row for row in self.claims.engine.rows(query)}

    @cached_property
    def ranks(self) -> Mapping[str, int]:
        """Give the rank of each batch that is not given; published rows that became part of others are one of them."""
        query = f"SELECT DISTINCT batch FROM {PROVENANCE_CELLS} WHERE starts_with(batch, 'published@')"
        return {**dict.fromkeys((row["batch"] for row in self.claims.engine.rows(query)), PUBLISHED), **self.absent}

    def _waits(self, table: str, name: str | None) -> bool:
        """Return whether a column is open because its type is unknown or it is gone, without a given contribution."""
        if name is None or table not in self.claims.policies:
            return False
        asked = [c for c in self.conflicts if (c.table, c.field, c.kind) == (table, name, ConflictKind.TYPE_CLASH)]
        clash = any(c.status is Status.OPEN for c in asked)
        there = name in self.claims.current[table].table.field_names
        return (clash and there) or (table, name) in self.gone or name not in self.claims.policies[table].fields

    @cached_property
    def by_place(self) -> Mapping[tuple[str, str, str], Conflict]:
        """Map rows and cells to their open conflicts, without those that validation finds."""
        others = ("decision", "constraint", "schema")
        asked = [c for c in self.conflicts if c.status is Status.OPEN and family(c.kind) not in others]
        asked.sort(key=lambda c: c.kind != ConflictKind.DELETE_REFERENCED)  # a decided conflict comes first
        return {(c.table, c.row_id, c.field): c for c in asked}

    def open_cells(self, table: str) -> Mapping[tuple[str, str], Conflict]:
        """Map the cells of a table, by row and field, to their open conflicts."""
        return {(row_id, name): c for (of, row_id, name), c in self.by_place.items() if of == table and name}

    def deletions_asked(self, table: str) -> frozenset[str]:
        """Name the rows whose deletion is open without a recorded reason: rows that were added."""
        asked = (c for c in self.by_place.values() if c.table == table and c.kind == ConflictKind.DELETE_EDIT)
        return frozenset(c.row_id for c in asked if all(side.contributor and side.value is None for side in c.sides))

    # Settled claims

    def deal_with(self, batches: Sequence[Batch]) -> None:
        """Remove claims that earlier merges have accepted, rejected, replaced or noted."""
        engine = self.claims.engine
        make(engine, MERGING)
        named = [(batch.rank, batch.name) for batch in batches if batch.name not in self.absent]
        put_rows(engine, MERGING, named)
        known = self._tables_with_lines({name for _, name in named})
        for table in self.claims.tables:
            if table in known:
                self._tell(table)
                self._take_out(table)
            self._leave_out_rows(table, is_known=table in known)
        self._keep_open(known)
        gone = _replaced(batches).keys() - {name for _, name in named}
        if gone:  # they have gone and take no part; their settled claims do not change
            engine.run(
                f"UPDATE {PROVENANCE_CELLS} SET status = {_SUPERSEDED} "
                f"WHERE status = {_OPEN} AND batch IN ({', '.join(map(literal, sorted(gone)))})"
            )

    def _tables_with_lines(self, names: Collection[str]) -> set[str]:
        """Name the tables in which earlier merges recorded something of these batches, which MERGING has."""
        query = " UNION ".join(
            f'SELECT "table" FROM {lines} WHERE batch IN (SELECT batch FROM {MERGING})'
            for lines in (PROVENANCE_ROWS, PROVENANCE_CELLS)
            if self.claims.engine.has_rows(str(lines))
        )
        recorded = {row["table"] for row in self.claims.engine.rows(query)} if query else set()
        return recorded | {table for table, _, batch, _ in self._only_keys(Status.RESOLVED) if batch in names}

    def _tell(self, table: str) -> None:
        """Stage the lines on cells of a table, including those from the lines of rows."""
        policy, name = self.claims.policies[table], literal(table)
        lines = f'(SELECT * FROM {PROVENANCE_CELLS} WHERE "table" = {name})'
        own = "".join(  # those of `fallen` become part of other rows now: their cells are their published values
            f" UNION ALL SELECT §batch, {row_id}, §called, field, value "
            f"FROM ({cells(policy.fields, rows, '§batch', row_id, '§called')}) "
            f"WHERE value IS NOT NULL AND ({row_id}, field) NOT IN (SELECT row_id, field FROM lined)"
            for rows, row_id in (("origin", ID), ("fallen", ORIGINAL))
        )
        own += "".join(  # a rejected row without cells
            f" UNION ALL SELECT {literal(batch)}, {literal(row_id)}, {'NULL' if called is None else literal(called)}, "
            f"{literal(policy.key[0])}, NULL"
            for of, row_id, batch, called in self._only_keys(Status.RESOLVED)
            if of == policy.name
        )
        keep(
            self.claims.engine,
            RECORDED,
            f"""
            WITH lined AS (SELECT row_id, field FROM {lines} WHERE field IS NOT NULL),
              origin AS (SELECT recorded.batch AS §batch, recorded.original_row_id AS §called, staged.*
                FROM {PROVENANCE_ROWS} AS recorded JOIN {CURRENT.of(table)} AS staged ON staged.{ID} = recorded.row_id
                WHERE recorded."table" = {name} AND recorded.status = {literal(RowStatus.PRESENT)}
                  AND recorded.batch IN (SELECT batch FROM {MERGING})),
              fallen AS (SELECT recorded.batch AS §batch, recorded.original_row_id AS §called, staged.*
                FROM {PROVENANCE_ROWS} AS recorded JOIN {self.claims.made(ADDS, table)} AS staged
                ON staged.{ORIGINAL} = recorded.row_id AND staged.{RANK} = {PUBLISHED}
                WHERE recorded."table" = {name} AND recorded.batch IN (SELECT batch FROM {MERGING}))
            SELECT rank, row_id, original, field, value FROM (
              SELECT batch, row_id, original_row_id AS original, coalesce(field, '') AS field, value FROM {lines}
              WHERE status <> {_OPEN} AND NOT (status IN ({_NOTED}, {_ACCEPTED}) AND {self._is_again}) {own}
            ) JOIN {MERGING} USING (batch)
            """,
        )

    def _take_out(self, table: str) -> None:
        """Remove what is recorded from the claims, and from the cells of added rows."""
        engine = self.claims.engine
        if not engine.has_rows(str(RECORDED)):
            return
        recorded = f"{RECORDED} AS recorded"
        about = {
            CLAIMS: "recorded.field = staged.field AND recorded.value IS NOT DISTINCT FROM staged.value",
            DELETIONS: "recorded.field = ''",
            DONE: "recorded.field = '' AND staged.field = ''",
        }
        for staged in self.claims.with_rows(table, *about):
            same = f"{_same_row(staged)} AND {about[staged]}"
            engine.run(f"DELETE FROM {staged.of(table)} AS staged USING {recorded} WHERE {same}")
        if self.claims.has(ADDS, table):
            self._take_out_of_published(table)
            adds, same, names = ADDS.of(table), _same_row(ADDS), self.claims.policies[table].fields
            query = f"SELECT DISTINCT recorded.field FROM {adds} AS staged JOIN {recorded} ON {same} ORDER BY ALL"
            for name in [row["field"] for row in engine.rows(query) if row["field"] in names]:
                engine.run(
                    f"UPDATE {adds} AS staged SET {quoted(name)} = NULL FROM {recorded} "
                    f"WHERE {same} AND recorded.field = {literal(name)} AND recorded.value = staged.{quoted(name)}"
                )

    def _take_out_of_published(self, table: str) -> None:
        """Make claims of what is left of added rows that are published by now."""
        engine, policy = self.claims.engine, self.claims.policies[table]
        adds, same = f"{ADDS.of(table)} AS staged", _same_row(ADDS)
        rows = f"FROM {adds} JOIN {RECORDED} AS recorded ON {same} AND recorded.field <> '' WHERE {self._there(table)}"
        keep(engine, PARTLY, f"SELECT DISTINCT {PARTLY.listed(alias='staged')} {rows}")
        if not engine.has_rows(str(PARTLY)):
            return
        partly = (
            f"partly.{RANK} = staged.{RANK} AND partly.{ID} = staged.{ID} "
            f"AND partly.{ORIGINAL} IS NOT DISTINCT FROM staged.{ORIGINAL}"
        )
        source = f"{quoted(policy.source) if policy.source else 'NULL'} AS source"
        kept = (*(f"staged.{name}" for name in PARTLY.columns), source)
        left = cells(policy.fields, f"{adds} SEMI JOIN {PARTLY} AS partly ON {partly}", *kept, alias="staged")
        is_cell = f"{same} AND recorded.field = staged.field AND recorded.value = staged.value"
        dealt_with = f"SELECT 1 FROM {RECORDED} AS recorded WHERE {is_cell}"
        filled = f"FROM ({left}) AS staged WHERE staged.value IS NOT NULL AND NOT EXISTS ({dealt_with})"
        cell = {"rank": f"staged.{RANK}", "seen": "NULL", "original": f"staged.{ORIGINAL}"}
        put_query(engine, CLAIMS, CLAIMS.select(cell, filled, alias="staged"), table)
        engine.run(f"DELETE FROM {adds} USING {PARTLY} AS partly WHERE {partly}")

    def _there(self, table: str) -> str:
        """Write the condition that a row is published."""
        return f"{ID} IN (SELECT {ID} FROM {CURRENT.of(table)})"

    def _leave_out_rows(self, table: str, *, is_known: bool) -> None:
        """Remove added rows without a cell that are known, and what is noted of rows without claims."""
        engine, there = self.claims.engine, self._there(table)
        recorded_rows = f'SELECT row_id FROM {PROVENANCE_ROWS} WHERE "table" = {literal(table)}'
        if self.claims.has(ADDS, table):
            blank = " AND ".join(f"{quoted(name)} IS NULL" for name in self.claims.policies[table].fields) or "true"
            known = [there, f"{ID} IN ({recorded_rows})"]
            known += [f"EXISTS (SELECT 1 FROM {RECORDED} AS recorded WHERE {_same_row(ADDS)})"] if is_known else []
            decided = self._decided_rows(table)
            known += [f"{ID} IN ({', '.join(map(literal, decided))})"] if decided else []
            engine.run(
                f"DELETE FROM {ADDS.of(table)} AS staged WHERE {blank} AND {RANK} >= 0 AND ({' OR '.join(known)})"
            )
        if self.claims.has(RESTORED, table):
            engine.run(  # a row that is published with another id is still published
                f"DELETE FROM {RESTORED.of(table)} WHERE {there} "
                f"AND {ORIGINAL} NOT IN ({recorded_rows}) AND EXISTS ({recorded_rows})"
            )
        claimed = " UNION ".join(
            f"SELECT {staged.rank} AS rank, {ID} FROM {staged.of(table)}"
            for staged in self.claims.with_rows(table, CLAIMS, ADDS, DELETIONS, DONE)
        )
        for staged in self.claims.with_rows(table, LATE, RENAMED, RESTORED):
            nothing = f"({staged.rank}, {ID}) NOT IN (SELECT * FROM ({claimed}))" if claimed else "true"
            engine.run(f"DELETE FROM {staged.of(table)} WHERE {staged.rank} >= 0 AND {nothing}")

    def _decided_rows(self, table: str) -> list[str]:
        """Name the rows with a resolved conflict, because a rejected row without cells has no line."""
        decided = (c for c in self.conflicts if c.status is Status.RESOLVED and c.table == table and not c.field)
        return sorted({c.row_id for c in decided if not is_of(c.kind, "constraint")})

    def _keep_open(self, known: Collection[str]) -> None:
        """Store that open claims that no longer exist were taken back by their contributors.

        `known` are the tables in which something is recorded of the contributions at hand.
        """
        for table in sorted(known):
            claimed = self._claimed_cells(table) if table in self.claims.tables else ""
            is_there = (
                f"EXISTS (SELECT 1 FROM ({claimed}) AS claimed WHERE claimed.rank = merging.rank "
                f"AND claimed.{ID} = recorded.row_id AND claimed.field = coalesce(recorded.field, ''))"
            )
            self.claims.engine.run(
                f"UPDATE {PROVENANCE_CELLS} AS recorded SET status = {_SUPERSEDED} FROM {MERGING} AS merging "
                f'WHERE recorded.batch = merging.batch AND "table" = {literal(table)} AND status = {_OPEN}'
                + (f" AND NOT {is_there}" if claimed else "")
            )

    def _claimed_cells(self, table: str) -> str:
        """Select all that is claimed: by rank, row and field."""
        field_of = {CLAIMS: "field", DELETIONS: "''", DONE: "field"}
        claimed = [
            f"SELECT rank, {ID}, {field_of[staged]} AS field FROM {staged.of(table)}"
            for staged in self.claims.with_rows(table, *field_of)
        ]
        if self.claims.has(ADDS, table):
            added = cells(self.claims.policies[table].fields, ADDS.of(table), RANK, ID)
            claimed.append(f"SELECT {RANK} AS rank, {ID}, field FROM ({added}) WHERE value IS NOT NULL")
        return " UNION ALL ".join(claimed)

    # Conflicts

    def listed(self, found: Sequence[Conflict], resolutions: Resolutions) -> list[Conflict]:
        """Give the conflicts of this merge, and the settled ones of earlier merges."""
        recorded = {(c.conflict_id, c.kind): c for c in self.conflicts if not c.kind.startswith(_RECOMPUTED)}
        by_id = {c.conflict_id: c for c in recorded.values()}
        known = [(c, recorded.get((c.conflict_id, c.kind), by_id.get(c.conflict_id))) for c in found]
        now = [_as_recorded(conflict, before) for conflict, before in known]
        anew = {conflict.conflict_id for conflict in found if not is_of(conflict.kind, "decision")}
        kept = [c for c in recorded.values() if c.conflict_id not in anew and not self._is_taken_back(c)]
        return [*now, *(line for c in kept for line in self._kept(c, resolutions))]

    def _kept(self, recorded: Conflict, resolutions: Resolutions) -> list[Conflict]:
        """List a conflict of an earlier merge, with decisions that have no effect or contradict each other."""
        applied, conflicts = resolutions.settle(recorded)
        if recorded.status is Status.OPEN and applied is None:
            return conflicts
        late = resolutions.too_late(recorded) if recorded.conflict_id in self.without_effect else ()
        forms = self.claims.forms.get(recorded.table)
        form = partial(forms.of, recorded.field) if forms and recorded.field else str
        return [recorded, *late, *resolutions.disagreement(recorded, form), *resolutions.stale(recorded)]

    def _is_taken_back(self, recorded: Conflict) -> bool:
        """Return whether an open conflict that is not found again is gone, because no contribution waits for it."""
        waits = recorded.kind == ConflictKind.KEY_CHANGE or (
            is_of(recorded.kind, "schema") and self._waits(recorded.table, recorded.field)
        )
        left = any(side.batch in self.absent for side in recorded.sides)
        return recorded.status is Status.OPEN and not (waits and left)

    def of_schema(self) -> dict[str, Conflict]:
        """Give the open conflicts about columns, by their ids."""
        return {c.conflict_id: c for c in self.conflicts if c.status is Status.OPEN and is_of(c.kind, "schema")}

    @cached_property
    def _is_again(self) -> str:
        """Write the condition that people disagree about a cell about the work: then all claims on it count."""
        places = [(c.table, c.row_id, c.field) for c in _kept_by_the_row(self.conflicts)]
        return f'("table", row_id, field) IN ({", ".join(map(_tuple, places))})' if places else "false"

    @property
    def unattributed(self) -> list[Conflict]:
        """Give the conflicts about errors that no contribution caused."""
        wrong = (c for c in self.conflicts if c.status is Status.OPEN and is_of(c.kind, "constraint"))
        return [c for c in wrong if not any(side.contributor for side in c.sides)]

    @property
    def asked(self) -> frozenset[tuple[str, str]]:
        """Name the columns with an open conflict about dropping them, if the contributions that fill them are known."""
        drops = [c for c in self.conflicts if c.status is Status.OPEN and c.kind == ConflictKind.COLUMN_DROP_EDIT]
        return frozenset((c.table, c.field) for c in drops if all(side.contributor for side in c.sides))

    def edited(self, batches: Sequence[Batch]) -> list[Batch]:
        """Remove changes of schemas from contributions if they were decided before."""
        decided = {
            (c.table, c.field, side.batch, side.value)
            for c in self.conflicts
            if c.status is Status.RESOLVED and is_of(c.kind, "schema")
            for side in c.sides
        }
        return [replace(batch, manifest={**batch.manifest, "schema": _left(batch, decided)}) for batch in batches]


def _left(batch: Batch, decided: Collection[tuple[str, str, str, str | None]]) -> dict[str, dict[str, Any]]:
    left: dict[str, dict[str, Any]] = {}
    for table, edits in batch.schema_edits.items():
        drop = [name for name in edits.get("drop", ()) if (table, name, batch.name, None) not in decided]
        add = [one for one in edits.get("add", ()) if (table, one["name"], batch.name, as_text(one)) not in decided]
        left[table] = {"drop": drop, "add": add}
    return left


def _as_recorded(found: Conflict, recorded: Conflict | None) -> Conflict:
    """List a conflict as before, if it has the same question and the same sides."""
    same = (
        recorded is not None
        and recorded.inputs_hash == found.inputs_hash
        and _claimants(recorded.sides) == _claimants(found.sides)
    )
    if recorded is None or not same or is_of(found.kind, "decision"):
        return found
    return replace(found, kind=recorded.kind, sides=recorded.sides, message=recorded.message)


def _claimants(sides: Iterable[Side]) -> list[Side]:
    return sorted((side for side in sides if side.contributor), key=lambda side: (side.order, side.source_id))


def _by(lines: Iterable[Mapping[str, Any]], name: str) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for line in lines:
        found.setdefault(line[name], []).append(line)
    return found


@dataclass
class _Again:
    """The open claims on one row of contributions that have gone; `current` is the published row."""

    remembered: Remembered
    table: str
    row_id: str
    current: Mapping[str, Any] | None
    ranks: Mapping[str, int]

    def take(self, lines: Lines) -> None:
        """Add them to the claims of this merge."""
        asked = self.remembered.by_place.get((self.table, self.row_id, ""))
        late = bool(asked and any(not side.contributor and side.value == "published" for side in asked.sides))
        known = [line for line in lines if not line["field"] or line["field"] in self._policy.fields]
        fallen = [line for line in known if self.ranks[line["batch"]] == PUBLISHED]
        self._put(CLAIMS, [(*self._claim(line)[:4], None, *self._claim(line)[5:]) for line in fallen])
        known = [line for line in known if line not in fallen]
        if self.current is None and not (asked and asked.kind == ConflictKind.DELETE_EDIT):
            self._put(ADDS, list(self._added([line for line in known if line["field"]])))
            known = [line for line in known if not line["field"]]
        elif self.current is None:
            self._put(RESTORED, list(self._restored(known)))
        self._put(CLAIMS, [self._claim(line) for line in known if line["field"]])
        self._put(DELETIONS, [self._deletion(line) for line in known if not line["field"]])
        ranks = sorted({self.ranks[line["batch"]] for line in known}) if late and self.current is not None else []
        self._put(LATE, [(rank, self.row_id, "", None, None) for rank in ranks])  # what they saw is not known
        self._put(ORIGINS, [self._origin(line) for line in lines if line["original_value"]])
        other = {self.ranks[line["batch"]] for line in lines if _is_renamed(line)}
        self._put(RENAMED, [(rank, self.row_id) for rank in sorted(other)])

    def add(self, batch: str, called: str | None) -> None:
        """Make a contribution add the row without cells, if it is not published by now."""
        table = self._policy.table
        keys = dict(zip(table.primary_key, key_of(self.row_id), strict=True))
        if self.current is None:
            self._put(ADDS, [(self.ranks[batch], called, self.row_id, *map(keys.get, table.field_names))])
            renamed = called is not None and not called.startswith("local:")
            self._put(RENAMED, [(self.ranks[batch], self.row_id)] if renamed else [])

    @property
    def _policy(self) -> Any:  # noqa: ANN401
        return self.remembered.claims.policies[self.table]

    def _put(self, staged: EngineTable, rows: Sequence[tuple[Any, ...]]) -> None:
        put_rows(self.remembered.claims.engine, staged, rows, self._policy.table)

    def _claim(self, line: Mapping[str, Any]) -> tuple[Any, ...]:
        rank, name = self.ranks[line["batch"]], line["field"]
        return (rank, self.row_id, name, line["value"], self._seen(line), line["original_row_id"], line["source_id"])

    def _deletion(self, line: Mapping[str, Any]) -> tuple[Any, ...]:
        rank = self.ranks[line["batch"]]
        return (rank, self.row_id, line["reason"], line["source_id"], line["original_row_id"])

    def _origin(self, line: Mapping[str, Any]) -> tuple[Any, ...]:
        rank, field_name = self.ranks[line["batch"]], line["field"]
        return (rank, self.row_id, line["original_row_id"], field_name, line["original_value"], line["value"])

    def _seen(self, line: Mapping[str, Any]) -> str | None:
        """Give the value that the contribution may have seen: the published one, unless it was a separate side."""
        now = self.current[line["field"]] if self.current is not None else None
        asked = self.remembered.by_place.get((self.table, self.row_id, line["field"]))
        if asked is None or not took_part(
            asked, now, partial(self.remembered.claims.forms[self.table].of, asked.field)
        ):
            return now
        rule = self._policy.fields[line["field"]]
        if rule.role is Role.SET:  # so that elements that are both added and removed stay so
            known = set().union(*(elements(side.value, rule.separator) for side in asked.sides))
            rest = sorted(known - set(elements(line["value"], rule.separator)))
            return str(rule.separator.join([*rest, _NEVER]))
        return _NEVER

    def _added(self, lines: Lines) -> Iterator[tuple[Any, ...]]:
        table = self._policy.table
        keys = dict(zip(table.primary_key, key_of(self.row_id), strict=True))
        for of_batch in _by(lines, "batch").values():
            for original, of_row in _by(of_batch, "original_row_id").items():
                values = {**keys, **{line["field"]: line["value"] for line in of_row}}
                rank = self.ranks[of_row[0]["batch"]]
                yield (rank, original, self.row_id, *(values.get(name) for name in table.field_names))

    def _restored(self, lines: Lines) -> Iterator[tuple[Any, ...]]:
        """Give the row as it was when it was deleted, for each batch that would restore it."""
        table, engine = self._policy.table, self.remembered.claims.engine
        keys = dict(zip(table.primary_key, key_of(self.row_id), strict=True))
        query = (
            f"SELECT field, arg_max(value, (starts_with(batch, 'published@'), batch)) AS value FROM {PROVENANCE_CELLS} "
            f'WHERE "table" = {literal(self.table)} AND row_id = {literal(self.row_id)} AND status = {_SUPERSEDED} '
            "AND field IS NOT NULL GROUP BY field"
        )
        values = {**keys, **{row["field"]: row["value"] for row in engine.rows(query)}}
        for batch in sorted({line["batch"] for line in lines if line["field"]}):
            original = next(line["original_row_id"] for line in lines if line["batch"] == batch)
            yield (self.ranks[batch], original, self.row_id, *(values.get(name) for name in table.field_names))


def _same_row(staged: EngineTable) -> str:
    """Write the condition that a recorded claim is on a row of an engine table, under whichever of its ids."""
    return (
        f"recorded.rank = staged.{staged.rank} "
        f"AND (recorded.row_id = staged.{staged.original} OR recorded.row_id = staged.{ID} "
        f"AND recorded.original IS NOT DISTINCT FROM staged.{staged.original})"
    )


def _is_renamed(line: Mapping[str, Any]) -> bool:
    return bool(line["original_row_id"]) and not str(line["original_row_id"]).startswith("local:")
