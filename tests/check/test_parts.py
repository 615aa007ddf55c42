"""Tables in parts: cut anywhere, a table gets the report of the whole, with the part and the row in it."""

import csv
import gzip
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from conftest import CASES, ROOT
from hypothesis import assume, currently_in_test_context, given, settings
from hypothesis import strategies as st
from in_parts import Choose, cut
from rule_cases import NAMES, RULES, overlay_base, rows_in, write_package
from test_contributions import write
from test_lanes import exact_lane, fast_lane
from test_lanes_of_contributions import contributions
from test_reference import Descriptor, brief, our_errors, packages, put, their_errors

from depositary.check.lanes.block import BlockJudge
from depositary.check.validate import validate
from depositary.model.limits import Limits
from depositary.model.report import Report
from depositary.model.rule import RuleOptions
from depositary.reports.text import to_text

# What is about the bytes of one file, and not about its rows.
OF_THE_FILE = {
    "binary-file", "blank-columns", "blank-label", "byte-order-mark", "conflict-markers", "csv-error", "empty-file",
    "encoding-error", "nul-byte", "swallowed-cells", "stray-quote", "byte-count", "hash-count", "header-below",
}  # fmt: skip
UNCUT = {"commentRows", "headerRows"}  # rows of a file by their numbers


def cuts(data: st.DataObject) -> Choose:
    return lambda rows: data.draw(st.lists(st.integers(0, rows), max_size=4), "cuts")


def assert_same(  # noqa: PLR0913 (two of them are for contributions and blocks)
    whole: Path,
    parts: Path,
    choose: Choose,
    judge: Callable[[Path], Report],
    size: int = 64,
    *,
    is_base: bool = False,
) -> Report:
    """Compare the report on a package in parts, in both lanes, with that on the whole."""
    with exact_lane():
        expected = judge(whole)
    of_the_file = OF_THE_FILE & {finding.code for finding in expected}
    if currently_in_test_context():
        assume(not of_the_file)
    assert not of_the_file
    shutil.copytree(whole, parts)
    places = cut(parts, choose)
    places.is_base = is_base
    with exact_lane():
        exact = judge(parts)
    assert replace(exact, subject="").to_json() == replace(places.report(expected), subject="").to_json()
    with fast_lane(size):
        assert judge(parts).to_json() == exact.to_json()
    return exact


def assert_package_same(
    drawn: tuple[Any, Descriptor], data: st.DataObject, examples: int, size: int, *, reference_only: bool
) -> None:
    tables = [(resource, content) for resource, content in drawn[0]]
    assume(not any(UNCUT & resource["dialect"].keys() for resource, _ in tables))
    with TemporaryDirectory() as folder:
        whole = Path(folder) / "whole"
        whole.mkdir()
        put(whole, tables, drawn[1])
        limits = Limits(examples=examples)
        try:
            assert_same(
                whole,
                Path(folder) / "parts",
                cuts(data),
                lambda path: validate(path, limits=limits, reference_only=reference_only),
                size,
            )
        except (csv.Error, UnicodeError):
            assume(condition=False)


EXAMPLES, SIZES = st.sampled_from([1, 2, 10**9]), st.sampled_from([7, 64, 1000])


@pytest.mark.short(8, long=20)
@given(packages(), st.data(), EXAMPLES, SIZES, st.booleans())
@settings(max_examples=150, deadline=None)
def test_a_table_in_parts_gets_the_report_of_the_whole(drawn, data, examples, size, reference_only):
    assert_package_same(drawn, data, examples, size, reference_only=reference_only)


@pytest.mark.soak
@given(packages(), st.data(), EXAMPLES, SIZES, st.booleans())
@settings(max_examples=4_000, deadline=None)
def test_many_tables_in_parts_get_the_report_of_the_whole(drawn, data, examples, size, reference_only):
    assert_package_same(drawn, data, examples, size, reference_only=reference_only)


def assert_contribution_same(drawn: tuple[Any, Any], data: st.DataObject, examples: int, size: int) -> None:
    limits = Limits(examples=examples)
    with TemporaryDirectory() as folder:
        base, own = write(Path(folder) / "base", drawn[0]), write(Path(folder) / "own", drawn[1])
        judge = partial(validate, own, limits=limits)
        assert_same(base, Path(folder) / "parts", cuts(data), judge, size, is_base=True)


