"""Digits and signs that a value does not keep: told of once a column, listed by exports, kept by CSV."""

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import frictionless
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_lanes import assert_same_reports, exact_lane, fast_lane

import depositary
from depositary.check.validate import validate
from depositary.exporting.formats import FORMATS
from depositary.model.finding import Finding

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
TYPED = tuple(name for name in FORMATS if name != "csv")


def put(folder: Path, cells: list[str], kind: str = "integer", **said: Any) -> Path:
    """Write a package with one column of a type beside a column that numbers the rows."""
    schema = said.pop("schema", {})
    fields = [{"name": "row", "type": "string"}, {"name": "code", "type": kind, **said}]
    table = {"name": "t", "path": "t.csv", "schema": {"fields": fields, **schema}}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "datapackage.json").write_text(
        json.dumps({"$schema": PROFILE, "name": "p", "version": "1", "resources": [table]}), encoding="utf-8"
    )
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["row", "code"], *([f"r{i}", c] for i, c in enumerate(cells))])
    return folder


def judged(folder: Path) -> list[Finding]:
    """Judge a package in both lanes, and give the findings, which have to be the same."""
    with exact_lane():
        exact = validate(folder)
    with fast_lane(64, few=0):
        fast = validate(folder)
    with fast_lane(1000, few=10):
        other = validate(folder)
    assert fast.to_json() == exact.to_json() == other.to_json()
    return list(exact)


def warned(folder: Path) -> list[str]:
    findings = judged(folder)
    assert {(f.code, f.level, f.field) for f in findings} <= {("lost-digits", "warning", "code")}
    return [f.message for f in findings]


BARE: dict[str, Any] = {"bareNumber": False}
TOLD = [
    ("integer", {}, "0101", "leading zeros"),
    ("integer", {}, "-007", "leading zeros"),
    ("integer", {}, "00", "leading zeros"),
    ("integer", {}, "+0101", "leading zeros"),
    ("integer", {}, "+5", "a plus sign"),
    ("integer", {}, "+0", "a plus sign"),
    ("integer", {}, "1_000", "underscores"),
    ("integer", {}, "١٢", "digits other than 0 to 9"),
    ("integer", {}, "\uff11\uff12", "digits other than 0 to 9"),
    ("integer", {}, "9007199254740993", "more digits than a double or 64 bits can hold"),
    ("integer", {}, "-9007199254740993", "more digits than a double or 64 bits can hold"),
    ("integer", {}, "123456789012345678", "more digits than a double or 64 bits can hold"),
    ("integer", {}, "18446744073709551616", "more digits than a double or 64 bits can hold"),
    ("integer", {"groupChar": ","}, "1,00", "group marks at odd places"),
    ("integer", {"groupChar": ","}, "01,000", "leading zeros"),
    ("integer", BARE, "12a", "letters around the digits"),
    ("integer", BARE, "A1", "letters around the digits"),
    ("integer", BARE, "(5)", "a minus or brackets that do not make the number negative"),
    ("integer", BARE, "5-", "a minus or brackets that do not make the number negative"),
    ("integer", BARE, "\u22125", "a minus or brackets that do not make the number negative"),
    ("integer", BARE, "$ 0101", "leading zeros"),
    ("number", {}, "0101", "leading zeros"),
    ("number", {}, "0101.10", "leading zeros"),
    ("number", {}, "01", "leading zeros"),
    ("number", {}, "+1.5", "a plus sign"),
    ("number", {}, "+.5", "a plus sign"),
    ("number", {}, "1E5", "an E between digits"),
    ("number", {}, "12e3", "an E between digits"),
    ("number", {}, "1_0.5", "underscores"),
    ("number", {}, "12345678901234567", "more digits than a double or 64 bits can hold"),
    ("number", {}, "1234567890123456.789", "more digits than a double or 64 bits can hold"),
    ("number", {}, "0.1234567890123456789", "more digits than a double or 64 bits can hold"),
    ("number", {"decimalChar": ","}, "01,5", "leading zeros"),
    ("number", {"groupChar": ","}, "1,5", "group marks at odd places"),
    ("number", {"groupChar": "."}, "1.10", "group marks at odd places"),
    ("number", {"floatNumber": True}, "0.12345678901234567891", "digits that a double does not keep"),
    ("number", BARE, "5 kg", "letters around the digits"),
    ("year", {}, "+123", "a plus sign"),
    ("year", {}, "1_99", "underscores"),
    ("datetime", {}, "2023-01-01T00:00:00.123456789Z", "digits after microseconds"),
    ("time", {}, "08:00:00.1234567", "digits after microseconds"),
]
NOT_TOLD = [
    ("integer", {}, ["0", "-1", "101", "999999999999999", "1000000000000000000", " 5 ", "-0", ""]),
    ("integer", {"groupChar": ","}, ["1,000", "1,00,000", "1,0000", "1000", "1,000,000,000,000"]),
    ("integer", BARE, ["$ 5", "40%", "40 %", "\u20ac5", "5"]),
    ("integer", {"missingValues": ["", "007"]}, ["1", "007"]),
    ("number", {}, ["2.50", "5.0", "0.10", ".5", "5.", "1.5e-05", "1e-05", "1e+05", "1.23E+10", "1.0E10", "-0.0"]),
    ("number", {}, ["0.30000000000000004", "123.45678901234567", "0.1000000000000000055511151231257827"]),
    ("number", {}, ["0.000001234567890123456", "99999999999999.99", "1000000000000000"]),
    ("number", {"decimalChar": ","}, ["1,50", "0,5", "5"]),
    ("number", {"decimalChar": ",", "groupChar": "."}, ["1.000,50", "1.000.000"]),
    ("number", {"floatNumber": True}, ["0.1", "0.10", "1e-05"]),
    ("number", BARE, ["$ 2.50", "40.5%"]),
    ("year", {}, ["0005", "2023", " 12 "]),
    ("datetime", {}, ["2023-01-01T00:00:00.123456Z", "2023-01-01T00:00:00.1234560Z", "2023-01-01T00:00:00"]),
    ("time", {}, ["08:00:00", "08:00:00.123456"]),
    ("string", {}, ["0101", "+5", "1E5"]),
    ("any", {}, ["0101", "+5"]),
    ("yearmonth", {}, ["2023-01"]),
]


