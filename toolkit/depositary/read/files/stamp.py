"""The stamp of a file: what the system says of it without reading it, which changes when the file is written."""

from pathlib import Path

Stamp = tuple[int, int, int, int, int]  # device, inode, size, time of the last write, time of the last change


def stamp_of(file: Path) -> Stamp:
    """Give the stamp of a file.

    Raises:
        OSError: there is no such file.
    """
    found = file.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
