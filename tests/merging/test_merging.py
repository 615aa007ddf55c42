"""`depositary merge` as a curator runs it: the examples, what it writes, and what it refuses."""

import csv
import hashlib
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT, Ran, run_here

import depositary
from depositary.model.record_id import record_id

pytestmark = pytest.mark.usefixtures("shared_validation")

PAGE = (ROOT / "docs" / "merging.md").read_text(encoding="utf-8")
MIRA = "contributions/mira/dispatch-reading"
DANIEL = "contributions/daniel/second-reading"
BOTH = f"merge ../datapackage {MIRA} {DANIEL} --output-dir merged"


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """Give a copy of the examples, beside a copy of the package."""
    shutil.copytree(ROOT / "datapackage", tmp_path / "datapackage")
    kept = shutil.ignore_patterns("merged", ".*")
    return Path(shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=kept))


@dataclass(frozen=True)
class Done:
    """The examples, merged once for all tests that only look."""

    examples: Path
    printed: str
    package_changed: bool

    @property
    def folder(self) -> Path:
        return self.examples / "merged"


@pytest.fixture(scope="module")
def merged_by(tmp_path_factory) -> Callable[[str], Done]:
    """Merge the examples by a command, and keep what came of it."""

    @cache
    def merged(command: str) -> Done:
        top = tmp_path_factory.mktemp("merged")
        shutil.copytree(ROOT / "datapackage", top / "datapackage")
        shutil.copytree(ROOT / "examples", top / "examples", ignore=shutil.ignore_patterns("merged", ".*"))
        before = digest(top / "datapackage")
        printed = said(run_here(*shlex.split(command), cwd=top / "examples"))
        return Done(top / "examples", printed, digest(top / "datapackage") != before)

    return merged


@pytest.fixture
def done(merged_by) -> Done:
    return merged_by("merge")


def lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def digest(folder: Path) -> str:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return hashlib.sha256(b"".join(p.as_posix().encode() + p.read_bytes() for p in files)).hexdigest()


# The page, step by step


def shown() -> list[tuple[str, str]]:
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        parts = re.split(r"^\$ depositary ", block, flags=re.MULTILINE)[1:]
        found += [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]
    return found


DECIDED = "merge --decisions decided"


def test_the_page_on_merging_has_steps():
    assert len(shown()) >= 8


@pytest.mark.long
@pytest.mark.parametrize("begins", ["merge", DECIDED])
def test_the_page_on_merging_shows_what_happens(run, merged_by, tmp_path, begins):
    begun = merged_by(begins)
    examples = Path(shutil.copytree(begun.examples.parent, tmp_path / "top")) / "examples"
    middle = [command for command, _ in shown()].index(DECIDED)
    known = {begins: begun.printed}
    for command, expected in shown()[:middle] if begins == "merge" else shown()[middle:]:
        done = known.pop(command, "") or said(run(*shlex.split(command), cwd=examples))
        form = ".*".join(map(re.escape, re.split("…\n", expected)))
        assert re.fullmatch(form, done, re.DOTALL), f"{command}\n{done}"


def said(ran: Ran) -> str:
    return ran.out + ran.err


@pytest.mark.parametrize("name", ["depositary.toml", "decisions/judgements/ctr-rosa.csv"])
def test_the_files_on_the_page_are_those_of_the_examples(name):
    (block,) = re.findall(rf"^```[a-z]+ {name}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    text = (ROOT / "examples" / name).read_text(encoding="utf-8")
    assert block == "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


@pytest.mark.long
def test_the_examples_show_every_kind_of_conflict_that_a_user_meets(done):
    kinds = {line["kind"] for line in lines(done.folder / "conflicts.csv")}
    assert {kind if not kind.startswith("constraint.") else "constraint" for kind in kinds} == {
        *("cell.edit_edit", "cell.edit_erase", "cell.fill_fill", "cell.lowest", "cell.same_value", "cell.set_union"),
        *("row.add_add", "row.delete_edit", "row.delete_referenced", "row.key_reuse", "audit.kept"),
        *("schema.column_drop_edit", "schema.type_clash", "entity.merged_values", "constraint"),
    }


# What is written


@pytest.mark.long
def test_china_affirms_and_south_korea_is_silent_after_the_merge_as_well(merged_by):
    stances = {(s["party_id"], s["stance"]) for s in lines(merged_by(DECIDED).folder / "data" / "stances.csv")}
    assert ("act-cn-government", "affirms") in stances
    assert ("act-kr-government", "silent") in stances


def test_the_merged_package_is_as_valid_as_the_published_one_whatever_is_open(done):
    assert depositary.validate(done.folder).errors == 0


def test_the_published_package_stays_as_it_is(done):
    assert not done.package_changed


@pytest.mark.long
def test_the_order_in_which_contributions_are_named_changes_nothing(run, merged_by, examples):
    run("merge", "../datapackage", DANIEL, MIRA, DANIEL, "--output-dir", "merged", cwd=examples)
    assert same(merged_by(BOTH).folder, examples / "merged")


def same(one: Path, other: Path) -> bool:
    names = {p.relative_to(one) for p in one.rglob("*")}
    files = [name for name in names if (one / name).is_file()]
    known = names == {p.relative_to(other) for p in other.rglob("*")}
    return known and all((one / name).read_bytes() == (other / name).read_bytes() for name in files)


@pytest.mark.long
def test_hash_order_changes_nothing(merged_by, examples):
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"  # another one than here
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "depositary", *shlex.split(BOTH)]
    subprocess.run(command, cwd=examples, env=environment, check=False, capture_output=True)
    assert same(merged_by(BOTH).folder, examples / "merged")


