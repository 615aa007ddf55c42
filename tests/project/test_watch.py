"""`validate --watch` judges again what changed, in a process of its own, until it is stopped."""

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import ROOT

CLEAN = ROOT / "examples" / "contributions" / "mira" / "dispatch-reading"
PATIENCE = 120  # seconds; how long it takes is not tested
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that stops a process as Ctrl+C")


class Watched:
    """A run of the program that goes on, and the lines that it has written."""

    def __init__(self, *arguments, cwd):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "depositary", "validate", *map(str, arguments), "--watch"],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"},
            text=True,
            encoding="utf-8",
        )
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)

    def until(self, *texts):
        """Read on to a line with one of the texts, and give all lines up to it."""
        found = []
        while not found or not any(text in found[-1] for text in texts):
            found.append(self.lines.get(timeout=PATIENCE))
        return found


@pytest.fixture
def watch(tmp_path):
    """Watch targets in a folder that has the published package; stop at the end, as Ctrl+C does."""
    runs = []

    def begin(*arguments):
        has_no_base = (tmp_path / "depositary.toml").exists() or "datapackage" in arguments
        base = [] if has_no_base else ["--base", "datapackage"]
        runs.append(Watched(*arguments, *base, cwd=tmp_path))
        return runs[0]

    shutil.copytree(ROOT / "datapackage", tmp_path / "datapackage")
    yield begin
    (run,) = runs
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(PATIENCE) == 0
    run.reader.join()
    run.process.stdout.close()


@pytest.fixture
def watched(tmp_path, watch):
    shutil.copytree(CLEAN, tmp_path / "mira")
    shutil.copytree(ROOT / "examples" / "contributions" / "jonas" / "first-try", tmp_path / "jonas")
    return tmp_path, watch("mira", "jonas")


def test_only_what_changed_is_judged_again_and_a_broken_file_does_not_stop_it(watched):
    folder, run = watched
    assert any("jonas" in line for line in run.until("1 of 2 invalid"))
    actors = folder / "mira" / "actors.csv"
    text = actors.read_text("utf-8")
    actors.write_text(text.replace("act-", "act_", 1), encoding="utf-8")
    second = run.until("invalid: ")
    assert not any("jonas" in line for line in second)
    manifest = folder / "mira" / "contribution.toml"
    kept = manifest.read_text("utf-8")
    manifest.write_text("contributor = ", encoding="utf-8")
    assert "contribution.toml" in run.until("depositary: ")[-1]
    actors.write_text(text, encoding="utf-8")
    manifest.write_text(kept, encoding="utf-8")
    run.until("valid: 0 errors")


def test_a_file_that_programs_replace_stays_watched(tmp_path, watch):
    file = tmp_path / "contributors.csv"
    shutil.copy(CLEAN / "contributors.csv", file)
    run = watch("contributors.csv", "--as-contribution", "--by", "ctr-mira")
    run.until("valid: ")
    text = file.read_text("utf-8")
    for wrong in ("role_", "rôle", "rolle"):
        (tmp_path / "new").write_text(text.replace("role", wrong), encoding="utf-8")
        (tmp_path / "new").replace(file)
        run.until(f'"{wrong}"')
        run.until("invalid: ")


@pytest.mark.soak  # it waits for seconds
def test_its_own_report_is_no_reason_to_check_again(tmp_path, watch):
    shutil.copytree(CLEAN, tmp_path / "mira")
    report = tmp_path / "mira" / "report.txt"
    run = watch("mira", "--output", report)
    waited = time.monotonic() + PATIENCE
    while not report.exists():
        assert time.monotonic() < waited
        time.sleep(0.1)
    stamps = set()
    for _ in range(20):  # a report that is a reason would be written about once a second
        time.sleep(0.2)
        stamps.add(report.stat().st_mtime_ns)
    assert len(stamps) == 1
    assert run.process.poll() is None


@pytest.fixture
def workspace(tmp_path, watch):
    (tmp_path / "depositary.toml").write_text(
        'package = "datapackage"\ncontributions = ["contributions"]\n', encoding="utf-8"
    )
    shutil.copytree(CLEAN, tmp_path / "contributions" / "mira" / "first")
    return tmp_path, watch()


@pytest.mark.long
def test_a_new_contribution_of_the_workspace_is_judged_and_then_watched(workspace):
    folder, run = workspace
    run.until("all 2 valid")
    new = folder / "contributions" / "jonas" / "first-try"
    shutil.copytree(ROOT / "examples" / "contributions" / "jonas" / "first-try", folder / "aside")
    new.parent.mkdir()
    (folder / "aside").rename(new)
    assert any("contributions/jonas/first-try: " in line for line in run.until("1 of 3 invalid"))
    (new / "contribution.toml").write_text("contributor = ", encoding="utf-8")
    assert "jonas" in run.until("depositary: ")[-1]
    shutil.rmtree(new)
    assert not any("jonas" in line for line in run.until("in all."))


@pytest.mark.soak  # it waits for seconds
def test_a_contribution_that_the_workspace_names_later_is_judged(workspace):
    folder, run = workspace
    run.until("in all.")
    shutil.copytree(ROOT / "examples" / "contributions" / "jonas" / "first-try", folder / "later" / "jonas")
    file = folder / "depositary.toml"
    whole = file.read_text("utf-8")
    file.write_text("contributions = [", encoding="utf-8")
    assert "depositary.toml" in run.until("depositary: ")[-1]
    file.write_text(whole.replace("]", ', "later"]'), encoding="utf-8")
    assert any("later/jonas: " in line for line in run.until("1 of 3 invalid"))


@pytest.mark.soak  # it waits for seconds
@pytest.mark.parametrize("option", ["--snapshots", "--previous"])
def test_a_change_of_the_texts_or_of_the_earlier_release_judges_everything_again(tmp_path, watch, option):
    other = tmp_path / "other"
    if option == "--previous":
        shutil.copytree(ROOT / "datapackage", other)
    else:
        other.mkdir()
        (other / "first.txt").write_text("A text.", encoding="utf-8")
    run = watch("datapackage", option, "other")
    run.until("valid: 0 errors")
    (other / "text.txt").write_text("A text that nobody has coded.", encoding="utf-8")
    run.until("valid: 0 errors")


@pytest.mark.soak  # it waits for seconds
def test_a_change_of_the_base_judges_everything_again(watched):
    folder, run = watched
    run.until("1 of 2 invalid")
    contributors = folder / "datapackage" / "data" / "contributors.csv"
    contributors.write_text(
        contributors.read_text("utf-8").replace("Depositary maintainers", "Somebody"), encoding="utf-8"
    )
    again = run.until("1 of 2 invalid")
    assert any("mira" in line for line in again)
    assert any("jonas" in line for line in again)
