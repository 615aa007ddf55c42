"""Ranges of a table have the rows of the table, wherever its files are cut."""

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_lanes import fast_lane
from test_load import FIELDS, ROWS
from test_reference import packages, put, resource_of

from depositary.cluster.ranges import Quotes, Stretch, ranges_of
from depositary.errors import MisfitWarning, UsageError
from depositary.loading.batches import has_ranges
from depositary.loading.rows import Wanted, no_rows_of, rows_of, rows_within
from depositary.model.package import Resource
from depositary.read.files.blocks import Range
from depositary.read.package import open_package

ALL = Wanted()


def cut(resource: Resource, size: int) -> list[Range]:
    if not has_ranges(resource):
        return [Range(0)]
    ranges = ranges_of(resource, size, lambda stretches: [one.quotes() for one in stretches])
    return pickle.loads(pickle.dumps([one for task in ranges for one in task]))  # noqa: S301 (what we wrote)


def rows_in(resource: Resource, ranges: list[Range], wanted: Wanted = ALL) -> pl.DataFrame:
    frames = [frame for one in ranges for frame in rows_within(resource, one, wanted)]
    return pl.concat([no_rows_of(resource, wanted), *frames], rechunk=False)


def outcome(read: Callable[[], pl.DataFrame]) -> pl.DataFrame | str:
    """Give rows, or the reason why they cannot be read as they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return read()
        except (UsageError, MisfitWarning) as error:
            return str(error)


def assert_same(resource: Resource, size: int, wanted: Wanted = ALL) -> None:
    """Compare the rows of all ranges with those of the table; what is not plain CSV may be refused where it is cut."""
    expected = outcome(lambda: rows_of(resource, wanted))
    found = outcome(lambda: rows_in(resource, cut(resource, size), wanted))
    if isinstance(found, str) and "cannot be divided among tasks" in found:
        data = resource.file.read_bytes()
        assert b"\xef\xbb\xbf" in data[3:] or b"\r" in data.replace(b"\r\n", b""), data
    elif isinstance(expected, pl.DataFrame):
        assert isinstance(found, pl.DataFrame), found
        assert found.equals(expected)
    else:
        assert isinstance(found, str), expected


@pytest.mark.short(15)
@given(packages(), st.integers(2, 200))
@settings(max_examples=300, deadline=None)
def test_random_tables_may_be_cut_anywhere(drawn, size):
    with TemporaryDirectory() as folder, fast_lane(max(size, 64)):
        for resource in open_package(put(folder, *drawn)):
            assert_same(resource, size)


def facts(folder: Path, text: str) -> Resource:
    put(folder, [(resource_of("facts", {"fields": FIELDS, "missingValues": [""]}, {}), text.encode())])
    return open_package(folder)["facts"]


BASE = ROWS.replace("\n,,3", "\nx,,3")


@pytest.mark.parametrize("size", [4, 7, 20, 60, 1000])
@pytest.mark.parametrize("wanted", [ALL, Wanted(["value", "id"], '"count" > 2')], ids=["all", "some"])
def test_rows_are_the_same(size, wanted, tmp_path):
    with fast_lane(64):
        resource = facts(tmp_path, BASE + 'y,lo,,4,,,,"a\nb",\n"y""\n",lo,,4,,,,,\n' * 5)
        assert len(cut(resource, size)) > 3 or size == 1000
        assert_same(resource, size, wanted)


@pytest.mark.parametrize("size", [7, 60, 1000])
@pytest.mark.parametrize(
    "odd", ['x,lo,,,,,,a "b,\n', 'x,lo,,,,,,a "b",\n', 'x,lo,,,,,,"a" b,\n'], ids=["one", "two", "before"]
)
def test_a_file_with_a_quote_within_a_cell_is_one_range(odd, size, tmp_path):
    with fast_lane(64):
        resource = facts(tmp_path, BASE + odd + 'y,lo,,4,,,,"a\nb",\n' * 5)
        assert cut(resource, size) == [Range(0)]
        assert_same(resource, size)


@pytest.mark.parametrize("header", [True, False], ids=["in the header", "in a row"])
def test_a_header_with_quotes_or_a_nul_is_one_range(header, tmp_path):
    text = BASE.replace("id,", '"id",') if header else BASE + "\0x,lo,,,,,,,\n"
    with fast_lane(64):
        resource = facts(tmp_path, text)
        assert cut(resource, 20) == [Range(0)]
        assert_same(resource, 20)


TEXT = st.lists(st.sampled_from(['"', '""', "a", ",", "\n", "é"]), max_size=30).map("".join)


@given(TEXT, st.integers(1, 40), st.integers(1, 7))
def test_quotes_are_counted_in_any_pieces(text, at, block):
    """A stretch that is cut, or read in other blocks, has the quotes of the whole, if the state is carried on."""
    data = text.encode()
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        file = Path(folder, "a.csv")
        file.write_bytes(data)
        whole = Stretch(file, 0, len(data), b",", b'"').quotes()
        patch.setattr("depositary.cluster.ranges._BLOCK", block)
        assert Stretch(file, 0, len(data), b",", b'"').quotes() == whole
        at = min(at, len(data))
        one, other = Stretch(file, 0, at, b",", b'"').quotes(), Stretch(file, at, len(data), b",", b'"').quotes()
        assert one.count + other.count == whole.count
        for state in (0, 1):
            assert whole.fit[state] == (one.fit[state] and other.fit[(state + one.count) % 2])


FIT = {
    "": (True, True),
    'a,"b",c\n': (True, False),
    'b",c\n"d': (False, True),
    '"b""c"': (True, False),
    'a"b': (False, False),
    '"a"b"': (False, False),
    "a\0": (False, False),
}


@pytest.mark.parametrize(("text", "fit"), FIT.items(), ids=map(repr, FIT))
def test_quotes_fit_if_they_are_at_the_ends_of_cells(text, fit, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    found = Stretch(tmp_path / "a.csv", 0, len(text), b",", b'"').quotes()
    assert found == Quotes(0 if "\0" in text else text.count('"'), fit)


@pytest.mark.parametrize("size", [7, 60, 1000])
def test_a_refused_cell_is_named_with_its_row(size, tmp_path):
    with fast_lane(64):
        resource = facts(tmp_path, BASE + 'y,lo,,4,,,,"a\nb",\n' * 9 + "x,hi,1,many,,,,,\n")
        with pytest.raises(UsageError, match=r'^facts\.csv, row 14: "many" is not a whole number'):
            rows_in(resource, cut(resource, size))


def test_a_value_that_does_not_fit_is_named(tmp_path):
    with fast_lane(64):
        resource = facts(tmp_path, BASE + f"x,hi,1,,{'9' * 45},,,,\n")
        with pytest.raises(UsageError, match=r"^facts\.value: a value in facts\.csv does not fit the type of the col"):
            rows_in(resource, cut(resource, 60))
