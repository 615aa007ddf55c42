"""Laws of putting cells into a worksheet: a foreign reader finds them, and all other bytes stay."""

import io

import openpyxl
import pytest
import xlsxwriter
from books import parts, with_parts, workbook
from hypothesis import given
from hypothesis import strategies as st

from depositary.write.sheet_cells import CannotWriteError, NewCell, with_cells

SHEET = "xl/worksheets/sheet1.xml"
BOOK = workbook({"one": []})
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PLACES = st.tuples(st.integers(1, 6), st.integers(1, 5))
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t&<>\"'"), min_size=1, max_size=6)
CELLS = st.builds(NewCell, TEXTS) | st.integers(-99, 10**15 - 1).map(lambda n: NewCell(str(n), is_number=True))


@st.composite
def sheets(draw) -> tuple[bytes, dict[tuple[int, int], str]]:
    """Write the XML of a sheet as some program might: with or without prefixes, numbers of rows, empty elements."""
    prefix, numbered = draw(st.sampled_from(["", "x:"])), draw(st.booleans())
    rows = draw(st.dictionaries(st.integers(1, 6), st.sets(st.integers(1, 5)), max_size=4))
    if not numbered:
        rows = {at: set(range(1, len(columns) + 1)) for at, columns in enumerate(rows.values(), start=1)}
    values, written = {}, ""
    for row, columns in sorted(rows.items()):
        cells = ""
        for column in sorted(columns):
            values[row, column] = f"{row}.{column}"
            at = f" r='{chr(64 + column)}{row}'" if numbered else ""
            cells += f'<{prefix}c{at} s="0" t="str"><{prefix}v>{row}.{column}</{prefix}v></{prefix}c>'
        number = f'r="{row}" ' if numbered else ""
        head = f'{prefix}row {number}spans="1:1" note="a > b"'
        written += f"<{head}>{cells}</{prefix}row>\n" if cells or draw(st.booleans()) else f"<{head}/>"
    data = (
        f"<{prefix}sheetData>{written}</{prefix}sheetData>"
        if written or draw(st.booleans())
        else f"<{prefix}sheetData />"
    )
    mark = draw(st.sampled_from(["", "\ufeff"]))
    space = f'xmlns:x="{SPACE}"' if prefix else f'xmlns="{SPACE}"'
    size = draw(st.sampled_from(["", f'<{prefix}dimension ref="A1:A1"/>']))
    whole = f"<{prefix}worksheet {space}>{size}<!-- é -->{data}</{prefix}worksheet>"
    xml = f'{mark}<?xml version="1.0" encoding="UTF-8"?>{whole}'
    return xml.encode(), values


def read(xml: bytes) -> dict[tuple[int, int], object]:
    book = openpyxl.load_workbook(io.BytesIO(with_parts(BOOK, {SHEET: xml})))
    rows = book["one"].iter_rows()
    return {(cell.row, cell.column): cell.value for row in rows for cell in row if cell.value is not None}


@pytest.mark.short(12)
@given(sheets(), st.dictionaries(PLACES, CELLS, min_size=1, max_size=6))
def test_new_cells_are_read_and_the_others_stay(sheet, cells):
    xml, before = sheet
    after = with_cells(xml, cells)
    wanted = {place: int(cell.text) if cell.is_number else cell.text for place, cell in cells.items()}
    assert read(after) == {**before, **wanted}
    head, data = xml.index(b"<!--"), xml.index(b"sheetData")
    assert after[after.index(b"<!--") :].startswith(xml[head:data])
    assert after.endswith(b"worksheet>")


@pytest.mark.short(20)
@given(st.text(max_size=9))
def test_any_text_is_read_back(text):
    after = with_cells(parts(BOOK)[SHEET], {(1, 1): NewCell(text.encode("utf-8", "replace").decode())})
    (cell,) = next(openpyxl.load_workbook(io.BytesIO(with_parts(BOOK, {SHEET: after})))["one"].iter_rows(max_col=1))
    expected = text.encode("utf-8", "replace").decode()
    shown = openpyxl.utils.escape.unescape(cell.value or "")
    assert shown == expected.replace("\r\n", "\n") or shown == expected


def test_a_cell_gets_the_format_of_its_column_or_row_or_of_the_cell_before():
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        sheet = book.add_worksheet()
        as_text, bold, red = (
            book.add_format(how) for how in ({"num_format": "@"}, {"bold": True}, {"font_color": "red"})
        )
        sheet.set_column(0, 1, 9, as_text)
        sheet.set_row(2, 15, bold)
        sheet.write_string(1, 1, "old", red)
    cells = {place: NewCell("new") for place in ((2, 1), (2, 2), (3, 1), (9, 2), (9, 3))}
    xml = with_cells(parts(stream.getvalue())[SHEET], cells)
    one = openpyxl.load_workbook(io.BytesIO(with_parts(stream.getvalue(), {SHEET: xml}))).worksheets[0]
    assert [one[at].number_format for at in ("A2", "B9", "C9")] == ["@", "@", "General"]
    assert one["B2"].font.color.rgb.endswith("FF0000")
    assert one["A3"].font.bold
    assert one.dimensions == "A2:C9"


FORMULA = '<c r="A2"><f>1+1</f><v>2</v></c>'
ARRAY = '<c r="B2"><f t="array" ref="A2:B2">C2:D2</f><v>2</v></c>'


@pytest.mark.parametrize(
    ("cell", "behind", "why"),
    [
        (FORMULA, "", "A2 has a formula"),
        (ARRAY, "", "A2 belongs to a formula of several cells"),
        ("", '<mergeCells><mergeCell ref="A1:A3"/></mergeCells>', "A2 is merged with other cells"),
        ("", '<sheetProtection sheet="1"/>', "it is protected"),
        ('<c r="2A"/>', "", "'2A' in it is not a cell"),
    ],
)
def test_a_cell_is_refused_where_something_would_break(cell, behind, why):
    xml = f'<worksheet xmlns="{SPACE}"><sheetData><row r="2">{cell}</row></sheetData>{behind}</worksheet>'
    with pytest.raises(CannotWriteError, match=why):
        with_cells(xml.encode(), {(2, 1): NewCell("x")})


@pytest.mark.parametrize(
    ("xml", "why"),
    [
        (f'<worksheet xmlns="{SPACE}"/>'.encode(), "no rows"),
        (f'<?xml version="1.0" encoding="utf-16"?><worksheet xmlns="{SPACE}"/>'.encode(), "not in UTF-8"),
        (f'<worksheet xmlns="{SPACE}"><sheetData/></worksheet>'.encode(), "32,767 characters"),
    ],
)
def test_a_sheet_or_text_that_cannot_be_written_is_refused(xml, why):
    with pytest.raises(CannotWriteError, match=why):
        with_cells(xml, {(2, 1): NewCell("x" * 32_768)})
