"""Rules that a cluster judges where the rows are find what they find here, wherever the tables are cut."""

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_cases import NAMES, RULES, overlay_base, rows_in, write_package
from test_cluster import judged

from depositary.check.rules import table_sink
from depositary.cluster import table
from depositary.model.report import Report

Line = Sequence[str]
BASE = {"level": "error", "says": "It is so.", "hint": "look again", "reason": "It has to be."}


def rule(name: str, tables: str, message: str, **parts: Any) -> dict[str, Any]:
    return {**BASE, "id": name, "tables": tables.split(), "message": message, **parts}


OF_A_ROW = [
    rule("R1", "flows", "{n} of {id} in {k}", holds="n < 5", place="n"),
    rule("R2", "flows codes", "{label}", when="label IS NOT NULL", holds="LENGTH(label) < 2", place="label"),
    rule("R3", "flows codes", "{field}: {cell}", fields="text", holds="LENGTH(cell) < 2"),
    rule("R4", "flows", "{k} {id} {n}", query="SELECT k, id, n, _row AS flows FROM flows WHERE n > 2", place="k"),
    rule(
        "R5", "flows codes", "{code} is not there", place="of",
        query="""WITH used(in_table, in_row, code) AS (
          SELECT 'flows', _row, of FROM flows UNION ALL SELECT 'codes', _row, label FROM codes)
          SELECT in_table, in_row, code FROM used AS u WHERE code IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM codes AS c WHERE c.code = u.code)""",
    ),
    rule(
        "R6", "flows codes", "{n} of {label}", place="of",
        query="SELECT c._row AS codes, f._row AS flows, f.n, c.label FROM flows AS f JOIN codes AS c ON c.code = f.of",
    ),
    rule("R7", "flows", "{k}", holds="CAST(k AS BIGINT) > 3", place="k"),
    rule("R9", "flows codes", "{label}", holds="CAST(label AS BIGINT) > 3", place="label"),
    rule("R8", "flows codes", "{k}", query="SELECT _row AS flows, k FROM flows WHERE CAST(id AS BIGINT) > 3"),
]  # fmt: skip
OF_GROUPS = [
    rule(
        "G1", "flows", "{k} has {total}", place="k",
        query="SELECT ARRAY_AGG(_row) AS flows, k, SUM(n) AS total FROM flows GROUP BY k HAVING COUNT(*) > 1",
    ),
    rule(
        "G2", "flows", "{id} before {other}",
        query="""SELECT a._row AS flows, a.id, b.id AS other FROM flows AS a JOIN flows AS b
          ON a.of = b.of AND a.k IS NOT DISTINCT FROM b.k AND a._row < b._row""",
    ),
    rule(
        "G3", "flows", "only {id} in {k}",
        query="""SELECT f._row AS flows, f.id, f.k FROM flows AS f WHERE NOT EXISTS
          (SELECT 1 FROM flows AS g WHERE g.k = f.k AND g.id <> f.id)""",
    ),
]  # fmt: skip
HERE = [
    rule("H1", "flows", "line {line}", query="SELECT _row AS flows, _row AS line FROM flows WHERE n > 2"),
    rule("H2", "flows", "{id}", query="SELECT _row AS flows, id FROM flows WHERE _row % 2 = 1"),
    rule(
        "H3", "flows", "{id} {other}",
        query="SELECT [a._row, b._row] AS flows, a.id, b.id AS other FROM flows AS a JOIN flows AS b ON a.id < b.id",
    ),
    rule(
        "H4", "flows codes", "{code} has no flow",
        query="""SELECT f._row AS flows, c.code FROM codes AS c LEFT JOIN flows AS f ON f.of = c.code
          WHERE f.id IS NULL""",
    ),
    rule(
        "H5", "flows", "{id} comes after {at}",
        query="""WITH n(in_row, id, at) AS (SELECT _row, id, ROW_NUMBER() OVER (ORDER BY id, k, _row) FROM flows)
          SELECT in_row AS flows, id, at FROM n WHERE at < 3""",
    ),
]  # fmt: skip
EVERY = [*OF_A_ROW, *OF_GROUPS, *HERE]

FLOWS = [
    {"name": "id", "type": "string"},
    {"name": "k", "type": "string"},
    {"name": "n", "type": "number"},
    {"name": "of", "type": "string"},
    {"name": "label", "type": "string"},
]
CODES = [{"name": "code", "type": "string"}, {"name": "label", "type": "string"}]


