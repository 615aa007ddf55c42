"""What people see of a worksheet and what is read of it: merged and hidden cells, and values that formats change."""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from books import spoiled, workbook
from conftest import manifest_of
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet as Sheet

import depositary
from depositary.errors import DocumentError
from depositary.merging.conflicts.worksheet_files import read_worksheet
from depositary.model.finding import Finding
from depositary.model.report import Report
from depositary.read.files.number_format import NumberFormat

EDTF = "http://id.loc.gov/datatypes/edtf/EDTF"
FIELDS: list[dict[str, Any]] = [
    {"name": "code", "type": "string"},
    {"name": "label", "type": "string"},
    {"name": "share", "type": "number"},
    {"name": "count", "type": "integer"},
    {"name": "since", "type": "date"},
    {"name": "period", "type": "string", "rdfType": EDTF},
    {"name": "year", "type": "string", "constraints": {"pattern": "[0-9]{4}"}},
    {"name": "note", "type": "string"},
    {"name": "met", "type": "datetime", "format": "any"},
]
PRODUCTS = "code,label\n0101,Live horses\n0102,Cattle\n8542,Integrated circuits\n12E3,Twelve\n"
FLOWS = {
    "fields": [
        {"name": "flow_id", "type": "string"},
        {"name": "code", "type": "string"},
        {"name": "kind", "type": "string", "constraints": {"enum": ["01", "02", "3"]}},
    ],
    "primaryKey": ["flow_id"],
    "foreignKeys": [{"fields": ["code"], "reference": {"resource": "products", "fields": ["code"]}}],
}
SHEET = "xl/worksheets/sheet1.xml"
Judge = Callable[..., Report]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Validate a contribution of one workbook to a package of products and flows."""
    products = {"fields": FIELDS, "primaryKey": ["code"]}
    descriptor = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "demo",
        "version": "1.0.0",
        "resources": [
            {"name": "products", "path": "products.csv", "schema": products},
            {"name": "flows", "path": "flows.csv", "schema": FLOWS},
        ],
    }
    base = tmp_path / "base"
    (base / "mine").mkdir(parents=True)
    (base / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    (base / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    (base / "flows.csv").write_text("flow_id,code,kind\nf1,0101,01\n", encoding="utf-8")

    def judged(book: bytes, more: str = "", mode: str = "patch") -> Report:
        (base / "mine" / "contribution.toml").write_text(manifest_of("demo", mode) + more, encoding="utf-8")
        (base / "mine" / "b.xlsx").write_bytes(book)
        return depositary.validate(base / "mine", base)

    return judged


def changed(rows: list[list[object]], change: Callable[[Sheet], object], name: str = "products") -> bytes:
    """Make a workbook of one worksheet, and change it as a user would."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = name
    for row in rows:
        sheet.append(row)
    change(sheet)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def formatted(header: str, *cells: tuple[object, str], name: str = "products") -> bytes:
    """Make a workbook with one column beside the code, of values with their formats."""
    rows = [["code", header], *([f"p{at}", value] for at, (value, _) in enumerate(cells))]

    def change(sheet: Sheet) -> None:
        for row, (_, form) in enumerate(cells, start=2):
            sheet.cell(row, 2).number_format = form

    return changed(rows, change, name)


def told(report: Report) -> list[tuple[str, int, str, str]]:
    return [(f.code, f.row, f.field, f.message) for f in report]


def only(report: Report, code: str) -> Finding:
    """Give the only finding."""
    assert [f.code for f in report] == [code], told(report)
    return next(iter(report))


ROWS: list[list[object]] = [
    ["code", "label", "note"],
    ["0101", "Horses", "revised"],
    ["0102", "Cattle", None],
    ["8542", "Chips", None],
]

# Merged cells


def test_merged_cells_of_data_are_an_error_that_names_sheet_and_range(judge):
    finding = only(judge(changed(ROWS, lambda s: s.merge_cells("C2:C4"))), "merged-cells")
    assert (finding.level, finding.row, finding.field) == ("error", 2, "note")
    assert finding.message.startswith("Sheet products, C2:C4: ")


