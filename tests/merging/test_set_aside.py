"""Contributions that are wrong wait; the others are merged, as if those that wait were not there."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import manifest_of

import depositary
from depositary.merging.merge import Merged

EVENTS = "event_id,held,country,kind,open,guests,note\nev-1,2023-05-26,KOR,talks,true,12,\n"
MIRA = {"events.csv": "event_id,guests\nev-1,13\n"}
PARENT = {"countries.csv": "code,label\nJPN,Japan\n"}
CHILD = {"events.csv": "event_id,held,country,kind,guests\nev-2,2023-06-01,JPN,talks,1\n"}
OTHER = manifest_of("demo", contributor="ctr-jonas")
WRONG: dict[str, tuple[Mapping[str, str], str]] = {
    "a value": ({"events.csv": "event_id,guests\nev-1,many\n"}, "it is not valid"),
    "a reference": ({"events.csv": "event_id,country\nev-1,XXX\n"}, "it is not valid"),
    "a key that is there twice": ({"events.csv": "event_id,guests\nev-1,1\nev-1,2\n"}, "it is not valid"),
    "keys that tidying makes one": ({"countries.csv": "code,label\né,x\ne\u0301,y\n"}, "it cannot be merged"),
    "nothing in it": ({}, "it is not valid"),
    "a workbook that is none": ({"events.xlsx": "PK"}, "it is not valid"),
    "bytes that are no text": ({"events.csv": "event_id,note\nev-1,\udcff\udcfe\n"}, "it is not valid"),
    "a manifest that is no TOML": ({"contribution.toml": "contributor ="}, "it cannot be opened"),
    "a manifest of a wrong kind": ({"contribution.toml": 'contributor = 7\nsupersedes = "x"\n'}, "it cannot be opened"),
    "another package": ({**MIRA, "contribution.toml": manifest_of("other")}, "it cannot be opened"),
    "a base that is not there": ({**MIRA, "contribution.toml": OTHER.replace("1.0.0", "9.0.0")}, "it cannot be opened"),
    "a base that is broken": (
        {**MIRA, "contribution.toml": OTHER.replace("1.0.0", "0.9.0")},
        "the package on which it is based cannot be read",
    ),
    "a file that is mapped and missing": (
        {"contribution.toml": OTHER + '[[files]]\npath = "x.csv"\ntable = "events"\n'},
        "it cannot be opened",
    ),
    "what it follows": (
        {**MIRA, "contribution.toml": 'follows = ["jonas/before"]\n' + OTHER},
        "it cannot be merged",
    ),
    "what it withdraws": (
        {**MIRA, "contribution.toml": 'supersedes = [{batch = "jonas/before", table = "events"}]\n' + OTHER},
        "it cannot be merged",
    ),
    "what it supersedes": (
        {**MIRA, "contribution.toml": 'supersedes = ["mira/reading"]\n' + OTHER},
        "it cannot be opened",
    ),
    "a key that would be dropped": (
        {"contribution.toml": OTHER + '[schema.events]\ndrop = ["event_id"]\n'},
        "it cannot be opened",
    ),
}


@pytest.fixture
def workspace(demo, tmp_path) -> Path:
    demo({"events.csv": EVENTS})
    lines = 'package = "demo"\ncontributions = ["contributions"]\ndecisions = "decisions"\nbases = "bases"\n'
    (tmp_path / "depositary.toml").write_text(lines, encoding="utf-8")
    broken = Path(shutil.copytree(tmp_path / "demo", tmp_path / "bases" / "broken"))
    described = json.loads((broken / "datapackage.json").read_text("utf-8")) | {"version": "0.9.0"}
    (broken / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
    (broken / "events.csv").write_text(EVENTS + "ev-1,,,,,,\n", encoding="utf-8")
    contribute(tmp_path, "mira/reading", MIRA)
    return tmp_path


def contribute(workspace: Path, batch: str, files: Mapping[str, str]) -> Path:
    folder = workspace / "contributions" / batch
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    manifest = manifest_of("demo", contributor=f"ctr-{batch.partition('/')[0]}")
    for name, text in {"contribution.toml": manifest, **files}.items():
        (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def merged(workspace: Path, *batches: str, output: str = "merged") -> Merged:
    paths = [workspace / "contributions" / batch for batch in batches]
    places = {"decisions": decided(workspace), "bases": workspace / "bases"}
    return depositary.merge(workspace / "demo", paths, workspace / output, set_aside=True, **places)


def decided(workspace: Path) -> Path | None:
    return workspace / "decisions" if (workspace / "decisions").exists() else None


def waiting(folder: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((folder / "datapackage.json").read_text("utf-8")).get("waiting", [])
    return found


@pytest.mark.short(3, long=5)
@pytest.mark.parametrize("kind", WRONG)
def test_one_that_is_wrong_does_not_hide_the_others(run, workspace, kind):
    files, why = WRONG[kind]
    contribute(workspace, "jonas/reading", files)
    shown = run("status", cwd=workspace)
    assert (shown.code, shown.err) == (1, "")
    assert f"  jonas/reading: waits: {why}\n    " in shown.out
    assert "  mira/reading: new\n" in shown.out
    refused = run("merge", cwd=workspace)
    assert refused.code == 2
    assert not (workspace / "merged").exists()
    done = run("merge", "--set-aside", cwd=workspace)
    assert (done.code, done.err) == (1, "")
    assert f"waiting, and not merged: 1\n  jonas/reading: {why}\n    " in done.out
    assert waiting(workspace / "merged") == [{"contribution": "jonas/reading", "why": why}]
    assert "ev-1,2023-05-26,KOR,talks,true,13," in (workspace / "merged" / "events.csv").read_text("utf-8")
    assert depositary.validate(workspace / "merged").valid


def test_a_merge_without_those_that_wait_is_as_if_they_were_not_there(run, workspace):
    contribute(workspace, "ines/first", WRONG["a value"][0])
    contribute(workspace, "jonas/reading", CHILD)
    contribute(workspace, "wei/first", WRONG["a manifest that is no TOML"][0])
    contribute(workspace, "zoe/first", PARENT)
    run("merge", "--set-aside", cwd=workspace)
    with_them = contents(workspace / "merged")
    run("merge", "--set-aside", cwd=workspace)
    assert contents(workspace / "merged") == with_them
    merged(workspace, "mira/reading", "jonas/reading", "zoe/first", output="without")
    without = contents(workspace / "without")
    assert with_them.pop("datapackage.json") != without.pop("datapackage.json")
    assert with_them == without


def test_all_that_are_wrong_are_named_at_once(run, workspace):
    contribute(workspace, "ines/first", WRONG["a value"][0])
    contribute(workspace, "jonas/reading", WRONG["a manifest that is no TOML"][0])
    contribute(workspace, "zoe/first", WRONG["a reference"][0])
    done = run("merge", cwd=workspace)
    assert done.code == 2
    assert all(f"{name}/" in done.err for name in ("ines", "jonas", "zoe"))
    assert "many" in done.out
    assert "XXX" in done.out
    assert "--set-aside" in done.err


def test_what_depends_on_one_that_waits_waits_too(workspace):
    contribute(workspace, "jonas/reading", CHILD)
    contribute(workspace, "zoe/first", {**PARENT, "events.csv": WRONG["a value"][0]["events.csv"]})
    found = merged(workspace, "mira/reading", "jonas/reading", "zoe/first")
    assert [(one.name, one.why) for one in found.waiting] == [
        ("jonas/reading", "it refers to rows of zoe/first, which waits"),
        ("zoe/first", "it is not valid"),
    ]
    assert [batch.name for batch in found.batches] == ["mira/reading"]


def test_what_may_depend_on_one_that_cannot_be_opened_waits_too(workspace):
    contribute(workspace, "jonas/reading", CHILD)
    contribute(workspace, "zoe/first", {**PARENT, "contribution.toml": "="})
    found = merged(workspace, "jonas/reading", "zoe/first")
    whys = [one.why for one in found.waiting]
    perhaps = "it refers to rows that do not exist, perhaps rows of zoe/first, which waits"
    assert whys == [perhaps, "it cannot be opened"]


def test_dependence_reaches_over_several(workspace):
    contribute(workspace, "ann/first", {**PARENT, "events.csv": "event_id,guests\nev-1,many\n"})
    linked = '[schema.countries]\nadd = [{name = "of", type = "string"}]\n'
    contribute(workspace, "ben/first", CHILD)
    contribute(
        workspace,
        "eve/first",
        {"contribution.toml": manifest_of("demo", contributor="ctr-eve") + linked, "countries.csv": "code,of\nKOR,x\n"},
    )
    found = merged(workspace, "ann/first", "ben/first", "eve/first", "mira/reading")
    assert [one.name for one in found.waiting] == ["ann/first", "ben/first"]
    assert [batch.name for batch in found.batches] == ["eve/first", "mira/reading"]


def test_what_a_waiting_one_supersedes_is_not_merged_in_its_place(workspace):
    supersedes = 'supersedes = ["mira/reading"]\n'
    again = supersedes + manifest_of("demo", contributor="ctr-mira")
    contribute(workspace, "mira/second", {"contribution.toml": again, "events.csv": "event_id,guests\nev-1,many\n"})
    found = merged(workspace, "mira/reading", "mira/second")
    assert [one.why for one in found.waiting] == ["mira/second, which supersedes it, waits", "it is not valid"]
    assert (workspace / "merged" / "events.csv").read_text("utf-8") == EVENTS


@pytest.mark.parametrize(
    "line",
    ['supersedes = [{batch = "mira/reading", table = "events", row = "ev-1"}]', 'supersedes = ["mira/reading"]'],
)
@pytest.mark.parametrize("wrong", [{"events.csv": "event_id,guests\nev-1,many\n"}, {"contribution.toml": "mode = 1\n"}])
def test_what_a_waiting_one_withdraws_in_part_waits_too(workspace, line, wrong):
    of_mira = manifest_of("demo", contributor="ctr-mira")
    files = {"contribution.toml": f"{line}\n{of_mira}", **MIRA}
    files |= {
        name: files["contribution.toml"].replace('mode = "patch"\n', text) if "toml" in name else text
        for name, text in wrong.items()
    }
    contribute(workspace, "mira/second", files)
    found = merged(workspace, "mira/reading", "mira/second")
    assert [one.name for one in found.waiting] == ["mira/reading", "mira/second"]


@pytest.mark.parametrize(
    "line",
    [
        'follows = ["mira/second"]',
        'supersedes = ["mira/second"]',
        'supersedes = [{batch = "mira/second", table = "events", row = "ev-1"}]',
    ],
)
def test_what_comes_after_one_that_waits_is_merged_and_keeps_its_order(workspace, line):
    of_mira = manifest_of("demo", contributor="ctr-mira")
    second = f'follows = ["mira/reading"]\n{of_mira}'
    contribute(workspace, "mira/second", {"contribution.toml": second, "events.csv": "event_id,guests\nev-1,many\n"})
    contribute(
        workspace, "mira/third", {"contribution.toml": f"{line}\n{of_mira}", "events.csv": "event_id,guests\nev-1,15\n"}
    )
    found = merged(workspace, "mira/reading", "mira/second", "mira/third")
    assert [one.name for one in found.waiting] == ["mira/second"]
    assert found.conflicts == ()
    assert ",15," in (workspace / "merged" / "events.csv").read_text("utf-8")


def test_a_stranger_cannot_make_others_wait(workspace):
    stranger = 'supersedes = ["mira/reading"]\n' + manifest_of("demo", contributor="ctr-eve")
    contribute(workspace, "eve/first", {"contribution.toml": stranger, "events.csv": "event_id,guests\nev-1,many\n"})
    found = merged(workspace, "mira/reading", "eve/first")
    assert [one.name for one in found.waiting] == ["eve/first"]


def test_two_of_one_name_both_wait(workspace):
    contribute(
        workspace, "deeper/mira/reading", {**MIRA, "contribution.toml": manifest_of("demo", contributor="ctr-mira")}
    )
    contribute(workspace, "zoe/first", PARENT)
    found = merged(workspace, "mira/reading", "deeper/mira/reading", "zoe/first")
    assert [one.name for one in found.waiting] == ["mira/reading", "mira/reading"]
    assert [batch.name for batch in found.batches] == ["zoe/first"]


def test_when_all_wait_the_package_stays_as_it_is(run, workspace):
    contribute(workspace, "mira/reading", WRONG["a value"][0])
    assert run("merge", "--set-aside", cwd=workspace).code == 1
    assert (workspace / "merged" / "events.csv").read_text("utf-8") == EVENTS


def test_a_folder_that_is_not_there_is_a_slip_and_does_not_wait(run, workspace):
    done = run("merge", "demo", "contributions/mira/raeding", "--set-aside", "--plan", cwd=workspace)
    assert done.code == 2


def test_decisions_on_what_waits_are_neither_unused_nor_stale(run, workspace):
    contribute(workspace, "jonas/reading", {"events.csv": "event_id,guests\nev-1,14\n"})
    run("merge", cwd=workspace)
    (conflict,) = (line.split()[0] for line in run("conflicts", cwd=workspace).out.splitlines() if "cfl-" in line[:4])
    decide = ("--take", "ctr-jonas", "--reason", "r", "--as", "ctr-mira", "--on", "2026-11-01")
    assert run("resolve", conflict, *decide, cwd=workspace).code == 0
    contribute(workspace, "jonas/reading", WRONG["a value"][0])
    done = run("merge", "--set-aside", cwd=workspace)
    assert f"as long as contributions wait:\n  {conflict} by ctr-mira\n" in done.out
    listed = run("conflicts", "--status", "all", cwd=workspace).out
    assert "decision.waits  open by ctr-mira" in listed
    assert "stale" not in listed
    assert "unused" not in listed
    assert (workspace / "merged" / "events.csv").read_text("utf-8") == EVENTS  # and not what was rejected
    contribute(workspace, "jonas/reading", {"events.csv": "event_id,guests\nev-1,14\n"})
    assert run("merge", cwd=workspace).code == 0
    assert ",14," in (workspace / "merged" / "events.csv").read_text("utf-8")
    assert waiting(workspace / "merged") == []


def test_merging_into_what_was_published_forgets_who_waited(run, workspace):
    contribute(workspace, "jonas/reading", WRONG["a value"][0])
    run("merge", "--set-aside", cwd=workspace)
    shutil.copytree(workspace / "merged", workspace / "published")
    run("merge", "published", "contributions/mira/reading", "--output-dir", "again", cwd=workspace)
    again = contents(workspace / "again")
    assert waiting(workspace / "again") == []
    run(
        "merge",
        "published",
        "contributions/mira/reading",
        "contributions/jonas/reading",
        "--output-dir",
        "merged",
        "--set-aside",
        cwd=workspace,
    )
    assert len(waiting(workspace / "merged")) == 1
    assert contents(workspace / "merged") == {
        **again,
        "datapackage.json": contents(workspace / "published")["datapackage.json"],
    }
