"""The derived views and the questions of docs/questions.md, run on the published rows and on small invented ones.

The page is the expectation: the table under a query is what the query gives. `REGENERATE=1` writes the tables anew.
"""

import csv
import functools
import graphlib
import io
import json
import os
import re
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import sqlglot
from conftest import ROOT

from depositary.compile import edtf
from depositary.engine.sql import quoted

PAGE = ROOT / "docs" / "questions.md"
SCHEMAS = {
    f.stem: json.loads(f.read_bytes())
    for folder in ("tables", "codelists", "provenance")
    for f in sorted((ROOT / "schemas" / folder).glob("*.json"))
}
VIEWS = {f.stem: f.read_text(encoding="utf-8") for f in sorted((ROOT / "schemas" / "views").glob("*.sql"))}
TYPES = {"string": "VARCHAR", "date": "DATE", "number": "DECIMAL(38, 9)", "integer": "BIGINT", "boolean": "BOOLEAN"}

Rows = list[dict[str, str]]
Tables = Mapping[str, Rows]


def macro(name: str) -> str:
    """Define one of the functions of EDTF dates, which the engine writes out before DuckDB sees them."""
    parameters = [sqlglot.exp.column(letter) for letter in "xy"[: edtf.arity(name)]]
    said = edtf.expand(name, *parameters).sql("duckdb")
    return f"CREATE MACRO {name}({', '.join(p.name for p in parameters)}) AS {said}"


def columns(table: str) -> dict[str, str]:
    return {field["name"]: TYPES[field["type"]] for field in SCHEMAS[table]["fields"]}


@functools.cache
def views_in_order() -> list[str]:
    needs = {
        name: {t.name for t in sqlglot.parse_one(sql, read="duckdb").find_all(sqlglot.exp.Table)} & set(VIEWS)
        for name, sql in VIEWS.items()
    }
    return list(graphlib.TopologicalSorter(needs).static_order())


@functools.cache
def empty() -> duckdb.DuckDBPyConnection:
    """Give a database with all tables, typed by their schemas, and the views."""
    connection = duckdb.connect()
    for name in edtf.NAMES:
        connection.execute(macro(name))
    for name in SCHEMAS:
        connection.execute(f"CREATE TABLE {name} ({', '.join(f'{quoted(c)} {t}' for c, t in columns(name).items())})")
    for name in views_in_order():
        connection.execute(f"CREATE VIEW {name} AS {VIEWS[name]}")
    return connection


def world(tables: Tables) -> duckdb.DuckDBPyConnection:
    """Put rows into the tables, in a transaction that nobody else sees and that is never committed."""
    connection = empty().cursor().begin()
    for name, rows in tables.items():
        types = columns(name)
        one = f"({', '.join(f'CAST(? AS {t})' for t in types.values())})"
        cells = [row.get(column) or None for row in rows for column in types]
        if rows:
            connection.execute(f"INSERT INTO {name} VALUES {', '.join([one] * len(rows))}", cells)  # noqa: S608 (our names)
    return connection


def read(text: str) -> Rows:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def folder(path: Path) -> dict[str, Rows]:
    """Read the CSV files of a folder that are named after tables of facts."""
    return {f.stem: read(f.read_text(encoding="utf-8")) for f in path.glob("*.csv") if f.stem in SCHEMAS}


def patched(base: Tables, patch: Tables) -> dict[str, Rows]:
    r"""Lay a patch over tables: by key; a blank claims nothing, `\N` erases."""
    merged = {name: [dict(row) for row in rows] for name, rows in base.items()}
    for name, rows in patch.items():
        key = SCHEMAS[name]["primaryKey"]
        found = {tuple(row[k] for k in key): row for row in merged.setdefault(name, [])}
        for row in rows:
            claims = {field: "" if cell == "\\N" else cell for field, cell in row.items() if cell}
            place = tuple(row[k] for k in key)
            if place in found:
                found[place].update(claims)
            else:
                merged[name].append(claims)
    return merged


def published() -> dict[str, Rows]:
    data = ROOT / "datapackage" / "data"
    return folder(data) | folder(data / "codelists")


# --- the page


BLOCK = re.compile(
    r"^```(?P<kind>csv|sql)(?P<words>[^\n]*)\n(?P<text>.*?)^```\n(?P<table>(?:\n\|[^\n]*(?:\n\|[^\n]*)*\n)?)",
    re.MULTILINE | re.DOTALL,
)


def cell(value: object) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("\\", "\\\\").replace("|", "\\|")


def markdown(answer: duckdb.DuckDBPyConnection) -> str:
    names = [column[0] for column in answer.description]
    lines = [names, ["---"] * len(names), *([cell(v) for v in row] for row in answer.fetchall())]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def tables_for(words: str, rows: Tables) -> dict[str, Rows]:
    """Find what a query of the page is asked of: the published rows, or these with others laid over them."""
    wanted = re.fullmatch(r"(?: with=(\S+))?", words)
    assert wanted, f"a query is asked of the published rows or with=..., not{words}"
    if wanted[1] is None:
        return published()
    return patched(published(), rows if wanted[1] == "rows" else folder(ROOT / wanted[1]))


