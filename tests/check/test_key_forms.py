"""Keys that are read alike and written otherwise: a row is found by its key as the package writes it."""

import csv
import json
from pathlib import Path

import pytest
from conftest import manifest_of
from test_lanes import exact_lane, fast_lane

from depositary.check.validate import validate
from depositary.errors import DepositaryError
from depositary.merging.merge import merge
from depositary.model.finding import Finding

ALIKE = [
    pytest.param({"type": "integer"}, "0101", "101", id="zeros at the beginning"),
    pytest.param({"type": "integer"}, "101", "0101", id="zeros that the package does not write"),
    pytest.param({"type": "integer"}, "+7", "7", id="a sign"),
    pytest.param({"type": "integer", "groupChar": ","}, "1,000", "1000", id="groups of digits"),
    pytest.param({"type": "integer", "bareNumber": False}, "7 kg", "7", id="a unit"),
    pytest.param({"type": "number"}, "1.50", "1.5", id="zeros at the end"),
    pytest.param({"type": "number"}, "1E3", "1000", id="an exponent"),
    pytest.param({"type": "boolean"}, "True", "true", id="a capital"),
]
YEAR = pytest.param({"type": "year"}, "0044", "44", id="a year")  # in a table, 44 is no year
PUBLISHED = [pytest.param(*param.values[:2], id=param.id) for param in (*ALIKE, YEAR)]


def put(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def row(*cells: str) -> str:
    return ",".join(f'"{cell}"' for cell in cells) + "\n"


def package(folder: Path, field: dict[str, object], *keys: str) -> Path:
    """Publish a table of two columns as its key, of which the first has a type."""
    fields = [{"name": "a", **field}, {"name": "b", "type": "string"}, {"name": "c", "type": "string"}]
    table = {"name": "t", "path": "t.csv", "schema": {"fields": fields, "primaryKey": ["a", "b"]}}
    put(folder, "datapackage.json", json.dumps({"name": "u", "version": "1.0.0", "resources": [table]}))
    put(folder, "t.csv", "a,b,c\n" + "".join(row(key, "k", "x") for key in keys))
    return folder


def contribution(folder: Path, name: str, text: str, mode: str = "patch") -> Path:
    put(folder, "contribution.toml", manifest_of("u", mode))
    put(folder, name, text)
    return folder


def delete(folder: Path, record: str) -> Path:
    return contribution(folder, "deletes.csv", "table,record_id,reason\n" + row("t", record, "double"))


def errors(folder: Path, base: Path) -> list[Finding]:
    """Judge a contribution in both lanes, which have to say the same, and give what is wrong with it."""
    with exact_lane():
        exact = validate(folder, base)
    with fast_lane(64, few=0):
        fast = validate(folder, base)
    assert fast.to_json() == exact.to_json()
    return [finding for finding in exact if finding.level == "error"]


def rows(folder: Path) -> list[str]:
    with (folder / "t.csv").open(encoding="utf-8", newline="") as file:
        return [line["a"] for line in csv.DictReader(file)]


@pytest.mark.parametrize(("field", "published"), PUBLISHED)
def test_a_row_is_deleted_by_its_key_as_the_package_writes_it(tmp_path, field, published):
    base = package(tmp_path / "base", field, published)
    mine = delete(tmp_path / "mine", f"{published}|k")
    assert errors(mine, base) == []
    merge(base, [mine], output_dir=tmp_path / "out")
    assert rows(tmp_path / "out") == []


@pytest.mark.parametrize(("field", "published", "other"), [*ALIKE, YEAR])
def test_a_deletion_in_another_form_is_an_error_that_names_the_row(tmp_path, field, published, other):
    base = package(tmp_path / "base", field, published)
    mine = delete(tmp_path / "mine", f"{other}|k")
    (error,) = errors(mine, base)
    assert (error.code, error.row, error.field) == ("foreign-key", 2, "record_id")
    assert f"did you mean {published}|k?" in error.hint
    with pytest.raises(DepositaryError):
        merge(base, [mine], output_dir=tmp_path / "out")


@pytest.mark.parametrize("mode", ["patch", "snapshot"])
@pytest.mark.parametrize(("field", "published", "other"), ALIKE)
def test_a_row_whose_key_is_published_in_another_form_is_an_error(tmp_path, field, published, other, mode):
    base = package(tmp_path / "base", field, published)
    mine = contribution(tmp_path / "mine", "t.csv", "a,b,c\n" + row(other, "k", "new"), mode)
    (error,) = errors(mine, base)
    assert (error.code, error.row, error.field, error.value) == ("key-form", 2, "a", other)
    assert error.hint == f"write {published}"
    with pytest.raises(DepositaryError):
        merge(base, [mine], output_dir=tmp_path / "out")


@pytest.mark.short(3, long=5)
@pytest.mark.parametrize("mode", ["patch", "snapshot"])
@pytest.mark.parametrize(("field", "published"), PUBLISHED)
def test_a_row_whose_key_is_written_as_the_package_does_is_changed(tmp_path, field, published, mode):
    base = package(tmp_path / "base", field, published)
    mine = contribution(tmp_path / "mine", "t.csv", "a,b,c\n" + row(published, "k", "new"), mode)
    assert errors(mine, base) == []
    merge(base, [mine], output_dir=tmp_path / "out")
    assert rows(tmp_path / "out") == [published]
    assert "new" in (tmp_path / "out" / "t.csv").read_text(encoding="utf-8")


def test_keys_that_are_texts_are_what_is_written(tmp_path):
    base = package(tmp_path / "base", {"type": "string"}, "0101")
    mine = contribution(tmp_path / "mine", "t.csv", "a,b,c\n" + row("101", "k", "new"))
    assert errors(mine, base) == []
    merge(base, [mine], output_dir=tmp_path / "out")
    assert rows(tmp_path / "out") == ["0101", "101"]


def test_a_deleted_row_gives_its_unique_value_free(tmp_path):
    base = package(tmp_path / "base", {"type": "integer"}, "0101")
    descriptor = json.loads((base / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["resources"][0]["schema"]["uniqueKeys"] = [["c"]]
    put(base, "datapackage.json", json.dumps(descriptor))
    mine = delete(tmp_path / "mine", "0101|k")
    assert errors(contribution(mine, "t.csv", "a,b,c\n" + row("7", "k", "x")), base) == []
