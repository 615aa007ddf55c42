"""Living with conflicts in a workspace: merge, look, decide, merge again, take back."""

import re
import shlex
import shutil
from pathlib import Path

import pytest
from conftest import ROOT

from depositary.merging.conflicts.decisions import read_decisions

pytestmark = pytest.mark.usefixtures("shared_validation")

HEADER = "event_id,held,country,kind,open,guests,note"
WORKSPACE = 'package = "demo"\ncontributions = ["contributions"]\ndecisions = "decisions"\n'


@pytest.fixture
def workspace(demo, tmp_path) -> Path:
    """Lay two contributions beside the demonstration package that change one cell of one row in different ways."""
    demo({"events.csv": f"{HEADER}\nev-1,2023-05-26,KOR,talks,true,12,\n"})
    (tmp_path / "depositary.toml").write_text(WORKSPACE, encoding="utf-8")
    contribute(tmp_path, "mira", "event_id,guests\nev-1,13\n")
    contribute(tmp_path, "jonas", "event_id,guests,note\nev-1,14,late\n")
    return tmp_path


def contribute(workspace: Path, who: str, events: str) -> None:
    folder = workspace / "contributions" / who / "reading"
    folder.mkdir(parents=True)
    (folder / "events.csv").write_text(events, encoding="utf-8")
    manifest = f'contributor = "ctr-{who}"\nmode = "patch"\nrole = "coder"\nlicense = "CC-BY-4.0"\n'
    base = '[base]\npackage = "demo"\nversion = "1.0.0"\n'
    (folder / "contribution.toml").write_text(manifest + base, encoding="utf-8")


def status(run, workspace: Path) -> tuple[int, str]:
    done = run("status", cwd=workspace)
    assert done.err == ""
    return done.code, done.out


def decide(run, workspace: Path, *arguments: str) -> None:
    by = ("--reason", "r", "--as", "ctr-mira", "--on", "2026-11-01")
    done = run("resolve", next(iter(open_ids(run, workspace))), *arguments, *by, cwd=workspace)
    assert (done.code, done.err) == (0, "")


def open_ids(run, workspace: Path) -> list[str]:
    lines = run("conflicts", "--status", "open", cwd=workspace).out.splitlines()
    return [line.split()[0] for line in lines if line.startswith("cfl-")]


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_was_never_merged_is_new(run, workspace):
    code, out = status(run, workspace)
    assert code == 1
    assert out == (
        "package demo, merged into merged\n"
        "contributions: 2\n"
        "  jonas/reading: new\n"
        "  mira/reading: new\n"
        "conflicts: 1 open\n"
        "merged: does not exist yet; run depositary merge\n"
    )
    assert not (workspace / "merged").exists()


def test_what_comes_later_is_new_until_it_is_merged(run, workspace):
    run("merge", cwd=workspace)
    contribute(workspace, "wei", "event_id,held,country,kind,open,guests\nev-2,2023-06-01,KOR,talks,true,1\n")
    contribute(workspace, "zoe", "event_id,guests\nev-1,12\n")
    code, out = status(run, workspace)
    assert code == 1
    assert "  mira/reading: merged\n  wei/reading: new\n  zoe/reading: has nothing new\n" in out
    assert "merged: not up to date; depositary merge would change events.csv, provenance/rows.csv\n" in out
    run("merge", cwd=workspace)
    assert "merged: up to date\n" in status(run, workspace)[1]


def test_a_decision_settles_and_is_taken_back_byte_for_byte(run, workspace):
    run("merge", cwd=workspace)
    before = files(workspace / "merged")
    decide(run, workspace, "--take", "ctr-mira")
    assert "would change conflicts.csv, events.csv, provenance/cells.csv" in status(run, workspace)[1]
    assert run("merge", cwd=workspace).code == 0
    assert "ev-1,2023-05-26,KOR,talks,true,13,late\n" in (workspace / "merged" / "events.csv").read_text(
        encoding="utf-8"
    )
    assert status(run, workspace)[0] == 0
    undone = run("undo", read_decisions(workspace / "decisions").resolutions[0].conflict_id, cwd=workspace)
    assert "Removed from decisions/resolutions/ctr-mira.csv" in undone.out
    assert run("merge", cwd=workspace).code == 1
    assert files(workspace / "merged") == before


@pytest.mark.short(1)
@pytest.mark.parametrize(
    ("choice", "row"),
    [
        (("--take", "ctr-jonas"), "ev-1,2023-05-26,KOR,talks,true,14,late"),
        (("--keep-base",), "ev-1,2023-05-26,KOR,talks,true,12,late"),
        (("--value", "15"), "ev-1,2023-05-26,KOR,talks,true,15,late"),
    ],
)
def test_a_choice_is_what_is_published(run, workspace, choice, row):
    run("merge", cwd=workspace)
    decide(run, workspace, *choice)
    assert run("merge", cwd=workspace).code == 0
    assert row in (workspace / "merged" / "events.csv").read_text(encoding="utf-8").splitlines()


def test_a_decision_on_other_values_is_stale(run, workspace):
    run("merge", cwd=workspace)
    decide(run, workspace, "--take", "ctr-mira")
    contribute(workspace, "wei", "event_id,guests\nev-1,15\n")
    run("merge", cwd=workspace)
    code, out = status(run, workspace)
    name = read_decisions(workspace / "decisions").resolutions[0].conflict_id
    assert code == 1
    assert f"conflicts: 1 open, 1 decided for other values (stale)\n  stale: {name}, decided by ctr-mira\n" in out
    assert f"decide {name} again" in run("conflicts", cwd=workspace).out
    decide(run, workspace, "--take", "ctr-wei")
    run("merge", cwd=workspace)
    assert status(run, workspace)[0] == 0


