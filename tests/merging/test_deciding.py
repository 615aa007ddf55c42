"""What `depositary resolve` accepts, the next merge applies; what it cannot apply is refused, with the reason."""

import contextlib
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from conftest import manifest_of
from merge_cases import VALUES, Kinds, random_case
from merge_files import publish, shipped
from plain_merge import Contribution
from test_merge_validity import package, put, random_place

from depositary.errors import DepositaryError, UsageError
from depositary.merging.claims.agreement import outcome
from depositary.merging.conflicts.conflicts_file import full_id
from depositary.merging.conflicts.decisions import add_resolutions, read_decisions
from depositary.merging.conflicts.remedies import named_sides
from depositary.merging.conflicts.resolve import ConflictList, Decider, ResolutionRequest
from depositary.merging.merge import merge
from depositary.merging.settle import settle
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.decision import Choice, Resolution
from depositary.read.workspace import find_workspace
from depositary.write.disk import in_turn

WORKSPACE = 'package = "current"\ncontributions = ["contributions"]\ndecisions = "decisions"\nbases = "bases"\n'
pytestmark = pytest.mark.usefixtures("shared_validation")

ZOE = Decider("ctr-zoe", "2026-11-01")
TRIED = 4  # decisions on one case, in every run


def cases(seed: int, folder: Path) -> None:
    shipped(random_case(seed, Kinds(links=True, changes=True)), folder)


def rules(seed: int, folder: Path) -> None:
    valid = random_place(seed, folder).contributions
    for manifest in folder.glob("contributions/*/*/contribution.toml"):
        if manifest.parent not in valid:
            shutil.rmtree(manifest.parent)
    (folder / "bases").mkdir()
    (folder / "decisions").mkdir()


def wishes(conflict: Conflict) -> Iterator[ResolutionRequest]:
    whole = {f"{side.contributor}:{side.batch}" for side in conflict.sides}
    for name in sorted({*named_sides(conflict), *whole, *(side.contributor for side in conflict.sides)}):
        yield ResolutionRequest(Choice.TAKE, take_from=name, reason="so")
    yield ResolutionRequest(Choice.BASE, reason="so")
    for value in (*VALUES.get(conflict.field, ("open", "other", "1", "3", "x")), r"\N"):
        yield ResolutionRequest(Choice.VALUE, value=value, reason="so")


def merged_in(folder: Path, decisions: Path) -> tuple[Conflict, ...]:
    """Merge what is in a workspace with decisions that may be elsewhere, and give the conflicts."""
    workspace = find_workspace(folder)
    assert workspace is not None
    places = {"bases": workspace.bases, "decisions": decisions, "output_dir": folder / "merged"}
    return merge(workspace.package, workspace.contributions, **places).conflicts


def is_applied(found: Sequence[Conflict], conflict: Conflict, before: Sequence[Conflict]) -> bool:
    """Return whether a decision holds; it may wait for what else is wrong with its row, and was before."""
    (listed,) = [c for c in found if c.conflict_id == conflict.conflict_id]
    open_ones = ({c.conflict_id for c in of if c.status is Status.OPEN and not c.decided_by} for of in (before, found))
    waits_for = set.intersection(*open_ones) & {c.conflict_id for c in found if c.row_id == conflict.row_id}
    is_settled = listed.status is Status.RESOLVED or (listed.status is Status.OPEN and bool(waits_for))
    return is_settled and listed.decided_by == "ctr-zoe"


