"""Workbooks, read back by openpyxl: every value is what the package says, or is counted among the losses."""

import datetime as dt
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from conftest import ROOT
from nasty import COMBINED, VERY_LONG, nasty, typed
from openpyxl import load_workbook
from test_reference import put, resource_of

from depositary.errors import UsageError
from depositary.exporting.content import Content
from depositary.exporting.export import export
from depositary.exporting.formats.cells import Cells
from depositary.exporting.formats.excel import export_xlsx
from depositary.exporting.formats.worksheets import MOST_ROWS, Book, fresh_name, sheet_names
from depositary.exporting.written import Written
from depositary.loading.load import open_tables
from depositary.model.field_types import TEXT

FIRST_DAY = dt.date(1900, 3, 1)
LONGEST = 32_767
UNUSUAL = re.compile(r"[\x00-\x08\x0b-\x1f]|_x[0-9A-Fa-f]{4}_")


@cache
def read(which: str) -> tuple[Path, Written, Any]:
    """Export the nasty or the published package; give it, what was said of the export, and the workbook."""
    with TemporaryDirectory() as folder:
        package = nasty(Path(folder) / "nasty") if which == "nasty" else ROOT / "datapackage"
        (written,) = export(package, ["xlsx"], Path(folder) / "out")
        (file,) = written.files
        return package, written, load_workbook(Path(folder) / "out" / file.path)


@cache
def source(which: str) -> Mapping[str, list[dict[str, Any]]]:
    with TemporaryDirectory() as folder:
        return typed(nasty(Path(folder)) if which == "nasty" else ROOT / "datapackage")


TABLES = [(which, name) for which in ("nasty", "published") for name in source(which)]


def rows_of(sheet: Any) -> list[dict[str, Any]]:
    header, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]


def one_table(folder: Path, fields: list[dict[str, Any]], *rows: str, name: str = "facts") -> Path:
    """Make a package of one table; no text stands for no value but NULL."""
    text = "\n".join([",".join(f["name"] for f in fields), *rows]) + "\n"
    folder.mkdir(exist_ok=True)
    schema = {"fields": fields, "missingValues": ["NULL"]}
    return put(folder, [({**resource_of("facts", schema, {}), "name": name}, text.encode())])


def text_field(name: str = "text") -> dict[str, Any]:
    return {"name": name, "type": "string"}


def workbook_of(package: Path, folder: Path, **more: int) -> tuple[Any, list[str]]:
    """Export a package with the function itself; give the workbook and the losses as they are told."""
    out = folder / "xlsx"
    out.mkdir()
    written = export_xlsx(Content(open_tables(package), lambda _table, _rows: None), out, **more)
    (file,) = out.iterdir()
    return load_workbook(file), [str(loss) for loss in written.losses]


# Values


def digits(number: int | Decimal) -> int:
    return len(re.sub(r"[-.]", "", plain(number)).strip("0"))


def plain(number: int | Decimal) -> str:
    return f"{Decimal(number):f}"


def in_excel(value: Any) -> tuple[Any, bool]:
    """Give what a cell holds of a value, and whether nothing is lost."""
    kind: Callable[[Any], tuple[Any, bool]] = _IN_EXCEL.get(type(value), lambda same: (same, True))
    return kind(value)


def _of_text(text: str) -> tuple[str, bool]:
    if len(text.encode("utf-16-le")) > 2 * LONGEST:
        return "cut", False
    return text, not UNUSUAL.search(text)


def _of_number(number: int | Decimal) -> tuple[Any, bool]:
    return (number, True) if digits(number) <= 15 else (plain(number), False)


def _of_day(day: dt.date) -> tuple[Any, bool]:
    return (dt.datetime.combine(day, dt.time()), True) if day >= FIRST_DAY else (day.isoformat(), False)


