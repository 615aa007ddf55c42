"""Files that programs write in their own way: what is passed over, what is told, and what is left alone."""

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_lanes import assert_same_reports

from depositary.check.lanes.odd_texts import may_have_odd, repaired
from depositary.check.validate import validate

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
CODES = {"name": "countries", "path": "countries.csv", "schema": {"fields": [{"name": "code"}], "primaryKey": ["code"]}}


def found(folder, text, *, more=(), **schema):
    """Give the findings on a table of three columns of text, as code, row and level."""
    fields = [
        {"name": "code", "type": "string"},
        {"name": "share", "type": "string"},
        {"name": "note", "type": "string"},
    ]
    fields = [{**field, **dict(more).get(field["name"], {})} for field in fields]
    table = {"name": "t", "path": "t.csv", "schema": {"fields": fields, **schema}}
    package = {"$schema": PROFILE, "name": "p", "resources": [table, CODES]}
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    (folder / "countries.csv").write_text("code\nNA\nDE\n", encoding="utf-8")
    (folder / "t.csv").write_text(text, encoding="utf-8", newline="")
    return [(finding.code, finding.row, finding.level) for finding in validate(folder)]


def in_both_lanes(folder, text):
    """Give the findings on a table of three columns of text, which are the same in both lanes."""
    told = found(folder, text)
    assert_same_reports(folder, 64)
    return told


@pytest.mark.parametrize(
    "header",
    [
        ",code,share,note",
        "Unnamed: 0,code,share,note",
        '"",code,share,note',
        "index,code,share,note",
        "X,code,share,note",
    ],
)
@pytest.mark.parametrize("first", [0, 1])
def test_a_column_of_row_numbers_is_told_once(tmp_path, header, first):
    rows = "".join(f"{first + i},a{i},b,c\n" for i in range(3))
    assert found(tmp_path, f"{header}\n{rows}") == [("index-column", 1, "error")]


def test_an_unnamed_column_of_other_things_is_not_an_index(tmp_path):
    assert "index-column" not in [code for code, *_ in found(tmp_path, ",code,share,note\nx,a,b,c\n")]


@pytest.mark.parametrize("line", ["sep=;", "sep=,", "SEP=,", '"sep=,"', "sep=\\t", "sep=\t", "sep=,,,"])
def test_a_line_for_spreadsheets_is_told_once(tmp_path, line):
    assert found(tmp_path, f"{line}\r\ncode,share,note\r\na,b,c\r\n") == [("sep-line", 1, "error")]


@pytest.mark.parametrize("head", ["", "code,share,note\n", "code,share,note\na,b,c\n"])
def test_lines_of_git_are_told_where_they_begin(tmp_path, head):
    text = f"{head}<<<<<<< HEAD\nd,e,f\n||||||| base\n=======\nd,e,g\n>>>>>>> theirs\n"
    assert found(tmp_path, text) == [("conflict-markers", head.count("\n") + 1, "error")]


@pytest.mark.parametrize("rows", ["a,b,c,,\n", "a,b,c,,\n,,,,\n,,,,\n", "a,b,c\nd,e,f,\n", ""])
def test_blank_columns_at_the_right_are_passed_over(tmp_path, rows):
    assert found(tmp_path, f"code,share,note,,\n{rows}") == [("blank-columns", 1, "warning")]


def test_a_filled_cell_in_a_column_without_name_stays_an_error(tmp_path):
    codes = found(tmp_path, "code,share,note,,\na,b,c,,\nd,e,f,,x\n")
    assert ("blank-label", 1, "error") in codes
    assert ("extra-cell", 3, "error") in codes


@pytest.mark.parametrize("text", ["nan", "NULL", "None", "#N/A", "<NA>", "n/a", "#REF!", "#DIV/0!", "NA"])
def test_what_programs_write_for_no_value_is_told_once_a_column(tmp_path, text):
    assert found(tmp_path, f"code,share,note\na,{text},{text}\nb,{text},d\n") == [
        ("null-text", 2, "warning"),
        ("null-text", 2, "warning"),
    ]


