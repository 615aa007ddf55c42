"""The derived views as people get them: loaded, in SQLite and in DuckDB, on the published rows and on invented ones."""

import csv
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from conftest import ROOT
from test_questions import Rows, actor, folder, measure, patched, plain, published, stage, stance, world

import depositary
from depositary.loading.load import open_tables
from depositary.read.views import shipped_views, views_of

PACKAGE = ROOT / "datapackage"
EXAMPLES = ROOT / "examples" / "contributions"
LENA = EXAMPLES / "lena" / "export-controls"
OF_MERGES = ["local_names"]  # views that only merged packages have
NAMES = sorted({view.name for view in shipped_views()} - set(OF_MERGES))


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """Give the published package with Lena's contribution laid over it."""
    place = tmp_path_factory.mktemp("whole") / "package"
    shutil.copytree(PACKAGE, place)
    for name, rows in patched(published(), folder(LENA)).items():
        (file,) = (place / "data").rglob(f"{name}.csv")
        write(file, rows)
    return place


def write(file: Path, rows: Rows) -> None:
    """Write rows below the header that the file has."""
    header = file.read_text(encoding="utf-8").splitlines()[0].split(",")
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def databases(whole, tmp_path_factory) -> Mapping[str, Path]:
    out = tmp_path_factory.mktemp("databases") / "out"
    done = depositary.export(whole, ["sqlite", "duckdb"], out)
    return {one.format: out / one.files[0].path for one in done}


