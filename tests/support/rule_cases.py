"""The cases of tests/cases/rules as packages: base with the rows of a case laid over it."""

import csv
import io
import shutil
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from conftest import CASES, ROOT

import depositary
from depositary.model.record_id import record_id
from depositary.model.rule import RuleOptions

RULES = CASES / "rules"
NAMES = sorted(p.name for p in RULES.iterdir() if p.is_dir() and p.name != "base")

Rows = dict[str, list[dict[str, str]]]


@dataclass(frozen=True)
class Expected:
    """A finding that a case asks for: its rule, its level, and records that take part."""

    rule: str
    level: str
    rows: frozenset[str]


@cache
def published() -> depositary.Package:
    """Give the published package, for its schemas and code lists."""
    return depositary.open(ROOT / "datapackage")


def rows_in(folder: Path) -> Rows:
    """Read the tables of a folder as rows of text."""
    files = (p for p in sorted(folder.glob("*.csv")) if p.stem != "expected")
    return {p.stem: list(csv.DictReader(io.StringIO(p.read_text(encoding="utf-8"), newline=""))) for p in files}


def key(table: str, row: Mapping[str, str]) -> str:
    """Name a row of text by its key."""
    return record_id(row.get(name, "") for name in published()[table].table.primary_key)


def overlay_base(rows: Rows) -> Rows:
    """Lay rows over those of base: one with the key of a row of base takes its place."""
    base = rows_in(RULES / "base")
    merged: Rows = {}
    for name in dict.fromkeys([*base, *rows]):
        own = rows.get(name, [])
        taken = {key(name, row) for row in own}
        merged[name] = [row for row in base.get(name, []) if key(name, row) not in taken] + own
    return merged


def write_package(folder: Path, rows: Rows) -> Path:
    """Write rows as a package with the published schemas, rules and code lists."""
    shutil.copytree(ROOT / "datapackage", folder)
    for resource in published():
        if "codelists" not in resource.path:
            write_table(folder / resource.path, resource.table.field_names, rows.get(resource.name, []))
    return folder


def write_table(file: Path, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows of text with all columns of their table."""
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(columns), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def asked(name: str, tmp: Path) -> RuleOptions:
    """Give what the case asks of the rules."""
    file = RULES / name / "case.toml"
    case = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    previous = RULES / name / case["previous"] if "previous" in case else None
    return RuleOptions(
        as_of=date.fromisoformat(case.get("as_of", "2026-11-22")),
        release=case.get("release", False),
        previous=write_package(tmp / "previous", overlay_base(rows_in(previous))) if previous else None,
        snapshots=RULES / name / case["texts"] if "texts" in case else None,
    )


def expected(name: str) -> list[Expected]:
    """Read the findings that the bad rows of a case must give."""
    with (RULES / name / "bad" / "expected.csv").open(newline="", encoding="utf-8") as stream:
        return [Expected(r["rule"], r["level"], frozenset(r["rows"].split(";"))) for r in csv.DictReader(stream)]
