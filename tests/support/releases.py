"""A small package that can be released, and what tests do to it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from depositary.write.csv import to_csv

Edit = Callable[[dict[str, Any]], None]
KINDS = ("visit", "talks", "call")
ROWS: Mapping[str, Sequence[Sequence[str]]] = {
    "people": [("ana", "Ana Example"), ("ben", "Ben Example")],
    "meetings": [
        ("m1", "2023-05-26", "talks", "ana", "12"),
        ("m2", "2023-05-27", "visit", "ben", ""),
        ("m3", "2023-06-01", "talks", "", "3"),
    ],
}
QUESTION = "-- Who met most often?\nSELECT host, COUNT(*) AS n FROM meetings WHERE host IS NOT NULL GROUP BY host\n"


def described() -> dict[str, Any]:
    """Give the descriptor of the package."""
    text = {"type": "string"}
    meetings = [
        {"name": "id", **text, "constraints": {"required": True}},
        {"name": "held", "type": "date"},
        {"name": "kind", **text, "constraints": {"enum": list(KINDS)}},
        {"name": "host", **text},
        {"name": "guests", "type": "integer"},
    ]
    host = {"fields": ["host"], "reference": {"resource": "people", "fields": ["id"]}}
    return {
        "name": "meetings-of-people",
        "title": "Meetings of people",
        "version": "1.0.0",
        "created": "2026-01-01T00:00:00Z",
        "licenses": [{"name": "CC0-1.0", "path": "https://creativecommons.org/publicdomain/zero/1.0/"}],
        "contributors": [{"title": "Ana Example", "roles": ["editor"]}],
        "questions": ["questions/hosts.sql"],
        "resources": [
            _table("people", [{"name": "id", **text}, {"name": "name", **text}]),
            _table("meetings", meetings, foreignKeys=[host]),
        ],
    }


def _table(name: str, fields: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    schema = {"fields": fields, "primaryKey": ["id"], "missingValues": [""], **more}
    return {"name": name, "type": "table", "path": f"data/{name}.csv", "schema": schema}


def package(folder: Path, rows: Mapping[str, Sequence[Sequence[str]]] = ROWS, edit: Edit | None = None) -> Path:
    """Write the package with these rows; `edit` changes its descriptor before."""
    descriptor = described()
    if edit:
        edit(descriptor)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "questions").mkdir(exist_ok=True)
    (folder / "questions" / "hosts.sql").write_text(QUESTION, encoding="utf-8")
    for resource in descriptor["resources"]:
        names = [field["name"] for field in resource["schema"]["fields"]]
        cells = [(*row, *[""] * (len(names) - len(row)))[: len(names)] for row in rows.get(resource["name"], ())]
        (folder / resource["path"]).write_bytes(to_csv(names, cells).encode())
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    return folder


def with_row(table: str, *row: str) -> dict[str, Sequence[Sequence[str]]]:
    """Give the rows with one more, or in place of that with the same key."""
    kept = [one for one in ROWS[table] if one[0] != row[0]]
    return {**ROWS, table: sorted([*kept, row])}


def without(table: str, key: str) -> dict[str, Sequence[Sequence[str]]]:
    """Give the rows without one."""
    return {**ROWS, table: [one for one in ROWS[table] if one[0] != key]}
