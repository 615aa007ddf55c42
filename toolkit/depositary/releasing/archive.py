"""The archive of a release: the same bytes from the same files on every machine.

Files are stored without compression, because the bytes of a compressed file depend on the library that the system has
(zlib and zlib-ng differ). So a release can be compared with its archive byte by byte.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from depositary.releasing.layout import files_in

_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip archive can have
_UNIX, _PLAIN_FILE = 3, 0o100644 << 16
_AT_ONCE = 1 << 20  # bytes


def write_archive(folder: Path, name: str, stream: BinaryIO) -> None:
    """Write the files of a folder to a zip archive, below a folder of this name."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path in files_in(folder):
            entry = zipfile.ZipInfo(f"{name}/{path}", _NO_TIME)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            entry.file_size = (folder / path).stat().st_size  # decides whether it needs the form for 4 GB and more
            with (folder / path).open("rb") as source, archive.open(entry, "w") as target:
                shutil.copyfileobj(source, target, _AT_ONCE)


def is_archive_of(file: Path, folder: Path, name: str) -> bool:
    """Return whether a file is byte for byte the archive of a folder."""
    with tempfile.TemporaryFile() as again:
        write_archive(folder, name, again)
        again.seek(0)
        with file.open("rb") as stream:
            return all(one == other for one, other in _blocks(stream, again))


def _blocks(one: BinaryIO, other: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    while True:
        pair = one.read(_AT_ONCE), other.read(_AT_ONCE)
        if not any(pair):
            return
        yield pair
