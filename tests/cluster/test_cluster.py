"""Tables that a cluster judges get the report of the embedded engine, wherever their files are cut."""

import gzip
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from cluster_here import ClusterHere, TasksHere
from conftest import CASES, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from rule_cases import NAMES, RULES, overlay_base, rows_in, write_package
from test_lanes import REPORTS, exact_lane, fast_lane
from test_parts import FAULTS, GOOD, package
from test_reference import V2, packages, put, resource_of

from depositary.check.documents.find_target import find_target
from depositary.check.lanes import fast
from depositary.check.lanes.elsewhere import BlockTask
from depositary.check.validate import judge_target
from depositary.cluster import table
from depositary.cluster.joins import ADDRESS
from depositary.cluster.ranges import ranges_of
from depositary.cluster.table import ClusterTable
from depositary.cluster.worker import Keys, SomeKeys, in_buckets, judge_ranges, repeated_in
from depositary.errors import UsageError
from depositary.model.limits import Limits
from depositary.model.report import Report
from depositary.model.rule import RuleOptions
from depositary.read.files.blocks import Range

ASKED = RuleOptions(as_of=date(2026, 11, 22))


def judged(
    path: Path, size: int, examples: int = 100, large: Collection[str] | None = None, *, reference_only: bool = False
) -> tuple[Report, ClusterHere]:
    return judged_on(ClusterHere(size, large), path, examples, reference_only=reference_only)


def judged_on(
    cluster: ClusterHere, path: Path, examples: int = 100, *, reference_only: bool = False
) -> tuple[Report, ClusterHere]:
    target = find_target(path, None, None, "")
    target = target.by_the_reference() if reference_only else target
    asked = RuleOptions(rules=False) if reference_only else ASKED
    with exact_lane():
        expected = judge_target(target, asked, Limits(examples=examples))
    with fast_lane(cluster.size):
        found = judge_target(target, asked, Limits(examples=examples), cluster=cluster)
    assert found.to_json() == expected.to_json()
    return found, cluster


@pytest.mark.short(15)
@given(packages(), st.booleans(), st.sampled_from([1, 2, 10**9]), st.integers(2, 200))
@settings(max_examples=300, deadline=None)
def test_random_packages_get_the_same_report_on_a_cluster(drawn, reference_only, examples, size):
    with TemporaryDirectory() as folder:
        put(folder, *drawn)
        judged(Path(folder), size, examples, reference_only=reference_only)


@pytest.mark.soak
@given(packages(), st.booleans(), st.sampled_from([1, 2, 10**9]), st.integers(2, 200))
@settings(max_examples=4_000, deadline=None)
def test_many_random_packages_get_the_same_report_on_a_cluster(drawn, reference_only, examples, size):
    with TemporaryDirectory() as folder:
        put(folder, *drawn)
        judged(Path(folder), size, examples, reference_only=reference_only)


# Files that are certainly cut


QUOTED = 'id,n,of\na,2,"a\nb"\n"b\n""c",x,a\n\nc,2\nd,1,"q"\n"e",1,zz\na,7,a\n'
CUT: dict[str, dict[str, str | bytes | None]] = {
    "rows with line breaks and quotes": {"a.csv": QUOTED, "b.csv": QUOTED, "c.csv": GOOD},
    "a byte that is not text": {
        "a.csv": GOOD,
        "b.csv": b"id,n,of\nb,2,a\nc,1,a\n\xe9,2,a\nx,1,a\n",
        "c.csv": "id,n,of\nc,1,a\n",
    },
    "no line break at the end": {"a.csv": "id,n,of\na,2,a", "b.csv": "id,n,of\nb,2,a\na,9,a"},
    "line breaks of Windows": {"a.csv": QUOTED.replace("\n", "\r\n"), "b.csv": GOOD.replace("\n", "\r\n")},
    "a packed part": {"a.csv": GOOD, "b.csv.gz": gzip.compress(QUOTED.encode())},
}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20, 1000])
@pytest.mark.parametrize("files", CUT.values(), ids=CUT)
def test_a_file_may_be_cut_anywhere(files, size, tmp_path):
    report, cluster = judged(package(tmp_path, files), size)
    judged(tmp_path, size, reference_only=True)
    assert cluster.tables == 1 or report.not_judged  # it refers to itself, and cannot be read to its end
    assert cluster.tasks > len(files) or size > 7


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 1000])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "marked"])
def test_a_file_without_a_header_may_be_cut_anywhere(mark, size, tmp_path):
    data = f"{mark}1\n2\n1,\u2028\nx\n"
    schema = {"fields": [{"name": "n", "type": "integer"}], "primaryKey": ["n"]}
    put(tmp_path, [(resource_of("one", schema, {"header": False}), data.encode())], V2)
    assert [judged(tmp_path, size, reference_only=only)[0].tables[0].rows for only in (False, True)] == [4, 4]


