"""Laws that every merge obeys, whatever is merged: docs/merge-rules.md, on the plain merge and on the program.

The two are written apart from one specification; that they agree on all outputs is the strongest law here. The program
needs a package on disk for each case, so it is tried on fewer.
"""

import itertools
import random
import shutil
import tempfile
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from law_forms import forms
from merge_cases import REFERS, Case, Kinds, decided, make, merged_again, random_case, replaced
from merge_files import VERSION, Outputs, outputs, plain, publish, read_outputs, shipped_once, write_decisions
from plain_merge import (
    ABOUT_THE_WORK,
    ERASE,
    Contribution,
    Earlier,
    Key,
    Merged,
    Tables,
    clean,
    components,
    contrary,
    meaning,
    merge,
)

from depositary.errors import InvalidContributionError
from depositary.merging.claims.hashes import inputs_hash
from depositary.merging.merge import merge as merge_packages
from depositary.model.decision import Resolution
from depositary.model.record_id import key_of as row_key

pytestmark = pytest.mark.usefixtures("shared_validation")

Merge = Callable[[Case], Outputs]
ALL = Kinds()
EVERYTHING = replace(ALL, links=True, changes=True)
FOLLOWING = replace(EVERYTHING, follows=True)
IDENTIFIED = replace(EVERYTHING, identity=True)
ONE_BASE = replace(ALL, older=False)
NO_JUDGEMENTS = replace(ALL, judgements=False)
# Constraints and references are judged on the final state only, judgements and preferences on all that is known.
STEPWISE = replace(
    ONE_BASE, judgements=False, parents=False, supersedes=False, policies=({}, {}, {"granularity": "row"})
)
BY_CELL = replace(STEPWISE, values=("name", "note"), schemas=False, policies=({},), required=False)

WHOLE_ROWS = replace(
    STEPWISE, schemas=False, required=False, policies=({}, {"granularity": "row"}, {"granularity": "row"})
)


def shipped_alone(case: Case) -> Outputs:
    with tempfile.TemporaryDirectory() as folder:
        return shipped_once(case, Path(folder))


def law(kinds: Kinds, examples: dict[Merge, int]) -> Callable[..., Any]:
    """Hold a law on small random cases: a few in each run, all in the long one, many in the soak."""

    def held(test: Callable[..., None]) -> Callable[..., None]:
        held_for = [
            pytest.param(how, count, id=f"{how.__name__}-{form}", marks=marks)
            for how, asked in examples.items()
            for form, count, marks in forms(asked)
        ]

        @pytest.mark.parametrize(("how", "count"), held_for)
        def run(how: Merge, count: int) -> None:
            quiet: dict[str, Any] = {
                "deadline": None,
                "database": None,
                "derandomize": True,
                "suppress_health_check": list(HealthCheck),
            }
            asked = signature(test).parameters

            def holds(case: Case, chance: random.Random) -> None:
                known = {"how": how, "case": case, "chance": chance}
                test(**{name: known[name] for name in asked})

            # To shrink a case that is merged on disk takes minutes.
            quiet |= {"phases": [Phase.generate]} if how is shipped_alone else {}
            settings(max_examples=count, **quiet)(given(cases(kinds), st.randoms())(holds))()

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return held


def cases(kinds: Kinds) -> st.SearchStrategy[Case]:
    """Give drawn cases, which shrink well, and as many from a seed, in which more collides."""
    return drawn(kinds) | st.integers(0, 2**32).map(lambda seed: random_case(seed, kinds))


@st.composite
def drawn(draw: Callable[..., Any], kinds: Kinds) -> Case:
    return make(lambda options: draw(st.sampled_from(list(options))), kinds)


BOTH = {plain: 60, shipped_alone: 3}
PLAIN = {plain: 60}


def whole(case: Case) -> Merged:
    return merge(case.current, case.contributions, case.judgements, case.resolutions, VERSION)


def open_rows(outputs: Outputs) -> set[tuple[str, str]]:
    return {(line["table"], line["row_id"]) for line in outputs.conflicts if line["status"] == "open"}


# Both implementations


@law(EVERYTHING, {shipped_alone: 30})
def test_the_program_gives_what_the_plain_merge_gives(how: Merge, case: Case, chance: random.Random):  # noqa: ARG001
    assert vars(how(case)) == vars(plain(case))


