"""Merging into what merging made: docs/decisions/0017, on random cases and on packages small enough to read."""

import json
import random
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from merge_cases import Case, Kinds, decided, random_case
from merge_files import (
    VERSION,
    Outputs,
    outputs,
    plain,
    publish,
    read_outputs,
    shipped_once,
    write_contribution,
    write_decisions,
)
from plain_merge import Contribution, Earlier, Judgement, PlainTable, Resolution
from plain_merge import merge as plain_merge

from depositary.errors import DocumentError, UsageError
from depositary.merging.conflicts.decisions import add_resolutions
from depositary.merging.merge import merge
from depositary.model.decision import Choice
from depositary.model.decision import Resolution as ResolutionLine

pytestmark = pytest.mark.usefixtures("shared_validation")

TABLE = PlainTable(({"name": "id", "type": "string"}, {"name": "a", "type": "string"}), ("id",))
PEOPLE = {(who,): {"contributor_id": who} for who in ("ctr-ann", "ctr-ben")}
CURRENT = {
    "contributors": PlainTable(({"name": "contributor_id", "type": "string"},), ("contributor_id",), PEOPLE),
    "t": replace(TABLE, rows={("x",): {"id": "x", "a": "1"}}),
}
ANN = Contribution("ctr-ann", "ann/b1", rows={"t": [{"id": "x", "a": "2"}]})
BEN = Contribution("ctr-ben", "ben/b1", rows={"t": [{"id": "x", "a": "3"}]})
OPEN = Case(CURRENT, (ANN, BEN))


def taken(case: Case, who: str) -> Case:
    line = plain(case).conflicts[0]
    place = {name: line[name] for name in ("table", "row_id", "field")}
    return replace(
        case,
        resolutions=(Resolution("ctr-ann", line["conflict_id"], line["inputs_hash"], "take", who, "2", "so", **place),),
    )


def again(folder: Path, case: Case, version: str, left: tuple[str, ...] = ()) -> Outputs:
    """Publish what was merged in a folder, and merge into it what has not left."""
    published = publish(folder / "merged", folder / "published", version)
    paths = [folder / "contributions" / c.batch for c in case.contributions if c.batch not in left]
    places = {"decisions": folder / "decisions", "bases": folder / "bases"}
    merge(published, dict.fromkeys(paths), output_dir=folder / "again", **places)
    return read_outputs(folder / "again")


@pytest.mark.short(2, long=5)
@pytest.mark.parametrize("version", ["2.0.0", "3.0.0"])
@pytest.mark.parametrize("left", [(), ("ann/b1",), ("ben/b1",), ("ann/b1", "ben/b1")])
@pytest.mark.parametrize("case", [OPEN, taken(OPEN, "ctr-ann")], ids=["open", "decided"])
def test_what_was_published_is_told_once_and_stays(tmp_path, case, left, version):
    first = shipped_once(case, tmp_path)
    assert again(tmp_path, case, version, left) == first


def test_an_open_conflict_can_be_decided_when_its_contributions_have_left(tmp_path):
    case = taken(OPEN, "ctr-ann")
    shipped_once(replace(case, resolutions=()), tmp_path)
    decisions = tmp_path / "decided"
    decisions.mkdir()
    shipped_once(case, decisions)
    published = publish(tmp_path / "merged", tmp_path / "published")
    merge(published, [], output_dir=tmp_path / "again", decisions=decisions / "decisions")
    assert read_outputs(tmp_path / "again").tables["t"][1] == [{"id": "x", "a": "2"}]


CHOICES = {"ann": ("take", "ctr-ann", "2"), "ben": ("take", "ctr-ben", "3"), "base": ("base", "", "")}
CHOICES |= {"other": ("value", "", "5")}
VALUES = {"ann": "2", "ben": "3", "base": "1", "other": "5"}


