"""A second table below a first in one file is named at its first row, in both lanes."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from test_lanes import exact_lane, fast_lane
from test_reference import put

from depositary.check.validate import validate

FIRST = "id,size\n1,2\n3,4\n"
LONG = "id,size\n" + "".join(f"{n},{n}\n" for n in range(1, 1201))  # more than is read at once
SIZES = (7, 64, 1000)  # bytes of blocks, of which a table of three rows has many, some or one
LONG_SIZES = (2_000, 10_000, 100_000)  # of a long table: as many


def found(folder: Path, text: str, names: str = "id size", sizes: Sequence[int] | None = None) -> list[tuple[int, str]]:
    """Name the second tables of a file, in both lanes, and in the fast one with blocks of several sizes."""
    resource = {"name": "t", "path": "t.csv", "schema": {"fields": [{"name": name} for name in names.split()]}}
    put(folder, [(resource, text.encode())])
    with exact_lane():
        exact = validate(folder)
    for size in sizes or (LONG_SIZES if len(text) > LONG_SIZES[1] * 2 else SIZES):
        with fast_lane(size):
            assert validate(folder).to_json() == exact.to_json()
    return [(f.row, f.message.partition(": ")[2]) for f in exact if f.code == "second-table"]


@pytest.mark.parametrize("between", ["", "\n", "\n\n\n"], ids=["at once", "a blank line", "three blank lines"])
@pytest.mark.parametrize("first", [FIRST, LONG], ids=["short", "long"])
def test_a_wider_table_below_is_named_at_its_header(tmp_path, first, between):
    text = first + between + "code,label,since\nKOR,South Korea,1948\nCHN,China,1949\n"
    row = (first + between).count("\n") + 1
    assert found(tmp_path, text) == [(row, "3 rows have 3 cells, not 2")]


def test_a_table_below_a_long_one_is_named_however_small_the_blocks(tmp_path):
    assert found(tmp_path, LONG + "\na,b,c\n1,2,3\n", sizes=SIZES) == [(1203, "2 rows have 3 cells, not 2")]


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


# Tables of the same width, or padded to it

NAMES = "code day product size maker"
WIDE = f"{NAMES.replace(' ', ',')}\na1,2018-01-28,Boots,9,Ada\na2,2018-01-29,Jacket,5,Bo\na3,2018-01-30,Table,,Cy\n"
LONG_WIDE = WIDE + "".join(f"b{n},2019-01-{n % 20 + 10},Rods,{n},Dee\n" for n in range(1200))
SAME = "Land,Jahr,Ware,Menge,Wer\nDE,2019,Rods,3,Flo\nFR,2018,Vest,4,Gus\n"
TEXTS = "Land,Hauptstadt,Sprache,Erdteil,Wer\nDE,Berlin,Deutsch,Europa,Flo\nFR,Paris,Franz,Europa,Gus\n"
PADDED = "Land,Hauptstadt,,,\nDE,Berlin,,,\nFR,Paris,,,\n"
OFFSET = ",,Land,Hauptstadt,\n,,DE,Berlin,\n"
BETWEEN = ["", "\n", "\n\n\n", ",,,,\n", "Table 2,,,,\n", "\nMore of it,,,,\n\n"]


@pytest.mark.short(12)
@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("second", [SAME, TEXTS, PADDED, OFFSET])
@pytest.mark.parametrize("first", [WIDE, LONG_WIDE], ids=["short", "long"])
def test_a_table_of_the_same_width_is_named_at_its_header(tmp_path, first, second, between):
    row = (first + between).count("\n") + 1
    assert [at for at, _ in found(tmp_path, first + between + second, NAMES)] == [row]


def test_a_table_of_the_same_width_is_named_below_one_with_units(tmp_path):
    header, _, rows = WIDE.partition("\n")
    assert [row for row, _ in found(tmp_path, f"{header}\n,date,,kg,\n{rows}{SAME}", NAMES)] == [6]


def test_each_of_several_tables_of_the_same_width_is_named(tmp_path):
    assert [row for row, _ in found(tmp_path, WIDE + SAME + SAME + "\n" + PADDED, NAMES)] == [5, 8, 12]


def test_years_may_be_labels_below_a_blank_row(tmp_path):
    years = "Land,2017,2018,2019,\nDE,5.1,7,9,\n"
    assert [row for row, _ in found(tmp_path, WIDE + "\n" + years, NAMES)] == [6]
    assert found(tmp_path, "land,from,to\nKOR,2017,2018\n\nCHN,2018,2019\nJPN,2001,2002\n", "land from to") == []


def test_a_table_of_texts_below_another_is_named_behind_a_blank_row(tmp_path):
    text = "code,label\nKOR,South Korea\nCHN,China\n\nwho,role\nAda,chair\nBo,guest\n"
    assert [row for row, _ in found(tmp_path, text, "code label")] == [5]


def test_columns_of_texts_that_turn_into_numbers_begin_a_table(tmp_path):
    text = "code,label\nKOR,South Korea\nCHN,China\nyear,amount\n2019,5\n2020,7\n"
    assert [row for row, _ in found(tmp_path, text, "code label")] == [4]


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        ("name age", "Ada,30\nBo,31\nCy,unknown\nDee,34\n"),
        ("id day by", "1,2019,q\n2,2018,q\n3,2017,r\nunknown,unclear,zed\n4,2018,q\n"),
        ("en fr de", "hello,bonjour,hallo\nbed,,\ngood,bon,gut\nbad,mauvais,schlecht\n"),
        ("who role", "Ada,chair\n\nBo,guest\n\nCy,reader\n\nDee,writer\n\nEve,host\n"),
        ("id to", "1,a\n2,b\n\nKOR,a\n3,b\n"),
        ("code name", "1,Foo\n2,Bar\nA,Baz\nB,Qux\n"),
        ("code to by", "1,a,x\n2,b,x\nKOR,,\nCHN,b,x\n3,c,x\n"),
    ],
    ids=["a word", "not known", "translations", "groups", "a code", "sorted codes", "an unfinished row"],
)
def test_no_table_of_the_same_width_is_seen_in(tmp_path, names, rows):
    assert found(tmp_path, names.replace(" ", ",") + "\n" + rows, names) == []
