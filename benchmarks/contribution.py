"""Measure what it costs to validate and to merge a contribution, by the size of the published package.

The base is the shipped package with N rows of trade flows of 33 columns. A contribution has a tenth of its rows
deleted, a third changed, the rest new. Each is validated without a cache, with an empty cache and with a filled one;
beside them run a join of contribution and base on the key in DuckDB, and a copy of the base. Each runs in a process of
its own, round after round; the table has the medians of one run.
Run: python benchmarks/contribution.py [--bases 1e3 1e6] [--rows 10] [--rounds 3] [--merge] [--folder FOLDER]
[--write --on YYYY-MM-DD], which puts the table into docs/benchmarks.md.
"""

import argparse
import csv
import json
import os
import shutil
import sys
import tempfile
from contextlib import nullcontext
from datetime import date
from itertools import islice
from pathlib import Path
from statistics import median

from page import machine, put_contributions
from rules import fill
from validate import ROOT, Run, run

_TABLE, _KEY, _DELETED, _CHANGED = "trade_flows", "trade_flow_id", 10, 3  # one row in so many
_HEAD = """\
| rows of the base | rows contributed | what | wall | processor time | peak memory | processor time / smallest base |
|---:|---:|---|---:|---:|---:|---:|
"""
_JOIN = """
import duckdb, sys
duckdb.execute("SET threads = 2")
own, base = (f"read_csv('{name}', all_varchar = true)" for name in sys.argv[1:])
print(duckdb.sql(f"SELECT count(*) FROM {own} AS o ANTI JOIN {base} AS b USING (trade_flow_id)").fetchall())
"""


def main() -> None:
    """Measure base by base, and print the table as it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bases", nargs="*", default=["1e3", "1e6"], help="rows of the published table")
    parser.add_argument("--rows", nargs="*", default=["10"], help="rows of the contribution")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--merge", action="store_true", help="merge the contribution too")
    parser.add_argument("--folder", type=Path, help="keep the packages here for the next run")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    parser.add_argument("--on", type=date.fromisoformat, help="the day, for the page")
    given = parser.parse_args()
    if given.write and given.on is None:
        parser.error("--write needs --on")
    load = os.getloadavg()[0]
    lines = [_HEAD]
    print(_HEAD, end="")
    smallest: dict[tuple[int, str], float] = {}
    with nullcontext(given.folder) if given.folder else tempfile.TemporaryDirectory() as place:
        for size in (int(float(one)) for one in given.bases):
            base = _base(Path(place), size)
            for rows in (int(float(one)) for one in given.rows):
                own = _contribution(Path(place), base, rows)
                for what, runs in _measured(Path(place), base, own, given.rounds, merges=given.merge).items():
                    first = smallest.setdefault((rows, what), median(one.cpu for one in runs))
                    lines.append(_line(size, rows, what, runs, first) + "\n")
                    print(lines[-1], end="", flush=True)
    if given.write:
        how = f"medians of {given.rounds} rounds in one run, in turn; {machine(load)}"
        put_contributions("".join(lines), given.on, how)


def _base(place: Path, size: int) -> Path:
    folder = place / f"base-{size}"
    if not folder.exists():
        shutil.copytree(ROOT / "datapackage", folder)
        fill(folder, size)
    return folder


def _contribution(place: Path, base: Path, rows: int) -> Path:
    """Write a patch with rows that the base has, and with new ones."""
    folder = place / f"{base.name}-own-{rows}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    package = json.loads((base / "datapackage.json").read_text(encoding="utf-8"))
    manifest = 'contributor = "ctr-maintainers"\nmode = "patch"\nrole = "coder"\nlicense = "CC-BY-4.0"\n\n[base]\n'
    manifest += f'package = "{package["name"]}"\nversion = "{package["version"]}"\n'
    (folder / "contribution.toml").write_text(manifest, encoding="utf-8")
    with (base / "data" / f"{_TABLE}.csv").open(newline="", encoding="utf-8") as file:
        known = list(islice(csv.DictReader(file), 1, 1 + rows // _CHANGED + rows // _DELETED))
    own = [{**row, "value": f"{float(row['value']) + 1:.2f}"} for row in known[: rows // _CHANGED]]
    template = known[0]
    own += [{**template, _KEY: f"flw-new-{at}", "product_text": f"New series {at}"} for at in range(rows - len(known))]
    _write(folder / f"{_TABLE}.csv", list(template), own)
    gone = [{"table": _TABLE, "record_id": row[_KEY], "reason": "withdrawn"} for row in known[rows // _CHANGED :]]
    if gone:
        _write(folder / "deletes.csv", ["table", "record_id", "reason"], gone)
    return folder


def _write(file: Path, names: list[str], rows: list[dict[str, str]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _measured(place: Path, base: Path, own: Path, rounds: int, *, merges: bool) -> dict[str, list[Run]]:
    cache, merged = place / "cache", place / "merged"
    program = [sys.executable, "-m", "depositary"]
    validate = [*program, "validate", str(own), "--base", str(base)]
    commands = {
        "validate, without a cache": [*validate, "--no-cache"],
        "validate, first run": [*validate, "--cache", str(cache)],
        "validate, second run": [*validate, "--cache", str(cache)],
        "the base alone, without rules": [*program, "validate", str(base), "--no-rules"],
        "join on the key in DuckDB": [
            *(sys.executable, "-c", _JOIN, str(own / f"{_TABLE}.csv"), str(base / "data" / f"{_TABLE}.csv"))
        ],
        "copy of the base": ["cp", "-r", str(base), str(merged)],
    }
    if merges:
        commands["merge, second run"] = [
            *(*program, "merge", str(base), str(own), "--output-dir", str(merged), "--cache", str(cache))
        ]
    runs: dict[str, list[Run]] = {what: [] for what in commands}
    for _ in range(rounds):
        shutil.rmtree(cache, ignore_errors=True)
        for what, command in commands.items():
            shutil.rmtree(merged, ignore_errors=True)
            done = run(command, place / "compiled")
            if done.code not in (0, 1):
                sys.exit(f"{what}: {done.complaint[-2000:]}")
            runs[what].append(done)
    return runs


def _line(size: int, rows: int, what: str, runs: list[Run], first: float) -> str:
    wall, cpu, memory = (median(getattr(one, name) for one in runs) for name in ("wall", "cpu", "memory"))
    return f"| {size:,} | {rows:,} | {what} | {wall:.2f} s | {cpu:.2f} s | {memory:,.0f} MB | {cpu / first:.2f} |"


if __name__ == "__main__":
    main()