def test_merged_cells_of_a_snapshot_are_an_error_as_well(judge):
    rows: list[list[object]] = [["flow_id", "code", "kind"], ["f1", "0101", "01"], ["f2", "0102", None]]
    book = changed(rows, lambda s: s.merge_cells("C2:C3"), "flows")
    assert only(judge(book, mode="snapshot"), "merged-cells").message.startswith("Sheet flows, C2:C3: ")


def test_merged_ranges_are_reported_once_a_column_with_their_count(judge):
    rows = [["code", "note"], *([f"p{n}", "x" if n % 2 == 0 else None] for n in range(20))]
    finding = only(
        judge(changed(rows, lambda s: [s.merge_cells(f"B{n}:B{n + 1}") for n in range(2, 22, 2)])), "merged-cells"
    )
    assert finding.message.startswith("Sheet products, B2:B3, B4:B5, B6:B7, B8:B9, B10:B11 and 5 more ranges: ")


@pytest.mark.parametrize(
    ("merged", "field", "row"),
    [("B2:C2", "label", 2), ("B2:C4", "label", 2), ("A3:C3", "code", 3), ("A2:B3", "code", 2), ("C2:D3", "note", 2)],
)
def test_a_range_over_several_columns_is_named_at_the_first_that_is_read(judge, merged, field, row):
    found = [f for f in judge(changed(ROWS, lambda s: s.merge_cells(merged))) if f.code == "merged-cells"]
    assert [(f.row, f.field) for f in found] == [(row, field)]
    assert merged in found[0].message


@pytest.mark.parametrize("merged", ["B1:C1", "A1:A2", "A1:C1"])
def test_merged_cells_of_the_header_are_an_error(judge, merged):
    found = [f for f in judge(changed(ROWS, lambda s: s.merge_cells(merged))) if f.code == "merged-cells"]
    assert [f.row for f in found] == [1]
    assert f"Sheet products, {merged}: because of merged cells in the header" in found[0].message


@pytest.mark.parametrize("merged", ["E2:E4", "A6:C8", "C4:C9", "C3:C4", "C4:F4"])
def test_merged_cells_without_a_value_or_beside_the_table_do_not_matter(judge, merged):
    assert told(judge(changed(ROWS, lambda s: s.merge_cells(merged)))) == []


@pytest.mark.parametrize("merged", ["A4:A6", "C4:C6", "A4:C6"])
def test_merged_cells_that_go_on_over_blank_rows_are_an_error(judge, merged):
    rows = [*ROWS[:3], ["8542", "Chips", "small"]]
    finding = only(judge(changed(rows, lambda s: s.merge_cells(merged))), "merged-cells")
    assert finding.row == 4
    assert f"Sheet products, {merged}: " in finding.message


def test_values_under_merged_cells_are_not_published_unseen(judge):
    book = changed([*ROWS[:3], ["8542", "Chips", "secret"]], lambda s: s.append([]))
    merges = '</sheetData><mergeCells count="1"><mergeCell ref="C3:C4"/></mergeCells>'
    only(judge(spoiled(book, SHEET, "</sheetData>", merges)), "merged-cells")


@pytest.mark.parametrize("ref", ["C2:C1048576", "$C$2:$C$4", "C2:XFD4"])
def test_ranges_written_otherwise_are_understood(judge, ref):
    merges = f'</sheetData><mergeCells count="1"><mergeCell ref="{ref}"/></mergeCells>'
    book = spoiled(workbook({"products": ROWS}), SHEET, "</sheetData>", merges)
    assert [f.code for f in judge(book)] == ["merged-cells"]


def test_merged_cells_of_a_column_that_is_ignored_do_not_matter(judge):
    more = '[[files]]\npath = "b.xlsx"\ntable = "products"\nignore = ["note"]\n'
    assert told(judge(changed(ROWS, lambda s: s.merge_cells("C2:C4")), more)) == []


