"""What a release changes in the answers, and a smallest set of changes that makes the difference."""

import json
import re
from datetime import date

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from releases import ROWS, package, with_row

import depositary
from depositary.errors import DepositaryError, DocumentError
from depositary.releasing.answers import changed_answers
from depositary.releasing.release import release
from depositary.releasing.smallest import OutOfTriesError, smallest


def answers(tmp_path, rows, edit=None):
    before = depositary.open(package(tmp_path / "before"))
    after = depositary.open(package(tmp_path / "after", rows, edit))
    return list(changed_answers(before, after, depositary.diff(before, after)))


def test_an_answer_that_stays_is_not_listed(tmp_path):
    assert answers(tmp_path, with_row("people", "ana", "Another name")) == []
    assert answers(tmp_path, with_row("meetings", "m1", "2024-05-26", "call", "ana", "99")) == []


def test_only_the_cell_that_makes_the_difference_is_named(tmp_path):
    rows = with_row("meetings", "m3", "2024-01-01", "call", "ana", "7")  # four cells changed; one counts
    rows["meetings"] = [("m1", "2023-05-26", "visit", "ana", "13"), *rows["meetings"][1:]]
    (found,) = answers(tmp_path, rows)
    assert found.question == "Who met most often?"
    assert found.before == [{"host": "ana", "n": "1"}, {"host": "ben", "n": "1"}]
    assert found.after == [{"host": "ana", "n": "2"}, {"host": "ben", "n": "1"}]
    assert [tuple(change) for change in found.because] == [("meetings", "m3", "host", "cell_changed", None, "ana")]
    assert found.is_smallest


def test_a_row_that_came_is_named_as_a_whole(tmp_path):
    rows = {**ROWS, "meetings": [*ROWS["meetings"], ("m4", "", "", "ben", ""), ("m5", "", "", "", "2")]}
    (found,) = answers(tmp_path, rows)
    assert [tuple(change)[:4] for change in found.because] == [("meetings", "m4", "", "row_added")]


def test_a_question_that_could_not_be_asked_has_no_answer_before(tmp_path):
    def without_hosts(descriptor):
        schema = descriptor["resources"][1]["schema"]
        schema["fields"] = [field for field in schema["fields"] if field["name"] != "host"]
        schema.pop("foreignKeys")

    rows = {**ROWS, "meetings": [(one[0], one[1], one[2], one[4]) for one in ROWS["meetings"]]}
    before = depositary.open(package(tmp_path / "before", rows, without_hosts))
    after = depositary.open(package(tmp_path / "after"))
    (found,) = changed_answers(before, after, depositary.diff(before, after))
    assert found.before is None
    assert found.after


def compared(tmp_path, query, rows):
    folders = package(tmp_path / "before"), package(tmp_path / "after", rows)
    for folder in folders:
        (folder / "questions" / "hosts.sql").write_text(f"-- Who?\n{query}\n", encoding="utf-8")
    before, after = map(depositary.open, folders)
    return list(changed_answers(before, after, depositary.diff(before, after)))


@pytest.mark.parametrize("query", ["SELECT LIST(id) AS ids FROM meetings", "SELECT SUM(n) AS n FROM meetings"])
def test_a_cell_that_a_question_does_not_read_does_not_change_its_answer(tmp_path, query):
    def with_numbers(descriptor):
        descriptor["resources"][1]["schema"]["fields"].append({"name": "n", "type": "number"})

    meetings = [("m1", "", "", "", "", "0.1"), ("m2", "", "", "", "", "0.2"), ("m3", "", "", "", "", "0.3")]
    folders = package(tmp_path / "before", {**ROWS, "meetings": meetings}, with_numbers), tmp_path / "after"
    later = [("m1", "", "talks", *meetings[0][3:]), *meetings[1:]]
    package(folders[1], {**ROWS, "meetings": later}, with_numbers)
    for folder in folders:
        (folder / "questions" / "hosts.sql").write_text(f"-- Which?\n{query}\n", encoding="utf-8")
    before, after = map(depositary.open, folders)
    assert list(changed_answers(before, after, depositary.diff(before, after))) == []


def test_a_mixture_of_releases_that_has_no_answer_is_not_a_cause(tmp_path):
    one_host = "SELECT name, (SELECT held FROM meetings WHERE host = p.id) AS held FROM people AS p"
    swapped = {**ROWS, "meetings": [("m1", "2023-05-26", "talks", "ben"), ("m2", "2023-05-27", "visit", "ana")]}
    (found,) = compared(tmp_path, one_host, swapped)  # with one of the two changes, a person has two meetings
    assert {(change.row_id, change.field) for change in found.because} == {("m1", "host"), ("m2", "host")}


