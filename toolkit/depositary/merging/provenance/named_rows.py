"""The rows that contributors named themselves, such as `local:kita`, and the ids that they have now."""

from collections.abc import Iterable, Mapping
from io import BytesIO

import polars as pl

from depositary.engine.sql import quoted
from depositary.merging.claims.engine_tables import ID, MERGED, NAMED_ROWS
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.identity import Redirect
from depositary.merging.claims.inputs import Batch
from depositary.merging.claims.staged import make, put_rows
from depositary.write.tables import put_table

_TEXTS = ("contributor", "batch", "table", "name", "row_id")
_SCHEMA = pl.Schema({**dict.fromkeys(_TEXTS, pl.String), "is_published": pl.Boolean, "is_new": pl.Boolean})


def named_rows(claims: Claims, batches: Iterable[Batch], redirects: Iterable[Redirect]) -> pl.DataFrame:
    """Give the names in contributions that take part, by batch, then by table as in the package, then by name.

    The columns are contributor, batch, table, name, row_id, is_published, and is_new: the package before the merge does
    not have the row. A name that a batch takes over from an earlier one is listed once, with the earlier one.
    """
    moved: dict[str, dict[str, str]] = {}
    for redirect in redirects:
        moved.setdefault(redirect.table, {})[redirect.old_id] = redirect.canonical_id
    by_table: dict[str, list[pl.DataFrame]] = {}
    for batch in (batch for batch in batches if not batch.withdrawn):
        for table, ids in claims.local_names.get(batch.name, {}).items():
            own = _own(claims, batch.name, table, ids)
            if own:
                by_table.setdefault(table, []).append(_frame(batch, table, own, moved.get(table, {})))
    found = [
        _with_state(claims, table, pl.concat(by_table[table])).sort("name")
        for table in claims.policies
        if table in by_table
    ]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *found]).sort("batch", maintain_order=True)


def _own(claims: Claims, batch: str, table: str, ids: Mapping[str, str]) -> dict[str, str]:
    """Leave out the names that are those of an earlier batch at hand."""
    earlier = [claims.local_names.get(one, {}).get(table, {}) for one in claims.named.get(batch, ())]
    return {name: row_id for name, row_id in ids.items() if not any(of.get(name) == row_id for of in earlier)}


def _frame(batch: Batch, table: str, ids: Mapping[str, str], moved: Mapping[str, str]) -> pl.DataFrame:
    row_ids = pl.Series("row_id", list(ids.values()), pl.String)
    return pl.DataFrame({"name": list(ids), "row_id": row_ids.replace(moved) if moved else row_ids}).select(
        pl.lit(batch.contributor).alias("contributor"),
        pl.lit(batch.name).alias("batch"),
        pl.lit(table).alias("table"),
        "name",
        "row_id",
    )


def _with_state(claims: Claims, table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Add whether each row is published after the merge, and whether it was not before."""
    make(claims.engine, NAMED_ROWS)
    put_rows(claims.engine, NAMED_ROWS, frame)
    there = MERGED.of(table) if table in claims.tables else claims.published(table)
    columns = ", ".join(f"named.{quoted(name)}" for name in _TEXTS)
    joined = (
        f"{NAMED_ROWS} AS named LEFT JOIN {there} AS there ON there.{ID} = named.row_id "
        f"LEFT JOIN {claims.published(table)} AS earlier ON earlier.{ID} = named.row_id"
    )
    states = f"there.{ID} IS NOT NULL AS is_published, earlier.{ID} IS NULL AS is_new"
    batches = claims.engine.batches(f"SELECT {columns}, {states} FROM {joined}")
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *(pl.DataFrame(batch).cast(_SCHEMA) for batch in batches)])


def names_csv(names: pl.DataFrame) -> str:
    """Write the names and ids as CSV, one line for each row."""
    stream = BytesIO()
    status = pl.when("is_published").then(pl.lit("published")).otherwise(pl.lit("not published"))
    put_table(stream, (*_TEXTS, "status"), [names.select(*_TEXTS, status)] if len(names) else [])
    return stream.getvalue().decode()
