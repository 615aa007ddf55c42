"""Frames: the pandera schemas of the tables, and frames judged as files are."""

import copy
import csv
import datetime as dt
import io
import json
import pickle
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pandera.errors
import polars as pl
import pyarrow as pa
import pytest
from conftest import CASES, ROOT, edit
from rule_cases import published, rows_in

import depositary
from depositary.check.validate import validate
from depositary.errors import DepositaryError, DocumentError, NotFoundError, UsageError
from depositary.model.rule import RuleOptions
from depositary.model.table import Field

AS_OF = dt.date(2026, 11, 22)
PACKAGE = ROOT / "datapackage"
TABLES = [resource.name for resource in published()]
BACKENDS = ("pandas", "polars")

both = pytest.mark.parametrize("backend", BACKENDS)
every_table = pytest.mark.parametrize("table", TABLES)


# The schemas, on frames as users read them


@cache
def schema(table: str, backend: str) -> Any:
    return depositary.pandera_schema(table, backend, as_of=AS_OF)


def read(file: Path | io.StringIO, table: str, backend: str) -> Any:
    """Read a CSV file into a typed frame, as users do."""
    types = {name: column.dtype.type for name, column in schema(table, backend).columns.items()}
    if backend == "polars":
        return pl.read_csv(file, schema_overrides=types)
    return pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""]).astype(types)


def rows_of(table: str, backend: str) -> Any:
    return read(published()[table].file, table, backend)


