"""What GitHub, Zenodo and CKAN do, as far as a publication needs it, by their documentation; state in memory.

Each says what is `published`: a list of its publications, each with its files.
"""

import hashlib
import re
from dataclasses import dataclass, field
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from loopback import Asked, Reply

TOKEN = "tok-8f3a2c9d7e6b5a4f"  # noqa: S105 (of no service)
Files = dict[str, bytes]


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class FakeZenodo:
    """InvenioRDM: "Drafts and Records" of its REST API reference."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    lag: int = 0  # how many of the newest records the list does not have yet
    faults_in_metadata: list[dict[str, Any]] = field(default_factory=list)

    @property
    def published(self) -> list[Files]:
        return [
            {key: file["data"] for key, file in record["files"].items()}
            for record in self.records.values()
            if record["is_published"]
        ]

    def answer(self, asked: Asked) -> Reply:
        record = re.fullmatch(r"/api/records/([^/]+)(/files(?:/(.+)/content)?)?", asked.path)
        if record and asked.method == "GET":  # which is public
            return self._read(asked, *record.groups())
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, {"status": 401, "message": "The server could not verify that you are authorized."})
        if asked.path == "/api/user/records":
            return self._list(asked)
        if asked.path == "/api/records":
            return Reply(201, self._shown(asked, self._new(asked.json, parent=None)))
        if match := re.fullmatch(r"/api/records/([^/]+)/versions(/latest)?", asked.path):
            return self._version(asked, match[1], latest=bool(match[2]))
        match = re.fullmatch(r"/api/records/([^/]+)/draft(/.*)?", asked.path)
        draft = self.records.get(match[1]) if match else None
        if draft is None or draft["is_published"]:
            return Reply(404, {"status": 404, "message": "The persistent identifier is not registered."})
        return self._draft(asked, draft, match[2] or "")

    def _read(self, asked: Asked, identifier: str, files: str | None, key: str | None) -> Reply:
        latest = [one for one in self.records.values() if one["parent"] == identifier and one["is_published"]]
        if latest:  # the id of all versions
            return Reply(301, None, {"Location": f"{asked.base}/api/records/{latest[-1]['id']}"})
        record = self.records.get(identifier)
        if record is None or not record["is_published"]:
            return Reply(404, {"status": 404, "message": "The persistent identifier is not registered."})
        if key:
            return Reply(200, record["files"][key]["data"])
        return Reply(200, self._entries(record) if files else self._shown(asked, record))

    def _list(self, asked: Asked) -> Reply:
        size, page = int(asked.query["size"]), int(asked.query["page"])
        newest = list(reversed(self.records.values()))[self.lag :]
        hits = [self._shown(asked, one) for one in newest[(page - 1) * size : page * size]]
        return Reply(200, {"hits": {"hits": hits, "total": len(newest)}})

    def _new(self, body: dict[str, Any], parent: str | None) -> dict[str, Any]:
        identifier = str(1000 + 2 * len(self.records))
        record = {
            "id": identifier,
            "parent": parent or str(int(identifier) - 1),
            "is_published": False,
            "metadata": body.get("metadata", {}),
            "files": {},
        }
        self.records[identifier] = record
        return record

    def _version(self, asked: Asked, identifier: str, *, latest: bool) -> Reply:
        record = self.records.get(identifier)
        if record is None or not record["is_published"]:
            return Reply(404, {"status": 404, "message": "The persistent identifier is not registered."})
        family = [one for one in self.records.values() if one["parent"] == record["parent"]]
        if latest:
            return Reply(200, self._shown(asked, [one for one in family if one["is_published"]][-1]))
        drafts = [one for one in family if not one["is_published"]]
        kept = {key: value for key, value in record["metadata"].items() if key not in ("version", "publication_date")}
        draft = drafts[0] if drafts else self._new({"metadata": kept}, record["parent"])
        return Reply(201, self._shown(asked, draft))

    def _draft(self, asked: Asked, draft: dict[str, Any], rest: str) -> Reply:
        files = draft["files"]
        if rest == "" and asked.method == "PUT":
            draft["metadata"] = asked.json["metadata"]
            errors = {"errors": self.faults_in_metadata} if self.faults_in_metadata else {}
            return Reply(200, {**self._shown(asked, draft), **errors})
        if rest == "":
            return Reply(200, self._shown(asked, draft))
        if rest == "/actions/publish":
            return self._publish(asked, draft)
        if rest == "/files" and asked.method == "GET":
            return Reply(200, self._entries(draft))
        if rest == "/files":
            keys = [one["key"] for one in asked.json]
            if set(keys) & set(files):
                return Reply(400, {"status": 400, "message": f"File with key {keys[0]} already exists."})
            files.update({key: {"status": "pending", "data": b""} for key in keys})
            return Reply(201, self._entries(draft))
        return self._file(asked, files, *re.fullmatch(r"/files/([^/]+)(/\w+)?", rest).groups())

    def _file(self, asked: Asked, files: dict[str, Any], key: str, rest: str | None) -> Reply:
        if key not in files:
            return Reply(404, {"status": 404, "message": f"File with key {key} does not exist."})
        file = files[key]
        if asked.method == "DELETE":
            del files[key]
            return Reply(204)
        if file["status"] == "completed":
            return Reply(400, {"status": 400, "message": "The file is completed already."})
        if rest == "/content":
            file["data"] = asked.body
        elif rest == "/commit":
            if not file["data"]:
                return Reply(404, {"status": 404, "message": "The file has no content."})
            file["status"] = "completed"
        return Reply(200, _entry(key, file))

    def _publish(self, asked: Asked, draft: dict[str, Any]) -> Reply:
        needed = ("title", "publication_date", "resource_type", "creators")
        errors = [
            {"field": f"metadata.{key}", "messages": ["Missing data"]}
            for key in needed
            if not draft["metadata"].get(key)
        ]
        if errors or not draft["files"] or any(one["status"] != "completed" for one in draft["files"].values()):
            return Reply(400, {"status": 400, "message": "A validation error occurred.", "errors": errors})
        draft["is_published"] = True
        return Reply(202, self._shown(asked, draft))

    def _entries(self, record: dict[str, Any]) -> dict[str, Any]:
        return {"enabled": True, "entries": [_entry(key, file) for key, file in record["files"].items()]}

    def _shown(self, asked: Asked, record: dict[str, Any]) -> dict[str, Any]:
        doi = {"pids": {"doi": {"identifier": f"10.5281/zenodo.{record['id']}"}}}
        page = f"{asked.base}/{'records' if record['is_published'] else 'uploads'}/{record['id']}"
        parent = {"id": record["parent"], "pids": {"doi": {"identifier": f"10.5281/zenodo.{record['parent']}"}}}
        return {
            **{key: record[key] for key in ("id", "is_published", "metadata")},
            "parent": parent if record["is_published"] else {"id": record["parent"]},
            "links": {"self_html": page},
            **(doi if record["is_published"] else {}),
        }


def zenodo_with(archive: Path, identifier: str) -> FakeZenodo:
    """Give a Zenodo that has published an archive as a record."""
    files = {archive.name: {"status": "completed", "data": archive.read_bytes()}}
    record = {"id": identifier, "parent": "1", "is_published": True, "metadata": {}, "files": files}
    return FakeZenodo({identifier: record})


def _entry(key: str, file: dict[str, Any]) -> dict[str, Any]:
    if file["status"] == "pending":
        return {"key": key, "status": "pending"}
    return {"key": key, "status": "completed", "checksum": f"md5:{md5(file['data'])}", "size": len(file["data"])}


@dataclass
class FakeGitHub:
    """The releases of a repository `ann/facts`, with the tags that it has."""

    tags: tuple[str, ...] = ("v1.0.0",)
    releases: dict[int, dict[str, Any]] = field(default_factory=dict)
    assets: dict[int, dict[str, Any]] = field(default_factory=dict)
    has_digests: bool = True

    @property
    def published(self) -> list[Files]:
        return [
            {one["name"]: one["data"] for one in self.assets.values() if one["release"] == identifier}
            for identifier, release in self.releases.items()
            if not release["draft"]
        ]

    def answer(self, asked: Asked) -> Reply:
        if asked.path.startswith("/storage/"):  # where downloads lead to, on another host in truth
            return Reply(200, self.assets[int(asked.path.rpartition("/")[2])]["data"])
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"})
        found = re.fullmatch(r"/repos/ann/facts(/.*)", asked.path)
        reply = self._repository(asked, found[1]) if found else None
        return reply or Reply(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"})

    def _repository(self, asked: Asked, path: str) -> Reply | None:
        if path.startswith("/git/ref/tags/"):
            tag = path.removeprefix("/git/ref/tags/")
            return Reply(200, {"ref": f"refs/tags/{tag}"}) if tag in self.tags else None
        if path.startswith("/releases/tags/"):
            tag = path.removeprefix("/releases/tags/")
            return next(
                (self._shown(one) for one in self.releases.values() if one["tag_name"] == tag and not one["draft"]),
                None,
            )
        if path == "/releases":
            return self._all(asked)
        if match := re.fullmatch(r"/releases/assets/(\d+)", path):
            return self._asset(asked, int(match[1]))
        match = re.fullmatch(r"/releases/(\d+)(/assets)?", path)
        release = self.releases.get(int(match[1])) if match else None
        if release is None:
            return None
        return self._uploads(asked, release) if match[2] else self._one(asked, release)

    def _all(self, asked: Asked) -> Reply:
        if asked.method == "GET":
            size, page = int(asked.query["per_page"]), int(asked.query["page"])
            newest = list(reversed(self.releases.values()))
            return Reply(200, [self._shown(one).body for one in newest[(page - 1) * size : page * size]])
        identifier = len(self.releases) + 1
        self.releases[identifier] = {"id": identifier, **asked.json}
        return Reply(201, self._shown(self.releases[identifier]).body)

    def _one(self, asked: Asked, release: dict[str, Any]) -> Reply:
        if asked.method == "PATCH":
            release.update(asked.json)
        return self._shown(release)

    def _shown(self, release: dict[str, Any]) -> Reply:
        page = f"https://github.com/ann/facts/releases/tag/{release['tag_name']}"
        return Reply(200, {**release, "html_url": page, "upload_url": "https://evil.invalid/assets{?name,label}"})

    def _uploads(self, asked: Asked, release: dict[str, Any]) -> Reply:
        of_release = {one["name"]: one for one in self.assets.values() if one["release"] == release["id"]}
        if asked.method == "GET":
            return Reply(200, [self._shown_asset(one) for one in of_release.values()])
        name = asked.query["name"]
        if name in of_release:
            errors = [{"resource": "ReleaseAsset", "code": "already_exists", "field": "name"}]
            return Reply(422, {"message": "Validation Failed", "errors": errors})
        number = max(self.assets, default=0) + 1
        self.assets[number] = {
            "id": number,
            "release": release["id"],
            "name": name,
            "state": "uploaded",
            "data": asked.body,
        }
        return Reply(201, self._shown_asset(self.assets[number]))

    def _asset(self, asked: Asked, number: int) -> Reply | None:
        if number not in self.assets:
            return None
        if asked.method == "DELETE":
            del self.assets[number]
            return Reply(204)
        if asked.headers["accept"] == "application/octet-stream":
            return Reply(302, None, {"Location": f"{asked.base.replace('127.0.0.1', 'localhost')}/storage/{number}"})
        return Reply(200, self._shown_asset(self.assets[number]))

    def _shown_asset(self, asset: dict[str, Any]) -> dict[str, Any]:
        digest = f"sha256:{sha256(asset['data'])}" if self.has_digests and asset["state"] == "uploaded" else None
        shown = {key: asset[key] for key in ("id", "name", "state")}
        return {**shown, "size": len(asset["data"]), "digest": digest}


@dataclass
class FakeCkan:
    """The Action API of a portal with an organization `facts`."""

    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)
    deleted: tuple[str, ...] = ()
    _count: int = 0

    @property
    def published(self) -> list[Files]:
        return [
            {one["name"]: one["data"] for one in dataset["resources"]}
            for dataset in self.datasets.values()
            if not dataset["private"]
        ]

    def answer(self, asked: Asked) -> Reply:
        is_known = asked.headers.get("authorization") == TOKEN
        if match := re.fullmatch(r"/dataset/([^/]+)/resource/([^/]+)/download/(.*)", asked.path):
            found = self._resource(match[2])
            is_there = found and is_known and found["url"].endswith(f"/download/{match[3]}")
            return Reply(200, found["data"]) if is_there else Reply(404, b"<html>Not found</html>")
        if not is_known:
            return _refused(403, "Authorization Error", message="Access denied: not authorized")
        action = getattr(self, f"_{asked.path.removeprefix('/api/3/action/')}", None)
        return action(asked) if action else Reply(404, b"<html>Not found</html>")

    def _resource(self, identifier: str) -> dict[str, Any] | None:
        every = [one for dataset in self.datasets.values() for one in dataset["resources"]]
        return next((one for one in every if one["id"] == identifier), None)

    def _package_show(self, asked: Asked) -> Reply:
        dataset = self.datasets.get(asked.json["id"])
        return _done(_without_data(dataset)) if dataset else _refused(404, "Not Found Error", message="Not found")

    def _package_create(self, asked: Asked) -> Reply:
        body = asked.json
        if body.get("owner_org") != "facts":
            return _refused(409, "Validation Error", owner_org=["Organization does not exist"])
        if body["name"] in self.datasets or body["name"] in self.deleted:
            return _refused(409, "Validation Error", name=["That URL is already in use."])
        self._count += 1
        dataset = {**body, "id": f"d-{self._count}", "state": "active", "resources": []}
        self.datasets[body["name"]] = dataset
        return _done(_without_data(dataset))

    def _package_patch(self, asked: Asked) -> Reply:
        dataset = next((one for one in self.datasets.values() if one["id"] == asked.json["id"]), None)
        if dataset is None:
            return _refused(404, "Not Found Error", message="Not found")
        dataset.update(asked.json)
        return _done(_without_data(dataset))

    def _resource_create(self, asked: Asked) -> Reply:
        fields, data = _form(asked)
        dataset = self.datasets.get(fields.get("package_id", ""))
        if dataset is None:
            return _refused(404, "Not Found Error", message="Not found")
        self._count += 1
        identifier = f"r-{self._count}"
        # Names of files are munged, and addresses begin with the address that the portal has for itself.
        url = f"https://portal.example/dataset/{dataset['id']}/resource/{identifier}/download/{fields['name'].lower()}"
        resource = {**fields, "id": identifier, "url": url, "url_type": "upload", "data": data}
        dataset["resources"].append(resource)
        return _done({key: value for key, value in resource.items() if key != "data"})

    def _resource_delete(self, asked: Asked) -> Reply:
        for dataset in self.datasets.values():
            dataset["resources"] = [one for one in dataset["resources"] if one["id"] != asked.json["id"]]
        return _done(None)


def _without_data(dataset: dict[str, Any]) -> dict[str, Any]:
    resources = [{key: value for key, value in one.items() if key != "data"} for one in dataset["resources"]]
    return {**dataset, "resources": resources}


def _done(result: object) -> Reply:
    return Reply(200, {"help": "", "success": True, "result": result})


def _refused(status: int, kind: str, **more: object) -> Reply:
    return Reply(status, {"help": "", "success": False, "error": {"__type": kind, **more}})


def _form(asked: Asked) -> tuple[dict[str, str], bytes]:
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    fields, data = {}, b""
    for part in BytesParser().parsebytes(head + asked.body).get_payload():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if name == "upload":
            data = content
        else:
            fields[name] = content.decode()
    return fields, data


class FakeHandles:
    """The handle service behind doi.org: the addresses of DOIs."""

    def __init__(self, **addresses: str) -> None:
        self.addresses = addresses

    def answer(self, asked: Asked) -> Reply:
        doi = asked.path.removeprefix("/api/handles/")
        if doi not in self.addresses:
            return Reply(404, {"responseCode": 100, "handle": doi})
        value = {"index": 1, "type": "URL", "data": {"format": "string", "value": self.addresses[doi]}}
        return Reply(200, {"responseCode": 1, "handle": doi, "values": [value]})