def decided_as(choice: str) -> Case:
    """Let the conflict of ann and ben be decided."""
    line = plain(OPEN).conflicts[0]
    place = {name: line[name] for name in ("table", "row_id", "field")}
    how = CHOICES[choice]
    return replace(
        OPEN, resolutions=(Resolution("ctr-ann", line["conflict_id"], line["inputs_hash"], *how, "so", **place),)
    )


def published_by(folder: Path, case: Case, *decisions: Case, at_hand: tuple[str, ...]) -> list[Outputs]:
    """Merge and publish a case, then merge again and again with the decisions of others."""
    (folder / "first").mkdir(parents=True)
    shipped_once(case, folder / "first")
    shutil.copytree(folder / "first/current", folder / "bases/current")
    published = publish(folder / "first/merged", folder / "published0")
    written = [write_contribution(folder, c, CURRENT, "2.0.0") for c in (ANN, BEN) if c.batch in at_hand]
    found = []
    for number, other in enumerate(decisions, 1):
        write_decisions(folder / f"decisions{number}", other)
        out = folder / f"merged{number}"
        merge(published, written, output_dir=out, decisions=folder / f"decisions{number}", bases=folder / "bases")
        published = publish(out, folder / f"published{number}", f"{3 + number}.0.0")
        found.append(read_outputs(out))
    return found


@pytest.mark.short(1, long=3)
@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("at_hand", [("ann/b1", "ben/b1"), ("ben/b1",)], ids=["both", "one"])
def test_a_decision_holds_when_a_candidate_has_been_published_since(tmp_path, choice, at_hand):
    case = decided_as(choice)
    known = replace(OPEN, contributions=(ANN,))
    once, again = published_by(tmp_path, known, case, case, at_hand=at_hand)
    assert once.tables["t"][1] == [{"id": "x", "a": VALUES[choice]}]
    assert {line["status"] for line in once.conflicts} == {"resolved"}
    assert again == once


def test_a_decision_of_other_candidates_does_not_hold_when_one_has_been_published(tmp_path):
    case = replace(OPEN, contributions=(replace(ANN, rows={"t": [{"id": "x", "a": "4"}]}),))
    (once,) = published_by(tmp_path, case, decided_as("ben"), at_hand=("ben/b1",))
    assert once.tables["t"][1] == [{"id": "x", "a": "4"}]
    assert {line["status"] for line in once.conflicts} == {"open", "stale"}


@pytest.mark.short(1, long=4)
@pytest.mark.parametrize("after", CHOICES)
@pytest.mark.parametrize("at_hand", [("ann/b1", "ben/b1"), ("ann/b1",), ()], ids=["both", "one", "none"])
def test_a_decision_that_is_changed_after_publishing_is_as_if_it_had_been_so_from_the_start(tmp_path, after, at_hand):
    (tmp_path / "whole").mkdir()
    wanted = shipped_once(decided_as(after), tmp_path / "whole")
    before = decided_as("ann" if after != "ann" else "base")
    once, again = published_by(tmp_path / "steps", before, decided_as(after), decided_as(after), at_hand=at_hand)
    assert once == wanted == again


def test_a_changed_decision_without_effect_says_so(tmp_path):
    later = Contribution("ctr-ben", "ben/b2", rows={"t": [{"id": "x", "a": "9"}]})
    shipped_once(decided_as("ann"), tmp_path)
    published = publish(tmp_path / "merged", tmp_path / "published", "3.0.0")
    written = write_contribution(tmp_path, later, CURRENT, "3.0.0")  # made to what was published
    merge(published, [written], output_dir=tmp_path / "later", decisions=tmp_path / "decisions")
    published = publish(tmp_path / "later", tmp_path / "published2", "4.0.0")
    write_decisions(tmp_path / "changed", decided_as("ben"))
    merged = merge(published, [], decisions=tmp_path / "changed")
    assert [c.status for c in merged.conflicts] == ["resolved", "stale"]
    assert "has no effect; contribute the right value" in merged.conflicts[1].message
    assert not merged.changes


