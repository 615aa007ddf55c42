"""The files of a package beside its tables: which of them a release cannot have, which it moves, and which changed."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from depositary.model.package import Package
from depositary.read.documents import read_text
from depositary.read.package import DESCRIPTOR, paths_of
from depositary.releasing.layout import (
    ABOUT,
    CHANGELOG,
    CHANGES,
    CITATION,
    CODEBOOK,
    FORMATS,
    README,
    SUMS,
    files_in,
)
from depositary.releasing.metadata.files import is_description
from depositary.releasing.sums import digest
from depositary.visible import visible
from depositary.write.companions import is_of_a_release

_MOVED = (README, ABOUT, CHANGELOG, CITATION, DESCRIPTOR)  # of these, a package may have its own
_WRITTEN = (README, CHANGELOG, CODEBOOK, CITATION, SUMS, DESCRIPTOR)
_UNLISTED = re.compile("[\r\n\ud800-\udfff]")  # a list of sums has one line of UTF-8 for each file


def misplaced(package: Package, folder: Path) -> Iterator[str]:
    """List the files of a package that a release cannot have at their paths; `folder` has all that it takes over."""
    of_resources = {path for path, _ in _of_resources(package)}
    seen: dict[str, str] = {}
    for path in files_in(folder):
        name = visible(path)
        if _is_taken(path) and (path in of_resources or path not in _MOVED):
            yield f"the package has a file {name}, and a release writes one there. Give it another path."
        if _UNLISTED.search(path):
            yield f"the path {name} has a line end, or is not UTF-8, so SHA256SUMS cannot list it. Rename the file."
        if other := seen.get(path.casefold()):
            yield f"{visible(other)} and {name} differ in case only, and many systems have one file there. Rename one."
        seen[path.casefold()] = path


def take_texts(folder: Path) -> list[str]:
    """Make way for the texts that a release writes; gives what is in the way.

    The README of a person becomes ABOUT.md. A change log goes below the new entry.
    """
    refused = []
    mine, about, citation = (folder / name for name in (README, ABOUT, CITATION))
    if mine.is_file() and is_of_a_release(read_text(mine)):
        mine.unlink()
    elif mine.is_file() and about.is_file():
        refused.append(f"the package has {README} and {ABOUT}. A release writes {README}: put all texts into {ABOUT}.")
    elif mine.is_file():
        mine.rename(about)
    (folder / CHANGELOG).unlink(missing_ok=True)
    if citation.is_file() and not is_of_a_release(read_text(citation)):
        refused.append(f"the package has a {CITATION}. A release writes it from {DESCRIPTOR}: move it away.")
    citation.unlink(missing_ok=True)
    return refused


def changed_files(before: Package, after: Package) -> Iterator[tuple[str, str, bool]]:
    """Give each file, beside the tables and what a release writes, that was `added`, `changed` or `removed`.

    Gives its path, what happened to it, and whether it belongs to a resource.
    """
    old, new = (dict(_others(package)) for package in (before, after))
    for path in sorted({*old, *new}):
        if path not in new:
            yield path, "removed", old[path]
        elif path not in old:
            yield path, "added", new[path]
        elif digest(before.directory / path) != digest(after.directory / path):
            yield path, "changed", new[path]


def _others(package: Package) -> Iterator[tuple[str, bool]]:
    of_resources = dict(_of_resources(package))
    for path in files_in(package.directory):
        is_table = of_resources.get(path, False)
        if not is_table and (path == ABOUT or not _is_taken(path)):
            yield path, path in of_resources


def _of_resources(package: Package) -> Iterator[tuple[str, bool]]:
    """Give the paths that the resources name, each with whether it is that of a table."""
    for resource in package.descriptor["resources"]:
        for path in paths_of(resource):
            yield PurePosixPath(path).as_posix(), resource.get("name") in package


def _is_taken(path: str) -> bool:
    """Return whether a release writes this path, on a system that does not distinguish case either."""
    lower = path.casefold()
    taken = {one.casefold() for one in (*_WRITTEN, ABOUT)}
    return lower in taken or lower.split("/")[0] in (CHANGES, FORMATS) or is_description(path)
