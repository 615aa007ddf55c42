"""What docs/loading.md tells people to type, typed."""

import contextlib
import io
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT

from depositary.exporting.export import export
from depositary.exporting.formats import FORMATS

PAGE = (ROOT / "docs" / "loading.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+) ?(\S*) ?(\S*)\n(.*?)```(?:\n\n```text\n(.*?)```)?", PAGE, re.DOTALL)

RUN = ["csv", "parquet", "sqlite", "duckdb"]  # the formats that the snippets load


def snippets(language: str) -> list[object]:
    """Give the snippets of a language: how it is run, the code, and what it prints."""
    found = [block[1:] for block in BLOCKS if block[0] == language]
    return [pytest.param(*snippet, id=str(number)) for number, snippet in enumerate(found)]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder that the page speaks of."""
    made = tmp_path_factory.mktemp("loading")
    shutil.copytree(ROOT / "datapackage", made / "datapackage")
    export(made / "datapackage", RUN, made / "trade-policy")
    return made


def test_the_page_exports_all_formats():
    (command,) = re.findall(r"depositary export .*", PAGE)
    assert command == f"depositary export datapackage --to {','.join(FORMATS)} --output-dir trade-policy"


@pytest.mark.parametrize(("_program", "_file", "code", "printed"), snippets("python"))
def test_python_prints_what_the_page_shows(folder: Path, _program: str, _file: str, code: str, printed: str):
    path, out = list(sys.path), io.StringIO()
    try:
        with contextlib.chdir(folder), contextlib.redirect_stdout(out):
            exec(compile(code, "docs/loading.md", "exec"), {})  # noqa: S102 (our own page)
    finally:
        sys.path[:] = path
        sys.modules.pop("load", None)
    assert out.getvalue() == printed


@pytest.mark.parametrize(("program", "file", "code", "printed"), snippets("sql"))
def test_sql_gives_what_the_page_shows(folder: Path, program: str, file: str, code: str, printed: str):
    with contextlib.chdir(folder):
        opened = (
            duckdb.connect(file or ":memory:", read_only=bool(file)) if program == "duckdb" else sqlite3.connect(file)
        )
        with contextlib.closing(opened):
            rows = opened.execute(code).fetchall()
    assert "".join("|".join(map(str, row)) + "\n" for row in rows) == printed


@pytest.mark.clients
@pytest.mark.parametrize(("_program", "_file", "code", "printed"), snippets("r"))
def test_r_prints_what_the_page_shows(folder: Path, _program: str, _file: str, code: str, printed: str):
    found = shutil.which("Rscript")
    assert found, "Rscript is not here: `make clients` installs it (with apt-get), and this test needs it"
    done = subprocess.run([found, "-e", code], cwd=folder, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, printed), done.stderr
