"""Measure what a table of a package moves on Spark: what is read, kept on disks, shuffled, and sent to this machine.

Spark's own log of events gives what it shuffled and kept; the system gives what the workers read. All is divided by the
rows of the table, in millions. With --each, the rules of the package that read the table are judged one by one too.
Run: python benchmarks/moved.py PACKAGE TABLE [--master local-cluster[2,1,2048]] [--no-rules] [--each]
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scale import Cost, watched

_COLUMNS = [
    "rules",
    "rows",
    "CSV",
    "read by tasks",
    "kept on disks",
    "shuffled",
    "sent to this machine",
    "processor time: tasks",
    "this machine",
    "peak of this machine",
]
_HEAD = f"| {' | '.join(_COLUMNS)} |\n|---|{'---:|' * (len(_COLUMNS) - 1)}\n"
_MEGA = 1_000_000


@dataclass(frozen=True)
class Moved:
    """What Spark moved, in bytes."""

    kept: int
    shuffled: int
    sent: int


def main() -> None:
    """Print a line for the rules together, and for each of them."""
    given = _options()
    load = os.getloadavg()[0]
    print(_HEAD, end="")
    chosen = ["--no-rules"] if given.no_rules else []
    _measure("none" if given.no_rules else "all", given, chosen)
    for rule in _rules(given.package, given.table) if given.each else given.select:
        _measure(rule, given, ["--select", rule])
    print(f"\nload before: {load:.1f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path)
    parser.add_argument("table")
    parser.add_argument("--master", default="local-cluster[2,1,2048]")
    parser.add_argument("--no-rules", action="store_true")
    parser.add_argument(
        "--select", nargs="*", default=[], metavar="RULE", help="judge these rules alone, one by one, too"
    )
    parser.add_argument("--each", action="store_true", help="judge each rule that reads the table alone, too")
    return parser.parse_args()


def _rules(package: Path, table: str) -> Iterator[str]:
    """Name the rules of a package that look at a table."""
    from depositary.check.rules.rulebook import read_rulebook  # noqa: PLC0415 (it takes time to load)

    described = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    yield from (rule.id for rule in read_rulebook(described, package).rules if table in rule.tables)


def _measure(rules: str, given: argparse.Namespace, options: list[str]) -> None:
    resource = next(
        one
        for one in json.loads((given.package / "datapackage.json").read_text(encoding="utf-8"))["resources"]
        if one["name"] == given.table
    )
    file = given.package / resource["path"]
    rows = _rows(file)
    with tempfile.TemporaryDirectory() as place:
        conf = {
            "spark.local.dir": place,
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": Path(place).as_uri(),
            "spark.eventLog.compress": "false",
            "spark.eventLog.rolling.enabled": "false",
            "spark.eventLog.logBlockUpdates.enabled": "true",
        }
        settings = [text for name, value in conf.items() for text in ("--conf", f"{name}={value}")]
        command = [sys.executable, "-m", "depositary", "validate", str(given.package), "--engine", "spark"]
        cost = watched([*command, "--master", given.master, *settings, *options], Path(place))
        moved = _moved(Path(place))
    print(_line(rules, rows, file.stat().st_size, moved, cost), flush=True)


def _rows(file: Path) -> int:
    with file.open("rb") as stream:
        return sum(data.count(b"\n") for data in iter(lambda: stream.read(1 << 20), b"")) - 1


def _moved(place: Path) -> Moved:
    """Add up what the log of events has of all tasks."""
    kept: dict[str, int] = {}
    shuffled = sent = 0
    for event in _events(place):
        if event["Event"] == "SparkListenerBlockUpdated":
            block = event["Block Updated Info"]
            if block["Block ID"].startswith("rdd_"):
                kept[block["Block ID"]] = max(kept.get(block["Block ID"], 0), block["Disk Size"])
        if event["Event"] == "SparkListenerTaskEnd" and (metrics := event.get("Task Metrics")):
            shuffled += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
            sent += metrics["Result Size"]
    return Moved(sum(kept.values()), shuffled, sent)


def _events(place: Path) -> Iterator[dict[str, Any]]:
    for file in place.glob("*app-*"):
        with file.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def _line(rules: str, rows: int, size: int, moved: Moved, cost: Cost) -> str:
    millions = rows / _MEGA
    each = [size, cost.read, moved.kept, moved.shuffled, moved.sent]
    cells = [rules, f"{rows:,}", *(f"{count / _MEGA / millions:,.1f} MB" for count in each)]
    cells += [f"{(cost.cpu - cost.here) / millions:.1f} s", f"{cost.here / millions:.1f} s"]
    return f"| {' | '.join([*cells, f'{cost.first:,.0f} MB'])} |"


if __name__ == "__main__":
    main()
