"""Rows that are held back, over releases: docs/decisions/0017 holds for them as for what is in conflict by itself."""

import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from merge_files import Outputs, publish, read_outputs
from plain_merge import Contribution
from test_merge_validity import VALUES, Place, decide, is_constraint, law, package, put, random_place

from depositary.merging.claims.waiting import InvalidContributionError
from depositary.merging.conflicts.decisions import add_resolutions
from depositary.merging.conflicts.remedies import choices, takeable
from depositary.merging.merge import merge
from depositary.model.conflict import Conflict, Status
from depositary.model.decision import Choice, Resolution

pytestmark = pytest.mark.usefixtures("shared_validation")


def published(place: Place) -> Path:
    """Publish what was merged, under another version; what it was made from is kept."""
    if not (place.folder / "bases").exists():
        shutil.copytree(place.current, place.folder / "bases/current")
    return publish(place.output, place.folder / "published", "2.0.0")


def again(place: Place, package: Path, there: Sequence[Path]) -> Outputs:
    """Merge some of the contributions into what was published, with the decisions of now."""
    decided = place.decisions if place.decisions.exists() else None
    out = place.folder / "again"
    merge(package, there, output_dir=out, decisions=decided, bases=place.folder / "bases")
    return read_outputs(out)


def by_some(place: Place, package: Path, chance: random.Random) -> Iterator[Outputs]:
    """Merge all contributions, some and none again; not those of which one needs what has left to be valid."""
    some = [path for path in place.contributions if chance.random() < 1 / 2]
    for there in (list(place.contributions), some, []):
        with suppress(InvalidContributionError):
            yield again(place, package, there)


def wish(chance: random.Random, conflict: Conflict) -> Resolution | None:
    choice = chance.choice(choices(conflict))
    names = takeable(conflict) if choice is Choice.TAKE else ("",)
    values = ["person", "group", *VALUES[conflict.field]] if choice is Choice.VALUE else [""]
    about = {f: getattr(conflict, f) for f in ("conflict_id", "table", "row_id", "field", "kind", "inputs_hash")}
    signed = {"base_value": "", "reason": "so", "source_id": "", "decided_by": "ctr-ann", "decided_on": "2026-11-23"}
    what = {"choice": choice, "value": chance.choice(values)}
    return Resolution(**about, **what, **signed, take_from=chance.choice(names)) if names else None


def decide_some(place: Place, chance: random.Random, conflicts: Sequence[Conflict], share: float) -> int:
    """Decide a share of what is open at random, and tell of how many conflicts."""
    asked = [c for c in conflicts if c.status is Status.OPEN and not c.decided_by and choices(c)]
    lines = [wish(chance, c) for c in asked if chance.random() < share]
    add_resolutions(place.decisions, [line for line in lines if line])
    return len(lines)


@law(3)
def test_merging_again_changes_nothing_whoever_has_left(place: Place, chance: random.Random):
    conflicts = place.first.conflicts
    if chance.random() < 1 / 2:
        decide_some(place, chance, conflicts, 0.3)
        place.merged()
    first, package = read_outputs(place.output), published(place)
    for merged in by_some(place, package, chance):
        assert vars(merged) == vars(first)


@law(3)
def test_what_is_decided_afterwards_takes_effect_whoever_has_left(place: Place, chance: random.Random):
    conflicts, package = place.first.conflicts, published(place)
    decide_some(place, chance, conflicts, 0.5)
    place.merged()
    at_once = read_outputs(place.output)
    for merged in by_some(place, package, chance):
        assert vars(merged) == vars(at_once)


@pytest.mark.short(1)
@pytest.mark.parametrize("seed", [26, 28, 29])
def test_what_broke_these_laws_before(tmp_path, seed):
    place = random_place(seed, tmp_path)
    first, package = read_outputs(place.output), published(place)
    for there in (place.contributions, []):
        assert vars(again(place, package, there)) == vars(first)


