"""Putting a finished folder in the place of another, so that a reader finds the old one or the new one, whole.

The new folder is built beside the old one, written out to the disk, and exchanged with it:

- On Linux, where the file system can, by one call (`renameat2` with RENAME_EXCHANGE). There is no moment without it.
- Elsewhere in two steps, the old folder out and the new one in, after the new one has got the name that says it is
  complete. That name is the journal: of a run that was killed between the steps, the next one takes the second.
  Until then there is no folder at the place.

What a killed run left behind is told by its name beside the target, and removed by the next run. As a lock is held from
the beginning to the end, and the system lets go of it when a process dies, what lies there is never somebody's work.
"""

import ctypes
import errno
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from depositary.errors import UsageError
from depositary.write.disk import alone, sync, sync_folder

_DESCRIPTOR = "datapackage.json"
_CURRENT_FOLDER, _EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)  # what a kernel or file system says that has no such call
_OF_THE_SYSTEM = (".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Kind:
    """What is built: its name, the file by which a folder of the kind is told, and what lists the files in it."""

    name: str
    mark: str
    files: Callable[[Path], set[str]]


@contextmanager
def building(target: Path, kind: Kind | None = None) -> Iterator[Path]:
    """Give an empty folder to build in; at the end it takes the place of the target, or is removed on an exception.

    What stands there may only be replaced if it is of the same kind, by default a package. A second run for the same
    target does not wait for the first one: what it would write was read before.

    Raises:
        UsageError: the target cannot be replaced: it is of another kind, somebody else is at it, or the system refuses.
    """
    kind = kind or PACKAGE
    with _told(target):
        place = _place(target)
    with _locked(place, target):
        with _told(target):
            _settle(place)
            _refuse_strangers(place, target, kind)
            fresh = _made(place)
        try:
            yield fresh
            with _told(target):
                _keep_what_is_not_ours(fresh, place, target, kind)
                _write_out(fresh)
                _put(fresh, place)
        finally:
            with suppress(OSError):  # the next run removes it, or says why it cannot
                _remove(fresh)


def roll_forward(target: Path) -> None:
    """Bring to its end what a killed run began: put a complete folder in its place, and remove what is left over.

    Raises:
        UsageError: somebody is writing the target, or the system refuses.
    """
    with _told(target):
        place = _place(target)
        left = any(os.path.lexists(_beside(place, what)) for what in ("new", "ready", "old"))
    if left:
        with _locked(place, target), _told(target):
            _settle(place)


@contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror or error}.") from error


# The place, and what may be there


def _place(target: Path) -> Path:
    """Give the one path of the target, however it is spelt."""
    if target.is_symlink():
        raise UsageError(f"{target}: is a link to {target.readlink()}; name the folder itself.")
    place = target.resolve()
    if not place.parent.is_dir():
        raise UsageError(f"{target}: there is no folder {target.parent} to put it into; make it first.")
    if place.exists() and not place.is_dir():
        raise UsageError(f"{target}: is a file; name a folder that is not there yet, or one written before.")
    if place.is_mount():
        raise UsageError(f"{target}: is where a disk is mounted, and cannot be exchanged; name a folder within it.")
    if Path.cwd().is_relative_to(place):
        raise UsageError(f"{target}: is the folder you are in, and is about to be replaced; run it from outside.")
    return place


def _beside(place: Path, what: str) -> Path:
    return place.parent / f".{place.name}.{what}"


def _refuse_strangers(place: Path, target: Path, kind: Kind) -> None:
    if not place.exists() or not any(place.iterdir()):
        return
    if not (place / kind.mark).is_file():
        raise UsageError(
            f"{target}: has files but no {kind.mark}, so it is no {kind.name} to be replaced; name another."
        )
    if (place / ".git").exists():
        raise UsageError(f"{target}: is a git repository, whose history would be lost; name a folder within it.")


def _keep_what_is_not_ours(fresh: Path, place: Path, target: Path, kind: Kind) -> None:
    """Refuse to remove files that the new folder does not have and the old one's own list does not name."""
    there = _files(place) if place.exists() else set()
    others = sorted(there - _files(fresh) - (kind.files(place / kind.mark) if there else set()))
    if others:
        more = f" and {len(others) - 1:,} more" if len(others) > 1 else ""
        raise UsageError(
            f"{target}: has {others[0]}{more}, which would be lost: it is not of the {kind.name}. Move it away."
        )


def _files(folder: Path) -> set[str]:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or path.is_file()}
    return {path for path in found if not _is_litter(path.rpartition("/")[2])}


def _is_litter(name: str) -> bool:
    # What systems and LibreOffice leave in a folder that somebody looked at.
    return name in _OF_THE_SYSTEM or name.startswith(".~lock.")


def _named(descriptor: Path) -> set[str]:
    """Give all texts in a descriptor: the paths of files are among them."""
    try:
        document = json.loads(descriptor.read_text(encoding="utf-8"))
    except ValueError:
        return {_DESCRIPTOR}
    return {_DESCRIPTOR, *_texts(document)}


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


PACKAGE = Kind("package", _DESCRIPTOR, _named)


# Building and exchanging


def _made(place: Path) -> Path:
    fresh = _beside(place, "new")
    fresh.mkdir()
    if place.exists():
        shutil.copymode(place, fresh)  # a folder that a group shares stays shared
    return fresh


def _write_out(fresh: Path) -> None:
    """See to it that all of a folder is on the disk before it gets its name."""
    for folder, _, files in os.walk(fresh):
        for name in files:
            sync(Path(folder, name))
        sync_folder(Path(folder))


def _put(fresh: Path, place: Path) -> None:
    if place.exists() and _swap(fresh, place):
        sync_folder(place.parent)
        return
    ready, old = _beside(place, "ready"), _beside(place, "old")
    fresh.rename(ready)
    try:
        sync_folder(place.parent)
        _settle(place)
    except OSError:
        with suppress(OSError):  # it is said to have failed, so nothing of it may be there later
            if not place.exists():
                old.rename(place)
            _remove(ready)
        raise


def _settle(place: Path) -> None:
    """Take the steps that are left, wherever a run was killed, and remove what it left behind."""
    ready, old = _beside(place, "ready"), _beside(place, "old")
    if ready.exists():
        if place.exists():
            _remove(old)
            place.rename(old)
        ready.rename(place)
        sync_folder(place.parent)
    _remove(old)
    _remove(_beside(place, "new"))


def _remove(path: Path) -> None:
    if os.path.lexists(path):
        shutil.rmtree(path)


def _system_swap() -> Callable[[Path, Path], bool]:
    """Give what exchanges two folders by one call and tells whether it could; where there is none, it never can."""
    if sys.platform != "linux":
        return lambda _one, _other: False
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)

    def swap(one: Path, other: Path) -> bool:
        if call is None:
            return False
        paths = os.fsencode(one), os.fsencode(other)
        if call(_CURRENT_FOLDER, paths[0], _CURRENT_FOLDER, paths[1], ctypes.c_uint(_EXCHANGE)) == 0:
            return True
        number = ctypes.get_errno()
        if number in _CANNOT:
            return False
        raise OSError(number, os.strerror(number), str(other))

    return swap


_swap = _system_swap()


@contextmanager
def _locked(place: Path, target: Path) -> Iterator[None]:
    with ExitStack() as held:
        with _told(target):
            held.enter_context(alone(_beside(place, "lock"), target))
        yield
