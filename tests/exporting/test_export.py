"""Exports as a whole, and the formats that are text or Parquet, read back by readers that nobody here wrote."""

import hashlib
import json
import os
import re
import subprocess
import sys
import warnings
from decimal import Decimal
from pathlib import Path

import frictionless
import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, edit
from test_load import FIELDS, ROWS, columns
from test_reference import put, resource_of

import depositary
from depositary.errors import UsageError
from depositary.exporting.formats import FORMATS

PACKAGE = ROOT / "datapackage"
TEXTS = ("csv", "parquet", "jsonl")
ODD = {
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "value", "type": "number", "decimalChar": ",", "groupChar": "."},
        {"name": "sure", "type": "boolean", "trueValues": ["ja"], "falseValues": ["nein"]},
        {"name": "day", "type": "date", "format": "%d.%m.%Y", "missingValues": ["?"]},
    ],
    "missingValues": ["", "k. A."],
    "primaryKey": ["id"],
}
ODD_ROWS = "id;value;sure;day\r\na;1.234,50;ja;26.05.2023\r\nb;k. A.;nein;?\r\n".encode("cp1252")


def facts(folder: Path) -> Path:
    return put(folder, [(resource_of("facts", {"fields": FIELDS}, {}), ROWS.replace("\n,,3", "\nx,,3").encode())])


def of_texts(folder: Path, *cells: str) -> Path:
    """Make a package of one column of text."""
    fields = [{"name": "id", "type": "string"}, {"name": "text", "type": "string"}]
    data = "id,text\n" + "".join(f'{n},"{cell}"\n' for n, cell in enumerate(cells))
    return put(folder, [(resource_of("texts", {"fields": fields, "missingValues": ["NULL"]}, {}), data.encode())])


def exported(package: Path, folder: Path, *formats: str, **more: bool) -> Path:
    depositary.export(package, formats, folder / "out", **more)
    return folder / "out"


# As a whole


def test_the_notes_list_every_file_with_its_hash(tmp_path):
    out = exported(PACKAGE, tmp_path, *TEXTS)
    listed = dict(
        re.findall(
            r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", (out / "EXPORT-NOTES.md").read_text("utf-8"), re.MULTILINE
        )
    )
    files = {file.relative_to(out).as_posix(): file for file in out.rglob("*") if file.is_file()}
    del files["EXPORT-NOTES.md"]
    assert listed == {path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in files.items()}


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.long
def test_the_same_package_gives_the_same_bytes(tmp_path):
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "depositary", "export", PACKAGE, "--to", ",".join(TEXTS)]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([*command, "--output-dir", tmp_path / seed], check=True, capture_output=True, env=environment)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_an_export_takes_the_place_of_the_one_before(tmp_path):
    exported(PACKAGE, tmp_path, "csv", "jsonl")
    out = exported(facts(tmp_path), tmp_path, "csv")
    assert [path for path in contents(out) if path.endswith((".csv", ".jsonl"))] == ["csv/facts.csv"]


def test_a_folder_that_is_no_export_is_not_replaced(tmp_path, run):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.docx").write_bytes(b"years of work")
    ran = run("export", PACKAGE, "--to", "csv", "--output-dir", tmp_path / "mine")
    assert (ran.code, "has files but no EXPORT-NOTES.md" in ran.err) == (2, True)
    assert (tmp_path / "mine" / "thesis.docx").read_bytes() == b"years of work"


