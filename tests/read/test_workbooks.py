"""Contributions with an Excel workbook: what stands in its cells, and workbooks that are broken or mean harm."""

import datetime as dt
import io
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import openpyxl.chart
import pytest
import xlsxwriter
from books import spoiled, workbook
from conftest import ROOT, manifest_of

import depositary
from depositary.errors import UsageError
from depositary.model.report import Report
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import Worksheet, is_blank, sheets

MANIFEST = manifest_of("demo")
SNAPSHOT = MANIFEST.replace("patch", "snapshot")
HEADER = ["event_id", "held", "country", "kind", "open", "guests", "note"]
ROW = ["ev-1", dt.date(2023, 5, 26), "KOR", "talks", True, 12, None]

Judge = Callable[..., Report]


SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def judge(demo) -> Judge:
    """Validate a contribution to the demonstration package that holds a workbook."""

    def judged(book: bytes, manifest: str = MANIFEST, name: str = "book.xlsx") -> Report:
        folder = demo({"mine/contribution.toml": manifest})
        (folder / "mine" / name).write_bytes(book)
        return depositary.validate(folder / "mine", folder)

    return judged


@pytest.fixture
def rows(tmp_path) -> Callable[..., list[list[str]]]:
    """Read a worksheet: its header and its rows."""

    def read(book: bytes, name: str = "events") -> list[list[str]]:
        file = tmp_path / "book.xlsx"
        file.write_bytes(book)
        sheet = Worksheet(file, name)
        try:
            return [sheet.labels, *(row for chunk in sheet.chunks() for row in chunk)]
        finally:
            sheet.close()

    return read


def told(report: Report) -> list[tuple[str, str, int, str]]:
    return [(f.code, f.file, f.row, f.field) for f in report]


# Cells


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        ("  spaces ", "  spaces "),
        ("0101", "0101"),
        ("\\N", "\\N"),
        ("local:a", "local:a"),
        ("a\nb", "a\nb"),
        ("商務部", "商務部"),
        (5, "5"),
        (5.0, "5"),
        (-0.0, "0"),
        (2.5, "2.5"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (1e20, "100000000000000000000"),
        (1234567890123456, "1234567890123456"),
        (True, "true"),
        (False, "false"),
        (dt.date(2023, 5, 26), "2023-05-26"),
        (dt.datetime(2023, 5, 26), "2023-05-26"),  # noqa: DTZ001 (a spreadsheet knows no zones)
        (dt.datetime(2023, 5, 26, 14, 30), "2023-05-26T14:30:00"),  # noqa: DTZ001
        (dt.time(14, 30), "14:30:00"),
        (dt.timedelta(hours=30, minutes=5), "30:05:00"),
    ],
    ids=repr,
)
def test_a_cell_is_read_as_text(rows, value, text):
    assert rows(workbook({"events": [["note"], [value]]})) == [["note"], [text]]


def test_texts_that_a_workbook_keeps_apart_are_found(rows, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "other.xlsx") as book:
        sheet = book.add_worksheet("events")
        for at, row in enumerate([["event_id", "note"], ["ev-1", "twice"], ["ev-2", "twice"]]):
            sheet.write_row(at, 0, row)
    content = (tmp_path / "other.xlsx").read_bytes()
    assert b"sharedStrings" in content
    assert rows(content) == [["event_id", "note"], ["ev-1", "twice"], ["ev-2", "twice"]]


def test_characters_that_xml_has_no_room_for_come_back(rows):
    book = spoiled(workbook({"events": [["note"], ["a~b"]]}), SHEET, "a~b", "a_x000D_b_x005F_x00e9_")
    assert rows(book) == [["note"], ["a\rb_x00e9_"]]


def test_blank_rows_between_others_count_and_those_at_the_end_do_not(rows):
    book = workbook({"events": [["event_id", "note"], [], ["ev-1"], [None, None], ["ev-2", "b"], [], [None]]})
    assert rows(book) == [["event_id", "note"], [], ["ev-1", ""], [], ["ev-2", "b"]]


def test_cells_beyond_the_header_are_kept_and_blank_ones_are_not(rows):
    assert rows(workbook({"events": [["a", None], ["1", None, "x"], ["2", None, None]]})) == [
        ["a"],
        ["1", "", "x"],
        ["2"],
    ]


def test_labels_are_trimmed(rows):
    assert rows(workbook({"events": [[" a ", "b"], [1, 2]]}))[0] == ["a", "b"]


def test_many_rows_come_in_order(rows):
    found = rows(workbook({"events": [["n"], *([n] for n in range(2_500))]}))
    assert [row[0] for row in found[1:]] == [str(n) for n in range(2_500)]


