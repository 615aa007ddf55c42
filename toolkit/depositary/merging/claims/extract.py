"""Find the claims of each contribution by comparing it with its own base, in the engine.

The tables that it fills are declared in engine_tables.py.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import polars as pl

from depositary.engine.duckdb import ARRIVING, DuckDB
from depositary.engine.sql import literal, quoted
from depositary.errors import UsageError
from depositary.merging.claims.cells import cells
from depositary.merging.claims.engine_tables import (
    ADDS,
    BASE_ID,
    CLAIMS,
    COMPARED,
    CURRENT,
    DELETIONS,
    DONE,
    EQUAL,
    FRESH,
    ID,
    LATE,
    NEW,
    NUMBERED,
    ORIGINAL,
    ORIGINS,
    OWN_BASE,
    PROVENANCE_CELLS,
    PROVENANCE_ROWS,
    RANK,
    RENAMED,
    RESTATED,
    RESTORED,
    ROW,
    SEEN,
    STATED,
    TEXTS,
    EngineTable,
)
from depositary.merging.claims.inputs import Batch, base_lacks
from depositary.merging.claims.mint import IdMaps, left_over, mint
from depositary.merging.claims.policy import TablePolicy
from depositary.merging.claims.staged import (
    Ascending,
    Span,
    StagedRows,
    fields,
    made,
    make,
    put_all,
    put_query,
    put_rows,
    put_through,
    sample,
    spans_of,
    stage,
    tidied,
    with_id,
)
from depositary.merging.claims.stand_in import StandIn
from depositary.merging.claims.updated_base import update_base
from depositary.merging.claims.values import ERASE, NormalisedValues, tidy_cell
from depositary.model.own_tables import CELLS, ROWS
from depositary.model.package import Mode, Package
from depositary.model.provenance import ClaimStatus
from depositary.model.record_id import key_of, record_id
from depositary.model.role import Role
from depositary.model.tidy import tidy

_CLAIMED = (CLAIMS, ADDS, DELETIONS)
# Rows of COMPARED, which has both the contribution's row and that of its own base, where there is one.
_CHANGED, _ADDED = f"{ID} = {BASE_ID}", f"{ID} IS NOT NULL AND {BASE_ID} IS NULL"
_NOT_PLAIN = "[^ -~]|^ | $|\t"  # a value of the base that tidying may change

FrameSource = Callable[[], Iterator[pl.DataFrame]]  # all rows of a contribution's table


@dataclass
class Claims:
    """All claims of all contributions on the tables of one package."""

    engine: DuckDB
    current: Package
    policies: Mapping[str, TablePolicy]
    forms: Mapping[str, NormalisedValues]
    _staged: dict[str, StagedRows] = field(default_factory=dict)
    _claimed: set[str] = field(default_factory=set)
    moved: dict[str, dict[str, str | None]] = field(default_factory=dict)  # the new ids of published rows, by table
    keyed_otherwise: set[tuple[int, str]] = field(default_factory=set)  # ranks and tables with another key
    patches_that_follow: frozenset[int] = frozenset()  # ranks of patches that may take back claims of earlier ones
    followed: Mapping[str, frozenset[str]] = field(default_factory=dict)  # the names of earlier batches, by batch
    named: Mapping[str, frozenset[str]] = field(default_factory=dict)  # those of them that are named in manifests
    local_names: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)  # by batch and table

    @property
    def tables(self) -> list[str]:
        """Name the tables on which there are claims."""
        return sorted(self._claimed)

    def published(self, table: str) -> str:
        """Give the engine table of a published table."""
        if table not in self._staged:
            resource = replace(self.current[table], table=self.policies[table].table)
            self._staged[table] = stage(self.engine, resource)
        return CURRENT.of(table)

    def changeable(self, table: str) -> str:
        """Give the same, so that its rows can be changed."""
        published = self.published(table)
        self.engine.hold(published)
        self._staged[table] = StagedRows(self._staged[table].count)
        return published

    @property
    def counted(self) -> dict[str, int]:
        """Count the published rows, by table."""
        return {table: staged.count for table, staged in self._staged.items()}

    def spans(self, table: str, column: str) -> Sequence[Span]:
        """Divide a table, with its changes laid over, into parts of few rows, in the order of a column."""
        self.published(table)
        published = self._staged[table].samples.get(column, ())
        return spans_of([*published, *sample(self.engine, FRESH.of(table), column)])

    def has(self, staged: EngineTable, table: str) -> bool:
        """Return whether the engine table of a table has, or had, rows."""
        return self.engine.has_rows(staged.of(table))

    def made(self, staged: EngineTable, table: str) -> str:
        """Give the name of an engine table of a table, which is made if it is not there."""
        return made(self.engine, staged, self.policies[table].table)

    def with_rows(self, table: str, *staged_tables: EngineTable) -> list[EngineTable]:
        """Give those of some engine tables of a table that have, or had, rows."""
        return [staged for staged in staged_tables if self.has(staged, table)]

    def recorded_rows(self, table: str) -> frozenset[str]:
        """Name the rows of a table in the provenance of the published package."""
        query = f'SELECT row_id FROM {PROVENANCE_ROWS} WHERE "table" = {literal(table)}'
        return frozenset(row["row_id"] for row in self.engine.rows(query))

    def recorded_contributors(self) -> set[str]:
        """Name the contributors and deciders in the provenance of the published package."""
        resources = [self.current[name] for name in (ROWS, CELLS) if name in self.current]
        frames = (frame for resource in resources for frame in fields(resource))
        return {who for frame in frames for who in frame["contributor"].drop_nulls().unique()}

    def _is_known(self, batch: Batch, table: str) -> bool:
        """Return whether a contribution uses the same key for the rows of a table as the published package."""
        known = batch.base.get(table)
        if known is None or known.table.primary_key == self.policies[table].table.primary_key:
            return True
        self.keyed_otherwise.add((batch.rank, table))
        return False

    def require(self, table: str) -> None:
        """Count a table among those on which there are claims, and read its published rows."""
        self._claimed.add(table)
        self.published(table)

    # One contribution

    def is_now(self, batch: Batch) -> bool:
        """Return whether the own base of a contribution is the published package."""
        return batch.base is self.current and not batch.compared_with_current

    def take(self, batch: Batch) -> None:
        """Store the claims of a contribution.

        Raises:
            UsageError: an id in it is not certain, or the content of its own base is not known.
            UnreadableFile: a file of it cannot be read.
        """
        _require_columns_known(batch)
        for table in batch.schema_edits:
            self._is_known(batch, table)
        if batch.mode is Mode.PATCH:
            self._take_patch(batch)
        else:
            for table in (table for table in batch.tables if self._is_known(batch, table)):
                self._take_table(batch, table, partial(self._frames, batch, table, self.policies[table].key))
                self._tidy(table, batch.rank)

    def _frames(self, batch: Batch, table: str, tidy_ones: Sequence[str]) -> Iterator[pl.DataFrame]:
        """Give the rows of a file, with some columns normalised."""
        policy = self.policies[table]
        for frame in fields(batch.tables[table]):
            blank = pl.lit(None, pl.String)
            columns = [n if n in frame.columns else blank.alias(n) for n in policy.table.field_names]
            yield tidied(frame.select([ROW, blank.alias(ORIGINAL), *columns]), policy, tidy_ones)

    def _take_patch(self, batch: Batch) -> None:
        """Store the claims of a patch: first, its local names are replaced by minted ids."""
        frames = {
            table: pl.concat(self._frames(batch, table, self.policies[table].table.field_names))
            for table in batch.tables
            if table in self.policies and self._is_known(batch, table)
        }
        names = mint(batch.contributor, batch.name, frames, self.policies, self._known_names(batch))
        self.local_names[batch.name] = names.maps
        for table, frame in frames.items():
            rewritten = renamed(frame, names.rewrite(frame, table), self.policies[table].key) if names else frame
            self._refuse_left_over(batch, table, rewritten)
            self._take_table(batch, table, partial(iter, [rewritten]))
            if names:
                self._note_origins(batch.rank, table, frame, rewritten)
        if batch.deletes:
            self._take_deletes(batch, names)

    def _known_names(self, batch: Batch) -> dict[str, dict[str, str]]:
        """Give the `local:` names of the batches that a batch follows, by table; the first batch with a name counts."""
        found: dict[str, dict[str, str]] = {}
        earlier = self.named.get(batch.name, frozenset())
        for name in sorted(earlier, key=lambda name: (len(self.named.get(name, ())), name)):
            for table, ids in self.local_names.get(name, {}).items():
                found[table] = {**ids, **found.get(table, {})}
        if not earlier:
            return found
        recorded = " UNION ".join(
            f'SELECT "table", original_row_id AS local, row_id AS id FROM {recorded} '
            f"WHERE starts_with(original_row_id, 'local:') AND batch IN ({', '.join(map(literal, sorted(earlier)))})"
            for recorded in (PROVENANCE_ROWS, PROVENANCE_CELLS)
        )
        for row in self.engine.rows(f"{recorded} ORDER BY ALL"):
            found.setdefault(row["table"], {}).setdefault(row["local"], row["id"])
        return found

    def _refuse_left_over(self, batch: Batch, table: str, frame: pl.DataFrame) -> None:
        for _, column, value, row in left_over({table: frame}, self.policies):
            raise UsageError(
                f"{batch.name}: {table}, row {row}, {column}: {value} is not the name of a row in this contribution. "
                "Add the row, or correct the name."
            )

    def _take_table(self, batch: Batch, table: str, frames: FrameSource) -> None:
        self.require(table)
        policy = self.policies[table]
        base = self.own_base(batch, table)
        ascending = Ascending()
        rows = ascending.watched(with_id(frame, policy.key) for frame in frames())
        differing = self._compare(batch, policy, rows, base)
        if not ascending.holds:
            self._refuse_twice(batch, policy, frames)
        if differing:
            self._note_claims(batch, policy)
        if batch.rank in self.patches_that_follow:
            self._note_restated(batch, policy, frames(), base)
        if not self.is_now(batch):
            self._note_late(batch.rank, policy, base)
            self.engine.drop(base)
        self.engine.drop(str(COMPARED))

    def own_base(self, batch: Batch, table: str) -> str:
        """Give the engine table with a table as a contribution saw it; it stays until the next contribution.

        Published values from batches that a patch follows are applied to it, because its contributor has seen them;
        superseded batches are left out.
        """
        if self.is_now(batch):
            return self.published(table)
        base = self._stage_base(batch, table)
        earlier = self.followed.get(batch.name)
        if earlier and batch.mode is Mode.PATCH and not batch.withdrawn:
            update_base(self, table, earlier)
        return base

    def _stage_base(self, batch: Batch, table: str) -> str:
        if batch.compared_with_current:
            version = str(batch.manifest["base"]["version"])
            return StandIn(self.engine, self.current, version).stage(self.policies[table], self.published(table))
        resource = batch.base.get(table)
        of = self.policies[table].table
        if resource is None:
            make(self.engine, OWN_BASE, of)
            return OWN_BASE.of(table)
        known = [name for name in of.field_names if name in resource.table.field_names]
        absent = [pl.lit(None, pl.String).alias(name) for name in of.field_names if name not in known]
        frames = (frame.with_columns(absent).select([ROW, *of.field_names]) for frame in fields(resource))
        put_all(self.engine, OWN_BASE, (with_id(frame, of.primary_key).drop(ROW) for frame in frames), of)
        return OWN_BASE.of(table)

    def _refuse_twice(self, batch: Batch, policy: TablePolicy, frames: FrameSource) -> None:
        """Refuse two rows with the same key, which tidying and minting can cause."""
        make(self.engine, NUMBERED)
        put_all(self.engine, NUMBERED, (with_id(frame, policy.key).select(ROW, ID) for frame in frames()))
        twice = f"SELECT {ID} AS id FROM {NUMBERED} GROUP BY {ID} HAVING count(*) > 1 ORDER BY {ID} LIMIT 1"
        for found in list(self.engine.rows(twice)):
            numbers = f"SELECT {ROW} AS row FROM {NUMBERED} WHERE {ID} = {literal(found['id'])} ORDER BY {ROW}"
            rows = ", ".join(str(row["row"]) for row in self.engine.rows(numbers))
            raise UsageError(
                f"{batch.name}: {policy.name}: rows {rows} have the same key, {found['id']}. Keep one of them."
            )
        self.engine.drop(str(NUMBERED))

    def _compare(self, batch: Batch, policy: TablePolicy, frames: Iterator[pl.DataFrame], base: str) -> int:
        """Keep and count the rows that differ or are only on one side, while they are read; for a patch, its rows."""
        table = policy.table
        columns = {BASE_ID: f"base.{ID}", **{NEW + n: f"con.{quoted(n)}" for n in table.field_names}}
        columns |= {SEEN + n: f"base.{quoted(n)}" for n in table.field_names}
        some = " OR ".join(_differs(name, batch.mode) for name in self._compared(batch, policy)) or "false"
        rows = (
            f"FROM {ARRIVING} AS con {'LEFT' if batch.mode is Mode.PATCH else 'FULL'} JOIN {base} AS base "
            f"ON con.{ID} = base.{ID} WHERE con.{ID} IS NULL OR base.{ID} IS NULL OR {some}"
        )
        compared = COMPARED.keep(COMPARED.select(columns, rows, table, "con"), table)
        return put_through(self.engine, str(COMPARED), compared, frames)

    def _note_claims(self, batch: Batch, policy: TablePolicy) -> None:
        """Store the cells that differ, the new rows and, for a snapshot, the missing rows."""
        table, rank, mode = policy.table, str(batch.rank), batch.mode
        compared = self._compared(batch, policy)
        if compared:
            put_query(self.engine, CLAIMS, _claimed(batch, policy, compared), policy.name)
        if not self.is_now(batch):
            self._note_restored(policy, rank)
        values = {n: quoted(NEW + n) if n in policy.key else _erased(quoted(NEW + n), mode) for n in table.field_names}
        added = ADDS.select({RANK: rank, **values}, f"FROM {COMPARED} WHERE {_ADDED}", table)
        put_query(self.engine, ADDS, added, table)
        if mode is Mode.SNAPSHOT:
            not_given = {"reason": "NULL", "source": "NULL", "original": "NULL"}
            gone = f"FROM {COMPARED} WHERE {ID} IS NULL AND {BASE_ID} IS NOT NULL"
            deleted = DELETIONS.select({"rank": rank, ID: BASE_ID, **not_given}, gone)
            put_query(self.engine, DELETIONS, deleted, policy.name)

    def _note_restated(self, batch: Batch, policy: TablePolicy, frames: Iterator[pl.DataFrame], base: str) -> None:
        """Store the cells that are equal to the own base: a later batch may take back an earlier one like this."""
        table = policy.table
        make(self.engine, STATED, table)
        rows = (with_id(frame, policy.key).select(ID, ORIGINAL, *table.field_names) for frame in frames)
        put_all(self.engine, STATED, rows, table)
        names = self._compared(batch, policy)
        if not names:
            return
        source = _erased(f"con.{quoted(policy.source)}", batch.mode) if policy.source else "NULL"
        kept = (ID, f"con.{ORIGINAL} AS original", f"{source} AS source")
        seen = {name: f"base.{quoted(name)}" for name in names}
        stated = cells(names, f"{STATED} AS con JOIN {base} AS base USING ({ID})", *kept, alias="con", seen=seen)
        same = f"each.value IS NOT NULL AND NOT ({_differing('each.value', 'each.seen', batch.mode)})"
        values = {"rank": str(batch.rank), "value": _erased("each.value", batch.mode)}
        put_query(
            self.engine,
            RESTATED,
            RESTATED.select(values, f"FROM ({stated}) AS each WHERE {same}", alias="each"),
            table.name,
        )

    def _tidy(self, table: str, rank: int) -> None:
        """Normalise the claims of a snapshot; these are far fewer than all of its cells."""
        policy = self.policies[table]
        sets = [name for name, rule in policy.fields.items() if rule.role is Role.SET]
        in_set = f"field IN ({', '.join(map(literal, sets))})" if sets else "false"
        claimed = [
            cells(policy.fields, f"{ADDS.of(table)} WHERE {RANK} = {rank}")
            if staged is ADDS
            else f"SELECT field, value FROM {CLAIMS.of(table)} WHERE rank = {rank}"
            for staged in self.with_rows(table, CLAIMS, ADDS)
        ]
        if not claimed or not policy.fields:
            return
        odd = f"value IS NOT NULL AND (regexp_matches(value, {literal(_NOT_PLAIN)}) OR {in_set})"
        rows = self.engine.rows(f"SELECT DISTINCT field, value FROM ({' UNION ALL '.join(claimed)}) WHERE {odd}")
        known = {(row["field"], row["value"]): tidy_cell(policy.fields[row["field"]], row["value"]) for row in rows}
        if self.has(CLAIMS, table):
            self._replace(CLAIMS.of(table), "value", f"rank = {rank} AND staged.field = texts.field", known)
        for name in {name: None for name, _ in known} if self.has(ADDS, table) else ():
            texts = {(of, text): tidied for (of, text), tidied in known.items() if of == name and text}
            self._replace(ADDS.of(table), name, f"{RANK} = {rank}", texts)

    def _replace(self, staged: str, column: str, rows: str, texts: Mapping[tuple[str, str], str | None]) -> None:
        changed = [(field, old, new) for (field, old), new in texts.items() if old != new]
        if changed:
            make(self.engine, TEXTS)
            put_rows(self.engine, TEXTS, changed)
            self.engine.run(
                f"UPDATE {staged} AS staged SET {quoted(column)} = texts.new FROM {TEXTS} AS texts "
                f"WHERE {rows} AND staged.{quoted(column)} = texts.old"
            )

    def _compared(self, batch: Batch, policy: TablePolicy) -> list[str]:
        return [name for name in policy.fields if self._takes_part(batch, policy.name, name)]

    def _takes_part(self, batch: Batch, table: str, name: str) -> bool:
        """Return whether a contribution can have claims on a field: its file and its own base have the field."""
        known = batch.base.get(table)
        dropped = batch.schema_edits.get(table, {}).get("drop", ())
        added = (field["name"] for field in batch.schema_edits.get(table, {}).get("add", ()))
        return name not in dropped and (known is None or name in known.table.field_names or name in added)

    def _note_restored(self, policy: TablePolicy, rank: str) -> None:
        """Store the row as an editor saw it, if it is no longer published."""
        values = {n: quoted((NEW if n in policy.key else SEEN) + n) for n in policy.table.field_names}
        rows = f"FROM {COMPARED} WHERE {_CHANGED} AND {ID} NOT IN (SELECT {ID} FROM {CURRENT.of(policy.name)})"
        restored = RESTORED.select({RANK: rank, **values}, rows, policy.table)
        put_query(self.engine, RESTORED, restored, policy.table)

    def _note_late(self, rank: int, policy: TablePolicy, base: str) -> None:
        """Store the rows with claims that have changed since the own base of the contribution.

        Of the facts about the work, only those are stored that were blank and have been filled.
        """
        table = policy.name
        claimed = " UNION ".join(
            f"SELECT {ID} FROM {one.of(table)} WHERE {one.rank} = {rank}"
            for one in self.with_rows(table, CLAIMS, ADDS, DELETIONS, RESTATED)
        )
        if not claimed:
            return
        rows = f"{CURRENT.of(table)} AS current LEFT JOIN {base} AS base USING ({ID}) WHERE {ID} IN ({claimed})"
        seen = {name: f"base.{quoted(name)}" for name in policy.fields}
        is_new = f"base.{ID} IS NULL AS is_new"
        now = cells((None, *policy.fields), rows, ID, is_new, alias="current", seen=seen)
        work = [name for name, rule in policy.fields.items() if not rule.is_edit]
        is_edit = f"each.field NOT IN ({', '.join(map(literal, work))})" if work else "true"
        since = f"each.seen IS DISTINCT FROM each.value AND (each.seen IS NULL OR {is_edit})"
        of_row = "CASE WHEN each.field IS NULL THEN is_new ELSE NOT is_new END"
        late = f"FROM ({now}) AS each WHERE {of_row} AND (each.field IS NULL OR {since})"
        put_query(self.engine, LATE, LATE.select({"rank": str(rank)}, late, alias="each"), table)

    def _note_origins(self, rank: int, table: str, before: pl.DataFrame, after: pl.DataFrame) -> None:
        policy = self.policies[table]
        named = with_id(after, policy.key)
        frames = []
        for name in policy.fields:
            was, now = before[name], after[name]
            changed = was.ne_missing(now)
            if changed.any():
                columns = {"rank": rank, ID: named[ID], "called": named[ORIGINAL], "field": name}
                frames.append(pl.DataFrame({**columns, "original": was, "value": now}).filter(changed))
        if frames:
            put_rows(self.engine, ORIGINS, pl.concat(frames), table)

    def _take_deletes(self, batch: Batch, names: IdMaps) -> None:
        resource = batch.deletes
        found: dict[str, list[tuple[str, str | None, str | None, str | None]]] = {}
        for frame in fields(resource) if resource else ():
            for table, name, reason, source in frame.select("table", "record_id", "reason", "source_id").iter_rows():
                row_id = record_id(map(tidy, key_of(tidy(name))))
                minted = names.record(tidy(table), row_id)
                called = row_id if minted != row_id else None
                deletion = (minted, reason and tidy(reason), source and tidy(source), called)
                found.setdefault(tidy(table), []).append(deletion)
        for table, rows in found.items():
            if not self._is_known(batch, table):
                continue
            self.require(table)
            put_rows(self.engine, DELETIONS, ((batch.rank, *row) for row in rows), table)
            if not self.is_now(batch):
                base = self.own_base(batch, table)
                self._note_late(batch.rank, self.policies[table], base)
                self.engine.drop(base)

    # All claims

    def settle_forms(self, recorded: Collection[int] = ()) -> None:
        """Remove claims that are equal to the value that the contribution saw, but written differently.

        Changes since the base are dropped too if the published value is equal. For the ranks in `recorded`, the value
        that they saw is not known, only that it was different.
        """
        own = f"rank NOT IN ({', '.join(map(str, sorted(recorded)))})" if recorded else "true"
        for table, staged in ((t, staged) for t in self.tables for staged in self.with_rows(t, CLAIMS, LATE)):
            forms = self.forms[table]
            typed = [name for name in self.policies[table].fields if not forms.is_text(name)]
            wanted = f"regexp_matches(seen, {literal(_NOT_PLAIN)})"
            if typed:
                wanted += f" OR field IN ({', '.join(map(literal, typed))})"
            pairs = self.engine.rows(
                f"SELECT DISTINCT field, value, seen FROM {staged.of(table)} "
                f"WHERE value IS NOT NULL AND seen IS NOT NULL AND ({wanted}) AND {own}"
            )
            equal = [p for p in pairs if forms.of(p["field"], p["value"]) == forms.of(p["field"], p["seen"])]
            self._drop(staged, table, equal, own)

    def withdraw(self, ranks: Sequence[int]) -> None:
        """Set the claims of some contributions aside; they are kept but no longer take part."""
        for table in self.tables if ranks else ():
            self.put_aside(table, None, ClaimStatus.SUPERSEDED, ranks=ranks)
            theirs = f"IN ({', '.join(map(str, ranks))})"
            for staged in self.with_rows(table, LATE, RENAMED, RESTORED):
                self.engine.run(f"DELETE FROM {staged.of(table)} WHERE {staged.rank} {theirs}")
            superseded = f"status = {literal(ClaimStatus.SUPERSEDED)}"
            if self.has(DONE, table):
                self.engine.run(f"UPDATE {DONE.of(table)} SET {superseded} WHERE {DONE.rank} {theirs}")

    def put_aside(
        self,
        table: str,
        name: str | None,
        status: ClaimStatus,
        *,
        ranks: Sequence[int] = (),
        decision: tuple[str, str] = ("", ""),
    ) -> None:
        """Store the status of claims that take no part: those of some contributions, in one column, or both."""
        policy = self.policies[table]
        source = quoted(policy.source) if policy.source else "NULL"
        theirs = {one: f"{one.rank} IN ({', '.join(map(str, ranks))})" if ranks else "true" for one in _CLAIMED}
        fate = {"status": literal(status), "decision": literal(decision[0]), "contributor": "''"}
        of_cells = {**fate, "reason": literal(decision[1])}
        if self.has(CLAIMS, table):
            there = f"{CLAIMS.of(table)} WHERE {theirs[CLAIMS]} AND {f'field = {literal(name)}' if name else 'true'}"
            self._move(table, of_cells, there)
        if self.has(ADDS, table):
            adds, columns = f"{ADDS.of(table)} WHERE {theirs[ADDS]}", [name] if name else policy.fields
            kept = (f"{RANK} AS rank", ID, f"{ORIGINAL} AS original", f"{source} AS source")
            filled = f"FROM ({cells(columns, adds, *kept)}) AS each WHERE value IS NOT NULL"
            put_query(self.engine, DONE, DONE.select(of_cells, filled), table)
            self.engine.run(
                f"UPDATE {ADDS.of(table)} SET {quoted(name)} = NULL WHERE {theirs[ADDS]}"
                if name
                else f"DELETE FROM {adds}"
            )
        if not name and self.has(DELETIONS, table):
            self._move(
                table, {**fate, "field": "''", "value": "NULL"}, f"{DELETIONS.of(table)} WHERE {theirs[DELETIONS]}"
            )

    def _move(self, table: str, fate: Mapping[str, str], there: str) -> None:
        """Move claims to those whose fate is settled."""
        put_query(self.engine, DONE, DONE.select(fate, f"FROM {there}"), table)
        self.engine.run(f"DELETE FROM {there}")

    def _drop(self, staged: EngineTable, table: str, equal: Sequence[Mapping[str, str]], own: str) -> None:
        if not equal:
            return
        make(self.engine, EQUAL)
        put_rows(self.engine, EQUAL, ((pair["field"], pair["value"], pair["seen"]) for pair in equal))
        if staged is CLAIMS and self.patches_that_follow:
            ranks = ", ".join(map(str, sorted(self.patches_that_follow)))
            rows = f"FROM {CLAIMS.of(table)} JOIN {EQUAL} USING (field, value, seen) WHERE rank IN ({ranks})"
            put_query(self.engine, RESTATED, RESTATED.select({}, rows), table)
        self.engine.run(
            f"DELETE FROM {staged.of(table)} AS staged USING {EQUAL} AS equal WHERE staged.field = equal.field "
            f"AND staged.value = equal.value AND staged.seen = equal.seen AND {own}"
        )
        self.engine.drop(str(EQUAL))


def _require_columns_known(batch: Batch) -> None:
    """Refuse a contribution with values in a column whose content in its own base is not known."""
    for table, gaps in batch.gaps.items():
        resource = batch.tables.get(table)
        dropped = batch.schema_edits.get(table, {}).get("drop", ())
        for name in (name for name in gaps.columns if name not in dropped):
            if resource and (batch.mode is Mode.SNAPSHOT or any(frame[name].count() for frame in fields(resource))):
                raise base_lacks(batch, f"{table}.{name}", "the values of the column before it was dropped")


def renamed(before: pl.DataFrame, after: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Add the earlier ids to rows whose ids were rewritten."""
    was, now = with_id(before, key)[ID], with_id(after, key)[ID]
    known = pl.DataFrame({"was": was, "now": now, "noted": after[ORIGINAL]})
    original = pl.when(pl.col("was") != pl.col("now")).then(pl.coalesce("noted", "was")).otherwise("noted")
    return after.with_columns(known.select(original.alias(ORIGINAL)).to_series())


