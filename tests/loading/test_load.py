"""Tables and views as frames, each held against the cells of the CSV file."""

import csv
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import CASES, ROOT, edit
from test_reference import put, resource_of

import depositary
from depositary.errors import DocumentError, MisfitWarning, UsageError

PACKAGE = ROOT / "datapackage"
KINDS = ("pandas", "polars", "arrow", "duckdb")
LEVELS = [{"value": "lo", "label": "Low"}, {"value": "hi", "label": "High"}]
RANKS = [{"value": 3, "label": "Three"}, {"value": 1, "label": "One"}]
FIELDS = [
    {"name": "id", "type": "string", "constraints": {"required": True}},
    {"name": "code", "type": "string", "categories": LEVELS, "categoriesOrdered": True},
    {"name": "rank", "type": "integer", "categories": RANKS},
    {"name": "count", "type": "integer"},
    {"name": "value", "type": "number"},
    {"name": "sure", "type": "boolean"},
    {"name": "day", "type": "date", "format": "%d/%m/%Y"},
    {"name": "said", "type": "string", "rdfType": "http://id.loc.gov/datatypes/edtf/EDTF"},
    {"name": "at", "type": "datetime", "format": "any"},
]
ROWS = """\
id,code,rank,count,value,sure,day,said,at
NA,hi,1,9007199254740993,0.1,true,01/02/1850,2023-02,2020-01-01T01:00:00+02:00
007,lo,,,,,,[..2023-05-26],
,,3,2,12345678901234567890.123456789,false,26/05/2023,,2020-01-01T00:00:00Z
"""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Give a package of one table with each kind of column."""
    schema = {"fields": FIELDS, "missingValues": [""]}
    return put(tmp_path, [(resource_of("facts", schema, {}), ROWS.replace("\n,,3", "\nx,,3").encode())])


EXPECTED = {
    "id": ["NA", "007", "x"],
    "code": ["hi", "lo", None],
    "rank": [1, None, 3],
    "count": [9007199254740993, None, 2],
    "value": [Decimal("0.1"), None, Decimal("12345678901234567890.123456789")],
    "sure": [True, None, False],
    "day": [date(1850, 2, 1), None, date(2023, 5, 26)],
    "said": ["2023-02", "[..2023-05-26]", None],
}


def columns(frame: object) -> dict[str, list[object]]:
    """Give a frame's values as plain Python."""
    if isinstance(frame, pd.DataFrame):
        return {name: [None if pd.isna(v) else v for v in frame[name].tolist()] for name in frame.columns}
    if isinstance(frame, duckdb.DuckDBPyRelation):
        frame = frame.to_arrow_table()
    if isinstance(frame, pa.Table):
        return {name: frame[name].to_pylist() for name in frame.column_names}
    assert isinstance(frame, pl.DataFrame)
    return frame.to_dict(as_series=False)


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_what_the_cells_say(made, kind):
    found = columns(depositary.load(made, "facts", kind))
    times = [None if t is None else t.isoformat() for t in found.pop("at")]
    assert found == EXPECTED
    assert times == ["2019-12-31T23:00:00+00:00", None, "2020-01-01T00:00:00+00:00"]


def test_pandas_has_types_that_lose_nothing(made):
    frame = depositary.load(made, "facts")
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "id": "str",
        "code": "category",
        "rank": "category",
        "count": "Int64",
        "value": "decimal128(38, 9)[pyarrow]",
        "sure": "boolean",
        "day": "date32[day][pyarrow]",
        "said": "str",
        "at": "datetime64[us, UTC]",
    }


def test_polars_has_types_that_lose_nothing(made):
    assert depositary.load(made, "facts", "polars").schema == {
        "id": pl.String,
        "code": pl.Enum(["lo", "hi"]),
        "rank": pl.Int64,
        "count": pl.Int64,
        "value": pl.Decimal(38, 9),
        "sure": pl.Boolean,
        "day": pl.Date,
        "said": pl.String,
        "at": pl.Datetime("us", "UTC"),
    }


def test_categories_are_all_there_in_the_order_of_the_schema(made):
    frame = depositary.load(made, "facts")
    assert (list(frame["code"].cat.categories), frame["code"].cat.ordered) == (["lo", "hi"], True)
    assert (list(frame["rank"].cat.categories), frame["rank"].cat.ordered) == ([3, 1], False)