def answered(page: str) -> str:
    """Give the page with every table as its query gives it; csv blocks are the rows that with=rows means."""
    rows: dict[str, Rows] = {}

    def fill(block: re.Match[str]) -> str:
        if block["kind"] == "csv":
            rows[Path(block["words"].strip()).stem] = read(block["text"])
            return block[0]
        answer = world(tables_for(block["words"], rows)).execute(block["text"])
        return block[0].removesuffix(block["table"]) + markdown(answer)

    return BLOCK.sub(fill, page)


@pytest.mark.long
def test_the_page_gives_the_answers_that_its_queries_give():
    page = PAGE.read_text(encoding="utf-8")
    given = answered(page)
    if os.environ.get("REGENERATE"):
        PAGE.write_text(given, encoding="utf-8")
        page = given
    assert given == page


def test_the_page_asks_all_five_questions():
    page = PAGE.read_text(encoding="utf-8")
    assert len(re.findall(r"^## ", page, re.MULTILINE)) >= 5
    assert page.count("```sql") >= 8


# --- the views as such


@pytest.fixture(scope="module")
def everything() -> dict[str, Rows]:
    return patched(published(), folder(ROOT / "examples" / "contributions" / "lena" / "export-controls"))


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_view_explains_every_column_it_has(name):
    comment = [line.removeprefix("--").removeprefix(" ") for line in VIEWS[name].splitlines() if line.startswith("--")]
    assert comment[0].startswith("One row for each ")
    explained = [m[1] for line in comment if (m := re.match(r"([a-z_]+): [A-Z]", line))]
    assert explained == [c[0] for c in world({}).view(name).description]


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_view_is_one_query_after_its_comment(name):
    sql = re.sub(r"\A(?:--[^\n]*\n)+", "", VIEWS[name])
    assert "--" not in sql
    assert isinstance(sqlglot.parse_one(sql, read="duckdb"), sqlglot.exp.Query)


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_view_prints_for_spark(name):
    sqlglot.transpile(VIEWS[name], read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)


def plain(rows: Iterable[Iterable[object]]) -> list[tuple[str, ...]]:
    """Make rows of two engines comparable: SQLite has no dates, booleans or decimals."""
    return sorted(tuple(plain_value(v) for v in row) for row in rows)


def plain_value(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(int(value)) if isinstance(value, bool) else str(value)


def in_sqlite(tables: Tables) -> sqlite3.Connection:
    """Put the same tables and views, as sqlglot prints them, into SQLite."""
    connection = sqlite3.connect(":memory:")
    for name in edtf.NAMES:
        connection.create_function(name, edtf.arity(name), functools.partial(in_duckdb, name), deterministic=True)
    for name in SCHEMAS:
        connection.execute(f"CREATE TABLE {name} ({', '.join(map(quoted, columns(name)))})")
        marks = ", ".join("?" * len(columns(name)))
        cells = [[row.get(c) or None for c in columns(name)] for row in tables.get(name, [])]
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", cells)  # noqa: S608 (our names)
    for name in views_in_order():
        connection.execute(f"CREATE VIEW {name} AS {for_sqlite(VIEWS[name])}")
    return connection


def for_sqlite(sql: str) -> str:
    [printed] = sqlglot.transpile(sql, read="duckdb", write="sqlite")
    return printed


def test_views_say_the_same_in_sqlite(everything):
    ours, theirs = world(everything), in_sqlite(everything)
    for name in VIEWS:
        assert plain(theirs.execute(f"SELECT * FROM {name}")) == plain(ours.view(name).fetchall())  # noqa: S608 (our names)


def test_queries_of_the_page_say_the_same_in_sqlite(everything):
    ours, theirs = world(everything), in_sqlite(everything)
    queries = [m["text"] for m in BLOCK.finditer(PAGE.read_text(encoding="utf-8")) if m["kind"] == "sql"]
    for query in queries:
        assert plain(theirs.execute(for_sqlite(query))) == plain(ours.execute(query).fetchall())


@functools.cache
def in_duckdb(function: str, *dates: str | None) -> object:
    marks = ", ".join(["CAST(? AS VARCHAR)"] * len(dates))
    [value] = empty().cursor().execute(f"SELECT {function}({marks})", dates).fetchone()
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2023", "2023-01-01", "2023-12-31"),
        ("2023-05", "2023-05-01", "2023-05-31"),
        ("2024-02~", "2024-02-01", "2024-02-29"),
        ("2023-05-27?", "2023-05-27", "2023-05-27"),
        ("2023-05/2023-07", "2023-05-01", "2023-07-31"),
        ("2023-05-27/..", "2023-05-27", None),
        ("../2023", None, "2023-12-31"),
        ("[2023-05-27..2023-06]", "2023-05-27", "2023-06-30"),
        ("[..2023-05-26]", None, "2023-05-26"),
        ("[2023..]", "2023-01-01", None),
        (None, None, None),
    ],
)
def test_bounds_of_a_date_of_the_world(written, first, last):
    assert (in_duckdb("EARLIEST", written), in_duckdb("LATEST", written)) == (first, last)


