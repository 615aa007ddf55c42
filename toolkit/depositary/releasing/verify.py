"""Check that a release is as it was made: its sums, its descriptor, its archive, and its delta."""

import filecmp
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depositary.check.documents.descriptor import sound_package
from depositary.errors import DepositaryError, DocumentError, NotFoundError, UsageError
from depositary.merging.diff.changes import read_diff
from depositary.model.package import Package
from depositary.read.archive import as_given, folder_in, is_archive
from depositary.read.documents import read_json
from depositary.read.package import DESCRIPTOR
from depositary.releasing.archive import is_archive_of
from depositary.releasing.canonical import write_canonical, write_descriptor
from depositary.releasing.delta import as_csv, new_redirects, read_start
from depositary.releasing.layout import DELTA, REDIRECTED, SUMS, is_release, release_name
from depositary.releasing.sums import digest, wrong_sums
from depositary.visible import visible


@dataclass(frozen=True)
class Verification:
    """What was checked of a release, and what is wrong with it; `not_checked` gives reasons."""

    name: str
    version: str
    files: int
    faults: tuple[str, ...]
    not_checked: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Return whether nothing is wrong."""
        return not self.faults


def verify(release: Path, previous: Path | None = None) -> Verification:
    """Verify a release: a folder or an archive.

    Args:
        release: the release.
        previous: the earlier release from which its delta starts; without it, the delta is not applied.

    Raises:
        NotFoundError: there is nothing at the path.
        UsageError: it is neither a folder nor an archive, or its delta does not start from `previous`.
    """
    earlier = opened_release(previous) if previous is not None else None
    folder = release_folder(release)
    faults = list(wrong_sums(folder))
    if faults:
        return Verification(release.name, "", 0, tuple(faults))
    try:
        package = sound_package(folder)
        start = read_start(folder)
        is_its_archive = not is_archive(release) or is_archive_of(
            release, folder, release_name(package.name, package.version)
        )
    except DepositaryError as error:
        return Verification(release.name, "", 0, (_within(folder, error),))
    faults += _wrong_sizes(package)
    if not is_its_archive:
        faults.append(f"{release.name}: the archive has bytes that do not come from its files. Fetch it again.")
    not_checked = []
    if earlier is not None:
        _require_start(release, start, earlier)
        faults += _wrong_delta(package, earlier, start)
    elif start:
        not_checked.append(f"the delta from {start.get('version')}: name that release with --previous")
    count = len((folder / SUMS).read_bytes().splitlines()) + 1
    return Verification(package.name, package.version, count, tuple(faults), tuple(not_checked))


def _within(folder: Path, error: Exception) -> str:
    """Write an error with paths from the top of a release, which may be unpacked somewhere."""
    return str(error).replace(f"{folder}{os.sep}", "")


def release_folder(release: Path) -> Path:
    """Give the folder of a release, unpacked if it is an archive.

    Raises:
        NotFoundError: there is nothing at the path.
        UsageError: it is neither a folder nor an archive.
        DocumentError: the archive is broken.
    """
    if not release.exists():
        raise NotFoundError(f"{release}: there is no such folder or archive.")
    if is_archive(release):
        return folder_in(release, SUMS, to_do="fetch or copy the release again; this one was changed")
    if not release.is_dir():
        raise UsageError(f"{release}: is neither the folder nor the zip archive of a release.")
    return release


def opened_release(release: Path) -> Package:
    """Open an earlier release, if it is as it was made.

    Raises:
        DepositaryError: it is not a release, or it was changed.
    """
    folder = release_folder(release)
    if not is_release(folder):
        raise UsageError(f"{release}: is not a release: it has no {SUMS}. depositary release writes one.")
    faults = list(wrong_sums(folder))
    if faults:
        more = f" and {len(faults) - 1:,} more" if len(faults) > 1 else ""
        raise DocumentError(f"{release}: the earlier release was changed: {faults[0]}{more}. Fetch it again.")
    return sound_package(folder)


def _wrong_sizes(package: Package) -> Iterator[str]:
    """Compare the bytes and hash of each resource in one file with the file."""
    for resource in package.descriptor["resources"]:
        path, name = resource.get("path"), visible(str(resource.get("name")))
        if not isinstance(path, str) or not (package.directory / path).is_file():
            continue
        size = (package.directory / path).stat().st_size
        if resource.get("bytes") != size:
            yield f"{DESCRIPTOR}: {name} has {size:,} bytes, not {resource.get('bytes')}"
        if resource.get("hash") != f"sha256:{digest(package.directory / path)}":
            yield f"{DESCRIPTOR}: the hash of {name} is not that of its file"


def _take_others(folder: Path, package: Package) -> None:
    """Give a descriptor the entries of a package's resources that are not tables: a delta does not have them."""
    descriptor = read_json(folder / DESCRIPTOR)
    tables = [one for one in descriptor["resources"] if one.get("name") in package]
    others = [one for one in package.descriptor["resources"] if one.get("name") not in package]
    write_descriptor(folder, {**descriptor, "resources": [*tables, *others]})


def _require_start(release: Path, start: Mapping[str, Any], previous: Package) -> None:
    """Refuse an earlier release that is not the one before: then nothing is wrong with the later one."""
    if not start:
        raise UsageError(
            f"{release}: is a first release, so no delta leads to it from another one. Verify it without --previous."
        )
    if (start.get("name"), start.get("version")) != (previous.name, previous.version):
        raise UsageError(
            f"{release}: its delta starts from {visible(str(start.get('name')))} {visible(str(start.get('version')))}, "
            f"not from {previous.name} {previous.version}. Name that release with --previous."
        )


def _wrong_delta(package: Package, previous: Package, start: Mapping[str, Any]) -> Iterator[str]:
    """Apply the delta to the earlier release, and compare the tables and the descriptor byte by byte."""
    folder = package.directory
    if start.get("sums") != digest(previous.directory / SUMS):
        yield (
            f"its delta starts from version {start.get('version')} of {start.get('name')}, which is not "
            f"{as_given(previous.directory)}"
        )
        return
    with tempfile.TemporaryDirectory(prefix="depositary-") as temporary:
        again = Path(temporary)
        try:
            write_canonical(previous, again, read_diff(folder / DELTA).lines)
            _take_others(again, package)
        except DepositaryError as error:
            yield f"{DELTA}: cannot be applied to the earlier release: {_within(folder, error)}"
            return
        for path in (DESCRIPTOR, *(resource.path for resource in package)):
            if not (again / path).is_file() or not filecmp.cmp(again / path, folder / path, shallow=False):
                yield f"{DELTA}: leads from the earlier release to another {path}"
    redirects = folder / REDIRECTED
    if not redirects.is_file() or redirects.read_bytes() != as_csv(new_redirects(previous, package)):
        yield f"{REDIRECTED}: does not have the redirects that are new in this release"
