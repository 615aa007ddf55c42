"""Download a release: into a hidden folder, verified there, then put in its place."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zipfile import is_zipfile

from depositary.errors import ServiceError, UsageError
from depositary.publishing.addresses import base_address, require_safe
from depositary.publishing.bodies import Tell, upload_of
from depositary.publishing.doi import RESOLVER, Archive, archive_of, doi_in
from depositary.publishing.release import label_in, opened
from depositary.publishing.requested import Access, Request
from depositary.publishing.service import Service
from depositary.write.disk import alone, make_folders, sync, sync_folder

MOST = 2 << 30  # bytes
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Fetched:
    """A release that was downloaded and verified."""

    release: str
    archive: Path
    sha256: str


@dataclass(frozen=True)
class WantedRelease:
    """What to download: an address or a DOI, the hash that it must have, the most bytes, and services of one's own."""

    given: str
    sha256: str = ""
    most: int = MOST
    server: str = ""
    resolver: str = RESOLVER


def fetch(wanted: WantedRelease, folder: Path, *, timeout: float = 60.0, tell: Tell = lambda _: None) -> Fetched:
    """Download the archive of a release into a folder, where it gets its name after it is verified.

    Raises:
        UsageError: the address is not allowed, another release is there, or the folder cannot be written.
        DocumentError: it is not a sound release.
        ServiceError: it cannot be downloaded, is too large, or is not what was asked for.
    """
    if timeout <= 0:
        raise UsageError("the timeout must be more than 0 seconds.")
    if wanted.sha256 and not _SHA256.fullmatch(wanted.sha256.lower()):
        raise UsageError(f"{wanted.sha256!r} is not a SHA-256: it has 64 digits from 0 to f.")
    archive = _archive(wanted, timeout)
    require_safe(archive.url)
    with _workplace(folder) as place:
        file = place / "download.zip"
        _download(archive, file, wanted, timeout, tell)
        return _put(file, folder)


def _archive(wanted: WantedRelease, timeout: float) -> Archive:
    doi = doi_in(wanted.given)
    if not doi:
        return Archive(wanted.given)
    server = base_address(wanted.server) if wanted.server else ""
    return archive_of(doi, resolver=base_address(wanted.resolver), server=server, timeout=timeout)


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """Give an empty hidden folder beside the target; a second run at the same time is refused.

    Folders that were made for it and stay empty are removed.
    """
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        make_folders(folder)
        with alone(folder / ".fetching.lock", folder):
            place = folder / ".fetching"
            shutil.rmtree(place, ignore_errors=True)  # of a killed run
            place.mkdir()
            try:
                yield place
            finally:
                shutil.rmtree(place, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: cannot be written: {error.strerror or error}.") from error
    finally:
        for one in made:
            with suppress(OSError):  # it is not empty, or was not made
                one.rmdir()


def _download(archive: Archive, file: Path, wanted: WantedRelease, timeout: float, tell: Tell) -> None:
    host = urlsplit(archive.url).hostname or ""
    parts = urlsplit(archive.url)
    service = Service(Access(host, f"{parts.scheme}://{parts.netloc}"), timeout=timeout, tell=tell)
    with file.open("wb") as stream:

        def begin() -> None:
            stream.seek(0)
            stream.truncate()

        service.download("download", Request("GET", archive.url), begin, stream.write, most=wanted.most)
    _require_wanted(archive, file, wanted, host)


def _require_wanted(archive: Archive, file: Path, wanted: WantedRelease, host: str) -> None:
    got = upload_of(file.name, file)
    if wanted.sha256 and got.sha256 != wanted.sha256.lower():
        raise ServiceError(f"{host}: what was downloaded has the SHA-256 {got.sha256}, not {wanted.sha256.lower()}.")
    if archive.md5 and got.md5 != archive.md5:
        raise ServiceError(f"{host}: what was downloaded has the MD5 {got.md5}, not {archive.md5}. Run this again.")
    if not is_zipfile(file):
        raise ServiceError(f"{host}: what was downloaded is not a zip archive ({got.size:,} bytes).")


def _put(file: Path, folder: Path) -> Fetched:
    label = label_in(file)
    named = file.rename(file.with_name(f"{label}.zip"))
    release = opened(named)
    target, sha256 = folder / release.archive.name, release.archive.sha256
    if target.exists():
        if not target.is_file() or upload_of(target.name, target).sha256 != sha256:
            raise UsageError(f"{target}: is already there with another content. Name another folder.")
    else:
        sync(named)
        named.rename(target)
        sync_folder(folder)
    return Fetched(label, target, sha256)
