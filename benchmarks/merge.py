"""Measure what a merge costs beside a three-way merge of a database, a two-way join, and a merge of plain tables.

A base of N rows and 12 columns; two snapshots with 1 % changed cells, 0.5 % added and 0.5 % deleted rows each. Besides,
ten contributions that add N / 10 rows each, beside one that adds N. Each tool runs in a process of its own, all in
turn, round after round; the table gives the medians of one run.
Run: python benchmarks/merge.py [1e4 1e5 1e6] [--rounds 3] [--folder FOLDER]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import Any

from validate import Run, run

# Nothing heavy is imported here: Linux counts the memory of the process that starts a child as the child's own.

HERE = Path(__file__).resolve().parent
TOOLS = ("join", "doltlite", "depositary", "daff")
LABELS = {
    "join": "two-way full outer join in DuckDB",
    "doltlite": "doltlite, three-way",
    "daff": "daff, three-way",
    "depositary": "depositary, three-way, all outputs",
}
HEAD = """\
| rows | tool | all | but for validating | peak memory | / join | / doltlite | conflicts |
|---:|---|---:|---:|---:|---:|---:|---:|
"""
_DAFF = 10_000  # rows that daff is asked for at most; a million take it a quarter of an hour


def main() -> None:
    """Measure size by size, and print the table as it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", default=["1e4", "1e5", "1e6"], help="rows of the base")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the files here for the next run")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    print(HEAD, end="")
    with nullcontext(given.folder) if given.folder else tempfile.TemporaryDirectory() as place:
        for size in given.sizes:
            three_way(int(float(size)), Path(place), given.rounds)
        many(int(float(given.sizes[-1])), Path(place), given.rounds)
    print(f"\nload before: {load:.1f}")


def three_way(rows: int, place: Path, rounds: int) -> None:
    """Compare the tools on two snapshots."""
    folder = _made(rows, place, "two")
    tools = [tool for tool in TOOLS if tool != "daff" or rows <= _DAFF]
    runs: dict[str, list[Run]] = {tool: [] for tool in tools}
    for _ in range(rounds):
        for tool in tools:
            runs[tool].append(_run(tool, folder, place))
    walls = {tool: median(one.wall for one in done) for tool, done in runs.items()}
    for tool in tools:
        print(_line(f"{rows:,}", LABELS[tool], runs[tool], walls["join"], walls["doltlite"]), flush=True)


def many(rows: int, place: Path, rounds: int) -> None:
    """Compare ten contributions that add a tenth each with one that adds it all."""
    folders = {kind: _made(rows, place, kind) for kind in ("one", "ten")}
    runs: dict[str, list[Run]] = {kind: [] for kind in folders}
    for _ in range(rounds):
        for kind, folder in folders.items():
            runs[kind].append(_run("depositary", folder, place))
    one = median(_merging(done) for done in runs["one"])
    for kind, done in runs.items():
        share = rows if kind == "one" else rows // 10
        label = f"depositary, {kind} contribution{'s' if kind == 'ten' else ''} of {share:,} new rows"
        print(_line(f"{rows:,}", label, done, None, None), flush=True)
    print(f"\nten against one: {median(_merging(done) for done in runs['ten']) / one:.2f}")


def _made(rows: int, place: Path, kind: str) -> Path:
    folder = place / f"{kind}-{rows}"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, HERE / "revisions.py", str(rows), folder, kind], check=True)
    return folder


def _run(tool: str, folder: Path, place: Path) -> Run:
    for file in sorted(folder.glob("**/flows.csv")):
        file.read_bytes()  # so that no tool waits for the disk in the place of the next
    done = run([sys.executable, str(HERE / "merge_peers.py"), tool, str(folder)], place / "compiled")
    if done.code:
        sys.exit(f"{tool} failed: {done.complaint}")
    return done


def _told(one: Run) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(one.output.splitlines()[-1])
    return told


def _merging(one: Run) -> float:
    """Give the seconds that were not spent on validating."""
    return one.wall - float(_told(one).get("validating", 0.0))


def _line(rows: str, label: str, runs: list[Run], join: float | None, dolt: float | None) -> str:
    wall, merging = median(one.wall for one in runs), median(map(_merging, runs))
    memory = median(one.memory for one in runs)
    found = sorted({str(_told(one).get("conflicts", "-")) for one in runs})
    ratios = [f"{merging / other:.2f}" if other else "-" for other in (join, dolt)]
    cells = [rows, label, f"{wall:.2f} s", f"{merging:.2f} s", f"{memory:,.0f} MB", *ratios, " or ".join(found)]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
