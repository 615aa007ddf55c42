"""Exchanging folders: whoever looks at whatever moment finds the old one or the new one, whole."""

import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from depositary.errors import UsageError
from depositary.write import exchange
from depositary.write.exchange import building, roll_forward

# Both ways: the system's own call, and the journal of systems that have none.
WAYS = ["one call", "journal"]

# What the processes below share. Of a package, each file says which package it is of, and its descriptor, written
# first, how many files there have to be; so a hash over all tells a whole package from parts of two.
SHARED = """
import hashlib, itertools, json, os, pathlib, signal, sys, time
from depositary.errors import UsageError
from depositary.write import exchange

def write(folder, number, files=6):
    (folder / "datapackage.json").write_text(json.dumps({"name": str(number), "files": files}))
    (folder / "data").mkdir()
    for at in range(files):
        (folder / "data" / f"{at}.csv").write_text(f"{number}\\n" * 500)

def build(target, number):
    with exchange.building(target) as folder:
        write(folder, number)

way, target = sys.argv[1], pathlib.Path(sys.argv[2])
if way == "journal":
    exchange._swap = lambda one, other: False
"""

LOOP = "for number in itertools.count(int(sys.argv[3])):\n    build(target, number)\n    print(number, flush=True)\n"

# Kills a process of its own at the k-th thing it asks of the system, for every k; then looks, and rolls forward.
EVERYWHERE = """
EVENTS = {"open", "shutil.rmtree"}
EVENTS |= {f"os.{event}" for event in ("mkdir", "rename", "remove", "rmdir", "scandir", "listdir", "chmod")}

def killed_at(step, number):
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    left = step
    def hook(event, arguments):
        nonlocal left
        if event in EVENTS:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    swap = exchange._swap
    def asked(one, other):
        sys.audit("os.rename")
        done = swap(one, other)
        sys.audit("os.rename")
        return done
    exchange._swap = asked
    sys.addaudithook(hook)
    build(target, number)
    os._exit(0)

def found():
    try:
        name = json.loads((target / "datapackage.json").read_text())["name"]
    except FileNotFoundError:
        return None
    texts = [file.read_text() for file in sorted((target / "data").iterdir())]
    return int(name) if texts == [f"{name}\\n" * 500] * 6 else "parts"

build(target, 0)
for step in itertools.count(1):
    before = found()
    killed = killed_at(step, step)
    seen = found()
    exchange.roll_forward(target)
    print(json.dumps([killed, before, seen, found(), step, sorted(os.listdir(target.parent))]), flush=True)
    if not killed:
        break
"""

HOLD = """
with exchange.building(target) as folder:
    write(folder, 1)
    print("built", flush=True)
    sys.stdin.read()
"""


