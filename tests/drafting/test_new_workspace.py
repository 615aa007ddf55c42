"""`depositary new workspace`: valid as it is, and every command runs in it."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

import depositary
from depositary.read.documents import read_json

SOURCES = "datapackage/data/sources.csv"
SOURCE = {
    "source_kind": "official_readout",
    "access": "read",
    "url": "https://example.org/a",
    "published": "2026-11-20",
    "accessed_on": "2026-11-22",
    "language": "en",
    "contributor_id": "ctr-ann",
    "recorded_on": "2026-11-22",
    "record_status": "draft",
}


@pytest.fixture
def workspace(run, tmp_path) -> Path:
    done = run("new", "workspace", tmp_path / "Our Facts", "--from", "trade-policy")
    assert done.code == 0, done.err
    return tmp_path / "Our Facts"


def test_the_package_is_valid_and_has_our_tables_without_facts(workspace):
    report = depositary.validate(workspace / "datapackage")
    assert [*report] == []
    ours = {table.name: table.rows for table in depositary.validate(ROOT / "datapackage").tables}
    there = {table.name: table.rows for table in report.tables}
    assert there.keys() == ours.keys()
    lists = {one.name for one in depositary.open(workspace / "datapackage") if one.table.is_code_list}
    assert {name for name, rows in there.items() if rows} == lists


def test_the_descriptor_is_ours_under_a_name_of_its_own(workspace):
    there, ours = (read_json(one / "datapackage.json") for one in (workspace / "datapackage", ROOT / "datapackage"))
    changed = {key for key in ours if there.get(key) != ours[key]}
    assert changed == {"name", "title", "created", "contributors", "keywords", "questions"}
    assert there["questions"] == [
        one for one in ours["questions"] if one.endswith(("against-statements.sql", "contested-statements.sql"))
    ]
    assert there["name"] == "our-facts"


def test_a_release_needs_the_title_that_a_person_writes(run, workspace):
    file = workspace / "datapackage" / "datapackage.json"
    release = ("release", "datapackage", "--output-dir", "dist", "--on", "2026-11-30")
    file.write_text(json.dumps({**read_json(file), "contributors": [{"title": "Ann Example"}]}), encoding="utf-8")
    done = run(*release, cwd=workspace)
    assert (done.code, done.out) == (2, "")
    assert '`title` in datapackage.json is still "To be written: ' in done.err
    assert "names no contributors" not in done.err
    file.write_text(json.dumps({**read_json(file), "title": "Our facts"}), encoding="utf-8")
    assert run(*release, cwd=workspace).code == 0


@pytest.mark.long
def test_every_command_runs_in_it(run, workspace):
    def runs(*arguments, code=0):
        done = run(*arguments, cwd=workspace)
        assert done.code == code, (arguments, done.out, done.err)

    runs("validate")
    runs("status", code=1)  # nothing is merged yet
    runs("merge", "--plan")
    runs("merge")
    runs("conflicts")
    runs("describe", "H6")
    runs("explain", "R34")
    runs("new", "contribution", "contributions/mira/first", "--by", "ctr-mira", "--name", "Mira", "--for", "meeting")
    runs("validate")
    runs("merge")
    runs("status")
    runs("conflicts")
    runs("blame", "contributors", "ctr-mira")
    runs("history", "contributors", "ctr-mira")
    runs("diff", "datapackage", "merged", code=1)  # they differ
    runs("new", "mapping", "datapackage/data/sources.csv", "--table", "sources")
    runs("schema", "build", "--output-dir", "schemas")
    runs("export", "merged", "--to", "csv,xlsx", "--output-dir", "exported")


@pytest.mark.long
def test_the_steps_of_the_workflow_run(run, workspace, tmp_path):
    run("new", "contribution", "contributions/mira/first", "--by", "ctr-mira", "--name", "Mira", cwd=workspace)
    (workflow,) = (workspace / ".github" / "workflows").iterdir()
    steps = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]["check"]["steps"]
    summary = tmp_path / "summary.md"
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for step in (one for one in steps if one.get("shell")):
        environment = {**os.environ, "PATH": tools, "GITHUB_STEP_SUMMARY": str(summary)}
        done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=workspace, env=environment, check=False)
        assert done.returncode == 0
    assert "Plan of the merge" in summary.read_text("utf-8")
    assert "mira/first" in summary.read_text("utf-8")


def test_a_repository_may_be_there_but_nothing_is_replaced(run, tmp_path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "LICENSE").write_text("x")
    (tmp_path / "README.md").write_text("mine")
    done = run("new", "workspace", tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "README.md is there already" in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == [".git", "LICENSE", "README.md"]
    (tmp_path / "README.md").unlink()
    assert run("new", "workspace", tmp_path).code == 0
    assert run("validate", cwd=tmp_path).code == 0


@pytest.mark.parametrize("name", ["关税", "2024", "...x", "a b"])
def test_the_package_gets_a_name_that_the_standard_takes(run, tmp_path, name):
    assert run("new", "workspace", tmp_path / name).code == 0
    assert depositary.validate(tmp_path / name / "datapackage").valid
    assert json.loads((tmp_path / name / "datapackage" / "datapackage.json").read_text("utf-8"))["name"].isascii()


def test_a_folder_for_contributions_may_have_nothing_but_pages_yet(run, workspace):
    assert run("merge", "--plan", cwd=workspace).code == 0
    (workspace / "contributions" / "actors.csv").write_text("actor_id\n")
    done = run("merge", "--plan", cwd=workspace)
    assert done.code == 2
    assert "has no contribution" in done.err


@pytest.mark.long
def test_what_is_merged_becomes_the_package_of_the_next_round(run, tmp_path):
    assert run("new", "workspace", ".", cwd=tmp_path).code == 0
    for number in (1, 2, 3):
        batch = f"contributions/ann/round{number}"
        known = [] if number == 1 else [sources(tmp_path)[0]["source_id"]]
        run("new", "contribution", batch, "--by", "ctr-ann", "--name", "Ann", "--tables", "sources", cwd=tmp_path)
        rows = [{**SOURCE, "source_id": f"local:{number}", "title": f"New {number}"}]
        rows += [{"source_id": key, "title": f"Changed {number}"} for key in known]
        append(tmp_path / batch / "sources.csv", rows)
        done = run("merge", cwd=tmp_path)
        assert done.code == 0, done.err
        assert "depositary adopt" in done.out
        assert run("adopt", cwd=tmp_path).code == 0
    titles = [row["title"] for row in sources(tmp_path)]
    assert sorted(titles) == ["Changed 3", "New 2", "New 3"]
    assert run("status", cwd=tmp_path).out.count(": merged\n") == 3
    again = run("merge", cwd=tmp_path)
    assert "nothing changes" in again.out
    assert "depositary adopt" not in again.out


def sources(folder):
    with (folder / SOURCES).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def append(file, rows):
    with file.open(encoding="utf-8", newline="") as stream:
        (header,) = csv.reader(stream)
    with file.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, header, lineterminator="\n").writerows(rows)


def test_a_workspace_in_the_current_folder_needs_no_change_of_folder(run, tmp_path):
    assert "cd ." not in run("new", "workspace", ".", cwd=tmp_path).out
