"""Unpack a zip archive of a folder into a temporary folder, if it is safe to do so."""

import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from depositary.errors import DepositaryError, DocumentError
from depositary.model.file_kinds import FileKind, file_kind
from depositary.read.files.compressed import UNSOUND, is_shadow, packing, refuse_members, unpacked
from depositary.read.files.stamp import Stamp, stamp_of
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.paths import unsafe

_CODE = "compression-error"
_AGAIN = "pack the folder again, with a program that writes usual zip archives"
_TABLES = (FileKind.CSV, FileKind.TSV)
_MOST = 10_000  # members
_LINK = 0o120000  # of the type of a file, in the upper half of a member's attributes
_TYPE = 0o170000


def is_archive(path: Path) -> bool:
    """Return whether a path is a zip archive of a folder; a compressed table, as flows.csv.zip, is not one."""
    return packing("", path) == "zip" and path.is_file() and file_kind(unpacked(path)) not in _TABLES


class UnpackedFolder:
    """A temporary folder with the files of an archive; it is removed when nothing refers to this any longer."""

    def __init__(self, archive: Path) -> None:
        self.archive = archive
        self.path = Path(tempfile.mkdtemp(prefix="depositary-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def shown(self, file: Path) -> Path:
        """Give an unpacked file or folder the path that the user knows: that of the archive, and the member in it."""
        return self.archive / file.relative_to(self.path) if file.is_relative_to(self.path) else file

    @contextmanager
    def named_as_given(self) -> Iterator[None]:
        """Let errors name the archive instead of the folder."""
        try:
            yield
        except DepositaryError as error:
            shown = (str(line).replace(str(self.path), str(self.archive)) for line in error.args)
            raise type(error)(*shown) from error


def unpack(file: Path) -> UnpackedFolder:
    """Unpack an archive; files that the Finder of macOS adds are left out.

    Raises:
        UnreadableFile: it is not a sound zip archive, is far too large, or has a member that would lead out of the
            folder, is a link, is encrypted, or is there twice.
    """
    folder = UnpackedFolder(file)
    try:
        with zipfile.ZipFile(file) as archive:
            members = [one for one in archive.infolist() if not is_shadow(one)]
            _require_safe(members, folder.path)
            refuse_members(archive, file.stat().st_size)
            for member in members:
                archive.extract(member, folder.path)
    except UNSOUND as error:
        raise UnreadableFile(_CODE, f"the archive {file.name} is broken: {error}", _AGAIN) from error
    return folder


def has_mark(file: Path, mark: str) -> bool:
    """Return whether an archive has a file at its top or in its only folder; true as well if it cannot be opened."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = [PurePosixPath(one.filename) for one in archive.infolist() if not is_shadow(one)]
    except UNSOUND:
        return True
    tops = {name.parts[0] for name in names if name.parts}
    return PurePosixPath(mark) in names or (len(tops) == 1 and PurePosixPath(*tops, mark) in names)


def root_of(folder: Path, *marks: str) -> Path | None:
    """Give the folder in an archive that has one of these files: its top, or the only folder there."""
    with suppress(OSError):
        inner = [one for one in folder.iterdir() if one.is_dir()]
        there = [folder, *(inner if len(inner) == 1 else ())]
        return next((one for one in there if any((one / mark).is_file() for mark in marks)), None)
    return None


def _require_safe(members: list[zipfile.ZipInfo], folder: Path) -> None:
    if len(members) > _MOST:
        raise UnreadableFile(_CODE, f"the archive has {len(members):,} files, more than {_MOST:,}", _AGAIN)
    seen: set[str] = set()
    for member in members:
        name = PurePosixPath(member.filename).as_posix()
        reason = unsafe(folder, member.filename)
        if reason or member.external_attr >> 16 & _TYPE == _LINK:
            why = reason or "it is a link"
            raise UnreadableFile("unsafe-path", f"{name!r} in the archive is not unpacked: {why}", _AGAIN)
        if name.casefold() in seen:
            raise UnreadableFile(_CODE, f"the archive has {name!r} twice", _AGAIN)
        seen.add(name.casefold())


_KEPT: dict[
    tuple[Path, Stamp], tuple[UnpackedFolder, Path]
] = {}  # with the path as given; until the process ends, because a package may be read any time


def folder_in(file: Path, *marks: str, to_do: str = "") -> Path:
    """Unpack an archive for as long as the process runs, and give the folder in it that has one of these files.

    `to_do` is the advice if the archive is not sound; by default, to pack it again.

    Raises:
        DocumentError: it is not a sound archive of such a folder.
    """
    key = file.resolve(), stamp_of(file)
    if key not in _KEPT:
        try:
            _KEPT[key] = unpack(file), file
        except UnreadableFile as fault:
            raise DocumentError(f"{file}: {fault.message}. To do: {to_do or fault.hint}.") from fault
    root = root_of(_KEPT[key][0].path, *marks)
    if root is None:
        raise DocumentError(f"{file}: the archive has no {marks[0]}, neither at its top nor in its only folder.")
    return root


def as_given(folder: Path) -> Path:
    """Give the archive from which a folder was unpacked by `folder_in`; of another folder, itself."""
    return next((file for held, file in _KEPT.values() if folder.is_relative_to(held.path)), folder)
