"""Merges of a base in parts: the rows are those of the same base in one file, and so are differences and releases."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import manifest_of
from in_parts import cut

import depositary
from depositary.errors import UsageError
from depositary.merging.codelist import add_rows
from depositary.read.bases import package_hash
from depositary.read.package import open_package

EVENTS = """event_id,held,country,kind,open,guests,note
ev-1,2023-05-26,KOR,talks,true,12,
ev-2,2023-05-27,CHN,visit,true,5,"a
b"
ev-3,2023-05-28,NAM,talks,false,,
ev-4,2023-05-29,KOR,visit,,7,abc
"""
PATCH = "event_id,held,country,kind,guests\nev-3,,,,8\nev-9,2024-01-01,KOR,talks,1\n"


@pytest.fixture
def whole(demo) -> Path:
    return Path(demo({"events.csv": EVENTS}))


@pytest.fixture
def parts(whole, tmp_path) -> Path:
    folder = Path(shutil.copytree(whole, tmp_path / "parts"))
    cut(folder, lambda rows: [1, rows - 1])
    return folder


@pytest.fixture
def patch(tmp_path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "contribution.toml").write_text(manifest_of("demo"), encoding="utf-8")
    (folder / "events.csv").write_text(PATCH, encoding="utf-8")
    return folder


def rows_of(package: Path, table: str) -> bytes:
    (resource,) = [
        one for one in json.loads((package / "datapackage.json").read_text())["resources"] if one["name"] == table
    ]
    return (package / resource["path"]).read_bytes()


def test_a_merge_writes_a_changed_table_as_one_file_and_copies_the_others(whole, parts, patch, tmp_path):
    for base, name in ((whole, "one"), (parts, "two")):
        depositary.merge(base, [patch], tmp_path / name)
    assert rows_of(tmp_path / "two", "events") == rows_of(tmp_path / "one", "events")
    merged = open_package(tmp_path / "two")
    assert merged["events"].paths == ("events.csv",)
    assert merged["countries"].paths == ("countries/0.csv", "countries/1.csv", "countries/2.csv")
    assert not (tmp_path / "two" / "events").exists() or not list((tmp_path / "two" / "events").iterdir())
    assert depositary.validate(tmp_path / "two").valid
    assert not len(depositary.diff(tmp_path / "one", tmp_path / "two", ["events", "countries"]))


def test_a_package_in_parts_does_not_differ_from_the_whole(whole, parts):
    assert not len(depositary.diff(whole, parts))
    assert not len(depositary.diff(parts, whole))


def test_a_patched_package_in_parts_is_that_of_the_whole(whole, parts, tmp_path):
    other = Path(shutil.copytree(whole, tmp_path / "other"))
    (other / "events.csv").write_text(EVENTS.replace("ev-4", "ev-5"), encoding="utf-8")
    for base, name in ((whole, "one"), (parts, "two")):
        depositary.patch(base, depositary.diff(base, other), tmp_path / name)
    assert {file.name: file.read_bytes() for file in (tmp_path / "one").iterdir()} == {
        file.name: file.read_bytes() for file in (tmp_path / "two").iterdir()
    }


def test_the_hash_of_a_package_has_each_part(parts):
    before = package_hash(open_package(parts))
    last = max((parts / "events").iterdir())
    last.write_text(last.read_text(encoding="utf-8") + "ev-7,2025-01-01,KOR,talks,,,\n", encoding="utf-8")
    assert package_hash(open_package(parts)) != before


def test_the_path_of_a_table_that_is_written_as_one_file_must_be_free(parts, patch, tmp_path):
    file = parts / "datapackage.json"
    descriptor = json.loads(file.read_text(encoding="utf-8"))
    descriptor["resources"].append({"name": "beside", "path": "events.csv"})
    file.write_text(json.dumps(descriptor), encoding="utf-8")
    (parts / "events.csv").write_text("something else", encoding="utf-8")
    with pytest.raises(UsageError, match=r"is written as events.csv, but that is the path of beside"):
        depositary.merge(parts, [patch], tmp_path / "out")


def test_a_code_list_in_parts_is_not_extended(published, tmp_path):
    cut(published, lambda rows: [rows // 2])
    (tmp_path / "more.csv").write_text("code,label\nX,Y\n", encoding="utf-8")
    with pytest.raises(UsageError, match="in one file"):
        add_rows(published, "products", tmp_path / "more.csv", columns={}, values={})
