"""What benchmarks/export.py runs and compares: bare DuckDB writing Parquet; a table loaded by polars, by depositary.

Run: python benchmarks/export_peers.py copy PACKAGE FOLDER | polars FOLDER | depositary FOLDER
"""

import json
import sys
import time
from pathlib import Path

TYPES = {"number": "DECIMAL(38, 9)", "year": "BIGINT", "integer": "BIGINT", "date": "DATE"}


def main() -> None:
    """Run one of them."""
    tool, path, *more = sys.argv[1:]
    if tool == "copy":
        copy(Path(path), Path(*more))
    elif tool == "polars":
        polars(Path(path))
    else:
        depositary(path)


def copy(package: Path, folder: Path) -> None:
    """Write each table with one statement, the types said."""
    import duckdb  # noqa: PLC0415 (each library loads alone, so that none is timed for another)

    folder.mkdir()
    descriptor = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    for table in descriptor["resources"]:
        columns = {f["name"]: TYPES.get(f["type"], "VARCHAR") for f in table["schema"]["fields"]}
        form = f"auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', columns = {columns}"
        target = folder / f"{table['name']}.parquet"
        duckdb.execute(f"COPY (FROM read_csv('{package / table['path']}', {form})) TO '{target}' (FORMAT parquet)")


def polars(folder: Path) -> None:
    """Read the flows."""
    import polars as pl  # noqa: PLC0415

    pl.read_parquet(folder / "sources.parquet")
    start = time.perf_counter()
    frame = pl.read_parquet(folder / "flows.parquet")
    print(json.dumps({"seconds": time.perf_counter() - start, "rows": frame.height}))


def depositary(folder: str) -> None:
    """Load the flows."""
    import depositary  # noqa: PLC0415

    depositary.load(folder, "sources", "polars")
    start = time.perf_counter()
    frame = depositary.load(folder, "flows", "polars")
    print(json.dumps({"seconds": time.perf_counter() - start, "rows": frame.height}))


if __name__ == "__main__":
    main()
