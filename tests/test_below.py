"""A second table below a first in one file is named at its first row, in both lanes."""

from pathlib import Path

import pytest
from test_lanes import exact_lane, fast_lane
from test_reference import put

from depositary.check.validate import validate

FIRST = "id,size\n1,2\n3,4\n"
LONG = "id,size\n" + "".join(f"{n},{n}\n" for n in range(1, 2001))


def found(folder: Path, text: str, names: str = "id size") -> list[tuple[int, str]]:
    """Name the second tables of a file, in both lanes."""
    resource = {"name": "t", "path": "t.csv", "schema": {"fields": [{"name": name} for name in names.split()]}}
    put(folder, [(resource, text.encode())])
    with exact_lane():
        exact = validate(folder)
    for size in (7, 64, 1000):
        with fast_lane(size):
            assert validate(folder).to_json() == exact.to_json()
    return [(f.row, f.message.partition(": ")[2]) for f in exact if f.code == "second-table"]


@pytest.mark.parametrize("between", ["", "\n", "\n\n\n"], ids=["at once", "a blank line", "three blank lines"])
@pytest.mark.parametrize("first", [FIRST, LONG], ids=["short", "long"])
def test_a_wider_table_below_is_named_at_its_header(tmp_path, first, between):
    text = first + between + "code,label,since\nKOR,South Korea,1948\nCHN,China,1949\n"
    row = (first + between).count("\n") + 1
    assert found(tmp_path, text) == [(row, "3 rows have 3 cells, not 2")]


def test_a_narrower_table_below_is_named_at_its_header(tmp_path):
    text = "id,size,by\n1,2,x\n3,4,y\n\ncode,label\nKOR,South Korea\n"
    assert found(tmp_path, text, "id size by") == [(5, "2 rows have 2 cells, not 3")]


def test_rows_of_another_width_without_a_header_are_named_below_a_blank_line(tmp_path):
    assert found(tmp_path, FIRST + "\n5,6,7\n8,9,10\n") == [(5, "2 rows have 3 cells, not 2")]
    assert found(tmp_path, FIRST + "5,6,7\n8,9,10\n") == []


def test_each_of_several_tables_is_named_once(tmp_path):
    text = FIRST + "\na,b,c\n1,2,3\n\n4,5,6\n7,8,9\n\nd,e,f,g\n1,2,3,4\n"
    assert [row for row, _ in found(tmp_path, text)] == [5, 11]


def test_below_a_table_of_one_column(tmp_path):
    assert found(tmp_path, "id\n1\n2\ncode,label\nKOR,South Korea\n", "id") == [(4, "2 rows have 2 cells, not 1")]


def test_below_columns_without_a_name_as_spreadsheets_write_them(tmp_path):
    text = "id,size,,\n1,2,,\n3,4,,\n,,,\ncode,label,since,until\nKOR,South Korea,1948,x\n"
    assert found(tmp_path, text) == [(6 - 1, "2 rows have 4 cells, not 2")]


@pytest.mark.parametrize(
    "text",
    [
        FIRST,
        FIRST + "Smith,John,KOR\n",
        "id,size\n1,2\nSmith,John,KOR\nLee,Ann,KOR\n3,4\n",
        "id,size\nSmith,John,KOR\nLee,Ann,KOR\n",
        FIRST + "\nSource\nNote\n",
        "",
    ],
    ids=["none", "one row", "rows in the middle", "all rows", "notes", "nothing"],
)
def test_no_other_table_is_seen_in(tmp_path, text):
    assert found(tmp_path, text) == []
