"""What a run has judged is known to its next validations, and never changes a report: docs/decisions/0026."""

import json
import random
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import ROOT, manifest_of
from hypothesis import given, settings
from hypothesis import strategies as st

from depositary.check.documents.find_target import find_target
from depositary.check.lanes.known import Known
from depositary.check.reading import columns
from depositary.check.validate import judge_target, validate
from depositary.model.limits import Limits
from depositary.model.report import Report
from depositary.model.rule import RuleOptions

AS_OF = date(2026, 11, 22)
RULES = """
rules:
  - {id: X1, level: error, says: A, tables: [events], holds: guests < 9, message: "{guests}", hint: h, reason: r}
  - {id: X2, level: warning, says: B, tables: [events, places], message: m, hint: h, reason: r, query: >-
      SELECT e._row AS events, p._row AS places FROM events AS e JOIN places AS p ON e.place = p.place
      WHERE p.label = e.note}
  - {id: X3, level: error, says: C, tables: [notes], message: m, hint: h, reason: r, query: >-
      SELECT n._row AS notes FROM notes AS n WHERE n.record NOT IN (SELECT record_id FROM records)}
  - {id: X4, level: error, says: D, tables: [events, notes], fields: [note], holds: "cell <> 'u'", message: m,
     hint: h, reason: r}
"""
FIELDS = {
    "places": [{"name": "place", "type": "string"}, {"name": "label", "type": "string"}],
    "events": [
        {"name": "event", "type": "string"},
        {"name": "place", "type": "string"},
        {"name": "guests", "type": "integer"},
        {"name": "note", "type": "string"},
    ],
    "notes": [
        {"name": "number", "type": "integer"},
        {"name": "record", "type": "string"},
        {"name": "note", "type": "string"},
    ],
}
CELLS = {
    "place": ["p1", "p2", "P1", "p9", ""],
    "label": ["u", "v", ""],
    "event": ["e1", "e2", "e3", "E1", ""],
    "guests": ["1", "9", "01", "many", ""],
    "note": ["u", "v", " v", ""],
    "number": ["1", "2", "01", "x"],
    "record": ["e1", "p1", "nobody", ""],
}


def described(chance: random.Random) -> dict:
    """Describe the package, now and then with another constraint, without a reference or without the rules."""
    key = {"fields": ["place"], "reference": {"resource": "places", "fields": ["place"]}}
    required = {"constraints": {"required": True}} if chance.random() < 0.3 else {}
    resources = []
    for name, fields in FIELDS.items():
        own = [{**field, **required} if field["name"] == "note" else field for field in fields]
        keys = [key] if name == "events" and chance.random() < 0.8 else []
        schema = {"fields": own, "primaryKey": [fields[0]["name"]], "foreignKeys": keys}
        resources.append({"name": name, "type": "table", "path": f"{name}.csv", "schema": schema})
    return {"name": "p", "version": "1.0.0", "rules": ["rules.yaml"], "resources": resources}


def write(folder: Path, name: str, chance: random.Random) -> None:
    """Write a table of a few rows, some of which break something."""
    header = [field["name"] for field in FIELDS[name]]
    rows = [[chance.choice(CELLS[column]) for column in header] for _ in range(chance.choice([0, 2, 4]))]
    lines = [",".join(row) for row in (header, *rows)]
    (folder / f"{name}.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")


def change(folder: Path, chance: random.Random) -> None:
    """Change one thing of the package."""
    what = chance.choice([*FIELDS, *FIELDS, "descriptor", "rules", "nothing"])
    if what == "descriptor":
        (folder / "datapackage.json").write_text(json.dumps(described(chance)), encoding="utf-8")
    elif what == "rules":
        (folder / "rules.yaml").write_text(RULES.replace("guests < 9", f"guests < {chance.choice('29')}"), "utf-8")
    elif what != "nothing":
        write(folder, what, chance)


@pytest.mark.parametrize("count", [10, pytest.param(300, marks=pytest.mark.soak)])
def test_a_report_is_the_same_whatever_the_run_has_judged_before(count: int):
    settings(max_examples=count, deadline=None, database=None, derandomize=True)(
        given(st.integers(0, 2**32), st.booleans())(_is_the_same)
    )()


