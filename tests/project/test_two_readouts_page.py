"""docs/two-readouts.md: its rows are those of the published package, and its code prints what the page shows."""

import csv
import re
import subprocess
import sys

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs" / "two-readouts.md").read_text(encoding="utf-8")
TABLE = re.compile(r"^\*\*(?P<name>\w+)\*\*\n\n(?P<lines>(?:\|[^\n]*\n)+)", re.MULTILINE)
TABLES = {found["name"]: found["lines"].splitlines() for found in TABLE.finditer(PAGE)}


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


@pytest.mark.parametrize("name", TABLES)
def test_its_rows_are_published(name):
    header, _, *rows = TABLES[name]
    with (ROOT / "datapackage" / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        published = [[row[column] for column in cells(header)] for row in csv.DictReader(stream)]
    assert rows
    assert [cells(row) for row in rows if cells(row) not in published] == []


def test_it_shows_all_tables_that_a_meeting_with_two_readouts_needs():
    assert [*TABLES] == ["sources", "meetings", "meeting_participants", "statements", "statement_parties", "stances"]


def test_its_code_prints_what_it_shows():
    (code,), (printed,) = (re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("python", "text"))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == printed
