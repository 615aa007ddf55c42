"""Keep the size, hash and row count in a descriptor true when a table's file is written again."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from depositary.read.documents import read_json
from depositary.write.atomic import write_bytes

_DIGESTS = ("hash", "md5", "sha256")
_SIZES = ("bytes", "rows", *_DIGESTS)


def rewrite(descriptor: Path, name: str, file: Path, data: bytes, rows: int) -> None:
    """Write the file of a table, and its bytes, hash and rows in the descriptor, if the descriptor has them.

    If a run is killed in between, the descriptor is still true: these properties are removed before the file changes.

    Raises:
        UsageError: something cannot be written.
    """
    before = read_json(descriptor)
    resources = before["resources"]
    at = next(at for at, resource in enumerate(resources) if resource.get("name") == name)
    silent = _with_sizes(resources[at], {})
    if silent != resources[at]:
        _put(descriptor, {**before, "resources": [*resources[:at], silent, *resources[at + 1 :]]})
    write_bytes(file, data)
    if silent != resources[at]:
        true = _with_sizes(resources[at], {"bytes": len(data), "rows": rows, **_digests(resources[at], data)})
        _put(descriptor, {**before, "resources": [*resources[:at], true, *resources[at + 1 :]]})


def _with_sizes(resource: Mapping[str, Any], sizes: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the sizes in a resource; those that are not known are left out."""
    entry = {key: sizes.get(key) if key in _SIZES else value for key, value in resource.items()}
    if isinstance(resource.get("stats"), dict):  # where frictionless kept them earlier
        entry["stats"] = _with_sizes(resource["stats"], sizes)
    return {key: value for key, value in entry.items() if value is not None or key not in _SIZES}


def _digests(resource: Mapping[str, Any], data: bytes) -> dict[str, str]:
    """Give the digests of some bytes, `hash` by the algorithm that a resource names; by default MD5."""
    kind, colon, _ = str(resource.get("hash") or "").rpartition(":")
    known = {"md5": hashlib.md5(data, usedforsecurity=False).hexdigest(), "sha256": hashlib.sha256(data).hexdigest()}
    named = {"": known["md5"], **known, "sha1": hashlib.sha1(data, usedforsecurity=False).hexdigest()}
    named["sha512"] = hashlib.sha512(data).hexdigest()
    return {**known, "hash": f"{kind}{colon}{named[kind]}"} if kind in named else known


def _put(file: Path, descriptor: Mapping[str, Any]) -> None:
    text = json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"
    write_bytes(file, text.encode("utf-8", "backslashreplace"))