# A row of which only the key is said

PEOPLE = package(("papers", [("a", "other")]), ("people", [("k", "person")]))
NEW = {"person_id": "m", "kind": "group", "mail": "x"}
LINK = {"paper": "a", "person": "m"}
CELLS = pytest.mark.parametrize("cells", [{}, {"note": "p"}], ids=["only a key", "with cells"])


def linked(folder: Path, *others: Contribution, **cells: str) -> tuple[Place, Conflict]:
    """Let a link wait for a person of whom something is wrong, and give what is wrong with it."""
    ann = Contribution("ctr-ann", "ann/first", rows={"people": [NEW], "authorships": [{**LINK, **cells}]})
    place = put(folder, PEOPLE, [ann, *others])
    (conflict,) = [c for c in place.merged().open if c.table == "authorships"]
    assert conflict.kind == "constraint.foreign-key"
    return place, conflict


def test_a_side_that_adds_a_row_without_cells_says_its_key(tmp_path):
    ben = Contribution("ctr-ben", "ben/first", rows={"people": [NEW], "authorships": [{**LINK, "note": "p"}]})
    _, conflict = linked(tmp_path, ben)
    assert [side.value for side in conflict.sides] == ["paper=a; person=m", "note=p"]


@CELLS
@pytest.mark.parametrize("is_there", [True, False], ids=["at hand", "left"])
def test_a_row_that_waits_comes_when_what_it_waits_for_is_decided(tmp_path, cells, is_there):
    place, _ = linked(tmp_path, **cells)
    package, there = published(place), place.contributions if is_there else []
    (wrong,) = [c for c in place.merged().open if c.table == "people"]
    decide(place, [(wrong, Choice.VALUE, "person")])
    merged = again(place, package, there)
    assert merged.tables["authorships"][1] == [{**LINK, **cells}]
    assert {line["batch"] for line in merged.rows if line["table"] == "authorships"} == {"ann/first"}
    assert "open" not in {line["status"] for line in merged.conflicts}


@CELLS
def test_a_row_that_was_rejected_stays_so_when_the_decision_is_taken_back(tmp_path, cells):
    place, conflict = linked(tmp_path, **cells)
    decide(place, [(conflict, Choice.BASE, "")])
    place.merged()
    first, package = read_outputs(place.output), published(place)
    shutil.rmtree(place.decisions)
    for there in (place.contributions, []):
        assert vars(again(place, package, there)) == vars(first)


def test_a_row_without_cells_that_its_contributor_takes_back_waits_no_more(tmp_path):
    place, _ = linked(tmp_path)
    package = published(place)
    silent = Contribution("ctr-ann", "ann/first", rows={"people": [NEW]})
    shutil.rmtree(place.folder / "contributions")
    place = replace(place, contributions=put(tmp_path / "new", PEOPLE, [silent]).contributions)
    assert {line["table"] for line in again(place, package, place.contributions).conflicts} == {"people"}


# What the published package has too


def test_what_would_bring_back_an_error_is_asked_at_once(tmp_path):
    current = package(
        ("papers", [("c", "open")]),
        ("people", [("k", "person"), ("n", "group")]),
        ("authorships", [("c", "k"), ("c", "n")]),
    )
    ann = Contribution("ctr-ann", "ann/first", deletes=[("authorships", ("c", "n"), "an error", "")])
    ben = Contribution("ctr-ben", "ben/first", rows={"people": [{"person_id": "k", "kind": "group", "mail": "x"}]})
    place = put(tmp_path, current, [ann, ben])
    wrong = {c.kind: c for c in place.merged().open}
    assert wrong.keys() == {"constraint.X2", "constraint.X4"}
    assert all(is_constraint(c) and c.row_id == "k" for c in wrong.values())
    first, package_now = read_outputs(place.output), published(place)
    assert vars(again(place, package_now, place.contributions)) == vars(first)
