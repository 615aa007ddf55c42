"""What a report is headed by, and that its findings come first, in every form that people read."""

import json
import re
import shutil
from pathlib import Path

import pytest
from conftest import ROOT, edit

from depositary.check.documents.find_target import find_target
from depositary.check.validate import judge_target
from depositary.model.rule import RuleOptions
from depositary.reports import Format
from depositary.reports.formats import written

FIRST_TRY = ROOT / "examples" / "contributions" / "jonas" / "first-try"
PACKAGE = "depositary-trade-policy 0.1.0"


def report_on(form: Format, *paths: Path) -> str:
    targets = [find_target(path, ROOT / "datapackage" if path.is_file() else None, None) for path in paths]
    return written(form, [(target, judge_target(target, RuleOptions(rules=False))) for target in targets])


def head_of(form: Format, *paths: Path) -> str:
    text = report_on(form, *paths)
    if form is Format.HTML:
        (found,) = re.findall(r"<h1>(.*?)</h1>(.*?)<p class=\"verdict", text, re.DOTALL)
        return " ".join(re.sub(r"<[^>]*>", " ", " ".join(found)).split())
    return text.splitlines()[0] if form is Format.TEXT else "\n".join(text.splitlines()[:3])


@pytest.mark.parametrize("form", [Format.TEXT, Format.HTML, Format.MARKDOWN])
def test_a_report_on_a_contribution_is_headed_by_it_and_not_by_the_package(form):
    head = head_of(form, FIRST_TRY)
    assert re.sub(r"\\", "", head).lstrip("# ").startswith(FIRST_TRY.as_posix())
    assert f"ontribution by ctr-jonas to {PACKAGE}" in head


def test_programs_are_given_the_contributor_too():
    report = json.loads(report_on(Format.JSON, FIRST_TRY))
    assert (report["contributor"], report["package"]["name"]) == ("ctr-jonas", "depositary-trade-policy")
    assert "contributor" not in json.loads(report_on(Format.JSON, ROOT / "datapackage"))


@pytest.mark.parametrize("form", [Format.TEXT, Format.HTML, Format.MARKDOWN])
def test_a_report_on_a_contribution_with_a_wrong_manifest_is_headed_by_it_too(form, tmp_path):
    folder = Path(shutil.copytree(FIRST_TRY, tmp_path / "first-try"))
    (folder / "contribution.toml").write_text("contributor = 3\n", encoding="utf-8")
    text = report_on(form, folder)
    assert "first-try" in head_of(form, folder)
    assert form is Format.TEXT or "The contribution as a whole" in text


@pytest.mark.parametrize("form", [Format.TEXT, Format.HTML, Format.MARKDOWN])
def test_a_report_on_a_package_is_headed_by_it(form):
    assert PACKAGE in head_of(form, ROOT / "datapackage")


@pytest.mark.parametrize("form", [Format.TEXT, Format.HTML, Format.MARKDOWN])
def test_a_report_on_one_file_is_headed_by_it(form):
    file = ROOT / "datapackage" / "data" / "actors.csv"
    assert "actors.csv" in head_of(form, file)
    assert "contribution" not in head_of(form, file)


def test_a_page_on_several_targets_counts_them_and_names_each():
    mira = ROOT / "examples" / "contributions" / "mira" / "dispatch-reading"
    head = head_of(Format.HTML, ROOT / "datapackage", mira, FIRST_TRY)
    assert head.startswith("2 contributions, 1 package ")
    assert f"{FIRST_TRY.as_posix()} : invalid" in head


@pytest.mark.parametrize("form", [Format.TEXT, Format.HTML, Format.MARKDOWN])
def test_findings_come_first_and_tables_without_any_are_one_line(form, published):
    edit(published / "data" / "actors.csv", 2, "jurisdiction", "South Korea")
    text = report_on(form, published)
    line = "26 tables without findings"
    assert text.index("is not a code in jurisdictions") < text.index(line)
    assert text.count(line) == 1
    lines = text.splitlines()
    assert form is Format.HTML or not any("meetings" in one or "crosswalk" in one for one in lines)


def test_a_few_tables_without_findings_are_named_with_their_rows(demo):
    assert "2 tables without findings: events (1 row), countries (3 rows)\n" in report_on(Format.TEXT, demo({}))


def test_a_table_with_findings_has_its_rows_and_counts(demo):
    folder = demo({})
    edit(folder / "events.csv", 2, "country", "South Korea")
    assert "\nevents (events.csv): 1 row, 1 error\n" in report_on(Format.TEXT, folder)
    assert "\n#### events (events.csv): 1 row, 1 error\n" in report_on(Format.MARKDOWN, folder)


def test_a_table_that_could_not_be_read_is_never_among_those_without_findings(demo):
    folder = demo({})
    (folder / "events.csv").write_bytes(b"\xff\xfe\x00")
    text = report_on(Format.TEXT, folder)
    assert "events (events.csv): not read" in text
    assert "1 table without findings: countries (3 rows)" in text