def of_texts(table: str, backend: str, rows: list[dict[str, str]]) -> Any:
    """Make a typed frame of rows of text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, published()[table].table.field_names, restval="")
    writer.writeheader()
    writer.writerows(rows)
    text.seek(0)
    return read(text, table, backend)


def put(frame: Any, row: int, column: str, value: Any) -> Any:
    """Change one value of a typed frame; the column keeps its type."""
    if isinstance(frame, pl.DataFrame):
        values = frame[column].to_list()
        values[row] = value
        return frame.with_columns(pl.Series(column, values, dtype=frame.schema[column]))
    values = frame[column].astype(object)
    values.iloc[row] = value
    return frame.assign(**{column: values.astype(frame[column].dtype)})


Cases = list[tuple[str, str, Any]]  # column, check, row


def cases(table: str, frame: Any) -> Cases:
    """Validate a frame, and give what failed."""
    backend = "polars" if isinstance(frame, (pl.DataFrame, pl.LazyFrame)) else "pandas"
    try:
        schema(table, backend).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        failed = errors.failure_cases
        records = failed.to_dicts() if isinstance(failed, pl.DataFrame) else failed.to_dict("records")
        return [(case["column"], case["check"], case["index"]) for case in records]
    return []


@pytest.mark.short(8, long=16)
@every_table
@both
@pytest.mark.filterwarnings("ignore::pandera.errors.SchemaWarning")
def test_published_rows_keep_the_schema(table, backend):
    assert cases(table, rows_of(table, backend)) == []


@every_table
@both
def test_the_schema_has_the_columns_of_the_table(table, backend):
    built = schema(table, backend)
    assert built.name == table
    assert tuple(built.columns) == published()[table].table.field_names
    assert built.coerce is False
    assert built.strict is True


def start_row(table: str) -> dict[str, str]:
    """Give one good row of a table."""
    if table == "policy_action_links":
        return {"from_action_id": "pol-a", "relation": "amends", "to_action_id": "pol-b", "source_id": "src-a"}
    rows = rows_in(CASES / "rules" / "base").get(table)
    return rows[0] if rows else records(published()[table].file)[0]


def records(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))


def number(field: Field, value: int) -> int | Decimal:
    return Decimal(value) if field.type == "number" else value


def faults(field: Field) -> Iterator[tuple[Any, str]]:
    """Give values that break one constraint of a column each, and the name of the check that sees it."""
    constraints = field.constraints
    if field.required:
        yield None, "not_nullable"
    if "enum" in constraints:
        yield (99 if field.type == "integer" else f"{constraints['enum'][0]}\n"), "isin"
    if "minimum" in constraints:
        yield number(field, constraints["minimum"] - 1), "greater_than_or_equal_to"
    if "maximum" in constraints:
        yield number(field, constraints["maximum"] + 1), "less_than_or_equal_to"
    if "maxLength" in constraints:
        yield "é" * (constraints["maxLength"] + 1), "str_length"
    if "pattern" in constraints:
        yield from ((value, "pattern") for value in ("~", "\n", "a b"))
    if field.type == "string" and not {"enum", "pattern"} & set(constraints):
        yield "", "str_length"


@pytest.mark.short(8, long=16)
@every_table
@both
@pytest.mark.filterwarnings("ignore::pandera.errors.SchemaWarning")
def test_each_broken_constraint_is_one_case_that_names_column_check_and_row(table, backend):
    spoilt = [(f.name, *fault) for f in published()[table].table.fields for fault in faults(f)]
    frame = of_texts(table, backend, [start_row(table)] * len(spoilt))
    for row, (column, value, _) in enumerate(spoilt):
        frame = put(frame, row, column, value)
    found = {(column, check.split("(")[0], row) for column, check, row in cases(table, frame)}
    wanted = {(column, check, row) for row, (column, _, check) in enumerate(spoilt)}
    names = {"not_nullable", "isin", "greater_than_or_equal_to", "less_than_or_equal_to", "str_length", "pattern"}
    # A text that is too long for a column with a pattern need not fit the pattern.
    too_long = {(c, "pattern", row) for row, (c, _, check) in enumerate(spoilt) if check == "str_length"}
    assert {case for case in found if case[1] in names} - too_long == wanted


@pytest.mark.parametrize("value", ["evd-a\n", "\nevd-a", "xevd-a", "evd-a b", "evd-é"])
@both
def test_a_pattern_fits_the_whole_text(backend, value):
    frame = put(rows_of("evidence", backend), 3, "evidence_id", value)
    assert cases("evidence", frame) == [("evidence_id", "pattern(evd-[a-z0-9]+(-[a-z0-9]+)*)", 3)]


def custom(folder: Path, fields: list[dict[str, Any]], rows: str = "", **schema: Any) -> Path:
    """Write a package of one table, `things`."""
    resource = {"name": "things", "path": "things.csv", "schema": {"fields": fields, **schema}}
    (folder / "things.csv").write_text(",".join(f["name"] for f in fields) + "\n" + rows)
    (folder / "datapackage.json").write_text(json.dumps({"name": "custom", "resources": [resource]}))
    return folder


@pytest.mark.parametrize("pattern", ["a|b", "(?=a|b)[a-z]"])
@both
def test_alternation_and_look_around_are_matched_whole(tmp_path, backend, pattern):
    package = custom(tmp_path, [{"name": "x", "type": "string", "constraints": {"pattern": pattern}}])
    built = depositary.pandera_schema("things", backend, package=package)
    library = pl if backend == "polars" else pd
    built.validate(library.DataFrame({"x": ["a", "b", None]}), lazy=True)
    with pytest.raises(pandera.errors.SchemaErrors) as raised:
        built.validate(library.DataFrame({"x": ["a", "ab", "xb", "a\n"]}), lazy=True)
    assert [int(row) for row in raised.value.failure_cases["index"]] == [1, 2, 3]


@both
def test_a_repeated_key_is_named_with_its_row(backend):
    frame = rows_of("statement_links", backend)
    frame = put(frame, 4, "link_id", frame["link_id"].to_list()[0])
    found = cases("statement_links", frame)
    assert {check for _, check, _ in found} == {"multiple_fields_uniqueness"}
    # pandas names the rows after the first, polars all of them.
    assert {int(row) for *_, row in found} == ({4} if backend == "pandas" else {0, 4})


@both
def test_a_key_of_several_columns_may_repeat_in_parts(backend):
    frame = rows_of("statement_parties", backend)
    assert len(set(frame["statement_id"])) < len(frame)
    assert cases("statement_parties", frame) == []


@both
def test_a_missing_column_is_one_case_even_where_rules_read_it(backend):
    frame = rows_of("evidence", backend)
    frame = frame.drop("char_start") if backend == "polars" else frame.drop(columns="char_start")
    assert [check for _, check, _ in cases("evidence", frame)] == ["column_in_dataframe"]


@both
def test_an_unknown_column_is_one_case(backend):
    frame = rows_of("evidence", backend)
    frame = frame.with_columns(pl.lit("x").alias("extra")) if backend == "polars" else frame.assign(extra="x")
    assert [check for _, check, _ in cases("evidence", frame)] == ["column_in_schema"]


def test_two_columns_of_one_name_are_refused():
    frame = rows_of("evidence", "pandas")
    frame = pd.concat([frame, frame[["note"]]], axis=1)
    assert [check for _, check, _ in cases("evidence", frame)] == ["dataframe_column_labels_unique"]


@both
def test_columns_may_stand_in_any_order(backend):
    frame = rows_of("evidence", backend)
    assert cases("evidence", frame[list(frame.columns)[::-1]]) == []


@pytest.mark.parametrize(
    ("table", "column", "change"),
    [
        ("evidence", "char_start", lambda column: column.astype("float64")),
        ("evidence", "support", lambda column: column.astype("category")),
        ("evidence", "support", lambda column: column.astype(pd.ArrowDtype(pa.string()))),
        ("sources", "recorded_on", pd.to_datetime),
        ("sources", "recorded_on", lambda column: column.astype("str")),
        ("dependencies", "share", lambda column: column.astype("float64")),
        ("jurisdictions", "can_report", lambda column: column.astype("boolean")),
    ],
)
def test_nothing_is_coerced_in_pandas(table, column, change):
    frame = rows_of(table, "pandas")
    frame = frame.assign(**{column: change(frame[column])})
    assert (column, "dtype") in {(name, check.split("(")[0]) for name, check, _ in cases(table, frame)}


@pytest.mark.parametrize(
    ("table", "column", "kind"),
    [
        ("evidence", "char_start", pl.Int32),
        ("evidence", "char_start", pl.Float64),
        ("evidence", "support", pl.Categorical),
        ("evidence", "support", pl.Enum(["stated", "computed", "background"])),
        ("sources", "recorded_on", pl.Datetime),
        ("sources", "recorded_on", pl.String),
        ("dependencies", "share", pl.Float64),
        ("jurisdictions", "can_report", pl.String),
    ],
)
def test_nothing_is_coerced_in_polars(table, column, kind):
    frame = rows_of(table, "polars").with_columns(pl.col(column).cast(kind))
    assert (column, "dtype") in {(name, check.split("(")[0]) for name, check, _ in cases(table, frame)}


@pytest.mark.parametrize("kind", ["str", "string", "object"])
def test_texts_of_pandas_may_be_any_of_its_own_kinds(kind):
    frame = rows_of("actors", "pandas")
    texts = [name for name in frame if frame[name].dtype == "str"]
    assert cases("actors", frame.astype(dict.fromkeys(texts, kind))) == []


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA])
def test_what_pandas_has_for_nothing_is_nothing(nothing):
    frame = rows_of("actors", "pandas")
    empty = frame.assign(notes=pd.Series([nothing] * len(frame), dtype=object, index=frame.index))
    assert cases("actors", empty) == []
    assert [c[:2] for c in cases("actors", empty.assign(source_id=empty["notes"]))] == (
        [("source_id", "not_nullable")] * len(frame)
    )


@pytest.mark.parametrize(
    "index",
    [
        lambda n: [f"row {i}" for i in range(n)],
        lambda n: [0] * n,
        lambda n: range(n, 0, -1),
        lambda n: pd.MultiIndex.from_product([["a"], range(n)]),
    ],
)
def test_the_index_of_a_pandas_frame_may_be_any(index):
    frame = rows_of("actors", "pandas")
    frame = frame.set_axis(index(len(frame)))
    assert cases("actors", frame) == []
    rules = {check for _, check, _ in cases("actors", put(frame, 2, "lei", "5493006MHB84DD0ZWV81"))}
    assert rules == {"R48a: The check digits of an LEI are correct."}


@both
def test_a_frame_without_rows_keeps_the_schema(backend):
    assert cases("trade_flows", of_texts("trade_flows", backend, [])) == []


def test_of_a_lazy_frame_pandera_sees_types_only():
    frame = put(rows_of("evidence", "polars"), 3, "support", "nowhere")
    assert cases("evidence", frame.lazy()) == []
    assert cases("evidence", frame.lazy().cast({"support": pl.Int32}, strict=False)) == [
        ("support", "dtype('String')", None)
    ]


@both
def test_a_broken_rule_is_named_with_its_row(backend):
    frame = put(rows_of("evidence", backend), 5, "char_end", None)
    check = "R66b: A passage has a first and a last character, and a hash."
    assert {(name, row) for _, name, row in cases("evidence", frame)} == {(check, 5)}


@pytest.mark.parametrize(("table", "column", "value"), [("actors", "lei", "5493006MHB84DD0ZWV81"),
                                                        ("contributors", "orcid", "0000-0002-1825-0079")])  # fmt: skip
@both
def test_check_digits_are_judged(backend, table, column, value):
    found = cases(table, put(rows_of(table, backend), 0, column, value))
    assert {check[:4] for _, check, _ in found} == {"R48a" if column == "lei" else "R48b"}


@both
def test_a_rule_that_warns_gives_a_warning(backend):
    frame = rows_of("actors", backend)
    unnamed = frame["kind"].to_list().index("unnamed_person")
    with pytest.warns(pandera.errors.SchemaWarning, match="R20b"):
        assert cases("actors", put(frame, unnamed, "anonymity_reason", None)) == []


@both
def test_the_day_that_counts_as_today_is_given(backend):
    early = depositary.pandera_schema("evidence", backend, as_of=dt.date(2026, 11, 21))
    assert early.validate(rows_of("evidence", backend)) is not None
    early = depositary.pandera_schema("actors", backend, as_of=dt.date(2026, 11, 21))
    with pytest.raises(pandera.errors.SchemaErrors, match="R09b"):
        early.validate(rows_of("actors", backend), lazy=True)


@pytest.mark.parametrize("table", ["actors", "trade_flows"])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda built: pickle.loads(pickle.dumps(built))])  # noqa: S301
@both
def test_a_schema_can_be_copied_and_pickled(table, backend, copied):
    again = copied(schema(table, backend))
    assert again.validate(rows_of(table, backend), lazy=True) is not None
    with pytest.raises(pandera.errors.SchemaErrors, match="isin"):
        again.validate(put(rows_of(table, backend), 0, "record_status", "lost"), lazy=True)


@pytest.mark.parametrize("backend", ["spark", "", None])
def test_an_unknown_backend_is_refused(backend):
    with pytest.raises(UsageError, match="Use pandas or polars"):
        depositary.pandera_schema("actors", backend)


CALLS: list[Callable[..., Any]] = [
    depositary.pandera_schema,
    depositary.json_schema,
    lambda table, **more: depositary.validate_frame(pl.DataFrame(), table, **more),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("table", "says"), [("actor", "Did you mean actors?"), ("", "Its tables are"), (5, "table")])
def test_an_unknown_table_is_refused(call, table, says):
    with pytest.raises(UsageError, match=re.escape(says)):
        call(table)


@pytest.mark.parametrize("call", CALLS)
def test_a_package_that_is_not_there_is_refused(call, tmp_path):
    with pytest.raises(NotFoundError, match="there is no such file or folder"):
        call("things", package=tmp_path / "nowhere")


@pytest.mark.parametrize("call", [CALLS[0], CALLS[2]])
def test_a_package_with_a_broken_descriptor_is_refused(call, tmp_path):
    custom(tmp_path, [{"name": "x", "type": "integer", "constraints": {"minimum": "many"}}])
    with pytest.raises(DocumentError, match="depositary validate"):
        call("things", package=tmp_path)


@pytest.mark.parametrize("call", [CALLS[0], CALLS[2]])
@pytest.mark.parametrize("as_of", ["2026-11-22", 20261122])
def test_as_of_has_to_be_a_date(call, as_of):
    with pytest.raises(UsageError, match="as_of must be a"):
        call("actors", as_of=as_of)


# Frames judged as files


Found = list[tuple[Any, ...]]


def of_frame(frame: Any, table: str, package: Path = PACKAGE) -> Found:
    return facts(depositary.validate_frame(frame, table, package=package, as_of=AS_OF))


def of_file(file: Path, table: str, package: Path = PACKAGE) -> Found:
    return facts(validate(file, package, table=table, asked=RuleOptions(as_of=AS_OF)))


OF_A_FILE = "the rows as a contribution"  # how a file could be checked, which a frame cannot


def facts(report: depositary.Report) -> Found:
    """Give all that is said, but for the name of the file."""
    assert all(f.file.endswith("(frame)") or f.file.endswith(".csv") for f in report)
    found = [(f.code, f.rule, f.level, f.row, f.field, f.value, f.message, f.hint) for f in report]
    also = [(place.table, place.row) for f in report for place in f.also]
    return [
        *found,
        *also,
        *report.tables[0].totals,
        report.rows,
        [n.what for n in report.not_judged if n.what != OF_A_FILE],
    ]


def texts(file: Path) -> pd.DataFrame:
    return pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""])


KINDS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda frame: frame,
    "pandas objects": lambda frame: frame.astype(object).where(frame.notna(), None),
    "pandas categories": lambda frame: frame.astype("category"),
    "pandas arrow": lambda frame: frame.astype(pd.ArrowDtype(pa.large_string())),
    "polars": pl.from_pandas,
    "polars lazy": lambda frame: pl.from_pandas(frame).lazy(),
    "polars categories": lambda frame: pl.from_pandas(frame).cast(pl.Categorical),
    "pyarrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "pyarrow batches": lambda frame: pa.Table.from_pandas(frame, preserve_index=False).to_reader(),
    "duckdb": lambda frame: duckdb.from_arrow(pa.Table.from_pandas(frame, preserve_index=False)),
    "empty texts": lambda frame: frame.fillna(""),
}


@pytest.fixture
def spoilt(published):
    """Give a file of actors with a fault of each kind: of a cell, a key, a reference, a rule, and a warning."""
    file = published / "data" / "actors.csv"
    for row, field, value in [
        (2, "kind", "robot"),
        (3, "actor_id", "act 3"),
        (4, "jurisdiction", "ZZZ"),
        (5, "recorded_on", "2026-02-30"),
        (6, "contributor_id", ""),
        (7, "name", ""),
        (8, "lei", "5493006MHB84DD0ZWV81"),
        (9, "name", 'two\nlines, "quoted"'),
        (10, "notes", "a\rb\r\nc"),
        (11, "name", "nul\0"),
        (12, "aliases", " é; NA"),
        (13, "recorded_on", "2026-11-23"),
    ]:
        edit(file, row, field, value)
    edit(file, 14, "actor_id", records(file)[13]["actor_id"])
    return file


def test_the_spoilt_file_has_faults_of_every_kind(spoilt):
    found = {fact[0] for fact in of_file(spoilt, "actors") if isinstance(fact, tuple)}
    kinds = {"enum-constraint", "pattern-constraint", "foreign-key", "type-error", "required-constraint", "rule"}
    assert kinds | {"primary-key", "nul-byte"} <= found


@pytest.mark.short(2, long=4)
@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_has_the_findings_of_its_file(spoilt, kind):
    assert of_frame(KINDS[kind](texts(spoilt)), "actors") == of_file(spoilt, "actors")


@pytest.mark.short(2, long=4)
@pytest.mark.parametrize("table", ["sources", "dependencies", "evidence", "trade_flows", "jurisdictions", "products"])
@both
def test_a_published_table_as_a_typed_frame_has_the_findings_of_its_file(table, backend):
    assert of_frame(rows_of(table, backend), table) == of_file(published_file(table), table)


def published_file(table: str) -> Path:
    return published()[table].file


@pytest.mark.parametrize(("table", "column"), [("sources", "known_through_source_id"), ("actors", "part_of_actor_id")])
def test_a_part_of_a_table_may_refer_to_the_rest_of_it(table, column, tmp_path):
    part = rows_of(table, "polars").filter(pl.col(column).is_not_null())[:1]
    assert len(part) == 1
    part.write_csv(tmp_path / "part.csv")
    found = of_frame(part, table)
    assert found == of_file(tmp_path / "part.csv", table)
    assert "foreign-key" not in str(found)


def test_columns_are_told_by_their_names():
    frame = texts(published_file("actors"))
    assert of_frame(frame[frame.columns[::-1]], "actors") == of_frame(frame, "actors")


def codes(frame: Any, table: str, package: Path = PACKAGE) -> list[tuple[str, int, str, str]]:
    report = depositary.validate_frame(frame, table, package=package, as_of=AS_OF)
    return [(f.code, f.row, f.field, f.value) for f in report]


def test_a_missing_and_an_unknown_column_are_one_finding_each():
    frame = texts(published_file("actors"))
    assert codes(frame.drop(columns="name"), "actors") == [("missing-label", 1, "name", "")]
    assert codes(frame.rename(columns={"name": "nam"}), "actors") == [
        ("extra-label", 1, "", "nam"),
        ("missing-label", 1, "name", ""),
    ]


@pytest.mark.short(2)
@pytest.mark.parametrize("label", [5, None, ("a", "b"), dt.date(2026, 1, 1), "", " ", "a\nb"])
def test_any_label_of_a_column_is_named_as_text(label):
    frame = texts(published_file("actors")).assign(more="x").rename(columns={"more": label})
    assert [(code, row) for code, row, _, _ in codes(frame, "actors")] == [("extra-label", 1)]


@pytest.mark.short(1)
@pytest.mark.parametrize("value", ["x", None])
def test_a_last_column_without_a_name_is_one_finding_filled_or_not(value):
    frame = texts(published_file("actors"))
    unnamed = pl.from_pandas(frame).with_columns(pl.lit(value, pl.String).alias(""))
    for kind in (frame.assign(more=value).rename(columns={"more": ""}), unnamed, unnamed.lazy(), unnamed.to_arrow()):
        assert codes(kind, "actors") == [("extra-label", 1, "", "")]


def test_rows_without_a_value_at_the_end_of_a_frame_are_named():
    frame = texts(published_file("actors")).assign(more=None).rename(columns={"more": ""})
    longer = pd.concat([frame, pd.DataFrame([[None] * len(frame.columns)], columns=frame.columns)])
    assert ("blank-row", len(longer) + 1, "", "") in codes(longer, "actors")


def test_columns_on_several_levels_are_none_of_the_table():
    frame = pd.concat({"x": texts(published_file("actors"))}, axis=1)
    assert {code for code, *_ in codes(frame, "actors")} == {"extra-label", "missing-label"}


def test_two_columns_of_one_name_are_a_finding():
    frame = texts(published_file("actors"))
    assert [code for code, *_ in codes(pd.concat([frame, frame[["name"]]], axis=1), "actors")] == ["duplicate-label"]
    twice = pa.table([pa.array(["act-a"]), pa.array(["act-a"])], names=["actor_id", "actor_id"])
    assert "duplicate-label" in [code for code, *_ in codes(twice, "actors")]


@pytest.mark.parametrize(
    "labels", [lambda n: [f"r{i}" for i in range(n)], lambda n: [0] * n, lambda n: range(n, 0, -1)]
)
def test_an_index_without_a_name_is_left_out(labels):
    frame = texts(published_file("actors"))
    assert codes(frame.set_axis(labels(len(frame))), "actors") == []
    assert codes(frame[::2], "actors") == []


def test_an_index_named_like_a_missing_column_is_that_column():
    frame = texts(published_file("statement_parties"))
    expected = codes(frame, "statement_parties")
    assert codes(frame.set_index(["statement_id", "role"]), "statement_parties") == expected
    assert codes(frame.set_index("role", drop=False), "statement_parties") == expected
    other = codes(frame.set_index("role").rename_axis("other"), "statement_parties")
    assert ("missing-label", 1, "role", "") in other


def test_a_frame_without_columns_is_an_empty_file():
    assert [code for code, *_ in codes(pd.DataFrame(), "actors")] == ["empty-file"]


@both
def test_a_frame_without_rows_is_a_table_without_rows(backend):
    assert codes(of_texts("actors", backend, []), "actors") == []


# Values


FIELDS = [
    {"name": "n", "type": "integer"},
    {"name": "y", "type": "year"},
    {"name": "x", "type": "number"},
    {"name": "s", "type": "string"},
    {"name": "d", "type": "date"},
    {"name": "t", "type": "datetime"},
    {"name": "b", "type": "boolean"},
    {"name": "l", "type": "array"},
    {"name": "o", "type": "object"},
    {"name": "filled", "type": "string"},  # a row without any value is a finding of its own
]


@pytest.fixture
def things(tmp_path):
    return custom(tmp_path, FIELDS)


def column(name: str, values: Any) -> pd.DataFrame:
    frame = pd.DataFrame({f["name"]: pd.Series([None] * len(values), dtype=object) for f in FIELDS})
    return frame.assign(**{name: pd.Series(values), "filled": "x"})


GOOD = {
    "whole floats for integers": ("n", [1.0, None, -3.0]),
    "large whole floats": ("n", [1e15, None]),
    "whole floats for years": ("y", [2020.0, None]),
    "floats": ("x", [0.1, 1e300, 1e-7, -0.0]),
    "whole decimals for integers": ("n", [Decimal("5.000"), Decimal("1E+3"), None]),
    "decimals": ("x", [Decimal("1E+3"), Decimal("12.500"), Decimal("0E-9")]),
    "midnights": ("d", pd.to_datetime(["2026-11-22", None])),
    "midnights in nanoseconds": ("d", pd.to_datetime(["2026-11-22", None]).astype("datetime64[ns]")),
    "days": ("d", [dt.date(2026, 11, 22), None]),
    "texts of days": ("d", ["2026-11-22", ""]),
    "times": ("t", pd.to_datetime(["2026-11-22 10:30", None])),
    "booleans": ("b", [True, False, None]),
    "lists": ("l", [["a", 'b"c'], [], None]),
    "objects": ("o", [{"a": [1, None]}, None]),
    "texts of several types": ("s", ["8542", 8542, None, 1.5, dt.date(2026, 1, 1), ["a", {"b": 1}]]),
    "integers of several types": ("n", ["5", 5, 5.0, float("nan"), pd.NA, None]),
}


@pytest.mark.parametrize("name", GOOD)
def test_values_are_read_as_people_mean_them(things, name):
    field, values = GOOD[name]
    assert codes(column(field, values), "things", things) == []


BAD = {
    "a fraction": ("n", [1.5], "1.5"),
    "infinity": ("n", [float("inf")], "inf"),
    "a truth": ("n", [True], "true"),
    "a number that is no truth": ("b", [1.5], "1.5"),
    "an hour": ("d", pd.to_datetime(["2026-11-22 01:00"]), "2026-11-22T01:00:00"),
    "midnight somewhere": ("d", pd.to_datetime(["2026-11-22"]).tz_localize("UTC"), "2026-11-22T00:00:00+00:00"),
    "a list that is no date": ("d", [["2026-11-22"]], '["2026-11-22"]'),
}


@pytest.mark.parametrize("name", BAD)
def test_values_of_another_type_are_type_errors(things, name):
    field, values, shown = BAD[name]
    assert codes(column(field, values), "things", things) == [("type-error", 2, field, shown)]


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA, pd.NaT, "", Decimal("NaN")])
@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field["type"])
def test_nothing_is_nothing_in_every_column(tmp_path, field, nothing):
    package = custom(tmp_path, [{**field, "constraints": {"required": True}}, {"name": "z"}])
    frame = pd.DataFrame({field["name"]: pd.Series([nothing], dtype=object), "z": ["z"]})
    assert codes(frame, "things", package) == [("required-constraint", 2, field["name"], "")]


def test_all_38_digits_of_a_decimal_are_kept(tmp_path):
    most = "12345678901234567890123456789.123456789"
    package = custom(tmp_path, [{"name": "x", "type": "number", "constraints": {"enum": [most]}}])
    frame = pa.table({"x": pa.array([Decimal(most)], pa.decimal128(38, 9))})
    assert codes(frame, "things", package) == [("lost-digits", 2, "x", most)]  # a warning: other programs lose some


NOTATIONS = [
    ({"name": "x", "type": "number", "decimalChar": ","}, [1.5, Decimal("2.50"), None]),
    ({"name": "x", "type": "boolean", "trueValues": ["yes"], "falseValues": ["no"]}, [True, False, None]),
    ({"name": "x", "type": "date", "format": "%d.%m.%Y"}, [dt.date(2026, 11, 22), dt.datetime(2026, 11, 22), None]),  # noqa: DTZ001
    ({"name": "x", "type": "time", "format": "%H:%M"}, [dt.time(10, 30), None]),
]


@pytest.mark.parametrize(("field", "values"), NOTATIONS)
def test_typed_values_have_the_notation_of_their_column(tmp_path, field, values):
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object), "z": "z"})
    assert codes(frame, "things", custom(tmp_path, [field, {"name": "z"}])) == []


ODD = ['"', '""', "'", ",", "\n", "\r", "\r\n", "a\rb", "\n\n", "\t", " a", "\u2028", "\ufeff", "😀", "NA", "null"]


@pytest.mark.parametrize("text", ODD)
@both
def test_every_text_arrives_as_it_is(tmp_path, backend, text):
    package = custom(tmp_path, [{"name": "x", "constraints": {"enum": [text]}}])
    frame = pd.DataFrame({"x": [text, text]}) if backend == "pandas" else pl.DataFrame({"x": [text, text]})
    assert [
        found for found in codes(frame, "things", package) if found[0] not in ("byte-order-mark", "unseen-character")
    ] == []


def test_nothing_is_written_as_the_table_writes_it(tmp_path):
    fields = [{"name": "n", "type": "integer"}, {"name": "s", "constraints": {"required": True}}]
    package = custom(tmp_path, fields, missingValues=["NA"])
    assert codes(pl.DataFrame({"n": [None, 1], "s": ["", None]}), "things", package) == [
        ("required-constraint", 3, "s", "NA")
    ]


@pytest.mark.parametrize("values", [["a"], ["\n"], [","]])
def test_a_table_of_one_column_keeps_its_rows(tmp_path, values):
    report = depositary.validate_frame(
        pl.DataFrame({"x": values}, {"x": pl.String}), "things", package=custom(tmp_path, [{"name": "x"}])
    )
    assert (report.rows, [f.code for f in report if f.level == "error"]) == (1, [])


# What is no frame


@pytest.mark.parametrize(
    "frame",
    [
        None,
        5,
        "data/actors.csv",
        Path("data/actors.csv"),
        object(),
        [],
        [{"actor_id": "act-a"}],
        pd.Series(["act-a"]),
        pl.Series(["act-a"]),
        pa.array(["act-a"]),
        pd.DataFrame({"actor_id": ["act-a"]}).to_numpy(),
        {"actor_id": ["act-a", "act-b"], "name": ["A"]},
    ],
    ids=lambda frame: type(frame).__name__,
)
def test_what_is_no_frame_is_refused(frame):
    with pytest.raises(UsageError, match="the frame cannot be read"):
        depositary.validate_frame(frame, "actors")


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"actor_id": pd.Series(["\ud800"], dtype=object)}),
        pd.DataFrame({"actor_id": [b"act-a"]}),
        pl.DataFrame({"actor_id": [b"act-a"]}),
        pl.DataFrame({"actor_id": pl.Series([object()], dtype=pl.Object)}),
    ],
)
def test_a_column_that_is_no_text_is_named(frame):
    with pytest.raises(UsageError, match="column 'actor_id'"):
        depositary.validate_frame(frame, "actors")


def test_a_lazy_frame_that_cannot_be_collected_is_refused():
    with pytest.raises(UsageError, match="nowhere"):
        depositary.validate_frame(pl.LazyFrame({"x": [1]}).select("nowhere"), "actors")


def test_every_refusal_is_one_of_ours():
    assert issubclass(UsageError, DepositaryError)
    assert issubclass(UsageError, ValueError)
