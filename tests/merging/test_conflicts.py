"""`depositary conflicts`: what is in conflict, for people, for spreadsheets and for a browser."""

import csv
import io
import os
import re
from pathlib import Path

import openpyxl
import pytest
from browser import Browser, find_chromium
from conftest import edit
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from merged_case import AUTO, CONFLICTS, GONE, HELD, MERGED, NEW, NOTE, REFERENCED, SETTLED, TOO_MANY, merged_package

from depositary.merging.conflicts.worksheet import ConflictWorksheet
from depositary.merging.conflicts.worksheet_files import read_worksheet, to_worksheet_csv, to_worksheet_excel


@pytest.fixture
def merged(tmp_path: Path) -> Path:
    return merged_package(tmp_path / "merged")


def listed(text: str) -> list[str]:
    return re.findall(r"^(cfl-\S+)", text, re.MULTILINE)


def table(text: str) -> dict[str, dict[str, str]]:
    return {row["conflict_id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}


def test_open_conflicts_exit_with_1_and_say_what_to_do(run, merged):
    done = run("conflicts", merged)
    assert (done.code, done.err) == (1, "")
    assert (
        f"{HELD}  cell.edit_edit  open\n"
        "  events ev-1 [held]: what cell.edit_edit is\n"
        "    published  2023-05-26  [published@1.0.0]\n"
        "    ctr-jonas  2023-05-27  [src-report, jonas/reading]\n"
        "    ctr-mira   2023-05-25  [src-readout, mira/reading]\n"
        f'  → depositary resolve {HELD} --take ctr-jonas --reason "…"\n'
        "    or with --take ctr-mira, --keep-base, --value …\n"
    ) in done.out
    assert "demo 1.1.0: 7 open, 1 resolved, 1 merged automatically, 1 decided for other values (stale).\n" in done.out
    assert done.out.endswith(
        "1 resolved, 1 merged automatically. To see them: depositary conflicts --status resolved --status auto\n"
    )


def test_nothing_open_exits_with_0(run, tmp_path):
    done = run("conflicts", merged_package(tmp_path / "merged", []))
    assert (done.code, done.out, done.err) == (0, "demo 1.1.0: no conflicts.\n", "")


def test_what_merged_automatically_does_not_fail(run, tmp_path):
    settled = [line for line in CONFLICTS if line[2] != "open"]
    assert run("conflicts", merged_package(tmp_path / "merged", settled)).code == 0


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--kind", "row"], {GONE, NEW, REFERENCED}),
        (["--kind", "cell.edit_edit"], {HELD}),
        (["--kind", "cell", "--kind", "entity"], {HELD, NOTE, MERGED}),
        (["--status", "auto"], {AUTO}),
        (["--status", "stale"], {HELD}),
        (["--status", "all", "--kind", "cell"], {HELD, NOTE, AUTO, SETTLED}),
        (["--table", "sources"], set()),
    ],
)
def test_some_can_be_chosen(run, merged, options, expected):
    assert set(listed(run("conflicts", merged, *options).out)) == expected


