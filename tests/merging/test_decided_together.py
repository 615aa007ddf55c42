"""Several decisions on one row: what is listed as resolved is what was done, and what contradicts itself is listed."""

import csv
import random
from pathlib import Path

import pytest
from plain_merge import Contribution
from test_deciding import ZOE, wishes
from test_merge_validity import Place, package, put, random_place

from depositary.errors import DepositaryError, UsageError
from depositary.merging.conflicts.decisions import add_resolutions
from depositary.merging.conflicts.resolve import ConflictList, Decider, ResolutionRequest
from depositary.merging.merge import Merged
from depositary.merging.settle import settle
from depositary.model.conflict import Conflict, Status
from depositary.model.decision import Choice, Resolution

PEOPLE = [("k", "person", "", "1", "1"), ("l", "person", "", "", "")]
ANA = Decider("ctr-ana", "2026-11-01")
KEEP = ResolutionRequest(Choice.BASE, reason="so")
GROUP, MAIL = "constraint.X4", "constraint.unique-error"


def value(text: str) -> ResolutionRequest:
    return ResolutionRequest(Choice.VALUE, value=text, reason="so")


def rows(folder: Path, table: str) -> dict[str, dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    key = ("paper", "person") if table == "authorships" else (next(iter(lines[0])),) if lines else ()
    return {"|".join(line[name] for name in key): line for line in lines}


@pytest.fixture
def wrong_twice(tmp_path) -> Place:
    """Merge a row that breaks two rules: a group has no mail, and no two have the same."""
    said = {"ben": {"person_id": "k", "mail": "q"}, "eve": {"person_id": "k", "kind": "group", "desk": "2"}}
    said["ann"] = {"person_id": "l", "mail": "q"}
    made = [Contribution(f"ctr-{who}", f"{who}/first", rows={"people": [row]}) for who, row in said.items()]
    place = put(tmp_path, package(("people", PEOPLE)), made)
    assert set(of_row(place.merged())) == {GROUP, MAIL}
    return place


def of_row(merged: Merged) -> dict[str, Conflict]:
    """Give the conflicts on the row; of those about decisions, one."""
    return {conflict.kind: conflict for conflict in merged.conflicts if conflict.row_id == "k"}


def decide(place: Place, *decided: tuple[str, ResolutionRequest, Decider]) -> dict[str, Conflict]:
    """Write decisions into their files, whatever resolve would say of them, and merge."""
    bench = ConflictList.open(place.output)
    for kind, wish, who in decided:
        wanted = next(c for c in bench.conflicts if c.kind == kind and c.row_id == "k").conflict_id
        add_resolutions(place.decisions, [bench.resolution(wanted, wish, who)])
    return of_row(place.merged())


def statuses(found: dict[str, Conflict]) -> dict[str, tuple[str, str]]:
    return {kind: (conflict.status.value, conflict.decided_by) for kind, conflict in found.items()}


@pytest.mark.parametrize("other", [ZOE, ANA])
def test_to_reject_the_row_and_to_set_a_cell_of_it_contradict_each_other(wrong_twice, other):
    found = decide(wrong_twice, (GROUP, KEEP, ZOE), (MAIL, value("p"), other))
    assert statuses(found) == {GROUP: ("open", ""), MAIL: ("open", ""), "decision.disagree": ("open", "")}
    contradicted = found["decision.disagree"]
    sides = {(side.contributor, side.value) for side in contradicted.sides}
    assert sides == {("ctr-zoe", "base"), (other.name, "p")}
    assert "contradict each other; undo one of them" in contradicted.message
    assert rows(wrong_twice.output, "people")["k"] == rows(wrong_twice.current, "people")["k"]


def test_both_cells_are_set(wrong_twice):
    found = decide(wrong_twice, (GROUP, value("person"), ZOE), (MAIL, value("p"), ANA))
    assert statuses(found) == {GROUP: ("resolved", "ctr-zoe"), MAIL: ("resolved", "ctr-ana")}
    row = rows(wrong_twice.output, "people")["k"]
    assert (row["kind"], row["mail"], row["desk"]) == ("person", "p", "2")


def test_both_reject_the_row(wrong_twice):
    found = decide(wrong_twice, (GROUP, KEEP, ZOE), (MAIL, KEEP, ANA))
    assert statuses(found) == {GROUP: ("resolved", "ctr-zoe"), MAIL: ("resolved", "ctr-ana")}
    assert rows(wrong_twice.output, "people")["k"] == rows(wrong_twice.current, "people")["k"]


def test_with_the_row_rejected_nothing_else_is_wrong_with_it(wrong_twice):
    found = decide(wrong_twice, (GROUP, KEEP, ZOE))
    assert statuses(found) == {GROUP: ("resolved", "ctr-zoe")}
    assert rows(wrong_twice.output, "people")["k"] == rows(wrong_twice.current, "people")["k"]


def test_a_cell_that_is_decided_waits_open_for_what_else_is_wrong_with_its_row(run, wrong_twice):
    found = decide(wrong_twice, (GROUP, value("person"), ZOE))
    assert statuses(found) == {GROUP: ("open", "ctr-zoe"), MAIL: ("open", "")}
    assert rows(wrong_twice.output, "people") == rows(wrong_twice.current, "people")
    shown = run("conflicts", wrong_twice.output).out.replace("\n", " ")
    assert "open, decided by ctr-zoe: it waits for other open conflicts of the row" in shown


@pytest.fixture
def workspace(wrong_twice, tmp_path, monkeypatch) -> Place:
    places = 'package = "current"\ncontributions = ["contributions"]\ndecisions = "decisions"\n'
    (tmp_path / "depositary.toml").write_text(places, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return wrong_twice


def resolved(place: Place, kind: str, wish: ResolutionRequest, who: Decider) -> None:
    conflict = next(c for c in ConflictList.open(place.output).conflicts if c.kind == kind and c.row_id == "k")
    settle(place.output, place.decisions, conflict.conflict_id, wish, who)


@pytest.mark.parametrize(("first", "second"), [(KEEP, value("p")), (value("person"), KEEP)])
@pytest.mark.parametrize("other", [ZOE, ANA])
def test_resolve_refuses_what_contradicts_another_decision_on_the_row(workspace, first, second, other):
    resolved(workspace, GROUP, first, ZOE)
    with pytest.raises(UsageError, match="contradict each other; undo one of them"):
        resolved(workspace, MAIL, second, other)
    assert len(list((workspace.decisions / "resolutions").iterdir())) == 1


def test_resolve_takes_one_cell_after_the_other(workspace):
    resolved(workspace, GROUP, value("person"), ZOE)
    resolved(workspace, MAIL, value("p"), ANA)
    assert {c.status for c in of_row(workspace.merged()).values()} == {Status.RESOLVED}


# What is listed as resolved is what was done


def undone(place: Place, merged: Merged, lines: dict[str, Resolution]) -> list[Conflict]:
    """Give the conflicts that are listed as resolved though the merged package has something else."""
    return [c for c in merged.conflicts if c.status is Status.RESOLVED and not is_done(place, c, lines, merged)]


def is_done(place: Place, conflict: Conflict, lines: dict[str, Resolution], merged: Merged) -> bool:
    line = lines[conflict.conflict_id]
    now = rows(place.output, conflict.table).get(conflict.row_id)
    before = rows(place.current, conflict.table).get(conflict.row_id)
    if conflict.kind.startswith("constraint.") and line.choice == "base":
        return now == before
    if conflict.field and line.choice != "base":
        return now is None or now[conflict.field] == line.value
    deletes = {s.contributor for s in conflict.sides if s.value is None} - {
        s.contributor for s in conflict.sides if s.value is not None
    }
    if conflict.kind == "row.delete_edit" and line.take_from in deletes:
        kept = {c.row_id for c in merged.conflicts if c.kind == "row.delete_referenced"}
        return now is None or conflict.row_id in kept
    return True


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(6, 200))])
def test_what_is_listed_as_resolved_is_what_was_done(tmp_path, seed):
    place = random_place(seed, tmp_path)
    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    lines: dict[str, Resolution] = {}
    for _ in range(3):  # decisions bring conflicts about
        bench = ConflictList.open(place.output)
        for conflict in bench.conflicts:
            options = list(wishes(conflict))
            for wish in chance.sample(options, min(3, len(options))):
                try:
                    line = bench.resolution(conflict.conflict_id, wish, ZOE)
                except DepositaryError:
                    continue
                lines[line.conflict_id] = line
        add_resolutions(place.decisions, lines.values())
        merged = place.merged()
        assert undone(place, merged, lines) == []
