"""Laws of `depositary new package` on random tables: the draft is valid, and what was edited stays edited."""

import csv
import json
import tempfile
from pathlib import Path

import frictionless
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import depositary
from depositary.drafting.package.draft import draft_package

# Each pool has texts that look alike and are not of one type; a column takes its cells from one or two of them.
POOLS = (
    ("0101", "0102", "101", "102", "1", "0", "00"),
    ("1", "-2", "3", "40", "-0", "+5", "999999999999999999999", "-999"),
    ("1.5", "2", "-0.25", "1e3", "1E400", ".5", "5.", "NaN", "inf", "1_000"),
    ("1,5", "2,25", "1.234,5", "1,234", "12,345,678", "1 234", "1'234.5", "0,5", "1.2.3"),
    ("2020-01-02", "2021-12-31", "2020-02-30", "31.12.2020", "05/04/2020", "31/12/2020", "12/31/2020", "2020/1/2"),
    ("2020", "1999", "2020-05", "2020-13", "20200131", "0999", "2020-Q1", "202005"),
    ("2020-01-02T03:04:05", "2020-01-02 03:04:05.5", "2020-01-02T03:04:05Z", "24:00:00", "03:04:05", "3:04"),
    ("true", "false", "TRUE", "False", "1", "0", "yes", "no"),
    ("NA", "N/A", "-", "..", "NULL", "None", "nan", "#N/A", ":", ""),
    ("KR", "CN", "US", "NA", "DE"),
    ("KOR", "CHN", "USA", "kor", " KOR", "KOR "),
    ("a;b", "b", "a; c", "c;", ";", "d|e", "e|d|f"),
    ("é", "Ünal, Ömer", 'says "so"', "two\nlines", "=1+1", "\u200b", "x" * 200, "{}", "[1]"),
    ("T-1", "T-2", "T-3", "T_4", "T-5"),
)
NAMES = ("id", "code", "country_id", "year", "date", "value", "note", "Name (2)", "source", "coder", "parent_id", "hs")


@st.composite
def tables(draw):
    """Give one to three tables by name: a header, and rows with a value."""
    found = {}
    for name in draw(
        st.lists(st.sampled_from(("countries", "flows", "x-y", "sources")), min_size=1, max_size=3, unique=True)
    ):
        header = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
        columns = [
            st.sampled_from([*draw(st.sampled_from(POOLS)), *draw(st.sampled_from(((), *POOLS)))]) for _ in header
        ]
        rows = draw(st.lists(st.tuples(*columns), max_size=25))
        found[name] = header, [row for row in rows if {*row} - {*POOLS[8], "NaN"}]
    return found


def write(folder: Path, content, delimiter: str) -> None:
    for name, (header, rows) in content.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, delimiter=delimiter).writerows([header, *rows])


def errors_of_frictionless(folder: Path) -> list[str]:
    report = frictionless.Package(str(folder / "datapackage.json")).validate()
    return [error.note or error.message for error in report.errors] + [
        f"{task.name}: {error.message}" for task in report.tasks for error in task.errors
    ]


@pytest.mark.long
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.sampled_from(",;\t"))
def test_a_package_that_is_drafted_from_tables_has_no_errors(content, delimiter):
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write(folder, content, delimiter)
        drafted = draft_package(folder)
        report = depositary.validate(folder)
        assert [finding.message for finding in report if finding.level == "error"] == []
        assert errors_of_frictionless(folder) == []
        assert len(drafted.tables) + len(drafted.left_out) == len(content)


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.data())
def test_an_update_changes_nothing_where_nothing_changed_and_keeps_each_edit(content, data):
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write(folder, content, ",")
        draft_package(folder)
        file = folder / "datapackage.json"
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        assert draft_package(folder, update=True).changes == ()
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        document = json.loads(before[file.name])
        resource = data.draw(st.sampled_from(document["resources"]))
        field = data.draw(st.sampled_from(resource["schema"]["fields"]))
        field |= {"type": "any", "title": "Mine", "constraints": {}}
        field.pop("merge", None)
        resource["schema"].pop("primaryKey", None)
        edited = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
        file.write_text(edited, encoding="utf-8")
        assert draft_package(folder, update=True).changes == ()
        assert file.read_text(encoding="utf-8") == edited
