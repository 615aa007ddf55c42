"""Replace a folder by a finished one, so that a reader finds the old one or the new one, complete.

The new folder is built beside the old one, written to the disk, and exchanged with it:

- On Linux, if the file system can, by one call (`renameat2` with RENAME_EXCHANGE). The folder exists at every moment.
- Elsewhere in two steps: the old folder is moved away, then the new one is moved in. Before that, the new one gets a
  name that marks it as complete. That name is the journal: if a run is killed between the steps, the next run takes the
  second step. Until then the folder does not exist.

The next run removes what a killed run left beside the target; it knows these folders by their names. A lock is held
from beginning to end, and the system releases it when a process ends. So these folders never belong to a running
process.
"""

import ctypes
import errno
import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from depositary.errors import UsageError
from depositary.write.disk import alone, sync, sync_folder

_DESCRIPTOR = "datapackage.json"
_CURRENT_FOLDER, _EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)  # errors of a kernel or file system without this call
_SHOWN = 20  # files that would be lost
_OF_THE_SYSTEM = (".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class FolderKind:
    """A kind of folder: its name, the file that marks such a folder, and the function that lists the files in it."""

    name: str
    mark: str
    files: Callable[[Path], set[str]]


@contextmanager
def building(target: Path, kind: FolderKind | None = None) -> Iterator[Path]:
    """Give an empty folder to build in; at the end it replaces the target, or is removed on an exception.

    An existing folder may only be replaced if it is of the same kind, by default a package. A second run for the same
    target does not wait for the first one, because it has read its input before.

    Raises:
        UsageError: the target cannot be replaced: it is of another kind, another run is writing it, or the system
            refuses.
    """
    kind = kind or PACKAGE
    with _write_errors(target):
        folder = _resolved(target)
    with _locked(folder, target):
        with _write_errors(target):
            _settle(folder)
            _refuse_strangers(folder, target, kind)
            fresh = _made(folder)
        try:
            yield fresh
            with _write_errors(target):
                _keep_what_is_not_ours(fresh, folder, target, kind)
                write_out(fresh)
                _put(fresh, folder)
        finally:
            with suppress(OSError):  # the next run removes it, or reports why it cannot
                _remove(fresh)


def roll_forward(target: Path) -> None:
    """Finish what a killed run began: move a complete folder to its path, and remove what is left over.

    Raises:
        UsageError: another run is writing the target, or the system refuses.
    """
    with _write_errors(target):
        folder = _resolved(target)
        left = any(os.path.lexists(_beside(folder, what)) for what in ("new", "ready", "old"))
    if left:
        with _locked(folder, target), _write_errors(target):
            _settle(folder)


@contextmanager
def _write_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror or error}.") from error


# The path, and what may be there


def _resolved(target: Path) -> Path:
    """Give the one absolute path of the target."""
    if target.is_symlink():
        raise UsageError(f"{target}: is a link to {target.readlink()}. Name the folder itself.")
    folder = target.resolve()
    if not folder.parent.is_dir():
        raise UsageError(f"{target}: the folder {target.parent} does not exist. Make it first.")
    if _is_other_than_a_folder(folder):
        raise UsageError(f"{target}: is a file. Name a new folder, or one that this command wrote before.")
    if os.path.ismount(folder):  # `Path.is_mount` fails if another run puts the folder aside meanwhile
        raise UsageError(f"{target}: is a mount point and cannot be replaced. Name a folder in it.")
    if Path.cwd().is_relative_to(folder):
        raise UsageError(f"{target}: is the current folder and would be replaced. Run this from another folder.")
    return folder


def _is_other_than_a_folder(path: Path) -> bool:
    # One look: between two, another run may put the folder aside.
    with suppress(OSError):
        return not stat.S_ISDIR(path.stat().st_mode)
    return False


def _beside(folder: Path, what: str) -> Path:
    return folder.parent / f".{folder.name}.{what}"


def _refuse_strangers(folder: Path, target: Path, kind: FolderKind) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / kind.mark).is_file():
        raise UsageError(f"{target}: has files but no {kind.mark}, so it is not a {kind.name}. Name another folder.")
    if (folder / ".git").exists():
        raise UsageError(f"{target}: is a git repository, and its history would be lost. Name a folder in it.")


def _keep_what_is_not_ours(fresh: Path, folder: Path, target: Path, kind: FolderKind) -> None:
    """Refuse to remove files that are neither in the new folder nor in the old folder's own list."""
    there = _files(folder) if folder.exists() else set()
    others = sorted(there - _files(fresh) - (kind.files(folder / kind.mark) if there else set()))
    if others:
        more = f" and {len(others) - _SHOWN:,} more" if len(others) > _SHOWN else ""
        belongs, what = ("it does", "it") if len(others) == 1 else ("they do", "them")
        raise UsageError(
            f"{target}: has {', '.join(others[:_SHOWN])}{more}, which would be lost, because {belongs} not belong to "
            f"the {kind.name}. Move {what} away."
        )


def _files(folder: Path) -> set[str]:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or path.is_file()}
    return {path for path in found if not _is_litter(path.rpartition("/")[2])}


def _is_litter(name: str) -> bool:
    # Files that systems and LibreOffice leave in a folder when somebody opens it.
    return name in _OF_THE_SYSTEM or name.startswith(".~lock.")


def _named(descriptor: Path) -> set[str]:
    """Give all texts in a descriptor; they include the paths of files."""
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


PACKAGE = FolderKind("package", _DESCRIPTOR, _named)


# Build and exchange


def _made(folder: Path) -> Path:
    fresh = _beside(folder, "new")
    fresh.mkdir()
    if folder.exists():
        shutil.copymode(folder, fresh)  # a folder that a group shares stays shared
    return fresh


def write_out(fresh: Path) -> None:
    """Wait until all of a folder is on the disk, before it gets its name."""
    for folder, _, files in os.walk(fresh):
        for name in files:
            sync(Path(folder, name))
        sync_folder(Path(folder))


def _put(fresh: Path, folder: Path) -> None:
    if folder.exists() and _swap(fresh, folder):
        sync_folder(folder.parent)
        return
    ready, old = _beside(folder, "ready"), _beside(folder, "old")
    fresh.rename(ready)
    try:
        sync_folder(folder.parent)
        _settle(folder)
    except OSError:
        with suppress(OSError):  # the caller gets an error, so nothing may be there later
            if not folder.exists():
                old.rename(folder)
            _remove(ready)
        raise


def _settle(folder: Path) -> None:
    """Take the remaining steps of a killed run, and remove what it left behind."""
    ready, old = _beside(folder, "ready"), _beside(folder, "old")
    if ready.exists():
        if folder.exists():
            _remove(old)
            folder.rename(old)
        ready.rename(folder)
        sync_folder(folder.parent)
    _remove(old)
    _remove(_beside(folder, "new"))


def _remove(path: Path) -> None:
    if os.path.lexists(path):
        shutil.rmtree(path)


def _system_swap() -> Callable[[Path, Path], bool]:
    """Give a function that exchanges two folders by one call and returns whether it could."""
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
def _locked(folder: Path, target: Path) -> Iterator[None]:
    with ExitStack() as held:
        with _write_errors(target):
            held.enter_context(alone(_beside(folder, "lock"), target))
        yield
