"""A small merged package, written by hand: every kind of side, claim and redirect that the desk has to show."""

import json
from collections.abc import Sequence
from pathlib import Path

from conftest import ROOT

from depositary.merging.claims.hashes import conflict_id
from depositary.write.csv import to_csv

HELD = conflict_id("cell", "events", "ev-1", "held")
NOTE = conflict_id("cell", "events", "ev-1", "note")
NEW = conflict_id("cell", "events", "ev-4", "note")
GONE = conflict_id("row", "events", "ev-2", "")
TOO_MANY = conflict_id("constraint", "events", "ev-3", "guests")
AUTO = conflict_id("cell", "events", "ev-3", "kind")
MERGED = conflict_id("cell", "events", "ev-5", "note")
SETTLED = conflict_id("cell", "events", "ev-3", "note")
REFERENCED = conflict_id("row", "events", "ev-6", "")

_TABLES = {
    "contributors": ("contributor_id", "name"),
    "sources": ("source_id", "title"),
    "events": ("event_id", "held", "kind", "guests", "note"),
    "evidence": (
        "evidence_id",
        "table_name",
        "record_id",
        "field_name",
        "source_id",
        "support",
        "char_start",
        "char_end",
    ),
}
_ROWS = {
    "contributors": [("ctr-jonas", "Jonas"), ("ctr-mira", "Mira"), ("ctr-ana", "Ana")],
    "sources": [("src-report", "The report"), ("src-readout", "The readout")],
    "events": [
        ("ev-1", "2023-05-26", "talks", "12", "=1+1"),
        ("ev-2", "2023-05-27", "visit", "3", ""),
        ("ev-3", "2023-05-28", "talks", "40", "Mira’s note"),
        ("ev-4", "2023-05-29", "talks", "", ""),
        ("ev-5", "2023-05-30", "talks", "", "one"),
        ("ev-6", "2023-05-31", "talks", "", ""),
    ],
    "evidence": [
        ("evd-1", "events", "ev-3", "", "src-report", "stated", "10", "20"),
        ("evd-2", "events", "ev-3", "note", "src-readout", "inferred", "", ""),
    ],
}
_OWN = {
    "provenance_rows": "provenance/rows.csv",
    "provenance_cells": "provenance/cells.csv",
    "conflicts": "conflicts.csv",
    "redirects": "redirects.csv",
}
_PUBLISHED = ("", "published@1.0.0")
_JONAS = ("ctr-jonas", "jonas/reading")
_MIRA = ("ctr-mira", "mira/reading")


def _conflict(
    name: str, kind: str, place: tuple[str, str], *sides: Sequence[str], status: str = "open", by: str = ""
) -> list[Sequence[str]]:
    head = (name, kind, status, "events", *place)
    return [(*head, *side, "mfrggzdfmztw", by, f"what {kind} is") for side in sides]


