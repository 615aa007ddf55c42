"""Files for Stata, read back by pyreadstat and pandas: every value is what the package says, or is counted as lost."""

import csv
import datetime as dt
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from conftest import ROOT
from nasty import nasty, typed
from test_export_xlsx import TABLES, one_table, text_field

from depositary.errors import DocumentError, UsageError
from depositary.exporting.content import Content
from depositary.exporting.export import export
from depositary.exporting.formats.stata import export_dta, stata_names
from depositary.exporting.names import file_names
from depositary.exporting.written import Written
from depositary.loading.load import open_tables

_EPOCH = dt.datetime(1960, 1, 1)  # noqa: DTZ001 (Stata's times have no offset)


class Exported:
    """A package, its export, and what pyreadstat reads of it."""

    def __init__(self, package: Path, folder: Path) -> None:
        (self.written,) = export(package, ["dta"], folder / "out")
        self.rows = typed(package)
        resources = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))["resources"]
        self.fields = {one["name"]: one["schema"]["fields"] for one in resources}
        files = {name: folder / "out/dta" / f"{file}.dta" for name, file in file_names(self.rows).items()}
        self.read = {name: read(file) for name, file in files.items()}
        self.codes = codes(folder / "out/dta/codes.csv")

    def variable(self, table: str, column: str) -> str:
        return stata_names(field["name"] for field in self.fields[table])[column]

    def told(self, table: str, column: str) -> int:
        losses = [loss for loss in self.written.losses if (loss.table, loss.field) == (table, column)]
        return sum(
            loss.count or 0 for loss in losses if "not kept from the written numbers" not in loss.what
        )  # the value is there


def read(file: Path) -> tuple[dict[str, list[Any]], Any]:
    """Give the columns as they are stored, days and times as numbers, and what else the file says."""
    columns, about = pyreadstat.read_dta(file, output_format="dict", disable_datetime_conversion=True)
    return {name: [_plain(cell) for cell in column] for name, column in columns.items()}, about


def _plain(cell: Any) -> Any:
    cell = cell.item() if hasattr(cell, "item") else cell
    return None if cell is None or cell != cell or cell == "" else cell  # noqa: PLR0124 (no number equals itself not)


def codes(file: Path) -> Mapping[tuple[str, str], dict[int, str]]:
    found: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    if file.exists():
        with file.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                found[row["table"], row["column"]][int(row["number"])] = row["code"]
    return found


@cache
def exported(which: str) -> Exported:
    with TemporaryDirectory() as folder:
        package = nasty(Path(folder) / "nasty") if which == "nasty" else ROOT / "datapackage"
        return Exported(package, Path(folder))


def of_one_column(folder: Path, field: dict[str, Any], *cells: str) -> tuple[list[Any], Any, Written]:
    """Export a package of one column; give what is read of it, what else the file says, and what the export said."""
    package = one_table(folder / "made", [field], *cells)
    (folder / "dta").mkdir()
    written = export_dta(Content(open_tables(package), lambda _table, _rows: None), folder / "dta")
    columns, about = read(folder / "dta" / "facts.dta")
    (column,) = columns.values()
    return column, about, written


def losses(written: Written) -> list[str]:
    return [str(loss) for loss in written.losses]


# Values


def in_stata(value: Any) -> tuple[Any, bool]:
    """Give what a file holds of a value, and whether it is all there and shown."""
    kind: Callable[[Any], tuple[Any, bool]] = _IN_STATA.get(type(value), lambda same: (same, True))
    return kind(value)


def _of_number(number: int | Decimal) -> tuple[Any, bool]:
    nearest = float(str(number))
    return nearest, Decimal(repr(nearest)) == number


def _of_day(day: dt.date) -> tuple[Any, bool]:
    return (day - _EPOCH.date()).days, day.year >= 100


def _of_moment(at: dt.datetime) -> tuple[Any, bool]:
    since = at.replace(tzinfo=None) - _EPOCH
    return since // dt.timedelta(milliseconds=1), at.microsecond % 1000 == 0


_IN_STATA: dict[type, Callable[[Any], tuple[Any, bool]]] = {
    bool: lambda value: (int(value), True),
    int: _of_number,
    Decimal: _of_number,
    dt.date: _of_day,
    dt.datetime: _of_moment,
    dt.time: lambda hour: (hour.isoformat(), True),
}


