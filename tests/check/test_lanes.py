"""The fast lane against the exact one: whatever the file, both give the same report, or the fast one is not sure."""

import gzip
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import CASES, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_cases import NAMES, RULES, overlay_base, rows_in, write_package
from test_reference import V2, Descriptor, Table, packages, put, resource_of

from depositary.check.lanes import fast
from depositary.check.reading import columns, distinct
from depositary.check.validate import validate
from depositary.model.limits import Limits
from depositary.model.report import Report
from depositary.model.rule import RuleOptions
from depositary.read.files import blocks


@contextmanager
def fast_lane(size: int = 64, few: int = 0) -> Iterator[None]:
    """Take the fast lane for every file, in blocks of some bytes, and ask the accepts however few cells there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "SMALL", 0)
        patch.setattr(blocks, "SIZE", size)
        patch.setattr(distinct, "_FEW", few)
        yield


@contextmanager
def exact_lane() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "SMALL", 1 << 60)
        yield


def report_of(folder: Path, *, reference_only: bool, examples: int) -> Report:
    return validate(folder, limits=Limits(examples=examples), reference_only=reference_only)


def assert_same(drawn: tuple[list[Table], Descriptor], *, reference_only: bool, examples: int, size: int) -> None:
    with TemporaryDirectory() as folder:
        put(folder, *drawn)
        with exact_lane():
            exact = report_of(Path(folder), reference_only=reference_only, examples=examples)
        with fast_lane(size, few=size % 2 * 2):
            quick = report_of(Path(folder), reference_only=reference_only, examples=examples)
        assert quick.to_json() == exact.to_json()


@pytest.mark.short(15)
@given(packages(), st.booleans(), st.sampled_from([1, 2, 10**9]), st.sampled_from([7, 64, 1000]))
@settings(max_examples=300, deadline=None)
def test_random_packages_get_the_same_report_in_both_lanes(drawn, reference_only, examples, size):
    assert_same(drawn, reference_only=reference_only, examples=examples, size=size)


@pytest.mark.soak
@given(packages(), st.booleans(), st.sampled_from([1, 2, 10**9]), st.sampled_from([7, 64, 1000]))
@settings(max_examples=4_000, deadline=None)
def test_many_random_packages_get_the_same_report_in_both_lanes(drawn, reference_only, examples, size):
    assert_same(drawn, reference_only=reference_only, examples=examples, size=size)


FORMS = {"boolean": ["YES", "1", "no"], "integer": ["1", "01", "2"], "number": ["1", "1.0", "1.00", "2"]}
BOOLEANS = {"trueValues": ["YES", "1"], "falseValues": ["no"]}


@pytest.mark.short(6)
@given(st.data(), st.sampled_from(sorted(FORMS)), st.sampled_from([1, 2, 10**9]), st.sampled_from([7, 64, 1000]))
@settings(max_examples=40, deadline=None)
def test_keys_in_several_forms_get_the_same_report_in_both_lanes(data, kind, examples, size):
    """Rows of another length are read apart, so the first form of a key may be found after a later one."""
    rows = st.tuples(st.sampled_from(FORMS[kind]), st.sampled_from(["", ",x", ",x,y", ","]))
    drawn = data.draw(st.lists(rows.map("".join), min_size=1, max_size=6))
    field = {"name": "a", "type": kind} | (BOOLEANS if kind == "boolean" else {})
    itself = [{"fields": "a", "reference": {"resource": "", "fields": "a"}}]
    schema = {"fields": [field], "primaryKey": "a", "foreignKeys": itself}
    table = (resource_of("one", schema, {}), "\n".join(["a", *drawn, ""]).encode())
    assert_same(([table], V2), reference_only=False, examples=examples, size=size)


SUBJECTS = [
    CASES / "demo",  # the smallest, which `make test` takes
    ROOT / "datapackage",
    *sorted(folder for folder in (ROOT / "examples" / "contributions").glob("*/*") if folder.is_dir()),
]
REPORTS = sorted(folder for folder in (CASES / "reports").iterdir() if folder.is_dir())


def assert_same_reports(subject: Path, size: int = 1000) -> Report:
    asked = RuleOptions(as_of=date(2026, 11, 22))
    with exact_lane():
        exact = validate(subject, asked=asked)
    with fast_lane(size):
        quick = validate(subject, asked=asked)
    assert quick.to_json() == exact.to_json()
    return exact


@pytest.mark.short(1, long=3)
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_fixtures_get_the_same_report_in_both_lanes(subject):
    assert_same_reports(subject)


@pytest.mark.short(2)
@pytest.mark.parametrize("case", REPORTS, ids=lambda case: case.name)
def test_golden_reports_are_the_same_in_both_lanes(case, tmp_path):
    package = shutil.copytree(CASES / "demo", tmp_path / "demo")
    for file in case.iterdir():
        if not file.name.startswith("expected."):
            shutil.copy(file, package)
    assert assert_same_reports(package).errors


@pytest.mark.long
def test_rules_find_the_same_on_the_rows_of_both_lanes(tmp_path):
    bad = [rows_in(RULES / name / "bad") for name in NAMES]
    rows = {table: [row for case in bad for row in case.get(table, [])] for case in bad for table in case}
    package = write_package(tmp_path / "package", overlay_base(rows))
    assert assert_same_reports(package).errors > 100


# Larger tables, with the sizes of blocks that users have


FIELDS: list[Descriptor] = [
    {"name": "id", "type": "string", "constraints": {"required": True}},
    {"name": "code", "type": "string", "constraints": {"required": True, "enum": ["AA", "BB", "CC"]}},
    {"name": "value", "type": "number", "constraints": {"minimum": 0}},
    {"name": "count", "type": "integer", "constraints": {"unique": True}},
    {"name": "day", "type": "date", "format": "%d/%m/%Y"},
    {"name": "parent", "type": "string"},
]
SCHEMA: Descriptor = {
    "fields": FIELDS,
    "missingValues": ["", "-"],
    "primaryKey": ["id", "day"],
    "uniqueKeys": [["value", "code"]],
    "foreignKeys": [
        {"fields": ["parent"], "reference": {"resource": "t", "fields": ["id"]}},
        {"fields": ["parent", "day"], "reference": {"resource": "", "fields": ["id", "day"]}},
    ],
}


def line(i: int, *, faults: int) -> str:
    """Write the row of a number; one row in so many has one of ten faults."""
    cells = [
        f"k{i}",
        "ABC"[i % 3] * 2,
        f"{i}.5",
        str(i),
        f"{i % 28 + 1:02}/01/2020",
        f"k{i // 28 * 28}" if i % 7 == 0 else "",
    ]
    fault, which = i % faults, i // faults % 10
    if fault == 0:
        cells = [
            ["k0", *cells[1:]],
            [cells[0], "AB", *cells[2:]],
            [*cells[:2], "-1.50", *cells[3:]],
            [*cells[:2], "n/a", *cells[3:]],
            [*cells[:3], " 7 ", *cells[4:]],
            [*cells[:4], "31/02/2020", cells[5]],
            [*cells[:5], "nobody"],
            ["", "-", "", "", "-", ""],
            cells[:4],
            [*cells, f'"an odd, ""quoted"" cell\n{i}"'],
        ][which]
    return ",".join(cells) + "\n"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Give a function that writes a package of one table with so many rows, one in `faults` of which is faulty."""

    def write(rows: int, faults: int) -> Path:
        folder = tmp_path_factory.mktemp("large")
        text = "id,code,value,count,day,parent\n" + "".join(line(i, faults=faults) for i in range(rows))
        return put(folder, [(resource_of("t", SCHEMA, {}), text.encode())])

    return write


