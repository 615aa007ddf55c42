"""Many cases, in child processes with bounds: `python tests/fuzz/soak.py --runs 20000 --seed 1`."""

import argparse
import faulthandler
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from judged import run
from spoil import case
from world import build

Line = dict[str, Any]
_SHARE = 250  # runs of one child
_ROOM = 12 << 30  # bytes of addresses; what is used is measured, and has to stay below a sixth of it
_HUNG = 120  # seconds, after which a child is ended


@dataclass
class Soak:
    """What came of many runs: how many of each verb, and the lines of those that failed, by fault."""

    runs: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    slowest: float = 0.0
    largest: int = 0

    def add(self, line: Line) -> None:
        self.runs[line["verb"]] += 1
        self.slowest = max(self.slowest, line["seconds"])
        self.largest = max(self.largest, line["memory"])
        for fault in line["faults"]:
            self.faults[fault].append(line)

    def told(self) -> Iterator[str]:
        for fault, lines in sorted(self.faults.items(), key=lambda item: -len(item[1])):
            verbs = dict(Counter(line["verb"] for line in lines))
            yield f"{len(lines):5} {fault}: {verbs}; such as {[line['number'] for line in lines[:3]]}"
        yield str(dict(sorted(self.runs.items())))
        count = sum(map(len, self.faults.values()))
        yield (
            f"{self.runs.total():,} runs, {count:,} faults of {len(self.faults)} kinds; the slowest took "
            f"{self.slowest:.1f} s of the processor, the largest {self.largest >> 20:,} MB"
        )


@dataclass
class _Child:
    """A process that runs some cases, and the file to which it writes what came of each."""

    scratch: Path
    seed: str
    first: int
    count: int

    def __post_init__(self) -> None:
        self.out = self.scratch / f"{self.first}.jsonl"
        numbers = ["--first", str(self.first), "--runs", str(self.count), "--seed", self.seed]
        with (self.scratch / f"{self.first}.log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, __file__, "--child", str(self.scratch), *numbers], stdout=log, stderr=log
            )

    def lines(self) -> list[Line]:
        return [json.loads(line) for line in self.out.read_text(encoding="utf-8").splitlines()]


def soak(runs: int, seed: str, first: int = 0, jobs: int = 2) -> Soak:
    """Run cases of a seed, from a number on."""
    result = Soak()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        scratch = Path(folder)
        build(scratch / "world")
        waiting = [(at, min(_SHARE, first + runs - at)) for at in range(first, first + runs, _SHARE)]
        children: list[_Child] = []
        while waiting or children:
            while waiting and len(children) < jobs:
                children.append(_Child(scratch, seed, *waiting.pop(0)))
            for child in [one for one in children if one.process.poll() is not None]:
                children.remove(child)
                waiting += _finished(child, result)
            time.sleep(0.05)
    return result


def _finished(child: _Child, result: Soak) -> Iterator[tuple[int, int]]:
    """Take what a child has found; one that died leaves the rest of its cases to another."""
    lines = child.lines()
    for line in lines:
        result.add(line)
    if len(lines) < child.count:
        lost = child.first + len(lines)
        one = case(child.scratch / "world", f"{child.seed}:{lost}")
        fault = f"died with {child.process.returncode}"
        result.add({"number": lost, "verb": one.verb, "seconds": 0, "memory": 0, "faults": [fault], "case": one.line()})
        if lost + 1 < child.first + child.count:
            yield lost + 1, child.first + child.count - lost - 1


def _run_share(scratch: Path, seed: str, first: int, count: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_ROOM, _ROOM))
    folder = scratch / f"case-{first}"
    with (scratch / f"{first}.jsonl").open("w", encoding="utf-8") as out:
        for number in range(first, first + count):
            faulthandler.dump_traceback_later(_HUNG, exit=True)
            out.write(json.dumps(_line(scratch / "world", folder, seed, number)) + "\n")
            out.flush()
    shutil.rmtree(folder, ignore_errors=True)


def _line(world: Path, folder: Path, seed: str, number: int) -> Line:
    one = case(world, f"{seed}:{number}")
    ended, faults = run(world, one, folder)
    line: Line = {
        "number": number,
        "verb": one.verb,
        "seconds": round(ended.seconds, 3),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "faults": faults,
    }
    return line | ({"case": one.line(), "trace": ended.trace, "err": ended.err[:2000]} if faults else {})


def main() -> int:
    """Run the cases, print what is wrong by kind, and give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--seed", default=time.strftime("%Y-%m-%d"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--failures", type=Path, help="a file for cases that failed, as lines of JSON")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _run_share(options.child, options.seed, options.first, options.runs)
        return 0
    result = soak(options.runs, options.seed, options.first, options.jobs)
    print(*result.told(), sep="\n")  # noqa: T201 (for whoever has started it)
    if options.failures:
        found = [{"fault": fault, **line} for fault, lines in result.faults.items() for line in lines[:3]]
        options.failures.write_text("".join(json.dumps(one) + "\n" for one in found), encoding="utf-8")
    return 1 if result.faults else 0


if __name__ == "__main__":
    sys.exit(main())
