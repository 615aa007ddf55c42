"""`depositary adopt`: contribution, merge, next base, round after round, without surprise."""

import json
import shutil
from pathlib import Path

import pytest

import depositary
from depositary.merging.adopt import adopt
from depositary.read.workspace import find_workspace

HEADER = "event_id,held,country,kind,open,guests,note"
WORKSPACE = 'package = "demo"\ncontributions = ["contributions"]\nbases = "bases"\n'


@pytest.fixture
def workspace(demo, tmp_path) -> Path:
    demo({"events.csv": f"{HEADER}\nev-1,2023-05-26,KOR,talks,true,12,\n"})
    (tmp_path / "depositary.toml").write_text(WORKSPACE, encoding="utf-8")
    for name in ("contributions", "bases"):
        (tmp_path / name).mkdir()
    return tmp_path


def contribute(workspace: Path, run, name: str, events: str, who: str = "mira") -> Path:
    folder = workspace / "contributions" / who / name
    done = run(
        *("new", "contribution", folder, "--by", f"ctr-{who}", "--tables", "events", "--license", "CC-BY-4.0"),
        *("--name", who.title()),
        cwd=workspace,
    )
    assert done.code == 0, done.err
    (folder / "events.csv").write_text(events, encoding="utf-8")
    return folder


def round_of(run, workspace: Path) -> None:
    for verb in ("merge", "adopt"):
        done = run(verb, cwd=workspace)
        assert (done.code, done.err) == (0, ""), done.out


def tables(package: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in package.rglob("*.csv")}


def test_three_rounds_add_each_contribution_once(run, workspace):
    for at in range(2, 5):
        contribute(workspace, run, f"part-{at}", f"event_id,held,country,kind\nev-{at},2023-05-2{at},KOR,talks\n")
        round_of(run, workspace)
    events = depositary.load(workspace / "demo", "events", as_="polars")
    assert sorted(events["event_id"]) == ["ev-1", "ev-2", "ev-3", "ev-4"]
    assert len([*(workspace / "bases").iterdir()]) == 3


def test_after_a_round_nothing_is_new_stale_or_doubtful(run, workspace):
    contribute(workspace, run, "part", "event_id,guests\nev-1,13\n")
    before = run("validate", cwd=workspace).out
    round_of(run, workspace)
    status = run("status", cwd=workspace)
    assert (status.code, "mira/part: merged" in status.out) == (0, True)
    assert "base-version" not in run("validate", cwd=workspace).out + before
    after = tables(workspace / "demo")
    round_of(run, workspace)
    assert tables(workspace / "demo") == after


def test_a_merged_contribution_may_be_corrected_or_removed_later(run, workspace):
    folder = contribute(workspace, run, "part", "event_id,guests\nev-1,13\n")
    round_of(run, workspace)
    shutil.rmtree(folder)
    contribute(workspace, run, "next", "event_id,guests\nev-1,14\n")
    round_of(run, workspace)
    assert depositary.load(workspace / "demo", "events", as_="polars")["guests"].to_list() == [14]


def test_the_package_before_is_kept_as_it_was(run, workspace):
    before = tables(workspace / "demo")
    contribute(workspace, run, "part", "event_id,guests\nev-1,13\n")
    round_of(run, workspace)
    assert tables(workspace / "bases" / "1.0.0") == before


def test_an_interrupted_run_is_finished_by_the_next(run, workspace):
    contribute(workspace, run, "part", "event_id,guests\nev-1,13\n")
    run("merge", cwd=workspace)
    shutil.copytree(workspace / "demo", workspace / "bases" / "1.0.0")
    assert run("adopt", cwd=workspace).code == 0
    assert [one.name for one in (workspace / "bases").iterdir()] == ["1.0.0"]


def test_another_package_of_that_name_among_the_bases_is_kept(run, workspace):
    shutil.copytree(workspace / "demo", workspace / "bases" / "1.0.0")
    (workspace / "bases" / "1.0.0" / "events.csv").write_text(f"{HEADER}\n", encoding="utf-8")
    contribute(workspace, run, "part", "event_id,guests\nev-1,13\n")
    round_of(run, workspace)
    assert len([*(workspace / "bases").iterdir()]) == 2
    assert (workspace / "bases" / "1.0.0" / "events.csv").read_text(encoding="utf-8") == f"{HEADER}\n"


def test_open_conflicts_stay_open_over_rounds(run, workspace):
    contribute(workspace, run, "part", "event_id,guests\nev-1,13\n")
    contribute(workspace, run, "part", "event_id,guests\nev-1,14\n", who="jonas")
    assert run("merge", cwd=workspace).code == 1
    first = run("conflicts", cwd=workspace).out
    done = run("adopt", cwd=workspace)
    assert "1 conflict stays open" in done.out
    run("merge", cwd=workspace)
    assert run("conflicts", cwd=workspace).out == first


def test_what_is_not_merged_or_not_up_to_date_is_refused(run, workspace):
    done = run("adopt", cwd=workspace)
    assert (done.code, "nothing was merged yet. Run depositary merge" in done.err) == (2, True)
    run("merge", cwd=workspace)
    assert "nothing changes" in run("adopt", cwd=workspace).out or (workspace / "bases").is_dir()
    contribute(workspace, run, "part", "event_id,guests\nev-1,13\n")
    done = run("adopt", cwd=workspace)
    assert (done.code, "not up to date" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('package = "demo"\ncontributions = ["contributions"]\n', 'Write bases = "bases"'),
        ('package = "demo"\ncontributions = ["contributions"]\nbases = "demo/bases"\n', "a folder of its own"),
        (
            'package = "demo"\ncontributions = ["contributions"]\nbases = "b"\noutput = "demo/m"\n',
            "a folder of its own",
        ),
    ],
)
def test_a_workspace_without_a_place_for_the_earlier_package_is_refused(run, workspace, toml, words):
    (workspace / "depositary.toml").write_text(toml, encoding="utf-8")
    done = run("adopt", cwd=workspace)
    assert (done.code, words in done.err) == (2, True)


def test_merge_says_how_it_goes_on(run, workspace):
    contribute(workspace, run, "part", "event_id,guests\nev-1,13\n")
    assert run("merge", cwd=workspace).out.endswith("looked at it: depositary adopt\n")
    assert "adopt" not in run("merge", "--plan", cwd=workspace).out


def test_the_version_and_other_entries_are_those_of_the_merged_package(run, workspace):
    contribute(workspace, run, "part", "event_id,guests\nev-1,13\n")
    run("merge", cwd=workspace)
    adopt(find_workspace(workspace))
    ours, merged = (json.loads((workspace / one / "datapackage.json").read_text()) for one in ("demo", "merged"))
    assert ours == merged