def test_a_decision_on_a_row_that_is_changed_after_publishing_says_that_it_has_no_effect(tmp_path):
    goes = replace(BEN, rows={}, deletes=(("t", ("x",), "twice", ""),))
    case = taken(replace(OPEN, contributions=(ANN, goes)), "ctr-ann")
    shipped_once(case, tmp_path)
    published = publish(tmp_path / "merged", tmp_path / "published", "3.0.0")
    other = replace(case, resolutions=(replace(case.resolutions[0], take_from="ctr-ben"),))
    write_decisions(tmp_path / "changed", other)
    merged = merge(published, [], decisions=tmp_path / "changed")
    assert [c.status for c in merged.conflicts] == ["stale", "resolved"]
    assert not merged.changes


def test_open_claims_of_a_contribution_that_has_left_are_withdrawn_by_one_that_supersedes_it(tmp_path):
    shipped_once(OPEN, tmp_path)
    published = publish(tmp_path / "merged", tmp_path / "published", "2.0.0")
    new = Contribution("ctr-ben", "ben/b2", rows={"t": [{"id": "x"}]}, supersedes=("ben/b1",))
    written = write_contribution(tmp_path, new, CURRENT, "2.0.0")
    merge(published, [written], output_dir=tmp_path / "again")
    found = read_outputs(tmp_path / "again")
    assert {(line["batch"], line["status"]) for line in found.cells if line["contributor"]} == {
        ("ann/b1", "accepted"),
        ("ben/b1", "superseded"),
    }
    assert found.conflicts == []


def test_nobody_withdraws_what_somebody_else_has_left_open(tmp_path):
    shipped_once(OPEN, tmp_path)
    published = publish(tmp_path / "merged", tmp_path / "published", "2.0.0")
    new = Contribution("ctr-ben", "ben/b2", rows={"t": [{"id": "x"}]}, supersedes=("ann/b1",))
    written = write_contribution(tmp_path, new, CURRENT, "2.0.0")
    with pytest.raises(UsageError, match="it supersedes ann/b1, which is from another contributor"):
        merge(published, [written])


def test_an_id_that_no_row_has_makes_no_redirect_and_is_warned_of(tmp_path):
    judged = replace(OPEN, contributions=(ANN,), judgements=(Judgement("ctr-ann", "t", "a-slip", "x", "positive"),))
    shipped_once(judged, tmp_path)
    merged = merge(tmp_path / "current", [tmp_path / "contributions/ann/b1"], decisions=tmp_path / "decisions")
    assert merged.redirects == ()
    (warning,) = merged.warnings
    assert warning.startswith('t: ctr-ann judges "a-slip" and "x", but no row has or had the id "a-slip"; correct')


def test_a_judgement_on_what_is_no_table_is_named_with_file_row_and_what_may_be_meant(tmp_path):
    same = Judgement("ctr-ann", "contributers", "ctr-ann", "ctr-ben", "positive")
    write_decisions(tmp_path / "decided", replace(OPEN, judgements=(same,)))
    shipped_once(OPEN, tmp_path)
    with pytest.raises(DocumentError, match=r'ctr-ann.csv: row 2: "contributers" is not a table; did you mean contr'):
        merge(tmp_path / "current", [], decisions=tmp_path / "decided")


def test_an_id_of_a_new_row_is_canonical_before_one_that_no_row_has(tmp_path):
    new = replace(ANN, rows={"t": [{"id": "y", "a": "2"}]})
    judged = Case(CURRENT, (new,), (Judgement("ctr-ann", "t", "a-slip", "y", "positive"),))
    assert shipped_once(judged, tmp_path).tables["t"][1] == [{"id": "x", "a": "1"}, {"id": "y", "a": "2"}]


