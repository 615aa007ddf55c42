"""Decisions in their files: what is read, what is refused, and what is written."""

import csv
import io
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from depositary.errors import DepositaryError, DocumentError, UsageError
from depositary.merging.conflicts.decisions import (
    JUDGEMENT_FIELDS,
    RESOLUTION_FIELDS,
    add_resolutions,
    not_yet_made,
    read_decisions,
    remove_resolution,
    unknown_deciders,
)
from depositary.model.decision import Choice, Decisions, Resolution, Verdict
from depositary.write.csv import to_csv

LINE = {
    "conflict_id": "cfl-mfrggzdfmztw",
    "table": "actors",
    "row_id": "act-micron",
    "field": "aliases",
    "kind": "cell.edit_edit",
    "inputs_hash": "mfrggzdfmztw",
    "base_value": "",
    "choice": "take",
    "take_from": "ctr-mira",
    "value": "",
    "reason": "The dispatch has it.",
    "source_id": "",
    "decided_by": "ctr-ana",
    "decided_on": "2026-11-23",
}
PAIR = {
    "table": "actors",
    "left_id": "act-b",
    "right_id": "act-a",
    "judgement": "positive",
    "method": "by hand",
    "score": "0.9",
    "reason": "One firm.",
    "source_id": "",
    "decided_by": "ctr-ana",
    "decided_on": "2026-11-23",
}
KINDS = {"resolutions": (LINE, RESOLUTION_FIELDS), "judgements": (PAIR, JUDGEMENT_FIELDS)}


def lay(folder: Path, kind: str, *changes: dict[str, str], who: str = "ctr-ana") -> Path:
    line, names = KINDS[kind]
    file = folder / kind / f"{who}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(to_csv(names, [[(line | change)[n] for n in names] for change in changes]), encoding="utf-8")
    return file


def resolution(**changes: str) -> Resolution:
    values = LINE | changes
    return Resolution(**{**values, "choice": Choice(values["choice"])})


def test_without_a_folder_nothing_is_decided(tmp_path):
    (tmp_path / "decisions").mkdir()
    assert read_decisions(None) == read_decisions(tmp_path / "decisions") == Decisions()


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("decided", "Did you mean decisions"),
        ("decisions/resolutions", "folder above"),
        ("other", "this file is not read. Move it to resolutions"),
    ],
)
def test_a_folder_that_holds_no_decisions_is_refused_and_not_taken_for_none(tmp_path, named, message):
    lay(tmp_path / "decisions", "resolutions", {})
    lay(tmp_path / "other", "resolutions", {}).parent.rename(tmp_path / "other" / "resolution")
    with pytest.raises(DepositaryError, match=message):
        read_decisions(tmp_path / named)


def test_only_the_usual_folder_may_wait_for_the_first_decision(tmp_path):
    assert not_yet_made(tmp_path / "decisions")
    with pytest.raises(UsageError, match="this folder of decisions does not exist"):
        not_yet_made(tmp_path / "decsions")
    lay(tmp_path / "decided", "resolutions", {})
    with pytest.raises(UsageError, match="Did you mean decided"):
        not_yet_made(tmp_path / "decisions")


def test_resolutions_of_all_deciders_are_read_in_order(tmp_path):
    lay(tmp_path, "resolutions", {"conflict_id": "cfl-zzzzzzzzzzzz"}, {})
    lay(tmp_path, "resolutions", {"decided_by": "ctr-zoe"}, who="ctr-zoe")
    found = [(r.conflict_id, r.decided_by) for r in read_decisions(tmp_path).resolutions]
    assert found == [
        ("cfl-mfrggzdfmztw", "ctr-ana"),
        ("cfl-mfrggzdfmztw", "ctr-zoe"),
        ("cfl-zzzzzzzzzzzz", "ctr-ana"),
    ]


