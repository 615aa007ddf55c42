"""Frames of Spark have the rows of Arrow, also if the workers read the parts: `make spark` installs what this needs."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from conftest import ROOT
from test_lanes import fast_lane
from test_load import FIELDS, ROWS, made
from test_parts import write

import depositary
from depositary.cluster.spark import SparkCluster
from depositary.errors import UsageError
from depositary.loading import spark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame, SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore")]
PACKAGE = ROOT / "datapackage"
OPTIONS: dict[str, dict[str, Any]] = {
    "all": {},
    "some": {"columns": ["value", "id"], "where": '"count" > 2'},
    "labels and days": {"labels": True, "dates": True},
}

__all__ = ["made"]


@pytest.fixture(scope="module")
def session() -> "Iterator[SparkSession]":
    sql = pytest.importorskip("pyspark.sql")
    with SparkCluster("local-cluster[2,1,1024]", {"spark.executor.memory": "800m"}) as cluster:
        yield sql.SparkSession(cluster._spark)


@pytest.fixture
def by_workers(session, monkeypatch) -> "Iterator[SparkSession]":
    monkeypatch.setattr(spark, "_TASK", 100)
    with fast_lane():
        yield session


def parts(folder: Path, *texts: str, **schema: Any) -> Path:
    described = {"name": "facts", "type": "table", "path": [f"{at}.csv" for at in range(len(texts))]}
    described |= {"schema": {"fields": FIELDS, "missingValues": [""], **schema}}
    files = {f"{at}.csv": text for at, text in enumerate(texts)}
    return write(folder, {"datapackage.json": json.dumps({"name": "made", "resources": [described]}), **files})


def cut(folder: Path) -> Path:
    header, *rows = ROWS.replace("\n,,3", "\nx,,3").splitlines(keepends=True)
    return parts(folder, *(header + row for row in rows))


def rows_of(frame: "DataFrame") -> list[dict[str, Any]]:
    return frame.toArrow().to_pylist()


def expected(path: Path, name: str, **options: Any) -> list[dict[str, Any]]:
    table = depositary.load(path, name, "arrow", **options)
    assert isinstance(table, pa.Table)
    return table.to_pylist()


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.usefixtures("session")
def test_a_frame_has_the_rows_of_arrow(options, made):
    frame = depositary.load(made, "facts", "spark", **options)
    assert rows_of(frame) == expected(made, "facts", **options)


@pytest.mark.core
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.usefixtures("by_workers")
def test_workers_read_the_parts(options, tmp_path):
    path = cut(tmp_path)
    frame = depositary.load(path, "facts", "spark", **options)
    assert frame.rdd.getNumPartitions() >= 3
    assert rows_of(frame) == expected(path, "facts", **options)


@pytest.mark.core
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.usefixtures("by_workers")
def test_workers_read_ranges_of_a_file(options, tmp_path):
    header, *rows = ROWS.replace("\n,,3", "\nx,,3").splitlines(keepends=True)
    path = parts(tmp_path, header + "".join(rows) * 9 + 'y,lo,,4,,,,"a\nb",\n' * 9)
    frame = depositary.load(path, "facts", "spark", **options)
    assert frame.rdd.getNumPartitions() > 9
    assert rows_of(frame) == expected(path, "facts", **options)


@pytest.mark.usefixtures("by_workers")
def test_a_file_that_is_not_cut_for_certain_is_a_task(tmp_path):
    path = parts(tmp_path, ROWS.replace("\n,,3", "\nx,,3") + 'y,lo,,4,,,,a "b,\n' * 9)
    frame = depositary.load(path, "facts", "spark")
    assert frame.rdd.getNumPartitions() == 1
    assert rows_of(frame) == expected(path, "facts")


@pytest.mark.usefixtures("by_workers")
def test_each_table_and_view_of_the_package_loads(monkeypatch):
    monkeypatch.setattr(spark, "_TASK", 5_000)
    frames = depositary.load_all(PACKAGE, "spark")
    assert {name: rows_of(frame) for name, frame in frames.items()} == {
        name: table.to_pylist() for name, table in depositary.load_all(PACKAGE, "arrow").items()
    }
    assert rows_of(depositary.load(PACKAGE, "n_roots", "spark")) == expected(PACKAGE, "n_roots")


@pytest.mark.usefixtures("by_workers")
def test_workers_read_parts_of_parquet(monkeypatch, tmp_path):
    monkeypatch.setattr(spark, "_TASK", 30_000)
    depositary.export(PACKAGE, ["parquet"], tmp_path / "out", parts=5)
    path = tmp_path / "out" / "parquet"
    assert rows_of(depositary.load(path, "trade_flows", "spark")) == expected(PACKAGE, "trade_flows")


WRONG = {
    "a refused cell far below": ("x,hi,1,1,,,,,\n" * 99 + "x,hi,1,many,,,,,\n", r"1\.csv, row 101: \"many\" is not"),
    "a refused cell": ("x,hi,1,many,,,,,\n", r"1\.csv, row 2: \"many\" is not a whole number"),
    "a number of forty digits": (f"x,hi,1,,{'9' * 40},,,,\n", r"facts\.value: a value in 1\.csv does not fit the type"),
}


@pytest.mark.parametrize(("row", "message"), WRONG.values(), ids=WRONG)
@pytest.mark.usefixtures("by_workers")
def test_what_is_wrong_with_a_part_is_in_the_error_of_spark(row, message, tmp_path):
    header = ROWS.splitlines(keepends=True)[0]
    frame = depositary.load(parts(tmp_path, header, header + row), "facts", "spark")
    with pytest.raises(Exception, match=message):
        frame.count()


@pytest.mark.usefixtures("by_workers")
def test_what_is_wrong_with_the_question_is_an_error_at_once(tmp_path):
    for options in ({"columns": ["nothing"]}, {"where": "nothing > 1"}, {"where": "value"}):
        with pytest.raises(UsageError):
            depositary.load(cut(tmp_path), "facts", "spark", **options)


def test_a_file_that_is_missing_is_named(made):
    (made / "facts.csv").unlink()
    with pytest.raises(UsageError, match=r"facts\.csv"):
        depositary.load(made, "facts", "spark")


def test_without_a_session_or_pyspark_the_message_says_what_to_do(made, monkeypatch):
    sql = pytest.importorskip("pyspark.sql")
    monkeypatch.setattr(sql.SparkSession, "getActiveSession", classmethod(lambda _: None))
    with pytest.raises(UsageError, match=r"^no Spark session is open\. Open one first: SparkSession\.builder"):
        depositary.load(made, "facts", "spark")
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(UsageError, match=r"^a frame of Spark needs PySpark\. Install it with: pip install"):
        depositary.load(made, "facts", "spark")
