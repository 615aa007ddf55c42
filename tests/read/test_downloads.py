"""Somebody else's download: code lists, periods, numbers, minted ids, rows that are chosen, columns that change."""

import csv
import io
import json
import tomllib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import pytest
from conftest import CASES
from hypothesis import given, settings
from hypothesis import strategies as st
from test_mapping import HEAD, SNAPSHOT, THEIRS

import depositary
from depositary.check.documents.document_schema import violations
from depositary.check.documents.find_target import find_target
from depositary.check.lanes.known import Recall
from depositary.check.reading import columns as opened
from depositary.check.reading import distinct
from depositary.errors import DepositaryError
from depositary.merging.merge import merge
from depositary.model.mapping import NumberForm
from depositary.model.report import Report
from depositary.read.files import blocks
from depositary.read.files.forms import period_form, reading_numbers, reading_periods
from depositary.read.files.mapped import minted_name
from depositary.read.files.records import open_bytes
from depositary.read.profiles import profiles, with_profile

TALKS = 'constants = { kind = "talks" }\n'
MINT = 'mint = ["held", "country"]\n'
LABELS = 'values = { country = "countries.label" }\n'

Made = Callable[..., Path]


@pytest.fixture
def made(demo) -> Made:
    """Make a contribution of a mapping and a file, beside the demonstration package."""

    def make(mapping: str, text: str, *, head: str = HEAD, **more: str) -> Path:
        files = {"mine/contribution.toml": head + THEIRS + mapping, "mine/theirs.csv": text}
        return demo(files | {name.replace("__", "."): content for name, content in more.items()})

    return make


@pytest.fixture
def judge(made) -> Callable[..., Report]:
    """Validate such a contribution."""

    def judged(mapping: str, text: str, **more: str) -> Report:
        folder = made(mapping, text, **more)
        return depositary.validate(folder / "mine", folder)

    return judged


@pytest.fixture
def read(made) -> Callable[..., list[dict[str, str]]]:
    """Read the rows of such a contribution as all readers see them."""

    def rows(mapping: str, text: str, **more: str) -> list[dict[str, str]]:
        folder = made(mapping, text, **more)
        resource = find_target(folder / "mine", folder, None).inputs[0].resource
        return list(csv.DictReader(io.StringIO(open_bytes(resource).read().decode(), newline="")))

    return rows


def told(report: Report) -> list[tuple[str, int, str, str]]:
    return [(f.code, f.row, f.field, f.value) for f in report]


def only(report: Report) -> tuple[str, str]:
    """Give the message and the hint of the only finding."""
    (finding,) = report
    return finding.message, finding.hint


# Code lists


def test_a_column_is_translated_by_a_column_of_a_code_list(read):
    rows = read(TALKS + MINT + LABELS, "held,country\n2023-05-26,South Korea\n2023-05-27, China \n2023-05-28,\n")
    assert [row["country"] for row in rows] == ["KOR", "CHN", ""]


def test_what_the_list_lacks_is_found_at_its_cell(judge):
    report = judge(TALKS + MINT + LABELS, "held,country\n2023-05-26,China\n2023-05-27,Chima\n")
    assert told(report) == [("untranslated-cell", 3, "country", "Chima")]
    message, hint = only(report)
    assert message.startswith('"Chima" is not in countries.label')
    assert "did you mean China?" in hint
    assert 'country = ["countries.label", { "Chima" = … }]' in hint


def test_a_value_that_is_ours_already_is_not_guessed(judge):
    message, hint = only(judge(TALKS + MINT + LABELS, "held,country\n2023-05-26,CHN\n"))
    assert message.startswith('"CHN" is not in countries.label')
    assert "already a value of country" in hint


def test_a_text_of_another_column_of_the_list_is_named(judge):
    lists = "code,label,number\nCHN,China,156\nKOR,South Korea,410\n"
    descriptor = (CASES / "demo" / "datapackage.json").read_text(encoding="utf-8")
    more = descriptor.replace(
        '{"name": "label", "type": "string"}',
        '{"name": "label", "type": "string"}, {"name": "number", "type": "string"}',
    )
    given = judge(TALKS + MINT + LABELS, "held,country\n2023-05-26,410\n", countries__csv=lists, datapackage__json=more)
    assert "it is in countries.number, for KOR" in only(given)[1]


