"""Parquet files that a cluster divides by row groups get the reports, exports and frames of the embedded engine."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from cluster_here import ClusterHere
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet as pq
from test_cluster import judged
from test_exports_on_cluster import assert_same, described
from test_lanes import fast_lane
from test_parquet import FIELDS, damaged, packed, table, tables, tightened, tightenings, with_wrong_maximum, written
from test_ranges import assert_same as assert_same_rows
from test_ranges import cut, rows_in

import depositary
from depositary.errors import UsageError
from depositary.read.files.blocks import Range
from depositary.read.package import open_package

SIZES = [64, 1_500]


@pytest.mark.short(3, long=20)
@given(tables(), st.data(), st.integers(1, 4), st.sampled_from([None, 3]), st.sampled_from(SIZES))
@settings(max_examples=150, deadline=None)
def test_row_groups_may_be_divided_anywhere(drawn, data, rows, parts, size):
    fields, values = drawn
    with TemporaryDirectory() as room:
        folder = Path(room)
        depositary.export(written(folder / "from", fields, values), ["parquet"], folder / "to", parts=parts)
        package = folder / "to/parquet"
        for file in package.rglob("*.parquet"):
            pq.write_table(pq.read_table(file), file, row_group_size=rows)
        assert_same(package, folder, ClusterHere(size))
        tightened(package, *data.draw(tightenings(fields)))
        judged(package, size)
        if parts is None:
            with fast_lane(64):
                assert_same_rows(open_package(package)["t"], size)


ROWS = pa.table({"id": [f"a{at % 25}" for at in range(40)], "n": [2.5 if at % 9 == 7 else at for at in range(40)]})


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rows", [3, 7])
def test_findings_have_their_row_and_row_group(rows, size, tmp_path):
    package = table(tmp_path, ROWS, FIELDS, row_group_size=rows)
    report, cluster = judged(package, size)
    assert cluster.tasks > 1
    found = [(one.row, one.message) for one in report if one.code == "type-error"]
    assert found[1] == (17, f'"2.5" is not a whole number (row group {16 // rows + 1})')


def test_some_row_groups_are_a_task(tmp_path):
    package = table(tmp_path, ROWS, FIELDS, row_group_size=2)
    whole = 8 * (tmp_path / "t.parquet").stat().st_size
    with fast_lane():
        ranges = cut(open_package(package)["t"], whole // 3 - 100)
    assert ranges == [Range(0, groups=groups) for groups in ((0, 6), (6, 12), (12, 18), (18, None))]


EXACT = pa.table({"id": [f"a{at}" for at in range(40)], "n": pa.array(range(40), pa.int64())})
MISFIT = ["1"] * 30 + ["9" * 45, "1"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.string()], ids=str)
def test_types_of_the_schema_and_others_are_exported_and_loaded(kind, size, tmp_path):
    (tmp_path / "package").mkdir()
    rows = EXACT.set_column(1, "n", EXACT["n"].cast(kind))
    package = table(tmp_path / "package", rows, FIELDS, row_group_size=7)
    found = assert_same(package, tmp_path, ClusterHere(size))
    assert len(described(found.folder / "csv")["t"]) > 1
    with fast_lane():
        assert_same_rows(open_package(package)["t"], size)


@pytest.mark.parametrize("size", SIZES)
def test_a_number_that_does_not_fit_is_text_in_all_parts(size, tmp_path):
    (tmp_path / "package").mkdir()
    rows = pa.table({"id": [f"a{at}" for at in range(32)], "n": MISFIT})
    package = table(tmp_path / "package", rows, FIELDS, row_group_size=7)
    assert not assert_same(package, tmp_path, ClusterHere(size)).error


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rows", [3, 7])
def test_a_refused_cell_is_named_with_its_row(rows, size, tmp_path):
    package = table(tmp_path, ROWS, FIELDS, row_group_size=rows)
    with fast_lane(), pytest.raises(UsageError, match=r'^t\.parquet, row 8: "2\.5" is not a whole number'):
        rows_in(open_package(package)["t"], cut(open_package(package)["t"], size))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("make", [damaged, with_wrong_maximum, lambda: packed()[:-20]], ids=["page", "maximum", "end"])
def test_a_bad_file_gets_the_same_report(make, size, tmp_path):
    package = table(tmp_path, make(), FIELDS)
    report, _ = judged(package, size)
    assert "parquet-error" in {one.code for one in report}


def with_a_changed_byte(at: int) -> bytes:
    """Write row groups of three rows, and change a byte in the values of one of them."""
    content = bytearray(packed(EXACT, row_group_size=3, compression="none", use_dictionary=False,
                               write_page_checksum=True))  # fmt: skip
    content[content.index((at).to_bytes(8, "little") + (at + 1).to_bytes(8, "little"))] ^= 64
    return bytes(content)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("at", [3, 21, 36])
def test_a_bad_row_group_gets_the_same_report(at, size, tmp_path):
    report, _ = judged(table(tmp_path, with_a_changed_byte(at), FIELDS), size)
    (one,) = [one for one in report if one.code == "parquet-error"]
    assert f"row group {at // 3 + 1} cannot be read as Parquet" in one.message
