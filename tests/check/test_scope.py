"""Rules of a contribution read only a part of the base: what they find is what they find on the whole merged table."""

import json
import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import manifest_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rule_cases import NAMES, RULES, Rows, overlay_base, published, rows_in, write_package, write_table

from depositary.check.explain import explanation
from depositary.check.reading import columns as reading
from depositary.check.rules import base_table
from depositary.check.validate import validate
from depositary.compile.language import Language
from depositary.compile.scope import Link, links_of
from depositary.model.record_id import record_id
from depositary.model.report import Report
from depositary.model.rule import RuleOptions

QUIET: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "derandomize": True,
    "suppress_health_check": list(HealthCheck),
}
Found = tuple[str, str, tuple[str, ...]]  # a rule, its message, the records that take part

# What a query says of the rows that it looks at together

LANGUAGE = Language(
    {"t": ["id", "k", "v"], "u": ["id", "t_id", "k"]}, date(2026, 11, 29), {"records": ["table_name", "record_id"]}
)


def links(query: str) -> set[str]:
    """Give the links of a query in a short form."""
    found = links_of(LANGUAGE.query(query), ["t", "u"]).items()
    return {table.upper() if of is None else f"{table} {', '.join(short(table, of))}" for table, of in found}


def short(table: str, of: Iterable[Link]) -> list[str]:
    return sorted("*" if one.is_itself and one.other == table else shown(one) for one in of)


def shown(link: Link) -> str:
    return " ".join([link.other, *(f"{mine}={its}" for mine, its in sorted(link.pairs))])


# Each query, and its links by table; a table in capitals is read as a whole, and * is the row that takes part itself.
SHOWN = """
SELECT t._row AS t FROM t WHERE t.v > 1  -> t *
SELECT ARRAY_AGG(_row) AS t FROM t GROUP BY k HAVING COUNT(*) > 1  -> t t k=k
SELECT ARRAY_AGG(_row) AS t, SUM(v) AS s FROM t  -> T
SELECT ARRAY_AGG(_row) AS t FROM t GROUP BY LOWER(k)  -> T
SELECT t._row AS t FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.t_id = t.id)  -> t *; u t t_id=id
SELECT t._row AS t FROM t WHERE t.k IN (SELECT k FROM u)  -> t *; u t k=k
SELECT t._row AS t FROM t WHERE t.k NOT IN (SELECT k FROM u)  -> t *; U
SELECT t._row AS t FROM t WHERE t.v = 'a' OR t.k IN (SELECT k FROM u)  -> t *; U
SELECT t._row AS t FROM t ANTI JOIN u ON u.k = t.k AND t.k = t.v  -> T; U
SELECT t._row AS t FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.k > t.k)  -> t *; U
SELECT t._row AS t FROM t JOIN u ON u.t_id = t.id  -> t *; u t t_id=id
SELECT t._row AS t FROM t JOIN u ON u.t_id = t.id OR u.k = t.k  -> t *; U
SELECT t._row AS t, u._row AS u FROM t JOIN u ON u.t_id = t.id  -> t *, u id=t_id; u *, t t_id=id
SELECT t._row AS t FROM t LEFT JOIN u ON u.t_id = t.id WHERE u.id IS NULL  -> t *; u t t_id=id
SELECT t._row AS t FROM t LEFT JOIN u ON u.t_id = t.id JOIN t AS o ON o.k = u.k  -> T; u t t_id=id
SELECT a._row AS t FROM t AS a JOIN t AS b ON a.k = b.k AND a.id <> b.id  -> t t k=k
SELECT [a._row, b._row] AS t FROM t AS a JOIN t AS b ON a.k = b.k  -> t t k=k
SELECT a._row AS t FROM t AS a, t AS b WHERE a.k = 'x' AND b.k = 'x'  -> T
SELECT a._row AS t FROM t AS a JOIN t AS b ON a._row = b._row  -> t *
WITH n AS (SELECT k, COUNT(*) AS n FROM t GROUP BY k) SELECT t._row AS t FROM t JOIN n ON n.k = t.k  -> t t k=k
WITH a(in_table, in_row, k) AS (SELECT 't', _row, k FROM t UNION ALL SELECT 'u', _row, k FROM u)
  SELECT in_table, in_row FROM a WHERE k IS NULL  -> t *; u *
WITH a(in_table, in_row, k) AS (SELECT 'u', _row, k FROM t UNION ALL SELECT 'u', _row, k FROM u)
  SELECT in_table, in_row FROM a WHERE k IS NULL  -> T; U
WITH a(r, k) AS (SELECT _row, k FROM t UNION ALL SELECT NULL, k FROM u)
  SELECT ARRAY_AGG(r) AS t FROM a GROUP BY k HAVING COUNT(*) > 1  -> t t k=k; u t k=k
SELECT _row AS t, LAG(v) OVER (PARTITION BY k ORDER BY id) AS p FROM t  -> t t k=k
SELECT _row AS t, LAG(v) OVER (ORDER BY id) AS p FROM t  -> T
SELECT t._row AS t FROM t WHERE t.v > (SELECT MAX(v) FROM t AS o WHERE o.k = t.k)  -> T
WITH RECURSIVE r(id) AS (SELECT id FROM t UNION SELECT u.id FROM u JOIN r ON u.t_id = r.id)
  SELECT t._row AS t FROM t JOIN r ON r.id = t.id  -> T; U
SELECT u._row AS u FROM u WHERE NOT EXISTS (SELECT 1 FROM records AS r WHERE r.record_id = u.t_id)
  -> u *; records u record_id=t_id
SELECT COUNT(*) AS n, CAST(NULL AS BIGINT) AS in_row, 't' AS in_table FROM t  -> T
SELECT t._row AS t FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.k = t.k AND t.k = t.id)  -> t *; u t k=k
"""
PAIRS = [line.split("  -> ") for line in SHOWN.replace("\n  ->", "  ->").replace("\n  ", " ").strip().splitlines()]


