"""Parquet as input: the verdicts and the frames of the CSV with the same values; bad files are findings."""

import base64
import json
import math
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet as pq
from pyarrow.parquet import encryption
from test_lanes import exact_lane, fast_lane

import depositary
from depositary.check.validate import validate
from depositary.errors import DepositaryError, MisfitWarning, UsageError
from depositary.model.report import Report
from depositary.read.files.typed_texts import as_text

# Packages with the same values in CSV and in Parquet


WORDS = st.text(st.sampled_from('ab é,"\n;'), min_size=1, max_size=4).filter(lambda one: one.strip() == one)
CELLS: dict[str, st.SearchStrategy[str]] = {
    "string": WORDS,
    "integer": st.integers(-(2**63), 2**63 - 1).map(str) | st.integers(0, 3).map(str),
    # As a value is written: zeros at the end, which CSV may have and a value has not, are no difference of values.
    "number": st.integers(-(10**6), 10**6).map(lambda one: f"{(Decimal(one) / 1000).normalize():f}"),
    "boolean": st.sampled_from(["true", "false"]),
    "date": st.dates(date(1, 1, 1)).map(str),
    "datetime": st.datetimes(timezones=st.just(UTC)).map(lambda one: one.isoformat().replace("+00:00", "Z")),
    "time": st.times().map(str),
    "year": st.integers(1, 9999).map("{:04}".format),
    "any": WORDS,
    "array": st.sampled_from(['["a","b"]', "[]", "[1]"]),
}
TIGHT: dict[str, list[dict[str, Any]]] = {
    "string": [{"maxLength": 2}, {"pattern": "[a-z]+"}, {"enum": ["a", "b", "ab"]}],
    "integer": [{"minimum": 2}, {"enum": [0, 1, 2]}],
    "number": [{"maximum": 10}, {"exclusiveMinimum": 0}],
    "boolean": [{"enum": [True]}],
    "date": [{"minimum": "2000-01-01"}],
    "year": [{"maximum": 2000}],
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """Draw fields and rows, valid by their types."""
    kinds = draw(st.lists(st.sampled_from(list(CELLS)), min_size=1, max_size=5))
    fields: list[dict[str, Any]] = [{"name": f"c{at}", "type": kind} for at, kind in enumerate(kinds)]
    # A row without any value is an error, so the first column is filled.
    columns = [CELLS[kinds[0]], *(st.just("") | CELLS[kind] for kind in kinds[1:])]
    return fields, draw(st.lists(st.tuples(*columns).map(list), max_size=8))


def written(folder: Path, fields: list[dict[str, Any]], rows: list[list[str]]) -> Path:
    """Write a package of one table as CSV."""
    from depositary.write.csv import to_csv  # noqa: PLC0415

    folder.mkdir()
    (folder / "t.csv").write_text(to_csv([f["name"] for f in fields], rows), encoding="utf-8", newline="")
    described = {"name": "t", "type": "table", "path": "t.csv", "schema": {"fields": fields}}
    (folder / "datapackage.json").write_text(json.dumps({"name": "made", "resources": [described]}))
    return folder


def tightened(package: Path, schema: dict[str, Any], constraints: dict[str, Any]) -> None:
    file = package / "datapackage.json"
    found = json.loads(file.read_text())
    for resource in found["resources"]:
        resource["schema"] |= schema
        for field in resource["schema"]["fields"]:
            field["constraints"] = constraints.get(field["name"], {})
        resource.pop("bytes", None)
        resource.pop("hash", None)
    file.write_text(json.dumps(found))


def brief(report: Report, before: int) -> list[tuple[Any, ...]]:
    """Give the findings without their file; `before` is the number of rows before the first row of the table."""
    found = []
    for one in report:
        message = re.sub(r" \(row group \d+\)$", "", one.message).replace(".parquet ", ".csv ")
        message = re.sub(r"\brow (\d+)", lambda at: f"row {int(at[1]) - before}", message)
        row = one.row - before if one.row else 0
        reference = {key: value for key, value in one.reference.items() if key != "note"}
        found.append((one.code, one.level, row, one.field, one.value, message, one.hint, reference))
    return found


@st.composite
def tightenings(draw: st.DrawFn, fields: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [f["name"] for f in fields]
    constraints = {
        f["name"]: draw(st.sampled_from([{}, {"required": True}, {"unique": True}, *TIGHT.get(f["type"], [])]))
        for f in fields
    }
    schema: dict[str, Any] = {}
    if draw(st.booleans()):
        schema["primaryKey"] = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    if draw(st.booleans()):
        one, other = draw(st.sampled_from(names)), draw(st.sampled_from(names))
        schema["foreignKeys"] = [{"fields": [one], "reference": {"resource": "", "fields": [other]}}]
    return schema, constraints


@pytest.mark.short(4, long=20)
@pytest.mark.filterwarnings("ignore::depositary.errors.MisfitWarning")
@given(tables(), st.data(), st.integers(1, 4), st.sampled_from([None, 3]))
@settings(max_examples=150, deadline=None)
def test_parquet_has_the_findings_and_the_frames_of_csv(drawn, data, size, parts):
    fields, rows = drawn
    with TemporaryDirectory() as room:
        folder = Path(room)
        depositary.export(written(folder / "from", fields, rows), ["csv", "parquet"], folder / "to", parts=parts)
        one, other = folder / "to/csv", folder / "to/parquet"
        for file in other.rglob("*.parquet"):
            pq.write_table(pq.read_table(file), file, row_group_size=size)
        frames = [depositary.load(package, "t", as_="polars") for package in (one, other)]
        assert frames[0].equals(frames[1], null_equal=True)
        asked = data.draw(tightenings(fields))
        for package in (one, other):
            tightened(package, *asked)
        expected = brief(validate(one), 1)
        with exact_lane():
            assert brief(validate(other), 0) == expected
        with fast_lane():
            assert brief(validate(other), 0) == expected
        if not expected and parts is None:
            depositary.export(other, ["csv"], folder / "again")
            assert (folder / "again/csv/t.csv").read_bytes() == (one / "t.csv").read_bytes()


# Values and their texts


@given(st.lists(st.floats(), min_size=1))
def test_a_double_is_written_as_the_shortest_number_that_is_read_as_the_same(values):
    batch = pa.record_batch({"x": pa.array(values, pa.float64())})
    for text, value in zip(as_text(batch)["x"], values, strict=True):
        assert float(text) == value or (math.isnan(value) and text == "NaN")
        assert not (text.isdigit() and abs(value) > 2**53)
        if math.isfinite(value):
            assert float(Decimal(text)) == value


EACH: dict[str, tuple[pa.Array, dict[str, Any], list[str]]] = {
    "whole doubles": (pa.array([5.0, -0.0, None]), {"type": "integer"}, ["5", "0", ""]),
    "doubles": (pa.array([0.1, 1e300, math.nan, math.inf]), {"type": "number"}, ["0.1", "1e+300", "NaN", "INF"]),
    "single floats": (pa.array([0.1], pa.float32()), {"type": "number"}, ["0.1"]),
    "half floats": (pa.array([0.5], pa.float16()), {"type": "number"}, ["0.5"]),
    "long decimals": (
        pa.array([Decimal("123456789012345678901234567890123456789012345.60")], pa.decimal256(60, 2)),
        {"type": "number"},
        ["123456789012345678901234567890123456789012345.6"],
    ),
    "whole decimals": (pa.array([Decimal(100)], pa.decimal128(10, 0)), {"type": "integer"}, ["100"]),
    "the largest": (pa.array([2**64 - 1], pa.uint64()), {"type": "integer"}, ["18446744073709551615"]),
    "years": (pa.array([5, 2024], pa.int16()), {"type": "year"}, ["0005", "2024"]),
    "midnights": (pa.array([date(2020, 1, 2)]).cast(pa.timestamp("ns")), {"type": "date"}, ["2020-01-02"]),
    "another zone": (
        pa.array([datetime(2020, 1, 2, 8, tzinfo=UTC)], pa.timestamp("us", "Asia/Seoul")),
        {"type": "datetime"},
        ["2020-01-02T08:00:00Z"],
    ),
    "times": (pa.array([time(8, 30)], pa.time32("s")), {"type": "time"}, ["08:30:00"]),
    "words of the field": (
        pa.array([True, False]), {"type": "boolean", "trueValues": ["ja"], "falseValues": ["nein"]}, ["ja", "nein"],
    ),
    "a decimal comma": (pa.array([1.5]), {"type": "number", "decimalChar": ","}, ["1,5"]),
    "codes": (pa.array(["a", None, "a"]).dictionary_encode(), {"type": "string"}, ["a", "", "a"]),
    "lists as JSON": (pa.array([["a,b", "c"], [], None]), {"type": "array"}, ['["a,b","c"]', "[]", ""]),
    "lists": (pa.array([["a", "b"]]), {"type": "list"}, ["a,b"]),
    "nothing": (pa.nulls(2), {"type": "number"}, ["", ""]),
    "another blank": (pa.array(["a", None]), {"type": "string", "missingValues": ["-"]}, ["a", "-"]),
}  # fmt: skip


def table(folder: Path, content: pa.Table | bytes, fields: list[dict[str, Any]], **how: Any) -> Path:
    """Write a package of one table as Parquet."""
    folder.mkdir(exist_ok=True)
    if isinstance(content, bytes):
        (folder / "t.parquet").write_bytes(content)
    else:
        pq.write_table(content, folder / "t.parquet", **how)
    schema = {"fields": fields, "primaryKey": [fields[0]["name"]]}
    described = {"name": "t", "type": "table", "path": "t.parquet", "schema": schema}
    (folder / "datapackage.json").write_text(json.dumps({"name": "made", "resources": [described]}))
    return folder


def cells(package: Path) -> list[list[str]]:
    from depositary.read.files.records import Records  # noqa: PLC0415
    from depositary.read.package import open_package  # noqa: PLC0415

    with Records(open_package(package)["t"]) as records:
        return [row for _, rows in records.chunks() for row in rows]


@pytest.mark.filterwarnings("ignore::depositary.errors.MisfitWarning")  # some fit no type of a frame
@pytest.mark.parametrize(("values", "field", "texts"), EACH.values(), ids=EACH)
def test_values_are_judged_as_their_texts(values, field, texts, tmp_path):
    fields = [{"name": "id", "type": "string"}, {"name": "x", **field}]
    ids = [str(at) for at in range(len(values))]
    package = table(tmp_path, pa.table({"id": ids, "x": values}), fields)
    assert [row[1] for row in cells(package)] == texts
    assert validate(package).valid
    assert len(depositary.load(package, "t")) == len(texts)


MISFITS: dict[str, tuple[pa.Array, dict[str, Any], str]] = {
    "numbers for codes": (pa.array([101]), {"type": "string"}, 'the values of column "x" are int64'),
    "bytes": (pa.array([b"x"]), {"type": "string"}, 'the values of column "x" are binary'),
    "a structure": (pa.array([{"a": 1}]), {"type": "object"}, 'the values of column "x" are struct<a: int64>'),
    "lists of lists": (pa.array([[["a"]]]), {"type": "array"}, "list<element: list<element: string>>"),
    "a duration": (pa.array([timedelta(1)]), {"type": "duration"}, "duration"),
    "days for numbers": (pa.array([date(2020, 1, 1)]), {"type": "number"}, "date32[day]"),
    "a form of texts": (pa.array([date(2020, 1, 1)]), {"type": "date", "format": "%d.%m.%Y"}, "has the format '%d"),
    "an item with the delimiter": (pa.array([["a,b"]]), {"type": "list"}, "an item of x has the delimiter ','"),
    "no blanks": (pa.array([None, "a"]), {"type": "string", "missingValues": []}, "x has a blank, but `missingValues`"),
}  # fmt: skip


LOADED = ("a form of texts", "no blanks")  # a frame has the values themselves, which need no texts


@pytest.mark.parametrize("name", MISFITS)
def test_types_that_do_not_fit_are_one_finding(name, tmp_path):
    values, field, message = MISFITS[name]
    fields = [{"name": "id", "type": "string"}, {"name": "x", **field}]
    package = table(tmp_path, pa.table({"id": [str(at) for at in range(len(values))], "x": values}), fields)
    (one,) = validate(package)
    assert one.code == "parquet-error"
    assert message in one.message
    assert one.hint
    if name not in LOADED:
        with pytest.raises(UsageError, match=re.escape(one.message)):
            depositary.load(package, "t")


# Bad files


FIELDS = [{"name": "id", "type": "string"}, {"name": "n", "type": "integer"}]
GOOD = pa.table({"id": ["a", "b", "c"], "n": [1, 2, 7]})


def packed(content: pa.Table = GOOD, **how: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(content, sink, **how)
    return bytes(sink.getvalue())


def encrypted(*, plaintext_footer: bool) -> bytes:
    class Keys(encryption.KmsClient):
        def __init__(self, _: object) -> None:
            super().__init__()

        def wrap_key(self, key: bytes, _: str) -> bytes:
            return base64.b64encode(key)

        def unwrap_key(self, key: bytes, _: str) -> bytes:
            return base64.b64decode(key)

    how = encryption.EncryptionConfiguration("k", column_keys={"k": ["n"]}, plaintext_footer=plaintext_footer)
    properties = encryption.CryptoFactory(Keys).file_encryption_properties(encryption.KmsConnectionConfig(), how)
    return packed(encryption_properties=properties)


def with_wrong_maximum() -> bytes:
    content = packed()
    assert content.count((7).to_bytes(8, "little")) > 1
    head, _, rest = content.partition((7).to_bytes(8, "little"))  # the value itself; the others are statistics
    return head + (7).to_bytes(8, "little") + rest.replace((7).to_bytes(8, "little"), (6).to_bytes(8, "little"))


def damaged() -> bytes:
    content = bytearray(packed(compression="none", use_dictionary=False, write_page_checksum=True))
    at = content.index(b"".join(one.to_bytes(8, "little") for one in (1, 2, 7)))
    content[at] = 8
    return bytes(content)


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "the file is empty"),
    "CSV": (lambda: b"id,n\na,1\n", "the file is not Parquet: it does not begin with PAR1"),
    "the beginning": (lambda: b"PAR1", "the file cannot be read as Parquet"),
    "cut off": (lambda: packed()[:-20], "the file cannot be read as Parquet"),
    "encrypted": (lambda: encrypted(plaintext_footer=False), "the file is encrypted"),
    "an encrypted column": (lambda: encrypted(plaintext_footer=True), "the file is encrypted"),
    "wrong statistics": (
        with_wrong_maximum, 'the statistics of row group 1 give "n" at most 6, but it has 7',
    ),
    "a changed byte": (damaged, "row group 1 cannot be read as Parquet"),
    "no columns": (lambda: packed(pa.table({})), "the file has no columns"),
    "not text": (
        lambda: packed(pa.table({"id": pa.array([b"\xff"]).view(pa.string()), "n": [1]})),
        "row group 1 cannot be read as Parquet: In column 0: Invalid: Invalid UTF8",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_a_bad_file_is_one_finding(make, message, tmp_path):
    package = table(tmp_path, make(), FIELDS)
    found = [one for one in validate(package) if one.code == "parquet-error"]
    assert [message in one.message for one in found] == [True]
    with fast_lane():
        assert found == [one for one in validate(package) if one.code == "parquet-error"]


@pytest.mark.short(40, long=200)
@given(st.data())
@settings(max_examples=2_000, deadline=None)
def test_no_changed_bytes_end_in_a_traceback(data):
    content = bytearray(packed(compression="none"))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as room:
        package = table(Path(room), bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))]), FIELDS)
        validate(package)
        with suppress(DepositaryError):
            depositary.load(package, "t")


