"""The package before the first merge, made from the published one and its provenance: docs/decisions/0017."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from depositary.check.documents.descriptor import sound_package
from depositary.errors import DocumentError
from depositary.merging.claims.engine_tables import ID, ROW
from depositary.merging.claims.releases import MERGED_FROM, EarlierVersion, releases
from depositary.merging.claims.staged import fields, with_id
from depositary.model.own_tables import CELLS, PUBLISHED, ROWS
from depositary.model.package import Package, Resource
from depositary.model.record_id import key_of
from depositary.model.table import Table
from depositary.read.bases import WRITTEN_BY_MERGING
from depositary.read.documents import read_json
from depositary.read.package import DESCRIPTOR
from depositary.write.companions import copy_companions
from depositary.write.tables import write_table

_CALLED = pl.coalesce("original_row_id", "row_id").alias(ID)  # the id before redirects


@dataclass(frozen=True)
class Gaps:
    """What is not known of a table: the values of dropped columns, or some rows."""

    columns: tuple[str, ...] = ()
    has_all_rows: bool = True


@dataclass
class Rewound:
    """The package before anything was merged into it; it is made in `folder` when it is needed.

    All merged changes are undone. If this is not possible, `StandIn` is used.
    """

    current: Package
    folder: Path
    gaps: dict[str, Gaps] = field(default_factory=dict)

    @cached_property
    def releases(self) -> tuple[EarlierVersion, ...]:
        """Give the packages from which the published one was made, the oldest first."""
        return releases(self.current)

    @property
    def first(self) -> EarlierVersion | None:
        """Give the package of the first merge, if it is known."""
        return self.releases[0] if self.releases else None

    @cached_property
    def package(self) -> Package:
        """Give the earlier package; what is not known of a table is in `gaps`, and blank here."""
        self._write(self.folder, self.releases[0])
        return sound_package(self.folder)

    def _fields(self, resource: Resource) -> list[Mapping[str, Any]]:
        """Give the earlier fields of a table: the current ones without added fields, and with dropped ones."""
        described = {f.name: f.descriptor for f in resource.table.fields}
        for release in reversed(self.releases):
            described = {n: one for n, one in described.items() if n not in release.added.get(resource.name, ())}
            described |= {one["name"]: one for one in release.dropped.get(resource.name, ())}
        return list(described.values())

    def _former_id(self, table: str, row_id: str) -> str:
        for release in reversed(self.releases):
            row_id = release.renamed.get(table, {}).get(row_id, row_id)
        return row_id

    def _write(self, folder: Path, release: EarlierVersion) -> None:
        described = read_json(self.current.directory / DESCRIPTOR)
        resources = []
        for entry in described["resources"]:
            resource = self.current.get(entry["name"])
            if entry["name"] in WRITTEN_BY_MERGING:
                continue
            if resource is None or not resource.table.primary_key:
                resources.append(entry)
                continue
            path = f"{resource.name}.csv"
            schema = {**resource.table.descriptor, "fields": self._fields(resource)}
            table = Table.from_descriptor(resource.name, schema)
            rows = self._rows(resource, table.field_names)
            self._note_gaps(table, len(rows))
            write_table(folder / path, rows.columns, [_marked(rows, table)])
            kept = {key: entry[key] for key in ("name", "type", "title", "description", "profile") if key in entry}
            resources.append({**kept, "path": path, "schema": schema})
        described |= {"resources": resources, "version": release.version}
        described.pop(MERGED_FROM)
        copy_companions(self.current.directory, described, folder)
        (folder / DESCRIPTOR).write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")

    def _note_gaps(self, table: Table, rows: int) -> None:
        lost = {one["name"] for release in self.releases for one in release.dropped.get(table.name, ())}
        columns = tuple(name for name in table.field_names if name in lost)
        has_all_rows = self.releases[0].rows.get(table.name, rows) == rows
        if columns or not has_all_rows:
            self.gaps[table.name] = Gaps(columns, has_all_rows)

    def _rows(self, resource: Resource, names: Sequence[str]) -> pl.DataFrame:
        table = resource.table
        frames = (with_id(frame, table.primary_key).drop(ROW) for frame in fields(resource))
        current = pl.concat(frames)
        lines = self._recorded(CELLS, table.name).filter(pl.col("field").is_not_null())
        own, ids = self._ids(table.name, lines)
        cells = current.join(own, on=ID, how="semi").join(ids, on=ID, how="right")
        for name in names:
            if name in table.field_names:
                cells = self._column(cells, name, lines.filter(pl.col("field") == name))
        lost = [pl.lit(None, pl.String).alias(name) for name in names if name not in table.field_names]
        return self._keyed(cells.with_columns(lost), table).sort(table.primary_key).select(names)

    def _ids(self, table: str, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Give the ids of the earlier rows that have a line, and the ids of all earlier rows.

        A row that became part of another one in the first merge, or was deleted and added again, has only cell lines.
        """
        own = self._recorded(ROWS, table).filter(pl.col("batch") == self._published).select(pl.col("row_id").alias(ID))
        of_cells = lines.filter(pl.col("batch") == self._published).select(_CALLED)
        return own, pl.concat([own, of_cells]).unique()

    def _keyed(self, cells: pl.DataFrame, table: Table) -> pl.DataFrame:
        """Write the earlier ids of rows into the columns of the key."""
        keys = [key_of(self._former_id(table.name, row_id)) for row_id in cells[ID]]
        if any(len(key) != len(table.primary_key) for key in keys):
            raise DocumentError(
                f"{self.current[ROWS].path}: {table.name}: a row cannot have such an id. Run depositary merge again."
            )
        columns = zip(*keys, strict=True) if keys else ([] for _ in table.primary_key)
        named = zip(table.primary_key, columns, strict=True)
        return cells.with_columns(pl.Series(name, list(column), pl.String) for name, column in named)

    def _column(self, cells: pl.DataFrame, name: str, lines: pl.DataFrame) -> pl.DataFrame:
        """Restore the published values of a column for cells with claims, and for rows that are gone."""
        if not len(lines):
            return cells
        text = pl.coalesce("original_value", "value").alias("§was")
        first = lines.filter(pl.col("batch") == self._published).select(_CALLED, text)
        recorded = lines.select(pl.col("row_id").alias(ID)).unique().with_columns(pl.lit(value=True).alias("§recorded"))
        fell_later = pl.col("batch").str.starts_with(PUBLISHED) & (pl.col("batch") != self._published)
        later = lines.filter(fell_later & pl.col("original_row_id").is_not_null()).select(_CALLED, text)
        was = pl.concat([first, later.join(recorded, on=ID, how="anti")])
        joined = cells.join(was.unique(ID, keep="first", maintain_order=True), on=ID, how="left")
        joined = joined.join(recorded, on=ID, how="left")
        value = pl.when(pl.col("§recorded") | pl.col("§was").is_not_null()).then(pl.col("§was")).otherwise(pl.col(name))
        return joined.with_columns(value.alias(name)).drop("§was", "§recorded")

    @property
    def _published(self) -> str:
        return f"{PUBLISHED}{self.releases[0].version}"

    def _recorded(self, name: str, table: str) -> pl.DataFrame:
        return pl.concat(self._frames(name)).filter(pl.col("table") == table)

    def _frames(self, name: str) -> Iterator[pl.DataFrame]:
        yield from fields(self.current[name])


def _marked(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Write blank cells as in the table."""
    marks = {f.name: texts[0] for f in table.fields if (texts := table.missing_values(f)) and "" not in texts}
    return rows.with_columns(pl.col(n).fill_null(mark) for n, mark in marks.items())