@law(IDENTIFIED, {shipped_alone: 30})
def test_the_program_keeps_rows_apart_as_the_plain_merge_does(how: Merge, case: Case, chance: random.Random):  # noqa: ARG001
    assert vars(how(case)) == vars(plain(case))


@law(replace(IDENTIFIED, older=False, supersedes=False), PLAIN)
def test_rows_that_became_one_have_an_identifier_in_common_and_none_is_never_the_same(case: Case):
    redirects = whole(case).redirects
    for described in case.current["things"].fields:
        settings = described.get("identity", {})
        clusters: dict[str, set[str]] = {}
        for line in redirects:
            if line["table"] == "things":
                clusters.setdefault(line["canonical_id"], {line["canonical_id"]}).add(line["old_id"])
        for cluster in clusters.values():
            values = [texts for one in cluster if (texts := texts_of(case, one, described["name"]))]
            assert not any(texts & {*settings.get("never", ())} for texts in values)
            assert settings.get("as") != "identifier" or all(a & b for a, b in itertools.combinations(values, 2))


def texts_of(case: Case, thing: str, column: str) -> set[str]:
    """Give all that is published of a cell, or that somebody writes into it."""
    published = case.current["things"].rows.get((thing,), {})
    rows = [published, *(r for c in case.contributions for r in c.rows.get("things", ()) if r["thing_id"] == thing)]
    return {text for row in rows if (text := clean(row.get(column))) and text != ERASE}


@law(EVERYTHING, {shipped_alone: 15})
def test_the_program_applies_decisions_as_the_plain_merge_does(how: Merge, case: Case, chance: random.Random):
    case = decided(chance.choice, case, whole(case).conflicts)
    assert vars(how(case)) == vars(plain(case))


@law(FOLLOWING, {shipped_alone: 12})
def test_the_program_takes_the_later_word_of_one_person_as_the_plain_merge_does(
    how: Merge, case: Case, chance: random.Random
):
    case = decided(chance.choice, case, whole(case).conflicts)
    assert vars(how(case)) == vars(plain(case))


@law(FOLLOWING, PLAIN)
def test_batches_that_follow_each_other_are_in_no_conflict_about_a_cell(case: Case):
    merging = whole(case)
    after = {(name, c.batch) for c in case.contributions for name in c.follows}
    for one in merging.open:
        cells = [line for line in merging.open if line["conflict_id"] == one["conflict_id"] and line["field"]]
        assert not after & {(a["batch"], b["batch"]) for a in cells for b in cells if a["row_id"]}


@law(FOLLOWING, PLAIN)
def test_what_the_last_batch_of_a_person_says_is_what_counts(case: Case):
    """A claim on a cell takes no part if a batch that follows its own claims the cell, unless that is withdrawn."""
    order = {(batch.batch, earlier) for batch in case.contributions for earlier in batch.follows}
    cells = [(claim, status) for claim, status in whole(case).claims if claim.field]
    for claim, status in cells:
        cell = (claim.table, claim.row, claim.field)
        later = (one for one, _ in cells if (one.batch, claim.batch) in order and not one.withdrawn)
        assert status == "superseded" or cell not in {(one.table, one.row, one.field) for one in later}


# A place that was deleted cannot be referred to in the second merge, and of constraints the plain one knows nothing.
@law(replace(EVERYTHING, parents=False), {shipped_alone: 10})
def test_the_program_carries_on_what_an_earlier_merge_told_as_the_plain_merge_does(case: Case, chance: random.Random):
    case = decided(chance.choice, case, whole(case).conflicts)
    first = whole(case)
    after = merged_again(chance.choice, case, first.tables, [*first.rows, *first.cells])
    second = merge(after.current, after.contributions, after.judgements, (), "3.0.0", Earlier.of(first))
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / name for name in ("first", "second")]
        for place in places:
            place.mkdir()
        shipped_once(case, places[0])
        published = publish(places[0] / "merged", places[0] / "published")
        assert vars(shipped_once(after, places[1], published)) == vars(outputs(second))


# Over releases: docs/decisions/0017. The law above and test_releases.py hold the program to them.


def second(case: Case, first: Merged, left: Collection[str] = ()) -> Merged:
    """Publish what a merge of a case gave, and merge again what has not left."""
    earlier = Earlier.of(first)
    made = [replace(c, base=c.base or case.current) for c in case.contributions if c.batch not in left]
    return merge(first.tables, made, case.judgements, case.resolutions, "3.0.0", earlier)


