"""`depositary new package`: what is proposed for which tables, with which evidence, and what is left out."""

import csv
import gzip
import json
import os
import shutil
from datetime import date, datetime
from pathlib import Path

import frictionless
import polars as pl
import pytest
from conftest import CASES
from openpyxl import Workbook

import depositary
from depositary.drafting.package.draft import draft_package
from depositary.drafting.package.sources import table_name
from depositary.read.package import open_package
from depositary.read.rows import text_rows


def put(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return folder


def table(header: str, *rows: object) -> str:
    return "\n".join([header, *map(str, rows)]) + "\n"


def descriptor(folder: Path) -> dict:
    return json.loads((folder / "datapackage.json").read_text("utf-8"))


def resources(folder: Path) -> dict[str, dict]:
    return {one["name"]: one for one in descriptor(folder)["resources"]}


def field_of(folder: Path, name: str, of: str = "t") -> dict:
    return next(field for field in resources(folder)[of]["schema"]["fields"] if field["name"] == name)


def evidence(folder: Path, about: str, what: str, of: str = "t") -> dict:
    lines = json.loads((folder / "proposals.json").read_text("utf-8"))["evidence"][of]
    return next(line for line in lines if (line["about"], line["what"]) == (about, what))


def drafted(folder: Path, **texts: str) -> Path:
    draft_package(put(folder, **texts))
    return folder


def is_valid(folder: Path) -> bool:
    report = frictionless.Package(str(folder / "datapackage.json")).validate()
    return report.valid and depositary.validate(folder).valid


# Types


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("v", ["0101", "0102", "2204"], {"type": "string"}),
        ("v", ["1", "-2", "30"], {"type": "integer"}),
        ("hs_code", ["101", "2204"], {"type": "string"}),
        ("hs6", ["101", "2204"], {"type": "string"}),
        ("v", ["12345678901234567890"], {"type": "string"}),
        ("v", ["1.5", "2", "1e-3"], {"type": "number"}),
        ("v", ["1,5", "12,25", "3"], {"type": "number", "decimalChar": ","}),
        ("v", ["1.234,5", "12"], {"type": "number", "decimalChar": ",", "groupChar": "."}),
        ("v", ["1,234,567", "5"], {"type": "number", "groupChar": ","}),
        ("v", ["1 234", "12,5"], {"type": "number", "decimalChar": ",", "groupChar": " "}),
        ("v", ["1,234", "5,678"], {"type": "string"}),
        ("year", ["1999", "2020"], {"type": "year"}),
        ("visitors", ["1999", "2020"], {"type": "integer"}),
        ("v", ["2020-01-31", "2021-12-01"], {"type": "date"}),
        ("v", ["2020-02-30", "2021-12-01"], {"type": "string"}),
        ("v", ["31.12.2020", "1.2.2021"], {"type": "date", "format": "%d.%m.%Y"}),
        ("v", ["12/31/2020", "01/02/2021"], {"type": "date", "format": "%m/%d/%Y"}),
        ("v", ["05/04/2020", "06/07/2021"], {"type": "string"}),
        ("v", ["2020-05", "2021-12"], {"type": "yearmonth"}),
        ("v", ["2020-01-31T10:00:00", "2021-12-01T11:30:00"], {"type": "datetime"}),
        ("v", ["10:00:00", "23:59:59"], {"type": "time"}),
        ("v", ["TRUE", "FALSE"], {"type": "boolean"}),
        ("v", ["yes", "no"], {"type": "string"}),
        (
            "v",
            ["2020", "2020-05", "2020-05-31"],
            {"type": "string", "rdfType": "http://id.loc.gov/datatypes/edtf/EDTF"},
        ),
        ("v", ["", ""], {"type": "string"}),
    ],
)
def test_a_type_reads_every_value_and_codes_stay_as_they_are(tmp_path, name, values, expected):
    quoted = [f"r{at};{value}" for at, value in enumerate(values)]
    folder = drafted(tmp_path / "p", t=table(f"key;{name}", *quoted))
    found = field_of(folder, name)
    assert {key: found[key] for key in found if key not in ("name", "constraints", "merge")} == expected
    assert evidence(folder, name, "type")["why"]
    assert is_valid(folder)


