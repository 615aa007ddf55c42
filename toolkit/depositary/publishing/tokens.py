"""Tokens come from the environment or from a keyring; they are never written anywhere."""

import importlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from depositary.errors import UsageError

_TOKEN = re.compile(
    r"[\x21\x23-\x5b\x5d-\x7e]{8,}"
)  # as JSON writes it without escapes, so that it is found in answers
_KEYRING = "depositary"
HIDDEN = "[token]"


@dataclass(frozen=True)
class Token:
    """A secret, and where it comes from; it is not shown by `repr`."""

    secret: str = field(repr=False)
    origin: str

    def hidden(self, text: str) -> str:
        """Take the secret out of a text, such as an answer that repeats it."""
        return text.replace(self.secret, HIDDEN)


def token_for(server: str, variables: Sequence[str]) -> Token | None:
    """Find the token for a server: the first variable that is set, or the entry of its host in the keyring.

    Raises:
        UsageError: a token has characters that no token has; the message does not repeat it.
    """
    for name in variables:
        if secret := os.environ.get(name, "").strip():
            return _checked(secret, name)
    host = urlsplit(server).netloc
    secret = (_from_keyring(host) or "").strip()
    return _checked(secret, f"the keyring ({_KEYRING}, {host})") if secret else None


def missing(server: str, variables: Sequence[str]) -> str:
    """Say how to give a token."""
    host = urlsplit(server).netloc
    return f"Set {' or '.join(variables)}, or store one with `keyring set {_KEYRING} {host}`."


def _checked(secret: str, origin: str) -> Token:
    if not _TOKEN.fullmatch(secret):
        raise UsageError(
            f"the token in {origin} is shorter than 8 characters, or has a space, a quotation mark, a backslash or a "
            "character that is not ASCII. Copy it again."
        )
    return Token(secret, origin)


def _from_keyring(host: str) -> str | None:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:  # an extra
        return None
    try:
        found = keyring.get_password(_KEYRING, host)
    except Exception as error:  # each backend raises errors of its own
        raise UsageError(f"the keyring cannot be read ({type(error).__name__}).") from error
    return found if isinstance(found, str) else None
