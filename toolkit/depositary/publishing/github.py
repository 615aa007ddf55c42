"""Publish a release as a release of a GitHub repository.

Draft → assets → publication, as in "REST API endpoints for releases" and "… for release assets" of docs.github.com;
sections are cited by their titles. What matters there:

- A release by its tag is found only if it is published; drafts are in the list, for those who may push.
- An upload that fails leaves an empty asset in the state `starter`, which has to be deleted ("Upload a release asset").
- The name of an asset that is there already gives 422.
- An asset has a `digest` since 2025; where there is none, the asset is downloaded and compared.
- Publishing a draft whose tag does not exist would make the tag at the newest commit, so the tag must exist.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from depositary.errors import ServiceError, UsageError
from depositary.publishing.bodies import Upload
from depositary.publishing.journal import Journal
from depositary.publishing.release import Release
from depositary.publishing.requested import Answer, Request
from depositary.publishing.service import Service, settled

API = "/repos/{repository}"
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
RIGHTS = "the permission to write contents of the repository"
REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]*")
_PAGE, _PAGES = 100, 10
_MOST_TEXT = 100_000  # characters; GitHub takes 125,000
_FOUND = 200
_ASSUMED = "NEW-ID"  # in a rehearsal


def uploads_of(base: str) -> str:
    """Give the address for uploads: a host of its own at github.com, a path at an own GitHub Enterprise Server."""
    if base == "https://api.github.com":
        return "https://uploads.github.com"
    return f"{base.removesuffix('/api/v3')}/api/uploads" if base.endswith("/api/v3") else base


@dataclass(frozen=True)
class GitHub:
    """A release on its way to a repository (`owner/name`), where it belongs to a tag."""

    service: Service
    release: Release
    journal: Journal
    repository: str
    tag: str

    @property
    def uploads(self) -> tuple[Upload, ...]:
        """The assets."""
        return self.release.archive, self.release.sums

    @property
    def body(self) -> dict[str, Any]:
        """The release as it is sent, but for its state."""
        return {"tag_name": self.tag, "name": f"{self.release.title} {self.release.version}", "body": self._text()}

    def publish(self) -> None:
        """Bring the release from the state in which it is to its publication."""
        published = self._published()
        if published is not None:
            self._note_published(published)
            return
        self._require_tag()
        draft = self._draft()
        for upload in self.uploads:
            self._upload(draft, upload)
        self._require_complete(draft)
        self._release(draft)

    def _text(self) -> str:
        changes = self.release.folder / "CHANGELOG.md"
        text = changes.read_text(encoding="utf-8") if changes.is_file() else ""
        if len(text) > _MOST_TEXT:
            text = f"{text[:_MOST_TEXT]}…\n\nCHANGELOG.md in the archive has the rest.\n"
        return f"{self.release.mark}\n\n{text}".strip()

    # What is there

    def _published(self) -> Answer | None:
        # "Get a release by tag name"
        path = f"/releases/tags/{quote(self.tag)}"
        answer = self.service.ask(f"look for the release {self.tag}", "GET", path, expect=(200, 404))
        if answer.status != _FOUND:
            return None
        there = self._assets(answer.name("id"))
        if all(upload.name in there and self._is_intact(there[upload.name], upload) for upload in self.uploads):
            return answer
        raise UsageError(
            f"{self.repository} already has a release {self.tag} with other files ({answer.text('html_url')}). A "
            "release never changes: give the package a new version, or name another tag with --tag."
        )

    def _require_tag(self) -> None:
        # "Get a reference", of the Git database
        path = f"/git/ref/tags/{quote(self.tag)}"
        answer = self.service.ask(f"look for the tag {self.tag}", "GET", path, expect=(200, 404))
        if answer.status != _FOUND:
            raise UsageError(
                f"{self.repository} has no tag {self.tag}, or the token may not see it. Tag the commit that the "
                f"release is built from, push the tag (`git push origin {self.tag}`), then run this again."
            )

    # The draft

    def _draft(self) -> str:
        draft = self._known_draft() or self._listed_draft() or self._made()
        identifier = draft.name("id")
        self.journal.note(f"draft {identifier} is there", draft=identifier)
        return identifier

    def _known_draft(self) -> Answer | None:
        known = self.journal.get("draft")
        if not known:
            return None
        # "Get a release"
        answer = self.service.ask("look for the draft", "GET", f"/releases/{known}", expect=(200, 404))
        if answer.status == _FOUND and answer.get("draft") is True:
            return answer
        self.journal.forget(f"draft {known} is gone", "draft")
        return None

    def _listed_draft(self) -> Answer | None:
        for one in self._listed():
            if one.get("draft") is not True or one.get("tag_name") != self.tag:
                continue
            if self.release.kind in one.text("body"):
                return one
            raise UsageError(
                f"{self.repository} has a draft for {self.tag} that this command did not make. Delete it, or name "
                "another tag with --tag."
            )
        return None

    def _listed(self) -> Iterator[Answer]:
        # "List releases": "Only users with push access will receive listings for draft releases"
        for page in range(1, _PAGES + 1):
            found = self.service.ask("list the releases", "GET", f"/releases?per_page={_PAGE}&page={page}").entries()
            yield from found
            if len(found) < _PAGE:
                return

    def _made(self) -> Answer:
        # "Create a release"
        return settled(
            lambda: self.service.ask(
                "make a draft", "POST", "/releases", {**self.body, "draft": True}, expect=(201,), repeats=False
            ),
            self._listed_draft,
        )

    # Its assets

    def _assets(self, draft: str) -> dict[str, Answer]:
        # "List release assets"
        found = self.service.ask("list the files", "GET", f"/releases/{draft}/assets?per_page={_PAGE}").entries()
        return {one.text("name"): one for one in found}

    def _is_intact(self, asset: Answer, upload: Upload) -> bool:
        if asset.get("state") != "uploaded" or asset.get("size") != upload.size:
            return False
        if asset.text("digest"):
            return asset.text("digest") == f"sha256:{upload.sha256}"
        url = self.service.url(f"/releases/assets/{asset.name('id')}")
        request = Request("GET", url, headers={"Accept": "application/octet-stream"})  # "Get a release asset"
        return self.service.has(f"compare {upload.name}", request, upload)

    def _upload(self, draft: str, upload: Upload) -> None:
        there = self._assets(draft).get(upload.name)
        if there is not None and self._is_intact(there, upload):
            return
        if there is not None:
            self._remove(there, upload)
        asset = settled(lambda: self._sent(draft, upload), lambda: self._arrived(draft, upload))
        if not self._is_intact(asset, upload):
            raise ServiceError(
                f"{self.service.name}: {upload.name} arrived changed: {asset.get('size')} bytes, "
                f"{asset.text('digest') or 'no digest'}. Run this again; it is uploaded anew."
            )
        self.journal.note(f"{upload.name} is uploaded")

    def _sent(self, draft: str, upload: Upload) -> Answer:
        # "Upload a release asset"; the address is made here, as an answer could name another host
        access = self.service.access
        url = f"{access.uploads}{access.api}/releases/{draft}/assets?name={quote(upload.name)}"
        request = Request("POST", url, upload=upload)
        return self.service.send(f"upload {upload.name}", request, expect=(201,), repeats=False)

    def _arrived(self, draft: str, upload: Upload) -> Answer | None:
        there = self._assets(draft).get(upload.name)
        if there is None or there.get("state") == "uploaded":
            return there
        self._remove(there, upload)
        return None

    def _remove(self, asset: Answer, upload: Upload) -> None:
        # "Delete a release asset"
        path = f"/releases/assets/{asset.name('id')}"
        self.service.ask(f"remove what is left of {upload.name}", "DELETE", path, expect=(204, 404))

    def _require_complete(self, draft: str) -> None:
        there = self._assets(draft)
        others = sorted(there.keys() - {upload.name for upload in self.uploads})
        if others:
            raise UsageError(
                f"{self.service.name}: the draft of {self.tag} has other files ({others[0]}). Remove them there, "
                "then run this again."
            )
        for upload in self.uploads:
            if upload.name not in there or not self._is_intact(there[upload.name], upload):
                raise ServiceError(f"{self.service.name}: {upload.name} is not there as it was sent. Run this again.")

    # Its publication

    def _release(self, draft: str) -> None:
        # "Update a release"; a second request changes nothing
        self._note_published(self.service.ask("publish", "PATCH", f"/releases/{draft}", {**self.body, "draft": False}))

    def _note_published(self, answer: Answer) -> None:
        if answer.get("draft") is not False:
            raise ServiceError(f"{self.service.name}: answers with nonsense: it does not say that it is published.")
        self.journal.published(answer.text("html_url") or f"{self.repository} {self.tag}", record=answer.name("id"))


class GitHubRehearsal:
    """Answers as if the tag were there, but no release, and each step succeeded."""

    def __init__(self) -> None:
        self._assets: list[dict[str, Any]] = []

    def __call__(self, request: Request) -> Answer:
        """Give the assumed answer to a request."""
        if "/releases/tags/" in request.url:
            return Answer("", 404, None)
        if request.method == "GET" and "/assets?" in request.url:
            return Answer("", 200, self._assets)
        if request.method == "GET" and "/releases?" in request.url:
            return Answer("", 200, [])
        if request.upload is not None:
            upload = request.upload
            digest = f"sha256:{upload.sha256}"
            asset = {"id": _ASSUMED, "name": upload.name, "state": "uploaded", "size": upload.size, "digest": digest}
            self._assets.append(asset)
            return Answer("", 201, asset)
        return Answer("", 200, {"id": _ASSUMED, "draft": request.method != "PATCH"})