@pytest.mark.parametrize(("kind", "said", "cell", "form"), TOLD)
def test_what_a_value_does_not_keep_is_told_of_once_a_column(tmp_path, kind, said, cell, form):
    plain = {"year": "2023", "datetime": "2023-01-01T00:00:00", "time": "08:00:00"}.get(kind, "7")
    (message,) = warned(put(tmp_path, [plain, cell, plain, cell], kind, **said))
    assert message.startswith("2 cells have parts that a")
    assert f': {form} 2, as in "{cell}"' in message


@pytest.mark.parametrize(("kind", "said", "cells"), NOT_TOLD)
def test_numbers_that_are_written_as_usual_are_not_told_of(tmp_path, kind, said, cells):
    assert warned(put(tmp_path, cells, kind, **said)) == []


def test_the_warning_has_count_examples_the_first_row_and_what_to_do(tmp_path):
    cells = ["7", "+5", "0101", "0102", "0101", "0103", "0104", ""]
    (finding,) = judged(put(tmp_path, cells))
    assert (finding.row, finding.value) == (3, "+5")
    assert finding.message == (
        "6 cells have parts that a whole number does not keep: "
        'leading zeros 5, as in "0101", "0102", "0103"; a plus sign 1, as in "+5"'
    )
    assert finding.hint.startswith("if these are codes, declare the column `string`")


@pytest.mark.parametrize("cell", ["1.10", "1.5e3", ".5", "-0.0"])
@pytest.mark.parametrize(
    "schema",
    [
        {"primaryKey": ["code"]},
        {"uniqueKeys": [["row", "code"]]},
        {"foreignKeys": [{"fields": ["code"], "reference": {"fields": ["code"]}}]},
    ],
    ids=["primary key", "unique key", "reference"],
)
def test_in_a_key_or_reference_zeros_at_the_end_and_exponents_are_told_of_too(tmp_path, cell, schema):
    (message,) = warned(put(tmp_path, ["3", cell], "number", schema=schema))
    assert message.endswith("in a key or reference, cells that differ only in these parts are the same")


def test_a_key_that_is_the_same_number_says_how_it_is_written(tmp_path):
    put(tmp_path, ["101", "0101"], schema={"primaryKey": ["code"]})
    same, written = judged(tmp_path)
    assert same.message == 'row 2 has the same code, "101", written "0101" here: numbers are compared by value'
    assert written.code == "lost-digits"


def test_refused_and_missing_cells_are_not_counted(tmp_path):
    put(tmp_path, ["0101", "007", "0x1", "", "005"], constraints={"minimum": 6}, missingValues=["", "007"])
    found = [(f.code, f.message.split(":")[0]) for f in judged(tmp_path)]
    assert found[-1] == ("lost-digits", "1 cell has parts that a whole number does not keep")


