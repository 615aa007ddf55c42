"""Blocks of a file are cut into the rows that Python's `csv` cuts, or not at all."""

import csv
import io
from pathlib import Path

import pytest
from conftest import CSV_PIECES
from hypothesis import given, settings
from hypothesis import strategies as st

from depositary.model.package import Resource
from depositary.model.table import Table
from depositary.read.files import blocks
from depositary.read.files.blocks import Blocks, DictionaryColumn, NeedsExactLane
from depositary.read.files.records import Records

SIZES = [5, 16, 64, 4096]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("blocks")


def resource_of(file: Path, data: bytes, **dialect: object) -> Resource:
    file.write_bytes(data)
    return Resource("t", file.name, file, Table("t", ()), {"header": False, **dialect})


def cells_of(column: DictionaryColumn) -> list[str]:
    cells = column.cells.to_list()
    return [cells[code] for code in column.indexes]


def cut_rows(resource: Resource, width: int, size: int) -> list[list[str]]:
    """Cut a file in blocks and put its rows together again; where a line is blank, a row of empty cells comes out."""
    rows: list[list[str]] = []
    with pytest.MonkeyPatch.context() as patch, Records(resource) as records:
        patch.setattr(blocks, "SIZE", size)
        opened = Blocks(records, width)
        for block in opened:
            cut = opened.parse(block)
            even = [list(row) for row in zip(*map(cells_of, cut.columns), strict=True)]
            found = [cut.ragged.get(place) or even.pop(0) for place in range(cut.count)]
            assert even == []
            again = opened.rows(block, range(cut.count))
            assert [row or [""] * width for row in again.values()] == found
            rows += found
    return rows


def expected_rows(data: bytes, width: int) -> list[list[str]]:
    text = io.TextIOWrapper(io.BytesIO(data.removeprefix(b"\xef\xbb\xbf")), "utf-8", newline="")
    return [row or [""] * width for row in csv.reader(text)]


PIECES = [*CSV_PIECES, '"a"', "\\", "'"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@pytest.mark.short(150)
@settings(max_examples=1000, deadline=None)
@given(TEXTS, st.integers(1, 3), st.sampled_from(SIZES))
def test_rows_are_those_of_csv_or_none(folder, text, width, size):
    data = text.encode()
    try:
        rows = cut_rows(resource_of(folder / "any.csv", data), width, size)
    except NeedsExactLane:
        return
    assert rows == expected_rows(data, width)


CELLS = st.text(st.sampled_from('ab ,"\n\r\\é\u2028'), max_size=6)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(SIZES),
)
def test_what_is_properly_quoted_is_always_cut(folder, rows, end, size):
    written = io.StringIO()
    csv.writer(written, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    data = written.getvalue().encode()
    assert cut_rows(resource_of(folder / "proper.csv", data), 2, size) == expected_rows(data, 2)


@pytest.mark.parametrize(
    "data",
    [b'a,"b\n', b'a"b,c\n"d"\n', b'"a"b,c\n', b'a, "b"\n', b"a,b\0\n", b'"' + b"x" * 1_000_001 + b'",b\n'],
    ids=["never closed", "within a cell", "closed within", "after a space", "NUL", "too long"],
)
def test_what_might_be_cut_in_another_way_is_not_cut(folder, data):
    with pytest.raises(NeedsExactLane):
        cut_rows(resource_of(folder / "odd.csv", data), 2, 4096)


@pytest.mark.parametrize("size", SIZES)
def test_rows_end_before_the_first_byte_that_is_not_text(folder, size):
    data = b'a,b\n"c\nd",e\nf,\xff\ng,h\n'
    resource = resource_of(folder / "latin.csv", data)
    with pytest.MonkeyPatch.context() as patch, Records(resource) as records:
        patch.setattr(blocks, "SIZE", size)
        opened = Blocks(records, 2)
        assert b"".join(block.data for block in opened) == b'a,b\n"c\nd",e\n'
        assert opened.undecodable == (0, data.index(b"\xff"))


@pytest.mark.parametrize(
    "dialect",
    [
        {"escapeChar": "\\"},
        {"doubleQuote": False},
        {"skipInitialSpace": True},
        {"commentChar": "#"},
        {"headerRows": [1, 2], "header": True},
        {"quoteChar": ","},
    ],
    ids=str,
)
def test_a_dialect_that_pyarrow_does_not_share_does_not_suit(folder, dialect):
    with Records(resource_of(folder / "dialect.csv", b"a\nb\nc\n", **dialect)) as records:
        assert not Blocks.suit(records)


def test_the_dialect_of_the_standard_suits(folder):
    with Records(resource_of(folder / "dialect.csv", b"a\nb\nc\n")) as records:
        assert Blocks.suit(records)
