"""Rows at either end of a file that are none of its table: lines of the header, totals and notes, in both lanes."""

from pathlib import Path

import pytest
from test_lanes import exact_lane, fast_lane
from test_reference import put

from depositary.check.validate import validate

NAMES = "code day size"
ROWS = "a1,2018-01-28,9\na2,2018-01-29,5\na3,2018-01-30,2\n"


def notes(folder: Path, rows: str, names: str = NAMES, **schema: object) -> list[int]:
    """Give the rows that look like notes, in both lanes."""
    fields = {"fields": [{"name": name} for name in names.split()], **schema}
    text = names.replace(" ", ",") + "\n" + rows
    put(folder, [({"name": "t", "path": "t.csv", "schema": fields}, text.encode())])
    with exact_lane():
        exact = validate(folder)
    for size in (7, 1000):
        with fast_lane(size):
            assert validate(folder).to_json() == exact.to_json()
    return [f.row for f in exact if f.code == "note-row"]


@pytest.mark.parametrize(
    "line",
    [
        "Key,Date,Number",
        ",date,kg",
        ",,(pieces)",
        ",,%",
        "-,YYYY-MM-DD,USD million",
        "text,date,integer",
        ",,in 1000 t",
    ],
)
def test_a_second_line_of_the_header_is_named(tmp_path, line):
    assert notes(tmp_path, f"{line}\n{ROWS}") == [2]


def test_several_lines_of_the_header_are_named(tmp_path):
    assert notes(tmp_path, f",date,kg\ntext,date,integer\n{ROWS}") == [2, 3]


@pytest.mark.parametrize("line", ["a0,2018-01-27,n/a", "a0,unknown,n/a", "a0,2018-01-27,many"])
def test_a_first_row_of_the_table_is_no_line_of_the_header(tmp_path, line):
    assert notes(tmp_path, f"{line}\n{ROWS}") == []


@pytest.mark.parametrize("line", ["Total,,16", "TOTAL:,,16", "Grand total,,16", ",Total,16", "Summe,,16", "合计,,16"])
@pytest.mark.parametrize("behind", ["", "Source: own count,,\n"])
def test_a_row_of_totals_is_named(tmp_path, line, behind):
    assert 5 in notes(tmp_path, f"{ROWS}{line}\n{behind}")


def test_a_code_that_reads_total_is_no_row_of_totals(tmp_path):
    assert notes(tmp_path, "01,Live animals\n02,Meat\n03,Fish\nTOTAL,All\n", "code label") == []
    twice = "x,TOTAL,5\nx,01,5\ny,02,3\ny,TOTAL,3\n"
    assert notes(tmp_path, twice, "land code value") == []
    listed = [{"name": "code", "constraints": {"enum": ["01", "02", "03", "TOTAL"]}}, {"name": "value"}]
    assert notes(tmp_path, "01,5\n02,3\n03,1\nTOTAL,9\n", "code value", fields=listed) == []


@pytest.mark.parametrize("note", ["Source: own count", "* Note: of May", "Quelle: Amt", "© the office"])
def test_a_note_below_a_table_of_two_columns_is_named_if_it_says_so(tmp_path, note):
    rows = "a1,9\na2,5\na3,2\n"
    assert notes(tmp_path, f"{rows}{note},\n", "code size") == [5]
    assert notes(tmp_path, f"{rows}a4,\n", "code size") == []
