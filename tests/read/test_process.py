"""A library call leaves the process as it was: the limit of `csv`, the collector, the environment."""

import csv
import gc
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from conftest import ROOT

import depositary
from depositary.read.files.cell_limit import CELL_LIMIT, LONGEST_CELL, within_limit

PACKAGE = ROOT / "datapackage"
ACTORS = PACKAGE / "data" / "actors.csv"

# Each is what a caller may do first in a process.
CALLS = {
    "import": "",
    "open": "depositary.open(package)",
    "validate": "depositary.validate(package, rules=False)",
    "load": "depositary.load(package, 'actors')",
    "frame": "depositary.validate_frame(depositary.load(package, 'actors', 'arrow'), 'actors')",
    "diff": "depositary.diff(package, package)",
    "export": "depositary.export(package, ['csv', 'duckdb'], output)",
    "merge": "depositary.merge(package, [], rules=False)",
}
_SEEN = """
import csv, gc, os, sys
import polars  # which sets a variable of its own
csv.field_size_limit(4321)
seen = lambda: (csv.field_size_limit(), gc.isenabled(), gc.get_freeze_count(), dict(os.environ))
before = seen()
import depositary
package, output = sys.argv[1:]
{call}
assert seen() == before, [(a, b) for a, b in zip(seen(), before) if a != b]
"""


@pytest.fixture
def limit():
    before = csv.field_size_limit(4321)
    yield 4321
    csv.field_size_limit(before)


@pytest.mark.short(1)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_first_call_of_a_process_leaves_it_as_it_was(call, tmp_path):
    code = _SEEN.format(call=call)
    done = subprocess.run(
        [sys.executable, "-c", code, PACKAGE, tmp_path / "out"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_two_readings_that_overlap_leave_the_limit_as_it_was(limit):
    first, second = threading.Event(), threading.Event()
    seen = []

    def one() -> None:
        with CELL_LIMIT:
            first.set()
            second.wait(10)

    def other() -> None:
        first.wait(10)
        with CELL_LIMIT:
            second.set()
            thread.join(10)
            seen.append(csv.field_size_limit())  # the first has left, and this one still reads

    thread = threading.Thread(target=one)
    thread.start()
    other()
    assert (seen, csv.field_size_limit()) == ([LONGEST_CELL], limit)


def test_many_validations_at_once_leave_the_limit_as_it_was(limit, tmp_path):
    file = _odd(tmp_path)
    reports = []
    threads = [threading.Thread(target=lambda: reports.append(depositary.validate(file, PACKAGE))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reports == [reports[0]] * 4
    assert csv.field_size_limit() == limit


def test_a_reading_that_is_left_half_way_leaves_the_limit_as_it_was(limit):
    rows = within_limit(csv.reader(["a,b", "c,d"]))
    assert (next(rows), csv.field_size_limit()) == (["a", "b"], limit)
    other = within_limit(csv.reader(["e"]))
    assert (next(rows), list(other), csv.field_size_limit()) == (["c", "d"], [["e"]], limit)


def test_a_reading_that_fails_leaves_the_limit_as_it_was(limit):
    with pytest.raises(csv.Error):
        list(within_limit(csv.reader(["x" * (LONGEST_CELL + 1)])))
    assert csv.field_size_limit() == limit


def test_a_callers_own_limit_does_not_decide_what_is_read(tmp_path):
    before = csv.field_size_limit(3)
    try:
        small = depositary.validate(ACTORS, PACKAGE), depositary.validate(_odd(tmp_path), PACKAGE)
    finally:
        csv.field_size_limit(before)
    assert small == (depositary.validate(ACTORS, PACKAGE), depositary.validate(_odd(tmp_path), PACKAGE))


def test_a_validation_leaves_the_collector_on(tmp_path):
    assert gc.isenabled()
    seen = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.append(gc.isenabled())
            stop.wait(0.001)

    watcher = threading.Thread(target=watch)
    watcher.start()
    depositary.validate(_odd(tmp_path), PACKAGE)
    stop.set()
    watcher.join()
    assert all(seen)


def test_only_one_module_imports_the_reference():
    importing = [
        path.name
        for path in (ROOT / "toolkit").rglob("*.py")
        if any(
            line.split()[:1] in (["import"], ["from"]) and line.split()[1].startswith("frictionless")
            for line in path.read_text(encoding="utf-8").splitlines()
        )
    ]
    assert importing == ["reference.py"]


def test_no_module_changes_the_environment_or_the_collector_but_the_command_line():
    """The tasks of a cluster may: they run in the workers of a session of our own."""
    code = {path: path.read_text(encoding="utf-8") for path in (ROOT / "toolkit" / "depositary").rglob("*.py")}
    changing = {path.parent.name for path, text in code.items() if "gc." in text and "import gc" in text}
    assert changing == {"cli", "cluster"}
    setting = {path.parent.name for path, text in code.items() if "os.environ[" in text or "environ.set" in text}
    assert setting == {"cli"}


def _odd(folder: Path) -> Path:
    """Write a file whose rows have odd quotes, so that it is read more than once."""
    head, *rows = ACTORS.read_text(encoding="utf-8").splitlines()
    (folder / "actors.csv").write_text("\n".join([head, *(f'{row} "odd" ' for row in rows)]), encoding="utf-8")
    return folder / "actors.csv"