# Places, and commands


def test_findings_name_the_row_of_the_file_and_its_row_group(tmp_path):
    content = pa.table({"id": ["a", "b", "c", "a"], "n": [1.0, 2.0, 2.5, 4.0]})
    package = table(tmp_path, content, FIELDS, row_group_size=2)
    assert [(one.row, one.field, one.message) for one in validate(package)] == [
        (3, "n", '"2.5" is not a whole number (row group 2)'),
        (4, "id", 'row 1 has the same id, "a" (row group 2)'),
    ]


def test_parts_in_parquet_are_one_table(tmp_path):
    table(tmp_path, GOOD, FIELDS)
    pq.write_table(pa.table({"id": ["d", "a"], "n": [1, 2]}), tmp_path / "u.parquet")
    file = tmp_path / "datapackage.json"
    found = json.loads(file.read_text())
    found["resources"][0]["path"] = ["t.parquet", "u.parquet"]
    file.write_text(json.dumps(found))
    (one,) = validate(tmp_path)
    assert (one.file, one.row, one.message) == ("u.parquet", 2, 'row 1 of t.parquet has the same id, "a"')
    pq.write_table(pa.table({"id": ["d"], "m": [1]}), tmp_path / "u.parquet")
    (one,) = validate(tmp_path)
    assert (one.code, one.file) == ("part-error", "u.parquet")