@law(EVERYTHING, PLAIN)
def test_merging_again_into_what_was_published_changes_nothing(case: Case, chance: random.Random):
    case = decided(chance.choice, case, whole(case).conflicts)
    first = whole(case)
    assert vars(outputs(second(case, first))) == vars(outputs(first))


@law(EVERYTHING, PLAIN)
def test_whoever_has_left_the_same_is_told_and_asked(case: Case, chance: random.Random):
    case = decided(chance.choice, case, whole(case).conflicts)
    left = {c.batch for c in case.contributions if chance.random() < 1 / 2}
    first = whole(case)
    assert vars(outputs(second(case, first, left))) == vars(outputs(first))


def alike(case: Case) -> Case:
    """Let decisions name no place: one that fell into another is no value that can be decided."""
    return replace(case, resolutions=tuple(r for r in case.resolutions if r.field not in REFERS or r.choice != "value"))


@law(FOLLOWING, PLAIN)
def test_merging_again_changes_nothing_where_batches_follow_each_other(case: Case, chance: random.Random):
    case = alike(decided(chance.choice, case, whole(case).conflicts))
    first = whole(case)
    assert vars(outputs(second(case, first))) == vars(outputs(first))


@law(FOLLOWING, PLAIN)
def test_whoever_has_left_of_batches_that_follow_each_other_the_same_is_told(case: Case, chance: random.Random):
    """Nothing tells of the bases of those who have left; where these and manifests are contrary, a warning says so."""
    case = alike(decided(chance.choice, case, whole(case).conflicts))
    left = {c.batch for c in case.contributions if chance.random() < 1 / 2}
    first = whole(case)
    if not contrary(case.contributions):
        assert vars(outputs(second(case, first, left))) == vars(outputs(first))


@law(FOLLOWING, {shipped_alone: 6})
def test_the_program_merges_batches_that_follow_each_other_again_as_the_plain_merge_does(
    case: Case, chance: random.Random
):
    case = alike(decided(chance.choice, case, whole(case).conflicts))
    left = {c.batch for c in case.contributions if chance.random() < 1 / 3}
    with tempfile.TemporaryDirectory() as folder:
        if is_valid(shipped_once(case, Path(folder))):
            # An update is refused if the row waits, and the contribution that adds it has left.
            with suppress(InvalidContributionError):
                assert vars(shipped_again(Path(folder), case, left)) == vars(outputs(second(case, whole(case), left)))


@law(replace(FOLLOWING, parents=False), {shipped_alone: 6})
def test_the_program_takes_later_words_over_releases_as_the_plain_merge_does(case: Case, chance: random.Random):
    case = alike(decided(chance.choice, case, whole(case).conflicts))
    first = whole(case)
    told = [*first.rows, *first.cells]
    after = merged_again(chance.choice, case, first.tables, told)
    new = tuple(
        c if c.supersedes else replace(c, follows=replaced(chance.choice, c, told)) for c in after.contributions
    )
    after = replace(after, contributions=new)
    wanted = merge(after.current, new, after.judgements, (), "3.0.0", Earlier.of(first))
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / name for name in ("first", "second")]
        for place in places:
            place.mkdir()
        is_known = is_valid(shipped_once(case, places[0]))
        published = publish(places[0] / "merged", places[0] / "published")
        found = shipped_once(after, places[1], published)
        assert vars(found) == vars(outputs(wanted)) or not (is_known and is_valid(found))


def is_valid(found: Outputs) -> bool:
    """Return whether nothing is held back because it is not valid, of which the plain merge knows nothing."""
    return not any(line["kind"].startswith("constraint.") for line in found.conflicts)


def shipped_again(folder: Path, case: Case, left: Collection[str]) -> Outputs:
    """Publish what the program merged in a folder, and let it merge again what has not left."""
    shutil.copytree(folder / "current", folder / "bases" / "current")
    published = publish(folder / "merged", folder / "published", "3.0.0")
    paths = [folder / "contributions" / c.batch for c in case.contributions if c.batch not in left]
    places = {"decisions": folder / "decisions", "bases": folder / "bases"}
    merge_packages(published, dict.fromkeys(paths), output_dir=folder / "again", **places)
    return read_outputs(folder / "again")