def test_many_ranges_that_lie_over_each_other_take_no_time(judge):
    merges = "".join(f'<mergeCell ref="A{n}:XFD1048576"/>' for n in range(2, 30_000))
    book = spoiled(
        workbook({"products": ROWS}), SHEET, "</sheetData>", f"</sheetData><mergeCells>{merges}</mergeCells>"
    )
    assert [f.code for f in judge(book)] == ["merged-cells"]


def test_a_worksheet_of_decisions_with_merged_cells_is_refused(tmp_path):
    file = tmp_path / "c.xlsx"
    rows: list[list[object]] = [["conflict_id", "choice"], ["cfl-1", "base"], ["cfl-2", None]]
    file.write_bytes(changed(rows, lambda s: s.merge_cells("B2:B3"), "conflicts"))
    with pytest.raises(DocumentError, match="sheet conflicts, B2:B3"):
        read_worksheet(file)


# Hidden cells


def hide_rows(sheet: Sheet) -> None:
    for row in (2, 3):
        sheet.row_dimensions[row].hidden = True


def group_rows(sheet: Sheet) -> None:
    sheet.row_dimensions.group(2, 3, hidden=True)


@pytest.mark.parametrize("hide", [hide_rows, group_rows])
def test_hidden_rows_are_said_once_with_their_numbers(judge, hide):
    finding = only(judge(changed(ROWS, hide)), "hidden-cells")
    assert (finding.level, finding.row) == ("warning", 2)
    assert finding.message.startswith("Sheet products, rows 2-3: 2 hidden rows")


def test_rows_that_a_filter_hides_are_said(judge, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "filtered.xlsx") as book:
        sheet = book.add_worksheet("products")
        for at, row in enumerate(ROWS):
            sheet.write_row(at, 0, row)
        sheet.autofilter("A1:C4")
        sheet.filter_column("A", "x == 8542")
        sheet.set_row(1, options={"hidden": True})
        sheet.set_row(2, options={"hidden": True})
    assert "rows 2-3: 2 hidden" in only(judge((tmp_path / "filtered.xlsx").read_bytes()), "hidden-cells").message


def test_of_many_hidden_rows_the_first_are_named(judge):
    rows = [["code"], *([f"p{n}"] for n in range(100))]

    def hide(sheet: Sheet) -> None:
        for row in range(2, 101, 2):
            sheet.row_dimensions[row].hidden = True

    message = only(judge(changed(rows, hide)), "hidden-cells").message
    assert message.startswith("Sheet products, rows 2, 4, 6, 8, 10 and 45 more: 50 hidden rows")


def hide_columns(sheet: Sheet) -> None:
    sheet.column_dimensions["C"].hidden = True


def group_columns(sheet: Sheet) -> None:
    sheet.column_dimensions.group("C", "E", hidden=True)


@pytest.mark.parametrize("hide", [hide_columns, group_columns])
def test_hidden_columns_are_named_by_their_headers(judge, hide):
    finding = only(judge(changed(ROWS, hide)), "hidden-cells")
    assert (finding.level, finding.row, finding.field) == ("warning", 1, "note")
    assert finding.message.startswith("Sheet products, column C: 1 hidden column")
    assert '"note"' in finding.message


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('<row r="2">', '<row r="2" ht="0" customHeight="1">', "row 2"),
        ('<row r="3">', '<row r="3" hidden="true">', "row 3"),
        (
            '<sheetFormatPr baseColWidth="8" defaultRowHeight="15" />',
            '<sheetFormatPr defaultRowHeight="0"/>',
            "rows 1-4",
        ),
        ("<sheetData>", '<cols><col min="2" max="16384" width="0"/></cols><sheetData>', "columns B, C"),
        ("<sheetData>", '<cols><col min="3" max="3" width="9" hidden="true"/></cols><sheetData>', "column C"),
        ('defaultRowHeight="15"', 'defaultRowHeight="15" defaultColWidth="0"', "columns A, B, C"),
        ('<row r="2">', '<row r="2" ht="0.75" customHeight="1">', "row 2"),
        ("<sheetData>", '<cols><col min="3" max="3" width="0.1" customWidth="1"/></cols><sheetData>', "column C"),
    ],
)
def test_what_has_no_height_or_width_is_hidden_too(judge, old, new, where):
    book = spoiled(workbook({"products": ROWS}), SHEET, old, new)
    assert only(judge(book), "hidden-cells").message.startswith(f"Sheet products, {where}: ")


