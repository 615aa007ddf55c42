"""The report as a page: what it says, that it is safe, and, in a real browser, that it can be used."""

import base64
import hashlib
import os
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import Browser, find_chromium
from conftest import CASES, edit

from depositary.check.documents.find_target import find_target
from depositary.check.validate import judge_target
from depositary.model.rule import RuleOptions
from depositary.read.files.records import Records
from depositary.reports import Format
from depositary.reports.files import Files
from depositary.reports.formats import written

HEADER = "event_id,held,country,kind,open,guests,note"
ROW = "ev-{0},2023-05-26,KOR,talks,true,{0},"


def page_of(*folders: Path) -> str:
    judged = [
        (subject, judge_target(subject, RuleOptions())) for subject in (find_target(f, None, None) for f in folders)
    ]
    return written(Format.HTML, judged)


class Outline(HTMLParser):
    """What of a page tests ask for."""

    VOID = ("meta", "input", "br", "wbr")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.groups: list[dict[str, str | None]] = []
        self.marked: list[str] = []
        self.words = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, *pair) for pair in attrs]
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        if tag == "details" and "group" in values.get("class", ""):
            self.groups.append(values)
        if tag == "mark":
            self.marked.append("")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open or "script" in self.open:
            return
        self.words += data
        if "mark" in self.open:
            self.marked[-1] += data


@pytest.fixture
def spoiled(demo) -> Path:
    """Give a package with errors, a warning, rules, one that is switched off, and things that cannot be judged."""
    case = CASES / "reports" / "rules"
    files = {p.name: p.read_text(encoding="utf-8") for p in case.iterdir() if not p.name.startswith("expected.")}
    return demo(files)


def test_every_finding_stands_in_the_page(spoiled):
    outline = Outline(page_of(spoiled))
    assert sorted((g["data-codes"], g["data-level"], g["data-count"]) for g in outline.groups) == [
        ("X1", "error", "1"),
        ("X2", "warning", "1"),
        ("rule-error", "error", "1"),
        ("type-error", "error", "1"),
    ]
    for words in (
        "talks with 0 guests",
        "South Korea was visited several times on 2023-05-26",
        "with rows 3, 4; row 3 of countries.csv",
        '"none" is not a whole number',
        "Write only digits; words",
        "a rule may not use the function getenv",
    ):
        assert words in outline.words


def test_what_was_not_judged_and_what_is_switched_off_is_said(spoiled):
    words = Outline(page_of(spoiled)).words
    assert "rules X3: no earlier release is given" in words
    assert "X4: visits are not counted here" in words
    assert "2 rules judged" in words


def test_tables_without_findings_are_listed_with_their_rows(spoiled):
    words = re.sub(r"\s+", " ", Outline(page_of(spoiled)).words)
    assert "1 table without findingsTableFileRowscountriescountries.csv3" in words


def test_every_code_and_rule_is_explained_where_its_link_leads(spoiled):
    outline = Outline(page_of(spoiled))
    assert {"means-X1", "means-X2", "means-type-error", "means-rule-error"} <= set(outline.ids)
    for group in outline.groups:
        assert f"#means-{(group['data-codes'] or '').split()[-1]}" in outline.links


@pytest.mark.long
def test_every_link_leads_to_a_place_in_the_page(spoiled):
    outline = Outline(page_of(spoiled))
    assert max(Counter(outline.ids).values()) == 1
    assert {link[1:] for link in outline.links if link.startswith("#")} <= set(outline.ids)
    assert all(link.startswith("#") for link in outline.links)


def test_the_cell_in_question_is_marked(demo):
    folder = demo({})
    edit(folder / "events.csv", 2, "held", "26/05/2023")
    assert Outline(page_of(folder)).marked == ["26/05/2023"]


def test_an_empty_cell_in_question_is_seen(demo):
    folder = demo({})
    edit(folder / "events.csv", 2, "kind", "")
    assert Outline(page_of(folder)).marked == ["empty"]


def test_a_label_in_question_is_marked(demo):
    folder = demo({"events.csv": f"{HEADER},colour\n{ROW.format(1)},blue\n"})
    assert Outline(page_of(folder)).marked == ["colour"]