# --- roots


def source(source_id: str, through: str = "") -> dict[str, str]:
    return {"source_id": source_id, "known_through_source_id": through}


def copy(source_id: str, parent: str, derivation: str = "rewritten") -> dict[str, str]:
    return {"source_id": source_id, "parent_source_id": parent, "derivation": derivation}


def actor(actor_id: str, kind: str = "government", name: str = "Name", whole: str = "") -> dict[str, str]:
    return {"actor_id": actor_id, "kind": kind, "name": name, "part_of_actor_id": whole, "source_id": "text"}


def statement(statement_id: str = "stm", **more: str) -> dict[str, str]:
    said = {"speech_act": "agree", "attribution": "on_record", "record_status": "draft", "source_id": "text"}
    return {"statement_id": statement_id, **said, **more}


def party(role: str, actor_id: str, statement_id: str = "stm") -> dict[str, str]:
    return {"statement_id": statement_id, "role": role, "actor_id": actor_id}


def stance(party_id: str, value: str, stance_id: str = "", **more: str) -> dict[str, str]:
    found = {"statement_id": "stm", "access_basis": "reported", "source_id": "text"}
    return {"stance_id": stance_id or f"{party_id}-{value}", "party_id": party_id, "stance": value, **found, **more}


def roots_of(record_id: str, tables: Tables) -> tuple[set[str | None], int | None, bool | None]:
    """Give a record's roots, their number, and whether the number is certain."""
    connection = world(tables)
    found = connection.execute("SELECT root_id FROM row_roots WHERE record_id = ?", [record_id]).fetchall()
    number = connection.execute("SELECT n_roots, is_certain FROM n_roots WHERE record_id = ?", [record_id]).fetchone()
    return {root for (root,) in found}, *number


SOURCES = [source(name) for name in ("text", "wire", "other-wire", "readout", "release", "readout-en")]
UNNAMED = actor("someone", kind="unnamed_person", name="")


@pytest.mark.parametrize(
    ("derivations", "roots", "certain"),
    [
        pytest.param([], {"text"}, True, id="a source that goes nowhere"),
        pytest.param([copy("text", "wire"), copy("wire", "readout")], {"readout"}, True, id="a copy of a copy"),
        pytest.param([copy("text", "wire", "quotes")], {"wire"}, True, id="a quoted text"),
        pytest.param(
            [copy("text", "wire"), copy("text", "other-wire"), copy("wire", "readout"), copy("other-wire", "readout")],
            {"readout"},
            True,
            id="a diamond",
        ),
        pytest.param(
            [copy("text", "readout"), copy("text", "release")], {"readout", "release"}, False, id="two parents"
        ),
        pytest.param(
            [copy("text", "wire"), copy("wire", "text"), copy("wire", "readout")], {"readout"}, True, id="a way out"
        ),
    ],
)
def test_a_row_without_a_document_has_the_roots_of_its_source(derivations, roots, certain):
    tables = {
        "sources": SOURCES,
        "source_derivations": derivations,
        "meetings": [{"meeting_id": "mtg", "source_id": "text"}],
    }
    assert roots_of("mtg", tables) == (roots, len(roots), certain)


@pytest.mark.parametrize("circle", [["text"], ["text", "wire"], ["text", "wire", "readout"]], ids=len)
def test_copies_in_a_circle_have_no_known_root(circle):
    derivations = [copy(a, b) for a, b in zip(circle, [*circle[1:], circle[0]], strict=True)]
    tables = {
        "sources": SOURCES,
        "source_derivations": derivations,
        "meetings": [{"meeting_id": "mtg", "source_id": "text"}],
    }
    assert roots_of("mtg", tables) == ({None}, None, None)


def test_an_origin_whose_copies_go_in_a_circle_has_no_known_root():
    derivations = [copy("text", "wire"), copy("wire", "text")]
    tables = {"sources": SOURCES, "source_derivations": derivations, "statements": [statement(origin_source_id="wire")]}
    assert roots_of("stm", tables) == ({None}, None, None)


@pytest.mark.parametrize(
    "derivations", [[], [copy("text", "notice", "summarises")]], ids=["not said again", "said again"]
)
def test_a_text_leads_to_what_is_known_through_it(derivations):
    tables = {
        "sources": [*SOURCES, source("notice", through="text")],
        "source_derivations": derivations,
        "meetings": [{"meeting_id": "mtg", "source_id": "text"}],
    }
    assert roots_of("mtg", tables) == ({"notice"}, 1, True)


def test_the_origin_is_the_root_whatever_it_quotes():
    derivations = [copy("text", "wire"), copy("wire", "readout", "quotes")]
    tables = {"sources": SOURCES, "source_derivations": derivations, "statements": [statement(origin_source_id="wire")]}
    assert roots_of("stm", tables) == ({"wire"}, 1, True)


def test_the_document_is_the_root_of_a_stance_and_not_the_text_that_tells_of_it():
    found = stance("kr", "silent", "stc", document_source_id="readout")
    tables = {"sources": SOURCES, "source_derivations": [copy("text", "release")], "stances": [found]}
    assert roots_of("stc", tables) == ({"readout"}, 1, True)