def test_the_size_that_a_worksheet_states_does_not_count(rows):
    book = workbook({"events": [["a"], [1]]})
    book = spoiled(book, SHEET, '<dimension ref="A1:A2"', '<dimension ref="A1:XFD1048576"')
    assert rows(book) == [["a"], ["1"]]


def test_a_formula_stands_for_its_stored_value(rows):
    book = workbook({"events": [["guests"], ["=1+1"]]})
    assert rows(spoiled(book, SHEET, "<f>1+1</f><v />", "<f>1+1</f><v>2</v>")) == [["guests"], ["2"]]


def test_a_formula_whose_result_is_an_empty_text_is_blank(rows):
    book = workbook({"events": [["a", "b"], [1, '=""']]})
    book = spoiled(book, SHEET, '<c r="B2"><f>""</f><v /></c>', '<c r="B2" t="str"><f>""</f><v></v></c>')
    assert rows(book) == [["a", "b"], ["1", ""]]


@pytest.mark.parametrize("mode", [MANIFEST, SNAPSHOT], ids=["patch", "snapshot"])
@pytest.mark.parametrize("cell", ["#N/A", "#DIV/0!", "=1+1"])
def test_a_cell_without_a_result_is_refused(judge, mode, cell):
    found = judge(workbook({"events": [HEADER, [*ROW[:6], cell]]}), mode)
    assert told(found) == [("type-error", "book.xlsx, sheet events", 2, "note")]


# Worksheets


def test_a_worksheet_named_like_a_table_is_that_table(judge):
    tables = {"countries": [["code", "label"], ["NAM", "Namibia"]], "events": [HEADER, ["ev-2", None, "NAM", "talks"]]}
    report = judge(workbook(tables))
    assert [(t.name, t.file, t.rows) for t in report.tables] == [
        ("events", "book.xlsx, sheet events", 1),
        ("countries", "book.xlsx, sheet countries", 1),
    ]
    assert told(report) == []


def test_rows_are_numbered_as_in_the_worksheet(judge):
    report = judge(workbook({"events": [["event_id", "guests"], ["ev-1", 3], [], ["ev-1x", "many"]]}))
    assert [(f.code, f.row, f.field) for f in report][:2] == [
        ("blank-row", 3, ""),
        ("pattern-constraint", 4, "event_id"),
    ]


def test_a_snapshot_may_be_a_workbook(judge):
    assert told(judge(workbook({"events": [HEADER, ROW]}), SNAPSHOT)) == []


def test_a_worksheet_that_fits_no_table_is_told(judge):
    report = judge(workbook({"event": [["a"], [1]]}))
    assert told(report) == [("unknown-table", "book.xlsx, sheet event", 0, "")]
    assert "events" in next(iter(report)).hint


@pytest.mark.parametrize(("name", "cells"), [("Notes", [["read me"]]), ("README", [["read me"]]), ("Sheet2", [])])
def test_notes_and_blank_worksheets_are_not_read(judge, name, cells):
    report = judge(workbook({"events": [HEADER, ROW], name: cells}))
    assert told(report) == []
    assert len(report.tables) == 1


def test_what_excel_lays_beside_an_open_workbook_is_passed_over(judge):
    assert [f.code for f in judge(b"anything", name="~$book.xlsx")] == ["nothing-read"]


def test_a_table_has_one_file_or_worksheet(demo):
    folder = demo({"mine/contribution.toml": MANIFEST, "mine/events.csv": "event_id\nev-1\n"})
    (folder / "mine" / "book.xlsx").write_bytes(workbook({"events": [HEADER, ROW]}))
    report = depositary.validate(folder / "mine", folder)
    assert [f.code for f in report] == ["manifest-error"]
    assert len(report.tables) == 1


MAPPED = """
[[files]]
path = "book.xlsx"
table = "events"
columns = { Id = "event_id", People = "guests" }
"""


def test_a_worksheet_may_be_mapped(judge):
    book = workbook({"Table 1": [["Id", "People"], ["ev-1", "many"]], "notes": [["x"]]})
    report = judge(book, f'{MANIFEST}{MAPPED}sheet = "Table 1"\n')
    assert told(report) == [("type-error", "book.xlsx, sheet Table 1", 2, "guests")]
    assert "People" in next(iter(report)).message


def test_the_only_worksheet_needs_no_name(judge):
    assert told(judge(workbook({"Table 1": [["Id", "People"], ["ev-1", 5]]}), MANIFEST + MAPPED)) == []


@pytest.mark.parametrize(("sheet", "said"), [("", "2 worksheets"), ('sheet = "Tables"', "'Tables'")])
def test_which_worksheet_is_meant_has_to_be_clear(judge, sheet, said):
    book = workbook({"Table 1": [["Id"]], "Table 2": [["Id"]]})
    first = next(iter(judge(book, f"{MANIFEST}{MAPPED}{sheet}\n")))
    assert first.code == "manifest-error"
    assert said in first.message
    assert "Table 1" in first.hint


