"""Rows from another source, as the bytes of a CSV file."""

import csv
import io
from collections.abc import Callable, Iterator

from depositary.read.files.unreadable import UnreadableFile

Chunk = list[list[str]]


class Rendered(io.BufferedIOBase):
    """A stream of CSV in UTF-8 that is made from rows while it is read; the first row is the header.

    Rows before an error are given before the error is raised.

    Args:
        chunks: whole rows as CSV.
        close: called when the stream is closed.
    """

    def __init__(self, chunks: Iterator[bytes], close: Callable[[], object]) -> None:
        self._chunks, self._close = chunks, close
        self._ready, self._at = b"", 0
        self._fault: UnreadableFile | None = None
        self._ended = False

    def readable(self) -> bool:
        """Return True: the stream can be read."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Give `size` bytes, or all; fewer only before the end or an error."""
        parts: list[bytes] = []
        wanted = -1 if size is None else size
        while wanted and (part := self._some(wanted, first=not parts)):
            parts.append(part)
            wanted = wanted - len(part) if wanted > 0 else wanted
        return b"".join(parts)

    def read1(self, size: int = -1, /) -> bytes:
        """Give some bytes, at most `size`."""
        return self._some(size, first=True) if size else b""

    def close(self) -> None:
        """Close the source of the rows."""
        if not self.closed:
            self._close()
        super().close()

    def _some(self, most: int, *, first: bool) -> bytes:
        while self._at >= len(self._ready) and not self._ended:
            self._ready, self._at = self._next(), 0
        if self._fault and first and self._at >= len(self._ready):
            raise self._fault
        part = self._ready[self._at : self._at + most] if most > 0 else self._ready[self._at :]
        self._at += len(part)
        return part

    def _next(self) -> bytes:
        try:
            chunk = next(self._chunks, None)
        except UnreadableFile as fault:
            self._fault, self._ended = fault, True
            return b""
        if chunk is None:
            self._ended = True
            return b""
        return chunk


def as_csv(rows: Chunk) -> bytes:
    """Write rows as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogateescape")