@pytest.mark.parametrize(("query", "wanted"), PAIRS)
def test_a_query_shows_which_rows_it_looks_at_together(query, wanted):
    assert links(query) == set(wanted.split("; "))


def test_a_query_that_names_its_parts_again_and_again_is_read_as_a_whole_and_soon():
    step = ", a{0} AS (SELECT x.k, y.r FROM a{1} AS x JOIN a{1} AS y ON x.k = y.k)"
    steps = "".join(step.format(n, n - 1) for n in range(1, 60))
    query = "WITH a0 AS (SELECT k, _row AS r FROM t){} SELECT r AS t FROM a59"
    assert links(query.format(steps)) == {"T"}


def test_a_table_of_the_base_without_its_file_is_not_judged(tmp_path):
    base = package(tmp_path / "base", {"t": [], "u": []}, "SELECT t._row AS t FROM t JOIN u ON u.k = t.k")
    (tmp_path / "base" / "u.csv").unlink()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "contribution.toml").write_text(manifest_of("p"))
    write_table(tmp_path / "own" / "t.csv", SCHEMAS["t"], [{"id": "1", "k": "a"}])
    report = validate(tmp_path / "own", base)
    assert any("u.csv" in one.reason for one in report.not_judged)


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("R31", "  trade_flows: rows with the same classification, currency, flow, frequency, indicator, partner, "),
        ("R33", "  jurisdictions: rows whose code is the reporter of a row of trade_flows"),
        ("R34a", "  trade_flows: each row by itself"),
        ("R18", "  evidence: each row by itself"),
        ("R16a", "  sources: all rows, because the rule does not show which of them it looks at together"),
    ],
)
def test_the_scope_of_a_rule_is_explained(rule, line):
    assert line in explanation(rule)


def test_a_rule_that_only_names_other_findings_has_no_scope():
    assert "Scope" not in explanation("R01")


# The shipped rules, on rows of their cases that are in the base, in the contribution, or in both


