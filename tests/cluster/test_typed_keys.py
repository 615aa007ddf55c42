"""Keys are compared by their values, also if their rows are judged in processes that hash texts in different ways."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cluster_here import ClusterHere, ClusterOfProcesses
from test_cluster import judged_on
from test_parts import GOOD, package
from test_reference import V2_SCHEMA

from depositary.check.lanes.elsewhere import BlockTask
from depositary.cluster.ranges import Ranges
from depositary.cluster.worker import End, Output
from depositary.compile.accept import TYPES
from depositary.errors import UsageError
from depositary.model.report import Report

# Of each type: spellings of one value, then other values.
SPELLINGS: dict[str, tuple[list[str], list[str]]] = {
    "string": (["a"], ["b", "1"]),
    "any": (["a"], ["b", "1"]),
    "integer": (["1", "01", "+1"], ["-1", "-2", "x"]),
    "number": (["1", "1.0", "10e-1", "100e-2"], ["-1", "-2", "1e400", "INF", "1e-30", "NaN", "x"]),
    "year": (["2020"], ["2021", "x"]),
    "boolean": (["true", "True", "TRUE", "1"], ["false", "x"]),
    "date": (["2020-01-01"], ["2020-01-02", "x"]),
    "datetime": (["2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00Z"], ["2020-01-01T00:00:00", "x"]),
    "time": (["13:00:00+01:00", "12:00:00Z"], ["12:00:00", "12:00:01", "x"]),
    "yearmonth": (["2020-01"], ["2020-02", "x"]),
    "duration": (["P1D", "PT24H"], ["P1Y", "P1M", "x"]),
    "array": (["[1]", "[ 1 ]"], ["[2]", "x"]),
    "object": (["{}", "{ }"], ['{"a": 1}', "x"]),
    "list": (["a,b"], ["a", "b"]),
    "geopoint": (["1,2", "1.0, 2.0"], ["2,1", "x"]),
    "geojson": (
        ['{"type": "Point", "coordinates": [1, 2]}', '{"coordinates": [1, 2], "type": "Point"}'],
        ['{"type": "Point", "coordinates": [2, 1]}', "x"],
    ),
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[ClusterOfProcesses]:
    with ClusterOfProcesses.opened(4) as cluster:
        yield cluster


def test_each_type_has_spellings():
    assert SPELLINGS.keys() == TYPES.keys()


@pytest.mark.parametrize("kind", SPELLINGS)
def test_equal_keys_in_different_processes_are_found(kind, cluster, tmp_path):
    before = cluster.tasks
    report, _ = judged_on(cluster, package_of(kind, tmp_path))
    assert cluster.tasks - before > len(SPELLINGS[kind][0]) + 1
    assert repeated_keys(report) == 2 * len(SPELLINGS[kind][0])


def package_of(kind: str, folder: Path) -> Path:
    """Write a package whose keys are of one type: each spelling of a value twice, other values, one of them twice."""
    same, others = SPELLINGS[kind]
    rows = "".join(f"{quoted(cell)}\n" for cell in [*same, *others, "", *same, others[0]])
    schema = {**V2_SCHEMA, "fields": [{"name": "a", "type": kind}], "primaryKey": ["a"]}
    return package(folder, {"a.csv": f"a\n{rows}"}, schema=schema)


def repeated_keys(report: Report) -> int:
    return {one.code: one.count for one in report.tables[0].totals}["primary-key"]


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if {",", '"'} & set(cell) else cell


def test_workers_that_hash_in_different_ways_are_refused(tmp_path):
    class Mixed(ClusterHere):
        def judge(self, task: BlockTask, number: int, ranges: Ranges) -> list[Output]:
            *found, end = super().judge(task, number, ranges)
            assert isinstance(end, End)
            return [*found, replace(end, hashed_as=number % 2)]

    with pytest.raises(UsageError, match=r"^the workers of the cluster hash keys in different ways"):
        judged_on(Mixed(20), package(tmp_path, {"a.csv": GOOD + "b,2,a\n" * 9}))
