"""What a merge tells contributors about the rows that they named themselves: their ids, in the report and in a file."""

import csv
import io
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from merge_files import publish, write_contribution, write_package
from test_succession import CURRENT, batch, gone, local

import depositary
from depositary.errors import UsageError
from depositary.merging.conflicts.conflicts_file import rows_of
from depositary.merging.merge import Merged, merge
from depositary.merging.provenance.blame_text import blame
from depositary.merging.provenance.lineage import Lineage
from depositary.merging.provenance.named_rows import names_csv
from depositary.merging.summary import summary_text
from depositary.merging.summary_markdown import summary_markdown
from depositary.model.record_id import record_id
from depositary.read.package import open_package

pytestmark = pytest.mark.usefixtures("shared_validation")


@pytest.fixture(scope="module")
def examples(tmp_path_factory) -> Path:
    top = tmp_path_factory.mktemp("examples")
    shutil.copytree(ROOT / "datapackage", top / "datapackage")
    return Path(shutil.copytree(ROOT / "examples", top / "examples", ignore=shutil.ignore_patterns("merged", ".*")))


@pytest.fixture(scope="module")
def merged(examples) -> Merged:
    contributions = sorted(
        path.parent
        for path in (examples / "contributions").rglob("contribution.toml")
        if path.parent.parent.name not in ("jonas", "lena")
    )
    places = {name: examples / folder for name, folder in (("decisions", "decided"), ("bases", "bases"))}
    return merge(examples.parent / "datapackage", contributions, output_dir=examples / "merged", **places)


def of(folder: Path, *made: Any) -> Merged:
    if not (folder / "current").exists():
        write_package(folder / "current", CURRENT, "2.0.0")
    return merge(folder / "current", [write_contribution(folder, one, CURRENT, "2.0.0") for one in made])


def names_of(merged: Merged) -> list[tuple[str, str, bool]]:
    return [(row["batch"], row["name"], row["is_published"]) for row in merged.names.iter_rows(named=True)]


def test_every_name_has_the_id_that_blame_finds(examples, merged):
    package = open_package(examples / "merged")
    lineage = Lineage(package)
    assert len(merged.names) > 40
    shared = merged.names.filter(merged.names.select("table", "name").is_duplicated()).select("table", "name").rows()
    for line in merged.names.iter_rows(named=True):
        if (line["table"], line["name"]) not in shared:
            assert lineage.row(line["table"], line["name"]).row_id == line["row_id"]


def test_blame_knows_the_name_of_a_row_that_is_only_a_key(examples, merged):
    assert merged.written
    lineage = Lineage(open_package(examples / "merged"))
    name = "local:micron-purchase-block|holder|act-cn-government"
    text = blame(lineage, "statement_parties", name)
    assert text.startswith(
        f"{name} is the name of stm-micron-purchase-block-ixscbslj|holder|act-cn-government in mira/"
    )


@pytest.mark.parametrize(("wrong", "near"), [("local:us-goverment", "local:us-government"), ("local:nobody", "")])
def test_a_mistyped_name_gets_the_nearest_one(examples, merged, wrong, near):
    assert merged.written
    with pytest.raises(UsageError, match=f"Did you mean {near}?" if near else "A row is named by actor_id"):
        blame(Lineage(open_package(examples / "merged")), "actors", wrong)


@pytest.mark.long
def test_a_row_is_published_if_it_is_in_the_merged_table(examples, merged):
    package = open_package(examples / "merged")

    @cache
    def ids(table: str) -> set[str]:
        resource = package[table]
        return {record_id(row[name] for name in resource.table.primary_key) for row in rows_of(resource)}

    states = {(row["row_id"] in ids(row["table"]), row["is_published"]) for row in merged.names.iter_rows(named=True)}
    assert states == {(True, True), (False, False)}


def test_a_row_that_was_judged_to_be_another_has_the_id_of_that_one(merged):
    ids = dict(merged.names.select("name", "row_id").iter_rows())
    assert ids["local:us-government"] == "act-us-government"


def test_the_report_lists_some_names_of_each_batch_and_counts_the_others(merged):
    text = summary_text(merged, plan=True)
    assert "ids of the new rows with local: names: 43 (1 more, of rows that the package has already" in text
    assert "  wei/customs-statistics: trade_flows local:t1-1 → flw-6uthqmcsw5f4byim\n" in text
    assert "  noor/public-bodies: 12 more, which --names FILE writes to a file\n" in text
    assert ", not published\n" in text


def test_the_report_names_the_file_if_one_is_written(merged):
    text = summary_text(merged, plan=True, names=Path("names.csv"))
    assert "--names" not in text
    assert "(1 more, of rows that the package has already, are in names.csv)" in text
    assert "  noor/public-bodies: 12 more, in names.csv\n" in text
    assert "ids of all rows with local: names: 44, written to names.csv\n" in text


def test_the_markdown_lists_them_too(merged):
    text = summary_markdown(merged, plan=True)
    assert "| wei/customs-statistics | trade_flows | local:t1-1 | flw-6uthqmcsw5f4byim |" in text
    named = summary_markdown(merged, plan=True, names=Path("names.csv")).replace("\\", "")
    assert "\n\nids of all rows with local: names: 44, written to names.csv.\n\n" in named


def test_a_merge_without_such_rows_says_nothing_of_them(tmp_path):
    found = of(tmp_path, batch("ann/b1", {"id": "x", "a": "2"}))
    assert not len(found.names)
    assert "local:" not in summary_text(found, plan=False)
    assert "local: names: 0, written to n.csv" in summary_text(found, plan=False, names=Path("n.csv"))
    assert "local:" not in summary_markdown(found, plan=False)
    assert names_csv(found.names) == "contributor,batch,table,name,row_id,status\n"