@pytest.mark.parametrize(
    ("old", "said"),
    [
        ("KOR", "it is in countries.new and countries.old, for KOR: translate by the one of these columns"),
        ("CHN", "it is in countries.old, for CHN; in countries.new, for KOR: translate by the one of these columns"),
    ],
)
def test_a_text_of_several_columns_of_the_list_is_named_with_all_of_them(judge, old, said):
    numbers = {"CHN": ["156", ""], "KOR": ["410", ""]}
    numbers[old][1] = "410"
    lists = "code,label,new,old\n" + "".join(f"{code},{code} name,{','.join(of)}\n" for code, of in numbers.items())
    descriptor = (CASES / "demo" / "datapackage.json").read_text(encoding="utf-8")
    label = '{"name": "label", "type": "string"}'
    more = descriptor.replace(label, f"{label}, {label.replace('label', 'new')}, {label.replace('label', 'old')}")
    given = judge(TALKS + MINT + LABELS, "held,country\n2023-05-26,410\n", countries__csv=lists, datapackage__json=more)
    assert said in only(given)[1]


def test_own_values_stand_beside_a_list_and_win(read):
    values = 'values = { country = ["countries.label", { Chima = "CHN", China = "NAM" }] }\n'
    rows = read(TALKS + MINT + values, "held,country\n2023-05-26,Chima\n2023-05-27,China\n2023-05-28,Namibia\n")
    assert [row["country"] for row in rows] == ["CHN", "NAM", "NAM"]


def test_of_several_lists_the_first_that_has_a_text_counts(read):
    values = 'values = { country = ["countries.label", "countries.code"] }\n'
    lists = "code,label\nCHN,China\nKOR,CHN\n"
    rows = read(TALKS + MINT + values, "held,country\n2023-05-26,China\n2023-05-27,CHN\n,KOR\n", countries__csv=lists)
    assert [row["country"] for row in rows] == ["CHN", "KOR", "KOR"]


def test_a_code_of_two_rows_of_the_list_is_an_error_of_the_mapping(judge):
    lists = "code,label\nCHN,China\nTWN,China\n"
    message, hint = only(judge(TALKS + MINT + LABELS, "held,country\n2023-05-26,China\n", countries__csv=lists))
    assert "'China' is the code of CHN and TWN" in message
    assert 'country = ["countries.label", { "China" = "CHN" }]' in hint


def test_a_code_of_two_rows_is_right_if_the_mapping_says_which(read):
    values = 'values = { country = ["countries.label", { China = "TWN" }] }\n'
    text = "held,country\n2023-05-26,China\n"
    assert read(TALKS + MINT + values, text, countries__csv="code,label\nCHN,China\nTWN,China\n")[0]["country"] == "TWN"


# Periods and numbers


@pytest.mark.parametrize(
    ("form", "text", "period"),
    [
        ("2022", "1999", "1999"),
        ("202205", "202312", "2023-12"),
        ("2022-05", "2023-12", "2023-12"),
        ("2022M05", "2023M01", "2023-01"),
        ("2022-M05", "2023-M01", "2023-01"),
        ("05/2022", "12/2023", "2023-12"),
        ("2022Q1", "2023Q4", "2023-Q4"),
        ("2022-Q1", "2023-Q4", "2023-Q4"),
        ("1/2022", "4/2023", "2023-Q4"),
        ("20220531", "20240229", "2024-02-29"),
        ("31.05.2022", "01.12.2023", "2023-12-01"),
        ("05/31/2022", "12/01/2023", "2023-12-01"),
    ],
)
def test_a_period_is_read_by_the_form_that_is_given(form, text, period):
    assert reading_periods((form,))(text) == period


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("2022", "202205"),
        ("202205", "2022"),
        ("202205", "202213"),
        ("202205", "202200"),
        ("2022Q1", "2022Q5"),
        ("2022Q1", "2022q1"),
        ("20220531", "20230229"),
        ("202205", "２０２２０５"),
        ("202205", "2022 5"),
        ("202205", ""),
    ],
)
def test_a_period_of_another_form_is_not_read(form, text):
    assert reading_periods((form,))(text) is None


@pytest.mark.parametrize("form", ["2023", "May 2022", "2022S2", "05", "202231", "2022050531", "YYYYMM", "2022-05 1"])
def test_a_form_that_does_not_show_one_of_the_four_periods_is_not_a_form(form):
    assert period_form(form) is None


def test_a_period_of_no_form_is_found_at_its_cell(judge):
    mapping = TALKS + MINT + LABELS + 'columns = { day = "held" }\nperiods = { held = ["20220531", "31.05.2022"] }\n'
    report = judge(mapping, "day,country\n20230526,China\n27.05.2023,China\n2023-05-28,China\n")
    assert told(report) == [("untranslated-cell", 4, "held", "2023-05-28")]
    assert only(report)[0] == (
        '"2023-05-28" is not a period in the form 20220531 or 31.05.2022 (column "day" of the file)'
    )
    assert 'add the form "2022-05-31" to `periods` of held' in only(report)[1]


