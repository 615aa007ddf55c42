"""Rows on their way into the engine: they keep their order and number, and equal ids are noticed."""

import json
import random

import polars as pl
import pytest
from conftest import manifest_of

from depositary.check.documents.descriptor import sound_package
from depositary.engine.duckdb import GROUP, DuckDB
from depositary.errors import UsageError
from depositary.merging.claims.engine_tables import ADDS, CLAIMS, DELETIONS, ID, LONG, EngineTable
from depositary.merging.claims.extract import Claims
from depositary.merging.claims.inputs import open_batches
from depositary.merging.claims.policy import policy_of
from depositary.merging.claims.staged import Ascending, put_all
from depositary.merging.claims.values import NormalisedValues
from depositary.write.csv import to_csv

MANIFEST = manifest_of("p", "snapshot")
SHEET = EngineTable("sheet", {"n": LONG}, written_by=(), read_by=())


@pytest.mark.parametrize("sizes", [[0], [0, 3, 4], [GROUP], [GROUP + 1], [GROUP - 1, 2, 2 * GROUP, 5]])
def test_rows_are_taken_in_as_they_come_whatever_the_sizes_of_their_frames(sizes):
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    frames = [
        pl.DataFrame({"n": range(start, start + size)}, schema={"n": pl.Int64})
        for start, size in zip(starts, sizes, strict=True)
    ]
    with DuckDB(60, 1 << 30) as engine:
        put_all(engine, SHEET, iter(frames))
        kept = [n for batch in engine.batches("SELECT n FROM sheet") for n in batch["n"].to_pylist()]
    assert kept == list(range(sum(sizes)))


@pytest.mark.parametrize(
    ("frames", "holds"),
    [
        ([["a", "b"], [], ["c"]], True),
        ([["Z", "a"], ["é"]], True),
        ([["a", "a"]], False),
        ([["a", "b"], ["b"]], False),
        ([["b"], ["a"], ["c"]], False),
        ([["a", None, "b"]], False),
    ],
)
def test_ids_ascend_if_each_stands_behind_the_one_before(frames, holds):
    ascending = Ascending()
    given = list(ascending.watched(pl.DataFrame({ID: ids}, schema={ID: pl.String}) for ids in frames))
    assert ascending.holds is holds
    assert [frame[ID].to_list() for frame in given] == frames


@pytest.fixture
def snapshot(tmp_path):
    """Give what takes the claims of a snapshot with the rows given, of a table of two rows, by their keys."""

    def taken(rows):
        base, batch = tmp_path / "base", tmp_path / "ann" / "batch"
        schema = {"fields": [{"name": "key", "type": "string"}, {"name": "x", "type": "string"}], "primaryKey": "key"}
        package = {"name": "p", "version": "1.0.0", "resources": [{"name": "t", "path": "t.csv", "schema": schema}]}
        for folder, lines in ((base, [("a", "1"), ("b", "2")]), (batch, rows)):
            folder.mkdir(parents=True)
            (folder / "t.csv").write_text(to_csv(("key", "x"), lines), encoding="utf-8")
        (base / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
        (batch / "contribution.toml").write_text(MANIFEST, encoding="utf-8")
        opened = sound_package(base)
        with DuckDB(60, 1 << 30) as engine:
            resource = opened["t"]
            policy = policy_of(resource.table)
            claims = Claims(engine, opened, {"t": policy}, {"t": NormalisedValues(resource, policy.fields)})
            (one,) = open_batches([batch], opened, None)
            claims.take(one)
            query = "SELECT {0} AS id FROM {1} ORDER BY ALL"
            names = [claims.made(of, "t") for of in (CLAIMS, ADDS, DELETIONS)]
            return [[row["id"] for row in engine.rows(query.format(ID, name))] for name in names]

    return taken


@pytest.mark.parametrize("seed", range(3))
def test_a_snapshot_claims_the_same_in_any_order_of_its_rows(snapshot, seed):
    rows = [("b", "3"), ("c", "4"), ("d", "5")]
    random.Random(seed).shuffle(rows)  # noqa: S311 (an order, no secret)
    assert snapshot(rows) == [["b"], ["c", "d"], ["a"]]


@pytest.mark.parametrize("rows", [[("a", "1"), ("a", "1")], [("b", "2"), ("a", "1"), (" b", "3")]])
def test_two_rows_of_one_key_are_refused_with_their_places(snapshot, rows):
    with pytest.raises(UsageError, match=r"ann/batch: t: rows 2, \d have the same key, [ab]\. Keep one of them\."):
        snapshot(rows)