@pytest.mark.short(1, long=1)
@pytest.mark.parametrize("is_away", [False, True], ids=["in a workspace", "outside"])
@pytest.mark.parametrize(
    "case",
    [
        (cases, 1, TRIED),
        (rules, 29, TRIED),
        *(
            pytest.param((kind, seed, TRIED), marks=pytest.mark.soak)
            for kind, seed in ((cases, 2), (rules, 8), (rules, 11))
        ),
        *(pytest.param((kind, seed, 40), marks=pytest.mark.soak) for kind in (cases, rules) for seed in range(60)),
    ],
)
def test_what_is_accepted_is_applied(tmp_path, monkeypatch, case, is_away):
    kind, seed, count = case
    kind(seed, tmp_path)
    (tmp_path / "depositary.toml").write_text(WORKSPACE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    decisions = tmp_path / "decisions"
    before = merged_in(tmp_path, decisions)
    package = tmp_path / "merged"
    if is_away:
        package = Path(shutil.copytree(package, tmp_path / "away" / "merged"))
        decisions = Path(shutil.copytree(decisions, tmp_path / "away" / "decisions"))
    asked = [(c, wish) for c in ConflictList.open(package).conflicts for wish in wishes(c)]
    for conflict, wish in random.Random(seed).sample(asked, min(count, len(asked))):  # noqa: S311 (not for secrets)
        shutil.rmtree(decisions / "resolutions", ignore_errors=True)
        try:
            settle(package, decisions, conflict.conflict_id, wish, ZOE)
        except DepositaryError:
            assert not list((decisions / "resolutions").rglob("*.csv"))
            continue
        assert is_applied(merged_in(tmp_path, decisions), conflict, before), (conflict, wish)


EVENTS = "event_id,held,country,kind,open,guests,note\nev-1,2023-05-26,KOR,talks,true,12,\n"


@pytest.fixture
def workspace(demo, tmp_path) -> Path:
    """Lay contributions beside the demonstration package that disagree on a cell, and merge them."""
    demo({"events.csv": EVENTS})
    (tmp_path / "depositary.toml").write_text(WORKSPACE.replace("current", "demo"), encoding="utf-8")
    (tmp_path / "bases").mkdir()
    for who, cells in (("jonas", "14,x1"), ("mira", "13,x2")):
        contribute(tmp_path, who, f"event_id,guests,note\nev-1,{cells}\n")
    merged(tmp_path)
    return tmp_path


def contribute(workspace: Path, who: str, events: str) -> Path:
    folder = workspace / "contributions" / who / "reading"
    folder.mkdir(parents=True)
    (folder / "events.csv").write_text(events, encoding="utf-8")
    (folder / "contribution.toml").write_text(manifest_of("demo", contributor=f"ctr-{who}"), encoding="utf-8")
    return folder


def merged(folder: Path, *left_out: str) -> dict[str, Conflict]:
    """Merge what is in a workspace, and give the conflicts by column."""
    workspace = find_workspace(folder)
    assert workspace is not None
    paths = [path for path in workspace.contributions if path.parent.name not in left_out]
    decisions = workspace.decisions if workspace.decisions and workspace.decisions.exists() else None
    places = {"bases": workspace.bases, "decisions": decisions}
    conflicts = merge(workspace.package, paths, output_dir=workspace.output, **places).conflicts
    return {c.field: c for c in conflicts if not c.kind.startswith("decision.")}


def decide(run, workspace: Path, field: str, *choice: str, who: str = "ctr-mira") -> str:
    place = merged(workspace)[field].conflict_id
    done = run("resolve", place, *choice, "--reason", "r", "--as", who, "--on", "2026-11-01", cwd=workspace)
    assert (done.code, done.err) == (0, "")
    return str(done.out)


@pytest.mark.short(1)
@pytest.mark.parametrize("second", [("--value", "12"), ("--value", "+12"), ("--value", "12.0")])
def test_who_keeps_the_base_agrees_with_who_writes_the_same_value(run, workspace, second):
    decide(run, workspace, "guests", "--keep-base")
    place = merged(workspace)["guests"].conflict_id
    by = ("--reason", "r", "--as", "ctr-jonas", "--on", "2026-11-01")
    done = run("resolve", place, *second, *by, cwd=workspace)
    if done.code == 0:
        assert "otherwise" not in done.out
        assert merged(workspace)["guests"].decided_by == "ctr-jonas, ctr-mira"


def test_who_decides_otherwise_is_told_so_and_the_merge_says_the_same(run, workspace):
    decide(run, workspace, "guests", "--take", "ctr-mira")
    assert "otherwise" not in decide(run, workspace, "guests", "--value", "13", who="ctr-jonas")
    assert merged(workspace)["guests"].status is Status.RESOLVED
    assert "ctr-mira has decided" in decide(run, workspace, "guests", "--keep-base", who="ctr-jonas")
    assert merged(workspace)["guests"].status is Status.OPEN


def line_of(choice: Choice, value: str) -> Resolution:
    names = dict.fromkeys(Resolution.__dataclass_fields__, "")
    return Resolution(**{**names, "choice": choice, "value": value, "conflict_id": "c"})  # type: ignore[arg-type]


def test_keeping_a_row_that_is_wrong_is_not_to_erase_its_cell():
    conflict = Conflict("c", "constraint.X", Status.OPEN, "t", "x", "a", (Side("ctr-ann", "ann/b1", "a=1"),))
    keep, erase = line_of(Choice.BASE, ""), line_of(Choice.VALUE, "")
    assert outcome(conflict, keep, None) != outcome(conflict, erase, None)


def test_one_who_ever_decided_can_be_left_out(run, workspace):
    contribute(workspace, "zoe", "event_id,note\nev-1,x1\n")
    merged(workspace)
    decide(run, workspace, "guests", "--take", "ctr-mira", who="ctr-zoe")
    done = run(
        "merge",
        "demo",
        *(f"contributions/{who}/reading" for who in ("jonas", "mira")),
        "--decisions",
        "decisions",
        "--output-dir",
        "without",
        cwd=workspace,
    )
    assert (done.code, done.err) == (1, "")
    assert "warning: these deciders are not known as contributors: ctr-zoe" in done.out
    assert merged(workspace, "zoe")["guests"].status is Status.RESOLVED
    assert ",13," in (workspace / "merged" / "events.csv").read_text("utf-8")


@pytest.mark.long
def test_a_decision_that_was_published_stays_when_it_is_taken_back_and_can_be_changed(run, workspace):
    decide(run, workspace, "guests", "--take", "ctr-mira")
    conflict = merged(workspace)["guests"].conflict_id
    publish(workspace / "merged", workspace / "next", "1.0.0")
    shutil.rmtree(workspace / "demo")
    (workspace / "next").rename(workspace / "demo")
    merged(workspace)
    undone = run("undo", conflict, cwd=workspace)
    assert undone.code == 0
    assert "already published and stays; to change it, contribute the other value" in undone.out
    merged(workspace)
    assert ",13," in (workspace / "merged" / "events.csv").read_text("utf-8")
    by = ("--reason", "r", "--as", "ctr-mira")
    done = run("resolve", conflict, "--take", "ctr-jonas", *by, cwd=workspace)
    assert (done.code, done.err) == (0, "")
    merged(workspace)
    assert ",13," not in (workspace / "merged" / "events.csv").read_text("utf-8")


def test_what_was_changed_since_the_merge_is_not_decided(run, workspace):
    conflict = merged(workspace)["guests"].conflict_id
    contribute(workspace, "zoe", "event_id,guests\nev-1,15\n")
    by = ("--reason", "r", "--as", "ctr-mira")
    done = run("resolve", conflict, "--take", "ctr-jonas", *by, cwd=workspace)
    assert done.code == 2
    assert "the values in conflict have changed; run depositary merge" in done.err
    assert not (workspace / "decisions").exists()


def test_a_beginning_of_an_id_that_is_unique_is_enough(run, workspace):
    one, other = (c.conflict_id for c in ConflictList.open(workspace / "merged").conflicts)
    shortest = next(one[:n] for n in range(5, 17) if one[:n] != other[:n])
    by = ("--keep-base", "--reason", "r", "--as", "ctr-mira")
    for wanted in (shortest, shortest.removeprefix("cfl-")):
        done = run("resolve", wanted, *by, cwd=workspace)
        assert (done.code, done.err, done.out[: len(one)]) == (0, "", one)


@pytest.mark.parametrize("wanted", ["cfl-", "cfl", ""])
def test_a_beginning_that_all_ids_have_names_none(run, workspace, wanted):
    done = run("resolve", wanted, "--keep-base", "--reason", "r", "--as", "ctr-mira", cwd=workspace)
    assert (done.code, done.out) == (2, "")


def test_it_is_said_how_long_a_beginning_has_to_be():
    with pytest.raises(UsageError, match=r"ids begin with .cfl-7.: cfl-7aaa, cfl-7abb\. Write at least 7 characters"):
        full_id({"cfl-7aaa", "cfl-7abb", "cfl-8"}, "cfl-7")


# The order of what is merged

MINE = "contributions/mira/reading"
RIGHT = f"the published package goes first: depositary merge demo {MINE} --output-dir merged"


@pytest.mark.parametrize("named", [(MINE,), (MINE, "demo"), (MINE, "demo", "--output-dir", "x"), (f"{MINE}/",)])
def test_a_contribution_in_the_place_of_the_package_is_named_with_the_command_that_is_meant(run, workspace, named):
    done = run("merge", *named, cwd=workspace)
    assert (done.code, done.out) == (2, "")
    assert f"depositary: {MINE}: this is a contribution; {RIGHT}\n" == done.err


def test_a_package_in_the_place_of_a_contribution_is_named(run, workspace):
    done = run("merge", "demo", "merged", "--plan", cwd=workspace)
    assert (done.code, done.out) == (2, "")
    assert "merged: this is a package, not a contribution" in done.err


# Without a workspace

PAPERS = {
    "people": [("k", "person", "x@x.org", "", ""), ("l", "person", "y@x.org", "", "")],
    "papers": [("a", "open", "")],
}


def away(folder: Path, current: dict[str, list[tuple[str, ...]]], *made: Contribution) -> ConflictList:
    """Merge outside of a workspace."""
    place = put(folder, package(*current.items()), made)
    place.merged()
    return ConflictList.open(place.output)


def decide_away(bench: ConflictList, kind: str, wish: ResolutionRequest) -> None:
    conflict = next(c for c in bench.conflicts if c.kind == kind)
    decisions = bench.package.directory.parent / "decisions"
    settle(bench.package.directory, decisions, conflict.conflict_id, wish, ZOE)


def test_a_row_that_others_refer_to_is_not_deleted(tmp_path):
    ann = Contribution("ctr-ann", "ann/first", deletes=[("people", ("k",), "double", "")])
    ben = Contribution("ctr-ben", "ben/first", rows={"people": [{"person_id": "k", "mail": "z@x.org"}]})
    bench = away(tmp_path, {**PAPERS, "authorships": [("a", "k", "")]}, ann, ben)
    with pytest.raises(UsageError, match=r"authorships a\|k refers to the row"):
        decide_away(bench, "row.delete_edit", ResolutionRequest(Choice.TAKE, take_from="ctr-ann", reason="so"))
    decide_away(bench, "row.delete_edit", ResolutionRequest(Choice.TAKE, take_from="ctr-ben", reason="so"))


def test_a_value_that_another_row_has_is_refused_where_it_has_to_be_unique(tmp_path):
    mails = {who: {"people": [{"person_id": "k", "mail": f"{who}@x.org"}]} for who in ("ann", "ben")}
    made = [Contribution(f"ctr-{who}", f"{who}/first", rows=rows) for who, rows in mails.items()]
    bench = away(tmp_path, PAPERS, *made)
    with pytest.raises(UsageError, match=r"another row already has y@x\.org in mail"):
        decide_away(bench, "cell.edit_edit", ResolutionRequest(Choice.VALUE, value="y@x.org", reason="so"))
    decide_away(bench, "cell.edit_edit", ResolutionRequest(Choice.VALUE, value="q@x.org", reason="so"))


def test_a_value_for_a_row_that_is_wrong_is_tried_on_the_merged_package(tmp_path):
    said = {"ben": {"person_id": "k", "mail": "q"}, "eve": {"person_id": "k", "kind": "group"}}
    made = [Contribution(f"ctr-{who}", f"{who}/first", rows={"people": [row]}) for who, row in said.items()]
    bench = away(tmp_path, {"people": [("k", "person", "", "", "")]}, *made)
    with pytest.raises(UsageError, match=r"a group with a mail; .*without a workspace, only the merged"):
        decide_away(bench, "constraint.X4", ResolutionRequest(Choice.VALUE, value="crowd", reason="so"))
    decide_away(bench, "constraint.X4", ResolutionRequest(Choice.VALUE, value="person", reason="so"))


def test_what_merged_by_itself_is_overridden_in_the_workspace_only(tmp_path):
    said = {"ann": "1", "ben": "01"}
    rows = {who: {"people": [{"person_id": "k", "floor": floor}]} for who, floor in said.items()}
    made = [Contribution(f"ctr-{who}", f"{who}/first", rows=of) for who, of in rows.items()]
    bench = away(tmp_path, {"people": [("k", "person", "", "", "")]}, *made)
    with pytest.raises(UsageError, match=r"it is not certain that the next merge would apply this; without"):
        decide_away(bench, "cell.same_value", ResolutionRequest(Choice.VALUE, value="2", reason="so"))


def test_the_workspace_is_found_around_the_merged_package_as_well(run, workspace):
    conflict = merged(workspace)["guests"].conflict_id
    contribute(workspace, "zoe", "event_id,guests\nev-1,15\n")
    where = ("--package", workspace / "merged", "--decisions", workspace / "decisions")
    by = ("--take", "ctr-jonas", "--reason", "r", "--as", "ctr-mira")
    done = run("resolve", conflict, *by, *where, cwd=workspace.parent)
    assert (done.code, done.out) == (2, "")
    assert "the values in conflict have changed; run depositary merge" in done.err


# Several at once


@contextlib.contextmanager
def started(folder: Path, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "depositary", *map(str, arguments)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        yield process


def resolution(bench: ConflictList, conflict: Conflict) -> Resolution:
    return bench.resolution(
        conflict.conflict_id, ResolutionRequest(Choice.BASE, reason="r"), Decider("ctr-mira", "2026-11-01")
    )


@pytest.mark.long
def test_two_who_decide_at_once_lose_no_line(workspace):
    bench, decisions = ConflictList.open(workspace / "merged"), workspace / "decisions"
    mine, other = (c for c in bench.conflicts if c.status is Status.OPEN)
    add_resolutions(decisions, [])
    file = decisions / "resolutions" / "ctr-mira.csv"
    file.parent.mkdir(parents=True)
    arguments = ("resolve", other.conflict_id, "--keep-base", "--reason", "r", "--as", "ctr-mira")
    place = ("--package", workspace / "merged", "--decisions", decisions)
    with started(workspace.parent, *arguments, *place) as process:
        with in_turn(file), contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(6)  # it cannot end as long as the file is held
        assert process.poll() is None or process.returncode == 0
        add_resolutions(decisions, [resolution(bench, mine)])
        assert process.wait(60) == 0
    assert {line.conflict_id for line in read_decisions(decisions).resolutions} == {mine.conflict_id, other.conflict_id}


@pytest.mark.long
def test_many_who_decide_and_take_back_at_once_lose_no_line(workspace):
    bench, decisions = ConflictList.open(workspace / "merged"), workspace / "decisions"
    mine, other = (c for c in bench.conflicts if c.status is Status.OPEN)
    add_resolutions(decisions, [resolution(bench, mine)])
    where = ("--decisions", decisions)
    decided = ("resolve", other.conflict_id, "--keep-base", "--reason", "r", "--as", "ctr-mira")
    with (
        started(workspace.parent, *decided, "--package", workspace / "merged", *where) as one,
        started(workspace.parent, "undo", mine.conflict_id, *where) as two,
    ):
        assert (one.wait(60), two.wait(60)) == (0, 0)
    assert [line.conflict_id for line in read_decisions(decisions).resolutions] == [other.conflict_id]


@pytest.mark.long
def test_those_who_add_to_a_code_list_at_once_lose_no_row(published, tmp_path):
    codes = ("QQA", "QQB", "QQC")
    (known,) = published.rglob("currencies.csv")
    header, first, *_ = known.read_text(encoding="utf-8").splitlines()
    for code in codes:
        (tmp_path / f"{code}.csv").write_text(f"{header}\n{code}{first[3:]}\n", encoding="utf-8")
    with contextlib.ExitStack() as stack:
        add = ("codelist", "add", "currencies", "--package", published)
        runs = [stack.enter_context(started(tmp_path, *add, tmp_path / f"{code}.csv")) for code in codes]
        assert [run.wait(120) for run in runs] == [0, 0, 0]
    assert all(f"\n{code}," in known.read_text(encoding="utf-8") for code in codes)
