"""Extending a code list: all rows or none, and every loss told."""

import csv
from pathlib import Path

import pytest
from conftest import ROOT

import depositary
from depositary.errors import UsageError
from depositary.write.codelist import add_rows, pairs

LONGER = """section,hscode,description,parent,level
I,0101,"Horses, asses, mules and hinnies; live",01,4
I,010121,"Horses; live, pure-bred breeding animals",0101,6
I,01,Animals; live,TOTAL,2
XVI,8542,Circuits as somebody else calls them,85,4
TOTAL,TOTAL,Total of all commodities,TOTAL,5
"""
COLUMNS = ["code=hscode", "label=description", "definition=description", "parent_code=parent", "level=level"]
VALUES = ["classification=H6", "status=active", "list_version=HS 2022"]
REAL = ROOT.parent / "shared" / "data" / "harmonized-system.csv"


def options(*more: object) -> list[object]:
    mapped = [part for column in COLUMNS for part in ("--column", column)]
    return [*mapped, *(part for value in VALUES for part in ("--value", value)), "--missing", "TOTAL", *more]


@pytest.fixture
def longer(tmp_path: Path) -> Path:
    file = tmp_path / "longer.csv"
    file.write_text(LONGER, encoding="utf-8", newline="\n")
    return file


def products(package: Path) -> list[dict[str, str]]:
    with (package / "data" / "codelists" / "products.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_longer_list_is_added(run, published, longer):
    before = products(published)
    done = run("codelist", "add", "products", longer, "--package", published, *options("--keep"))
    assert (done.code, done.err) == (0, "")
    added = len(products(published)) - len(before)
    assert done.out == (
        f"products: {added} rows added, 0 replaced, 1 without a code left out; it has {len(before) + added} now.\n"
    )
    assert added == 3
    assert depositary.validate(published).valid


def test_leading_zeros_survive(run, published, longer):
    run("codelist", "add", "products", longer, "--package", published, *options("--keep"))
    assert {r["code"] for r in products(published) if r["parent_code"] == "0101"} == {"010121"}


def test_a_code_that_both_have_needs_a_decision(run, published, longer):
    before = products(published)
    done = run("codelist", "add", "products", longer, "--package", published, *options())
    assert done.code == 1
    assert 'row 5, classification, code: "H6|8542" is in products already, with other values [primary-key]' in done.out
    assert "--replace takes the file's, --keep the list's" in done.out
    assert products(published) == before


@pytest.mark.parametrize(("flag", "label"), [("--keep", None), ("--replace", "Circuits as somebody else calls them")])
def test_the_decision_is_followed(run, published, longer, flag, label):
    ours = next(r["label"] for r in products(published) if (r["classification"], r["code"]) == ("H6", "8542"))
    run("codelist", "add", "products", longer, "--package", published, *options(flag))
    now = next(r["label"] for r in products(published) if (r["classification"], r["code"]) == ("H6", "8542"))
    assert now == (label or ours)


def test_rows_that_do_not_fit_write_nothing(run, published, longer):
    longer.write_text(LONGER + "I,01x,Wrong,01,6\n,,,,\n", encoding="utf-8")
    before = products(published)
    done = run("codelist", "add", "products", longer, "--package", published, *options("--keep"))
    assert done.code == 1
    assert "row 7, code:" in done.out
    assert products(published) == before


def test_adding_twice_changes_nothing(run, published, longer):
    run("codelist", "add", "products", longer, "--package", published, *options("--replace"))
    file = published / "data" / "codelists" / "products.csv"
    once = file.read_bytes()
    run("codelist", "add", "products", longer, "--package", published, *options("--replace"))
    assert file.read_bytes() == once


def test_columns_that_nothing_fills_are_named(run, published, longer):
    done = run("codelist", "add", "products", longer, "--package", published)
    assert done.code == 2
    assert "nothing fills classification, code, label, definition, status, list_version" in done.err
    assert "the file has section, hscode, description, parent, level" in done.err


def test_a_column_that_the_list_lacks_is_named(run, published, longer):
    done = run("codelist", "add", "products", longer, "--package", published, "--column", "colour=section")
    assert done.code == 2
    assert "no column 'colour'" in done.err


def test_only_code_lists_are_extended(run, published, longer):
    done = run("codelist", "add", "actors", longer, "--package", published)
    assert done.code == 2
    assert "the code lists of this package are jurisdictions" in done.err


def test_uneven_files_are_refused(run, published, longer):
    longer.write_text(LONGER + "one,two\n", encoding="utf-8")
    done = run("codelist", "add", "products", longer, "--package", published, *options("--keep"))
    assert done.code == 2
    assert "row 7 has 2 cells below 5 columns" in done.err


def test_the_package_may_be_the_workspaces(run, published, longer):
    (published.parent / "depositary.toml").write_text('package = "datapackage"\n', encoding="utf-8")
    done = run("codelist", "add", "products", longer, *options("--keep"), cwd=published.parent)
    assert done.code == 0


def test_options_need_an_equals_sign():
    assert pairs(["a=b=c", "d="]) == {"a": "b=c", "d": ""}
    with pytest.raises(UsageError, match="column=value"):
        pairs(["a"])


def test_the_whole_harmonized_system_can_be_added(published):
    if not REAL.is_file():
        pytest.skip("the full list of 2022 is not at hand: adding it is not tried")
    outcome = add_rows(
        published, "products", REAL, columns=pairs(COLUMNS), values=pairs(VALUES), missing=["TOTAL"], replace=False
    )
    assert outcome.summary.startswith("products: 6,912 rows added")
    assert depositary.validate(published).valid
