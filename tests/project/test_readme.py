"""What the README tells people to type, typed."""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, Run
from lent import lend_libraries, required

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
COMMANDS = [
    line for language, block in BLOCKS if not language for line in block.splitlines() if line.startswith("depositary ")
]


def test_there_are_commands():
    assert len(COMMANDS) >= 3


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_readme_run(run: Run, command):
    done = run(*command.split()[1:])
    assert (done.code, done.err) == (0, "")


@pytest.mark.long
def test_python_of_the_readme_runs():
    block = "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
    done = subprocess.run([sys.executable, "-c", block], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


PYTHON = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", PYTHON, re.DOTALL)


@pytest.mark.short(3)
@pytest.mark.parametrize(("code", "printed"), SNIPPETS, ids=range(len(SNIPPETS)))
def test_snippets_for_python_print_what_the_page_shows(code, printed):
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(io.StringIO()) as written:
        exec(compile(code, "docs/python.md", "exec"), {})  # noqa: S102 (it is our own page)
    assert written.getvalue() == printed


@pytest.mark.long
@pytest.mark.install
@pytest.mark.parametrize("libraries", ["lent", pytest.param("fetched", marks=pytest.mark.soak)])
def test_make_demo_on_a_fresh_checkout(tmp_path, libraries):
    if not shutil.which("git") or not shutil.which("make"):
        pytest.skip("git and make are not at hand: `make demo` is not tried in a fresh clone")
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tmp_path / "clone")], check=True)
    if libraries == "lent":
        python = make(tmp_path / "clone", f".venv/{'Scripts' if sys.platform == 'win32' else 'bin'}/python")
        lend_libraries(tmp_path / "clone" / python.args[1], required("excel"))
    done = make(tmp_path / "clone", "demo")
    assert done.stdout.count("\nvalid: 0 errors") == 3
    assert done.stdout.count("\ninvalid: ") == 1
    assert "2 conflicts are open" in done.stdout
    assert "decided by ctr-maintainers (cfl-syu2gtu4dq3t)" in done.stdout


def make(clone: Path, target: str) -> subprocess.CompletedProcess[str]:
    """Make a target of a clone, for the Python that runs here: libraries are of one version of Python."""
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(["make", target], cwd=clone, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done
