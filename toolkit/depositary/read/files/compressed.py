"""The bytes of a CSV file, decompressed while reading if it is stored as `.csv.gz` or in a `.zip`.

As in frictionless 5.21, the resource's `compression` or else the extension of its path gives the format, and
`innerpath` the member of a zip archive. Nothing is unpacked to the disk, and only one block at a time into memory.
"""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path, PurePath
from typing import Any, BinaryIO, TypeVar, cast

from depositary.model.package import Resource
from depositary.read.files.remote import RemoteFile
from depositary.read.files.unreadable import UnreadableFile

PACKINGS = ("gz", "zip")
_T = TypeVar("_T")
_BLOCK = 1 << 16  # bytes
# The largest content of an archive. Deflate compresses at most 1,032 to 1, a table 10 or 20 to 1: a row that differs
# from the last one only in its key still takes about 5 bytes. So a text of more than 200 times its archive is not a
# table. Up to 64 MiB it is checked anyway, which takes at most one or two minutes.
_SOON_JUDGED = 64 << 20  # bytes
_RATIO = 200
_DIRECTORY = 1 << 20  # bytes of an archive's directory, some 10,000 members
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # `zipfile` unpacks others without a limit on memory
_ENCRYPTED = 0x41  # bits of a member's flags
UNSOUND: tuple[type[Exception], ...] = (EOFError, LookupError, OSError, OverflowError, RuntimeError, ValueError)
UNSOUND += (struct.error, zlib.error, zipfile.BadZipFile, zipfile.LargeZipFile)
_CODE = "compression-error"
_AGAIN = "compress the file again, or store it as plain CSV"
_NAMED = 3  # members of an archive in a message


def open_file(resource: Resource) -> BinaryIO:
    """Open the file of a resource, decompressed, as a stream of bytes; `read(n)` gives n bytes unless the file ends.

    Raises:
        UnreadableFile: the file is missing or not such an archive; reading raises it if the archive is broken or far
            too large.
    """
    how = compression_of(resource)
    with ExitStack() as opened:  # closes the file unless everything below succeeds
        raw = opened.enter_context(open_raw(resource.file))
        if how:
            raw = _Unpacked(raw, how, str(resource.descriptor.get("innerpath") or ""))
        opened.pop_all()
    return io.BufferedReader(raw, _BLOCK)


def compression_of(resource: Resource) -> str:
    """Give the compression of a resource's file: `gz`, `zip` or nothing."""
    return packing(resource.descriptor.get("compression"), resource.file)


def packing(stated: object, path: PurePath) -> str:
    """Give the compression of a file by its resource's `compression`, or else by its path."""
    if stated and stated != "no":
        return str(stated)
    ending = path.suffix.lstrip(".").lower()
    return ending if ending in PACKINGS else ""


def unpacked(path: PurePath) -> PurePath:
    """Give the path without the extension for compression: `flows.csv` for `flows.csv.gz`."""
    return path.with_suffix("") if packing("", path) else path


def open_raw(file: Path, *, in_pieces: bool = True) -> io.RawIOBase:
    """Open a stored file; what reads it `in_pieces` is an archive's reader that must not read a directory of any size.

    Raises:
        UnreadableFile: it is missing, or not a file.
    """
    hint = "add the file, or correct its path in the descriptor"
    try:
        if file.exists() and not file.is_file():
            raise UnreadableFile("missing-file", f"{file.name} is a folder or a device, not a file", hint)
        if isinstance(file, RemoteFile):
            return file.reader()
        return _File(file) if in_pieces else io.FileIO(file)
    except (OSError, ValueError) as error:  # it may not be opened, or no file can have this name
        why = getattr(error, "strerror", None) or error
        raise UnreadableFile("missing-file", f"the file {file.name} cannot be opened: {why}", hint) from error


class _TooLarge(zipfile.BadZipFile):
    """Raised if the directory of an archive is larger than one table needs."""


class _File(io.FileIO):
    """A file that is read only in small pieces; `zipfile` would read a directory of any size."""

    def read(self, size: int | None = -1, /) -> bytes:
        require_piece(size)
        return super().read(size) or b""


def require_piece(size: int | None) -> None:
    """Refuse to read many bytes at once.

    Raises:
        BadZipFile: they are more than a directory of an archive may have.
    """
    if size is not None and size > _DIRECTORY:
        raise _TooLarge(f"its directory has {size:,} bytes, far more than one table needs")


