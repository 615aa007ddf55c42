"""Make a package of N rows and 12 columns and contributions to it, the same each time.

Two snapshots change 1 % of the cells, add 0.5 % of the rows and delete 0.5 % each; or ten patches add N / 10 rows each.
Run: python benchmarks/revisions.py ROWS FOLDER [two|ten|one]
"""

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl

NAMES = (
    *("flow_id", "reporter", "partner", "flow", "product_code", "period", "value", "quantity"),
    *("unit", "currency", "status", "notes"),
)
TYPES = {"value": "number", "quantity": "integer", "period": "year"}
_CODES = ("KOR", "CHN", "USA", "JPN", "DEU", "VNM", "TWN", "MEX", "NLD", "SGP")


def main() -> None:
    """Write what is not there yet."""
    rows, folder = int(sys.argv[1]), Path(sys.argv[2])
    kind = sys.argv[3] if len(sys.argv) > 3 else "two"  # noqa: PLR2004
    if (folder / "done").is_file():
        return
    base = rows_of(range(rows), np.random.default_rng(1))
    _package(folder / "base", base)
    if kind == "two":
        for number, who in enumerate(("ann", "bob")):
            _contribution(folder / who / "batch", who, "snapshot", changed(base, number))
    else:
        parts = 10 if kind == "ten" else 1
        for number in range(parts):
            first = rows + number * (rows // parts)
            new = rows_of(range(first, first + rows // parts), np.random.default_rng(100 + number))
            _contribution(folder / f"p{number}" / "batch", f"p{number}", "patch", new)
    (folder / "done").touch()


def rows_of(ids: range, random: np.random.Generator) -> pl.DataFrame:
    """Make rows of plausible trade flows."""
    count = len(ids)
    codes = np.array(_CODES)
    return pl.DataFrame(
        {
            "flow_id": [f"flw-{i:09d}" for i in ids],
            "reporter": codes[random.integers(0, 10, count)],
            "partner": codes[random.integers(0, 10, count)],
            "flow": np.array(["X", "M"])[random.integers(0, 2, count)],
            "product_code": random.integers(100000, 999999, count).astype(str),
            "period": random.integers(1990, 2026, count).astype(str),
            "value": [f"{v:.2f}" for v in random.lognormal(10, 3, count)],
            "quantity": random.integers(0, 1_000_000, count).astype(str),
            "unit": np.array(["kg", "t", "pieces"])[random.integers(0, 3, count)],
            "currency": np.array(["USD", "EUR"])[random.integers(0, 2, count)],
            "status": np.array(["reported", "estimated", "mirrored"])[random.integers(0, 3, count)],
            "notes": [f"line {i}, as in the table of {i % 97}" if i % 3 else None for i in ids],
        }
    )


def changed(base: pl.DataFrame, number: int) -> pl.DataFrame:
    """Change 1 % of the cells, delete 0.5 % of the rows, and add as many."""
    random = np.random.default_rng(10 + number)
    count = len(base)
    frame = base
    for name in NAMES[1:]:
        places = random.choice(count, count // 100, replace=False)
        column = frame[name].to_list()
        for place in places:
            column[place] = _other(name, column[place], number)
        frame = frame.with_columns(pl.Series(name, column))
    keep = np.ones(count, bool)
    keep[random.choice(count, count // 200, replace=False)] = False
    first = 10 * count * (number + 1)
    return pl.concat([frame.filter(keep), rows_of(range(first, first + count // 200), random)])


def _other(name: str, value: str | None, number: int) -> str:
    if name in ("quantity", "product_code"):
        return str((int(value or 0) + 1 + number) % 1_000_000).zfill(6 if name == "product_code" else 1)
    if name == "value":
        return f"{float(value or 0) + 1 + number:.2f}"
    if name == "period":
        return str(1990 + (int(value or 0) + 1 + number) % 36)
    if name in ("reporter", "partner"):
        return _CODES[(_CODES.index(value or "KOR") + 1 + number) % len(_CODES)]
    return f"{value or ''} corrected by {number}"


def _package(folder: Path, frame: pl.DataFrame) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    frame.write_csv(folder / "flows.csv")
    _contributors(folder, ["ctr-ann", "ctr-bob", *(f"ctr-p{n}" for n in range(10))])
    flows = [{"name": name, "type": TYPES.get(name, "string")} for name in NAMES]
    who = [{"name": "contributor_id", "type": "string"}]
    resources = [_resource("contributors", who, "contributor_id"), _resource("flows", flows, "flow_id")]
    descriptor = {"name": "flows", "version": "1.0.0", "resources": resources}
    (folder / "datapackage.json").write_text(json.dumps(descriptor))


def _contributors(folder: Path, ids: list[str]) -> None:
    (folder / "contributors.csv").write_text("\n".join(["contributor_id", *ids]) + "\n")


def _resource(name: str, fields: list[dict[str, str]], key: str) -> dict[str, object]:
    return {"name": name, "path": f"{name}.csv", "schema": {"fields": fields, "primaryKey": [key]}}


def _contribution(folder: Path, who: str, mode: str, frame: pl.DataFrame) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    frame.write_csv(folder / "flows.csv")
    lines = [f'contributor = "ctr-{who}"', f'mode = "{mode}"', 'role = "coder"', 'license = "CC-BY-4.0"']
    lines += ["[base]", 'package = "flows"', 'version = "1.0.0"']
    (folder / "contribution.toml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