def excerpt_rows(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="n">(\d+)</th>', page)


@pytest.mark.parametrize(("row", "shown"), [(2, "234"), (3, "2345"), (5, "34567"), (9, "789")])
def test_two_rows_before_and_after_are_shown(demo, row, shown):
    rows = [HEADER, *(f"ev-{i},2023-05-{i:02},KOR,talks,true,{i}," for i in range(1, 9)), ""]
    folder = demo({"events.csv": "\n".join(rows)})
    edit(folder / "events.csv", row, "guests", "many")
    assert "".join(excerpt_rows(page_of(folder))) == shown


def test_rows_that_take_part_are_shown_as_well(spoiled):
    page = page_of(spoiled)
    assert '<tr class="also"><th scope="row" class="n">3</th>' in page


def test_the_line_is_said_where_cells_hold_line_breaks(demo):
    rows = ['ev-1,2023-05-26,KOR,talks,true,12,"a\nb\nc"', "ev-2,2023-05-27,KOR,talks,true,many,"]
    folder = demo({"events.csv": "\n".join([HEADER, *rows, ""])})
    assert "Row 3 (line 5), guests:" in Outline(page_of(folder)).words


def test_of_a_wide_table_the_columns_around_the_cell_are_shown(published):
    edit(published / "data" / "trade_flows.csv", 2, "unit", "tons")
    page = page_of(published)
    (excerpt,) = (found for found in re.findall(r'<div class="excerpt".*?</div>', page) if "tons" in found)
    labels = re.findall(r'<th scope="col">(?:<mark>)?([a-z_]+)', excerpt)
    assert "unit" in labels
    assert "trade_flow_id" in labels
    assert len(labels) < 12
    assert "columns left out" in excerpt


HOSTILE = [
    "<script>window.hacked = 1</script>",
    "<img src=x onerror=window.hacked=1>",
    '"><svg onload=window.hacked=1>',
    "</style><script>window.hacked=1</script>",
    "$script ${style} {0}",
    "javascript:alert(1)",
]


@pytest.fixture
def hostile(demo) -> Path:
    """Give a package in which every cell, label and name is meant to break the page."""
    folder = demo({})
    rows = "".join(f'"{cell.replace(chr(34), chr(34) * 2)}",x,y,z,a,b,c\n' for cell in HOSTILE)
    (folder / "events.csv").write_text(f"{HEADER},<b>label</b>\n{rows}", encoding="utf-8")
    descriptor = folder / "datapackage.json"
    text = descriptor.read_text(encoding="utf-8").replace('"version": "', '"version": "<i>')
    descriptor.write_text(text, encoding="utf-8")
    return folder


def test_text_from_files_is_never_markup(hostile):
    page = page_of(hostile)
    outline = Outline(page)
    assert outline.tags["script"] == outline.tags["style"] == 1
    assert not outline.tags.keys() & {"img", "svg", "iframe", "link", "object"}
    assert [a for a in outline.attributes if a[1].startswith("on")] == []
    assert all(cell in outline.words for cell in HOSTILE)


def test_directions_and_controls_of_text_are_written_out(demo):
    folder = demo({"events.csv": f"{HEADER}\nev-1,2023-05-26,KOR,\u202eklat\x1b,true,1,\n"})
    page = page_of(folder)
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "\\u202eklat\\x1b" in page


def test_the_page_needs_no_network_and_allows_none(spoiled):
    page = page_of(spoiled)
    outline = Outline(page)
    assert [a for a in outline.attributes if a[1] in ("src", "srcset", "style", "action", "data")] == []
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src &#x27;none&#x27;" in page


@pytest.mark.parametrize("kind", ["style", "script"])
def test_the_policy_allows_the_very_style_and_script_of_the_page(spoiled, kind):
    page = page_of(spoiled)
    (source,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    assert f"{kind}-src &#x27;sha256-{digest}&#x27;" in page


def test_the_same_input_gives_the_same_page(spoiled):
    assert page_of(spoiled) == page_of(spoiled)


def test_several_packages_share_a_page(spoiled, published):
    outline = Outline(page_of(spoiled, published))
    assert f"{spoiled.as_posix()}: invalid: 3 errors, 1 warning in 2 tables, 7 rows." in outline.words
    assert f"{published.as_posix()}/data/actors.csv" in outline.words
    assert outline.marked


def test_nothing_found_is_said(demo):
    outline = Outline(page_of(demo({})))
    assert "Nothing was found." in outline.words
    assert "filters" not in outline.ids


@pytest.fixture
def large(demo) -> Path:
    """Give a package with thousands of faults."""
    rows = "".join(f"ev-{i},2023-05-26,Korea,talk,yes,many,\n" for i in range(4000))
    return demo({"events.csv": f"{HEADER}\n{rows}"})


def test_what_is_not_listed_is_counted(large):
    outline = Outline(page_of(large))
    kept, total = 500, 4000 * 4 + 3999
    assert f"The page has {kept:,} of {total:,} findings" in outline.words
    assert "… and 7,800 more: 3,900 of guests, 3,900 of open, counted but not listed here." in outline.words
    assert sum(int(group["data-count"] or 0) for group in outline.groups) == total


def test_excerpts_are_bounded_and_that_is_said(large, monkeypatch):
    monkeypatch.setattr("depositary.reports.html._EXCERPTS", 40)
    page = page_of(large)
    assert page.count('class="excerpt"') == 40
    assert "(rows around them are shown for the first 10)" in page


def test_listed_findings_are_bounded_and_counted(large, monkeypatch):
    monkeypatch.setattr("depositary.reports.html._LISTED", 40)
    outline = Outline(page_of(large))
    assert outline.tags["li"] == 40
    assert "… and 3,990 more of kind, counted but not listed here." in outline.words


def test_files_are_read_no_further_than_to_the_last_row_wanted(demo, monkeypatch):
    rows = "".join(f"ev-{i},2023-05-26,KOR,talks,true,1,\n" for i in range(5000))
    folder = demo({"events.csv": f"{HEADER}\nev-x,2023,KOR,talks,true,1,\n{rows}"})
    subject = find_target(folder, None, None)
    report = judge_target(subject, RuleOptions())
    read = []
    chunks = Records.chunks
    monkeypatch.setattr(Records, "chunks", lambda self: (read.append(1) or chunk for chunk in chunks(self)))
    found = Files.of([(subject, report)], located=False).rows(report.tables[0].file, [2, 3, 4])
    assert ([*found], len(read)) == ([2, 3, 4], 1)


# In a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    program = find_chromium()
    if not program:
        reason = "Chromium is not at hand: the page is not looked at in a browser"
        (pytest.fail if os.environ.get("BROWSER") == "required" else pytest.skip)(reason)
    with Browser(program, tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture
def page(spoiled, tmp_path) -> Path:
    file = tmp_path / "report.html"
    file.write_text(page_of(spoiled), encoding="utf-8")
    return file


SEEN = "[...document.querySelectorAll('details.group')].filter((g) => g.checkVisibility()).map((g) => g.dataset.codes)"
OUTPUT = "document.querySelector('output').value"


def choose(browser: Browser, name: str, value: str) -> None:
    browser.ask(
        f"{{ const box = document.querySelector('select[name={name}]'); box.value = {value!r};"
        " box.dispatchEvent(new Event('change', {bubbles: true})); }"
    )


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("table", "0", ["rule-error"]),
        ("table", "1", ["type-error", "X1", "X2"]),
        ("code", "X1", ["X1"]),
        ("level", "warning", ["X2"]),
        ("level", "error", ["rule-error", "type-error", "X1"]),
    ],
)
def test_filters_narrow_the_page_down(browser, page, name, value, seen):
    browser.open(page)
    choose(browser, name, value)
    assert browser.ask(SEEN) == seen
    assert browser.ask(OUTPUT) == f"{len(seen)} of 4 findings"


@pytest.mark.browser
def test_filters_hold_together_and_let_go(browser, page):
    browser.open(page)
    choose(browser, "level", "warning")
    choose(browser, "table", "0")
    assert browser.ask(SEEN) == []
    browser.ask("document.querySelector('#filters button').click()")
    browser.until(f"{OUTPUT} === '4 of 4 findings'")
    assert len(browser.ask(SEEN)) == 4


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(browser, page, width):
    browser.open(page, width)
    assert browser.ask("document.documentElement.scrollWidth") <= width
    wide = "[...document.querySelectorAll('body *')].filter((e) => !e.closest('.excerpt, .skip'))"
    assert browser.ask(f"Math.max(...{wide}.map((e) => e.getBoundingClientRect().right))") <= width


@pytest.mark.browser
def test_hostile_text_does_nothing_and_fits_on_a_phone(browser, hostile, tmp_path):
    (tmp_path / "report.html").write_text(page_of(hostile), encoding="utf-8")
    browser.open(tmp_path / "report.html", 360)
    assert browser.ask("window.hacked") is None
    assert browser.ask("document.documentElement.scrollWidth") <= 360
    assert browser.told == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_the_cell_in_question_is_in_view(browser, published, tmp_path, width):
    edit(published / "data" / "trade_flows.csv", 2, "unit", "tons")
    (tmp_path / "report.html").write_text(page_of(published), encoding="utf-8")
    browser.open(tmp_path / "report.html", width)
    browser.ask("for (const box of document.querySelectorAll('details.group')) box.open = true")
    browser.until("document.querySelector('mark').checkVisibility()")
    inside = (
        "(() => { const mark = document.querySelector('mark').getBoundingClientRect();"
        " const box = document.querySelector('mark').closest('.excerpt').getBoundingClientRect();"
        " return mark.left >= box.left && mark.right <= box.right; })()"
    )
    browser.until(inside)


@pytest.mark.browser
def test_without_script_everything_is_there_but_the_filters(browser, page):
    browser.open(page, script=False)
    assert len(browser.ask(SEEN)) == 4
    assert browser.ask("document.querySelector('#filters').checkVisibility()") is False


@pytest.mark.browser
def test_the_browser_has_nothing_to_complain_of(browser, page):
    browser.open(page)
    assert browser.told == []
    assert browser.ask("getComputedStyle(document.querySelector('.group')).borderLeftWidth") == "4px"


@pytest.mark.browser
def test_a_link_into_what_is_filtered_out_shows_it(browser, page):
    browser.open(page)
    choose(browser, "table", "0")
    browser.ask("location.hash = '#finding-2'")
    browser.until("document.getElementById('finding-2').checkVisibility()")


@pytest.mark.browser
def test_paper_shows_what_is_closed(browser, large, tmp_path):
    (tmp_path / "report.html").write_text(page_of(large), encoding="utf-8")
    browser.open(tmp_path / "report.html")
    closed = "document.querySelectorAll('details:not([open])').length"
    before = browser.ask(closed)
    browser.ask("dispatchEvent(new Event('beforeprint'))")
    during = browser.ask(closed)
    browser.ask("dispatchEvent(new Event('afterprint'))")
    assert (before > 0, during, browser.ask(closed)) == (True, 0, before)


# Contrast as WCAG 2 counts it: 4.5 of small text on what is behind it.
CONTRAST = """
(() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => {
    for (let box = e; box; box = box.parentElement) {
      const colour = parse(getComputedStyle(box).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const worst = [...document.querySelectorAll("body *")]
    .filter((e) => e.checkVisibility() && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((e) => {
      const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), e.outerHTML.slice(0, 80)];
    })
    .sort((x, y) => x[0] - y[0]);
  return worst[0];
})()
"""


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_can_be_told_from_what_is_behind_it(browser, page, dark):
    browser.open(page, dark=dark)
    ratio, where = browser.ask(CONTRAST)
    assert ratio >= 4.5, where


@pytest.mark.browser
def test_excerpts_can_be_scrolled_by_the_keyboard(browser, page):
    browser.open(page, 360)
    browser.ask("document.querySelector('.excerpt').focus()")
    assert browser.ask("document.activeElement.matches('.excerpt[aria-label]')")


@pytest.mark.long
@pytest.mark.browser
def test_every_box_to_choose_from_has_a_name(browser, page):
    browser.open(page)
    assert browser.ask("[...document.querySelectorAll('label span')].map((s) => s.innerText)") == [
        "Table",
        "Code or rule",
        "Level",
    ]
    assert browser.ask("[...document.querySelectorAll('select')].every((s) => s.labels.length === 1)")