def carried_on(folder: Path, case: Case, *then: Contribution) -> Outputs:
    """Publish what a merge of a case gave, and merge others into it, with the program and with the plain merge."""
    first = plain_merge(case.current, case.contributions, (), (), VERSION)
    wanted = outputs(plain_merge(first.tables, then, (), (), "3.0.0", Earlier.of(first)))
    for name in ("first", "second"):
        (folder / name).mkdir()
    shipped_once(case, folder / "first")
    published = publish(folder / "first/merged", folder / "published")
    found = shipped_once(Case(case.current, then), folder / "second", published)
    assert vars(found) == vars(wanted)
    return found


WIDER = replace(TABLE, fields=(*TABLE.fields, {"name": "b", "type": "string"}), rows={("x",): {"id": "x", "a": "1"}})
NUMBER = replace(TABLE, fields=(TABLE.fields[0], {"name": "a", "type": "number"}), rows={("x",): {"id": "x", "a": "1"}})
GOES = Contribution("ctr-ben", "ben/b1", deletes=(("t", ("x",), "twice", ""),))
WAITING = {
    "gone": Contribution("ctr-ann", "ann/b1", rows={"t": [{"id": "x", "a": "2", "b": "3"}]}, base={"t": WIDER}, age=1),
    "retyped": Contribution("ctr-ann", "ann/b1", rows={"t": [{"id": "x", "a": "2"}]}, base={"t": NUMBER}, age=1),
}


@pytest.mark.short(1, long=3)
@pytest.mark.parametrize("column", WAITING)
@pytest.mark.parametrize("left", [("ann/b1",), ("ben/b1",), ("ann/b1", "ben/b1")])
def test_what_waits_for_its_column_stays_a_side_of_its_row_when_contributions_have_left(tmp_path, column, left):
    case = Case(CURRENT, (replace(WAITING[column], base={**CURRENT, **(WAITING[column].base or {})}), GOES))
    first = shipped_once(case, tmp_path)
    assert "row.delete_edit" in {line["kind"] for line in first.conflicts}
    shutil.copytree(tmp_path / "current", tmp_path / "bases/current")
    assert again(tmp_path, case, "3.0.0", left) == first


DROPS = Contribution("ctr-ann", "ann/b1", drop={"t": ("a",)})
NEW = {"name": "new", "type": "string"}
KEYED = replace(TABLE, fields=(*TABLE.fields, {"name": "k", "type": "string"}), key=("id", "k"))


@pytest.mark.parametrize(
    "withdrawn",
    [
        DROPS,
        Contribution("ctr-ann", "ann/b1", add={"t": (NEW,)}),
        Contribution("ctr-ann", "ann/b1", rows={"t": [{"id": "n"}]}),
        Contribution(
            "ctr-ann", "ann/b1", rows={"t": [{"id": "x", "a": "9", "k": "1"}]}, base={**CURRENT, "t": KEYED}, age=1
        ),
    ],
    ids=["drops a column", "adds a column", "adds a row", "has another key"],
)
def test_what_was_superseded_stays_so_when_the_one_that_did_it_has_left(tmp_path, withdrawn):
    case = Case(CURRENT, (withdrawn, replace(ANN, batch="ann/b2", supersedes=("ann/b1",))))
    first = shipped_once(case, tmp_path)
    shutil.copytree(tmp_path / "current", tmp_path / "bases/current")
    assert again(tmp_path, case, "3.0.0", ("ann/b2",)) == first
    described = json.loads((tmp_path / "again/datapackage.json").read_text("utf-8"))
    assert described["superseded"] == [{"contribution": "ann/b1", "by": "ann/b2"}]


SAID_OTHERWISE = {
    "it is filled": (DROPS, replace(ANN, batch="ann/b2", follows=("ann/b1",))),
    "it is added otherwise": (
        Contribution("ctr-ann", "ann/b1", add={"t": (NEW,)}),
        Contribution("ctr-ann", "ann/b2", add={"t": ({**NEW, "type": "year"},)}, follows=("ann/b1",)),
    ),
    "it is named": (
        DROPS,
        Contribution("ctr-ann", "ann/b2", supersedes=({"batch": "ann/b1", "table": "t", "field": "a"},)),
    ),
}


