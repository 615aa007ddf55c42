"""The one form of an address or identifier, in which two of them are compared."""

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from depositary.merging.claims.folded import folded

_TRACKING = re.compile(r"(utm_.*|fbclid|gclid|mc_[ce]id|igshid|ref|source|cmpid|ocid|smid|at_.*)", re.IGNORECASE)
_DOI = re.compile(r"(?:doi:\s*|(?:https?://)?(?:dx\.)?doi\.org/)?(10\.[0-9]{4,9}/.+)", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}
_ARCHIVE = re.compile(r"https?://web\.archive\.org/web/[0-9a-z_]+/(?=https?:/)", re.IGNORECASE)
_START = re.compile(r"(www|m|amp|mobile)\.")


def canonical_address(text: str) -> str:
    """Give the one form of the address of a page or of a DOI: without the scheme, tracking and a fragment.

    A copy in the Wayback Machine has the address of the page.
    """
    text = _ARCHIVE.sub("", text.strip())
    doi = _DOI.fullmatch(unquote(text))
    if doi:
        return f"doi:{doi[1].casefold().rstrip('/')}"
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return folded(text)
    if "." not in host:  # not an address, but the number of a law or a document
        return folded(text)
    host = _START.sub("", host)
    port_text = f":{port}" if port and port != _PORTS.get(parts.scheme or "https") else ""
    path = re.sub(r"/(index\.(html?|php)|amp)?/*$", "", quote(unquote(parts.path), safe="/:@!$&'()*+,;=~-._"))
    query = urlencode(sorted(pair for pair in parse_qsl(parts.query) if not _TRACKING.fullmatch(pair[0])))
    return f"{host}{port_text}{path}{'?' if query else ''}{query}"
