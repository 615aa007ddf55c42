"""Measure what a validation costs beside a bare scan of the file, the reference, and the fast checkers of frames.

Each tool runs in a process of its own, all in turn, round after round; the table gives the medians of one run.
Run: python benchmarks/validate.py [1e6:clean,dirty 1e7:clean] [--write --on YYYY-MM-DD]
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import IO

from page import PAGE, kept, write

# Nothing heavy is imported here: Linux counts the memory of the process that starts a child as the child's own.

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    "clean": "flows.csv",
    "dirty": "flows.csv",
    "odd-dates": "flows.csv",
    "quoted": "flows.csv",
    "gz": "flows.csv.gz",
    "own": "data/trade_flows.csv",
}
USUAL = ["1e6:clean,dirty,odd-dates,quoted,gz,own", "1e7:clean,dirty,odd-dates,gz"]
PEERS = ["pandera", "dataframely", "pointblank"]
TOOLS = ["floor", "depositary", "rules", "frictionless", *PEERS]
LABELS = {"floor": "bare DuckDB scan", "rules": "depositary with rules", "pandera": "pandera polars"}
HEAD = """\
| rows | file | tool | wall | CPU | peak memory | wall / scan | findings |
|---:|---|---|---:|---:|---:|---:|---:|
"""
_PATIENCE = 1_000_000  # the rows that frictionless is asked for at most: half a minute's work
_INVALID = 1  # what depositary and frictionless exit with where they found something, and Python where it fails


@dataclass(frozen=True)
class Options:
    """What is to be measured."""

    sizes: list[tuple[int, list[str]]]
    tools: list[str]
    rounds: int
    memory_limit: str | None


@dataclass(frozen=True)
class Task:
    """One tool on one package."""

    rows: int
    variant: str
    tool: str
    package: Path


@dataclass(frozen=True)
class Run:
    """What one process took, in seconds and megabytes, and what it said."""

    wall: float
    cpu: float
    memory: float
    code: int
    output: str
    complaint: str


def main() -> None:
    """Measure, print the table group by group, and write the page if asked."""
    options, folder, day = asked()
    load, table = os.getloadavg()[0], HEAD
    print(HEAD, end="")
    with nullcontext(folder) if folder else tempfile.TemporaryDirectory() as place:
        for group in measured(options, Path(place)):
            print(group, end="", flush=True)
            table += group
    if day:
        write(table, day, how(options), load)
        print(f"\nwritten: {PAGE.relative_to(ROOT).as_posix()}")


# What is asked


def asked() -> tuple[Options, Path | None, date | None]:
    """Read the command line: what to measure, where to keep the files, and the day to write on the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    text = f"rows and files, such as 1e6:clean,dirty (files: {', '.join(FILES)}; default: {' '.join(USUAL)})"
    parser.add_argument("sizes", nargs="*", type=_size, metavar="ROWS:FILES", help=text)
    parser.add_argument("--tools", type=_some(TOOLS), default=TOOLS, help=f"of {','.join(TOOLS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each tool (default: 3); frictionless runs once")
    parser.add_argument("--folder", type=Path, help="keep the files here for the next run")
    parser.add_argument("--memory-limit", help="passed on to depositary, such as 1GB")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT).as_posix()}; needs --on")
    parser.add_argument("--on", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the day that the page names")
    given = parser.parse_args()
    if given.write and not given.on:
        parser.error("--write needs the day, as --on YYYY-MM-DD")
    if given.rounds < 1:
        parser.error("--rounds is at least 1")
    if given.write:
        kept()  # a page that cannot be written is told before the measuring, not after it
    sizes = given.sizes or [_size(usual) for usual in USUAL]
    options = Options(sizes, given.tools, given.rounds, given.memory_limit)
    return options, given.folder, given.on if given.write else None


def _size(text: str) -> tuple[int, list[str]]:
    size, _, files = text.partition(":")
    try:
        rows = int(float(size))
    except ValueError:
        rows = 0
    if rows < 1:
        raise argparse.ArgumentTypeError(f"{text}: give rows and files, such as 1e6:clean,dirty")
    return rows, _some(FILES)(files or ",".join(FILES))


def _some(known: Collection[str]) -> Callable[[str], list[str]]:
    def chosen(text: str) -> list[str]:
        names = text.split(",")
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
        return names

    return chosen


# The measuring


def measured(options: Options, folder: Path) -> Iterator[str]:
    """Give the lines of the table for each size and variant, as they come."""
    for rows, variants in options.sizes:
        for variant in variants:
            package = folder / f"{variant}-{rows}"
            tasks = [Task(rows, variant, tool, package) for tool in options.tools if fits(tool, variant, rows)]
            subprocess.run([sys.executable, ROOT / "benchmarks" / "flows.py", variant, str(rows), package], check=True)
            yield lines(in_turn(tasks, options))


def fits(tool: str, variant: str, rows: int) -> bool:
    """Say whether a tool is asked: the package's own table is for us alone, and only it has rules."""
    if variant == "own":
        return tool in {"floor", "depositary", "rules"}
    return tool != "rules" and (tool != "frictionless" or rows <= _PATIENCE)


def in_turn(tasks: list[Task], options: Options) -> dict[Task, list[Run]]:
    """Run all tasks once, then all again: what slows the machine down for a while slows each of them."""
    runs: dict[Task, list[Run]] = {task: [] for task in tasks}
    for number in range(options.rounds):
        for task in tasks:
            if installed(task.tool) and not (number and task.tool == "frictionless"):
                _touch(task)
                compiled = task.package.parent / "compiled"
                runs[task].append(run(command(task, options.memory_limit), compiled))
    return runs


def installed(tool: str) -> bool:
    """Say whether a peer can be run here."""
    return tool not in PEERS or find_spec(tool) is not None


def _touch(task: Task) -> None:
    """Read the file once, so that no tool waits for the disk in the place of the next."""
    with (task.package / FILES[task.variant]).open("rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def command(task: Task, memory_limit: str | None) -> list[str]:
    """Give the command line of a tool."""
    python, scripts, package = sys.executable, ROOT / "benchmarks", str(task.package)
    if task.tool == "floor":
        short = ["--short-rows"] if task.variant == "dirty" else []
        return [python, str(scripts / "floor.py"), str(task.package / FILES[task.variant]), *short]
    if task.tool in {"depositary", "rules"}:
        limit = ["--memory-limit", memory_limit] if memory_limit else []
        rules = "--rules" if task.tool == "rules" else "--no-rules"
        return [python, "-m", "depositary", "validate", package, rules, *limit]
    if task.tool == "frictionless":
        descriptor, most = str(task.package / "datapackage.json"), str(10**9)
        return [python, "-m", "frictionless", "validate", descriptor, "--json", "--limit-errors", most]
    return [python, str(scripts / "peers.py"), task.tool, package]


def run(command: list[str], compiled: Path) -> Run:
    """Run one process to its end, and ask the system what this process alone took.

    Compiled modules are kept in a folder, as an installed program keeps them.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaint:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=complaint, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        said = [_text(file) for file in (output, complaint)]
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    return Run(wall, usage.ru_utime + usage.ru_stime, memory, process.returncode, *said)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


# The table


def how(options: Options) -> str:
    """Say what the medians are of."""
    limit = f", depositary with `--memory-limit {options.memory_limit}`" if options.memory_limit else ""
    return f"medians of {options.rounds} rounds in one run (frictionless: of one){limit}"


def lines(runs: dict[Task, list[Run]]) -> str:
    """Give one line a tool."""
    scans = [run.wall for task, done in runs.items() if task.tool == "floor" for run in done if not run.code]
    return "".join(f"| {' | '.join(line(task, done, scans))} |\n" for task, done in runs.items())


def line(task: Task, runs: list[Run], scans: list[float]) -> list[str]:
    """Give the cells of one line: medians, or why there are none."""
    start = [f"{task.rows:,}", task.variant, LABELS.get(task.tool, task.tool)]
    if not runs:
        return [*start, *["-"] * 4, "not installed"]
    if failed := [run for run in runs if found(task.tool, run) is None]:
        return [*start, *["-"] * 4, f"failed: {why(failed[0])}"]
    wall, cpu, memory = (
        median(values) for values in zip(*((run.wall, run.cpu, run.memory) for run in runs), strict=True)
    )
    ratio = f"{wall / median(scans):.2f}" if scans else "-"
    counts = sorted({found(task.tool, run) or "" for run in runs})
    return [*start, f"{wall:.2f} s", f"{cpu:.2f} s", f"{memory:,.0f} MB", ratio, " or ".join(counts)]


def why(run: Run) -> str:
    """Give the last line of what a failed process said, or what ended it."""
    said = (run.complaint or run.output).strip().splitlines()
    ended = f"ended by signal {-run.code}" if run.code < 0 else f"exit code {run.code}"
    return f"{ended}: {said[-1][:120]}".replace("|", "/") if said else ended


def found(tool: str, run: Run) -> str | None:
    """Read from its output how much a tool found; None if it did not come to its end."""
    if run.code not in {0, _INVALID}:
        return None
    if tool in {"depositary", "rules"}:
        counts = re.search(r"^(?:in)?valid: ([\d,]+) errors?, ([\d,]+) warnings?", run.output, re.MULTILINE)
        return f"{sum(int(count.replace(',', '')) for count in counts.groups()):,}" if counts else None
    try:
        told = json.loads(run.output)
    except ValueError:
        return None
    if tool == "floor":
        return "-"
    return f"{told['stats']['errors'] if tool == 'frictionless' else told['findings']:,}"


if __name__ == "__main__":
    main()
