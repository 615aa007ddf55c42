"""Load these tables with pandas, each column with its type in datapackage.json.

python load.py               shows the tables
from load import load        use them in a program: load("NAME")

Whole numbers stay whole if some are missing. Numbers are exact decimals (`.astype(float)` turns them into floats),
dates are dates, times are in UTC, and `NA` is text. A column with categories has all of them, in their order.
"""

import json
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

HERE = Path(__file__).resolve().parent
PACKAGE = json.loads((HERE / "datapackage.json").read_text(encoding="utf-8"))
TABLES = {
    resource["name"]: resource
    for resource in PACKAGE["resources"]
    if "schema" in resource and resource.get("mediatype") == "text/csv" and "path" in resource
}


def load(name: str) -> pd.DataFrame:
    """Load one table."""
    table = TABLES[name]
    paths = table["path"] if isinstance(table["path"], list) else [table["path"]]
    read = {"dtype": "str", "keep_default_na": False, "na_values": [""], "encoding": "utf-8"}
    texts = pd.concat([pd.read_csv(HERE / path, **read) for path in paths], ignore_index=True)
    frame = pd.DataFrame({field["name"]: column(texts[field["name"]], field) for field in table["schema"]["fields"]})
    frame.attrs = {key: table[key] for key in ("title", "description") if key in table}
    return frame


def column(texts: pd.Series, field: dict[str, Any]) -> pd.Series:
    """Convert texts to the type of a field."""
    values = typed(texts, field.get("type", "string"))
    if "categories" not in field:
        return values
    codes = [one["value"] if isinstance(one, dict) else one for one in field["categories"]]
    return values.astype(pd.CategoricalDtype(codes, ordered=field.get("categoriesOrdered", False)))


def typed(texts: pd.Series, kind: str) -> pd.Series:
    """Convert texts to the pandas type for a type of field."""
    if kind in ("integer", "year"):
        return whole(texts)
    if kind == "number":
        return texts.astype("object").map(Decimal, na_action="ignore").astype("object")
    if kind == "boolean":
        return texts.map({"true": True, "false": False}).astype("boolean")
    if kind == "date":
        return texts.astype("datetime64[s]")
    if kind == "datetime":
        return pd.to_datetime(texts, format="ISO8601", utc=True).dt.as_unit("us")
    if kind == "time":
        return texts.astype("object").map(time.fromisoformat, na_action="ignore")
    return texts


def whole(texts: pd.Series) -> pd.Series:
    """Give whole numbers; if one does not fit in 64 bits, the column has Python's int."""
    try:
        return texts.str.removeprefix("+").astype("Int64")
    except (OverflowError, TypeError, ValueError):
        return texts.astype("object").map(int, na_action="ignore")


if __name__ == "__main__":
    for name in TABLES:
        print(f"\n{name}")
        load(name).info()
