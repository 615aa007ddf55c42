"""The site of a package: what its pages say, that they are safe, and that the same package gives the same bytes."""

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from merged_case import merged_package
from site_pages import Read, assert_sound, pages_of, words_of

from depositary.releasing.agreement import require_agreement, take_agreement
from depositary.site.build import build_site
from depositary.site.changes import parts_of
from depositary.site.dates import in_words
from depositary.site.pages.flow_series import grouped
from depositary.site.pages.front import news


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the site of the published package."""
    return build_site(ROOT / "datapackage", tmp_path_factory.mktemp("site") / "site").folder


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the site of a merged package, with tables of its own."""
    folder = tmp_path_factory.mktemp("merged")
    return build_site(merged_package(folder / "package"), folder / "site").folder


@pytest.mark.long
def test_every_page_is_sound(ours):
    assert_sound(ours)


def test_every_page_of_a_merged_package_is_sound(merged):
    assert_sound(merged)


@pytest.mark.long
def test_the_founding_example_says_who_affirms_and_who_is_silent(ours):
    words = words_of(ours / "meetings" / "mtg-cn-kr-trade-ministers.html")
    assert (
        "Contested and one-sided China affirms it; South Korea is silent in its own document, and qualifies it "
        in words
    )
    assert "through an unnamed person. No row says that South Korea affirms or denies it." in words


@pytest.mark.long
def test_a_threat_is_not_in_force(ours):
    words = words_of(ours / "measures" / "pol-cn-micron-review.html")
    assert "Current, as far as the rows know: threatened, investigated. No source says that it is in force." in words


@pytest.mark.long
def test_all_kinds_of_pages_are_there(ours):
    kinds = {page.relative_to(ours).parts[0] for page in pages_of(ours)}
    assert kinds == {
        "index.html", "actors", "dictionary", "downloads", "facts", "flows", "measures", "meetings", "quality",
        "questions", "rows", "sources", "tables",
    }  # fmt: skip


@pytest.mark.long
def test_each_question_has_its_answer(ours):
    words = words_of(ours / "questions" / "index.html")
    assert "Did South Korea confirm the chip agreement?" in words
    assert "There is no answer" not in words


@pytest.mark.long
def test_the_dictionary_says_what_each_column_holds(ours):
    words = words_of(ours / "dictionary" / "trade_flows.html")
    assert "Filled in 0 of 1 rows" in words
    words = words_of(ours / "dictionary" / "statements.html")
    assert re.search(r"Filled in \d+ of 18 rows · \d+ different values", words)
    links = Read(ours / "dictionary" / "statements.html").values("href")
    assert "../tables/statements.html#in=modality&has=%3Dactual" in links


@pytest.mark.parametrize(
    ("written", "shown"),
    [("12345000.5", "12,345,000.5"), ("2750000", "2,750,000"), ("1234", "1234"), ("0.123456", "0.123456"),
     ("1200000 to 3400000", "1,200,000 to 3,400,000"), ("-98765", "-98,765"), ("", "")],
)  # fmt: skip
def test_figures_get_separators_and_nothing_else(written, shown):
    assert grouped(written) == shown


@given(st.lists(st.tuples(st.sampled_from(["version", "heading", "list", "table", "text"]), st.just("x")), max_size=30))
def test_news_are_of_the_newest_version_and_end_with_no_heading(parts):
    marks = {"version": "## 1\n", "heading": "### h\n", "list": "- a\n", "table": "| t |\n", "text": "words\n\n"}
    found = news("".join(marks[kind] for kind, _ in parts))
    kinds = [one.kind for one in found]
    assert kinds[:1] in ([], ["version"])
    assert "table" not in kinds
    assert kinds.count("version") <= 1
    assert kinds[-1:] != ["heading"]


@pytest.mark.long
def test_the_first_page_is_light(ours):
    first = ours / "index.html"
    read = Read(first)
    styles = [of["href"] for tag, of in read.elements if tag == "link"]
    files = [first, *(ours / one for one in [*read.values("src"), *styles])]
    assert sum(file.stat().st_size for file in files) < 100_000
    later = [ours / one for one in [*read.values("data-search"), *read.values("data-minisearch")]]
    assert sum(file.stat().st_size for file in (*files, *later)) < 300_000


def test_a_row_shows_which_values_lost_and_who_decided(merged):
    words = words_of(merged / "rows" / "events" / "ev-3.html")
    assert "published visit" not in words
    assert "lost visit Jonas, jonas/reading" in words
    assert "was published before old Ana, published@1.0.0 · The report" in words
    assert "because: the readout says more" in words


def test_tables_of_other_packages_have_no_pages_of_the_subject(merged):
    assert not (merged / "facts").exists()
    assert not (merged / "sources").exists()
    assert (merged / "dictionary" / "events.html").is_file()


