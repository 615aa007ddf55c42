"""Three-way merges by doltlite: cases as lines of JSON on standard input, their results on standard output.

It runs in a process of its own, because it replaces the process's sqlite3. A case is a list of columns (the first is
the key) and three tables, `base`, `ours` and `theirs`, each a list of rows; the result is the merged rows and the keys
of the rows in conflict. Texts only; None is NULL.
"""
# ruff: noqa: S608 (the names in the queries are made here)

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import doltlite  # noqa: F401 (makes sqlite3 that of Dolt)

import sqlite3  # isort: skip (only after it)

Row = Sequence[str | None]


def results(lines: Iterator[str], folder: Path) -> Iterator[str]:
    """Merge one case after another, each in a table of its own of one database."""
    connection = sqlite3.connect(folder / "cases.db", isolation_level=None)
    for number, line in enumerate(lines):
        yield json.dumps(merged(connection, f"case{number}", json.loads(line)))


def merged(connection: sqlite3.Connection, table: str, case: Mapping[str, Any]) -> dict[str, Any]:
    """Merge one case, and leave the table's rows and conflicts behind on the branch main."""
    columns = case["columns"]
    fields = ", ".join([f"{columns[0]} TEXT PRIMARY KEY", *(f"{name} TEXT" for name in columns[1:])])
    connection.execute(f"CREATE TABLE {table} ({fields})")
    commit(connection, table, case["base"])
    connection.execute("SELECT dolt_branch(?)", [f"theirs_{table}"])
    commit(connection, table, case["ours"])
    connection.execute("SELECT dolt_checkout(?)", [f"theirs_{table}"])
    commit(connection, table, case["theirs"])
    connection.execute("SELECT dolt_checkout('main')")
    connection.execute("BEGIN")  # a merge with conflicts may stand only within a transaction
    try:
        connection.execute("SELECT dolt_merge(?)", [f"theirs_{table}"])
    except sqlite3.OperationalError as error:
        if "conflict(s)" not in str(error):
            raise
    rows = [list(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")]
    conflicts = conflicting(connection, table, columns[0])
    connection.execute("ROLLBACK")
    return {"rows": rows, "conflicts": conflicts}


def commit(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    connection.execute(f"DELETE FROM {table}")
    marks = ", ".join("?" * len(rows[0])) if rows else ""
    if rows:
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    connection.execute("SELECT dolt_commit('-A', '--allow-empty', '-m', 'step')")


def conflicting(connection: sqlite3.Connection, table: str, key: str) -> list[str]:
    """Give the keys of the rows in conflict."""
    found = connection.execute('SELECT "table" FROM dolt_conflicts').fetchall()
    if (table,) not in found:
        return []
    sides = f"coalesce(base_{key}, our_{key}, their_{key})"
    return sorted({row[0] for row in connection.execute(f"SELECT {sides} FROM dolt_conflicts_{table}")})


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        for result in results(iter(sys.stdin), Path(place)):
            print(result, flush=True)  # noqa: T201
