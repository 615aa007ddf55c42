"""Load these tables with pandas and pyarrow, with the types of the files.

python load.py               shows the tables
from load import load        use them in a program: load("NAME"), or load("NAME", columns=["A", "B"])

Numbers are exact decimals, dates are dates, and times are in UTC. A column with categories has all of them, in the
order of datapackage.json.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
PACKAGE = json.loads((HERE / "datapackage.json").read_text(encoding="utf-8"))
TABLES = {
    resource["name"]: resource
    for resource in PACKAGE["resources"]
    if "schema" in resource and resource.get("mediatype") == "application/vnd.apache.parquet" and "path" in resource
}


def load(name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Load one table, or some columns of it."""
    table = TABLES[name]
    paths = table["path"] if isinstance(table["path"], list) else [table["path"]]
    parts = [pd.read_parquet(HERE / path, columns=columns, dtype_backend="pyarrow") for path in paths]
    frame = pd.concat(parts, ignore_index=True)
    for field in table["schema"]["fields"]:
        if "categories" in field and field["name"] in frame:
            codes = [one["value"] if isinstance(one, dict) else one for one in field["categories"]]
            kind = pd.CategoricalDtype(codes, ordered=field.get("categoriesOrdered", False))
            frame[field["name"]] = frame[field["name"]].astype(kind)
    frame.attrs = {key: table[key] for key in ("title", "description") if key in table}
    return frame


if __name__ == "__main__":
    for name in TABLES:
        print(f"\n{name}")
        load(name).info()
