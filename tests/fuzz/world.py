"""A small workspace with one of each thing that a stranger can send: what the fuzzing spoils.

`python tests/fuzz/world.py FOLDER` writes it.
"""

import csv
import gzip
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
from called import called

EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"
TEXT = "The minister said no. The other one said: “perhaps”.\n"
_DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()
_PASSAGE = hashlib.sha256(TEXT[:20].encode()).hexdigest()

Rows = list[list[str]]


def _field(name: str, kind: str = "string", **said: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **said}


def _key(name: str, **said: Any) -> dict[str, Any]:
    return _field(name, constraints={"required": True}, **said)


def _to(fields: Sequence[str], resource: str, parent: Sequence[str]) -> dict[str, Any]:
    return {"fields": list(fields), "reference": {"resource": resource, "fields": list(parent)}}


_KINDS = [{"value": "state", "label": "State"}, {"value": "firm", "label": "Firm"}, {"value": "body", "label": "Body"}]
_GRADES = [{"value": 1, "label": "First"}, {"value": 2, "label": "Second"}]
_MADE_BY = _field("contributor_id", merge={"as": "contributor"})

# Each table: the ending of its file, its schema, its rows.
_TABLES: dict[str, tuple[str, dict[str, Any], Rows]] = {
    "contributors": (
        "csv",
        {"fields": [_key("contributor_id"), _field("name")], "primaryKey": ["contributor_id"]},
        [["ctr-ann", "Ann"], ["ctr-ben", "Ben"]],
    ),
    "sources": (
        "csv",
        {
            "fields": [
                _key("source_id"),
                _field("title"),
                _field("known_through_source_id"),
                _field("snapshot_sha256"),
            ],
            "primaryKey": ["source_id"],
            "foreignKeys": [_to(["known_through_source_id"], "", ["source_id"])],
        },
        [["src-a", "A", "", _DIGEST], ["src-b", "B", "src-a", ""], ["src-c", "C", "", ""]],
    ),
    "source_derivations": (
        "csv.gz",
        {
            "fields": [
                _key("source_id"),
                _key("parent_source_id"),
                _field("derivation"),
                _field("drift"),
                _field("drift_note"),
            ],
            "primaryKey": ["source_id", "parent_source_id"],
            "foreignKeys": [_to(["source_id"], "sources", ["source_id"])],
        },
        [["src-b", "src-c", "rewritten", "", ""], ["src-c", "src-a", "quotes", "", "a little"]],
    ),
    "regions": (
        "csv",
        {
            "fields": [_key("code"), _field("label"), _field("list_version"), _field("parent")],
            "primaryKey": ["code"],
            "missingValues": [""],
        },
        [["KOR", "South Korea", "1", "ASI"], ["CHN", "China", "1", "ASI"], ["ASI", "Asia", "1", ""]],
    ),
    "actors": (
        "csv",
        {
            "fields": [
                _field(
                    "actor_id",
                    example="act-1",
                    constraints={"required": True, "pattern": "act-[a-z0-9-]+"},
                    merge={"prefix": "act-", "from": ["name"]},
                ),
                _field("name", constraints={"required": True, "maxLength": 40}, title="Name"),
                _field("kind", categories=_KINDS, categoriesOrdered=True),
                _field("region"),
                _field("aliases", merge={"as": "set"}),
                _field("founded", rdfType=EDTF),
                _field("source_id", merge={"as": "source"}),
                _MADE_BY,
            ],
            "primaryKey": ["actor_id"],
            "uniqueKeys": [["name"]],
            "foreignKeys": [_to(["region"], "regions", ["code"]), _to(["source_id"], "sources", ["source_id"])],
        },
        [
            ["act-1", "Korea", "state", "KOR", "ROK; South Korea", "1948", "src-a", "ctr-ann"],
            ["act-2", "Chips", "firm", "CHN", "", "2001-05~", "src-b", "ctr-ben"],
            ["act-3", "Talks", "body", "", "", "", "src-a", "ctr-ann"],
            ["act-4", "Talkers", "body", "ASI", "", "2010/2012", "src-c", "ctr-ann"],
        ],
    ),
    "events": (
        "csv",
        {
            "fields": [
                _key("event_id"),
                _field("held", "date"),
                _field("begun", "datetime"),
                _field("hour", "time"),
                _field("kind", constraints={"enum": ["talks", "visit"]}),
                _field("guests", "integer", constraints={"minimum": 0, "maximum": 1000}),
                _field("share", "number"),
                _field("open", "boolean"),
                _field("grade", "integer", categories=_GRADES),
                _field("year", "year"),
                _field("actor_id"),
                _field("about", "object"),
                _field("parts", "list"),
                _field("note", merge={"as": "audit"}),
                _field("source_id", merge={"as": "source"}),
            ],
            "primaryKey": ["event_id"],
            "foreignKeys": [_to(["actor_id"], "actors", ["actor_id"]), _to(["source_id"], "sources", ["source_id"])],
        },
        [
            [
                *("ev-1", "2023-05-26", "2023-05-26T10:00:00Z", "10:00:00", "talks", "12", "0.5", "true", "1", "2023"),
                *("act-1", '{"a": 1}', "a,b", "said", "src-a"),
            ],
            ["ev-2", "2023-05-27", "", "", "visit", "0", "", "false", "2", "", "act-2", "", "", "", "src-b"],
            ["ev-3", "", "", "", "talks", "", "12.25", "", "", "2024", "", "", "", "two\nlines", ""],
        ],
    ),
    "flows": (
        "csv.zip",
        {
            "fields": [
                _key("reporter"),
                _field("year", "year", constraints={"required": True}),
                _field("value", "number"),
            ],
            "primaryKey": ["reporter", "year"],
            "foreignKeys": [_to(["reporter"], "regions", ["code"])],
        },
        [["KOR", "2020", "1.5"], ["CHN", "2020", "22"], ["KOR", "2021", ""]],
    ),
    "evidence": (
        "csv",
        {
            "fields": [
                _key("evidence_id"),
                _field("table_name"),
                _field("record_id"),
                _field("field_name"),
                _field("source_id"),
                _field("support"),
                _field("char_start", "integer"),
                _field("char_end", "integer"),
                _field("quote_sha256"),
                _field("quote"),
            ],
            "primaryKey": ["evidence_id"],
        },
        [["evd-1", "events", "ev-1", "kind", "src-a", "stated", "0", "20", _PASSAGE, TEXT[:20]]],
    ),
}
_LINKED = {"resource": "events", "place": "schemas/events.json"}

