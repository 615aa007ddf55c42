"""Batches of one person that follow each other: merge-rules.md, on packages small enough to read, by both merges."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import plain_merge
import pytest
from merge_cases import Case
from merge_files import (
    VERSION,
    Outputs,
    outputs,
    plain,
    publish,
    read_outputs,
    shipped_once,
    write_contribution,
    write_package,
)
from plain_merge import Contribution, Earlier, PlainTable

from depositary.errors import DepositaryError, InvalidContributionError
from depositary.merging.merge import Merged, merge
from depositary.merging.summary import summary_text

FIELDS = (
    {"name": "id", "type": "string"},
    {"name": "a", "type": "string"},
    {"name": "size", "type": "number"},
    {"name": "tags", "type": "string", "merge": {"as": "set", "separator": ";"}},
    {"name": "seen", "type": "string", "merge": {"as": "audit"}},
)
PEOPLE = {(who,): {"contributor_id": who} for who in ("ctr-ann", "ctr-ben")}
CURRENT = {
    "contributors": PlainTable(({"name": "contributor_id", "type": "string"},), ("contributor_id",), PEOPLE),
    "t": PlainTable(FIELDS, ("id",), {("x",): {"id": "x", "a": "1", "size": "40", "tags": "p;q"}}),
}


def batch(name: str, *rows: Mapping[str, str], **more: Any) -> Contribution:
    who, _, _ = name.partition("/")
    return Contribution(f"ctr-{who}", name, rows={"t": list(rows)}, **more)


def x(**cells: str) -> dict[str, str]:
    return {"id": "x", **cells}


def n(**cells: str) -> dict[str, str]:
    return {"id": "n", **cells}


def gone(row: str) -> tuple[tuple[str, tuple[str, ...], str, str], ...]:
    return (("t", (row,), "double", ""),)


def both(folder: Path, *made: Contribution) -> Outputs:
    """Merge with the program, which has to give what the plain merge gives."""
    case = Case(CURRENT, made)
    outputs = shipped_once(case, folder)
    assert vars(outputs) == vars(plain(case))
    return outputs


def rows(outputs: Outputs) -> list[dict[str, str]]:
    return outputs.tables["t"][1]


def statuses(outputs: Outputs, batch: str) -> set[str]:
    return {line["status"] for line in outputs.cells if line["batch"] == batch}


FIRST = batch("ann/b1", x(a="2"))
LATER = {
    "another value": (x(a="3"), x(a="3")),
    "the value as it was": (x(a="1"), x(a="1")),
    "blank": (x(a=r"\N"), {"id": "x"}),
}


@pytest.mark.parametrize(("row", "left"), LATER.values(), ids=LATER)
@pytest.mark.parametrize("names", ["ann/a ann/z", "ann/z ann/a"])
def test_the_later_of_two_batches_is_meant(tmp_path, row, left, names):
    first, second = names.split()
    merged = both(tmp_path, replace(FIRST, batch=first), batch(second, row, follows=(first,)))
    assert rows(merged) == [{"id": "x", "size": "40", "tags": "p;q", **left}]
    assert statuses(merged, first) == {"superseded"}
    assert not merged.conflicts


def test_what_a_later_batch_does_not_speak_of_stays(tmp_path):
    merged = both(tmp_path, batch("ann/b1", x(a="2", size="41")), batch("ann/b2", x(a="3"), follows=("ann/b1",)))
    assert rows(merged) == [x(a="3", size="41", tags="p;q")]


def test_a_newer_base_makes_a_batch_the_later_one(tmp_path):
    older = {**CURRENT, "t": replace(CURRENT["t"], rows={("x",): x(a="1", size="40", tags="p;q", seen="2020")})}
    merged = both(tmp_path, batch("ann/z", x(a="2"), base=older, age=1), batch("ann/a", x(a="3")))
    assert rows(merged)[0]["a"] == "3"
    assert not merged.conflicts


def test_a_list_is_what_the_later_batch_says_it_is(tmp_path):
    merged = both(tmp_path, batch("ann/b1", x(tags="p;q;r")), batch("ann/b2", x(tags="p;q;s"), follows=("ann/b1",)))
    assert rows(merged)[0]["tags"] == "p;q;s"
    assert not merged.conflicts


def test_a_later_edit_brings_back_what_an_earlier_batch_deletes(tmp_path):
    merged = both(tmp_path, batch("ann/b1", deletes=gone("x")), batch("ann/b2", x(a="3"), follows=("ann/b1",)))
    assert rows(merged) == [x(a="3", size="40", tags="p;q")]
    assert not merged.conflicts


def test_a_word_about_the_work_does_not_bring_a_row_back(tmp_path):
    merged = both(tmp_path, batch("ann/b1", deletes=gone("x")), batch("ann/b2", x(seen="2026"), follows=("ann/b1",)))
    assert not rows(merged)


def test_a_later_deletion_ends_what_an_earlier_batch_edits(tmp_path):
    merged = both(tmp_path, FIRST, batch("ann/b2", deletes=gone("x"), follows=("ann/b1",)))
    assert not rows(merged)
    assert not merged.conflicts


def test_a_row_that_is_sent_again_comes_from_the_later_batch(tmp_path):
    merged = both(
        tmp_path, batch("ann/b1", n(a="1", size="2")), batch("ann/b2", n(a="1", size="3"), follows=("ann/b1",))
    )
    assert rows(merged)[0] == n(a="1", size="3")
    assert [line["batch"] for line in merged.rows if line["row_id"] == "n"] == ["ann/b2"]


def test_a_row_that_is_completed_later_comes_from_the_first(tmp_path):
    merged = both(tmp_path, batch("ann/b1", n(a="1", size="2")), batch("ann/b2", n(a="5"), follows=("ann/b1",)))
    assert rows(merged)[0] == n(a="5", size="2")
    assert [line["batch"] for line in merged.rows if line["row_id"] == "n"] == ["ann/b1"]


def test_three_in_a_row_are_in_order(tmp_path):
    made = [FIRST, batch("ann/b2", x(a="3"), follows=("ann/b1",)), batch("ann/b3", x(a="4"), follows=("ann/b2",))]
    assert rows(both(tmp_path, *made))[0]["a"] == "4"


def test_others_still_disagree_with_the_later_word(tmp_path):
    merged = both(tmp_path, FIRST, batch("ann/b2", x(a="3"), follows=("ann/b1",)), batch("ben/b1", x(a="4")))
    assert {(line["batch"], line["value"]) for line in merged.conflicts if line["contributor"]} == {
        ("ann/b2", "3"),
        ("ben/b1", "4"),
    }


def test_a_row_as_a_whole_is_no_conflict_with_oneself(tmp_path):
    whole = {**CURRENT, "t": replace(CURRENT["t"], merge={"granularity": "row"})}
    case = Case(whole, (FIRST, batch("ann/b2", x(size="41"), follows=("ann/b1",))))
    merged = shipped_once(case, tmp_path)
    assert vars(merged) == vars(plain(case))
    assert rows(merged) == [x(a="2", size="41", tags="p;q")]


def test_a_column_is_what_the_later_batch_says(tmp_path):
    merged = both(
        tmp_path,
        Contribution("ctr-ann", "ann/b1", rows={"t": [x(a="2")]}, add={"t": ({"name": "new", "type": "string"},)}),
        Contribution(
            "ctr-ann", "ann/b2", drop={"t": ("a",)}, add={"t": ({"name": "new", "type": "year"},)}, follows=("ann/b1",)
        ),
    )
    assert merged.tables["t"] == (["id", "size", "tags", "seen", "new"], [x(size="40", tags="p;q")])
    assert not merged.conflicts


def test_a_column_that_is_filled_later_stays(tmp_path):
    first = Contribution("ctr-ann", "ann/b1", drop={"t": ("a",)})
    merged = both(tmp_path, first, batch("ann/b2", x(a="2"), follows=("ann/b1",)))
    assert rows(merged) == [x(a="2", size="40", tags="p;q")]
    assert not merged.conflicts


def test_a_value_in_another_form_does_not_keep_a_column_that_an_earlier_batch_drops(tmp_path):
    first = Contribution("ctr-ann", "ann/b1", drop={"t": ("size",)})
    merged = both(tmp_path, first, batch("ann/b2", x(size="40.0"), follows=("ann/b1",)))
    assert merged.tables["t"] == (["id", "a", "tags", "seen"], [x(a="1", tags="p;q")])


def test_a_row_can_be_deleted_that_only_an_earlier_batch_adds(tmp_path):
    merged = both(tmp_path, batch("ann/b1", n(a="2")), batch("ann/b2", deletes=gone("n"), follows=("ann/b1",)))
    assert [row["id"] for row in rows(merged)] == ["x"]
    assert not merged.conflicts


def test_a_row_that_somebody_else_adds_cannot_be_deleted_yet(tmp_path):
    with pytest.raises(InvalidContributionError):
        told(tmp_path, batch("ann/b1", n(a="2")), batch("ben/b1", deletes=gone("n")))


def local(**cells: str) -> dict[str, str]:
    return {"id": "local:n", **cells}


LOCAL = {
    "sent again": (batch("ann/b2", local(a="3", size="5"), follows=("ann/b1",)), [{"a": "3", "size": "5"}]),
    "changed": (batch("ann/b2", local(a="3"), follows=("ann/b1",)), [{"a": "3", "size": "4"}]),
    "deleted": (batch("ann/b2", deletes=gone("local:n"), follows=("ann/b1",)), []),
    "another's": (batch("ann/b2", local(a="3", size="5")), [{"a": "2", "size": "4"}, {"a": "3", "size": "5"}]),
}


@pytest.mark.short(1)
@pytest.mark.parametrize(("second", "left"), LOCAL.values(), ids=LOCAL)
def test_a_local_name_holds_in_the_batches_that_follow(tmp_path, second, left):
    case = Case(with_required("size"), (batch("ann/b1", local(a="2", size="4")), second))
    merged = shipped_once(case, tmp_path)
    assert vars(merged) == vars(plain(case))
    new = [{name: text for name, text in row.items() if name != "id"} for row in rows(merged) if row["id"] != "x"]
    assert sorted(new, key=str) == left
    assert not merged.conflicts
    published = publish(tmp_path / "merged", tmp_path / "published")
    paths = [tmp_path / "contributions" / name for name in ("ann/b1", "ann/b2")]
    merge(published, paths, output_dir=tmp_path / "again", bases=tmp_path / "bases")
    assert vars(read_outputs(tmp_path / "again")) == vars(merged)


def test_a_local_name_is_still_known_when_the_batch_that_had_it_has_left(tmp_path):
    case = Case(CURRENT, (batch("ann/b1", local(a="2", size="4")),))
    merged = shipped_once(case, tmp_path)
    published = publish(tmp_path / "merged", tmp_path / "published")
    later = write_contribution(tmp_path, batch("ann/b2", local(a="3"), follows=("ann/b1",)), CURRENT, "3.0.0")
    merge(published, [later], output_dir=tmp_path / "again")
    named = [row["id"] for row in rows(merged)]
    assert [(row["id"], row["a"]) for row in rows(read_outputs(tmp_path / "again"))] == list(
        zip(named, "31", strict=True)
    )


@pytest.mark.parametrize("more", [{}, {"follows": ("ann/b0",)}])
def test_a_local_name_of_a_batch_that_is_not_followed_cannot_be_deleted(tmp_path, more):
    made = [batch("ann/b0", x(a="1")), batch("ann/b1", local(a="2")), batch("ann/b2", deletes=gone("local:n"), **more)]
    with pytest.raises(InvalidContributionError):
        told(tmp_path, *made)


# Orders that cannot be told


def told(folder: Path, *made: Contribution) -> Merged:
    write_package(folder / "current", CURRENT, "2.0.0")
    return merge(folder / "current", [write_contribution(folder, one, CURRENT, "2.0.0") for one in made])


def test_without_an_order_the_conflict_says_how_to_give_one(tmp_path):
    (conflict,) = told(tmp_path, FIRST, batch("ann/b2", x(a="3"))).open
    assert "write `follows` into the manifest of the later one" in conflict.message


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ((batch("ann/b1", x(a="2"), follows=("ann/b2",)), batch("ann/b2", x(a="3"), follows=("ann/b1",))), "itself"),
        ((batch("ann/b1", x(a="2"), follows=("ann/b1",)),), "itself"),
        ((batch("ann/b1", x(a="2"), follows=("ben/b1",)), batch("ben/b1", x(a="3"))), "from another contributor"),
        ((FIRST, batch("ann/b2", x(a="3"), follows=("ann/b11",))), "did you mean ann/b1".capitalize()[:3]),
        ((FIRST, batch("ann/b2", x(a="3"), supersedes=("ann/no",))), "neither one of the contributions nor known"),
    ],
    ids=["a circle", "itself", "somebody else", "unknown", "unknown to supersede"],
)
def test_an_order_that_cannot_be_is_refused(tmp_path, made, said):
    with pytest.raises(DepositaryError) as error:
        told(tmp_path, *made)
    assert said in str(error.value)


# Claims that are named


NAMED = {
    "a cell": ({"row": "x", "field": "a"}, x(a="1", size="41", tags="p;q")),
    "a row": ({"row": "x"}, x(a="1", size="40", tags="p;q")),
    "a column": ({"field": "size"}, x(a="2", size="40", tags="p;q")),
    "a table": ({}, x(a="1", size="40", tags="p;q")),
}


@pytest.mark.parametrize(("entry", "left"), NAMED.values(), ids=NAMED)
def test_supersedes_can_name_some_of_the_claims(tmp_path, entry, left):
    old = batch("ann/b1", x(a="2", size="41"))
    named = {"batch": "ann/b1", "table": "t", **entry}
    merged = both(tmp_path, old, batch("ann/b2", supersedes=(named,)))
    assert rows(merged) == [left]
    (tmp_path / "told").mkdir()
    said = summary_text(told(tmp_path / "told", old, batch("ann/b2", supersedes=(named,))), plan=True)
    count = sum(left[name] != old.rows["t"][0][name] for name in ("a", "size"))
    assert f"ann/b2 supersedes {count} claim{'s' * (count > 1)} of ann/b1: t x [" in said


def test_a_deletion_can_be_superseded(tmp_path):
    old = batch("ann/b1", deletes=gone("x"))
    merged = both(tmp_path, old, batch("ann/b2", supersedes=({"batch": "ann/b1", "table": "t", "row": "x"},)))
    assert len(rows(merged)) == 1


@pytest.mark.parametrize(
    "entry", [{"table": "t", "row": "y"}, {"table": "t", "row": "x", "field": "size"}, {"table": "no"}]
)
def test_an_entry_that_names_no_claim_is_an_error(tmp_path, entry):
    with pytest.raises(DepositaryError, match="has no claim there"):
        told(tmp_path, FIRST, batch("ann/b2", supersedes=({"batch": "ann/b1", **entry},)))


@pytest.mark.parametrize(
    ("more", "left"),
    [
        ({"follows": ("ann/no",)}, ["ann/b1"]),
        ({"supersedes": ({"batch": "ann/b1", "table": "t", "row": "y"},)}, []),  # a part of ann/b1 is withdrawn
    ],
)
def test_a_batch_that_names_what_is_not_there_can_be_set_aside(tmp_path, more, left):
    write_package(tmp_path / "current", CURRENT, "2.0.0")
    made = [FIRST, batch("ann/b2", x(a="3"), **more)]
    paths = [write_contribution(tmp_path, one, CURRENT, "2.0.0") for one in made]
    merged = merge(tmp_path / "current", paths, set_aside=True)
    assert [batch.name for batch in merged.batches] == left
    assert "ann/b2" in [waiting.name for waiting in merged.waiting]


def test_a_batch_may_follow_one_that_waits(tmp_path):
    write_package(tmp_path / "current", CURRENT, "2.0.0")
    wrong = batch("ann/b1", x(size="many"))
    entry = {"batch": "ann/b1", "table": "t", "row": "x"}
    made = [wrong, batch("ann/b2", x(a="3"), follows=("ann/b1",), supersedes=(entry,))]
    paths = [write_contribution(tmp_path, one, CURRENT, "2.0.0") for one in made]
    merged = merge(tmp_path / "current", paths, set_aside=True)
    assert ([batch.name for batch in merged.batches], [w.name for w in merged.waiting]) == (["ann/b2"], ["ann/b1"])


def test_what_a_whole_batch_withdraws_is_counted(tmp_path):
    said = summary_text(told(tmp_path, FIRST, batch("ann/b2", supersedes=("ann/b1",))), plan=True)
    assert "ann/b2 supersedes 1 claim of ann/b1: t x [a]" in said


# Over releases


SEQUELS = {
    "follows": (FIRST, batch("ann/b2", x(a="3"), follows=("ann/b1",))),
    "deleted": (FIRST, batch("ann/b2", deletes=gone("x"), follows=("ann/b1",))),
    "edited": (batch("ann/b1", deletes=gone("x")), batch("ann/b2", x(a="3"), follows=("ann/b1",))),
    "taken back": (FIRST, batch("ann/b2", x(a="1"), follows=("ann/b1",))),
    "sent again": (batch("ann/b1", n(a="1", size="2")), batch("ann/b2", n(a="1", size="3"), follows=("ann/b1",))),
    "completed": (batch("ann/b1", n(a="1", size="2")), batch("ann/b2", n(a="5"), follows=("ann/b1",))),
    "some": (FIRST, batch("ann/b2", supersedes=({"batch": "ann/b1", "table": "t", "row": "x", "field": "a"},))),
    "whole": (FIRST, batch("ann/b2", supersedes=("ann/b1",))),
    "open": (FIRST, batch("ann/b2", x(a="3"), follows=("ann/b1",)), batch("ben/b1", x(a="4"))),
}


@pytest.mark.short(3, long=8)
@pytest.mark.parametrize(
    ("version", "left"), [("2.0.0", ()), ("3.0.0", ()), ("3.0.0", ("ann/b1",)), ("2.0.0", ("ann/b2",))]
)
@pytest.mark.parametrize("made", SEQUELS.values(), ids=SEQUELS)
def test_merging_again_changes_nothing(tmp_path, made, version, left):
    first = shipped_once(Case(CURRENT, made), tmp_path)
    published = publish(tmp_path / "merged", tmp_path / "published", version)
    paths = [tmp_path / "contributions" / c.batch for c in made if c.batch not in left]
    merge(published, paths, output_dir=tmp_path / "again", bases=tmp_path / "bases")
    assert vars(read_outputs(tmp_path / "again")) == vars(first)


def after(folder: Path, first: Contribution, *second: Contribution, left: bool) -> Outputs:
    """Merge and publish a batch, and then others that were made before that; by both merges."""
    before = plain_merge.merge(CURRENT, [first], (), (), VERSION)
    shipped_once(Case(CURRENT, (first,)), folder)
    published = publish(folder / "merged", folder / "published")
    write_package(folder / "bases" / "current", CURRENT, VERSION)
    paths = [write_contribution(folder, one, CURRENT, VERSION) for one in second]
    merge(published, [*paths, *([] if left else [folder / "contributions" / first.batch])],
          output_dir=folder / "again", bases=folder / "bases")  # fmt: skip
    told = Earlier.of(before)
    made = [replace(one, base=CURRENT, age=5) for one in (*second, *(() if left else (first,)))]
    again = read_outputs(folder / "again")
    assert vars(again) == vars(outputs(plain_merge.merge(before.tables, made, (), (), "3.0.0", told)))
    return again


BETWEEN = {
    "another value": (FIRST, batch("ann/b2", x(a="3"), follows=("ann/b1",)), ["3"]),
    "the value as it was": (FIRST, batch("ann/b2", x(a="1"), follows=("ann/b1",)), ["1"]),
    "the same value": (FIRST, batch("ann/b2", x(a="2"), follows=("ann/b1",)), ["2"]),
    "a deletion": (FIRST, batch("ann/b2", deletes=gone("x"), follows=("ann/b1",)), []),
    "a new row": (batch("ann/b1", n(a="1")), batch("ann/b2", n(a="5"), follows=("ann/b1",)), ["5", "1"]),
}


@pytest.mark.short(1, long=3)
@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize(("first", "second", "values"), BETWEEN.values(), ids=BETWEEN)
def test_what_was_published_of_an_earlier_batch_is_no_conflict_with_a_later_one(tmp_path, first, second, values, left):
    merged = after(tmp_path, first, second, left=left)
    assert [row["a"] for row in rows(merged)] == values
    assert not merged.conflicts


def test_what_others_published_as_well_is_asked(tmp_path):
    merged = after(tmp_path, replace(FIRST, contributor="ctr-ben"), batch("ann/b2", x(a="3")), left=True)
    assert [line["value"] for line in merged.conflicts] == ["2", "3"]


OLDER = {**CURRENT, "t": replace(CURRENT["t"], rows={("x",): x(a="7", size="40", tags="p;q")})}
TAKEN_BACK = (
    batch("ann/b1", x(a="2"), base=OLDER, age=1),
    batch("ann/b2", x(a="7"), follows=("ann/b1",), base=OLDER, age=1),
)


def test_the_value_as_it_was_differs_from_what_was_published_since_like_any_other_value(tmp_path):
    merged = both(tmp_path, *TAKEN_BACK)
    assert [(line["kind"], line["value"]) for line in merged.conflicts] == [
        ("cell.edit_edit", "1"),
        ("cell.edit_edit", "7"),
    ]


@pytest.mark.parametrize("left", [(), ("ann/b1",), ("ann/b1", "ann/b2")])
def test_what_was_taken_back_and_is_open_can_be_taken_back_again_whoever_has_left(tmp_path, left):
    shipped_once(Case(CURRENT, TAKEN_BACK), tmp_path)
    published = publish(tmp_path / "merged", tmp_path / "published")
    write_package(tmp_path / "bases" / "current", CURRENT, VERSION)
    last = write_contribution(tmp_path, batch("ann/b3", x(a="1"), follows=("ann/b2",)), CURRENT, VERSION)
    given = [tmp_path / "contributions" / one.batch for one in TAKEN_BACK if one.batch not in left]
    merge(published, [last, *given], output_dir=tmp_path / "again", bases=tmp_path / "bases")
    again = read_outputs(tmp_path / "again")
    assert rows(again)[0]["a"] == "1"
    assert not again.conflicts


# Rows that are changed before they are registered


def with_required(*names: str) -> dict[str, PlainTable]:
    fields = tuple({**f, "constraints": {"required": True}} if f["name"] in names else f for f in FIELDS)
    return {**CURRENT, "t": replace(CURRENT["t"], fields=fields)}


REGISTERED = batch("ben/b1", n(a="1", size="2", tags="p", seen="2025"))
UPDATES = {
    "before": ("ann/b1", n(a="5"), n(a="5", size="2", tags="p", seen="2025")),
    "after": ("cem/b1", n(a="5"), n(a="5", size="2", tags="p", seen="2025")),
    "by the same person": ("ben/b0", n(a="5"), n(a="5", size="2", tags="p", seen="2025")),
    "of a list": ("ann/b1", n(tags="q"), n(a="1", size="2", tags="p;q", seen="2025")),
    "of nothing": ("ann/b1", n(a="1"), n(a="1", size="2", tags="p", seen="2025")),
    "about the work": ("ann/b1", n(seen="2020"), n(a="1", size="2", tags="p", seen="2025")),
    "in another form": ("ann/b1", n(a="7", size=""), n(a="7", size="2", tags="p", seen="2025")),
}


@pytest.mark.short(2, long=4)
@pytest.mark.parametrize(("name", "row", "left"), UPDATES.values(), ids=UPDATES)
@pytest.mark.parametrize("granularity", ["cell", "row"])
def test_a_row_may_be_changed_before_it_is_registered(tmp_path, name, row, left, granularity):
    tables = with_required("size")
    tables["t"] = replace(tables["t"], merge={"granularity": granularity})
    tables["contributors"] = replace(
        CURRENT["contributors"], rows={**PEOPLE, ("ctr-cem",): {"contributor_id": "ctr-cem"}}
    )
    case = Case(tables, (REGISTERED, batch(name, row)))
    merged = shipped_once(case, tmp_path)
    assert vars(merged) == vars(plain(case))
    assert rows(merged)[0] == left
    assert [line["batch"] for line in merged.rows if line["row_id"] == "n"] == ["ben/b1"]
    assert {line["status"] for line in merged.conflicts} <= {"auto"}
    published = publish(tmp_path / "merged", tmp_path / "published")
    paths = [tmp_path / "contributions" / c.batch for c in case.contributions]
    merge(published, paths, output_dir=tmp_path / "again", bases=tmp_path / "bases")
    assert vars(read_outputs(tmp_path / "again")) == vars(merged)


def test_people_who_change_a_new_row_differently_are_asked(tmp_path):
    case = Case(with_required("size"), (REGISTERED, batch("ann/b1", n(a="5")), batch("ann/b2", n(a="6"))))
    merged = shipped_once(case, tmp_path)
    assert vars(merged) == vars(plain(case))
    assert [line["value"] for line in merged.conflicts] == ["5", "6", "1"]


def test_a_row_that_nobody_registers_is_refused(tmp_path):
    tables = with_required("size", "a")
    write_package(tmp_path / "current", tables, "2.0.0")
    made = [batch("ann/b1", n(a="5")), batch("ben/b1", n(size="6"))]
    paths = [write_contribution(tmp_path, one, tables, "2.0.0") for one in made]
    with pytest.raises(InvalidContributionError):
        merge(tmp_path / "current", paths)


def test_a_local_name_of_somebody_else_registers_nothing(tmp_path):
    tables = with_required("size")
    write_package(tmp_path / "current", tables, "2.0.0")
    made = [batch("ann/b1", {"id": "local:n", "a": "5"}), batch("ben/b1", {"id": "local:n", "size": "6"})]
    paths = [write_contribution(tmp_path, one, tables, "2.0.0") for one in made]
    with pytest.raises(InvalidContributionError):
        merge(tmp_path / "current", paths)


# A batch that changes columns alone


NEW = {"name": "mood", "type": "string"}
COLUMNS = {"one that adds a column": {"add": {"t": [NEW]}}, "one that drops a column": {"drop": {"t": ["size"]}}}


@pytest.mark.short(1)
@pytest.mark.parametrize("change", COLUMNS.values(), ids=COLUMNS)
def test_a_batch_that_changes_columns_alone_is_known_when_it_has_left(tmp_path, change):
    first, other = batch("ann/b1", **change), batch("ben/b1", x(a="2"))
    shipped_once(Case(CURRENT, (first, other)), tmp_path / "first")
    paths = [tmp_path / "first" / "contributions" / name for name in ("ann/b1", "ben/b1")]
    told = summary_text(merge(tmp_path / "first" / "current", paths), plan=True)
    assert ("column mood added" if "add" in change else "column size dropped, with its values") in told
    again = publish(tmp_path / "first" / "merged", tmp_path / "published")
    described = json.loads((again / "datapackage.json").read_text("utf-8"))
    (told,) = described["column_changes"]
    name = next(iter(change))
    assert told == {
        "contribution": "ann/b1",
        "contributor": "ctr-ann",
        "table": "t",
        "field": "mood" if name == "add" else "size",
        "change": name,
    }
    tables = {"contributors": CURRENT["contributors"], "t": replace(CURRENT["t"])}
    entry = {"batch": "ann/b1", "table": "t", "field": told["field"]}
    for at, more in enumerate(({"follows": ["ann/b1"]}, {"supersedes": ["ann/b1"]}, {"supersedes": [entry]})):
        later = write_contribution(tmp_path / f"later{at}", batch("ann/b2", x(a="3"), **more), tables, "3.0.0")
        merge(again, [later], output_dir=tmp_path / f"out{at}")
        kept = json.loads((tmp_path / f"out{at}" / "datapackage.json").read_text("utf-8"))
        assert kept["column_changes"] == described["column_changes"]
    theirs = write_contribution(tmp_path / "theirs", batch("ben/b2", follows=["ann/b1"]), tables, "3.0.0")
    with pytest.raises(DepositaryError, match="which is from another contributor"):
        merge(again, [theirs])
    nobody = write_contribution(tmp_path / "nobody", batch("ann/b2", follows=["ann/b9"]), tables, "3.0.0")
    with pytest.raises(DepositaryError, match="which is neither one of the contributions nor known"):
        merge(again, [nobody])
