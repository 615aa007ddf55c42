"""The names of the files in a release, and how a folder of releases is laid out."""

import re
from collections.abc import Iterator
from pathlib import Path

from depositary.errors import UsageError
from depositary.read.package import DESCRIPTOR
from depositary.wording.plain import shown
from depositary.write import companions

SUMS = companions.SUMS
README, CHANGELOG, CODEBOOK, ABOUT, CITATION = "README.md", "CHANGELOG.md", "CODEBOOK.md", "ABOUT.md", "CITATION.cff"
CHANGES = "changes"
DELTA, REDIRECTED, ANSWERS, EARLIER = (
    f"{CHANGES}/{name}" for name in ("delta.csv", "redirects.csv", "answers.json", "from.json")
)
FORMATS = "formats"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def release_name(name: str, version: object) -> str:
    """Name the folder of a release.

    Raises:
        UsageError: the name of the package cannot be part of a file name.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"the name of the package is {shown(name)}. A release is named by it, so use only letters without accents, "
            f"digits, and the marks . _ - in `name` of {DESCRIPTOR}."
        )
    return f"{name}-{version}"


def is_release(folder: Path) -> bool:
    """Return whether a folder is a release."""
    return (folder / SUMS).is_file() and (folder / DESCRIPTOR).is_file()


def files_in(folder: Path) -> list[str]:
    """Name all files in a folder, sorted; links are named too, empty folders with a slash at the end."""
    return sorted(_paths(folder))


def _paths(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_dir():
            yield name
        elif not any(path.iterdir()):
            yield f"{name}/"