def test_numbers_that_all_have_as_many_digits_are_codes(tmp_path):
    folder = drafted(tmp_path / "p", t=table("name,item,many", *(f"n{n},{854110 + n},{n * 977}" for n in range(30))))
    assert field_of(folder, "item")["type"] == "string"
    assert evidence(folder, "item", "type")["why"] == "all 30 values have 6 digits, as codes have"
    assert field_of(folder, "many")["type"] == "integer"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["2020-01-02", "2021-03-04", "02.01.2020"], "dates in several forms"),
        (["05/04/2023", "06/05/2023"], "not clear whether the day or the month is first"),
        (["1,234", "5,678"], "not clear whether the mark is for decimals or thousands"),
        ([*map(str, range(30)), "about 5"], "30 of 31 values are numbers, 1 are not"),
    ],
)
def test_what_keeps_a_column_from_being_dates_or_numbers_is_for_a_person_to_decide(run, tmp_path, values, said):
    put(tmp_path / "p", t=table("a;v", *(f"r{at};{value}" for at, value in enumerate(values))))
    done = run("new", "package", tmp_path / "p")
    assert done.code == 0
    assert f"to decide: v: {said}" in done.out or said in done.out


# Missing values


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        (["1", "NA", "2.5"], ["", "NA"]),
        (["1", "..", "-"], ["", "-", ".."]),
        (["KR", "NA", "CN"], None),
        (["Korea", "NA", "China"], ["", "NA"]),
        (["apples", "N/A", "NULL"], ["", "N/A", "NULL"]),
        (["high", "None", "low"], None),
        (["NA", "NA", "NA"], ["", "NA"]),
    ],
)
def test_texts_for_missing_values_are_proposed_where_they_cannot_be_values(tmp_path, values, missing):
    folder = drafted(tmp_path / "p", t=table("a,v", *(f"r{at},{value}" for at, value in enumerate(values))))
    assert field_of(folder, "v").get("missingValues") == missing
    line = evidence(folder, "v", "missingValues")
    assert "3 rows" in line["why"]
    assert bool(line["proposed"]) is (missing is not None)
    assert is_valid(folder)


# Keys


def test_a_key_is_proposed_with_its_evidence(tmp_path):
    folder = drafted(tmp_path / "p", t=table("v,case_id", *(f"{n % 7},C{n}" for n in range(5613))))
    assert resources(folder)["t"]["schema"]["primaryKey"] == ["case_id"]
    assert evidence(folder, "case_id", "primaryKey")["why"] == "unique in 5,613 rows, and never blank"


def test_the_fewest_columns_that_are_unique_together_are_the_key(tmp_path):
    rows = [
        f"{c},{p},{y},{n}.5" for n, (c, p, y) in enumerate((c, p, y) for c in "KC" for p in "AB" for y in (2020, 2021))
    ]
    folder = drafted(tmp_path / "p", t=table("reporter,partner,year,value", *rows))
    assert resources(folder)["t"]["schema"]["primaryKey"] == ["reporter", "partner", "year"]
    assert evidence(folder, "reporter, partner, year", "primaryKey")["why"].startswith("together unique in 8 rows")


def test_rows_that_keep_an_id_from_being_unique_are_named(tmp_path):
    rows = [f"A{n},{n % 3}" for n in range(60)]
    folder = drafted(tmp_path / "p", t=table("case_id,v", *rows, "A7,9", ",1"))
    assert "primaryKey" not in resources(folder)["t"]["schema"]
    why = evidence(folder, "case_id", "primaryKey")["why"]
    assert '"A7" in rows 9, 62' in why
    assert "blank in row 63" in why


@pytest.mark.parametrize(
    ("header", "key", "proposed"),
    [
        ("no,v", ["no"], "no"),
        ("v,title", ["title"], "title"),
        ("w,people", None, ""),
    ],
)
def test_a_number_that_is_unique_is_the_key_only_where_it_comes_first(tmp_path, header, key, proposed):
    rows = {"no,v": ("1,5", "2,5"), "v,title": ("5,a", "5,b"), "w,people": ("x,100", "x,200")}[header]
    folder = drafted(tmp_path / "p", t=table(header, *rows))
    assert resources(folder)["t"]["schema"].get("primaryKey") == key
    line = evidence(folder, proposed or "people", "primaryKey")
    assert line["proposed"] == proposed
    assert "unique" in line["why"]
    assert is_valid(folder)


