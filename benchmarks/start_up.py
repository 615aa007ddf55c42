"""Time what a small package pays: the start, the published package, and five rows of CSV, next to frictionless.

Each command runs once before it is timed and keeps its compiled modules, as an installed program does.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = (sys.executable, "-m", "depositary")
THEIRS = (sys.executable, "-m", "frictionless")
TURNS = 9
SHOWN = 12  # libraries whose loading is shown

SCHEMA = {
    "fields": [
        {"name": "id", "type": "integer"},
        {"name": "name", "type": "string", "constraints": {"required": True}},
        {"name": "founded", "type": "year"},
    ],
    "primaryKey": "id",
}
ROWS = "id,name,founded\n1,Arna,1500\n2,Belt,1191\n3,Corvo,1200\n4,Dunmar,1300\n5,Esk,1400\n"

Command = tuple[Path, tuple[str, ...]]  # where it runs, and what
Times = dict[str, tuple[float, float]]  # seconds by the clock and of the processor


def main() -> None:
    """Run all commands in turn; print medians and ratios, and what it takes to load the libraries."""
    with tempfile.TemporaryDirectory() as folder:
        small, compiled = Path(folder) / "small", Path(folder) / "compiled"
        write_small(small)
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        times = timed(commands(small), environment)
        report(times)
        for what, command in (("package", commands(small)["ours, package"]), ("CSV", commands(small)["ours, CSV"])):
            print(f"\nloading, of the {what} (ms):")
            for name, cost in loading(command, environment).most_common(SHOWN):
                print(f"  {name:20} {cost / 1000:5.0f}")


def commands(small: Path) -> dict[str, Command]:
    """Name what is timed."""
    return {
        "import typer": (ROOT, (sys.executable, "-c", "import typer")),
        "ours, --help": (ROOT, (*OURS, "--help")),
        "ours, package": (ROOT, (*OURS, "validate", "datapackage")),
        "ours, package --no-rules": (ROOT, (*OURS, "validate", "datapackage", "--no-rules")),
        "frictionless, package": (ROOT, (*THEIRS, "validate", "datapackage/datapackage.json")),
        "ours, CSV": (small, (*OURS, "validate", "towns.csv")),
        "frictionless, CSV": (small, (*THEIRS, "validate", "towns.csv", "--schema", "towns.json")),
    }


def write_small(folder: Path) -> None:
    """Write five rows with their schema, alone and as a package."""
    folder.mkdir()
    resource = {"name": "towns", "type": "table", "path": "towns.csv", "schema": SCHEMA}
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "towns",
        "resources": [resource],
    }
    for name, text in (
        ("towns.csv", ROWS),
        ("towns.json", json.dumps(SCHEMA)),
        ("datapackage.json", json.dumps(package)),
    ):
        (folder / name).write_text(text, encoding="utf-8")


def timed(wanted: dict[str, Command], environment: dict[str, str]) -> Times:
    """Give the medians of several turns, by the clock and of the processor."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in wanted}
    for turn in range(TURNS + 1):
        for name, (folder, command) in wanted.items():
            start, used = time.perf_counter(), processor()
            subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
            if turn:
                taken[name].append((time.perf_counter() - start, processor() - used))
    return {
        name: (statistics.median(clock for clock, _ in values), statistics.median(used for _, used in values))
        for name, values in taken.items()
    }


def processor() -> float:
    """Give the seconds that finished child processes have used."""
    return os.times().children_user + os.times().children_system


def report(times: Times) -> None:
    """Print the medians, and how many times the other's time a command takes."""
    print(f"{'':26}  clock  processor (ms)")
    for name, (clock, used) in times.items():
        print(f"{name:26} {clock * 1000:6.0f} {used * 1000:6.0f}")
    for one, other in (
        ("ours, --help", "import typer"),
        ("ours, package", "frictionless, package"),
        ("ours, CSV", "frictionless, CSV"),
    ):
        clock, used = (ours / theirs for ours, theirs in zip(times[one], times[other], strict=True))
        print(f"{one} / {other}: {clock:.2f} by the clock, {used:.2f} of the processor")


def loading(command: Command, environment: dict[str, str]) -> Counter[str]:
    """Sum up the microseconds that loading takes, by library."""
    folder, (python, *arguments) = command
    ran = subprocess.run(
        (python, "-X", "importtime", *arguments), cwd=folder, env=environment, capture_output=True, check=True
    )
    costs: Counter[str] = Counter()
    for cost, module in re.findall(r"import time: +([0-9]+) \| +[0-9]+ \| +([A-Za-z0-9_]+)", ran.stderr.decode()):
        costs["Python's own" if module.lstrip("_") in STANDARD else module] += int(cost)
    return costs


STANDARD = {name.lstrip("_") for name in sys.stdlib_module_names}

if __name__ == "__main__":
    main()
