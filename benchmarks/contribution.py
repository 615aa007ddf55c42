"""Measure what it costs to validate and to merge a contribution, by the size of the published package.

The base is the shipped package with N rows of trade flows of 33 columns, or a table of 11 columns (`1e7x11`). A
contribution has new, changed or deleted rows, or all three. It is validated without a cache, with an empty one and with
a filled one, and merged with an empty and a filled one. Beside it run a join of contribution and base on the key in
DuckDB, a copy of the base, and a merge of the same rows by doltlite. Each runs in a process of its own, round after
round; the table has the medians of one run, the second one how cost grows with the base.
Run: python benchmarks/contribution.py [--bases 1e3 1e4 1e5 1e6] [--rows 10] [--kinds mixed] [--rounds 3]
[--only-validate] [--folder FOLDER] [--write --on YYYY-MM-DD], which puts the tables into docs/benchmarks.md.
All that is asked for: --bases 1e3 1e4 1e5 1e6 1e7 1e7x11 --rows 10 1e4 1e6 --kinds mixed new changed deleted
A base of ten million rows or more gets only the first size and kind of contribution: a merge takes minutes there.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from math import log
from pathlib import Path
from statistics import linear_regression, median

from contributed import HERE, KINDS, Base, contribution
from page import machine, put_contributions
from validate import Run, run

_SECOND, _COPY, _DOLT = "validate, second run", "copy of the base", "doltlite, load and three-way merge"
_ONCE = 10_000_000  # rows of a base from which on everything runs once
_MOST = 1_000_000  # rows that doltlite gets: it keeps every row of a commit
_HEAD = """\
| base | rows contributed | what | wall | processor time | peak memory | processor time / smallest base | wall / copy |
|---:|---|---|---:|---:|---:|---:|---:|
"""
_GROWTH = """
| columns | rows contributed | what | bases | exponent of wall | exponent of processor time |
|---:|---|---|---|---:|---:|
"""
_LEAST = 2  # bases of which growth can be told


@dataclass(frozen=True)
class Work:
    """What was measured, apart from the size of the base."""

    columns: int
    contributed: str
    what: str


def main() -> None:
    """Measure base by base, and print the table as it grows."""
    given = _options()
    load = os.getloadavg()[0]
    lines = [_HEAD]
    print(_HEAD, end="")
    found: dict[Work, dict[int, list[Run]]] = {}
    with nullcontext(given.folder) if given.folder else tempfile.TemporaryDirectory() as place:
        for base, rows, kind in _cases(given):
            package = base.made_in(Path(place))
            own = contribution(Path(place), base, package, rows, kind)
            rounds = 1 if base.rows >= _ONCE else given.rounds
            runs = _measured(Path(place), package, base, own, rounds, merges=not given.only_validate)
            for what, done in runs.items():
                known = found.setdefault(Work(base.columns, f"{rows:,} {kind}", what), {})
                known[base.rows] = done
                lines.append(_line(base, f"{rows:,} {kind}", what, done, next(iter(known.values())), runs[_COPY]))
                print(lines[-1], end="", flush=True)
    lines.append("".join(_growth(found)))
    print(lines[-1], end="")
    if given.write:
        how = f"medians of {given.rounds} rounds in one run, in turn (one round from ten million rows on)"
        put_contributions("".join(lines), given.on, f"{how}; {machine(load)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = ["1e3", "1e4", "1e5", "1e6"]
    parser.add_argument("--bases", nargs="*", default=usual, help="rows of the published table, or ROWSxCOLUMNS")
    parser.add_argument("--rows", nargs="*", default=["10"], help="rows of the contribution")
    parser.add_argument("--kinds", nargs="*", default=["mixed"], choices=KINDS, help="what it does")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only-validate", action="store_true", help="merge nothing")
    parser.add_argument("--folder", type=Path, help="keep the packages here for the next run")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--on", type=date.fromisoformat, help="the day, for the page")
    given = parser.parse_args()
    if given.write and given.on is None:
        parser.error("--write needs --on")
    return given


def _cases(given: argparse.Namespace) -> Iterator[tuple[Base, int, str]]:
    for base in map(Base.of, given.bases):
        every = [(base, int(float(rows)), kind) for rows in given.rows for kind in given.kinds]
        yield from every[:1] if base.rows >= _ONCE else every


def _measured(  # noqa: PLR0913 (each decides what is run)
    place: Path, package: Path, base: Base, own: Path, rounds: int, *, merges: bool
) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {}
    merged = place / "merged"
    if not (place / "compiled").exists():  # a first run, which is not counted, compiles what all load
        for command in _commands(place, package, base, own, merges=merges).values():
            shutil.rmtree(merged, ignore_errors=True)
            run(command, place / "compiled")
    for _ in range(rounds):
        for what, command in _commands(place, package, base, own, merges=merges).items():
            if "first" in what:
                shutil.rmtree(place / "cache", ignore_errors=True)
            shutil.rmtree(merged, ignore_errors=True)
            done = run(command, place / "compiled")
            if done.code not in (0, 1):
                sys.exit(f"{what}: {done.complaint[-2000:]}")
            runs.setdefault(what, []).append(done)
    shutil.rmtree(merged, ignore_errors=True)
    return runs


def _commands(place: Path, package: Path, base: Base, own: Path, *, merges: bool) -> dict[str, list[str]]:
    """Give what is run, in order; the first run of each verb has an empty cache."""
    program, cache = [sys.executable, "-m", "depositary"], ["--cache", str(place / "cache")]
    validate = [*program, "validate", str(own), "--base", str(package)]
    merge = [*program, "merge", str(package), str(own), "--output-dir", str(place / "merged"), *cache]
    peer = [sys.executable, str(HERE / "contribution_peers.py")]
    files = [str(package / base.file), str(own)]
    commands = {
        "validate, without a cache": [*validate, "--no-cache"],
        "validate, first run": [*validate, *cache],
        _SECOND: [*validate, *cache],
        "the base alone, without rules": [*program, "validate", str(package), "--no-rules"],
        "join on the key in DuckDB": [*peer, "join", *files],
        _COPY: ["cp", "-r", str(package), str(place / "merged")],
    }
    if merges:
        commands |= {"merge, first run": merge, "merge, second run": merge}
        if find_spec("doltlite") and base.rows <= _MOST:
            commands[_DOLT] = [*peer, "doltlite", *files]
    return commands


def _line(  # noqa: PLR0913 (each is a cell, or what one is compared with)
    base: Base, contributed: str, what: str, runs: list[Run], first: list[Run], copies: list[Run]
) -> str:
    wall, cpu, memory = (_median(runs, name) for name in ("wall", "cpu", "memory"))
    cells = [f"{base.rows:,} x {base.columns}", contributed, what, f"{wall:.2f} s", f"{cpu:.2f} s"]
    cells += [f"{memory:,.0f} MB", f"{cpu / _median(first, 'cpu'):.2f}", f"{wall / _median(copies, 'wall'):.1f}"]
    return f"| {' | '.join(cells)} |\n"


def _median(runs: list[Run], name: str) -> float:
    return float(median(max(getattr(one, name), 0.001) for one in runs))


def _growth(found: Mapping[Work, Mapping[int, list[Run]]]) -> Iterator[str]:
    """Give the exponents of cost by size of the base: 0 is the same for each base, 1 is in proportion to it."""
    several = {work: runs for work, runs in found.items() if len(runs) >= _LEAST}
    if several:
        yield _GROWTH
    for work, runs in several.items():
        sizes = [log(size) for size in runs]
        slopes = (linear_regression(sizes, [log(_median(r, n)) for r in runs.values()]).slope for n in ("wall", "cpu"))
        bases = f"{min(runs):,} to {max(runs):,}"
        cells = [str(work.columns), work.contributed, work.what, bases, *(f"{slope:.2f}" for slope in slopes)]
        yield f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    main()
