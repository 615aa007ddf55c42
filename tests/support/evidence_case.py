"""A small package with things, their sources and their evidence, and contributions to it."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from conftest import manifest_of

TEXT = (
    "\u201cZürich agreed,\u201d it said.\r\nThe talks  in\r\n"
    "Zürich went on, and Cafe\u0301 Bern closed.\r\n大阪 😀 followed.\r\n"
)
EVIDENCE = (
    "evidence_id",
    "table_name",
    "record_id",
    "field_name",
    "source_id",
    "support",
    "char_start",
    "char_end",
    "quote_sha256",
    "quote",
    "contributor_id",
    "note",
)
_MERGE = {
    "evidence_id": {"as": "id", "prefix": "evd-"},
    "thing_id": {"as": "id", "prefix": "thg-"},
    "record_id": {"as": "record", "table": "table_name"},
    "contributor_id": {"as": "contributor"},
}
_CONSTRAINTS = {
    "support": {"required": True, "enum": ["stated", "computed", "background", "absent"]},
    "contributor_id": {"required": True},
    "quote": {"maxLength": 30},
    "note": {"maxLength": 20},
}
TABLES: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {  # columns and key
    "contributors": (("contributor_id",), ("contributor_id",)),
    "sources": (("source_id", "snapshot_sha256", "access"), ("source_id",)),
    "things": (("thing_id", "name", "said"), ("thing_id",)),
    "pairs": (("left_id", "right_id"), ("left_id", "right_id")),
    "evidence": (EVIDENCE, ("evidence_id",)),
}
Rows = Iterable[Sequence[object]]


def digest(text: str) -> str:
    """Give the SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def to_csv(header: Sequence[str], rows: Rows) -> str:
    """Write a table."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def rows_of(file: Path) -> list[dict[str, str]]:
    """Read a table."""
    return list(csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))


def evidence_row(name: str, *, span: tuple[int, int] | None, text: str = TEXT, **cells: str) -> list[object]:
    """Write a row of evidence for the thing thg-a, with the passage of a text."""
    row: dict[str, object] = {
        "evidence_id": name,
        "table_name": "things",
        "record_id": "thg-a",
        "source_id": "src-a",
        "support": "stated",
        "contributor_id": "ctr-ann",
    }
    if span:
        row |= {"char_start": span[0], "char_end": span[1], "quote_sha256": digest(text[span[0] : span[1]])}
    return [{**row, **cells}.get(column, "") for column in EVIDENCE]


def package(folder: Path, *evidence: Sequence[object], text: str | None = TEXT, **tables: Rows) -> Path:
    """Make the package: two things, and the sources src-a (with the text, if there is one) and src-b."""
    folder.mkdir(parents=True)
    rows: dict[str, Rows] = {
        "contributors": [["ctr-ann"], ["ctr-ben"]],
        "sources": [["src-a", digest(text) if text is not None else "", "read"], ["src-b", "", "known_through"]],
        "things": [["thg-a", "A", "2026"], ["thg-b", "B", ""]],
        "pairs": [["x", "y|z"]],
        "evidence": evidence,
    }
    for name, (columns, _) in TABLES.items():
        content = to_csv(columns, {**rows, **tables}[name])
        (folder / f"{name}.csv").write_text(content, encoding="utf-8", newline="")
    (folder / "datapackage.json").write_text(json.dumps(_descriptor()), encoding="utf-8")
    return folder


def _descriptor() -> dict[str, object]:
    return {"name": "held", "version": "1.0.0", "resources": [_resource(name) for name in TABLES]}


def _resource(name: str) -> dict[str, object]:
    columns, key = TABLES[name]
    schema = {"fields": [_field(column) for column in columns], "primaryKey": list(key)}
    return {"name": name, "type": "table", "path": f"{name}.csv", "schema": schema}


def _field(name: str) -> dict[str, object]:
    field: dict[str, object] = {"name": name, "type": "integer" if name.startswith("char_") else "string"}
    if name in _MERGE:
        field["merge"] = _MERGE[name]
    return {**field, "constraints": _CONSTRAINTS[name]} if name in _CONSTRAINTS else field


def contribution(folder: Path, files: Mapping[str, str], mode: str = "patch") -> Path:
    """Make a contribution of ctr-ann to the package."""
    folder.mkdir(parents=True)
    (folder / "contribution.toml").write_text(manifest_of("held", mode), encoding="utf-8")
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8", newline="")
    return folder


def text_file(folder: Path, text: str = TEXT, name: str = "text.txt") -> Path:
    """Write a text as it is."""
    file = folder / name
    file.write_bytes(text.encode())
    return file
