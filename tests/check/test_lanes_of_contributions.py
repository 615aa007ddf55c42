"""The lanes on contributions: whatever a patch or a snapshot says of whatever base, both give the same report."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from conftest import manifest_of
from hypothesis import given, settings
from hypothesis import strategies as st
from test_contributions import BASE, write
from test_lanes import exact_lane, fast_lane

from depositary.check.documents.find_target import find_target
from depositary.check.lanes import fast, joined_rows
from depositary.check.reading import columns
from depositary.check.validate import judge_target, validate
from depositary.model.limits import Limits
from depositary.model.report import Report
from depositary.model.rule import RuleOptions
from depositary.model.target import Target

Descriptor = dict[str, Any]

# Cells that a type may have: values, some of them in two forms, and others; few, so that many are equal.
CELLS: Mapping[str, Sequence[str]] = {
    "string": ["a", "b", "a|b", "c\\d", "A ", "nan", "x,y", "local", "\\n"],
    "any": ["a", "b", "1", "01"],
    "integer": ["1", "2", "3", "01", "+2", "9" * 25, "x", "1.0"],
    "number": ["1", "2", "1.0", "2.50", "nan", "x", "0.12345678901"],
    "boolean": ["true", "false", "True", "x"],
    "date": ["2020-01-01", "2020-01-02", "0099-12-31", "2020-02-30"],
    "datetime": ["2020-01-01T00:00:00Z", "2020-01-01T01:00:00", "x"],
    "year": ["2020", "1999", "x"],
    "list": ["a,b", "b"],
}
USUAL = ["string", "integer", "date", "boolean", "number"]
ODD = ["", "", "\\N", " \\N", "local:a", "local:b", "local:A!", "-", "None", '"q"', "line\nbreak"]
KEYED = [("id",), ("id", "part")]


def pools(kind: str, *, calm: bool = False) -> st.SearchStrategy[str]:
    if calm:
        return st.sampled_from([*CELLS[kind][:3], *CELLS[kind][:3], "", "\\N", "local:a"])
    return st.one_of(st.sampled_from(CELLS[kind]), st.sampled_from(CELLS[kind]), st.sampled_from(ODD))


@st.composite
def tables(draw: st.DrawFn, name: str, other: str) -> Descriptor:
    kinds = st.one_of(st.sampled_from(USUAL), st.sampled_from(sorted(CELLS)))
    key = draw(st.sampled_from(KEYED))
    fields = []
    for column in ("id", "part", "a", "b", "c"):
        kind = draw(st.sampled_from(USUAL) if column in key else kinds)
        constraints: Descriptor = {"required": True} if draw(st.integers(0, 3)) == 0 else {}
        constraints |= {"unique": True} if column not in key and kind != "list" and draw(st.integers(0, 4)) == 0 else {}
        if kind == "string" and draw(st.integers(0, 3)) == 0:
            constraints["pattern"] = "[a-c].*"
        fields.append({"name": column, "type": kind, "constraints": constraints})
    schema: Descriptor = {"fields": fields, "primaryKey": list(key), "foreignKeys": []}
    if draw(st.integers(0, 7)) == 0:
        del schema["primaryKey"]
    if draw(st.integers(0, 3)) == 0:
        schema["missingValues"] = draw(st.sampled_from([["", "-"], ["-"], ["", "\\N"]]))
    plain = [one["name"] for one in fields if one["type"] != "list"]
    pairs = st.lists(st.sampled_from(plain), min_size=1, max_size=3, unique=True)
    schema["uniqueKeys"] = draw(st.lists(pairs, max_size=2))
    for _ in range(draw(st.integers(0, 2))):
        mine, parent = draw(pairs), draw(st.sampled_from([name, other]))
        its = draw(st.lists(st.sampled_from(["id", "part", "a"]), min_size=len(mine), max_size=len(mine), unique=True))
        schema["foreignKeys"].append({"fields": mine, "reference": {"resource": parent, "fields": its}})
    return {"name": name, "type": "table", "path": f"{name}.csv", "schema": schema}


@st.composite
def rows_of(draw: st.DrawFn, table: Descriptor, most: int) -> list[list[str]]:
    """Give rows of a base, a few of them faulty."""
    kinds = [one["type"] for one in table["schema"]["fields"]]
    usual = st.tuples(*(st.sampled_from(CELLS[kind][:3]) for kind in kinds))
    return [list(row) for row in draw(st.lists(st.one_of(usual, usual, st.tuples(*map(pools, kinds))), max_size=most))]


@st.composite
def claims(draw: st.DrawFn, table: Descriptor, *, whole: bool) -> bytes:
    """Give a table of a contribution: columns in any order, absent or unknown, rows of any width."""
    kinds = {one["name"]: one["type"] for one in table["schema"]["fields"]}
    names = draw(st.permutations(list(kinds)))
    if not whole:
        names = names[: draw(st.integers(1, len(names)))]
        key = [] if draw(st.integers(0, 9)) == 0 else table["schema"].get("primaryKey", [])
        names = [*names, *(name for name in key if name not in names)]
    if draw(st.integers(0, 9)) == 0:
        names = [*names, draw(st.sampled_from(["more", names[0]]))]
    calm = draw(st.booleans())
    row = st.tuples(*(pools(kinds.get(name, "string"), calm=calm) for name in names)).map(list)
    blank = st.just([""] * len(names))
    short = row.map(lambda cells: cells[:-1])
    long = row.map(lambda cells: [*cells, "\\N"])
    rows = draw(st.lists(row if calm else st.one_of(*[row] * 6, blank, short, long), max_size=25))
    return written([names, *rows])


def written(rows: Sequence[Sequence[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


@st.composite
def contributions(draw: st.DrawFn) -> tuple[dict[str, str | bytes], dict[str, str | bytes]]:
    """Give the files of a base, and those of a contribution to it."""
    described = [draw(tables("one", "two")), draw(tables("two", "one"))]
    base: dict[str, str | bytes] = {
        "datapackage.json": json.dumps({"name": "made", "version": "1.0.0", "resources": described})
    }
    for table in described:
        names = [one["name"] for one in table["schema"]["fields"]]
        base[table["path"]] = written([names, *draw(rows_of(table, 12))])
    whole = draw(st.integers(0, 5)) == 0
    own: dict[str, str | bytes] = {"contribution.toml": manifest_of("made")}
    if whole:
        own["contribution.toml"] = manifest_of("made").replace("patch", "snapshot")
    for table in described[: draw(st.integers(1, 2))]:
        own[table["path"]] = draw(claims(table, whole=whole))
    if not whole and draw(st.booleans()):
        ids = st.sampled_from(["a", "b", "1", "2", "a|b", "a\\|b", "1|2", "2020-01-01", "nobody"])
        gone = draw(st.lists(st.tuples(st.sampled_from(["one", "two", "none"]), ids, st.just("wrong")), max_size=4))
        own["deletes.csv"] = written([["table", "record_id", "reason"], *gone])
    return base, own


def assert_same(base: Path, own: Path, examples: int, size: int) -> Report:
    limits = Limits(examples=examples)
    with exact_lane():
        exact = validate(own, base, limits=limits)
    with fast_lane(size, few=size % 2 * 2):
        quick = validate(own, base, limits=limits)
    assert quick.to_json() == exact.to_json()
    return exact


def assert_drawn_same(
    drawn: tuple[Mapping[str, str | bytes], Mapping[str, str | bytes]], examples: int, size: int
) -> None:
    with TemporaryDirectory() as folder:
        base, own = write(Path(folder) / "base", drawn[0]), write(Path(folder) / "own", drawn[1])
        assert_same(base, own, examples, size)


EXAMPLES, SIZES = st.sampled_from([1, 2, 10**9]), st.sampled_from([7, 64, 1000])


@pytest.mark.short(20)
@given(contributions(), EXAMPLES, SIZES)
@settings(max_examples=300, deadline=None)
def test_random_contributions_get_the_same_report_in_both_lanes(drawn, examples, size):
    assert_drawn_same(drawn, examples, size)


@pytest.mark.soak
@given(contributions(), EXAMPLES, SIZES)
@settings(max_examples=4_000, deadline=None)
def test_many_random_contributions_get_the_same_report_in_both_lanes(drawn, examples, size):
    assert_drawn_same(drawn, examples, size)


def test_what_is_looked_for_in_cells_is_found_after_the_fast_lane_gave_the_file_up(tmp_path):
    fields = [
        {"name": "id", "type": "string", "constraints": {"required": True}},
        {"name": "a", "type": "string"},
        {"name": "c", "type": "integer", "constraints": {"unique": True}},
    ]
    resource = {"name": "one", "type": "table", "path": "one.csv", "schema": {"fields": fields, "primaryKey": ["id"]}}
    package = {"name": "made", "version": "1.0.0", "resources": [resource]}
    far = "id,a,c\nb,b,99999999999999999999999999\n"  # no engine compares it, which is known after all rows are read
    base = write(tmp_path / "base", {"datapackage.json": json.dumps(package), "one.csv": far})
    own = write(tmp_path / "own", {"contribution.toml": manifest_of("made"), "one.csv": "id,a,c\na,id,1\nx,null,02\n"})
    report = assert_same(base, own, 10, 64)
    assert {finding.code for finding in report} == {"repeated-header", "null-text", "lost-digits"}


def test_the_first_reference_in_another_form_may_be_in_a_short_row(tmp_path):
    fields = [{"name": name, "type": "integer"} for name in ("a", "id", "c")]
    fields[1]["constraints"] = {"required": True}
    key = {"fields": ["id"], "reference": {"resource": "one", "fields": ["id"]}}
    schema = {"fields": fields, "foreignKeys": [key]}
    package = {"name": "made", "version": "1.0.0", "resources": [{"name": "one", "path": "one.csv", "schema": schema}]}
    base = write(tmp_path / "base", {"datapackage.json": json.dumps(package), "one.csv": "a,id,c\n"})
    rows = "a,id,c\n1,01,1\n2,1\n3,1,3\n"
    manifest = manifest_of("made").replace("patch", "snapshot")
    report = assert_same(base, write(tmp_path / "own", {"contribution.toml": manifest, "one.csv": rows}), 10, 64)
    assert [finding.row for finding in report if finding.code == "key-form"] == [3]


# Patches as large as those that take the fast lane


MANY = 12_000
FEW = Limits(examples=10)  # a finding with a suggestion takes time
EVENTS: Descriptor = {
    "name": "events",
    "type": "table",
    "path": "events.csv",
    "schema": {
        "fields": [
            {"name": "id", "type": "string", "constraints": {"required": True, "pattern": "[a-z].*"}},
            {"name": "held", "type": "date", "constraints": {"required": True}},
            {"name": "title", "type": "string", "constraints": {"required": True}},
            {"name": "guests", "type": "integer"},
            {"name": "row", "type": "string"},
            {"name": "seat", "type": "integer"},
            {"name": "part_of", "type": "string"},
            {"name": "words", "type": "string"},
        ],
        "primaryKey": ["id"],
        "uniqueKeys": [["held", "title"]],
        "foreignKeys": [
            {"fields": ["part_of"], "reference": {"resource": "", "fields": ["id"]}},
            {"fields": ["row", "seat"], "reference": {"resource": "seats", "fields": ["row", "seat"]}},
        ],
    },
}
SEATS: Descriptor = {
    "name": "seats",
    "type": "table",
    "path": "seats.csv",
    "schema": {
        "fields": [{"name": "row", "type": "string"}, {"name": "seat", "type": "integer"}],
        "primaryKey": ["row", "seat"],
    },
}
COLUMNS = ["id", "held", "title", "guests", "row", "seat", "part_of", "words"]


def event(i: int, name: str) -> list[str]:
    seat = ["a", str(i % 5)] if i % 2 else ["", ""]
    return [f"{name}{i}", f"20{i % 90 + 10}-01-02", f"Title {i}", str(i % 40), *seat, "", "words enough for a row " * 9]


def claim(i: int) -> list[str]:
    """Write a row of a patch: it is new, or changes a row; each notation, and each fault, is in one row of 200."""
    new, known = event(i, "local:n"), event(i, "k")
    return {
        0: [known[0], *[""] * 7],
        1: [known[0], "\\N", *known[2:]],  # a required value
        2: [known[0], "", "", "\\N", "\\N", "\\N", "\\N", "\\N"],
        3: [*known[:6], f"local:n{i + 194}", "\\N"],
        4: [*known[:6], "local:nobody", ""],
        5: [known[0], "", "Title 7", *[""] * 5],  # may be the title of a row on the same day
        6: [*new[:4], "a", "77", "", ""],  # a seat that does not exist
        7: [known[0], "", "", "", "b", *[""] * 3],  # the seat of the base, in another row
        8: new[:4],
        9: [*new, "more"],
        10: [""] * 8,
        11: ["", *new[1:]],
        12: [*["\\N"] * 8],
        13: ["local:N 1", *new[1:]],
        14: [new[0], "", "", *new[3:]],
        15: [*new[:3], "many", *new[4:]],
        16: ["local:n17", *new[1:]],  # twice
        17: ["k17", *known[1:]],  # twice
        18: [*new[:7], " \\N "],
        19: [new[0], "2020-13-01", *new[2:]],
    }.get(i % 200, new if i % 3 else known)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a base of many rows and a patch with each notation, and each fault."""
    folder = tmp_path_factory.mktemp("large")
    seats = [["row", "seat"], *([row, str(n)] for row in "a" for n in range(5))]
    base = {
        "datapackage.json": json.dumps({"name": "made", "version": "1.0.0", "resources": [EVENTS, SEATS]}),
        "events.csv": written([COLUMNS, *(event(i, "k") for i in range(MANY))]),
        "seats.csv": written(seats),
    }
    own = {
        "contribution.toml": manifest_of("made"),
        "events.csv": written([COLUMNS, *map(claim, range(MANY))]),
        "deletes.csv": "table,record_id,reason\nevents,k8,wrong\nevents,k208,wrong\nevents,nobody,wrong\n",
    }
    return write(folder / "base", base), write(folder / "own", own)