def started(code: str, *arguments: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", SHARED + code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def digest(folder: Path) -> str:
    """Hash the names and bytes of a folder's files; a folder that is not there has the hash of nothing."""
    found = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(f"{file.relative_to(folder).as_posix()}\n".encode() + file.read_bytes())
    return found.hexdigest()


def package(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "datapackage.json").write_text(f'{{"name": "{name}"}}')


def name_of(folder: Path) -> str:
    return (folder / "datapackage.json").read_text()


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    if request.param == "journal":
        monkeypatch.setattr(exchange, "_swap", lambda _one, _other: False)
    elif sys.platform != "linux":
        pytest.skip("the system has no such call")
    return request.param


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("there", ["nothing", "an empty folder", "a package"])
def test_what_was_built_takes_the_place_and_nothing_lies_beside_it(tmp_path, there):
    target = tmp_path / "out"
    if there != "nothing":
        target.mkdir()
    if there == "a package":
        package(target, "old")
    with building(target) as folder:
        package(folder, "new")
        (folder / "data").mkdir()
    assert name_of(target) == '{"name": "new"}'
    assert list(tmp_path.iterdir()) == [target]


def test_until_the_end_the_old_one_stands(tmp_path):
    package(tmp_path / "out", "old")
    with building(tmp_path / "out") as folder:
        package(folder, "new")
        assert name_of(tmp_path / "out") == '{"name": "old"}'


def test_an_exception_leaves_the_old_one_and_nothing_beside_it(tmp_path):
    package(tmp_path / "out", "old")
    with pytest.raises(ZeroDivisionError), building(tmp_path / "out") as folder:
        package(folder, str(1 / 0))
    assert name_of(tmp_path / "out") == '{"name": "old"}'
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the call")
def test_this_system_exchanges_by_one_call(tmp_path):
    package(tmp_path / "a", "a")
    package(tmp_path / "b", "b")
    assert exchange._swap(tmp_path / "a", tmp_path / "b")
    assert name_of(tmp_path / "a") == '{"name": "b"}'


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_a_folder_that_a_group_shares_stays_shared(tmp_path):
    package(tmp_path / "out", "old")
    (tmp_path / "out").chmod(0o775)
    with building(tmp_path / "out"):
        pass
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o775


# What is refused, before anything is built


def link(target: Path) -> None:
    target.symlink_to(target.parent)


def file(target: Path) -> None:
    target.write_text("x")


def strangers(target: Path) -> None:
    target.mkdir()
    (target / "thesis.docx").write_text("x")


def repository(target: Path) -> None:
    package(target, "x")
    (target / ".git").mkdir()


@pytest.mark.parametrize(
    ("prepare", "said"),
    [(link, "is a link to"), (file, "is a file"), (strangers, "is not a package"), (repository, "is a git repository")],
)
def test_what_is_no_package_is_never_replaced(tmp_path, prepare, said):
    prepare(tmp_path / "out")
    before = digest(tmp_path)
    with pytest.raises(UsageError, match=f"out: .*{said}"), building(tmp_path / "out"):
        pytest.fail("nothing may be built")
    assert digest(tmp_path) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


@pytest.mark.parametrize(("name", "said"), [("absent/out", "Make it first"), ("x" * 254, "name too long")])
def test_a_place_where_nothing_can_be_written_is_named(tmp_path, name, said):
    with pytest.raises(UsageError, match=f"(?i){name}: .*{said}"), building(tmp_path / name):
        pytest.fail("nothing may be built")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_must_not_be_written_to_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="cannot be written: Permission denied"), building(tmp_path / "out"):
        pytest.fail("nothing may be built")


def test_the_folder_that_one_is_in_is_not_replaced(tmp_path, monkeypatch):
    package(tmp_path / "out", "old")
    (tmp_path / "out" / "data").mkdir()
    monkeypatch.chdir(tmp_path / "out" / "data")
    with pytest.raises(UsageError, match="is the current folder"), building(Path("..")):
        pytest.fail("nothing may be built")


def test_files_that_are_nobodys_are_not_lost(tmp_path):
    package(tmp_path / "out", "old")
    (tmp_path / "out" / "my notes.txt").write_text("x")
    with pytest.raises(UsageError, match=r"has my notes\.txt, which would be lost"), building(tmp_path / "out") as new:
        package(new, "new")
    assert (tmp_path / "out" / "my notes.txt").read_text() == "x"
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_all_files_that_would_be_lost_are_named(tmp_path):
    package(tmp_path / "out", "old")
    for name in ("load.py", "load.R"):
        (tmp_path / "out" / name).write_text("x")
    with pytest.raises(UsageError, match=r"has load\.R, load\.py, which") as refused, building(tmp_path / "out") as new:
        package(new, "new")
    assert str(refused.value).endswith("because they do not belong to the package. Move them away.")


def test_files_that_the_old_descriptor_names_may_go(tmp_path):
    package(tmp_path / "out", "old")
    (tmp_path / "out" / "datapackage.json").write_text('{"resources": [{"path": "data/a.csv"}]}')
    (tmp_path / "out" / "data").mkdir()
    (tmp_path / "out" / "data" / "a.csv").write_text("x")
    (tmp_path / "out" / ".DS_Store").write_text("x")
    with building(tmp_path / "out") as new:
        package(new, "new")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["datapackage.json"]


# Two at once


