"""The cache folder: columns of tables as they were read before, and the hashes of files.

It is never needed and never trusted further than it can be checked (docs/decisions/0023). Its layout:

- `CACHEDIR.TAG`, by which backups leave the folder out;
- `tables/ADDRESS/NAME.column`: one column of a table; the address says what it was read from;
- `files/NAME.json`: the hash of a file and its stamp, so that a file that is unchanged is not hashed again.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from depositary.errors import UsageError
from depositary.model.package import MANIFEST
from depositary.read.files.stamp import stamp_of
from depositary.read.package import DESCRIPTOR
from depositary.read.paths import given

VARIABLE = "DEPOSITARY_CACHE"
MOST = 5 << 30  # bytes; beyond this, the tables that were not used for the longest time are removed
COLUMN = ".column"

_TAG = (
    "CACHEDIR.TAG",
    "Signature: 8a477f597d28d172789f06886806bc55\n# Depositary can make everything in this folder again.\n",
)
_OURS = re.compile(r"(?:[0-9a-f]{32}\.(?:column|json)|\.[0-9a-f]{16}\.tmp)")
_TABLE = re.compile(r"[0-9a-f]{40}")
_UNSETTLED = 2 * 10**9  # nanoseconds: the coarsest clock of a file system
_LEFT_OVER = 3600  # seconds: a temporary file that was not written for so long belongs to a run that was killed
_OLD = 90 * 24 * 3600  # seconds after which the hash of a file is forgotten


def default_folder() -> Path | None:
    """Give the folder in the platform's place for caches; None if there is no such place, or it is in a package."""
    place = _place()
    return place / "depositary" if place and not _around(place) else None


def _place() -> Path | None:
    names = {"win32": "LOCALAPPDATA", "darwin": ""}
    named = Path(os.environ.get(names.get(sys.platform, "XDG_CACHE_HOME"), ""))
    if named.is_absolute():
        return named
    with suppress(RuntimeError):  # no home
        home = Path.home()
        return home / {"win32": "AppData/Local", "darwin": "Library/Caches"}.get(sys.platform, ".cache")
    return None


def chosen_folder(named: str | Path | None) -> Path | None:
    """Give the cache folder of a library call: the named one, or that of the environment, or none.

    Raises:
        UsageError: it is inside a package or contribution.
    """
    folder = named or os.environ.get(VARIABLE)
    return outside_packages(given(folder)) if folder else None


def outside_packages(folder: Path) -> Path:
    """Return a folder that is not inside a package or contribution.

    Raises:
        UsageError: it is.
    """
    package = _around(folder)
    if package:
        raise UsageError(
            f"{folder}: the cache cannot be there, because {package} is a package or contribution. Name another folder."
        )
    return folder


def _around(folder: Path) -> Path | None:
    whole = Path(os.path.realpath(folder))
    marks = ((above, above / name) for above in (whole, *whole.parents) for name in (DESCRIPTOR, MANIFEST))
    return next((above for above, mark in marks if os.path.lexists(mark)), None)


