"""A real HTTP server on this machine that behaves as a service does, and fails where it is told to.

A service is an object with `answer(asked) -> Reply`; it keeps its state in memory. A `Fault` is met by the request of
its number, or by all from there on.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

JSON = "application/json"


@dataclass(frozen=True)
class Asked:
    """A request that arrived."""

    method: str
    target: str  # as it was asked for
    path: str  # without the query, unquoted
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    base: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered; a body that is not bytes is written as JSON."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Fake(Protocol):
    def answer(self, asked: Asked) -> Reply: ...


@dataclass(frozen=True)
class Fault:
    """What goes wrong at a request: its number, what, and whether at all that follow too."""

    at: int
    kind: str
    lasts: bool = False

    def hits(self, number: int) -> bool:
        return number == self.at or (self.lasts and number >= self.at)


@dataclass
class Loopback:
    """A running server: its address, what it was asked, and what is to go wrong."""

    service: Fake
    address: str = ""
    fault: Fault | None = None
    asked: list[Asked] = field(default_factory=list)
    met: int = 0
    on_kill: Callable[[], None] = lambda: None
    lock: threading.RLock = field(default_factory=threading.RLock)

    def begin(self, fault: Fault | None = None) -> None:
        """Begin a run: forget what was asked, and set what is to go wrong."""
        self.asked, self.met, self.fault = [], 0, fault


# What goes wrong: a status instead of an answer, before or after the request is carried out, or worse.
STATUSES = {
    "401": Reply(401, {"message": "Bad credentials"}),
    "403": Reply(403, {"message": "Permission denied."}),
    "404": Reply(404, {"message": "Not Found"}),
    "409": Reply(409, {"message": "Conflict"}),
    "413": Reply(413, {"message": "Request Entity Too Large"}),
    "429": Reply(429, {"message": "Too many"}, {"Retry-After": "0"}),
    "429 for an hour": Reply(429, {"message": "Too many"}, {"Retry-After": "3600"}),
    "429 for a while": Reply(429, {"message": "Too many"}, {"Retry-After": "7"}),
    "403 rate limit": Reply(
        403, {"message": "API rate limit exceeded"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}
    ),
    "500": Reply(500, {"message": "Internal server error"}),
    "503": Reply(503, b"<html><body>Unavailable</body></html>", {"Retry-After": "0"}),
    "html": Reply(200, b"<!DOCTYPE html><html><title>Log in</title></html>"),
    "no object": Reply(200, []),
    "an empty object": Reply(200, {}),
    "nulls": Reply(200, {"id": None, "success": None, "hits": None, "entries": None, "result": None}),
    "paths as ids": Reply(201, {"id": "../../evil", "success": True, "result": {"id": "a/b?c"}, "draft": True}),
    "a redirect": Reply(302, None, {"Location": "https://elsewhere.invalid/login"}),
    "deep": Reply(200, b"[" * 100_000),
}
AFTER = {
    "500 after": STATUSES["500"],
    "504 after": Reply(504, b"<html><body><h1>504 Gateway Time-out</h1></body></html>"),
}
FAULTS = [
    *(kind for kind in STATUSES if kind != "429 for a while"),
    *AFTER,
    "dropped before",
    "dropped after",
    "dropped in the middle",
    "half an answer",
    "slow",
    "echo",
    "changed",
]


class _Handler(BaseHTTPRequestHandler):
    """Takes requests of each method alike; `http.server` looks for `do_GET` and so on."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body go together; each alone would wait for the other side
    disable_nagle_algorithm = True
    loopback: Loopback

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle_one_request(self) -> None:
        with suppress(ConnectionError, TimeoutError):
            super().handle_one_request()

    def _meet(self) -> None:
        at = self.loopback
        with at.lock:
            number, at.met = at.met, at.met + 1
            kind = at.fault.kind if at.fault and at.fault.hits(number) else ""
        length = int(self.headers.get("Content-Length") or 0)
        if kind == "dropped in the middle":
            self.rfile.read(length // 2)
            self._drop()
            return
        asked = self._asked(self._read_slowly(length) if kind == "reads slowly" else self.rfile.read(length))
        with at.lock:
            at.asked.append(asked)
        if kind == "killed before":
            at.on_kill()
            self._drop()
            return
        self._reply(kind, asked)

    def _read_slowly(self, length: int) -> bytes:
        """Read a body in eight parts, with a pause before each."""
        data = b""
        while len(data) < length:
            time.sleep(0.1)
            data += self.rfile.read(min(length // 8 + 1, length - len(data)))
        return data

    def _reply(self, kind: str, asked: Asked) -> None:
        if kind in STATUSES:
            self._send(STATUSES[kind])
        elif kind == "echo":
            self._send(Reply(401, {"message": f"{dict(asked.headers)}"}))
        elif kind == "dropped before":
            self._drop()
        else:
            if kind == "meanwhile":
                self.loopback.on_kill()
            changed = kind == "changed" and len(asked.body) > 1
            reply = self._carried_out(_with_other_bytes(asked) if changed else asked)
            if kind == "killed after":
                self.loopback.on_kill()
            if kind in ("dropped after", "killed after"):
                self._drop()
            elif kind == "slow":
                time.sleep(0.5)
                self._send(reply)
            elif kind == "half an answer":
                self._send(reply, half=True)
            else:
                self._send(AFTER.get(kind, reply))

    def _asked(self, body: bytes) -> Asked:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        headers = {key.lower(): value for key, value in self.headers.items()}
        return Asked(self.command, self.path, unquote(parts.path), query, headers, body, self.loopback.address)

    def _carried_out(self, asked: Asked) -> Reply:
        with self.loopback.lock:
            return self.loopback.service.answer(asked)

    def _send(self, reply: Reply, *, half: bool = False) -> None:
        body = (
            reply.body
            if isinstance(reply.body, bytes)
            else b""
            if reply.body is None
            else json.dumps(reply.body).encode()
        )
        self.send_response(reply.status)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(body)))
        for key, value in reply.headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if half else body)
        if half:
            self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)


def _with_other_bytes(asked: Asked) -> Asked:
    """Flip a bit in the middle of what is uploaded."""
    at = len(asked.body) // 2
    body = asked.body[:at] + bytes([asked.body[at] ^ 1]) + asked.body[at + 1 :]
    is_upload = asked.headers.get("content-type") != JSON
    return replace(asked, body=body) if is_upload else asked


for _method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
    setattr(_Handler, f"do_{_method}", _Handler._meet)


@contextmanager
def serving(service: Fake) -> Iterator[Loopback]:
    """Run a service on this machine, on a port that is free."""
    loopback = Loopback(service)
    handler = type("Handler", (_Handler,), {"loopback": loopback})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    loopback.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
