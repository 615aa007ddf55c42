"""Merges with Parquet: a base and contributions in Parquet give the rows that they give in CSV."""

import json
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT, manifest_of

import depositary
from depositary.errors import UsageError
from depositary.merging.codelist import add_rows

EVENTS = """event_id,held,country,kind,open,guests,note
ev-1,2023-05-26,KOR,talks,true,12,
ev-2,2023-05-27,CHN,visit,true,5,"a
b"
ev-3,2023-05-28,NAM,talks,false,,
"""
PATCH = "event_id,held,country,kind,guests,note\nev-2,,,,,\\N\nev-3,,,,8,\nev-9,2024-01-01,KOR,talks,1,\n"


@pytest.fixture
def base(demo) -> Path:
    return Path(demo({"events.csv": EVENTS}))


@pytest.fixture
def parquet(base, tmp_path) -> Path:
    depositary.export(base, ["parquet"], tmp_path / "exported")
    return tmp_path / "exported/parquet"


def contribution(folder: Path, mode: str, text: str, ending: str) -> Path:
    folder.mkdir()
    (folder / "contribution.toml").write_text(manifest_of("demo", mode=mode), encoding="utf-8")
    (folder / "events.csv").write_text(text, encoding="utf-8")
    if ending == "parquet":
        pl.read_csv(folder / "events.csv", infer_schema=False).write_parquet(folder / "events.parquet")
        (folder / "events.csv").unlink()
    return folder


def rows(package: Path) -> list[dict[str, object]]:
    return list(depositary.load(package, "events", as_="polars").to_dicts())


@pytest.mark.parametrize(("mode", "text"), [("patch", PATCH), ("snapshot", EVENTS.replace("12", "13"))])
def test_a_merge_is_that_of_csv(mode, text, base, parquet, tmp_path):
    mine = contribution(tmp_path / "mine", mode, text, "csv")
    theirs = contribution(tmp_path / "theirs", mode, text, "parquet")
    assert depositary.validate(theirs, base=parquet).valid
    depositary.merge(base, [mine], tmp_path / "one")
    depositary.merge(parquet, [theirs], tmp_path / "two")
    assert rows(tmp_path / "two") == rows(tmp_path / "one") != rows(base)
    described = {one["name"]: one for one in json.loads((tmp_path / "two/datapackage.json").read_text())["resources"]}
    assert described["events"]["path"] == "events.csv"
    assert not {"format", "mediatype", "hash"} & described["events"].keys()
    assert described["countries"]["path"] == "countries.parquet"
    assert depositary.validate(tmp_path / "two").valid


def test_a_finding_on_a_patch_in_parquet_names_its_row(parquet, tmp_path):
    mine = contribution(tmp_path / "mine", "patch", PATCH.replace("8", "many"), "parquet")
    (one,) = [one for one in depositary.validate(mine, base=parquet) if one.code == "type-error"]
    assert (one.file, one.row, one.field) == ("events.parquet", 2, "guests")


def test_a_package_in_parquet_does_not_differ_from_the_same_in_csv(base, parquet):
    assert rows(base) == rows(parquet)
    assert "rows" not in str(depositary.diff(base, parquet, ["events"]))


def test_a_code_list_in_parquet_is_not_written(parquet, tmp_path):
    package = parquet.parent / "lists"
    depositary.export(ROOT / "datapackage", ["parquet"], package)
    (tmp_path / "more.csv").write_text("code,label\n0101,Horses\n", encoding="utf-8")
    with pytest.raises(UsageError, match="only plain CSV can be extended"):
        add_rows(package / "parquet", "products", tmp_path / "more.csv", columns={}, values={})
