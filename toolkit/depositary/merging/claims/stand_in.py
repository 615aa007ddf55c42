"""A replacement for the own base of a patch, if it is not found: the published package without known changes since.

It is used for a version that `Rewound` cannot make, if the manifest allows it. Only the provenance is known. A cell
with a replaced value has the value of the base's version if it is known, otherwise it is blank, so that its base counts
as outdated for a claim; a deleted row exists.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from depositary.engine.duckdb import DuckDB
from depositary.engine.sql import literal, quoted
from depositary.merging.claims.engine_tables import ID, OWN_BASE, REPLACED
from depositary.merging.claims.policy import TablePolicy
from depositary.merging.claims.staged import fields, make, put_query, put_rows
from depositary.model.own_tables import CELLS, ROWS
from depositary.model.package import Package
from depositary.model.provenance import ClaimStatus, RowStatus
from depositary.model.record_id import key_of

_Cells = Mapping[str, Mapping[str, str | None]]  # by row id, then field


@dataclass(frozen=True)
class StandIn:
    """A replacement for an earlier version of a package, as far as the published one knows it."""

    engine: DuckDB
    current: Package
    version: str

    def stage(self, policy: TablePolicy, published: str) -> str:
        """Copy a table as in the version into an engine table, and give its quoted name."""
        lines = [
            row
            for row in self._recorded(CELLS, policy.name)
            if row["field"] and row["status"] == ClaimStatus.SUPERSEDED
        ]
        then: dict[str, dict[str, str | None]] = {row["row_id"]: {} for row in lines}
        known = f"published@{self.version}"
        for row in sorted(lines, key=lambda row: row["batch"] == known):
            then[row["row_id"]][row["field"]] = row["value"]
        certain = {(row["row_id"], row["field"]) for row in lines if row["batch"] == known}
        make(self.engine, OWN_BASE, policy.table)
        self._there(policy, published, then, certain)
        self._deleted(policy, then)
        return OWN_BASE.of(policy.name)

    def _recorded(self, resource: str, table: str) -> Iterator[dict[str, Any]]:
        """Give the lines of earlier merges about a table."""
        recorded = self.current.get(resource)
        for frame in fields(recorded) if recorded else ():
            yield from frame.filter(pl.col("table") == table).iter_rows(named=True)

    def _there(self, policy: TablePolicy, published: str, then: _Cells, certain: set[tuple[str, str]]) -> None:
        """Restore the values that were replaced since, in the published rows."""
        replaced = [(i, f, v if (i, f) in certain else None) for i, of in then.items() for f, v in of.items()]
        make(self.engine, REPLACED)
        put_rows(self.engine, REPLACED, replaced)
        put_query(self.engine, OWN_BASE, OWN_BASE.select({}, f"FROM {published}", policy.table), policy.table)
        staged = OWN_BASE.of(policy.name)
        for name in policy.fields:
            self.engine.run(
                f"UPDATE {staged} AS staged SET {quoted(name)} = replaced.value FROM {REPLACED} AS replaced "
                f"WHERE replaced.field = {literal(name)} AND staged.{ID} = replaced.{ID}"
            )

    def _deleted(self, policy: TablePolicy, then: _Cells) -> None:
        """Add the rows that were deleted since."""
        names = policy.table.field_names
        rows = []
        for line in self._recorded(ROWS, policy.name):
            row_id = line["row_id"] or ""
            if line["status"] == RowStatus.DELETED:
                cells = {**then.get(row_id, {}), **dict(zip(policy.key, key_of(row_id), strict=True))}
                rows.append((row_id, *(cells.get(name) for name in names)))
        put_rows(self.engine, OWN_BASE, rows, policy.table)
