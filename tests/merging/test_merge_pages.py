"""The pages of a diff and of conflicts: what leads, what is folded, and how a row is compared; and in a browser."""

import os
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import golden_merges
import pytest
from browser import Browser, find_chromium
from conftest import edit

import depositary
from depositary.merging.conflicts.conflict_page import conflicts_page
from depositary.merging.conflicts.conflicts_file import read_conflicts
from depositary.merging.diff.diff_markdown import diff_markdown
from depositary.merging.diff.diff_page import diff_page
from depositary.merging.diff.diff_text import diff_text
from depositary.read.package import open_package

OWN = ("provenance_rows", "provenance_cells", "conflicts", "redirects")


class Cells(HTMLParser):
    """The rows of the tables of a page, each as the texts of its cells; what is marked is in brackets."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):  # noqa: ARG002 (HTMLParser's)
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "mark":
            self.rows[-1][-1] += "["

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass
        if tag == "mark":
            self.rows[-1][-1] += "]"

    def handle_data(self, data):
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data


def merged(name: str, folder: Path) -> Path:
    golden_merges.merged(name, folder)
    return folder


@pytest.fixture(scope="module")
def reused(tmp_path_factory) -> Path:
    return merged("key-reuse", tmp_path_factory.mktemp("reused"))


@pytest.fixture(scope="module")
def difference(tmp_path_factory) -> depositary.Diff:
    """Give what a merge adds: a row, and what the merge records."""
    folder = merged("add-add", tmp_path_factory.mktemp("added"))
    return depositary.diff(folder / "current", folder / "merged")


def conflicts_of(package: Path) -> str:
    opened = open_package(package)
    return conflicts_page(opened, read_conflicts(opened))


# A diff


@pytest.fixture(scope="module")
def changed(tmp_path_factory) -> depositary.Diff:
    """Give a diff with an added, a removed and a changed row."""
    folder = merged("edit-edit", tmp_path_factory.mktemp("changed"))
    after = folder / "current" / "things.csv"
    before = depositary.open(folder / "merged")
    lines = after.read_text("utf-8").splitlines()
    header, first, *_ = lines
    after.write_text("\n".join([header, first.replace(",", ",new ", 1), "z9" + "," * header.count(","), ""]), "utf-8")
    return depositary.diff(before, folder / "current")


def test_what_merges_record_is_in_a_fold_behind_the_facts(difference):
    page = diff_page(difference)
    fold = page.index('<details id="recorded">')
    for table in OWN:
        assert f'id="table-{table}"' not in page[:fold]
    assert all(f'id="table-{table}"' in page[fold:] for table in OWN if table in difference.tables)
    assert all(f'id="table-{table}"' in page[:fold] for table in difference.tables if table and table not in OWN)


@pytest.mark.parametrize("written", [lambda diff: diff_text(diff, most=20), lambda diff: diff_markdown(diff, 20)])
def test_text_and_markdown_count_what_merges_record_and_list_it_last(difference, written):
    text = written(difference)
    facts = [table for table in difference.tables if table and table not in OWN]
    own = [table for table in difference.tables if table in OWN and difference.differing_rows(table)]
    names = [table.replace("_", ".?_") for table in (*facts, *own)]  # Markdown has a backslash there
    starts = [found.start() for name in names for found in re.finditer(f"^(#### )?{name}:", text, re.MULTILINE)]
    assert len(starts) == len(facts) + len(own)
    assert starts == sorted(starts)
    assert "published@" not in text[starts[len(facts)] :]


def test_a_diff_of_what_merges_record_alone_has_no_fold(reused):
    page = diff_page(depositary.diff(reused / "current", reused / "merged", ["provenance_rows"]))
    assert '<details id="recorded">' not in page
    assert 'id="table-provenance_rows"' in page


def test_an_added_or_removed_row_has_one_column_for_its_values(changed):
    rows = Cells(diff_page(changed)).rows
    page = diff_page(changed)
    assert "(blank)" not in "".join(cell for row in rows for cell in row if row[0] in ("added", "removed"))
    for kind, side in (("added", "new"), ("removed", "old")):
        for body in re.findall(rf'<tbody class="item {kind}".*?</tbody>', page):
            assert "data-side" not in body
            assert all(found.count("<td") == 1 for found in re.findall(r"<tr>(?!<th scope=\"rowgroup\").*?</tr>", body))
            assert f'class="{side}"' in body or "<td" not in body


def test_a_table_with_added_rows_alone_has_no_column_before(reused):
    page = diff_page(depositary.diff(reused / "current", reused / "merged", ["provenance_rows"]))
    assert Cells(page).rows[0] == ["field", "value"]


@pytest.mark.long
def test_long_properties_are_folded(difference):
    page = diff_page(difference)
    assert re.search(r"<summary>merged_from: nothing → \([\d,]+ characters\)</summary>", page)


# Conflicts


def test_a_conflict_about_a_row_is_a_table_of_its_cells_with_the_differing_ones_marked(reused):
    rows = Cells(conflicts_of(reused / "merged")).rows
    assert rows[0][0] == "field"
    assert len(rows[0]) == 3
    for field, *values in rows[1:]:
        if field != "source":
            marks = [value.startswith("[") and value.endswith("]") for value in values]
            claimed = [value for value in values if value != "(no claim)"]
            assert ("differs" in field) == (len(set(claimed)) > 1)
            assert all(marks) if "differs" in field and len(claimed) == len(values) else True


def test_a_side_that_deletes_the_row_has_no_cells(tmp_path):
    rows = Cells(conflicts_of(merged("delete-edit", tmp_path) / "merged")).rows
    assert any("(no row)" in row for row in rows)
    assert not any(row[0].endswith("differs") for row in rows if "(no row)" in row and "published now" not in rows[0])


def test_a_value_that_looks_like_cells_is_one_cell(tmp_path):
    folder = tmp_path / "case"
    golden_merges.lay_out(golden_merges.CASES / "key-reuse", folder)
    file = next((folder / "contributions" / "ann").rglob("things.csv"))
    header = file.read_text("utf-8").splitlines()[0].split(",")
    edit(file, 2, "a", "one; b=two; state=final")
    paths = [found.parent for found in sorted((folder / "contributions").rglob("contribution.toml"))]
    depositary.merge(folder / "current", paths, folder / "merged")
    rows = Cells(conflicts_of(folder / "merged")).rows
    assert "a" in header
    (row,) = [row for row in rows if row[0].split(" ")[0] == "a"]
    assert "[one; b=two; state=final]" in row
    assert not any("[two]" in row or "[final]" in row for row in rows)


@pytest.mark.parametrize(
    "name", ["column-drop-edit", "constraint", "contradiction", "delete-referenced", "row-edit-edit", "stale"]
)
def test_every_kind_of_conflict_has_a_page(tmp_path, name):
    folder = merged(name, tmp_path)
    page = conflicts_of(folder / "merged")
    assert page.count("<article") == len(read_conflicts(open_package(folder / "merged")))


# In a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    program = find_chromium()
    if not program:
        reason = "Chromium is not at hand: the page is not looked at in a browser"
        (pytest.fail if os.environ.get("BROWSER") == "required" else pytest.skip)(reason)
    with Browser(program, tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory, reused, difference) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    texts = {"diff": diff_page(difference), "conflicts": conflicts_of(reused / "merged")}
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, "utf-8")
    return {name: folder / f"{name}.html" for name in texts}


SEEN = "[...document.querySelectorAll('.item')].filter((item) => item.checkVisibility()).length"
ALL = "document.querySelectorAll('.item').length"


def typed(browser: Browser, box: str, text: str) -> None:
    browser.ask(
        f"{{ const box = document.querySelector('#filters [name={box}]'); box.value = {text!r};"
        " box.dispatchEvent(new Event('input', {bubbles: true})); }"
    )


@pytest.mark.browser
@pytest.mark.parametrize("name", ["diff", "conflicts"])
@pytest.mark.parametrize("width", [360, 390, 1280])
def test_a_page_fits_its_window_and_nothing_complains(browser, pages, name, width):
    browser.open(pages[name], width)
    browser.ask("for (const fold of document.querySelectorAll('details')) fold.open = true")
    assert browser.ask("document.documentElement.scrollWidth") <= width
    inner = "[...document.querySelectorAll('.rows, .sides')]"
    assert width > 600 or browser.ask(f"{inner}.every((box) => box.scrollWidth <= box.clientWidth)")
    assert browser.told == []


@pytest.mark.browser
def test_on_a_phone_the_values_are_under_each_other(browser, pages):
    for name in pages:
        browser.open(pages[name], 390)
        rows = "[...document.querySelectorAll('tbody tr')].filter((row) => row.querySelectorAll('td').length > 1)"
        seen = "[...row.children].filter((cell) => cell.offsetHeight)"
        under = f"{seen}.every((cell, at, all) => !at || cell.offsetTop > all[at - 1].offsetTop)"
        assert browser.ask(f"{rows}.every((row) => {under})"), name
        wide = f"{seen}.every((cell) => cell.offsetWidth > 0.9 * row.clientWidth)"
        assert browser.ask(f"{rows}.every((row) => {wide})"), f"a cell of {name} is narrower than its row"


@pytest.mark.browser
def test_a_search_narrows_the_rows_opens_the_fold_and_lets_go(browser, pages):
    browser.open(pages["diff"])
    every = browser.ask(ALL)
    typed(browser, "search", "ANN/batch row.add_add")
    assert 0 < browser.ask(SEEN) < every
    assert browser.ask("document.querySelector('#recorded').open")
    assert browser.ask("document.querySelector('output').value").endswith(f" of {every} rows")
    typed(browser, "search", "no such word anywhere")
    assert browser.ask(SEEN) == 0
    browser.ask("document.querySelector('#filters button').click()")
    browser.until("[...document.querySelectorAll('.item')].every((item) => !item.hidden)")


@pytest.mark.browser
def test_choices_and_a_search_hold_together(browser, pages):
    browser.open(pages["diff"])
    typed(browser, "table", "provenance_rows")
    rows = browser.ask(SEEN)
    assert rows > 0
    typed(browser, "search", "published@")
    assert 0 < browser.ask(SEEN) <= rows
    typed(browser, "table", "conflicts")
    assert browser.ask(SEEN) < rows


@pytest.mark.browser
def test_a_link_opens_the_fold_that_it_leads_into(browser, pages):
    browser.open(pages["diff"])
    browser.ask("location.hash = '#table-conflicts'")
    browser.until("document.querySelector('#recorded').open")


@pytest.mark.browser
@pytest.mark.parametrize("name", ["diff", "conflicts"])
def test_without_script_everything_is_there_but_the_filters(browser, pages, name):
    browser.open(pages[name], script=False)
    assert browser.ask("document.querySelector('#filters')?.checkVisibility() ?? false") is False
    folded = "[...document.querySelectorAll('.item')].filter((item) => !item.closest('details'))"
    assert browser.ask(f"{folded}.every((item) => item.checkVisibility())")


@pytest.mark.browser
@pytest.mark.parametrize("name", ["diff", "conflicts"])
def test_keys_and_readers_find_their_way(browser, pages, name):
    """Each box has a label, a heading never skips a level, and tables stay tables on a phone."""
    browser.open(pages[name], 390)
    boxes = "[...document.querySelectorAll('#filters select, #filters input')]"
    assert browser.ask(f"{boxes}.every((box) => box.labels.length === 1)")
    levels = browser.ask("[...document.querySelectorAll('h1, h2, h3, h4')].map((head) => Number(head.tagName[1]))")
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    roles = {node["role"]["value"] for node in nodes if not node["ignored"]}
    assert {"table", "row", "rowheader", "cell", "search", "main", "heading"} <= roles
