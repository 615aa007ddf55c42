"""Queries that are rewritten for many rows give the same rows."""

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depositary.compile.language import Language
from depositary.engine.duckdb import DuckDB

LANGUAGE = Language({"t": ("a", "b", "n"), "u": ("a", "n")}, dt.date(2026, 11, 22))
ALONE = [  # rows that are alone in their group are left out
    "SELECT ARRAY_AGG(_row) AS t, a, b FROM t GROUP BY a, b HAVING COUNT(*) > 1",
    "SELECT ARRAY_AGG(x._row) AS t, SUM(n) AS n FROM t x WHERE b = 'x' GROUP BY a HAVING COUNT(*) > 1 AND SUM(n) > 2",
    "SELECT MAX(_row) AS t, UPPER(a) AS a FROM t WHERE n > 1 OR b IS NULL GROUP BY UPPER(a), n HAVING COUNT(*) > 1",
    "WITH s AS (SELECT a FROM t GROUP BY a HAVING COUNT(*) > 1) SELECT t._row AS t FROM t JOIN s ON s.a = t.a",
    "SELECT _row AS t FROM u WHERE EXISTS (SELECT 1 FROM t GROUP BY a HAVING COUNT(*) > 1)",
    "SELECT MIN(_row) AS t FROM t GROUP BY a HAVING COUNT(*) > 1 UNION SELECT _row AS t FROM u",
]
AGAIN = [  # a part that only chooses rows is read again where it is used
    "WITH s AS (SELECT _row AS r, a, b FROM t WHERE n > 0) SELECT x.r AS t FROM s AS x JOIN s AS y ON x.a = y.b",
    "WITH s AS (SELECT _row AS r, a FROM t), p AS (SELECT r FROM s WHERE a = 'x') SELECT p.r AS t FROM p, s",
]
AS_THEY_ARE = [
    "SELECT MAX(_row) AS t, a FROM t GROUP BY a HAVING COUNT(*) > 2",
    "SELECT MAX(_row) AS t, a FROM t GROUP BY a HAVING COUNT(*) > 1 OR SUM(n) > 3",
    "SELECT MAX(_row) AS t, a FROM t GROUP BY a HAVING COUNT(a) > 1",
    "SELECT MAX(t._row) AS t, u.a AS a FROM t JOIN u ON u.a = t.a GROUP BY u.a HAVING COUNT(*) > 1",
    "SELECT MAX(_row) AS t, a FROM t WHERE a IN (SELECT a FROM u) GROUP BY a HAVING COUNT(*) > 1",
    "SELECT _row AS u FROM u WHERE EXISTS (SELECT 1 FROM t WHERE t.a = u.a GROUP BY t.b HAVING COUNT(*) > 1)",
    "SELECT COUNT(*) AS t FROM t HAVING COUNT(*) > 1",
    "WITH s AS (SELECT DISTINCT a FROM t) SELECT MAX(x.a) AS t FROM s AS x GROUP BY x.a HAVING COUNT(*) > 1",
    "WITH RECURSIVE s AS (SELECT 1 AS n UNION SELECT n + 1 AS n FROM s WHERE n < 3) SELECT n AS t FROM s",
]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["x", "X", "y", "", None]), st.sampled_from(["x", "y", None]), st.integers(0, 3) | st.none()
    ),
    max_size=8,
)


def table(rows, *names):
    kinds = {"a": pa.string(), "b": pa.string(), "n": pa.int64()}
    columns = {name: pa.array([row["abn".index(name)] for row in rows], kinds[name]) for name in names}
    return pa.table({**columns, "_row": pa.array(range(len(rows)), pa.int64())})


def found(engine, query):
    return sorted(repr(sorted(row.items(), key=str)) for row in map(in_order, engine.rows(query)))


def in_order(row):
    return {name: sorted(value) if isinstance(value, list) else value for name, value in row.items()}


@pytest.mark.short(5)
@settings(max_examples=30)
@given(ROWS, ROWS)
def test_what_is_rewritten_gives_the_same_rows(rows, others):
    with DuckDB(60, 1 << 30) as engine:
        engine.create("t", (t := table(rows, "a", "b", "n")).schema, t.to_batches())
        engine.create("u", (u := table(others, "a", "n")).schema, u.to_batches())
        for text in (*ALONE, *AGAIN, *AS_THEY_ARE):
            tree = LANGUAGE.query(text).tree
            assert found(engine, engine.dialect.printed_for_many(tree)) == found(engine, engine.dialect.printed(tree))


@pytest.mark.parametrize(
    ("text", "sign"), [*((one, "HASH(") for one in ALONE), *((one, "NOT MATERIALIZED") for one in AGAIN)]
)
def test_a_query_is_rewritten_where_that_helps(text, sign):
    tree = LANGUAGE.query(text).tree
    assert sign in DuckDB.dialect.printed_for_many(tree).upper()
    assert sign not in DuckDB.dialect.printed(tree).upper()


@pytest.mark.parametrize("text", AS_THEY_ARE)
def test_a_query_stays_where_a_row_alone_may_count(text):
    tree = LANGUAGE.query(text).tree
    assert "HASH(" not in DuckDB.dialect.printed_for_many(tree).upper()