@law(EVERYTHING, PLAIN)
def test_an_open_conflict_stays_listed_when_contributions_leave(case: Case, chance: random.Random):
    first = whole(case)
    left = {c.batch for c in case.contributions if chance.random() < 1 / 2}
    assert {line["conflict_id"] for line in first.open} <= {
        line["conflict_id"] for line in second(case, first, left).open
    }


@law(replace(EVERYTHING, parents=False), PLAIN)
def test_nothing_is_told_twice(case: Case, chance: random.Random):
    case = decided(chance.choice, case, whole(case).conflicts)
    first = whole(case)
    after = merged_again(chance.choice, case, first.tables)
    earlier = Earlier.of(first)
    again = merge(after.current, after.contributions, after.judgements, (), "3.0.0", earlier)
    for merged in (first, again):
        rows = [(line["table"], line["row_id"]) for line in merged.rows]
        cells = [tuple(line.values()) for line in merged.cells]
        assert len(rows) == len(set(rows))
        assert len(cells) == len(set(cells))


@law(replace(BY_CELL, supersedes=False), PLAIN)
def test_what_was_decided_stays_decided_when_candidates_have_been_published_since(case: Case, chance: random.Random):
    case = decided(chance.choice, case, whole(case).conflicts)
    cells = {(r.row_id, r.field) for r in case.resolutions if r.field}
    wanted = whole(case)
    some = [c for c in case.contributions if chance.random() < 1 / 2]
    again = second(case, merge(case.current, some, (), (), VERSION))
    stays = {(c["row_id"], c["field"]) for c in again.conflicts if c["status"] == "resolved"} & cells
    for row, column in stays:
        assert again.tables["things"].rows[(row,)].get(column) == wanted.tables["things"].rows[(row,)].get(column)


@law(WHOLE_ROWS, {plain: 120})
def test_what_was_decided_of_a_row_stays_decided_when_one_side_has_been_published_since(
    case: Case, chance: random.Random
):
    """But that a row which went since is brought back as its editor saw it, or is left out.

    A decision that fits the published row as it is now is about that row: docs/decisions/0017.
    """
    case = decided(chance.choice, case, whole(case).conflicts)
    wanted = whole(case)
    some = [c for c in case.contributions if chance.random() < 1 / 2]
    first = merge(case.current, some, (), (), VERSION)
    again = second(case, first)
    decisions = {r.row_id for r in case.resolutions if not r.field and r.table == "things"}
    for row in decisions:
        lines = [c for c in again.conflicts if (c["status"], c["row_id"], c["field"]) == ("resolved", row, "")]
        noted = {line["field"] for line in first.cells if (line["row_id"], line["status"]) == (row, "noted")}
        went = (row,) not in first.tables["things"].rows and (row,) in case.current["things"].rows
        if lines and not went and not is_about_what_is_published(lines):
            found, made = (of.tables["things"].rows.get((row,), {}) for of in (again, wanted))
            assert {f: text for f, text in found.items() if f not in noted} == {
                f: text for f, text in made.items() if f not in noted
            }


def is_about_what_is_published(lines: Collection[dict[str, str]]) -> bool:
    """Return whether a listed conflict about a row has the hash that its sides give."""
    cells = [line["value"] for line in lines]
    values = list(dict.fromkeys(v for cell in cells for v in (cell.split("; ") if cell else [None])))
    return inputs_hash(None, values) in {line["inputs_hash"] for line in lines}


@law(replace(WHOLE_ROWS, older=True), {shipped_alone: 6})
def test_the_program_keeps_decisions_on_rows_as_the_plain_merge_does(case: Case, chance: random.Random):
    undecided = case
    case = decided(chance.choice, case, whole(case).conflicts)
    some = tuple(c for c in case.contributions if chance.random() < 1 / 2) or case.contributions[:1]
    wanted = second(case, merge(case.current, some, (), (), VERSION))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shipped_once(undecided, folder)
        published = [folder / "contributions" / c.batch for c in some]
        merge_packages(folder / "current", published, output_dir=folder / "some", bases=folder / "bases")
        shutil.rmtree(folder / "merged")
        (folder / "some").rename(folder / "merged")
        shutil.rmtree(folder / "decisions")
        write_decisions(folder / "decisions", case)
        assert vars(shipped_again(folder, case, ())) == vars(outputs(wanted))


