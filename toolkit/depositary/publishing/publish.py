"""Publish a release: verify it, then bring it to a service step by step, with a journal."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from depositary.errors import ServiceError, UsageError
from depositary.publishing.bodies import Tell
from depositary.publishing.destination import (
    FOLDER,
    KINDS,
    Destination,
    access_to,
    client_of,
    folder_client,
    place_of,
    settled_destination,
)
from depositary.publishing.journal import Journal, journal_file, journal_of
from depositary.publishing.rehearsal import Rehearsal, request_lines, upload_line
from depositary.publishing.release import Release, opened
from depositary.publishing.service import Service
from depositary.publishing.tokens import HIDDEN, missing

TIMEOUT = 60.0  # seconds without a byte


@dataclass(frozen=True)
class Published:
    """A release that is published: where, its DOI if it has one, and the journal."""

    release: str
    url: str
    doi: str
    journal: Path


def publish(path: Path, to: Destination, *, timeout: float = TIMEOUT, tell: Tell = lambda _: None) -> Published:
    """Publish a release; a second call changes nothing.

    Raises:
        UsageError: the release, or what is at the service, does not allow it.
        ServiceError: the service refuses or cannot be reached; the journal has what was done, a second call goes on.
    """
    if timeout <= 0:
        raise UsageError("the timeout must be more than 0 seconds.")
    path = _named(path)
    release = opened(path)
    to, file = settled_destination(to, release), journal_file(path, release)
    service = None if to.service == FOLDER else Service(access_to(to, needs_token=True), timeout=timeout, tell=tell)
    with journal_of(file, release, place_of(to)) as journal, _with_advice(journal):
        journal.begin()
        client = client_of(to, release, journal, service) if service else folder_client(to, release, journal)
        client.publish()
    return Published(release.label, journal.get("url"), journal.get("doi"), file)


def rehearse(path: Path, to: Destination) -> list[str]:
    """Describe the requests that a first run would send, and what would be public; nothing is sent or written."""
    path = _named(path)
    release = opened(path)
    to = settled_destination(to, release)
    with journal_of(journal_file(path, release), release, place_of(to), is_rehearsal=True) as journal:
        state = f"The journal says: {journal.get('next')}" if journal.get("next") else ""
        journal.entry.clear()
        lines = _copies(to, release, journal) if to.service == FOLDER else _requests(to, release, journal)
    return [f"{release.label} → {place_of(to)}: nothing is sent.", *filter(None, [state]), "", *lines]


def _named(path: Path) -> Path:
    """Give a path that ends with a name, such as that of the folder in which one is."""
    return path if path.name not in ("", "..") else path.resolve()


def _copies(to: Destination, release: Release, journal: Journal) -> list[str]:
    folder, archive = folder_client(to, release, journal).paths
    return [f"Would be copied: {folder}, {archive}", upload_line(release.archive)]


def _requests(to: Destination, release: Release, journal: Journal) -> list[str]:
    access, kind = access_to(to, needs_token=False), KINDS[to.service]
    service = Rehearsal(access, kind.rehearsal())
    client = client_of(to, release, journal, service)
    client.publish()
    token = f"from {access.token.origin}" if access.token else f"not set. {missing(to.server, kind.variables)}"
    return [
        "Requests, if nothing of it is there yet:",
        *(line for request in service.requests for line in request_lines(request)),
        "",
        f"Authorization: {kind.scheme}{HIDDEN}, {token}",
        "",
        "Would be public:",
        *(upload_line(upload) for upload in client.uploads),
        *json.dumps(client.body, indent=2, ensure_ascii=False).splitlines(),
    ]


@contextmanager
def _with_advice(journal: Journal) -> Iterator[None]:
    """Write an error into the journal, and say how to go on."""
    try:
        yield
    except UsageError as error:
        journal.stopped(str(error))
        raise
    except ServiceError as error:
        journal.stopped(str(error))
        again = f"{journal.file} has what is done so far. Run the same command again: it goes on from there."
        raise ServiceError(*error.args, again, unsure=error.unsure) from error
