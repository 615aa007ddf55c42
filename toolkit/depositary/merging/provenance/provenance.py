"""The provenance of rows and cells, as lines: docs/merge-rules.md, "Outputs"."""

from collections.abc import Iterator, Mapping

import pyarrow as pa

from depositary.engine.duckdb import DuckDB
from depositary.engine.sql import literal, quoted
from depositary.merging.claims.engine_tables import (
    CURRENT,
    FRESH,
    GONE,
    ID,
    LINES,
    MOVED,
    NEW_CELLS,
    ORIGINAL,
    ORIGINS,
    PROVENANCE_CELLS,
    PROVENANCE_ROWS,
    PUBLISHED_CELLS,
    RANK,
    RANKS,
    SETTLED,
    SOURCE,
)
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.policy import TablePolicy
from depositary.merging.claims.ranks import WITH_NEW_ID
from depositary.merging.claims.staged import fields, put_rows
from depositary.model.package import Package
from depositary.model.provenance import ClaimStatus, RowStatus

_ACCEPTED, _OPEN, _SUPERSEDED = (
    literal(status) for status in (ClaimStatus.ACCEPTED, ClaimStatus.OPEN, ClaimStatus.SUPERSEDED)
)
_PRESENT, _DELETED = literal(RowStatus.PRESENT), literal(RowStatus.DELETED)


def stage_earlier(engine: DuckDB, current: Package) -> None:
    """Put what earlier merges recorded of the published package into the engine."""
    for lines in (PROVENANCE_ROWS, PROVENANCE_CELLS):
        engine.run(lines.create())
        resource = current.get(lines.name)
        for frame in fields(resource) if resource else ():
            put_rows(engine, lines, frame)


