"""A release that is to be published: verified, as a folder and as the archive of it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depositary.errors import DocumentError, NotFoundError, UsageError
from depositary.publishing.bodies import Upload, upload_of
from depositary.read.documents import read_json
from depositary.read.package import DESCRIPTOR
from depositary.releasing.layout import SUMS
from depositary.releasing.verify import release_folder, verify

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]*")


@dataclass(frozen=True)
class Release:
    """A verified release: its archive, and its files in a folder."""

    name: str
    version: str
    descriptor: dict[str, Any]
    archive: Upload
    folder: Path

    @property
    def label(self) -> str:
        """Name and version, as in the names of its files."""
        return f"{self.name}-{self.version}"

    @property
    def mark(self) -> str:
        """The sentence by which a release is found again at a service."""
        return f"{self.kind} SHA-256 of {self.archive.name}: {self.archive.sha256}."

    @property
    def kind(self) -> str:
        """The beginning of that sentence, which all builds of this version share."""
        return f"Release {self.version} {self.of_package}"

    @property
    def of_package(self) -> str:
        """The part of that sentence that all versions share."""
        return f"of the data package {self.name};"  # a point may be in a name: facts is not facts.more

    @property
    def title(self) -> str:
        """The title of the package."""
        return str(self.descriptor.get("title") or self.name)

    def changed(self, where: str) -> UsageError:
        """Make the error for another content of this version that is published already."""
        return UsageError(
            f"{self.label} is already published with another content ({where}). A release never changes: give the "
            "package a new version."
        )

    @property
    def sums(self) -> Upload:
        """The sum of the archive, in a file that `sha256sum -c` takes."""
        name = f"{self.archive.name}.sha256"
        return upload_of(name, f"{self.archive.sha256}  {self.archive.name}\n".encode())


def opened(path: Path) -> Release:
    """Open a release, its folder or its archive, after it is verified; of a folder, the archive lies beside it.

    Raises:
        NotFoundError: there is nothing at the path.
        UsageError: it is not a release, or the archive of a folder is missing or another one.
        DocumentError: it was changed after it was made.
    """
    archive = _archive_of(path)
    _require_sound(archive)
    folder = release_folder(archive)
    if path.is_dir():
        _require_same(path, folder, archive)
    descriptor = read_json(folder / DESCRIPTOR)
    label = label_in(archive)
    if archive.name != f"{label}.zip" or folder.name != label:
        raise UsageError(f"{archive}: has {label}, so its name must be {label}.zip, with one folder {label} in it.")
    return Release(descriptor["name"], descriptor["version"], descriptor, upload_of(archive.name, archive), folder)


def label_in(archive: Path) -> str:
    """Give the name and version of the release in an archive, which may have another name.

    Raises:
        UsageError: it is not an archive, or no file name can be made of the name and version.
        DocumentError: the archive or its descriptor cannot be read.
    """
    descriptor = read_json(release_folder(archive) / DESCRIPTOR)
    name, version = descriptor.get("name"), descriptor.get("version")
    if isinstance(name, str) and _NAME.fullmatch(name) and isinstance(version, str) and _VERSION.fullmatch(version):
        return f"{name}-{version}"
    raise DocumentError(f"{archive}: its {DESCRIPTOR} has no name and version of which a file name can be made.")


def _archive_of(path: Path) -> Path:
    if not path.exists():
        raise NotFoundError(f"{path}: there is no such release. Build one with `depositary release`.")
    if not path.is_dir():
        return path
    archive = path.with_name(f"{path.name}.zip")
    if not archive.is_file():
        raise UsageError(f"{path}: its archive {archive.name} is not beside it. Build the release again.")
    return archive


def _require_sound(path: Path) -> None:
    faults = verify(path).faults
    if faults:
        more = f" and {len(faults) - 1:,} more" if len(faults) > 1 else ""
        raise DocumentError(f"{path}: is not as it was released: {faults[0]}{more}. Build or fetch it again.")


def _require_same(given: Path, folder: Path, archive: Path) -> None:
    _require_sound(given)
    if (given / SUMS).read_bytes() != (folder / SUMS).read_bytes():
        raise UsageError(f"{given}: is not what {archive.name} beside it has. Build the release again.")
