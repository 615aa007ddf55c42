"""Write the merged package: tables, provenance, conflicts and descriptor."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from depositary.engine.sql import quoted
from depositary.merging.claims import column_changes
from depositary.merging.claims.engine_tables import MERGED
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.identity import Redirect
from depositary.merging.claims.inputs import Batch
from depositary.merging.claims.releases import MERGED_FROM, merged_from
from depositary.merging.claims.replaced import SUPERSEDED, Replaced, noted
from depositary.merging.claims.waiting import Waiting
from depositary.merging.provenance.provenance import Provenance
from depositary.model.conflict import Conflict
from depositary.model.own_tables import CELLS, ROWS
from depositary.model.package import Package, Resource, of_its_file
from depositary.model.table import Table
from depositary.read.documents import read_json
from depositary.read.files.stamp import Stamp
from depositary.read.package import DESCRIPTOR, open_package, plain_path
from depositary.read.shipped import schemas
from depositary.write.companions import copy_companions
from depositary.write.tables import write_table

CONFLICTS, REDIRECTS = "conflicts", "redirects"
WAITING = "waiting"  # the property of the descriptor that names the contributions which were set aside
OWN = {
    ROWS: "provenance/rows.csv",
    CELLS: "provenance/cells.csv",
    CONFLICTS: "conflicts.csv",
    REDIRECTS: "redirects.csv",
}


@dataclass
class Publication:
    """Writes a merged package to a new folder."""

    claims: Claims
    folder: Path
    waiting: Sequence[Waiting] = ()
    replaced: Collection[Replaced] = ()
    batches: Sequence[Batch] = ()

    @property
    def _current(self) -> Package:
        return self.claims.current

    def write_tables(
        self, merged: Iterable[str], fields: Mapping[str, Sequence[Mapping[str, Any]]], again: Collection[str]
    ) -> dict[Path, Stamp]:
        """Write the tables and the descriptor; those that did not change are copied byte for byte.

        Give the copies that are made, each with the stamp of its source. What is there stays, except the tables that
        must be written `again`. `fields` has the field descriptors of tables whose schema changed.

        Raises:
            UsageError: a file changed while it was copied.
        """
        changed = {name for name in merged if name in self._current}
        descriptor = self._without_own(read_json(self._current.directory / DESCRIPTOR))
        copied = copy_companions(self._current.directory, _without_files_of(descriptor, changed), self.folder)
        resources = []
        for described in descriptor["resources"]:
            resource = self._current.get(described["name"])
            if resource is None or described["name"] not in changed:
                resources.append(described)
                continue
            path = plain_path(resource, self._current)
            resources.append({**_without(described, of_its_file(resource)), "path": path})
            if resource.name in fields:
                schema = {**resource.table.descriptor, "fields": list(fields[resource.name])}
                resources[-1]["schema"] = schema
                resource = replace(resource, table=Table.from_descriptor(resource.name, schema))
            if resource.name in again or not (self.folder / path).exists():
                self._write(resource, path)
        self._describe({**descriptor, "resources": resources})
        return copied

    def write_account(
        self, provenance: Provenance, conflicts: Iterable[Conflict], redirects: Iterable[Redirect]
    ) -> None:
        """Write the provenance and the conflicts, and add these files to the descriptor."""
        (self.folder / "provenance").mkdir(exist_ok=True)
        write_table(self.folder / OWN[ROWS], _names(ROWS), map(_frame, provenance.rows()))
        write_table(self.folder / OWN[CELLS], _names(CELLS), map(_frame, provenance.cells()))
        for name, lines in ((CONFLICTS, _sides(conflicts)), (REDIRECTS, _redirected(redirects))):
            frame = pl.DataFrame(list(lines), schema=dict.fromkeys(_names(name), pl.String), orient="row")
            write_table(self.folder / OWN[name], _names(name), [frame])
        descriptor = read_json(self.folder / DESCRIPTOR)
        made = merged_from(self._current, open_package(self.folder), self.claims.counted, self._renamed())
        descriptor |= {MERGED_FROM: made} if made else {}
        waiting = (
            {WAITING: [{"contribution": one.name, "why": one.why} for one in self.waiting]} if self.waiting else {}
        )
        resources = [*descriptor["resources"], *map(_described, OWN)]
        notes = {**noted(self.replaced), **column_changes.noted(self._current, self.batches)}
        self._describe({**descriptor, "resources": resources, **waiting, **notes})

    def _renamed(self) -> dict[str, dict[str, str]]:
        """Give the earlier ids of published rows, by their current ids."""
        moved = self.claims.moved.items()
        return {table: {new: old for old, new in ids.items() if new is not None} for table, ids in moved}

    def _write(self, resource: Resource, path: str) -> None:
        for stored in resource.paths:
            (self.folder / stored).unlink(missing_ok=True)
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        table = resource.table
        key = table.primary_key[0]
        rows = chain.from_iterable(
            self._rows(table, span.of(quoted(key))) for span in self.claims.spans(table.name, key)
        )
        blanks = {f.name: table.missing_values(f) for f in table.fields}
        marks = {name: texts[0] for name, texts in blanks.items() if texts and "" not in texts}
        frames = (_frame(batch).with_columns(pl.col(n).fill_null(m) for n, m in marks.items()) for batch in rows)
        write_table(self.folder / path, table.field_names, frames)

    def _rows(self, table: Table, some: str) -> Iterator[pa.RecordBatch]:
        columns, order = (", ".join(map(quoted, names)) for names in (table.field_names, table.primary_key))
        rows = f"FROM {MERGED.of(table.name)} WHERE {some}"
        return self.claims.engine.batches(f"SELECT {columns} {rows} ORDER BY {order}")

    def _without_own(self, descriptor: dict[str, Any]) -> dict[str, Any]:
        kept = {key: value for key, value in descriptor.items() if key not in (WAITING, SUPERSEDED)}
        return {**kept, "resources": [r for r in descriptor["resources"] if r["name"] not in OWN]}

    def _describe(self, descriptor: Mapping[str, Any]) -> None:
        text = json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"
        (self.folder / DESCRIPTOR).write_bytes(text.encode())


def _without_files_of(descriptor: Mapping[str, Any], tables: Collection[str]) -> dict[str, Any]:
    """Leave out the files of tables that are written; schemas and dialects in files of their own stay."""
    resources = [_without(r, ("path",)) if r["name"] in tables else r for r in descriptor["resources"]]
    return {**descriptor, "resources": resources}


def _without(described: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {key: value for key, value in described.items() if key not in names}


def _frame(batch: pa.RecordBatch) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(batch))


def _schema(name: str) -> dict[str, Any]:
    return read_json(schemas() / "provenance" / f"{name}.json")


def _names(name: str) -> list[str]:
    return [field["name"] for field in _schema(name)["fields"]]


def _described(name: str) -> dict[str, Any]:
    schema = _schema(name)
    return {
        "name": name,
        "profile": "tabular-data-resource",
        "type": "table",
        "title": schema["title"],
        "description": schema["description"],
        "path": OWN[name],
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _sides(conflicts: Iterable[Conflict]) -> Iterator[tuple[str | None, ...]]:
    """Write conflicts as lines, one for each side."""
    lines = [
        (
            *(c.conflict_id, c.kind, c.status.value, c.table, c.row_id, c.field),
            *(side.contributor, side.batch, side.value, side.source_id),
            *(c.inputs_hash, c.decided_by, c.message),
        )
        for c in conflicts
        for side in c.sides
    ]
    lines.sort(
        key=lambda line: [text.encode() for text in (*line[3:6], line[1], line[0], *(t or "" for t in line[6:]))]
    )
    return (tuple(text or None for text in line) for line in lines)


def _redirected(redirects: Iterable[Redirect]) -> Iterator[tuple[str, ...]]:
    lines = ((r.table, r.old_id, r.canonical_id, r.decided_by) for r in redirects)
    return iter(sorted(lines, key=lambda line: [text.encode() for text in line]))