def test_a_row_to_which_openpyxl_gives_no_height_is_hidden(judge):
    def hide(sheet: Sheet) -> None:
        sheet.row_dimensions[3].height = 0

    assert only(judge(changed(ROWS, hide)), "hidden-cells").message.startswith("Sheet products, row 3: ")


def test_of_a_width_of_zero_openpyxl_leaves_nothing_in_the_file():
    def hide(sheet: Sheet) -> None:
        sheet.column_dimensions["B"].width = 0

    sheets = [zipfile.ZipFile(io.BytesIO(changed(ROWS, change))).read(SHEET) for change in (hide, lambda _: None)]
    assert sheets[0] == sheets[1]


def test_no_height_and_no_width_by_xlsxwriter_are_hidden(judge, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "hidden.xlsx") as book:
        sheet = book.add_worksheet("products")
        for at, row in enumerate(ROWS):
            sheet.write_row(at, 0, row)
        sheet.set_column(2, 2, 0)
        sheet.set_row(2, 0)
    found = [f.message for f in judge((tmp_path / "hidden.xlsx").read_bytes()) if f.code == "hidden-cells"]
    assert {message.partition(":")[0] for message in found} == {"Sheet products, row 3", "Sheet products, column C"}


def test_low_rows_and_narrow_columns_that_can_be_read_are_not_hidden(judge):
    def narrow(sheet: Sheet) -> None:
        sheet.row_dimensions[2].height, sheet.column_dimensions["C"].width = 6, 1.7

    assert told(judge(changed(ROWS, narrow))) == []


def test_several_hidden_columns_are_one_finding(judge):
    def hide(sheet: Sheet) -> None:
        sheet.column_dimensions["B"].hidden = sheet.column_dimensions["C"].hidden = True

    message = only(judge(changed(ROWS, hide)), "hidden-cells").message
    assert message.startswith("Sheet products, columns B, C: 2 hidden columns")
    assert '"label", "note"' in message


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_that_is_a_table_is_read_and_said(judge, state):
    def hide(sheet: Sheet) -> None:
        sheet.parent.create_sheet("notes")
        sheet.sheet_state = state

    report = judge(changed(ROWS, hide))
    finding = only(report, "hidden-cells")
    assert (report.rows, finding.level, finding.row, finding.field) == (3, "warning", 0, "")
    assert finding.message.startswith("Sheet products is hidden")


def test_a_hidden_sheet_that_is_no_table_is_told_as_any_other(judge):
    def add(sheet: Sheet) -> None:
        other = sheet.parent.create_sheet("lists")
        other.append(["x"])
        other.sheet_state = "hidden"

    assert [f.code for f in judge(changed(ROWS, add))] == ["unknown-table"]


def hide_nothing_of_the_table(sheet: Sheet) -> None:
    sheet.row_dimensions[9].hidden = sheet.column_dimensions["F"].hidden = True
    sheet.sheet_format.zeroHeight = True  # rows that are not written are hidden


def test_what_is_hidden_without_a_value_does_not_matter(judge):
    assert told(judge(changed(ROWS, hide_nothing_of_the_table))) == []


def test_cells_whose_format_shows_nothing_are_hidden(judge):
    message = only(judge(formatted("note", ("secret", ";;;"), ("open", "General"))), "hidden-cells").message
    assert message.startswith("Sheet products, B2: 1 cell with a format that hides the value")
    assert [f.code for f in judge(formatted("share", (5, ";;;"), (0, "0;-0;;@"), (0, '0;-0;"-"')))] == ["hidden-cells"]


# Numbers, dates and logical values in columns of texts


