"""Read every cell of a CSV file with DuckDB and do nothing else: what no check of the file can beat by much.

Run: python benchmarks/floor.py FILE [--short-rows]
"""

import gzip
import json
import sys
from pathlib import Path

import duckdb


def main() -> None:
    """Add up the lengths of all cells, read as text in the form that the packages have."""
    path = Path(sys.argv[1])
    names = _header(path)
    sums = ", ".join(f'sum(length("{name}"))' for name in names)
    texts = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    form = "all_varchar = true, auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"'"
    short = "true" if "--short-rows" in sys.argv else "false"
    scan = f"read_csv($path, {form}, null_padding = {short}, columns = {{{texts}}})"
    (rows, *_), *_ = duckdb.execute(f"SELECT count(*), {sums} FROM {scan}", {"path": str(path)}).fetchall()  # noqa: S608 (our own texts)
    print(json.dumps({"rows": rows}))


def _header(path: Path) -> list[str]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        return file.readline().strip().split(",")


if __name__ == "__main__":
    main()