def test_row_groups_of_parquet_files_are_tasks(tmp_path):
    rows = pa.table({"id": [f"a{at % 50}" for at in range(60)], "n": range(60), "of": ["a1"] * 59 + ["zz"]})
    package(tmp_path, {"a.parquet": None, "b.parquet": None}, format="parquet")
    parquet.write_table(rows.slice(0, 30), tmp_path / "a.parquet", row_group_size=7)
    parquet.write_table(rows.slice(30), tmp_path / "b.parquet")
    report, cluster = judged(tmp_path, 50)
    assert (report.errors, cluster.tasks) == (13, 6)


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "a broken archive"])
def test_what_is_wrong_with_a_part_is_found_there(name, tmp_path):
    judged(package(tmp_path, FAULTS[name][0]), 5)


@pytest.mark.short(1, long=3)
@pytest.mark.parametrize("subject", [CASES / "demo", ROOT / "datapackage"], ids=["demo", "published"])
def test_fixtures_get_the_same_report_on_a_cluster(subject):
    judged(subject, 3_000)


@pytest.mark.long
def test_rules_find_the_same_on_a_cluster(tmp_path):
    bad = [rows_in(RULES / name / "bad") for name in NAMES]
    rows = {table: [row for case in bad for row in case.get(table, [])] for case in bad for table in case}
    report, _ = judged(write_package(tmp_path / "package", overlay_base(rows)), 3_000)
    assert report.errors > 100


@pytest.mark.short(1, long=100)
@pytest.mark.parametrize("case", REPORTS, ids=lambda case: case.name)
def test_golden_reports_are_the_same_on_a_cluster(case, tmp_path):
    folder = shutil.copytree(CASES / "demo", tmp_path / "demo")
    for file in case.iterdir():
        if not file.name.startswith("expected."):
            shutil.copy(file, folder)
    assert judged(folder, 100)[0].errors


KEYS = st.lists(
    st.tuples(
        st.sampled_from([0, 1]),
        st.lists(st.tuples(st.sampled_from([0, 1, 2, 3, 2**63, 2**64 - 1]), st.booleans()), max_size=12),
        st.booleans(),
    ),
    max_size=8,
)


@given(KEYS, st.sampled_from([1, 2, 3, 300]))
def test_all_rows_whose_hash_occurs_again_are_found(drawn, buckets):
    """Each block has hashes of all its rows, or of some; its rows have addresses after those of the block before."""
    blocks, found = [], {0: [], 1: []}
    wanted: dict[tuple[int, int], list[int]] = {}
    for number, (check, rows, is_whole) in enumerate(drawn):
        first = (number << ADDRESS) + 5
        chosen = [at for at, (_, has_key) in enumerate(rows) if is_whole or has_key]
        hashes = np.array([rows[at][0] for at in chosen], np.uint64)
        blocks.append(Keys(check, hashes, first, None if is_whole else np.array(chosen, np.int64)))
        for at in chosen:
            wanted.setdefault((check, rows[at][0]), []).append(first + at)
    grouped: dict[tuple[int, int], list[SomeKeys]] = {}
    for block in blocks:
        for bucket, some in in_buckets(block, buckets):
            grouped.setdefault(bucket, []).append(some)
    for (check, _), some in grouped.items():
        found[check].extend(repeated_in(some).tolist())
    for check, rows in found.items():
        again = [row for (one, _), same in wanted.items() if one == check and len(same) > 1 for row in same]
        assert sorted(rows) == sorted(again)


def test_many_rows_with_the_same_key_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(fast, "_MANY", 3)
    monkeypatch.setattr(table, "_HASHES", 2)
    rows = "".join(f"{'same' if at % 2 else at},2,same\n" for at in range(40))
    report, _ = judged(package(tmp_path, {"a.csv": "id,n,of\n" + rows}), 30, 2)
    assert [(one.code, one.count) for one in report.tables[0].totals] == [("primary-key", 19)]


def test_a_file_that_a_worker_does_not_see_is_named(tmp_path):
    class Elsewhere(ClusterHere):
        @contextmanager
        def table(self, task: BlockTask) -> Iterator[ClusterTable]:
            gone = replace(task.entry.resource, file=tmp_path / "gone.csv")
            outputs = list(judge_ranges(replace(task, entry=replace(task.entry, resource=gone)), 0, (Range(0),)))
            yield ClusterTable(TasksHere(outputs, task), task)

    package(tmp_path, {"a.csv": GOOD})
    with fast_lane(), pytest.raises(UsageError, match=r"^a worker of the cluster cannot read a\.csv: .*gone\.csv"):
        judge_target(find_target(tmp_path, None, None, ""), ASKED, cluster=Elsewhere(1))


def test_a_file_that_vanished_is_named(tmp_path):
    (entry,) = find_target(package(tmp_path, {"a.csv": GOOD}), None, None, "").inputs
    (tmp_path / "a.csv").unlink()
    with pytest.raises(UsageError, match=r"^a\.csv: changed while it was read \(No such file or directory\)"):
        ranges_of(entry.resource, 10, lambda _: [])
