"""A case of a merge as files, merged by the program, and read back as what the plain merge gives."""

import csv
import io
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from merge_cases import Case
from plain_merge import CONFLICT_COLUMNS, Contribution, Line, Merged, PlainTable, Row, Tables, row_id
from plain_merge import merge as plain_merge

from depositary.merging.merge import merge
from depositary.model.decision import Judgement as JudgementLine
from depositary.model.decision import Resolution as ResolutionLine

VERSION = "2.0.0"
OWN = {"provenance_rows": "rows", "provenance_cells": "cells", "conflicts": "conflicts", "redirects": "redirects"}


@dataclass(frozen=True)
class Outputs:
    """What a merge gives, as one can compare it: tables as their columns and rows, and the four accounts."""

    tables: dict[str, tuple[list[str], list[Row]]]
    rows: list[Line]
    cells: list[Line]
    conflicts: list[Line]
    redirects: list[Line]


def outputs(merged: Merged) -> Outputs:
    """Give what the plain merge made as what is compared."""
    tables = {name: (t.names(), [dict(row) for row in t.rows.values()]) for name, t in merged.tables.items()}
    return Outputs(tables, merged.rows, merged.cells, merged.conflicts, merged.redirects)


def plain(case: Case) -> Outputs:
    """Merge a case in plain Python."""
    return outputs(plain_merge(case.current, case.contributions, case.judgements, case.resolutions, VERSION))


def shipped(case: Case, folder: Path, published: Path | None = None) -> Outputs:
    """Write a case into a folder, merge it there, and read what came out.

    `published` is where the current package lies already, with what earlier merges have told of it.
    """
    _merge(folder, published or folder / "current", _laid_out(case, folder, published))
    return read_outputs(folder / "merged")


_MERGED: dict[str, dict[str, bytes]] = {}  # of what was merged last in this process, what came out
_KEPT = 500


def shipped_once(case: Case, folder: Path, published: Path | None = None) -> Outputs:
    """Do the same, but copy what came out if the same files were merged before, by another test."""
    current, out = published or folder / "current", folder / "merged"
    paths = _laid_out(case, folder, published)
    key = _digest((current, folder / "bases", folder / "decisions"), paths)
    if key not in _MERGED:
        if len(_MERGED) == _KEPT:
            del _MERGED[next(iter(_MERGED))]
        _merge(folder, current, paths)
        _MERGED[key] = _files(out)
    for name, content in {} if out.exists() else _MERGED[key].items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    return read_outputs(out)


def _digest(folders: Iterable[Path], contributions: Iterable[Path]) -> str:
    """Tell apart what is merged; it does not matter where it lies, but how the contributions are named."""
    batches = [(path.parent.name, path.name, sorted(_files(path).items())) for path in contributions]
    return sha256(repr(([sorted(_files(folder).items()) for folder in folders], batches)).encode()).hexdigest()