@pytest.mark.short(6, long=14)
@given(contributions(), st.data(), EXAMPLES, SIZES)
@settings(max_examples=80, deadline=None)
def test_a_contribution_to_tables_in_parts_gets_the_same_report(drawn, data, examples, size):
    assert_contribution_same(drawn, data, examples, size)


@pytest.mark.soak
@given(contributions(), st.data(), EXAMPLES, SIZES)
@settings(max_examples=2_000, deadline=None)
def test_many_contributions_to_tables_in_parts_get_the_same_report(drawn, data, examples, size):
    assert_contribution_same(drawn, data, examples, size)


def thirds(rows: int) -> list[int]:
    return [rows // 3, 2 * rows // 3]


def by_the_rules(path: Path) -> Report:
    return validate(path, asked=RuleOptions(as_of=date(2026, 11, 22)))


@pytest.mark.short(8)
@pytest.mark.parametrize("case", ["cells", "rules", "shape"])
def test_golden_reports_are_the_same_on_parts(case, tmp_path):
    package = shutil.copytree(CASES / "demo", tmp_path / "demo")
    for file in (CASES / "reports" / case).iterdir():
        if not file.name.startswith("expected."):
            shutil.copy(file, package)
    assert_same(package, tmp_path / "parts", thirds, by_the_rules)


@pytest.mark.long
def test_the_published_package_is_valid_in_parts(tmp_path):
    assert assert_same(ROOT / "datapackage", tmp_path / "parts", thirds, by_the_rules).valid


@pytest.mark.long
def test_rules_find_the_same_on_parts(tmp_path):
    bad = [rows_in(RULES / name / "bad") for name in NAMES]
    rows = {table: [row for case in bad for row in case.get(table, [])] for case in bad for table in case}
    package = write_package(tmp_path / "package", overlay_base(rows))
    assert assert_same(package, tmp_path / "parts", thirds, by_the_rules).errors > 100


# The same errors as the reference, which joins the files


FIELDS = [
    {"name": "id", "type": "string"},
    {"name": "n", "type": "integer", "constraints": {"minimum": 2}},
    {"name": "of", "type": "string"},
]
KEY = {"fields": ["of"], "reference": {"resource": "", "fields": ["id"]}}
FLOWS: Descriptor = {"fields": FIELDS, "primaryKey": ["id"], "foreignKeys": [KEY]}


def package(folder: Path, files: Mapping[str, str | bytes | None], **resource: Any) -> Path:
    """Write a package of one table in some files; one without content is not there."""
    described = {"name": "flows", "type": "table", "path": list(files), "schema": FLOWS, **resource}
    described["dialect"] = {"delimiter": ",", "quoteChar": '"', "skipInitialSpace": False, "header": True}
    content = {"datapackage.json": json.dumps({"name": "made", "resources": [described]})}
    return write(folder, {**content, **{path: text for path, text in files.items() if text is not None}})


ROWS = st.lists(st.sampled_from(["a,2,a", "b,3,a", "c,1,d", "d,x,", ",,", "a,9,b,extra", "e"]), max_size=5)


@pytest.mark.short(4)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(ROWS, min_size=2, max_size=4))
def test_parts_get_the_errors_of_the_reference(parts):
    with TemporaryDirectory() as folder:
        files = {f"{at}.csv": "\n".join(["id,n,of", *rows, ""]) for at, rows in enumerate(parts)}
        package(Path(folder), files)
        assert brief(our_errors(Path(folder))) == brief(their_errors(Path(folder)))


# Parts that do not continue the table


def found(folder: Path, files: Mapping[str, str | bytes | None], **resource: Any) -> list[str]:
    report = validate(package(folder, files, **resource))
    return [f"{one.file} {one.row} {one.code}: {one.message}" for one in report]