def test_only_what_was_chosen_decides_the_exit_code(run, merged):
    assert run("conflicts", merged, "--table", "sources").code == 0
    assert run("conflicts", merged, "--kind", "audit").code == 0
    assert run("conflicts", merged, "--kind", "cell", "--status", "auto").code == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--table", "event"], "Did you mean events?"),
        (["--kind", "cel"], '"cel" is not a kind of conflict; did you mean cell?'),
        (["--kind", "cell.edit_edlt"], "did you mean cell.edit_edit?"),
        (["--kind", "nothing like it"], "here are audit, "),
        (["--status", "opened"], '"opened" is not a status. Use one of open, '),
        (["--format", "xlsx"], "Name it with --output"),
    ],
)
def test_what_cannot_be_listed_exits_with_2(run, merged, options, said):
    done = run("conflicts", merged, *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_package_that_was_not_merged_has_no_conflicts(run):
    done = run("conflicts", "datapackage")
    assert done.code == 2
    assert "it was not merged. Run depositary merge" in done.err


def test_a_spoilt_list_is_refused(run, merged):
    edit(merged / "conflicts.csv", 2, "status", "opened")
    done = run("conflicts", merged)
    assert (done.code, done.out) == (2, "")
    assert 'conflicts.csv: "opened" is not a status of a conflict. Run depositary merge again.' in done.err


def test_a_value_cannot_command_the_terminal(run, tmp_path):
    line = [*CONFLICTS[0][:8], "\x1b[31mred\r\n", *CONFLICTS[0][9:]]
    done = run("conflicts", merged_package(tmp_path / "merged", [line]))
    assert "\\x1b[31mred\\x0d\\x0a" in done.out


def test_several_batches_of_one_contributor_are_told_apart(run, merged):
    out = run("conflicts", merged, "--kind", "row.add_add").out
    assert "    ctr-mira:mira/first   second  [mira/first]\n" in out
    assert "--take ctr-mira:mira/second" in out


def test_what_cannot_be_taken_is_not_proposed(run, merged):
    def advice(kind: str) -> str:
        return " ".join(re.findall(r"→ .*\n(?:    or .*)?", run("conflicts", merged, "--kind", kind).out))

    assert "--take" not in advice("entity")
    assert advice("row.delete_referenced").count("--") == 2
    assert "--take" not in advice("constraint")
    assert "--value" not in advice("row.delete_edit")
    assert "resolve" not in advice("decision")


def test_what_judgements_contradict_is_settled_there(run, tmp_path):
    line = [CONFLICTS[0][0], "entity.contradiction", *CONFLICTS[0][2:]]
    merged = merged_package(tmp_path / "merged", [line])
    assert "→ change one of the judgements" in run("conflicts", merged).out
    assert table(run("conflicts", merged, "--format", "csv").out) == {}


def test_same_input_same_bytes(run, merged, tmp_path):
    for form in ("text", "csv", "xlsx", "html"):
        first, second = tmp_path / f"1.{form}", tmp_path / f"2.{form}"
        for file in (first, second):
            assert run("conflicts", merged, "--format", form, "--output", file).out == ""
        assert first.read_bytes() == second.read_bytes()


# Worksheets


def test_a_worksheet_has_a_line_for_each_that_can_be_decided(run, merged):
    rows = table(run("conflicts", merged, "--format", "csv").out)
    assert list(rows) == [HELD, NOTE, GONE, TOO_MANY, NEW, MERGED, REFERENCED]
    assert rows[HELD] | {"choice": "", "value": "", "reason": ""} == rows[HELD]
    assert {k: v for k, v in rows[HELD].items() if v} == {
        "conflict_id": HELD,
        "kind": "cell.edit_edit",
        "table": "events",
        "row_id": "ev-1",
        "field": "held",
        "base": "2023-05-26",
        "ctr-jonas": "2023-05-27",
        "ctr-mira": "2023-05-25",
        "message": "what cell.edit_edit is",
        "row_label": "held=2023-05-26; kind=talks; guests=12; note==1+1",
        "labels": "ctr-jonas = Jonas; ctr-mira = Mira",
        "sources": "ctr-jonas: src-report, The report; ctr-mira: src-readout, The readout",
        "inputs_hash": "mfrggzdfmztw",
    }
    assert list(rows[HELD])[-3:] == ["choice", "value", "reason"]


def test_a_worksheet_tells_blank_from_no_claim(run, merged):
    rows = table(run("conflicts", merged, "--format", "csv").out)
    assert (rows[NOTE]["ctr-jonas"], rows[TOO_MANY]["ctr-mira"]) == ("\\N", "")


def test_no_spreadsheet_runs_a_cell(run, merged, tmp_path):
    text = run("conflicts", merged, "--format", "csv").out
    assert ",'=1+1," in text
    assert ",'-2+3," in text
    run("conflicts", merged, "--format", "xlsx", "--output", tmp_path / "c.xlsx")
    page = openpyxl.load_workbook(tmp_path / "c.xlsx")["conflicts"]
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}
    assert "=1+1" in [cell.value for row in page.iter_rows() for cell in row]


