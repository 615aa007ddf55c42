"""The cells of a file as columns of text: those that `read.csv` gives, however the file is cut."""

import gzip
from pathlib import Path

import polars as pl
import pytest
from conftest import CSV_PIECES
from hypothesis import example, given
from hypothesis import strategies as st

from depositary.model.package import Resource
from depositary.model.table import Table
from depositary.read.files import blocks, texts
from depositary.read.files.records import Records
from depositary.read.files.texts import text_blocks
from depositary.read.files.unreadable import UnreadableFile

PIECES = [*CSV_PIECES, "\\N", ";"]
BODIES = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
SIZES = [5, 16, 64, 4096]  # bytes of a block


def resource_of(file: Path, data: bytes, **described: object) -> Resource:
    file.write_bytes(data)
    dialect = described.pop("dialect", {})
    table = Table.from_descriptor("t", {"fields": [{"name": "x"}, {"name": "y"}]})
    return Resource("t", file.name, file, table, dialect, descriptor=described)


def as_given(resource: Resource) -> tuple[list[list[str | None]], str]:
    """Give the rows that the records have, made as long as the header, and what ended the reading."""
    rows: list[list[str | None]] = []
    with Records(resource) as records:
        width = len(records.labels or resource.table.fields)
        try:
            for _, chunk in records.chunks():
                rows += [[cell or None for cell in row[:width]] + [None] * (width - len(row)) for row in chunk]
        except UnreadableFile as fault:
            return rows, fault.code
    return rows, ""


def in_blocks(resource: Resource, size: int) -> tuple[list[list[str | None]], str]:
    rows: list[list[str | None]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(texts, "_SMALL", -1)
        patch.setattr(blocks, "SIZE", size)
        try:
            for frame in text_blocks(resource):
                assert set(frame.dtypes) <= {pl.String}
                rows += map(list, frame.iter_rows())
        except UnreadableFile as fault:
            return rows, fault.code
    return rows, ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("texts")


@given(BODIES, st.sampled_from(SIZES))
@example('1,2\n3,4\n\n5,"6\n7"\n8\n9,10,11\n', 5)
def test_the_cells_are_those_of_the_records(folder, body, size):
    resource = resource_of(folder / "t.csv", f"x,y\n{body}".encode())
    assert in_blocks(resource, size) == as_given(resource)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("data", "dialect"),
    [
        pytest.param(b"", {}, id="nothing at all"),
        pytest.param(b"x,y", {}, id="no rows"),
        pytest.param(b"x,y\n1,2\n3,4\n\n\n5,6", {}, id="blank lines"),
        pytest.param(b"\xef\xbb\xbfx,y\r\n1,2\r\n", {}, id="byte order mark and CR LF"),
        pytest.param(b"x;y\n1;2,5\n", {"delimiter": ";"}, id="semicolons"),
        pytest.param(b"1,2\n3,4\n", {"header": False}, id="no header"),
        pytest.param(b"# said\nx,y\n1,2\n# more\n3,4\n", {"commentChar": "#", "headerRows": [2]}, id="comments"),
        pytest.param(b"x\n\n1\n\n2\n", {}, id="one column"),
        pytest.param(b"x,y\n" + b"1,2\n" * 30 + b"1,\xff\n3,4\n", {}, id="a byte that is not text"),
        pytest.param(b"x,y\n" + b"1,2\n" * 30 + b"1,\0\n3,4\n", {}, id="a NUL"),
    ],
)
def test_whatever_the_file_is_like_the_cells_are_those_of_the_records(folder, data, dialect, size):
    resource = resource_of(folder / "t.csv", data, dialect=dialect)
    assert in_blocks(resource, size) == as_given(resource)


def test_a_packed_file_is_unpacked(folder):
    resource = resource_of(folder / "t.csv.gz", gzip.compress(b"x,y\n1,2\n"))
    assert in_blocks(resource, 16) == ([["1", "2"]], "")


def test_small_files_are_not_cut_in_blocks(folder):
    resource = resource_of(folder / "t.csv", b"x,y\n1,2\n")
    assert [frame.rows() for frame in text_blocks(resource)] == [[], [("1", "2")]]


def test_the_columns_have_the_files_own_names(folder):
    resource = resource_of(folder / "t.csv", b"b,a\n1,2\n")
    assert [frame.columns for frame in text_blocks(resource)] == [["b", "a"]] * 2


@pytest.mark.parametrize("header", [b"x,y,y", b"x,,,y"])
def test_two_columns_of_one_name_are_not_told_apart(folder, header):
    resource = resource_of(folder / "t.csv", header + b"\n1,2,3,4\n"[: 2 * header.count(b",") + 3])
    with pytest.raises(UnreadableFile, match="two of its columns have the same name, or no name"):
        next(text_blocks(resource))