@pytest.mark.parametrize(
    ("form", "text", "number"),
    [
        (NumberForm(), "1234.50", "1234.50"),
        (NumberForm(), "+5", "5"),
        (NumberForm(), "1.5e3", "1500"),
        (NumberForm(decimal=","), "1234,5", "1234.5"),
        (NumberForm(decimal=",", group="."), "-1.234.567,8", "-1234567.8"),
        (NumberForm(group=","), "1,234", "1234"),
        (NumberForm(group="\u202f"), "1\u202f234", "1234"),
        (NumberForm(times=Decimal(1000)), "0.0012", "1.2"),
        (NumberForm(times=Decimal("0.001")), "5", "0.005"),
        (NumberForm(times=Decimal(1000)), "123456789012345678901234567890.001", "123456789012345678901234567890001"),
    ],
)
def test_a_number_is_read_by_the_marks_that_are_given(form, text, number):
    assert reading_numbers(form)(text) == number


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (NumberForm(), "1,5"),
        (NumberForm(), "1e999"),
        (NumberForm(), "NaN"),
        (NumberForm(), "١٢"),
        (NumberForm(), "9" * 500),
        (NumberForm(decimal=","), "1.5"),
        (NumberForm(decimal=",", group="."), "1.5"),
        (NumberForm(group=","), "12,34"),
        (NumberForm(group=","), "1234,567"),
        (NumberForm(group=","), ",123"),
    ],
)
def test_a_number_with_other_marks_is_not_read(form, text):
    assert reading_numbers(form)(text) is None


def test_a_number_with_other_marks_is_found_at_its_cell(judge):
    mapping = TALKS + MINT + 'numbers = { guests = { decimal = ",", group = ".", times = 10 } }\n'
    report = judge(mapping, 'held,country,guests\n2023-05-26,CHN,"2,5"\n2023-05-27,CHN,2.5\n')
    assert told(report) == [("untranslated-cell", 3, "guests", "2.5")]
    assert 'decimal mark "," and "." between groups of three digits' in only(report)[0]


# Ids


def test_ids_are_minted_from_the_columns_that_are_named(read):
    rows = read(TALKS + MINT + LABELS, "held,country\n2023-05-26,South Korea\n,China\n,\n")
    assert [row["event_id"] for row in rows] == ["local:20230526-kor", "local:none-chn", ""]


def test_two_rows_with_the_same_values_are_a_repeated_key(judge):
    report = judge(TALKS + 'mint = ["country"]\n', "held,country\n2023-05-26,CHN\n2023-05-27,CHN\n")
    assert told(report) == [("primary-key", 3, "event_id", "local:chn")]
    assert "column to `mint`" in only(report)[1]


def test_other_values_that_would_get_the_same_id_are_found(judge):
    report = judge(TALKS + 'mint = ["note"]\n', "held,note\n2023-05-26,new land\n2023-05-27,New-Land\n")
    assert [(f.code, f.row) for f in report] == [("primary-key", 3), ("local-name", 3)]
    assert '"New-Land" and "new land" (row 2) would both become local:newland' in list(report)[1].message


def test_a_long_id_is_cut_and_still_differs():
    one, other = minted_name(["x" * 300, "a"]), minted_name(["x" * 300, "b"])
    assert one != other
    assert len(one) < 120
    assert one == minted_name(["x" * 300, "a"])


# Rows


WHERE = """
where = [
  { column = "flow", in = ["M", "X"] },
  { column = "level", equals = "0" },
  { column = "note", not = "" },
]
"""


def test_only_rows_that_meet_all_conditions_are_read(read):
    rows = [
        "2023-05-26,CHN,M,0,aa",
        "2023-05-27,CHN,M,1,bb",
        "2023-05-28,CHN,R,0,cc",
        "2023-05-29,CHN, X ,0,dd",
        ",,M,0,",
    ]
    text = "\n".join(["held,country,flow,level,note", *rows, ""])
    assert [row["note"] for row in read(TALKS + MINT + WHERE, text)] == ["aa", "dd"]


def test_findings_name_the_rows_of_the_file_when_others_are_left_out(judge):
    rows = ["2023-05-26,CHN,R", "2023-05-27,CHN,M", "2023-05-28,CHN,R", "2023-05-29,XXX,M", "2023-05-27,CHN,M"]
    report = judge(
        TALKS + MINT + 'where = [{ column = "flow", equals = "M" }]\n', "held,country,flow\n" + "\n".join(rows) + "\n"
    )
    assert [(f.code, f.row) for f in report] == [("foreign-key", 5), ("primary-key", 6)]
    assert {p.row for f in report for p in f.also} == {3}
    assert all("row 3 has the same" in f.message for f in report if f.code == "primary-key")
    assert report.tables[0].rows == 3


