"""Measure what it costs to say how far five coders agree, level by level.

Five coders code the same units, in a package for each level. One in ten cells is blank. Seven in ten of the others have
the value of their unit, the rest a random one. Matching is by key, so the time is that of reading and of the figures.
Each level is a process of its own.
Run: python benchmarks/agreement.py [1500 10000] [--rounds 3]
"""

import argparse
import csv
import json
import random
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from validate import Run, run

CODERS = ("ann", "ben", "cem", "dua", "eli")
CODES = tuple("abcdefgh")
TOPICS = tuple(f"t{number}" for number in range(20))
_MISSING, _EQUAL = 0.1, 0.7
HEAD = "| level | units | different values | CPU seconds | seconds | peak MB |\n|---|---:|---:|---:|---:|---:|\n"

FIELDS: dict[str, dict[str, object]] = {
    "nominal": {"type": "string", "categories": CODES},
    "ordinal": {"type": "string", "categories": CODES, "categoriesOrdered": True},
    "interval": {"type": "number"},
    "ratio": {"type": "number", "constraints": {"minimum": 0}},
    "set": {"type": "string", "merge": {"as": "set", "separator": ";"}},
    "time": {"type": "date"},
}


def _value(level: str, draw: random.Random) -> str:
    if level in ("nominal", "ordinal"):
        return draw.choice(CODES)
    if level == "set":
        return ";".join(sorted(draw.sample(TOPICS, draw.randint(1, 3))))
    if level == "time":
        return str(date(2000, 1, 1) + timedelta(days=draw.randrange(10_000)))
    return f"{draw.randrange(1, 10**7) / 100:.2f}"


def main() -> None:
    """Measure size by size, and print a line for each level."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=[1_500, 10_000], help="units of each table")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(HEAD, end="")
    with tempfile.TemporaryDirectory() as place:
        for size in given.sizes:
            for level in FIELDS:
                folder = Path(place) / f"{level}-{size}"
                number = write(folder, level, size)
                runs = [_timed(folder, Path(place) / "compiled") for _ in range(given.rounds)]
                times = (f"{median(getattr(one, name) for one in runs):.{digits}f}" for name, digits in _SHOWN)
                print(f"| {level} | {size:,} | {number:,} | {' | '.join(times)} |", flush=True)


_SHOWN = (("cpu", 1), ("wall", 1), ("memory", 0))


def write(folder: Path, level: str, size: int) -> int:
    """Write a package and a contribution of each coder; give the number of different values."""
    described = {"name": "rounds", "version": "1", "resources": [_resource(level)]}
    _put(folder / "package" / "datapackage.json", json.dumps(described))
    _put(folder / "package" / f"{level}.csv", "unit_id,value\n")
    for coder in CODERS:
        about = f'contributor = "ctr-{coder}"\nmode = "patch"\nrole = "coder"\nlicense = "CC0-1.0"\n'
        _put(folder / coder / "contribution.toml", f'{about}[base]\npackage = "rounds"\nversion = "1"\n')
    return _rows(folder, level, size)


def _resource(level: str) -> dict[str, object]:
    fields: list[object] = [{"name": "unit_id", "type": "string", "constraints": {"required": True}}]
    schema = {"fields": [*fields, {"name": "value", **FIELDS[level]}], "primaryKey": ["unit_id"]}
    return {"name": level, "path": f"{level}.csv", "schema": schema}


def _rows(folder: Path, level: str, size: int) -> int:
    draw = random.Random(1)  # noqa: S311 (not for secrets)
    rows: dict[str, list[tuple[str, str]]] = {coder: [] for coder in CODERS}
    given = set()
    for number in range(size):
        right = _value(level, draw)
        for of in rows.values():
            value = "" if draw.random() < _MISSING else right if draw.random() < _EQUAL else _value(level, draw)
            of.append((f"u{number:06}", value))
            given.add(value)
    for coder, of in rows.items():
        with (folder / coder / f"{level}.csv").open("w", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([("unit_id", "value"), *of])
    return len(given - {""})


def _put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _timed(folder: Path, compiled: Path) -> Run:
    who = [str(folder / coder) for coder in CODERS]
    options = ["--package", str(folder / "package"), "--judged-only", "--format", "csv"]
    done = run([sys.executable, "-m", "depositary", "agree", *who, *options], compiled)
    if done.code not in (0, 1):
        raise SystemExit(done.complaint)
    return done


if __name__ == "__main__":
    main()
