"""Typed rows against frictionless: where nothing is wrong with a table, both read the same values from it."""

import warnings
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import frictionless
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_lanes import exact_lane, fast_lane
from test_reference import Descriptor, Table, packages, put, resource_of

from depositary.check.validate import validate
from depositary.compile import arrow
from depositary.errors import UsageError
from depositary.loading.typed import Misfit, Shape, typed_rows
from depositary.model.limits import Limits
from depositary.model.package import Resource
from depositary.model.rule import RuleOptions
from depositary.read.package import open_package

Rows = list[dict[str, Any]]
BAD_CELLS = {"type-error", "missing-cell", "extra-cell"}  # and all constraints


def ours(resource: Resource) -> tuple[Rows, frozenset[str]]:
    """Read a table, and tell which columns are left as text for their misfits."""
    shape = Shape(resource.table.fields)
    while True:
        try:
            return [row for batch in typed_rows(resource, shape) for row in batch.to_pylist()], shape.texts
        except Misfit as misfit:
            shape = shape.with_text(misfit.field)


def theirs(folder: Path, name: str) -> Rows:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves archives open
        package = frictionless.Package(str(folder / "datapackage.json"))
        return [row.to_dict() for row in package.get_resource(name).read_rows()]


def compared(resource: Resource, row: dict[str, Any], texts: frozenset[str]) -> dict[str, Any]:
    """Give the typed values of a row as Arrow has them; what is text to us says only whether there is a value."""
    values = {}
    for field in resource.table.fields:
        value = row.get(field.name)
        if isinstance(value, datetime):
            value = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
        if isinstance(value, float):
            value = Decimal(str(value))
        is_text = field.name in texts or str(arrow.type_of(field)) == "string"
        values[field.name] = value is not None if is_text and field.type != "string" else value
    return values


def assert_reads_as_frictionless(drawn: tuple[list[Table], Descriptor], lane: AbstractContextManager[None]) -> None:
    with TemporaryDirectory() as place, lane:
        folder = put(place, *drawn)
        report = validate(folder, limits=Limits(examples=10**9), asked=RuleOptions(rules=False))
        for resource in open_package(folder):
            findings = [f for f in report if f.table == resource.name]
            if any(f.code in BAD_CELLS or f.code.endswith("-constraint") for f in findings):
                with pytest.raises(UsageError):
                    ours(resource)
            elif not findings:
                rows, texts = ours(resource)
                expected = theirs(folder, resource.name)
                assert [compared(resource, r, texts) for r in rows] == [compared(resource, r, texts) for r in expected]


@pytest.mark.short(30)
@given(packages(), st.sampled_from([None, 7, 64, 1000]))
@settings(max_examples=200, deadline=None)
def test_typed_rows_are_what_frictionless_reads(drawn, size):
    assert_reads_as_frictionless(drawn, fast_lane(size) if size else exact_lane())


@pytest.mark.soak
@given(packages(), st.sampled_from([None, 7, 64, 1000]))
@settings(max_examples=4_000, deadline=None)
def test_many_typed_rows_are_what_frictionless_reads(drawn, size):
    assert_reads_as_frictionless(drawn, fast_lane(size) if size else exact_lane())


def one_column(folder: Path, kind: str, *cells: str, **more: Any) -> Resource:
    fields = [{"name": "id", "type": "string"}, {"name": "value", "type": kind, **more}]
    data = "id,value\n" + "".join(f'{n},"{cell}"\n' for n, cell in enumerate(cells))
    put(folder, [(resource_of("made", {"fields": fields}, {}), data.encode())])
    return open_package(folder)["made"]


@pytest.mark.parametrize("lane", [exact_lane, fast_lane], ids=["exact", "fast"])
@pytest.mark.parametrize(
    ("kind", "cell"),
    [("number", "1" * 30), ("number", "0.1234567891"), ("number", "NaN"), ("integer", str(2**63)), ("number", "1e40")],
)
def test_a_value_that_does_not_fit_leaves_its_column_as_text(tmp_path, lane, kind, cell):
    with lane():
        rows, texts = ours(one_column(tmp_path, kind, "1", "", cell))
    assert (texts, [row["value"] for row in rows]) == ({"value"}, ["1", None, cell])


@pytest.mark.parametrize("lane", [exact_lane, fast_lane], ids=["exact", "fast"])
def test_a_refused_cell_is_told_with_its_place(tmp_path, lane):
    resource = one_column(tmp_path, "integer", "1", "2", "three", "four")
    with lane(), pytest.raises(UsageError, match=r'made\.csv, row 4: "three" is not a whole number'):
        ours(resource)


@pytest.mark.parametrize("lane", [exact_lane, fast_lane], ids=["exact", "fast"])
def test_a_row_of_another_length_is_told_with_its_place(tmp_path, lane):
    resource = one_column(tmp_path, "integer", "1", "2")
    resource.file.write_bytes(resource.file.read_bytes() + b"3\n")
    with lane(), pytest.raises(UsageError, match=r"made\.csv, row 4: it has more or fewer cells"):
        ours(resource)


@pytest.mark.parametrize("lane", [exact_lane, fast_lane], ids=["exact", "fast"])
def test_a_file_without_a_column_is_refused(tmp_path, lane):
    resource = one_column(tmp_path, "integer", "1")
    resource.file.write_bytes(b"id\n1\n")
    with lane(), pytest.raises(UsageError, match="the column value is missing"):
        ours(resource)


@pytest.mark.parametrize("lane", [exact_lane, fast_lane], ids=["exact", "fast"])
def test_a_column_that_may_be_missing_is_null(tmp_path, lane):
    fields = [{"name": "id", "type": "string"}, {"name": "value", "type": "integer"}]
    schema = {"fields": fields, "fieldsMatch": "superset"}
    put(tmp_path, [(resource_of("made", schema, {}), b"id\na\n")])
    with lane():
        assert ours(open_package(tmp_path)["made"])[0] == [{"id": "a", "value": None}]