@pytest.mark.parametrize(("which", "table"), TABLES)
def test_every_value_is_there_or_counted_as_lost(which, table):
    one = exported(which)
    columns, about = one.read[table]
    assert about.number_rows == len(one.rows[table])
    for field in one.fields[table]:
        name = field["name"]
        wanted = [in_stata(row[name]) for row in one.rows[table]]
        cells = columns[one.variable(table, name)]
        if (table, name) in one.codes:
            cells = [cell and one.codes[table, name][cell] for cell in cells]
        assert [_comparable(cell) for cell in cells] == [_comparable(cell) for cell, _ in wanted], name
        assert one.told(table, name) == sum(not whole for _, whole in wanted), name


def _comparable(cell: Any) -> Any:
    """Hours are told with as many digits as they have."""
    return re.sub(r"(:\d\d\.\d*?)0+$", r"\1", cell) if isinstance(cell, str) else cell


def test_pandas_reads_the_same_days_and_times(tmp_path):
    field = {"name": "day", "type": "date"}
    of_one_column(tmp_path, field, "1850-03-01", "NULL", "0005-12-31", "9999-12-31", "1959-12-31")
    frame = pd.read_stata(tmp_path / "dta" / "facts.dta")
    days = [None if pd.isna(day) else day.date().isoformat() for day in frame["day"]]
    assert days == ["1850-03-01", None, "0005-12-31", "9999-12-31", "1959-12-31"]


@pytest.mark.parametrize(("kind", "form"), [("date", "%td"), ("datetime", "%tc")])
def test_days_and_times_are_of_a_form_that_stata_shows(tmp_path, kind, form):
    _, about, _ = of_one_column(tmp_path, {"name": "at", "type": kind})
    assert about.original_variable_types == {"at": form}


def test_a_year_that_stata_does_not_show_is_listed(tmp_path):
    _, _, written = of_one_column(tmp_path, {"name": "day", "type": "date"}, "0099-12-31", "0100-01-01")
    assert losses(written) == ["facts.day: years before 100, which are stored but which Stata does not show (1 value)"]


@pytest.mark.parametrize(
    ("least", "most", "stored"),
    [
        (-127, 100, "int8"),
        (-128, 0, "int16"),
        (0, 101, "int16"),
        (-32_767, 32_740, "int16"),
        (0, 32_741, "int32"),
        (-2_147_483_647, 2_147_483_620, "int32"),
        (0, 2_147_483_621, "double"),
        (-(2**53), 2**53, "double"),
    ],
)
def test_whole_numbers_are_of_the_least_type_that_holds_them(tmp_path, least, most, stored):
    field = {"name": "n", "type": "integer"}
    cells, about, written = of_one_column(tmp_path, field, str(least), "NULL", str(most))
    assert cells == [least, None, most]
    assert about.readstat_variable_types == {"n": stored}
    assert losses(written) == []


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("0.1", 0),
        ("0.300000000", 0),
        ("-0.000000001", 0),
        ("123456789012345.7", 0),
        ("9007199254740993", 1),
        ("9007199254740992", 0),
        ("1234567890.123456789", 1),
        ("10000000000000000000000000000", 0),
    ],
)
def test_decimals_are_the_nearest_doubles_and_listed_if_that_changes_them(tmp_path, cell, count):
    cells, _, written = of_one_column(tmp_path, {"name": "x", "type": "number"}, cell, "NULL")
    assert cells == [float(cell), None]
    rounded = [
        loss for loss in losses(written) if "not kept from the written numbers" not in loss
    ]  # as the zeros of 0.300000000
    assert rounded == ["facts.x: digits that a double does not keep (1 value)"] * count


def test_booleans_are_labelled(tmp_path):
    cells, about, _ = of_one_column(tmp_path, {"name": "sure", "type": "boolean"}, "true", "NULL", "false")
    assert cells == [1, None, 0]
    assert about.variable_value_labels == {"sure": {0: "no", 1: "yes"}}