@pytest.mark.parametrize("name", ["rank", "place", "field", "value", "seen", "table", "row_id", "contributor", "batch"])
def test_a_field_may_have_any_name(name):
    case = random_case(3, replace(NO_JUDGEMENTS, values=("name", "note"), schemas=False, required=False))

    def renamed(tables: Tables) -> Tables:
        things = tables["things"]
        fields = [{**f, "name": name} if f["name"] == "note" else f for f in things.fields]
        rows = {key: {name if f == "note" else f: cell for f, cell in row.items()} for key, row in things.rows.items()}
        return {**tables, "things": replace(things, fields=fields, rows=rows)}

    def told(made: Contribution) -> Contribution:
        rows = {
            t: [{name if f == "note" else f: cell for f, cell in r.items()} for r in of] for t, of in made.rows.items()
        }
        return replace(made, rows=rows, base=renamed(made.base) if made.base else None)

    again = replace(case, current=renamed(case.current), contributions=tuple(map(told, case.contributions)))
    assert vars(shipped_alone(again)) == vars(plain(again))


@law(ALL, BOTH)
def test_order_and_repetition_change_nothing(how: Merge, case: Case, chance: random.Random):
    again = [*case.contributions, chance.choice(case.contributions)]
    chance.shuffle(again)
    judged = list(case.judgements)
    chance.shuffle(judged)
    assert how(replace(case, contributions=tuple(again), judgements=tuple(judged))) == how(case)


@law(ALL, BOTH)
def test_a_contribution_without_changes_changes_nothing(how: Merge, case: Case, chance: random.Random):
    same = [
        {"thing_id": key[0], **blanks(case.current, "things"), **row}
        for key, row in case.current["things"].rows.items()
    ]
    empty = chance.choice(
        [Contribution("ctr-zoe", "zoe/none", mode, {"things": same}) for mode in ("patch", "snapshot")]
    )
    assert how(replace(case, contributions=(*case.contributions, empty))) == how(case)


def blanks(tables: Tables, name: str) -> dict[str, str]:
    return dict.fromkeys(tables[name].names(), "")


@law(ALL, BOTH)
def test_a_contribution_that_agrees_adds_no_conflict(how: Merge, case: Case, chance: random.Random):
    copied = chance.choice(case.contributions)
    agrees = replace(copied, contributor="ctr-zoe", batch="zoe/copy", supersedes=())
    rows = {(line["table"], line["row_id"]) for line in how(case).conflicts if line["status"] == "open"}
    # Who agrees with a batch does not agree with what the same person says later.
    if sum(c.contributor == copied.contributor for c in case.contributions) == 1:
        assert open_rows(how(replace(case, contributions=(*case.contributions, agrees)))) <= rows


@law(NO_JUDGEMENTS, BOTH)
def test_every_value_that_is_claimed_can_be_found(how: Merge, case: Case):
    merged = how(case)
    lines = {tuple(line[c] for c in ("table", "row_id", "field", "batch", "value")) for line in merged.cells}
    defaults = {(line["table"], line["row_id"]): line["batch"] for line in merged.rows if line["status"] == "present"}
    for claim, _ in whole(case).claims:
        place = (claim.table, claim.row[0])
        told = (*place, claim.field, claim.batch, claim.value or "") in lines
        row = next((r for r in merged.tables[claim.table][1] if r[f"{claim.table[:-1]}_id"] == claim.row[0]), {})
        assert told or (defaults.get(place) == claim.batch and row.get(claim.field) == claim.value), claim


@law(ALL, PLAIN)
def test_every_claim_has_one_status(case: Case):
    merged = whole(case)
    known = {"accepted", "open", "rejected", "superseded", "noted"}
    assert {status for _, status in merged.claims} <= known
    lines = [line for line in merged.cells if line["status"] == "open"]
    assert len(lines) == sum(status == "open" for _, status in merged.claims)


@law(ALL, PLAIN)
def test_only_what_is_about_the_work_is_merely_noted(case: Case):
    merged = whole(case)
    noted = {(claim.table, claim.field) for claim, status in merged.claims if status == "noted"}
    assert all(merged.tables[table].role(column) in ABOUT_THE_WORK for table, column in noted)