@pytest.mark.parametrize("kind", KINDS)
def test_labels_take_the_place_of_codes(made, kind):
    found = columns(depositary.load(made, "facts", kind, labels=True))
    assert (found["code"], found["rank"]) == (["High", "Low", None], ["One", None, "Three"])


@pytest.mark.parametrize("kind", KINDS)
def test_codes_with_one_label_are_told_apart(tmp_path, kind):
    alike = [{"value": "x", "label": "Other"}, {"value": "y", "label": "Other"}, {"value": "z", "label": ""}]
    ranks = [{"value": 1, "label": "Same"}, {"value": 2, "label": "Same"}, {"value": 3, "label": "Same (1)"}]
    fields = [
        {"name": "kind", "type": "string", "categories": alike, "categoriesOrdered": True},
        {"name": "rank", "type": "integer", "categories": ranks},
    ]
    package = put(tmp_path, [(resource_of("facts", {"fields": fields}, {}), b"kind,rank\nx,1\ny,2\nz,3\n")])
    found = columns(depositary.load(package, "facts", kind, labels=True))
    assert found["kind"] == ["Other (x)", "Other (y)", "z"]
    assert found["rank"] == ["Same (1) (1)", "Same (2)", "Same (1) (3)"]


def test_labels_and_descriptions_travel_with_the_frame():
    frame, table = depositary.load(PACKAGE, "stances"), depositary.load(PACKAGE, "stances", "arrow")
    assert frame.attrs["columns"]["stance"]["labels"]["silent"] == "Silent"
    assert frame.attrs["description"].encode() == table.schema.metadata[b"description"]
    assert table.schema.field("stance").metadata[b"title"] == frame.attrs["columns"]["stance"]["title"].encode()


@pytest.mark.parametrize("kind", KINDS)
def test_columns_come_in_the_order_asked_for(made, kind):
    assert list(columns(depositary.load(made, "facts", kind, columns=["value", "id"]))) == ["value", "id"]


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("id = 'NA'", ["NA"]),
        ("count > 2", ["NA"]),
        ("value >= 0.1 AND code IS NULL", ["x"]),
        ("day < DATE '1900-01-01'", ["NA"]),
        ("latest(said) = DATE '2023-02-28'", ["NA"]),
        ("sure IS NULL", ["007"]),
        ("sure", ["NA"]),
    ],
)
def test_rows_are_those_for_which_the_condition_is_true(made, where, ids):
    assert depositary.load(made, "facts", "polars", columns=["id"], where=where)["id"].to_list() == ids


@pytest.mark.parametrize(
    "where",
    [
        "value >",
        "nobody = 1",
        "(SELECT 1)",
        "id = (SELECT id FROM facts)",
        "day > DATE '2023-99-99'",
        "day > DATE '2023-1-5'",
        "day > CAST('' AS DATE)",
        "day > TRY_CAST('soon' AS DATE)",
    ],
)
def test_a_condition_that_cannot_be_asked_is_refused_in_words(made, where):
    with pytest.raises(UsageError, match="does not fit facts"):
        depositary.load(made, "facts", where=where)


def test_bounds_of_dates_stand_behind_them(made):
    frame = depositary.load(made, "facts", "polars", columns=["said", "id"], dates=True)
    assert frame.to_dict(as_series=False) == {
        "said": ["2023-02", "[..2023-05-26]", None],
        "said_earliest": [date(2023, 2, 1), None, None],
        "said_latest": [date(2023, 2, 28), date(2023, 5, 26), None],
        "id": ["NA", "007", "x"],
    }


def test_a_value_that_does_not_fit_leaves_its_column_as_text_with_a_warning(made):
    edit(made / "facts.csv", 2, "value", "1" * 40)
    with pytest.warns(MisfitWarning, match=r"facts\.value is text"):
        frame = depositary.load(made, "facts", "polars")
    assert frame["value"].to_list() == ["1" * 40, None, "12345678901234567890.123456789"]


def test_a_refused_cell_stops_it(made):
    edit(made / "facts.csv", 3, "code", "middle")
    with pytest.raises(UsageError, match=r'facts\.csv, row 3: "middle" is not a value of code'):
        depositary.load(made, "facts")


@pytest.mark.parametrize(
    ("name", "said"), [("stanzes", "did you mean stances"), ("zzz", "it has contributors, sources")]
)
def test_an_unknown_table_is_refused_with_what_there_is(name, said):
    with pytest.raises(UsageError, match=said):
        depositary.load(PACKAGE, name)


def test_an_unknown_column_is_refused_with_what_there_is(made):
    with pytest.raises(UsageError, match=r"facts has no column 'cod'; did you mean code\?"):
        depositary.load(made, "facts", columns=["cod"])