def test_a_translation_and_its_original_are_one_root():
    found = stance("kr", "silent", "stc", document_source_id="readout-en", access_basis="inspected")
    tables = {
        "sources": SOURCES,
        "source_derivations": [copy("readout-en", "readout", "translated")],
        "stances": [found],
    }
    assert roots_of("stc", tables) == ({"readout"}, 1, True)


def test_a_second_coder_who_reads_the_document_adds_no_root():
    known = {
        "sources": [source("readout", "wire"), source("wire")],
        "source_derivations": [copy("wire", "readout", "quotes")],
    }
    heard = stance("kr", "silent", "heard", source_id="wire", document_source_id="readout")
    seen = stance("kr", "silent", "seen", source_id="readout", document_source_id="readout", access_basis="inspected")
    before = world({**known, "stances": [heard]})
    after = world({**known, "sources": [source("readout"), source("wire")], "stances": [heard, seen]})
    assert before.execute("SELECT DISTINCT root_id FROM row_roots").fetchall() == [("readout",)]
    assert after.execute("SELECT DISTINCT root_id FROM row_roots").fetchall() == [("readout",)]


def test_an_unnamed_person_is_the_root_of_a_statement_that_nobody_else_speaks():
    tables = {
        "sources": SOURCES,
        "actors": [UNNAMED],
        "statements": [statement(origin_source_id="wire")],
        "statement_parties": [party("speaker", "someone")],
    }
    assert roots_of("stm", tables) == ({"someone"}, 1, True)


def test_a_stance_through_an_unnamed_person_has_that_person_as_root():
    tables = {
        "sources": SOURCES,
        "actors": [UNNAMED],
        "statements": [statement("remark")],
        "statement_parties": [party("speaker", "someone", "remark")],
        "stances": [stance("kr", "qualifies", "stc", via_statement_id="remark")],
    }
    assert roots_of("stc", tables) == ({"someone"}, 1, True)


def test_two_unnamed_people_are_two_roots():
    tables = {
        "sources": SOURCES,
        "actors": [UNNAMED, {**UNNAMED, "actor_id": "another"}],
        "statements": [statement()],
        "statement_parties": [party("speaker", "someone"), party("speaker", "another")],
    }
    assert roots_of("stm", tables) == ({"someone", "another"}, 2, True)


@pytest.mark.parametrize(("name", "root"), [("", "sources-say"), ("Chip makers", "text")], ids=["unnamed", "named"])
def test_a_group_is_a_root_when_it_has_no_name(name, root):
    tables = {
        "sources": SOURCES,
        "actors": [actor("sources-say", kind="group", name=name)],
        "statements": [statement()],
        "statement_parties": [party("speaker", "sources-say")],
    }
    assert roots_of("stm", tables) == ({root}, 1, True)


def test_one_named_speaker_is_enough_to_rest_on_the_text():
    tables = {
        "sources": SOURCES,
        "actors": [UNNAMED, actor("minister", kind="person")],
        "statements": [statement()],
        "statement_parties": [party("speaker", "someone"), party("speaker", "minister")],
    }
    assert roots_of("stm", tables) == ({"text"}, 1, True)


def test_a_stance_through_a_named_remark_rests_on_the_origin_of_the_remark():
    tables = {
        "sources": SOURCES,
        "actors": [actor("minister", kind="person")],
        "statements": [statement("remark", origin_source_id="release")],
        "statement_parties": [party("speaker", "minister", "remark")],
        "stances": [stance("kr", "qualifies", "stc", via_statement_id="remark")],
    }
    assert roots_of("stc", tables) == ({"release"}, 1, True)


def test_steps_above_a_source_come_nearest_first():
    steps = world({"sources": SOURCES, "source_derivations": [copy("wire", "readout"), copy("text", "wire")]})
    query = "SELECT copy_id, parent_id FROM source_steps WHERE source_id = 'text' ORDER BY n_above DESC"
    assert steps.execute(query).fetchall() == [("text", "wire"), ("wire", "readout")]


def test_steps_in_a_circle_end():
    steps = world({"sources": SOURCES, "source_derivations": [copy("wire", "text"), copy("text", "wire")]})
    assert len(steps.execute("SELECT * FROM source_steps WHERE source_id = 'text'").fetchall()) == 2


# --- how a statement stands

CN, KR = actor("cn"), actor("kr")


def standing(tables: Tables) -> dict[str, object]:
    """Give how the statement `stm` stands; China and South Korea hold it unless the tables say otherwise."""
    usual = {
        "actors": [CN, KR, UNNAMED],
        "statements": [statement(), statement("remark", attribution="anonymous")],
        "statement_parties": [party("holder", "cn"), party("holder", "kr"), party("speaker", "someone", "remark")],
    }
    answer = world({**usual, **tables}).execute("SELECT * FROM statement_standing WHERE statement_id = 'stm'")
    return dict(zip([c[0] for c in answer.description], answer.fetchone(), strict=True))