def _claimed(batch: Batch, policy: TablePolicy, names: Sequence[str]) -> str:
    """Select the cells in which rows of both sides differ."""
    source = _erased(quoted(NEW + policy.source), batch.mode) if policy.source else "NULL"
    seen = {name: quoted(SEEN + name) for name in names}
    kept = (ID, f"{ORIGINAL} AS original", f"{source} AS source")
    both = cells(names, f"{COMPARED} WHERE {_CHANGED}", *kept, prefix=NEW, seen=seen)
    values = {"rank": str(batch.rank), "value": _erased("each.value", batch.mode)}
    return CLAIMS.select(
        values, f"FROM ({both}) AS each WHERE {_differing('each.value', 'each.seen', batch.mode)}", alias="each"
    )


def _erased(column: str, mode: Mode) -> str:
    return f"nullif({column}, {literal(ERASE)})" if mode is Mode.PATCH else column


def _differs(name: str, mode: Mode) -> str:
    return f"({_differing(f'con.{quoted(name)}', f'base.{quoted(name)}', mode)})"


def _differing(new: str, seen: str, mode: Mode) -> str:
    if mode is Mode.PATCH:
        return (
            f"{new} IS NOT NULL AND {new} IS DISTINCT FROM {seen} AND NOT ({new} = {literal(ERASE)} AND {seen} IS NULL)"
        )
    return f"{new} IS DISTINCT FROM {seen}"