@pytest.mark.parametrize(
    ("more", "schema"),
    [
        ({"share": {"constraints": {"enum": ["NA", "DE"]}}}, {}),
        ({"share": {"categories": ["NA", "DE"]}}, {}),
        ({"share": {"constraints": {"pattern": "[A-Z]{2}"}}}, {}),
        ({}, {"foreignKeys": [{"fields": ["share"], "reference": {"resource": "countries", "fields": ["code"]}}]}),
        ({}, {"primaryKey": ["share"]}),
        ({}, {"missingValues": ["", "NA"]}),
    ],
    ids=["enum", "categories", "pattern", "reference", "key", "missing value"],
)
def test_a_code_that_reads_like_no_value_is_left_alone(tmp_path, more, schema):
    assert found(tmp_path, "code,share,note\na,NA,c\nb,DE,d\n", more=more, **schema) == []


def test_prose_with_line_breaks_and_commas_is_left_alone(tmp_path):
    cells = ["a", "red, green\nand, of course, blue", "Dear all,\nyours"]
    with (tmp_path / "t.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["code", "share", "note"], cells])
    assert found(tmp_path, (tmp_path / "t.csv").read_text(encoding="utf-8")) == []


def test_rows_within_a_quoted_cell_are_told(tmp_path):
    text = 'code,share,note\na,"b,c\nd,e,f\ng,h",i\nj,k,l\n'
    assert found(tmp_path, text) == [("swallowed-cells", 2, "warning")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "rows",
    [
        ['a,"x', "d,y,v", 'g,z",w'],
        ['a,"x,u', "d,y,v", 'g,z",w'],
        ['1,"x', "2,y,v", '3",z'],
        ['a,u,"x', "d,y,v", 'g,z"'],
        ['a,u,"x', "d,y,v", 'g,z,w"'],
        ['a,"x', "d,y,v", "g,z,w", "j,k,l", 'm",n'],
        ['a,"x', "d,y,v", "", 'g,z",w'],
        ['"x', "d,y,v", 'g,z",u,w'],
    ],
)
def test_rows_within_a_quoted_cell_are_told_where_its_ends_are_short(tmp_path, rows, end):
    text = end.join(["code,share,note", *rows, "p,q,r", ""])
    assert in_both_lanes(tmp_path, text) == [("swallowed-cells", 2, "warning")]


@pytest.mark.parametrize(
    "cell",
    [
        "12 Main St\nBerlin,BE,10115\nGermany",
        "ACME\nMain St 5\nParis,75001",
        "red,green\ncyan",
        "one, two, three\nfour, five, six\nseven",
        "DE\nFR\nIT",
        "a,b\nc,d\ne,f",
        "\n\n",
    ],
)
@pytest.mark.parametrize("at", [0, 1, 2])
def test_addresses_and_lists_in_a_cell_are_left_alone(tmp_path, cell, at):
    row = ["k", "l", "m"]
    row[at] = f'"{cell}"'
    assert in_both_lanes(tmp_path, f"code,share,note\n{','.join(row)}\n") == []


@pytest.mark.parametrize(
    "row",
    [
        "code,share,note",
        "CODE,SHARE,NOTE",
        "Code,Share,Note",
        "code, share, note",
        "code ,share ,note",
        " Code , Share , Note ",
        "code,SHARE,x",
    ],
)
def test_a_header_among_the_rows_is_told_in_any_case_and_spacing(tmp_path, row):
    assert in_both_lanes(tmp_path, f"code,share,note\na,b,c\n{row}\nd,e,f\n") == [("repeated-header", 3, "warning")]


@pytest.mark.parametrize("row", ["SHARE,Note,Code", "a,Share,c", "Shares,b,Notes"])
def test_a_row_with_words_like_labels_is_no_header(tmp_path, row):
    assert in_both_lanes(tmp_path, f"code,share,note\n{row}\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "'x,y'",
        "\u2018x,y\u2019",
        "\u201cx,y\u201d",
        "\u201ex,y\u201c",
        "\u00abx,y\u00bb",
        "\u00bbx,y\u00ab",
        "`x,y`",
        " 'x, y' ",
    ],
)
def test_a_text_in_other_quotes_that_is_cut_is_told_once(tmp_path, text):
    rows = f"a,b,c\n1,{text}\n2,y,v\n{text},w\n"
    assert in_both_lanes(tmp_path, f"code,share,note\n{rows}") == [("other-quotes", 3, "warning")]


def test_a_text_in_other_quotes_that_makes_a_row_too_long_is_told_too(tmp_path):
    told = in_both_lanes(tmp_path, "code,share,note\na,b,c\n1,'x,y',z\n'p,q,r',s\n")
    assert {("other-quotes", 3, "warning"), ("extra-cell", 3, "error")} <= set(told)