@pytest.mark.parametrize(
    ("stances", "contested", "one_sided"),
    [
        pytest.param([], None, None, id="nobody asked"),
        pytest.param([stance("kr", "silent")], None, None, id="one silent, the other not asked"),
        pytest.param([stance("cn", "affirms")], None, True, id="one affirms, the other not asked"),
        pytest.param([stance("cn", "affirms"), stance("kr", "silent")], None, True, id="one silent"),
        pytest.param(
            [stance("cn", "affirms"), stance("kr", "declines_comment")], None, True, id="one will not comment"
        ),
        pytest.param([stance("cn", "affirms"), stance("kr", "affirms")], False, False, id="both affirm"),
        pytest.param([stance("cn", "affirms"), stance("kr", "denies")], True, False, id="one denies"),
        pytest.param([stance("cn", "affirms"), stance("kr", "reserves")], True, False, id="one reserves"),
        pytest.param([stance("cn", "affirms"), stance("kr", "qualifies")], True, False, id="one qualifies"),
        pytest.param([stance("cn", "affirms"), stance("cn", "reserves")], True, True, id="one affirms and reserves"),
        pytest.param([stance("cn", "affirms"), stance("us", "denies")], True, True, id="a third party denies"),
        pytest.param(
            [stance("cn", "affirms"), stance("kr", "qualifies", via_statement_id="remark")],
            True,
            True,
            id="one qualifies through an unnamed person",
        ),
        pytest.param(
            [stance("cn", "affirms"), stance("kr", "affirms", via_statement_id="remark")],
            None,
            True,
            id="one affirms through an unnamed person",
        ),
    ],
)
def test_contested_and_one_sided(stances, contested, one_sided):
    answer = standing({"stances": stances})
    assert (answer["contested"], answer["one_sided"]) == (contested, one_sided)


@pytest.mark.parametrize(("one", "other"), [("stm", "another"), ("another", "stm")])
@pytest.mark.parametrize(("status", "contested"), [("draft", True), ("deprecated", None)])
def test_a_contradiction_contests_both_ways_unless_it_is_deprecated(one, other, status, contested):
    link = {"link_id": "lnk", "from_statement_id": one, "relation": "contradicts", "to_statement_id": other}
    statements = [statement(), statement("another", record_status=status)]
    assert standing({"statements": statements, "statement_links": [link]})["contested"] is contested


def test_a_statement_of_one_holder_who_speaks_is_neither_contested_nor_one_sided():
    answer = standing({"statement_parties": [party("holder", "cn"), party("speaker", "cn")]})
    assert (answer["contested"], answer["one_sided"]) == (False, False)


@pytest.mark.parametrize(
    ("office", "one_sided"),
    [
        pytest.param({}, True, id="in office"),
        pytest.param({"started": "2023-05", "ended": "2023-05"}, True, id="in the month"),
        pytest.param({"ended": "2022"}, None, id="out of office"),
        pytest.param({"ended": "2022~"}, True, id="out of office since about then"),
        pytest.param({"started": "2024"}, None, id="not yet in office"),
    ],
)
def test_a_minister_in_office_speaks_for_the_government(office, one_sided):
    tables = {
        "actors": [CN, KR, actor("ministry", kind="public_body", whole="cn"), actor("minister", kind="person")],
        "tenures": [{"tenure_id": "ten", "person_id": "minister", "organisation_id": "ministry", **office}],
        "statements": [statement(said="2023-05-27")],
        "statement_parties": [party("holder", "cn"), party("holder", "kr"), party("speaker", "minister")],
    }
    assert standing(tables)["one_sided"] is one_sided


@pytest.mark.parametrize("kind", ["unnamed_person", "group"])
def test_the_unnamed_speak_for_nobody_on_the_record(kind):
    tables = {
        "actors": [actor("someone", kind=kind, name="")],
        "statement_parties": [party("holder", "someone"), party("speaker", "someone")],
    }
    assert standing(tables)["contested"] is None


def test_who_speaks_a_denial_does_not_affirm_it():
    tables = {
        "statements": [statement(speech_act="deny")],
        "statement_parties": [party("holder", "cn"), party("holder", "kr"), party("speaker", "cn")],
    }
    assert standing(tables)["one_sided"] is None


def test_a_ministry_beside_its_government_is_no_second_side():
    tables = {
        "actors": [CN, actor("ministry", kind="public_body", whole="cn")],
        "statement_parties": [party("holder", "cn"), party("holder", "ministry")],
        "stances": [stance("cn", "affirms")],
    }
    answer = standing(tables)
    assert (answer["n_sides"], answer["one_sided"], answer["contested"]) == (1, False, False)


def test_the_numbers_count_parties_and_not_findings():
    twice = [
        stance("kr", "silent"),
        stance("kr", "silent", "again", access_basis="inspected", document_source_id="readout"),
    ]
    assert standing({"stances": [*twice, stance("us", "silent")]})["n_silent"] == 2