FOLLOWING: Mapping[str, tuple[Any, list[tuple[str, str, bool]]]] = {
    "another's of the same name": (
        batch("ben/b1", local(a="3")),
        [("ann/b1", "local:n", True), ("ben/b1", "local:n", True)],
    ),
    "the next batch changes it": (
        batch("ann/b2", local(a="3"), follows=("ann/b1",)),
        [("ann/b1", "local:n", True)],
    ),
    "the next batch deletes it": (
        batch("ann/b2", deletes=gone("local:n"), follows=("ann/b1",)),
        [("ann/b1", "local:n", False)],
    ),
    "the next batch adds one": (
        batch("ann/b2", {"id": "local:m", "a": "4"}, follows=("ann/b1",)),
        [("ann/b1", "local:n", True), ("ann/b2", "local:m", True)],
    ),
}


@pytest.mark.parametrize(("second", "names"), FOLLOWING.values(), ids=FOLLOWING)
def test_each_name_is_listed_with_the_batch_that_had_it_first(tmp_path, second, names):
    assert names_of(of(tmp_path, batch("ann/b1", local(a="2")), second)) == names


def test_a_name_of_a_batch_that_has_left_is_listed_with_the_batch_that_uses_it(tmp_path):
    write_package(tmp_path / "current", CURRENT, "2.0.0")
    first = write_contribution(tmp_path, batch("ann/b1", local(a="2")), CURRENT, "2.0.0")
    before = merge(tmp_path / "current", [first], output_dir=tmp_path / "merged")
    published = publish(tmp_path / "merged", tmp_path / "published")
    later = write_contribution(tmp_path, batch("ann/b2", local(a="3"), follows=("ann/b1",)), CURRENT, "3.0.0")
    after = merge(published, [later])
    assert names_of(after) == [("ann/b2", "local:n", True)]
    assert after.names["row_id"].to_list() == before.names["row_id"].to_list()


@pytest.mark.long
def test_the_file_has_every_name_and_the_merged_package_is_the_same_with_and_without_it(run, examples, tmp_path):
    one = "contributions/wei/customs-statistics"
    for folder, more in (("plain", []), ("named", ["--names", tmp_path / "names.csv"])):
        run("merge", "../datapackage", one, "--output-dir", tmp_path / folder, *more, cwd=examples)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "names.csv").read_text("utf-8"))))
    assert [row["status"] for row in rows] == ["published"] * 8
    assert {row["contributor"] for row in rows} == {"ctr-wei"}
    files = {
        folder: {
            path.relative_to(tmp_path / folder): path.read_bytes()
            for path in (tmp_path / folder).rglob("*")
            if path.is_file()
        }
        for folder in ("plain", "named")
    }
    assert files["plain"] == files["named"]
    run("merge", "../datapackage", one, "--plan", "--names", tmp_path / "planned.csv", cwd=examples)
    assert (tmp_path / "planned.csv").read_bytes() == (tmp_path / "names.csv").read_bytes()


@pytest.mark.parametrize("file", ["missing/names.csv", "."])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_merged(run, examples, tmp_path, file):
    here = ("../datapackage", "contributions/wei/customs-statistics", "--output-dir", tmp_path / "merged")
    done = run("merge", *here, "--names", tmp_path / file, cwd=examples)
    assert (done.code, done.out) == (2, "")
    assert "--names must be a file" in done.err
    assert not (tmp_path / "merged").exists()


def test_a_library_is_given_them_as_a_frame():
    found = depositary.merge(ROOT / "datapackage", [ROOT / "examples/contributions/wei/customs-statistics"])
    assert found.names.columns == ["contributor", "batch", "table", "name", "row_id", "is_published", "is_new"]


@pytest.mark.long
def test_names_of_rows_that_the_package_has_already_are_not_listed_again(run, tmp_path):
    folder = tmp_path / "space"
    run("new", "workspace", folder, "--from", "trade-policy")
    for who, name in (("ann", "herald"), ("ben", "courier")):
        by = ("--by", f"ctr-{who}", "--name", who)
        run("new", "contribution", f"contributions/{who}/one", *by, "--tables", "sources", cwd=folder)
        _add(folder / f"contributions/{who}/one/sources.csv", name, f"ctr-{who}")
        done = run("merge", cwd=folder)
        assert f"  {who}/one: sources local:{name} → src-{name}-" in done.out, done.out + done.err
        run("adopt", cwd=folder)
    assert "ids of the new rows with local: names: 1 (1 more, of rows that the package has already," in done.out
    assert "local:herald" not in done.out
    again = run("merge", "--names", tmp_path / "names.csv", cwd=folder)
    assert "local:herald" not in again.out
    assert "local:courier" not in again.out
    assert (tmp_path / "names.csv").read_text("utf-8").count("local:") == 2


def _add(file, name, who):
    row = {
        "source_id": f"local:{name}",
        "source_kind": "news_article",
        "title": f"Report of the {name}",
        "access": "read",
        "url": f"https://example.org/{name}",
        "published": "2026-11-20",
        "accessed_on": "2026-11-21",
        "language": "en",
        "contributor_id": who,
        "recorded_on": "2026-11-21",
        "record_status": "draft",
    }
    header = file.read_text("utf-8").strip().split(",")
    with file.open("a", encoding="utf-8") as stream:
        stream.write(",".join(row.get(column, "") for column in header) + "\n")
