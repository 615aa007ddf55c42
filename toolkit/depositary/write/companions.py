"""The files of a package that are copied unchanged: those in its descriptor, and usual ones such as a licence."""

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from depositary.model.package import MANIFEST
from depositary.read.contribution import is_aside
from depositary.read.documents import read_json
from depositary.read.files.stamp import Stamp
from depositary.read.package import DESCRIPTOR
from depositary.read.paths import unsafe
from depositary.write.copies import copy_file

_BESIDE = ("README*", "ABOUT*", "LICENSE*", "LICENCE*", "CHANGELOG*", "CITATION*")
_SHOWN = 20  # files that are left out and named
# A release (docs/releasing.md): its list of checksums, and the first line of the texts that each release writes anew.
SUMS = "SHA256SUMS"
WRITTEN = "Written by depositary release; the next release replaces this file."


def copy_companions(directory: Path, descriptor: Mapping[str, Any], target: Path) -> dict[Path, Stamp]:
    """Copy the files that a descriptor names and the usual ones beside it, if they are missing.

    Gives the copies, each with the stamp of its source.

    Raises:
        UsageError: a file changed while it was copied.
    """
    copied = {}
    for name in _named(directory, descriptor):
        source, copy = directory / name, target / name
        if not unsafe(directory, name) and source.is_file() and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copied[copy] = copy_file(source, copy)
    return copied


def left_behind(directory: Path, passing: Collection[Path] = ()) -> str:
    """Name the files in a package's folder that no resource names and that are not copied; empty if there are none.

    Args:
        directory: the folder of the package.
        passing: files and folders in it that do not belong to it, such as the output.
    """
    descriptor = directory / DESCRIPTOR
    if not descriptor.is_file():
        return ""
    named = {DESCRIPTOR, *(Path(name).as_posix() for name in _named(directory, read_json(descriptor)))}
    others = sorted(set(_files(directory, {path.resolve() for path in passing})) - named - _of_the_release(directory))
    more = f" and {len(others) - _SHOWN:,} more" if len(others) > _SHOWN else ""
    return ", ".join(others[:_SHOWN]) + more


def is_of_a_release(text: str) -> bool:
    """Return whether a text was written by a release, and not by a person."""
    return WRITTEN in text.partition("\n")[0]


def _of_the_release(directory: Path) -> set[str]:
    """Name the files of a release; a package that is made from it does not have them, and loses nothing."""
    sums = directory / SUMS
    lines = sums.read_text(encoding="utf-8", errors="replace").splitlines() if sums.is_file() else []
    return {SUMS, *(line.partition("  ")[2] for line in lines)} if lines else set()


def _files(directory: Path, passing: Collection[Path]) -> Iterator[str]:
    """Give the paths of the files in a folder; other packages and contributions in it are left out."""
    for folder, folders, files in os.walk(directory):
        here = Path(folder)
        within = here.relative_to(directory)
        if here != directory and (DESCRIPTOR in files or MANIFEST in files or here.resolve() in passing):
            folders.clear()
            continue
        folders[:] = [name for name in folders if not is_aside(Path(name))]
        own = (name for name in files if not is_aside(Path(name)) and (here / name).resolve() not in passing)
        yield from ((within / name).as_posix() for name in own)


def _named(directory: Path, descriptor: Mapping[str, Any]) -> Iterator[str]:
    for resource in descriptor["resources"]:
        paths = resource.get("path", [])
        yield from [paths] if isinstance(paths, str) else paths
        yield from (resource[name] for name in ("schema", "dialect") if isinstance(resource.get(name), str))
    for listed in ("rules", "questions"):
        yield from (name for name in descriptor.get(listed) or () if isinstance(name, str))
    for pattern in _BESIDE:
        yield from (file.name for file in sorted(directory.glob(pattern)) if not _is_written_anew(file))


def _is_written_anew(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as stream:
        return is_of_a_release(stream.readline(1000).decode(errors="replace"))