def test_two_who_disagree_have_decided_nothing(run, workspace):
    run("merge", cwd=workspace)
    before = (workspace / "merged" / "events.csv").read_bytes()
    decide(run, workspace, "--take", "ctr-mira")
    by = ("--keep-base", "--reason", "r", "--as", "ctr-jonas")
    run("resolve", read_decisions(workspace / "decisions").resolutions[0].conflict_id, *by, cwd=workspace)
    run("merge", cwd=workspace)
    assert (workspace / "merged" / "events.csv").read_bytes() == before
    out = run("conflicts", "--kind", "decision", cwd=workspace).out
    assert "→ all deciders except one must take their decision back: depositary undo\n" in out
    done = run("resolve", out.split()[0], *by, cwd=workspace)
    assert "(decision.disagree) cannot be resolved: all deciders" in done.err
    assert run("undo", out.split()[0], "--as", "ctr-jonas", cwd=workspace).code == 0
    assert run("merge", cwd=workspace).code == 0


def test_a_decision_in_vain_is_shown_and_kept(run, workspace):
    run("merge", cwd=workspace)
    decide(run, workspace, "--take", "ctr-mira")
    for file in (workspace / "contributions" / "jonas" / "reading").iterdir():
        file.unlink()
    run("merge", cwd=workspace)
    assert "  unused: cfl-" in status(run, workspace)[1]
    assert len(read_decisions(workspace / "decisions").resolutions) == 1


def test_blame_tells_the_decision(run, workspace):
    run("merge", cwd=workspace)
    decide(run, workspace, "--take", "ctr-mira")
    run("merge", cwd=workspace)
    out = run("blame", "events", "ev-1", "guests", cwd=workspace).out
    assert "  guests: 13\n    accepted: ctr-mira, mira/reading\n      decided by ctr-mira (cfl-" in out
    assert "    rejected 14: ctr-jonas, jonas/reading\n" in out
    assert "    superseded 12: " in out


@pytest.mark.parametrize("command", [("status",), ("conflicts",), ("resolve", "cfl-x", "--keep-base", "--as", "ctr-x")])
def test_without_a_workspace_it_says_so(run, tmp_path, command):
    done = run(*command, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "there is no depositary.toml here or" in done.err


def test_before_the_first_merge_there_is_nothing_to_list(run, workspace):
    done = run("conflicts", cwd=workspace)
    assert (done.code, done.out) == (2, "")
    assert "nothing was merged yet. Run depositary merge." in done.err


SLIPS = [
    ('decisions = "decisons"', "this folder of decisions does not exist. Did you mean decisions?"),
    ('decisions = "answers"', "this folder of decisions does not exist"),
    ('decisions = "merged"', "this file is not read"),
    ('bases = "basis"', "this folder of bases does not exist. Did you mean bases?"),
    ('bases = "zzz"', "Make it, if there are no earlier packages yet. It is named by --bases, or by bases in"),
]


@pytest.mark.short(2)
@pytest.mark.parametrize("command", [("merge",), ("status",)])
@pytest.mark.parametrize(("line", "said"), SLIPS)
def test_a_slip_in_the_workspace_file_is_not_taken_for_nothing(run, workspace, command, line, said):
    run("merge", cwd=workspace)
    decide(run, workspace, "--keep-base")
    (workspace / "bases").mkdir()
    before = files(workspace / "merged")
    lines = f'package = "demo"\ncontributions = ["contributions"]\n{line}\n'
    (workspace / "depositary.toml").write_text(lines, encoding="utf-8")
    done = run(*command, cwd=workspace)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert files(workspace / "merged") == before


@pytest.mark.parametrize("option", ["--decisions", "--bases"])
def test_a_slip_in_an_option_is_not_taken_for_nothing(run, workspace, option):
    done = run("merge", option, "decisions", cwd=workspace)
    assert (done.code, done.out) == (2, "")
    assert "does not exist" in done.err


def test_decisions_are_not_written_where_a_slip_leads(run, workspace):
    run("merge", cwd=workspace)
    decide(run, workspace, "--keep-base")
    by = ("--keep-base", "--reason", "r", "--as", "ctr-mira", "--decisions", "decison")
    done = run("resolve", next(iter(open_ids(run, workspace))), *by, cwd=workspace)
    assert done.code == 2
    assert "Did you mean decisions?" in done.err
    assert not (workspace / "decison").exists()


PAGE = (ROOT / "docs" / "conflicts.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```console\n\$ depositary (.*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)


@pytest.mark.long
def test_the_page_on_conflicts_shows_what_happens(run, tmp_path):
    shutil.copytree(ROOT / "datapackage", tmp_path / "datapackage")
    for who in ("daniel", "mira"):
        shutil.copytree(ROOT / "examples" / "contributions" / who, tmp_path / "examples" / "contributions" / who)
    (workspace,) = re.findall(r"^```toml depositary.toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (tmp_path / "depositary.toml").write_text(workspace, encoding="utf-8")
    assert len(SHOWN) >= 10
    for command, printed in SHOWN:
        done = run(*shlex.split(command), cwd=tmp_path)
        shown = ".*".join(map(re.escape, re.split("…\n", printed)))
        assert re.fullmatch(shown, done.out + done.err, re.DOTALL), f"{command}\n{done.out}{done.err}"
