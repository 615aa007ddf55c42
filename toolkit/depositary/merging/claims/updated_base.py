"""Apply published values of earlier batches to the own base of a later batch of the same contributor.

So the contributor's own earlier claims do not count as changes by others since the base. The provenance of the
published package gives the contributor of a cell: the accepted lines of the cell, or else the line of its row.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from depositary.engine.sql import literal, quoted
from depositary.merging.claims.engine_tables import ID, OWN_BASE, PROVENANCE_CELLS, PROVENANCE_ROWS
from depositary.merging.claims.staged import put_query
from depositary.model.provenance import ClaimStatus, RowStatus

if TYPE_CHECKING:
    from depositary.merging.claims.extract import Claims


def update_base(claims: "Claims", table: str, batches: Collection[str]) -> None:
    """Copy the published cells that come only from these batches into the staged own base of a table."""
    staged = OWN_BASE.of(table)
    policy, engine, published = claims.policies[table], claims.engine, claims.published(table)
    theirs = f"IN ({', '.join(map(literal, sorted(batches)))})"
    of_table = f'"table" = {literal(table)}'
    present = f"{of_table} AND status = {literal(RowStatus.PRESENT)}"
    rows = f"SELECT row_id FROM {PROVENANCE_ROWS} WHERE {present} AND batch {theirs}"
    lacking = f"FROM {published} AS now WHERE {ID} IN ({rows}) AND {ID} NOT IN (SELECT {ID} FROM {staged})"
    added = OWN_BASE.select(dict.fromkeys(policy.fields, "NULL"), lacking, policy.table, "now")
    put_query(engine, OWN_BASE, added, policy.table)
    for name in policy.fields:
        lined = f"SELECT row_id FROM {PROVENANCE_CELLS} WHERE {of_table} AND field = {literal(name)}"
        accepted = (
            f"{lined} AND status = {literal(ClaimStatus.ACCEPTED)} GROUP BY row_id HAVING bool_and(batch {theirs})"
        )
        engine.run(
            f"UPDATE {staged} AS staged SET {quoted(name)} = now.{quoted(name)} FROM {published} AS now "
            f"WHERE now.{ID} = staged.{ID} AND (now.{ID} IN ({accepted}) "
            f"OR (now.{ID} IN ({rows}) AND now.{ID} NOT IN ({lined})))"
        )