@pytest.mark.parametrize(
    ("speakers", "stances", "anonymous"),
    [
        pytest.param(["someone"], [], True, id="an unnamed speaker"),
        pytest.param(["someone", "cn"], [], False, id="a named one too"),
        pytest.param([], [], False, id="the outlet itself"),
        pytest.param([], [stance("kr", "affirms", via_statement_id="remark")], True, id="stances through the unnamed"),
        pytest.param(["cn"], [stance("kr", "affirms", via_statement_id="remark")], False, id="but a named speaker"),
        pytest.param(
            [],
            [stance("kr", "affirms", via_statement_id="remark"), stance("cn", "affirms")],
            False,
            id="but a stance on the record",
        ),
        pytest.param(
            [],
            [stance("kr", "affirms", via_statement_id="remark"), stance("kr", "silent")],
            True,
            id="silence is no support",
        ),
    ],
)
def test_rests_on_anonymous(speakers, stances, anonymous):
    parties = [party("speaker", "someone", "remark"), *(party("speaker", name) for name in speakers)]
    assert standing({"statement_parties": parties, "stances": stances})["rests_on_anonymous"] is anonymous


def test_an_anonymous_statement_rests_on_anonymous_even_if_no_speaker_is_coded():
    tables = {"statements": [statement(attribution="on_background")], "statement_parties": []}
    assert standing(tables)["rests_on_anonymous"] is True


def test_parts_in_a_circle_end():
    assert world({"actors": [actor("a", whole="b"), actor("b", whole="a")]}).execute("FROM actor_wholes").fetchall()


def test_a_deprecated_statement_has_no_standing():
    assert (
        world({"statements": [statement(record_status="deprecated")]}).execute("FROM statement_standing").fetchall()
        == []
    )


# --- stages


def stage(value: str, reached: str, product: str = "", party: str = "") -> dict[str, str]:
    return {"stage": value, "reached": reached, "product_row_id": product, "party_row_id": party}


def measure(stages: Rows, status: str = "draft") -> duckdb.DuckDBPyConnection:
    """Give a measure on gallium and germanium towards Japan and South Korea, from which a firm is exempt."""
    rows = [{"stage_id": f"stg-{n}", "policy_action_id": "pol", **row} for n, row in enumerate(stages)]
    affected = {"role": "affected", "affected_basis": "targeted"}
    parties = [
        {"party_row_id": "jpn", "party_jurisdiction": "JPN", **affected},
        {"party_row_id": "kor", "party_jurisdiction": "KOR", **affected},
        {"party_row_id": "firm", "actor_id": "firm", "role": "exempt"},
    ]
    return world(
        {
            "actors": [actor("firm", kind="company") | {"jurisdiction": "KOR"}],
            "policy_actions": [{"policy_action_id": "pol", "record_status": status}],
            "policy_action_products": [
                {"product_row_id": p, "policy_action_id": "pol"} for p in ("gallium", "germanium")
            ],
            "policy_action_parties": [{"policy_action_id": "pol", **row} for row in parties],
            "policy_action_stages": rows,
        }
    )


def held_on(day: str, stages: Rows, product: str = "gallium", party: str = "kor") -> dict[str, str]:
    """Tell which stages held on a day for a product and a party: surely or perhaps."""
    query = """
        SELECT reach.stage, surely_from <= $day AND coalesce($day < surely_before, TRUE) IS TRUE
        FROM measure_reach AS reach
        LEFT JOIN policy_action_parties AS party ON party.policy_action_id = reach.policy_action_id
        WHERE product_row_id = $product AND party.party_row_id = $party AND stage_id IS NOT NULL
          AND (reach.actor_id = party.actor_id OR (party.actor_id IS NULL AND reach.towards = party.party_jurisdiction
            AND reach.actor_id IS NULL))
          AND coalesce(perhaps_from <= $day, TRUE) AND coalesce($day < perhaps_before, TRUE)
    """
    found = measure(stages).execute(query, {"day": date.fromisoformat(day), "product": product, "party": party})
    return {value: "surely" if sure else "perhaps" for value, sure in found.fetchall()}


PAUSE = [stage("in_force", "2023-08-01"), stage("suspended", "2024-03-10"), stage("resumed", "2024-06-10")]
MONTHS = [stage("announced", "2023-07"), stage("in_force", "2023-08"), stage("removed", "2024")]


