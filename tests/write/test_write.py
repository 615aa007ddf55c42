"""Writing: whole or not at all, and in one form."""

import csv
import io
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depositary.errors import UsageError
from depositary.model.record_id import record_id
from depositary.write.atomic import write_text
from depositary.write.csv import to_csv
from depositary.write.disk import hold

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


def test_text_is_utf_8_with_lf(tmp_path):
    write_text(tmp_path / "a", "é\n大\n")
    assert (tmp_path / "a").read_bytes() == "é\n大\n".encode()


def test_what_was_there_stays_when_writing_fails(tmp_path):
    file = tmp_path / "a"
    write_text(file, "old\n")
    with pytest.raises(UnicodeEncodeError):
        write_text(file, "new \ud800\n")
    assert file.read_text(encoding="utf-8") == "old\n"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["missing/a", "."])
def test_a_place_that_cannot_be_written_is_named(tmp_path, name):
    with pytest.raises(UsageError, match="cannot be written"):
        write_text(tmp_path / name, "x")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
def test_the_file_has_the_users_own_rights(tmp_path):
    write_text(tmp_path / "a", "x")
    (tmp_path / "b").write_text("x", encoding="utf-8")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5))
def test_csv_reads_back_as_it_was(rows):
    text = to_csv(["a", "b"], rows)
    assert list(csv.reader(io.StringIO(text, newline="")))[1:] == rows


@given(st.lists(st.lists(st.text(alphabet="ab|\\", max_size=4), min_size=2, max_size=2), min_size=2, max_size=2))
def test_record_ids_are_unambiguous(keys):
    left, right = keys
    assert (record_id(left) == record_id(right)) == (left == right)


def test_what_a_killed_run_left_is_removed_and_what_another_run_holds_stays(tmp_path):
    (tmp_path / ".17-4.tmp").write_text("half")
    (tmp_path / ".mine.tmp").write_text("somebody's")
    held = hold(tmp_path / ".18-4.tmp")
    write_text(tmp_path / "a.csv", "x\n")
    assert held is not None
    os.close(held)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".18-4.tmp", ".mine.tmp", "a.csv"]


def test_many_threads_write_in_one_folder(tmp_path):
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: write_text(tmp_path / f"{number % 4}", f"{number % 4}" * 999), range(200)))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {f"{n}": f"{n}" * 999 for n in range(4)}