@pytest.mark.short(1, long=3)
@pytest.mark.parametrize("made", SAID_OTHERWISE.values(), ids=SAID_OTHERWISE)
@pytest.mark.parametrize("left", [(), ("ann/b1",), ("ann/b2",)])
def test_what_a_later_batch_says_of_a_column_holds_when_it_has_left(tmp_path, made, left):
    case = Case(CURRENT, made)
    first = shipped_once(case, tmp_path)
    assert vars(first) == vars(plain(case))
    shutil.copytree(tmp_path / "current", tmp_path / "bases/current")
    assert again(tmp_path, case, "3.0.0", left) == first


@pytest.mark.short(2)
@pytest.mark.parametrize("left", [(), ("ann/b1",), ("ann/b2",), ("ann/b1", "ben/b1")])
def test_what_is_taken_back_stays_so_when_the_batch_that_said_it_has_left(tmp_path, left):
    back = Contribution("ctr-ann", "ann/b2", rows={"t": [{"id": "x", "a": "1"}]}, follows=("ann/b1",))
    case = Case(CURRENT, (ANN, back, GOES))
    first = shipped_once(case, tmp_path)
    assert vars(first) == vars(plain(case))
    shutil.copytree(tmp_path / "current", tmp_path / "bases/current")
    assert again(tmp_path, case, "3.0.0", left) == first


def test_one_who_no_longer_supersedes_lets_the_other_count_again(tmp_path):
    first = Case(CURRENT, (DROPS, replace(ANN, batch="ann/b2", supersedes=("ann/b1",))))
    then = carried_on(tmp_path, first, DROPS, Contribution("ctr-ann", "ann/b2", rows={"t": [{"id": "n"}]}))
    assert then.tables["t"] == (["id"], [{"id": "n"}, {"id": "x"}])


def test_a_column_goes_when_those_who_filled_it_have_taken_it_back(tmp_path):
    silent = replace(BEN, rows={"t": [{"id": "n"}]})
    assert carried_on(tmp_path, Case(CURRENT, (DROPS, BEN)), DROPS, silent).tables["t"][0] == ["id"]


def test_a_column_stays_while_those_who_filled_it_have_left(tmp_path):
    then = carried_on(tmp_path, Case(CURRENT, (DROPS, BEN)), DROPS)
    assert then.conflicts == plain(Case(CURRENT, (DROPS, BEN))).conflicts


def test_a_column_that_is_to_go_counts_the_cells_that_have_not_been_dealt_with(tmp_path):
    more = replace(BEN, rows={"t": [{"id": "x", "a": "3"}, {"id": "n", "a": "4"}]})
    then = carried_on(tmp_path, Case(CURRENT, (BEN,)), DROPS, replace(more, base=CURRENT, age=98))
    assert [line["value"] for line in then.conflicts if line["batch"] == "ben/b1"] == ["1 cell"]


@pytest.mark.short(1, long=6)
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("leaving", [False, True], ids=["all", "some"])
def test_merging_again_changes_nothing_whoever_has_left(seed, leaving):
    case = random_case(seed, Kinds(schemas=False, links=True))
    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    case = decided(chance.choice, case, plain(case).conflicts)
    left = tuple(c.batch for c in case.contributions if leaving and chance.random() < 1 / 2)
    with tempfile.TemporaryDirectory() as folder:
        first = shipped_once(case, Path(folder))
        shutil.copytree(Path(folder) / "current", Path(folder) / "bases" / "current")
        assert vars(again(Path(folder), case, "3.0.0", left)) == vars(first)


