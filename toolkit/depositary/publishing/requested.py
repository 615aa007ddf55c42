"""What is asked of a service, and what it answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from depositary.errors import ServiceError
from depositary.publishing.bodies import Upload
from depositary.publishing.tokens import Token

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class LostError(Exception):
    """Raised within a service when a connection is lost, or an answer does not come in time."""


class TooLargeError(Exception):
    """Raised within a service when more is downloaded than was to be expected."""


@dataclass(frozen=True)
class Access:
    """How a service is addressed: its name, address and token, what goes before the token, and what it must allow.

    `headers` go with every request, and `api` is the path of the address below which its calls are.
    """

    name: str
    base: str
    token: Token | None = None
    scheme: str = "Bearer "
    rights: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    api: str = ""
    uploads: str = ""  # a second address of the service, for uploads


@dataclass(frozen=True)
class Request:
    """A request as it is sent, but for the token; an upload is the body, or the last field of a form."""

    method: str
    url: str
    json: Any = None
    upload: Upload | None = None
    fields: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """The answer of a service: its status and its JSON."""

    service: str
    status: int
    body: Any

    def get(self, *path: str) -> Any:  # noqa: ANN401 (JSON)
        """Give a value in the answer, or None."""
        value = self.body
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def name(self, *path: str) -> str:
        """Give an identifier in the answer; it can be a part of an address.

        Raises:
            ServiceError: it is not there, or is not an identifier.
        """
        value = self.get(*path)
        found = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if not _NAME.fullmatch(found):
            raise ServiceError(f"{self.service}: answers with nonsense: it has no usable `{'.'.join(path)}`.")
        return found

    def text(self, *path: str) -> str:
        """Give a text in the answer; an empty one if it is not there."""
        value = self.get(*path)
        return value if isinstance(value, str) else ""

    def entries(self, *path: str) -> list["Answer"]:
        """Give a list of objects in the answer.

        Raises:
            ServiceError: there is no such list.
        """
        value = self.get(*path)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            what = f" `{'.'.join(path)}`" if path else ""
            raise ServiceError(f"{self.service}: answers with nonsense: it has no list{what}.")
        return [Answer(self.service, self.status, one) for one in value]