@contextmanager
def all_are_large(*, in_blocks: bool) -> Iterator[None]:
    """Stage only a part of every base, and read them in blocks or not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base_table, "SMALL", 0)
        patch.setattr(reading, "SMALL", 0 if in_blocks else reading.SMALL)
        yield


def parted(
    chance: random.Random, table: str, row: dict[str, str]
) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """Give a row of the base and a row of a patch that become a row when they are merged; one may be absent."""
    how = chance.choice(["base", "base", "own", "own", "both"])
    if how != "both":
        return (row, None) if how == "base" else (None, row)
    names = [name for name, cell in row.items() if cell and name not in published()[table].table.primary_key]
    mine = set(chance.sample(names, chance.randint(0, len(names))))
    before = {name: "" if name in mine and chance.random() < 1 / 2 else cell for name, cell in row.items()}
    return before, {name: cell if name in mine or name not in names else "" for name, cell in row.items()}


def two_parts(chance: random.Random, rows: Rows) -> tuple[Rows, Rows]:
    base: Rows = {name: [] for name in rows}
    own: Rows = {name: [] for name in rows}
    for table, of in rows.items():
        for row in of:
            for part, here in zip((base, own), parted(chance, table, row), strict=True):
                part[table] += [here] if here else []
    return base, {name: of for name, of in own.items() if of}


def contribute(folder: Path, rows: Rows) -> Path:
    folder.mkdir()
    (folder / "contribution.toml").write_text(manifest_of(published().descriptor["name"]).replace("1.0.0", "0.1.0"))
    for table, of in rows.items():
        write_table(folder / f"{table}.csv", published()[table].table.field_names, of)
    return folder


def found(
    report: Report, rows: Mapping[str, list[Mapping[str, str]]], names: Mapping[str, tuple[str, ...]]
) -> set[Found]:
    """Give what rules found, with the records in the place of files and rows; `rows` has those of each file."""
    there = set()
    for finding in report:
        places = [(finding.file, finding.table, finding.row), *((p.file, p.table, p.row) for p in finding.also)]
        ids = sorted(
            f"{table}:{record(rows[file, table][row - 2], names[table])}" for file, table, row in places if row
        )
        there |= {(finding.rule, finding.message, tuple(ids))} if finding.code == "rule" else set()
    return there


def record(row: Mapping[str, str], names: tuple[str, ...]) -> str:
    return record_id(row[name] for name in names)


def holds_for_shipped_rules(name: str, kind: str, chance: random.Random) -> None:
    rows = {table: of for table, of in overlay_base(rows_in(RULES / name / kind)).items() if of}
    base, own = two_parts(chance, rows)
    asked = RuleOptions(as_of=date(2026, 11, 22))
    names = {resource.name: resource.table.primary_key for resource in published()}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        whole = validate(write_package(folder / "whole", rows), asked=asked)
        with all_are_large(in_blocks=chance.random() < 1 / 2):
            part = validate(contribute(folder / "own", own), write_package(folder / "base", base), asked=asked)
    paths = {resource.name: resource.path for resource in published()}
    of_whole = {(paths[table], table): of for table, of in rows.items()}
    of_part = {(f"base: {paths[table]}", table): of for table, of in base.items()}
    of_part |= {(f"{table}.csv", table): of for table, of in own.items()}
    mine = {f"{table}:{record(row, names[table])}" for table, of in own.items() for row in of}
    judged = set(part.rules.judged)
    wanted = {one for one in found(whole, of_whole, names) if one[0] in judged and mine & set(one[2])}
    assert found(part, of_part, names) == wanted


@pytest.mark.parametrize(
    "count", [1, pytest.param(6, marks=pytest.mark.soak), pytest.param(400, marks=pytest.mark.soak)]
)
def test_shipped_rules_find_in_a_contribution_what_they_find_in_the_merged_package(count):
    @settings(
        max_examples=count, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(st.sampled_from(NAMES), st.sampled_from(["good", "bad"]), st.randoms())
    def law(name: str, kind: str, chance: random.Random) -> None:
        holds_for_shipped_rules(name, kind, chance)

    law()


# Random queries, as a stranger may write them, on two small tables

SCHEMAS = {"t": ["id", "k", "v"], "u": ["id", "t_id", "k"]}
TABLES = st.sampled_from(["t", "u"])
CELLS = st.sampled_from(["", "a", "b"])
EQUAL = st.sampled_from(["=", "=", "IS NOT DISTINCT FROM", "<>"])


QUERIES = """
SELECT a._row AS {one} FROM {one} AS a WHERE a.{c} = 'a'
SELECT a._row AS {one} FROM {one} AS a WHERE {no}EXISTS (SELECT 1 FROM {other} AS b WHERE {on})
SELECT a._row AS {one} FROM {one} AS a WHERE a.k = 'b' OR {no}EXISTS (SELECT 1 FROM {other} AS b WHERE {on})
SELECT a._row AS {one} FROM {one} AS a WHERE a.{a} {no}IN (SELECT {b} FROM {other} WHERE {b} IS NOT NULL)
SELECT a._row AS {one} FROM {one} AS a WHERE a.{a} {no}IN (SELECT {b} FROM {other})
SELECT a._row AS {one} FROM {one} AS a LEFT JOIN {other} AS b ON {on} JOIN t AS c ON c.id = b.{d}
SELECT a._row AS {one} FROM {one} AS a WHERE {no}EXISTS (
  SELECT 1 FROM u AS c LEFT JOIN t AS a ON a.id = c.t_id WHERE a.k = c.{e})
