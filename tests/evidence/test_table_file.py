"""Laws of changing a CSV file: what is not changed has the same bytes, and what is written is read back."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depositary.evidence.table_file import TableFile
from depositary.model.package import Resource
from depositary.model.table import Table

CELLS = st.text('ab,"\n\r é', max_size=5)
ROWS = st.lists(st.tuples(CELLS, CELLS).filter(any), max_size=4)
ENDS = st.sampled_from(["\n", "\r\n"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tables")


def opened(folder, text: str, **dialect: str) -> TableFile:
    file = folder / "t.csv"
    file.write_bytes(text.encode())
    return TableFile(Resource("t", "t.csv", file, Table("t", ()), dialect=dialect), ["a", "b"])


def table_of(rows, end: str, mark: str = ",", quoting=csv.QUOTE_MINIMAL) -> str:
    lines = []
    for row in [["a", "b"], *rows]:  # line by line: with LF as the line end, Python does not quote a CR
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\r\n", delimiter=mark, quoting=quoting).writerow(row)
        lines.append(text.getvalue().removesuffix("\r\n") + end)
    return "".join(lines)


def read(data: bytes, mark: str = ",") -> list[list[str]]:
    return [row for row in csv.reader(io.StringIO(data.decode(), newline=""), delimiter=mark) if row]


@given(ROWS, ENDS, st.booleans(), CELLS)
def test_a_row_is_added_behind_bytes_that_stay(folder, rows, end, ended, cell):
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        text = table_of(rows, end, quoting=quoting)
        text = text if ended else text.removesuffix(end)
        table = opened(folder, text)
        assert table.data().decode() == text
        table.append({"a": cell, "b": "x"})
        assert table.data().decode().startswith(text)
        assert read(table.data()) == [*read(text.encode()), [cell, "x"]]


@given(ROWS.filter(bool), ENDS, st.data(), CELLS)
def test_a_cell_is_changed_and_all_other_rows_stay(folder, rows, end, data, cell):
    text = table_of(rows, end, ";")
    at = data.draw(st.integers(0, len(rows) - 1))
    table = opened(folder, text, delimiter=";")
    table.change(at + 2, {"b": cell})
    expected = [list(row) for row in rows]
    expected[at][1] = cell
    assert read(table.data(), ";") == [["a", "b"], *expected]
    assert table.rows == len(rows)


@given(ROWS, ENDS, st.sampled_from([0, 1]))
def test_a_column_is_added_to_all_rows(folder, rows, end, quoting):
    table = opened(folder, table_of(rows, end, quoting=quoting))
    table.append({"a": "x", "c": "y"})
    assert read(table.data()) == [["a", "b", "c"], *([*row, ""] for row in rows), ["x", "", "y"]]
