"""The package that earlier merges began with, made from the published one and its provenance: docs/decisions/0017."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from depositary.merging.hashes import short_hash
from depositary.merging.listed import CELLS, ROWS
from depositary.merging.staged import ID, ROW, fields, with_id
from depositary.model.package import Package, Resource
from depositary.model.record_id import key_of
from depositary.read.bases import WRITTEN_BY_MERGING
from depositary.read.documents import read_json
from depositary.read.package import DESCRIPTOR, open_package
from depositary.write.companions import copy_companions
from depositary.write.tables import write_table

_PUBLISHED = "published@"


@dataclass
class Rewound:
    """The package as it was before anything was merged into it; it is made in `folder` when it is asked for.

    `proposed` are the columns that contributions add, by table: those that were blank then were not there.
    """

    current: Package
    folder: Path
    proposed: dict[str, set[str]] = field(default_factory=dict)

    @cached_property
    def versions(self) -> frozenset[str]:
        """Give the versions that the published package was made from, as its provenance tells."""
        found: set[str] = set()
        for name in (ROWS, CELLS):
            for frame in fields(self.current[name]) if name in self.current else ():
                found |= set(frame["batch"].drop_nulls().unique())
        return frozenset(batch.removeprefix(_PUBLISHED) for batch in found if batch.startswith(_PUBLISHED))

    @property
    def is_published_again(self) -> bool:
        """Tell whether the published package has the version of the one that it was made from."""
        return self.current.version in self.versions

    def package(self, version: str) -> Package:
        """Give the package as it was, under the version by which a contribution knows it."""
        place = self.folder / short_hash((version,), 12)  # a version may be any text, and a path out of here
        if not place.exists():
            self._write(place, version)
        return open_package(place)

    def _write(self, place: Path, version: str) -> None:
        described = read_json(self.current.directory / DESCRIPTOR)
        resources = []
        place.mkdir(parents=True)
        for entry in described["resources"]:
            resource = self.current.get(entry["name"])
            if entry["name"] in WRITTEN_BY_MERGING:
                continue
            if resource is None or not resource.table.primary_key:
                resources.append(entry)
                continue
            path = f"{resource.name}.csv"
            rows = self._rows(resource)
            rows = rows.drop(
                n for n in self.proposed.get(resource.name, ()) if n in rows.columns and _is_blank(rows[n])
            )
            described_fields = [f for f in resource.table.descriptor["fields"] if f["name"] in rows.columns]
            schema = {**resource.table.descriptor, "fields": described_fields}
            write_table(place / path, rows.columns, [_marked(rows, resource)])
            kept = {key: entry[key] for key in ("name", "type", "title", "description", "profile") if key in entry}
            resources.append({**kept, "path": path, "schema": schema})
        described |= {"resources": resources, "version": version}
        copy_companions(self.current.directory, described, place)
        (place / DESCRIPTOR).write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")

    def _rows(self, resource: Resource) -> pl.DataFrame:
        table = resource.table
        frames = (with_id(frame, table.primary_key).drop(ROW) for frame in fields(resource))
        current = pl.concat(frames)
        origins = self._told(ROWS, table.name).filter(pl.col("batch").str.starts_with(_PUBLISHED))
        lines = self._told(CELLS, table.name).filter(pl.col("field").is_not_null())
        cells = current.join(origins.select(pl.col("row_id").alias(ID)), on=ID, how="right")
        keys = (
            dict(zip(table.primary_key, zip(*map(key_of, cells[ID]), strict=True), strict=True)) if len(cells) else {}
        )
        cells = cells.with_columns(pl.Series(name, column, pl.String) for name, column in keys.items())
        for name in table.field_names:
            if name not in table.primary_key:
                cells = self._column(cells, name, lines.filter(pl.col("field") == name))
        return cells.sort(table.primary_key).select(table.field_names)

    def _column(self, cells: pl.DataFrame, name: str, lines: pl.DataFrame) -> pl.DataFrame:
        """Put back what was published in a column where claims were made on it."""
        if not len(lines):
            return cells
        was = lines.filter(pl.col("batch").str.starts_with(_PUBLISHED)).select(
            pl.coalesce("original_row_id", "row_id").alias(ID), pl.coalesce("original_value", "value").alias("§was")
        )
        said = lines.select(pl.col("row_id").alias(ID)).unique().with_columns(pl.lit(value=True).alias("§said"))
        joined = cells.join(was.unique(ID, keep="first"), on=ID, how="left").join(said, on=ID, how="left")
        value = pl.when(pl.col("§said") | pl.col("§was").is_not_null()).then(pl.col("§was")).otherwise(pl.col(name))
        return joined.with_columns(value.alias(name)).drop("§was", "§said")

    def _told(self, name: str, table: str) -> pl.DataFrame:
        return pl.concat(self._frames(name)).filter(pl.col("table") == table)

    def _frames(self, name: str) -> Iterator[pl.DataFrame]:
        yield from fields(self.current[name])


def _is_blank(column: pl.Series) -> bool:
    return column.null_count() == len(column)


def _marked(rows: pl.DataFrame, resource: Resource) -> pl.DataFrame:
    """Write blank cells as the table does."""
    table = resource.table
    marks = {f.name: texts[0] for f in table.fields if (texts := table.missing_values(f)) and "" not in texts}
    return rows.with_columns(pl.col(n).fill_null(mark) for n, mark in marks.items() if n in rows.columns)


def fits(rewound: Rewound | None, manifest_base: Mapping[str, Any]) -> bool:
    """Tell whether a contribution was made against what the published package was made from."""
    return rewound is not None and str(manifest_base["version"]) in rewound.versions