SELECT {rows} FROM {one} AS a JOIN {other} AS b ON {on}
SELECT a._row AS {one} FROM {one} AS a LEFT JOIN {other} AS b ON {on} WHERE b._row IS {no}NULL
SELECT ARRAY_AGG(_row) AS {one} FROM {one} GROUP BY {a} HAVING COUNT(*) {few}
SELECT ARRAY_AGG(a._row) AS {one}, MIN(b.{d}) AS m FROM {one} AS a JOIN {other} AS b ON {on} GROUP BY a.{c}
SELECT a._row AS {one}, COUNT(*) AS n FROM {one} AS a JOIN {other} AS b ON {on} GROUP BY a._row
WITH n AS (SELECT {b}, COUNT(*) AS n FROM {other} GROUP BY {b})
  SELECT a._row AS {one} FROM {one} AS a JOIN n ON n.{b} = a.{a} WHERE n.n {few}
WITH p(x, y) AS (SELECT a._row, b._row FROM {one} AS a JOIN {other} AS b ON {on})
  SELECT ARRAY_AGG(p.x) AS {one} FROM p GROUP BY p.y HAVING COUNT(*) {few}
WITH w(in_table, r, k) AS (SELECT 't', _row, k FROM t UNION ALL SELECT 'u', _row, k FROM u)
  SELECT in_table, r AS in_row FROM w WHERE {no}EXISTS (SELECT 1 FROM {other} AS b WHERE b.{b} = w.k)
SELECT _row AS {one}, LAG({a}) OVER (PARTITION BY {c} ORDER BY id) AS p FROM {one}
SELECT _row AS {one} FROM {one} WHERE {a} > (SELECT MIN({b}) FROM {other})
SELECT a._row AS {one} FROM {one} AS a WHERE {no}EXISTS (
  SELECT 1 FROM {other} AS b WHERE {on} AND {no}EXISTS (SELECT 1 FROM t AS c WHERE c.id = b.{b}))
SELECT u._row AS u FROM u WHERE {no}EXISTS (
  SELECT 1 FROM records AS r WHERE r.record_id = u.t_id AND r.table_name = 't')