@pytest.mark.long
def test_a_large_patch_with_all_notations_and_faults_gets_the_same_report_in_both_lanes(large, monkeypatch):
    base, own = large
    taken = []
    judge = joined_rows.JoinedRows.judge
    monkeypatch.setattr(joined_rows.JoinedRows, "judge", lambda self, **how: taken.append(self) or judge(self, **how))
    quick = validate(own, base, limits=FEW)
    assert len(taken) == 1
    with exact_lane():
        assert validate(own, base, limits=FEW).to_json() == quick.to_json()
    assert len({finding.code for finding in quick}) >= 10


def test_a_small_patch_takes_the_exact_lane(tmp_path, monkeypatch):
    monkeypatch.setattr(fast.FastLane, "__init__", lambda *_: pytest.fail("the fast lane"))
    base = write(tmp_path / "base", BASE)
    own = write(tmp_path / "own", {"contribution.toml": manifest_of("base"), "events.csv": "event_id,guests\nev-1,4\n"})
    assert not validate(own, base).errors


def test_a_large_patch_whose_base_cannot_be_read_gets_the_same_report_in_both_lanes(large, tmp_path):
    base, own = large
    for name in ("datapackage.json", "seats.csv"):
        (tmp_path / name).write_bytes((base / name).read_bytes())
    (tmp_path / "events.csv").write_bytes(b"id,held\nk1,2020-01-01\n")
    quick = validate(own, tmp_path, limits=FEW)
    with exact_lane():
        assert validate(own, tmp_path, limits=FEW).to_json() == quick.to_json()
    assert any(one.what == "rows as merged" for one in quick.not_judged)


