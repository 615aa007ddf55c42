"""Rules see a row as deleted whatever the type of its key, and know the rows of an earlier release again."""

import json
from pathlib import Path

import pytest
from conftest import manifest_of

from depositary.check.validate import validate
from depositary.engine.duckdb import DuckDB
from depositary.model.report import Report
from depositary.model.rule import RuleOptions

RULES = """
rules:
  - id: X1
    level: error
    says: A part is of a row that is there.
    tables: [t, parts]
    query: |
      SELECT p._row AS parts FROM parts AS p
      WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.b = p.b)
    message: a part of nothing
    hint: take it out
    reason: it is
  - id: X2
    level: error
    says: A row that was released stays.
    tables: [t]
    query: |
      SELECT t._row AS t FROM t, previous AS p
      WHERE p.table_name = 't' AND NOT EXISTS (SELECT 1 FROM records AS r WHERE r.record_id = p.record_id)
    message: a row of the earlier release is gone
    hint: bring it back
    reason: it is
"""
KEYS = [
    ({"type": "string"}, "x|y", "x"),
    ({"type": "integer"}, "0101", "7"),
    ({"type": "number"}, "1.50", "2"),
    ({"type": "number"}, "1E3", "0"),
    ({"type": "number", "decimalChar": ",", "groupChar": "."}, "1.000,5", "2,25"),
    ({"type": "boolean"}, "TRUE", "false"),
    ({"type": "boolean", "trueValues": ["yes"], "falseValues": ["no"]}, "yes", "no"),
    ({"type": "date"}, "2023-05-26", "2023-05-27"),
    ({"type": "date", "format": "%d.%m.%Y"}, "26.05.2023", "27.05.2023"),
    ({"type": "datetime"}, "2023-05-26T10:00:00Z", "2023-05-26T10:00:01Z"),
    ({"type": "datetime", "format": "any"}, "2023-05-26T10:00:00.25+09:00", "2023-05-26T10:00:00+00:00"),
    ({"type": "time"}, "10:00:00", "10:00:01"),
    ({"type": "year"}, "2023", "2024"),
    ({"type": "yearmonth"}, "2023-05", "2023-06"),
    ({"type": "duration"}, "P1Y", "P1D"),
    ({"type": "geopoint"}, "1.5, 2", "3, 4"),
    ({"type": "list"}, "x,y", "x"),
    ({"type": "any"}, "01", "1"),
]


def put(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def package(folder: Path, field: dict[str, object], *keys: str) -> Path:
    fields = [{"name": "a", **field}, *({"name": name, "type": "string"} for name in "bc")]
    t = {"name": "t", "path": "t.csv", "schema": {"fields": fields, "primaryKey": ["a"]}}
    schema = {"fields": [{"name": name, "type": "string"} for name in ("part_id", "b")], "primaryKey": ["part_id"]}
    tables = [t, {"name": "parts", "path": "parts.csv", "schema": schema}]
    put(folder, "datapackage.json", json.dumps({"name": "u", "version": "1.0.0", "resources": tables, "rules": ["r"]}))
    put(folder, "r", RULES)
    put(folder, "t.csv", "a,b,c\n" + "".join(f'"{key}",b{at},\n' for at, key in enumerate(keys)))
    put(folder, "parts.csv", "part_id,b\np1,b0\n")
    return folder


def errors(report: Report) -> list[str]:
    return [finding.rule or finding.code for finding in report if finding.level == "error"]


@pytest.mark.short(4, long=8)
@pytest.mark.parametrize(("field", "gone", "stays"), KEYS)
@pytest.mark.parametrize("also_edits", [False, True])
def test_a_deleted_row_is_gone_for_rules(tmp_path, field, gone, stays, also_edits):
    base = package(tmp_path / "base", field, gone, stays)
    assert errors(validate(base, asked=RuleOptions(select=("X1",)))) == []
    mine = tmp_path / "mine"
    put(mine, "contribution.toml", manifest_of("u"))
    name = gone.replace("|", r"\|")
    put(mine, "deletes.csv", f'table,record_id,reason\nt,"{name}",double\n')
    put(mine, "parts.csv", "part_id,b\np2,b0\n")
    if also_edits:
        put(mine, "t.csv", f'a,c\n"{stays}",new\n')
    assert errors(validate(mine, base, asked=RuleOptions(select=("X1",)))) == ["X1"]
    put(mine, "deletes.csv", f'table,record_id,reason\nt,"{stays}",double\n')
    (mine / "t.csv").unlink(missing_ok=True)
    assert errors(validate(mine, base, asked=RuleOptions(select=("X1",)))) == []


@pytest.mark.parametrize("kind", ["string", "integer"])
@pytest.mark.parametrize("also_edits", [False, True])
def test_statements_are_as_long_for_many_deleted_rows_as_for_few(tmp_path, monkeypatch, kind, also_edits):
    base = package(tmp_path / "base", {"type": kind}, *map(str, range(1000, 3000)))
    lengths = []
    for count in (1, 1900):
        mine = tmp_path / str(count)
        put(mine, "contribution.toml", manifest_of("u"))
        gone = "".join(f"t,{number},double\n" for number in range(1000, 1000 + count))
        put(mine, "deletes.csv", f"table,record_id,reason\n{gone}")
        put(mine, "parts.csv", "part_id,b\np2,b0\np3,b1999\n")
        if also_edits:
            put(mine, "t.csv", "a,c\n2999,new\n")
        with monkeypatch.context() as patch:
            lengths.append(lengths_of_statements(patch))
            assert errors(validate(mine, base, asked=RuleOptions(select=("X1",)))) == ["X1"]
    few, many = (max(some) for some in lengths)
    assert many == few


def lengths_of_statements(patch: pytest.MonkeyPatch) -> list[int]:
    lengths: list[int] = []
    run = DuckDB.run

    def noted(self: DuckDB, statement: str, *values: object) -> object:
        lengths.append(len(statement))
        return run(self, statement, *values)

    patch.setattr(DuckDB, "run", noted)
    return lengths


@pytest.mark.short(3, long=5)
@pytest.mark.parametrize(("field", "one", "other"), KEYS)
def test_the_rows_of_an_earlier_release_are_known_again(tmp_path, field, one, other):
    before = package(tmp_path / "before", field, one, other)
    asked = RuleOptions(select=("X2",), previous=before)
    assert errors(validate(package(tmp_path / "same", field, one, other), asked=asked)) == []
    assert errors(validate(package(tmp_path / "less", field, one), asked=asked)) == ["X2"]