def test_a_number_in_a_column_of_codes_asks_for_the_code(judge):
    report = judge(workbook({"products": [["code", "label"], [101, "Horses"], ["8542", "Chips"], [7, "New"]]}))
    finding = only(report, "cell-kind")
    assert (finding.level, finding.row, finding.field) == ("warning", 2, "code")
    assert finding.message == "Sheet products, A2, A4: 2 numbers in a column of texts: 101, 7"
    assert finding.hint.startswith("did you mean 0101?")


def test_what_is_meant_is_found_far_down(judge):
    rows = [["code"], *([1000 + n] for n in range(50)), [102], [12000]]
    finding = only(judge(workbook({"products": rows})), "cell-kind")
    assert finding.message.startswith("Sheet products, A52, A53, A2 and 49 more cells: 52 numbers")
    assert finding.hint.startswith("did you mean 0102 or 12E3?")


def test_a_number_that_is_known_as_it_is_has_no_other_meaning(judge):
    finding = only(judge(workbook({"products": [["code"], [8542]]})), "cell-kind")
    assert "did you mean" not in finding.hint


def test_codes_of_another_table_and_of_an_enum_are_known_as_well(judge):
    report = judge(workbook({"flows": [["flow_id", "code", "kind"], ["f2", 101, 2]]}))
    kinds = [(f.field, f.hint.partition("?")[0]) for f in report if f.code == "cell-kind"]
    assert kinds == [("code", "did you mean 0101"), ("kind", "did you mean 02")]


def test_zeros_that_only_a_format_shows_are_said(judge):
    finding = only(judge(formatted("note", (7, "0000"))), "cell-kind")
    assert finding.message.endswith("7 (shown as 0007)")
    assert finding.hint.startswith("did you mean 0007?")


def test_dates_and_logical_values_in_a_column_of_texts_are_said(judge):
    report = judge(formatted("note", (dt.date(2026, 3, 1), "mmm-yy"), (True, "General"), (False, "General")))
    assert [f.message for f in report] == [
        "Sheet products, B2: 1 date in a column of texts: 2026-03-01 (shown as Mar-26)",
        "Sheet products, B3, B4: 2 logical values in a column of texts: true, false",
    ]


def test_numbers_in_exponent_form_are_read_in_full_and_said(judge):
    finding = only(judge(formatted("note", (12000.0, "0.00E+00"))), "cell-kind")
    assert finding.message.endswith(": 12000")


@pytest.mark.parametrize("header", ["period", "year"])
def test_a_year_is_as_good_as_a_number(judge, header):
    assert told(judge(formatted(header, (2022, "General"), (2023, "0")))) == []


def test_texts_are_texts_however_they_are_kept(judge, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "texts.xlsx") as book:
        sheet = book.add_worksheet("products")
        bold, quoted = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
        sheet.write_row(0, 0, ["code", "label"])
        sheet.write_string(1, 0, "0103", quoted)
        sheet.write_rich_string(1, 1, "Live ", bold, "swine")
    assert told(judge((tmp_path / "texts.xlsx").read_bytes())) == []


def test_numbers_that_the_manifest_translates_or_takes_for_names_are_meant(judge):
    more = '[[files]]\npath = "b.xlsx"\ntable = "products"\nlocal = ["code"]\nvalues = { label = { 1 = "One" } }\n'
    assert told(judge(workbook({"products": [["code", "label"], [101, 1]]}), more)) == []
    assert [f.code for f in judge(workbook({"products": [["code", "label"], [101, 2]]}), more)] == ["cell-kind"]


# Values that are shown otherwise