def test_without_contributions_the_tables_are_the_published_ones(run, examples):
    done = run("merge", "../datapackage", "--output-dir", "out", cwd=examples)
    assert done.code == 0
    for file in (examples.parent / "datapackage" / "data").rglob("*.csv"):
        assert (examples / "out" / file.relative_to(examples.parent / "datapackage")).read_bytes() == file.read_bytes()


@pytest.mark.long
def test_a_merged_package_can_be_merged_into(run, examples):
    run("merge", "../datapackage", MIRA, "--output-dir", "first", cwd=examples)
    done = run("merge", "first", DANIEL, "--output-dir", "second", cwd=examples)
    assert done.code == 1
    cells = lines(examples / "second" / "provenance" / "cells.csv")
    assert {"mira/dispatch-reading", "daniel/second-reading"} <= {cell["batch"] for cell in cells}
    rows = lines(examples / "second" / "provenance" / "rows.csv")
    assert "mira/dispatch-reading" in {row["batch"] for row in rows}


def test_a_plan_writes_nothing(run, examples):
    before = sorted(examples.rglob("*"))
    assert run("merge", "../datapackage", MIRA, "--plan", cwd=examples).code == 0
    assert sorted(examples.rglob("*")) == before


def test_every_row_of_every_table_says_where_it_came_from(done):
    told = [
        row for row in lines(done.folder / "provenance" / "rows.csv") if row["batch"] and row["status"] == "present"
    ]
    package = depositary.open(done.folder)
    tables = [r for r in package if r.table.primary_key and r.name not in ("provenance_rows", "redirects")]
    assert len(tables) == 27
    for resource in tables:
        named = {row["row_id"] for row in told if row["table"] == resource.name}
        rows = lines(resource.file)
        assert {record_id(row[k] for k in resource.table.primary_key) for row in rows} == named


@pytest.mark.long
def test_a_batch_that_is_superseded_takes_no_part_and_is_kept(run, examples):
    second = examples / "contributions" / "mira" / "better-reading"
    shutil.copytree(examples / MIRA, second, ignore=shutil.ignore_patterns("[b-z]*.csv"))
    manifest = (second / "contribution.toml").read_text(encoding="utf-8")
    added = 'supersedes = ["mira/dispatch-reading"]\n[base]'
    (second / "contribution.toml").write_text(manifest.replace("[base]", added), encoding="utf-8")
    shutil.copy(examples / MIRA / "contributors.csv", second)
    done = run(
        "merge", "../datapackage", MIRA, "contributions/mira/better-reading", "--output-dir", "out", cwd=examples
    )
    assert "withdrawn" in done.out
    cells = lines(examples / "out" / "provenance" / "cells.csv")
    assert {c["status"] for c in cells if c["batch"] == "mira/dispatch-reading"} == {"superseded"}


# What is refused


def refused(run, examples: Path, *arguments: object) -> str:
    done = run("merge", *arguments, cwd=examples)
    assert done.code == 2, done.out + done.err
    assert not (examples / "out").exists()
    return str(done.out + done.err)


def to_out(*contributions: str) -> list[str]:
    return ["../datapackage", *contributions, "--output-dir", "out"]


def manifest(examples: Path, batch: str, old: str, new: str) -> None:
    file = examples / batch / "contribution.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_contribution_with_errors_is_refused_with_its_report(run, examples):
    said = refused(run, examples, *to_out(MIRA, "contributions/jonas/first-try"), "--bases", "bases")
    assert '"South Korea" is not a code in jurisdictions' in said
    assert "nothing was merged, because of errors in" in said


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: (data / "actors.csv").unlink(), "cannot be opened"),
        (lambda data: (data / "tenures.csv").write_bytes(b"tenure_id\xff\n"), "tenures"),
        (lambda data: twice(data / "actors.csv"), "actors row"),
        (lambda data: (data / "meetings.csv").write_text("meeting_id\nmtg-a\n"), "meetings"),
    ],
)
def test_a_published_package_whose_rows_cannot_be_told_is_refused(run, examples, spoil, said):
    spoil(examples.parent / "datapackage" / "data")
    told = refused(run, examples, *to_out(MIRA))
    assert said in told
    assert "before this is corrected" in told


def twice(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text + text.splitlines(keepends=True)[1], encoding="utf-8")


def test_an_unknown_column_is_refused(run, examples):
    file = examples / MIRA / "actors.csv"
    file.write_text("actor_id,colour\nact-apec,blue\n", encoding="utf-8")
    assert "colour" in refused(run, examples, *to_out(MIRA))


