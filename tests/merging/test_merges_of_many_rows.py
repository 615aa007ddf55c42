"""A table of many rows is read from files in the engine, and part by part: nothing that is written shows it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import golden_merges
import pytest
from merge_cases import Kinds, random_case
from merge_files import publish, shipped

from depositary.engine.duckdb import DuckDB
from depositary.errors import InvalidContributionError
from depositary.merging.claims import staged
from depositary.merging.merge import merge

pytestmark = pytest.mark.usefixtures("shared_validation")

KINDS = replace(Kinds(), links=True, changes=True)


@contextmanager
def everything_is_long() -> Iterator[set[str]]:
    """Read each table of two rows or more from files of one row; give the tables for which this is done."""
    seen, read_from_files = set[str](), DuckDB.read_from_files

    def noted(self: DuckDB, table: str, *writes: object) -> int:
        seen.add(table.strip('"').partition(".")[0])
        return read_from_files(self, table, *writes)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        for name, size in (("FEW", 1), ("EACH", 1), ("PART", 2)):
            patch.setattr(staged, name, size)
        patch.setattr(DuckDB, "read_from_files", noted)
        yield seen


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", ["delete-edit", "key-reuse", "add-together"])
def test_golden_merges_are_the_same_in_files_of_one_row(name, tmp_path):
    with everything_is_long():
        golden_merges.merged(name, tmp_path)
    assert golden_merges.written(tmp_path / "merged") == golden_merges.expected(name)


@pytest.mark.soak
@pytest.mark.parametrize("name", golden_merges.names())
def test_all_golden_merges_are_the_same_in_files_of_one_row(name, tmp_path):
    with everything_is_long():
        golden_merges.merged(name, tmp_path)
    assert golden_merges.written(tmp_path / "merged") == golden_merges.expected(name)


@pytest.mark.parametrize("seed", [8, 11])
def test_random_merges_and_what_is_merged_into_them_are_the_same_in_files_of_one_row(seed, tmp_path):
    assert merged_both_ways(seed, tmp_path) == {"current", "provenance"}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100))
def test_many_random_merges_are_the_same_in_files_of_one_row(seed, tmp_path):
    merged_both_ways(seed, tmp_path)


def merged_both_ways(seed: int, folder: Path) -> set[str]:
    case = random_case(seed, replace(KINDS, follows=bool(seed % 2)))
    shipped(case, folder)
    batches = [folder / "contributions" / batch for batch in {c.batch: c for c in case.contributions}]
    places = {"decisions": folder / "decisions", "bases": folder / "bases"}
    published, seen = folder / "current", set[str]()
    for at, contributions in enumerate((batches, batches[:1])):
        usual, long = folder / f"usual-{at}", folder / f"long-{at}"
        try:
            merge(published, contributions, output_dir=usual, **places)
        except InvalidContributionError:  # alone, it may refer to a row that another one deleted
            return seen
        with everything_is_long() as read:
            merge(published, contributions, output_dir=long, **places)
        assert files_of(long) == files_of(usual)
        seen |= read
        published = publish(usual, folder / "bases" / f"merged-{at}", f"{at + 3}.0.0")
        (folder / "current").rename(folder / "bases" / "current") if not at else None
    return seen
