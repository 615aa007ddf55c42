"""Requests to one service: with its token to its own address only, repeated where that is safe, with plain errors.

- A request is repeated after 429, 5xx, a time-out or a lost connection if it may be sent twice (RFC 9110, 9.2.2). One
  that may not raises an error that is `unsure`; the caller looks at the state first (`settled`).
- Retry-After is obeyed (RFC 9110, 10.2.3), within limits. So are the headers of GitHub's rate limits.
- A redirect is followed only for reading, and the token is left out if it leads to another host.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urljoin

import requests
from requests.auth import AuthBase

from depositary.errors import ServiceError
from depositary.publishing.addresses import origin, require_safe
from depositary.publishing.bodies import Body, Tell, Upload, form
from depositary.publishing.refusals import asked_pause, is_rate_limit, refusal, short
from depositary.publishing.requested import Access, Answer, LostError, Request, TooLargeError
from depositary.publishing.tokens import Token
from depositary.version import __version__

PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds before each further try
_LONGEST = 120.0  # seconds; if a service asks for more, the run ends and says so
_AGAIN = (429, 500, 502, 503, 504)
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_HOPS = 6
_MOST_ANSWER = 16 << 20  # bytes
_SLOWEST = 20  # an answer may take this many time-outs in all
_PIECE = 1 << 16

Found = TypeVar("Found")


class Service:
    """One service, to which requests are sent."""

    def __init__(self, access: Access, *, timeout: float, tell: Tell) -> None:
        self.access, self._timeout, self._tell = access, timeout, tell
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"depositary/{__version__}"

    @property
    def name(self) -> str:
        """The name of the service, for messages."""
        return self.access.name

    @property
    def base(self) -> str:
        """The address of the service."""
        return self.access.base

    def url(self, path: str) -> str:
        """Give the address of a call, by its path."""
        return f"{self.access.base}{self.access.api}{path}"

    def ask(  # noqa: PLR0913 (as of `send`)
        self,
        step: str,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401 (JSON)
        *,
        expect: tuple[int, ...] = (200,),
        repeats: bool = True,
    ) -> Answer:
        """Call the service with JSON, or with nothing, and give its answer; errors are those of `send`."""
        return self.send(step, Request(method, self.url(path), body), expect=expect, repeats=repeats)

    def send(self, step: str, request: Request, *, expect: tuple[int, ...] = (200,), repeats: bool = True) -> Answer:
        """Send a request and give its answer, which has one of the expected statuses.

        Raises:
            ServiceError: the service refuses, cannot be reached or answers with nonsense; `unsure`, if the request must
                not be sent twice and may have been carried out.
        """
        self._tell(step)
        try:
            status, text = self._answered(request, repeats=repeats)
        except LostError as error:
            raise ServiceError(f"{self.access.name}: {step}: {error}.", unsure=not repeats) from error
        if status not in expect:
            unsure = not repeats and status >= HTTPStatus.INTERNAL_SERVER_ERROR
            raise refusal(self.access, step, status, text, unsure=unsure)
        return Answer(self.access.name, status, self._parsed(step, text))

    def has(self, step: str, request: Request, upload: Upload) -> bool:
        """Download what a service has, and return whether it is what was uploaded."""
        sums = {}

        def begin() -> None:
            sums["sha256"] = hashlib.sha256()

        def take(piece: bytes) -> None:
            sums["sha256"].update(piece)

        try:
            self._download(step, request, begin, take, upload.size)
        except TooLargeError:
            return False
        return sums["sha256"].hexdigest() == upload.sha256

    def download(
        self,
        step: str,
        request: Request,
        begin: Callable[[], object],
        take: Callable[[bytes], object],
        *,
        most: int | None = None,
    ) -> None:
        """Read what is at an address; `begin` is called before each try, `take` for each piece, up to `most` bytes.

        Raises:
            ServiceError: it cannot be read, or has more bytes.
        """
        try:
            self._download(step, request, begin, take, most)
        except TooLargeError as error:
            raise ServiceError(f"{self.access.name}: {step}: it has more than {most:,} bytes.") from error

    def _download(
        self,
        step: str,
        request: Request,
        begin: Callable[[], object],
        take: Callable[[bytes], object],
        most: int | None,
    ) -> None:
        for pause in _pauses(self.access.name):
            begin()
            try:
                with self._followed(request, anywhere=True) as response:
                    if response.status_code not in _AGAIN:
                        self._take(step, response, take, most)
                        return
                    pause(asked_pause(response), f"{step}: it answers with {response.status_code}")
            except LostError as error:
                pause(None, f"{step}: {error}")

    def _take(self, step: str, response: requests.Response, take: Callable[[bytes], object], most: int | None) -> None:
        if response.status_code != HTTPStatus.OK:
            raise refusal(self.access, step, response.status_code, "", unsure=False)
        announced = response.headers.get("Content-Length", "")
        size = 0
        for piece in self._pieces(response):
            size += len(piece)
            if most is not None and max(size, int(announced) if announced.isdecimal() else 0) > most:
                raise TooLargeError
            take(piece)
            self._tell(f"{step}: {size:,} bytes")

    # A request, and its repetitions

    def _answered(self, request: Request, *, repeats: bool) -> tuple[int, str]:
        status, text = 0, ""
        for pause in _pauses(self.access.name):
            try:
                with self._followed(request, anywhere=False) as response:
                    status, text = response.status_code, self._text(response)
            except LostError as error:
                if not repeats:
                    raise
                pause(None, str(error))
                continue
            if not is_rate_limit(response) and (status not in _AGAIN or not repeats):
                break
            if pause.is_last:
                break
            pause(asked_pause(response), f"it answers with {status}")
        return status, text

    @contextmanager
    def _followed(self, request: Request, *, anywhere: bool) -> Iterator[requests.Response]:
        """Send a request, and follow redirects of one that reads; within the service, or anywhere without its token."""
        url = request.url
        for _ in range(_MOST_HOPS):
            with closing(self._once(request, url)) as response:
                target = response.headers.get("Location")
                if response.status_code not in _REDIRECTS or not target:
                    yield response
                    return
                url = self._target(request, url, urljoin(url, target), anywhere=anywhere)
        raise ServiceError(f"{self.access.name}: leads from address to address without an end.")

    def _target(self, request: Request, here: str, target: str, *, anywhere: bool) -> str:
        host = require_safe(self._hidden(target)).hostname
        if origin(here)[0] == "https" and origin(target)[0] != "https":
            raise ServiceError(f"{self.access.name}: leads to {host} without https.")
        if request.method != "GET" or not (anywhere or self._is_own(target)):
            raise ServiceError(
                f"{self.access.name}: leads elsewhere, to {host}. Its address, or a name there, has changed: give the "
                "new one."
            )
        return target

    def _is_own(self, url: str) -> bool:
        return any(own and origin(url) == origin(own) for own in (self.access.base, self.access.uploads))

    def _once(self, request: Request, url: str) -> requests.Response:
        own = self._is_own(url)
        headers = {**(self.access.headers if own else {}), **request.headers}
        body = _body(request, headers, self._tell)
        try:
            return self._session.request(
                request.method,
                url,
                data=body,
                headers=headers,
                auth=_Authorization(self.access.token if own else None, self.access.scheme),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, OSError) as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> LostError:
        if isinstance(error, requests.exceptions.SSLError):
            return LostError("its certificate is not accepted")
        if isinstance(error, requests.Timeout) or "timed out" in str(error):
            return LostError(f"it does not answer within {self._timeout:g} seconds")
        return LostError("the connection cannot be made, or is lost")

    # What comes back

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        try:
            yield from response.iter_content(_PIECE)
        except (requests.RequestException, OSError) as error:
            raise self._lost(error) from error

    def _text(self, response: requests.Response) -> str:
        data, until = b"", time.monotonic() + self._timeout * _SLOWEST
        for piece in self._pieces(response):
            data += piece
            if len(data) > _MOST_ANSWER:
                raise ServiceError(f"{self.access.name}: answers with more than {_MOST_ANSWER:,} bytes.")
            if time.monotonic() > until:
                raise LostError("it does not end its answer")
        text = data.decode("utf-8", "replace")
        with suppress(ValueError, RecursionError):  # without escapes, behind which a token could hide
            text = json.dumps(json.loads(text), ensure_ascii=False)
        return self._hidden(text)

    def _parsed(self, step: str, text: str) -> Any:  # noqa: ANN401 (JSON)
        try:
            return json.loads(text) if text else None
        except (ValueError, RecursionError) as error:
            raise ServiceError(
                f"{self.access.name}: {step}: answers with nonsense, which is not JSON: {short(text)}"
            ) from error

    def _hidden(self, text: str) -> str:
        return self.access.token.hidden(text) if self.access.token else text


def settled(do: Callable[[], Found], look: Callable[[], Found | None]) -> Found:
    """Do a step that must not happen twice: if its answer is lost, look whether it happened before doing it again.

    Raises:
        ServiceError: it is refused, or has not happened after several tries.
    """
    was_unsure = False
    for pause in (*PAUSES, None):
        try:
            return do()
        except ServiceError as error:
            was_unsure = was_unsure or error.unsure  # a first try that was late makes the second one fail
            found = look() if was_unsure else None
            if found is not None:
                return found
            if pause is None or not error.unsure:
                raise
            time.sleep(pause)
    raise AssertionError  # the last try returns or raises


class _Authorization(AuthBase):
    """Sets the token, or nothing; without any `requests` would look for one in ~/.netrc."""

    def __init__(self, token: Token | None, scheme: str) -> None:
        self._token, self._scheme = token, scheme

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"{self._scheme}{self._token.secret}"
        return request


class _Pause:
    """The pause after a try; the last one raises what went wrong."""

    def __init__(self, service: str, seconds: float | None) -> None:
        self._service, self._seconds, self.is_last = service, seconds, seconds is None

    def __call__(self, asked: float | None, problem: str) -> None:
        if self._seconds is None:
            raise ServiceError(f"{self._service}: {problem}, after {len(PAUSES) + 1} tries. Run this again later.")
        if asked is not None and asked > _LONGEST:
            raise ServiceError(
                f"{self._service}: {problem} and asks to wait for {asked:,.0f} seconds. Run this again then."
            )
        time.sleep(self._seconds if asked is None else asked)


def _pauses(service: str) -> Iterator[_Pause]:
    yield from (_Pause(service, seconds) for seconds in (*PAUSES, None))


def _body(request: Request, headers: dict[str, str], tell: Tell) -> bytes | Body | None:
    """Give the bytes to send, and set the type of the content."""
    if request.upload is None:
        if request.json is None:
            return None
        headers["Content-Type"] = "application/json"
        return json.dumps(request.json).encode()
    if request.fields is None:
        headers.setdefault("Content-Type", "application/octet-stream")
        return Body(request.upload, tell)
    boundary = f"depositary-{request.upload.sha256}"  # which is not in the file, as its own hash
    headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
    return Body(request.upload, tell, *form(request.fields, request.upload, boundary))
