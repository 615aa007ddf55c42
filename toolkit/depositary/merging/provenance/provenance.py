"""The provenance of rows and cells, as lines: docs/merge-rules.md, "Outputs"."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pyarrow as pa

from depositary.engine.duckdb import DuckDB
from depositary.engine.sql import literal, quoted
from depositary.merging.claims.engine_tables import (
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
    EngineTable,
)
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.policy import TablePolicy
from depositary.merging.claims.ranks import WITH_NEW_ID
from depositary.merging.claims.staged import Span, fields, keep, make, put_many, put_query, put_rows
from depositary.model.own_tables import CELLS, ROWS
from depositary.model.package import Package
from depositary.model.provenance import ClaimStatus, RowStatus

_ACCEPTED, _OPEN, _SUPERSEDED = (
    literal(status) for status in (ClaimStatus.ACCEPTED, ClaimStatus.OPEN, ClaimStatus.SUPERSEDED)
)
_BLANK = "CAST(NULL AS VARCHAR)"
_ALL = Span()
_PRESENT, _DELETED = literal(RowStatus.PRESENT), literal(RowStatus.DELETED)


def stage_earlier(engine: DuckDB, current: Package) -> None:
    """Put what earlier merges recorded of the published package into the engine."""
    rows, cells = current.get(ROWS), current.get(CELLS)
    if rows:
        put_many(engine, PROVENANCE_ROWS, fields(rows), ["table", "row_id"])
    else:
        make(engine, PROVENANCE_ROWS)
    make(engine, PROVENANCE_CELLS)
    for frame in fields(cells) if cells else ():
        put_rows(engine, PROVENANCE_CELLS, frame)


class Provenance:
    """The provenance of one merged package, which continues that of the published one."""

    def __init__(self, claims: Claims) -> None:
        self._claims, self._engine = claims, claims.engine
        self._batch = f"published@{claims.current.version}"

    def rank(self, who: Mapping[int, tuple[str, str]]) -> None:
        """Store the contributor and batch of each rank."""
        make(self._engine, RANKS)
        put_rows(self._engine, RANKS, ((rank, *names) for rank, names in who.items()))

    def _any(self, recorded: EngineTable) -> bool:
        """Return whether a table that is one for the package has, or had, rows."""
        return self._engine.has_rows(str(recorded))

    def follow(self) -> None:
        """Move lines of earlier merges to the current ids of their rows."""
        if self._any(PROVENANCE_ROWS) or self._any(PROVENANCE_CELLS):
            for table, ids in sorted(self._claims.moved.items()):
                self._follow(table, ids)

    def _follow(self, table: str, ids: Mapping[str, str | None]) -> None:
        """Move lines of earlier merges to the current ids of their rows; None for rows that are gone."""
        self._engine.hold(str(PROVENANCE_ROWS))
        make(self._engine, MOVED)
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
        together: list[str] = []  # tables that are read at once
        for table, policy in sorted(self._claims.policies.items()):
            spans = self._claims.spans(table, ID) if policy.key else ()
            if len(spans) <= 1:
                together += [self._rows_of(table, policy) for _ in spans]
                continue
            yield from self._in_order(together)
            together = []
            for span in spans:
                yield from self._in_order([self._rows_of(table, policy, span)])
        yield from self._in_order(together)

    def _in_order(self, parts: Sequence[str]) -> Iterator[pa.RecordBatch]:
        if parts:
            yield from self._engine.batches(f'SELECT * FROM ({" UNION ALL ".join(parts)}) ORDER BY "table", row_id')

    def _rows_of(self, table: str, policy: TablePolicy, span: Span = _ALL) -> str:
        published, has = self._claims.published(table), partial(self._claims.has, table=table)
        gone = f"{ID} IN (SELECT {ID} FROM {GONE.of(table)})" if has(GONE) else "false"
        name = literal(table)
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
        rows = f"FROM (FROM {published} WHERE {span.of(ID)}) AS published"
        if self._any(PROVENANCE_ROWS):
            earlier = f'(FROM {PROVENANCE_ROWS} WHERE "table" = {name} AND {span.of("row_id")})'
            parts = [PROVENANCE_ROWS.select(line, f"{rows} LEFT JOIN {earlier} AS earlier ON earlier.row_id = {ID}")]
            there = f"SELECT {ID} FROM {published} WHERE {span.of(ID)}"
            there += f" UNION ALL SELECT {ID} FROM {FRESH.of(table)}" if has(FRESH) else ""
            deleted = f"{span.of('row_id')} AND status = {_DELETED}"
            before = f'WHERE "table" = {name} AND {deleted} AND row_id NOT IN ({there})'
            parts.append(PROVENANCE_ROWS.select({}, f"FROM {PROVENANCE_ROWS} {before}"))
        else:
            own = {"contributor": _column(policy.contributor), "source_id": _column(policy.source)}
            first = {**line, **own, "batch": literal(self._batch), "original_row_id": _BLANK}
            parts = [PROVENANCE_ROWS.select(first, rows)]
        if has(FRESH):
            line |= {
                "row_id": f"fresh.{ID}",
                "contributor": "ranks.contributor",
                "batch": "ranks.batch",
                "source_id": f"nullif(fresh.{SOURCE}, '')",
                "status": _PRESENT,
                "original_row_id": f"fresh.{ORIGINAL}",
            }
            rows = f"FROM {FRESH.of(table)} AS fresh LEFT JOIN {RANKS} AS ranks ON ranks.rank = fresh.{RANK}"
            rows += f" WHERE {span.of(f'fresh.{ID}')}"
            parts.append(PROVENANCE_ROWS.select(line, rows))
        return " UNION ALL ".join(parts)

    def cells(self) -> Iterator[pa.RecordBatch]:
        """Give one line for each claim on a cell that the line of its row does not include."""
        merged = frozenset(self._claims.tables)
        for table, policy in sorted(self._claims.policies.items()):
            if table in merged:
                self._new_cells(table, policy)
                parts = list(self._cells_of(table))
                if parts:
                    query = f"SELECT * FROM ({' UNION ALL '.join(parts)}) ORDER BY ALL NULLS FIRST"
                    yield from self._engine.batches(query)
            elif self._any(PROVENANCE_CELLS):
                name = literal(table)
                yield from self._engine.batches(
                    f'SELECT * FROM {PROVENANCE_CELLS} WHERE "table" = {name} ORDER BY ALL NULLS FIRST'
                )

    def _new_cells(self, table: str, policy: TablePolicy) -> None:
        """Collect the new lines of a table, including those of published values of the same cells."""
        make(self._engine, NEW_CELLS)
        if self._claims.has(LINES, table):
            self._note_lines(table)
        if self._claims.has(FRESH, table) and self._any(PROVENANCE_CELLS):
            self._close(table, policy)
        if self._any(NEW_CELLS) or self._claims.with_rows(table, GONE, ORIGINS):
            self._keep_published(table, policy)

    def _note_lines(self, table: str) -> None:
        """Store the lines of this merge; published values keep their earlier line, with the earlier version."""
        engine, name = self._engine, literal(table)
        line = {
            "table": name,
            "row_id": f"lines.{ID}",
            "contributor": "coalesce(nullif(lines.contributor, ''), ranks.contributor)",
            "batch": "coalesce(ranks.batch, 'decisions')",
            "source_id": "nullif(lines.source, '')",
            "original_row_id": "lines.original",
            "original_value": _BLANK,
            "decision": "nullif(lines.decision, '')",
            "reason": "nullif(lines.reason, '')",
        }
        rows = f"FROM {LINES.of(table)} AS lines LEFT JOIN {RANKS} AS ranks USING (rank)"
        if self._claims.has(ORIGINS, table):
            line["original_value"] = "cells.original"
            rows += f"""
                LEFT JOIN (SELECT rank, {ID}, called, field, value,
                  arg_min(original, ({_LOCAL_FIRST}, original)) AS original FROM {ORIGINS.of(table)} GROUP BY ALL)
                  AS cells
                  ON cells.rank = lines.rank AND cells.{ID} = lines.{ID} AND cells.field = lines.field
                  AND cells.value = lines.value AND cells.called IS NOT DISTINCT FROM lines.original
                """
        put_query(engine, NEW_CELLS, NEW_CELLS.select(line, rows, alias="lines"))
        if self._any(PROVENANCE_CELLS):
            engine.run(
                f"""
                UPDATE {NEW_CELLS} AS new SET batch = earlier.batch FROM {PROVENANCE_CELLS} AS earlier
                WHERE new.batch = {literal(self._batch)} AND starts_with(earlier.batch, 'published@')
                  AND earlier."table" = {name} AND earlier.row_id = new.row_id AND earlier.field = new.field
                  AND earlier.value IS NOT DISTINCT FROM new.value
                  AND earlier.original_row_id IS NOT DISTINCT FROM new.original_row_id
                """
            )

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
        name, gone, origins = literal(table), GONE.of(table), ORIGINS.of(table)
        if not self._published_cells(table, policy):
            return
        has = partial(self._claims.has, table=table)
        is_own = f"origin.batch = {literal(self._batch)}"
        line = {
            "table": name,
            "row_id": "row_id",
            "field": "published_cell.field",
            "value": "published_cell.value",
            "status": _ACCEPTED,
            "original_row_id": f"CASE WHEN {is_own} THEN NULL ELSE origin.original_row_id END",
            "original_value": _BLANK,
            "decision": _BLANK,
            "reason": _BLANK,
        }
        rows = f"""
            FROM {PUBLISHED_CELLS} AS published_cell
            JOIN (SELECT * FROM ({self._rows_of(table, policy)})) AS origin USING (row_id)
            """
        falls = []
        if has(SETTLED):
            falls.append(f"settled.{ID} IS NOT NULL")
            rows += f"""
                LEFT JOIN (SELECT DISTINCT {ID}, field FROM {SETTLED.of(table)}) AS settled
                  ON settled.{ID} = row_id AND settled.field = published_cell.field
                """
        if has(GONE):
            falls.append(f"row_id IN (SELECT {ID} FROM {gone})")
        if falls:
            line["status"] = f"CASE WHEN {' OR '.join(falls)} THEN {_SUPERSEDED} ELSE {_ACCEPTED} END"
        if has(ORIGINS):
            line["original_value"] = "was.original"
            rows += f"""
                LEFT JOIN (SELECT {ID} AS row_at, field AS field_at, min(original) AS original FROM {origins}
                  WHERE rank = {WITH_NEW_ID} GROUP BY ALL) AS was ON row_at = row_id AND field_at = published_cell.field
                """
        rows += f"""
            WHERE NOT EXISTS (SELECT 1 FROM {NEW_CELLS} AS new
                WHERE new.row_id = published_cell.row_id AND new.field = published_cell.field
                AND new.batch = origin.batch AND new.value = published_cell.value AND new.status = {_ACCEPTED}
                AND new.source_id IS NOT DISTINCT FROM origin.source_id
                AND new.original_row_id IS NOT DISTINCT FROM origin.original_row_id)
            """
        if self._any(PROVENANCE_CELLS):
            rows += f"""
                AND NOT EXISTS (SELECT 1 FROM {PROVENANCE_CELLS} AS earlier WHERE earlier."table" = {name}
                  AND earlier.row_id = published_cell.row_id AND earlier.field = published_cell.field
                  AND earlier.status = {_ACCEPTED})
                """
        put_query(self._engine, NEW_CELLS, NEW_CELLS.select(line, rows, alias="origin"))

    def _published_cells(self, table: str, policy: TablePolicy) -> int:
        """Collect the published values that get a line, if there is no such line, and count them."""
        has = partial(self._claims.has, table=table)
        wanted = [f"SELECT DISTINCT row_id, field FROM {NEW_CELLS}"]
        if has(ORIGINS):
            wanted.append(f"SELECT {ID} AS row_id, field FROM {ORIGINS.of(table)} WHERE rank = {WITH_NEW_ID}")
        if has(GONE):
            names = ", ".join(map(literal, policy.fields))
            wanted.append(f"SELECT {ID}, unnest([{names}]::VARCHAR[]) FROM {GONE.of(table)}")
        values = [_values(" UNION ".join(wanted), self._claims.published(table), policy)]
        if has(FRESH):
            not_accepted = (
                f"SELECT row_id, field FROM {NEW_CELLS} GROUP BY ALL HAVING NOT bool_or(status = {_ACCEPTED})"
            )
            values.append(_values(not_accepted, FRESH.of(table), policy))
        filled = f"FROM ({' UNION ALL '.join(values)}) WHERE value IS NOT NULL"
        return keep(self._engine, PUBLISHED_CELLS, PUBLISHED_CELLS.select({}, filled))

    def _cells_of(self, table: str) -> Iterator[str]:
        """Select the new lines of a table, and the earlier ones."""
        if self._any(NEW_CELLS):
            blank = {"field": "nullif(new.field, '')", "contributor": "nullif(new.contributor, '')"}
            yield NEW_CELLS.select(blank, f"FROM {NEW_CELLS} AS new", alias="new")
        if self._any(PROVENANCE_CELLS):
            yield self._earlier_cells(table)

    def _earlier_cells(self, table: str) -> str:
        """Select the lines of earlier merges that stay."""
        name = literal(table)
        falls = []  # the contributor of a published value may claim another value now
        if self._claims.has(GONE, table):
            falls.append(f"earlier.row_id IN (SELECT {ID} FROM {GONE.of(table)})")
        if self._claims.has(SETTLED, table):
            falls.append(
                f"EXISTS (SELECT 1 FROM {SETTLED.of(table)} AS settled "
                f"WHERE settled.{ID} = earlier.row_id AND settled.field = earlier.field)"
            )
        is_accepted = f"earlier.status = {_ACCEPTED} AND earlier.field IS NOT NULL"
        falling = " OR ".join(falls) or "false"
        is_new = f"""
            EXISTS (SELECT 1 FROM {NEW_CELLS} AS new
              WHERE new.row_id = earlier.row_id AND nullif(new.field, '') IS NOT DISTINCT FROM earlier.field
              AND new.batch = earlier.batch AND new.original_row_id IS NOT DISTINCT FROM earlier.original_row_id
              AND (new.status = {_ACCEPTED} OR NOT ({is_accepted} AND NOT ({falling}))))
            """
        before = f'FROM {PROVENANCE_CELLS} AS earlier WHERE earlier."table" = {name} AND NOT {is_new}'
        status = f"CASE WHEN {is_accepted} AND ({falling}) THEN {_SUPERSEDED} ELSE earlier.status END"
        return PROVENANCE_CELLS.select({"status": status}, before, alias="earlier")


def _values(cells: str, staged: str, policy: TablePolicy) -> str:
    """Select the values of some cells, given by row and field, from an engine table."""
    value = " ".join(f"WHEN {literal(n)} THEN staged.{quoted(n)}" for n in policy.fields)
    value = f"CASE field {value} END" if value else "NULL"
    return f"SELECT row_id, field, {value} AS value FROM ({cells}) JOIN {staged} AS staged ON staged.{ID} = row_id"


def _column(name: str) -> str:
    return f"published.{quoted(name)}" if name else _BLANK


# The text of the contributor comes before the minted id, if that was rewritten again.
_LOCAL_FIRST = "original NOT LIKE 'local:%'"
