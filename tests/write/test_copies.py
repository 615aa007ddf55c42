"""A file is copied as it is, and one that is written meanwhile is noticed."""

import errno
import os
from pathlib import Path

import pytest

from depositary.errors import UsageError
from depositary.read.files.stamp import stamp_of
from depositary.write.copies import copy_file

COPY = os.copy_file_range


def cannot(*_call: int) -> int:
    raise OSError(errno.EXDEV, "between file systems")


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
@pytest.mark.parametrize("copy", [COPY, cannot], ids=["by the system", "by the program"])
def test_a_copy_has_the_bytes_of_its_source(copy, size, tmp_path, monkeypatch):
    source = tmp_path / "source"
    source.write_bytes(os.urandom(size))
    monkeypatch.setattr(os, "copy_file_range", copy)
    assert copy_file(source, tmp_path / "copy") == stamp_of(source)
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()


def test_a_copy_is_a_file_of_its_own(tmp_path: Path):
    (tmp_path / "source").write_text("one", encoding="utf-8")
    copy_file(tmp_path / "source", tmp_path / "copy")
    (tmp_path / "copy").write_text("two", encoding="utf-8")
    assert (tmp_path / "source").read_text(encoding="utf-8") == "one"


@pytest.mark.parametrize("written", ["shorter", "something longer than before"])
def test_a_source_that_is_written_meanwhile_is_refused(written, tmp_path, monkeypatch):
    source = tmp_path / "source"
    source.write_text("as it was before", encoding="utf-8")
    os.utime(source, ns=(0, 0))

    def copy_late(*call: int) -> int:
        source.write_text(written, encoding="utf-8")
        return COPY(*call)

    monkeypatch.setattr(os, "copy_file_range", copy_late)
    with pytest.raises(UsageError, match=r"source: changed while it was copied\. Run this again\."):
        copy_file(source, tmp_path / "copy")
