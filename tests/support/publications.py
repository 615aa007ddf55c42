"""A release on its way to each service, and what must hold whatever happens to it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import Ran, run_here
from loopback import Fake, Loopback, serving
from services import TOKEN, FakeCkan, FakeGitHub, FakeZenodo
from small_release import make_release

VARIABLES = {"github": "GH_TOKEN", "zenodo": "ZENODO_TOKEN", "ckan": "CKAN_TOKEN"}
EVERY_VARIABLE = ("GITHUB_TOKEN", "GH_TOKEN", "ZENODO_TOKEN", "ZENODO_SANDBOX_TOKEN", "CKAN_TOKEN")
OPTIONS = {"github": ("--repository", "ann/facts"), "ckan": ("--organization", "facts")}
FAKES: dict[str, Callable[[], Fake]] = {
    "github": FakeGitHub,
    "github-old": lambda: FakeGitHub(has_digests=False),
    "zenodo": FakeZenodo,
    "ckan": FakeCkan,
}
JOURNAL = "made-facts-1.0.0.publish.json"


@dataclass
class Publication:
    """A release in a folder of its own, and a service to which it goes."""

    service: str
    loopback: Loopback
    dist: Path

    @property
    def folder(self) -> Path:
        return self.dist / "made-facts-1.0.0"

    @property
    def journal(self) -> Path:
        return self.dist / JOURNAL

    @property
    def arguments(self) -> list[str]:
        options = OPTIONS.get(self.service, ())
        is_slow = self.loopback.fault is not None and self.loopback.fault.kind == "slow"
        server = ("--server", self.loopback.address, "--timeout", "0.25" if is_slow else "30")
        return ["publish", str(self.folder), "--to", self.service, *options, *server]

    def run(self, *more: str) -> Ran:
        return self.run_with(self.arguments, *more)

    def run_with(self, arguments: list[str], *more: str) -> Ran:
        """Run the command; an option of `more` takes the place of the same one."""
        kept = [*arguments]
        for name in (word for word in more if word.startswith("--") and word in kept):
            at = kept.index(name)
            del kept[at : at + 2]
        return run_here(*kept, *more)

    @property
    def published(self) -> list[dict[str, bytes]]:
        return self.loopback.service.published

    def is_whole(self) -> bool:
        """Return whether the release is published once, with the archive as it is here."""
        archive = self.folder.with_suffix(".0.zip")
        return [files.get(archive.name) for files in self.published] == [archive.read_bytes()]

    def faults_after(self, ran: Ran) -> list[str]:
        """Say what must not be so after a run, however it ended."""
        faults = []
        if ran.code not in (0, 2):
            faults.append(f"exit code {ran.code}")
        if ran.code == 2 and (not ran.err.startswith("depositary: ") or ran.out or len(ran.err.splitlines()) > 3):
            faults.append("the error is not clear")
        if ran.code == 0 and not self.is_whole():
            faults.append("it says that it is published, and it is not")
        if self.published and not self.is_whole():
            faults.append("something else is published")
        faults.extend(f"the token is in {path}" for path in tokens_in(self.dist))
        faults.extend("the token is shown" for text in (ran.out, ran.err) if TOKEN in text)
        if ran.code == 2 and "Run" not in json.loads(self.journal.read_text("utf-8"))["places"].popitem()[1]["next"]:
            faults.append("the journal does not say how to go on")
        left = [path.name for path in self.dist.iterdir() if path.name.startswith(".")]
        if left:
            faults.append(f"{left} is left behind")
        return [f"{fault}: {ran}" for fault in faults]


def tokens_in(folder: Path) -> Iterator[Path]:
    """Find the files that have the token in them."""
    for path in folder.rglob("*"):
        if path.is_file() and TOKEN.encode() in path.read_bytes():
            yield path


@contextmanager
def publication(kind: str, dist: Path, token: str = TOKEN) -> Iterator[Publication]:
    """Lay out a release, and run the service; the environment has a token for it."""
    dist.mkdir(exist_ok=True)
    make_release(dist)
    service = kind.partition("-")[0]
    with serving(FAKES[kind]()) as loopback, pytest.MonkeyPatch.context() as environment:
        for variable in EVERY_VARIABLE:
            environment.setenv(variable, "")
        environment.setenv(VARIABLES[service], token)
        yield Publication(service, loopback, dist)