MARK = "byte-order-mark: the file begins with a byte-order mark, which some programs read as part of the first label"
GOOD = "id,n,of\na,2,a\n"
FAULTS: dict[str, tuple[dict[str, str | bytes | None], list[str]]] = {
    "another header": (
        {"a.csv": GOOD, "b.csv": "id,m,of\nb,2,a\n"},
        ['b.csv 1 part-error: its first row has "m" as column 2, but that of a.csv has "n"'],
    ),
    "more columns": (
        {"a.csv": GOOD, "b.csv": "id,n,of,by\nb,2,a,x\n"},
        ["b.csv 1 part-error: its first row has 4 columns, but that of a.csv has 3"],
    ),
    "no header": (
        {"a.csv": GOOD, "b.csv": "b,2,a\n"},
        ['b.csv 1 part-error: its first row has "b" as column 1, but that of a.csv has "id"'],
    ),
    "an empty part": ({"a.csv": GOOD, "b.csv": ""}, ["b.csv 0 part-error: the part is empty"]),
    "a missing part, and an empty one": (
        {"a.csv": GOOD, "b.csv": None, "c.csv": ""},
        [
            "b.csv 0 missing-file: the file b.csv cannot be opened: No such file or directory",
            "c.csv 0 part-error: the part is empty",
        ],
    ),
    "a missing first part": (
        {"a.csv": None, "b.csv": GOOD},
        ["a.csv 0 missing-file: the file a.csv cannot be opened: No such file or directory"],
    ),
    "another encoding": (
        {"a.csv": GOOD, "b.csv": "id,n,of\nb,2,a\n".encode("utf-16")},
        ["b.csv 0 encoding-error: the file is in UTF-16, not in utf-8"],
    ),
    "a byte that is not text": (
        {"a.csv": GOOD, "b.csv": b"id,n,of\nb,2,a\n\xe9,2,a\n", "c.csv": "id,n,of\nc,1,a\n"},
        ["b.csv 3 encoding-error: byte 14 (line 3) is not text in UTF-8"],
    ),
    "a quote that is never closed": (
        {"a.csv": 'id,n,of\na,2,"a\n', "b.csv": "id,n,of\nb,2,b\n"},
        [
            'a.csv 2 foreign-key: "a\\n" is not an id in flows',
            'a.csv 2 csv-error: a quote that opens in row 2 is never closed, so the rest of the file is one cell: ""a"',
        ],
    ),
    "a broken archive": (
        {"a.csv": GOOD, "b.csv.gz": gzip.compress(b"id,n,of\nb,2,a\n")[:-9]},
        ["b.csv.gz 0 compression-error: the archive is broken: it ends too early"],
    ),
    "not CSV": (
        {"a.csv": GOOD, "b.csv": b"PAR1\0\0"},
        ["b.csv 0 binary-file: the file is not CSV; it is a Parquet file"],
    ),
    "marks and NULs": (
        {"a.csv": "\ufeff" + GOOD, "b.csv": "\ufeffid,n,of\nb,2,a\n", "c.csv": "id,n,of\nc\0,2,a\n"},
        [
            f"a.csv 0 {MARK}",
            f"b.csv 0 {MARK}",
            "c.csv 0 nul-byte: the file has NUL bytes (1), the first at byte 9",
        ],
    ),
}


@pytest.mark.parametrize(("files", "expected"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_with_a_part_is_found_there(files, expected, tmp_path):
    assert [line.replace("\n", " ") for line in found(tmp_path, files)] == expected


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "a broken archive"])
def test_the_fast_lane_finds_the_same_in_a_part(name, tmp_path):
    files, expected = FAULTS[name]
    with fast_lane():
        assert [line.replace("\n", " ") for line in found(tmp_path, files)] == expected


def test_the_same_file_twice_is_found(tmp_path):
    package(tmp_path, {"a.csv": GOOD, "b.csv": None, "c.csv": None}, path=["a.csv", "b.csv", "a.csv"])
    os.link(tmp_path / "a.csv", tmp_path / "b.csv")
    assert [f"{one.file}: {one.message}" for one in validate(tmp_path)] == [
        "b.csv: it is the same file as a.csv, so its rows would count twice",
        "a.csv: it is listed twice, so its rows would count twice",
    ]


WRONG_LISTS = {
    "empty": ([], "flows: resources.0.path is []"),
    "a number": (["a.csv", 5], ""),
    "remote": (["a.csv", "https://example.org/b.csv"], "it is remote"),
    "outside": (["a.csv", "../b.csv"], "it leads out of the folder"),
    "several formats": (["a.csv", "b.xlsx"], "its parts have different formats (csv, xlsx)|it is xlsx"),
    "tables and tabs": (["a.csv", "b.tsv"], "its parts have different formats (csv, tsv)"),
    "a pattern": (["*.csv", "a.csv"], "the file *.csv cannot be opened"),
}