def test_a_column_with_characters_that_cannot_be_seen_is_no_key(tmp_path):
    folder = drafted(tmp_path / "p", t=table("case_id,v", "K1,x", "K2\u200b,x", "\ufeffK3,x"))
    assert "primaryKey" not in resources(folder)["t"]["schema"]
    why = evidence(folder, "case_id", "primaryKey")["why"]
    assert r'2 cells with characters that cannot be seen: first "K2\u200b"' in why
    assert is_valid(folder)


def test_a_table_without_a_key_says_so(tmp_path):
    folder = drafted(tmp_path / "p", t=table("a,b", "1,x", "1,x", "2,y"))
    assert "primaryKey" not in resources(folder)["t"]["schema"]
    assert "rows 2, 3 are alike" in evidence(folder, "", "primaryKey")["why"]


# References

COUNTRIES = table("code,name", *(f"C{n:03},Country {n}" for n in range(240)))


def test_a_reference_is_proposed_with_its_evidence(tmp_path):
    flows = table("flow_id,country,v", *(f"f{n},C{n % 240:03},{n}" for n in range(500)))
    folder = drafted(tmp_path / "p", countries=COUNTRIES, flows=flows)
    assert resources(folder)["flows"]["schema"]["foreignKeys"] == [
        {"fields": ["country"], "reference": {"resource": "countries", "fields": ["code"]}}
    ]
    assert evidence(folder, "country", "foreignKeys", "flows")["why"] == "all of 240 values are in `countries.code`"
    assert is_valid(folder)


def test_values_that_are_nearly_all_in_another_table_are_named_and_nothing_is_proposed(tmp_path):
    flows = table("flow_id,country,v", *(f"f{n},C{n % 245:03},{n}" for n in range(500)))
    folder = drafted(tmp_path / "p", countries=COUNTRIES, flows=flows)
    assert "foreignKeys" not in resources(folder)["flows"]["schema"]
    line = evidence(folder, "country", "foreignKeys", "flows")
    assert line["proposed"] == ""
    assert '240 of 245 values are in `countries.code`, but not "C240", "C241", "C242"' in line["why"]


def test_numbers_that_refer_to_codes_become_codes(tmp_path):
    folder = drafted(
        tmp_path / "p",
        products=table("product,label", "0101,Horses", "8541,Diodes", "8542,Circuits"),
        sales=table("n;product;v", "a;8541;2", "b;8542;3", "c;8541;4"),
    )
    assert field_of(folder, "product", "sales")["type"] == "string"
    assert resources(folder)["sales"]["schema"]["foreignKeys"]
    assert is_valid(folder)


def test_tables_may_refer_to_each_other_and_to_themselves(tmp_path):
    people = table("emp_id,dept_id,boss_id", *(f"E{n:02},D{n % 4},{f'E{n // 3:02}' if n else ''}" for n in range(20)))
    folder = drafted(
        tmp_path / "p", employees=people, departments=table("dept_id,head_id", *(f"D{n},E0{n}" for n in range(4)))
    )
    keys = {
        (name, *one["fields"]): one["reference"]["resource"]
        for name, resource in resources(folder).items()
        for one in resource["schema"]["foreignKeys"]
    }
    assert keys == {
        ("employees", "dept_id"): "departments",
        ("employees", "boss_id"): "",
        ("departments", "head_id"): "employees",
    }
    assert is_valid(folder)


def test_a_key_of_several_columns_can_be_referred_to(tmp_path):
    pairs = [(c, y) for c in ("KOR", "CHN") for y in range(2000, 2010)]
    folder = drafted(
        tmp_path / "p",
        panel=table("iso3,year,gdp", *(f"{c},{y},{y / 7:.3f}" for c, y in pairs)),
        notes=table("note_id,iso3,year", *(f"n{at},{c},{y}" for at, (c, y) in enumerate([*pairs, *pairs]))),
    )
    (key,) = resources(folder)["notes"]["schema"]["foreignKeys"]
    assert key == {"fields": ["iso3", "year"], "reference": {"resource": "panel", "fields": ["iso3", "year"]}}
    assert (
        evidence(folder, "iso3, year", "foreignKeys", "notes")["why"]
        == "all of 20 combinations are in `panel` (iso3, year)"
    )
    assert is_valid(folder)


