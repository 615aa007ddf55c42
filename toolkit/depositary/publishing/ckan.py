"""Publish a release as a dataset of a CKAN portal.

A dataset for each version, private until it is complete → resources, each compared after its upload → public. The calls
are those of the "API guide" of docs.ckan.org and its "Action API reference"; functions are cited by their names. What
matters there:

- An error has `success: false` and `error.__type`. A name that is in use gives 409 ("That URL is already in use."),
  also if the dataset that has it was deleted.
- A private dataset needs an organization (`owner_org`), and is seen by its members only.
- CKAN keeps no sum of what it received, so each file is downloaded again and compared.
- The token is sent as it is, without `Bearer`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from depositary.errors import ServiceError, UsageError
from depositary.publishing.bodies import Upload, upload_of
from depositary.publishing.journal import Journal
from depositary.publishing.release import Release
from depositary.publishing.requested import Answer, Request
from depositary.publishing.service import Service, settled
from depositary.read.package import DESCRIPTOR

API = "/api/3/action"
RIGHTS = "the role of an editor in the organization"
_FOUND = 200
_ASSUMED = "NEW-ID"  # in a rehearsal
_FORMATS = {"csv": "CSV", "json": "JSON", "md": "Markdown", "zip": "ZIP"}
_SHORTEST, _LONGEST = 2, 100  # characters of a name
# The ids of CKAN's own list of licences; another one goes there by its own name.
_LICENSES = {
    "CC-BY-4.0": "cc-by",
    "CC-BY-SA-4.0": "cc-by-sa",
    "CC0-1.0": "cc-zero",
    "ODC-BY-1.0": "odc-by",
    "ODbL-1.0": "odc-odbl",
    "PDDL-1.0": "odc-pddl",
}


@dataclass(frozen=True)
class Ckan:
    """A release on its way to an organization of a portal."""

    service: Service
    release: Release
    journal: Journal
    organization: str

    @cached_property
    def uploads(self) -> tuple[Upload, ...]:
        """The resources: the tables, their descriptor, the page about them, and the archive with all of it."""
        folder = self.release.folder
        listed = dict.fromkeys([*_tables(self.release.descriptor), DESCRIPTOR, "README.md"])
        names = _names([path for path in listed if (folder / path).is_file()])
        return (*(upload_of(name, folder / path) for path, name in names.items()), self.release.archive)

    @property
    def name(self) -> str:
        """The name of the dataset; CKAN takes small letters, digits, hyphens and underscores."""
        name = re.sub(r"[^a-z0-9_-]", "-", self.release.label.lower())
        if not _SHORTEST <= len(name) <= _LONGEST:
            raise UsageError(f"{name}: is too long for the name of a dataset ({_LONGEST} characters).")
        return name

    @property
    def body(self) -> dict[str, Any]:
        """The dataset as it is sent."""
        descriptor = self.release.descriptor
        licenses = [str(one.get("name")) for one in descriptor.get("licenses", ())]
        notes = f"{descriptor.get('description', '')}\n\n{self.release.mark}".strip()
        return {
            "name": self.name,
            "title": f"{self.release.title} {self.release.version}",
            "notes": notes,
            "version": self.release.version,
            "owner_org": self.organization,
            "private": True,
            **({"license_id": _LICENSES.get(licenses[0], licenses[0])} if licenses else {}),
        }

    def publish(self) -> None:
        """Bring the dataset from the state in which it is to its publication."""
        dataset = self._dataset()
        if dataset is not None and self._is_published(dataset):
            self._note_published(dataset)
            return
        identifier = (dataset or self._made()).name("id")
        self.journal.note(f"private dataset {identifier} is there", draft=identifier)
        for upload in self.uploads:
            self._upload(upload)
        self._require_complete()
        self._release(identifier)

    # The dataset

    def _dataset(self) -> Answer | None:
        answer = self._act("look for the dataset", "package_show", {"id": self.name}, expect=(200, 404))
        if answer.status != _FOUND:
            return None
        if self.release.kind in answer.text("notes"):
            return answer
        raise UsageError(f"{self.service.name}: {self.name} is a dataset that this command did not make.")

    def _is_published(self, dataset: Answer) -> bool:
        if dataset.get("private") is not False:
            return False
        if self.release.mark in dataset.text("notes"):
            return True
        raise self.release.changed(self._page())

    def _made(self) -> Answer:
        return settled(
            lambda: self._act("make a private dataset", "package_create", self.body, repeats=False), self._dataset
        )

    # Its resources

    def _resources(self) -> dict[str, Answer]:
        dataset = self._dataset()
        if dataset is None:
            raise ServiceError(f"{self.service.name}: the dataset {self.name} is gone. Run this again.")
        return {one.text("name"): one for one in dataset.entries("resources")}

    def _upload(self, upload: Upload) -> None:
        there = self._resources().get(upload.name)
        if there is not None and self._is_intact(there, upload):
            return
        if there is not None:  # of an earlier content, or changed on its way
            self._act(
                f"remove what is left of {upload.name}", "resource_delete", {"id": there.name("id")}, expect=(200, 404)
            )
        resource = settled(lambda: self._sent(upload), lambda: self._resources().get(upload.name))
        if not self._is_intact(resource, upload):
            raise ServiceError(
                f"{self.service.name}: {upload.name} arrived changed. Run this again; it is uploaded anew."
            )
        self.journal.note(f"{upload.name} is uploaded")

    def _sent(self, upload: Upload) -> Answer:
        ending = upload.name.rpartition(".")[2]
        fields = {
            "package_id": self.name,
            "name": upload.name,
            "format": _FORMATS.get(ending, ending.upper()),
            "hash": f"sha256:{upload.sha256}",
        }
        request = Request("POST", self.service.url("/resource_create"), upload=upload, fields=fields)
        return _result(self.service.send(f"upload {upload.name}", request, repeats=False))

    def _is_intact(self, resource: Answer, upload: Upload) -> bool:
        file = resource.text("url").rpartition("/")[2] or quote(upload.name)  # CKAN writes names in its own way
        path = f"/dataset/{self.name}/resource/{resource.name('id')}/download/{file}"
        return self.service.has(f"compare {upload.name}", Request("GET", f"{self.service.base}{path}"), upload)

    def _require_complete(self) -> None:
        there = set(self._resources())
        names = {upload.name for upload in self.uploads}
        if there - names:
            raise UsageError(
                f"{self.service.name}: the dataset {self.name} has other files ({min(there - names)}). Remove "
                "them there, then run this again."
            )
        if names - there:
            raise ServiceError(f"{self.service.name}: {min(names - there)} is gone. Run this again.")

    # Its publication

    def _release(self, identifier: str) -> None:
        # `package_patch` leaves all else as it is; a second request changes nothing
        public = {**self.body, "id": identifier, "private": False}
        self._note_published(self._act("make the dataset public", "package_patch", public))

    def _note_published(self, dataset: Answer) -> None:
        if dataset.get("private") is not False:
            raise ServiceError(f"{self.service.name}: answers with nonsense: it does not say that it is public.")
        self.journal.published(self._page(), record=dataset.name("id"))

    def _page(self) -> str:
        return f"{self.service.base}/dataset/{self.name}"

    # Requests

    def _act(
        self, step: str, action: str, body: dict[str, Any], *, expect: tuple[int, ...] = (200,), repeats: bool = True
    ) -> Answer:
        answer = self.service.ask(step, "POST", f"/{action}", body, expect=expect, repeats=repeats)
        return _result(answer) if answer.status == _FOUND else answer


def _result(answer: Answer) -> Answer:
    if answer.get("success") is not True:
        raise ServiceError(f"{answer.service}: answers with nonsense: it does not say `success`.")
    return Answer(answer.service, answer.status, answer.get("result"))


def _names(paths: list[str]) -> dict[str, str]:
    """Give each path a name without folders; of two that would be alike, with all but the slashes."""
    short = {path: path.rpartition("/")[2] for path in paths}
    alike = Counter(short.values())
    return {path: name if alike[name] == 1 else path.replace("/", "-") for path, name in short.items()}


def _tables(descriptor: dict[str, Any]) -> Iterator[str]:
    for resource in descriptor.get("resources", ()):
        path = resource.get("path")
        if isinstance(path, str):
            yield path


class CkanRehearsal:
    """Answers as if nothing were there yet and each step succeeded."""

    def __init__(self) -> None:
        self._dataset: dict[str, Any] | None = None

    def __call__(self, request: Request) -> Answer:
        """Give the assumed answer to a request."""
        if request.url.endswith("/package_create"):
            self._dataset = {**request.json, "id": _ASSUMED, "resources": []}
        if self._dataset is None:
            return Answer("", 404, None)
        result: Any = self._dataset
        if request.upload is not None:
            result = {"id": _ASSUMED, "name": request.upload.name, "url": request.upload.name.lower()}
            self._dataset["resources"].append(result)
        if request.url.endswith("/package_patch"):
            result = {**self._dataset, "private": False}
        return Answer("", 200, {"success": True, "result": result})
