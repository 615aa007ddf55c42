"""Measure what exports cost beside a bare conversion by DuckDB, and loading beside polars.

The package is that of benchmarks/flows.py: trade flows and their sources, as CSV. Each tool runs in a process of its
own, all in turn, round after round; the table gives the medians of one run. Loading is timed within its process, after
a small table has been loaded, as in a session where libraries are there.
Run: python benchmarks/export.py [1e6 1e7] [--rounds 3] [--folder FOLDER]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from validate import Run, run

# Nothing heavy is imported here: Linux counts the memory of the process that starts a child as the child's own.

HERE = Path(__file__).resolve().parent
_FEW = 1000
FORMATS = ("parquet", "csv", "sqlite", "duckdb")
HEAD = """\
| rows | what | tool | seconds | CPU | peak memory | written | / bare |
|---:|---|---|---:|---:|---:|---:|---:|
"""


@dataclass(frozen=True)
class Task:
    """One process: what it does and by what tool, its command line, and the bare tool that it is compared with."""

    what: str
    tool: str
    command: tuple[str, ...]
    target: Path
    bare: str = ""


def main() -> None:
    """Measure size by size, and print the table as it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", default=["1e6", "1e7"], help="rows of trade flows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the files here for the next run")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    print(HEAD, end="")
    with nullcontext(given.folder) if given.folder else tempfile.TemporaryDirectory() as place:
        timed(_FEW, Path(place), 1)  # which compiles what is imported
        for size in given.sizes:
            measure(int(float(size)), Path(place), given.rounds)
    print(f"\nload before: {load:.1f}")


def measure(rows: int, place: Path, rounds: int) -> None:
    """Run all tasks on one package, and print a line for each."""
    runs = timed(rows, place, rounds)
    for task, done in runs.items():
        bare = next((of for other, of in runs.items() if (other.what, other.tool) == (task.what, task.bare)), [])
        print(_line(f"{rows:,}", task, done, bare), flush=True)


def timed(rows: int, place: Path, rounds: int) -> dict[Task, list[Run]]:
    """Run all tasks in turn, round after round."""
    package = place / f"flows-{rows}"
    subprocess.run([sys.executable, HERE / "flows.py", "clean", str(rows), package], check=True)
    runs: dict[Task, list[Run]] = {task: [] for task in tasks_of(package, place / "out")}
    for _ in range(rounds):
        for task, done in runs.items():
            done.append(_run(task, package, place))
    return runs


def tasks_of(package: Path, out: Path) -> list[Task]:
    """List what is measured; what is loaded is the Parquet that was exported before."""
    peers, parquet = (sys.executable, str(HERE / "export_peers.py")), out / "parquet"
    export = (sys.executable, "-m", "depositary", "export", str(package), "--to")
    files = str(parquet / "parquet")
    return [
        Task("parquet", "duckdb", (*peers, "copy", str(package), str(out / "bare")), out / "bare"),
        *(
            Task(form, "depositary", (*export, form, "--output-dir", str(out / form)), out / form, "duckdb")
            for form in FORMATS
        ),
        Task("load", "polars", (*peers, "polars", files), parquet),
        Task("load", "depositary", (*peers, "depositary", files), parquet, "polars"),
    ]


def _run(task: Task, package: Path, place: Path) -> Run:
    for file in package.glob("*.csv") if task.what != "load" else task.target.glob("*/*.parquet"):
        _touch(file)
    if task.what != "load":
        shutil.rmtree(task.target, ignore_errors=True)
        task.target.parent.mkdir(exist_ok=True)
    done = run(list(task.command), place / "compiled")
    if done.code:
        sys.exit(f"{task.tool}, {task.what}: failed: {done.complaint}")
    return done


def _touch(file: Path) -> None:
    """Read a file once, so that no tool waits for the disk in the place of the next."""
    with file.open("rb", buffering=0) as stream:
        while stream.read(1 << 20):
            pass


def _seconds(task: Task, runs: list[Run]) -> float:
    if task.what == "load":
        return median(float(json.loads(one.output)["seconds"]) for one in runs)
    return median(one.wall for one in runs)


def _line(rows: str, task: Task, runs: list[Run], bare: list[Run]) -> str:
    seconds = _seconds(task, runs)
    cpu, memory = median(one.cpu for one in runs), median(one.memory for one in runs)
    files = [file for file in task.target.rglob("*") if file.is_file()] if task.what != "load" else []
    written = f"{sum(file.stat().st_size for file in files) / 1e6:,.0f} MB" if files else ""
    ratio = f"{seconds / _seconds(task, bare):.2f}" if bare else ""
    cells = [rows, task.what, task.tool, f"{seconds:.2f} s", f"{cpu:.2f} s", f"{memory:,.0f} MB", written, ratio]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