CONFLICTS = [
    *_conflict(
        HELD,
        "cell.edit_edit",
        ("ev-1", "held"),
        (*_PUBLISHED, "2023-05-26", ""),
        (*_JONAS, "2023-05-27", "src-report"),
        (*_MIRA, "2023-05-25", "src-readout"),
    ),
    *_conflict(
        HELD,
        "decision.stale",
        ("ev-1", "held"),
        ("ctr-ana", "decisions", "2023-05-20", ""),
        status="stale",
        by="ctr-ana",
    ),
    *_conflict(
        NOTE, "cell.edit_erase", ("ev-1", "note"), (*_PUBLISHED, "=1+1", ""), (*_JONAS, "", ""), (*_MIRA, "-2+3", "")
    ),
    *_conflict(
        GONE,
        "row.delete_edit",
        ("ev-2", ""),
        (*_JONAS, "", "src-report"),
        (*_MIRA, "guests=4; note=came", "src-readout"),
    ),
    *_conflict(TOO_MANY, "constraint.maximum-constraint", ("ev-3", "guests"), (*_JONAS, "4000", "src-report")),
    *_conflict(AUTO, "cell.lowest", ("ev-3", "kind"), (*_JONAS, "visit", ""), (*_MIRA, "talks", ""), status="auto"),
    *_conflict(
        SETTLED,
        "cell.edit_erase",
        ("ev-3", "note"),
        (*_PUBLISHED, "old", ""),
        (*_JONAS, "", ""),
        (*_MIRA, "Mira’s note", "src-readout"),
        status="resolved",
        by="ctr-ana",
    ),
    *_conflict(
        NEW,
        "row.add_add",
        ("ev-4", "note"),
        (*_JONAS, "first", ""),
        ("ctr-mira", "mira/first", "second", ""),
        ("ctr-mira", "mira/second", "third", ""),
    ),
    *_conflict(MERGED, "entity.merged_values", ("ev-5", "note"), (*_PUBLISHED, "one", ""), (*_PUBLISHED, "two", "")),
    *_conflict(REFERENCED, "row.delete_referenced", ("ev-6", ""), (*_JONAS, "", "")),
]
_PROVENANCE = [
    *(("events", f"ev-{n}", "ctr-ana", "published@1.0.0", "src-report", "present") for n in (1, 2, 3)),
    ("events", "ev-4", *_JONAS, "src-report", "present", "local:fourth"),
    ("events", "ev-5", "ctr-ana", "published@1.0.0", "", "present"),
    ("events", "ev-6", "ctr-ana", "published@1.0.0", "", "present"),
    ("events", "ev-9", "ctr-ana", "published@1.0.0", "", "deleted"),
]
_CELLS = [
    ("events", "ev-3", "kind", *_JONAS, "visit", "", "rejected", "", "", "", ""),
    ("events", "ev-3", "kind", *_MIRA, "talks", "", "accepted", "", "", "", ""),
    ("events", "ev-3", "note", "ctr-ana", "published@1.0.0", "old", "src-report", "superseded", "", "", "", ""),
    ("events", "ev-3", "note", *_JONAS, "", "", "rejected", "ev-7", "", SETTLED, "the readout says more"),
    (
        "events",
        "ev-3",
        "note",
        *_MIRA,
        "Mira’s note",
        "src-readout",
        "accepted",
        "",
        "",
        SETTLED,
        "the readout says more",
    ),
    ("events", "ev-9", "", *_JONAS, "", "src-report", "accepted", "", "", "", "never took place"),
    ("events", "ev-9", "note", "ctr-ana", "published@1.0.0", "gone", "", "superseded", "", "", "", ""),
]
_REDIRECTS = [("events", "ev-7", "ev-8", "ctr-ana"), ("events", "ev-8", "ev-3", "ctr-ana")]


def merged_package(folder: Path, conflicts: Sequence[Sequence[str]] = CONFLICTS) -> Path:
    """Write the package, with other conflicts if they are given."""
    resources = [_resource(name, f"{name}.csv", _schema(name)) for name in _TABLES]
    own = {"provenance_rows": _PROVENANCE, "provenance_cells": _CELLS, "conflicts": conflicts, "redirects": _REDIRECTS}
    for name, place in _OWN.items():
        schema = json.loads((ROOT / "schemas" / "provenance" / f"{name}.json").read_text(encoding="utf-8"))
        resources.append(_resource(name, place, schema))
        _write(folder / place, [f["name"] for f in schema["fields"]], own[name])
    for name, header in _TABLES.items():
        _write(folder / f"{name}.csv", header, _ROWS[name])
    descriptor = {"name": "demo", "version": "1.1.0", "resources": resources}
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    return folder


def _write(file: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(to_csv(header, [[*row, *[""] * (len(header) - len(row))] for row in rows]).encode())


def _resource(name: str, place: str, schema: dict) -> dict:
    return {"name": name, "type": "table", "path": place, "schema": schema}


def _schema(name: str) -> dict:
    key, *others = _TABLES[name]
    more = {
        "held": {"type": "date", "constraints": {"required": True}},
        "kind": {"constraints": {"required": True, "enum": ["talks", "visit"]}},
        "guests": {"type": "integer", "constraints": {"maximum": 1000}},
    }
    fields = [{"name": key, "type": "string", "constraints": {"required": True}}]
    fields += [{"name": other, "type": "string"} | more.get(other, {}) for other in others]
    return {"fields": fields, "primaryKey": [key], "missingValues": ["", "NA"]}
