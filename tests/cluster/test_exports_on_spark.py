"""The same on Spark, with executors that are processes of their own: `make spark` installs what this needs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from conftest import CASES, ROOT
from test_cluster import ASKED
from test_exports_on_cluster import FORMS, assert_same, described, facts, run
from test_lanes import fast_lane
from test_parts import package
from test_spark import MASTER, kill_an_executor, stop_an_executor_for_a_while

import depositary
from depositary.check.documents.find_target import find_target
from depositary.check.validate import judge_target
from depositary.cluster.ranges import Stretch
from depositary.cluster.spark import SparkCluster, in_plain_words
from depositary.errors import UsageError
from depositary.loading import spark
from depositary.model.package import Resource

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def cluster() -> Iterator[SparkCluster]:
    pytest.importorskip("pyspark")
    with SparkCluster(MASTER, {"spark.executor.memory": "800m"}) as opened:
        yield opened


@pytest.mark.core
@pytest.mark.parametrize("parts", [None, 2])
def test_parts_have_the_rows_of_the_embedded_export(parts, cluster, tmp_path):
    cluster.size = 300
    path = facts(tmp_path, *(f'a{at},lo,,{at},+{at}.50,,,"a\nb",\n' for at in range(60)))
    found = assert_same(path, tmp_path, cluster, parts=parts)
    for form in FORMS:
        assert len(described(found.folder / form)["facts"]) > 5
        assert depositary.validate(found.folder / form).valid


def test_paths_may_be_relative(cluster, tmp_path, monkeypatch):
    """Workers have another current folder."""
    cluster.size = 300
    facts(tmp_path, *(f"a{at},lo,,{at},,,,,\n" for at in range(60)))
    monkeypatch.chdir(tmp_path)
    with fast_lane(), monkeypatch.context() as patch:
        exported = run(Path("package"), Path("out"), cluster)
        assert len(described(exported.folder / "csv")["facts"]) > 2
        assert judge_target(find_target(Path("package"), None, None, ""), ASKED, cluster=cluster).valid
        patch.setattr(spark, "_TASK", 300)
        pytest.importorskip("pyspark.sql").SparkSession(cluster._spark)
        assert depositary.load("package", "facts", "spark").count() == 63


def test_the_published_package_is_the_same(cluster, tmp_path):
    cluster.size = 50_000
    found = assert_same(ROOT / "datapackage", tmp_path, cluster)
    assert depositary.validate(found.folder / "csv").valid


def test_a_value_that_does_not_fit_and_a_refused_cell(cluster, tmp_path):
    cluster.size = 300
    rows = [f"a{at},lo,,,{'9' * 45 if at == 30 else '1.50'},,,,\n" for at in range(60)]
    (tmp_path / "one").mkdir()
    assert not assert_same(facts(tmp_path / "one", *rows), tmp_path / "one", cluster).error
    path = facts(tmp_path, *rows[:29], "x,lo,,many,,,,,\n", *rows)
    found = assert_same(path, tmp_path, cluster)
    assert found.error.startswith('facts.csv, row 34: "many" is not a whole number')


# Faults of the cluster


def large(folder: Path) -> Path:
    (folder / "package").mkdir()
    rows = "".join(f"{at},{at % 9 + 2},\n" for at in range(400_000))
    return package(folder / "package", {"a.csv": "id,n,of\n" + rows, "b.csv": "id,n,of\nx,2,\n"})


@pytest.mark.parametrize("fault", [kill_an_executor, stop_an_executor_for_a_while])
def test_a_fault_of_a_machine_changes_nothing(fault, cluster, tmp_path):
    cluster.size = 100_000
    path = large(tmp_path)
    with fast_lane(1 << 20):
        expected = run(path, tmp_path / "here", cluster)
        with ThreadPoolExecutor() as pool:
            happened = pool.submit(fault, tmp_path, Event())
            found = run(path, tmp_path / "there", cluster)
            assert happened.result()
    assert not expected.error
    assert found.written == expected.written  # the same files, with the same sums
    assert not list(found.folder.rglob(".*"))


class Vanishing(SparkCluster):
    """Loses a part after the ranges are known."""

    def __init__(self, cluster: SparkCluster, part: Path) -> None:
        self._spark, self.size, self._part = cluster._spark, 300, part

    def each(self, resource: Resource, work: Any) -> list[Any]:
        self._part.unlink()
        return super().each(resource, work)


def test_a_part_that_vanishes_is_named(cluster, tmp_path):
    (tmp_path / "package").mkdir()
    files = {"a.csv": "id,n,of\n" + "a,1,\n" * 99, "b.csv": "id,n,of\nb,2,\n"}
    path = package(tmp_path / "package", files)
    with fast_lane():
        found = run(path, tmp_path / "out", Vanishing(cluster, path / "b.csv"))
    assert found.error.startswith("b.csv: changed while it was read (No such file or directory). Run this again.")


def test_a_file_whose_quotes_a_worker_cannot_count_is_named(cluster, tmp_path):
    stretch = Stretch(tmp_path / "gone.csv", 0, 10, b",", b'"')
    with (
        pytest.raises(UsageError, match=r"^a worker of the cluster cannot read a file: .*gone\.csv.* The package must"),
        in_plain_words(),
    ):
        cluster._count([stretch])


def export(folder: Path, *options: str) -> tuple[int, list[str]]:
    command = [sys.executable, "-m", "depositary", "export", str(CASES / "demo"), "--to", "csv,parquet"]
    command += ["--output-dir", str(folder / "out"), "--engine", "spark", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ, timeout=300)
    return done.returncode, done.stderr.strip().splitlines() or [""]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--master", "nonsense"], "nonsense is not the address of a cluster"),
        (["--master", "spark://127.0.0.1:1"], "the cluster cannot be reached (127.0.0.1:1"),
        (["--conf", "memory"], "--conf memory: write it as KEY=VALUE"),
    ],
    ids=["an address that is none", "a cluster that is not there", "no setting"],
)
def test_what_is_wrong_is_one_line(options, message, tmp_path):
    code, lines = export(tmp_path, *options)
    assert (code, lines[-1][: len("depositary: " + message)]) == (2, f"depositary: {message}")
    assert not (tmp_path / "out").exists()


def test_the_command_exports_on_a_cluster(tmp_path):
    code, lines = export(tmp_path, "--master", "local[1]")
    assert code == 0, lines
    assert (tmp_path / "out" / "parquet" / "datapackage.json").exists()
