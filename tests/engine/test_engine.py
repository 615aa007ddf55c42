"""The contract of an engine: whoever writes a second one adds it to ENGINES, and its rules give the same findings."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from sqlite_engine import SQLite

from depositary.compile.language import Language
from depositary.engine.chosen import OPENER
from depositary.engine.duckdb import DuckDB
from depositary.engine.engine import ColumnType
from depositary.errors import EngineError

ENGINES = [DuckDB, SQLite]
NUMBERS = pa.table({"n": pa.array([1, 2, None], pa.int64()), "word": ["a", None, "c"]})
SETS = pa.table({"id": ["a", "b", "c", "d"], "held": pa.array([["x", "y"], ["z"], [], None], pa.list_(pa.string()))})


@pytest.fixture(params=ENGINES, ids=lambda opener: opener.__name__)
def engine(request):
    with request.param(60, 1 << 30) as opened:
        yield opened


def put(engine, name, rows):
    engine.create(name, rows.schema)
    engine.append(name, rows)


def values(engine, query):
    return [tuple(row.values()) for row in engine.rows(query)]


def test_the_engine_that_judges_is_one_of_those_that_keep_the_contract():
    assert OPENER in ENGINES


def test_rows_come_out_as_they_went_in(engine):
    put(engine, "t", NUMBERS)
    engine.append("t", NUMBERS)
    assert list(engine.rows("SELECT * FROM t")) == NUMBERS.to_pylist() * 2
    assert list(engine.rows("SELECT n FROM t WHERE n > 5")) == []


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (pa.int64(), -(1 << 53), "-9007199254740992"),
        (pa.string(), 'it\'s \\ "é"', 'it\'s \\ "é"'),
        (pa.date32(), dt.date(1, 2, 3), "0001-02-03"),
        (pa.timestamp("us"), dt.datetime(2026, 1, 2, 3, 4, 5), "2026-01-02 03:04:05"),  # noqa: DTZ001 (as in Arrow)
        (pa.time64("us"), dt.time(3, 4, 5), "03:04:05"),
    ],
    ids=str,
)
def test_a_value_is_written_as_the_key_of_a_record_writes_it(engine, kind, value, text):
    put(engine, "t", pa.table({"v": pa.array([value], kind)}))
    assert values(engine, "SELECT CAST(v AS VARCHAR) FROM t") == [(text,)]


def test_decimals_keep_nine_digits_after_the_point(engine):
    put(engine, "t", pa.table({"v": pa.array([Decimal("0.000000001"), Decimal(7)], pa.decimal128(38, 9))}))
    assert values(engine, "SELECT v FROM t WHERE v < 7") == [(Decimal("0.000000001"),)]
    assert values(engine, "SELECT v FROM t WHERE v = 7") == [(7,)]


def test_names_are_any_text(engine):
    put(engine, '"a ""b"".c"', pa.table({"d e": [1]}))
    assert values(engine, 'SELECT "d e" FROM "a ""b"".c"') == [(1,)]


def test_tables_of_two_schemas_may_have_one_name(engine):
    engine.schema("own")
    put(engine, '"own"."t"', pa.table({"n": [1]}))
    put(engine, '"main"."t"', pa.table({"n": [2]}))
    assert values(engine, "SELECT own.t.n AS one, main.t.n AS other FROM own.t, main.t") == [(1, 2)]
    engine.view("own.both", "SELECT n FROM own.t UNION ALL SELECT n FROM main.t")
    assert sorted(values(engine, "SELECT n FROM own.both")) == [(1,), (2,)]


def test_a_kept_table_takes_the_place_of_the_one_before_and_is_counted(engine):
    put(engine, "t", NUMBERS)
    assert engine.keep("found", "SELECT n FROM t WHERE n IS NOT NULL") == 2
    assert engine.keep("found", "SELECT word FROM t WHERE FALSE") == 0
    assert list(engine.columns("found")) == ["word"]


def test_the_types_of_columns_say_what_can_be_the_numbers_of_rows(engine):
    put(engine, "t", NUMBERS)
    row_list = engine.dialect.gathered("n")
    engine.keep("found", f"SELECT 1 AS one, {row_list} AS many, 'x' AS word, 0.5 AS part FROM t WHERE n > 0")  # noqa: S608
    types = engine.columns("found")
    assert {name: (found.is_whole, found.is_list) for name, found in types.items()} == {
        "one": (True, False),
        "many": (True, True),
        "word": (False, False),
        "part": (False, False),
    }
    assert all(isinstance(found, ColumnType) and found.name for found in types.values())


# Many rows

KINDS = pa.table(
    {
        "word": pa.array(["a", None, "é\0", ""]),
        "number": pa.array([1, None, -3, 4], pa.int64()),
        "held": pa.array([["x", "y"], None, [], ["z"]], pa.list_(pa.string())),
    }
)
TIMES = pa.table(
    {
        "part": pa.array([Decimal("0.000000001"), None, Decimal(10) ** 28], pa.decimal128(38, 9)),
        "is": pa.array([True, None, False]),
        "day": pa.array([dt.date(1, 1, 1), None, dt.date(9999, 12, 31)], pa.date32()),
        "moment": pa.array([dt.datetime(2026, 1, 2, 3, 4, 5, 6), None, None], pa.timestamp("us")),  # noqa: DTZ001 (as in Arrow)
        "hour": pa.array([dt.time(3, 4, 5, 6), None, dt.time(23, 59)], pa.time64("us")),
    }
)


def filled(engine, name, *parts, is_new=True):
    filling = engine.fill(name, parts[0].schema, is_new=is_new)
    for part in parts:
        filling.put(part.to_batches() or [pa.RecordBatch.from_pylist([], part.schema)])
    filling.close()


def coded(rows):
    """Give texts by their indexes in a dictionary."""
    columns = [column.dictionary_encode() if pa.types.is_string(column.type) else column for column in rows.columns]
    return pa.table(columns, rows.column_names)


@pytest.mark.parametrize("first", [KINDS, coded(KINDS)], ids=["texts", "indexes"])
@pytest.mark.parametrize(
    "second", [KINDS, coded(KINDS)[2:], coded(KINDS).slice(1, 0)], ids=["texts", "indexes", "none"]
)
def test_many_rows_come_out_as_they_went_in_whether_texts_are_indexes_or_not(engine, first, second):
    filled(engine, '"the ""flows"', first, second)
    held = [*KINDS.to_pylist(), *second.to_pylist()]
    assert [*engine.rows('SELECT * FROM "the ""flows"')] == held
    filled(engine, '"the ""flows"', coded(KINDS), is_new=False)
    assert [*engine.rows('SELECT * FROM "the ""flows"')] == [*held, *KINDS.to_pylist()]


def test_many_rows_have_the_types_of_few():
    with DuckDB(60, 1 << 30) as engine:
        filled(engine, "many", TIMES)
        put(engine, "few", TIMES)
        assert engine.columns("many") == engine.columns("few")
        assert [*engine.rows("FROM many")] == [*engine.rows("FROM few")] == TIMES.to_pylist()


def test_a_table_of_many_rows_can_be_removed_and_filled_again(engine):
    filled(engine, "t", NUMBERS)
    engine.drop("t")
    stopped = engine.fill("t", NUMBERS.schema, is_new=True)
    stopped.put(NUMBERS.to_batches())
    stopped.stop()
    filled(engine, "t", NUMBERS[:1])
    assert values(engine, "SELECT n FROM t") == [(1,)]


@pytest.mark.parametrize("name", ["a[b]", "what?", "*", "year=2020", "it's"])
def test_the_place_for_temporary_files_may_have_any_name(tmp_path, monkeypatch, name):
    (tmp_path / name).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / name))
    with DuckDB(60, 1 << 30) as engine:
        filled(engine, "t", coded(NUMBERS), NUMBERS)
        assert [*engine.rows("FROM t")] == NUMBERS.to_pylist() * 2
    assert not [*(tmp_path / name).iterdir()]


@pytest.mark.parametrize("few_rows", [True, False])
def test_only_an_engine_for_few_rows_is_held_to_one_thread(few_rows):
    with DuckDB(60, 1 << 30, few_rows=few_rows) as engine:
        ((threads,),) = values(engine, "SELECT current_setting('threads')")
    (usual,) = duckdb.connect().execute("SELECT current_setting('threads')").fetchone() or ()
    assert threads == (1 if few_rows else usual)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="lists the open files of Linux")
def test_an_interrupt_leaves_no_file_open_and_no_folder_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    filling = None  # kept, as the traceback keeps it

    def interrupted():
        nonlocal filling
        with DuckDB(60, 1 << 30) as engine:
            filling = engine.fill("t", NUMBERS.schema, is_new=True)
            filling.put(NUMBERS.to_batches())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert filling is not None
    opened = [file.readlink() for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    assert not [file for file in opened if file.is_relative_to(tmp_path)]
    assert not [*tmp_path.iterdir()]


def test_a_full_disk_is_an_error_of_the_engine():
    with DuckDB(60, 1 << 30) as engine:
        filling = engine.fill("t", NUMBERS.schema, is_new=True)
        engine._folder.cleanup()  # as if nothing could be written
        with pytest.raises(EngineError, match="cannot be written to a temporary file"):
            filling.put(NUMBERS.to_batches())


@pytest.mark.parametrize("reads", ["read_csv('{}')", "read_parquet('{}')", "read_text('{}')", "glob('{}')"])
def test_no_statement_reads_a_file_of_the_user(tmp_path, reads):
    (tmp_path / "file").write_text("secret", encoding="utf-8")
    with DuckDB(60, 1 << 30) as engine, pytest.raises(EngineError, match=r"disabled|allowed"):
        list(engine.rows(f"SELECT * FROM {reads.format(tmp_path / 'file')}"))  # noqa: S608


# The dialect


@pytest.mark.parametrize(
    ("other", "found"),
    [(["'x'"], {"a"}), (["'y'", "'z'"], {"a", "b"}), (["'q'"], set())],
)
def test_lists_overlap_if_they_have_a_value_in_common(engine, other, found):
    put(engine, "t", SETS)
    overlap = engine.dialect.overlap("held", engine.dialect.list_of(other))
    assert {row["id"] for row in engine.rows(f"SELECT id FROM t WHERE {overlap}")} == found  # noqa: S608
    assert values(engine, f"SELECT id FROM t WHERE ({overlap}) IS NULL") == [("d",)]  # noqa: S608


def test_lists_are_gathered_and_come_out_as_lists(engine):
    put(engine, "t", pa.table({"n": [3, 10, 2]}))
    gathered, dialect = engine.dialect.gathered("n"), engine.dialect
    assert values(engine, f"SELECT {dialect.in_order(gathered)} FROM t") == [([2, 3, 10],)]  # noqa: S608
    assert values(engine, f"SELECT {dialect.list_of(['n', '1'])} FROM t WHERE n = 3") == [([3, 1],)]  # noqa: S608
    assert values(engine, f"SELECT {gathered} FROM t WHERE n > 10") == [(None,)]  # noqa: S608


def test_rows_are_in_the_order_of_lists_that_are_in_order(engine):
    lists = pa.array([["b", "a"], ["a"], ["a", "a"], None], pa.list_(pa.string()))
    put(engine, "t", pa.table({"id": [1, 2, 3, 4], "held": lists}))
    query = f"SELECT id FROM t WHERE held IS NOT NULL ORDER BY {engine.dialect.in_order('held')}"  # noqa: S608
    assert values(engine, query) == [(2,), (3,), (1,)]


def test_each_value_of_a_list_is_a_row(engine):
    put(engine, "t", SETS)
    one = engine.dialect.unnested({"v": "held"}, "t WHERE id < 'c'", "id")
    assert sorted(values(engine, one)) == [("a", "x"), ("a", "y"), ("b", "z")]
    assert sorted(values(engine, engine.dialect.unnested({"v": "held"}, "t"))) == [("x",), ("y",), ("z",)]


def test_two_lists_go_side_by_side_their_empty_values_included(engine):
    put(engine, "t", NUMBERS)
    dialect = engine.dialect
    lists = {"field": dialect.list_of(["'n'", "'m'"]), "cell": dialect.list_of(["n", "n + 1"])}
    assert sorted(values(engine, dialect.unnested(lists, "t WHERE word = 'a'", "word"))) == [
        ("a", "m", 2),
        ("a", "n", 1),
    ]
    assert sorted(values(engine, dialect.unnested(lists, "t WHERE n IS NULL"))) == [("m", None), ("n", None)]


@pytest.mark.parametrize(
    ("holds", "broken_by"),
    [
        ("n >= 2", [1]),
        ("word IS NOT NULL", [2]),
        ("n % 2 = 0", [1]),
        ("word IN ('a', 'b')", [None]),
        ("regexp_full_match(word, '[ab]')", [None]),
        ("word LIKE 'A'", [1, None]),
        ("n / 2 = 0.5", [2]),
        ("TRY_CAST(word AS DATE) IS NOT NULL", [1, 2, None]),
        ("is_edtf('2020-02-29') AND NOT is_edtf('2021-02-29')", []),
        ("earliest('2020-02') = CAST('2020-02-01' AS DATE) AND latest('2020-02') < as_of()", []),
        ("certainly_before('2019', '2020/2021')", []),
        ("GREATEST(n, 1) = n", []),
    ],
)
def test_what_rules_say_has_the_same_meaning(engine, holds, broken_by):
    put(engine, "t", NUMBERS)
    test = Language({"t": ("n", "word")}, dt.date(2026, 11, 22)).row_test("t", holds)
    query = f"SELECT n FROM t WHERE {engine.dialect.printed(test.tree)}"  # noqa: S608
    assert [row["n"] for row in engine.rows(query)] == broken_by


def test_a_tree_can_be_printed_again(engine):
    test = Language({"t": ("n",)}, dt.date(2026, 11, 22)).row_test("t", "latest(n) <= as_of()")
    assert engine.dialect.printed(test.tree) == engine.dialect.printed(test.tree)


# What fails


@pytest.mark.parametrize(
    "fails",
    [
        lambda engine: engine.run("DELETE FROM nowhere"),
        lambda engine: list(engine.rows("SELECT missing FROM t")),
        lambda engine: engine.keep("found", "SELECT"),
        lambda engine: engine.view("v", "SELECT n FROM nowhere"),
        lambda engine: engine.create("t", NUMBERS.schema),
        lambda engine: engine.append("nowhere", NUMBERS),
        lambda engine: engine.columns("nowhere"),
        lambda engine: (engine.schema("own"), engine.schema("own")),
    ],
    ids=["run", "rows", "keep", "view", "create", "append", "columns", "schema"],
)
def test_whatever_fails_is_one_error_of_one_line(engine, fails):
    put(engine, "t", NUMBERS)
    with pytest.raises(EngineError) as refusal:
        fails(engine)
    assert len(str(refusal.value).splitlines()) == 1
    assert len(list(engine.rows("SELECT * FROM t"))) == 3
