"""The scripts beside exported tables, run: they need nothing of the program, and find what the cells say."""

import contextlib
import datetime as dt
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from nasty import DUCKDB_TYPES, Rows, nasty, typed

import depositary

SCRIPTS = {"csv": ["load.R", "load.py", "load.sql"], "parquet": ["load.py", "load.sql"]}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return nasty(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module", params=[None, 2], ids=["one file", "parts"])
def exported(package: Path, request: pytest.FixtureRequest) -> Path:
    folder = package.parent / f"export-{request.param}"
    depositary.export(package, list(SCRIPTS), folder, parts=request.param)
    return folder


def loader(folder: Path) -> Callable[[str], pd.DataFrame]:
    """Import the function of a script, as `from load import load` does."""
    spec = importlib.util.spec_from_file_location("load", folder / "load.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[str], pd.DataFrame] = module.load
    return found


def rows_of(frame: pd.DataFrame, days: set[str]) -> Rows:
    """Give a frame's rows as Python's values; pandas has days as times."""

    def value(name: str, one: Any) -> Any:
        if pd.isna(one):
            return None
        if isinstance(one, pd.Timestamp):
            return one.date() if name in days else one.to_pydatetime()
        return one

    columns = {name: [value(name, one) for one in frame[name].astype("object")] for name in frame}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def days_of(rows: Rows) -> set[str]:
    return {name for row in rows for name, one in row.items() if type(one) is dt.date}


def test_pandas_loads_csv_as_the_cells_say(package: Path, exported: Path):
    load, exact = loader(exported / "csv"), typed(package)
    for row in exact["amounts"]:  # Python's own numbers hold what the types of columns do not
        row["vast"] = row["vast"] and Decimal(row["vast"])
        row["huge"] = row["huge"] and int(row["huge"])
    for name, rows in exact.items():
        assert rows_of(load(name), days_of(rows)) == rows, name


def test_pandas_loads_parquet_as_the_cells_say(package: Path, exported: Path):
    load = loader(exported / "parquet")
    for name, rows in typed(package).items():
        assert rows_of(load(name), set()) == rows, name


def test_pandas_loads_some_columns_of_parquet(exported: Path):
    load: Callable[..., pd.DataFrame] = loader(exported / "parquet")
    assert list(load("codes", columns=["grade", "code_id"])) == ["grade", "code_id"]


KINDS = {
    "actor_id": "str",
    "founded": "datetime64[s]",
    "is_state": "boolean",
    "members": "Int64",
    "since": "Int64",
}


def test_columns_of_csv_have_their_types_in_pandas(exported: Path):
    found = loader(exported / "csv")("actors").dtypes
    assert {name: str(found[name]) for name in KINDS} == KINDS


def test_columns_without_rows_have_their_types_in_pandas(exported: Path):
    found = loader(exported / "csv")("empty").dtypes.astype("str").to_dict()
    assert found == {
        "id": "str",
        "Text": "str",
        "number": "object",
        "whole": "Int64",
        "yes": "boolean",
        "day": "datetime64[s]",
        "at": "datetime64[us, UTC]",
        "hour": "object",
        "grade": "category",
    }


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("column", "codes", "ordered"),
    [
        ("phase", ["before", "during", "after"], True),
        ("colour", ["red", "grün", "007"], False),
        ("grade", [3, 1, 2], True),
        ("flag", [0, 1], False),
    ],
)
def test_pandas_has_categories_in_their_order(exported: Path, form: str, column: str, codes: list[Any], ordered):
    found = loader(exported / form)("codes")[column].cat
    assert (found.categories.tolist(), found.ordered) == (codes, ordered)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_pandas_keeps_title_and_description(exported: Path, form: str):
    assert loader(exported / form)("odd").attrs == {
        "title": "Odd",
        "description": "Odd; with “quotes”, 'apostrophes' and a\nline break.",
    }


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_script_shows_the_tables_from_wherever_it_is_run(exported: Path, tmp_path: Path, form: str):
    script = [sys.executable, "-W", "error", "-I", exported / form / "load.py"]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nnothing_but_nulls\n" in done.stdout


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_duckdb_loads_by_the_script_what_the_cells_say(package: Path, exported: Path, form: str):
    tables = run_sql(exported / form)
    assert tables == typed(package)


def run_sql(folder: Path) -> dict[str, Rows]:
    with duckdb.connect() as engine, contextlib.chdir(folder):
        engine.execute((folder / "load.sql").read_text(encoding="utf-8"))
        names = [name for (name,) in engine.execute("SELECT table_name FROM information_schema.tables").fetchall()]
        return {
            name: engine.sql('FROM "' + name.replace('"', '""') + '"').to_arrow_table().to_pylist()
            for name in sorted(names)
        }


def test_duckdb_has_the_types_of_the_schema(exported: Path):
    with duckdb.connect() as engine, contextlib.chdir(exported / "csv"):
        engine.execute(Path("load.sql").read_text(encoding="utf-8"))
        kinds = {name: str(kind) for name, kind, *_ in engine.execute("DESCRIBE empty").fetchall()}
    assert kinds == DUCKDB_TYPES


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("name", ["""it's "one"; DROP TABLE x""", """a 'b' "c"\\""", "it-s", "a b", "É"])
def test_names_with_quotes_are_loaded(tmp_path: Path, form: str, name: str):
    column = """it's "one"; DROP TABLE x; a 'b' "c"\\"""
    (tmp_path / "datapackage.json").write_text(
        json.dumps(
            {
                "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",  # which allows any name
                "name": "quotes",
                "resources": [{"name": name, "path": "t.csv", "schema": {"fields": [{"name": column}]}}],
            }
        ),
        encoding="utf-8",
    )
    quoted = column.replace('"', '""')
    (tmp_path / "t.csv").write_text(f'"{quoted}"\nvalue\n', encoding="utf-8")
    depositary.export(tmp_path, [form], tmp_path / "export")
    assert run_sql(tmp_path / "export" / form) == {name: [{column: "value"}]}
    assert loader(tmp_path / "export" / form)(name).to_dict("list") == {column: ["value"]}


@pytest.mark.parametrize("form", SCRIPTS)
def test_scripts_are_listed_in_the_notes_and_name_no_program_of_ours(exported: Path, form: str):
    notes = (exported / "EXPORT-NOTES.md").read_text(encoding="utf-8")
    found = sorted((exported / form).glob("load.*"))
    assert [file.name for file in found] == SCRIPTS[form]
    for file in found:
        assert f"`{form}/{file.name}`" in notes
        assert "depositary" not in file.read_text(encoding="utf-8")


def test_the_script_for_stata_uses_each_file_in_a_frame_of_a_fitting_name(package: Path, tmp_path: Path):
    depositary.export(package, ["dta"], tmp_path / "export")
    text = (tmp_path / "export" / "dta" / "load.do").read_text(encoding="utf-8")
    for file in (tmp_path / "export" / "dta").glob("*.dta"):
        assert f': use "{file.name}"' in text
    assert 'frame actors: use "actors.dta"' in text
    frames = [line.removeprefix("frame create ") for line in text.splitlines() if line.startswith("frame create ")]
    assert all(len(name) <= 32 and name.isidentifier() for name in frames)
    assert len(frames) == len({name.lower() for name in frames})