@pytest.mark.parametrize(
    ("header", "value", "form", "seen"),
    [
        ("share", 0.4, "0%", "0.4 (shown as 40%)"),
        ("share", 0.125, "0.0%", "0.125 (shown as 12.5%)"),
        ("share", 2500, '0.0,"k"', "2500 (shown as 2.5k)"),
        ("share", 12_000_000, "#,##0,,", "12000000 (shown as 12)"),
        ("share", 3, '0" mn"', "3 (shown as 3 mn)"),
        ("share", 5, '"$"#,##0.00', "5 (shown as $5.00)"),
        ("share", 5, "#,##0.00\\ [$EUR]", "5 (shown as 5.00 EUR)"),
        ("share", 2500, '[>=1000]0.0,"k";0', "2500 (shown as 2.5k)"),
        ("share", 854231, "0000\\.00", "854231 (shown as 8542.31)"),
        ("share", -25, "0;0", "-25 (shown as 25)"),
        ("share", -25, "#,##0.0;#,##0.0;0", "-25 (shown as 25.0)"),
        ("share", -25, "General;General", "-25 (shown as 25)"),
        ("share", -25, "0_);0_)", "-25 (shown as 25)"),
        ("share", -25, "0;[Blue]0", "-25 (shown as 25)"),
        ("share", 25, "-0", "25 (shown as -25)"),
        ("share", 25, '"\u2212"General', "25 (shown as \u221225)"),
        ("share", 25, "(0)", "25 (shown as (25))"),
        ("count", -25, "0;0", "-25 (shown as 25)"),
        ("count", 7, "0000", "7 (shown as 0007)"),
        ("count", 40, "0%", "40 (shown as 4000%)"),
        ("since", dt.date(2023, 5, 1), "mmm-yy", "2023-05-01 (shown as May-23)"),
        ("since", dt.date(2023, 5, 1), "d-mmm", "2023-05-01 (shown as 1-May)"),
        ("since", dt.date(2023, 5, 1), "yyyy", "2023-05-01 (shown as 2023)"),
        ("period", dt.date(2023, 5, 1), "yyyy-mm", "2023-05-01 (shown as 2023-05)"),
        ("met", dt.datetime(2023, 5, 1, 14, 30), "yyyy-mm-dd", "2023-05-01T14:30:00 (shown as 2023-05-01)"),  # noqa: DTZ001
    ],
)
def test_a_value_that_is_shown_otherwise_is_said_with_what_is_seen(judge, header, value, form, seen):
    finding = only(judge(formatted(header, (value, form))), "shown-otherwise")
    assert (finding.level, finding.row, finding.field) == ("warning", 2, header)
    assert finding.message.startswith("Sheet products, B2: ")
    assert finding.message.endswith(seen)


def test_cells_shown_otherwise_are_counted_once_a_column(judge):
    finding = only(
        judge(formatted("share", (1, "General"), *((n / 100, "0%") for n in range(10, 17)))), "shown-otherwise"
    )
    assert finding.message == (
        "Sheet products, B3, B4, B5 and 4 more cells: 7 numbers are shown with another value than is read: "
        "0.1 (shown as 10%), 0.11 (shown as 11%), 0.12 (shown as 12%)"
    )


@pytest.mark.parametrize(
    ("header", "value", "form"),
    [
        ("share", 12.4, "0"),
        ("share", 1234567, "#,##0"),
        ("share", 1234567, "#\\ ##0"),
        ("share", -5, "_(* #,##0.00_);_(* \\(#,##0.00\\)"),
        ("share", 0, '_(* #,##0_);_(* \\(#,##0\\);_(* "-"??_);_(@_)'),
        ("share", -25, "0;-0"),
        ("share", -25, "0;[Red]0"),
        ("share", -25, "General;[Red]General"),
        ("share", -25, "0;0-"),
        ("share", -25, '0;"\u2212"0'),
        ("share", -25, "#,##0_);[Red]\\(#,##0\\)"),
        ("share", -25, "General;-General"),
        ("share", -25, '_-* #,##0.00_-;\\-* #,##0.00_-;_-* "-"??_-;_-@_-'),
        ("share", 25, "0;0"),
        ("share", 0, "0;0"),
        ("share", 12000, "0.00E+00"),
        ("share", 0.5, "# ?/?"),
        ("share", 5.3, "00.00"),
        ("share", 5, "@"),
        ("share", 25, '[>=1000]0.0,"k";0'),
        ("share", 2e15, "General"),
        ("count", 7, "0"),
        ("since", dt.date(2023, 5, 1), "dd/mm/yy"),
        ("since", dt.date(2023, 5, 1), "[$-409]d\\ mmmm\\ yyyy"),
        ("period", dt.date(2023, 5, 1), "yyyy-mm-dd"),
        ("met", dt.datetime(2023, 5, 1, 14, 30), "yyyy-mm-dd hh:mm"),  # noqa: DTZ001
    ],
)
def test_formats_that_change_no_value_are_passed_over(judge, header, value, form):
    assert told(judge(formatted(header, (value, form)))) == []


