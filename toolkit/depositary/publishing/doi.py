"""Find the archive behind a DOI: the record by the handle service, then its one .zip file by the API of InvenioRDM."""

import re
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote, urlsplit

from depositary.errors import UsageError
from depositary.publishing.addresses import origin, require_safe
from depositary.publishing.requested import Access, Answer
from depositary.publishing.service import Service
from depositary.publishing.zenodo import API, HEADERS
from depositary.read.files.compressed import packing

RESOLVER = "https://doi.org"
KNOWN = ("https://zenodo.org", "https://sandbox.zenodo.org")
_DOI = re.compile(r"(?:(?:https?://(?:dx\.)?doi\.org/)|doi:)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_RECORD = re.compile(r"/(?:records?|doi)/(?:.*[./])?([a-z0-9-]+)/?", re.IGNORECASE)
_FOUND = 1  # "responseCode 1: Success", in the proxy server's REST API


@dataclass(frozen=True)
class Archive:
    """Where an archive is, and what a service says of it."""

    url: str
    md5: str = ""


def doi_in(given: str) -> str:
    """Give the DOI of a text, or an empty text if it is another address."""
    match = _DOI.fullmatch(given.strip())
    return match[1] if match else ""


def archive_of(doi: str, *, resolver: str, server: str, timeout: float) -> Archive:
    """Find the archive of a record by its DOI; `server` is an instance of one's own, beside Zenodo.

    Raises:
        UsageError: the DOI does not exist, or does not lead to a record with one .zip file.
        ServiceError: a service cannot be reached.
    """
    target = _address(doi, _service(Access("doi.org", resolver), timeout))
    base = next((one for one in (server, *KNOWN) if one and origin(one) == origin(target)), None)
    match = _RECORD.fullmatch(urlsplit(target).path.removeprefix(urlsplit(base or "").path))
    if base is None or match is None:
        raise UsageError(
            f"{doi}: leads to {urlsplit(target).hostname}, whose records this command cannot read. Give the address of "
            "the archive itself."
        )
    return _zip_of(doi, _service(Access("zenodo", base, headers=HEADERS, api=API), timeout), match[1])


def _service(access: Access, timeout: float) -> Service:
    return Service(access, timeout=timeout, tell=lambda _: None)


def _address(doi: str, resolver: Service) -> str:
    # doi.org, "Proxy Server REST API": GET /api/handles/<handle>, with the values of a type
    answer = resolver.ask(f"look up {doi}", "GET", f"/api/handles/{quote(doi)}?type=URL", expect=(200, 404))
    if answer.get("responseCode") != _FOUND:
        raise UsageError(f"{doi}: is not a DOI that is registered.")
    for value in answer.entries("values"):
        if value.get("type") == "URL":
            url = value.text("data", "value")
            require_safe(url.replace("http://zenodo.org", "https://zenodo.org"))
            return url.replace("http://", "https://", 1) if urlsplit(url).hostname == "zenodo.org" else url
    raise UsageError(f"{doi}: does not lead to an address.")


def _zip_of(doi: str, service: Service, record: str) -> Archive:
    # "Get a record" leads from the id of all versions to the latest; then "List a record's files"
    found = service.ask("look for the record", "GET", f"/records/{record}")
    listed = service.ask("list the files of the record", "GET", f"/records/{found.name('id')}/files")
    files = listed.entries("entries")
    archives = [one for one in files if packing("", PurePath(one.text("key"))) == "zip"]
    if len(archives) != 1:
        names = ", ".join(one.text("key") for one in files)
        raise UsageError(
            f"{doi}: its record does not have one .zip file, but {names or 'none'}. Give the address of one."
        )
    return _archive(service, found.name("id"), archives[0])


def _archive(service: Service, record: str, file: Answer) -> Archive:
    url = service.url(f"/records/{record}/files/{quote(file.text('key'))}/content")
    return Archive(url, file.text("checksum").removeprefix("md5:"))
