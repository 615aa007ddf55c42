"""Where a release can go: the kinds of services, their addresses and tokens, and the client for each."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from depositary.errors import UsageError
from depositary.publishing import ckan, github, zenodo
from depositary.publishing.addresses import base_address
from depositary.publishing.folder import Folder
from depositary.publishing.journal import Journal
from depositary.publishing.rehearsal import Assumed
from depositary.publishing.release import Release
from depositary.publishing.requested import Access
from depositary.publishing.service import Service
from depositary.publishing.tokens import missing, token_for

FOLDER = "folder"
Given = TypeVar("Given")
Client = github.GitHub | zenodo.Zenodo | ckan.Ckan


@dataclass(frozen=True)
class Destination:
    """Where a release goes, and what the service there needs to know."""

    service: str
    folder: Path | None = None
    repository: str = ""
    tag: str = ""
    record: str = ""
    organization: str = ""
    server: str = ""


@dataclass(frozen=True)
class ServiceKind:
    """A kind of service: its address, the path of its calls, the variables with its token, and what that must allow.

    `options` are those of a destination, `headers` go with every request, and `rehearsal` makes assumed answers.
    """

    base: str
    api: str
    variables: tuple[str, ...]
    rights: str
    rehearsal: Callable[[], Assumed]
    options: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    scheme: str = "Bearer "


def _zenodo(base: str, variable: str) -> ServiceKind:
    return ServiceKind(
        base, zenodo.API, (variable,), zenodo.RIGHTS, zenodo.ZenodoRehearsal, ("record",), zenodo.HEADERS
    )


KINDS = {
    "github": ServiceKind(
        "https://api.github.com",
        github.API,
        ("GITHUB_TOKEN", "GH_TOKEN"),
        github.RIGHTS,
        github.GitHubRehearsal,
        ("repository", "tag"),
        github.HEADERS,
    ),
    "zenodo": _zenodo("https://zenodo.org", "ZENODO_TOKEN"),
    "zenodo-sandbox": _zenodo("https://sandbox.zenodo.org", "ZENODO_SANDBOX_TOKEN"),
    "ckan": ServiceKind("", ckan.API, ("CKAN_TOKEN",), ckan.RIGHTS, ckan.CkanRehearsal, ("organization",), scheme=""),
}
SERVICES = (FOLDER, *KINDS)


def settled_destination(to: Destination, release: Release) -> Destination:
    """Fill in what is left open, and refuse what does not fit the service.

    Raises:
        UsageError: an option is missing, is not one of the service, or cannot be right.
    """
    if to.service not in SERVICES:
        raise UsageError(f"{to.service!r} is not one of {', '.join(SERVICES)}.")
    known = ("folder",) if to.service == FOLDER else (*KINDS[to.service].options, "server")
    for option in ("folder", "repository", "tag", "record", "organization", "server"):
        if getattr(to, option) and option not in known:
            raise UsageError(f"--{option} is not an option of --to {to.service}.")
    if to.service == FOLDER:
        return replace(to, folder=_required(to.folder, to, "--folder").resolve())
    if to.service == "github":
        _require_form(
            github.REPOSITORY, _required(to.repository, to, "--repository"), "a repository such as owner/name"
        )
        tag = to.tag or f"v{release.version}"
        _require_form(github.TAG, tag, "a tag such as v1.0.0")
        to = replace(to, tag=tag)
    if to.service == "ckan":
        _required(to.organization, to, "--organization")
    if to.record:
        to = replace(to, record=zenodo.record_id(to.record))
    return replace(to, server=base_address(_required(to.server or KINDS[to.service].base, to, "--server")))


def _required(value: Given | None, to: Destination, option: str) -> Given:
    if not value:
        raise UsageError(f"--to {to.service} needs {option}.")
    return value


def _require_form(form: re.Pattern[str], value: str, what: str) -> None:
    if not form.fullmatch(value) or ".." in value:
        raise UsageError(f"{value!r} is not {what}.")


def place_of(to: Destination) -> str:
    """Name a destination, for the journal."""
    return " ".join(filter(None, (to.service, to.server, to.repository, to.tag, to.organization, str(to.folder or ""))))


def access_to(to: Destination, *, needs_token: bool) -> Access:
    """Give the address and the token of a service.

    Raises:
        UsageError: there is no token.
    """
    kind, server = KINDS[to.service], to.server
    token = token_for(server, kind.variables)
    if token is None and needs_token:
        raise UsageError(f"{to.service}: there is no token for {server}. {missing(server, kind.variables)}")
    api = kind.api.format(repository=to.repository)
    uploads = github.uploads_of(server) if to.service == "github" else ""
    return Access(to.service, server, token, kind.scheme, kind.rights, kind.headers, api, uploads)


def folder_client(to: Destination, release: Release, journal: Journal) -> Folder:
    """Give the client that copies a release into a folder."""
    return Folder(_required(to.folder, to, "--folder"), release, journal)


def client_of(to: Destination, release: Release, journal: Journal, service: Service) -> Client:
    """Give the client that brings a release to a service."""
    if to.service == "github":
        return github.GitHub(service, release, journal, to.repository, to.tag)
    if to.service == "ckan":
        return ckan.Ckan(service, release, journal, to.organization)
    return zenodo.Zenodo(service, release, journal, to.record)
