"""Killing a run of the program at each of its calls that change a file system, and looking at what is then there.

Run as a program of its own, `python killed.py ORDERS.json`, as it forks: what it has imported may start no thread that
holds a lock. An order gives `start` (a folder with what the run begins from), `room` (where to work), `commands` (the
arguments of `depositary`; the last one is killed, the others are run before), `every` and `planted` (a mistake of
writing, to see that it is seen). `last` is the ending of files that come after all others. With `every` a run is killed
at every call. Without, at those whose outcome others can see; at all the others one looks at the disk while the run is
stopped: what is there is what a kill would leave.
"""

import gc
import hashlib
import importlib
import json
import os
import pkgutil
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from traced import Call, traced

import depositary
from depositary.cli import main
from depositary.write import atomic, exchange

Tree = dict[str, str]  # of each file its hash
_CHANGES_CONTENT = ("write", "pwrite64", "writev", "pwritev", "pwritev2", "ftruncate", "truncate", "fallocate")
_COPIES = ("sendfile", "splice", "copy_file_range")
_MAKES_NAMES = ("rename", "renameat", "renameat2", "mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat")
_TAKES_NAMES = ("unlink", "unlinkat", "rmdir")
_FLUSHES = ("fsync", "fdatasync")


@dataclass
class Trial:
    """A command and what it makes of a folder: from the start tree the end tree."""

    start: Path
    room: Path
    commands: list[list[str]]
    plant: Callable[[], None]
    faults: list[str] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    last: str = ""

    def __post_init__(self) -> None:
        self.work, self.states = self.room / "work", self.room / "states"
        self.states.mkdir(parents=True)
        self.temporary = self.room / "temporary"
        self.begin()
        for command in self.commands[:-1]:
            self.again(command)
        self.start = shutil.copytree(self.work, self.room / "start")
        self.old = seen(self.work)
        self.again()
        self.new = everything(self.work)
        if self.old == self.new or any(map(hidden, self.new)):
            self.faults.append(f"the run changed nothing, or left something: {self.said()}")

    def begin(self, start: Path | None = None) -> None:
        """Lay out the folder of work anew."""
        for folder in (self.work, self.temporary):
            shutil.rmtree(folder, ignore_errors=True)
        self.temporary.mkdir()
        shutil.copytree(start or self.start, self.work)

    def command(self, arguments: list[str], output: Path) -> int:
        """Run a command in this process; only ever in a fork."""
        os.environ["TMPDIR"] = str(self.temporary)
        os.chdir(self.work)
        with output.open("wb") as stream:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        sys.argv = ["depositary", *arguments]
        try:
            main()
        except SystemExit as end:
            sys.stdout.flush()
            return end.code if isinstance(end.code, int) else 0
        return 0

    def again(self, arguments: list[str] | None = None) -> None:
        """Run a command to its end, unwatched; without one, that which is tried."""
        child = os.fork()
        if child == 0:
            os._exit(self.command(arguments or self.commands[-1], self.room / "said"))
        os.waitpid(child, 0)

    def said(self) -> str:
        return (self.room / "said").read_text()

    def watched(self, go_on: Callable[[Call], bool]) -> int | None:
        """Run the command with its mistake, if one is planted, and be asked at each call."""

        def run() -> int:
            self.plant()
            return self.command(self.commands[-1], Path(os.devnull))

        return traced(run, go_on)

    # What is asked of a state

    def judge(self, where: str) -> None:
        """See to it that what lies there is the old or the new, whole."""
        come = [path for path in self.new.keys() - self.old.keys() if self.last and path.endswith(self.last)]
        before_the_last = {path: digest for path, digest in self.new.items() if path not in come}
        if seen(self.work) not in (self.old, self.new, before_the_last):
            self.faults.append(f"{where}: neither the old nor the new is there")

    def judge_next(self, where: str) -> None:
        """See to it that the next run makes the new one of it, and leaves nothing else."""
        self.again()
        after = everything(self.work)
        if after != self.new:
            odd = sorted(set(after.items()) ^ set(self.new.items()))[:3]
            self.faults.append(f"{where}: the next run leaves {odd}: {self.said()}")

    # The ways to look

    def look_at_all(self) -> list[Call]:
        """Run once; at each call look at the disk, and run again from each state that others can tell apart."""
        calls: list[Call] = []
        known: set[str] = set()
        disk = Disk(self.room)

        def look(call: Call) -> bool:
            calls.append(call)
            self.faults += disk.told_of(call)
            self.judge(f"before {brief(call, self.work)}")
            state = json.dumps([sorted(outside(self.work)), sorted(seen(self.work).items())])
            if state not in known:
                known.add(state)
                shutil.copytree(self.work, self.states / f"{len(calls)}")
            return True

        self.begin()
        self.watched(look)
        self.judge("after the run")
        self.faults += disk.unwritten()
        self.done |= {"calls": len(calls), "states": len(known)}
        if self.faults:
            return calls
        for state in sorted(self.states.iterdir(), key=lambda path: int(path.name)):
            self.begin(state)
            self.judge_next(f"killed before {brief(calls[int(state.name) - 1], self.work)}")
        return calls

    def kill_at(self, number: int) -> bool:
        """Kill a run at its n-th call, and judge what is left."""
        left, where = number, ""

        def count(call: Call) -> bool:
            nonlocal left, where
            left -= 1
            if left == 0:
                where = f"killed before {brief(call, self.work)}"
            return left > 0

        self.begin()
        if self.watched(count) is not None:
            return False
        self.judge(where)
        self.judge_next(where)
        return True

    def kill_at_all(self, calls: list[Call], *, every: bool) -> None:
        """Kill a run at every call, or at each that others see."""
        chosen = [at for at, call in enumerate(calls, 1) if every or self.is_seen(call)]
        self.done["killed"] = sum(map(self.kill_at, chosen))

    def is_seen(self, call: Call) -> bool:
        """Return whether a call may change more than the inside of what is being built."""
        inside = [path.relative_to(self.work) for path in call.paths if path.is_relative_to(self.work)]
        return any(not hidden(path.as_posix()) or len(path.parts) == 1 for path in inside)


