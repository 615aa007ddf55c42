"""Do with other tools what a contribution needs; a process of its own for each.

Run: python benchmarks/contribution_peers.py join|doltlite TABLE.csv CONTRIBUTION
`join` counts the rows of a contribution whose key the table does not have. `doltlite` loads the table, changes it as
the contribution asks on a branch, changes another row on the main branch, and merges both; it checks nothing.
"""

import csv
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

THREADS = 2


def main() -> None:
    """Run one tool."""
    tool, table, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    {"join": join, "doltlite": doltlite}[tool](table, folder / table.name, folder / "deletes.csv")


def join(table: Path, own: Path, _deletes: Path) -> None:
    """Look for the rows of a contribution that are new, in DuckDB."""
    import duckdb  # noqa: PLC0415 (each tool loads alone)

    duckdb.execute(f"SET threads = {THREADS}")
    key = _names(table)[0]
    if own.is_file():
        both = (f"read_csv('{name}', all_varchar = true)" for name in (own, table))
        print(duckdb.execute(f"SELECT count(*) FROM {' ANTI JOIN '.join(both)} USING ({key})").fetchall())  # noqa: S608 (our own names)


def doltlite(table: Path, own: Path, deletes: Path) -> None:
    """Merge a branch with the contribution into one with another change."""
    import doltlite  # type: ignore[import-untyped,unused-ignore]  # noqa: F401, I001, PLC0415 (it replaces the next one)
    import sqlite3  # noqa: PLC0415

    names = _names(table)
    columns = ", ".join(f'"{name}" TEXT{" PRIMARY KEY" if not at else ""}' for at, name in enumerate(names))
    put = f"INSERT OR REPLACE INTO flows VALUES ({', '.join('?' * len(names))})"  # noqa: S608 (our own names)
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(str(Path(folder) / "dolt.db"), isolation_level=None)
        run = connection.execute

        def commit(rows: Iterator[list[str | None]], gone: Iterator[list[str | None]], message: str) -> None:
            run("BEGIN")
            connection.executemany(put, rows)
            connection.executemany(f'DELETE FROM flows WHERE "{names[0]}" = ?', ([row[1]] for row in gone))  # noqa: S608 (as above)
            run("COMMIT")
            run(f"SELECT dolt_commit('-A', '-m', '{message}')")

        run(f"CREATE TABLE flows ({columns})")
        commit(_rows(table), iter(()), "base")
        run("SELECT dolt_checkout('-b', 'theirs')")
        commit(_rows(own), _rows(deletes), "contribution")
        run("SELECT dolt_checkout('main')")
        first = next(_rows(table))
        commit(iter([[*first[:-1], "changed"]]), iter(()), "another change")
        run("SELECT dolt_merge('theirs')").fetchall()
        print(run("SELECT count(*) FROM flows").fetchall())
        connection.close()


def _names(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as stream:
        return next(csv.reader(stream))


def _rows(file: Path) -> Iterator[list[str | None]]:
    """Give the rows of a file; none if there is no file."""
    if file.is_file():
        with file.open(encoding="utf-8", newline="") as stream:
            lines = csv.reader(stream)
            next(lines)
            yield from ([cell or None for cell in row] for row in lines)


if __name__ == "__main__":
    main()
