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
    beside = path.parent / f".{os.getpid()}.tmp"
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
