"""The published package: valid for everybody, fresh, and proven by the text where it is at hand."""

import csv
import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import dplib
import frictionless
import pytest
from conftest import ROOT, edit
from jsonschema import Draft7Validator

import depositary
from depositary.check.validate import validate
from depositary.model.rule import RuleOptions
from depositary.model.table import EDTF

PACKAGE = ROOT / "datapackage"
DESCRIPTOR = json.loads((PACKAGE / "datapackage.json").read_bytes())
FACTS = json.loads((ROOT / "schemas" / "package.json").read_bytes())["tables"]
SCHEMAS = sorted([*(ROOT / "schemas" / "tables").glob("*.json"), *(ROOT / "schemas" / "codelists").glob("*.json")])
PROFILES = Path(dplib.__file__).parent / "profiles" / "2.0"
TEXTS = ROOT.parent / "shared" / "seeds"


def rows(table: str) -> Iterator[dict[str, str]]:
    resource = next(r for r in DESCRIPTOR["resources"] if r["name"] == table)
    with (PACKAGE / resource["path"]).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def test_the_package_is_valid():
    report = depositary.validate(PACKAGE)
    assert report.errors == 0
    assert len(report.rules.judged) > 90
    asked_for = ("--previous", "--snapshots")
    assert all(any(option in item.reason for option in asked_for) for item in report.not_judged)


def test_the_warnings_that_the_package_keeps_are_explained_in_its_notes():
    kept = list(depositary.validate(PACKAGE))
    assert {finding.rule for finding in kept} == {"R29"}
    notes = {row["statement_id"]: row["notes"] for row in rows("statements")}
    parties = dict(enumerate(rows("statement_parties"), start=2))
    assert all(finding.rule in notes[parties[finding.row]["statement_id"]] for finding in kept)


def test_the_package_can_be_released_as_far_as_evidence_goes():
    report = validate(PACKAGE, asked=RuleOptions(release=True))
    assert [finding for finding in report if finding.level == "error"] == []


def test_the_quotes_of_the_article_are_passages_and_few(article):
    report = validate(PACKAGE, asked=RuleOptions(select=("R18", "R55"), snapshots=article.parent))
    assert report.rules.judged == ("R18", "R55a", "R55b", "R55c")
    assert list(report) == []


def test_frictionless_finds_the_package_valid():
    report = frictionless.validate(str(PACKAGE / "datapackage.json"))
    assert report.valid, report.flatten(["type", "note"])
    assert report.warnings == []


def test_every_table_of_the_model_is_there(run):
    report = json.loads(run("validate", PACKAGE, "--format", "json").out)
    assert {task["name"] for task in report["tasks"]} == {r["name"] for r in DESCRIPTOR["resources"]}
    assert len(FACTS) == 21
    assert len(DESCRIPTOR["resources"]) == 27


def test_the_descriptor_follows_the_profile_of_version_2():
    profile = json.loads((PROFILES / "datapackage.json").read_bytes())
    assert [e.message for e in Draft7Validator(profile).iter_errors(DESCRIPTOR)] == []


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.stem)
def test_schemas_follow_the_profile_of_version_2(file):
    profile = json.loads((PROFILES / "tableschema.json").read_bytes())
    assert [e.message for e in Draft7Validator(profile).iter_errors(json.loads(file.read_bytes()))] == []


@pytest.mark.parametrize("resource", DESCRIPTOR["resources"], ids=lambda r: r["name"])
def test_resources_have_what_readers_need(resource):
    assert resource["profile"] == "tabular-data-resource"
    assert resource["type"] == "table"
    assert resource["schema"]["missingValues"] == [""]
    assert isinstance(resource["schema"]["primaryKey"], list)
    assert not resource["path"].startswith(("/", "."))


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.stem)
def test_columns_fit_every_tool(file):
    schema = json.loads(file.read_bytes())
    names = [f["name"] for f in schema["fields"]]
    assert len(file.stem) <= 31
    assert all(len(name) <= 32 and name.isascii() and name == name.lower() for name in names)
    assert len(set(names)) == len(names)
    references = {name for key in schema.get("foreignKeys", []) for name in key["fields"]}
    for field in schema["fields"]:
        constraints = field.get("constraints", {})
        assert field["title"]
        assert field["description"]
        assert "\\d" not in constraints.get("pattern", "")
        if field["name"] in references and field["name"] not in schema["primaryKey"]:
            assert not {"pattern", "enum"} & constraints.keys()
        if field["type"] == "boolean":
            assert (field["trueValues"], field["falseValues"]) == (["true"], ["false"])