class _Unpacked(io.RawIOBase):
    """The text in an archive, as far as the archive is sound and the text not larger than a table can be."""

    def __init__(self, file: io.RawIOBase, how: str, innerpath: str) -> None:
        self._file = file
        self._most = most_unpacked(file.seek(0, io.SEEK_END))
        self._count = 0
        file.seek(0)
        _require_signature(file, how)
        self._stream = _sound(lambda: gzip.GzipFile(fileobj=file) if how == "gz" else _member(file, innerpath))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 (any writable buffer)
        block = _sound(lambda: self._stream.read1(len(buffer)), "content")
        buffer[: len(block)] = block
        self._count += len(block)
        if self._count > self._most:
            message = f"the archive unpacks to more than {self._most:,} bytes, the limit for an archive of its size"
            raise UnreadableFile(_CODE, message, "if it is a table, store it as plain CSV")
        return len(block)

    def close(self) -> None:
        self._file.close()
        super().close()


def _sound(act: Callable[[], _T], part: str = "directory") -> _T:
    try:
        return act()
    except UNSOUND as error:
        raise UnreadableFile(_CODE, f"the archive is broken: {_broken(error, part)}", _AGAIN) from error


def _broken(error: Exception, part: str) -> str:
    """Describe what is broken in a part of an archive."""
    if isinstance(error, _TooLarge):
        return str(error)
    if isinstance(error, EOFError):
        return "it ends too early"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"its {part} is damaged"


def _require_signature(file: io.RawIOBase, how: str) -> None:
    name, signature = ("gzip", b"\x1f\x8b") if how == "gz" else ("zip", b"PK")
    begin = file.read(2) or b""
    is_archive = signature.startswith(begin)
    if how == "zip" and not is_archive:  # a self-extracting program with the archive at its end
        is_archive = _sound(lambda: zipfile.is_zipfile(cast("BinaryIO", file)))
    file.seek(0)
    if not is_archive:
        raise UnreadableFile(_CODE, f"the file has the name of a {name} file, but it is not one", _AGAIN)


def _member(file: io.RawIOBase, innerpath: str) -> io.BufferedIOBase:
    archive = zipfile.ZipFile(cast("BinaryIO", file))
    member = _chosen(archive.infolist(), innerpath)
    _require_usual(member)
    return cast("io.BufferedIOBase", archive.open(member))


def refuse_members(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse an archive whose members together are too large, encrypted, or not compressed as usual.

    Raises:
        UnreadableFile: the archive is refused.
    """
    members = archive.infolist()
    for member in members:
        _require_usual(member)
    total, most = sum(member.file_size for member in members), most_unpacked(size)
    if total > most:
        message = f"the archive unpacks to {total:,} bytes; the limit for an archive of its size is {most:,}"
        raise UnreadableFile(_CODE, message, "if it is a table, store it as plain CSV")


def most_unpacked(size: int) -> int:
    """Give the largest content, in bytes, that an archive of a size may have."""
    return max(_SOON_JUDGED, _RATIO * size)


def _require_usual(member: zipfile.ZipInfo) -> None:
    if member.flag_bits & _ENCRYPTED:
        raise UnreadableFile(_CODE, f"{_shown(member)} is encrypted in the archive", "compress it without a password")
    if member.compress_type not in _METHODS:
        raise UnreadableFile(
            _CODE, f"{_shown(member)} is not compressed by Deflate, the usual method of zip archives", _AGAIN
        )


def _chosen(members: list[zipfile.ZipInfo], innerpath: str) -> zipfile.ZipInfo:
    """Choose the member: the one that is named, or the only one."""
    files = [member for member in members if not member.filename.endswith("/") and not is_shadow(member)]
    chosen = [member for member in members if member.filename == innerpath] if innerpath else files
    if len(chosen) == 1:
        return chosen[0]
    there = ", ".join(map(_shown, files[:_NAMED])) + (" and others" if len(files) > _NAMED else "")
    if not files:
        raise UnreadableFile(_CODE, "the archive is empty", "put one CSV file into it")
    if not innerpath:
        hint = "keep only one of them, or name one as `innerpath` in the descriptor"
        raise UnreadableFile(_CODE, f"the archive has {len(files):,} files: {there}", hint)
    many = "several members" if chosen else "no member"
    message = f"the archive has {many} named {innerpath!r}; it has {there}"
    raise UnreadableFile(_CODE, message, "correct `innerpath` in the descriptor, or pack the file again")


def is_shadow(member: zipfile.ZipInfo) -> bool:
    """Return whether a member is one of those that the Finder of macOS adds for each file."""
    return member.filename.startswith("__MACOSX/") or PurePath(member.filename).name == ".DS_Store"


def _shown(member: zipfile.ZipInfo) -> str:
    return repr(member.filename[:100])
