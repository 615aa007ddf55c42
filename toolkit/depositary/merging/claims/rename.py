"""Rewrite ids that are no longer used, in the published rows and in all claims: docs/merge-rules.md, "Identity"."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from depositary.engine.sql import literal, quoted
from depositary.merging.claims.engine_tables import (
    ADDS,
    CLAIMS,
    CURRENT,
    DELETIONS,
    DONE,
    FALLEN,
    ID,
    LATE,
    ORIGINAL,
    ORIGINS,
    PROVENANCE_CELLS,
    PROVENANCE_ROWS,
    RANK,
    RANKS,
    RENAMED,
    RENAMING,
    RESTATED,
    RESTORED,
    REWRITTEN,
    TEXTS,
    EngineTable,
)
from depositary.merging.claims.extract import Claims, renamed
from depositary.merging.claims.identity import Identity
from depositary.merging.claims.mint import IdMaps
from depositary.merging.claims.ranks import PUBLISHED, WITH_NEW_ID
from depositary.merging.claims.staged import keep, make, put_query, put_rows, with_id
from depositary.model.provenance import ClaimStatus, RowStatus
from depositary.model.role import Role

_RANK = pl.lit(PUBLISHED, pl.Int32).alias(RANK)


def rename(claims: Claims, identity: Identity) -> None:
    """Rewrite the ids of all clusters to their canonical ones."""
    maps = {table: {old: to.canonical_id for old, to in of.items()} for table, of in identity.redirects.items()}
    names = IdMaps(claims.policies, maps)
    if not names:
        return
    for table, policy in sorted(claims.policies.items()):
        columns = names.columns(table)
        records = [f.name for f in policy.fields.values() if f.role is Role.RECORD]
        if (columns or records) and policy.key:
            claims.require(table)
            _Table(claims, names, table, columns, records).rename()


class _Table:
    """The staging tables of one table whose ids are rewritten."""

    def __init__(
        self, claims: Claims, names: IdMaps, table: str, columns: Mapping[str, Mapping[str, str]], records: list[str]
    ) -> None:
        self._claims, self._names, self._table = claims, names, table
        self._engine, self._policy = claims.engine, claims.policies[table]
        self._columns, self._records = columns, records

    def rename(self) -> None:
        """Rewrite the published rows first, then the claims: rows that become one row become claims on it."""
        staying = self._published()
        for staged in self._claims.with_rows(self._table, ADDS, RESTORED):
            self._rows_of(staged)
        if self._claims.has(DELETIONS, self._table):
            self._accept_deletions(staying)
        for staged in self._claims.with_rows(self._table, CLAIMS, RESTATED, LATE, DELETIONS, ORIGINS):
            self._ids_in(staged)
        self._values()

    def _affected(self) -> str:
        """Write the condition that an id in a row may have to be rewritten."""
        some = [f"{quoted(name)} IN ({', '.join(map(literal, ids))})" for name, ids in self._columns.items()]
        some += [f"{quoted(name)} IS NOT NULL" for name in self._records]
        return " OR ".join(some)

    def _taken_out(self, staged: EngineTable) -> pl.DataFrame:
        """Remove the rows that may have to be rewritten from an engine table, and give them."""
        affected = f"FROM {staged.of(self._table)} WHERE {self._affected()}"
        batches = list(self._engine.batches(f"SELECT * {affected}"))
        frame = pl.DataFrame(pl.from_arrow(batches)) if batches else pl.DataFrame()
        if len(frame):
            self._engine.run(f"DELETE {affected}")
        return frame

    def _rows_of(self, staged: EngineTable) -> None:
        before = self._taken_out(staged)
        if len(before):
            after = with_id(self._names.rewrite(before, self._table), self._policy.key).select(before.columns)
            if ORIGINAL in before.columns:
                after = renamed(before, after, self._policy.key).select(before.columns)
            put_rows(self._engine, staged, after, self._policy.table)
            self._note(before, after, before[RANK], values=staged is ADDS)

    def _note(self, before: pl.DataFrame, after: pl.DataFrame, ranks: pl.Series, *, values: bool = True) -> None:
        """Store the earlier values of the rewritten ids."""
        called = after[ORIGINAL] if ORIGINAL in after.columns else before[ID].set(before[ID] == after[ID], None)
        changes = []
        for name in ("", *(self._policy.fields if values else ())):
            was, now = before[name or ID], after[name or ID]
            columns = {"rank": ranks, ID: after[ID], "called": called, "field": [name] * len(was)}
            changes.append(pl.DataFrame({**columns, "original": was, "value": now}).filter(was.ne_missing(now)))
        put_rows(self._engine, RENAMED, changes[0], self._table)
        put_rows(self._engine, ORIGINS, pl.concat(changes[1:]) if changes[1:] else changes[0].clear(), self._table)

    def _renamed_ids(self, staged: EngineTable) -> dict[str, str]:
        rows = self._engine.rows(f"SELECT DISTINCT {ID} AS id FROM {staged.of(self._table)}")
        found = [row["id"] for row in rows]
        new = {one: self._names.record(self._table, one) for one in found}
        return {one: other for one, other in new.items() if one != other}

    def _accept_deletions(self, staying: Collection[str]) -> None:
        """Accept the deletion of a row that became part of another one; it must not delete that one."""
        before = self._claims.recorded_rows(
            self._table
        )  # nothing is recorded of another id: a published row had it before
        new = {old: to for old, to in self._renamed_ids(DELETIONS).items() if old not in staying}
        effective = {} if not before else {old: to for old, to in new.items() if old not in before}
        gone: list[tuple[str, str, str | None]] = [(old, to, None) for old, to in new.items() if old not in effective]
        gone += [one for one in self._without_effect() if one[0] in effective]
        if gone:
            make(self._engine, RENAMING)
            put_rows(self._engine, RENAMING, gone)
            staged = DELETIONS.of(self._table)
            keep(
                self._engine,
                FALLEN,
                f"SELECT staged.*, canonical FROM {staged} AS staged JOIN {RANKS} AS ranks USING (rank) "
                f"JOIN {RENAMING} AS renaming ON staged.{ID} = old "
                "AND coalesce(renaming.batch, ranks.batch) = ranks.batch",
            )
            fate = {"status": literal(ClaimStatus.ACCEPTED), "decision": "''", "contributor": "''"}
            columns = {ID: "canonical", "field": "''", "value": "NULL", "original": ID}
            put_query(self._engine, DONE, DONE.select({**columns, **fate}, f"FROM {FALLEN}"), self._table)
            self._engine.run(f"DELETE FROM {staged} WHERE (rank, {ID}) IN (SELECT rank, {ID} FROM {FALLEN})")

    def _without_effect(self) -> list[tuple[str, str, str]]:
        """Give the accepted deletions that deleted no row: the id, the id of the row, the batch.

        An id that is not in the provenance is an earlier id of a published row, or that of a row that became part of
        another one in the first merge; this distinguishes the two.
        """
        lines = self._engine.rows(
            f"SELECT DISTINCT original_row_id AS old, row_id, batch FROM {PROVENANCE_CELLS} "
            f'WHERE "table" = {literal(self._table)} AND field IS NULL AND status = {literal(ClaimStatus.ACCEPTED)} '
            f"AND original_row_id IS NOT NULL ORDER BY ALL"
        )
        deletions = [(line["old"], self._names.record(self._table, line["row_id"]), line["batch"]) for line in lines]
        went = self._engine.rows(
            f'SELECT row_id FROM {PROVENANCE_ROWS} WHERE "table" = {literal(self._table)} '
            f"AND status = {literal(RowStatus.DELETED)}"
        )
        gone = {row["row_id"] for row in went}
        return [one for one in deletions if one[1] not in gone]

    def _ids_in(self, staged: EngineTable) -> None:
        new = self._renamed_ids(staged)
        if not new:
            return
        make(self._engine, REWRITTEN)
        put_rows(self._engine, REWRITTEN, new.items())
        name, theirs = staged.of(self._table), f"FROM {REWRITTEN} WHERE staged.{ID} = old"
        called = "called" if staged is ORIGINS else "original" if "original" in staged.columns else ""
        if called:
            self._engine.run(f"UPDATE {name} AS staged SET {called} = coalesce({called}, old) {theirs}")
        if staged is CLAIMS:
            rows = f"FROM {name} AS staged JOIN {REWRITTEN} ON staged.{ID} = old GROUP BY ALL"
            put_query(self._engine, RENAMED, RENAMED.select({ID: "new"}, rows), self._table)
        self._engine.run(f"UPDATE {name} AS staged SET {ID} = new {theirs}")
        self._engine.drop(str(REWRITTEN))

    def _values(self) -> None:
        """Rewrite the ids in claims, and in values of the base, in columns that refer to the rows."""
        texts = [(name, old, new) for name, ids in self._columns.items() for old, new in ids.items()]
        theirs = f"{TEXTS} AS texts WHERE staged.field = texts.field"
        if texts:
            make(self._engine, TEXTS)
            put_rows(self._engine, TEXTS, texts)
        for staged in self._claims.with_rows(self._table, CLAIMS, RESTATED) if texts else ():
            cells = {"called": "staged.original", "original": "staged.value", "value": "texts.new"}
            rows = f"FROM {staged.of(self._table)} AS staged, {theirs} AND staged.value = old"
            put_query(self._engine, ORIGINS, ORIGINS.select(cells, rows, alias="staged"), self._table)
        for staged in self._claims.with_rows(self._table, CLAIMS, RESTATED, LATE) if texts else ():
            for column in ("value", "seen"):
                self._engine.run(
                    f"UPDATE {staged.of(self._table)} AS staged SET {column} = texts.new "
                    f"FROM {theirs} AND staged.{column} = old"
                )
        if self._claims.has(LATE, self._table):
            self._engine.run(f"DELETE FROM {LATE.of(self._table)} WHERE value = seen")

    def _published(self) -> frozenset[str]:
        """Rewrite the published rows, and give the earlier ids of those that stay with another id."""
        self._claims.changeable(self._table)
        before = self._taken_out(CURRENT)
        if not len(before):
            return frozenset()
        after = with_id(self._names.rewrite(before, self._table), self._policy.key).select(before.columns)
        taken = {row["id"] for row in self._engine.rows(f"SELECT {ID} AS id FROM {CURRENT.of(self._table)}")}
        stays = []
        order = sorted(range(len(after)), key=lambda i: (before[ID][i] != after[ID][i], before[ID][i]))
        for index in order:  # a row with an unchanged id comes before one that gets this id
            if after[ID][index] not in taken:
                taken.add(after[ID][index])
                stays.append(index)
        put_rows(self._engine, CURRENT, after[sorted(stays)], self._policy.table)
        joining = [index for index in range(len(after)) if index not in set(stays)]
        if joining:
            put_rows(self._engine, ADDS, _joining(before, after, self._policy.key)[joining], self._policy.table)
        ranks = [PUBLISHED if index in set(joining) else WITH_NEW_ID for index in range(len(after))]
        self._note(before, after, pl.Series(ranks, dtype=pl.Int32))
        staying = frozenset(before[ID].gather(stays))
        ids = zip(before[ID], after[ID], strict=True)
        self._claims.moved[self._table] = {old: new if old in staying else None for old, new in ids if old != new}
        return staying


def _joining(before: pl.DataFrame, after: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Give published rows in the form of added rows."""
    noted = after.with_columns(_RANK, pl.lit(None, pl.String).alias(ORIGINAL))
    return renamed(before, noted, key)