@pytest.mark.parametrize(
    ("stages", "day", "expected"),
    [
        (PAUSE, "2023-07-31", {}),
        (PAUSE, "2023-08-01", {"in_force": "surely"}),
        (PAUSE, "2024-03-09", {"in_force": "surely"}),
        (PAUSE, "2024-03-10", {"suspended": "surely"}),
        (PAUSE, "2024-06-09", {"suspended": "surely"}),
        (PAUSE, "2024-06-10", {"resumed": "surely"}),
        (MONTHS, "2023-07-15", {"announced": "perhaps"}),
        (MONTHS, "2023-07-31", {"announced": "surely"}),
        (MONTHS, "2023-08-15", {"announced": "perhaps", "in_force": "perhaps"}),
        (MONTHS, "2023-12-31", {"in_force": "surely"}),
        (MONTHS, "2024-06-30", {"in_force": "perhaps", "removed": "perhaps"}),
        (MONTHS, "2024-12-31", {"removed": "surely"}),
    ],
)
def test_a_stage_holds_from_its_day_to_the_next(stages, day, expected):
    assert held_on(day, stages) == expected


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        pytest.param(
            [stage("in_force", "2023-08-01"), stage("announced", "2023-08-15")],
            {"in_force": "surely"},
            id="retroactive",
        ),
        pytest.param(
            [stage("announced", "2023-09-01"), stage("in_force", "2023-09-01")], {"in_force": "surely"}, id="one day"
        ),
        pytest.param(
            [stage("threatened", "2023-05"), stage("investigated", "2023-05")],
            {"threatened": "surely", "investigated": "surely"},
            id="threat and inquiry stand side by side",
        ),
        pytest.param(
            [stage("threatened", "2023-05"), stage("never_implemented", "2023-06"), stage("threatened", "2023-08-01")],
            {"threatened": "surely", "never_implemented": "surely"},
            id="threatened again",
        ),
        pytest.param(
            [stage("in_force", "2023"), stage("removed", "2022-06")],
            {"in_force": "perhaps", "removed": "perhaps"},
            id="in force again after its removal",
        ),
        pytest.param(
            [stage("suspended", "2023-08"), stage("in_force", "2023-08")],
            {"suspended": "surely"},
            id="in force and suspended in one month",
        ),
        pytest.param(
            [stage("removed", "2023-08"), stage("in_force", "2023-08")],
            {"removed": "surely"},
            id="removed in its first month",
        ),
        pytest.param(
            [stage("in_force", "2022"), stage("suspended", "2023-01"), stage("removed", "2023-08")],
            {"removed": "surely"},
            id="removed out of a pause",
        ),
        pytest.param(
            [stage("in_force", "2022"), stage("suspended", "2023-08"), stage("resumed", "2023-08")],
            {"suspended": "perhaps", "resumed": "perhaps"},
            id="nobody knows which came last",
        ),
        pytest.param(
            [stage("in_force", "2023-01-01"), stage("amended", "2023-08-01")], {"in_force": "surely"}, id="amended"
        ),
        pytest.param([stage("in_force", "2023-01~")], {"in_force": "perhaps"}, id="about January"),
        pytest.param([stage("in_force", "[..2023-05-26]")], {"in_force": "surely"}, id="open beginning"),
        pytest.param([stage("in_force", "[2023-05-26..]")], {"in_force": "perhaps"}, id="open end"),
        pytest.param(
            [stage("in_force", "2023-01-01"), stage("removed", "[2023-02-01..]")],
            {"in_force": "perhaps", "removed": "perhaps"},
            id="removed on some later day",
        ),
        pytest.param(
            [stage("in_force", "2023-01-01"), stage("removed", "[..2024]")],
            {"in_force": "perhaps", "removed": "perhaps"},
            id="removed on some day before",
        ),
        pytest.param(
            [stage("in_force", "2023-01-01"), stage("in_force", "2023-01")], {"in_force": "surely"}, id="told twice"
        ),
    ],
)
def test_what_held_on_one_september_day(stages, expected):
    assert held_on("2023-09-01", stages) == expected


@pytest.mark.parametrize(
    ("stages", "gallium", "germanium"),
    [
        pytest.param(
            [stage("announced", "2023-07"), stage("in_force", "2023-08", "gallium")],
            "in_force",
            "announced",
            id="one product",
        ),
        pytest.param(
            [stage("in_force", "2023-07"), stage("removed", "2023-08", "gallium")],
            "removed",
            "in_force",
            id="one dropped",
        ),
        pytest.param(
            [stage("in_force", "2023-07", "gallium"), stage("removed", "2023-08")],
            "removed",
            "removed",
            id="all dropped",
        ),
        pytest.param(
            [stage("in_force", "2023-07"), stage("announced", "2023-06"), stage("in_force", "2024", "gallium")],
            "announced",
            "in_force",
            id="its own later day goes before that of the whole",
        ),
    ],
)
def test_stages_of_a_single_product(stages, gallium, germanium):
    assert held_on("2023-09-01", stages, "gallium") == {gallium: "surely"}
    assert held_on("2023-09-01", stages, "germanium") == {germanium: "surely"}


def test_a_pause_of_the_whole_holds_for_a_product_that_had_one_of_its_own():
    own = [stage("suspended", "2023-02", "gallium"), stage("resumed", "2023-03", "gallium")]
    stages = [stage("in_force", "2022"), *own, stage("suspended", "2023-08")]
    assert held_on("2023-09-01", stages) == {"suspended": "surely"}


def test_stages_of_a_single_party():
    stages = [stage("in_force", "2023-07"), stage("suspended", "2023-08", party="jpn")]
    assert held_on("2023-09-01", stages, party="jpn") == {"suspended": "surely"}
    assert held_on("2023-09-01", stages, party="kor") == {"in_force": "surely"}


