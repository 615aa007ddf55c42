"""The journal beside a release: what was done where, so that a run that was cut off goes on, and nothing is done twice.

`NAME-VERSION.publish.json` has the hash of the archive, and an entry for each place: its state, the ids that the
service gave, the steps so far, why the last run stopped, and what to do next. It is written after each step. It has no
times and no token.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from depositary.errors import DocumentError
from depositary.publishing.release import Release
from depositary.visible import visible_json
from depositary.write.atomic import write_text
from depositary.write.disk import alone

BEGUN, PUBLISHED = "begun", "published"
_AGAIN = "Run the same command again: it goes on from here."
_DONE = "Nothing: it is published."


@dataclass
class Journal:
    """What was done at one place; each change is written at once."""

    file: Path
    place: str
    document: dict[str, Any]
    is_rehearsal: bool = False
    entry: dict[str, Any] = field(default_factory=dict)

    def get(self, key: str) -> str:
        """Give a fact that was noted, or an empty text."""
        return str(self.entry.get(key, ""))

    @property
    def is_published(self) -> bool:
        """Whether the release is published there."""
        return self.get("state") == PUBLISHED

    def note(self, step: str, **facts: str) -> None:
        """Write down a step that is done, and what is to be known of it."""
        steps = self.entry.setdefault("steps", [])
        if step not in steps[-1:]:
            steps.append(step)
        self.entry.update(facts)
        self._write()

    def forget(self, step: str, *keys: str) -> None:
        """Write down that something is gone, with what was known of it."""
        for key in keys:
            self.entry.pop(key, None)
        self.note(step)

    def published(self, url: str, **facts: str) -> None:
        """Write down that the release is published."""
        self.entry.pop("stopped", None)
        self.note(f"published: {url}", state=PUBLISHED, url=url, next=_DONE, **facts)

    def begin(self) -> None:
        """Write down that something is about to be sent; what is published stays so, while it is looked up again."""
        if not self.is_published:
            self.entry.update(state=BEGUN, next=_AGAIN)
            self._write()

    def stopped(self, reason: str) -> None:
        """Write down why a run ended before the release was published."""
        if not self.is_published:
            self.entry["stopped"] = reason
            self._write()

    def _write(self) -> None:
        if not self.is_rehearsal:
            self.document["places"][self.place] = self.entry
            text = json.dumps(self.document, indent=2, ensure_ascii=False)
            write_text(self.file, visible_json(text) + "\n")  # a service may answer with half of a character


def journal_file(path: Path, release: Release) -> Path:
    """Give the path of the journal of a release."""
    return path.parent / f"{release.label}.publish.json"


@contextmanager
def journal_of(file: Path, release: Release, place: str, *, is_rehearsal: bool = False) -> Iterator[Journal]:
    """Open the journal of a release for one place; a second run at the same time is refused.

    Raises:
        UsageError: another run is publishing the release, or it was published there with another content.
        DocumentError: the journal cannot be read.
    """
    if is_rehearsal:
        yield _read(file, release, place, is_rehearsal=True)
        return
    with alone(file.with_name(f".{file.name}.lock"), file):
        yield _read(file, release, place, is_rehearsal=False)


def _read(file: Path, release: Release, place: str, *, is_rehearsal: bool) -> Journal:
    document: dict[str, Any] = {"release": release.label, "sha256": release.archive.sha256, "places": {}}
    if file.exists():
        document["places"] = _places(file)
    entry = document["places"].get(place, {})
    if entry.get("sha256", release.archive.sha256) != release.archive.sha256 and entry.get("state") == PUBLISHED:
        raise release.changed(entry.get("url", place))
    return Journal(file, place, document, is_rehearsal, {**entry, "sha256": release.archive.sha256})


def _places(file: Path) -> dict[str, Any]:
    try:
        places = json.loads(file.read_text(encoding="utf-8"))["places"]
        if all(isinstance(entry, dict) and isinstance(entry.get("steps", []), list) for entry in places.values()):
            return dict(places)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        pass
    raise DocumentError(
        f"{file}: is not a journal that this command wrote. Move it away; what is published is found again."
    )