def test_the_rows_of_a_table_are_a_script_with_the_origin_of_each_cell(merged):
    (script,) = (merged / "data").glob("table-events.*.js")
    text = script.read_text(encoding="ascii")
    document = json.loads(text.removeprefix("depositary.table(").removesuffix(");\n"))
    assert len(document["rows"]) == 6
    assert document["pages"][0] == "rows/events/ev-1.html"
    (part,) = document["origins"]["parts"]
    origins = (merged / part).read_text(encoding="ascii")
    rows = json.loads(origins.removeprefix("depositary.origins(0,").removesuffix(");\n"))
    assert rows[2]["kind"][0][:4] == ["rejected", "lost", "visit", "Jonas, jonas/reading"]


def test_every_row_of_a_longer_table_has_an_address_and_others_lead_to_it(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    keys = [{"fields": ["of"], "reference": {"resource": "long", "fields": ["id"]}}]
    resources = [
        {"name": name, "type": "table", "path": f"{name}.csv", "schema": {
            "fields": [{"name": one, "type": "string"} for one in fields], "primaryKey": ["id"], **more}}
        for name, fields, more in (("long", ["id"], {}), ("short", ["id", "of"], {"foreignKeys": keys}))
    ]  # fmt: skip
    (package / "datapackage.json").write_text(json.dumps({"name": "two", "resources": resources}), encoding="utf-8")
    (package / "long.csv").write_text("id\n" + "".join(f"r {n}/{n}\n" for n in range(2001)), encoding="utf-8")
    (package / "short.csv").write_text("id,of\na,r 1999/1999\n", encoding="utf-8")
    site = build_site(package, tmp_path / "site").folder
    assert_sound(site)
    address = "tables/long.html#row=r%201999%2F1999"
    assert f"../../{address}" in Read(site / "rows" / "short" / "a.html").values("href")
    assert "../tables/long.html#row=r%200%2F0" in Read(site / "tables" / "long.html").values("href")


@pytest.mark.long
def test_the_page_on_quality_is_whole_and_no_list_ends_in_silence(published, tmp_path, monkeypatch):
    tables = tmp_path / "agreement"
    tables.mkdir()
    rows = "table,variable,alpha\nstatements,topic,0.464789\n"
    (tables / "variables.csv").write_text(rows, encoding="utf-8")
    fields = [{"name": "table"}, {"name": "variable"}, {"name": "alpha", "type": "number"}]
    resource = {"name": "variables", "type": "table", "path": "variables.csv", "schema": {"fields": fields}}
    (tables / "datapackage.json").write_text(json.dumps({"name": "a", "resources": [resource]}), encoding="utf-8")
    take_agreement(require_agreement(tables), published)
    log = "# Changes\n\n## 0.1.0\n\n- a `new` row\n\n" + "and more " * 25_000
    (published / "CHANGELOG.md").write_text(log, encoding="utf-8")
    (published / "formats" / "xlsx").mkdir(parents=True)
    for page, name in (("actors", "_LISTED"), ("flows", "_LISTED"), ("questions", "_RESTING")):
        monkeypatch.setattr(f"depositary.site.pages.{page}.{name}", 1)
    site = build_site(published, tmp_path / "site").folder
    assert_sound(site)
    for page in ("actors/act-cn-government", "flows/index", "questions/index"):
        assert re.search(r" and \d+ more", words_of(site / f"{page}.html")), page
    words = words_of(site / "quality" / "index.html")
    assert "97 rules passed 1 rule broken" in words
    assert "Statements : Said 2023 · 4 of 18 rows have one" in words
    assert "statements topic 0.465" in words
    assert "0.1.0 a new row" in words
    assert "The change log is longer. The rest is in CHANGELOG.md" in words
    assert list((site / "downloads" / "xlsx").glob("*.xlsx"))


def test_open_conflicts_are_listed_with_their_values(merged):
    words = words_of(merged / "quality" / "index.html")
    assert re.search(r"\d+ conflicts between contributions wait for a decision\. Table The row Column Values", words)


@given(
    st.lists(st.tuples(st.sampled_from(["", "- ", "* ", "## ", "### ", "| ", "> "]), st.text("ab c|#-<>é", max_size=9)))
)
def test_no_word_of_a_change_log_is_lost(lines):
    text = "\n".join(
        f"{mark}{words}" for mark, words in lines if not f"{mark}{words}".strip().startswith(("# ", "<!--"))
    )
    shown = " ".join(line for part in parts_of(text) for line in part.lines)
    assert re.findall(r"[abcé]+", shown) == re.findall(r"[abcé]+", text)


def test_downloads_have_their_checksums(merged):
    words = words_of(merged / "downloads" / "index.html")
    (file,) = (merged / "downloads" / "csv").rglob("events.csv")
    assert hashlib.sha256(file.read_bytes()).hexdigest() in words


@pytest.mark.long
def test_the_same_package_gives_the_same_bytes_in_every_process(tmp_path):
    package = merged_package(tmp_path / "package")
    trees = []
    for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        subprocess.run(
            [sys.executable, "-m", "depositary", "site", package, "--output-dir", tmp_path / seed],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"},
            capture_output=True,
            check=True,
        )
        folder = tmp_path / seed
        trees.append({one.relative_to(folder): one.read_bytes() for one in folder.rglob("*") if one.is_file()})
    assert trees[0] == trees[1]


def test_a_site_replaces_a_site_and_nothing_else(run, tmp_path):
    package = merged_package(tmp_path / "package")
    site = tmp_path / "site"
    assert run("site", package, "--output-dir", site).code == 0
    assert run("site", package, "--output-dir", site, "--title", "Other").code == 0
    assert "Other" in (site / "index.html").read_text(encoding="utf-8")
    (site / "mine.txt").write_text("mine", encoding="utf-8")
    refused = run("site", package, "--output-dir", site)
    assert refused.code == 2
    assert "mine.txt" in refused.err
    assert run("site", package, "--output-dir", package).code == 2


def test_a_site_that_cannot_be_built_leaves_the_earlier_one(run, tmp_path):
    package = merged_package(tmp_path / "package")
    assert run("site", package, "--output-dir", tmp_path / "site").code == 0
    before = (tmp_path / "site" / "index.html").read_bytes()
    (package / "events.csv").unlink()
    failed = run("site", package, "--output-dir", tmp_path / "site")
    assert failed.code == 2
    assert (tmp_path / "site" / "index.html").read_bytes() == before
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith(".new")] == []


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2023", "2023"),
        ("2023-05", "May 2023"),
        ("2023-05-26", "26 May 2023"),
        ("2023-05-26~", "about 26 May 2023"),
        ("2023-05?", "perhaps May 2023"),
        ("[2023-05-27..2023-06-01]", "between 27 May and 1 June 2023"),
        ("[2022-12-30..2023-01-02]", "between 30 December 2022 and 2 January 2023"),
        ("[..2023-05-26]", "on or before 26 May 2023"),
        ("[2023-05-26..]", "on or after 26 May 2023"),
        ("2023-05-20/2023-05-26", "from 20 May to 26 May 2023"),
        ("2023-05/2023-06", "from May 2023 to June 2023"),
        ("../2023-05-26", "until 26 May 2023"),
        ("2023-05-26/..", "since 26 May 2023"),
        ("last spring", "last spring"),
        ("2023-13", "2023-13"),
        ("[x..y]", "[x..y]"),
        ("", ""),
        (None, ""),
    ],
)
def test_dates_say_no_more_than_they_mean(date, words):
    assert in_words(date) == words