def test_rows_that_are_left_out_are_counted(judge):
    where = 'where = [{ column = "flow", equals = "M" }]\n'
    report = judge(TALKS + MINT + where, "held,country,flow\n2023-05-26,CHN,R\n2023-05-27,CHN,M\n2023-05-28,CHN,R\n")
    assert [(n.table, n.what, n.reason) for n in report.not_judged] == [
        ("events", "2 rows", "the manifest leaves them out with `where`")
    ]


def test_conditions_that_no_row_meets_are_a_warning(judge):
    where = 'where = [{ column = "flow", equals = "m" }]\n'
    report = judge(TALKS + MINT + where, "held,country,flow\n2023-05-26,CHN,M\n")
    assert [(f.code, f.level) for f in report if f.table] == [("no-rows", "warning")]
    assert "all rows of the file are left out" in next(f.message for f in report if f.table)


@pytest.mark.parametrize(
    ("mapping", "named"),
    [
        ('where = [{ column = "flows", equals = "M" }]\n', '"flows", which the manifest names in `where`'),
        (
            'split = { parts = { by = "-", into = ["a", "b"] } }\nignore = ["a", "b"]\n',
            '"parts", which the manifest splits',
        ),
        ('join = { note = { of = ["country", "flows"] } }\n', '"flows", which the manifest joins to note'),
        ('unpivot = { columns = ["2021"], name = "note", value = "guests" }\n', '"2021", which the manifest unpivots'),
        ('mint = ["open"]\n', "no column of the file is mapped to it"),
    ],
)
def test_a_column_that_the_mapping_needs_and_the_file_lacks_is_found(judge, mapping, named):
    mint = "" if "mint" in mapping else MINT
    report = judge(TALKS + mint + mapping, "held,country,flow\n2023-05-26,CHN,M\n")
    found = [f for f in report if f.code == "missing-label"]
    assert any(named in f.message for f in found)
    assert all(f.row == 1 for f in found)


# Columns


UNPIVOT = (
    'unpivot = { columns = ["2021..2023"], name = "year", value = "guests" }\njoin = {}\ncolumns = { year = "note" }\n'
)
MINT_YEAR = 'mint = ["country", "note"]\n'


def test_columns_of_years_become_rows(read):
    rows = read(TALKS + MINT_YEAR + UNPIVOT, "country,2021,2022,2023\nCHN,1,,3\nKOR,4,5,6\n")
    found = [(row["country"], row["note"], row["guests"]) for row in rows]
    assert found == [
        ("CHN", "2021", "1"),
        ("CHN", "2023", "3"),
        ("KOR", "2021", "4"),
        ("KOR", "2022", "5"),
        ("KOR", "2023", "6"),
    ]


def test_findings_name_the_row_and_the_column_of_an_unpivoted_cell(judge):
    report = judge(TALKS + MINT_YEAR + UNPIVOT, "country,2021,2022,2023\nCHN,1,,3\nKOR,4,many,-6\n")
    assert told(report) == [("type-error", 3, "guests", "many"), ("minimum-constraint", 3, "guests", "-6")]
    assert [f.message.rpartition("(")[2] for f in report] == [
        'column "2022" of the file)',
        'column "2023" of the file)',
    ]


def test_a_warning_on_a_column_names_the_column_of_an_unpivoted_cell(judge):
    mapping = UNPIVOT.replace('value = "guests"', 'value = "note"').replace('{ year = "note" }', '{ year = "held" }')
    report = judge(TALKS + mapping + "ignore = []\n", "country,2021,2022,2023\nCHN,one,two,three\nKOR,NULL,five,six\n")
    (warned,) = [finding for finding in report if finding.code == "null-text"]
    assert warned.row == 3
    assert 'column "2021" of the file' in warned.message


def test_a_cell_cannot_end_a_join_by_looking_like_one_that_could_not_be_split(read):
    mapping = MINT + 'join = { note = { of = ["a", "b"], by = " " } }\n'
    (row,) = read(TALKS + mapping, "a,b\nuntranslated: x,y\n")
    assert row["note"] == "untranslated: x y"


def test_a_column_is_split_and_others_are_joined(read):
    split = 'split = { what = { by = " - ", into = ["country", "note"] } }\n'
    mapping = split + 'join = { held = { of = ["y", "m", "d"], by = "-" } }\n'
    rows = read(TALKS + MINT + mapping, "y,m,d,what\n2023,05,26,CHN - at noon\n2023,05,27, KOR - late \n,,,\n")
    assert [(row["held"], row["country"], row["note"]) for row in rows] == [
        ("2023-05-26", "CHN", "at noon"),
        ("2023-05-27", "KOR", "late"),
        ("", "", ""),
    ]


