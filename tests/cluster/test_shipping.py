"""Workers without depositary: an environment is sent to them, as docs/scale.md says."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT
from test_reference import V2, put, resource_of

pytestmark = pytest.mark.spark

MASTER = "local-cluster[2,1,1024]"
ROWS = "text\n" + "".join(f"{number} {'x' * 1000}\n" for number in range(70_000)) + "twice\ntwice\n"


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Path:
    """Make an environment with all libraries, and without depositary."""
    pytest.importorskip("pyspark")
    folder = tmp_path_factory.mktemp("bare") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(f"{Path(pl.__file__).parents[1]}\n")
    return folder


def validate(path: Path, *conf: str) -> subprocess.CompletedProcess[str]:
    options = [text for one in ("spark.executor.memory=800m", *conf) for text in ("--conf", one)]
    command = [sys.executable, "-m", "depositary", "validate", str(path), "--engine", "spark", "--master", MASTER]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([*command, *options], capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    """Make a package with a table that is judged by tasks."""
    folder, schema = tmp_path_factory.mktemp("large"), {"fields": [{"name": "text", "type": "string"}]}
    put(folder, [(resource_of("one", {**schema, "primaryKey": ["text"]}, {}), ROWS.encode())], V2)
    return folder


def test_an_environment_is_sent_to_workers(bare, large, tmp_path):
    archive = tmp_path / "env.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
        packed.add(bare, ".")
        site = next(bare.glob("lib/python*/site-packages")).relative_to(bare)
        packed.add(ROOT / "toolkit" / "depositary", site / "depositary")
    conf = f"spark.archives={archive}#env", "spark.pyspark.python=./env/bin/python"
    done = validate(large, *conf)
    here = subprocess.run(
        [sys.executable, "-m", "depositary", "validate", str(large)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (here.returncode, here.stdout)
