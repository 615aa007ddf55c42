"""`export --parts`: the same rows in several files, whatever the format and the number of rows."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import depositary
from depositary.errors import UsageError

FIELDS = [
    {"name": "id", "type": "string", "constraints": {"required": True}},
    {"name": "day", "type": "date"},
    {"name": "value", "type": "number"},
    {"name": "note", "type": "string"},
]
CELLS = st.sampled_from(["", '"a,b"', '"line\nbreak"', "x", "São Tomé"])
ROWS = st.lists(CELLS, max_size=9)
LARGE = "1" * 45  # fits no type for numbers, so the column is text


def package(folder: Path, notes: list[str], value: str = "1.50", paths: list[str] | None = None) -> Path:
    """Write a package of one table with a row for each note, in one file or cut into several."""
    rows = [f"r{at},2024-01-{at + 1:02},{value},{note}\n" for at, note in enumerate(notes)]
    paths = paths or ["data/flows.csv"]
    for at, path in enumerate(paths):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("id,day,value,note\n" + "".join(rows[at :: len(paths)]), encoding="utf-8")
    resource = {"name": "flows", "type": "table", "path": paths, "schema": {"fields": FIELDS, "primaryKey": ["id"]}}
    (folder / "datapackage.json").write_text(json.dumps({"name": "made", "resources": [resource]}), encoding="utf-8")
    return folder


def tables(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*flows*/*"))}


@pytest.mark.short(6)
@settings(max_examples=30, deadline=None)
@given(ROWS, st.integers(1, 11), st.sampled_from(["1.5", LARGE]))
def test_parts_have_the_rows_of_the_table(notes, rows, value):
    with TemporaryDirectory() as name:
        folder = Path(name)
        whole = package(folder / "whole", notes, value)
        written = depositary.export(whole, ["csv", "parquet"], folder / "out", parts=rows)
        for form in ("csv", "parquet"):
            described = json.loads((folder / "out" / form / "datapackage.json").read_text(encoding="utf-8"))
            (resource,) = described["resources"]
            count = max(1, -(-len(notes) // rows))
            parts = [f"flows/part-{at:05}.{form}" for at in range(1, count + 1)]
            assert resource["path"] == (parts if count > 1 else f"flows.{form}")
            assert ("hash" in resource) is (count == 1)
            files = [file for one in written if one.format == form for file in one.files if "flows" in file.path]
            assert [file.rows for file in files] == [min(rows, len(notes) - at * rows) for at in range(count)]
        depositary.export(whole, ["csv"], folder / "one")
        expected = (folder / "one" / "csv" / "flows.csv").read_bytes()
        # From Parquet, a column of numbers that is text because one of them fits no type is not read as numbers.
        for form in ("csv", "parquet") if value != LARGE else ("csv",):
            depositary.export(folder / "out" / form, ["csv"], folder / form)
            assert (folder / form / "csv" / "flows.csv").read_bytes() == expected
        assert depositary.validate(folder / "out" / "csv").rows == len(notes)


def test_the_same_package_gives_the_same_parts(tmp_path):
    whole = package(tmp_path / "whole", ["x"] * 9)
    cut_up = package(tmp_path / "cut", ["x"] * 9, paths=["a.csv"])
    for name, made in (("one", whole), ("two", whole), ("three", cut_up)):
        depositary.export(made, ["csv", "parquet"], tmp_path / name, parts=4)
    assert tables(tmp_path / "one") == tables(tmp_path / "two") == tables(tmp_path / "three")
    assert len(tables(tmp_path / "one")) == 6


def test_an_export_in_parts_replaces_one_in_one_file_and_back(tmp_path):
    whole = package(tmp_path / "whole", ["x"] * 9)
    for parts in (4, None, 2):
        depositary.export(whole, ["csv"], tmp_path / "out", parts=parts)
        assert depositary.load(tmp_path / "out" / "csv", "flows", as_="polars").height == 9
    assert not (tmp_path / "out" / "csv" / "flows.csv").exists()


@pytest.mark.parametrize("parts", [0, -1, True, "5", 2.0])
def test_a_number_of_rows_that_no_part_has_is_refused(parts: Any, tmp_path):
    with pytest.raises(UsageError, match="whole number of at least 1"):
        depositary.export(package(tmp_path / "whole", []), ["csv"], tmp_path / "out", parts=parts)


def test_formats_in_one_file_have_no_parts(tmp_path):
    with pytest.raises(UsageError, match="sqlite: only csv and parquet have parts"):
        depositary.export(package(tmp_path / "whole", []), ["sqlite"], tmp_path / "out", parts=5)


@pytest.mark.short(4)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_scripts_beside_the_parts_load_them(form, tmp_path):
    whole = package(tmp_path / "whole", ["x", "", "y"])
    depositary.export(whole, [form], tmp_path / "out", parts=2)
    folder = tmp_path / "out" / form
    with contextlib.chdir(folder), duckdb.connect() as database:
        database.execute((folder / "load.sql").read_text(encoding="utf-8"))
        assert database.execute("SELECT count(*), sum(value), max(day)::VARCHAR FROM flows").fetchall()[0][0] == 3
    code = "from load import load; frame = load('flows'); print(len(frame), list(frame['id']), frame.attrs)"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout == "3 ['r0', 'r1', 'r2'] {}\n"


@pytest.mark.parametrize("as_", ["polars", "pandas", "arrow"])
def test_a_table_in_parts_is_loaded_in_order(as_, tmp_path):
    made = package(tmp_path / "cut", ["x", "y", "z", "x"], paths=["a.csv", "b.csv", "c.csv"])
    assert list(depositary.load(made, "flows", as_="polars")["id"]) == ["r0", "r3", "r1", "r2"]
    assert len(depositary.load(made, "flows", as_=as_, columns=["id"], where="note = 'x'")) == 2


def test_a_wrong_cell_in_a_part_is_named_with_its_part(tmp_path):
    made = package(tmp_path / "cut", ["x"] * 4, paths=["a.csv", "b.csv"])
    (made / "b.csv").write_text("id,day,value,note\nr1,2024-01-01,1,\nr3,soon,1,\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"^b.csv, row 3: "):
        depositary.load(made, "flows", as_="polars")
    with pytest.raises(UsageError, match=r"^b.csv, row 3: "):
        depositary.export(made, ["sqlite"], tmp_path / "out")


def test_a_missing_part_is_named(tmp_path):
    made = package(tmp_path / "cut", ["x"] * 4, paths=["a.csv", "b.csv"])
    (made / "b.csv").unlink()
    with pytest.raises(UsageError, match=r"^b.csv cannot be read: "):
        depositary.load(made, "flows", as_="polars")
