"""What depositary agree writes is what a release takes along: the same names, the same bytes, all described."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from conftest import ROOT
from releases import package

import depositary
from depositary.agreement.described import DESCRIBED
from depositary.agreement.records import TABLES
from depositary.releasing.release import release
from depositary.releasing.verify import verify

CODING = ROOT / "examples" / "coding"
BOTH = (CODING / "contributions" / "ana" / "article", CODING / "contributions" / "ben" / "article")


def tables(run, folder: Path, *contributions: Path) -> Path:
    options = ("--package", CODING / "package", "--decisions", CODING / "decided", "--tables-dir", folder)
    assert run("agree", *contributions, *options).code < 2
    return folder


def rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


@pytest.fixture
def written(run, tmp_path):
    return tables(run, tmp_path / "agreement", *BOTH)


def test_the_tables_are_a_valid_package(written):
    report = depositary.validate(written)
    assert (report.errors, report.warnings) == (0, 0)
    assert {file.stem for file in written.glob("*.csv")} == DESCRIBED.keys() == TABLES.keys()
    assert {name: tuple(rows(written / f"{name}.csv")[0]) for name in DESCRIBED} == {
        name: table.fields for name, table in DESCRIBED.items()
    }


def test_a_release_takes_them_along_byte_by_byte_and_describes_them(written, tmp_path):
    made = release(package(tmp_path / "start"), tmp_path / "dist", on=date(2026, 1, 1), agreement=written).folder
    described = {one["name"]: one for one in json.loads((made / "datapackage.json").read_text("utf-8"))["resources"]}
    for name, table in DESCRIBED.items():
        one = described[f"agreement_{name}"]
        assert (one["path"], one["title"]) == (f"agreement/{name}.csv", table.title)
        assert [field["name"] for field in one["schema"]["fields"] if field["description"]] == list(table.fields)
        assert (made / one["path"]).read_bytes() == (written / f"{name}.csv").read_bytes()
    assert depositary.validate(made).valid
    assert verify(made).is_sound


def test_an_earlier_agreement_leaves_nothing_in_the_folder(run, written):
    alone = tables(run, written, BOTH[0])
    assert depositary.validate(alone).valid
    assert {name for name in DESCRIBED if len(rows(alone / f"{name}.csv")) > 1} == {"items"}


def test_the_order_of_the_coders_changes_no_byte(run, written, tmp_path):
    again = tables(run, tmp_path / "again", *reversed(BOTH))
    assert [one.read_bytes() for one in sorted(again.iterdir())] == [
        one.read_bytes() for one in sorted(written.iterdir())
    ]