# The header and what stands beside it


@pytest.mark.parametrize(
    ("above", "row"),
    [
        ([["Events"]], 2),
        ([["Events"], ["of 2023", "draft"]], 3),
        ([["Events"], []], 3),
        ([[]], 2),
        ([["T"], *[[]] * 8], 10),
    ],
)
def test_a_title_above_the_header_is_one_finding_that_says_where_the_header_is(judge, above, row):
    finding = next(iter(report := judge(workbook({"events": [*above, HEADER, ROW]}))))
    assert [(f.code, f.row) for f in report] == [("header-below", row)]
    assert finding.message == f"the header is in row {row}: it names more of the table's columns (7) than row 1 (0)"


def test_a_title_above_columns_of_theirs_is_said_as_well(judge):
    more = '[[files]]\npath = "book.xlsx"\ntable = "events"\ncolumns = { id = "event_id", when = "held" }\n'
    rows: list[list[object]] = [["Events"], ["id", "when", "kind"], ["ev-1", "2023-05-26", "talks"]]
    report = judge(workbook({"events": rows}), MANIFEST + more)
    assert [(f.code, f.row) for f in report] == [("header-below", 2)]


@pytest.mark.parametrize("title", ["Events of 2023", "Events of 2023,,,,,,", ",,", '"Events, of 2023",x', "event_id"])
def test_a_title_above_the_header_of_a_csv_file_is_said_as_well(demo, title):
    folder = demo({})
    text = (folder / "events.csv").read_text(encoding="utf-8")
    (folder / "events.csv").write_text(f"{title}\n{text}", encoding="utf-8")
    assert [(f.code, f.row) for f in depositary.validate(folder)] == [("header-below", 2)]


def test_cells_beside_the_columns_of_a_worksheet_get_no_hint_about_commas(judge):
    report = judge(workbook({"events": [HEADER, [*ROW[:6], "xyz", "more"]]}))
    assert [(f.code, f.row) for f in report] == [("extra-cell", 2)]
    assert next(iter(report)).hint == "give its column, H, a name in row 1, or delete the cell"


# Workbooks that are broken or mean harm


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"event_id\nev-1\n", "binary-file"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "binary-file"),
        (b"PK\x03\x04", "compression-error"),
        (workbook({"events": [["a"]]})[:1_000], "compression-error"),
        (b"", "binary-file"),
    ],
    ids=["text", "old", "a stump", "cut off", "empty"],
)
def test_what_is_no_workbook_is_told_in_one_finding(judge, content, code):
    report = judge(content)
    assert [(f.code, f.file) for f in report] == [(code, "book.xlsx")]
    assert "CSV" in next(iter(report)).hint


@pytest.mark.parametrize(
    ("member", "old", "new"),
    [
        (SHEET, "<sheetData>", "<sheetDate>"),
        (SHEET, 't="n"', 't="s"'),
        (SHEET, "<v>7</v>", "<v>seven</v>"),
        (SHEET, '<row r="2"', '<row r="1"'),
        (SHEET, '<row r="2"', '<row r="99999999999"'),
        (SHEET, '<row r="2"', '<row r="x"'),
        (SHEET, '<c r="A2"', '<c r="ZZZ2"'),
        ("xl/workbook.xml", "<sheets>", "<sheetz>"),
        ("xl/styles.xml", "<fonts", "<font"),
    ],
)
def test_a_broken_workbook_is_a_fault_and_no_traceback(rows, member, old, new):
    book = spoiled(workbook({"events": [["event_id"], [7]]}), member, old, new)
    with pytest.raises(UnreadableFile) as fault:
        rows(book)
    assert fault.value.code == "compression-error"
    assert re.search("Error|Exception|object|'|None|NaN", fault.value.message) is None


@pytest.mark.parametrize(
    ("member", "old"),
    [(SHEET, "</sheetData>"), ("xl/workbook.xml", "</"), ("[Content_Types].xml", "</"), ("xl/styles.xml", "</")],
)
def test_damaged_xml_is_said_in_words_that_are_not_pythons(rows, member, old):
    book = spoiled(workbook({"events": [["event_id"], [7]]}), member, old, "<")
    with pytest.raises(UnreadableFile) as fault:
        rows(book)
    assert fault.value.message == "the workbook is broken: the XML of one of its parts is damaged"


@pytest.mark.parametrize("missing", ["xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"])
def test_a_workbook_without_one_of_its_parts_is_said_to_miss_it(rows, missing):
    whole, stream = workbook({"events": [["event_id"], [7]]}), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as before, zipfile.ZipFile(stream, "w") as after:
        for name in before.namelist():
            if name != missing:
                after.writestr(name, before.read(name))
    with pytest.raises(UnreadableFile) as fault:
        rows(stream.getvalue())
    assert fault.value.message == "the workbook is broken: one of its parts is missing"


