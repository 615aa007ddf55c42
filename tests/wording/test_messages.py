"""What findings say: each names where, what was found, what was expected, and the likeliest fix.

The tests go through all rules and all codes, so a new one is judged too. They see what a message has to name;
whether it is good English, a person has to read.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from rule_cases import published
from test_codes import CODES, judged
from test_rules import EXAMPLES, RULEBOOK, run_on

from depositary.check.rules.passages import judge_passage
from depositary.model.finding import Finding
from depositary.model.rule import Rule

LEFT_OVER = re.compile(r"[{}]|\bNone\b|\bNULL\b|\bnan\b|  ")  # of a template, of Python or of SQL
EMPTY = re.compile(r"\(empty\)|\b(no|not|nobody|neither|empty|missing|without|nothing|less)\b")


def faults(finding: Finding, columns: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Name what a person would miss in a finding."""
    if not (finding.table in columns or (finding.table == "" and finding.file)):
        yield f"no table of the package is named, but {finding.table!r}"
    unknown = [name for name in finding.field.split(", ") if name and name not in columns.get(finding.table, ())]
    if unknown:
        yield f"{finding.table} has no column {', '.join(unknown)}"
    if not finding.message or LEFT_OVER.search(finding.message.replace(finding.value or "\0", "value")):
        yield f"the message is not whole: {finding.message!r}"
    if len(finding.hint.split()) < 2:
        yield f"the hint gives no fix: {finding.hint!r}"
    if finding.message.rstrip(".") == finding.hint.rstrip("."):
        yield "the hint repeats the message"


# Rules

COLUMNS = {resource.name: resource.table.field_names for resource in published()}


def test_every_rule_that_is_judged_by_itself_has_an_example_that_breaks_it():
    labels = {rule.id for rule in RULEBOOK.rules} - {rule.id for rule in EXAMPLES}
    assert labels == {"R01", "R02"}, "these only give other checks' findings an id"


@pytest.mark.short(30)
@pytest.mark.parametrize("rule", EXAMPLES, ids=lambda rule: rule.id)
def test_the_findings_of_a_rule_name_place_value_and_fix(rule, tmp_path):
    found = run_on(rule.bad, [rule.id], tmp_path)
    assert found
    assert {fault for finding in found for fault in (*faults(finding, COLUMNS), *unnamed(rule, finding))} == set()


def unnamed(rule: Rule, finding: Finding) -> Iterator[str]:
    """Name what a finding of a rule does not name: its column, and what is in the row that it is about."""
    whole_rows = finding.also or finding.row == 0  # the same row twice, a row that is gone
    if not (finding.field or whole_rows):
        yield "no column is named"
    if finding.row == 0:
        gone = [value for row in rule.bad["previous"] for value in row.values()]
        if not any(str(value) in finding.message for value in gone):
            yield f"the missing row is not named: {finding.message!r}"
        return
    row = as_text(rule.bad[finding.table][finding.row - 2])
    cell = row.get(finding.field, "")
    if rule.holds and cell and cell not in finding.message:
        yield f"{finding.field} is {cell!r}, but the message is {finding.message!r}"
    if rule.holds and finding.field and not cell and not EMPTY.search(finding.message):
        yield f"{finding.field} is empty, but the message is {finding.message!r}"
    values = {value for rows in rule.bad.values() for row in map(as_text, rows) for value in row.values() if value}
    if not (rule.holds or any(value in finding.message for value in values)):
        yield f"nothing of the row is in the message {finding.message!r}"


def as_text(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in row.items() if value is not None}


# Codes

OF_FILES = [code for code in CODES.values() if not code.name.startswith("evidence-")]
OF_EVIDENCE = [code for code in CODES.values() if code.name.startswith("evidence-")]


@pytest.mark.parametrize("code", OF_FILES, ids=lambda code: code.name)
def test_the_findings_of_a_code_name_place_value_and_fix(code, demo):
    folder = demo(code.bad)
    report = judged(folder, code.bad)
    assert list(report)
    columns = described(folder)
    for finding in report:
        assert list(faults(finding, columns)) == []
        assert finding.file
        beginning = finding.value.strip().partition("\n")[0][:8]
        assert beginning in finding.message


def described(folder: Path) -> dict[str, tuple[str, ...]]:
    """Name the tables and columns of a package, though its descriptor may be at fault."""
    resources = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    fields = {one["name"]: one.get("schema", {}).get("fields", ()) for one in resources}
    return {name: tuple(field["name"] for field in columns) for name, columns in fields.items()}


@pytest.mark.parametrize("code", OF_EVIDENCE, ids=lambda code: code.name)
def test_the_findings_about_evidence_name_column_value_and_fix(code):
    (row,) = csv.DictReader(io.StringIO(code.bad["evidence.csv"]))
    start, end = int(row["char_start"]), int(row["char_end"])
    found = list(judge_passage("Zurich is calm.", start, end, row["quote_sha256"], row["quote"]))
    assert code.name in {name for _, name, _ in found}
    for field, _, message in found:
        assert field in COLUMNS["evidence"]
        assert row["quote"] in message or str(start) in message
        assert not LEFT_OVER.search(message)
    assert len(code.fix.split()) > 2
