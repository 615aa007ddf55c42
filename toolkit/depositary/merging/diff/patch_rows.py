"""Apply the lines of a diff about the rows of one table in the engine, and note where they do not fit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from depositary.engine.duckdb import DuckDB
from depositary.engine.sql import literal
from depositary.merging.claims.staged import put
from depositary.merging.diff.changes import COLUMNS, Kind
from depositary.merging.diff.staged_tables import column, columns
from depositary.model.record_id import key_of


@dataclass(frozen=True)
class RowPatch:
    """The rows of one table, in the staging table `old`, to which the lines of a diff are applied."""

    engine: DuckDB
    table: str
    names: Sequence[str]
    key: Sequence[str]
    misfits: list[str]

    def apply(self, lines: pl.DataFrame) -> None:
        """Apply the lines, and note where they do not fit."""
        if lines.is_empty():
            return
        self.engine.run(
            "CREATE OR REPLACE TEMP TABLE changes (id VARCHAR, field VARCHAR, kind VARCHAR, old VARCHAR, new VARCHAR)"
        )
        put(self.engine, "changes", lines.select(COLUMNS[1:]))
        before = len(self.misfits)
        self._require_sound()
        if len(self.misfits) > before:
            return
        self._pivot("gone", Kind.ROW_REMOVED, "old")
        self._pivot("come", Kind.ROW_ADDED, "new")
        if self.key:
            self._compare()
            self._exchange(lines)
        else:
            self._compare_content()
            self._exchange_content()

    def require_blank(self, indexes: Sequence[int]) -> None:
        """Note the cells of removed fields that are still filled."""
        for at in indexes:
            filled = f"SELECT id, {column(at)} AS found FROM old WHERE {column(at)} IS NOT NULL ORDER BY ALL"
            self._note(filled, self.names[at], lambda row: f"would be removed, but it has {_shown(row['found'])}")

    def _require_sound(self) -> None:
        """Note rows that have two lines for one cell, or are both removed and added."""
        twice = "SELECT id, field FROM changes GROUP BY id, field HAVING count(*) > 1 ORDER BY ALL"
        self._note(twice, "", lambda row: f"[{row['field']}] is in the diff twice")
        mixed = "SELECT id FROM changes GROUP BY id HAVING count(DISTINCT kind) > 1 ORDER BY ALL"
        self._note(mixed, "", lambda _: "has lines of several kinds in the diff")
        whole = f"SELECT id, field FROM changes WHERE kind <> '{Kind.CELL_CHANGED}'"
        bare = f"SELECT id FROM ({whole}) GROUP BY id HAVING bool_and(field <> '') ORDER BY ALL"
        self._note(bare, "", lambda _: "has no line without a field, which must mark the row as added or removed")

    def _pivot(self, staged: str, kind: Kind, side: str) -> None:
        """Build the added or removed rows from their cells."""
        cells = [f"max({side}) FILTER (field = {literal(name)}) AS {column(at)}" for at, name in enumerate(self.names)]
        rows = f"SELECT id, {', '.join(cells)} FROM changes WHERE kind = '{kind}' GROUP BY id"
        self.engine.run(f"CREATE OR REPLACE TEMP TABLE {staged} AS {rows}")

    # With a key

    def _compare(self) -> None:
        """Note where the package differs from the diff."""
        absent = (
            f"SELECT DISTINCT id FROM changes ANTI JOIN old USING (id) WHERE kind <> '{Kind.ROW_ADDED}' ORDER BY id"
        )
        self._note(absent, "", lambda _: "there is no such row")
        there = "SELECT id FROM come SEMI JOIN old USING (id) ORDER BY id"
        self._note(there, "", lambda _: "the row exists already")
        for at, name in enumerate(self.names):
            found = f"old.{column(at)}"
            if name not in self.key:
                removed = f"SELECT id, gone.{column(at)} AS stated, {found} AS found FROM gone JOIN old USING (id)"
                changed = (
                    f"SELECT id, changes.old AS stated, {found} AS found FROM changes JOIN old USING (id) "
                    f"WHERE kind = '{Kind.CELL_CHANGED}' AND field = {literal(name)}"
                )
                differing = (
                    f"SELECT * FROM ({removed} UNION ALL {changed}) WHERE stated IS DISTINCT FROM found ORDER BY id"
                )
                self._note(differing, name, _as_it_is)

    def _exchange(self, lines: pl.DataFrame) -> None:
        self.engine.run("DELETE FROM old WHERE id IN (SELECT id FROM gone)")
        for at, name in enumerate(self.names):
            self.engine.run(
                f"UPDATE old SET {column(at)} = changes.new FROM changes WHERE old.id = changes.id "
                f"AND kind = '{Kind.CELL_CHANGED}' AND field = {literal(name)}"
            )
        ids = lines.filter(pl.col("change") == Kind.ROW_ADDED)["row_id"].unique()
        keys = [key_of(name) for name in ids]
        if any(len(key) != len(self.key) for key in keys):
            self.misfits.append(f"{self.table}: a row was added whose id does not have the parts of the key")
            return
        staged = {"id": ids, **{f"k{at}": [key[at] for key in keys] for at in range(len(self.key))}}
        self.engine.run(f"CREATE OR REPLACE TEMP TABLE ids ({', '.join(f'{name} VARCHAR' for name in staged)})")
        put(self.engine, "ids", pl.DataFrame(staged, schema=dict.fromkeys(staged, pl.String)))
        cells = [f"k{self.key.index(name)}" if name in self.key else column(at) for at, name in enumerate(self.names)]
        self.engine.run(f"INSERT INTO old SELECT id, {', '.join(cells)} FROM come JOIN ids USING (id)")

    # Without one

    def _compare_content(self) -> None:
        cells = ", ".join(columns(len(self.names)))
        lacking = (
            f"SELECT min(id) AS id, sum(n) AS n FROM (SELECT *, 1 AS n FROM gone UNION ALL SELECT *, -1 FROM old) "
            f"GROUP BY {cells} HAVING sum(n) > 0 AND count(id) > 0 ORDER BY id"
        )
        self._note(lacking, "", lambda _: "there is no such row")
        changed = f"SELECT DISTINCT id FROM changes WHERE kind = '{Kind.CELL_CHANGED}' ORDER BY id"
        self._note(changed, "", lambda _: "the table has no key to find the row")

    def _exchange_content(self) -> None:
        cells = ", ".join(columns(len(self.names)))
        every = "SELECT *, 1 AS n FROM old UNION ALL SELECT *, 1 FROM come UNION ALL SELECT *, -1 FROM gone"
        self.engine.run(
            f"CREATE OR REPLACE TEMP TABLE old AS SELECT NULL::VARCHAR AS id, {cells} FROM (SELECT {cells}, "
            f"unnest(range(sum(n)::BIGINT)) FROM ({every}) GROUP BY {cells} HAVING sum(n) > 0)"
        )

    def _note(self, query: str, name: str, say: Callable[[Mapping[str, Any]], str]) -> None:
        field = f" [{name}]" if name else ""
        for row in self.engine.rows(query):
            row_id = f" {row['id']}" if row["id"] else ""
            self.misfits.append(f"{self.table}{row_id}{field}: {say(row)}")


def _as_it_is(row: Mapping[str, Any]) -> str:
    return f"the diff has {_shown(row['stated'])}, but the package has {_shown(row['found'])}"


def _shown(text: str | None) -> str:
    return "nothing" if text is None else repr(text)