@law(NO_JUDGEMENTS, BOTH)
def test_an_open_conflict_leaves_the_published_value(how: Merge, case: Case):
    merged = how(case)
    places = {(c["row_id"], c["field"]) for c in merged.conflicts if c["table"] == "things" and c["status"] == "open"}
    columns, rows = merged.tables["things"][0], {row["thing_id"]: row for row in merged.tables["things"][1]}
    for row, column in places:
        before = case.current["things"].rows.get((row,), {})
        published = {name: text for name, text in before.items() if name in columns}  # others were dropped
        if row and not column:
            assert rows.get(row, {}) == published
        elif row:
            assert rows.get(row, {}).get(column) == published.get(column)


@law(NO_JUDGEMENTS, BOTH)
def test_nothing_is_invented(how: Merge, case: Case):
    merged = how(case)
    for name, table in case.current.items():
        for row in merged.tables[name][1]:
            for column, text in row.items():
                if table.role(column) != "set" and column not in table.key:
                    published = case.current[name].rows.get((row[table.key[0]],), {}).get(column)
                    wished = {r.get(column) for c in case.contributions for r in c.rows.get(name, ())}
                    assert text == published or text in wished


@law(replace(NO_JUDGEMENTS, schemas=False), BOTH)
def test_what_nobody_claims_stays(how: Merge, case: Case):
    merged = how(case)
    touched = {(claim.table, claim.row, claim.field) for claim, _ in whole(case).claims}
    for name, table in case.current.items():
        rows = {(row[table.key[0]],): row for row in merged.tables[name][1]}
        for key, row in table.rows.items():
            for column, text in row.items():
                if not touched & {(name, key, column), (name, key, "")}:
                    assert rows[key].get(column) == text


@law(NO_JUDGEMENTS, BOTH)
def test_every_published_cell_has_an_origin(how: Merge, case: Case):
    """What the rows' defaults and the cells' lines say together is the table again."""
    merged = how(case)
    defaults = {(line["table"], line["row_id"]) for line in merged.rows if line["status"] == "present"}
    listed: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for line in merged.cells:
        listed.setdefault((line["table"], line["row_id"], line["field"]), []).append(line)
    present = set()
    for name, (_, rows) in merged.tables.items():
        table = whole(case).tables[name]
        for row in rows:
            place = (name, row[table.key[0]])
            present.add(place)
            for column in set(row) - set(table.key):
                of = [line for line in listed.get((*place, column), []) if line["status"] == "accepted"]
                mean = meaning(table.descriptor(column), row[column])
                same = [line for line in of if meaning(table.descriptor(column), clean(line["value"])) == mean]
                assert same or (*place, column) not in listed or table.role(column) == "set"
    assert present == defaults


@law(ALL, BOTH)
def test_clusters_are_an_equivalence(how: Merge, case: Case):
    redirects = how(case).redirects
    old = [(line["table"], line["old_id"]) for line in redirects]
    assert len(old) == len(set(old))
    assert not set(old) & {(line["table"], line["canonical_id"]) for line in redirects}
    for table in ("things", "places"):
        pairs = [(j.left, j.right) for j in case.judgements if j.table == table and j.judgement == "positive"]
        groups = components(pairs)
        for line in redirects:
            if line["table"] == table:
                assert any({line["old_id"], line["canonical_id"]} <= group for group in groups)


@law(ALL, BOTH)
def test_references_are_closed_and_name_no_redirected_row(how: Merge, case: Case):
    merged = how(case)
    gone = {(line["table"], line["old_id"]) for line in merged.redirects}
    for name, table in case.current.items():
        ids = {row[table.key[0]] for row in merged.tables[name][1]}
        assert not gone & {(name, i) for i in ids}
        for (column,), parent, (key,) in table.references:
            known = {row[key] for row in merged.tables[parent][1]}
            assert {row[column] for row in merged.tables[name][1] if column in row} <= known


@law(replace(ALL, judgements=True), BOTH)
def test_judgements_that_are_turned_around_are_the_same(how: Merge, case: Case):
    turned = tuple(replace(j, left=j.right, right=j.left) for j in case.judgements)
    assert how(replace(case, judgements=turned)) == how(case)


@law(ALL, BOTH)
def test_decisions_in_any_order_are_the_same(how: Merge, case: Case, chance: random.Random):
    case = decided(chance.choice, case, whole(case).conflicts)
    assert how(replace(case, resolutions=case.resolutions[::-1])) == how(case)