FOUND = {  # random cases that went wrong once
    "a claim is open on another row of its cluster": (37, Kinds(links=True, changes=True)),
    "two things of a cell, of a row that was decided": (345, Kinds(links=True, changes=True)),
    "a row without cells was rejected": (686, Kinds(links=True, changes=True)),
    "a row that fell into another is not in a later snapshot": (147, Kinds(links=True, changes=True, follows=True)),
    "what is published took no part in what is open": (491, Kinds(links=True, changes=True, follows=True)),
    "a later patch deletes a row that fell into another": (1119, Kinds(links=True, changes=True, follows=True)),
}


@pytest.mark.short(1, long=4)
@pytest.mark.parametrize("name", FOUND)
def test_what_went_wrong_once_over_releases(tmp_path, name):
    seed, kinds = FOUND[name]
    case = random_case(seed, kinds)
    case = decided(random.Random(seed).choice, case, plain(case).conflicts)  # noqa: S311 (not for secrets)
    first = shipped_once(case, tmp_path)
    shutil.copytree(tmp_path / "current", tmp_path / "bases/current")
    assert vars(again(tmp_path, case, "3.0.0")) == vars(first) == vars(plain(case))


BY_ROW = replace(WIDER, merge={"granularity": "row"}, rows={("x",): {"id": "x", "a": "1"}})
FOUR = replace(TABLE, fields=tuple({"name": n, "type": "string"} for n in ("id", "a", "b", "c")), rows={})
ROWS = {  # the table, what ann says, what ben says
    "row.edit_edit": (BY_ROW, {"id": "x", "a": "2", "b": "5"}, {"id": "x", "a": "3"}),
    "row.add_add": (BY_ROW, {"id": "n", "a": "2", "b": "5"}, {"id": "n", "a": "3"}),
    "row.key_reuse": (FOUR, {"id": "n", "a": "2", "b": "5", "c": "6"}, {"id": "n", "a": "3", "b": "4", "c": "7"}),
    "row.delete_edit": (BY_ROW, {"id": "x", "a": "2", "b": "5"}, None),
}


def on_a_row(kind: str, choice: str) -> Case:
    """Let ann and ben be in conflict about a row, and let it be decided."""
    table, one, other = ROWS[kind]
    ann = replace(ANN, rows={"t": [one]})
    ben = replace(BEN, rows={"t": [other]}) if other else GOES
    case = Case({**CURRENT, "t": table}, (ann, ben))
    line = next(x for x in plain(case).conflicts if not x["field"])
    assert line["kind"] == kind
    place = {name: line[name] for name in ("table", "row_id", "field")}
    how = ("base", "", "") if choice == "base" else ("take", f"ctr-{choice}", "")
    bound = (line["conflict_id"], line["inputs_hash"])
    return replace(case, resolutions=(Resolution("ctr-ann", *bound, *how, "so", **place),))


def after_publishing(folder: Path, case: Case, first: str) -> list[Outputs]:
    """Merge and publish what one says, then everything with the decision, and that again."""
    (folder / "whole").mkdir()
    wanted = shipped_once(case, folder / "whole")
    one = next(c for c in case.contributions if c.contributor == f"ctr-{first}")
    shipped_once(Case(case.current, (one,)), folder)
    shutil.copytree(folder / "current", folder / "bases/current")
    paths = [folder / "whole/contributions" / c.batch for c in case.contributions]
    places = {"decisions": folder / "whole/decisions", "bases": folder / "bases"}
    found, published = [wanted], publish(folder / "merged", folder / "published0")
    for number in (1, 2):
        merge(published, paths, output_dir=folder / f"merged{number}", **places)
        found.append(read_outputs(folder / f"merged{number}"))
        published = publish(folder / f"merged{number}", folder / f"published{number}", f"{3 + number}.0.0")
    return found