def package(folder: Path, flows: Sequence[Sequence[Line]], codes: Sequence[Line]) -> Path:
    """Write a package with a table in several files, another table, and all rules."""
    paths = [f"flows-{at}.csv" for at in range(len(flows))]
    reference = {"fields": "label", "reference": {"resource": "codes", "fields": "label"}}
    resources = [
        {"name": "flows", "path": paths, "schema": {"fields": FLOWS, "primaryKey": "id", "foreignKeys": [reference]}},
        {"name": "codes", "path": "codes.csv", "schema": {"fields": CODES}},
    ]
    for path, rows in zip(paths, flows, strict=True):
        put(folder / path, [[f["name"] for f in FLOWS], *rows])
    put(folder / "codes.csv", [[f["name"] for f in CODES], *codes])
    (folder / "rules.json").write_text(json.dumps({"rules": EVERY}), encoding="utf-8")
    descriptor = {"name": "made", "rules": ["rules.json"], "resources": [{"type": "table", **r} for r in resources]}
    (folder / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    return folder


def put(file: Path, rows: Sequence[Line]) -> None:
    file.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")


def texts(*cells: str) -> st.SearchStrategy[str]:
    return st.sampled_from(cells)


FLOW = st.tuples(
    texts("1", "2", "3", "14", "x", "é", '"a\nb"'), texts("", "4", "5", "z", "é"), texts("", "1", "3", "7.50", "no"),
    texts("", "a", "b", "q"), texts("", "l", "long", "1"),
) | st.sampled_from([(",,,,",), ("1", "4"), ("9", "5", "6", "a", "", "more")])  # fmt: skip
CODE = st.tuples(texts("a", "b", "c"), texts("", "a", "x", "long", "1"))
LARGE = st.sampled_from([["flows"], ["codes"], ["flows", "codes"]])


@pytest.mark.short(2)
@given(
    st.lists(st.lists(FLOW, max_size=12), min_size=1, max_size=2), st.lists(CODE, max_size=4), LARGE,
    st.sampled_from([1, 2, 10**9]), st.sampled_from([11, 40, 90, 1000]),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_random_rows_get_the_same_findings_of_rules(flows, codes, large, examples, size):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "_ROWS", 3)
        judged(package(Path(folder), flows, codes), size, examples, large)


def test_rules_are_judged_where_the_rows_are(tmp_path):
    flows = [[str(at), "45z"[at % 3], str(at % 9), "ab"[at % 2], ""] for at in range(60)]
    _, cluster = judged(package(tmp_path, [flows], [["a", "x"], ["b", ""]]), 200, 3, ["flows"])
    assert cluster.divided == {"flows": {one["id"] for one in (*OF_A_ROW, *OF_GROUPS)}}
    assert cluster.columns == {"flows": {"id", "k", "n", "of"}}  # what the others read


def test_rows_of_another_table_are_sent_with_the_rules_also_if_they_come_by_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(table_sink, "_FEW", 1)
    monkeypatch.setattr(table_sink, "MANY", 2)
    flows = [[str(at), "4", "1", "abq"[at % 3], ""] for at in range(30)]
    report, cluster = judged(package(tmp_path, [flows], [[code, "long"] for code in "abcdefg"]), 200, 3, ["flows"])
    assert "R6" in cluster.divided["flows"]
    assert {total.rule for total in report.tables[0].totals} >= {"R5", "R6"}


def test_what_was_found_before_a_rule_failed_is_counted(tmp_path):
    flows = [[str(at), "4", "1", "", "1"] for at in range(30)]
    report, _ = judged(package(tmp_path, [flows], [["a", "1"], ["b", "x"]]), 200, 3, ["flows", "codes"])
    (failed,) = (one for one in report.findings if "R9" in one.message)
    assert "Could not convert string 'x'" in failed.message
    assert [total.count for total in report.tables[0].totals if total.rule == "R9"] == [30]


# The published rules


def all_bad() -> dict[str, list[dict[str, str]]]:
    """Give the bad rows of all cases in one package."""
    bad = [rows_in(RULES / name / "bad") for name in NAMES]
    return overlay_base({name: [row for case in bad for row in case.get(name, [])] for case in bad for name in case})


TABLES = ["actors", "evidence", "meetings", "policy_action_stages", "sources", "statements", "stances", "trade_flows"]


@pytest.fixture(scope="module")
def bad(tmp_path_factory) -> Path:
    return write_package(tmp_path_factory.mktemp("bad") / "package", all_bad())


@pytest.mark.long
@pytest.mark.parametrize("name", TABLES)
def test_published_rules_find_the_same_in_each_large_table(name, bad):
    report, cluster = judged(bad, 3_000, 2, [name])
    assert report.errors > 100
    assert cluster.tables == 1


@pytest.mark.long
@pytest.mark.parametrize("size", [1_000, 10_000])
def test_published_rules_find_the_same_in_many_tasks(size, bad):
    judged(bad, size, 100, ["trade_flows", "policy_action_products"])


@pytest.mark.long
def test_no_column_of_a_large_table_is_sent_for_rules_on_rows_and_groups(bad):
    report, cluster = judged(bad, 2_000, 100, ["trade_flows"])
    assert ruled(report) > 20
    assert cluster.columns == {"trade_flows": {"trade_flow_id"}}  # for the rules that look for records in all tables
    assert cluster.divided["trade_flows"] >= {"R31", "R33", "R35", "R40", "R41c", "R51", "R62a"}


def ruled(report: Report) -> int:
    found = next(one for one in report.tables if one.name == "trade_flows")
    return len({total.rule for total in found.totals if total.code == "rule"})
