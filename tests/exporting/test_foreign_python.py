"""Exports of CSV and Parquet, read by the libraries that people have: they find what the cells say."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import ROOT
from nasty import Rows, nasty, typed
from pyarrow import csv, parquet

import depositary

Fields = list[Mapping[str, Any]]
TOO_LARGE = {"vast", "huge"}  # columns of the nasty package that hold a number beyond every type


@pytest.fixture(scope="module", params=["nasty", "published"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Rows]]:
    """Give an export, and what the cells of its package mean."""
    folder = tmp_path_factory.mktemp(request.param)
    package = nasty(folder / "package") if request.param == "nasty" else ROOT / "datapackage"
    depositary.export(package, ["csv", "parquet"], folder / "export")
    return folder / "export", typed(package)


def by_pandas(file: Path, _fields: Fields) -> Rows:
    frame = pd.read_parquet(file, dtype_backend="pyarrow")
    return pa.Table.from_pandas(frame, preserve_index=False).to_pylist()


def by_duckdb(file: Path, _fields: Fields) -> Rows:
    return duckdb.connect().read_parquet(str(file)).to_arrow_table().to_pylist()


def csv_by_pyarrow(file: Path, fields: Fields) -> Rows:
    options = csv.ConvertOptions(
        column_types=_types(fields, _OF_ARROW, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        true_values=["true"],
        false_values=["false"],
    )
    return csv.read_csv(file, None, csv.ParseOptions(newlines_in_values=True), options).to_pylist()


def csv_by_polars(file: Path, fields: Fields) -> Rows:
    return pl.read_csv(file, schema=_types(fields, _OF_POLARS, pl.String())).to_dicts()


Types = Mapping[str, Any]


def _types(fields: Fields, types: Types, text: Any) -> dict[str, Any]:
    return {f["name"]: text if f["name"] in TOO_LARGE else types.get(f["type"], text) for f in fields}


_OF_ARROW: Types = {
    "integer": pa.int64(),
    "year": pa.int64(),
    "number": pa.decimal128(38, 9),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", "UTC"),
    "time": pa.time64("us"),
}
_OF_POLARS: Types = {
    "integer": pl.Int64(),
    "year": pl.Int64(),
    "number": pl.Decimal(38, 9),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us", "UTC"),
    "time": pl.Time(),
}
READERS: dict[str, tuple[str, Callable[[Path, Fields], Rows]]] = {
    "pyarrow, parquet": ("parquet", lambda file, _: parquet.read_table(file).to_pylist()),
    "polars, parquet": ("parquet", lambda file, _: pl.read_parquet(file).to_dicts()),
    "pandas, parquet": ("parquet", by_pandas),
    "duckdb, parquet": ("parquet", by_duckdb),
    "pyarrow, csv": ("csv", csv_by_pyarrow),
    "polars, csv": ("csv", csv_by_polars),
}


@pytest.mark.parametrize("reader", READERS)
def test_the_reader_finds_what_the_cells_say(exported: tuple[Path, dict[str, Rows]], reader: str):
    folder, rows = exported
    form, read = READERS[reader]
    descriptor = json.loads((folder / form / "datapackage.json").read_text(encoding="utf-8"))
    found = {one["name"]: read(folder / form / one["path"], one["schema"]["fields"]) for one in descriptor["resources"]}
    assert found == rows


@pytest.mark.parametrize("setting", ["", "1"])
def test_times_are_in_utc_whatever_pandera_sets_for_the_process(tmp_path: Path, monkeypatch, setting: str):
    monkeypatch.setenv("PYARROW_IGNORE_TIMEZONE", setting)
    package = nasty(tmp_path)
    assert depositary.load(package, "moments", "arrow").to_pylist() == typed(package)["moments"]


def test_the_csv_export_is_valid(exported: tuple[Path, dict[str, Rows]]):
    assert depositary.validate(exported[0] / "csv").valid


def test_the_descriptor_is_one_that_frictionless_of_r_reads(exported: tuple[Path, dict[str, Rows]]):
    descriptor = json.loads((exported[0] / "csv" / "datapackage.json").read_text(encoding="utf-8"))
    assert {one["profile"] for one in descriptor["resources"]} == {"tabular-data-resource"}
    assert all(one["schema"]["missingValues"] == [""] for one in descriptor["resources"])
    assert not any("missingValues" in f for one in descriptor["resources"] for f in one["schema"]["fields"])


def test_the_lock_file_of_the_clients_names_no_place_to_download_from():
    lock = json.loads((ROOT / "tests" / "clients" / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["packages"]
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
