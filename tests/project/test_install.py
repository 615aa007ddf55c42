"""The wheel, alone in a fresh environment, does the main job."""

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from lent import lend_libraries, required

pytestmark = pytest.mark.install


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build the wheel from what is in the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module", params=["lent", pytest.param("fetched", marks=pytest.mark.soak)])
def installed(request, wheel, tmp_path_factory) -> Path:
    """Install the wheel, and nothing of the checkout, into a new environment; its libraries are lent, or fetched."""
    folder = tmp_path_factory.mktemp("alone")
    venv.create(folder, with_pip=True)
    binaries = folder / ("Scripts" if sys.platform == "win32" else "bin")
    python = binaries / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    if request.param == "lent":
        lend_libraries(python, required())
        pip += ["--no-deps"]
    subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), str(wheel)], check=True, capture_output=True)
    return binaries


def test_the_wheel_carries_the_schemas_once(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "depositary/schemas/tables/stances.json" in names
    assert "depositary/schemas/codelists/jurisdictions.csv" in names
    assert "depositary/schemas/notation/contribution.json" in names
    assert not [n for n in names if n.startswith(("tests/", "schemas/", "datapackage/"))]
    assert any(n.endswith("licenses/LICENSE") for n in names)


@pytest.mark.long
def test_it_validates_the_package(installed, tmp_path):
    shutil.copytree(ROOT / "datapackage", tmp_path / "datapackage")
    done = subprocess.run(
        [installed / "depositary", "validate", "datapackage"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nvalid: 0 errors, 5 warnings in 27 tables, 1,015 rows.\n" in done.stdout


@pytest.mark.long
def test_it_validates_a_file_by_the_schemas_it_carries(installed, tmp_path):
    shutil.copy(ROOT / "datapackage" / "data" / "codelists" / "currencies.csv", tmp_path)
    done = subprocess.run(
        [installed / "depositary", "validate", "currencies.csv"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "178" in done.stdout