def _of_moment(at: dt.datetime) -> tuple[Any, bool]:
    local = at.replace(tzinfo=None)
    if local.date() < FIRST_DAY:
        return local.isoformat() + "Z", False
    return local.replace(microsecond=at.microsecond // 1000 * 1000), at.microsecond % 1000 == 0


def _of_hour(hour: dt.time) -> tuple[Any, bool]:
    return hour.replace(microsecond=hour.microsecond // 1000 * 1000), hour.microsecond % 1000 == 0


_IN_EXCEL: dict[type, Callable[[Any], tuple[Any, bool]]] = {
    str: _of_text,
    int: _of_number,
    Decimal: _of_number,
    dt.date: _of_day,
    dt.datetime: _of_moment,
    dt.time: _of_hour,
}


def meant(cell: Any) -> Any:
    """Read a cell as the format means it: text with its escapes undone, a number by its shortest digits."""
    if isinstance(cell, str):
        if re.search(r"\[cut here: [\d,]+ characters in all\]$", cell):
            return "cut"
        return re.sub(r"_x([0-9A-F]{4})_", lambda code: chr(int(code[1], 16)), cell)
    return Decimal(repr(cell)) if isinstance(cell, float) else cell


@pytest.mark.parametrize(("which", "table"), TABLES)
def test_every_value_is_there_or_counted_as_lost(which, table):
    _, written, book = read(which)
    rows = source(which)[table]
    read_back = rows_of(book[sheet_names(source(which))[table]])
    assert len(read_back) == len(rows)
    for name in rows[0] if rows else ():
        wanted = [in_excel(row[name]) for row in rows]
        assert [meant(row[name]) for row in read_back] == [cell for cell, _ in wanted], name
        losses = [loss for loss in written.losses if (loss.table, loss.field) == (table, name)]
        told = [
            loss.count or 0 for loss in losses if "not kept from the written numbers" not in loss.what
        ]  # the value is there
        assert sum(told) == sum(not whole for _, whole in wanted), name


def test_the_first_row_names_the_columns_and_stays_in_sight_with_filters():
    _, _, book = read("published")
    for table, names in _columns_of(ROOT / "datapackage").items():
        sheet = book[table]
        assert [cell.value for cell in sheet[1]] == names
        assert sheet.freeze_panes in ("A2", "B2")
        assert sheet.auto_filter.ref == sheet.dimensions


def test_what_looks_like_a_formula_a_link_or_a_number_is_text():
    _, _, book = read("nasty")
    rows = {row["text_id"]: row for row in rows_of(book["texts"])}
    assert rows["formula"]["said"] == "=1+1"
    assert rows["link"]["said"] == "https://example.org/?a=1#b"
    assert (rows["leading"]["said"], rows["namibia"]["said"]) == ("007", "NA")
    cells = [cell for row in book["texts"].iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"} | ({"inlineStr"} & {cell.data_type for cell in cells})
    assert not any(cell.hyperlink for cell in cells)


def test_cells_of_text_stay_text_when_they_are_edited():
    _, _, book = read("published")
    assert {cell.number_format for row in book["sources"].iter_rows(max_col=3) for cell in row} == {"@"}


def test_days_are_shown_as_the_standard_writes_them():
    _, _, book = read("published")
    days = [cell for cell in next(book["sources"].iter_cols(min_col=13, max_col=13, min_row=2)) if cell.value]
    assert {cell.number_format for cell in days} == {"yyyy-mm-dd"}


def test_fractions_of_a_second_are_shown_where_there_are_some():
    _, _, book = read("nasty")
    assert book["moments"]["B2"].number_format == "yyyy-mm-dd hh:mm:ss.000"


def test_a_text_that_no_cell_holds_says_that_it_is_cut_and_the_loss_says_where(tmp_path):
    rows = ["short", VERY_LONG, "short", "🚢" * 20_000]
    book, losses = workbook_of(one_table(tmp_path / "made", [text_field()], *rows), tmp_path)
    cells = [cell.value for cell in book["facts"]["A"]]
    assert cells[2].startswith(VERY_LONG[:32_000])
    assert cells[2].endswith(f" … [cut here: {len(VERY_LONG):,} characters in all]")
    assert cells[4].startswith("🚢" * 16_000)
    assert all(len(cell.encode("utf-16-le")) <= 2 * LONGEST for cell in cells)
    assert losses == ["facts.text: cut at 32,767 characters, the most that a cell can hold, in rows 3, 5 (2 values)"]


def test_rows_of_cut_texts_are_counted_over_batches():
    cells = Cells(TEXT)
    cells.of(pa.array(["short", VERY_LONG]))
    cells.of(pa.array([None, VERY_LONG]))
    assert cells.cut == [1, 3]


def test_a_text_of_just_the_length_of_a_cell_is_whole(tmp_path):
    text = "x" * LONGEST
    book, losses = workbook_of(one_table(tmp_path / "made", [text_field()], text), tmp_path)
    assert book["facts"]["A2"].value == text
    assert losses == []


@pytest.mark.parametrize("text", ["<r><t>x</t></r>", "<r></r>", "<r>&</r>", "{=1}", "+1", "@x", COMBINED, " a "])
def test_markup_and_marks_are_text(tmp_path, text):
    book, _ = workbook_of(one_table(tmp_path / "made", [text_field()], text), tmp_path)
    assert book["facts"]["A2"].value == text


@pytest.mark.parametrize("character", ["\x01", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_characters_that_xml_cannot_hold_are_escaped_and_listed(tmp_path, character):
    book, losses = workbook_of(one_table(tmp_path / "made", [text_field()], f"a{character}b"), tmp_path)
    assert book["facts"]["A2"].value == f"a_x{ord(character):04X}_b"
    assert losses == ["facts.text: control characters are escaped as in Excel; some readers do not undo this (1 value)"]


def test_empty_texts_are_no_cells_and_listed(tmp_path):
    book, losses = workbook_of(one_table(tmp_path / "made", [text_field(), text_field("b")], '"",x', "y,z"), tmp_path)
    assert [cell.value for cell in book["facts"]["A"]] == ["text", None, "y"]
    assert losses == ["facts.text: empty texts, which are read as missing (1 value)"]


# Sheets


@pytest.mark.parametrize(
    ("rows", "sheets"),
    [(0, ["facts"]), (4, ["facts"]), (5, ["facts", "facts (2)"]), (9, ["facts", "facts (2)", "facts (3)"])],
)
def test_a_table_goes_on_in_further_sheets(tmp_path, rows, sheets):
    package = one_table(tmp_path / "made", [{"name": "n", "type": "integer"}], *map(str, range(rows)))
    book, losses = workbook_of(package, tmp_path, most_rows=5)
    assert book.sheetnames[2:] == sheets
    assert [row["n"] for name in sheets for row in rows_of(book[name])] == list(range(rows))
    assert losses == ([f"facts: in {len(sheets)} sheets of 4 rows at most: {', '.join(sheets)}"] if rows > 4 else [])


@pytest.mark.soak
def test_more_rows_than_excel_holds_are_all_there(tmp_path):
    package = one_table(tmp_path / "made", [{"name": "n", "type": "integer"}], *map(str, range(MOST_ROWS + 1)))
    out = tmp_path / "xlsx"
    out.mkdir()
    export_xlsx(Content(open_tables(package), lambda _table, _rows: None), out)
    book = load_workbook(out / "made.xlsx", read_only=True)
    numbers = [row[0] for name in ("facts", "facts (2)") for row in book[name].iter_rows(min_row=2, values_only=True)]
    book.close()
    assert numbers == list(range(MOST_ROWS + 1))


@pytest.mark.parametrize(
    ("name", "sheet"),
    [
        ("a" * 40, "a" * 31),
        ("a/b:c*d?e[f]g\\h", "a_b_c_d_e_f_g_h"),
        ("'quoted'", "_quoted_"),
        ("History", "History_"),
        ("history", "history_"),
        ("prehistory", "prehistory"),
        ("🚢", "_"),
    ],
)
def test_a_sheet_has_a_name_that_excel_takes(tmp_path, name, sheet):
    book, losses = workbook_of(one_table(tmp_path / "made", [text_field()], "x", name=name), tmp_path)
    assert book.sheetnames == ["README", "columns", sheet]
    assert losses == ([] if name == sheet else [f"{name}: its sheet is named {sheet}, a name that Excel allows"])


def test_names_of_sheets_are_told_apart_without_regard_to_case():
    assert sheet_names(["Facts", "facts", "x" * 31, "x" * 32]) == {
        "Facts": "Facts",
        "facts": "facts_2",
        "x" * 31: "x" * 31,
        "x" * 32: "x" * 29 + "_2",
    }


def test_a_further_sheet_takes_no_name_twice():
    assert fresh_name("facts", ["Facts", "FACTS (2)"]) == "facts (3)"
    assert fresh_name("x" * 31, ["x" * 31]) == "x" * 27 + " (2)"


def test_the_sheets_about_the_package_make_way_for_a_table_of_their_name(tmp_path):
    book, _ = workbook_of(one_table(tmp_path / "made", [text_field()], "x", name="readme"), tmp_path)
    assert book.sheetnames == ["README (2)", "columns", "readme"]


def test_the_readme_names_the_package_its_tables_and_the_losses():
    _, written, book = read("nasty")
    rows = [[cell for cell in row if cell is not None] for row in book["README"].iter_rows(values_only=True)]
    assert rows[0] == ["Nasty values: “quoted”, 'and' <marked>"]
    assert ["Version", "1.2.3"] in rows
    begin = rows.index(["table", "what a row is", "rows"]) + 1
    tables = rows[begin : begin + len(source("nasty"))]
    assert [row[0] for row in tables] == list(sheet_names(source("nasty")).values())
    assert [row[-1] for row in tables] == [len(table) for table in source("nasty").values()]
    assert rows[-len(written.losses) :] == [
        [f"{loss.table}.{loss.field}" if loss.field else loss.table, loss.what, *([loss.count] if loss.count else [])]
        for loss in written.losses
    ]


def test_each_table_in_the_readme_leads_to_its_sheet():
    _, _, book = read("published")
    links = {cell.value: cell.hyperlink.location for cell in book["README"]["A"] if cell.hyperlink}
    assert links == {name: f"'{name}'!A1" for name in source("published")}


def test_every_column_is_described_once():
    _, _, book = read("published")
    rows = rows_of(book["columns"])
    assert [(row["table"], row["column"]) for row in rows] == [
        (table, name) for table, names in _columns_of(ROOT / "datapackage").items() for name in names
    ]
    assert all(row["title"] and row["description"] and row["type"] for row in rows)


def _columns_of(package: Path) -> dict[str, list[str]]:
    resources = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    return {one["name"]: [field["name"] for field in one["schema"]["fields"]] for one in resources}


def test_every_code_is_told_with_its_label():
    _, _, book = read("nasty")
    told = [(row["column"], row["code"], row["label"]) for row in rows_of(book["codes (2)"])]
    assert told[2:5] == [("phase", "after", "After; 之后"), ("colour", "red", "red"), ("colour", "grün", "grün")]
    assert ("colour", "007", "007") in told
    assert ("grade", 1, "First") in told


def test_a_note_on_the_name_of_a_column_says_what_it_is():
    _, _, book = read("nasty")
    assert book["actors"]["B1"].comment.text == "Name\nHow it is called; 名称.\nType: string."
    assert book["codes"]["B1"].comment.text.endswith(
        "Codes: before = Before; during = During, or “meanwhile”; after = After; 之后"
    )


# The file


@pytest.mark.long
def test_the_same_package_gives_the_same_bytes_anywhere(tmp_path):
    package = nasty(tmp_path / "nasty")
    code = "import sys; from depositary.exporting.export import export; export(sys.argv[1], ['xlsx'], sys.argv[2])"
    for n, (zone, mask) in enumerate([("UTC", 0o022), ("Asia/Tokyo", 0o077)]):
        environment = {**os.environ, "PYTHONHASHSEED": str(n), "TZ": zone}
        command = [sys.executable, "-c", code, package, tmp_path / f"out{n}"]
        subprocess.run(command, check=True, env=environment, umask=mask)
    assert (tmp_path / "out0/xlsx/nasty.xlsx").read_bytes() == (tmp_path / "out1/xlsx/nasty.xlsx").read_bytes()


def test_no_clock_has_stamped_the_file(tmp_path):
    export(ROOT / "datapackage", ["xlsx"], tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "out/xlsx/depositary-trade-policy.xlsx") as archive:
        assert {member.date_time[0] for member in archive.infolist()} == {1980}
        assert (
            re.findall(r">(\d{4}-[^<]*)</dcterms", archive.read("docProps/core.xml").decode())
            == ["2026-11-22T00:00:00Z"] * 2
        )


def page_of(folder, columns: int) -> tuple[bool, int | None, str, str | None]:
    """Give how a table of some columns is printed: on one width or not, the scale, and what each page repeats."""
    with Book(folder / "book.xlsx", {}) as book:
        sheet = book.sheet("s")
        sheet.columns([20] * columns, ["text"] * columns)
        sheet.head(*(f"c{n}" for n in range(columns)), fixed=1)
    page = load_workbook(folder / "book.xlsx")["s"]
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    fits = bool(page.sheet_properties.pageSetUpPr and page.sheet_properties.pageSetUpPr.fitToPage)
    return fits, page.page_setup.scale, page.print_title_rows, page.print_title_cols


def test_a_table_is_printed_on_one_width_only_if_it_can_be_read(tmp_path):
    fits, _, rows, columns = page_of(tmp_path, 12)
    assert (fits, rows, columns) == (True, "$1:$1", None)
    assert page_of(tmp_path, 13) == (False, 70, "$1:$1", "$A:$A")


def test_nothing_else_is_left_in_the_folder(tmp_path):
    workbook_of(one_table(tmp_path / "made", [text_field()], "x"), tmp_path)
    assert [file.name for file in (tmp_path / "xlsx").iterdir()] == ["made.xlsx"]


_REFUSED = [(MOST_ROWS, "x"), (MOST_ROWS, 1), (MOST_ROWS, True), (0, "x" * (LONGEST + 1))]


@pytest.mark.parametrize(("row", "cell"), _REFUSED)
@pytest.mark.parametrize("many", [False, True])
def test_a_cell_that_the_library_leaves_out_stops_the_export(tmp_path, row, cell, many):
    with Book(tmp_path / "book.xlsx", {}) as book:
        sheet = book.sheet("s")
        sheet.columns([8], ["text"])
        sheet.row = row
        put = partial(sheet.put_all, [[cell]]) if many else partial(sheet.put, cell)
        with pytest.raises(UsageError, match=f"row {row + 1:,} of the worksheet s cannot be written"):
            put()


@pytest.mark.long
def test_more_columns_than_a_sheet_holds_are_refused_in_words(tmp_path):
    fields = [text_field(f"c{n}") for n in range(16_385)]
    with pytest.raises(UsageError, match="16,385 columns, and Excel has at most 16,384"):
        workbook_of(one_table(tmp_path / "made", fields), tmp_path)


def test_without_the_library_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(UsageError, match=r"pip install 'depositary\[excel\]'"):
        workbook_of(one_table(tmp_path / "made", [text_field()], "x"), tmp_path)
