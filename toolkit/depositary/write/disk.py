"""Locks on files, and waiting until written data are on the disk."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from depositary.errors import UsageError

_PATIENCE = 30.0  # seconds; writing a file of decisions or a code list takes less than one
_PAUSE = 0.02


def sync(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    descriptor = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    if sys.platform != "win32":  # which cannot open folders
        sync(folder)


def make_folders(folder: Path) -> None:
    """Make a folder and those above it, and wait until they are on the disk."""
    if folder.is_dir():
        return
    make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


@contextmanager
def alone(file: Path, target: Path) -> Iterator[None]:
    """Hold a lock on a file that is made for it; the system releases it when the process ends.

    Raises:
        UsageError: another run has the lock and is writing the target, or no file can be written there.
    """
    try:
        descriptor = hold(file)
    except OSError as error:
        why = error.strerror or error
        raise UsageError(
            f"{target}: cannot be written: {why}. Check the rights of the folder, or name another one."
        ) from error
    if descriptor is None:
        raise UsageError(f"{target}: another run is writing it. Wait until that run has ended, then run this again.")
    try:
        yield
    finally:
        _let_go(descriptor, file)


@contextmanager
def in_turn(target: Path) -> Iterator[None]:
    """Hold the lock of a file that is read, changed and written; wait up to 30 seconds for another run that has it.

    Raises:
        UsageError: another run has the lock and does not end.
    """
    until = monotonic() + _PATIENCE
    while (descriptor := _take_turn(target)) is None:
        if monotonic() > until:
            raise UsageError(
                f"{target}: another run is changing it. Wait until that run has ended, then run this again."
            )
        sleep(_PAUSE)
    try:
        yield
    finally:
        _end_turn(descriptor, target)


def hold(file: Path) -> int | None:
    """Open and lock a file, made if it does not exist; give its descriptor, or None if another run has the lock."""
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            held = _try_to_hold(descriptor) and _is_still_there(descriptor, file)
        except BaseException:  # also an interrupt must not leave the file locked by this process
            os.close(descriptor)
            raise
        if held:
            return descriptor
        gone = not _is_still_there(descriptor, file)
        os.close(descriptor)
        if not gone:
            return None


def _is_still_there(descriptor: int, file: Path) -> bool:
    # The last run with the lock removed the file. A file that was opened before then is a lock that no other run sees.
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), file.stat())
    return False


if sys.platform == "win32":
    import msvcrt

    def _try_to_hold(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _let_go(descriptor: int, file: Path) -> None:
        os.close(descriptor)
        with suppress(OSError):  # an open file is not removed: another run may have locked it
            file.unlink()

    def _lock(target: Path) -> Path:
        return target.parent / f".{target.name}.lock"  # a folder cannot be locked here

    def _take_turn(target: Path) -> int | None:
        return hold(_lock(target))

    def _end_turn(descriptor: int, target: Path) -> None:
        _let_go(descriptor, _lock(target))

else:
    import fcntl

    def _try_to_hold(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _take_turn(target: Path) -> int | None:
        descriptor = os.open(target.parent, os.O_RDONLY)  # a killed run leaves nothing behind of a lock on the folder
        if _try_to_hold(descriptor):
            return descriptor
        os.close(descriptor)
        return None

    def _let_go(descriptor: int, file: Path) -> None:
        with suppress(OSError):
            file.unlink()  # before another run can lock it: it would lock a removed file
        os.close(descriptor)

    def _end_turn(descriptor: int, target: Path) -> None:  # noqa: ARG001 (as on Windows)
        os.close(descriptor)