def test_an_earlier_release_whose_values_do_not_fit_the_query_has_no_answer(tmp_path):
    numbers = {"people": [("1", "Ana"), ("2", "Ben")], "meetings": [("m1", "2023-05-26", "talks", "1")]}
    (found,) = compared(tmp_path, "SELECT CAST(host AS INTEGER) AS host FROM meetings", numbers)
    assert (found.before, found.after) == (None, [{"host": "1"}])


@pytest.mark.long
def test_in_large_tables_the_search_ends_early_and_says_so(tmp_path, monkeypatch):
    many = {**ROWS, "meetings": [(f"m{at:03}", "2023-05-26", "talks", "ana") for at in range(100)]}
    query = "SELECT COUNT(*) AS n FROM meetings WHERE host = 'ana'"
    assert compared(tmp_path / "small", query, many)[0].is_smallest
    monkeypatch.setattr("depositary.releasing.answers._MOST_ROWS", 200)
    (found,) = compared(tmp_path / "large", query, many)
    assert not found.is_smallest
    assert found.after == [{"n": "100"}]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT CAST(kind AS INTEGER) AS n FROM meetings", "questions/hosts.sql: has no answer in this package"),
        ("SELECT * FROM meetings", "questions/hosts.sql: cannot be asked of this package: it reads the numbers of"),
        ("WITH m AS (SELECT * FROM meetings) SELECT host FROM m", "Write the names of columns in place of"),
    ],
)
def test_a_question_without_an_answer_is_named(tmp_path, query, said):
    with pytest.raises(DocumentError) as error:
        compared(tmp_path, query, with_row("meetings", "m4", "", "", "ben", ""))
    assert said in str(error.value)


def test_the_release_has_them_in_both_forms(tmp_path):
    first = release(package(tmp_path / "one"), tmp_path / "dist")
    start = package(tmp_path / "two", with_row("meetings", "m3", "2023-06-01", "talks", "ana", "3"))
    made = release(start, tmp_path / "dist", previous=first.folder, on=date(2026, 2, 1))
    (found,) = json.loads((made.folder / "changes" / "answers.json").read_text(encoding="utf-8"))
    assert found["question"] == "Who met most often?"
    assert found["because"][0]["field"] == "host"
    log = (made.folder / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "**Who met most often?**" in log
    assert "meetings `m3`, host: (blank) → ana" in log


@pytest.mark.parametrize("text", ["SELECT id FROM people\n", None, "\xff"], ids=["no question", "no file", "no text"])
def test_a_question_that_cannot_be_read_is_one_line(tmp_path, text):
    start = package(tmp_path / "start")
    file = start / "questions" / "hosts.sql"
    file.write_bytes(text.encode("latin-1")) if text else file.unlink()
    with pytest.raises(DepositaryError, match=r"hosts\.sql"):
        release(start, tmp_path / "dist")


@pytest.mark.parametrize("name", ["../up.sql", "/etc/passwd"])
def test_a_question_outside_the_package_is_not_read(tmp_path, name):
    start = package(tmp_path / "start", edit=lambda d: d.update(questions=[name]))
    with pytest.raises(DocumentError, match="is not read"):
        release(start, tmp_path / "dist")


def test_a_query_that_is_not_allowed_is_no_question(tmp_path):
    start = package(tmp_path / "after")
    (start / "questions" / "hosts.sql").write_text("-- Which files?\nSELECT * FROM read_csv('/etc/passwd')\n")
    with pytest.raises(DocumentError, match="cannot be asked"):
        release(start, tmp_path / "dist")


# The search for a smallest set


@given(st.sets(st.integers(0, 40), min_size=1, max_size=5), st.integers(41, 60))
def test_what_is_needed_together_is_found(needed, count):
    found, is_done = smallest(range(count), lambda some: needed <= set(some))
    assert (set(found), is_done) == (needed, True)


@given(st.lists(st.sets(st.integers(0, 20), min_size=1, max_size=4), min_size=1, max_size=4))
def test_nothing_can_be_left_out_of_what_is_found(ways):
    def has_effect(some):
        return any(way <= set(some) for way in ways)

    found, _ = smallest(range(21), has_effect)
    assert has_effect(found)
    assert len(found) == 1 or not any(has_effect([one for one in found if one != left]) for left in found)


def test_a_search_that_is_stopped_says_so():
    def tired(_some):
        raise OutOfTriesError

    assert smallest([1, 2, 3], tired) == ([1, 2, 3], False)


# The questions of the published package


def test_the_page_asks_what_the_package_asks():
    page = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    asked = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    named = json.loads((ROOT / "schemas" / "package.json").read_text(encoding="utf-8"))["questions"]
    files = [(ROOT / "schemas" / name).read_text(encoding="utf-8").partition("\n") for name in named]
    assert [query for _, _, query in files] == asked
    assert all(first.startswith("-- ") for first, _, _ in files)