def test_the_reference_tells_nothing_of_it(tmp_path):
    assert list(validate(put(tmp_path, ["0101"]), reference_only=True)) == []


@pytest.mark.parametrize("mode", ["patch", "snapshot"])
def test_contributions_are_told_of_it_too(tmp_path, mode):
    base = put(tmp_path / "base", ["101"], schema={"primaryKey": ["row"]})
    mine = tmp_path / "mine"
    mine.mkdir()
    manifest = f'contributor = "ctr-ann"\nmode = "{mode}"\nrole = "coder"\nlicense = "CC-BY-4.0"\n'
    (mine / "contribution.toml").write_text(f'{manifest}[base]\npackage = "p"\nversion = "1"\n', encoding="utf-8")
    (mine / "t.csv").write_text("row,code\nr0,0101\nr1,+5\n", encoding="utf-8")
    (finding,) = validate(mine, base=base)
    assert (finding.code, finding.row, finding.level) == ("lost-digits", 2, "warning")
    assert finding.hint.endswith("if these are codes, the package must declare the column `string`")


# An independent count: what a reader that knows the reference's numbers alone would say of a cell.

_ASCII = "0123456789"


def is_told(kind: str, cell: str) -> bool:
    """Return whether a cell of plain notation should be told of; only cells that are read as values are asked for."""
    text = cell.strip()
    digits = text.lstrip("+-")
    if text.startswith("+") or "_" in text or any(c.isdigit() and c not in _ASCII for c in text):
        return True
    if kind == "year" or not digits[:1].isdigit():
        return kind == "number" and _loses(text) if digits[:1] == "." else False
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return True
    if "e" in text.lower():
        mantissa, _, power = text.lower().partition("e")
        return mantissa.lstrip("-").isdigit() and power.isdigit()
    return _loses(text)


def _loses(text: str) -> bool:
    if "e" in text.lower():
        return False
    number = Decimal(text)
    held = Decimal(float(number))
    if "." not in text or text.endswith("."):
        return number != held or abs(number) >= 2**63
    decimals = len(text.partition(".")[2])
    printed = {Decimal(repr(float(text))), Decimal(f"{float(text):.{decimals}f}")}
    return len(number.normalize().as_tuple().digits) > 17 and number not in printed


_DIGITS = st.text("0123456789", min_size=1, max_size=20)
_CELLS = st.one_of(
    st.sampled_from(
        ["0101", "0102", "+5", "1E5", "2.50", "", "x", "-0", ".5", "5.", "NaN", "1_0", "١", " 7", "+.5e-3"]
    ),
    _DIGITS,
    st.builds("{}{}.{}".format, st.sampled_from(["", "-", "+"]), _DIGITS | st.just(""), _DIGITS),
    st.builds("{}{}e{}{}".format, st.sampled_from(["", "-"]), _DIGITS, st.sampled_from(["", "-", "+"]), st.just("3")),
    st.integers(-(10**22), 10**22).map(str),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map(repr),
    st.floats(-1e6, 1e6).map(repr),
)


def read(kind: str, cell: str) -> Any:
    reader = frictionless.Field.from_descriptor({"name": "code", "type": kind}).create_cell_reader()
    return None if cell == "" else reader(cell)[0]


@pytest.mark.short(30)
@given(st.sampled_from(["integer", "number", "year"]), st.lists(_CELLS, max_size=12))
@settings(max_examples=150, deadline=None)
def test_random_cells_are_counted_in_both_lanes_as_an_independent_count_does(kind, cells):
    with TemporaryDirectory() as place:
        messages = [f.message for f in judged(put(Path(place), cells, kind)) if f.code == "lost-digits"]
    told = [c for c in cells if read(kind, c) is not None and is_told(kind, c)]
    assert [int(message.split()[0].replace(",", "")) for message in messages] == ([len(told)] if told else [])
    for message in messages:
        counts = re.findall(r" ([0-9,]+), as in", message)
        assert sum(int(count.replace(",", "")) for count in counts) == len(told)


# Exports


def notes_of(folder: Path) -> dict[str, list[str]]:
    """Give the losses of each format by the notes."""
    text = (folder / "EXPORT-NOTES.md").read_text("utf-8")
    parts = re.split(r"^## (\w+)$", text, flags=re.MULTILINE)[1:]
    return {
        name: [line[2:].replace("\\", "") for line in part.splitlines() if line.startswith("- ")]
        for name, part in zip(parts[::2], parts[1::2], strict=True)
    }


