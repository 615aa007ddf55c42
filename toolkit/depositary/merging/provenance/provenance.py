"""Where each row and cell came from, as lines: docs/merge-rules.md, "Outputs"."""

from collections.abc import Iterator, Mapping

import polars as pl
import pyarrow as pa

from depositary.engine.sql import literal, quoted
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.policy import TablePolicy
from depositary.merging.claims.ranks import STANDING
from depositary.merging.claims.staged import ID, ORIGINAL, RANK, SOURCE, fields, put
from depositary.model.own_tables import CELLS, ROWS
from depositary.model.package import Package

ROW_FIELDS = ("table", "row_id", "contributor", "batch", "source_id", "status", "original_row_id")
CELL_FIELDS = (
    *("table", "row_id", "field", "contributor", "batch", "value", "source_id", "status"),
    *("original_row_id", "original_value", "decision", "reason"),
)


class Provenance:
    """The provenance of one merged package, from that of the published one on."""

    def __init__(self, claims: Claims) -> None:
        self._claims, self._engine = claims, claims.engine
        self._batch = f"published@{claims.current.version}"
        self._engine.run("CREATE SCHEMA IF NOT EXISTS provenance")
        self._earlier(claims.current, ROWS, ROW_FIELDS)
        self._earlier(claims.current, CELLS, CELL_FIELDS)

    def rank(self, who: Mapping[int, tuple[str, str]]) -> None:
        """Say which contribution has which rank."""
        self._engine.run("CREATE OR REPLACE TABLE ranks (rank INTEGER, contributor VARCHAR, batch VARCHAR)")
        ranks = [(rank, contributor, batch) for rank, (contributor, batch) in who.items()]
        put(
            self._engine,
            "ranks",
            pl.DataFrame(ranks, schema={"rank": pl.Int32, "c": pl.String, "b": pl.String}, orient="row"),
        )

    @property
    def _merged(self) -> frozenset[str]:
        return frozenset(self._claims.tables)

    def follow(self) -> None:
        """Let what earlier merges told of rows be told of the ids that stand for them now."""
        for table, ids in sorted(self._claims.moved.items()):
            self._follow(table, ids)

    def _follow(self, table: str, ids: Mapping[str, str | None]) -> None:
        """Let what earlier merges told of rows be told of the ids that stand for them; None for rows that are gone."""
        self._engine.run("CREATE OR REPLACE TEMP TABLE moved (old VARCHAR, new VARCHAR)")
        moved = pl.DataFrame({"old": list(ids), "new": list(ids.values())}, schema={"old": pl.String, "new": pl.String})
        put(self._engine, "moved", moved)
        where = f'"table" = {literal(table)} AND row_id = old'
        self._engine.run(  # a row that was deleted, whose id another takes over
            f'DELETE FROM provenance.{ROWS} WHERE "table" = {literal(table)} AND row_id IN (SELECT new FROM moved)'
        )
        for name, gone in ((ROWS, "status = 'deleted'"), (CELLS, "status = 'superseded'")):
            sheet = f"provenance.{name}"
            only = "" if name == ROWS else " AND status = 'accepted' AND field IS NOT NULL"
            self._engine.run(f"UPDATE {sheet} SET {gone} FROM moved WHERE {where} AND new IS NULL{only}")
            self._engine.run(f"UPDATE {sheet} SET row_id = new FROM moved WHERE {where} AND new IS NOT NULL")

    def _earlier(self, current: Package, name: str, names: tuple[str, ...]) -> None:
        """Stage what is known of the published package from earlier merges."""
        columns = ", ".join(f"{quoted(n)} VARCHAR" for n in names)
        self._engine.run(f"CREATE OR REPLACE TABLE provenance.{name} ({columns})")
        resource = current.get(name)
        for frame in fields(resource) if resource else ():
            put(self._engine, f"provenance.{name}", frame.select(names))

    def rows(self) -> Iterator[pa.RecordBatch]:
        """Give one line for each row of each table, in order."""
        for table, policy in sorted(self._claims.policies.items()):
            if policy.key:
                yield from self._engine.batches(self._rows_of(table, policy))

    def _rows_of(self, table: str, policy: TablePolicy) -> str:
        published = self._claims.published(table)
        gone = f"{ID} IN (SELECT {ID} FROM {quoted('gone', table)})" if table in self._merged else "false"
        name = literal(table)
        there = f"SELECT {ID} FROM {published}"
        there += f" UNION ALL SELECT {ID} FROM {quoted('fresh', table)}" if table in self._merged else ""
        query = f"""
            SELECT {name} AS "table", published.{ID} AS row_id,
              CASE WHEN earlier.batch IS NULL THEN {_column(policy.contributor)} ELSE earlier.contributor END
                AS contributor,
              coalesce(earlier.batch, {literal(self._batch)}) AS batch,
              CASE WHEN earlier.batch IS NULL THEN {_column(policy.source)} ELSE earlier.source_id END AS source_id,
              CASE WHEN {gone} THEN 'deleted' ELSE 'present' END AS status,
              earlier.original_row_id
            FROM {published} AS published
            LEFT JOIN (FROM provenance.{ROWS} WHERE "table" = {name}) AS earlier ON earlier.row_id = {ID}
            UNION ALL SELECT * FROM provenance.{ROWS} WHERE "table" = {name} AND status = 'deleted'
              AND row_id NOT IN ({there})
        """
        if table in self._merged:
            query += f"""
            UNION ALL SELECT {name}, fresh.{ID}, ranks.contributor, ranks.batch, nullif(fresh.{SOURCE}, ''), 'present',
              fresh.{ORIGINAL}
            FROM {quoted("fresh", table)} AS fresh LEFT JOIN ranks ON ranks.rank = fresh.{RANK}
            """
        return f"SELECT * FROM ({query}) ORDER BY row_id"

    def cells(self) -> Iterator[pa.RecordBatch]:
        """Give one line for each claim on a cell that the row's own line does not tell."""
        for table, policy in sorted(self._claims.policies.items()):
            if table in self._merged:
                self._new_cells(table, policy)
                yield from self._engine.batches(self._cells_of(table))
            else:
                name = literal(table)
                yield from self._engine.batches(
                    f'SELECT * FROM provenance.{CELLS} WHERE "table" = {name} ORDER BY ALL NULLS FIRST'
                )

    def _new_cells(self, table: str, policy: TablePolicy) -> None:
        """Put the new lines of a table together, those of the published values on the same cells among them."""
        engine, name = self._engine, literal(table)
        lines, origins = quoted("lines", table), quoted("origins", table)
        engine.run(
            f"""
            CREATE OR REPLACE TEMP TABLE new AS
            SELECT {name} AS "table", lines.{ID} AS row_id, lines.field, coalesce(nullif(lines.contributor, ''),
              ranks.contributor) AS contributor, coalesce(ranks.batch, 'decisions') AS batch, lines.value,
              nullif(lines.source, '') AS source_id, lines.status, lines.original AS original_row_id,
              cells.original AS original_value, nullif(lines.decision, '') AS decision,
              nullif(lines.reason, '') AS reason
            FROM {lines} AS lines LEFT JOIN ranks USING (rank)
            LEFT JOIN (SELECT rank, {ID}, called, field, value,
              arg_min(original, ({_LOCAL_FIRST}, original)) AS original FROM {origins} GROUP BY ALL) AS cells
              ON cells.rank = lines.rank AND cells.{ID} = lines.{ID} AND cells.field = lines.field
              AND cells.value = lines.value AND cells.called IS NOT DISTINCT FROM lines.original
            """
        )
        engine.run(  # what was published is told as it was told before, under the version that it had then
            f"""
            UPDATE new SET batch = earlier.batch FROM provenance.{CELLS} AS earlier
            WHERE new.batch = {literal(self._batch)} AND starts_with(earlier.batch, 'published@')
              AND earlier."table" = {name} AND earlier.row_id = new.row_id AND earlier.field = new.field
              AND earlier.value IS NOT DISTINCT FROM new.value
              AND earlier.original_row_id IS NOT DISTINCT FROM new.original_row_id
            """
        )
        self._close(table, policy)
        self._standing(table, policy)

    def _close(self, table: str, policy: TablePolicy) -> None:
        """Take out what was open of cells of a row that is new now, where the row's own line tells what came of it."""
        waited = f"SELECT row_id, field FROM provenance.{CELLS} WHERE \"table\" = {literal(table)} AND status = 'open'"
        self._engine.run(
            f"""
            DELETE FROM provenance.{CELLS} AS earlier
            USING ({_values(f"{waited} GROUP BY ALL", quoted("fresh", table), policy)}) AS filled,
              {quoted("fresh", table)} AS fresh, ranks
            WHERE earlier."table" = {literal(table)} AND earlier.status = 'open' AND filled.value IS NOT NULL
              AND filled.row_id = earlier.row_id AND filled.field = earlier.field AND fresh.{ID} = earlier.row_id
              AND ranks.rank = fresh.{RANK} AND ranks.batch = earlier.batch
              AND earlier.original_row_id IS NOT DISTINCT FROM fresh.{ORIGINAL}
            """
        )

    def _standing(self, table: str, policy: TablePolicy) -> None:
        """Note the published values of the cells on which there are lines, of rows that go, and of rewritten ids."""
        engine, name = self._engine, literal(table)
        published, gone, origins = quoted("current", table), quoted("gone", table), quoted("origins", table)
        marked = f"SELECT {ID} AS row_id, field FROM {origins} WHERE rank = {STANDING}"
        fields = ", ".join(map(literal, policy.fields))
        going = f"SELECT {ID}, unnest([{fields}]::VARCHAR[]) FROM {gone}"
        told = "SELECT row_id, field FROM new"
        unsaid = f"{told} GROUP BY ALL HAVING NOT bool_or(status = 'accepted')"
        engine.run(
            f"""
            CREATE OR REPLACE TEMP TABLE standing AS SELECT row_id, field, value FROM (
              {_values(f"{told} UNION {marked} UNION {going}", published, policy)}
              UNION ALL {_values(unsaid, quoted("fresh", table), policy)}
            ) WHERE value IS NOT NULL
            """
        )
        engine.run(
            f"""
            INSERT INTO new
            SELECT {name}, row_id, standing.field, origin.contributor, origin.batch, value, origin.source_id,
              CASE WHEN settled.{ID} IS NULL AND row_id NOT IN (SELECT {ID} FROM {gone}) THEN 'accepted'
                ELSE 'superseded' END,
              CASE WHEN origin.batch = {literal(self._batch)} THEN NULL ELSE origin.original_row_id END, was.original,
              NULL, NULL
            FROM standing
            JOIN (SELECT * FROM ({self._rows_of(table, policy)})) AS origin USING (row_id)
            LEFT JOIN (SELECT DISTINCT {ID}, field FROM {quoted("settled", table)}) AS settled
              ON settled.{ID} = row_id AND settled.field = standing.field
            LEFT JOIN (SELECT {ID} AS row_at, field AS field_at, min(original) AS original FROM {origins}
              WHERE rank = {STANDING} GROUP BY ALL) AS was ON row_at = row_id AND field_at = standing.field
            WHERE NOT EXISTS (SELECT 1 FROM provenance.{CELLS} AS earlier WHERE earlier."table" = {name}
              AND earlier.row_id = standing.row_id AND earlier.field = standing.field AND earlier.status = 'accepted')
              AND NOT EXISTS (SELECT 1 FROM new WHERE new.row_id = standing.row_id AND new.field = standing.field
                AND new.batch = origin.batch AND new.value = standing.value AND new.status = 'accepted'
                AND new.source_id IS NOT DISTINCT FROM origin.source_id
                AND new.original_row_id IS NOT DISTINCT FROM origin.original_row_id)
            """
        )

    def _cells_of(self, table: str) -> str:
        name = literal(table)
        gone, settled = quoted("gone", table), quoted("settled", table)
        others = ", ".join(quoted(n) for n in CELL_FIELDS[8:])
        stands = (  # what is published was said by somebody, who may say something else by now
            f"earlier.status = 'accepted' AND earlier.field IS NOT NULL AND earlier.row_id NOT IN (SELECT {ID} FROM "
            f"{gone}) AND (earlier.row_id, earlier.field) NOT IN (SELECT {ID}, field FROM {settled})"
        )
        return f"""
            SELECT * FROM (
              SELECT "table", row_id, nullif(field, '') AS field, nullif(contributor, '') AS contributor, batch, value,
                source_id, status, {others} FROM new
              UNION ALL
              SELECT "table", row_id, field, contributor, batch, value, source_id,
                CASE WHEN status = 'accepted' AND field IS NOT NULL AND (row_id IN (SELECT {ID} FROM {gone}) OR EXISTS
                  (SELECT 1 FROM {settled} AS settled WHERE settled.{ID} = row_id AND settled.field = earlier.field))
                  THEN 'superseded' ELSE status END, {others}
              FROM provenance.{CELLS} AS earlier WHERE "table" = {name} AND NOT EXISTS (SELECT 1 FROM new
                WHERE new.row_id = earlier.row_id AND nullif(new.field, '') IS NOT DISTINCT FROM earlier.field
                AND new.batch = earlier.batch AND new.original_row_id IS NOT DISTINCT FROM earlier.original_row_id
                AND (new.status = 'accepted' OR NOT ({stands})))
            ) ORDER BY ALL NULLS FIRST
        """


def _values(cells: str, sheet: str, policy: TablePolicy) -> str:
    """Select the values of some cells, given by row and field, that stand in a sheet."""
    value = " ".join(f"WHEN {literal(n)} THEN sheet.{quoted(n)}" for n in policy.fields)
    value = f"CASE field {value} END" if value else "NULL"
    return f"SELECT row_id, field, {value} AS value FROM ({cells}) JOIN {sheet} AS sheet ON sheet.{ID} = row_id"


def _column(name: str, sheet: str = "published") -> str:
    return f"{sheet}.{quoted(name)}" if name else "NULL"


# What a contributor wrote goes before what it was minted to, if that was rewritten again.
_LOCAL_FIRST = "original NOT LIKE 'local:%'"