def test_of_two_tables_with_the_same_keys_only_one_refers_to_the_other(tmp_path):
    both = [f"C{n},x{n}" for n in range(9)]
    folder = drafted(tmp_path / "p", countries=table("iso3,name", *both), capitals=table("iso3,city", *both))
    assert "foreignKeys" in resources(folder)["capitals"]["schema"]
    assert "foreignKeys" not in resources(folder)["countries"]["schema"]


# Values and roles


def test_few_values_are_a_list_with_their_count(tmp_path):
    folder = drafted(tmp_path / "p", t=table("id,flow", *(f"r{n},{'XM'[n % 2]}" for n in range(40))))
    assert field_of(folder, "flow")["constraints"] == {"enum": ["M", "X"]}
    assert evidence(folder, "flow", "enum")["why"] == "2 values in 40 rows, each 20 times on average"


def test_roles_in_a_merge_are_proposed(tmp_path):
    folder = drafted(
        tmp_path / "p",
        sources=table("source_id,title", "src-a,A", "src-b,B"),
        measures=table(
            "measure_id,source_id,coded_by,countries",
            "m-1,src-a,ann,KOR;CHN",
            "m-2,src-b,ben,KOR",
            "m-3,src-a,ann,CHN; USA",
        ),
    )
    roles = {field["name"]: field.get("merge") for field in resources(folder)["measures"]["schema"]["fields"]}
    assert roles == {
        "measure_id": {"as": "id", "prefix": "m-"},
        "source_id": {"as": "source"},
        "coded_by": {"as": "contributor"},
        "countries": {"as": "set", "separator": ";"},
    }
    assert evidence(folder, "source_id", "merge", "measures")["why"] == "it refers to `sources`"


# How files are written


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_encodings_and_marks_between_cells_are_found(tmp_path, encoding, mark):
    text = table(f"key{mark}country{mark}v", f"a{mark}Corée{mark}1", f"b{mark}Perú{mark}2")
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    draft_package(tmp_path)
    assert [field["name"] for field in resources(tmp_path)["t"]["schema"]["fields"]] == ["key", "country", "v"]
    assert resources(tmp_path)["t"]["encoding"] == encoding.removesuffix("-sig")
    assert is_valid(tmp_path)
    assert [row["country"] for row in text_rows(open_package(tmp_path)["t"])] == ["Corée", "Perú"]


def test_a_file_that_mixes_encodings_is_named(run, tmp_path):
    (tmp_path / "t.csv").write_bytes("id,n\n1,Corée\n".encode() + "2,Corée\n".encode("cp1252"))
    done = run("new", "package", tmp_path)
    assert "to decide: encoding: some bytes are UTF-8" in done.out


def test_a_compressed_table_is_read(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"id,v\na,0101\nb,0202\n"))
    draft_package(tmp_path)
    assert field_of(tmp_path, "v")["type"] == "string"
    assert depositary.validate(tmp_path).valid  # frictionless leaves the archive open


def workbook(file: Path, **sheets: list) -> None:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(file)


def test_each_sheet_of_a_workbook_is_written_as_a_table(tmp_path):
    treaties = [
        ["treaty_id", "signed", "code"],
        ["T1", date(2020, 1, 31), "0101"],
        [],
        ["T2", date(2021, 2, 1), "0202"],
    ]
    workbook(
        tmp_path / "Treaties 2024.xlsx", Treaties=treaties, Parties=[["treaty_id", "iso3"], ["T1", "KOR"]], Empty=[]
    )
    draft_package(tmp_path)
    assert {name: one["path"] for name, one in resources(tmp_path).items()} == {
        "treaties": "data/treaties.csv",
        "parties": "data/parties.csv",
    }
    assert (tmp_path / "data/treaties.csv").read_text(
        "utf-8"
    ) == "treaty_id,signed,code\nT1,2020-01-31,0101\nT2,2021-02-01,0202\n"
    assert [field["type"] for field in resources(tmp_path)["treaties"]["schema"]["fields"]] == [
        "string",
        "date",
        "string",
    ]
    assert resources(tmp_path)["parties"]["sources"] == [{"title": "Treaties 2024.xlsx, sheet Parties"}]
    assert is_valid(tmp_path)