@pytest.mark.long
def test_a_large_patch_that_breaks_off_gets_the_same_report_in_both_lanes(large, tmp_path):
    base, own = large
    for file in own.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "events.csv").open("ab") as file:
        file.write(b"k\xff,,,,,,,\n")
    quick = validate(tmp_path, base, limits=FEW)
    with exact_lane():
        assert validate(tmp_path, base, limits=FEW).to_json() == quick.to_json()


# Keys that are written in another form, in a base that is large


@pytest.mark.parametrize("stored", [False, True], ids=["from the file", "from the cache"])
def test_keys_in_another_form_are_found_in_a_large_base(stored, tmp_path, monkeypatch):
    fields = [{"name": "id", "type": "integer"}, {"name": "part", "type": "string"}, {"name": "a", "type": "string"}]
    table = {"name": "t", "type": "table", "path": "t.csv", "schema": {"fields": fields, "primaryKey": ["id", "part"]}}
    rows = ["007,x,a", "8,x,a", "9, y ,a", "10,\u00e9,a", "11,e\u0301,a", "+12,x,a", "8,z,a", "08,z,a"]
    base = {
        "datapackage.json": json.dumps({"name": "made", "version": "1.0.0", "resources": [table]}),
        "t.csv": "\n".join(["id,part,a", *rows, ""]),
    }
    own = ["7,x", "08,x", "9,y", "10,\u00e9", "11,\u00e9", "12,x", "8,z", "13,x", "013,w"]
    gone = ["007|x", "7|x", "8|x", "08|x", "9|y", "10|\u00e9", "11|\u00e9", "12|x", "+12|x", "08|z", "8|z", "8", "x|x"]
    files = {
        "contribution.toml": manifest_of("made"),
        "t.csv": "\n".join(["id,part", *own, ""]),
        "deletes.csv": "\n".join(["table,record_id,reason", *(f"t,{name},wrong" for name in gone), ""]),
    }
    where, what = write(tmp_path / "base", base), write(tmp_path / "own", files)
    monkeypatch.setattr(columns, "STORED", 0)
    limits = Limits(cache=tmp_path / "cache" if stored else None)
    with exact_lane():
        exact = validate(what, where)
    with fast_lane():
        for _ in range(2):
            assert validate(what, where, limits=limits).to_json() == exact.to_json()
    assert {finding.code for finding in exact} >= {"key-form", "foreign-key"}


