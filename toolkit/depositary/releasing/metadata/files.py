"""The files of a release, with their sizes and sums."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from depositary.errors import UsageError
from depositary.model.package import Package
from depositary.read.package import paths_of
from depositary.releasing.layout import CITATION, SUMS
from depositary.releasing.metadata.identifiers import text_of
from depositary.visible import visible

METADATA = "metadata"
CROISSANT, SCHEMA_ORG = f"{METADATA}/croissant.json", f"{METADATA}/schema-org.jsonld"
DATACITE, DATACITE_XML = f"{METADATA}/datacite.json", f"{METADATA}/datacite.xml"
DCAT, PROV, ZENODO = f"{METADATA}/dcat.ttl", f"{METADATA}/prov.json", f"{METADATA}/zenodo.json"
RO_CRATE, CSVW = "ro-crate-metadata.json", "csv-metadata.json"
_OURS = (CITATION.casefold(), CROISSANT, DATACITE, DATACITE_XML, DCAT, PROV, RO_CRATE, SCHEMA_ORG, ZENODO)
_MEDIA_TYPES = {  # by ending, without its point; those of Python depend on the machine
    "csv": "text/csv", "tsv": "text/tab-separated-values", "json": "application/json", "jsonl": "application/jsonl",
    "jsonld": "application/ld+json", "md": "text/markdown", "txt": "text/plain", "yaml": "application/yaml",
    "yml": "application/yaml", "html": "text/html", "xml": "application/xml", "zip": "application/zip",
    "gz": "application/gzip", "parquet": "application/vnd.apache.parquet", "sqlite": "application/vnd.sqlite3",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "sql": "application/sql",
    "pdf": "application/pdf", "toml": "application/toml", "py": "text/x-python",
}  # fmt: skip
_BYTES = "application/octet-stream"


@dataclass(frozen=True)
class ReleasedFile:
    """A file of a release: its path from the top, with slashes, its size and its SHA-256."""

    path: str
    bytes: int
    sha256: str
    mediatype: str


def is_description(path: str) -> bool:
    """Return whether a release writes a description for catalogues at a path; case does not count."""
    return path.casefold() in _OURS or path.casefold().rpartition("/")[2] == CSVW


def files_of(package: Package) -> Iterator[ReleasedFile]:
    """Give all files of a release, sorted by path, without the descriptions and the sums themselves.

    Raises:
        UsageError: a table of the descriptor is missing, or a file cannot be read.
    """
    declared = {path: text_of(one.get("mediatype")) for one in _resources(package) for path in paths_of(one)}
    found = sorted(set(_paths(package.directory)) | {path for resource in package for path in resource.paths})
    for path in found:
        yield _file(package.directory, path, declared)


def folder_of_tables(paths: list[str]) -> str:
    """Give the folder in which most tables are, as a path from the top that is empty or ends with a slash."""
    folders = [path[: path.rfind("/") + 1] for path in paths]
    return min(folders, key=lambda one: (-folders.count(one), len(one), one), default="")


def _resources(package: Package) -> list[Mapping[str, object]]:
    listed = package.descriptor.get("resources")
    return [one for one in (listed if isinstance(listed, list) else []) if isinstance(one, Mapping)]


def _paths(folder: Path) -> Iterator[str]:
    for file in folder.rglob("*"):
        path = file.relative_to(folder).as_posix()
        if file.is_file() and not file.is_symlink() and path != SUMS and not is_description(path):
            yield path


def _file(folder: Path, path: str, declared: Mapping[str, str]) -> ReleasedFile:
    try:
        with (folder / path).open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.tell()
    except OSError as error:
        raise UsageError(f"{visible(path)}: cannot be read for the release: {error.strerror}.") from error
    guessed = _MEDIA_TYPES.get(PurePosixPath(path).suffix.lower().removeprefix("."), _BYTES)
    return ReleasedFile(path, size, digest, declared.get(path) or guessed)