@pytest.mark.short(1, long=6)
@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("choice", ["ann", "ben", "base"])
@pytest.mark.parametrize("first", ["ann", "ben"])
def test_a_decision_on_a_row_holds_when_one_side_has_been_published_since(tmp_path, kind, choice, first):
    is_gone = (kind, choice, first) == ("row.delete_edit", "base", "ben")
    was_not_there = choice == "base" and kind in ("row.add_add", "row.key_reuse")
    wanted, once, twice = after_publishing(tmp_path, on_a_row(kind, choice), first)
    assert twice == once
    statuses = {line["status"] for line in once.conflicts}
    if was_not_there:  # others may refer to it by now, so it does not go by itself
        assert statuses & {"stale", "unused"}
    else:
        assert statuses == {"resolved"}
        assert (once.tables == wanted.tables) != is_gone


def test_who_keeps_a_row_of_which_the_deletion_has_been_published_is_warned(tmp_path):
    case = on_a_row("row.delete_edit", "base")
    after_publishing(tmp_path, case, "ben")
    paths = [tmp_path / "whole/contributions" / c.batch for c in case.contributions]
    places = {"decisions": tmp_path / "whole/decisions", "bases": tmp_path / "bases"}
    (warning,) = merge(tmp_path / "published0", paths, **places).warnings
    assert warning.startswith("t x: a decision keeps the row unchanged, but it was deleted before; contribute it again")
    assert not merge(tmp_path / "published1", paths, **places).warnings


def test_batches_whose_manifests_say_another_order_than_their_bases_are_warned_of(tmp_path):
    then = {**CURRENT, "t": replace(TABLE, rows={("x",): {"id": "x", "a": "0"}})}
    late = replace(ANN, batch="ann/b2", base=then, age=1, follows=("ann/b1",))
    third = replace(ANN, batch="ann/b3", base={**then}, age=2)
    case = Case(CURRENT, (ANN, late, third))
    shipped_once(case, tmp_path)
    paths = [tmp_path / "contributions" / c.batch for c in case.contributions]
    (warning,) = merge(tmp_path / "current", paths, bases=tmp_path / "bases").warnings
    assert warning.startswith("ann/b1, ann/b2, ann/b3: their manifests give another order than")


UNIQUE = {"constraints": {"unique": True}}
NAMED = PlainTable(
    ({"name": "id", "type": "string"}, {"name": "a", "type": "string", **UNIQUE}, {"name": "b", "type": "string"}),
    ("id",),
    {("x",): {"id": "x", "a": "9"}},
)
NEEDS = {"name": "c", "type": "string", "constraints": {"required": True}}
ASKED = (
    {"name": "id", "type": "string"},
    *({"name": n, "type": "string", "constraints": {"required": n == "a"}} for n in "abcd"),
)
PEOPLE_TOO = {(who,): {"contributor_id": who} for who in ("ctr-ann", "ctr-ben", "ctr-zoe")}
OTHERS = {"contributors": replace(CURRENT["contributors"], rows=PEOPLE_TOO)}


def adds(who: str, row: str, **cells: str) -> Contribution:
    return Contribution(f"ctr-{who}", f"{who}/b1", rows={"t": [{"id": row, **cells}]})


BOTH = (adds("ann", "n", a="1", b="2"), adds("ben", "m", a="1", b="2"))
NEEDED = (adds("ann", "n", a="1", b="2"), adds("ben", "n", a="3", c="4"))
REUSED = (adds("ann", "n", a="1", b="2", c="3", d="4"), adds("ben", "n", a="5", b="6", c="7"))
KEEPS = (Choice.BASE, "", "")
TAKES = (Choice.TAKE, "ctr-ann", "")
FREED = {  # the table, who contributes, the row that is decided on, how, who is there then
    "nobody": (NAMED, BOTH, "n", KEEPS, BOTH),
    "another value": (NAMED, BOTH, "n", (Choice.VALUE, "", "5"), BOTH),
    "one has left": (NAMED, BOTH, "n", KEEPS, BOTH[:1]),
    "all have left": (NAMED, BOTH, "n", KEEPS, ()),
    "filled by another": (NAMED, (*BOTH, adds("zoe", "m", b="2")), "n", KEEPS, BOTH),
    "two agree": (NAMED, (*BOTH, adds("zoe", "m", a="1")), "n", KEEPS, BOTH),
    "filled before it is there": (
        replace(NAMED, fields=(*NAMED.fields, NEEDS), rows={("x",): {"id": "x", "a": "9", "c": "9"}}),
        (adds("ann", "m", b="7"), adds("ben", "m", a="1", c="2"), adds("zoe", "n", a="1", c="2")),
        *("n", KEEPS, ()),
    ),
    "a required cell": (replace(NAMED, fields=ASKED), NEEDED, "n", TAKES, NEEDED),
    "a required cell, and one has left": (replace(NAMED, fields=ASKED), NEEDED, "n", TAKES, NEEDED[1:]),
    "a key that was used twice": (replace(NAMED, fields=ASKED), REUSED, "n", TAKES, REUSED),
}


