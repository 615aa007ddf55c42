"""The package that a contribution was made against: found, refused, or stood in for."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from merge_files import write_contribution, write_package
from plain_merge import Contribution, PlainTable

from depositary.errors import UsageError
from depositary.merging.merge import Merged, merge

FIELDS = ({"name": "id", "type": "string"}, {"name": "age", "type": "integer"}, {"name": "status", "type": "string"})
PEOPLE = PlainTable(FIELDS, ("id",))
ANN = Contribution("ctr-ann", "ann/late", rows={"people": [{"id": "p1", "age": "22", "status": "done"}]})


def people(*rows: Sequence[str]) -> PlainTable:
    names = PEOPLE.names()
    return replace(PEOPLE, rows={(row[0],): dict(zip(names, row, strict=True)) for row in rows})


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """Give a package at 2.0.0 in which an age of 1.0.0 was corrected."""
    write_package(tmp_path / "current", {"people": people(("p1", "24", "new"))}, "2.0.0")
    write_package(tmp_path / "bases" / "1", {"people": people(("p1", "22", "new"))}, "1.0.0")
    return tmp_path / "current"


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """Give a package at 2.0.0 that was merged from 1.0.0: an age was corrected, a row deleted."""
    write_package(tmp_path / "first", {"people": people(("p1", "22", "new"), ("p2", "5", "new"))}, "1.0.0")
    ben = Contribution("ctr-ben", "ben/first", rows={"people": [{"id": "p1", "age": "24"}]})
    place = write_contribution(
        tmp_path, replace(ben, deletes=[("people", ("p2",), "double", "")]), {"people": PEOPLE}, "1.0.0"
    )
    merge(tmp_path / "first", [place], output_dir=tmp_path / "current")
    descriptor = tmp_path / "current" / "datapackage.json"
    descriptor.write_text(descriptor.read_text(encoding="utf-8").replace('"1.0.0"', '"2.0.0"', 1), encoding="utf-8")
    return tmp_path / "current"


def merged(
    current: Path, made: Contribution, *, stands_in: bool = False, version: str = "1.0.0", **more: Path
) -> Merged:
    place = write_contribution(current.parent, made, {"people": PEOPLE}, version)
    if stands_in:
        manifest = place / "contribution.toml"
        manifest.write_text(manifest.read_text().replace("}", ", current = true}"))
    return merge(current, [place], output_dir=current.parent / "merged", **more)


def table(current: Path) -> list[dict[str, str]]:
    with (current.parent / "merged" / "people.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_patch_whose_base_is_not_at_hand_is_refused(published):
    with pytest.raises(UsageError, match=r"is not found.*--bases.*current = true"):
        merged(published, ANN)


def test_a_patch_whose_base_has_another_hash_is_refused_as_well(published, run):
    place = write_contribution(published.parent, ANN, {"people": PEOPLE}, "2.0.0")
    manifest = place / "contribution.toml"
    manifest.write_text(manifest.read_text().replace("}", f', hash = "sha256:{"0" * 64}"}}'))
    assert run("merge", published, place, "--plan").code == 2
    assert "[base-version]" in run("validate", place, "--base", published).out


def test_with_its_base_a_patch_undoes_nothing(published):
    merged(published, ANN, bases=published.parent / "bases")
    assert table(published) == [{"id": "p1", "age": "24", "status": "done"}]


def test_a_patch_that_is_meant_for_what_is_published_now_is_compared_with_it(published, run):
    assert not merged(published, ANN, stands_in=True).open
    assert table(published) == [{"id": "p1", "age": "22", "status": "done"}]
    assert (
        "valid: 0 errors, 0 warnings"
        in run("validate", published.parent / "contributions" / "ann" / "late", "--base", published).out
    )


def test_a_value_that_was_replaced_since_is_no_claim_of_a_patch_that_still_has_it(told):
    assert not merged(told, ANN, stands_in=True).open
    assert table(told) == [{"id": "p1", "age": "24", "status": "done"}]


def test_another_value_than_both_is_a_question(told):
    made = replace(ANN, rows={"people": [{"id": "p1", "age": "23"}]})
    assert [c.kind for c in merged(told, made, stands_in=True).open] == ["cell.edit_edit"]
    assert table(told) == [{"id": "p1", "age": "24", "status": "new"}]


def test_where_nobody_knows_what_a_version_had_a_claim_on_a_changed_cell_is_a_question(told):
    assert [c.field for c in merged(told, ANN, stands_in=True, version="1.5.0").open] == ["age"]
    assert table(told) == [{"id": "p1", "age": "24", "status": "done"}]


def test_a_row_that_was_deleted_since_does_not_come_back_in_silence(told):
    made = replace(ANN, rows={"people": [{"id": "p2", "age": "6"}]})
    assert [c.kind for c in merged(told, made, stands_in=True).open] == ["row.delete_edit"]
    assert [row["id"] for row in table(told)] == ["p1"]


def test_what_is_published_and_claimed_alike_is_accepted(told):
    made = replace(ANN, rows={"people": [{"id": "p1", "age": "24"}]})
    assert not merged(told, made, stands_in=True, version="1.5.0").open


@pytest.mark.parametrize("current", ["true", "false"])
def test_a_snapshot_needs_its_base(published, run, current):
    place = write_contribution(published.parent, replace(ANN, mode="snapshot"), {"people": PEOPLE}, "1.0.0")
    manifest = place / "contribution.toml"
    manifest.write_text(manifest.read_text().replace("}", f", current = {current}}}"))
    assert "snapshot" in run("merge", published, place, "--plan").err + run("merge", published, place, "--plan").out
    assert run("merge", published, place, "--plan").code == 2
    assert ("[manifest-error]" in run("validate", place, "--base", published).out) == (current == "true")
