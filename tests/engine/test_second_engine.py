"""The rules run on a second engine with the same findings: they need nothing of DuckDB that is not in the seam."""

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from rule_cases import published
from sqlite_engine import SQLite
from test_rules import AS_OF, RULEBOOK, case_rows, run_on

from depositary.check.documents.find_target import find_target
from depositary.check.lanes.references import Parents
from depositary.check.lanes.table import judge_table
from depositary.check.rules.rules import Rules
from depositary.engine.chosen import OPENER
from depositary.engine.engine import Opener
from depositary.model.finding import Finding
from depositary.model.limits import Limits
from depositary.model.rule import RuleOptions
from depositary.model.tally import Tally

CHECK = ROOT / "toolkit" / "depositary" / "check"
OTHER_WORDS = re.compile(
    r"duckdb|sqlite|list_(has|contains|sort)|unnest\(|bool_or|varchar\[|(create|drop) (temp|table|view|schema)",
    re.IGNORECASE,
)

BY_FILES = [rule for rule in RULEBOOK.rules if {"snapshots", "previous"} & rule.bad.keys()]
BY_ROWS = [rule.id for rule in RULEBOOK.rules if (rule.holds or rule.query or rule.check) and rule not in BY_FILES]


@pytest.mark.long
def test_all_rows_of_the_cases_have_the_same_findings():
    rows = {resource.name: case_rows(resource.name) for resource in published()}
    found = run_on(rows, BY_ROWS)
    assert comparable(run_on(rows, BY_ROWS, opener=SQLite)) == comparable(found)
    assert {finding.rule for finding in found} == set(BY_ROWS)


@pytest.mark.parametrize("rule", BY_FILES, ids=lambda rule: rule.id)
def test_rules_about_texts_and_earlier_releases_have_the_same_findings(rule, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    found = run_on(rule.bad, [rule.id], one, OPENER)
    assert found
    assert comparable(run_on(rule.bad, [rule.id], other, SQLite)) == comparable(found)


def comparable(findings: Iterable[Finding]) -> list[tuple[object, ...]]:
    """Give what findings say; numbers with nine digits after the point, because SQLite calculates with floats."""
    return [
        (f.rule, f.level, f.table, f.row, f.field, f.also, f.hint, *map(_rounded, (f.value, f.message)))
        for f in findings
    ]


def _rounded(text: str) -> str:
    return re.sub(r"[0-9]+(\.[0-9]+)?(e-?[0-9]+)?", lambda found: f"{float(found[0]):.9f}", text)


PATCH = """actor_id,kind,name,lei,jurisdiction,anonymity_reason
act-apec,unnamed_person,,,,
act-cn-commerce-ministry,unnamed_person,\\N,,,
act-cn-government,nobody,,,,
act-anon-reuters-chip-talks,,A. Person,,,\\N
act-new,organisation,New,5493006MHB84DD0ZWV81,South Korea,
,person,Nobody,5493006MHB84DD0ZWV81,,
"""


def test_a_patch_over_its_base_has_the_same_findings(tmp_path):
    folder = tmp_path / "mira" / "patch"
    folder.mkdir(parents=True)
    (folder / "actors.csv").write_text(PATCH, encoding="utf-8")
    shutil.copy(ROOT / "examples" / "contributions" / "mira" / "dispatch-reading" / "contribution.toml", folder)
    found = list(of_rules(folder, OPENER))
    assert {finding.rule for finding in found} >= {"R20a", "R20b", "R48a"}
    assert comparable(of_rules(folder, SQLite)) == comparable(found)


def of_rules(folder: Path, opener: Opener) -> Iterator[Finding]:
    """Give what the rules find in a contribution to the published package."""
    subject = find_target(folder, ROOT / "datapackage", None)
    rules = Rules(subject, subject.package, RuleOptions(as_of=AS_OF))
    parents, limits = Parents(subject.parents), Limits()
    tallies = {entry.resource.name: Tally(entry.resource.name, 100) for entry in subject.inputs}
    with rules.staged(opener, 1 << 30) as stage:
        for entry in subject.inputs:
            judge_table(entry, parents, limits, lambda *_: None, stage.sink(entry))
        stage.close(parents)
        rules.judge(stage, tallies)
    assert rules.findings == []
    for tally in tallies.values():
        yield from tally.findings


def test_checks_say_nothing_in_the_words_of_one_database():
    files = [file for file in CHECK.rglob("*.py") if file.name != "describe.py"]  # it names formats of exports
    found = {file.name: OTHER_WORDS.findall(file.read_text(encoding="utf-8")) for file in files}
    assert {file: words for file, words in found.items() if words} == {}
