"""What `validate` and `merge` name as the next step is run here, and shows what they say it shows."""

import json
import re
import shlex

import pytest

RULES = """rules:
  - id: X1
    level: warning
    at_release: error
    says: An event has a number of guests.
    tables: [events]
    holds: guests IS NOT NULL
    place: guests
    message: "{event_id} has no guests"
    hint: count them
    reason: it is asked for
    good: {events: [{event_id: a, guests: 1}]}
    bad: {events: [{event_id: a}]}
"""
HEADER = "event_id,held,country,kind,open,guests,note"
WORKSPACE = 'package = "demo"\ncontributions = ["contributions"]\nbases = "bases"\n'


@pytest.fixture
def workspace(demo, tmp_path, run):
    """A workspace with one contribution; its two events lack what a release needs."""
    folder = demo({"events.csv": f"{HEADER}\nev-1,2023-05-26,KOR,talks,true,12,\n", "rules.yaml": RULES})
    file = folder / "datapackage.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), "rules": ["rules.yaml"]}), "utf-8")
    (tmp_path / "depositary.toml").write_text(WORKSPACE, encoding="utf-8")
    for name in ("contributions", "bases"):
        (tmp_path / name).mkdir()
    new = ("new", "contribution", "contributions/ann/talks", "--by", "ctr-ann", "--tables", "events")
    assert run(*new, "--license", "CC0-1.0", cwd=tmp_path).code == 0
    rows = "".join(f"ev-{day},2023-05-{day},KOR,talks,true,,\n" for day in (27, 28))
    (tmp_path / "contributions" / "ann" / "talks" / "events.csv").write_text(f"{HEADER}\n{rows}", encoding="utf-8")
    return tmp_path


def test_the_option_that_validate_names_shows_the_warnings_as_errors(run, workspace):
    order = ("validate", "contributions/ann/talks")
    done = run(*order, cwd=workspace)
    assert (done.code, "2 warnings are errors before a release. To see them as errors, add --release." in done.out) == (
        0,
        True,
    )
    again = run(*order, "--release", cwd=workspace)
    assert (again.code, "invalid: 2 errors" in again.out) == (1, True)
    assert "before a release" not in again.out


def test_the_command_that_a_merge_names_shows_the_warnings_as_errors(run, workspace):
    planned, done = (run("merge", *options, cwd=workspace) for options in (["--plan"], []))
    named = [
        re.search(r"2 warnings are errors before a release\. To see them: (.*)\n", one.out)[1]
        for one in (planned, done)
    ]
    assert named[0] == f"after the merge, {named[1]}"
    program, *order = shlex.split(named[1])
    assert program == "depositary"
    again = run(*order, cwd=workspace)
    assert (again.code, "invalid: 2 errors" in again.out) == (1, True)


def test_a_plan_without_a_folder_for_its_result_has_a_blank_for_it(run, workspace):
    done = run("merge", "demo", "contributions/ann/talks", "--plan", cwd=workspace)
    assert "To see them: after the merge, depositary validate FOLDER --release\n" in done.out


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_the_file_with_the_names_is_named_in_each_form(run, workspace, form):
    done = run("merge", "--names", "names.csv", "--format", form, cwd=workspace)
    assert "ids of all rows with local: names: 0, written to names.csv" in done.out
    assert (workspace / "names.csv").read_text("utf-8").count("\n") == 1


@pytest.mark.parametrize("verb", ["blame", "history"])
@pytest.mark.parametrize("folder", ["merged", "./merged", "demo"])
def test_the_folder_of_a_package_is_no_table(run, workspace, verb, folder):
    run("merge", cwd=workspace)
    done = run(verb, folder, "events", "ev-1", cwd=workspace)
    assert (done.code, done.out) == (2, "")
    assert f"depositary {verb} events ev-1 --package {folder}" in done.err


def test_history_is_about_a_whole_row(run, workspace):
    run("merge", cwd=workspace)
    done = run("history", "events", "ev-1", "guests", cwd=workspace)
    assert (done.code, done.out) == (2, "")
    named = done.err.strip().rpartition("depositary ")[2]
    assert run(*named.split(), cwd=workspace).code == 0
