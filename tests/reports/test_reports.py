"""Golden reports: what people and programs are told, to the byte."""

import datetime as dt
import json
import os
import shutil
from pathlib import Path

import frictionless
import pytest
from conftest import CASES

from depositary.check.validate import validate
from depositary.model.rule import RuleOptions
from depositary.reports.text import to_text

REPORTS = sorted(p for p in (CASES / "reports").iterdir() if p.is_dir())


def test_there_are_cases():
    assert len(REPORTS) >= 5


@pytest.fixture(params=REPORTS, ids=lambda folder: folder.name)
def case(request, tmp_path, monkeypatch) -> Path:
    """Lay a case over the demonstration package, in the current folder."""
    shutil.copytree(CASES / "demo", tmp_path / "demo")
    for file in request.param.iterdir():
        if not file.name.startswith("expected."):
            shutil.copy(file, tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    return request.param


@pytest.mark.parametrize("form", ["txt", "json"])
def test_report_is_the_expected_one(case, form):
    report = validate(Path("demo"), asked=RuleOptions(as_of=dt.date(2026, 11, 22)))
    given = to_text(report) if form == "txt" else report.to_json()
    golden = case / f"expected.{form}"
    if os.environ.get("REGENERATE"):
        golden.write_bytes(given.encode())
    assert given == golden.read_bytes().decode()


def test_report_loads_with_frictionless(case):
    descriptor = json.loads((case / "expected.json").read_bytes())
    report = frictionless.Report.from_descriptor(descriptor)
    told = [*report.errors, *(error for task in report.tasks for error in task.errors)]
    assert len(told) == report.stats["errors"] > 0
    assert not report.valid
