"""Rules find the same in tables of many rows, which come into the engine by files and are asked in another way."""

from contextlib import contextmanager, nullcontext

import pytest
from rule_cases import NAMES, RULES, asked, overlay_base, published, rows_in, write_package
from sqlite_engine import SQLite
from test_lanes import fast_lane
from test_rules import RULEBOOK, case_rows, run_on, subject

from depositary.check.rules import staged_tables, table_sink
from depositary.check.validate import judge_target
from depositary.engine.chosen import OPENER

BY_ROWS = [
    rule.id
    for rule in RULEBOOK.rules
    if (rule.holds or rule.query or rule.check) and not {"snapshots", "previous"} & rule.bad.keys()
]


@contextmanager
def many(rows):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table_sink, "MANY", rows)
        patch.setattr(staged_tables, "MANY", rows)
        yield


@pytest.mark.long
@pytest.mark.parametrize("opener", [OPENER, SQLite])
def test_all_rows_of_the_cases_have_the_same_findings_in_tables_of_many_rows(opener):
    rows = {resource.name: case_rows(resource.name) for resource in published()}
    found = run_on(rows, BY_ROWS, opener=opener)
    with many(1):
        assert run_on(rows, BY_ROWS, opener=opener) == found
    assert {finding.rule for finding in found} == set(BY_ROWS)


@pytest.mark.short(1, long=3)
@pytest.mark.parametrize(("lane", "rows"), [(fast_lane, 3), (nullcontext, 1)])
@pytest.mark.parametrize("name", NAMES[::20])
def test_a_report_is_the_same_if_few_rows_are_many(name, lane, rows, tmp_path):
    package = write_package(tmp_path / "package", overlay_base(rows_in(RULES / name / "bad")))
    options = asked(name, tmp_path)
    few = judge_target(subject(package), options)
    with many(rows), lane():
        assert judge_target(subject(package), options) == few
