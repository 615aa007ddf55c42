"""The delta: what changed from the earlier release to this one, as data that can be applied."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from depositary.loading.rows import Wanted, rows_of
from depositary.merging.claims.engine_tables import ID
from depositary.merging.diff.changes import COLUMNS, Diff, Kind, in_order
from depositary.merging.diff.descriptors import differing, view_of
from depositary.merging.diff.staged_tables import texts_with_ids
from depositary.model.own_tables import CELLS, OWN, PUBLISHED, REDIRECTS, ROWS
from depositary.model.package import Package, Resource
from depositary.model.provenance import ClaimStatus
from depositary.model.role import Role
from depositary.read.documents import read_json
from depositary.releasing.layout import CHANGES, DELTA, EARLIER, REDIRECTED, SUMS
from depositary.releasing.sums import digest
from depositary.write.tables import put_table

BY = ("contributor", "source")
_REDIRECTS = ("table", "old_id", "canonical_id")


def with_final_properties(difference: Diff, before: Package, after: Package) -> pl.DataFrame:
    """Give the lines of a diff with the properties of the package as they are now: the version is known last."""
    old, new = view_of(before).properties, view_of(after).properties
    lines = [("", "", name, Kind.PROPERTY_CHANGED.value, *pair) for name, *pair in differing(old, new)]
    final = pl.DataFrame(lines, schema=difference.lines.schema, orient="row")
    return in_order(pl.concat([difference.lines.filter(pl.col("table") != ""), final]))


def with_origins(lines: pl.DataFrame, before: Package, after: Package) -> pl.DataFrame:
    """Add to each line about a row who gave it and from which source, as far as that is known.

    A cell has the origin of its accepted claim, or else that of its row in the provenance. Only a row that was added or
    removed as a whole has that of its own columns: who coded a row need not be who changed a cell of it.
    """
    named = sorted(set(lines["table"]) - {"", *OWN})
    own = [_of_the_row(package[name]) for name in named for package in (after, before) if name in package]
    of_own = pl.concat([_nothing("table", "row_id"), *own]).unique(
        ["table", "row_id"], keep="first", maintain_order=True
    )
    found = lines.with_row_index("at").join(_claims(after), on=["table", "row_id", "field"], how="left")
    for number, origin in enumerate((_origins(after), of_own)):
        found = found.join(origin, on=["table", "row_id"], how="left", suffix=f"_{number}")
    is_cell = pl.col("change") == Kind.CELL_CHANGED
    chosen = [
        pl.when(pl.col("is_claimed"))
        .then(pl.col(name))
        .when(is_cell)
        .then(pl.col(f"{name}_0"))
        .when(pl.col("row_id") != "")
        .then(pl.coalesce(f"{name}_0", f"{name}_1"))
        .alias(name)
        for name in BY
    ]
    return found.sort("at").select(*COLUMNS, *chosen)


def _claims(package: Package) -> pl.DataFrame:
    """Give who gave each cell that has a claim of its own; for a deleted row, the cell has no name."""
    if CELLS not in package:
        return _nothing("table", "row_id", "field").with_columns(is_claimed=pl.lit(value=True))
    wanted = ("table", "row_id", "field", "contributor", "batch", "source_id")
    rows = rows_of(package[CELLS], Wanted(wanted, f"status = '{ClaimStatus.ACCEPTED}'"))
    new = rows.with_columns(is_published=pl.col("batch").str.starts_with(PUBLISHED)).sort(
        "is_published", "contributor", "batch"
    )
    rows = new.unique(["table", "row_id", "field"], keep="first", maintain_order=True)
    by = pl.col("contributor"), pl.col("source_id").alias("source"), pl.lit(value=True).alias("is_claimed")
    return rows.select("table", "row_id", pl.col("field").fill_null(""), *by)


def _origins(package: Package) -> pl.DataFrame:
    if ROWS not in package:
        return _nothing("table", "row_id")
    rows = rows_of(package[ROWS], Wanted(("table", "row_id", "contributor", "source_id")))
    return rows.rename({"source_id": "source"}).unique(["table", "row_id"], keep="first", maintain_order=True)


def _of_the_row(resource: Resource) -> pl.DataFrame:
    """Give who coded each row of a table and from which source, by its own columns for these."""
    roles = {field.descriptor.get("merge", {}).get("as"): field.name for field in resource.table.fields}
    named = [roles.get(role) for role in (Role.CONTRIBUTOR, Role.SOURCE)]
    if not resource.table.primary_key or not any(named):
        return _nothing("table", "row_id")
    blank = pl.lit(None, pl.String)
    cells = [(pl.col(name) if name else blank).alias(by) for name, by in zip(named, BY, strict=True)]
    rows = texts_with_ids(resource, [name for name in named if name])
    return rows.select(pl.lit(resource.name).alias("table"), pl.col(ID).alias("row_id"), *cells)


def _nothing(*names: str) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys([*names, *BY], pl.String))


def new_redirects(before: Package, after: Package) -> pl.DataFrame:
    """Give the redirects that the earlier release does not have."""
    now, then = (
        rows_of(package[REDIRECTS], Wanted(_REDIRECTS)) if REDIRECTS in package else no_redirects()
        for package in (after, before)
    )
    return now.join(then, on=_REDIRECTS, how="anti").sort(_REDIRECTS)


def no_redirects() -> pl.DataFrame:
    """Give the redirects of a package in which no row was joined with another."""
    return pl.DataFrame(schema=dict.fromkeys(_REDIRECTS, pl.String))


def write_delta(folder: Path, lines: pl.DataFrame, redirects: pl.DataFrame, earlier: Path) -> None:
    """Write the delta of a release, and which release it starts from."""
    (folder / CHANGES).mkdir()
    for name, frame in ((DELTA, lines), (REDIRECTED, redirects)):
        (folder / name).write_bytes(as_csv(frame))
    descriptor = read_json(earlier / "datapackage.json")
    # A diff that is read leaves out further columns, so `depositary.patch` applies this file as it is.
    start = {"name": descriptor.get("name"), "version": descriptor.get("version"), "sums": digest(earlier / SUMS)}
    (folder / EARLIER).write_bytes((json.dumps(start, ensure_ascii=False, indent=2) + "\n").encode())


def as_csv(frame: pl.DataFrame) -> bytes:
    """Give a part of the delta as the bytes of its file."""
    stream = BytesIO()
    put_table(stream, frame.columns, [frame])
    return stream.getvalue()


def read_start(folder: Path) -> dict[str, Any]:
    """Read which release a delta starts from; nothing if the release has no delta.

    Raises:
        DocumentError: the file is not JSON.
    """
    return read_json(folder / EARLIER) if (folder / EARLIER).is_file() else {}