def test_a_party_s_own_later_day_goes_before_that_of_the_whole():
    stages = [stage("announced", "2023-06"), stage("in_force", "2023-07"), stage("in_force", "2024", party="jpn")]
    assert held_on("2023-09-01", stages, party="jpn") == {"announced": "surely"}
    assert held_on("2023-09-01", stages, party="kor") == {"in_force": "surely"}


def test_stages_of_a_product_towards_a_party():
    stages = [stage("announced", "2023-07"), stage("in_force", "2023-08", "gallium", "jpn")]
    assert held_on("2023-09-01", stages, "gallium", "jpn") == {"in_force": "surely"}
    assert held_on("2023-09-01", stages, "gallium", "kor") == {"announced": "surely"}
    assert held_on("2023-09-01", stages, "germanium", "jpn") == {"announced": "surely"}


def test_there_is_no_rest_when_every_product_is_singled_out():
    stages = [
        stage("announced", "2023-07"),
        stage("in_force", "2023-08", "gallium"),
        stage("in_force", "2023-09", "germanium"),
    ]
    current = (
        measure(stages).execute("SELECT product_row_id, stage, is_certain FROM current_stages ORDER BY 1").fetchall()
    )
    assert current == [("gallium", "in_force", True), ("germanium", "in_force", True)]


def test_there_is_no_rest_when_every_party_that_is_hit_is_singled_out():
    own = [stage("in_force", "2023-08", party="jpn"), stage("in_force", "2023-09", party="kor")]
    current = measure([stage("announced", "2023-07"), *own]).execute("SELECT party_row_id, stage FROM current_stages")
    assert sorted(current.fetchall()) == [("jpn", "in_force"), ("kor", "in_force")]


@pytest.mark.parametrize(
    ("parties", "rest"),
    [
        pytest.param([], True, id="nobody named"),
        pytest.param(
            [{"party_row_id": "usa", "role": "affected", "affected_basis": "excluded"}], True, id="one left out"
        ),
        pytest.param([{"party_row_id": "usa", "role": "affected", "affected_basis": "targeted"}], False, id="one hit"),
    ],
)
def test_there_is_a_rest_unless_every_party_that_is_hit_is_singled_out(parties, rest):
    tables = {
        "policy_actions": [{"policy_action_id": "pol", "record_status": "draft"}],
        "policy_action_parties": [{"policy_action_id": "pol", **row} for row in parties],
        "policy_action_stages": [
            {"stage_id": "whole", "policy_action_id": "pol", **stage("in_force", "2023")},
            {"stage_id": "own", "policy_action_id": "pol", **stage("suspended", "2024", party="usa")},
        ],
    }
    parts = world(tables).execute("SELECT DISTINCT party_row_id FROM stage_intervals").fetchall()
    assert set(parts) == {("usa",), (None,)} if rest else {("usa",)}


def test_a_stage_overtaken_on_its_first_day_has_no_row():
    stages = [stage("announced", "2023-09-01"), stage("in_force", "2023-09-01")]
    assert measure(stages).execute("SELECT stage FROM stage_intervals").fetchall() == [("in_force",)]


@pytest.mark.parametrize("view", ["stage_intervals", "current_stages", "measure_reach"])
def test_a_deprecated_measure_is_left_out(view):
    assert measure(PAUSE, "deprecated").view(view).fetchall() == []


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        (PAUSE, [("resumed", True)]),
        (MONTHS, [("removed", True)]),
        ([stage("announced", "2030-01-01")], [("announced", True)]),
        ([stage("investigated", "2023-03"), stage("investigated", "2023-05")], [("investigated", True)]),
        ([stage("in_force", "[2023..]")], [("in_force", True)]),
        (
            [stage("in_force", "2022"), stage("suspended", "2023-08"), stage("resumed", "2023-08")],
            [("resumed", False), ("suspended", False)],
        ),
        (
            [stage("threatened", "2023-05"), stage("investigated", "2023-05")],
            [("investigated", True), ("threatened", True)],
        ),
    ],
)
def test_current_stages(stages, expected):
    assert measure(stages).execute("SELECT stage, is_certain FROM current_stages ORDER BY 1").fetchall() == expected


def test_who_is_exempt_is_told_apart():
    found = (
        measure(PAUSE)
        .execute("SELECT DISTINCT towards, actor_id, standing FROM measure_reach ORDER BY 1, 2")
        .fetchall()
    )
    assert found == [("JPN", None, "targeted"), ("KOR", "firm", "exempt"), ("KOR", None, "targeted")]


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [([], [(None, "unnamed")]), (["USA"], [("USA", "excluded"), (None, "unnamed")])],
    ids=["nobody named", "one left out"],
)
def test_a_measure_that_names_nobody_it_hits_reaches_the_unnamed(left_out, expected):
    excluded = {"policy_action_id": "pol", "role": "affected", "affected_basis": "excluded"}
    tables = {
        "policy_actions": [{"policy_action_id": "pol", "record_status": "draft"}],
        "policy_action_parties": [{**excluded, "party_jurisdiction": code} for code in left_out],
    }
    assert world(tables).execute("SELECT towards, standing FROM measure_reach ORDER BY 2").fetchall() == expected
