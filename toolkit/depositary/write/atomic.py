"""Write a file so that a reader sees the old one or the new one, never half of it."""

import os
import re
import sys
import threading
from contextlib import suppress
from pathlib import Path

from depositary.errors import UsageError
from depositary.write.disk import alone, hold, sync_folder

_OURS = re.compile(r"\.[0-9]+-[0-9]+\.tmp")


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with LF; an existing file is replaced.

    Raises:
        UsageError: the file cannot be written there.
    """
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes; an existing file is replaced.

    Raises:
        UsageError: the file cannot be written there.
    """
    try:
        target = path.resolve()  # a link stays a link; its target is written
        if target.exists() and not target.is_file():
            raise UsageError(f"{path}: cannot be written, because it is a folder or a device.")
        _exchange(target, data)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}.") from error


def _exchange(target: Path, data: bytes) -> None:
    _remove_left_over(target.parent)
    beside, descriptor = _made(target.parent)
    with os.fdopen(descriptor, "wb") as stream:
        try:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
            if sys.platform != "win32":
                beside.replace(target)
        except BaseException:  # also an interrupt; removed under the lock, because another run may use the name later
            with suppress(OSError):
                beside.unlink()
            raise
    if sys.platform == "win32":  # which does not rename an open file
        beside.replace(target)
    sync_folder(target.parent)


def _made(folder: Path) -> tuple[Path, int]:
    """Make a file that no other thread or process has, and lock it, so that no other run removes it as left over."""
    file = folder / f".{os.getpid()}-{threading.get_ident()}.tmp"
    while (descriptor := hold(file)) is None:
        pass  # another run is testing whether it is left over, and will release it at once
    os.ftruncate(descriptor, 0)
    return file, descriptor


def _remove_left_over(folder: Path) -> None:
    """Remove the files of killed runs: those that nobody holds."""
    for file in folder.glob(".*.tmp"):
        if _OURS.fullmatch(file.name) and not file.is_symlink():
            with suppress(OSError, UsageError), alone(file, file):
                pass