def test_a_deletion_in_a_table_without_a_key_is_reported(tmp_path):
    base = write(tmp_path / "base", BASE)
    files = {"contribution.toml": manifest_of("base"), "deletes.csv": "table,record_id,reason\nnotes,ev-1,wrong\n"}
    report = validate(write(tmp_path / "own", files), base)
    assert [(finding.code, finding.row, finding.field) for finding in report] == [("foreign-key", 2, "record_id")]


def test_a_row_that_another_contribution_adds_need_not_be_complete_in_either_lane(tmp_path):
    base = write(tmp_path / "base", BASE)
    manifest = manifest_of("base")
    own = {"contribution.toml": manifest, "events.csv": "event_id,guests\nev-8,4\nev-9,4\n"}
    added = {"contribution.toml": manifest, "events.csv": "event_id,kind\nev-8,\nev-9,talks\n"}
    target = find_target(write(tmp_path / "own", own), base, None)
    (other,) = find_target(write(tmp_path / "other", added), base, None).inputs
    beside = replace(target, parents={**target.parents, "events": (*target.parents["events"], other)})
    for lane in (exact_lane, fast_lane):
        with lane():
            assert incomplete(target) == [2, 3]
            assert incomplete(beside) == [2]


def incomplete(target: Target) -> list[int]:
    report = judge_target(target, RuleOptions(rules=False))
    return [finding.row for finding in report if finding.code == "required-constraint"]