def test_dates_count_from_1904_where_the_workbook_does(judge, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "1904.xlsx", {"date_1904": True}) as book:
        sheet = book.add_worksheet("products")
        sheet.write_row(0, 0, ["code", "since"])
        sheet.write(1, 0, "0101")
        sheet.write_datetime(1, 1, dt.datetime(2023, 5, 26), book.add_format({"num_format": "mmm yyyy"}))  # noqa: DTZ001
    finding = only(judge((tmp_path / "1904.xlsx").read_bytes()), "shown-otherwise")
    assert finding.message.endswith("2023-05-26 (shown as May 2023)")


@pytest.mark.parametrize(
    ("serial", "said"),
    [
        ("60", "1 date shown as 1900-02-29, a day that did not exist, and read as the day before"),
        ("60.5", "1 date shown as 1900-02-29, a day that did not exist, and read as the day before"),
        ("59", "1 date before March 1900, read as Excel shows it; other programs show the day before: 1900-02-28"),
        ("1", "1 date before March 1900, read as Excel shows it; other programs show the day before: 1900-01-01"),
        ("1.0", "1 date before March 1900, read as Excel shows it; other programs show the day before: 1900-01-01"),
    ],
)
@pytest.mark.parametrize("header", ["since", "note", "period"])
def test_days_before_march_1900_are_said_as_spreadsheets_count_them_otherwise(judge, serial, said, header):
    book = formatted(header, (77, "yyyy-mm-dd"), (61, "yyyy-mm-dd"))
    report = judge(spoiled(book, SHEET, "<v>77</v>", f"<v>{serial}</v>"))
    found = [f for f in report if f.code == "shown-otherwise"]
    assert [(f.level, f.row, f.field) for f in found] == [("warning", 2, header)]
    assert found[0].message == f"Sheet products, B2: {said}"


def test_days_of_a_workbook_that_counts_from_1904_and_later_ones_are_the_same_everywhere(judge, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "1904.xlsx", {"date_1904": True}) as book:
        sheet = book.add_worksheet("products")
        sheet.write_row(0, 0, ["code", "since"])
        sheet.write(1, 0, "0101")
        sheet.write_number(1, 1, 60, book.add_format({"num_format": "yyyy-mm-dd"}))
    assert told(judge((tmp_path / "1904.xlsx").read_bytes())) == []
    assert told(judge(formatted("since", (61, "yyyy-mm-dd"), (99, "yyyy-mm-dd")))) == []


# Numbers that Excel has cut


@pytest.mark.parametrize("raw", ["1234567890123450000", "1.23456789012345E+18", "1.2345678901234501E+18", "-1e+16"])
def test_a_number_of_more_than_15_digits_in_a_column_of_texts_has_lost_some(judge, raw):
    book = spoiled(workbook({"products": [["code", "note"], ["0101", 77]]}), SHEET, "<v>77</v>", f"<v>{raw}</v>")
    finding = only(judge(book), "cut-digits")
    assert (finding.level, finding.row, finding.field) == ("warning", 2, "note")
    assert finding.message.startswith("Sheet products, B2: 1 number with more than 15 digits")


def test_a_long_whole_number_is_told_unless_it_was_written_with_its_zeros(judge):
    assert "cut-digits" in [f.code for f in judge(formatted("count", (1234567890123450000, "0")))]
    assert told(judge(formatted("count", (2_236_000_000_000_000, "#,##0")))) == []