def test_a_file_that_was_put_into_an_export_is_not_lost(tmp_path):
    out = exported(PACKAGE, tmp_path, "csv")
    (out / "csv" / "my-notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"has csv/my-notes\.txt, which would be lost"):
        exported(PACKAGE, tmp_path, "csv")


def test_what_cannot_be_exported_leaves_the_export_before(tmp_path, published, run):
    out = exported(published, tmp_path, "jsonl")
    before = contents(out)
    edit(published / "data" / "stances.csv", 2, "stance", "nods")
    ran = run("export", published, "--to", "jsonl", "--output-dir", out)
    assert (ran.code, contents(out)) == (2, before)
    assert 'data/stances.csv, row 2: "nods" is not a value of stance' in ran.err


@pytest.mark.parametrize(
    ("to", "said"), [("pdf", "'pdf' is not an export format. Use one of csv, parquet"), (" , ", "no format is given")]
)
def test_an_unknown_format_is_refused(tmp_path, run, to, said):
    ran = run("export", PACKAGE, "--to", to, "--output-dir", tmp_path / "out")
    assert (ran.code, said in ran.err, (tmp_path / "out").exists()) == (2, True, False)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_named_where_people_look_for_it(name):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (row,) = [line for line in readme.splitlines() if line.startswith("| `depositary export PACKAGE")]
    for place, text in (("README.md", row), ("depositary.export", depositary.export.__doc__)):
        assert re.search(rf"\b{name}\b", text), f"{place} does not name {name}"


def test_the_command_says_what_it_wrote_and_what_was_lost(tmp_path, run):
    ran = run("export", facts(tmp_path), "--to", "csv,jsonl", "--output-dir", tmp_path / "out")
    files = contents(tmp_path / "out" / "csv").values()
    assert ran.out.splitlines()[:3] == [
        f"csv: {len(files)} files, {sum(map(len, files)):,} bytes",
        "  loss: facts.at: in UTC; the time zone offset of the original is not kept",
        f"jsonl: 1 file, {(tmp_path / 'out' / 'jsonl' / 'facts.jsonl').stat().st_size:,} bytes",
    ]


# CSV


def test_exported_csv_is_a_valid_package(tmp_path, run):
    out = exported(PACKAGE, tmp_path, "csv")
    assert run("validate", out / "csv").code == 0
    assert frictionless.Package(str(out / "csv" / "datapackage.json")).validate().valid


def test_the_rules_go_with_the_csv_files(tmp_path, run):
    out = exported(PACKAGE, tmp_path, "csv")
    asked = ("--as-of", "2026-11-22", "--format", "json")
    ours, theirs = (json.loads(run("validate", folder, *asked).out) for folder in (PACKAGE, out / "csv"))
    assert len(list((out / "csv" / "rules").iterdir())) == len(list((PACKAGE / "rules").iterdir()))
    assert theirs["stats"] | {"seconds": 0} == ours["stats"] | {"seconds": 0}


def test_what_lies_beside_the_descriptor_goes_with_the_csv_files(tmp_path):
    package = facts(tmp_path)
    (package / "LICENSE.md").write_text("CC-BY-4.0", encoding="utf-8")
    out = exported(package, tmp_path, "csv")
    assert (out / "csv" / "LICENSE.md").read_text("utf-8") == "CC-BY-4.0"
    assert "`csv/LICENSE.md`" in (out / "EXPORT-NOTES.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["rules/none.yaml", "../rules.yaml", "facts.csv"])
def test_rules_that_cannot_be_copied_are_refused(tmp_path, name):
    package = facts(tmp_path)
    descriptor = json.loads((package / "datapackage.json").read_text("utf-8"))
    (package / "datapackage.json").write_text(json.dumps({**descriptor, "rules": [name]}), encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be copied"):
        exported(package, tmp_path, "csv")


def test_exported_csv_loads_as_the_package_does(tmp_path):
    out = exported(PACKAGE, tmp_path, "csv")
    ours, theirs = depositary.load_all(PACKAGE, "polars"), depositary.load_all(out / "csv", "polars")
    assert list(ours) == list(theirs)
    assert all(ours[name].equals(theirs[name]) for name in ours)


def test_odd_notation_becomes_plain(tmp_path):
    dialect = {"delimiter": ";", "lineTerminator": "\r\n"}
    package = put(tmp_path, [(resource_of("odd", ODD, dialect, "cp1252"), ODD_ROWS)])
    out = exported(package, tmp_path, "csv") / "csv"
    assert (out / "odd.csv").read_text("utf-8") == "id,value,sure,day\na,1234.5,true,2023-05-26\nb,,false,\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        rows = frictionless.Package(str(out / "datapackage.json")).get_resource("odd").read_rows()
    assert [row.to_dict()["value"] for row in rows] == [Decimal("1234.5"), None]


def test_a_release_s_descriptor_says_size_and_hash(tmp_path):
    out = exported(PACKAGE, tmp_path, "csv") / "csv"
    for resource in json.loads((out / "datapackage.json").read_text("utf-8"))["resources"]:
        data = (out / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data)
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        assert (resource["profile"], resource["schema"]["missingValues"]) == ("tabular-data-resource", [""])


RISKY = ["=1+1", "+1", "-1", "@x", "\t=1", "plain", "a=1", ""]


def test_text_that_a_spreadsheet_would_run_stays_as_it_is(tmp_path):
    out = exported(of_texts(tmp_path, *RISKY), tmp_path, "csv")
    assert depositary.load(out / "csv", "texts", "polars")["text"].to_list() == [*RISKY[:-1], None]
    assert "texts.text: empty texts, which are read as missing (1 value)" in plain_notes(out)


def test_safe_cells_get_an_apostrophe_which_the_notes_count(tmp_path):
    out = exported(of_texts(tmp_path, *RISKY), tmp_path, "csv", safe_cells=True)
    texts = depositary.load(out / "csv", "texts", "polars")["text"].to_list()
    assert texts == ["'=1+1", "'+1", "'-1", "'@x", "'\t=1", "plain", "a=1", None]
    assert "texts.text: an apostrophe is added before the text (--safe-cells) (5 values)" in plain_notes(out)


def plain_notes(out: Path) -> str:
    return (out / "EXPORT-NOTES.md").read_text("utf-8").replace("\\", "")


# JSON Lines


def test_json_lines_hold_the_values(tmp_path):
    out = exported(facts(tmp_path), tmp_path, "jsonl")
    lines = (out / "jsonl" / "facts.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line, parse_float=Decimal) for line in lines]
    assert [list(row) for row in rows] == [[f["name"] for f in FIELDS]] * 3
    assert [row["value"] for row in rows] == [Decimal("0.1"), None, Decimal("12345678901234567890.123456789")]
    assert [row["count"] for row in rows] == [9007199254740993, None, 2]
    assert [(row["id"], row["sure"], row["day"]) for row in rows][:2] == [
        ("NA", True, "1850-02-01"),
        ("007", None, None),
    ]


def test_digits_that_javascript_loses_are_noted(tmp_path):
    notes = plain_notes(exported(facts(tmp_path), tmp_path, "jsonl"))
    assert "facts.count: digits that readers with only doubles, such as JavaScript, do not keep (1 value)" in notes
    assert "facts.value: digits that readers with only doubles, such as JavaScript, do not keep (1 value)" in notes


def test_json_lines_hold_every_text(tmp_path):
    texts = ['quote "" and \\ and\nnew line', "汉字 é", "\u2028", "x" * 40_000]
    out = exported(of_texts(tmp_path, *texts), tmp_path, "jsonl")
    lines = (out / "jsonl" / "texts.jsonl").read_bytes().split(b"\n")
    assert [json.loads(line)["text"] for line in lines[:-1]] == [text.replace('""', '"') for text in texts]


# Parquet


def test_parquet_s_metadata_say_what_the_table_is(tmp_path):
    out = exported(PACKAGE, tmp_path, "parquet")
    schema = pq.read_schema(out / "parquet" / "stances.parquet")
    described = json.loads(schema.metadata[b"resource"])
    assert (schema.metadata[b"package"], schema.metadata[b"version"]) == (b"depositary-trade-policy", b"0.1.0")
    assert described["schema"]["primaryKey"] == ["stance_id"]
    assert schema.field("stance").metadata[b"title"] == b"Stance"
    assert not schema.field("stance_id").nullable
    assert json.loads(pl.read_parquet_metadata(out / "parquet" / "stances.parquet")["resource"]) == described


@pytest.mark.parametrize("format_", TEXTS)
def test_a_table_without_rows_is_exported(tmp_path, format_):
    package = put(tmp_path, [(resource_of("facts", {"fields": FIELDS}, {}), ROWS.partition("\n")[0].encode() + b"\n")])
    out = exported(package, tmp_path, format_)
    assert (out / format_ / f"facts.{format_}").exists()
    if format_ != "jsonl":
        assert list(columns(depositary.load(out / format_, "facts", "polars"))) == [f["name"] for f in FIELDS]


@pytest.mark.parametrize("format_", TEXTS)
def test_a_number_of_forty_digits_survives_as_text(tmp_path, format_):
    package = facts(tmp_path)
    edit(package / "facts.csv", 2, "value", "1" * 40)
    out = exported(package, tmp_path, format_)
    assert ("1" * 40).encode() in (out / format_ / f"facts.{format_}").read_bytes()
    if format_ != "csv":
        assert f"facts.value: text, because {'1' * 40} does not fit number" in plain_notes(out)


def test_a_column_that_no_field_describes_is_noted(tmp_path):
    schema = {"fields": [{"name": "id", "type": "string"}], "fieldsMatch": "subset"}
    package = put(tmp_path, [(resource_of("facts", schema, {}), b"id,more\na,b\n")])
    out = exported(package, tmp_path, "csv")
    assert "facts.more: left out, because the schema does not describe this column of the file" in plain_notes(out)
