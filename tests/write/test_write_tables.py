"""Tables written in columns: the very bytes that Python's `csv` writes row by row."""

import csv
import random
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from depositary.engine.duckdb import DuckDB
from depositary.write.csv import to_csv
from depositary.write.tables import write_table

# What a cell may hold: any text, and often what CSV, spreadsheets or Unicode treat as special.
ODD = [
    "",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    '"',
    '""',
    ",",
    "'",
    ";",
    "a",
    "é",
    "e\u0301",
    "0",
    "-1",
    "#",
    "\\N",
    "NA",
    "=1",
]
ODD += [
    "\u2028",
    "\u2029",
    "\x85",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1f",
    "\x7f",
    "\ufeff",
    "\u200b",
    "\U0001f600",
    "\ufffe",
    "null",
]
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
CELLS = st.none() | st.lists(st.sampled_from(ODD), max_size=3).map("".join) | TEXTS
TABLES = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.tuples(*[CELLS] * width), max_size=6).map(lambda r: (width, r))
)


def frame(width: int, rows: list[tuple[str | None, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={f"c{at}": pl.String for at in range(width)}, orient="row")


def written(folder: Path, width: int, batches: list) -> bytes:
    write_table(folder / "t.csv", [f"c{at}" for at in range(width)], batches)
    return (folder / "t.csv").read_bytes()


def expected(width: int, rows: list[tuple[str | None, ...]]) -> bytes:
    return to_csv([f"c{at}" for at in range(width)], [[cell or "" for cell in row] for row in rows]).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("written")


@given(TABLES)
@example((1, [(None,), ("",), ("a",)]))
@example((2, [(None, ""), ("", None)]))
@example((2, [("a\rb", "a\nb"), (" a", "a "), ('"', ",")]))
def test_the_bytes_are_those_of_pythons_csv(folder, table):
    width, rows = table
    assert written(folder, width, [frame(width, rows)]) == expected(width, rows)


@given(TABLES, st.integers(1, 4))
def test_batches_are_written_one_after_the_other(folder, table, size):
    width, rows = table
    batches = [frame(width, rows[at : at + size]) for at in range(0, len(rows), size)]
    assert written(folder, width, batches) == expected(width, rows)


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_arrow_is_taken_in_all_its_kinds_of_text(folder, kind):
    cells = ["a", None, "", 'b"', "a"]
    batch = pa.RecordBatch.from_arrays([pa.array(cells).cast(kind), pa.array(cells)], ["x", "x y"])
    assert written(folder, 2, [batch]) == expected(2, [(cell, cell) for cell in cells])


@pytest.mark.parametrize("name", ["", "a,b", 'a"b', " a", "a\rb"])
def test_the_header_is_in_the_same_form(folder, name):
    write_table(folder / "t.csv", [name], [])
    assert (folder / "t.csv").read_bytes() == to_csv([name], []).encode()


def test_what_a_query_selects_is_written_in_its_order(folder):
    with DuckDB(60, 1 << 30) as engine:
        query = "SELECT CAST(range AS VARCHAR), nullif('a,' || range % 3, 'a,1') FROM range(250000) ORDER BY range DESC"
        got = written(folder, 2, engine.batches(query))
    rows = [(str(n), None if n % 3 == 1 else f"a,{n % 3}") for n in reversed(range(250_000))]
    assert got == expected(2, rows)


@pytest.mark.soak
def test_a_large_table_has_the_bytes_of_pythons_csv(folder):
    chance = random.Random(5)  # noqa: S311 (cells, no secrets)
    pool = [None, *("".join(chance.choices(ODD, k=chance.randrange(5))) for _ in range(5_000))]
    rows = [tuple(chance.choices(pool, k=6)) for _ in range(400_000)]
    assert written(folder, 6, [frame(6, rows[at : at + 100_000]) for at in range(0, len(rows), 100_000)]) == expected(
        6, rows
    )
    with (folder / "t.csv").open(encoding="utf-8", newline="") as stream:
        assert sum(1 for _ in csv.reader(stream)) == 400_001
