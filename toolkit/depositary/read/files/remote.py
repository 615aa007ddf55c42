"""Files on storage of a cluster, which are read where they are."""

import io
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

_BUFFER = 1 << 20  # bytes that are asked for at once


class RemoteFile(type(Path())):  # type: ignore[misc]  # the class of paths of this system
    """A file on storage of a cluster. Its path is the one that it would have on this machine, where no such file is.

    What opens it by its path therefore fails, and never reads another file. `address` is where it is, `size` are its
    bytes, `written` is the time of its last change.
    """

    address: str
    size: int
    written: int  # milliseconds
    reader: Callable[[], io.RawIOBase]

    @classmethod
    def at(cls, path: Path, address: str, size: int, written: int, reader: Callable[[], io.RawIOBase]) -> Self:
        """Give a path with the file at an address."""
        found = cls(path)
        found.address, found.size, found.written, found.reader = address, size, written, reader
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another machine, where only its address is known."""
        return RemoteFile.at, (Path(self), self.address, self.size, self.written, _cannot_be_read)

    def open(self, mode: str = "r", *_: Any, **__: Any) -> BinaryIO:  # noqa: ANN401 (as in the class above)
        """Open it for reading bytes."""
        if mode != "rb":
            raise io.UnsupportedOperation(f"{self.address}: it can only be read, as bytes")
        return cast("BinaryIO", io.BufferedReader(self.reader(), _BUFFER))

    def stat(self, **_: Any) -> os.stat_result:  # noqa: ANN401 (as above)
        """Give its size and time; its address takes the place of the number that a system gives to each file."""
        seconds = self.written // 1000
        number = int.from_bytes(self.address.encode(), "little")
        return os.stat_result((stat.S_IFREG, number, 0, 1, 0, 0, self.size, seconds, seconds, seconds))


def _cannot_be_read() -> io.RawIOBase:
    raise io.UnsupportedOperation("a file on storage of a cluster is read on the machine of the driver")
