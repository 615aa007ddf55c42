"""Open a data package."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from depositary.errors import DocumentError, NotFoundError, UsageError
from depositary.model.file_kinds import FileKind, endings, file_kind
from depositary.model.package import PARQUET, Package, Resource
from depositary.model.table import Table
from depositary.read.archive import folder_in, is_archive
from depositary.read.documents import is_file, read_json
from depositary.read.files.compressed import PACKINGS, packing, unpacked
from depositary.read.paths import address_of, given, unsafe

DESCRIPTOR = "datapackage.json"
_READ = (FileKind.CSV, FileKind.TSV)
CSV = tuple(ending.lstrip(".") for ending in endings(*_READ))
STORED = (*CSV, PARQUET)  # how tables may be stored
_TABULAR = "tabular-data-resource"


def open_package(path: str | Path, formats: Collection[str] = STORED) -> Package:
    """Open a package by its folder or its `datapackage.json`.

    Resources that are not tables in local files of these formats are left out; `validate` names them.

    Raises:
        NotFoundError: there is no package at the path.
        DocumentError: the descriptor is not a JSON object, or names files outside the package.
    """
    file = find_descriptor(given(path))
    descriptor = dereferenced(read_json(file), file.parent)
    return build_package(descriptor, file.parent, formats)


def find_descriptor(path: Path) -> Path:
    """Find the descriptor of a package, given as a folder, an archive of one, or a file.

    Raises:
        NotFoundError: there is no descriptor.
        DocumentError: the archive is not one of a package.
    """
    if path.is_dir():
        file = path / DESCRIPTOR
        if not file.is_file():
            raise NotFoundError(
                f"{path}: there is no {DESCRIPTOR} in this folder. Name a data package, a folder with a "
                "contribution.toml, or a CSV file."
            )
        return file
    if not path.exists():
        raise NotFoundError(nothing_at(path))
    if is_archive(path):
        return folder_in(path, DESCRIPTOR) / DESCRIPTOR
    refuse_archive(path)  # of another kind
    return path


def nothing_at(path: Path) -> str:
    """Say that there is nothing at a path, or that it is an address."""
    if address := address_of(path):
        return (
            f"{address}: this is an address, and only validate --engine spark reads a package at an address. Copy it "
            "to this machine, and give its path."
        )
    return f"{path}: there is no such file or folder."


def refuse_archive(path: Path) -> None:
    """Refuse an archive of a folder; a compressed CSV file, with a name like flows.csv.zip, is allowed.

    Raises:
        UsageError: the path is an archive.
    """
    if is_file(path) and file_kind(path) is FileKind.ARCHIVE and file_kind(unpacked(path)) not in _READ:
        raise UsageError(f"{path}: this is an archive. Unpack it first, and name the unpacked folder.")


def dereferenced(descriptor: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    """Put schemas and dialects from separate files into the descriptor.

    Raises:
        DocumentError: such a file is outside the package or is not a JSON object.
    """
    resources = descriptor.get("resources")
    if not isinstance(resources, list):
        return dict(descriptor)
    return {**descriptor, "resources": [dereference(r, directory) for r in resources]}


def dereference(resource: object, directory: Path) -> object:
    """Put schema and dialect into one resource, if they are in separate files."""
    if not isinstance(resource, dict):
        return resource
    inline = {
        name: _linked(resource[name], directory)
        for name in ("schema", "dialect")
        if isinstance(resource.get(name), str)
    }
    return {**resource, **inline}


def _linked(path: str, directory: Path) -> dict[str, Any]:
    reason = unsafe(directory, path)
    if reason:
        raise DocumentError(f"{directory / DESCRIPTOR}: the path {path!r} is not followed: {reason}.")
    return read_json(directory / path)


def build_package(descriptor: Mapping[str, Any], directory: Path, formats: Collection[str] = STORED) -> Package:
    """Make a package from a descriptor whose links are resolved."""
    return Package(
        name=str(descriptor.get("name", "")),
        version=str(descriptor.get("version", "")),
        directory=directory,
        resources=tuple(_resources(descriptor, directory, formats)),
        descriptor=descriptor,
    )


def _resources(descriptor: Mapping[str, Any], directory: Path, formats: Collection[str]) -> Iterator[Resource]:
    resources = descriptor.get("resources")
    for resource in resources if isinstance(resources, list) else []:
        if isinstance(resource, dict) and not why_not_read(resource, directory, formats):
            yield _resource(resource, directory)


def why_not_read(resource: Mapping[str, Any], directory: Path, formats: Collection[str] = STORED) -> str:
    """Give the reason why a resource is not a table in local files of these formats; empty if it is."""
    paths = resource.get("path")
    if "data" in resource:
        return "its data are in the descriptor; store them as a CSV file"
    if paths == []:
        return "its list of paths is empty; name its files"
    if not paths_of(resource) or (isinstance(paths, list) and len(paths_of(resource)) < len(paths)):
        return "it has no path"
    for path in paths_of(resource):
        reason = unsafe(directory, path)
        if reason:
            return f"its path {path!r} is not followed: {reason}"
    if not isinstance(resource.get("schema"), dict):
        return "it has no Table Schema"
    reasons = (_why_no_table({**resource, "path": path}, formats) for path in paths_of(resource))
    return next(filter(None, reasons), "") or _why_no_parts(resource)


def _why_no_table(resource: Mapping[str, Any], formats: Collection[str]) -> str:
    """Give the reason why one file is not a table in one of these formats."""
    path = Path(resource["path"])
    if packing(resource.get("compression"), path) and _format(resource) == PARQUET:
        return "it is a Parquet file in an archive; unpack it, because Parquet is compressed itself"
    if packing(resource.get("compression"), path) not in ("", *PACKINGS):
        return f"it is compressed as {resource['compression']}; compress it as gz or zip, or store it as plain CSV"
    file_format = _format(resource)
    if not file_format and unpacked(path) != path:
        return "its format is not known; name it like flows.csv.zip, or give `format` or `innerpath`"
    if file_format not in formats:
        return f"it is {file_format or 'a file without an extension'}, not CSV or Parquet"
    return ""


def _why_no_parts(resource: Mapping[str, Any]) -> str:
    """Give the reason why several files are not parts of one table."""
    forms = list(dict.fromkeys(_format({**resource, "path": path}) for path in paths_of(resource)))
    return f"its parts have different formats ({', '.join(forms)}); store all of them in one" if len(forms) > 1 else ""


def left_out(package: Package, formats: Collection[str] = STORED) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Give the resources of a package that are not read as tables, each with the reason."""
    resources = package.descriptor.get("resources")
    for resource in resources if isinstance(resources, list) else []:
        if isinstance(resource, dict) and resource.get("name") not in package:
            yield resource, why_not_read(resource, package.directory, formats)


