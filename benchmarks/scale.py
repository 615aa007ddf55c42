"""Measure how cost grows from one to a hundred million rows, on this machine and on Spark.

The package is that of benchmarks/flows.py: trade flows of 11 columns, 83 MB for a million rows, and their sources. It
is validated, exported to Parquet, and gets a contribution of 10,000 rows; on Spark it is validated by one executor and
by two, each a process of its own with one core. Each runs in a process of its own, once. Processor time and memory are
those of the process and all that it starts, read from the system five times a second: memory is the largest process,
and in brackets the largest sum.
Run: python benchmarks/scale.py [1e6 3e6 1e7 3e7 1e8] [--works WORK ...] [--folder FOLDER]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from math import log
from pathlib import Path
from statistics import linear_regression

from contributed import Base, contribution
from page import machine

# Nothing heavy is imported here: Linux counts the memory of the process that starts a child as the child's own.

USUAL = ["1e6", "3e6", "1e7", "3e7", "1e8"]
_CONTRIBUTED = 10_000
_PAUSE = 0.2  # seconds between two looks at the processes
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_LEAST = 2  # sizes of which growth can be told
_HEAD = """\
| what | rows | wall | processor time | beside this machine | largest process (all) | exit code |
|---|---:|---:|---:|---:|---:|---:|
"""
_GROWTH = """
| what | rows | exponent of wall | exponent of processor time |
|---|---|---:|---:|
"""


@dataclass(frozen=True)
class Cost:
    """What a process and all that it started took, in seconds and megabytes.

    `here` is the processor time without the executors of Spark and their workers, `first` the peak memory of the
    process itself, and `read` the bytes that the workers read.
    """

    wall: float
    cpu: float
    here: float
    first: float
    largest: float
    together: float
    read: int
    code: int


@dataclass(frozen=True)
class Used:
    """What one process took until now: seconds of processor time, bytes of memory, bytes read."""

    seconds: float
    memory: int
    read: int
    is_worker: bool
    is_executor: bool


def main() -> None:
    """Measure size by size, and print the tables as they grow."""
    given = _options()
    load = os.getloadavg()[0]
    print(_HEAD, end="")
    found = dict[str, dict[int, Cost]]()
    with nullcontext(given.folder) if given.folder else tempfile.TemporaryDirectory() as place:
        for rows in given.sizes:
            for what, cost in _measured(Path(place), rows, given.works):
                found.setdefault(what, {})[rows] = cost
                print(_line(what, rows, cost, found.get("validate", {}).get(rows)), end="", flush=True)
    print("".join(_growth(found)), end="")
    print(f"\n{machine(load)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", default=USUAL, help="rows of the table")
    parser.add_argument(
        "--works", nargs="+", default=list(_WORKS), choices=_WORKS, metavar="WORK", help="; ".join(_WORKS)
    )
    parser.add_argument("--folder", type=Path, help="keep the packages here for the next run")
    given = parser.parse_args()
    given.sizes = [int(float(size)) for size in given.sizes]
    return given


def _measured(place: Path, rows: int, works: Sequence[str]) -> Iterator[tuple[str, Cost]]:
    """Run each work on one package."""
    base = Base(rows, 11)
    package = base.made_in(place)
    own = contribution(place, base, package, _CONTRIBUTED, "mixed")
    out, cache = place / "out", place / "cache"
    for work in works:
        if work != "contribute, second run":
            shutil.rmtree(cache, ignore_errors=True)
        yield work, watched(_command(work, package, own, out, cache), place)
        shutil.rmtree(out, ignore_errors=True)
    shutil.rmtree(cache, ignore_errors=True)


_PROGRAM = (sys.executable, "-m", "depositary")
_WORKS: Mapping[str, tuple[str, ...]] = {
    "validate": ("validate", "{package}"),
    "validate, Spark, 1 executor": (
        "validate",
        "{package}",
        "--engine",
        "spark",
        "--master",
        "local-cluster[1,1,2048]",
    ),
    "validate, Spark, 2 executors": (
        "validate",
        "{package}",
        "--engine",
        "spark",
        "--master",
        "local-cluster[2,1,2048]",
    ),
    "contribute, without a cache": ("validate", "{own}", "--base", "{package}", "--no-cache"),
    "contribute, first run": ("validate", "{own}", "--base", "{package}", "--cache", "{cache}"),
    "contribute, second run": ("validate", "{own}", "--base", "{package}", "--cache", "{cache}"),
    "export to Parquet": ("export", "{package}", "--to", "parquet", "--output-dir", "{out}"),
}


def _command(work: str, package: Path, own: Path, out: Path, cache: Path) -> list[str]:
    places = {"package": package, "own": own, "out": out, "cache": cache}
    conf = ["--conf", f"spark.local.dir={out}"] if "Spark" in work else []
    return [*_PROGRAM, *(one.format(**places) for one in _WORKS[work]), *conf]


# What processes take


def watched(command: Sequence[str], place: Path) -> Cost:
    """Run a command to its end, and look at all processes of its session meanwhile."""
    used, first, largest, together = dict[int, Used](), 0, 0, 0
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with (place / "output.txt").open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, start_new_session=True, cwd=place
        )
        while process.poll() is None:
            now = dict(_processes(process.pid, used))
            used |= now
            memory = {pid: one.memory for pid, one in now.items()}
            first = max(first, memory.get(process.pid, 0))
            largest, together = max([largest, *memory.values()]), max(together, sum(memory.values()))
            time.sleep(_PAUSE)
        wall = time.perf_counter() - start
    if process.returncode not in (0, 1):
        print((place / "output.txt").read_text(errors="replace")[-2000:], file=sys.stderr)
    seconds = sum(one.seconds for one in used.values())
    here = sum(one.seconds for one in used.values() if not (one.is_worker or one.is_executor))
    read = sum(one.read for one in used.values() if one.is_worker)
    return Cost(wall, seconds, here, first / 1e6, largest / 1e6, together / 1e6, read, process.returncode)


def _processes(session: int, known: Mapping[int, Used]) -> Iterator[tuple[int, Used]]:
    """Give the processes of a session; one that has ended has no command any more, so it is still what it was."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text().rpartition(") ")[2].split()
            if int(stat[3]) != session:
                continue
            resident = int((folder / "statm").read_text().split()[1]) * _PAGE
            read = int((folder / "io").read_text().split()[1])
            command = (folder / "cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            continue  # it has ended
        seconds = (int(stat[11]) + int(stat[12])) / _TICKS
        is_worker, is_executor = b"pyspark.daemon" in command, b"ExecutorBackend" in command
        if not command and (before := known.get(int(folder.name))):
            is_worker, is_executor = before.is_worker, before.is_executor
        yield int(folder.name), Used(seconds, resident, read, is_worker, is_executor)


# The tables


def _line(what: str, rows: int, cost: Cost, embedded: Cost | None) -> str:
    beside = f"{cost.cpu / embedded.cpu:.2f}" if embedded and "Spark" in what else ""
    memory = f"{cost.largest:,.0f} MB ({cost.together:,.0f} MB)"
    cells = [what, f"{rows:,}", f"{cost.wall:.1f} s", f"{cost.cpu:.1f} s", beside, memory, str(cost.code)]
    return f"| {' | '.join(cells)} |\n"


def _growth(found: Mapping[str, Mapping[int, Cost]]) -> Iterator[str]:
    """Give the exponents of cost by rows: 0 is the same for each size, 1 is in proportion to it."""
    several = {what: costs for what, costs in found.items() if len(costs) >= _LEAST}
    if several:
        yield _GROWTH
    for what, costs in several.items():
        sizes = [log(rows) for rows in costs]
        slopes = [
            linear_regression(sizes, [log(max(getattr(cost, name), 0.001)) for cost in costs.values()]).slope
            for name in ("wall", "cpu")
        ]
        cells = [what, f"{min(costs):,} to {max(costs):,}", *(f"{slope:.2f}" for slope in slopes)]
        yield f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    main()