def test_an_opendocument_workbook_is_drafted_as_one_of_excel(tmp_path):
    shutil.copy(CASES / "opendocument" / "odd.ods", tmp_path)
    draft_package(tmp_path)
    assert [*resources(tmp_path)] == ["events", "countries", "notes"]
    assert field_of(tmp_path, "code", "countries")["type"] == "string"
    assert depositary.validate(tmp_path).valid


def test_a_workbook_with_one_sheet_without_a_name_is_called_as_the_file(tmp_path):
    workbook(tmp_path / "Länder.xlsx", Sheet1=[["iso3"], ["KOR"]])
    draft_package(tmp_path)
    assert [*resources(tmp_path)] == ["lander"]


def test_parquet_is_written_as_a_table_and_its_texts_stay_texts(tmp_path):
    frame = pl.DataFrame(
        {
            "code": ["101", "202"],
            "n": [1, None],
            "x": [0.1, 1e20],
            "day": [datetime(2020, 1, 2), datetime(2021, 1, 2)],  # noqa: DTZ001 (as pandas writes days)
            "at": [datetime(2020, 1, 2, 3, 4, 5), None],  # noqa: DTZ001
            "yes": [True, False],
            "many": [[1, 2], []],
        }
    )
    frame.write_parquet(tmp_path / "t.parquet")
    draft_package(tmp_path)
    types = {field["name"]: field["type"] for field in resources(tmp_path)["t"]["schema"]["fields"]}
    expected = {"code": "string", "n": "integer", "x": "number", "day": "date", "at": "datetime", "yes": "boolean"}
    assert types == {**expected, "many": "string"}
    assert is_valid(tmp_path)


# What is left out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("0101,Horses,5.0\n0102,Mules,2.5\n", "the first row has data"),
        ("a,b,a\n1,2,3\n", '2 columns are named "a"'),
        ("Table 1. Tariffs,,\n,,\nhs,rate,x\n0101,5,1\n", "a title"),
        (",a\n0,x\n1,y\n", "numbers the rows"),
        ("a,,b\n1,2,3\n", "column 2 has no name"),
        ("sep=;\na;b\n1;2\n", "only for spreadsheets"),
        ("<!DOCTYPE html>\n<p>x\n", "a web page"),
        ('{"a": 1}\n', "JSON"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"),
        ("<<<<<<< HEAD\na,b\n=======\n", "git left two versions"),
        ("PK\x03\x04aaaa", "Excel workbook"),
        ("a\0,b\n1,2\n", "U+0000"),
    ],
)
def test_a_file_that_is_no_table_is_left_out_with_the_reason(run, tmp_path, text, said):
    put(tmp_path, other=text, t="id,v\na,1\nb,2\n")
    done = run("new", "package", tmp_path)
    assert (done.code, [*resources(tmp_path)]) == (1, ["t"])
    (line,) = [line for line in done.out.splitlines() if line.startswith("  other.csv: ")]
    assert said in line
    assert is_valid(tmp_path)


def test_files_that_are_not_read_are_named(run, tmp_path):
    put(tmp_path, t="id,v\na,1\n")
    (tmp_path / "outside").mkdir()
    for name in ("old.xls", "data.zip", "notes.csv.txt", "README.md"):
        (tmp_path / name).write_bytes(b"x")
    put(tmp_path / "package", x="a\n1\n")
    (tmp_path / "package" / "datapackage.json").write_text("{}")
    away = put(tmp_path.parent / f"{tmp_path.name}-away", far="a\n1\n")
    (tmp_path / "far.csv").symlink_to(away / "far.csv")
    (tmp_path / "linked").symlink_to(away)
    os.mkfifo(tmp_path / "pipe.csv")
    done = run("new", "package", tmp_path)
    left = [
        line.strip().partition(":")[0]
        for line in done.out.partition("Left out:\n")[2].partition("\n\n")[0].splitlines()
    ]
    assert sorted(left) == ["data.zip", "far.csv", "linked/", "notes.csv.txt", "old.xls", "package/", "pipe.csv"]
    assert [*resources(tmp_path)] == ["t"]