def rows_of(*lines: str, end: str = "\n") -> bytes:
    return end.join(["id,code,value,count,day,parent", *lines, ""]).encode()


GOOD = [line(i, faults=10**9).rstrip("\n") for i in range(300)]
BYTES: dict[str, bytes] = {
    "a byte that is no text": rows_of(*GOOD[:200]) + b"k\xff,AA,1,1,,\n" + rows_of(*GOOD[200:]),
    "a byte that is no text in a short row": rows_of(*GOOD[:200]) + b"k\xff\n",
    "a byte that is no text in the header": rows_of(*GOOD).replace(b"code", b"c\xf6de", 1),
    "a byte-order mark": b"\xef\xbb\xbf" + rows_of(*GOOD),
    "a byte-order mark in the middle": rows_of(*GOOD[:9], "\ufeffk,AA,,,,", *GOOD[9:]),
    "lines that end with CR LF": rows_of(*GOOD, end="\r\n"),
    "lines that end with CR": rows_of(*GOOD, end="\r"),
    "a lone CR": rows_of(*GOOD[:99], "k,AA,\r,,,", *GOOD[99:]),
    "a NUL": rows_of(*GOOD[:99], "k\0,AA,,,,", *GOOD[99:]),
    "blank lines": rows_of("", *GOOD[:99], "", "", *GOOD[99:], ""),
    "a blank line of blanks": rows_of(*GOOD, "   ", ",,,,,"),
    "no line end at the end": rows_of(*GOOD).rstrip(b"\n"),
    "a header alone": rows_of(),
    "a quote that is never closed": rows_of(*GOOD[:99], '"k,AA,,,,', *GOOD[99:]),
    "a quote within a cell": rows_of(*GOOD[:99], 'k 5",AA,,,,', *GOOD[99:]),
    "a quote within a cell, and a line break": rows_of(*GOOD[:99], '"k\n5""",AA,,,,', *GOOD[99:]),
    "a column that is wholly wrong": rows_of(*(row.replace("/01/", "-01-") for row in GOOD)),
    "a column that is wholly empty": rows_of(*(f",{row.split(',', 1)[1]}" for row in GOOD)),
    "rows that are all too short": rows_of(*(row.rsplit(",", 2)[0] for row in GOOD)),
    "rows that are all too long": rows_of(*(f"{row},more" for row in GOOD)),
    "rows that all stand twice": rows_of(*GOOD, *GOOD),
    "texts that differ only later": rows_of(
        *(row.replace("k", "a" if i < 150 else f"b{i}") for i, row in enumerate(GOOD))
    ),
}