def _files(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def _laid_out(case: Case, folder: Path, published: Path | None) -> list[Path]:
    """Write a case into a folder, and give the places of its contributions."""
    version = json.loads((published / "datapackage.json").read_text("utf-8"))["version"] if published else VERSION
    if not published:
        write_package(folder / "current", case.current, version)
    bases = {id(c.base): (c.base, c.age) for c in case.contributions if c.base is not None}
    versions = {}
    for number, (identity, (tables, age)) in enumerate(bases.items()):
        versions[identity] = f"1.{age}.{number}"
        write_package(folder / "bases" / str(number), tables, versions[identity])
    places = {
        c.batch: write_contribution(folder, c, case.current, versions.get(id(c.base), version))
        for c in {c.batch: c for c in case.contributions}.values()
    }
    (folder / "bases").mkdir(exist_ok=True)
    write_decisions(folder / "decisions", case)
    return [places[c.batch] for c in case.contributions]


def _merge(folder: Path, current: Path, paths: Sequence[Path]) -> None:
    places = {"decisions": folder / "decisions", "bases": folder / "bases"}
    merge(current, paths, output_dir=folder / "merged", **places)


def write_package(folder: Path, tables: Tables, version: str) -> None:
    folder.mkdir(parents=True)
    resources = [resource(name, table) for name, table in tables.items()]
    described = {"name": "cases", "version": version, "resources": resources}
    described["$schema"] = "https://datapackage.org/profiles/2.0/datapackage.json"
    (folder / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
    for name, table in tables.items():
        rows = [{**row, **dict(zip(table.key, key, strict=True))} for key, row in table.rows.items()]
        write_rows(folder / f"{name}.csv", table.names(), rows)


def resource(name: str, table: PlainTable) -> dict[str, Any]:
    keys = [
        {"fields": list(fields), "reference": {"resource": parent, "fields": list(parent_fields)}}
        for fields, parent, parent_fields in table.references
    ]
    schema: dict[str, Any] = {"fields": list(table.fields), "primaryKey": list(table.key), "foreignKeys": keys}
    schema |= {"merge": table.merge} if table.merge else {}
    return {"name": name, "type": "table", "path": f"{name}.csv", "schema": schema}


def write_rows(file: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text.getvalue(), encoding="utf-8", newline="")


def write_contribution(folder: Path, made: Contribution, current: Tables, version: str) -> Path:
    place = folder / "contributions" / made.batch
    manifest: dict[str, Any] = {"contributor": made.contributor, "mode": made.mode, "role": "coder"}
    manifest |= {"license": "CC-BY-4.0", "base": {"package": "cases", "version": version}}
    manifest |= {"supersedes": list(made.supersedes)} if made.supersedes else {}
    manifest |= {"follows": list(made.follows)} if made.follows else {}
    edits: dict[str, dict[str, Any]] = {}
    for table, names in made.drop.items():
        edits.setdefault(table, {})["drop"] = list(names)
    for table, fields in made.add.items():
        edits.setdefault(table, {})["add"] = list(fields)
    manifest |= {"schema": edits} if edits else {}
    place.mkdir(parents=True)
    lines = [f"{name} = {in_toml(value)}\n" for name, value in manifest.items()]
    (place / "contribution.toml").write_text("".join(lines), encoding="utf-8")
    for table, rows in made.rows.items():
        named = dict.fromkeys(column for row in rows for column in row)
        if made.mode == "snapshot":
            whole = (made.base or current)[table].names() + [f["name"] for f in made.add.get(table, ())]
            named = dict.fromkeys(f for f in whole if f not in made.drop.get(table, ()))
        if named:
            write_rows(place / f"{table}.csv", list(named), rows)
    if made.deletes:
        rows = [
            dict(zip(("table", "record_id", "reason", "source_id"), (t, row_id(k), *r), strict=True))
            for t, k, *r in made.deletes
        ]
        write_rows(place / "deletes.csv", ("table", "record_id", "reason", "source_id"), rows)
    if made.mode == "patch" and not any(place.glob("*.csv")):  # which would be an error: nothing could be read of it
        tables = made.base or current
        name = "things" if "things" in tables else list(tables)[-1]
        write_rows(place / f"{name}.csv", list(tables[name].key), ())
    return place


def in_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {in_toml(entry)}" for name, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(in_toml, value)) + "]"
    return json.dumps(value)


def write_decisions(folder: Path, case: Case) -> None:
    folder.mkdir()
    resolutions: dict[str, list[dict[str, str]]] = {}
    for r in case.resolutions:
        line = {name: getattr(r, name, "") for name in ResolutionLine.__dataclass_fields__}
        line |= {"decided_by": r.decider, "decided_on": "2026-11-23", "reason": r.reason or "so", "kind": "x"}
        resolutions.setdefault(r.decider, []).append(line)
    for decider, lines in resolutions.items():
        write_rows(folder / "resolutions" / f"{decider}.csv", list(ResolutionLine.__dataclass_fields__), lines)
    judgements: dict[str, list[dict[str, str]]] = {}
    for j in case.judgements:
        line = {"table": j.table, "left_id": j.left, "right_id": j.right, "judgement": j.judgement, "method": "human"}
        line |= {"decided_by": j.decider, "decided_on": "2026-11-23", "reason": "so"}
        judgements.setdefault(j.decider, []).append(line)
    for decider, lines in judgements.items():
        write_rows(folder / "judgements" / f"{decider}.csv", list(JudgementLine.__dataclass_fields__), lines)


def publish(merged: Path, target: Path, version: str = "3.0.0") -> Path:
    """Publish what a merge wrote, under a new version or the one that it has."""
    shutil.copytree(merged, target)
    described = json.loads((target / "datapackage.json").read_text("utf-8")) | {"version": version}
    (target / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
    return target


def read_outputs(folder: Path) -> Outputs:
    described = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    tables, accounts = {}, {}
    for entry in described["resources"]:
        with (folder / entry["path"]).open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            lines = list(reader)
        if entry["name"] in OWN:
            accounts[OWN[entry["name"]]] = lines
        else:
            columns = [f["name"] for f in entry["schema"]["fields"]]
            assert columns == list(reader.fieldnames or ())
            tables[entry["name"]] = (columns, [{f: text for f, text in line.items() if text} for line in lines])
    conflicts = [{name: line[name] for name in CONFLICT_COLUMNS} for line in accounts["conflicts"]]
    return Outputs(tables, accounts["rows"], accounts["cells"], conflicts, accounts["redirects"])
