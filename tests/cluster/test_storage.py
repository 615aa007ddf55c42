"""A package on storage of the cluster, read by Spark's own connectors: `file://`, and FTP with a password."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import CASES
from test_cluster import ASKED, CUT
from test_lanes import REPORTS, fast_lane
from test_parts import GOOD, package

from depositary.check.documents.find_target import find_target
from depositary.check.validate import judge_target
from depositary.cluster.spark import SparkCluster
from depositary.cluster.storage import find_stored, judge_stored
from depositary.errors import UsageError
from depositary.model.limits import Limits
from depositary.model.report import Report

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore")]

MASTER = "local-cluster[2,1,1024]"
USER, PASSWORD = "curator", "for one test"


@pytest.fixture(scope="module")
def ftp(tmp_path_factory) -> Iterator[tuple[Path, int]]:
    """Serve a folder by FTP, in a process of its own; give the folder and the port."""
    pytest.importorskip("pyspark")
    if find_spec("pyftpdlib") is None:
        pytest.skip("no FTP server is here: make spark installs it")
    folder = tmp_path_factory.mktemp("ftp")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-i", "127.0.0.1", "-p", str(port), "-u", USER, "-P", PASSWORD, "-d", str(folder)]
    command = [sys.executable, "-W", "ignore", "-m", "pyftpdlib", *options]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 30
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield folder, port
        server.terminate()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, ftp) -> Iterator[SparkCluster]:
    pytest.importorskip("pyspark")
    conf = {
        "spark.executor.memory": "800m",
        "spark.local.dir": str(tmp_path_factory.mktemp("disk")),
        "spark.hadoop.fs.ftp.impl": "org.apache.hadoop.fs.ftp.FTPFileSystem",
        "spark.hadoop.fs.ftp.host.port": str(ftp[1]),
        "spark.hadoop.fs.ftp.user.127.0.0.1": USER,
        "spark.hadoop.fs.ftp.password.127.0.0.1": PASSWORD,
        "spark.hadoop.fs.ftp.data.connection.mode": "PASSIVE_LOCAL_DATA_CONNECTION_MODE",
    }
    with SparkCluster(MASTER, conf, size=30) as opened:
        yield opened


def assert_same(path: Path, address: str, cluster: SparkCluster, size: int) -> Report:
    cluster.size = size
    with fast_lane(max(size, 64)):
        found = judge_stored(find_stored(cluster, address, None, None, ""), ASKED, Limits(), print, cluster=cluster)
        expected = judge_target(find_target(path, None, None, ""), ASKED, Limits())
    assert found.to_json().replace(address, path.as_posix()) == expected.to_json()
    return found


@pytest.mark.core
@pytest.mark.parametrize("files", CUT.values(), ids=CUT)
def test_files_get_the_same_report(files, cluster, tmp_path):
    path = package(tmp_path, files)
    assert_same(path, path.as_uri(), cluster, 30)


@pytest.mark.parametrize("case", REPORTS, ids=lambda case: case.name)
def test_golden_reports_are_the_same(case, cluster, tmp_path):
    folder = shutil.copytree(CASES / "demo", tmp_path / "demo")
    for file in case.iterdir():
        if not file.name.startswith("expected."):
            shutil.copy(file, folder)
    assert_same(folder, folder.as_uri(), cluster, 200)


@pytest.mark.parametrize("files", CUT.values(), ids=CUT)
def test_files_behind_a_password_get_the_same_report(files, ftp, cluster, tmp_path):
    shutil.rmtree(ftp[0] / "made", ignore_errors=True)
    path = shutil.copytree(package(tmp_path, files), ftp[0] / "made")
    assert_same(path, "ftp://127.0.0.1/made", cluster, 30)


ODD = {
    "a quote within a cell": {"a.csv": 'id,n,of\na,2,a\nb"c,3,a\n', "b.csv": "id,n,of\nd,1,a\ne,2,x\n"},
    "a part without rows": {"a.csv": "id,n,of\n", "b.csv": "id,n,of\nd,1,a\ne,2,x\n"},
    "another header": {"a.csv": "id,n,of\na,2,a\n" * 1, "b.csv": "id,of,n\nd,1,a\n"},
    "keys that occur twice": {"a.csv": "id,n,of\na,2,a\nb,3,a\n", "b.csv": "id,n,of\nb,4,a\na,5,a\n"},
    "a missing part": {"a.csv": "id,n,of\na,2,a\nb,3,a\n", "b.csv": None},
}


@pytest.mark.parametrize("files", ODD.values(), ids=ODD)
def test_odd_files_get_the_same_report(files, cluster, tmp_path):
    path = package(tmp_path, files)
    assert_same(path, path.as_uri(), cluster, 20)


def judged(cluster: SparkCluster, address: str) -> Report:
    cluster.size = 30
    with fast_lane(64):
        target = find_stored(cluster, address, None, None, "")
        return judge_stored(target, ASKED, Limits(), lambda *_: None, cluster=cluster)


def test_a_file_that_changes_meanwhile_ends_the_run(cluster, tmp_path):
    path = package(tmp_path, CUT["rows with line breaks and quotes"])
    cluster.size = 30
    target = find_stored(cluster, path.as_uri(), None, None, "")
    with (path / "b.csv").open("a") as file:
        file.write("z,2,a\n")
    with pytest.raises(UsageError, match=r"b\.csv: changed while it was read"):
        judge_stored(target, ASKED, Limits(), lambda *_: None, cluster=cluster)


def test_a_folder_that_is_not_there_is_named(cluster, tmp_path):
    with pytest.raises(UsageError, match="nowhere: there is no such folder"):
        judged(cluster, f"{tmp_path.as_uri()}/nowhere")


def test_a_scheme_without_a_connector_is_named(cluster):
    with pytest.raises(UsageError, match="s3a"):
        judged(cluster, "s3a://bucket/package")


def test_a_name_that_spark_reads_as_a_pattern_is_refused(cluster, tmp_path):
    path = package(tmp_path / "made[1]", CUT["rows with line breaks and quotes"])
    with pytest.raises(UsageError, match="in a name as a pattern"):
        judged(cluster, f"file://{path}")


def test_a_path_of_a_descriptor_stays_in_the_package(cluster, tmp_path):
    path = package(tmp_path / "made", {"a.csv": GOOD, "../b.csv": GOOD})
    found = judged(cluster, path.as_uri())
    assert "b.csv" in found.to_json()
    assert not found.tables or all(table.rows == 0 for table in found.tables)


def test_the_command_reads_an_address(tmp_path):
    path = package(tmp_path, CUT["rows with line breaks and quotes"])
    command = [sys.executable, "-m", "depositary", "validate", path.as_uri()]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    done = subprocess.run([*command, "--engine", "spark"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith(path.as_uri())
