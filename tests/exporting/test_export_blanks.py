"""Parquet of large files: a column that repeats few texts may be blank in some rows, in all, or in none."""

import json
from pathlib import Path

import polars as pl
import pytest

from depositary.exporting.export import export

ROWS = 120_000  # more than two megabytes, so that texts are dictionaries


@pytest.mark.long
@pytest.mark.parametrize("missing", [[""], ["", "NA"]])
def test_blank_texts_stay_blank(tmp_path: Path, missing):
    package = tmp_path / "package"
    package.mkdir()
    names = ["id", "none", "some", "all"]
    schema = {"fields": [{"name": one, "type": "string"} for one in names], "missingValues": missing}
    document = {"name": "p", "resources": [{"name": "t", "type": "table", "path": "t.csv", "schema": schema}]}
    (package / "datapackage.json").write_text(json.dumps(document), encoding="utf-8")
    cells = ["a", missing[-1], "b"]
    lines = (f"row-{n:08},x{n % 2},{cells[n % 3]},{missing[n % len(missing)]}\n" for n in range(ROWS))
    (package / "t.csv").write_text("id,none,some,all\n" + "".join(lines), encoding="utf-8")
    export(package, ["parquet"], tmp_path / "out")
    (file,) = (tmp_path / "out" / "parquet").glob("t.parquet")
    rows = pl.read_parquet(file)
    assert rows["some"].head(4).to_list() == ["a", None, "b", "a"]
    assert [rows[one].null_count() for one in names] == [0, 0, ROWS // 3, ROWS]