_RULES = """\
rules:
  - id: X1
    level: error
    says: Talks have guests.
    tables: [events]
    when: kind = 'visit'
    holds: guests >= 0
    place: guests
    message: talks with {guests} guests
    hint: count the guests
    reason: Nobody talks alone.
    good: {events: [{kind: visit, guests: 3}]}
    bad: {events: [{kind: visit, guests: -1}]}

  - id: X2
    level: warning
    says: An actor is there once.
    tables: [events, actors]
    query: |
      SELECT ARRAY_AGG(e._row) AS events, MIN(a._row) AS actors, a.name, e.held
      FROM events AS e JOIN actors AS a ON a.actor_id = e.actor_id
      GROUP BY a.name, e.held HAVING COUNT(*) > 1
    place: held
    message: "{name} was there several times on {held}"
    hint: look whether they are one event
    reason: One event is often coded twice.
"""

_WORKSPACE = """\
package = "package"
contributions = ["contributions"]
decisions = "decisions"
bases = "bases"
output = "merged"
"""


def _manifest(who: str, version: str, more: str = "", mode: str = "patch") -> str:
    head = f'contributor = "{who}"\nmode = "{mode}"\nrole = "coder"\nlicense = "CC-BY-4.0"\n'
    return f'{head}\n[base]\npackage = "world"\nversion = "{version}"\n{more}'


_MAPPED = """
[[files]]
path = "list.csv"
table = "actors"
columns = { "Id" = "actor_id", "Name" = "name", "Sort" = "kind" }
local = ["actor_id"]
ignore = ["Phone"]

[files.constants]
source_id = "src-b"

[files.values.kind]
company = "firm"

[[files]]
path = "book.xlsx"
sheet = "Events"
table = "events"
columns = { "Id" = "event_id", "Guests" = "guests" }

[[schema.actors.add]]
name = "motto"
type = "string"
title = "Motto"
"""


def build(folder: Path) -> Path:
    """Write the workspace, with what the program makes of it beside it: merged, exported, a worksheet, a diff."""
    _package(folder / "bases" / "1.0.0", "1.0.0", {})
    _package(folder / "package", "1.1.0", {"events": ["ev-4", "2024-01-01", *[""] * 13]})
    _contributions(folder / "contributions")
    _decisions(folder / "decisions")
    _write(folder / "depositary.toml", _WORKSPACE)
    _write(folder / "text.txt", TEXT)
    _table(folder / "longer.csv", [["code", "label", "list_version"], ["JPN", "Japan", "1"], ["KOR", "Korea", "1"]])
    _table(folder / "events.csv", [["event_id", "held"], ["ev-9", "2020-01-01"]])
    _table(folder / "free.csv", [["a", "b"], ["1", "x"], ["2", "y"]])
    _made(folder)
    return folder