def test_a_number_too_long_for_its_type_is_text_in_parquet_and_is_read_again(tmp_path):
    long = "123456789012345678901234567890123456789012345"
    package = written(tmp_path / "from", [{"name": "n", "type": "number"}], [[long], ["1"]])
    depositary.export(package, ["parquet", "csv"], tmp_path / "to")
    parquet = tmp_path / "to/parquet"
    assert pq.read_schema(parquet / "t.parquet").field("n").type == pa.string()
    assert validate(parquet).valid
    with pytest.warns(MisfitWarning):
        assert depositary.load(parquet, "t", as_="polars")["n"].to_list() == [long, "1"]
    depositary.export(parquet, ["csv"], tmp_path / "again")
    assert (tmp_path / "again/csv/t.csv").read_bytes() == (tmp_path / "to/csv/t.csv").read_bytes()


def test_a_text_that_means_a_blank_is_one_in_a_frame(tmp_path):
    fields = [{"name": "id", "type": "string"}, {"name": "x", "type": "string", "missingValues": ["", "-"]}]
    package = table(tmp_path, pa.table({"id": ["a", "b", "c"], "x": ["", "-", "z"]}), fields)
    assert depositary.load(package, "t", as_="polars")["x"].to_list() == [None, None, "z"]


def test_wrong_statistics_do_not_leave_rows_out_of_a_frame(tmp_path):
    package = table(tmp_path, with_wrong_maximum(), FIELDS)
    assert depositary.load(package, "t", as_="polars", where="n > 6")["id"].to_list() == ["c"]


def test_small_row_groups_do_not_fill_the_memory(tmp_path):
    frame = pl.DataFrame({"id": pl.int_range(30_000, eager=True).cast(pl.String)}).with_columns(n=pl.lit(1))
    package = table(tmp_path, frame.to_arrow(), FIELDS, row_group_size=1_000)
    report = validate(package)
    assert (report.valid, report.tables[0].rows) == (True, 30_000)