@pytest.mark.short(4, long=12)
@pytest.mark.parametrize("data", BYTES.values(), ids=BYTES.keys())
@pytest.mark.parametrize("size", [300, 5_000])
def test_files_get_the_same_report_in_both_lanes(data, size, tmp_path):
    put(tmp_path, [(resource_of("t", SCHEMA, {}), data)])
    with exact_lane():
        exact = report_of(tmp_path, reference_only=False, examples=20)
    with fast_lane(size, few=10):
        quick = report_of(tmp_path, reference_only=False, examples=20)
    assert quick.to_json() == exact.to_json()


@pytest.mark.parametrize("kept", [1.0, 0.7], ids=["whole", "broken"])
def test_packed_files_get_the_same_report_in_both_lanes(kept, tmp_path):
    packed = gzip.compress(
        "".join(["id,code,value,count,day,parent\n", *(line(i, faults=9) for i in range(3_000))]).encode()
    )
    put(tmp_path, [({**resource_of("t", SCHEMA, {}), "path": "t.csv.gz"}, packed[: int(len(packed) * kept)])])
    with exact_lane():
        exact = report_of(tmp_path, reference_only=False, examples=20)
    with fast_lane(5_000):
        quick = report_of(tmp_path, reference_only=False, examples=20)
    assert exact.errors > 200
    assert quick.to_json() == exact.to_json()


@pytest.mark.short(1, long=2)
@pytest.mark.parametrize("faults", [1, 7, 1000])
@pytest.mark.parametrize("reference_only", [False, True], ids=["ours", "reference"])
def test_large_tables_get_the_same_report_in_both_lanes(large, faults, reference_only):
    folder = large(6_000, faults)
    with exact_lane():
        exact = report_of(folder, reference_only=reference_only, examples=100)
    with fast_lane(60_000, few=500):
        quick = report_of(folder, reference_only=reference_only, examples=100)
    assert exact.errors >= 20
    assert quick.to_json() == exact.to_json()


@pytest.mark.long
def test_keys_that_go_to_files_are_compared_as_those_in_memory(large, monkeypatch):
    folder = large(5_000, 9)
    with fast_lane(10_000):
        kept = report_of(folder, reference_only=False, examples=100)
        monkeypatch.setattr(fast, "_KEY", 1 << 20)
        spilled = report_of(folder, reference_only=False, examples=100)
    assert kept.errors > 100
    assert spilled.to_json() == kept.to_json()


@pytest.mark.long
def test_a_great_many_keys_that_stand_twice_are_found_as_few_are(large, monkeypatch):
    folder = large(3_000, 3)
    (folder / "t.csv").write_bytes((folder / "t.csv").read_bytes() * 2)
    with fast_lane(10_000):
        few = report_of(folder, reference_only=False, examples=100)
        monkeypatch.setattr(fast, "_MANY", 0)
        many = report_of(folder, reference_only=False, examples=100)
    assert few.errors > 3_000
    assert many.to_json() == few.to_json()


def test_a_large_plain_file_takes_the_fast_lane_and_a_small_one_the_exact(large, monkeypatch):
    taken = []
    run = fast.FastLane.run
    monkeypatch.setattr(fast.FastLane, "run", lambda self, *given: taken.append(self) or run(self, *given))
    validate(large(1_000, 1000))
    assert taken == []
    validate(large(60_000, 1000))
    assert len(taken) == 1