def test_an_excel_worksheet_asks_for_one_of_the_choices(run, merged, tmp_path):
    run("conflicts", merged, "--format", "xlsx", "--output", tmp_path / "c.xlsx")
    book = openpyxl.load_workbook(tmp_path / "c.xlsx")
    page, lists = book["conflicts"], book["choices"]
    assert (page.freeze_panes, lists.sheet_state) == ("B2", "hidden")
    assert page.auto_filter.ref == f"A1:{page.cell(page.max_row, page.max_column).coordinate}"
    offered = {}
    for rule in page.data_validations.dataValidation:
        assert rule.type == "list"
        words = [cell.value for row in lists[rule.formula1.partition("!")[2].replace("$", "")] for cell in row]
        for cells in rule.sqref.ranges:
            offered |= {page.cell(row, 1).value: words for row, _ in cells.cells}
    assert offered[HELD] == ["ctr-jonas", "ctr-mira", "base", "value"]
    assert offered[GONE] == ["ctr-jonas", "ctr-mira", "base"]
    assert offered[TOO_MANY] == ["base", "value"]
    assert offered[REFERENCED] == ["base"]
    assert len(offered) == page.max_row - 1


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20).map(
    lambda text: text.replace("\r", "")
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(values=st.lists(cells, min_size=1, max_size=5))
@example(["'=x", "''=x", "'tis", "-5", "'-5", "=", "+1.5", "@a", "\t", "\uff1dx", "a\nb"])
def test_a_csv_worksheet_comes_back_as_it_was(tmp_path_factory, values):
    file = tmp_path_factory.mktemp("worksheet") / "c.csv"
    sheet = ConflictWorksheet(("conflict_id", "value"), tuple({"conflict_id": "x", "value": value} for value in values))
    file.write_bytes(b"\xef\xbb\xbf" + to_worksheet_csv(sheet).encode())
    assert read_worksheet(file).lines == sheet.lines


printable = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(values=st.lists(printable, min_size=1, max_size=5))
@example(["=1", "'x", "1", "1.50", "true", "2023-05", "http://x.org", "_x0041_", " x ", "a\nb", "#N/A"])
def test_an_excel_worksheet_comes_back_as_it_was(tmp_path_factory, values):
    file = tmp_path_factory.mktemp("worksheet") / "c.xlsx"
    filled = {"choice": "", "reason": ""}
    lines = tuple({"conflict_id": "x", "value": value, **filled} for value in values)
    file.write_bytes(to_worksheet_excel(ConflictWorksheet(tuple(lines[0]), lines, (("base",),) * len(lines))))
    assert read_worksheet(file).lines == lines


def test_a_text_that_no_cell_holds_is_said_to_be_longer(run, tmp_path):
    line = [*CONFLICTS[0][:8], "x" * 40_000, *CONFLICTS[0][9:]]
    merged = merged_package(tmp_path / "merged", [line, *CONFLICTS[1:]])
    assert run("conflicts", merged, "--format", "xlsx", "--output", tmp_path / "c.xlsx").code == 1
    page = openpyxl.load_workbook(tmp_path / "c.xlsx")["conflicts"]
    assert page["F2"].value.endswith("x… (40,000 characters in all)")


# The page


def test_the_page_shows_every_conflict_and_needs_nothing_else(run, merged, tmp_path):
    run("conflicts", merged, "--format", "html", "--status", "all", "--output", tmp_path / "c.html")
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert page.count("<article") == 10
    assert "src-readout: The readout" in page
    assert not re.search(r'(src|href)="(?!#)', page)


def test_a_value_is_text_and_no_markup(run, tmp_path):
    line = [*CONFLICTS[0][:8], "<script>alert(1)</script>", *CONFLICTS[0][9:]]
    page = run("conflicts", merged_package(tmp_path / "merged", [line]), "--format", "html").out
    assert page.count("<script") == 1
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_what_differs_from_the_published_is_marked(run, merged):
    page = run("conflicts", merged, "--format", "html", "--kind", "cell.edit_edit").out
    assert "2023-05-<mark>27</mark>" in page


@pytest.mark.browser
def test_the_page_in_a_browser(run, merged, tmp_path):
    program = find_chromium()
    if not program:
        if os.environ.get("BROWSER") == "required":
            pytest.fail("there is no Chromium")
        pytest.skip("there is no Chromium")
    file = tmp_path / "c.html"
    run("conflicts", merged, "--format", "html", "--status", "all", "--output", file)
    with Browser(program, tmp_path / "profile") as page:
        for width, dark in ((1280, False), (360, True)):
            page.open(file, width, dark=dark)
            assert page.ask("document.documentElement.scrollWidth <= innerWidth")
            assert page.ask("getComputedStyle(document.querySelector('.conflict')).borderLeftWidth") == "4px"
            assert page.told == []