@dataclass
class Disk:
    """What a power cut could take: content and names that were not flushed before they got the name that counts."""

    room: Path
    contents: dict[int, str] = field(default_factory=dict)  # by inode, of files and folders
    names: dict[int, str] = field(default_factory=dict)

    def told_of(self, call: Call) -> Iterator[str]:
        """Follow a call that is about to be made, and say what is wrong with it."""
        first, last = call.paths[0], call.paths[-1]
        if call.name in _CHANGES_CONTENT + _COPIES:
            self.contents[inode(last)] = last.name
        elif call.name in _FLUSHES:
            self.contents.pop(inode(first), None)
            self.names.pop(inode(first), None)
        elif call.name in _TAKES_NAMES:
            self.forget(first)
        elif call.name in _MAKES_NAMES or (call.name in ("open", "openat", "creat") and not last.exists()):
            if call.name.startswith("rename"):
                yield from self.renamed(call)
            self.names[inode(last.parent)] = last.parent.name

    def renamed(self, call: Call) -> Iterator[str]:
        first, last = call.paths
        if last.is_relative_to(self.room / "work") and not hidden(last.relative_to(self.room).as_posix()):
            for path in (first, *first.rglob("*")):
                if inode(path) in {*self.contents, *self.names}:
                    yield f"{path.name}: gets its name {last.name} before it is flushed"
        if call.name != "renameat2":
            self.forget(last)

    def forget(self, path: Path) -> None:
        for of in (self.contents, self.names):
            of.pop(inode(path), None)

    def unwritten(self) -> Iterator[str]:
        """Say what is in its place at the end and was not flushed."""
        work = self.room / "work"
        for path in (work, *(path for path in work.rglob("*") if not hidden(path.relative_to(work).as_posix()))):
            if inode(path) in self.contents:
                yield f"{path.relative_to(self.room)}: was not flushed after it was written"
            if inode(path) in self.names:
                yield f"{path.relative_to(self.room)}: was not flushed after a name in it was made"


