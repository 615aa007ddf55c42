"""A package in its canonical form: tables as plain CSV, sorted by key, and a descriptor that follows from them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from depositary.merging.diff.changes import SCHEMA
from depositary.merging.diff.patch import write_patched
from depositary.model.package import Package
from depositary.read.documents import read_json
from depositary.read.package import DESCRIPTOR, is_table
from depositary.releasing.sums import digest

_FIRST = (
    "$schema", "name", "id", "profile", "type", "title", "description", "version", "created", "homepage", "path",
    "format", "mediatype", "encoding", "bytes", "hash", "value", "label",
)  # fmt: skip
_LAST = ("fields", "schema", "resources")
_ORDER = {name: at for at, name in enumerate(_FIRST)} | {name: len(_FIRST) + 1 + at for at, name in enumerate(_LAST)}


def write_canonical(package: Package, folder: Path, lines: pl.DataFrame | None = None) -> None:
    """Write a package, changed by the lines of a diff if there are any, in its canonical form into an empty folder.

    Raises:
        DepositaryError: it cannot be read or written, or the lines do not fit it.
    """
    write_patched(package, pl.DataFrame(schema=SCHEMA) if lines is None else lines, folder)
    descriptor = read_json(folder / DESCRIPTOR)
    write_descriptor(folder, {**descriptor, "resources": [_stated(one, folder) for one in descriptor["resources"]]})


def write_descriptor(folder: Path, descriptor: Mapping[str, Any]) -> None:
    """Write a descriptor, with its properties in one order whatever their order was."""
    text = json.dumps(_ordered(descriptor), ensure_ascii=False, indent=2) + "\n"
    (folder / DESCRIPTOR).write_bytes(text.encode("utf-8", "backslashreplace"))


def _stated(resource: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """State the size and the hash of a resource in one file, and of a table also the form of its file."""
    path = resource.get("path")
    if not isinstance(path, str) or not (folder / path).is_file():
        return resource
    sizes = {"bytes": (folder / path).stat().st_size, "hash": f"sha256:{digest(folder / path)}"}
    if not is_table(resource):
        return {**resource, **sizes}
    form = {"type": "table", "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv"}
    return {**resource, **form, "encoding": "utf-8", **sizes}


def _ordered(value: object) -> object:
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: (_ORDER.get(name, len(_FIRST)), name))
        return {name: _ordered(value[name]) for name in names}
    if isinstance(value, list):
        return [_ordered(one) for one in value]
    return value
