"""Where a row is in the download that brought it: read again from the contribution, which the workspace still has."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from depositary.errors import DepositaryError
from depositary.merging.provenance.lineage import RowLineage
from depositary.model.package import Package, Resource
from depositary.model.record_id import record_id
from depositary.read.contribution import open_contribution, read_manifest
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile


@dataclass(frozen=True)
class Download:
    """A row of a mapped file, `batch` is its contribution; `columns` are our columns with the names of theirs."""

    batch: str
    file: str
    row: int
    columns: tuple[tuple[str, str], ...]


def downloads_of(row: RowLineage, package: Package, contributions: Sequence[Path]) -> Iterator[Download]:
    """Find the rows of mapped files that a published row comes from, in contributions that are still there."""
    names = {(claim.batch, claim.original_row_id or row.row_id) for claim in row.claims()}
    if row.origin:
        names.add((row.origin.batch, row.origin.original_row_id or row.row_id))
    for folder in contributions:
        batch = f"{folder.parent.name}/{folder.name}"
        wanted = {name for of, name in names if of == batch}
        if wanted:
            with suppress(DepositaryError, UnreadableFile):  # it may have changed since the merge
                yield from _found(folder, batch, package, row.table, wanted)


def _found(folder: Path, batch: str, package: Package, table: str, wanted: set[str]) -> Iterator[Download]:
    contribution = open_contribution(folder, read_manifest(folder), package)
    for resource in contribution.resources:
        if resource.name == table and resource.mapping:
            yield from _rows(resource, batch, wanted)


def _rows(resource: Resource, batch: str, wanted: set[str]) -> Iterator[Download]:
    mapping, key = resource.mapping, resource.table.primary_key
    with Records(resource) as records:
        if mapping is None or not set(key) <= set(records.labels):
            return
        at = [records.labels.index(name) for name in key]
        for numbers, rows in records.chunks():
            for number, cells in zip(numbers, rows, strict=True):
                if record_id(cells[one] for one in at) in wanted:
                    theirs = ((name, mapping.theirs(name, number)) for name in records.labels)
                    named = tuple((name, label) for name, label in theirs if label)
                    yield Download(batch, resource.path, mapping.row_of(number), named)
