"""Whatever befalls a file, it is read as it was meant, or something is found, in both lanes."""

from collections import Counter

import pytest
from pollution import LABELS, ROWS, WITHIN, is_silent_misread, polluted, put, was_read, written
from test_lanes import exact_lane, fast_lane

from depositary.check.validate import validate

ALL = list(polluted())
SOME = ALL[::11]


def silent(folder, files):
    return Counter(file.kind for file in files if is_silent_misread(folder, file) and WITHIN not in file.kind)


def unlike(folder, files):
    """Give the files of which the two lanes say different things."""
    found = []
    for file in files:
        put(folder, file.text)
        with exact_lane():
            exact = validate(folder).to_json()
        with fast_lane(64):
            quick = validate(folder).to_json()
        found += [file.text] if exact != quick else []
    return found


@pytest.mark.parametrize("all_quoted", [False, True])
def test_the_clean_table_is_read_without_a_finding(tmp_path, all_quoted):
    resource = put(tmp_path, written([LABELS, *ROWS], all_quoted=all_quoted))
    assert list(validate(tmp_path)) == []
    assert was_read(resource) == ROWS


def test_no_polluted_file_is_misread_in_silence(tmp_path):
    assert silent(tmp_path, SOME) == {}


def test_polluted_files_get_the_same_report_in_both_lanes(tmp_path):
    assert unlike(tmp_path, SOME[::3]) == []


@pytest.mark.soak
def test_none_of_all_polluted_files_is_misread_in_silence(tmp_path):
    assert len(ALL) > 2000
    assert silent(tmp_path, ALL) == {}


@pytest.mark.soak
def test_all_polluted_files_get_the_same_report_in_both_lanes(tmp_path):
    assert unlike(tmp_path, ALL) == []


def test_a_pollution_within_a_quoted_cell_changes_that_cell_alone(tmp_path):
    for file in [file for file in ALL if WITHIN in file.kind][::9]:
        rows = was_read(put(tmp_path, file.text))
        assert rows is not None
        pairs = [pair for row, meant in zip(rows, ROWS, strict=True) for pair in zip(row, meant, strict=True)]
        assert sum(cell != meant for cell, meant in pairs) == 1