def in_sqlite(file: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def in_duckdb(file: Path, query: str) -> list[Any]:
    with duckdb.connect(file, read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.short(2, long=5)
@pytest.mark.parametrize("name", NAMES)
def test_a_view_says_the_same_in_both_databases_and_loaded(whole, databases, name):
    query = f"SELECT * FROM {name}"  # noqa: S608 (our names)
    theirs = plain(in_sqlite(databases["sqlite"], query))
    assert theirs
    assert same(theirs) == same(plain(in_duckdb(databases["duckdb"], query)))
    assert same(theirs) == same(plain(depositary.load(whole, name, "polars").rows()))


def same(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Leave out what a double has behind a whole number."""
    return sorted(tuple(cell.removesuffix(".0") for cell in row) for row in rows)


@pytest.mark.short(2, long=5)
@pytest.mark.parametrize("name", NAMES)
def test_a_view_in_a_database_has_the_columns_that_its_head_explains(databases, name):
    view = next(view for view in shipped_views() if view.name == name)
    with closing(sqlite3.connect(databases["sqlite"])) as connection:
        found = [column[0] for column in connection.execute(f"SELECT * FROM {name}").description]  # noqa: S608
    assert found == list(view.columns)


@pytest.fixture(scope="module")
def merged(tmp_path_factory) -> Path:
    """Merge a contribution with local names, in keys of one column and of several."""
    place = tmp_path_factory.mktemp("named") / "merged"
    depositary.merge(PACKAGE, [EXAMPLES / "mira" / "dispatch-reading", EXAMPLES / "wei" / "customs-statistics"], place)
    return place


@pytest.mark.long
def test_the_view_of_local_names_has_the_ids_that_the_merge_reports(merged, tmp_path):
    again = depositary.merge(PACKAGE, [EXAMPLES / "mira" / "dispatch-reading", EXAMPLES / "wei" / "customs-statistics"])
    reported = set(again.names.select("table", "name", "row_id", "contributor", "batch").iter_rows())
    rows = depositary.load(merged, "local_names", "polars").rows()
    assert {row for row in rows if "|" not in row[1]} == reported
    (speaker,) = [row for row in rows if row[1] == "local:micron-purchase-block|addressee|act-micron"]
    assert speaker[2].endswith("|addressee|act-micron")
    done = depositary.export(merged, ["sqlite", "duckdb"], tmp_path / "out")
    files = {one.format: tmp_path / "out" / one.files[0].path for one in done}
    query = "SELECT * FROM local_names"
    assert sorted(in_sqlite(files["sqlite"], query)) == sorted(in_duckdb(files["duckdb"], query)) == sorted(rows)


def test_a_package_that_was_not_merged_has_no_local_names(whole):
    assert not set(OF_MERGES) & {view.name for view in views_of(open_tables(whole))}


def test_the_page_of_views_explains_each():
    page = (ROOT / "docs" / "views.md").read_text(encoding="utf-8")
    for view in shipped_views():
        assert f"\n## {view.name}\n" in page
        assert all(f"| `{column}` |" in page for column in view.columns)


# Who stands where


def test_one_look_shows_that_one_side_affirms_and_the_other_is_silent(databases):
    query = """
        SELECT party_name, stance, is_holder, n_findings, one_sided, contested
        FROM statement_positions
        WHERE statement_id = 'stm-cn-kr-chip-dialogue' AND stance IN ('affirms', 'silent')
        ORDER BY 1
    """
    assert in_duckdb(databases["duckdb"], query) == [
        ("Government of China", "affirms", True, 1, True, True),
        ("Government of South Korea", "silent", True, 1, True, True),
    ]


def said(**more: str) -> dict[str, str]:
    return {"statement_id": "stm", "speech_act": "agree", "record_status": "draft", "source_id": "text", **more}


def positions(tables: Mapping[str, Rows]) -> list[tuple[Any, ...]]:
    whole = {"statements": [said()], "actors": [actor("cn"), actor("kr")], **tables}
    query = "SELECT party_id, is_speaker, is_holder, stance, n_findings FROM statement_positions ORDER BY ALL"
    return world(whole).execute(query).fetchall()


def test_a_party_with_two_roles_has_one_row():
    roles = [{"statement_id": "stm", "role": role, "actor_id": "cn"} for role in ("speaker", "holder")]
    assert positions({"statement_parties": roles}) == [("cn", True, True, None, 0)]


def test_two_findings_of_one_stance_are_one_row():
    stances = [stance("kr", "silent", "one"), stance("kr", "silent", "two")]
    assert positions({"stances": stances}) == [("kr", False, False, "silent", 2)]


def test_two_stances_of_a_party_are_two_rows():
    rows = positions({"stances": [stance("kr", "silent"), stance("kr", "qualifies")]})
    assert [row[3] for row in rows] == ["qualifies", "silent"]


def test_findings_with_two_roots_count_once_and_tell_both_roots():
    sources = [{"source_id": "a"}, {"source_id": "b"}]
    stances = [stance("kr", "denies", "one", source_id="a"), stance("kr", "denies", "two", source_id="b")]
    rows = world({"statements": [said()], "sources": sources, "stances": stances}).execute(
        "SELECT n_findings, stance_roots FROM statement_positions"
    )
    assert rows.fetchall() == [(2, 2)]


def test_positions_leave_out_deprecated_statements():
    roles = [{"statement_id": "stm", "role": "holder", "actor_id": "cn"}]
    assert positions({"statements": [said(record_status="deprecated")], "statement_parties": roles}) == []


# How far a measure has come, for whom


def overview(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    query = "SELECT party_row_id, stage, n_stages, reached, is_certain FROM policy_action_overview ORDER BY ALL"
    return connection.execute(query).fetchall()


def test_every_party_has_the_current_stage():
    found = overview(measure([stage("announced", "2023-05"), stage("in_force", "2023-08-01")]))
    assert found == [(name, "in_force", 1, "2023-08-01", True) for name in ("firm", "jpn", "kor")]


def test_a_party_that_is_singled_out_has_its_own_stage():
    found = overview(measure([stage("in_force", "2023-07"), stage("suspended", "2023-08", party="jpn")]))
    assert {row[:3] for row in found if row[0] != "firm"} == {("jpn", "suspended", 1), ("kor", "in_force", 1)}


def test_stages_of_products_are_not_repeated_for_each_product():
    found = overview(measure([stage("in_force", "2023-07"), stage("in_force", "2023-08", "gallium")]))
    assert found == [(name, "in_force", 1, None, True) for name in ("firm", "jpn", "kor")]


def test_stages_that_stand_side_by_side_are_rows():
    found = overview(measure([stage("threatened", "2023-05"), stage("investigated", "2023-05")]))
    assert [row[:3] for row in found if row[0] == "kor"] == [("kor", "investigated", 2), ("kor", "threatened", 2)]


def test_a_measure_without_parties_or_stages_has_a_row():
    tables = {"policy_actions": [{"policy_action_id": "pol", "record_status": "draft"}]}
    assert overview(world(tables)) == [(None, None, 0, None, None)]


def test_parties_have_names(databases):
    query = """
        SELECT DISTINCT role, party_name, jurisdiction_name, action_kind_name FROM policy_action_overview
        WHERE party_row_id IN ('pty-cn-micron-china', 'pty-cn-micron-target') ORDER BY 1
    """
    assert in_sqlite(databases["sqlite"], query) == [
        ("affected", "Micron Technology", "United States", "Product security review"),
        ("implementing", "China", "China", "Product security review"),
    ]


# What flows where

FLOW = {"trade_flow_id": "flw", "reporter": "NAM", "partner": "WLD", "record_status": "draft", "source_id": "text"}
LISTS = {
    "jurisdictions": [{"code": "NAM", "label": "Namibia"}, {"code": "WLD", "label": "World"}],
    "hs_chapters": [{"code": "85", "label": "Electrical"}],
    "products": [{"classification": "H5", "code": "8542", "label": "Circuits"}],
}


@pytest.mark.parametrize(
    ("classification", "code", "words", "product", "chapter"),
    [
        pytest.param("H5", "8542", "chips", "Circuits", "Electrical", id="a code of the list"),
        pytest.param("H6", "8542", "chips", "chips", "Electrical", id="a code of another edition"),
        pytest.param("H6", "8542", None, None, "Electrical", id="a code without a name"),
        pytest.param("H6", "85", None, "Electrical", "Electrical", id="a chapter"),
        pytest.param("SITC", "85", None, None, None, id="another list"),
        pytest.param("TEXT", None, "chips", "chips", None, id="words"),
    ],
)
def test_a_flow_has_the_names_of_its_codes(classification, code, words, product, chapter):
    flow = {**FLOW, "classification": classification, "product_code": code, "product_text": words}
    query = "SELECT reporter_name, partner_name, product_name, chapter_name FROM trade_flow_names"
    assert world({**LISTS, "trade_flows": [flow]}).execute(query).fetchall() == [("Namibia", "World", product, chapter)]


# Codes of the columns


@pytest.mark.long
def test_a_column_taken_over_keeps_its_categories_and_title():
    frame = depositary.load(PACKAGE, "statement_positions", "polars")
    stances = ["affirms", "denies", "qualifies", "reserves", "silent", "declines_comment"]
    assert frame.schema["stance"] == pl.Enum(stances)
    table = depositary.load(PACKAGE, "statement_positions", "arrow")
    assert table.schema.field("stance").metadata[b"title"] == b"Stance"


def test_labels_take_the_place_of_a_view_s_codes():
    frame = depositary.load(PACKAGE, "policy_action_overview", "polars", labels=True)
    assert "Acting agency" in frame["role"].to_list()


def fields(name: str) -> dict[str, str]:
    package = open_tables(PACKAGE)
    (view,) = (view for view in views_of(package) if view.name == name)
    return {column: field.name for column, field in view.fields(package).items()}


def test_a_column_that_comes_through_other_views_is_known_by_its_origin():
    assert fields("policy_action_overview")["stage"] == "stage"
    assert fields("source_steps")["parent_id"] == "parent_source_id"


@pytest.mark.short(1)
@pytest.mark.parametrize(
    ("view", "column"),
    [("measure_reach", "standing"), ("n_roots", "table_name"), ("trade_flow_names", "product_name")],
    ids=["a case", "a union", "a choice"],
)
def test_of_a_column_that_is_made_nothing_is_said(view, column):
    assert column not in fields(view)


def test_a_relation_has_codes_as_enumerations():
    relation = depositary.load(PACKAGE, "policy_action_overview", "duckdb")
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    assert types["direction"] == "ENUM('restrictive', 'liberalising', 'unclear')"
    assert types["party_name"] == "VARCHAR"
