"""Writing a file so that a reader sees the old one or the new one, never half of it."""

import os
from contextlib import suppress
from pathlib import Path

from depositary.errors import UsageError


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with LF, in place of what was there.

    Raises:
        UsageError: the file cannot be written there.
    """
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes, in place of what was there.

    Raises:
        UsageError: the file cannot be written there.
    """
    try:
        target = path.resolve()  # a link stays one, and what it leads to is written
        if target.exists() and not target.is_file():
            raise UsageError(f"{path}: cannot be written: it is a folder or a device.")
        _exchange(target, data)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}.") from error


def _exchange(target: Path, data: bytes) -> None:
    beside = target.parent / f".{os.getpid()}.tmp"
    try:
        with beside.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(target)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
