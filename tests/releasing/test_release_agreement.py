"""A release takes the tables on the agreement of coders along, described, and they count as what they are."""

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest
from releases import package, with_row, without

import depositary
from depositary.errors import UnreleasableError, UsageError
from depositary.releasing.release import release
from depositary.releasing.verify import verify

BEGAN, LATER = date(2026, 1, 1), date(2026, 2, 1)
NAME = "meetings-of-people"
MORE = with_row("people", "cleo", "Cleo Example")
UNITS = "table,variable,item,coder,value\npeople,role,p-1,ctr-ana,host\npeople,role,p-1,ctr-ben,guest\n"
FEWER = "table,variable,item,coder,value\npeople,role,p-1,ctr-ana,host\n"


def tables(folder: Path, units: str = UNITS) -> Path:
    """Write a package with one table on agreement."""
    names = units.splitlines()[0].split(",")
    schema = {
        "fields": [{"name": name, "type": "string"} for name in names],
        "primaryKey": ["table", "variable", "item", "coder"],
    }
    resource = {"name": "units", "title": "Values by coder", "path": "units.csv", "schema": schema}
    folder.mkdir(exist_ok=True)
    (folder / "datapackage.json").write_text(json.dumps({"name": "agreement", "resources": [resource]}), "utf-8")
    (folder / "units.csv").write_text(units, "utf-8")
    return folder


def described(folder: Path) -> dict[str, dict]:
    descriptor = json.loads((folder / "datapackage.json").read_text("utf-8"))
    return {one["name"]: one for one in descriptor["resources"]}


@pytest.fixture
def first(tmp_path: Path) -> Path:
    start, agreement = package(tmp_path / "start"), tables(tmp_path / "agreement")
    return release(start, tmp_path / "dist", on=BEGAN, agreement=agreement).folder


def test_the_tables_are_in_the_release_and_described(first):
    found = described(first)["agreement_units"]
    bytes_ = (first / "agreement" / "units.csv").read_bytes()
    assert bytes_.decode() == UNITS
    assert (found["path"], found["title"]) == ("agreement/units.csv", "Values by coder")
    assert found["hash"] == f"sha256:{hashlib.sha256(bytes_).hexdigest()}"
    assert [field["name"] for field in found["schema"]["fields"]] == UNITS.splitlines()[0].split(",")


def test_the_release_is_valid_verified_and_can_be_loaded(first):
    assert depositary.validate(first).valid
    assert verify(first).is_sound
    assert len(depositary.load(first, "agreement_units", as_="polars")) == 2


@pytest.mark.usefixtures("first")
def test_the_same_again_writes_nothing(tmp_path):
    again = release(tmp_path / "start", tmp_path / "dist", on=BEGAN, agreement=tmp_path / "agreement")
    assert not again.is_new


def test_a_later_agreement_replaces_the_earlier_one_and_is_a_patch(first, tmp_path):
    agreement = tables(tmp_path / "agreement", FEWER)
    for start in (tmp_path / "start", first):
        made = release(start, tmp_path / f"of-{start.name}", on=LATER, previous=first, agreement=agreement)
        assert (made.earlier, made.version) == ("1.0.0", "1.0.1")
        assert [reason.text for reason in made.reasons] == ["the tables on the agreement of coders changed"]
        assert (made.folder / "agreement" / "units.csv").read_text("utf-8") == FEWER


def test_they_need_not_be_in_the_next_release(first, tmp_path):
    made = release(package(tmp_path / "next", MORE), tmp_path / "dist", on=LATER, previous=first)
    assert made.version == "1.1.0"
    assert "agreement_units" not in described(made.folder)
    assert not (made.folder / "agreement").exists()


def test_a_package_that_is_made_from_a_release_keeps_them(first, tmp_path):
    made = release(first, tmp_path / "other", on=LATER)
    assert (made.folder / "agreement" / "units.csv").read_text("utf-8") == UNITS


def test_a_record_of_the_facts_that_vanished_is_still_refused(first, tmp_path):
    fewer = package(tmp_path / "next", without("meetings", "m1"))
    with pytest.raises(UnreleasableError, match="meetings m1"):
        release(fewer, tmp_path / "dist", on=LATER, previous=first, agreement=tmp_path / "agreement")


def test_tables_with_errors_are_refused_and_nothing_is_written(tmp_path):
    agreement = tables(tmp_path / "agreement", UNITS + UNITS.splitlines()[1] + "\n")
    with pytest.raises(UsageError, match="the tables on agreement have"):
        release(package(tmp_path / "start"), tmp_path / "dist", on=BEGAN, agreement=agreement)
    assert not (tmp_path / "dist").exists()


def test_a_folder_of_csv_files_is_taken_once_it_is_described(run, tmp_path):
    (tmp_path / "agreement").mkdir()
    (tmp_path / "agreement" / "units.csv").write_text(UNITS, "utf-8")
    done = run(
        "release", package(tmp_path / "start"), "--output-dir", tmp_path / "d", "--agreement", tmp_path / "agreement"
    )
    assert done.code == 2
    run("new", "package", tmp_path / "agreement")
    done = run("release", tmp_path / "start", "--output-dir", tmp_path / "d", "--agreement", tmp_path / "agreement")
    assert done.code == 0, done.err
    assert "agreement_units" in described(tmp_path / "d" / f"{NAME}-1.0.0")