@pytest.mark.parametrize("kind", ["missing", "empty", "file", "only bad"])
def test_a_folder_without_tables_is_refused_in_one_line(run, tmp_path, kind):
    folder = tmp_path / "p"
    if kind == "file":
        folder.write_text("x")
    if kind in ("empty", "only bad"):
        folder.mkdir()
    if kind == "only bad":
        (folder / "t.csv").write_text("")
    done = run("new", "package", folder)
    assert (done.code, done.out) == (2, "")
    assert not (tmp_path / "p" / "datapackage.json").exists()
    assert sorted(path.name for path in tmp_path.rglob("*")) in ([], ["p"], ["p", "t.csv"])


def test_a_row_with_too_many_or_too_few_cells_is_named(run, tmp_path):
    put(tmp_path, t="id,v\na,1\nb\nc,3,4\n")
    done = run("new", "package", tmp_path)
    assert "to decide: rows: 2 of 3 rows have more or fewer cells than the header: rows 3, 4" in done.out


def test_a_row_without_a_value_is_named(run, tmp_path):
    put(tmp_path, t="id,v\na,1\n,NA\nb,2\n")
    assert "to decide: rows: no value in row 3" in run("new", "package", tmp_path).out


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["Table 1"], [], ["id", "v"], ["a", 1]], 'row 1 has only "Table 1", a title'),
        ([["id", "v"], ["a", 1, "odd"]], 'the cell "odd" is in a column without a name'),
        ([[], ["id", "v"], ["a", 1]], "the first row is blank"),
    ],
)
def test_a_sheet_that_is_no_table_is_left_out_with_the_reason(run, tmp_path, rows, said):
    workbook(tmp_path / "b.xlsx", Odd=rows, Good=[["id"], ["a"]])
    done = run("new", "package", tmp_path)
    assert (done.code, [*resources(tmp_path)]) == (1, ["good"])
    assert f"b.xlsx, sheet Odd: {said}" in done.out
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["good.csv"]


# Names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Zölle 2024 (neu)", "zolle_2024_neu"),
        ("2020", "t_2020"),
        ("...", "table"),
        ("关税", "guanshui"),
        ("a-b.c", "a_b_c"),
    ],
)
def test_tables_get_names_that_all_programs_take(text, name):
    assert table_name(text) == name


def test_two_files_of_one_name_become_two_tables_and_are_named(run, tmp_path):
    put(tmp_path, t="id,v\na,1\n")
    put(tmp_path / "more", t="id,v\nb,1\n")
    done = run("new", "package", tmp_path)
    assert {name: one["path"] for name, one in resources(tmp_path).items()} == {"t": "t.csv", "t_2": "more/t.csv"} or {
        name: one["path"] for name, one in resources(tmp_path).items()
    } == {"t": "more/t.csv", "t_2": "t.csv"}
    assert "has the name t too" in done.out
    assert "has the same columns" in done.out


# Updates


def edit(folder: Path, change) -> str:
    document = descriptor(folder)
    change(document)
    text = json.dumps(document, indent=2)
    (folder / "datapackage.json").write_text(text, encoding="utf-8")
    return text