@pytest.mark.parametrize("file", SCHEMAS, ids=lambda file: file.stem)
def test_every_coded_value_has_a_codebook_entry(file):
    for field in json.loads(file.read_bytes())["fields"]:
        categories = field.get("categories", [])
        assert [c["value"] for c in categories] == field.get("constraints", {}).get("enum", [])
        for category in categories:
            assert all(category[key] for key in ("label", "definition", "include", "exclude", "example"))
            assert len(category["label"]) <= 80


def test_all_edtf_columns_have_the_same_pattern():
    fields = [f for file in SCHEMAS for f in json.loads(file.read_bytes())["fields"] if f.get("rdfType") == EDTF]
    assert len(fields) == 11
    assert len({f["constraints"]["pattern"] for f in fields}) == 1


@pytest.mark.parametrize(
    ("code", "iso", "comtrade", "gta"),
    [
        ("TWN", "158", "490", "158"),
        ("XKX", "", "412", "999"),
        ("IND", "356", "699", "699"),
        ("FRA", "250", "251", "251"),
        ("USA", "840", "842", "840"),
        ("CHE", "756", "757", None),
        ("NOR", "578", "579", None),
        ("EUU", "", "97", None),
        ("WLD", "", "0", None),
    ],
)
def test_the_crosswalk_of_jurisdictions_holds(code, iso, comtrade, gta):
    row = next(r for r in rows("jurisdictions") if r["code"] == code)
    assert (row["iso_numeric"], row["comtrade_code"]) == (iso, comtrade)
    assert gta is None or row["gta_code"] == gta


def test_namibia_keeps_its_code():
    assert next(r for r in rows("jurisdictions") if r["code"] == "NAM")["iso2"] == "NA"


def test_iso_lists_are_whole():
    assert sum(r["iso_numeric"] != "" for r in rows("jurisdictions")) == 249
    assert len(list(rows("currencies"))) == 178
    chapters = [r["code"] for r in rows("hs_chapters")]
    assert chapters == [f"{n:02}" for n in range(1, 98) if n != 77]


CHIPS = {
    "8542": {
        "H0": "11 19 20 80 90",
        "H1": "12 13 14 19 30 40 50 90",
        "H2": "10 21 29 60 70 90",
        **dict.fromkeys(["H3", "H4", "H5", "H6"], "31 32 33 39 90"),
    },
    "8541": {
        **dict.fromkeys(["H0", "H1", "H2", "H3", "H4", "H5"], "10 21 29 30 40 50 60 90"),
        "H6": "10 21 29 30 41 42 43 49 51 59 60 90",
    },
    "8486": dict.fromkeys(["H0", "H1", "H2"], ""),
}


@pytest.mark.parametrize(("heading", "edition"), [(h, e) for h in CHIPS for e in CHIPS[h]])
def test_chip_headings_by_edition(heading, edition):
    codes = [r["code"] for r in rows("products") if r["classification"] == edition and r["code"].startswith(heading)]
    assert sorted(c[4:] for c in codes if len(c) == 6) == CHIPS[heading][edition].split()


def test_did_south_korea_confirm_the_chip_agreement():
    statement = "stm-cn-kr-chip-dialogue"
    said = {(r["party_id"], r["stance"]): r for r in rows("stances") if r["statement_id"] == statement}
    assert set(said) == {
        ("act-cn-government", "affirms"),
        ("act-kr-government", "silent"),
        ("act-kr-government", "qualifies"),
    }
    silent, qualifies = said["act-kr-government", "silent"], said["act-kr-government", "qualifies"]
    assert (silent["access_basis"], silent["document_source_id"]) == ("reported", "src-kr-readout")
    via = next(r for r in rows("statements") if r["statement_id"] == qualifies["via_statement_id"])
    assert via["attribution"] == "anonymous"