def _is_the_same(seed: int, is_large: bool) -> None:  # noqa: FBT001
    chance, known = random.Random(seed), Known()  # noqa: S311 (not for secrets)
    with TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "SMALL", 0 if is_large else columns.SMALL)  # files are told apart by their stamps
        folder = Path(place)
        (folder / "datapackage.json").write_text(json.dumps(described(chance)), encoding="utf-8")
        (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
        for name in FIELDS:
            write(folder, name, chance)
        for _ in range(4):
            limits = Limits(examples=chance.choice([1, 100]))
            asked = RuleOptions(rules=chance.choice([True, True, False]), as_of=AS_OF)
            told = judge_target(find_target(folder, None, None), asked, limits, known=known)
            assert vars(told) == vars(judge_target(find_target(folder, None, None), asked, limits))
            change(folder, chance)


def test_tables_that_are_the_same_are_not_read_again(monkeypatch):
    target, asked, known = find_target(ROOT / "datapackage", None, None), RuleOptions(as_of=AS_OF), Known()
    first = judge_target(target, asked, known=known)
    monkeypatch.setattr("depositary.check.validate.judge_table", None)
    monkeypatch.setattr("depositary.check.rules.rule_run.RuleRun.findings", None)
    assert vars(judge_target(target, asked, known=known)) == vars(first)


# Deletions from a large table


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Make a package with a table whose keys are texts of two columns, some of them not in their usual form."""
    folder = tmp_path / "shop"
    folder.mkdir()
    fields = [{"name": name, "type": "string"} for name in ("shelf", "item", "label")]
    schema = {"fields": fields, "primaryKey": ["shelf", "item"]}
    resource = {"name": "stock", "type": "table", "path": "stock.csv", "schema": schema}
    (folder / "datapackage.json").write_text(
        json.dumps({"name": "shop", "version": "1.0.0", "resources": [resource]}), encoding="utf-8"
    )
    rows = ["a,1,x", "a,2,x", " b ,3,x", "Cafe\u0301,4,x", "a|b,5,x", ",6,x", "Ａ,7,x"]
    (folder / "stock.csv").write_text("\n".join(["shelf,item,label", *rows, ""]), encoding="utf-8")
    return folder


@pytest.mark.parametrize("record", ["1.555", "1555"])
def test_a_key_with_a_notation_of_its_own_is_named_as_it_is_written(tmp_path, monkeypatch, record):
    number = {"name": "shelf", "type": "number", "decimalChar": ",", "groupChar": "."}
    schema = {"fields": [number, {"name": "label", "type": "string"}], "primaryKey": ["shelf"]}
    resource = {"name": "stock", "type": "table", "path": "stock.csv", "schema": schema}
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "datapackage.json").write_text(
        json.dumps({"name": "shop", "version": "1.0.0", "resources": [resource]}), encoding="utf-8"
    )
    (folder / "stock.csv").write_text("shelf,label\n1.554,x\n1.555,x\n", encoding="utf-8")
    small = deleting(tmp_path, folder, record)
    monkeypatch.setattr(columns, "SMALL", 0)
    assert vars(validate(tmp_path / "mine", folder)) == vars(small)
    assert small.valid == (record == "1.555")


def deleting(folder: Path, shop: Path, record: str) -> Report:
    (folder / "mine").mkdir()
    (folder / "mine" / "contribution.toml").write_text(manifest_of("shop"), encoding="utf-8")
    (folder / "mine" / "deletes.csv").write_text(f"table,record_id,reason\nstock,{record},why\n", encoding="utf-8")
    return validate(folder / "mine", shop)


@pytest.mark.parametrize(
    "record",
    ["a|1", " a | 1 ", "b|3", " b |3", "Caf\u00e9|4", "a\\|b|5", "a|b|5", "a", "|6", "6", "A|7", "a|9", "A|1"],
)
def test_a_deletion_from_a_large_table_is_judged_as_from_a_small_one(record, shop, tmp_path, monkeypatch):
    small = deleting(tmp_path, shop, record)
    monkeypatch.setattr(columns, "SMALL", 0)
    assert vars(validate(tmp_path / "mine", shop)) == vars(small)