def test_a_pair_is_the_same_in_either_order(tmp_path):
    lay(tmp_path, "judgements", {})
    (judgement,) = read_decisions(tmp_path).judgements
    assert (judgement.left_id, judgement.right_id, judgement.score) == ("act-a", "act-b", 0.9)
    assert judgement.judgement is Verdict.POSITIVE


def test_a_judgement_needs_no_score(tmp_path):
    lay(tmp_path, "judgements", {"score": ""})
    assert read_decisions(tmp_path).judgements[0].score is None


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("resolutions", [{"choice": "ours"}], 'row 2: choice is "ours"; use one of take, value, base'),
        ("resolutions", [{"conflict_id": ""}], "row 2: conflict_id is empty"),
        ("resolutions", [{"conflict_id": "actors"}], 'row 2: "actors" is not the id of a conflict'),
        ("resolutions", [{"reason": " "}], "row 2: reason is empty"),
        ("resolutions", [{"take_from": ""}], "only the choice take has a side in take_from"),
        ("resolutions", [{"choice": "base"}], "only the choice take has a side in take_from"),
        ("resolutions", [{"choice": "base", "take_from": "", "value": "x"}], "choice is base, but there is a value"),
        ("resolutions", [{"decided_by": "ctr-zoe"}], "this is the file of ctr-ana"),
        ("resolutions", [{"decided_on": "2026-02-30"}], 'row 2: decided_on is "2026-02-30"'),
        ("resolutions", [{"decided_on": "20261123"}], "write the day like 2026-11-23"),
        ("resolutions", [{}, {}], "row 3: the same is already decided in row 2"),
        ("judgements", [{"judgement": "yes"}], "use one of positive, negative, unsure"),
        ("judgements", [{"left_id": "act-a"}], 'row 2: "act-a" is compared with itself'),
        ("judgements", [{}, {"left_id": "act-a", "right_id": "act-b"}], "row 3: the same is already decided in row 2"),
        ("judgements", [{"score": "1.5"}], "write a number from 0 to 1"),
        ("judgements", [{"score": "nan"}], "write a number from 0 to 1"),
        ("judgements", [{"decided_by": ""}], "this is the file of ctr-ana"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(tmp_path, kind, changes, said):
    file = lay(tmp_path, kind, *changes)
    with pytest.raises(DocumentError) as caught:
        read_decisions(tmp_path)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "its first row must be "),
        ("conflict_id,table\n", "its first row must be "),
        ("{header}\nx\n", "row 2 has 1 cells, but the header has"),
        ('{header}\n"x', "not CSV"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, kind, text, said):
    file = lay(tmp_path, kind)
    file.write_text(text.format(header=",".join(KINDS[kind][1])), encoding="utf-8")
    with pytest.raises(DocumentError, match=said):
        read_decisions(tmp_path)


