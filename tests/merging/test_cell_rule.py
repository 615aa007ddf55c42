"""The rules of cells and rows, one by one: what is published, what is claimed, and what becomes of both."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import ROOT

from depositary.merging.claims.policy import OnConflict, policy_of
from depositary.merging.claims.ranks import PUBLISHED
from depositary.merging.claims.values import NormalisedValues
from depositary.merging.rules.case import Case, Claim, Deletion, RowOutcome
from depositary.merging.rules.resolutions import Resolutions
from depositary.merging.rules.row import judge_row
from depositary.merging.rules.table_rules import TableRules
from depositary.model.conflict import Conflict, Status
from depositary.model.decision import Choice, Resolution
from depositary.model.package import Resource
from depositary.model.role import Role
from depositary.model.table import Table

FIELDS = [
    {"name": "id"},
    {"name": "name", "constraints": {"required": True}},
    {"name": "note"},
    {"name": "size", "type": "number"},
    {"name": "tags", "merge": {"as": "set"}},
    {"name": "state", "merge": {"as": "lowest", "order": ["draft", "checked", "final"]}},
    {"name": "rate", "merge": {"onConflict": "prefer_source_kind", "sourceKinds": ["treaty", "press"]}},
    {"name": "source_id", "merge": {"as": "source"}},
    {"name": "seen_on", "merge": {"as": "audit"}},
]
NAMES = [field["name"] for field in FIELDS[1:]]
WHO = {PUBLISHED: ("", "published@1"), 0: ("ann", "a"), 1: ("ben", "b"), 2: ("cy", "c")}


def rules(*decisions: Resolution, **schema: object) -> TableRules:
    table = Table.from_descriptor("things", {"fields": FIELDS, "primaryKey": "id", **schema})
    policy = policy_of(table)
    forms = NormalisedValues(Resource("things", "things.csv", Path("things.csv"), table), policy.fields)
    return TableRules(policy, forms, Resolutions(decisions), WHO, {"src-law": "treaty", "src-news": "press"})


BY_ROW = rules(merge={"granularity": "row"})


def row(**cells: str | None) -> dict[str, str | None]:
    return {**dict.fromkeys(NAMES), **cells}


def edited(
    current: Mapping[str, str | None], *edits: Mapping[str, str | None], by: TableRules | None = None, **of_case: object
) -> RowOutcome:
    """Judge a published row that each contribution edits as it is."""
    now = row(**current)
    claims = [Claim(rank, name, text, now[name]) for rank, edit in enumerate(edits) for name, text in edit.items()]
    return judge_row(by or rules(), Case("one", now, **{"claims": claims, **of_case}))


def added(*rows: Mapping[str, str], by: TableRules | None = None) -> RowOutcome:
    """Judge a row that is not published, and each contribution adds."""
    claims = [Claim(rank, name, text) for rank, new in enumerate(rows) for name, text in new.items()]
    return judge_row(by or rules(), Case("one", None, claims, added_by=frozenset(range(len(rows)))))


def decision(conflict: Conflict, choice: Choice, *, take: str = "", value: str = "", by: str = "dora") -> Resolution:
    blank = dict.fromkeys(("base_value", "source_id", "decided_on"), "")
    place = {
        name: getattr(conflict, name) for name in ("conflict_id", "table", "row_id", "field", "kind", "inputs_hash")
    }
    return Resolution(**place, **blank, choice=choice, take_from=take, value=value, reason="it is so", decided_by=by)


def kinds(outcome: RowOutcome) -> list[str]:
    return [conflict.kind for conflict in outcome.conflicts]


def statuses(outcome: RowOutcome, name: str | None = None) -> list[str]:
    return [str(line.status) for line in outcome.lines if name in (None, line.field)]


# Cells that merge


def test_one_claim_is_published():
    outcome = edited({"note": "x"}, {"note": "y"})
    assert (outcome.cells, kinds(outcome), statuses(outcome)) == ({"note": "y"}, [], ["accepted"])


def test_two_who_claim_the_same_agree():
    outcome = edited({"note": "x"}, {"note": "y"}, {"note": "y"})
    assert (outcome.cells, kinds(outcome), statuses(outcome)) == ({"note": "y"}, [], ["accepted"] * 2)


def test_a_claim_of_what_is_published_changes_nothing():
    outcome = edited({"size": "40"}, {"size": "40.0"})
    assert (outcome.cells, kinds(outcome), statuses(outcome)) == ({}, [], ["accepted"])


def test_a_claim_of_what_is_published_is_superseded_if_another_value_is_taken():
    outcome = edited({"note": "x"}, {"note": "x"}, {"note": "y"})
    assert (outcome.cells, kinds(outcome), statuses(outcome)) == ({"note": "y"}, [], ["superseded", "accepted"])


@pytest.mark.parametrize(
    ("name", "current", "one", "other", "kind", "published", "became"),
    [
        ("size", "1", "40.0", "40", "cell.same_value", "40", ["accepted", "accepted"]),
        ("tags", "a;b", "a;b;c", "b;d", "cell.set_union", "b;c;d", ["accepted", "accepted"]),
        ("state", "final", "checked", "draft", "cell.lowest", "draft", ["rejected", "accepted"]),
    ],
)
def test_claims_that_a_rule_settles_are_listed(name, current, one, other, kind, published, became):  # noqa: PLR0913
    outcome = edited({name: current}, {name: one}, {name: other})
    assert (outcome.cells, kinds(outcome), statuses(outcome)) == ({name: published}, [kind], became)
    assert outcome.conflicts[0].status is Status.AUTO


def test_the_better_kind_of_source_is_preferred():
    claims = [Claim(0, "rate", "5", source_id="src-news"), Claim(1, "rate", "7", source_id="src-law")]
    outcome = edited({}, claims=claims)
    assert (outcome.cells, kinds(outcome)) == ({"rate": "7"}, ["cell.preferred"])


def test_two_of_the_best_kind_of_source_that_differ_are_in_conflict():
    claims = [Claim(rank, "rate", str(rank), source_id="src-law") for rank in (0, 1)]
    assert kinds(edited({}, claims=claims)) == ["cell.fill_fill"]


def test_what_a_field_says_of_conflicts_goes_before_what_its_table_says():
    prefers, asks = {"onConflict": "prefer_source_kind", "sourceKinds": ["treaty"]}, {"onConflict": "ask"}
    by = rules(fields=[*FIELDS, {"name": "asked", "merge": asks}, {"name": "free"}], merge=prefers)
    for name, kind in (("free", "cell.preferred"), ("asked", "cell.fill_fill")):
        claims = [Claim(0, name, "5", source_id="src-news"), Claim(1, name, "7", source_id="src-law")]
        assert kinds(edited({"free": None, "asked": None}, claims=claims, by=by)) == [kind]


def test_the_page_has_every_role_of_a_field_and_all_that_settles_a_conflict():
    page = (ROOT / "docs" / "merge-rules.md").read_text(encoding="utf-8")
    assert [role for role in Role if role is not Role.VALUE and f"\n| `{role}` |" not in page] == []
    assert [name for name in OnConflict if f'"onConflict": "{name}"' not in page] == []


# Cells in conflict


@pytest.mark.parametrize(
    ("name", "current", "one", "other", "kind"),
    [
        ("note", "x", "y", "z", "cell.edit_edit"),
        ("note", None, "y", "z", "cell.fill_fill"),
        ("note", "x", None, "z", "cell.edit_erase"),
        ("state", "final", "draft", "unheard", "cell.edit_edit"),
    ],
)
def test_claims_that_differ_leave_the_cell_as_it_is(name, current, one, other, kind):
    outcome = edited({name: current}, {name: one}, {name: other})
    assert (outcome.cells, kinds(outcome), statuses(outcome)) == ({}, [kind], ["open", "open"])
    assert {(side.contributor, side.value) for side in outcome.conflicts[0].sides} == {
        ("ann", one),
        ("ben", other),
        ("", current),
    }


def test_what_is_published_since_is_a_candidate_beside_a_late_claim():
    outcome = edited({"note": "now"}, claims=[Claim(0, "note", "mine", seen="before")])
    assert (outcome.cells, kinds(outcome), statuses(outcome)) == ({}, ["cell.edit_edit"], ["open"])


def test_an_element_that_one_adds_and_another_removes_is_in_conflict():
    claims = [Claim(0, "tags", "a", seen="a;b"), Claim(1, "tags", "a;b", seen="a")]
    assert kinds(edited({"tags": "a"}, claims=claims)) == []  # the first wants what is published
    claims = [Claim(0, "tags", "a;c", seen="a;b;c"), Claim(1, "tags", "a;b", seen="a")]
    assert kinds(edited({"tags": "a"}, claims=claims)) == ["cell.edit_edit"]


def test_a_cell_of_rows_that_were_judged_the_same_has_a_kind_of_its_own():
    outcome = edited({"note": "x"}, {"note": "y"}, {"note": "z"}, renamed=frozenset({1}))
    assert kinds(outcome) == ["entity.merged_values"]


# Cells about the work


def test_a_row_keeps_its_own_date_and_the_claim_is_listed():
    outcome = edited({"seen_on": "2026"}, {"seen_on": "2027"})
    assert (outcome.cells, kinds(outcome), statuses(outcome)) == ({}, ["audit.kept"], ["noted"])


def test_a_blank_date_is_taken_from_the_first():
    outcome = edited({}, {"seen_on": "2027"}, {"seen_on": "2028"})
    assert (outcome.cells, kinds(outcome), statuses(outcome)) == ({"seen_on": "2027"}, [], ["accepted", "noted"])


def test_a_row_keeps_its_source_and_nothing_is_listed():
    outcome = edited({"source_id": "src-law"}, {"source_id": "src-news"})
    assert (outcome.cells, kinds(outcome), statuses(outcome)) == ({}, [], ["noted"])


# Decisions on a cell


@pytest.mark.parametrize(
    ("choice", "given", "published", "became"),
    [
        (Choice.BASE, {}, {}, ["rejected", "rejected"]),
        (Choice.TAKE, {"take": "ben"}, {"note": "z"}, ["accepted", "rejected"]),
        (Choice.TAKE, {"take": "ben:b"}, {"note": "z"}, ["accepted", "rejected"]),
        (Choice.VALUE, {"value": "w"}, {"note": "w"}, ["rejected", "rejected", "accepted"]),
        (Choice.VALUE, {"value": ""}, {"note": None}, ["rejected", "rejected", "accepted"]),
    ],
)
def test_a_decision_settles_a_cell(choice, given, published, became):
    edits = ({"note": "x"}, {"note": "y"}, {"note": "z"})
    (conflict,) = edited(*edits).conflicts
    outcome = edited(*edits, by=rules(decision(conflict, choice, **given)))
    assert (outcome.cells, statuses(outcome)) == (published, became)
    assert [(c.status, c.decided_by) for c in outcome.conflicts] == [(Status.RESOLVED, "dora")]


def test_deciders_who_differ_leave_the_cell_open():
    edits = ({"note": "x"}, {"note": "y"}, {"note": "z"})
    (conflict,) = edited(*edits).conflicts
    both = [decision(conflict, Choice.TAKE, take=who, by=by) for who, by in (("ann", "dora"), ("ben", "eva"))]
    outcome = edited(*edits, by=rules(*both))
    assert (outcome.cells, kinds(outcome)) == ({}, ["cell.edit_edit", "decision.disagree"])


def test_a_decision_on_other_values_is_stale():
    (conflict,) = edited({"note": "x"}, {"note": "y"}, {"note": "z"}).conflicts
    by = rules(decision(conflict, Choice.TAKE, take="ben"))
    outcome = edited({"note": "x"}, {"note": "y"}, {"note": "new"}, by=by)
    assert (outcome.cells, kinds(outcome)) == ({}, ["cell.edit_edit", "decision.stale"])


def test_what_merges_by_itself_can_be_decided_otherwise():
    edits = ({"state": "final"}, {"state": "checked"}, {"state": "draft"})
    (listed,) = edited(*edits).conflicts
    assert edited(*edits, by=rules(decision(listed, Choice.TAKE, take="ann"))).cells == {"state": "checked"}


# Rows that are added


def test_a_row_that_one_adds_is_published():
    outcome = added({"name": "x", "note": "y"})
    assert (outcome.present, outcome.cells, kinds(outcome)) == (True, {"name": "x", "note": "y"}, [])


def test_a_new_row_is_published_without_the_cell_in_which_two_differ():
    outcome = added({"name": "x", "note": "y"}, {"name": "x", "note": "z"})
    assert (outcome.present, outcome.cells, kinds(outcome)) == (True, {"name": "x"}, ["row.add_add"])


def test_a_new_row_waits_if_a_required_cell_is_in_conflict():
    outcome = added({"name": "x", "note": "n"}, {"name": "y", "note": "n"})
    assert (outcome.present, kinds(outcome), set(statuses(outcome))) == (False, ["row.add_add"], {"open"})


def test_two_rows_that_share_little_but_their_key_are_of_different_things():
    outcome = added({"name": "x", "note": "y", "size": "1"}, {"name": "a", "note": "b", "size": "2"})
    assert (outcome.present, kinds(outcome), set(statuses(outcome))) == (False, ["row.key_reuse"], {"open"})


def test_who_leaves_out_what_a_new_row_needs_changes_the_row_of_another():
    outcome = added({"name": "x", "note": "y"}, {"note": "z"})
    assert (outcome.cells, kinds(outcome)) == ({"name": "x", "note": "z"}, [])
    assert (statuses(outcome, "note"), outcome.updaters) == (["superseded", "accepted"], frozenset({1}))


# Rows that are deleted


def test_a_row_that_one_deletes_goes():
    outcome = edited({}, deletions=[Deletion(0)])
    assert (outcome.present, kinds(outcome), statuses(outcome)) == (False, [], ["accepted"])


@pytest.mark.parametrize(
    ("of_case", "kind"),
    [
        ({"claims": [Claim(1, "note", "y")]}, "row.delete_edit"),  # another edits it
        ({"base_outdated": frozenset({0})}, "row.delete_edit"),  # it was changed since
        ({"is_deletion_open": True}, "row.delete_edit"),  # an earlier merge asked
        ({"referenced_by": "places p1"}, "row.delete_referenced"),
    ],
)
def test_a_deletion_that_is_in_conflict_leaves_the_row(of_case, kind):
    outcome = edited({}, deletions=[Deletion(0)], **of_case)
    assert (outcome.present, outcome.cells, kinds(outcome)) == (True, {}, [kind])
    assert set(statuses(outcome)) == {"open"}


def test_a_decision_for_the_deletion_lets_the_row_go():
    of_case = {"deletions": [Deletion(0)], "claims": [Claim(1, "note", "y")]}
    (conflict,) = edited({}, **of_case).conflicts
    outcome = edited({}, by=rules(decision(conflict, Choice.TAKE, take="ann")), **of_case)
    assert (outcome.present, statuses(outcome)) == (False, ["rejected", "accepted"])


def test_a_decision_for_the_editor_keeps_the_row_and_takes_the_edit():
    of_case = {"deletions": [Deletion(0)], "claims": [Claim(1, "note", "y")]}
    (conflict,) = edited({}, **of_case).conflicts
    outcome = edited({}, by=rules(decision(conflict, Choice.TAKE, take="ben")), **of_case)
    assert (outcome.present, outcome.cells, statuses(outcome)) == (True, {"note": "y"}, ["rejected", "accepted"])


def test_an_edit_of_a_row_that_is_gone_is_in_conflict_and_a_decision_brings_the_row_back():
    seen = row(name="x", note="y")
    case = Case("one", None, [Claim(0, "note", "z", "y")], seen_rows={0: seen})
    outcome = judge_row(rules(), case)
    assert (outcome.present, kinds(outcome), statuses(outcome)) == (False, ["row.delete_edit"], ["open"])
    outcome = judge_row(rules(decision(outcome.conflicts[0], Choice.TAKE, take="ann")), case)
    assert (outcome.present, outcome.cells, outcome.brought_back_by) == (True, {**seen, "note": "z"}, 0)


# Tables that merge by whole rows


def test_a_row_that_two_edit_in_different_cells_is_in_conflict_as_a_whole():
    edits = ({"note": "x"}, {"note": "y"}, {"size": "2"})
    assert edited(*edits).cells == {"note": "y", "size": "2"}
    outcome = edited(*edits, by=BY_ROW)
    assert (outcome.cells, kinds(outcome), statuses(outcome)) == ({}, ["row.edit_edit"], ["open", "open"])


def test_a_row_that_two_add_in_different_ways_is_in_conflict_as_a_whole():
    outcome = added({"name": "x", "note": "y"}, {"name": "x"}, by=BY_ROW)
    assert (outcome.present, kinds(outcome)) == (False, ["row.add_add"])


@pytest.mark.parametrize(
    ("published", "asked"),
    [
        ({}, []),  # by somebody who knew only its key
        ({"seen_on": "2026-11-29", "source_id": "src-law"}, []),  # and something about the work
        ({"size": "1"}, ["row.edit_edit"]),
    ],
)
def test_who_adds_a_row_that_is_published_meanwhile_is_asked_only_if_something_is_there(published, asked):
    added_since = {"added_by": frozenset({0}), "base_outdated": frozenset({0}), "unknown_to": frozenset({0})}
    outcome = edited(published, by=BY_ROW, claims=[Claim(0, "name", "x")], **added_since)
    assert (outcome.cells, kinds(outcome)) == ({} if asked else {"name": "x"}, asked)


# Rows that are wrong after merging

INVALID = Conflict("cfl-rule", "constraint.R1", Status.OPEN, "things", "one", "note", (), "hash")


def test_all_claims_on_a_row_that_would_be_wrong_wait():
    outcome = edited({"note": "x"}, {"note": "y", "size": "2"}, invalid_after_merge=[INVALID])
    assert (outcome.cells, kinds(outcome), statuses(outcome)) == ({}, ["constraint.R1"], ["open", "open"])


def test_a_decision_on_a_row_that_would_be_wrong_sets_its_cell():
    by = rules(decision(INVALID, Choice.VALUE, value="z"))
    outcome = edited({"note": "x"}, {"note": "y", "size": "2"}, by=by, invalid_after_merge=[INVALID])
    assert outcome.cells == {"note": "z", "size": "2"}
    assert statuses(outcome, "note") == ["rejected", "accepted"]


def test_a_row_that_is_wrong_as_decided_still_waits():
    by = rules(decision(INVALID, Choice.VALUE, value="z"))
    of_case = {"invalid_after_merge": [INVALID], "is_overruled": True}
    outcome = edited({"note": "x"}, {"note": "y"}, by=by, **of_case)
    assert (outcome.cells, statuses(outcome)) == ({}, ["open"])
    assert [*outcome.conflicts] == [replace(INVALID, message="; with the decision, it is still not valid")]
