"""One column in a file of the cache: frames of Arrow IPC, each with its length and checksum.

The bytes of a frame are compared with its checksum before Arrow sees them, and its array is looked through before
anybody uses it. So a file that is damaged, cut off or made by somebody else is noticed, whatever is in it.
"""

import io
import json
import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO
from weakref import finalize

import pyarrow as pa

_BEGIN, _END = b"depositary column\n", b"end of column\n"
_FRAME = struct.Struct("<QI")  # length and CRC-32 of the bytes that follow
_LENGTH = struct.Struct("<Q")  # of the whole file, behind its last mark
_LEAST = len(_BEGIN) + len(_END) + _LENGTH.size

Head = Mapping[str, str]  # what the column is


class NotRememberedError(Exception):
    """Raised when the cache cannot give or take a column, for example because its file is damaged."""


class ColumnWriter:
    """Writes record batches into a new file.

    Raises:
        OSError: nothing can be written there.
    """

    def __init__(self, file: Path, head: Head) -> None:
        self._stream = file.open("xb")
        self._head = head
        self.restart()

    def restart(self) -> None:
        """Begin again, without the batches."""
        self._stream.seek(0)
        self._stream.truncate()
        self._stream.write(_BEGIN)
        self._frame(_bytes(self._head))

    def put(self, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        self._frame(sink.getbuffer())

    def end(self) -> None:
        """Mark the file as whole."""
        self._stream.write(_END + _LENGTH.pack(self._stream.tell() + len(_END) + _LENGTH.size))
        self._stream.flush()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _frame(self, data: bytes | memoryview) -> None:
        self._stream.write(_FRAME.pack(len(data), zlib.crc32(data)))
        self._stream.write(data)


def is_whole(file: Path, head: Head) -> bool:
    """Return whether a file is a column with this head, and ends with its mark; its frames are not compared."""
    try:
        with file.open("rb") as stream:
            _begin(stream, head)
    except (OSError, NotRememberedError):
        return False
    return True


class StoredColumn:
    """An open column, whose frames are read in any order.

    Nothing is mapped into memory: if another program cuts a mapped file off, the system ends the run. A file that is
    removed stays readable.

    Raises:
        NotRememberedError: the file is not such a column, or was cut off.
        OSError: it cannot be read.
    """

    def __init__(self, file: Path, head: Head, schema: pa.Schema) -> None:
        self._stream, self._schema = file.open("rb"), schema
        finalize(self, self._stream.close)
        self._end = _begin(self._stream, head)
        self._starts: list[int] = []
        at = self._stream.tell()
        while at < self._end:
            self._starts.append(at)
            self._stream.seek(at)
            at += _FRAME.size + _mark(self._stream, self._end)[0]

    def __len__(self) -> int:
        return len(self._starts)

    def batch(self, at: int, rows: int | None = None) -> pa.RecordBatch:
        """Read a frame, which must have so many rows.

        Raises:
            NotRememberedError: it is not there, or is damaged.
            OSError: it cannot be read.
        """
        if at >= len(self._starts):
            raise NotRememberedError
        self._stream.seek(self._starts[at])
        batch = _batch(_framed(self._stream, self._end), self._schema)
        if rows not in (None, batch.num_rows):
            raise NotRememberedError
        return batch


def _begin(stream: BinaryIO, head: Head) -> int:
    """Read the head, and give the offset of the mark at the end."""
    size = os.fstat(stream.fileno()).st_size
    if size < _LEAST:
        raise NotRememberedError
    length = size - len(_END) - _LENGTH.size
    stream.seek(length)
    if stream.read(len(_END) + _LENGTH.size) != _END + _LENGTH.pack(size):
        raise NotRememberedError
    stream.seek(0)
    if stream.read(len(_BEGIN)) != _BEGIN or _framed(stream, length) != _bytes(head):
        raise NotRememberedError
    return length


def _framed(stream: BinaryIO, end: int) -> bytes:
    length, checksum = _mark(stream, end)
    data = stream.read(length)
    if len(data) < length or zlib.crc32(data) != checksum:
        raise NotRememberedError
    return data


def _mark(stream: BinaryIO, end: int) -> tuple[int, int]:
    """Read the length and the checksum of a frame."""
    mark = stream.read(_FRAME.size)
    if len(mark) < _FRAME.size:
        raise NotRememberedError
    length, checksum = _FRAME.unpack(mark)
    if length > end - stream.tell():
        raise NotRememberedError
    return length, checksum


def _batch(data: bytes, schema: pa.Schema) -> pa.RecordBatch:
    try:
        with pa.ipc.open_stream(data) as reader:
            if reader.schema != schema:
                raise NotRememberedError
            batch = reader.read_next_batch()
        batch.validate(full=True)
    except (pa.ArrowException, OSError, StopIteration, ValueError) as error:
        raise NotRememberedError from error
    return batch


def _bytes(head: Head) -> bytes:
    return json.dumps(head, sort_keys=True).encode()