@pytest.mark.parametrize("with_chart", [True, False])
@pytest.mark.parametrize("new", ["<sheetViews>", "<sheetView>"])
def test_sheets_of_charts_are_passed_over_whatever_is_in_them(judge, with_chart, new):
    book = openpyxl.load_workbook(io.BytesIO(workbook({"events": [HEADER, ROW]})))
    sheet = book.create_chartsheet("C", 0)
    if with_chart:
        sheet.add_chart(openpyxl.chart.BarChart())
    stream = io.BytesIO()
    book.save(stream)
    report = judge(spoiled(stream.getvalue(), "xl/chartsheets/sheet1.xml", "<sheetViews>", new))
    assert (report.rows, [f.code for f in report]) == (1, [])


def test_a_document_type_is_refused(rows):
    declared = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet '
    book = spoiled(workbook({"events": [["a"], [1]]}), SHEET, "<worksheet ", declared)
    with pytest.raises(UnreadableFile, match="document type"):
        rows(book)


def test_a_file_of_which_more_comes_than_a_table_can_hold_is_refused_before_it_is_unpacked(rows):
    bomb = io.BytesIO(workbook({"events": [["a"], [1]]}))
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/bomb.bin", "w") as member:
        for _ in range(80):
            member.write(bytes(1 << 20))
    with pytest.raises(UnreadableFile, match="unpacks to"):
        rows(bomb.getvalue())


def test_cells_far_apart_are_no_way_to_fill_the_memory(rows):
    wide = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(3, 6_500))
    book = spoiled(workbook({"events": [["a"], [1]]}), SHEET, "</sheetData>", f"{wide}</sheetData>")
    with pytest.raises(UnreadableFile, match="cells"):
        rows(book)


def test_a_worksheet_that_is_not_there_is_a_fault_that_names_those_that_are(tmp_path):
    (tmp_path / "book.xlsx").write_bytes(workbook({"events": [["a"]]}))
    with pytest.raises(UnreadableFile) as fault:
        Worksheet(tmp_path / "book.xlsx", "event")
    assert "events" in fault.value.hint


def test_worksheets_are_named_in_order_and_blank_ones_known(tmp_path):
    file = tmp_path / "book.xlsx"
    file.write_bytes(workbook({"b": [["x"]], "a": [], "header": [["x"], [None]]}))
    assert sheets(file) == ["b", "a", "header"]
    assert [is_blank(file, name) for name in sheets(file)] == [False, True, False]


def test_without_the_extra_the_run_stops_and_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (tmp_path / "book.xlsx").write_bytes(workbook({"events": [["a"]]}))
    with pytest.raises(UsageError, match=re.escape("depositary[excel]")):
        sheets(tmp_path / "book.xlsx")


def test_the_example_says_in_itself_that_it_is_invented():
    file = Path(ROOT / "examples/contributions/wei/customs-statistics/exports.xlsx")
    sheet = Worksheet(file, "notes")
    assert "invented" in sheet.labels[0]
    sheet.close()


def strict(book: bytes) -> bytes:
    """Give a workbook the namespaces of Strict Open XML."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as before, zipfile.ZipFile(stream, "w") as after:
        for name in before.namelist():
            found = re.compile(
                rb'((?:xmlns(?::\w+)?|Type)=")http://schemas.openxmlformats.org/(officeDocument|spreadsheetml|drawingml)/2006/'
            )
            after.writestr(name, found.sub(rb"\1http://purl.oclc.org/ooxml/\2/", before.read(name)))
    return stream.getvalue()


def test_a_strict_workbook_is_read_as_any_other(rows, judge):
    book = workbook({"events": [HEADER, [*ROW[:6], "http://purl.oclc.org/ooxml/x"]]})
    assert strict(book) != book
    assert rows(strict(book)) == rows(book)
    assert judge(strict(workbook({"events": [HEADER, ROW]}))).valid


def test_a_workbook_without_worksheets_is_told(judge):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook({"events": [HEADER]}))) as before, zipfile.ZipFile(stream, "w") as after:
        for name in before.namelist():
            after.writestr(name, re.sub(rb"<sheet [^>]*/>", b"", before.read(name)))
    (finding,) = judge(stream.getvalue()).findings
    assert (finding.code, finding.file) == ("compression-error", "book.xlsx")


def test_a_worksheet_without_rows_is_valid_and_warned_of(judge):
    report = judge(workbook({"events": [["event_id", "guests"]]}))
    assert report.valid
    assert [(f.code, f.level) for f in report] == [("no-rows", "warning")]