@pytest.mark.parametrize(("size", "stored"), [(2_045, "str2045"), (2_046, "strL"), (40_000, "strL")])
def test_a_text_of_any_length_is_whole(tmp_path, size, stored):
    text = "ü" * (size // 2) + "x" * (size % 2)
    cells, _, written = of_one_column(tmp_path, text_field(), text, "NULL", "short")
    assert cells == [text, None, "short"]
    assert losses(written) == []
    with pd.io.stata.StataReader(tmp_path / "dta" / "facts.dta") as reader:
        reader.variable_labels()
        assert reader._typlist == [2_045 if stored == "str2045" else "Q"]


@pytest.mark.parametrize("text", ["=1+1", "007", "NA", ".", " a ", "a\nb", "東京", "🚢", "e\u0301", "x\u00a0"])
def test_a_text_is_what_it_was(tmp_path, text):
    cells, _, _ = of_one_column(tmp_path, text_field(), f'"{text}"')
    assert cells == [text]


def test_a_character_that_ends_texts_is_replaced_and_listed(tmp_path):
    cells, _, written = of_one_column(tmp_path, text_field(), "a\0b")
    assert cells == ["a�b"]
    assert losses(written) == ["facts.text: a NUL character, which ends a text in Stata, is replaced by � (1 value)"]


def test_an_empty_text_is_listed(tmp_path):
    cells, _, written = of_one_column(tmp_path, text_field(), '""', "NULL", "x")
    assert cells == [None, None, "x"]
    assert losses(written) == ["facts.text: empty texts, which are read as missing (1 value)"]


@pytest.mark.parametrize("kind", ["string", "integer", "number", "boolean", "date", "datetime", "time", "duration"])
@pytest.mark.parametrize("rows", [0, 2])
def test_a_column_may_be_empty(tmp_path, kind, rows):
    cells, _, _ = of_one_column(tmp_path, {"name": "x", "type": kind}, *["NULL"] * rows)
    assert cells == [None] * rows


# Codes

_LEVELS = [{"value": "lo", "label": "Low"}, {"value": "hi", "label": "High, “very”"}]


def test_codes_are_numbered_in_the_order_of_the_categories_with_their_labels(tmp_path):
    field = {**text_field("level"), "categories": _LEVELS}
    cells, about, written = of_one_column(tmp_path, field, "hi", "NULL", "lo")
    assert cells == [2, None, 1]
    assert about.variable_value_labels == {"level": {1: "Low", 2: "High, “very”"}}
    assert losses(written) == ["codes that are texts are numbers with labels; codes.csv has the code of each number"]
    assert (tmp_path / "dta" / "codes.csv").read_text(encoding="utf-8") == (
        'table,column,variable,number,code,label\nfacts,level,level,1,lo,Low\nfacts,level,level,2,hi,"High, “very”"\n'
    )


def test_a_value_that_is_no_code_gets_a_number_of_its_own_and_is_listed(tmp_path):
    export(one_table(tmp_path / "made", [text_field("level")], "hi", "zz", "mid", "zz"), ["parquet"], tmp_path / "out")
    file = tmp_path / "out/parquet/datapackage.json"
    descriptor = json.loads(file.read_text())
    descriptor["resources"][0]["schema"]["fields"][0]["categories"] = _LEVELS
    file.write_text(json.dumps(descriptor))
    (written,) = export(file, ["dta"], tmp_path / "again")
    columns, about = read(tmp_path / "again/dta/facts.dta")
    assert columns == {"level": [2, 4, 3, 4]}
    assert about.variable_value_labels["level"] == {1: "Low", 2: "High, “very”", 3: "mid", 4: "zz"}
    assert losses(written)[1:] == [
        "facts.level: values that are not codes of the column, used as their own labels (3 values)"
    ]


def test_more_codes_than_a_byte_holds_are_numbered_too(tmp_path):
    field = {**text_field("code"), "categories": [f"c{n}" for n in range(200)]}
    cells, about, _ = of_one_column(tmp_path, field, "c0", "c199")
    assert cells == [1, 200]
    assert len(about.variable_value_labels["code"]) == 200


def test_coded_integers_keep_their_numbers(tmp_path):
    field = {
        "name": "grade",
        "type": "integer",
        "categories": [{"value": 3, "label": "Third"}, {"value": -1, "label": "?"}],
    }
    cells, about, written = of_one_column(tmp_path, field, "3", "-1", "NULL")
    assert cells == [3, -1, None]
    assert about.variable_value_labels == {"grade": {-1: "?", 3: "Third"}}
    assert losses(written) == []


def test_a_label_of_a_code_is_cut_where_stata_has_no_more_room_and_listed(tmp_path):
    field = {**text_field("level"), "categories": [{"value": "lo", "label": "x" + "ü" * 16_000}]}
    _, about, written = of_one_column(tmp_path, field, "lo")
    assert about.variable_value_labels == {"level": {1: "x" + "ü" * 15_999}}
    assert losses(written)[1:] == ["facts.level: labels of codes are cut at 32,000 bytes (1 value)"]


_LONG = "x" * 32_000
_ALIKE = {
    "one label twice": (("Other", "Other", "Third"), ("Other (a)", "Other (b)", "Third"), 2),
    "the code put behind makes a third label": (("Other", "Other", "Other (a)"), None, 3),
    "no label and a label that is the code": (("", "a", "c"), ("a (a)", "a (b)", "c"), 2),
    "alike once they are cut": ((_LONG + "1", _LONG + "2", "c"), None, 2),
    "capital letters apart": (("other", "Other", "c"), ("other", "Other", "c"), 0),
    "spaces at the end, which some readers take away": (("other", "c", "other "), ("other (a)", "c", "other  (c)"), 2),
}


@pytest.mark.parametrize("case", _ALIKE)
@pytest.mark.parametrize("kind", ["string", "integer"])
def test_codes_with_one_label_are_told_apart_by_what_reads_the_file_and_listed(tmp_path, case, kind):
    labels, expected, count = _ALIKE[case]
    codes = ("a", "b", "c") if kind == "string" else ("1", "2", "3")
    labels = [
        label.replace("a", "1") if kind == "integer" and label in ("a", "Other (a)") else label for label in labels
    ]
    categories = [
        {"value": code if kind == "string" else int(code), "label": label}
        for code, label in zip(codes, labels, strict=True)
    ]
    _, about, written = of_one_column(tmp_path, {"name": "level", "type": kind, "categories": categories}, *codes)
    read_by_pandas = list(pd.read_stata(tmp_path / "dta" / "facts.dta")["level"])
    assert len(set(read_by_pandas)) == 3
    assert read_by_pandas == list(about.variable_value_labels["level"].values())
    if expected and kind == "string":
        assert tuple(read_by_pandas) == expected
    told = [loss for loss in losses(written) if "the same label" in loss]
    assert [f"({count} values)" in loss for loss in told] == ([True] if count else [])


def test_a_stray_value_that_reads_like_a_label_is_told_apart(tmp_path):
    export(one_table(tmp_path / "made", [text_field("level")], "hi", "Low", "lo"), ["parquet"], tmp_path / "out")
    file = tmp_path / "out/parquet/datapackage.json"
    descriptor = json.loads(file.read_text())
    descriptor["resources"][0]["schema"]["fields"][0]["categories"] = _LEVELS
    file.write_text(json.dumps(descriptor))
    export(file, ["dta"], tmp_path / "again")
    found = list(pd.read_stata(tmp_path / "again/dta/facts.dta")["level"])
    assert found == ["High, “very”", "Low (Low)", "Low (lo)"]


def test_labels_that_stata_cannot_have_are_listed(tmp_path):
    field = {"name": "n", "type": "integer", "categories": [{"value": 2**40, "label": "Vast"}]}
    _, about, written = of_one_column(tmp_path, field, str(2**40))
    assert about.variable_value_labels == {}
    assert losses(written) == ["facts.n: no labels of codes: Stata has labels for whole numbers up to 2,147,483,620"]


# Names and labels


def test_titles_are_labels_of_tables_and_variables():
    _, about = exported("published").read["sources"]
    assert about.file_label == "Sources"
    assert about.column_names_to_labels["url"] == "Address"


def test_a_long_label_is_cut_and_listed(tmp_path):
    _, about, written = of_one_column(tmp_path, {**text_field(), "title": "ü" * 81}, "x")
    assert about.column_names_to_labels == {"text": "ü" * 79 + "…"}
    assert losses(written) == ["facts: labels of variables are cut at 80 characters (1 value)"]


def test_a_long_title_of_a_table_is_cut_and_listed(tmp_path):
    package = one_table(tmp_path / "made", [text_field()], "x")
    descriptor = json.loads((package / "datapackage.json").read_text())
    descriptor["resources"][0]["title"] = "ü" * 81
    (package / "datapackage.json").write_text(json.dumps(descriptor))
    (written,) = export(package, ["dta"], tmp_path / "out")
    assert read(tmp_path / "out/dta/facts.dta")[1].file_label == "ü" * 79 + "…"
    assert losses(written) == ["facts: its label is cut at 80 characters"]


def test_a_label_of_just_the_length_is_whole(tmp_path):
    _, about, written = of_one_column(tmp_path, {**text_field(), "title": "二" * 80}, "x")
    assert about.column_names_to_labels == {"text": "二" * 80}
    assert losses(written) == []


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("x" * 32, "x" * 32),
        ("x" * 33, "x" * 32),
        ("2020", "_2020"),
        ("a b-c", "a_b_c"),
        ("-all", "__all"),
        ("if", "_if"),
        ("str12", "_str12"),
        ("strange", "strange"),
        ("größe", "größe"),
        ("年", "年"),
        ("e\u0301t", "e_t"),
        ("½", "_"),
    ],
)
def test_a_variable_has_a_name_that_stata_takes(tmp_path, name, variable):
    _, about, written = of_one_column(tmp_path, text_field(name), "x")
    assert about.column_names == [variable]
    assert losses(written) == (
        [] if name == variable else [f"facts.{name}: named {variable}, the name of a variable in Stata"]
    )


