"""A package on storage with the interface of S3, read by Hadoop's S3A: `make spark-s3` gets the connector and a server.

The connector is older than Spark's Hadoop, so it needs some of its settings as plain numbers.
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from conftest import CASES, ROOT
from test_cluster import CUT
from test_lanes import REPORTS
from test_parts import GOOD, package
from test_storage import assert_same

from depositary.cluster.spark import SparkCluster
from depositary.cluster.storage import find_stored
from depositary.errors import UsageError

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore")]

MASTER = "local-cluster[2,1,1024]"
MADE = ROOT / ".cache" / "s3a"
JARS, SERVER = sorted(MADE.glob("*.jar")), MADE / "server" / "bin" / "moto_server"
BUCKET = "packages"
KEYS = {"access.key": "curator", "secret.key": "for one test"}
PLAIN = {
    "threads.keepalivetime": "60",
    "connection.establish.timeout": "5000",
    "connection.timeout": "200000",
    "connection.request.timeout": "0",
    "connection.ttl": "300000",
    "multipart.purge.age": "86400",
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run a server in a process of its own; give its address."""
    pytest.importorskip("pyspark")
    if not (JARS and SERVER.exists()):
        pytest.skip("no connector for S3 is here: make spark-s3 gets it, and a server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([SERVER, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        sent(f"http://127.0.0.1:{port}/{BUCKET}", b"")
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def sent(address: str, data: bytes) -> None:
    plain = {"Content-Type": "application/octet-stream"}
    with urlopen(Request(address, data, plain, method="PUT")) as answer:  # noqa: S310 (a server of this test)
        assert answer.status == 200


@pytest.fixture(scope="module")
def settings(tmp_path_factory, server) -> dict[str, str]:
    s3a = {
        "endpoint": server,
        "path.style.access": "true",
        "connection.ssl.enabled": "false",
        "aws.credentials.provider": "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
        **PLAIN,
        **KEYS,
    }
    return {
        "spark.executor.memory": "800m",
        "spark.local.dir": str(tmp_path_factory.mktemp("disk")),
        "spark.jars": ",".join(map(str, JARS)),
        **{f"spark.hadoop.fs.s3a.{name}": value for name, value in s3a.items()},
    }


@pytest.fixture(scope="module")
def cluster(settings) -> Iterator[SparkCluster]:
    with SparkCluster(MASTER, settings, size=30) as opened:
        yield opened


def put(server: str, path: Path) -> str:
    """Put a package on the server; give its address."""
    folder = f"{path.parent.name}-{path.name}"
    for file in path.rglob("*"):
        if file.is_file():
            sent(f"{server}/{BUCKET}/{folder}/{quote(file.relative_to(path).as_posix())}", file.read_bytes())
    return f"s3a://{BUCKET}/{folder}"


@pytest.mark.parametrize("files", CUT.values(), ids=CUT)
def test_files_get_the_same_report(files, server, cluster, tmp_path):
    path = package(tmp_path, files)
    assert_same(path, put(server, path), cluster, 30)


@pytest.mark.parametrize("case", REPORTS, ids=lambda case: case.name)
def test_golden_reports_are_the_same(case, server, cluster, tmp_path):
    folder = shutil.copytree(CASES / "demo", tmp_path / "demo")
    for file in case.iterdir():
        if not file.name.startswith("expected."):
            shutil.copy(file, folder)
    assert_same(folder, put(server, folder), cluster, 200)


def test_an_address_without_a_package_is_named(cluster):
    with pytest.raises(UsageError, match=f"s3a://{BUCKET}/nothing: there is no such folder"):
        find_stored(cluster, f"s3a://{BUCKET}/nothing", None, None, "")


def test_credentials_come_from_the_settings_only(server, settings, tmp_path):
    """A session of its own has no keys; a wrong one is not tried, because the server takes all."""
    address = put(server, package(tmp_path, {"a.csv": GOOD}))
    given = [
        text
        for name, value in settings.items()
        if not name.endswith(tuple(KEYS))
        for text in ("--conf", f"{name}={value}")
    ]
    command = [sys.executable, "-m", "depositary", "validate", address, "--engine", "spark", "--master", MASTER]
    done = subprocess.run([*command, *given], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "depositary: Spark failed" in done.stderr
    assert "redentials" in done.stderr