@pytest.mark.short(1, long=3)
@pytest.mark.parametrize("name", FREED)
def test_a_row_that_waited_is_told_as_if_nothing_had_been_published_in_between(tmp_path, name):
    table, contributions, row, choice, there = FREED[name]
    case = Case({**OTHERS, "t": table}, contributions)
    (tmp_path / "open").mkdir()
    waits = shipped_once(case, tmp_path / "open")
    line = next(x for x in waits.conflicts if x["row_id"] == row)
    on = {n: line[n] for n in ("conflict_id", "table", "row_id", "field", "kind", "inputs_hash")}
    how = dict(zip(("choice", "take_from", "value"), choice, strict=True))
    signed = {"base_value": "", "reason": "so", "source_id": "", "decided_by": "ctr-ann", "decided_on": "2026-11-23"}
    add_resolutions(tmp_path / "decided", [ResolutionLine(**on, **how, **signed)])
    shutil.copytree(tmp_path / "open/current", tmp_path / "open/bases/current")
    places = {"decisions": tmp_path / "decided", "bases": tmp_path / "open/bases"}
    every = [tmp_path / "open/contributions" / c.batch for c in contributions]
    merge(tmp_path / "open/current", every, output_dir=tmp_path / "at-once", **places)
    expected = read_outputs(tmp_path / "at-once")
    paths = [tmp_path / "open/contributions" / c.batch for c in there]
    published = publish(tmp_path / "open/merged", tmp_path / "published", VERSION)
    merge(published, paths, output_dir=tmp_path / "freed", **places)
    freed = read_outputs(tmp_path / "freed")
    assert [freed.tables, freed.rows, freed.cells] == [expected.tables, expected.rows, expected.cells]
    once_more = publish(tmp_path / "freed", tmp_path / "published-again", "3.0.0")
    merge(once_more, paths, output_dir=tmp_path / "again", **places)
    assert read_outputs(tmp_path / "again") == freed


@pytest.mark.parametrize("left", [(), ("ann/b1",), ("ann/b1", "ben/b1")])
def test_what_is_decided_of_a_row_that_waits_for_another_cell_is_not_listed_as_resolved(tmp_path, left):
    needed = (adds("ann", "n", a="1", b="2"), adds("ben", "n", a="3", b="4"))
    case = Case({**OTHERS, "t": replace(NAMED, fields=ASKED)}, needed)
    line = next(x for x in plain(case).conflicts if x["field"] == "b")
    place = {name: line[name] for name in ("table", "row_id", "field")}
    decision = Resolution("ctr-ann", line["conflict_id"], line["inputs_hash"], "value", "", "5", "so", **place)
    case = replace(case, resolutions=(decision,))
    first = shipped_once(case, tmp_path)
    assert vars(first) == vars(plain(case))
    told = {(x["field"], x["status"], x["decided_by"]) for x in first.conflicts}
    assert told == {("a", "open", ""), ("b", "open", "ctr-ann")}
    shutil.copytree(tmp_path / "current", tmp_path / "bases/current")
    assert again(tmp_path, case, "3.0.0", left) == first
