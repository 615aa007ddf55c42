"""References to large tables are compared on a cluster, and the report is the one of the embedded engine."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cluster_here import ClusterHere, ClusterOfProcesses
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cluster import ASKED, judged, judged_on
from test_reference import V2_SCHEMA, Descriptor, Table, put, resource_of
from test_typed_keys import SPELLINGS, quoted

from depositary.check.documents.find_target import find_target
from depositary.check.lanes import references
from depositary.check.validate import judge_target
from depositary.cluster import table
from depositary.cluster.spark import SparkCluster
from depositary.model.report import Report

Lines = Sequence[Sequence[str]]


def linked(name: str, kinds: dict[str, str], lines: Lines, *keys: tuple[str, str, str], **more: Any) -> Table:
    """Write a table; each of the keys has columns of it, another table, and columns of that one."""
    fields = [{"name": column, "type": kind} for column, kind in kinds.items()]
    foreign = [
        {"fields": mine.split(), "reference": {"resource": other, "fields": theirs.split()}}
        for mine, other, theirs in keys
    ]
    schema = {**V2_SCHEMA, "fields": fields, **({"foreignKeys": foreign} if foreign else {}), **more}
    text = "".join(",".join(map(quoted, line)) + "\n" for line in [list(kinds), *lines])
    return resource_of(name, schema, {}), text.encode()


def codes(report: Report, name: str) -> dict[str, int]:
    return {one.code: one.count for table in report.tables if table.name == name for one in table.totals}


# Random tables that refer to each other and to themselves


CELLS = {kind: [*same, *others, "", " "] for kind, (same, others) in SPELLINGS.items()}
NUMBERS = ["integer", "number", "year", "boolean"]  # have equal values


@st.composite
def tables(draw: st.DrawFn) -> list[Table]:
    pool = draw(st.sampled_from([[kind] for kind in SPELLINGS] * 2 + [NUMBERS] * 3 + [list(SPELLINGS)]))
    kind = st.sampled_from(pool)
    names = ["one", "two", "three"][: draw(st.integers(1, 3))]
    return [draw(one_of(name, names, {column: draw(kind) for column in "abcd"}, pool)) for name in names]


@st.composite
def one_of(draw: st.DrawFn, name: str, names: list[str], kinds: dict[str, str], pool: list[str]) -> Table:
    columns = st.sampled_from(["a", "a", "a", "b", "a b", "b a"])
    keys = []
    for _ in range(draw(st.integers(0, 2))):
        theirs = draw(columns)
        mine = "c d" if " " in theirs else draw(st.sampled_from("cd"))
        keys.append((mine, draw(st.sampled_from([*names, ""])), theirs))
    cells = [st.sampled_from([cell for kind in {kinds[column], *pool[:3]} for cell in CELLS[kind]]) for column in kinds]
    row = st.tuples(*cells)
    shapes = st.sampled_from([4, 4, 4, 4, 3, 5, 1])
    lines = [[*line, "x"][: draw(shapes)] for line in draw(st.lists(row, max_size=12))]
    more: Descriptor = draw(st.sampled_from([{}, {}, {"primaryKey": ["a"]}, {"primaryKey": ["a", "b"]}]))
    return linked(name, kinds, lines, *keys, **more)


@pytest.mark.short(12)
@given(tables(), st.booleans(), st.sampled_from([1, 2, 10**9]), st.integers(8, 60))
@settings(max_examples=200, deadline=None)
def test_random_references_get_the_same_report_on_a_cluster(drawn, reference_only, examples, size):
    with TemporaryDirectory() as folder:
        judged(put(folder, drawn), size, examples, reference_only=reference_only)


@pytest.mark.soak
@given(tables(), st.booleans(), st.sampled_from([1, 2, 10**9]), st.integers(8, 60))
@settings(max_examples=4_000, deadline=None)
def test_many_random_references_get_the_same_report_on_a_cluster(drawn, reference_only, examples, size):
    with TemporaryDirectory() as folder:
        judged(put(folder, drawn), size, examples, reference_only=reference_only)


# What is compared on the cluster, and what is not


IDS = {"id": "string", "up": "string"}
OF = {"k": "string", "of": "string"}


def on_the_cluster(folder: Path, *tables: Table, examples: int = 100, large: Sequence[str] | None = None) -> Report:
    """Judge tables on a cluster, which has to compare references and needs no keys of large tables from here."""
    cluster = ClusterHere(10, large)
    with pytest.MonkeyPatch.context() as patch:
        judge = ClusterHere.table

        def table_of(self: ClusterHere, task: Any) -> Any:
            assert not any(one.keys for one in task.parents._referred.values())
            return judge(self, task)

        patch.setattr(ClusterHere, "table", table_of)
        report, _ = judged_on(cluster, put(folder, tables), examples)
    assert cluster.joined
    return report


def test_a_reference_that_leads_nowhere_is_found(tmp_path):
    parent = linked("parent", IDS, [["a", ""], ["b", ""], ["c", ""]], primaryKey=["id"])
    child = linked("child", OF, [["1", "a"], ["2", "zz"], ["3", ""], ["4", "A"], ["5", "c"]], ("of", "parent", "id"))
    report = on_the_cluster(tmp_path, child, parent)
    found = [(one.row, one.message, one.hint) for one in report]
    assert found == [
        (3, '"zz" is not an id in parent', "correct it, or add a row to parent"),
        (5, '"A" is not an id in parent', "did you mean a?"),
    ]


@pytest.mark.parametrize("examples", [1, 3, 100])
def test_all_references_may_lead_nowhere(examples, tmp_path, monkeypatch):
    monkeypatch.setattr(table, "_HASHES", 7)
    parent = linked("parent", IDS, [[f"a{at}", ""] for at in range(20)])
    child = linked("child", OF, [[str(at), f"b{at}"] for at in range(30)], ("of", "parent", "id"))
    report = on_the_cluster(tmp_path, child, parent, examples=examples)
    assert codes(report, "child") == {"foreign-key": 30}
    assert len(list(report)) == min(examples, 30)


def test_a_table_may_refer_to_itself(tmp_path):
    itself = linked("one", IDS, [["a", "c"], ["b", "b"], ["c", "x"], ["d", ""]], ("up", "", "id"))
    assert codes(on_the_cluster(tmp_path, itself), "one") == {"foreign-key": 1}


def test_tables_may_refer_in_a_circle(tmp_path):
    one = linked("one", IDS, [["a", "x"], ["b", "y"]], ("up", "two", "id"))
    two = linked("two", IDS, [["x", "a"], ["z", "c"]], ("up", "one", "id"))
    report, cluster = judged(put(tmp_path, [one, two]), 8)
    assert (codes(report, "one"), codes(report, "two")) == ({"foreign-key": 1}, {"foreign-key": 1})
    assert cluster.joined == 1  # the first one reads the keys of the other here


def test_a_row_that_is_shown_for_its_key_has_the_finding_of_its_reference(tmp_path):
    parent = linked("parent", IDS, [["a", ""]])
    lines = [["1", "x"], ["2", "x"], ["3", "a"], ["3", "y"], ["3", "y"]]
    child = linked("child", OF, lines, ("of", "parent", "id"), primaryKey=["k"])
    report = on_the_cluster(tmp_path, child, parent, examples=1)
    assert [(one.row, one.code) for one in report] == [(2, "foreign-key"), (5, "primary-key")]
    report = on_the_cluster(tmp_path, child, parent, examples=3)
    assert (5, "foreign-key") in [(one.row, one.code) for one in report]


def test_keys_of_several_columns_may_be_partly_blank(tmp_path):
    kinds = {"a": "string", "b": "integer"}
    parent = linked("parent", kinds, [["a", "1"], ["a", ""], ["", "2"], ["", ""]])
    lines = [["a", "01"], ["a", ""], ["", "2"], ["", ""], ["b", ""], ["", "1"], ["a", "2"]]
    child = linked("child", kinds, lines, ("a b", "parent", "a b"))
    assert codes(on_the_cluster(tmp_path, child, parent), "child")["foreign-key"] == 3


@pytest.fixture(scope="module")
def processes() -> Iterator[ClusterOfProcesses]:
    with ClusterOfProcesses.opened(4) as cluster:
        yield cluster


@pytest.mark.parametrize("kind", SPELLINGS)
def test_keys_of_all_types_are_compared(kind, processes, tmp_path):
    same, others = SPELLINGS[kind]
    before = processes.joined, processes.again
    parent = linked("parent", {"id": kind}, [[same[-1]], [""], *([one] for one in same)])
    child = linked("child", {"of": kind}, [[one] for one in [*same, *others, "", *same]], ("of", "parent", "id"))
    judged_on(processes, put(tmp_path, [child, parent]))
    assert (processes.joined, processes.again) == (before[0] + 1, before[1] + 1)


def test_a_key_in_another_form_is_named(tmp_path):
    parent = linked("parent", {"id": "integer"}, [["1"], ["002"], ["02"], ["3"], ["4"]])
    lines = [["1"], ["01"], ["2"], ["02"], ["002"], ["+3"], ["3"], ["5"], ["01"], ["04"]]
    report = on_the_cluster(tmp_path, linked("child", {"of": "integer"}, lines, ("of", "parent", "id")), parent)
    (found,) = [one.message for one in report if one.code == "key-form"]
    assert found == '6 cells name keys of parent in another form: "01" for 1, "2" for 002, "02" for 002'


NOT_THERE = {
    "a byte that is not text": b"id,up\na,\n\xe9,\nb,\n",
    "a quote within a cell": b'id,up\na,\nb"x",\nb,\n',
    "another column": b"up,id\na,\nb,\n",
    "no rows": b"id,up\n",
    "a conflict": b"id,up\na,\n<<<<<<< x\nb,\n",
}


@pytest.mark.parametrize("refers", ["child", "parent"])
@pytest.mark.parametrize("data", NOT_THERE.values(), ids=NOT_THERE)
def test_keys_that_the_cluster_cannot_give_are_read_here(data, refers, tmp_path):
    lines = [["a", "b"], ["b", "zz"], ["x", "y"]]
    key = ("up", "parent", "id") if refers == "parent" else ("id", "parent", "id")
    own, _ = linked("parent", IDS, [], *([key] if refers == "parent" else []))
    judged(put(tmp_path, [linked("child", IDS, lines, *([key] if refers == "child" else [])), (own, data)]), 8)


@pytest.mark.parametrize("data", NOT_THERE.values(), ids=NOT_THERE)
def test_the_references_of_a_file_that_the_cluster_cannot_judge_are_compared_here(data, tmp_path):
    own, _ = linked("child", IDS, [], ("id", "parent", "id"))
    judged(put(tmp_path, [(own, data), linked("parent", IDS, [["a", ""], ["x", ""]])]), 8)


def test_a_small_table_looks_the_keys_up(tmp_path):
    parent = linked("parent", IDS, [["a", ""], ["b", ""]], primaryKey=["id"])
    child = linked("child", OF, [["1", "a"], ["2", "zz"]], ("of", "parent", "id"))
    report, cluster = judged(put(tmp_path, [child, parent]), 8, large=["parent"])
    assert (codes(report, "child"), cluster.tables, cluster.joined) == ({"foreign-key": 1}, 1, 0)


def test_a_table_that_is_not_there_is_reported(tmp_path):
    one, two = linked("one", IDS, [["a", "x"]], ("up", "two", "id")), linked("two", IDS, [], ("up", "one", "id"))
    target = find_target(put(tmp_path, [one, (two[0], None)]), None, None, "")
    found = judge_target(target, ASKED, cluster=SparkCluster())  # which takes none of them, so no session is opened
    assert found.to_json() == judge_target(target, ASKED).to_json()
    assert [one.code for one in found] == ["missing-file"]


def test_of_very_many_keys_none_is_suggested(tmp_path, monkeypatch):
    parent = linked("parent", IDS, [["7", ""], ["8", ""], ["9", ""]])
    child = linked("child", OF, [["1", "07"]], ("of", "parent", "id"))
    for most, hint in ((3, "did you mean 7?"), (2, "correct it, or add a row to parent")):
        monkeypatch.setattr(references, "_MANY", most)
        monkeypatch.setattr(references, "MOST_CANDIDATES", 1)
        (found,) = on_the_cluster(tmp_path, child, parent)
        assert found.hint == hint


@pytest.mark.parametrize("parents", [["NA"], ["x"]])
def test_a_text_for_a_missing_value_may_be_a_key(parents, tmp_path):
    parent = linked("parent", IDS, [[one, ""] for one in [*parents, "b"]])
    child = linked("child", OF, [["1", "NA"], ["2", "b"]], ("of", "parent", "id"))
    report = on_the_cluster(tmp_path, child, parent)
    assert set(codes(report, "child")) == (set() if "NA" in parents else {"foreign-key", "null-text"})


def test_a_number_with_marks_between_digits_is_written_otherwise(tmp_path):
    number = {"type": "number", "decimalChar": ",", "groupChar": "."}
    fields = {name: [{"name": name, **number}] for name in ("id", "of")}
    parent = linked("parent", {"id": "number"}, [["15"], ["2"]], fields=fields["id"])
    child = linked("child", {"of": "number"}, [["1.5"], ["2"]], ("of", "parent", "id"), fields=fields["of"])
    (found,) = [one for one in on_the_cluster(tmp_path, child, parent) if one.code == "key-form"]
    assert found.message == '1 cell names a key of parent in another form: "1.5" for 15'


def test_codes_of_very_many_rows_are_not_suggested(tmp_path, monkeypatch):
    parent = linked("parent", {"id": "string", "code": "string"}, [["a", "1"], ["b", "1"], ["c", "2"]])
    child = linked("child", OF, [["1", "2"]], ("of", "parent", "id"))
    for most, hint in ((3, "did you mean c (code)?"), (2, "correct it, or add a row to parent")):
        monkeypatch.setattr(references, "MOST_CANDIDATES", most)
        (found,) = on_the_cluster(tmp_path, child, parent)
        assert found.hint == hint
