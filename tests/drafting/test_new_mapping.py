"""`depositary new mapping`: what the draft takes from a file, and that nothing uncertain is more than a comment."""

import tomllib

import pytest
from conftest import ROOT

BASE = ROOT / "datapackage"


@pytest.fixture
def draft(run, tmp_path):
    """Draft an entry for a file of a text."""

    def drafted(text: str, table: str = "trade_flows") -> tuple[str, dict]:
        file = tmp_path / "flows.csv"
        file.write_text(text, encoding="utf-8")
        done = run("new", "mapping", file, "--table", table, "--base", BASE)
        assert done.code == 0, done.err
        return done.out, tomllib.loads(done.out)["files"][0]

    return drafted


def test_a_file_of_a_profile_needs_only_what_the_profile_does_not_give(draft):
    text, entry = draft("period,reporterCode,flowCode,partnerCode,cmdCode,primaryValue,shoe\n2022,842,M,0,01,5,7\n")
    assert entry == {"path": "flows.csv", "profile": "un-comtrade", "constants": {}}
    assert '# ignore "shoe", or map it: "7"' in text
    assert "# source_id = " in text
    assert "# classification = " in text
    assert "# value = " not in text


def test_columns_are_taken_from_names_and_say_so(draft):
    text, entry = draft("Reporter,PARTNER,Product code,phone\nKOR,CHN,0101,7\n")
    assert entry["columns"] == {"Reporter": "reporter", "PARTNER": "partner", "Product code": "product_code"}
    assert text.count("the names are alike; check") == 3
    assert '# ignore "phone", or map it: "7"' in text


def test_a_code_list_is_taken_from_values(draft):
    text, entry = draft("reporter,partner\n842,KOR\n490,CHN\n97,WLD\n")
    assert entry["values"] == {"reporter": "jurisdictions.comtrade_code"}
    assert "it has 3 of 3 values" in text


def test_other_lists_with_as_many_values_are_named(draft):
    text, entry = draft("reporter\nKR\nCN\n")
    assert entry["values"] == {"reporter": "jurisdictions.iso2"}
    text, _ = draft("reporter\n410\n156\n")
    assert "so do jurisdictions.comtrade_code" in text or "so do comtrade_code, gta_code" in text


@pytest.mark.parametrize(
    ("values", "forms"),
    [
        (["202205", "202206"], ["202205"]),
        (["2022", "202206"], ["2022", "202205"]),
        (["2022Q1"], ["2022Q1"]),
        (["2022M11"], ["2022M05"]),
        (["2022-05", "2022"], None),
        (["May 22"], None),
    ],
)
def test_forms_of_periods_are_taken_from_values(draft, values, forms):
    _, entry = draft("period,flow\n" + "".join(f"{value},M\n" for value in values))
    assert entry.get("periods", {}).get("period") == forms


def test_what_is_not_certain_is_a_comment(draft):
    text, entry = draft('period,value,flow\nMay 22,"1.234,5",Einfuhr\n')
    assert {key: value for key, value in entry.items() if value} == {
        "path": "flows.csv",
        "table": "trade_flows",
        "mint": ["period", "flow"],
    }
    assert '# value = { decimal = ",", group = "." }  # "1.234,5"' in text
    assert "# period = […]" in text
    assert '# flow = { "Einfuhr" = … }' in text


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (["1,234"], '# value = { group = "," }  # "1,234" is 1234; with { decimal = "," } it is 1.234; check'),
        (["1,234", "12,345.5"], '# value = { group = "," }  # "1,234" is 1234'),
        (["1,234", "0,5"], '# value = { decimal = "," }  # "1,234" is 1.234'),
        (["1,234", "1,234,567"], '# value = { group = "," }  # "1,234" is 1234'),
        (["0,125"], '# value = { decimal = "," }  # "0,125" is 0.125'),
        (["7", "1.234"], '# value: as it is  # "1.234" is 1.234; with { decimal = ",", group = "." } it is 1234;'),
        (["1.234.567"], '# value = { decimal = ",", group = "." }  # "1.234.567" is 1234567'),
        (["1 234,5"], '# value = { decimal = ",", group = " " }  # "1 234,5" is 1234.5'),
        (["1\u202f234"], '# value = { group = "\\u202f" }  # "1 234" is 1234'),
        (["1'234"], '# value = { group = "\'" }  # "1\'234" is 1234'),
        (["5", "1,2,3"], '# value = { decimal = "…", group = "…" }  # "1,2,3" is not a number'),
        (["1,234.5", "1.234,5"], '# value = { decimal = "…", group = "…" }  # they are not in one form'),
        (["1.234", "0.5"], None),
        (["1234", "-5", "1e3"], None),
    ],
)
def test_how_numbers_are_written_is_taken_from_all_of_them(draft, values, line):
    text, entry = draft("value;flow\n" + "".join(f"{value};M\n" for value in values))
    assert "numbers" not in {key for key, value in entry.items() if value}
    assert (line in text) if line else ("[files.numbers]" not in text)


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_another_mark_between_cells_is_found(draft, mark):
    _, entry = draft(f'Reporter{mark}Partner{mark}value\nKR{mark}US{mark}"1,5"\n')
    assert entry["delimiter"] == mark
    assert entry["columns"] == {"Reporter": "reporter", "Partner": "partner"}


def test_a_draft_is_toml_whatever_the_columns_are_called(draft):
    _, entry = draft('"a ""b"" \\\\ #",Reporter,"x\ty",=1+1,é\n1,KOR,3,4,5\n')
    assert entry["columns"] == {"Reporter": "reporter"}


def test_a_table_of_a_workbook_is_drafted_too(run, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "data"
    book.active.append(["Reporter", "Partner"])
    book.active.append(["KR", "US"])
    book.save(tmp_path / "book.xlsx")
    done = run("new", "mapping", tmp_path / "book.xlsx", "--table", "trade_flows", "--base", BASE)
    entry = tomllib.loads(done.out)["files"][0]
    assert (entry["sheet"], entry["values"]["partner"]) == ("data", "jurisdictions.iso2")


@pytest.mark.parametrize(
    ("name", "table", "message"),
    [
        ("flows.csv", "trade_flow", "Did you mean trade_flows?"),
        ("flow.csv", "trade_flows", "there is no such file"),
        ("empty.csv", "trade_flows", "no column names"),
        ("book.xlsx", "trade_flows", "book.xlsx"),
        ("utf16.csv", "trade_flows", "not in utf-8. Save the table as CSV (UTF-8)"),
    ],
)
def test_what_cannot_be_drafted_is_one_line(run, tmp_path, name, table, message):
    (tmp_path / "flows.csv").write_text("reporter\nKOR\n", encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    (tmp_path / "book.xlsx").write_bytes(b"PK")
    (tmp_path / "utf16.csv").write_bytes("a,b".encode("utf-16"))
    done = run("new", "mapping", tmp_path / name, "--table", table, "--base", BASE)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert message in done.err
