"""The tables on the agreement of coders in a release: docs/releasing.md, "How far coders agree"."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from depositary.check.documents.descriptor import sound_package
from depositary.check.validate import validate
from depositary.errors import UsageError
from depositary.model.package import Package
from depositary.read.documents import read_json
from depositary.read.package import DESCRIPTOR, is_table, paths_of
from depositary.releasing.canonical import write_canonical, write_descriptor

AGREEMENT = "agreement"  # the folder in a release, and how the names of the tables begin


def agreement_tables(*packages: Package | None) -> frozenset[str]:
    """Name the tables on agreement in some packages."""
    return frozenset(one.name for package in packages if package is not None for one in package if _is_of(one.path))


def require_agreement(folder: Path) -> Package:
    """Open the package with the tables on agreement.

    Raises:
        UsageError: it is not valid.
        DepositaryError: it cannot be opened.
    """
    package = sound_package(folder)
    report = validate(package.directory)
    if not report.valid:
        raise UsageError(
            f"{folder}: the tables on agreement have {report.errors:,} errors. See them with depositary validate "
            f"{folder.as_posix()}."
        )
    return package


def take_agreement(agreement: Package, folder: Path) -> None:
    """Put the tables on agreement into a release that is being written, in place of those that it took over."""
    descriptor = read_json(folder / DESCRIPTOR)
    shutil.rmtree(folder / AGREEMENT, ignore_errors=True)
    (folder / AGREEMENT).mkdir()
    write_canonical(agreement, folder / AGREEMENT)
    added = list(_described(read_json(folder / AGREEMENT / DESCRIPTOR)))
    (folder / AGREEMENT / DESCRIPTOR).unlink()
    kept = [one for one in descriptor["resources"] if not any(_is_of(path) for path in paths_of(one))]
    write_descriptor(folder, {**descriptor, "resources": [*kept, *added]})


def _described(descriptor: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Describe each table under the name and path that it has in the release; other files are not taken."""
    for resource in descriptor["resources"]:
        if is_table(resource):
            name, path = str(resource["name"]), str(resource["path"])
            yield {**resource, "name": f"{AGREEMENT}_{name}", "path": f"{AGREEMENT}/{path}"}


def _is_of(path: str) -> bool:
    return PurePosixPath(path).parts[:1] == (AGREEMENT,)