@pytest.mark.parametrize(
    "row",
    [
        "'s-Gravenhage,NL,y",
        "a,the workers',c",
        "'t Veld,NL,'s-Heer",
        "'x',b,'y'",
        "a,'x',5'",
        "'98,,5'",
        "\u00abx\u00bb,b,c",
        "',a,'",
    ],
)
def test_apostrophes_and_texts_in_other_quotes_are_left_alone(tmp_path, row):
    assert in_both_lanes(tmp_path, f"code,share,note\na,b,c\n{row}\n") == []


@pytest.mark.parametrize("row", ['"x,y,z",,', '"x,y,",,'])
def test_delimiters_within_a_cell_that_blank_cells_make_up_for_are_told(tmp_path, row):
    assert in_both_lanes(tmp_path, f"code,share,note\na,b,c\n{row}\nd,e,f\n") == [("swallowed-cells", 3, "warning")]


@pytest.mark.parametrize("row", ['1,"x,u",""', '1,"x,u",', '"1","x,u",""'])
def test_one_delimiter_within_a_cell_is_told_if_no_other_cell_is_like_it(tmp_path, row):
    rows = "2,y,v\n3,z,w\n4,y,w\n"
    assert in_both_lanes(tmp_path, f"code,share,note\n{rows}{row}\n") == [("swallowed-cells", 5, "warning")]


@pytest.mark.parametrize(
    "rows",
    [
        '1,"x, u",\n2,y,v\n3,z,w\n4,y,w\n',
        '1,"1,234",\n2,y,v\n3,z,w\n4,y,w\n',
        '1,"x,u",\n2,"y,z",v\n3,z,w\n4,y,w\n',
        '1,"x,u",\n2,y,\n3,z,w\n4,y,w\n',
        '1,"x,u",\n2,y,v\n',
    ],
    ids=["prose", "a number", "lists", "another blank cell", "few rows"],
)
def test_one_delimiter_within_a_cell_is_left_alone_beside(tmp_path, rows):
    assert in_both_lanes(tmp_path, f"code,share,note\n{rows}") == []


@pytest.mark.parametrize("name", ["code", "share"])
def test_a_cell_that_swallows_others_is_one_finding(tmp_path, name):
    cell = {"code": ('"2,x,y', '"4,x,y'), "share": ('2,"x,y', '4,x,"y')}[name]
    text = f"code,share,note\n1,x,y\n{cell[0]}\n3,x,y\n{cell[1]}\n5,x,y\n6,x,y\n"
    findings = [one for one in in_both_lanes(tmp_path, text) if one[0] in ("swallowed-cells", "stray-quote")]
    assert findings == [("swallowed-cells", 3, "error")]


SIX = "a,b,c,d,e,f\n1,A,B,US,2019,\n{}\n3,G,H,FR,2021,z\n"


def in_six_columns(folder, row):
    fields = [{"name": name, "type": "string"} for name in "abcdef"]
    table = {"name": "t", "path": "t.csv", "schema": {"fields": fields}}
    package = {"$schema": PROFILE, "name": "p", "resources": [table]}
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    (folder / "t.csv").write_text(SIX.format(row), encoding="utf-8", newline="")
    return [(finding.code, finding.row, finding.field) for finding in assert_same_reports(folder, 32)]


@pytest.mark.parametrize(("row", "name"), [('2,"C,D,KR,2020",,,,', "b"), ('2,C,"D,KR,2020",,,', "c")])
def test_cells_within_a_cell_of_a_wide_table_are_told_with_the_column(tmp_path, row, name):
    assert in_six_columns(tmp_path, row) == [("swallowed-cells", 3, name)]


@pytest.mark.parametrize(
    "row",
    [
        '2,"C, D, KR, 2020",,,,',
        '2,"1,234,567",,,,',
        '2,"C,D",,,,',
        '2,"C,D,E",,,,x',
        '2,"C,D,E",,,,\n4,"C,D",x,US,2000,y',
        "2,C,,,,",
    ],
    ids=["prose", "a number", "one delimiter", "a cell behind it", "a column of lists", "no quotes"],
)
def test_lists_and_numbers_before_blank_cells_are_left_alone(tmp_path, row):
    assert in_six_columns(tmp_path, row) == []


