"""Publish a release on Zenodo, or another instance of InvenioRDM.

Draft (or new version) → metadata → files: start, content, commit → publication, as in "Drafts and Records" of the
InvenioRDM REST API reference. Sections of that page are cited by their titles. What it does not say, and Zenodo does:

- A draft with faults in its metadata is accepted with 200 or 201; the answer lists the faults in `errors`.
- Publishing may answer with 504 and happen all the same, so the record is looked up before the step is repeated.
- After publication the draft is 404. A draft is not found as a record: that is 404, too.
- `Accept: application/json` gives records in Zenodo's older form; the form of the reference has a type of its own.
- The older deposit API cannot make a new version of a record that has files ("Please remove all files first").
- The list of one's records is an index that is some seconds behind.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from depositary.errors import ServiceError, UsageError
from depositary.publishing.bodies import Upload
from depositary.publishing.journal import Journal
from depositary.publishing.release import Release
from depositary.publishing.requested import Answer, Request
from depositary.publishing.service import Service, settled
from depositary.releasing.metadata.dataset import read_dataset
from depositary.releasing.metadata.zenodo import zenodo_record

HEADERS = {"Accept": "application/vnd.inveniordm.v1+json, application/json;q=0.9"}
API = "/api"
RIGHTS = "the scopes deposit:write and deposit:actions"
_PAGE, _PAGES = 100, 20
_DOI = re.compile(r"(?:https://doi\.org/|doi:)?10\.\d+/\S*?\.?([a-z0-9-]+)", re.IGNORECASE)
_FOUND = 200
_ASSUMED = "NEW-ID"  # in a rehearsal
_ID = re.compile(r"([a-z0-9-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Zenodo:
    """A release on its way to Zenodo; `earlier` is a record of which it is a new version."""

    service: Service
    release: Release
    journal: Journal
    earlier: str = ""

    @property
    def uploads(self) -> tuple[Upload, ...]:
        """The files of the record."""
        return self.release.archive, self.release.sums

    @cached_property
    def body(self) -> dict[str, Any]:
        """The record as it is sent, with the sentence by which it is found again."""
        record = zenodo_record(read_dataset(self.release.folder))
        mark = {"description": self.release.mark, "type": {"id": "technical-info"}}
        return {**record, "metadata": {**record["metadata"], "additional_descriptions": [mark]}}

    def publish(self) -> None:
        """Bring the record from the state in which it is to its publication."""
        mine = self._mine()
        record = self._published(mine)
        if record is not None:
            self._note_published(record)
            return
        draft = self._draft(mine)
        self._describe(draft)
        self._refuse_other_files(draft)
        for upload in self.uploads:
            self._upload(draft, upload)
        self._require_complete(draft)
        self._release(draft)

    # What is there

    def _mine(self) -> list[Answer]:
        """Find the drafts and records of this package, in any version, among those of the owner of the token."""
        return [hit for hit in self._listed() if self.release.of_package in _descriptions(hit)]

    def _listed(self) -> Iterator[Answer]:
        # "List your draft and published records"
        for page in range(1, _PAGES + 1):
            query = f"allversions=true&size={_PAGE}&page={page}&sort=updated-desc"
            hits = self.service.ask("list your records", "GET", f"/user/records?{query}").entries("hits", "hits")
            yield from hits
            if len(hits) < _PAGE:
                return

    def _published(self, mine: list[Answer]) -> Answer | None:
        known = self.journal.get("draft")
        by_id = self._record(known) if known else None  # which is not behind, as the list may be
        records = [one for one in mine if _is_record(one)]
        for record in [by_id, *records] if by_id else records:
            notes = _descriptions(record)
            if self.release.mark in notes:
                return record
            if self.release.kind in notes:
                raise self.release.changed(_page(record))
        return None

    def _record(self, identifier: str) -> Answer | None:
        # "Get a record"
        answer = self.service.ask("look for the record", "GET", f"/records/{identifier}", expect=(200, 404))
        return answer if answer.status == _FOUND and _is_record(answer) else None

    # The draft

    def _draft(self, mine: list[Answer]) -> str:
        """Find the draft of this release, or make it."""
        draft = self._known_draft() or self._listed_draft(mine) or self._made(mine)
        self._refuse_taken(draft, mine)
        identifier = draft.name("id")
        self.journal.note(f"draft {identifier} is there", draft=identifier)
        return identifier

    def _known_draft(self) -> Answer | None:
        known = self.journal.get("draft")
        if not known:
            return None
        # "Get a draft record"
        answer = self.service.ask("look for the draft", "GET", f"/records/{known}/draft", expect=(200, 404))
        if answer.status == _FOUND:
            return answer
        self.journal.forget(f"draft {known} is gone", "draft")
        return None

    def _listed_draft(self, mine: list[Answer]) -> Answer | None:
        return next((hit for hit in mine if not _is_record(hit) and self.release.kind in _descriptions(hit)), None)

    def _made(self, mine: list[Answer]) -> Answer:
        earlier = self._earlier(mine)
        if earlier:
            # "Create a new version": a second request gives the draft that the first one made
            return self.service.ask("make a new version", "POST", f"/records/{earlier}/versions", expect=(200, 201))
        # "Create a draft record"
        return settled(
            lambda: self.service.ask("make a draft", "POST", "/records", self.body, expect=(201,), repeats=False),
            lambda: self._listed_draft(self._mine()),
        )

    def _earlier(self, mine: list[Answer]) -> str:
        """Give the latest version of the record that this release continues, or an empty text."""
        records = list(filter(_is_record, mine))
        continued = {record.text("parent", "id"): record.name("id") for record in records}
        if not self.earlier and len(continued) > 1:
            raise UsageError(
                f"{self.service.name}: several records of yours have versions of {self.release.name} "
                f"({', '.join(sorted(continued.values()))}). Name the one to continue with --record."
            )
        begun = record_id(self.earlier) if self.earlier else next(iter(continued.values()), "")
        if not begun:
            return ""
        # "Get latest version"
        path = f"/records/{begun}/versions/latest"
        return self.service.ask("look for the latest version", "GET", path).name("id")

    def _refuse_taken(self, draft: Answer, mine: list[Answer]) -> None:
        # A new version begins with the description of the one before; any other is of a release on its way.
        notes = _descriptions(draft)
        begun = {_descriptions(record) for record in mine if _is_record(record)}
        if self.release.of_package in notes and self.release.kind not in notes and notes not in begun:
            raise UsageError(
                f"{self.service.name}: the draft {draft.name('id')} is of another release that is not published "
                "yet. Publish it first, or discard the draft on its page."
            )

    # Its files

    def _files(self, draft: str) -> dict[str, Answer]:
        # "List a draft's files"
        answer = self.service.ask("list the files of the draft", "GET", f"/records/{draft}/draft/files")
        return {entry.text("key"): entry for entry in answer.entries("entries")}

    def _refuse_other_files(self, draft: str) -> None:
        others = sorted(self._files(draft).keys() - {upload.name for upload in self.uploads})
        if others:
            raise UsageError(
                f"{self.service.name}: the draft {draft} has other files ({others[0]}). Remove them or the "
                "draft on its page, then run this again."
            )

    def _upload(self, draft: str, upload: Upload) -> None:
        there = self._files(draft).get(upload.name)
        if there is not None and _is_intact(there, upload):
            return
        path = f"/records/{draft}/draft/files/{quote(upload.name)}"
        if there is not None:  # begun by an earlier run, of an earlier content, or changed on its way
            self.service.ask(f"remove what is left of {upload.name}", "DELETE", path, expect=(204, 404))
        self._start(draft, upload)
        content = Request("PUT", self.service.url(f"{path}/content"), upload=upload)
        self.service.send(f"upload {upload.name}", content)  # "Upload a draft file's content"
        committed = self._committed(draft, upload, f"{path}/commit")
        if not _is_intact(committed, upload):
            raise ServiceError(
                f"{self.service.name}: {upload.name} arrived changed: it has {committed.text('checksum')}, not "
                f"md5:{upload.md5}. Run this again; it is uploaded anew."
            )
        self.journal.note(f"{upload.name} is uploaded")

    def _start(self, draft: str, upload: Upload) -> None:
        # "Start draft file uploads"
        settled(
            lambda: self.service.ask(
                f"begin the upload of {upload.name}",
                "POST",
                f"/records/{draft}/draft/files",
                [{"key": upload.name}],
                expect=(201,),
                repeats=False,
            ),
            lambda: self._files(draft).get(upload.name),
        )

    def _committed(self, draft: str, upload: Upload, path: str) -> Answer:
        # "Complete a draft file upload"
        def completed() -> Answer | None:
            entry = self._files(draft).get(upload.name)
            return entry if entry is not None and entry.get("status") == "completed" else None

        return settled(
            lambda: self.service.ask(f"complete the upload of {upload.name}", "POST", path, repeats=False), completed
        )

    def _require_complete(self, draft: str) -> None:
        there = self._files(draft)
        for upload in self.uploads:
            if upload.name not in there or not _is_intact(there[upload.name], upload):
                raise ServiceError(f"{self.service.name}: {upload.name} is not there as it was sent. Run this again.")
        self._refuse_other_files(draft)

    # Its metadata, and its publication

    def _describe(self, draft: str) -> None:
        # "Update a draft record"; the answer also says that the files are missing
        answer = self.service.ask("write the metadata", "PUT", f"/records/{draft}/draft", self.body)
        listed = answer.get("errors")
        faults = [_fault(one) for one in (listed if isinstance(listed, list) else ())]
        faults = [fault for fault in faults if not fault.startswith("files")]
        if faults:
            named = "; ".join(faults)
            raise UsageError(f"{self.service.name}: the metadata are not accepted: {named}. Correct the package.")
        self.journal.note("the metadata are written")

    def _release(self, draft: str) -> None:
        # "Publish a draft record"
        path = f"/records/{draft}/draft/actions/publish"
        answer = settled(
            lambda: self.service.ask("publish the draft", "POST", path, expect=(200, 201, 202), repeats=False),
            lambda: self._record(draft),
        )
        self._note_published(answer)

    def _note_published(self, record: Answer) -> None:
        facts = {
            "doi": record.text("pids", "doi", "identifier"),
            "concept_doi": record.text("parent", "pids", "doi", "identifier"),
        }
        url = _page(record) or f"{self.service.base}/records/{record.name('id')}"
        self.journal.published(url, record=record.name("id"), **{key: value for key, value in facts.items() if value})


def record_id(given: str) -> str:
    """Give the id of a record from its id, its DOI, or the address of its DOI.

    Raises:
        UsageError: it is none of these.
    """
    match = _DOI.fullmatch(given) or _ID.fullmatch(given)
    if not match:
        raise UsageError(f"{given!r} is not the id or DOI of a record.")
    return match[1]


def _is_intact(entry: Answer, upload: Upload) -> bool:
    return entry.text("status") == "completed" and entry.text("checksum") == f"md5:{upload.md5}"


def _descriptions(hit: Answer) -> str:
    found = hit.get("metadata", "additional_descriptions")
    texts = [one.get("description", "") for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return " ".join(map(str, texts))


def _is_record(hit: Answer) -> bool:
    return bool(hit.get("is_published") is True)


def _page(record: Answer) -> str:
    return record.text("links", "self_html")


def _fault(one: object) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    return f"{one.get('field')}: {' '.join(map(str, one.get('messages') or ()))}"


class ZenodoRehearsal:
    """Answers as if nothing were there yet and each step succeeded."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, str]] = {}

    def __call__(self, request: Request) -> Answer:
        """Give the assumed answer to a request."""
        draft = {"id": _ASSUMED, "is_published": "/actions/publish" in request.url, "metadata": {}}
        if "/user/records?" in request.url:
            return Answer("", 200, {"hits": {"hits": []}})
        if request.method == "GET" and request.url.endswith("/draft/files"):
            return Answer("", 200, {"entries": list(self._files.values())})
        if request.upload is not None:
            name, checksum = request.upload.name, f"md5:{request.upload.md5}"
            self._files[name] = {"key": name, "status": "completed", "checksum": checksum}
        if request.url.endswith("/commit"):
            return Answer("", 200, list(self._files.values())[-1])
        return Answer("", 200, draft)