@pytest.mark.parametrize("cell", ["CHN", "CHN - a - b", "CHN-noon"])
def test_a_cell_with_other_parts_is_found(judge, cell):
    mapping = 'split = { what = { by = " - ", into = ["country", "note"] } }\n'
    report = judge(TALKS + 'mint = ["held"]\n' + mapping, f"held,what\n2023-05-26,CHN - noon\n2023-05-27,{cell}\n")
    assert [f[:3] for f in told(report)] == [("untranslated-cell", 3, "country"), ("untranslated-cell", 3, "note")]
    assert {f.value for f in report} == {cell}
    assert all('2 parts with " - " between them (column "what" of the file)' in f.message for f in report)


def test_a_column_may_be_used_twice_by_joining_it_alone(read):
    mapping = 'join = { note = { of = ["country"] } }\nvalues = { note = { CHN = "far" } }\n'
    rows = read(TALKS + MINT + mapping, "held,country\n2023-05-26,CHN\n")
    assert [(row["country"], row["note"]) for row in rows] == [("CHN", "far")]


@pytest.mark.parametrize(
    "mapping",
    [
        'where = [{ column = "flow", equals = "M" }]\ncolumns = { x = "note" }\n',
        'split = { flow = { by = "-", into = ["note", "x"] } }\nignore = ["x"]\n',
        'join = { note = { of = ["flow", "x"] } }\n',
        'unpivot = { columns = ["x"], name = "note", value = "guests" }\nignore = ["flow"]\n',
    ],
)
@pytest.mark.parametrize(
    ("row", "code"), [("2023-05-26,CHN,M", "missing-cell"), ("2023-05-26,CHN,M,1,2", "extra-cell")]
)
def test_rows_that_are_too_short_or_too_long_are_found(judge, mapping, row, code):
    report = judge(TALKS + 'mint = ["held"]\n' + mapping, f"held,country,flow,x\n{row}\n")
    assert code in {f.code for f in report}
    assert {f.row for f in report} == {2}


# Marks between cells


@pytest.mark.parametrize(("mark", "given"), [(";", ";"), ("\t", "\\t"), ("|", "|")])
@pytest.mark.parametrize("name", ["theirs.csv", "theirs.tsv", "theirs.txt"])
def test_cells_may_be_separated_by_the_mark_that_is_given(demo, name, mark, given):
    numbers = 'numbers = { guests = { decimal = ",", times = 2 } }\n'
    entry = THEIRS.replace("theirs.csv", name) + TALKS + MINT + LABELS + numbers + f'delimiter = "{given}"\n'
    rows = [["held", "country", "guests"], ["2023-05-26", "China", "1,5"], ["2023-05-27", '"Chi,na"', "2,5"]]
    text = "\n".join(mark.join(row) for row in rows) + "\n"
    folder = demo({"mine/contribution.toml": HEAD + entry, f"mine/{name}": text})
    report = depositary.validate(folder / "mine", folder)
    assert told(report) == [("untranslated-cell", 3, "country", "Chi,na")]


def test_another_mark_than_the_one_that_is_given_is_found(judge):
    message, hint = only(judge(TALKS + MINT + 'delimiter = "|"\n', "held;country\n2023-05-26;CHN\n"))
    assert message == "the columns are separated by semicolons, not by vertical bars"
    assert 'delimiter = ";"' in hint


def test_a_file_with_another_mark_is_read_if_only_its_mark_is_given(judge):
    report = judge('delimiter = ";"\n', "event_id;held;country;kind\nev-1;2023-05-26;XXX;talks\n")
    assert told(report) == [("foreign-key", 2, "country", "XXX")]


# What the manifest may not say


@pytest.mark.parametrize(
    ("mapping", "message", "hint"),
    [
        ('values = { country = "country.label" }', "'country'", "did you mean countries?"),
        ('values = { country = "countries.labels" }', "'labels'", "did you mean label?"),
        ('values = { country = "label" }', "values.country", "a column of a code list"),
        ('periods = { held = ["May 2022"] }', "'May 2022'", "2022M05"),
        ('periods = { guest = ["2022"] }', "'guest'", "did you mean guests?"),
        ("numbers = { guest = {} }", "'guest'", "did you mean guests?"),
        ('numbers = { guests = { decimal = "." , group = "." } }', "same mark twice", ""),
        ("numbers = { guests = { times = 0 } }", "times", ""),
        ("numbers = { guests = { times = nan } }", "not a number", ""),
        ('numbers = { guests = { decimal = "1" } }', "decimal", ""),
        ('values = { held = "countries.label" }\nperiods = { held = ["2022"] }', "translated in 2 ways", ""),
        ('mint = ["guest"]', "'guest'", "did you mean guests?"),
        ('mint = ["event_id"]', "the id itself", ""),
        ('mint = ["held"]\ncolumns = { id = "event_id" }', "also mapped", ""),
        ('where = [{ column = "flow" }]', "where", ""),
        ('where = [{ column = "flow", like = "M%" }]', "like", ""),
        ('where = [{ column = "a", equals = "b", in = ["c"] }]', "where", ""),
        ('split = { a = { by = "", into = ["b", "c"] } }', "by", ""),
        (
            'split = { a = { by = "-", into = ["b", "c"] } }\njoin = { b = { of = ["d"] } }',
            "2 new columns are named 'b'",
            "",
        ),
        ('unpivot = { columns = ["2023..2021"], name = "note", value = "guests" }', "no columns", "2010..2022"),
        ('unpivot = { columns = ["2021..2022", "2022"], name = "note", value = "guests" }', "one twice", ""),
        (
            'unpivot = { columns = ["2021"], name = "note", value = "guests" }\ncolumns = { 2021 = "open" }',
            "both mapped and unpivoted",
            "",
        ),
        ('profile = "comtrade"', "'comtrade'", "did you mean un-comtrade?"),
    ],
)
def test_a_mapping_that_cannot_be_is_told_in_words(judge, mapping, message, hint):
    report = judge(mapping + "\n", "held,country\n2023-05-26,CHN\n")
    found = [f for f in report if message in f.message]
    assert found, [f.message for f in report]
    assert {f.code for f in report} == {"manifest-error"}
    assert hint in found[0].hint