@pytest.mark.parametrize(
    ("row", "code", "level"),
    [
        ('a,5" wide,c', "stray-quote", "warning"),
        ('"a"b,c,d', "stray-quote", "warning"),
        ('a, "b",c', "stray-quote", "warning"),
        ('a,"b" ,c', "stray-quote", "warning"),
        ('a,"8\\"9",c', "stray-quote", "warning"),
        ('a,b,"c\n"d', "swallowed-cells", "error"),
        ('a,b,"c', "csv-error", "error"),
    ],
)
def test_an_odd_quote_is_told_at_its_row(tmp_path, row, code, level):
    assert found(tmp_path, f"code,share,note\nx,y,z\n{row}") == [(code, 3, level)]


DAMAGED = [
    "Caf\u00c3\u00a9",
    "\u00e2\u20ac\u0153x\u00e2\u20ac\u009d",
    "Kyoto \u00e4\u00ba\u00ac",
    "\u00d0\u0161\u00d0\u00b0",
    "na\ufffdve",
]
UNSEEN = ["a\u200bb", "\ufeffa", "a\u202eb", "a\u2066b\u2069", "\u200ea", "so\u00adft", "a\x07b", "a\u2060b"]


@pytest.mark.parametrize(("text", "code"), [
    *((text, "damaged-text") for text in DAMAGED),
    *((text, "unseen-character") for text in UNSEEN),
])  # fmt: skip
def test_damaged_and_invisible_characters_are_told_once_a_column(tmp_path, text, code):
    rows = f"a,b,c\nd,{text},e\nf,{text},g\n"
    assert in_both_lanes(tmp_path, f"code,share,note\n{rows}") == [(code, 3, "warning")]


@pytest.mark.parametrize(
    "text",
    [
        "Caf\u00e9",
        "CAF\u00c9\u201d",
        "\u201cAMANH\u00c3\u201d",
        "\u00ab \u00c0 la carte \u00bb",
        "\u00c2ge",
        "\u6771\u4eac",
        "\u041a\u0438\u0457\u0432",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\U0001f469\u200d\U0001f33e",
        "\u2764\ufe0f",
        "5 \u00b5m \u00b1 2 \u00b0C",
        "non\u00a0breaking",
    ],
)
def test_texts_of_all_languages_are_left_alone(tmp_path, text):
    assert in_both_lanes(tmp_path, f"code,share,note\na,{text},{text}\n") == []


@pytest.mark.parametrize("schema", [{"primaryKey": ["code"]}, {"uniqueKeys": [["code", "share"]]}])
@pytest.mark.parametrize("text", UNSEEN)
def test_an_invisible_character_in_a_key_is_an_error(tmp_path, text, schema):
    told = found(tmp_path, f"code,share,note\na,b,c\n{text}k,b,c\n", **schema)
    assert ("unseen-character", 3, "error") in told


@pytest.mark.parametrize(
    ("cell", "code"), [("NULL", "null-text"), ("Caf\u00c3\u00a9", "damaged-text"), ("a\u200bb", "unseen-character")]
)
def test_a_schema_switches_a_warning_off_for_one_column(tmp_path, cell, code):
    text = f"code,share,note\na,{cell},{cell}\n"
    assert found(tmp_path, text) == [(code, 2, "warning")] * 2
    assert found(tmp_path, text, more={"note": {"expects": [code]}}) == [(code, 2, "warning")]
    assert (
        found(tmp_path, text, more={"note": {"expects": code}, "share": {"expects": [3]}}) == [(code, 2, "warning")] * 2
    )


def test_an_error_cannot_be_switched_off(tmp_path):
    text = "code,share,note\na\u200b,b,c\n"
    more = {"code": {"expects": ["unseen-character"]}}
    assert found(tmp_path, text, more=more, primaryKey=["code"]) == [("unseen-character", 2, "error")]


def test_a_text_that_was_read_in_a_wrong_encoding_is_shown_as_it_was_meant(tmp_path):
    found(tmp_path, "code,share,note\na,Caf\u00c3\u00a9,c\n")
    (finding,) = validate(tmp_path)
    assert finding.hint == 'did you mean "Caf\u00e9"? Import the file again as UTF-8, or correct the cells'


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffd"), max_size=20))
def test_any_text_that_was_read_as_windows_1252_is_repaired(text):
    meant = f"{text}\u00e9"
    read = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in meant.encode())
    assert repaired(read) == meant
    assert may_have_odd([read])
    assert repaired(meant) == ""