@dataclass(frozen=True)
class CacheFolder:
    """A cache folder, which need not exist."""

    path: Path

    def digest(self, file: Path) -> str:
        """Give the SHA-256 of a file: the stored one, if the file was certainly not written since.

        Raises:
            OSError: the file cannot be read.
        """
        note = self.path / "files" / f"{short_hash(os.path.realpath(file))}.json"
        stamp, now = stamp_of(file), time.time_ns()
        known = _noted(note)
        if sys.platform != "win32" and known.get("stamp") == list(stamp):  # there, nothing shows a time that was set
            return str(known["sha256"])
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if stamp_of(file) == stamp and max(stamp[3:]) + _UNSETTLED < now:  # else a later write may have the same stamp
            with suppress(OSError):
                self._put(note, json.dumps({"stamp": stamp, "sha256": digest}))
        return digest

    def table(self, address: str) -> Path:
        """Give the folder of a table, whose address must have 40 hexadecimal digits."""
        return self.path / "tables" / address

    def prepare(self, table: Path) -> None:
        """Make the folder of a table.

        Raises:
            OSError: it cannot be made.
        """
        name, text = _TAG
        if not (self.path / name).exists():
            self._put(self.path / name, text)
        self._make(table)

    def has_room(self, size: int) -> bool:
        """Return whether a file of some bytes is worth storing: its columns fit, and the disk has twice the room."""
        return size <= MOST // 2 and shutil.disk_usage(self.path).free > 2 * size

    def make_room(self) -> None:
        """Remove the tables that were not used for the longest time, until the rest is small enough."""
        now = time.time()
        for file in self._files("files"):
            if _age(file, now) > _OLD:
                _remove(file)
        tables = sorted(self._tables(), key=_used)
        sizes = [_size(table) for table in tables]
        left = sum(sizes)
        for table, size in zip(tables, sizes, strict=True):
            if left > MOST:
                _remove_table(table)
                left -= size
            else:
                _remove_left_over(table, now)

    def clear(self) -> None:
        """Remove what the program made, and nothing else."""
        for table in self._tables():
            _remove_table(table)
        for file in self._files("files"):
            _remove(file)
        tag = self.path / _TAG[0]
        with suppress(OSError):
            if not tag.is_symlink() and tag.read_text(encoding="utf-8", errors="replace") == _TAG[1]:
                tag.unlink()
        for folder in (self.path / "tables", self.path / "files", self.path):
            with suppress(OSError):  # it has files of others, or is not there
                folder.rmdir()

    def contents(self) -> tuple[int, int]:
        """Count the tables, and the bytes of their columns."""
        sizes = [size for table in self._tables() if (size := _size(table))]
        return len(sizes), sum(sizes)

    def _put(self, file: Path, text: str) -> None:
        self._make(file.parent)
        with replacing(file) as beside:
            beside.write_text(text, encoding="utf-8")

    def _make(self, folder: Path) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)  # only its owner sees what is in it
        folder.mkdir(parents=True, exist_ok=True)

    def _tables(self) -> list[Path]:
        folders = _listed(self.path / "tables")
        return [folder for folder in folders if _TABLE.fullmatch(folder.name) and folder.is_dir()]

    def _files(self, folder: str) -> list[Path]:
        return [file for file in _listed(self.path / folder) if _OURS.fullmatch(file.name)]


def short_hash(text: str) -> str:
    """Give a name for a file: 32 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Give a new file beside another one; at the end it replaces the other, or is removed on an exception.

    Nothing waits for the disk: a file of the cache that is not whole is noticed when it is read.
    """
    beside = file.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        yield beside
        beside.replace(file)
    finally:
        _remove(beside)


def _noted(note: Path) -> dict[str, object]:
    try:
        known = json.loads(note.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    is_one = isinstance(known, dict) and re.fullmatch(r"[0-9a-f]{64}", str(known.get("sha256")))
    return known if is_one else {}


def _listed(folder: Path) -> list[Path]:
    """List the entries of a folder that are not links; a folder that is a link has none."""
    with suppress(OSError):
        if not folder.is_symlink():
            return [entry for entry in folder.iterdir() if not entry.is_symlink()]
    return []


def _ours(table: Path) -> list[Path]:
    return [file for file in _listed(table) if _OURS.fullmatch(file.name)]


def _size(table: Path) -> int:
    total = 0
    for file in _ours(table):
        with suppress(OSError):  # another run removed it
            total += file.stat().st_size
    return total


def _used(table: Path) -> float:
    with suppress(OSError):
        return table.stat().st_mtime
    return 0.0


def _age(file: Path, now: float) -> float:
    with suppress(OSError):
        return now - file.stat().st_mtime
    return 0.0


def _remove_table(table: Path) -> None:
    for file in _ours(table):
        _remove(file)
    with suppress(OSError):
        table.rmdir()


def _remove_left_over(table: Path, now: float) -> None:
    for file in _ours(table):
        if file.suffix == ".tmp" and _age(file, now) > _LEFT_OVER:
            _remove(file)


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)