@pytest.mark.parametrize(("paths", "message"), WRONG_LISTS.values(), ids=WRONG_LISTS)
def test_wrong_lists_of_paths_are_refused(paths, message, tmp_path):
    report = validate(package(tmp_path, {"a.csv": GOOD}, path=paths))
    assert not report.valid
    assert any(part in one.message for one in report for part in message.split("|"))


def test_a_list_of_one_path_is_a_table_in_one_file(tmp_path):
    report = validate(package(tmp_path, {"a.csv": GOOD}, path=["a.csv"]))
    assert (report.valid, report.tables[0].files) == (True, ("a.csv",))


def test_compressed_parts_are_read(tmp_path):
    files = {"a.csv": GOOD, "y=1/b.csv.gz": gzip.compress(b"id,n,of\nb,2,a"), "y=2/c.csv": "id,n,of\nc,1,a\n"}
    assert found(tmp_path, files) == ['y=2/c.csv 2 minimum-constraint: "1" is out of range: n is at least 2']


def test_sizes_of_several_files_are_not_judged(tmp_path):
    report = validate(package(tmp_path, {"a.csv": GOOD, "b.csv": "id,n,of\nb,2,a\n"}, bytes=5, hash="00", rows=3))
    assert [(one.code, one.message) for one in report] == [
        ("row-count", "the parts have 2 rows, but the descriptor gives 3")
    ]
    assert [(one.what, one.reason) for one in report.not_judged] == [
        ("`bytes` and `hash`", "the standard does not define them for a table in several files")
    ]


TWICE = {"a.csv": GOOD, "b.csv": 'id,n,of\n"b\nb",2,a\na,1,a\n'}


@pytest.mark.parametrize("form", ["text", "json", "html", "markdown", "github", "sarif"])
def test_each_form_of_a_report_names_the_part(form, tmp_path, run):
    package(tmp_path, TWICE)
    text = run("validate", ".", "--format", form, cwd=tmp_path).out
    assert "b.csv" in text
    assert "row 2 of a.csv has the same id" in text


def test_a_report_as_text_names_part_and_row(tmp_path):
    lines = to_text(validate(package(tmp_path, TWICE))).splitlines()
    assert "flows (a.csv and 1 more part): 3 rows, 2 errors" in lines
    assert any(line.startswith('  row 3 of b.csv, id: row 2 of a.csv has the same id, "a"') for line in lines)


IN_FOLDERS = {"year=2023/a.csv": "id,n\na,2\n", "year=2024/b.csv": "id,n\nb,3\n"}
WITH_YEAR = [*FIELDS[:2], {"name": "year", "type": "year"}]


@pytest.mark.parametrize("fields", [WITH_YEAR, [WITH_YEAR[2], *WITH_YEAR[:2]]], ids=["last", "first"])
def test_a_column_that_is_only_in_the_names_of_folders_is_found_with_what_to_do(fields, tmp_path):
    report = validate(package(tmp_path, IN_FOLDERS, schema={"fields": fields}))
    one = next(one for one in report if one.field == "year")
    assert "its values are only in names of folders, such as year=2023" in one.message
    assert one.hint == "write the column year into each part, or remove it from the schema: names are not read"


def test_a_column_in_the_parts_is_read_whatever_the_names_of_folders_say(tmp_path):
    files = {"year=2023/a.csv": "id,n,year\na,2,2023\n", "year=2024/b.csv": "id,n,year\nb,3,1999\n"}
    assert validate(package(tmp_path, files, schema={"fields": WITH_YEAR})).valid


def test_small_parts_are_judged_in_one_block(tmp_path, monkeypatch):
    count = 40
    files = {f"{at}.csv": f"id,n,of\nr{at},{at + 2},r0" + "\n" * (at % 2) for at in range(count)}
    files["39.csv"] = "id,n,of\nr0,1,r0\n"
    package(tmp_path, files)
    seen = []
    judge = BlockJudge.judge
    monkeypatch.setattr(BlockJudge, "judge", lambda self, of, block: seen.append(block) or judge(self, of, block))
    with fast_lane(1 << 20):
        report = validate(tmp_path)
    assert len(seen) == 1
    assert [(one.file, one.row, one.code) for one in report] == [
        ("39.csv", 2, "minimum-constraint"),
        ("39.csv", 2, "primary-key"),
    ]
    assert report.tables[0].rows == count
