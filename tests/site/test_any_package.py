"""Sites of packages that know nothing of this project: public data out of other packages, and fifty tables."""

import json
from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest
from site_pages import assert_sound, words_of

from depositary.site.build import build_site

pytestmark = pytest.mark.long


def _drafted(run, folder: Path, site: Path) -> Path:
    assert run("new", "package", folder).code in (0, 1)
    built = run("site", folder, "--output-dir", site)
    assert built.code == 0, built.err
    assert_sound(site)
    return site


def test_countries_and_their_parts(run, tmp_path):
    folder = tmp_path / "countries"
    folder.mkdir()
    for name in ("iso3166-1", "iso3166-2", "iso4217"):
        (listed,) = json.loads(files("pycountry").joinpath("databases", f"{name}.json").read_text("utf-8")).values()
        pl.DataFrame(listed, infer_schema_length=None).write_csv(folder / f"{name}.csv")
    site = _drafted(run, folder, tmp_path / "site")
    assert sum(1 for _ in (site / "tables").glob("iso*.html")) == 3
    assert not (site / "facts").exists()
    assert not (site / "actors").exists()


def test_the_registry_of_languages(run, tmp_path):
    folder = tmp_path / "languages"
    folder.mkdir()
    registry = json.loads(files("language_tags").joinpath("data", "json", "registry.json").read_text("utf-8"))
    rows = [
        {name: "; ".join(text) if isinstance(text, list) else text for name, text in one.items()} for one in registry
    ]
    pl.DataFrame(rows, infer_schema_length=None).write_csv(folder / "registry.csv")
    site = _drafted(run, folder, tmp_path / "site")
    assert (site / "tables" / "registry.html").stat().st_size < 300_000


def test_fifty_tables(tmp_path):
    folder = tmp_path / "fifty"
    folder.mkdir()
    resources = []
    for n in range(50):
        name = f"table_{n}"
        fields = [{"name": "id", "type": "string"}, {"name": "parent", "type": "string"}]
        fields += [] if n else [{"name": "rows", "type": "number"}]  # the name of a column that pages count with
        keys = [{"fields": ["parent"], "reference": {"resource": f"table_{n - 1}", "fields": ["id"]}}] if n else []
        schema = {"fields": fields, "primaryKey": ["id"], "foreignKeys": keys}
        resources.append({"name": name, "type": "table", "path": f"{name}.csv", "schema": schema})
        (folder / f"{name}.csv").write_text(
            "id,parent\nr1,r1\nr2,\n" if n else "id,parent,rows\nr1,,0.0000001\nr2,,12.50\n", encoding="utf-8"
        )
    (folder / "datapackage.json").write_text(json.dumps({"name": "fifty", "resources": resources}), encoding="utf-8")
    site = build_site(folder, tmp_path / "site").folder
    assert_sound(site)
    assert (site / "index.html").stat().st_size < 100_000
    assert "Filled in 2 of 2 rows · 2 different values · from 0.0000001 to 12.5" in words_of(
        site / "dictionary" / "table_0.html"
    )
    assert "Table_1" not in words_of(site / "rows" / "table_0" / "r1.html")
    assert "table_1 by parent" in words_of(site / "rows" / "table_0" / "r1.html")
