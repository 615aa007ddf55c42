"""Extending a code list: all rows or none, and every loss told."""

import csv
import gzip
import hashlib
import json
from pathlib import Path

import pytest
from conftest import ROOT

import depositary
from depositary.errors import UsageError
from depositary.merging.codelist import add_rows, pairs

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
    assert 'row 5, classification, code: "H6|8542" is already in products, with other values [primary-key]' in done.out
    assert "--replace keeps that of the file, --keep that of the list" in done.out
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
    assert "The code lists of this package are jurisdictions" in done.err


def test_uneven_files_are_refused(run, published, longer):
    longer.write_text(LONGER + "one,two\n", encoding="utf-8")
    done = run("codelist", "add", "products", longer, "--package", published, *options("--keep"))
    assert done.code == 2
    assert "row 7 has 2 cells, but the header has 5 columns" in done.err


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
        pytest.skip(f"{REAL} is missing: adding the full list of 2022 is not tried")
    outcome = add_rows(
        published, "products", REAL, columns=pairs(COLUMNS), values=pairs(VALUES), missing=["TOTAL"], replace=False
    )
    assert outcome.summary.startswith("products: 6,912 rows added")
    assert depositary.validate(published).valid


# What the descriptor says of the list's file stays true


def described(package: Path, **said: object) -> dict[str, object]:
    """Put more into the descriptor of the products, or read it."""
    file = package / "datapackage.json"
    descriptor = json.loads(file.read_bytes())
    (products,) = [r for r in descriptor["resources"] if r["name"] == "products"]
    products |= said
    file.write_text(json.dumps(descriptor), encoding="utf-8")
    return dict(products)


def sizes(package: Path) -> dict[str, object]:
    data = (package / "data" / "codelists" / "products.csv").read_bytes()
    return {"bytes": len(data), "rows": len(products(package)), "data": data}


@pytest.mark.short(1, long=2)
@pytest.mark.parametrize("kind", ["", "md5:", "sha256:", "sha1:", "sha512:"])
def test_stated_bytes_hash_and_rows_are_those_of_the_longer_list(run, published, longer, kind):
    def digest(data: bytes) -> str:
        return f"{kind}{hashlib.new(kind.rstrip(':') or 'md5', data).hexdigest()}"

    old = sizes(published)
    described(published, bytes=old["bytes"], rows=old["rows"], hash=digest(old["data"]))
    assert depositary.validate(published).valid
    done = run("codelist", "add", "products", longer, "--package", published, *options("--keep"))
    new, said = sizes(published), described(published)
    assert (done.code, said["bytes"], said["rows"], said["hash"]) == (0, new["bytes"], new["rows"], digest(new["data"]))
    assert new["rows"] == old["rows"] + 3
    assert depositary.validate(published).valid


def test_sizes_where_the_reference_once_kept_them_stay_true(run, published, longer):
    old = sizes(published)
    digest = hashlib.sha256(old["data"]).hexdigest()
    described(published, stats={"bytes": old["bytes"], "rows": old["rows"], "sha256": digest, "fields": 8})
    run("codelist", "add", "products", longer, "--package", published, *options("--keep"))
    new, stats = sizes(published), described(published)["stats"]
    digest = hashlib.sha256(new["data"]).hexdigest()
    assert stats == {"bytes": new["bytes"], "rows": new["rows"], "sha256": digest, "fields": 8}


def test_a_hash_of_a_kind_that_is_not_known_is_taken_out(run, published, longer):
    described(published, hash="crc32:00")
    run("codelist", "add", "products", longer, "--package", published, *options("--keep"))
    assert "hash" not in described(published)


def test_a_descriptor_that_states_no_sizes_is_not_written(run, published, longer):
    before = (published / "datapackage.json").read_bytes()
    run("codelist", "add", "products", longer, "--package", published, *options("--keep"))
    assert (published / "datapackage.json").read_bytes() == before


@pytest.mark.parametrize(
    "said", [{"encoding": "cp1252"}, {"dialect": {"delimiter": ";"}}, {"dialect": {"header": False}}, {"format": "tsv"}]
)
def test_a_list_that_is_stored_in_another_form_is_not_spoilt(run, published, longer, said):
    described(published, **said)
    before = sizes(published)
    done = run("codelist", "add", "products", longer, "--package", published, *options("--keep"))
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert sizes(published) == before


def test_a_packed_list_is_not_spoilt(run, published, longer):
    plain = published / "data" / "codelists" / "products.csv"
    packed = plain.with_name("products.csv.gz")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    described(published, path="data/codelists/products.csv.gz")
    before = packed.read_bytes()
    done = run("codelist", "add", "products", longer, "--package", published, *options("--keep"))
    assert (done.code, packed.read_bytes()) == (2, before)


def test_a_list_with_its_columns_in_another_order_is_not_spoilt(run, published, longer):
    file = published / "data" / "codelists" / "products.csv"
    rows = [list(reversed(row)) for row in csv.reader(file.read_text(encoding="utf-8").splitlines())]
    file.write_text("".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows), encoding="utf-8")
    before = file.read_bytes()
    done = run("codelist", "add", "products", longer, "--package", published, *options("--keep"))
    assert (done.code, file.read_bytes()) == (2, before)
