"""Copy a file that somebody else may be writing."""

import os
import shutil
from pathlib import Path
from typing import BinaryIO

from depositary.errors import UsageError
from depositary.read.files.stamp import Stamp, stamp_of

_AT_ONCE = 1 << 30  # bytes that the system copies in one call


def copy_file(source: Path, target: Path) -> Stamp:
    """Copy the content of a file to a new one, and give the stamp that the source had all the time.

    If the file system can share the content of two files until one is written, it does.

    Raises:
        UsageError: the source was written meanwhile.
        OSError: the system refuses.
    """
    before = stamp_of(source)
    with source.open("rb") as reading, target.open("wb") as writing:
        if not _copied_by_the_system(reading, writing, before[2]):
            shutil.copyfileobj(reading, writing, 1 << 20)
    if stamp_of(source)[:4] != before[:4]:
        raise UsageError(f"{source}: changed while it was copied. Run this again.")
    return before


def _copied_by_the_system(reading: BinaryIO, writing: BinaryIO, size: int) -> bool:
    """Let the system copy a file, which may share its content; if it stops early, both are at the same byte."""
    call = getattr(os, "copy_file_range", None)  # only on Linux
    copied = 0
    while call and copied < size:
        try:
            count = call(reading.fileno(), writing.fileno(), _AT_ONCE)
        except OSError:  # between file systems, or a file of another kind
            if copied:
                raise
            return False
        if not count:
            break
        copied += count
    return copied == size
