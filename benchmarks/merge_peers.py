"""Merge or compare the same tables with one tool, and say how much it found; a process of its own for each.

Run: python benchmarks/merge_peers.py depositary|doltlite|join|daff FOLDER
"""

import csv
import json
import re
import shutil
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from revisions import NAMES, TYPES

KEY, *FIELDS = NAMES


def main() -> None:
    """Run one tool and print what it found as JSON."""
    tool, folder = sys.argv[1], Path(sys.argv[2])
    result = {"depositary": depositary, "doltlite": doltlite, "join": join, "daff": daff}[tool](folder)
    print(json.dumps(result))


def _contributions(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/batch/contribution.toml"))


def depositary(folder: Path) -> dict[str, object]:
    """Merge with all outputs; the time for validating is given apart."""
    from depositary.merging.merge import merge  # noqa: PLC0415 (each tool loads alone)

    steps: list[tuple[float, str]] = []
    output = folder / "merged"
    merged = merge(
        folder / "base",
        _contributions(folder),
        output_dir=output,
        on_step=lambda step: steps.append((time.perf_counter(), step)),
    )
    steps.append((time.perf_counter(), ""))
    shutil.rmtree(output)
    validating = sum(after - at for (at, step), (after, _) in pairwise(steps) if step.startswith("validating"))
    return {"conflicts": len(merged.open), "validating": validating}


def doltlite(folder: Path) -> dict[str, object]:
    """Load the base, change it on two branches, and merge them cell by cell."""
    import doltlite  # type: ignore[import-untyped,unused-ignore]  # noqa: F401, I001, PLC0415 (it replaces the next one)
    import sqlite3  # noqa: PLC0415

    database = folder / "dolt.db"
    database.unlink(missing_ok=True)
    connection = sqlite3.connect(str(database), isolation_level=None)
    names = ", ".join(f'"{name}"' for name in NAMES)
    marks = ", ".join("?" * len(NAMES))
    types = {"number": "TEXT", "integer": "INTEGER", "year": "INTEGER"}
    columns = ", ".join(f'"{name}" {types.get(TYPES.get(name, ""), "TEXT")}' for name in FIELDS)
    run = connection.execute
    run(f'CREATE TABLE flows ("{KEY}" TEXT PRIMARY KEY, {columns})')

    def load(file: Path) -> None:
        run("BEGIN")
        run("DELETE FROM flows")
        connection.executemany(f"INSERT INTO flows ({names}) VALUES ({marks})", _rows(file))  # noqa: S608 (our own names)
        run("COMMIT")

    load(folder / "base" / "flows.csv")
    run("SELECT dolt_commit('-A', '-m', 'base')")
    for branch, who in (("theirs", "bob"), ("main", "ann")):
        if branch == "theirs":
            run("SELECT dolt_checkout('-b', 'theirs')")
        else:
            run("SELECT dolt_checkout('main')")
        load(folder / who / "batch" / "flows.csv")
        run("SELECT dolt_commit('-A', '-m', 'changed')")
    run("BEGIN")
    try:
        run("SELECT dolt_merge('theirs')").fetchall()
        conflicts = 0
    except sqlite3.OperationalError as error:
        counted = re.search(r"(\d+) conflict", str(error))
        if counted is None:
            raise
        conflicts = int(counted[1])
    connection.close()
    database.unlink()
    return {"conflicts": conflicts}


def _rows(file: Path) -> Iterator[list[str | None]]:
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        for row in reader:
            yield [cell or None for cell in row]


def join(folder: Path) -> dict[str, object]:
    """Compare the base with one contribution by a full outer join in DuckDB, and write the cells that differ."""
    import duckdb  # noqa: PLC0415

    texts = ", ".join(f"'{name}': 'VARCHAR'" for name in NAMES)
    form = f"auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', columns = {{{texts}}}"
    sheets = {"a": folder / "base" / "flows.csv", "b": folder / "ann" / "batch" / "flows.csv"}
    connection = duckdb.connect()
    for name, file in sheets.items():
        connection.execute(f"CREATE TABLE {name} AS FROM read_csv('{file}', {form})")
    whole = ", ".join(f"a.{n} AS a_{n}, b.{n} AS b_{n}" for n in NAMES)
    connection.execute(f"CREATE TABLE j AS SELECT {whole} FROM a FULL JOIN b ON a.{KEY} = b.{KEY}")  # noqa: S608
    cells = " UNION ALL ".join(
        f"SELECT coalesce(a_{KEY}, b_{KEY}) AS id, '{n}' AS field, a_{n} AS before, b_{n} AS after "  # noqa: S608
        f"FROM j WHERE a_{n} IS DISTINCT FROM b_{n}"
        for n in FIELDS
    )
    out = folder / "join.csv"
    connection.execute(f"COPY (SELECT * FROM ({cells}) ORDER BY id, field) TO '{out}' (HEADER)")  # noqa: S608
    found = connection.execute(f"SELECT count(*) FROM read_csv('{out}', all_varchar = true)").fetchone()  # noqa: S608
    return {"cells": found[0] if found else 0}


def daff(folder: Path) -> dict[str, object]:
    """Merge two tables with daff, three-way; conflicts are texts in the cells."""
    import daff as peer  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: PLC0415

    def table(path: Path) -> object:
        with path.open(encoding="utf-8", newline="") as stream:
            return peer.PythonTableView(list(csv.reader(stream)))

    base = table(folder / "base" / "flows.csv")
    ours, theirs = (table(folder / who / "batch" / "flows.csv") for who in ("ann", "bob"))
    flags = peer.CompareFlags()
    flags.addPrimaryKey(KEY)
    return {"conflicts": peer.Merger(base, ours, theirs, flags).apply()}


if __name__ == "__main__":
    main()