_OF_STATA = "_all _b byte _coef _cons double float if in int long _n _N _pi _pred _rc _skip str1 strL using with"


def test_no_variable_has_a_name_that_stata_or_pandas_keeps_for_itself(tmp_path):
    words = sorted({*pd.io.stata.StataParser().RESERVED_WORDS, *_OF_STATA.split()} - {"str#"})
    package = one_table(tmp_path / "made", [text_field(word) for word in words])
    export(package, ["dta"], tmp_path / "out")
    columns, _ = read(tmp_path / "out/dta/facts.dta")
    assert not {*columns} & {*words}
    assert [*columns] == [*stata_names(words).values()]


# The file


@pytest.mark.long
def test_the_same_package_gives_the_same_bytes_anywhere(tmp_path):
    package = nasty(tmp_path / "nasty")
    code = "import sys; from depositary.exporting.export import export; export(sys.argv[1], ['dta'], sys.argv[2])"
    for n, zone in enumerate(["UTC", "Asia/Tokyo"]):
        environment = {**os.environ, "PYTHONHASHSEED": str(n), "TZ": zone}
        subprocess.run([sys.executable, "-c", code, package, tmp_path / f"out{n}"], check=True, env=environment)
    files = sorted((tmp_path / "out0/dta").iterdir())
    assert len(files) > 10
    assert all(file.read_bytes() == (tmp_path / "out1/dta" / file.name).read_bytes() for file in files)


