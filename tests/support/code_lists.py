"""A package with a code list of as many rows as a test needs."""

import json
from pathlib import Path


def with_countries(demo, rows: int) -> Path:
    """Give the demonstration package with a code list of countries: `c0`, `c1` and so on."""
    lines = "".join(f"c{at},Country {at},1\n" for at in range(rows))
    folder = Path(demo({"countries.csv": f"code,label,list_version\n{lines}"}))
    file = folder / "datapackage.json"
    package = json.loads(file.read_text("utf-8"))
    (countries,) = (one for one in package["resources"] if one["name"] == "countries")
    countries["schema"]["fields"].append({"name": "list_version", "type": "string"})
    file.write_text(json.dumps(package), "utf-8")
    return folder