def test_a_descriptor_is_not_replaced_without_update(run, tmp_path):
    drafted(tmp_path, t="id,v\na,1\n")
    before = (tmp_path / "datapackage.json").read_bytes()
    done = run("new", "package", tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "--update" in done.err
    assert (tmp_path / "datapackage.json").read_bytes() == before


def test_an_update_adds_what_is_new_and_keeps_what_was_edited(run, tmp_path):
    drafted(tmp_path, t=table("id,v,w", *(f"r{n},{'ab'[n % 2]},{n}" for n in range(20))))

    def change(document):
        document["title"] = "My package"
        (resource,) = document["resources"]
        resource["name"] = "things"
        resource["schema"]["fields"][1]["constraints"]["enum"] = ["a", "b", "c"]
        resource["schema"]["fields"][1]["title"] = "Kind"
        resource["schema"]["fields"][2]["type"] = "string"

    edit(tmp_path, change)
    put(tmp_path, t=table("id,new,v,w", *(f"r{n},x,{'ad'[n % 2]},{n}.5" for n in range(20))), more="id,t\na,r1\nb,r2\n")
    done = run("new", "package", tmp_path, "--update")
    assert done.code == 0, done.out
    assert "new: things.new" in done.out
    assert "new: more" in done.out
    assert [*resources(tmp_path)] == ["things", "more"]
    fields = {field["name"]: field for field in resources(tmp_path)["things"]["schema"]["fields"]}
    assert [*fields] == ["id", "new", "v", "w"]
    assert fields["v"] == {"name": "v", "type": "string", "constraints": {"enum": ["a", "b", "c"]}, "title": "Kind"}
    assert fields["w"]["type"] == "string"
    assert descriptor(tmp_path)["title"] == "My package"
    assert resources(tmp_path)["more"]["schema"]["foreignKeys"][0]["reference"]["resource"] == "things"


def test_an_update_says_what_it_changed_and_what_is_no_longer_proposed(run, tmp_path):
    drafted(tmp_path, t="id,v\na,1\nb,2\n")
    put(tmp_path, t="id,v\na,1\na,2.5\n")
    done = run("new", "package", tmp_path, "--update")
    assert 'changed: t.v.type from "integer" to "number"' in done.out
    assert 'no longer proposed, and removed: t.primaryKey ["id"]' in done.out


def test_what_the_files_no_longer_have_is_named_and_kept(run, tmp_path):
    drafted(tmp_path, t="id,v\na,1\n", gone="id\nx\n")
    put(tmp_path, t="id\na\n")
    (tmp_path / "gone.csv").unlink()
    for _ in range(2):
        done = run("new", "package", tmp_path, "--update")
        assert done.code == 1
        assert "t.v: t.csv has no such column" in done.out
        assert "gone: there is no file gone.csv" in done.out
        assert [*resources(tmp_path)] == ["gone", "t"]
        assert [field["name"] for field in resources(tmp_path)["t"]["schema"]["fields"]] == ["id", "v"]


def test_what_was_removed_by_hand_stays_removed(run, tmp_path):
    drafted(tmp_path, t="id,v\na,1\nb,2\n", u="t_id\na\n", w="x,y\n1,2\n")

    def change(document):
        document["resources"] = [one for one in document["resources"] if one["name"] != "t"]

    drafted_before = edit(tmp_path, change)
    done = run("new", "package", tmp_path, "--update")
    assert "t.csv: you removed it from the descriptor" in done.out
    assert [*resources(tmp_path)] == ["u", "w"]
    assert json.loads(drafted_before)["resources"][1] == descriptor(tmp_path)["resources"][1]


def test_a_descriptor_that_was_written_by_hand_gets_only_what_is_new(run, tmp_path):
    put(tmp_path, t="id,v\na,1\nb,2\n", u="id\na\n")
    mine = {"name": "t", "path": "t.csv", "schema": {"fields": [{"name": "id", "type": "any"}]}}
    (tmp_path / "datapackage.json").write_text(json.dumps({"name": "mine", "resources": [mine]}))
    done = run("new", "package", tmp_path, "--update")
    assert done.code == 0, done.out
    first, second = descriptor(tmp_path)["resources"]
    assert first["schema"] == {"fields": [{"name": "id", "type": "any"}, {"name": "v", "type": "integer"}]}
    assert {key: value for key, value in first.items() if key != "schema"} == {"name": "t", "path": "t.csv"}
    assert second["name"] == "u"


def test_a_mark_or_encoding_that_was_corrected_is_used(tmp_path):
    drafted(tmp_path, t="a;b|c;d\nx;1|2;y\nx;3|4;y\n")
    assert resources(tmp_path)["t"]["dialect"] == {"delimiter": ";"}
    edit(tmp_path, lambda document: document["resources"][0].update(dialect={"delimiter": "|"}))
    draft_package(tmp_path, update=True)
    assert {"a;b", "c;d"} <= {field["name"] for field in resources(tmp_path)["t"]["schema"]["fields"]}


def test_a_table_that_was_written_follows_its_workbook_until_it_is_edited(run, tmp_path):
    workbook(tmp_path / "b.xlsx", Parties=[["id", "v"], ["a", 1]])
    draft_package(tmp_path)
    workbook(tmp_path / "b.xlsx", Parties=[["id", "v"], ["a", 2]])
    draft_package(tmp_path, update=True)
    assert (tmp_path / "data/parties.csv").read_text("utf-8") == "id,v\na,2\n"
    (tmp_path / "data/parties.csv").write_text("id,v\na,3\n", encoding="utf-8")
    workbook(tmp_path / "b.xlsx", Parties=[["id", "v"], ["a", 4]])
    for _ in range(2):
        done = run("new", "package", tmp_path, "--update")
        assert "data/parties.csv was edited" in done.out
        assert (tmp_path / "data/parties.csv").read_text("utf-8") == "id,v\na,3\n"
        assert [*resources(tmp_path)] == ["parties"]
    (tmp_path / "b.xlsx").unlink()
    assert "it is gone" in run("new", "package", tmp_path, "--update").out
    assert [*resources(tmp_path)] == ["parties"]


def test_files_that_a_resource_has_together_are_not_drafted_again(run, tmp_path):
    put(tmp_path, a="id\nx\n", b="id\ny\n", c="id\nz\n")
    mine = {"name": "c", "path": ["a.csv", "b.csv"], "schema": {"fields": [{"name": "id", "type": "string"}]}}
    (tmp_path / "datapackage.json").write_text(
        json.dumps({"name": "mine", "resources": [mine, {"name": "x", "data": []}]})
    )
    done = run("new", "package", tmp_path, "--update")
    assert "a.csv: it is a part of c, which has several files" in done.out
    assert [*resources(tmp_path)] == ["c", "x", "c_2"]
    assert resources(tmp_path)["c"] == mine


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"resources": 1}', '{"resources": [1]}', '{"resources": [{"schema": {"fields": 1}}]}']
)
def test_a_broken_descriptor_stops_an_update_in_one_line(run, tmp_path, text):
    put(tmp_path, t="id\na\n")
    (tmp_path / "datapackage.json").write_text(text)
    done = run("new", "package", tmp_path, "--update")
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert (tmp_path / "datapackage.json").read_text() == text