@pytest.mark.short(1)
@pytest.mark.parametrize("lane", [exact_lane, fast_lane], ids=["exact", "fast"])
def test_every_format_lists_what_it_does_not_keep_and_csv_keeps_it(tmp_path, lane):
    package = put(tmp_path / "p", ["0101", "102", "0103", "+5", ""])
    with lane():
        depositary.export(package, ["csv", *TYPED], tmp_path / "out")
    losses = notes_of(tmp_path / "out")
    line = 't.code: not kept from the written numbers: leading zeros 2, as in "0101", "0103"; a plus sign 1, as in "+5"'
    assert losses == {"csv": [], **{name: [f"{line} (3 values)"] for name in TYPED}}
    assert (tmp_path / "out/csv/t.csv").read_bytes() == (package / "t.csv").read_bytes()
    with closing(sqlite3.connect(tmp_path / "out/sqlite/p.sqlite")) as database:
        assert database.execute("SELECT code FROM t").fetchall() == [(101,), (102,), (103,), (5,), (None,)]


@pytest.mark.parametrize("lane", [exact_lane, fast_lane], ids=["exact", "fast"])
@pytest.mark.parametrize(
    ("kind", "said", "cell", "here", "listed"),
    [
        ("number", {}, "2.50", "2.50", ""),
        ("number", {}, "1.5e-05", "1.5e-05", ""),
        ("number", {}, "-0.0", "-0.0", ""),
        ("number", {}, "1_0.5", "10.5", "underscores 1"),
        ("number", {}, " 5", "5", "spaces 1"),
        ("number", {"decimalChar": ","}, "2,5", "2.5", ""),
        ("number", {"decimalChar": ","}, "2,50", "2.5", "zeros at the end 1"),
        ("number", {"decimalChar": ","}, "0101", "0101", ""),
        ("number", {"decimalChar": ",", "groupChar": "."}, "1.000", "1000", ""),
        ("number", {"groupChar": ","}, "1,5", "15", "group marks at odd places 1"),
        ("number", BARE, "40%", "40", "the text around the number 1"),
        ("integer", BARE, "$ 0101", "101", "leading zeros 1"),
        ("integer", BARE, "0101", "0101", ""),
        ("integer", {"groupChar": " "}, "1 000", "1000", ""),
        ("year", {}, "0005", "0005", ""),
        ("year", {}, "+123", "0123", "a plus sign 1"),
        ("datetime", {}, "2023-01-01T00:00:00.1234567Z", "2023-01-01T00:00:00.123456Z", "digits after"),
    ],
)
def test_csv_keeps_what_reads_so_without_the_schema_and_lists_the_rest(  # noqa: PLR0913 (so many sides)
    tmp_path, lane, kind, said, cell, here, listed
):
    with lane():
        depositary.export(put(tmp_path / "p", [cell], kind, **said), ["csv"], tmp_path / "out")
    rows = list(csv.reader(io.StringIO((tmp_path / "out/csv/t.csv").read_text("utf-8"))))
    losses = [line for line in notes_of(tmp_path / "out")["csv"] if "not kept from the written numbers" in line]
    assert rows[1][1] == here
    assert ([listed in line for line in losses] or [not listed]) == [True]


@pytest.mark.short(1)
@pytest.mark.parametrize("lane", [exact_lane, fast_lane], ids=["exact", "fast"])
def test_the_zeros_of_years_are_a_loss_where_a_year_is_a_number(tmp_path, lane):
    package = put(tmp_path / "p", ["0999", "2023", "0044", ""], "year")
    assert warned(package) == []
    with lane():
        depositary.export(package, ["csv", *TYPED], tmp_path / "out")
    line = 't.code: not kept from the written numbers: leading zeros 2, as in "0999", "0044" (2 values)'
    assert notes_of(tmp_path / "out") == {"csv": [], **{name: [line] for name in TYPED}}


@pytest.mark.parametrize("lane", [exact_lane, fast_lane], ids=["exact", "fast"])
@pytest.mark.parametrize(
    ("cell", "seen"),
    [(" 5", " 5"), ("2.5 ", "2.5 "), ("  5", "  5"), ("\t5", r"\t5"), ("5\xa0", r"5\xa0"), (" 05", " 05")],
)
def test_spaces_that_are_not_kept_are_seen_in_the_notes(tmp_path, lane, cell, seen):
    with lane():
        (written,) = depositary.export(put(tmp_path / "p", [cell], "number"), ["jsonl"], tmp_path / "out")
    assert f'as in "{seen}"' in str(written.losses[0])
    notes = (tmp_path / "out/EXPORT-NOTES.md").read_text("utf-8")
    assert f'as in "{seen}"' in notes.replace("\\\\", "\\")