@pytest.mark.parametrize("name", profiles())
def test_a_profile_is_an_entry_that_a_manifest_could_have(name):
    profile = {key: value for key, value in profiles()[name].items() if key not in ("title", "needs")}
    manifest = tomllib.loads(HEAD) | {"files": [{"path": "x.csv", **profile}]}
    assert [violation.message for violation in violations(manifest, "contribution", "the manifest")] == []


def test_the_own_keys_of_an_entry_win_over_its_profile():
    own = {
        "profile": "un-comtrade",
        "columns": {"fobvalue": "value"},
        "constants": {"frequency": "A", "currency": "EUR"},
        "values": {"partner": {"97": "EUU"}, "reporter": "jurisdictions.iso2"},
        "where": [{"column": "motCode", "in": ["1", "2"]}],
    }
    entry = with_profile(own)
    assert "primaryValue" in entry["ignore"]
    assert "freqCode" in entry["ignore"]
    assert entry["columns"]["fobvalue"] == "value"
    assert entry["constants"]["currency"] == "EUR"
    assert entry["values"]["partner"] == ["jurisdictions.comtrade_code", {"97": "EUU"}]
    assert entry["values"]["reporter"] == ["jurisdictions.iso2"]
    assert [c["column"] for c in entry["where"]] == ["partner2Code", "customsCode", "motCode"]
    assert "partner2Code" in entry["optional"]
    assert "motCode" not in entry["optional"]


def test_a_cell_that_cannot_be_translated_is_not_merged(made):
    folder = made(TALKS + MINT + LABELS, "held,country\n2023-05-26,Chima\n")
    with pytest.raises(DepositaryError, match="because of errors"):
        merge(folder, [folder / "mine"], output_dir=folder / "out")


def test_a_snapshot_mints_no_ids(judge):
    assert "snapshot" in only(judge(MINT, "held,country\n2023-05-26,CHN\n", head=SNAPSHOT))[0]


# Laws


