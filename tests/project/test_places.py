"""The places where people work: the GitHub action, whose shell steps run here, and the hook of pre-commit."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
NEEDED = ("bash", "git")
pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not all(map(shutil.which, NEEDED)), reason="bash and git are not both here"
)


def git(folder, *arguments):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """Make a repository with a package and two contributions."""
    folder = tmp_path / "repository"
    folder.mkdir()
    shutil.copytree(ROOT / "datapackage", folder / "datapackage")
    for name in ("mira", "rosa"):
        shutil.copytree(ROOT / "examples" / "contributions" / name, folder / "in put" / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "begin")
    return folder


def run_action(repository, since, **other):
    step = ACTION["runs"]["steps"][1]
    summary = repository.parent / "summary.md"
    summary.write_text("", encoding="utf-8")
    given = {"PACKAGE": "datapackage", "CONTRIBUTIONS": "in put", "SINCE": since, "GITHUB_STEP_SUMMARY": str(summary)}
    given |= other
    assert set(step["env"]) == set(given) - {"GITHUB_STEP_SUMMARY"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=repository,
        env={**os.environ, **given, "PATH": path, "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done, summary.read_text("utf-8")


def test_nothing_is_checked_if_no_contribution_is_touched(repository):
    done, summary = run_action(repository, git(repository, "rev-parse", "HEAD"))
    assert done.returncode == 0, done.stderr
    assert summary == "No contribution is touched.\n"


@pytest.mark.long
def test_only_what_is_touched_is_checked_and_the_plan_is_in_the_summary(repository):
    since = git(repository, "rev-parse", "HEAD")
    (repository / "in put" / "mira" / "dispatch-reading" / "README.md").write_text("New.\n", encoding="utf-8")
    git(repository, "commit", "--quiet", "--all", "--message", "touch")
    done, summary = run_action(repository, since)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "### in put/mira/dispatch-reading" in summary
    assert "rosa" not in summary
    assert "### Plan of the merge" in summary


@pytest.mark.short(1)
def test_errors_are_annotations_and_fail_the_step(repository):
    since = git(repository, "rev-parse", "HEAD")
    file = repository / "in put" / "mira" / "dispatch-reading" / "actors.csv"
    file.write_text(file.read_text("utf-8").replace("act-", "act_", 1), encoding="utf-8")
    git(repository, "commit", "--quiet", "--all", "--message", "break")
    done, summary = run_action(repository, since)
    assert done.returncode == 1
    assert re.search(r"^::error file=in put/mira/dispatch-reading/actors.csv,line=2", done.stdout, re.MULTILINE)
    assert "**Invalid**" in summary
    assert "Plan of the merge" not in summary


@pytest.mark.soak
def test_all_are_checked_without_a_commit_to_compare_with(repository):
    done, summary = run_action(repository, "")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "mira" in summary
    assert "rosa" in summary


def test_a_folder_without_a_manifest_is_not_passed_over(repository):
    since = git(repository, "rev-parse", "HEAD")
    folder = repository / "in put" / "new"
    folder.mkdir()
    (folder / "actors.csv").write_text("actor_id\nact-x\n", encoding="utf-8")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "new")
    done, _ = run_action(repository, since)
    assert done.returncode == 2
    assert "these tables have no contribution.toml" in done.stderr


@pytest.mark.parametrize(("given", "message"), [("CONTRIBUTIONS", "there is no folder"), ("SINCE", "fetch-depth: 0")])
def test_wrong_inputs_fail_the_step(repository, given, message):
    done, _ = run_action(repository, git(repository, "rev-parse", "HEAD"), **{given: "0123456789"})
    assert done.returncode == 2
    assert message in done.stdout


@pytest.mark.long
def test_a_plan_that_cannot_be_made_fails_the_step(repository):
    manifest = repository / "in put" / "mira" / "dispatch-reading" / "contribution.toml"
    manifest.write_text(manifest.read_text("utf-8").replace('version = "0.1.0"', 'version = "0.0.1"'), encoding="utf-8")
    done, summary = run_action(repository, "")
    assert done.returncode == 2
    assert "could not be made" in summary


def test_no_step_puts_an_input_into_its_script():
    assert all("${{" not in step["run"] for step in ACTION["runs"]["steps"])


def blocks():
    page = (ROOT / "docs" / "places.md").read_text("utf-8")
    return [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)]


def test_the_page_shows_the_hook_and_the_inputs_of_the_action():
    local, workflow, _ = blocks()
    (shown,) = local["repos"][0]["hooks"]
    (hook,) = HOOKS
    same = ("id", "name", "entry", "language", "pass_filenames", "files")
    assert {key: shown[key] for key in same} == {key: hook[key] for key in same}
    given = workflow["jobs"]["check"]["steps"][1]["with"]
    assert set(given) <= set(ACTION["inputs"])
    assert {name for name, one in ACTION["inputs"].items() if one.get("required")} <= set(given)


@pytest.mark.long
def test_the_commands_of_the_page_run(run, repository):
    (job,) = blocks()[2].values()
    command = job["script"][-1].removeprefix("depositary ").split()
    (repository / "depositary.toml").write_text('package = "datapackage"\ncontributions = "in put"\n', encoding="utf-8")
    assert run(*command, cwd=repository).code == 0
    assert (repository / job["artifacts"]["paths"][0]).read_text("utf-8").startswith("### ")


def test_the_hook_runs_a_command_of_the_program(run, tmp_path):
    (hook,) = HOOKS
    program, *arguments = hook["entry"].split()
    assert program == "depositary"
    shutil.copytree(ROOT / "datapackage", tmp_path / "datapackage")
    (tmp_path / "depositary.toml").write_text('package = "datapackage"\n', encoding="utf-8")
    assert run(*arguments, cwd=tmp_path).code == 0
    assert re.search(hook["files"], "in/mira/actors.csv")
    assert re.search(hook["files"], "depositary.toml")
    assert not re.search(hook["files"], "notes.md")
