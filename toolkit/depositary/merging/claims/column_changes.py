"""Changes of columns that contributions claim; the merged package names them, because no line of the provenance does.

The schemas and conflicts show their result; the contributor stays known after the contribution has gone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from depositary.merging.claims.inputs import Batch
from depositary.model.package import Package

COLUMN_CHANGES = "column_changes"  # the property of the descriptor that names it


@dataclass(frozen=True, order=True)
class ColumnChange:
    """A claim to `add` or `drop` a column."""

    contribution: str
    contributor: str
    table: str
    field: str
    change: str


def claimed_changes(batches: Iterable[Batch]) -> Iterator[ColumnChange]:
    """Give the changes of columns that contributions claim, without those that take no part."""
    for batch in (batch for batch in batches if not batch.withdrawn):
        for table, edits in batch.schema_edits.items():
            for change, names in (("add", (f["name"] for f in edits.get("add", ()))), ("drop", edits.get("drop", ()))):
                yield from (ColumnChange(batch.name, batch.contributor, table, name, change) for name in names)


def recorded_changes(package: Package) -> list[ColumnChange]:
    """Give the changes that earlier merges noted; entries that are not valid are ignored."""
    noted = package.descriptor.get(COLUMN_CHANGES)
    names = {f.name for f in fields(ColumnChange)}
    entries = (entry for entry in noted if isinstance(entry, dict)) if isinstance(noted, list) else ()
    return [ColumnChange(**e) for e in entries if e.keys() == names and all(isinstance(v, str) for v in e.values())]


def noted(package: Package, batches: Iterable[Batch]) -> dict[str, Any]:
    """Give the property of the descriptor, including notes of earlier merges; empty if there is nothing to note."""
    entries = [asdict(one) for one in sorted({*recorded_changes(package), *claimed_changes(batches)})]
    return {COLUMN_CHANGES: entries} if entries else {}
