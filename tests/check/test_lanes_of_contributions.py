"""The lanes on contributions: whatever a patch or a snapshot says of whatever base, both give the same report."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from conftest import manifest_of
from hypothesis import given, settings
from hypothesis import strategies as st
from test_contributions import write
from test_lanes import exact_lane, fast_lane

from depositary.check.validate import validate
from depositary.model.limits import Limits
from depositary.model.report import Report

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
USUAL = ["string", "integer", "date", "boolean"]
ODD = ["", "", "\\N", " \\N", "local:a", "local:b", "local:A!", "-", "None", '"q"', "line\nbreak"]
KEYED = [("id",), ("id", "part")]


def pools(kind: str) -> st.SearchStrategy[str]:
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
    row = st.tuples(*(pools(kinds.get(name, "string")) for name in names)).map(list)
    blank = st.just([""] * len(names))
    short = row.map(lambda cells: cells[:-1])
    long = row.map(lambda cells: [*cells, "\\N"])
    rows = draw(st.lists(st.one_of(row, row, row, row, row, row, blank, short, long), max_size=25))
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


@pytest.mark.long
@given(contributions(), EXAMPLES, SIZES)
@settings(max_examples=300, deadline=None)
def test_random_contributions_get_the_same_report_in_both_lanes(drawn, examples, size):
    assert_drawn_same(drawn, examples, size)


@pytest.mark.soak
@given(contributions(), EXAMPLES, SIZES)
@settings(max_examples=4_000, deadline=None)
def test_many_random_contributions_get_the_same_report_in_both_lanes(drawn, examples, size):
    assert_drawn_same(drawn, examples, size)