class Provenance:
    """The provenance of one merged package, which continues that of the published one."""

    def __init__(self, claims: Claims) -> None:
        self._claims, self._engine = claims, claims.engine
        self._batch = f"published@{claims.current.version}"

    def rank(self, who: Mapping[int, tuple[str, str]]) -> None:
        """Store the contributor and batch of each rank."""
        self._engine.run(RANKS.create())
        put_rows(self._engine, RANKS, ((rank, *names) for rank, names in who.items()))

    @property
    def _merged(self) -> frozenset[str]:
        return frozenset(self._claims.tables)

    def follow(self) -> None:
        """Move lines of earlier merges to the current ids of their rows."""
        for table, ids in sorted(self._claims.moved.items()):
            self._follow(table, ids)

    def _follow(self, table: str, ids: Mapping[str, str | None]) -> None:
        """Move lines of earlier merges to the current ids of their rows; None for rows that are gone."""
        self._engine.run(MOVED.create())
        put_rows(self._engine, MOVED, ids.items())
        where = f'"table" = {literal(table)} AND row_id = old'
        self._engine.run(  # a deleted row whose id another row gets
            f'DELETE FROM {PROVENANCE_ROWS} WHERE "table" = {literal(table)} AND row_id IN (SELECT new FROM {MOVED})'
        )
        accepted = f" AND status = {_ACCEPTED} AND field IS NOT NULL"
        for staged, gone, only in ((PROVENANCE_ROWS, _DELETED, ""), (PROVENANCE_CELLS, _SUPERSEDED, accepted)):
            self._engine.run(f"UPDATE {staged} SET status = {gone} FROM {MOVED} WHERE {where} AND new IS NULL{only}")
            self._engine.run(f"UPDATE {staged} SET row_id = new FROM {MOVED} WHERE {where} AND new IS NOT NULL")

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Give one line for each row of each table, in order."""
        for table, policy in sorted(self._claims.policies.items()):
            if policy.key:
                yield from self._engine.batches(self._rows_of(table, policy))

    def _rows_of(self, table: str, policy: TablePolicy) -> str:
        published = self._claims.published(table)
        gone = f"{ID} IN (SELECT {ID} FROM {GONE.of(table)})" if table in self._merged else "false"
        name = literal(table)
        there = f"SELECT {ID} FROM {published}"
        there += f" UNION ALL SELECT {ID} FROM {FRESH.of(table)}" if table in self._merged else ""
        is_first = "earlier.batch IS NULL"
        line = {
            "table": name,
            "row_id": f"published.{ID}",
            "contributor": f"CASE WHEN {is_first} THEN {_column(policy.contributor)} ELSE earlier.contributor END",
            "batch": f"coalesce(earlier.batch, {literal(self._batch)})",
            "source_id": f"CASE WHEN {is_first} THEN {_column(policy.source)} ELSE earlier.source_id END",
            "status": f"CASE WHEN {gone} THEN {_DELETED} ELSE {_PRESENT} END",
            "original_row_id": "earlier.original_row_id",
        }
        rows = (
            f'FROM {published} AS published LEFT JOIN (FROM {PROVENANCE_ROWS} WHERE "table" = {name}) AS earlier '
            f"ON earlier.row_id = {ID}"
        )
        before = f'FROM {PROVENANCE_ROWS} WHERE "table" = {name} AND status = {_DELETED} AND row_id NOT IN ({there})'
        query = f"{PROVENANCE_ROWS.select(line, rows)} UNION ALL {PROVENANCE_ROWS.select({}, before)}"
        if table in self._merged:
            line |= {
                "row_id": f"fresh.{ID}",
                "contributor": "ranks.contributor",
                "batch": "ranks.batch",
                "source_id": f"nullif(fresh.{SOURCE}, '')",
                "status": _PRESENT,
                "original_row_id": f"fresh.{ORIGINAL}",
            }
            rows = f"FROM {FRESH.of(table)} AS fresh LEFT JOIN {RANKS} AS ranks ON ranks.rank = fresh.{RANK}"
            query += f" UNION ALL {PROVENANCE_ROWS.select(line, rows)}"
        return f"SELECT * FROM ({query}) ORDER BY row_id"

    def cells(self) -> Iterator[pa.RecordBatch]:
        """Give one line for each claim on a cell that the line of its row does not include."""
        for table, policy in sorted(self._claims.policies.items()):
            if table in self._merged:
                self._new_cells(table, policy)
                yield from self._engine.batches(self._cells_of(table))
            else:
                name = literal(table)
                yield from self._engine.batches(
                    f'SELECT * FROM {PROVENANCE_CELLS} WHERE "table" = {name} ORDER BY ALL NULLS FIRST'
                )

    def _new_cells(self, table: str, policy: TablePolicy) -> None:
        """Collect the new lines of a table, including those of published values of the same cells."""
        engine, name = self._engine, literal(table)
        line = {
            "table": name,
            "row_id": f"lines.{ID}",
            "contributor": "coalesce(nullif(lines.contributor, ''), ranks.contributor)",
            "batch": "coalesce(ranks.batch, 'decisions')",
            "source_id": "nullif(lines.source, '')",
            "original_row_id": "lines.original",
            "original_value": "cells.original",
            "decision": "nullif(lines.decision, '')",
            "reason": "nullif(lines.reason, '')",
        }
        rows = f"""
            FROM {LINES.of(table)} AS lines LEFT JOIN {RANKS} AS ranks USING (rank)
            LEFT JOIN (SELECT rank, {ID}, called, field, value,
              arg_min(original, ({_LOCAL_FIRST}, original)) AS original FROM {ORIGINS.of(table)} GROUP BY ALL) AS cells
              ON cells.rank = lines.rank AND cells.{ID} = lines.{ID} AND cells.field = lines.field
              AND cells.value = lines.value AND cells.called IS NOT DISTINCT FROM lines.original
            """
        engine.run(NEW_CELLS.keep(NEW_CELLS.select(line, rows, alias="lines")))
        engine.run(  # published values keep their earlier line, with the earlier version
            f"""
            UPDATE {NEW_CELLS} AS new SET batch = earlier.batch FROM {PROVENANCE_CELLS} AS earlier
            WHERE new.batch = {literal(self._batch)} AND starts_with(earlier.batch, 'published@')
              AND earlier."table" = {name} AND earlier.row_id = new.row_id AND earlier.field = new.field
              AND earlier.value IS NOT DISTINCT FROM new.value
              AND earlier.original_row_id IS NOT DISTINCT FROM new.original_row_id
            """
        )
        self._close(table, policy)
        self._keep_published(table, policy)

    def _close(self, table: str, policy: TablePolicy) -> None:
        """Remove open lines on cells of a row that is new now, if the line of the row includes them."""
        waited = f'SELECT row_id, field FROM {PROVENANCE_CELLS} WHERE "table" = {literal(table)} AND status = {_OPEN}'
        self._engine.run(
            f"""
            DELETE FROM {PROVENANCE_CELLS} AS earlier
            USING ({_values(f"{waited} GROUP BY ALL", FRESH.of(table), policy)}) AS filled,
              {FRESH.of(table)} AS fresh, {RANKS} AS ranks
            WHERE earlier."table" = {literal(table)} AND earlier.status = {_OPEN} AND filled.value IS NOT NULL
              AND filled.row_id = earlier.row_id AND filled.field = earlier.field AND fresh.{ID} = earlier.row_id
              AND ranks.rank = fresh.{RANK} AND ranks.batch = earlier.batch
              AND earlier.original_row_id IS NOT DISTINCT FROM fresh.{ORIGINAL}
            """
        )

    def _keep_published(self, table: str, policy: TablePolicy) -> None:
        """Store the published values of cells with lines, of deleted rows, and of rewritten ids."""
        engine, name = self._engine, literal(table)
        published, gone, origins = CURRENT.of(table), GONE.of(table), ORIGINS.of(table)
        marked = f"SELECT {ID} AS row_id, field FROM {origins} WHERE rank = {WITH_NEW_ID}"
        fields = ", ".join(map(literal, policy.fields))
        going = f"SELECT {ID}, unnest([{fields}]::VARCHAR[]) FROM {gone}"
        with_line = f"SELECT row_id, field FROM {NEW_CELLS}"
        not_accepted = f"{with_line} GROUP BY ALL HAVING NOT bool_or(status = {_ACCEPTED})"
        of_published = _values(f"{with_line} UNION {marked} UNION {going}", published, policy)
        of_fresh = _values(not_accepted, FRESH.of(table), policy)
        rows_with_value = f"FROM ({of_published} UNION ALL {of_fresh}) WHERE value IS NOT NULL"
        engine.run(PUBLISHED_CELLS.keep(PUBLISHED_CELLS.select({}, rows_with_value)))
        is_own = f"origin.batch = {literal(self._batch)}"
        is_published = f"settled.{ID} IS NULL AND row_id NOT IN (SELECT {ID} FROM {gone})"
        line = {
            "table": name,
            "row_id": "row_id",
            "field": "published_cell.field",
            "value": "published_cell.value",
            "status": f"CASE WHEN {is_published} THEN {_ACCEPTED} ELSE {_SUPERSEDED} END",
            "original_row_id": f"CASE WHEN {is_own} THEN NULL ELSE origin.original_row_id END",
            "original_value": "was.original",
            "decision": "NULL",
            "reason": "NULL",
        }
        rows = f"""
            FROM {PUBLISHED_CELLS} AS published_cell
            JOIN (SELECT * FROM ({self._rows_of(table, policy)})) AS origin USING (row_id)
            LEFT JOIN (SELECT DISTINCT {ID}, field FROM {SETTLED.of(table)}) AS settled
              ON settled.{ID} = row_id AND settled.field = published_cell.field
            LEFT JOIN (SELECT {ID} AS row_at, field AS field_at, min(original) AS original FROM {origins}
              WHERE rank = {WITH_NEW_ID} GROUP BY ALL) AS was ON row_at = row_id AND field_at = published_cell.field
            WHERE NOT EXISTS (SELECT 1 FROM {PROVENANCE_CELLS} AS earlier WHERE earlier."table" = {name}
              AND earlier.row_id = published_cell.row_id AND earlier.field = published_cell.field
              AND earlier.status = {_ACCEPTED})
              AND NOT EXISTS (SELECT 1 FROM {NEW_CELLS} AS new
                WHERE new.row_id = published_cell.row_id AND new.field = published_cell.field
                AND new.batch = origin.batch AND new.value = published_cell.value AND new.status = {_ACCEPTED}
                AND new.source_id IS NOT DISTINCT FROM origin.source_id
                AND new.original_row_id IS NOT DISTINCT FROM origin.original_row_id)
            """
        engine.run(NEW_CELLS.insert(NEW_CELLS.select(line, rows, alias="origin")))

    def _cells_of(self, table: str) -> str:
        name = literal(table)
        gone, settled = GONE.of(table), SETTLED.of(table)
        is_accepted = f"earlier.status = {_ACCEPTED} AND earlier.field IS NOT NULL"
        is_kept = (  # the contributor of a published value may claim another value now
            f"{is_accepted} AND earlier.row_id NOT IN (SELECT {ID} FROM "
            f"{gone}) AND (earlier.row_id, earlier.field) NOT IN (SELECT {ID}, field FROM {settled})"
        )
        falls = (
            f"{is_accepted} AND (earlier.row_id IN (SELECT {ID} FROM {gone}) "
            f"OR EXISTS (SELECT 1 FROM {settled} AS settled "
            f"WHERE settled.{ID} = earlier.row_id AND settled.field = earlier.field))"
        )
        blank = {"field": "nullif(new.field, '')", "contributor": "nullif(new.contributor, '')"}
        new = NEW_CELLS.select(blank, f"FROM {NEW_CELLS} AS new", alias="new")
        before = f"""
            FROM {PROVENANCE_CELLS} AS earlier WHERE earlier."table" = {name} AND NOT EXISTS (SELECT 1
              FROM {NEW_CELLS} AS new
              WHERE new.row_id = earlier.row_id AND nullif(new.field, '') IS NOT DISTINCT FROM earlier.field
              AND new.batch = earlier.batch AND new.original_row_id IS NOT DISTINCT FROM earlier.original_row_id
              AND (new.status = {_ACCEPTED} OR NOT ({is_kept})))
            """
        status = {"status": f"CASE WHEN {falls} THEN {_SUPERSEDED} ELSE earlier.status END"}
        earlier = PROVENANCE_CELLS.select(status, before, alias="earlier")
        return f"SELECT * FROM ({new} UNION ALL {earlier}) ORDER BY ALL NULLS FIRST"


def _values(cells: str, staged: str, policy: TablePolicy) -> str:
    """Select the values of some cells, given by row and field, from an engine table."""
    value = " ".join(f"WHEN {literal(n)} THEN staged.{quoted(n)}" for n in policy.fields)
    value = f"CASE field {value} END" if value else "NULL"
    return f"SELECT row_id, field, {value} AS value FROM ({cells}) JOIN {staged} AS staged ON staged.{ID} = row_id"


def _column(name: str) -> str:
    return f"published.{quoted(name)}" if name else "NULL"


# The text of the contributor comes before the minted id, if that was rewritten again.
_LOCAL_FIRST = "original NOT LIKE 'local:%'"
