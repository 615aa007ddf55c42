"""The two lanes of a row through a merge: whatever is merged, a plain row that is judged gives the same bytes."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT
from merge_cases import Kinds, decided, random_case
from merge_files import VERSION, publish, shipped
from plain_merge import merge as plain_merge

from depositary.merging.merge import merge
from depositary.merging.rules import tables

EXAMPLES = ROOT / "examples"
KINDS = replace(Kinds(), links=True, changes=True)


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


def test_the_examples_give_the_same_if_every_row_is_judged(tmp_path):
    names = ("daniel", "ines", "mira", "noor", "rosa", "wei")
    contributions = [next((EXAMPLES / "contributions" / name).iterdir()) for name in names]
    places = {"decisions": EXAMPLES / "decided", "bases": EXAMPLES / "bases"}
    merge(ROOT / "datapackage", contributions, output_dir=tmp_path / "merged", **places)
    assert_judged_gives(tmp_path / "merged", ROOT / "datapackage", contributions, **places)


@pytest.mark.parametrize("follows", [False, True])
@pytest.mark.parametrize("seeds", [range(2), pytest.param(range(2, 100), marks=pytest.mark.soak)], ids=["", "long"])
def test_random_merges_give_the_same_if_every_row_is_judged(seeds, follows):
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