def inode(path: Path) -> int:
    try:
        return path.lstat().st_ino
    except FileNotFoundError:
        return 0


def hidden(path: str) -> bool:
    """Return whether something lies aside, as what is being written does."""
    return any(part.startswith(".") for part in path.split("/"))


def seen(folder: Path) -> Tree:
    """Give the files of a folder as others see it."""
    return {path: digest for path, digest in everything(folder).items() if not hidden(path)}


def outside(folder: Path) -> set[str]:
    """Give what lies in a folder, but not what is inside of what lies aside."""
    paths = {path.relative_to(folder) for path in folder.rglob("*")}
    return {path.as_posix() for path in paths if not hidden(path.parent.as_posix().removeprefix("."))}


def everything(folder: Path) -> Tree:
    return {path.relative_to(folder).as_posix(): _digest(path) for path in folder.rglob("*") if path.is_file()}


def _digest(path: Path) -> str:
    with suppress(FileNotFoundError):  # removed meanwhile by another thread
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return ""


def brief(call: Call, work: Path) -> str:
    return f"{call.name} {' '.join(os.path.relpath(path, work) for path in call.paths)}"


# Mistakes


def plant_nothing() -> None:
    """Leave the program as it is."""


def plant_no_flush() -> None:
    """Let nothing be flushed."""
    os.fsync = lambda _descriptor: None


def plant_rename_before_write() -> None:
    """Put files and folders in place before they are written."""

    def exchange_file(target: Path, data: bytes) -> None:
        beside = target.parent / ".1-1.tmp"
        with beside.open("wb") as stream:
            beside.replace(target)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    @contextmanager
    def building(target: Path, _kind: object = None) -> Iterator[Path]:
        fresh = exchange._beside(target.resolve(), "new")
        fresh.mkdir()
        if target.exists():
            exchange._swap(fresh, target)
            shutil.rmtree(fresh)
        else:
            fresh.rename(target)
        yield target
        exchange.write_out(target)

    atomic._exchange = exchange_file
    for module in ("merging.merge", "exporting.export"):
        importlib.import_module(f"depositary.{module}").building = building


PLANTED = {"": plant_nothing, "no flush": plant_no_flush, "rename before write": plant_rename_before_write}


def warm_up() -> None:
    """Import all that a command imports, so that a fork need not; no more, as that would start threads."""
    for module in pkgutil.walk_packages(depositary.__path__, "depositary."):
        if not module.name.endswith("__main__") and ".loaders." not in module.name:
            importlib.import_module(module.name)
    for name in ("openpyxl", "xlsxwriter", "pyarrow.parquet", "pandas"):
        importlib.import_module(name)
    gc.freeze()


def follow(order: dict) -> dict:
    """Do what an order says, and give what was done and what was wrong."""
    for package in Path(order["start"]).rglob("datapackage.json"):
        depositary.open(package.parent)  # so that not each fork has to judge the descriptor; this starts no thread
    trial = Trial(Path(order["start"]), Path(order["room"]), order["commands"], PLANTED[order["planted"]])
    trial.last = order.get("last", "")
    calls = trial.look_at_all()
    if not trial.faults:
        trial.kill_at_all(calls, every=order["every"])
    shutil.rmtree(trial.room)
    return {**trial.done, "faults": trial.faults}


if __name__ == "__main__":
    warm_up()
    sys.stdout.write(json.dumps([follow(order) for order in json.loads(Path(sys.argv[1]).read_text())]))