PLACES = [
    "ctr-ana.csv",
    "resolution/ctr-ana.csv",
    "resolutions/2026/ctr-ana.csv",
    "resolutions/ctr-ana.CSV",
    "resolutions/ctr-ana.csv.txt",
    "resolutions/ctr-ana",
    "judgements/ctr-ana.xlsx",
    "Judgement/ctr-ana.tsv",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_table_that_nobody_would_read_is_refused(tmp_path, place):
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x\n", encoding="utf-8")
    with pytest.raises(DocumentError, match="not read"):
        read_decisions(tmp_path)


@pytest.mark.parametrize("place", ["README.md", "resolutions/notes.txt", ".git/x.csv", "resolutions/ctr-ana.csv~"])
def test_prose_and_hidden_files_beside_the_decisions_are_left_alone(tmp_path, place):
    lay(tmp_path, "resolutions", {})
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("Why we decide.\n", encoding="utf-8")
    assert len(read_decisions(tmp_path).resolutions) == 1


def test_people_who_decide_and_are_not_known_are_named_with_who_may_be_meant(tmp_path):
    lay(tmp_path, "judgements", {})
    decisions = read_decisions(tmp_path)
    assert unknown_deciders(decisions, {"ctr-ana"}) == ()
    assert unknown_deciders(decisions, {"ctr-anna"}) == ("ctr-ana (did you mean ctr-anna?)",)
    assert unknown_deciders(decisions, {"ctr-zoe"}) == ("ctr-ana",)


def test_lines_are_written_in_order_with_lf(tmp_path):
    for name in ("cfl-zzzzzzzzzzzz", "cfl-aaaaaaaaaaaa", "cfl-mmmmmmmmmmmm"):
        (file,) = add_resolutions(tmp_path, [resolution(conflict_id=name, reason="two\nlines")])
    assert b"\r" not in file.read_bytes()
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"), newline="")))
    assert [row["conflict_id"] for row in rows] == ["cfl-aaaaaaaaaaaa", "cfl-mmmmmmmmmmmm", "cfl-zzzzzzzzzzzz"]
    assert [p.name for p in file.parent.iterdir()] == ["ctr-ana.csv"]


def test_a_second_thought_takes_the_place_of_the_first(tmp_path):
    add_resolutions(tmp_path, [resolution()])
    add_resolutions(tmp_path, [resolution(choice="value", take_from="", value="x")])
    assert [(r.choice, r.value) for r in read_decisions(tmp_path).resolutions] == [(Choice.VALUE, "x")]


def test_deciders_have_files_of_their_own(tmp_path):
    (file,) = add_resolutions(tmp_path, [resolution()])
    ana = file.read_bytes()
    add_resolutions(tmp_path, [resolution(decided_by="ctr-zoe", choice="base", take_from="")])
    assert (tmp_path / "resolutions" / "ctr-ana.csv").read_bytes() == ana
    assert len(read_decisions(tmp_path).resolutions) == 2


def test_what_is_taken_back_was_never_made(tmp_path):
    (file,) = add_resolutions(tmp_path, [resolution()])
    before = file.read_bytes()
    add_resolutions(tmp_path, [resolution(conflict_id="cfl-aaaaaaaaaaaa")])
    remove_resolution(tmp_path, "cfl-aaaaaaaaaaaa", "ctr-ana")
    assert file.read_bytes() == before


def test_only_what_was_decided_can_be_taken_back(tmp_path):
    add_resolutions(tmp_path, [resolution()])
    with pytest.raises(UsageError, match="ctr-zoe has not decided cfl-mfrggzdfmztw"):
        remove_resolution(tmp_path, "cfl-mfrggzdfmztw", "ctr-zoe")


@pytest.mark.parametrize("name", ["../ctr-ana", "", "a/b", ".hidden", "ctr ana"])
def test_a_decider_is_no_path(tmp_path, name):
    with pytest.raises(UsageError, match="not the id of a contributor"):
        add_resolutions(tmp_path / "decisions", [resolution(decided_by=name)])
    assert not (tmp_path / "decisions").exists()


def test_a_broken_file_is_not_written_over(tmp_path):
    file = lay(tmp_path, "resolutions", {"choice": "ours"})
    before = file.read_bytes()
    with pytest.raises(DocumentError, match="choice"):
        add_resolutions(tmp_path, [resolution(conflict_id="cfl-aaaaaaaaaaaa")])
    assert file.read_bytes() == before


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
lines = st.builds(
    resolution,
    conflict_id=st.text(string.ascii_lowercase + "234567", min_size=12, max_size=12).map("cfl-{}".format),
    row_id=texts,
    base_value=texts,
    value=texts,
    reason=texts.map("because {}".format),
    decided_by=st.sampled_from(["ctr-ana", "ctr-zoe"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(written=st.lists(lines, max_size=6, unique_by=lambda line: line.order))
def test_what_is_written_is_read(tmp_path_factory, written):
    folder = tmp_path_factory.mktemp("decisions")
    for line in written:
        add_resolutions(folder, [line])
    assert list(read_decisions(folder).resolutions) == sorted(written, key=lambda line: line.order)
