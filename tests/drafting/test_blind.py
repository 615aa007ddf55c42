"""`depositary new contribution --blind`: a package without what others coded from a source."""

import csv
import json
import shutil

import pytest
from conftest import ROOT, run_here

import depositary

BASE = ROOT / "datapackage"
ARTICLE, DISPATCH = "src-chip-talks-article", "src-reuters-dispatch"
ANA = ("--by", "ctr-ana", "--name", "Ana Example")


def start(run, folder, *sources, base=BASE, by=ANA):
    blind = [option for source in sources for option in ("--blind", source)]
    return run("new", "contribution", folder, "--base", base, *by, *blind)


def rows(package, table):
    with (package / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def ids(package, table, key):
    return {row[key] for row in rows(package, table)}


def change(package, table, key, **cells):
    """Change cells of a row, or add it."""
    there = rows(package, table)
    header = list(there[0])
    (name, value), *_ = key.items()
    row = next((one for one in there if one[name] == value), None)
    if row is None:
        there.append(row := dict.fromkeys(header, ""))
    row.update({**key, **cells})
    with (package / "data" / f"{table}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(there, key=lambda one: one[header[0]]))


@pytest.fixture
def whole(tmp_path):
    shutil.copytree(BASE, tmp_path / "whole")
    return tmp_path / "whole"


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """Begin a contribution once for all tests that only read it and its base."""
    folder = tmp_path_factory.mktemp("blind")
    assert start(run_here, folder / "ana", ARTICLE).code == 0
    return folder


def test_nothing_that_others_coded_from_the_source_is_left(begun):
    blind = begun / "ana-base"
    for table in ("statements", "statement_parties", "stances", "meetings", "meeting_participants", "policy_actions"):
        assert rows(blind, table) == []
    known = ids(blind, "actors", "actor_id")
    assert all(row["record_id"] in known for row in rows(blind, "evidence") if row["source_id"] == ARTICLE)
    assert all(ARTICLE not in row["record_id"] for row in rows(blind, "evidence"))


def test_the_source_and_what_was_coded_from_others_are_there(begun):
    blind = begun / "ana-base"
    assert {ARTICLE, DISPATCH} <= ids(blind, "sources", "source_id")
    assert rows(blind, "codelists/jurisdictions") == rows(BASE, "codelists/jurisdictions")
    assert {row["source_id"] for row in rows(blind, "source_derivations")} == {DISPATCH}


def test_both_the_package_and_the_contribution_are_valid(begun):
    assert depositary.validate(begun / "ana-base").valid
    for base in (begun / "ana-base", BASE):
        report = depositary.validate(begun / "ana", base=base)
        assert [*report] == []


@pytest.mark.long
def test_a_row_to_which_rows_from_other_sources_refer_is_there(run, tmp_path, whole):
    start(run, tmp_path / "before", ARTICLE, base=whole)
    assert "act-wang-wentao" not in ids(tmp_path / "before-base", "actors", "actor_id")
    change(whole, "tenures", {"tenure_id": "ten-wang-wentao-commerce"}, source_id=DISPATCH)
    start(run, tmp_path / "after", ARTICLE, base=whole)
    assert "act-wang-wentao" in ids(tmp_path / "after-base", "actors", "actor_id")
    assert depositary.validate(tmp_path / "after-base").valid


def test_what_belongs_to_a_row_is_there_if_the_row_is(run, tmp_path, whole):
    change(whole, "meetings", {"meeting_id": "mtg-cn-kr-trade-ministers"}, source_id=DISPATCH)
    start(run, tmp_path / "ana", ARTICLE, base=whole)
    blind = tmp_path / "ana-base"
    assert ids(blind, "meetings", "meeting_id") == {"mtg-cn-kr-trade-ministers", "mtg-apec-conference"}
    assert "act-ahn-duk-geun" in ids(blind, "meeting_participants", "actor_id")
    assert depositary.validate(blind).valid


def test_the_own_rows_of_the_coder_are_there(run, tmp_path, whole):
    change(whole, "contributors", {"contributor_id": "ctr-ana"}, name="Ana Example", role="coder")
    change(whole, "statements", {"statement_id": "stm-kr-between-powers"}, contributor_id="ctr-ana")
    start(run, tmp_path / "ana", ARTICLE, base=whole, by=("--by", "ctr-ana"))
    assert ids(tmp_path / "ana-base", "statements", "statement_id") == {"stm-kr-between-powers"}


def test_several_sources_can_be_coded_blindly(run, tmp_path):
    start(run, tmp_path / "ana", ARTICLE, DISPATCH)
    assert {row["table_name"] for row in rows(tmp_path / "ana-base", "evidence")} <= {"actors"}
    assert {ARTICLE, DISPATCH} <= ids(tmp_path / "ana-base", "sources", "source_id")


@pytest.mark.long
def test_what_merges_record_is_not_there(run, tmp_path):
    mira = ROOT / "examples" / "contributions" / "mira" / "dispatch-reading"
    run("merge", BASE, mira, "--output-dir", tmp_path / "merged")
    done = start(run, tmp_path / "ana", ARTICLE, base=tmp_path / "merged")
    assert done.code == 0, done.err
    blind = tmp_path / "ana-base"
    names = {one["name"] for one in json.loads((blind / "datapackage.json").read_text("utf-8"))["resources"]}
    assert names.isdisjoint({"provenance_rows", "provenance_cells", "conflicts", "redirects"})
    assert not list(blind.rglob("provenance*"))
    assert depositary.validate(blind).valid


@pytest.mark.long
def test_the_contribution_merges_into_the_whole_package(run, tmp_path, begun):
    done = run("merge", BASE, begun / "ana", "--output-dir", tmp_path / "merged")
    assert done.code == 0, done.err
    assert ids(tmp_path / "merged", "statements", "statement_id") == ids(BASE, "statements", "statement_id")


def test_the_same_package_gives_the_same_bytes(run, tmp_path, begun):
    start(run, tmp_path / "ana", ARTICLE)
    files = [path.relative_to(begun) for path in (begun / "ana-base").rglob("*") if path.is_file()]
    assert len(files) > 20
    assert all((begun / file).read_bytes() == (tmp_path / file).read_bytes() for file in files)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("src-chip-talk-article", "did you mean src-chip-talks-article?"),
        ("zzz", "is not in the table sources of the package; give the id of a source"),
    ],
)
def test_an_unknown_source_is_refused_and_nothing_is_written(run, tmp_path, source, message):
    done = start(run, tmp_path / "ana", source)
    assert done.code == 2
    assert message in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_already_is_left_alone(run, tmp_path):
    (tmp_path / "ana-base").mkdir()
    (tmp_path / "ana-base" / "mine.txt").write_text("mine", encoding="utf-8")
    done = start(run, tmp_path / "ana", ARTICLE)
    assert done.code == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["ana-base", "mine.txt"]


def test_a_package_without_sources_of_rows_says_so(run, tmp_path):
    (tmp_path / "p").mkdir()
    things = {
        "name": "things",
        "path": "things.csv",
        "schema": {"fields": [{"name": "id", "type": "string"}], "primaryKey": ["id"]},
    }
    descriptor = {"name": "p", "version": "1.0.0", "licenses": [{"name": "CC0-1.0"}], "resources": [things]}
    (tmp_path / "p" / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    (tmp_path / "p" / "things.csv").write_text("id\na\n", encoding="utf-8")
    done = start(run, tmp_path / "ana", "a", base=tmp_path / "p")
    assert done.code == 2
    assert "no column of the package has the source of a row" in done.err