def written(rows: list[dict[str, str]], names: list[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([names, *([row[name] for name in names] for row in rows)])
    return text.getvalue()


LAW = """
mint = ["held", "country", "guests"]
columns = { day = "held", place = "country" }
split = { both = { by = "|", into = ["place", "note"] } }
values = { country = "countries.label" }
periods = { held = ["31.05.2022"] }
numbers = { guests = { decimal = ",", times = 10 } }
where = [{ column = "flow", equals = "M" }]
"""
NAMES = {"CHN": "China", "KOR": "South Korea", "NAM": "Namibia"}
EVENTS = st.builds(
    dict,
    held=st.dates(min_value=date(1900, 1, 1)).map(lambda day: day.isoformat()),
    country=st.sampled_from(sorted(NAMES)),
    guests=st.integers(min_value=0, max_value=1200).map(str),
    note=st.sampled_from(["aa", "at noon", "x" * 13, ""]),
    flow=st.sampled_from(["M", "X"]),
)


def theirs(event: dict[str, str]) -> dict[str, str]:
    """Write an event as the download has it."""
    year, month, day = event["held"].split("-")
    guests = f"{Decimal(event['guests']) / 10:f}".replace(".", ",")
    return {
        "day": f"{day}.{month}.{year}",
        "both": f"{NAMES[event['country']]}|{event['note']}",
        "guests": guests,
        "flow": event["flow"],
    }


@given(st.lists(EVENTS, max_size=12))
@settings(max_examples=40, deadline=None)
def test_a_mapped_file_is_judged_as_the_same_rows_in_our_form(events):
    kept = [event for event in events if event["flow"] == "M"]
    numbers = [at for at, event in enumerate(events, start=2) if event["flow"] == "M"]
    ours = [{**e, "kind": "talks", "event_id": minted_name([e["held"], e["country"], e["guests"]])} for e in kept]
    with TemporaryDirectory() as folder:
        base = Path(copytree(CASES / "demo", Path(folder) / "demo"))
        for name, manifest, file, text in (
            ("plain", HEAD, "events.csv", written(ours, ["held", "guests", "country", "note", "kind", "event_id"])),
            (
                "mapped",
                HEAD + THEIRS + TALKS + LAW,
                "theirs.csv",
                written([*map(theirs, events)], ["day", "both", "guests", "flow"]),
            ),
        ):
            (base / name).mkdir()
            (base / name / "contribution.toml").write_text(manifest, encoding="utf-8")
            (base / name / file).write_text(text, encoding="utf-8")
        plain, mapped = (depositary.validate(base / name, base) for name in ("plain", "mapped"))
    assert [(f.code, f.field, f.value) for f in plain if f.row] == [(f.code, f.field, f.value) for f in mapped if f.row]
    assert [numbers[f.row - 2] for f in plain if f.row] == [f.row for f in mapped if f.row]


def in_both_lanes(folder: Path) -> list[Report]:
    """Judge a contribution in the exact lane and in the fast one."""
    reports = []
    for small in (1 << 60, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(opened, "SMALL", small)
            patch.setattr(blocks, "SIZE", 512)
            patch.setattr(distinct, "_FEW", 0)
            reports.append(depositary.validate(folder / "mine", folder))
    return reports


@pytest.mark.short(3)
@pytest.mark.parametrize("head", [HEAD, SNAPSHOT], ids=["patch", "snapshot"])
@pytest.mark.parametrize(
    "mapping",
    [
        LABELS,
        'periods = { held = ["31.05.2022"] }\n',
        'numbers = { guests = { decimal = "," } }\n',
        'split = { extra = { by = "-", into = ["note", "open"] } }\n',
        'where = [{ column = "extra", not = "1" }]\n',
        'unpivot = { columns = ["extra", "more"], name = "note", value = "guests" }\nignore = ["guests", "extra"]\n',
    ],
)
def test_both_lanes_give_the_same_report(made, mapping, head):
    header = "event_id,held,country,guests,extra,more\n"
    cells = (
        ["China", "CHN", "", "Namib"],
        ["26.05.2023", "2023-05-26", "x"],
        ['"1,5"', "1", ""],
        ["1", "a-b", "true", ""],
    )
    rows = [
        f"ev-{n % 97},{cells[1][n % 3]},{cells[0][n % 4]},{cells[2][n % 3]},{cells[3][n % 4]},{n % 5}"
        for n in range(400)
    ]
    mapping = mapping if "extra" in mapping else f'{mapping}ignore = ["extra", "more"]\n'
    mapping = mapping if "more" in mapping else f'{mapping}ignore = ["more"]\n'
    folder = made(TALKS + mapping, header + "\n".join(rows) + "\n", head=head)
    exact, fast = in_both_lanes(folder)
    assert exact.to_json() == fast.to_json()


@pytest.mark.parametrize(
    "change", ['where = [{ column = "flow", equals = "M" }]\n', UNPIVOT.replace("join = {}\n", "")]
)
def test_both_lanes_name_the_rows_of_the_file(made, change):
    rows = [
        f"2023-05-{n % 28 + 1:02},{'KOR' if n % 9 else 'XXX'},{'MX'[n % 2]},{n % 7},,{n % 1200}" for n in range(300)
    ]
    years, other = 'mint = ["held", "note"]\nignore = ["flow"]\n', MINT + 'ignore = ["2021", "2022", "2023"]\n'
    mint = years if "unpivot" in change else other
    folder = made(TALKS + mint + change, "held,country,flow,2021,2022,2023\n" + "\n".join(rows) + "\n")
    exact, fast = in_both_lanes(folder)
    assert exact.to_json() == fast.to_json()
    strange = {n for n, row in enumerate(rows, start=2) if ",XXX," in row}
    assert {f.row for f in exact if f.code == "foreign-key"} <= strange
    assert {"foreign-key", "primary-key"} <= {f.code for f in exact}


# Reports


@pytest.mark.parametrize(
    "mapping",
    ['where = [{ column = "flow", equals = "M" }]\n', 'join = { note = { of = ["flow"] } }\n'],
    ids=["moved", "in place"],
)
def test_a_page_shows_the_rows_of_the_file(made, run, mapping):
    folder = made(TALKS + MINT + LABELS + mapping, "held,country,flow\n2023-05-25,China,XX\n2023-05-26,Chima,M\n")
    page = run("validate", "--base", folder, "--format", "html", folder / "mine").out
    assert "<mark>Chima</mark>" in page
    assert "untranslated: " not in page
    assert "2023-05-25" in page


LABEL = st.sampled_from(["held", "country", "guests", "note", "a", "b", "2021", "2022", "event_id", ""])
OURS = st.sampled_from(["held", "country", "guests", "note", "event_id", "kind", "strange"])
TEXT = st.sampled_from(["x", "", "M", "local:a", "untranslated: x", "\\N", "2022", "1,5"])
SOURCE = st.one_of(
    st.sampled_from(["countries.label", "countries.code", "events.note", "a.b"]), st.dictionaries(TEXT, TEXT)
)
ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "columns": st.dictionaries(LABEL, OURS, max_size=3),
        "constants": st.dictionaries(OURS, TEXT, max_size=2),
        "values": st.dictionaries(OURS, st.one_of(SOURCE, st.lists(SOURCE, min_size=1, max_size=2)), max_size=2),
        "periods": st.dictionaries(OURS, st.lists(st.sampled_from(["2022", "202205", "31.05.2022", "x"]), min_size=1)),
        "numbers": st.dictionaries(
            OURS, st.fixed_dictionaries({}, optional={"decimal": st.just(","), "times": st.just(2)})
        ),
        "mint": st.lists(OURS, min_size=1, max_size=3),
        "local": st.lists(OURS, max_size=2),
        "ignore": st.lists(LABEL, max_size=3),
        "where": st.lists(st.builds(lambda c, t: {"column": c, "not": t}, LABEL, TEXT), max_size=2),
        "split": st.dictionaries(LABEL, st.builds(lambda a, b: {"by": "-", "into": [a, b]}, LABEL, LABEL), max_size=2),
        "join": st.dictionaries(LABEL, st.builds(lambda a, b: {"of": [a, b], "by": "-"}, LABEL, LABEL), max_size=2),
        "unpivot": st.builds(
            lambda a, n, v: {"columns": [a, "2021..2022"], "name": n, "value": v}, LABEL, LABEL, LABEL
        ),
    },
)
CELLS = st.sampled_from(["", "2023-05-26", "CHN", "China", "1,5", "a-b", "local:x", "untranslated: x", "\\N", " "])


@given(ENTRY, st.lists(LABEL, min_size=1, max_size=6), st.lists(st.lists(CELLS, max_size=7), max_size=5))
@settings(max_examples=100, deadline=None)
def test_whatever_a_manifest_says_of_a_file_it_is_judged(entry, labels, rows):
    with TemporaryDirectory() as folder:
        base = Path(copytree(CASES / "demo", Path(folder) / "demo"))
        (base / "mine").mkdir()
        text = io.StringIO(newline="")
        csv.writer(text).writerows([labels, *rows])
        (base / "mine" / "theirs.csv").write_text(text.getvalue(), encoding="utf-8")
        lines = [f"{key} = {as_toml(value)}" for key, value in entry.items()]
        (base / "mine" / "contribution.toml").write_text(HEAD + THEIRS + "\n".join(lines), encoding="utf-8")
        report = depositary.validate(base / "mine", base)
    assert all("untranslated: " not in f.message or "untranslated: x" in f.message for f in report)
    assert {f.row for f in report} <= set(range(len(rows) + 2))


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{json.dumps(key)} = {as_toml(one)}' for key, one in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    return json.dumps(value)


def test_a_page_marks_the_cell_of_the_year(made, run):
    folder = made(TALKS + MINT_YEAR + UNPIVOT, "country,2021,2022,2023\nCHN,1,,3\nKOR,4,many,6\n")
    page = run("validate", "--base", folder, "--format", "html", folder / "mine").out
    assert page.count("<mark>") == 1
    assert "<mark>many</mark>" in page


def test_files_that_are_translated_by_other_code_lists_are_told_apart(made):
    folder = made(TALKS + MINT + LABELS, "held,country\n2023-05-26,China\n")
    one = Recall({}).file(find_target(folder / "mine", folder, None).inputs[0])
    assert Recall({}).file(find_target(folder / "mine", folder, None).inputs[0]) == one
    (folder / "countries.csv").write_text("code,label\nTWN,China\n", encoding="utf-8")
    assert Recall({}).file(find_target(folder / "mine", folder, None).inputs[0]) != one


def test_a_file_whose_rows_are_chosen_is_read_anew(made):
    folder = made(TALKS + MINT + 'where = [{ column = "note", not = "x" }]\n', "held,country,note\n2023-05-26,CHN,aa\n")
    one, other = (Recall({}).file(find_target(folder / "mine", folder, None).inputs[0]) for _ in range(2))
    assert one != other
