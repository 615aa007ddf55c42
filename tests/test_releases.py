"""Merging into what merging made: docs/decisions/0017, on random cases and on packages small enough to read."""

import random
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from merge_cases import Case, Kinds, decided, random_case
from merge_files import Outputs, plain, publish, read_outputs, shipped
from plain_merge import Contribution, PlainTable, Resolution

from depositary.merging.merge import merge

TABLE = PlainTable(({"name": "id", "type": "string"}, {"name": "a", "type": "string"}), ("id",))
PEOPLE = {(who,): {"contributor_id": who} for who in ("ctr-ann", "ctr-ben")}
CURRENT = {
    "contributors": PlainTable(({"name": "contributor_id", "type": "string"},), ("contributor_id",), PEOPLE),
    "t": replace(TABLE, rows={("x",): {"id": "x", "a": "1"}}),
}
ANN = Contribution("ctr-ann", "ann/b1", rows={"t": [{"id": "x", "a": "2"}]})
BEN = Contribution("ctr-ben", "ben/b1", rows={"t": [{"id": "x", "a": "3"}]})
OPEN = Case(CURRENT, (ANN, BEN))


def taken(case: Case, who: str) -> Case:
    line = plain(case).conflicts[0]
    place = {name: line[name] for name in ("table", "row_id", "field")}
    return replace(
        case,
        resolutions=(Resolution("ctr-ann", line["conflict_id"], line["inputs_hash"], "take", who, "2", "so", **place),),
    )


def again(folder: Path, case: Case, version: str, left: tuple[str, ...] = ()) -> Outputs:
    """Publish what was merged in a folder, and merge into it what has not left."""
    published = publish(folder / "merged", folder / "published", version)
    paths = [folder / "contributions" / c.batch for c in case.contributions if c.batch not in left]
    places = {"decisions": folder / "decisions", "bases": folder / "bases"}
    merge(published, dict.fromkeys(paths), output_dir=folder / "again", **places)
    return read_outputs(folder / "again")


@pytest.mark.parametrize("version", ["2.0.0", "3.0.0"])
@pytest.mark.parametrize("left", [(), ("ann/b1",), ("ben/b1",), ("ann/b1", "ben/b1")])
@pytest.mark.parametrize("case", [OPEN, taken(OPEN, "ctr-ann")], ids=["open", "decided"])
def test_what_was_published_is_told_once_and_stays(tmp_path, case, left, version):
    first = shipped(case, tmp_path)
    assert again(tmp_path, case, version, left) == first


def test_an_open_conflict_can_be_decided_when_its_contributions_have_left(tmp_path):
    case = taken(OPEN, "ctr-ann")
    shipped(replace(case, resolutions=()), tmp_path)
    decisions = tmp_path / "decided"
    decisions.mkdir()
    shipped(case, decisions)
    published = publish(tmp_path / "merged", tmp_path / "published")
    merge(published, [], output_dir=tmp_path / "again", decisions=decisions / "decisions")
    assert read_outputs(tmp_path / "again").tables["t"][1] == [{"id": "x", "a": "2"}]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("leaving", [False, True], ids=["all", "some"])
def test_merging_again_changes_nothing_whoever_has_left(seed, leaving):
    case = random_case(seed, Kinds(schemas=False, links=True))
    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    case = decided(chance.choice, case, plain(case).conflicts)
    left = tuple(c.batch for c in case.contributions if leaving and chance.random() < 1 / 2)
    with tempfile.TemporaryDirectory() as folder:
        first = shipped(case, Path(folder))
        shutil.copytree(Path(folder) / "current", Path(folder) / "bases" / "current")
        assert vars(again(Path(folder), case, "3.0.0", left)) == vars(first)
