"""The files of a package that are copied as they are: what its descriptor names, and what usually lies beside it."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from depositary.read.paths import unsafe

_BESIDE = ("README*", "LICENSE*", "LICENCE*", "CHANGELOG*", "CITATION*")


def copy_companions(directory: Path, descriptor: Mapping[str, Any], target: Path) -> list[Path]:
    """Copy the files that a descriptor names and what usually lies beside it, where none is yet; give the copies."""
    copied = []
    for name in _named(directory, descriptor):
        source, copy = directory / name, target / name
        if not unsafe(directory, name) and source.is_file() and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copied.append(Path(shutil.copyfile(source, copy)))
    return copied


def _named(directory: Path, descriptor: Mapping[str, Any]) -> Iterator[str]:
    for resource in descriptor["resources"]:
        paths = resource.get("path", [])
        yield from [paths] if isinstance(paths, str) else paths
        yield from (resource[name] for name in ("schema", "dialect") if isinstance(resource.get(name), str))
    yield from (rule for rule in descriptor.get("rules", ()) if isinstance(rule, str))
    for pattern in _BESIDE:
        yield from (file.name for file in sorted(directory.glob(pattern)))
