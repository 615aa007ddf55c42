"""A release that is to be published: verified, as a folder and as the archive of it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depositary.errors import DocumentError, NotFoundError, UsageError
from depositary.publishing.bodies import Upload, upload_of
from depositary.publishing.sums import SUMS, require_sound
from depositary.read.archive import UnpackedFolder, root_of, unpack
from depositary.read.files.unreadable import UnreadableFile

DESCRIPTOR = "datapackage.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
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
        """The sentence that all builds of this version share."""
        return f"Release {self.version} {self.of_package}"

    @property
    def of_package(self) -> str:
        """The end of that sentence, which all versions share."""
        return f"of the data package {self.name}."

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


@contextmanager
def opened(path: Path) -> Iterator[Release]:
    """Open a release, its folder or its archive, after it is verified; the other one lies beside it.

    Raises:
        NotFoundError: there is nothing at the path.
        UsageError: it is not a release, or the archive of a folder is missing or another one.
        DocumentError: it is not sound.
    """
    archive = _archive_of(path)
    unpacked = _unpacked(archive)
    folder = _root(archive, unpacked)
    require_sound(folder)
    if path.is_dir():
        _require_same(path, folder, archive)
    name, version, descriptor = _described(folder, archive)
    label = f"{name}-{version}"
    if archive.name != f"{label}.zip" or folder.name != label:
        raise UsageError(f"{archive}: has {label}, so its name must be {label}.zip, with one folder {label} in it.")
    yield Release(name, version, descriptor, upload_of(archive.name, archive), folder)


def label_in(archive: Path) -> str:
    """Give the name and version of the release in an archive that may have another name."""
    unpacked = _unpacked(archive)
    name, version, _ = _described(_root(archive, unpacked), archive)
    return f"{name}-{version}"


def _unpacked(archive: Path) -> UnpackedFolder:
    try:
        return unpack(archive)
    except UnreadableFile as error:
        raise DocumentError(f"{archive}: {error.message}.") from error


def _root(archive: Path, unpacked: UnpackedFolder) -> Path:
    folder = root_of(unpacked.path, DESCRIPTOR)
    if folder is None:
        raise UsageError(f"{archive}: there is no {DESCRIPTOR} in it, so it is not a release.")
    return folder


def _archive_of(path: Path) -> Path:
    if not path.exists():
        raise NotFoundError(f"{path}: there is no such release. Build one with `depositary release`.")
    if not path.is_dir():
        return path
    archive = path.with_name(f"{path.name}.zip")
    if not archive.is_file():
        raise UsageError(f"{path}: its archive {archive.name} is not beside it. Build the release again.")
    return archive


def _require_same(given: Path, folder: Path, archive: Path) -> None:
    require_sound(given)
    if (given / SUMS).read_bytes() != (folder / SUMS).read_bytes():
        raise UsageError(f"{given}: is not what {archive.name} beside it has. Build the release again.")


def _described(folder: Path, archive: Path) -> tuple[str, str, dict[str, Any]]:
    try:
        document = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{archive}: its {DESCRIPTOR} is not JSON: {error}.") from error
    name, version = (document.get(key) if isinstance(document, dict) else None for key in ("name", "version"))
    if isinstance(name, str) and _NAME.fullmatch(name) and isinstance(version, str) and _VERSION.fullmatch(version):
        return name, version, document
    raise DocumentError(f"{archive}: its {DESCRIPTOR} has no name and version of which a file name can be made.")
