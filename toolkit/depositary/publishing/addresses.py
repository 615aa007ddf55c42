"""The addresses that may be written to or read from: https, and http only on this machine."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from depositary.errors import UsageError

_ODD = re.compile(r"[\s\x00-\x20\x7f\\]")  # libraries disagree on where a host ends if there is one of these


def base_address(url: str) -> str:
    """Check the address of a service, and give it without a slash at its end.

    Raises:
        UsageError: it is not https, or has a user name, a query or a fragment.
    """
    parts = require_safe(url)
    if parts.query or parts.fragment:
        raise UsageError(f"{parts.hostname}: the address of a service ends with its path. Leave out what follows it.")
    return url.rstrip("/")


def require_safe(url: str) -> SplitResult:
    """Give the parts of an address, unless it is not https (or http on this machine) or has a user name.

    Raises:
        UsageError: as above; the message does not repeat the address if it may have a password.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"this is not an address: {error}.") from error
    if "@" in parts.netloc:
        raise UsageError("the address has a user name or password in it. Leave it out.")
    if not host or _ODD.search(url):
        shown = "this" if "@" in url else repr(url)  # https:/name:password@host has no host, but a password
        raise UsageError(f"{shown} is not an address such as https://zenodo.org.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise UsageError(f"{url}: only https is allowed (and http on this machine).")
    return parts


def origin(url: str) -> tuple[str, str, int | None]:
    """Give scheme, host and port of an address; a token stays within one such origin."""
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname or "", parts.port or default


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
