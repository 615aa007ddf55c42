"""The workflow that releases the data package on a tag: its shell steps run here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from loopback import serving
from services import TOKEN, FakeGitHub
from test_places import git

from depositary.releasing.verify import verify

WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8"))
STEPS = {step["name"]: step for step in WORKFLOW["jobs"]["release"]["steps"] if "run" in step}
NEEDED = ("bash", "git", "make")
pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not all(map(shutil.which, NEEDED)), reason="bash, git and make are not all here"
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a repository with the package and what builds it; the program is the one under test."""
    folder = tmp_path / "repository"
    folder.mkdir()
    shutil.copytree(ROOT / "datapackage", folder / "datapackage")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name in ("python", "depositary"):
        (folder / ".venv" / "bin" / name).symlink_to(Path(sys.executable).parent / name)
    (folder / ".venv" / "run.stamp").touch()
    git(folder, "init", "--quiet")
    git(folder, "add", "datapackage")
    git(folder, "commit", "--quiet", "--message", "begin")
    return folder


def run_step(name: str, repository: Path, **given: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]]
    environment = {**os.environ, **given, "PYTHONUTF8": "1"}
    environment.pop("MAKEFLAGS", None)
    return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)


def test_a_tag_starts_it_and_nothing_else():
    assert WORKFLOW[True] == {"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}  # YAML 1.1 reads `on` as true
    assert WORKFLOW["permissions"] == {"contents": "write"}


@pytest.mark.long
def test_it_builds_verifies_and_publishes_the_release(repository):
    done = run_step("build and verify", repository, TAG="v0.2.0")
    assert done.returncode == 0, done.stderr
    made = repository / "dist" / "depositary-trade-policy-0.2.0.zip"
    assert verify(made).is_sound
    formats = made.parent / "depositary-trade-policy-0.2.0" / "formats"
    assert sorted(path.name for path in formats.iterdir()) == ["EXPORT-NOTES.md", "parquet", "sqlite", "xlsx"]
    with serving(FakeGitHub(tags=("v0.2.0",))) as github:
        given = {"GITHUB_API_URL": github.address, "GITHUB_TOKEN": TOKEN, "REPOSITORY": "ann/facts"}
        sent = run_step("publish", repository, TAG="v0.2.0", **given)
        assert sent.returncode == 0, sent.stderr
        (published,) = github.service.published
        assert published[made.name] == made.read_bytes()
        assert TOKEN not in sent.stdout + sent.stderr