@pytest.mark.parametrize(
    ("created", "stamp"),
    [
        ("2026-11-22T23:30:00-02:00", b"23 Nov 2026 01:30"),
        ("2026-11-22T00:00:00Z", b"22 Nov 2026 00:00"),
        (None, b"01 Jan 1980 00:00"),
    ],
)
def test_the_file_is_stamped_with_the_time_that_the_descriptor_says(tmp_path, created, stamp):
    package = one_table(tmp_path / "made", [text_field()], "x")
    descriptor = json.loads((package / "datapackage.json").read_text())
    if created:
        (package / "datapackage.json").write_text(json.dumps({**descriptor, "created": created}))
    export(package, ["dta"], tmp_path / "out")
    data = (tmp_path / "out/dta/facts.dta").read_bytes()
    assert data[data.index(b"<timestamp>") + 12 :].split(b"<")[0] == stamp


@pytest.mark.parametrize("created", ["2026-11-22", "soon", "2026-13-22T00:00:00Z"])
def test_a_descriptor_that_says_no_time_is_refused(tmp_path, created):
    package = one_table(tmp_path / "made", [text_field()], "x")
    descriptor = json.loads((package / "datapackage.json").read_text())
    (package / "datapackage.json").write_text(json.dumps({**descriptor, "created": created}))
    with pytest.raises(DocumentError, match="created"):  # the standard asks for a time, as in RFC 3339
        export(package, ["dta"], tmp_path / "out")


def test_files_are_of_the_version_that_all_readers_know(tmp_path):
    of_one_column(tmp_path, text_field(), "x")
    assert b"<release>118</release><byteorder>LSF</byteorder>" in (tmp_path / "dta" / "facts.dta").read_bytes()


def test_without_codes_there_is_no_list_of_codes(tmp_path):
    of_one_column(tmp_path, text_field(), "x")
    assert [file.name for file in (tmp_path / "dta").iterdir()] == ["facts.dta"]


@pytest.mark.long
def test_more_columns_than_stata_holds_are_refused_in_words(tmp_path):
    package = one_table(tmp_path / "made", [text_field(f"c{n}") for n in range(32_768)])
    (tmp_path / "dta").mkdir()
    with pytest.raises(UsageError, match="32,768 columns, and a file of Stata holds 32,767"):
        export_dta(Content(open_tables(package), lambda _table, _rows: None), tmp_path / "dta")