def test_a_column_that_is_text_for_a_number_that_does_not_fit_keeps_its_texts(tmp_path):
    package = put(tmp_path / "p", ["0101", "1" * 40])
    depositary.export(package, ["jsonl"], tmp_path / "out")
    assert notes_of(tmp_path / "out")["jsonl"] == [f"t.code: text, because {'1' * 40} does not fit integer"]


def test_the_csv_of_an_export_loads_with_its_scripts(tmp_path):
    depositary.export(put(tmp_path / "p", ["0101", "+5", "", "-007"]), ["csv"], tmp_path / "out")
    before, after = (depositary.load(folder, "t", "polars") for folder in (tmp_path / "p", tmp_path / "out/csv"))
    assert before.equals(after)


@pytest.mark.short(20)
@given(st.sampled_from(["integer", "number", "year"]), st.lists(_CELLS, min_size=1, max_size=8), st.booleans())
@settings(max_examples=60, deadline=None)
def test_random_numbers_are_the_same_after_an_export_as_csv_and_what_changed_is_counted(kind, cells, fast):
    cells = [cell for cell in cells if cell == "" or read(kind, cell) is not None]
    with TemporaryDirectory() as place:
        package, out = put(Path(place, "p"), cells, kind), Path(place, "out")
        with fast_lane() if fast else exact_lane():
            (written, typed) = depositary.export(package, ["csv", "jsonl"], out)
        with (out / "csv/t.csv").open(encoding="utf-8", newline="") as file:
            after = [row[1] for row in list(csv.reader(file))[1:]]
    values = ((read(kind, a), read(kind, b)) for a, b in zip(after, cells, strict=True))
    assert all(a == b or str(a) == str(b) for a, b in values)  # NaN is equal to nothing
    is_text = any("does not fit" in str(loss) for loss in typed.losses)
    counted = [sum(loss.count or 0 for loss in one.losses) for one in (written, typed)]
    assert counted[0] == sum(a != b for a, b in zip(after, cells, strict=True))
    if not is_text:
        found = [loss.count for loss in typed.losses if "not kept from the written numbers" in loss.what]
        assert sum(filter(None, found)) == sum(c != plainly(kind, c) for c in cells)


def plainly(kind: str, cell: str) -> str:
    """Write a number in the one way that its value alone allows for; of a year, without zeros before it."""
    value = read(kind, cell)
    if value is None:
        return ""
    if kind != "number":
        return str(value)
    text = f"{value:f}".lstrip("-")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"-{text}" if value < 0 else text


def test_merging_carries_numbers_as_they_are_written(tmp_path):
    base = put(tmp_path / "base", ["0101", "2"], schema={"primaryKey": ["row"]})
    mine = tmp_path / "ann" / "x"
    mine.mkdir(parents=True)
    manifest = 'contributor = "ctr-ann"\nmode = "patch"\nrole = "coder"\nlicense = "CC-BY-4.0"\n'
    (mine / "contribution.toml").write_text(f'{manifest}[base]\npackage = "p"\nversion = "1"\n', encoding="utf-8")
    (mine / "t.csv").write_text("row,code\nr0,101\nr1,0102\nr2,+5\n", encoding="utf-8")
    merged = depositary.merge(base, [mine], tmp_path / "out")
    assert (tmp_path / "out/t.csv").read_text("utf-8") == "row,code\nr0,0101\nr1,0102\nr2,+5\n"
    assert [(f.code, f.field) for f in merged.report] == [("lost-digits", "code")]


def test_digits_are_told_of_where_the_fast_lane_gives_up_after_it_has_read_them(tmp_path):
    fields = [{"name": "a", "type": "number", "decimalChar": ","}, {"name": "b", "type": "boolean"}]
    schema = {"fields": fields, "missingValues": ["1", " "], "primaryKey": "a"}
    descriptor = {"name": "p", "resources": [{"name": "t", "path": "t.csv", "schema": schema}]}
    (tmp_path / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    (tmp_path / "t.csv").write_text('a,b\n"1,0",true\n"2,5",true\n\n', encoding="utf-8")
    assert "lost-digits" in [finding.code for finding in assert_same_reports(tmp_path, 7)]