@law(ALL, BOTH)
def test_a_stale_decision_is_listed_and_not_applied(how: Merge, case: Case, chance: random.Random):
    case = decided(chance.choice, case, whole(case).conflicts)
    stale = tuple(replace(r, inputs_hash="aaaaaaaaaaaa") for r in case.resolutions)
    without, with_stale = how(replace(case, resolutions=())), how(replace(case, resolutions=stale))
    assert (with_stale.tables, with_stale.rows, with_stale.cells) == (without.tables, without.rows, without.cells)
    listed = [line for line in with_stale.conflicts if line["status"] == "stale"]
    assert {(line["conflict_id"], line["decided_by"]) for line in listed} == {(r.conflict_id, r.decider) for r in stale}
    assert [line for line in with_stale.conflicts if line not in listed] == without.conflicts


@law(NO_JUDGEMENTS, BOTH)
def test_a_decision_settles_its_conflict_unless_its_row_waits_for_another(
    how: Merge, case: Case, chance: random.Random
):
    case = decided(chance.choice, case, [line for line in whole(case).conflicts if line["status"] == "open"])
    merged = how(case)
    open_ones = [line for line in merged.conflicts if line["status"] == "open"]
    waiting = {(line["table"], line["row_id"]) for line in open_ones if not line["decided_by"]}
    for one in case.resolutions:
        if sum(r.conflict_id == one.conflict_id for r in case.resolutions) == 1:
            lines = [line for line in merged.conflicts if line["conflict_id"] == one.conflict_id]
            waits = (one.table, one.row_id) in waiting and all(line["decided_by"] for line in lines)
            on_it = [other for other in case.resolutions if (other.table, other.row_id) == (one.table, one.row_id)]
            waits |= any(leaves_blank(case, other) for other in on_it)
            assert waits or {line["status"] for line in lines} <= {"resolved", "unused"}


def leaves_blank(case: Case, one: Resolution) -> bool:
    """Return whether a decision leaves a required cell of a new row blank, so that the row waits."""
    table = case.current[one.table]
    is_new = row_key(one.row_id) not in table.rows
    is_required = any(f["name"] == one.field and f.get("constraints", {}).get("required") for f in table.fields)
    return is_new and is_required and one.choice == "base"


# The plain one: what is defined by merging again and again


@law(STEPWISE, {plain: 40})
def test_together_is_clean_if_and_only_if_every_order_is(case: Case):
    ends = [one_by_one(case, order) for order in itertools.permutations(case.contributions)]
    together = whole(case)
    assert (not together.open) == (None not in ends and all(end == ends[0] for end in ends))
    if not together.open:
        assert facts(together) == ends[0]


@law(BY_CELL, {plain: 40})
def test_a_conflict_is_found_in_every_order(case: Case):
    ends = [one_by_one(case, order) for order in itertools.permutations(case.contributions)]
    assert not whole(case).open or ends == [None] * len(ends)


def one_by_one(case: Case, order: tuple[Contribution, ...]) -> object:
    """Merge and publish one contribution after another; None where one is in conflict."""
    tables = case.current
    for contribution in order:
        merged = merge(tables, [replace(contribution, base=case.current)])
        if merged.open:
            return None
        tables = merged.tables
    return facts(merged)


def facts(merged: Merged) -> dict[Key, dict[str, object]]:
    """Give what the rows mean, apart from what is about the work."""
    table = merged.tables["things"]
    kept = [name for name in table.names() if table.role(name) not in ABOUT_THE_WORK]
    return {k: {f: meaning(table.descriptor(f), row[f]) for f in kept if f in row} for k, row in table.rows.items()}


@law(BY_CELL, PLAIN)
def test_a_conflict_is_two_candidates_or_a_deletion_and_an_edit(how: Merge, case: Case):
    base = case.current["things"].rows
    candidates: dict[tuple[str, str], set[str | None]] = {}
    for claim, _ in whole(case).claims:
        candidates.setdefault((claim.row[0], claim.field), set()).add(claim.value)
    rows = {row for row, _ in candidates}
    edited = {row for row, column in candidates if column and (column not in ("source_id", "contributor_id", "seen"))}
    expected = {(row, "") for row in rows if (row, "") in candidates and row in edited}
    whole_rows = {row for row, _ in expected}
    for (row, column), values in candidates.items():
        if len(values) > 1 and column in ("name", "note") and row not in whole_rows:
            expected.add((row, column))
    found = {(line["row_id"], line["field"]) for line in how(case).conflicts if line["status"] == "open"}
    assert found == expected, base