def _made(folder: Path) -> None:
    assert called(folder, "merge").code == 1
    assert called(folder, "conflicts", "--format", "csv", "--output", "sheet.csv").code == 1
    _fill_in(folder / "sheet.csv")
    assert called(folder, "conflicts", "--format", "xlsx", "--output", "sheet.xlsx").code == 1
    _fill_in_book(folder / "sheet.xlsx")
    assert called(folder, "resolve", "--from", "sheet.csv", "--as", "ctr-ann").code == 0
    assert called(folder, "export", "package", "--to", "parquet,csv", "--output-dir", "exported").code == 0
    assert called(folder, "diff", "package", "merged", "--format", "csv", "--output", "diff.csv").code == 1


def _package(folder: Path, version: str, more: dict[str, list[str]]) -> None:
    resources = []
    for name, (ending, schema, rows) in _TABLES.items():
        path = f"data/{name}.{ending}"
        header = [field["name"] for field in schema["fields"]]
        _table(folder / path, [header, *rows, *([more[name]] if name in more else [])])
        said: dict[str, Any] = {"name": name, "type": "table", "path": path, "title": name.title(), "schema": schema}
        if name == _LINKED["resource"]:
            _write(folder / _LINKED["place"], json.dumps(schema, indent=1))
            said["schema"] = _LINKED["place"]
        resources.append(said)
    descriptor = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "world",
        "title": "A world",
        "version": version,
        "licenses": [{"name": "CC-BY-4.0"}],
        "rules": ["rules/world.yaml"],
        "resources": resources,
    }
    _write(folder / "datapackage.json", json.dumps(descriptor, indent=1))
    _write(folder / "rules" / "world.yaml", _RULES)


def _contributions(folder: Path) -> None:
    ann, ben, eve = folder / "ann" / "x", folder / "ben" / "y", folder / "eve" / "z"
    _write(ann / "contribution.toml", _manifest("ctr-ann", "1.1.0", _MAPPED))
    _table(
        ann / "list.csv", [["Id", "Name", "Sort", "Phone"], ["1", "Steel", "company", "1"], ["2", "Ore", "body", "2"]]
    )
    _book(ann / "book.xlsx")
    _table(ann / "deletes.csv", [["table", "record_id", "reason", "source_id"], ["actors", "act-4", "twice", "src-a"]])
    _write(ben / "contribution.toml", _manifest("ctr-ben", "1.0.0"))
    _table(ben / "events.csv", [["event_id", "guests", "kind", "source_id"], ["ev-1", "15", "visit", "src-b"]])
    _table(ben / "actors.csv", [["actor_id", "name", "aliases"], ["act-4", "The talkers", "T"], ["act-1", "", "K"]])
    _write(eve / "contribution.toml", _manifest("ctr-eve", "1.0.0", mode="snapshot"))
    _table(
        eve / "contributors.csv", [["contributor_id", "name"], ["ctr-ann", "Ann"], ["ctr-ben", "B"], ["ctr-eve", ""]]
    )


def _decisions(folder: Path) -> None:
    judged = ["table", "left_id", "right_id", "judgement", "method", "score", "reason", "source_id", "decided_by"]
    line = ["actors", "act-3", "act-4", "positive", "manual", "", "one body", "", "ctr-ann", "2026-11-20"]
    _table(folder / "judgements" / "ctr-ann.csv", [[*judged, "decided_on"], line])


def _book(file: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Events"
    for row in (["Id", "Guests"], ["ev-1", 14], ["ev-2", 5]):
        sheet.append(row)
    book.create_sheet("regions").append(["code", "label"])
    book["regions"].append(["KOR", "Korea, South"])
    book.save(file)


def _fill_in(file: Path) -> None:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    for row in rows[2:]:
        row[rows[0].index("choice")], row[rows[0].index("reason")] = "ctr-ben", "as he counted"
    _table(file, rows)


def _fill_in_book(file: Path) -> None:
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    head = [cell.value for cell in sheet[1]]
    sheet.cell(3, head.index("choice") + 1, "ctr-ben")
    sheet.cell(3, head.index("reason") + 1, "as he counted")
    book.save(file)


def _table(file: Path, rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    content = text.getvalue().encode()
    if file.suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    if file.suffix == ".zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(zipfile.ZipInfo(file.stem), content)
        content = packed.getvalue()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())


if __name__ == "__main__":
    build(Path(sys.argv[1]))