# Cells without a result


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#VALUE!", "#NULL!"])
@pytest.mark.parametrize("header", ["note", "share", "since", "code"])
def test_error_values_are_errors_in_every_column(judge, error, header):
    rows = [["code", header], ["0101", error]] if header != "code" else [["code", "note"], [error, "x"]]
    assert "type-error" in [f.code for f in judge(workbook({"products": rows}))]


def test_error_values_are_no_local_names(judge):
    more = '[[files]]\npath = "b.xlsx"\ntable = "products"\nlocal = ["code"]\n'
    for cell in ("#N/A", "=1+1"):
        assert [f.code for f in judge(workbook({"products": [["code"], [cell]]}), more)] == ["type-error"]


def test_a_merge_says_what_the_validation_of_a_contribution_warns_of(judge, tmp_path, run):
    judge(changed(ROWS, hide_rows))
    whole = [",".join(field["name"] for field in FIELDS), "0101,Live horses" + "," * 7, "0102,Cattle" + "," * 7]
    (tmp_path / "base" / "products.csv").write_text("\n".join(whole) + "\n", encoding="utf-8")
    (tmp_path / "base" / "flows.csv").write_text("flow_id,code,kind\nf1,0101,01\n", encoding="utf-8")
    ran = run("merge", tmp_path / "base", tmp_path / "base" / "mine", "--plan")
    assert (ran.code, ran.err) == (0, "")
    assert "warning: base/mine: its validation gives 1 warning (hidden-cells)" in ran.out


# Formats


@given(
    st.text(st.sampled_from('0#?.,;%@"\\[]_*<>=-$E+dmyhsGeneral/ \u20ack9'), max_size=40) | st.text(max_size=40),
    st.floats(allow_nan=False, allow_infinity=False).map(repr).map(Decimal),
    st.dates(),
)
def test_any_format_shows_something_of_any_value(code, value, day):
    form = NumberFormat(code, is_date=True)
    assert isinstance(form.shown(value), str)
    assert isinstance(form.shown_day(day), str)
    assert {type(form.differs(value)), type(form.pads(value)), type(form.hides_text)} == {bool}
    assert form.lacks in ("", "year", "month", "day", "year and month", "year and day", "month and day")


@pytest.mark.parametrize("raw", ["1E999", "-1E999"])
def test_a_number_without_end_is_no_traceback(judge, raw):
    for header in ("note", "share", "count"):
        book = spoiled(formatted(header, (77, "0.0%")), SHEET, "<v>77</v>", f"<v>{raw}</v>")
        assert all(f.message for f in judge(book))


def test_times_and_durations_in_a_column_of_texts_are_said_as_they_are_read(judge):
    times = ((dt.timedelta(hours=30, minutes=5), "[h]:mm"), (dt.datetime(2023, 5, 26, 14, 30), "yyyy-mm-dd h:mm"))  # noqa: DTZ001
    message = only(judge(formatted("note", *times)), "cell-kind").message
    assert message.endswith("2 dates in a column of texts: 30:05:00, 2023-05-26T14:30:00")


# All together


def test_an_honest_workbook_has_no_finding(judge):
    rows = [["code", "label", "share", "count", "since", "period", "note"]]
    rows += [[f"{n:04}", "x", n / 7, n, dt.date(2023, 1, 1), "2023-05", None] for n in range(300)]
    assert told(judge(workbook({"products": rows}))) == []


def test_findings_come_in_the_same_order_every_time(judge):
    def change(sheet: Sheet) -> None:
        hide_rows(sheet)
        hide_columns(sheet)
        sheet.merge_cells("B3:B4")
        sheet["D4"] = 0.4
        sheet["D4"].number_format = "0%"

    rows = [[*ROWS[0], "share"], *([code, label, 5, 1] for code, label, _ in ROWS[1:])]
    book = changed(rows, change)
    first = [f.code for f in judge(book)]
    assert sorted(first) == ["cell-kind", "hidden-cells", "hidden-cells", "merged-cells", "shown-otherwise"]
    assert judge(book).to_json() == judge(book).to_json()