def is_table(resource: Mapping[str, Any]) -> bool:
    """Return whether a resource declares that it is a table."""
    return "schema" in resource or resource.get("type") == "table" or resource.get("profile") == _TABULAR


def paths_of(resource: Mapping[str, Any]) -> list[str]:
    """Give the paths that a resource names; data in the descriptor have none."""
    path = resource.get("path")
    return [one for one in (path if isinstance(path, list) else [path]) if isinstance(one, str)]


def missing_file(directory: Path, path: str) -> str:
    """Describe what is wrong with a safe path that does not lead to a file; empty if it does."""
    file = directory / path
    if file.is_dir():
        return f"{path} is a folder, not a file"
    return "" if file.is_file() else f"there is no file {path}"


def plain_path(resource: Resource, package: Package) -> str:
    """Give the path that a table of a package has when it is written as one plain CSV file.

    Raises:
        UsageError: another resource of the package has this path.
    """
    path = unpacked(Path(resource.path)).with_suffix(".csv").as_posix()
    if resource.parts:
        folder = Path(os.path.commonpath([Path(one).parent for one in resource.paths]))
        above = folder.parent if folder.name == resource.name else folder
        path = (above / f"{resource.name}.csv").as_posix()
    for other in package.descriptor["resources"] if path not in resource.paths else ():
        if path in paths_of(other) and other.get("name") != resource.name:
            raise UsageError(
                f"{package.directory}: the table {resource.name} is written as {path}, but that is the path of "
                f"{other.get('name')}. Store {other.get('name')} under another path."
            )
    return path


def _format(resource: Mapping[str, Any]) -> str:
    """Give the declared format, or else the extension of the file or of the member of an archive."""
    path = Path(resource["path"])
    inner = unpacked(path)
    if inner != path and resource.get("innerpath"):
        inner = Path(str(resource["innerpath"]))
    return str(resource.get("format") or inner.suffix.lstrip(".")).lower()


def _resource(descriptor: Mapping[str, Any], directory: Path) -> Resource:
    name, path = str(descriptor.get("name", "")), paths_of(descriptor)[0]
    dialect = descriptor.get("dialect") or {}
    if _format({**descriptor, "path": path}) == "tsv":
        dialect = {"delimiter": "\t", **dialect}
    if _format({**descriptor, "path": path}) == PARQUET:
        dialect, descriptor = {}, {**descriptor, "encoding": "utf-8"}
    found = Resource(
        name=name,
        path=path,
        file=directory / path,
        table=_table(name, descriptor["schema"]),
        dialect=dialect,
        encoding=str(descriptor.get("encoding") or "utf-8"),
        descriptor=descriptor,
    )
    return _in_parts(found, directory) if len(paths_of(descriptor)) > 1 else with_groups(found)


def with_groups(resource: Resource) -> Resource:
    """Give a resource whose rows are placed in their row groups, if its file is Parquet."""
    if not resource.is_parquet:
        return resource
    from depositary.read.files.parts import RowsOfParts  # noqa: PLC0415 (its libraries take time to load)

    return replace(resource, part_rows=RowsOfParts((resource,)))


def _in_parts(whole: Resource, directory: Path) -> Resource:
    """Give a table whose descriptor names several files, each a part of it."""
    from depositary.read.files.parts import RowsOfParts  # noqa: PLC0415 (its libraries take time to load)

    paths = paths_of(whole.descriptor)
    parts = tuple(replace(whole, path=path, file=directory / path) for path in paths)
    return replace(whole, parts=parts, part_rows=RowsOfParts(parts))


def _table(name: str, schema: Mapping[str, Any]) -> Table:
    try:
        return Table.from_descriptor(name, schema)
    except (AttributeError, KeyError, TypeError) as error:  # a JSON document may have any value anywhere
        raise DocumentError(
            f"the schema of {name or 'a resource'} is not a Table Schema; run depositary validate."
        ) from error


def table_of(package: Package, name: str) -> Resource:
    """Find a table of the package by its name.

    Raises:
        UsageError: the package has no such table; the message lists its tables.
    """
    if name in package:
        return package[name]
    names = [r.name for r in package]
    meant = "".join(f" Did you mean {near}?" for near in get_close_matches(str(name), names, n=1))
    whose = package.name or "the package"
    raise UsageError(f"{whose} has no table {name!r}.{meant} Its tables are {', '.join(names)}.")