def test_the_micron_measure_is_nowhere_in_force():
    assert {r["stage"] for r in rows("policy_action_stages")} == {"investigated", "threatened"}


def test_evidence_names_rows_that_exist():
    keys = {r["name"]: r["schema"]["primaryKey"] for r in DESCRIPTOR["resources"]}
    known = {
        (table, "|".join(row[name] for name in keys[table]))
        for table in FACTS
        if table != "evidence"
        for row in rows(table)
    }
    evidence = list(rows("evidence"))
    assert len(evidence) > 100
    assert [r for r in evidence if (r["table_name"], r["record_id"]) not in known] == []


def test_quotes_are_short():
    quotes = [r["quote"] for r in rows("evidence") if r["quote"]]
    assert all(len(q) <= 100 and len(q.split()) <= 12 for q in quotes)
    article = json.loads((ROOT / "seeds" / "article.json").read_bytes())
    assert sum(map(len, quotes)) <= 0.2 * article["snapshot"]["code_points"]


FILL = "fill the cell; if its value is not known, the row may not belong in this table yet"
PLANTED = [
    ("actors.csv", 5, "jurisdiction", "South Korea", "foreign-key", "did you mean KOR?"),
    ("statements.csv", 4, "recorded_on", "2026-02-30", "type-error", "2026-02 has only 28 days; correct the date"),
    ("statements.csv", 6, "modality", "intent", "enum-constraint", "did you mean intended?"),
    ("meetings.csv", 2, "held", "26/05/2023", "pattern-constraint", "write the year first: 2023-05-26"),
    ("stances.csv", 3, "statement_id", "stm-cn-kr-chip-dialog", "foreign-key", "did you mean stm-cn-kr-chip-dialogue?"),
    ("policy_actions.csv", 2, "title", "", "required-constraint", FILL),
    ("codelists/jurisdictions.csv", 9, "can_report", "maybe", "type-error", "write true or false"),
]


def test_seven_planted_faults_give_exactly_seven_findings(published):
    for file, row, field, value, *_ in PLANTED:
        edit(published / "data" / file, row, field, value)
    errors = (f for f in depositary.validate(published) if f.level == "error")
    found = [(Path(f.file), f.row, f.field, f.value, f.code, f.hint) for f in errors]
    assert sorted(found) == sorted((Path("data", file), *rest) for file, *rest in PLANTED)


@pytest.mark.short(1, long=2)
@pytest.mark.parametrize("fault", PLANTED, ids=lambda fault: f"{fault[4]}-{fault[2]}")
def test_each_planted_fault_is_one_error_for_frictionless_too(published, fault):
    file, row, field, value, *_ = fault
    edit(published / "data" / file, row, field, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert frictionless.validate(str(published / "datapackage.json")).stats["errors"] == 1


@pytest.fixture
def article() -> Path:
    """Give the founding article, which is not part of the project."""
    files = sorted(TEXTS.glob("*.txt"))
    if not files:
        pytest.skip("the founding article is not at hand (it is not ours to publish): its evidence is not recomputed")
    return files[0]


def test_all_evidence_of_the_article_holds(run, article):
    done = run("evidence", "check", "--text", article)
    assert done.code == 0, done.out
    assert "101" in done.out


def test_no_sentence_of_the_article_is_in_the_project(article):
    words = article.read_text(encoding="utf-8").split()
    runs = {" ".join(words[i : i + 13]) for i in range(len(words) - 12)}
    for file in [*PACKAGE.rglob("*"), *(ROOT / "seeds").rglob("*"), *(ROOT / "docs").rglob("*"), *SCHEMAS]:
        if file.is_file():
            text = " ".join(file.read_text(encoding="utf-8").split())
            assert not [r for r in runs if r in text], file