@pytest.mark.parametrize("spelling", ["out", "./out", "../{0}/out"])
def test_of_two_runs_at_once_the_second_says_so(tmp_path, spelling, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with started(HOLD, WAYS[0], tmp_path / "out") as holder:
        assert holder.stdout.readline() == "built\n"
        with (
            pytest.raises(UsageError, match="another run is writing it"),
            building(Path(spelling.format(tmp_path.name))),
        ):
            pytest.fail("nothing may be built")
        holder.communicate()
    assert '"name": "1"' in name_of(tmp_path / "out")
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


@pytest.mark.parametrize("look", [1, 2])  # those before the lock
def test_a_folder_that_another_run_puts_aside_is_no_file(look, tmp_path, monkeypatch):
    package(tmp_path / "out", "old")
    looks, seen = Path.stat, []

    def aside(path: Path, **options: bool) -> os.stat_result:
        """Put the folder aside after a look at it."""
        found = looks(path, **options)
        seen.extend([path] if path.name == "out" and not options else ())
        if len(seen) == look:
            monkeypatch.undo()
            path.rename(tmp_path / "aside")
        return found

    monkeypatch.setattr(Path, "stat", aside)
    with building(tmp_path / "out") as new:
        package(new, "new")
    assert '"name": "new"' in name_of(tmp_path / "out")


def test_of_many_runs_at_once_each_is_whole_or_refused(tmp_path):
    code = """
written = 0
for number in range(40):
    try:
        build(target, int(sys.argv[3]) + number)
        written += 1
    except UsageError as error:
        assert "another run is writing it" in str(error), error
print(written)
"""
    runs = [
        started(code, way, tmp_path / "out", start) for way, start in zip(WAYS * 2, (0, 100, 200, 300), strict=True)
    ]
    done = [(run.communicate()[0], run.returncode) for run in runs]
    assert {code for _, code in done} == {0}
    assert sum(int(out) for out, _ in done) > 0
    assert is_whole(tmp_path / "out")
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


# Killed


def is_whole(folder: Path) -> bool:
    texts = {file.read_text() for file in (folder / "data").glob("*.csv")}
    return len(texts) == 1 and len(list(folder.rglob("*.csv"))) == 6


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("way", WAYS)
def test_killed_before_every_single_step_it_is_whole(tmp_path, way):
    with started(EVERYWHERE, way, tmp_path / "out") as driver:
        steps = [json.loads(line) for line in driver.stdout]
    assert driver.returncode == 0
    assert len(steps) > 50
    for killed, before, seen, after, step, beside in steps:
        assert seen in ({before, step} if way == "one call" else {before, step, None})
        assert after in {before, step}
        assert beside == ["out"] or (killed and beside == [".out.lock", "out"])
    assert steps[-1][:1] == [False]
    assert any(after == before for _, before, _, after, *_ in steps)
    assert any(killed and after == step for killed, _, _, after, step, _ in steps)


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
def test_killed_at_50_random_moments_it_is_the_old_one_or_the_new_one(tmp_path, way):
    chance = random.Random(way)  # noqa: S311 (moments, no secrets)
    target = tmp_path / "out"
    for start in range(0, 50_000, 1_000):
        with started(LOOP, way, target, start) as run:
            run.stdout.readline()
            time.sleep(chance.uniform(0, 0.02))
            run.kill()
            last = max(map(int, run.stdout.read().split()), default=start)
        whole = {expected(last), expected(last + 1)}
        assert digest(target) in whole or (way == "journal" and not target.exists())
        roll_forward(target)
        assert digest(target) in whole
    with started("build(target, 1)", way, target) as run:
        run.communicate()
    assert digest(target) == expected(1)
    assert list(tmp_path.iterdir()) == [target]


def expected(number: int) -> str:
    """Hash a package as the processes write it."""
    with tempfile.TemporaryDirectory() as folder:
        code = SHARED.partition("way, target")[0]
        scope: dict = {}
        exec(code, scope)  # noqa: S102 (the very code that writes it)
        scope["write"](Path(folder), number)
        return digest(Path(folder))