def test_a_base_that_is_found_nowhere_is_refused(run, examples):
    manifest(examples, MIRA, "[base]", f'[base]\nhash = "sha256:{"0" * 64}"')
    said = refused(run, examples, *to_out(MIRA), "--bases", "bases")
    assert "0000" in said
    assert "Found:" in said


def test_a_circle_of_batches_that_supersede_each_other_is_refused(run, examples):
    shutil.copytree(examples / MIRA, examples / "contributions" / "mira" / "second")
    manifest(examples, MIRA, "[base]", 'supersedes = ["mira/second"]\n[base]')
    manifest(examples, "contributions/mira/second", "[base]", 'supersedes = ["mira/dispatch-reading"]\n[base]')
    assert "supersedes itself" in refused(run, examples, *to_out(MIRA, "contributions/mira/second"))


def test_to_supersede_somebody_else_is_refused(run, examples):
    manifest(examples, DANIEL, "[base]", 'supersedes = ["mira/dispatch-reading"]\n[base]')
    assert "from another contributor" in refused(run, examples, *to_out(MIRA, DANIEL))


def test_two_batches_of_one_name_are_refused(run, examples):
    shutil.copytree(examples / "contributions" / "mira", examples / "more" / "mira")
    assert "Rename one of the folders" in refused(run, examples, *to_out(MIRA, "more/mira/dispatch-reading"))


@pytest.mark.long
def test_decisions_of_somebody_unknown_hold_and_are_told(run, examples):
    judgements = examples / "decisions" / "judgements"
    text = (judgements / "ctr-rosa.csv").read_text(encoding="utf-8").replace("ctr-rosa", "ctr-nobody")
    (judgements / "ctr-nobody.csv").write_text(text, encoding="utf-8")
    done = run("merge", *to_out(MIRA), "--decisions", "decisions", cwd=examples)
    assert done.code != 2
    assert "warning: these deciders are not known as contributors: ctr-nobody, ctr-rosa\n" in done.out


def test_a_key_that_two_rows_of_one_file_have_is_refused_with_both_rows(run, examples):
    file = examples / MIRA / "actors.csv"
    file.write_text(
        "actor_id,aliases\nact-cn-commerce-ministry,MOFCOM\nact-cn-commerce-ministry,the ministry\n", encoding="utf-8"
    )
    said = refused(run, examples, *to_out(MIRA))
    assert "row 3" in said
    assert "position 2" in said or "row 2" in said


def test_the_published_package_is_no_place_for_the_output(run, examples):
    done = run("merge", "../datapackage", MIRA, "--output-dir", "../datapackage", cwd=examples)
    assert done.code == 2
    assert "never changes it" in done.err


def test_a_folder_of_other_things_is_no_place_for_the_output(run, examples):
    (examples / "out").mkdir()
    (examples / "out" / "thesis.docx").write_text("years of work", encoding="utf-8")
    done = run("merge", *to_out(MIRA), cwd=examples)
    assert done.code == 2
    assert (examples / "out" / "thesis.docx").read_text(encoding="utf-8") == "years of work"


def test_without_a_workspace_one_is_told_what_to_name(run, tmp_path):
    done = run("merge", cwd=tmp_path)
    assert done.code == 2
    assert "there is no depositary.toml here or above" in done.err


@pytest.mark.long
def test_rows_that_refer_to_each_other_in_a_circle_merge_or_are_refused_by_a_rule(run, examples):
    file = examples / MIRA / "actors.csv"
    row = ",public_body,{name},KOR,{part},src-reuters-dispatch,ctr-mira,2026-11-22,draft\n"
    head = "actor_id,kind,name,jurisdiction,part_of_actor_id,source_id,contributor_id,recorded_on,record_status\n"
    circle = "local:a" + row.format(name="A", part="local:b") + "local:b" + row.format(name="B", part="local:a")
    file.write_text(head + circle, encoding="utf-8")
    done = run("merge", *to_out(MIRA), cwd=examples)
    assert done.code in (0, 1), done.err
    assert depositary.validate(examples / "out").errors == 0


# Killed at any moment


@pytest.mark.long
@pytest.mark.parametrize(
    "times", [2, pytest.param(5, marks=pytest.mark.soak), pytest.param(50, marks=pytest.mark.soak)]
)
def test_a_merge_that_is_killed_leaves_the_old_package_or_the_new_one(examples, times):
    base = [sys.executable, "-m", "depositary", "merge", "../datapackage"]
    quiet = {"cwd": examples, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*base, "--output-dir", "out"], check=False, **quiet)
    whole = {digest(examples / "out")}
    start = time.monotonic()
    subprocess.run([*base, MIRA, "--output-dir", "out"], check=False, **quiet)
    lasts = time.monotonic() - start
    whole.add(digest(examples / "out"))
    assert len(whole) == 2
    moments = random.Random(5)  # noqa: S311 (moments, not secrets)
    for attempt in range(times):
        contributions = [] if attempt % 2 else [MIRA]
        process = subprocess.Popen([*base, *contributions, "--output-dir", "out"], **quiet)
        time.sleep(lasts * moments.uniform(0.2, 1.1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert digest(examples / "out") in whole
