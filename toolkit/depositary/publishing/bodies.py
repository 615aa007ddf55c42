"""What is uploaded: a file, or bytes, read piece by piece while it is sent."""

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_PIECE = 1 << 20
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Upload:
    """A file for a service, with what it must be when it has arrived."""

    name: str
    content: Path | bytes
    size: int
    md5: str
    sha256: str

    def open(self) -> BinaryIO:
        """Open the content for reading."""
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")


def upload_of(name: str, content: Path | bytes) -> Upload:
    """Read a content once, for its size and its sums."""
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    stream = io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
    with stream:
        while piece := stream.read(_PIECE):
            md5.update(piece)
            sha256.update(piece)
            size += len(piece)
    return Upload(name, content, size, md5.hexdigest(), sha256.hexdigest())


class Body:
    """The bytes of a request, for one try: an upload, with a head and a tail for a form."""

    def __init__(self, upload: Upload, tell: Tell, head: bytes = b"", tail: bytes = b"") -> None:
        self._upload, self._tell, self._head, self._tail = upload, tell, head, tail
        self._size = len(head) + upload.size + len(tail)

    def __len__(self) -> int:
        # Sent as Content-Length: servers refuse chunked uploads, or count them wrong.
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        if self._head:
            yield self._head
        sent = 0
        with self._upload.open() as stream:
            while piece := stream.read(min(_PIECE, self._upload.size - sent)):
                yield piece
                sent += len(piece)
                self._tell(f"{self._upload.name}: {sent:,} of {self._upload.size:,} bytes")
        if self._tail:
            yield self._tail


def form(fields: Mapping[str, str], upload: Upload, boundary: str) -> tuple[bytes, bytes]:
    """Give head and tail of a multipart form (RFC 7578) with the upload as its last field, `upload`."""
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    lines.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="upload"; filename="{upload.name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return "".join(lines).encode(), f"\r\n--{boundary}--\r\n".encode()
