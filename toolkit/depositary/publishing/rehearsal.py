"""A service that is not asked: it writes down the requests, and goes on with assumed answers."""

import json
from collections.abc import Callable
from typing import Any

from depositary.publishing.bodies import Upload
from depositary.publishing.requested import Access, Answer, Request
from depositary.publishing.service import Service

Assumed = Callable[[Request], Answer]


class Rehearsal(Service):
    """Takes requests as a service does, and sends nothing."""

    def __init__(self, access: Access, assumed: Assumed) -> None:
        super().__init__(access, timeout=1, tell=lambda _: None)
        self._assumed = assumed
        self.requests: list[Request] = []

    def send(self, step: str, request: Request, *, expect: tuple[int, ...] = (200,), repeats: bool = True) -> Answer:
        """Write a request down, and give the assumed answer."""
        del step, expect, repeats
        self.requests.append(request)
        return self._assumed(request)

    def has(self, step: str, request: Request, upload: Upload) -> bool:
        """Write a download down, and assume that the file is intact."""
        del step, upload
        self.requests.append(request)
        return True


def request_lines(request: Request) -> list[str]:
    """Describe a request: method and address, and what is sent with it."""
    lines = [f"{request.method} {request.url}"]
    if request.json is not None:
        lines.append(f"  {_compact(request.json)}")
    if request.fields is not None:
        lines.append(f"  form: {_compact(dict(request.fields))}")
    if request.upload is not None:
        lines.append(f"  {upload_line(request.upload)}")
    return lines


def upload_line(upload: Upload) -> str:
    """Describe a file that is uploaded."""
    return f"{upload.name}, {upload.size:,} bytes, sha256 {upload.sha256}"


def _compact(value: Any) -> str:  # noqa: ANN401 (JSON)
    return json.dumps(value, ensure_ascii=False)
