"""What a service means when it refuses, in plain words, and how long it asks to wait."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests

from depositary.errors import ServiceError
from depositary.publishing.requested import Access

_SHOWN = 300  # characters of a service's own words
_REASONS = {
    400: "the request is not accepted",
    401: "the token is not accepted",
    403: "this is not allowed",
    404: "there is no such thing, or this token may not see it",
    409: "it does not agree with what is there",
    413: "the file is too large for it",
    422: "the request is not accepted",
    429: "there are too many requests",
}
_WORDS = ("message", "messages", "field", "code", "errors", "error", "detail")  # where services put their own words


def refusal(access: Access, step: str, status: int, text: str, *, unsure: bool) -> ServiceError:
    """Make the error for an answer that was not expected."""
    reason = _REASONS.get(status, "it has a fault" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "it refuses")
    message = f"{access.name}: {step}: {reason} ({status}){own_words(text)}.{_advice(access, status)}"
    return ServiceError(message, unsure=unsure)


def _advice(access: Access, status: int) -> str:
    if status == HTTPStatus.UNAUTHORIZED and access.token:
        return f" Give a valid token in {access.token.origin}."
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND) and access.token and access.rights:
        return f" The token of {access.token.origin} needs {access.rights}."
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return " Run this again later."
    return ""


def own_words(text: str) -> str:
    """Give what a service says itself, to be put behind our words."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    words = list(dict.fromkeys(_texts(body)))
    return f": {short('; '.join(words))}" if words else ""


def _texts(body: Any) -> Iterator[str]:  # noqa: ANN401 (JSON)
    if isinstance(body, str):
        yield body.strip().rstrip(".")
    elif isinstance(body, list):
        for one in body:
            yield from _texts(one)
    elif isinstance(body, dict):
        known = [body[key] for key in _WORDS if key in body]
        for one in known or body.values():
            yield from _texts(one)


def short(text: str) -> str:
    """Give the beginning of a text, on one line."""
    line = " ".join(text[: 4 * _SHOWN].split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def is_rate_limit(response: requests.Response) -> bool:
    """Return whether a request was refused unread, because there were too many.

    GitHub answers with 403 then (docs.github.com, rate limits for the REST API, "Exceeding the rate limit").
    """
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    headers = response.headers
    spent = headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers
    return response.status_code == HTTPStatus.FORBIDDEN and spent


def asked_pause(response: requests.Response) -> float | None:
    """Give the seconds that a service asks to wait: Retry-After as seconds or date, or when GitHub's limit ends."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value)
    with suppress(ValueError, TypeError):
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    reset = response.headers.get("x-ratelimit-reset", "")
    if response.headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(0.0, float(reset) - time.time())
    return None
