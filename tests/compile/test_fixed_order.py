"""Queries give the same answer in whatever order the rows are read."""

import random
from datetime import date
from itertools import chain

import duckdb
import pytest

from depositary.compile.fixed_order import in_fixed_order
from depositary.compile.language import Language

LANGUAGE = Language({"t": ("id", "g", "x", "v")}, date(2020, 1, 1))
ROWS = [
    ("a", "1", "x", 0.1),
    ("b", "1", "y", 0.2),
    ("c", "1", "x", 0.3),
    ("d", "2", "z", 1e16),
    ("e", "2", None, 1.0),
    ("f", "2", "z", -1e16),
    ("g", "3", "z", 7.0),
]
VARYING = [
    "SELECT g, LIST(x) AS l FROM t GROUP BY g",
    "SELECT g, LIST(id ORDER BY x DESC) AS l FROM t GROUP BY g",
    "SELECT LIST(x) FILTER (WHERE g = '1') AS l FROM t",
    "SELECT LIST(COALESCE(x, id)) AS l FROM t",
    "SELECT g, (SELECT LIST(id) FROM t AS u WHERE u.g = t.g) AS l FROM t GROUP BY g",
    "SELECT LIST(id) AS l FROM t UNION SELECT LIST(x) AS l FROM t",
    "SELECT LIST(n) AS m FROM (SELECT LIST(id) AS n FROM t GROUP BY g) AS q",
    "SELECT id, LIST(id) OVER (PARTITION BY g ORDER BY x) AS l FROM t",
    "SELECT ARRAY(SELECT id FROM t) AS a",
    "SELECT ARRAY(SELECT id FROM t ORDER BY x) AS a",
    "SELECT SUM(v) AS s FROM t",
    "SELECT g, SUM(v) / COUNT(*) AS m FROM t GROUP BY g HAVING SUM(v) > 0",
    "SELECT id, SUM(v) OVER (PARTITION BY g) AS l FROM t",
    "SELECT SUM(v) AS s, ROW_NUMBER() OVER (ORDER BY COUNT(*)) AS n FROM t",
    "SELECT id, ROW_NUMBER() OVER (ORDER BY g) AS n FROM t",
    "SELECT id, LAG(v) OVER (PARTITION BY g ORDER BY x) AS n FROM t",
    "SELECT id, COUNT(x) OVER (ORDER BY g ROWS UNBOUNDED PRECEDING) AS n FROM t",
    "SELECT g, ROW_NUMBER() OVER (ORDER BY COUNT(*)) AS n FROM t GROUP BY g",
    "SELECT g, ROW_NUMBER() OVER (ORDER BY COUNT(*)) AS n FROM t GROUP BY ALL",
    "SELECT a.id, b.id AS other, ROW_NUMBER() OVER (ORDER BY a.g) AS n FROM t AS a JOIN t AS b ON a.g = b.g",
    "WITH r AS (SELECT x, ROW_NUMBER() OVER (ORDER BY g) AS n FROM t) SELECT LIST(x) AS l FROM r WHERE n < 4",
]
KEPT = {
    "SELECT LIST(DISTINCT g ORDER BY g DESC) AS l FROM t": "[3, 2, 1]",
    "SELECT LIST(id ORDER BY v DESC) AS l FROM t": "[d, g, e, c, b, a, f]",
    "SELECT SUM(DISTINCT CAST(g AS INTEGER)) AS l FROM t": "6",
    "SELECT COUNT(*) OVER (ORDER BY g) AS l FROM t WHERE id = 'g'": "1",
}


# One statement for all rows, as each takes a millisecond.
INSERT = f"INSERT INTO t VALUES {', '.join(['(?, ?, ?, ?)'] * len(ROWS))}"  # noqa: S608 (no value is in it)


def answers(query: str) -> set[str]:
    with duckdb.connect() as engine:
        engine.execute("CREATE TABLE t (id VARCHAR, g VARCHAR, x VARCHAR, v DOUBLE)")
        found, orders = set(), random.Random(7)  # noqa: S311 (no secret)
        for _ in range(30):
            engine.execute("DELETE FROM t")
            engine.execute(INSERT, list(chain.from_iterable(orders.sample(ROWS, len(ROWS)))))
            found.add(str(sorted(map(str, engine.execute(query).fetchall()))))
        return found


@pytest.mark.parametrize("query", VARYING)
def test_the_order_of_rows_does_not_change_an_answer(query):
    assert len(answers(in_fixed_order(LANGUAGE.query(query).tree).sql("duckdb"))) == 1


@pytest.mark.long
def test_without_a_fixed_order_it_would():
    assert sum(len(answers(LANGUAGE.query(query).tree.sql("duckdb"))) > 1 for query in VARYING) > len(VARYING) // 2


@pytest.mark.parametrize("query", KEPT)
def test_an_order_that_a_query_has_is_kept(query):
    tree = in_fixed_order(LANGUAGE.query(query).tree)
    with duckdb.connect() as engine:
        engine.execute("CREATE TABLE t (id VARCHAR, g VARCHAR, x VARCHAR, v DOUBLE)")
        engine.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", ROWS)
        (row,) = engine.execute(f"SELECT CAST(l AS VARCHAR) FROM ({tree.sql('duckdb')})").fetchall()  # noqa: S608
    assert row == (KEPT[query],)
