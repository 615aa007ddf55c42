"""The same on Spark, with executors that are processes of their own: `make spark` installs what this needs."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import pytest
from conftest import CASES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_cases import write_package
from test_cluster import ASKED, CUT
from test_divided_rules import all_bad
from test_divided_rules import package as divided_package
from test_joined_references import linked, tables
from test_lanes import REPORTS, fast_lane
from test_parts import GOOD, package
from test_reference import packages, put
from test_typed_keys import SPELLINGS, package_of, repeated_keys

from depositary.check.documents.find_target import find_target
from depositary.check.lanes.elsewhere import BlockTask
from depositary.check.validate import judge_target
from depositary.cluster import table
from depositary.cluster.spark import SparkCluster
from depositary.cluster.table import ClusterTable
from depositary.errors import UsageError
from depositary.model.limits import Limits
from depositary.model.report import Report

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore")]

MASTER = "local-cluster[2,1,1024]"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[SparkCluster]:
    pytest.importorskip("pyspark")
    conf = {"spark.executor.memory": "800m", "spark.local.dir": str(tmp_path_factory.mktemp("disk"))}
    with SparkCluster(MASTER, conf, size=30) as opened:
        yield opened


def assert_same(path: Path, cluster: SparkCluster, size: int, examples: int = 100) -> Report:
    limits, target = Limits(examples=examples), find_target(path, None, None, "")
    cluster.size = size
    with fast_lane(max(size, 64)):
        found = judge_target(target, ASKED, limits, cluster=cluster)
        expected = judge_target(find_target(path, None, None, ""), ASKED, limits)
    assert found == expected
    assert found.to_json() == expected.to_json()
    return found


@pytest.mark.core
@pytest.mark.parametrize("files", CUT.values(), ids=CUT)
def test_files_that_are_cut_get_the_same_report(files, cluster, tmp_path):
    assert_same(package(tmp_path, files), cluster, 30)


@pytest.mark.parametrize("case", REPORTS, ids=lambda case: case.name)
def test_golden_reports_are_the_same(case, cluster, tmp_path):
    folder = shutil.copytree(CASES / "demo", tmp_path / "demo")
    for file in case.iterdir():
        if not file.name.startswith("expected."):
            shutil.copy(file, folder)
    assert_same(folder, cluster, 200)


KINDS = [
    pytest.param(kind, marks=pytest.mark.core if kind in ("number", "datetime", "list") else ()) for kind in SPELLINGS
]


@pytest.mark.parametrize("kind", KINDS)
def test_equal_keys_in_different_processes_are_found(kind, cluster, tmp_path):
    report = assert_same(package_of(kind, tmp_path), cluster, 4)
    assert repeated_keys(report) == 2 * len(SPELLINGS[kind][0])


@given(packages(), st.sampled_from([1, 2, 10**9]), st.integers(2, 200))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_packages_get_the_same_report(cluster, drawn, examples, size):
    with TemporaryDirectory() as folder:
        put(folder, *drawn)
        assert_same(Path(folder), cluster, size, examples)


@pytest.mark.parametrize("large", [["trade_flows"], ["trade_flows", "evidence", "sources"]], ids=len)
def test_published_rules_find_the_same(large, cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "takes", lambda entry: entry.resource.name in large)
    assert_same(write_package(tmp_path / "package", all_bad()), cluster, 10_000, 2)


@pytest.mark.parametrize("name", [pytest.param("flows", marks=pytest.mark.core), "codes"])
def test_rules_on_rows_and_groups_find_the_same(name, cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "takes", lambda entry: entry.resource.name == name)
    flows = [[str(at), "45zé"[at % 4], str(at % 9), "abq"[at % 3], ""] for at in range(60)]
    codes = [[code, label] for code in "abcd" for label in ("", "x", "long")]
    assert_same(divided_package(tmp_path, [flows[:30], flows[30:]], codes), cluster, 300, 3)


@pytest.mark.core
@pytest.mark.parametrize("kind", ["string", "integer"])
def test_references_are_compared_there(kind, cluster, tmp_path):
    numbers = [str(at) for at in range(1, 200)]
    parent = linked("parent", {"id": kind, "up": kind}, [[at, at] for at in ["007", *numbers, "7"]], ("up", "", "id"))
    lines = [[f"{at}", f"0{at}"[at % 2 :]] for at in range(150, 210)]
    child = linked("child", {"k": kind, "of": kind}, lines, ("of", "parent", "id"), primaryKey=["k"])
    report = assert_same(put(tmp_path, [child, parent]), cluster, 300, 3)
    assert report.errors


@given(tables(), st.sampled_from([1, 2, 10**9]), st.integers(8, 60))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_references_get_the_same_report(cluster, drawn, examples, size):
    with TemporaryDirectory() as folder:
        assert_same(put(folder, drawn), cluster, size, examples)


# Faults of the cluster


def large(folder: Path, same: int = 20_000) -> Path:
    """Write a table of which one row in so many has the same key."""
    rows = "".join(f"{'same' if at % same == 1 else at},{at % 9},\n" for at in range(120_000))
    return package(folder, {"a.csv": "id,n,of\n" + rows, "b.csv": "id,n,of\nx,1,a\n"})


def test_half_of_all_rows_may_have_one_key(cluster, tmp_path):
    assert_same(large(tmp_path, 2), cluster, 60_000)


def executors() -> list[int]:
    """Give the executors of this session; others on this machine may belong to somebody else."""
    from pyspark import SparkContext  # noqa: PLC0415 (an extra)

    of_ours = ["-P", str(SparkContext._gateway.proc.pid)]
    command = ["pgrep", *of_ours, "-f", "CoarseGrainedExecutorBackend"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(map(int, found.stdout.split()))


def kill_an_executor(_done: Event) -> bool:
    time.sleep(1.5)  # the first tasks run
    os.kill(executors()[0], signal.SIGKILL)
    return True


def stop_an_executor_for_a_while(_done: Event) -> bool:
    time.sleep(1.5)
    slow = executors()[0]
    os.kill(slow, signal.SIGSTOP)
    time.sleep(5)
    os.kill(slow, signal.SIGCONT)
    return True


def lose_what_is_shuffled(done: Event) -> bool:
    """Remove the first file that an executor writes for others, as a broken disk does."""
    old = shuffled()
    while not done.wait(0.01):
        for file in shuffled() - old:
            file.unlink()
            return True
    return False


def shuffled() -> set[Path]:
    """Give the files that executors write for others; they know where: Java keeps the folder of the first session."""
    environments = [Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") for pid in executors()]
    named = [one.decode().partition("=") for environment in environments for one in environment]
    folders = [Path(folders) for name, _, folders in named if name == "SPARK_EXECUTOR_DIRS"]
    return {file for folder in folders for file in folder.rglob("shuffle_*.data")}


FAULTS = [pytest.param(kill_an_executor, marks=pytest.mark.core), stop_an_executor_for_a_while, lose_what_is_shuffled]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_machine_changes_nothing(fault, cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(table, "_HASHES", 2_000)  # many tasks read what is shuffled, so it is lost between two of them
    path, done = large(tmp_path), Event()
    with ThreadPoolExecutor() as pool:
        happened = pool.submit(fault, done)
        try:
            assert_same(path, cluster, 60_000)
        finally:
            done.set()
        assert happened.result()


def test_a_part_that_vanishes_is_named(cluster, tmp_path):
    class Vanishing(SparkCluster):
        def __init__(self) -> None:
            self._spark, self.size = cluster._spark, 30

        @contextmanager
        def table(self, task: BlockTask) -> Iterator[ClusterTable]:
            with super().table(task) as judged:
                (tmp_path / "b.csv").unlink()
                yield judged

    target = find_target(package(tmp_path, {"a.csv": GOOD * 9, "b.csv": GOOD * 9}), None, None, "")
    with fast_lane(64), pytest.raises(UsageError, match=r"^a worker of the cluster cannot read b\.csv: "):
        judge_target(target, ASKED, cluster=Vanishing())


# What cannot begin


def run(folder: Path, *options: str, **environment: str) -> tuple[int, str]:
    """Validate in a process of its own; give its exit code and the last line of its errors."""
    command = [sys.executable, "-m", "depositary", "validate", str(folder), "--engine", "spark", *options]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, timeout=300
    )
    return done.returncode, (done.stderr.strip().splitlines() or [""])[-1]


WRONG = {
    "an address that is none": (["--master", "nonsense"], "nonsense is not the address of a cluster"),
    "a cluster that is not there": (["--master", "spark://127.0.0.1:1"], "the cluster cannot be reached (127.0.0.1:1"),
    "a wrong setting": (["--conf", "spark.driver.memory=much"], "Spark did not start; what it wrote above"),
    "no setting": (["--conf", "memory"], "--conf memory: write it as KEY=VALUE"),
    "too much memory": (
        ["--master", "local-cluster[1,1,1024]", "--conf", "spark.executor.memory=4g"],
        "Spark failed: Asked to launch cluster with 1024 MiB/worker but requested 4096 MiB/executor",
    ),
}


@pytest.mark.parametrize(("options", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_one_line(options, message):
    code, line = run(CASES / "demo", *options)
    assert (code, line[: len("depositary: " + message)]) == (2, f"depositary: {message}")


def test_without_java_the_message_names_it(tmp_path):
    assert run(CASES / "demo", JAVA_HOME=str(tmp_path)) == (
        2,
        f"depositary: Spark needs Java 17 or newer, and there is no java in JAVA_HOME, {tmp_path}.",
    )


def test_an_older_java_is_refused(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_292\"' >&2\n")
    (tmp_path / "bin" / "java").chmod(0o755)
    assert run(CASES / "demo", JAVA_HOME=str(tmp_path)) == (
        2,
        f"depositary: Spark needs Java 17 or newer; the java in JAVA_HOME, {tmp_path} is version 8.",
    )


ON_A_CLUSTER = """
import sys
from pathlib import Path
from depositary.check.documents.find_target import find_target
from depositary.check.lanes.elsewhere import BlockTask
from depositary.check.validate import judge_target
from depositary.cluster import table
from depositary.cluster.spark import SparkCluster
from depositary.errors import DepositaryError
from depositary.model.rule import RuleOptions

try:
    with SparkCluster("local[1]", {"spark.pyspark.python": sys.argv[2]}, size=1_000_000) as cluster:
        judge_target(find_target(Path(sys.argv[1]), None, None, ""), RuleOptions(), cluster=cluster)
except DepositaryError as error:
    print(error)
"""


def test_workers_without_depositary_are_named(tmp_path):
    rows = "".join(f"{at},{at % 9},\n" for at in range(300_000))
    bare = f"{sys.base_prefix}/bin/python3"  # the Python of this environment, without its packages
    command = [sys.executable, "-c", ON_A_CLUSTER, str(package(tmp_path, {"a.csv": "id,n,of\n" + rows})), bare]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.startswith("the workers of the cluster lack depositary. Send them an environment")
