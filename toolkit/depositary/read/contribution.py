"""Opening a contribution: a folder with `contribution.toml` and tables named as in its base package."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from depositary.model.package import Contribution, Mode, Package, Resource
from depositary.model.table import Table
from depositary.read.documents import read_json, read_toml
from depositary.read.paths import unsafe
from depositary.read.shipped import schemas

MANIFEST = "contribution.toml"
DELETES = "deletes"
_PROSE = (".md", ".txt")
_TABULAR = (".csv", ".tsv", ".xlsx", ".xls", ".ods", ".parquet")


def read_manifest(directory: Path) -> dict[str, Any]:
    """Read the manifest of a contribution.

    Raises:
        NotFoundError: the folder has none.
        DocumentError: it is not TOML.
    """
    return read_toml(directory / MANIFEST)


def open_contribution(directory: Path, manifest: Mapping[str, Any], base: Package) -> Contribution:
    """Open a contribution whose manifest has been found valid, with the schemas of its base."""
    files = sorted(p for p in directory.iterdir() if p.is_file() and not p.name.startswith("."))
    deeper = sorted(p for p in directory.rglob("*") if _is_deeper_table(p.relative_to(directory)))
    known = {r.name: r for r in base}
    mode = Mode(manifest["mode"])
    if mode is Mode.PATCH:
        known[DELETES] = _deletes(directory)
    resources = tuple(_resources(files, known, directory))
    used = {r.file for r in resources}
    expected = {MANIFEST, *(p.name for p in files if p.suffix.lower() in _PROSE)}
    strange = [p for p in files if p not in used and p.name not in expected]
    unknown = tuple(p.relative_to(directory).as_posix() for p in (*strange, *deeper))
    return Contribution(directory, manifest, mode, resources, unknown)


def _is_deeper_table(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return len(path.parts) > 1 and path.suffix.lower() in _TABULAR and not hidden


def _resources(files: list[Path], known: Mapping[str, Resource], directory: Path) -> Iterator[Resource]:
    order = {name: i for i, name in enumerate(known)}
    fitting = [p for p in files if p.suffix.lower() == ".csv" and p.stem in known]
    for file in sorted(fitting, key=lambda p: order[p.stem]):
        if unsafe(directory, file.name):
            continue
        yield Resource(name=file.stem, place=file.name, file=file, table=known[file.stem].table)


def _deletes(directory: Path) -> Resource:
    schema = read_json(schemas() / "notation" / f"{DELETES}.json")
    file = f"{DELETES}.csv"
    return Resource(name=DELETES, place=file, file=directory / file, table=Table.from_descriptor(DELETES, schema))
