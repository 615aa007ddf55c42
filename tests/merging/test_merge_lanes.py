"""The two lanes of a row through a merge: whatever is merged, a plain row that is judged gives the same bytes.

What both merges of a pair validate alike, the contributions and the merged package, is validated once.
"""

import random
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import golden_merges
import pytest
from conftest import ROOT
from engine_trace import traced
from merge_cases import Kinds, decided, random_case
from merge_files import VERSION, publish, shipped
from plain_merge import merge as plain_merge

from depositary.merging.claims.engine_tables import FRESH, GONE, SETTLED
from depositary.merging.merge import merge
from depositary.merging.rules import tables

EXAMPLES = ROOT / "examples"
KINDS = replace(Kinds(), links=True, changes=True)
SEEDS = {False: [11], True: [8]}  # of cases in which rows come, go and change in the plain lane

pytestmark = pytest.mark.usefixtures("shared_validation")


@contextmanager
def every_row_is_judged() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "JUDGES_EVERY_ROW", True)
        yield


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def assert_judged_gives(merged: Path, current: Path, contributions: list[Path], **places: Path) -> None:
    """Merge again with every row judged, beside what was merged in both lanes."""
    judged = merged.with_name("judged")
    with every_row_is_judged():
        merge(current, contributions, output_dir=judged, **places)
    assert files_of(judged) == files_of(merged)


@pytest.mark.long
def test_the_examples_give_the_same_if_every_row_is_judged(tmp_path):
    names = ("daniel", "ines", "mira", "noor", "rosa", "wei")
    contributions = [next((EXAMPLES / "contributions" / name).iterdir()) for name in names]
    places = {"decisions": EXAMPLES / "decided", "bases": EXAMPLES / "bases"}
    with traced() as trace:
        merge(ROOT / "datapackage", contributions, output_dir=tmp_path / "merged", **places)
    assert trace.undeclared() == []
    assert_judged_gives(tmp_path / "merged", ROOT / "datapackage", contributions, **places)


@pytest.mark.parametrize("name", ["edit-edit", "one-changes"])  # test_golden_merges.py merges them in both lanes
def test_a_golden_merge_gives_what_is_expected_if_every_row_is_judged(name, tmp_path):
    with every_row_is_judged():
        golden_merges.merged(name, tmp_path)
    assert golden_merges.written(tmp_path / "merged") == golden_merges.expected(name)


@contextmanager
def plain_rows() -> Iterator[set[str]]:
    """Note what becomes of rows in the plain lane: that they change, come or go."""
    seen, merge_plain = set(), tables.TableMerge._merge_plain

    def noted(self: tables.TableMerge) -> None:
        merge_plain(self)
        for table in (SETTLED, FRESH, GONE):
            if self._has(table):
                seen.add(table.name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables.TableMerge, "_merge_plain", noted)
        yield seen


@pytest.mark.short(1)
@pytest.mark.parametrize("follows", [False, True])
def test_random_merges_give_the_same_if_every_row_is_judged(follows):
    with plain_rows() as seen:
        merge_in_pairs(SEEDS[follows], follows)
    assert seen == {"settled", "fresh", "gone"}  # else the seeds show too little


@pytest.mark.soak
@pytest.mark.parametrize("follows", [False, True])
def test_many_random_merges_give_the_same_if_every_row_is_judged(follows):
    merge_in_pairs(range(100), follows)


def merge_in_pairs(seeds: Iterable[int], follows: bool) -> None:  # noqa: FBT001 (a kind of cases)
    """Merge random cases, and again into what they published, each time once more with every row judged."""
    for seed in seeds:
        case, chance = random_case(seed, replace(KINDS, follows=follows)), random.Random(seed)  # noqa: S311 (not for secrets)
        conflicts = plain_merge(case.current, case.contributions, case.judgements, (), VERSION).conflicts
        case = decided(chance.choice, case, conflicts)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            shipped(case, folder)
            contributions = [folder / "contributions" / batch for batch in {c.batch: c for c in case.contributions}]
            places = {"decisions": folder / "decisions", "bases": folder / "bases"}
            assert_judged_gives(folder / "merged", folder / "current", contributions, **places)
            published = publish(folder / "merged", folder / "bases" / "merged", "3.0.0")
            (folder / "current").rename(folder / "bases" / "current")
            (folder / "again").mkdir()
            merge(published, contributions[:1], output_dir=folder / "again" / "merged", **places)
            assert_judged_gives(folder / "again" / "merged", published, contributions[:1], **places)