"""
TEMPLATES = QUERIES.replace("\n  ", " ").strip().splitlines()


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Give a query with two or three tables, joined, grouped, negated or put together."""
    one, other = draw(TABLES), draw(TABLES)
    a, c = (draw(st.sampled_from(SCHEMAS[one])) for _ in range(2))
    b, d = (draw(st.sampled_from(SCHEMAS[other])) for _ in range(2))
    return draw(st.sampled_from(TEMPLATES)).format(
        one=one,
        other=other,
        a=a,
        b=b,
        c=c,
        d=d,
        on=f"a.{a} {draw(EQUAL)} b.{b}" + draw(st.sampled_from(["", f" AND a.{c} = b.{d}", f" OR a.{c} = b.{d}"])),
        e=draw(st.sampled_from(SCHEMAS["u"])),
        no=draw(st.sampled_from(["", "NOT "])),
        few=draw(st.sampled_from(["> 1", "= 1", ">= 1"])),
        rows=f"a._row AS {one}" if one == other else f"a._row AS {one}, b._row AS {other}",
    )


@st.composite
def tables(draw: st.DrawFn) -> Rows:
    return {
        name: [
            {"id": f"{number}", **{column: draw(CELLS) for column in columns[1:]}}
            for number in range(draw(st.integers(0, 5)))
        ]
        for name, columns in SCHEMAS.items()
    }


def package(folder: Path, rows: Rows, query: str) -> Path:
    folder.mkdir()
    resources = []
    for name, columns in SCHEMAS.items():
        schema = {"fields": [{"name": c, "type": "string"} for c in columns], "primaryKey": ["id"]}
        resources.append({"name": name, "type": "table", "path": f"{name}.csv", "schema": schema})
        write_table(folder / f"{name}.csv", columns, rows[name])
    texts = {"id": "X1", "level": "error", "says": "so", "message": "found", "hint": "look", "reason": "it is"}
    rule = {**texts, "tables": ["t", "u"], "query": query}
    (folder / "rules.yaml").write_text(json.dumps({"rules": [rule]}))
    (folder / "datapackage.json").write_text(
        json.dumps({"name": "p", "version": "1.0.0", "resources": resources, "rules": ["rules.yaml"]})
    )
    return folder


def holds_for_a_query(query: str, base: Rows, own: Rows, *, in_blocks: bool) -> None:
    merged = {name: list(overlaid(base[name], own[name])) for name in SCHEMAS}
    own = {name: rows for name, rows in own.items() if rows}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        whole = validate(package(folder / "whole", merged, query))
        (folder / "own").mkdir()
        (folder / "own" / "contribution.toml").write_text(manifest_of("p"))
        for name, rows in own.items():
            write_table(folder / "own" / f"{name}.csv", SCHEMAS[name], rows)
        with all_are_large(in_blocks=in_blocks):
            part = validate(folder / "own", package(folder / "base", base, query))
    assert [f.message for f in part if f.code == "rule-error"] == [f.message for f in whole if f.code == "rule-error"]
    names = dict.fromkeys(SCHEMAS, ("id",))
    of_part = {(f"base: {name}.csv", name): rows for name, rows in base.items()}
    of_part |= {(f"{name}.csv", name): rows for name, rows in own.items()}
    mine = {f"{name}:{row['id']}" for name, rows in own.items() for row in rows}
    wanted = found(whole, {(f"{name}.csv", name): rows for name, rows in merged.items()}, names)
    assert found(part, of_part, names) == {one for one in wanted if mine & set(one[2])}


def overlaid(base: list[dict[str, str]], own: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    mine = {row["id"]: row for row in own}
    for row in base:
        patch = mine.pop(row["id"], {})
        yield {name: patch.get(name) or cell for name, cell in row.items()}
    yield from mine.values()


@pytest.mark.parametrize(
    "count", [20, pytest.param(150, marks=pytest.mark.soak), pytest.param(5000, marks=pytest.mark.soak)]
)
def test_any_query_finds_in_a_contribution_what_it_finds_in_the_merged_package(count):
    @settings(
        max_examples=count, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(queries(), tables(), tables().filter(any_row), st.booleans())
    def law(query: str, base: Rows, own: Rows, in_blocks: bool) -> None:  # noqa: FBT001 (Hypothesis draws it)
        holds_for_a_query(query, base, own, in_blocks=in_blocks)

    law()


def any_row(rows: Rows) -> bool:
    return any(rows.values())
