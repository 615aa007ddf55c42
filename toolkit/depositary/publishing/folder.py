"""Publish a release into a folder, such as one of a web server, a mounted disk or a mounted WebDAV.

The files are copied beside their place under another name, written to the disk, read again and compared; then they get
their names: first the folder, last the archive. Nothing that is there is replaced.
"""

import errno
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from depositary.errors import ServiceError, UsageError
from depositary.publishing.bodies import upload_of
from depositary.publishing.journal import Journal
from depositary.publishing.release import Release
from depositary.releasing.layout import SUMS
from depositary.releasing.sums import wrong_sums
from depositary.write.disk import sync, sync_folder

_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)  # of a mounted service that cannot wait for its disk


@dataclass(frozen=True)
class Folder:
    """A release on its way into a folder."""

    target: Path
    release: Release
    journal: Journal

    @property
    def paths(self) -> tuple[Path, Path]:
        """The folder and the archive, where they will be."""
        return self.target / self.release.label, self.target / self.release.archive.name

    def publish(self) -> None:
        """Copy what is not there yet."""
        if not self.target.is_dir():
            raise UsageError(f"{self.target}: there is no such folder. Make it first.")
        folder, archive = self.paths
        try:
            if not self._has_folder(folder):
                self._copy_folder(folder)
                self.journal.note(f"{folder.name} is copied")
            if not self._has_archive(archive):
                self._copy_archive(archive)
        except OSError as error:
            raise UsageError(
                f"{error.filename or self.target}: cannot be written: {error.strerror or error}."
            ) from error
        self.journal.published(str(archive))

    def _has_folder(self, folder: Path) -> bool:
        if not folder.exists():
            return False
        sums = folder / SUMS
        if not sums.is_file() or sums.read_bytes() != (self.release.folder / SUMS).read_bytes():
            raise self.release.changed(str(folder))
        self._require_sound(folder)
        return True

    def _has_archive(self, archive: Path) -> bool:
        if not archive.exists():
            return False
        if upload_of(archive.name, archive).sha256 != self.release.archive.sha256:
            raise self.release.changed(str(archive))
        return True

    def _require_sound(self, folder: Path) -> None:
        for fault in wrong_sums(folder):
            raise ServiceError(f"{folder}: is not as it was sent: {fault}. Remove it, then run this again.")

    def _copy_folder(self, folder: Path) -> None:
        beside = _beside(folder)
        try:
            shutil.copytree(self.release.folder, beside, copy_function=shutil.copyfile)
            for path in sorted(beside.rglob("*")):
                _sync(path)
            self._require_sound(beside)
            _name(beside, folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def _copy_archive(self, archive: Path) -> None:
        beside = _beside(archive)
        try:
            shutil.copyfile(self.release.archive.content, beside)
            _sync(beside)
            if upload_of(archive.name, beside).sha256 != self.release.archive.sha256:
                raise ServiceError(f"{self.target}: {archive.name} arrived changed. Run this again.")
            _name(beside, archive)
        finally:
            beside.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    beside = path.with_name(f".{path.name}.part")  # of a killed run, as another one would not have the lock
    if beside.is_dir():
        shutil.rmtree(beside)
    beside.unlink(missing_ok=True)
    return beside


def _name(beside: Path, path: Path) -> None:
    beside.rename(path)
    with suppress(OSError):
        sync_folder(path.parent)


def _sync(path: Path) -> None:
    try:
        sync_folder(path) if path.is_dir() else sync(path)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