@pytest.mark.parametrize("text", ["[]", "{", "{}", '{"format": 1, "written": {}, "descriptor": {"resources": 1}}'])
def test_a_broken_record_stops_an_update_in_one_line(run, tmp_path, text):
    drafted(tmp_path, t="id\na\n")
    (tmp_path / "proposals.json").write_text(text)
    done = run("new", "package", tmp_path, "--update")
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)


# Afterwards


def test_a_drafted_package_is_contributed_to_merged_and_exported(run, tmp_path):
    base = put(
        tmp_path / "base",
        measures="measure_id;country;rate;kinds\nm-1;KOR;1,5;a;\n".replace("a;", "a")
        + "m-2;CHN;2,0;a|b\nm-3;KOR;0,5;b\n",
        countries="iso3;label\nKOR;Korea\nCHN;China\n",
    )
    assert run("new", "package", base).code == 0
    who = ("--by", "ctr-ann", "--license", "CC0-1.0")
    assert run("new", "contribution", tmp_path / "ann" / "b1", "--base", base, *who).code == 0
    (tmp_path / "ann" / "b1" / "countries.csv").unlink()
    with (tmp_path / "ann" / "b1" / "measures.csv").open("a", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["m-2", "", "2,5", "a|b|c"], ["local:new", "CHN", "4,0", ""]])
    assert run("validate", tmp_path / "ann" / "b1", "--base", base).code == 0
    merged = run("merge", base, tmp_path / "ann" / "b1", "--output-dir", tmp_path / "out")
    assert merged.code == 0, merged.err
    rows = list(csv.DictReader((tmp_path / "out" / "measures.csv").read_text("utf-8").splitlines()))
    assert {row["measure_id"][:2] for row in rows} == {"m-"}
    assert {"rate": "2,5", "kinds": "a|b|c"}.items() <= next(row for row in rows if row["measure_id"] == "m-2").items()
    assert len(rows) == 4
    assert run("validate", tmp_path / "out").code == 0
    done = run("export", tmp_path / "out", "--to", "csv,parquet,sqlite", "--output-dir", tmp_path / "exported")
    assert done.code == 0, done.err
    shutil.rmtree(tmp_path / "exported")