def test_an_unknown_kind_is_refused(made):
    with pytest.raises(UsageError, match="Use one of pandas, polars, arrow, duckdb"):
        depositary.load(made, "facts", "numpy")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_all_tables_have_the_rows_of_their_files(kind):
    for name, frame in depositary.load_all(PACKAGE, kind).items():
        file = next((PACKAGE / "data").rglob(f"{name}.csv"))
        with file.open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        found = columns(frame)
        assert list(found) == header
        assert [len(values) for values in found.values()] == [len(rows)] * len(header)


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_without_rows_has_its_columns(tmp_path, kind):
    package = put(tmp_path, [(resource_of("facts", {"fields": FIELDS}, {}), ROWS.partition("\n")[0].encode() + b"\n")])
    assert set(map(len, columns(depositary.load(package, "facts", kind)).values())) == {0}


@pytest.mark.parametrize("kind", KINDS)
def test_two_accounts_of_one_meeting_load_as_two_stances(kind):
    found = columns(
        depositary.load(
            PACKAGE, "stances", kind, where="statement_id = 'stm-cn-kr-chip-dialogue'", columns=["party_id", "stance"]
        )
    )
    assert sorted(zip(found["party_id"], found["stance"], strict=True)) == [
        ("act-cn-government", "affirms"),
        ("act-kr-government", "qualifies"),
        ("act-kr-government", "silent"),
    ]


@pytest.mark.short(1)
@pytest.mark.parametrize("kind", KINDS)
def test_a_view_loads_as_a_table_does(kind):
    frame = depositary.load(
        PACKAGE, "statement_standing", kind, columns=["statement_id", "contested"], where="contested"
    )
    assert columns(frame) == {"statement_id": ["stm-cn-kr-chip-dialogue"], "contested": [True]}


def test_a_package_without_the_tables_has_no_view():
    with pytest.raises(UsageError, match="has no table or view 'statement_standing'"):
        depositary.load(CASES / "demo", "statement_standing")


@pytest.mark.short(2)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options", [{}, {"where": "reporter = 'KOR'", "columns": ["trade_flow_id", "value"]}], ids=["all", "some"]
)
def test_parquet_loads_as_csv_does(tmp_path, kind, options):
    depositary.export(PACKAGE, ["parquet"], tmp_path / "out")
    theirs = depositary.load(tmp_path / "out" / "parquet", "trade_flows", kind, **options)
    assert columns(theirs) == columns(depositary.load(PACKAGE, "trade_flows", kind, **options))


def test_a_view_of_parquet_tables_is_that_of_csv_tables(tmp_path):
    depositary.export(PACKAGE, ["parquet"], tmp_path / "out")
    theirs = depositary.load(tmp_path / "out" / "parquet", "n_roots", "polars")
    assert theirs.equals(depositary.load(PACKAGE, "n_roots", "polars"))


def test_a_broken_parquet_file_is_told(tmp_path):
    depositary.export(PACKAGE, ["parquet"], tmp_path / "out")
    (tmp_path / "out" / "parquet" / "stances.parquet").write_bytes(b"PAR1")
    with pytest.raises(UsageError, match=r"stances\.parquet cannot be read"):
        depositary.load(tmp_path / "out" / "parquet", "stances")


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_of_a_parquet_file_that_is_no_category_is_refused(tmp_path, kind):
    out = Path(shutil.copytree(exported_parquet(tmp_path), tmp_path / "changed"))
    frame = pl.read_parquet(out / "stances.parquet")
    frame.with_columns(pl.lit("nods").alias("stance")).write_parquet(out / "stances.parquet")
    with pytest.raises(UsageError, match=r"stances\.parquet: 'nods' is not a value of stance"):
        depositary.load(out, "stances", kind)


def exported_parquet(folder: Path) -> Path:
    depositary.export(PACKAGE, ["parquet"], folder / "out")
    return folder / "out" / "parquet"


def test_a_path_outside_the_package_is_not_read(made, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    shutil.copy(made / "facts.csv", other / "facts.csv")
    descriptor = (made / "datapackage.json").read_text(encoding="utf-8")
    (made / "datapackage.json").write_text(
        descriptor.replace("facts.csv", f"../{other.name}/facts.csv"), encoding="utf-8"
    )
    with pytest.raises(DocumentError, match="is not followed: it leads out of the folder"):
        depositary.load(made, "facts")
