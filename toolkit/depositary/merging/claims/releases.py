"""The packages from which a merged package was made, from its descriptor: docs/decisions/0017."""

import filecmp
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from depositary.check.documents.document_schema import violations
from depositary.errors import DocumentError
from depositary.model.own_tables import OWN, ROWS
from depositary.model.package import Package
from depositary.read.bases import package_hash
from depositary.read.package import DESCRIPTOR

MERGED_FROM = "merged_from"  # the property of the descriptor
_PROFILE = "merged_from"


@dataclass(frozen=True)
class EarlierVersion:
    """A package into which contributions were merged, with what is not in the provenance.

    `rows` counts the rows, only for the first one. `dropped` has the descriptors of fields, and `added` the names of
    fields, by table, in which the next package differs; `renamed` has the ids of rows in it, by their new ids.
    """

    version: str
    hash: str
    rows: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    added: Mapping[str, Sequence[str]] = field(default_factory=dict)
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """Give its entry in the descriptor."""
        return {name: value for name, value in asdict(self).items() if value or name in ("version", "hash")}


def releases(package: Package) -> tuple[EarlierVersion, ...]:
    """Give the packages from which a package was merged, the oldest first.

    Raises:
        DocumentError: the entries in its descriptor are not as a merge writes them.
    """
    wrong = violations(package.descriptor, _PROFILE, f"the descriptor's `{MERGED_FROM}`")
    if wrong:
        raise DocumentError(
            f"{package.directory / DESCRIPTOR}: {wrong[0].message}. A merge writes `{MERGED_FROM}`. Remove it, or "
            "run the merge again with the package from which this one was made."
        )
    return tuple(EarlierVersion(**entry) for entry in package.descriptor.get(MERGED_FROM, ()))


def merged_from(
    current: Package, merged: Package, rows: Mapping[str, int], renamed: Mapping[str, Mapping[str, str]]
) -> list[dict[str, Any]]:
    """List the packages from which a merged package was made: the current one, if it differs, and its own list.

    A package with traces of merges, but without the package of the first merge, is not used as the first one.
    """
    recorded = releases(current)
    entries = [release.described() for release in recorded]
    if (recorded and _is_same(current, merged)) or (not recorded and ROWS in current):
        return entries
    release = EarlierVersion(
        version=current.version,
        hash=package_hash(current),
        rows={} if recorded else dict(sorted(rows.items())),
        dropped=dict(_dropped(current, merged)),
        added={name: [f["name"] for f in fields] for name, fields in _dropped(merged, current)},
        renamed={name: dict(sorted(ids.items())) for name, ids in sorted(renamed.items()) if ids},
    )
    return [*entries, release.described()]


def _is_same(current: Package, merged: Package) -> bool:
    """Return whether two packages have the same hash: whether their tables are the same files."""
    tables = [(merged.get(resource.name), resource) for resource in current if resource.name not in OWN]
    return all(
        now is not None and now.paths == then.paths and all(map(_is_one, now.files, then.files)) for now, then in tables
    )


def _is_one(now: Path, then: Path) -> bool:
    return filecmp.cmp(now, then, shallow=False)


def _dropped(before: Package, after: Package) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    for resource in before:
        now = after.get(resource.name)
        gone = [f.descriptor for f in resource.table.fields if now and f.name not in now.table.field_names]
        if gone:
            yield resource.name, gone