def test_the_bundled_libraries_are_those_that_are_pinned():
    folder = ROOT / "toolkit" / "depositary" / "site" / "assets" / "vendor"

    locked = json.loads((ROOT / "scripts" / "vendor" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for one in json.loads((folder / "vendored.json").read_text(encoding="utf-8")):
        entry = locked[f"node_modules/{one['name']}"]
        assert (one["version"], one["integrity"]) == (entry["version"], entry["integrity"])
        assert hashlib.sha256((folder / one["file"]).read_bytes()).hexdigest() == one["sha256"]
        assert (folder / f"{one['name']}.LICENSE.txt").read_text(encoding="utf-8").strip()


@pytest.mark.long
def test_the_page_on_sites_shows_what_happens(run, published, tmp_path):
    page = (ROOT / "docs" / "site.md").read_text(encoding="utf-8")
    commands = re.findall(r"^```console\n((?:.*\n)*?)```$", page, re.MULTILINE)
    (tmp_path / "our-tables").mkdir()
    (tmp_path / "our-tables" / "people.csv").write_text("person_id,name\np-1,Ann\np-2,Ben\n", encoding="utf-8")
    assert published.parent == tmp_path
    for block in commands:
        for command, printed in re.findall(r"^\$ depositary (.*)\n((?:(?!\$).*\n)*)", block, re.MULTILINE):
            done = run(*shlex.split(command), cwd=tmp_path)
            shown = ".*".join(map(re.escape, re.split("…\n", printed)))
            assert re.fullmatch(shown, done.out + done.err, re.DOTALL), f"{command}\n{done.out}{done.err}"
    shutil.rmtree(tmp_path / "site")


@pytest.mark.soak
def test_many_figures_of_trade_are_counted_and_never_added_up(published, tmp_path):
    file = published / "data" / "trade_flows.csv"
    header, row = file.read_text(encoding="utf-8").splitlines()
    dated = row.replace("share,U,,unspecified", "share,A,2022,stated")
    rows = [dated.replace("flw-kr-chip-exports-china-share", f"flw-{n}") for n in range(400)]
    file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    site = build_site(published, tmp_path / "site").folder
    assert_sound(site)
    words = words_of(site / "flows" / "index.html")
    assert "The table has 400 figures" in words
    assert "Share, Exports Per cent 400" in words
    assert "South Korea 400 1 1 2022 – 2022" in words
