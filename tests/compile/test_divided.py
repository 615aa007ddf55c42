"""Which queries find the same if the rows of a table are divided, and by which columns."""

from datetime import date

import pytest

from depositary.compile.divided import passes_rows_on, without_rows
from depositary.compile.language import ROW, Language
from depositary.compile.scope import divisible_by

LANGUAGE = Language({"t": ("k", "n", "of", "at"), "codes": ("code", "label")}, date(2026, 11, 22))
BY_ROW = {
    "SELECT _row AS t FROM t WHERE n > 2",
    "SELECT k, a._row AS t FROM t AS a JOIN codes AS c ON c.code = a.of",
    "SELECT a._row AS t, c._row AS codes FROM t AS a JOIN codes AS c ON c.code = a.of",
    "SELECT _row AS t FROM t AS a WHERE NOT EXISTS (SELECT 1 FROM codes AS c WHERE c.code = a.of)",
    """SELECT in_table, in_row FROM (SELECT 't' AS in_table, _row AS in_row, of AS x FROM t
    UNION ALL SELECT 'codes', _row, label FROM codes) AS u WHERE x = 'a'""",
}
BY_GROUP = {
    "SELECT ARRAY_AGG(_row) AS t, k FROM t GROUP BY k, n HAVING COUNT(*) > 1": {"k", "n"},
    "SELECT a._row AS t FROM t AS a JOIN t AS b ON a.k = b.k AND a.n < b.n AND a._row < b._row": {"k"},
    "SELECT a._row AS t FROM t AS a WHERE a.k IN (SELECT b.k FROM t AS b WHERE b.n = a.n)": {"k", "n"},
    "WITH n(r, k, at) AS (SELECT _row, k, ROW_NUMBER() OVER (PARTITION BY k ORDER BY n, of, at) FROM t)"
    " SELECT r AS t FROM n WHERE at > 1": {"k"},
}
UNDIVIDED = {
    "all rows": "SELECT _row AS t FROM t AS a WHERE a.n < (SELECT 1 FROM t AS b WHERE b.n > 2)",
    "NOT IN": "SELECT _row AS t FROM t WHERE k NOT IN (SELECT of FROM t)",
    "other columns": "SELECT a._row AS t FROM t AS a JOIN t AS b ON a.k = b.of",
    "absent": "SELECT c._row AS codes FROM codes AS c WHERE NOT EXISTS (SELECT 1 FROM t AS a WHERE a.of = c.code)",
    "beside": "SELECT c._row AS codes FROM codes AS c LEFT JOIN t AS a ON a.of = c.code",
    "mixed": "SELECT ARRAY_AGG(r) AS t FROM (SELECT _row AS r, k FROM t UNION ALL SELECT _row, code FROM codes) AS u"
    " GROUP BY k",
}
NUMBERS = {
    "shown": "SELECT _row AS t, _row AS line FROM t",
    "shown by a union": "WITH u(r, x) AS (SELECT _row, n FROM t UNION SELECT n, _row FROM t) SELECT r AS t, x FROM u",
    "calculated": "SELECT _row AS t FROM t WHERE _row % 2 = 0",
    "calculated later": "WITH u(r) AS (SELECT _row FROM t) SELECT r AS t, r + 1 AS next FROM u",
    "compared with a value": "SELECT _row AS t FROM t WHERE _row > n",
    "compared with another table": "SELECT a._row AS t FROM t AS a JOIN codes AS c ON c._row < a._row",
    "named as a column": "WITH u(at) AS (SELECT _row FROM t) SELECT a._row AS t FROM t AS a JOIN u ON u.at = a.at",
    "counted": "SELECT ARRAY_AGG(_row) AS t FROM t GROUP BY k HAVING COUNT(DISTINCT _row) > 1",
}


@pytest.mark.parametrize("text", sorted(BY_ROW))
def test_rows_are_judged_one_by_one(text):
    query = LANGUAGE.query(text)
    assert passes_rows_on(query, ("t", "codes"))
    assert ROW in divisible_by(query, ("t", "codes"), "t")


@pytest.mark.parametrize("text", sorted(BY_GROUP))
def test_groups_are_found_by_their_columns(text):
    query = LANGUAGE.query(text)
    assert passes_rows_on(query, ("t",))
    assert divisible_by(query, ("t",), "t") == BY_GROUP[text]


@pytest.mark.parametrize("text", UNDIVIDED.values(), ids=UNDIVIDED)
def test_all_rows_are_needed(text):
    assert not divisible_by(LANGUAGE.query(text), ("t", "codes"), "t")


@pytest.mark.parametrize("text", NUMBERS.values(), ids=NUMBERS)
def test_a_number_of_a_row_is_more_than_passed_on(text):
    assert not passes_rows_on(LANGUAGE.query(text), ("t", "codes"))


def test_a_table_is_read_as_if_it_had_no_rows():
    query = LANGUAGE.query("SELECT a._row AS t FROM t AS a JOIN codes AS c ON c.code = a.of")
    nothing = '(SELECT * FROM "t" WHERE FALSE) AS "a"'
    assert without_rows(query.tree, {"t"}).sql() == query.tree.sql().replace('"t" AS "a"', nothing)
