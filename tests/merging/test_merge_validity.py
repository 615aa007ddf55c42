"""What is written is valid, or as valid as the published package; what becomes of claims that are held back."""

import csv
import json
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from law_forms import forms
from merge_files import write_contribution, write_package
from plain_merge import Contribution, PlainTable, Tables, row_id

import depositary
from depositary.errors import InvalidContributionError
from depositary.merging.conflicts.decisions import add_resolutions
from depositary.merging.conflicts.remedies import choices, is_one_cell
from depositary.merging.merge import Merged, merge
from depositary.model.conflict import Conflict
from depositary.model.decision import Choice, Resolution
from depositary.model.report import Report

pytestmark = pytest.mark.usefixtures("shared_validation")

RULES = """
rules:
  - id: X1
    level: error
    says: A joint paper has two authors.
    tables: [papers, authorships]
    query: |
      SELECT p._row AS papers FROM papers AS p LEFT JOIN authorships AS a ON a.paper = p.paper_id
      WHERE p.kind = 'joint' GROUP BY p._row HAVING COUNT(a.person) < 2
    place: kind
    message: a joint paper of fewer than two
    hint: add one
    reason: it is
  - id: X2
    level: error
    says: Who writes openly is no group.
    tables: [papers, authorships, people]
    query: |
      SELECT p._row AS papers FROM papers AS p JOIN authorships AS a ON a.paper = p.paper_id
      JOIN people AS o ON o.person_id = a.person WHERE p.kind = 'open' AND o.kind = 'group' GROUP BY p._row
    place: kind
    message: an open paper of a group
    hint: correct it
    reason: it is
  - id: X3
    level: error
    says: There are not more people than there is room.
    tables: [rooms, people]
    query: |
      SELECT r._row AS rooms FROM rooms AS r WHERE r.most < (SELECT COUNT(*) FROM people AS o WHERE o.kind = 'person')
    message: no room for so many
    hint: send one home
    reason: it is
  - id: X4
    level: error
    says: A group has no mail.
    tables: [people]
    holds: kind = 'person' OR mail IS NULL
    place: kind
    message: a group with a mail
    hint: take it out
    reason: it is
"""
PAPERS = PlainTable(
    ({"name": "paper_id", "type": "string"}, {"name": "kind", "type": "string"}, {"name": "note", "type": "string"}),
    ("paper_id",),
)
PEOPLE = PlainTable(
    (
        {"name": "person_id", "type": "string"},
        {"name": "kind", "type": "string"},
        {"name": "mail", "type": "string", "constraints": {"unique": True}},
        {"name": "desk", "type": "string"},
        {"name": "floor", "type": "integer"},
    ),
    ("person_id",),
)
AUTHORSHIPS = PlainTable(
    ({"name": "paper", "type": "string"}, {"name": "person", "type": "string"}, {"name": "note", "type": "string"}),
    ("paper", "person"),
    references=((("paper",), "papers", ("paper_id",)), (("person",), "people", ("person_id",))),
)
ROOMS = PlainTable(({"name": "room_id", "type": "string"}, {"name": "most", "type": "integer"}), ("room_id",))
TABLES = {"papers": PAPERS, "people": PEOPLE, "authorships": AUTHORSHIPS, "rooms": ROOMS}
VALUES = {
    "paper": ("a", "b", "c"),
    "person": ("k", "l", "m", "n"),
    "kind": ("joint", "open", "other"),
    "mail": ("x", "y", "z"),
    "desk": ("1", "2"),
    "floor": ("1", "2"),
    "most": ("1", "2", "3"),
    "note": ("p", "q"),
}
KEYS = {
    "papers": [("a",), ("b",), ("c",)],
    "people": [("k",), ("l",), ("m",), ("n",)],
    "authorships": [(p, w) for p in "abc" for w in "klmn"],
    "rooms": [("r",), ("s",)],
}


@dataclass(frozen=True)
class Place:
    """A package with rules and what is contributed to it, on disk."""

    folder: Path
    contributions: Sequence[Path]
    first: Merged | None = None  # what came of the contributions, where they were merged already

    @property
    def current(self) -> Path:
        return self.folder / "current"

    @property
    def decisions(self) -> Path:
        return self.folder / "decisions"

    @property
    def output(self) -> Path:
        return self.folder / "merged"

    def merged(self) -> Merged:
        decided = self.decisions if self.decisions.exists() else None
        bases = self.folder / "bases" if (self.folder / "bases").exists() else None
        return merge(self.current, self.contributions, output_dir=self.output, decisions=decided, bases=bases)


def put(folder: Path, current: Tables, contributions: Sequence[Contribution]) -> Place:
    """Write a package with the rules, and contributions to it."""
    write_package(folder / "current", current, "1.0.0")
    (folder / "current" / "rules.yaml").write_text(RULES, encoding="utf-8")
    file = folder / "current" / "datapackage.json"
    described = json.loads(file.read_text(encoding="utf-8"))
    for resource in described["resources"]:
        if resource["name"] == "people":
            resource["schema"]["uniqueKeys"] = [["desk", "floor"]]
    file.write_text(json.dumps({**described, "rules": ["rules.yaml"]}), encoding="utf-8")
    return Place(folder, [write_contribution(folder, made, current, "1.0.0") for made in contributions])


def table(name: str, *rows: Sequence[str]) -> PlainTable:
    """Make a table of rows, whose cells are in the order of its columns."""
    empty = TABLES[name]
    cells = [{f: c for f, c in zip(empty.names(), row, strict=False) if c} for row in rows]
    return replace(empty, rows={tuple(row[k] for k in empty.key): row for row in cells})


def package(*tables: tuple[str, Sequence[Sequence[str]]]) -> Tables:
    return TABLES | {name: table(name, *rows) for name, rows in tables}


def random_rows(chance: random.Random, name: str, share: float) -> dict[tuple[str, ...], dict[str, str]]:
    empty = TABLES[name]
    rows = {}
    for key in KEYS[name]:
        if chance.random() < share:
            others = [
                f for f in empty.names() if f not in empty.key and (f in ("kind", "most") or chance.random() < 0.5)
            ]
            kinds = ("person", "group") if name == "people" else VALUES["kind"]
            cells = {f: chance.choice(kinds if f == "kind" else VALUES[f]) for f in others}
            rows[key] = {**dict(zip(empty.key, key, strict=True)), **cells}
    return rows


def random_contribution(chance: random.Random, current: Tables, who: str) -> Contribution:
    rows = {name: list(random_rows(chance, name, 0.3).values()) for name in TABLES}
    there = {
        name: {*current[name].rows, *(tuple(r[k] for k in TABLES[name].key) for r in rows[name])} for name in TABLES
    }
    rows["authorships"] = [
        r for r in rows["authorships"] if (r["paper"],) in there["papers"] and (r["person"],) in there["people"]
    ]
    said = {(name, tuple(r[k] for k in TABLES[name].key)) for name, of in rows.items() for r in of}
    deletes = [
        (name, key, "double", "")
        for name in TABLES
        for key in current[name].rows
        if (name, key) not in said and chance.random() < 0.25
    ]
    return Contribution(who, f"{who[4:]}/first", rows={n: of for n, of in rows.items() if of}, deletes=deletes)


def random_place(seed: int, folder: Path) -> Place:
    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    current = {name: replace(of, rows=random_rows(chance, name, 0.7)) for name, of in TABLES.items()}
    links = {k: r for k, r in current["authorships"].rows.items() if (k[0],) in current["papers"].rows}
    links = {k: r for k, r in links.items() if (k[1],) in current["people"].rows}
    current["authorships"] = replace(AUTHORSHIPS, rows=links)
    whos = ["ctr-ann", "ctr-ben", "ctr-eve"][: chance.choice([1, 2, 3])]
    return valid_ones(put(folder, current, [random_contribution(chance, current, who) for who in whos]))


def valid_ones(place: Place) -> Place:
    """Merge without the contributions that are refused."""
    while True:
        try:
            return replace(place, first=place.merged())
        except InvalidContributionError as error:
            wrong = {report.subject for report in error.reports}
            place = replace(place, contributions=[c for c in place.contributions if c.as_posix() not in wrong])


Error = tuple[str, ...]


def errors(folder: Path, report: Report | None = None) -> set[Error]:
    """Tell the errors of a package by the rows that they are about."""
    ids = {}
    for name, empty in TABLES.items():
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        ids[name] = [row_id(tuple(row[k] for k in empty.key)) for row in rows]
    found = report or depositary.validate(folder)
    return {
        (f.code, f.rule, f.table, ids[f.table][f.row - 2] if f.row else "", f.field, f.value)
        for f in found
        if f.level == "error"
    }


def is_constraint(conflict: Conflict) -> bool:
    return conflict.kind.startswith("constraint.")


def decide(place: Place, lines: Sequence[tuple[Conflict, Choice, str]]) -> None:
    """Write decisions on some conflicts, of those who have part in them."""
    add_resolutions(
        place.decisions,
        [
            Resolution(
                conflict_id=c.conflict_id,
                table=c.table,
                row_id=c.row_id,
                field=c.field,
                kind=c.kind,
                inputs_hash=c.inputs_hash,
                base_value="",
                choice=choice,
                take_from="",
                value=value,
                reason="so",
                source_id="",
                decided_by=max(side.contributor for side in c.sides),
                decided_on="2026-11-23",
            )
            for c, choice, value in lines
        ],
    )


def law(count: int):
    """Hold a law on small random cases; a few in each run, all in the long one, many in the soak."""
    held_for = [pytest.param(many, id=form, marks=marks) for form, many, marks in forms(count)]

    def held(test):
        @pytest.mark.parametrize("many", held_for)
        def run(many):
            quiet = {"deadline": None, "database": None, "derandomize": True, "phases": [Phase.generate]}
            known = {"suppress_health_check": list(HealthCheck), "max_examples": many}
            settings(**quiet, **known)(given(st.integers(0, 2**32))(in_folder))()

        def in_folder(seed):
            with tempfile.TemporaryDirectory() as folder:
                test(random_place(seed, Path(folder)), random.Random(seed))  # noqa: S311

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return held


@law(15)
def test_what_is_written_is_valid_or_as_valid_as_the_published_package(place: Place, chance: random.Random):  # noqa: ARG001
    merged = place.first
    assert errors(place.output, merged.report) <= errors(place.current)
    for conflict in merged.open:
        if is_constraint(conflict):
            assert any(side.contributor for side in conflict.sides)
            assert Choice.BASE in choices(conflict)


@law(8)
def test_it_is_so_whatever_is_decided_and_what_is_kept_is_settled(place: Place, chance: random.Random):
    open_ones = [c for c in place.first.open if is_constraint(c)]
    values = [c for c in open_ones if is_one_cell(c) and chance.random() < 0.5]
    kept = [c for c in open_ones if c not in values]
    decide(
        place,
        [(c, Choice.BASE, "") for c in kept]
        + [(c, Choice.VALUE, chance.choice(["person", "group", *VALUES[c.field]])) for c in values],
    )
    merged = place.merged()
    assert errors(place.output, merged.report) <= errors(place.current)
    assert not {c.conflict_id for c in kept} & {c.conflict_id for c in merged.open}


def test_a_deletion_that_breaks_a_rule_elsewhere_waits_and_can_be_decided(tmp_path):
    joint = package(
        ("papers", [("a", "joint")]),
        ("people", [("k", "person"), ("l", "person")]),
        ("authorships", [("a", "k"), ("a", "l")]),
    )
    deletes = [("authorships", ("a", "k"), "an error", ""), ("people", ("k",), "an error", "")]
    place = put(tmp_path, joint, [Contribution("ctr-ann", "ann/first", deletes=deletes)])
    merged = place.merged()
    held, referred = sorted(merged.open, key=lambda c: c.table)
    assert (held.kind, held.row_id) == ("constraint.X1", "a|k")
    assert [side.contributor for side in held.sides] == ["ctr-ann"]
    assert "papers a" in held.message
    assert referred.kind == "row.delete_referenced"
    decide(place, [(held, Choice.BASE, "")])
    again = place.merged()
    assert [c.kind for c in again.open] == ["row.delete_referenced"]
    assert again.report.valid


def test_only_what_the_rule_reads_waits(tmp_path):
    current = package(
        ("papers", [("a", "open")]),
        ("people", [("k", "person"), ("l", "person")]),
        ("authorships", [("a", "k"), ("a", "l")]),
    )
    ann = Contribution("ctr-ann", "ann/first", rows={"people": [{"person_id": "k", "kind": "group"}]})
    notes = [{"paper": "a", "person": "k", "note": "p"}, {"paper": "a", "person": "l", "note": "p"}]
    ben = Contribution("ctr-ben", "ben/first", rows={"authorships": notes, "people": [{"person_id": "l", "desk": "2"}]})
    (conflict,) = put(tmp_path, current, [ann, ben]).merged().open
    assert (conflict.kind, conflict.table, conflict.row_id) == ("constraint.X2", "people", "k")


def test_where_no_reference_leads_to_the_cause_the_fewest_claims_are_held_back(tmp_path):
    current = package(
        ("rooms", [("r", "2")]), ("people", [("k", "person"), ("l", "group"), ("m", "group"), ("n", "group")])
    )
    people = [{"person_id": p, "kind": "person"} for p in "lmn"]
    place = put(tmp_path, current, [Contribution("ctr-ann", "ann/first", rows={"people": people})])
    merged = place.merged()
    assert [(c.kind, c.row_id) for c in merged.open] == [("constraint.X3", "l"), ("constraint.X3", "m")]
    assert merged.report.valid


@pytest.mark.parametrize("taken", ["k", "n"])
def test_a_value_that_another_row_was_given_since_waits_wherever_that_row_is(tmp_path, taken):
    other = {"k": "n", "n": "k"}[taken]
    base = package(("people", [(taken, "person"), (other, "person")]))
    current = package(("people", [(taken, "person", "x"), (other, "person")]))
    ann = Contribution("ctr-ann", "ann/first", rows={"people": [{"person_id": other, "mail": "x"}]})
    place = put(tmp_path, current, [])
    write_package(tmp_path / "bases" / "old", base, "0.9.0")
    place = replace(place, contributions=[write_contribution(tmp_path, ann, base, "0.9.0")])
    merged = place.merged()
    (conflict,) = merged.open
    assert (conflict.kind, conflict.row_id) == ("constraint.unique-error", other)
    assert conflict.message == f'{taken} has the same mail, "x"'
    assert merged.report.valid
    decide(place, [(conflict, Choice.VALUE, "x")])
    (still,) = place.merged().open
    assert still.message == f'{taken} has the same mail, "x"; with the decision, it is still not valid'
    decide(place, [(conflict, Choice.VALUE, "y")])
    assert not place.merged().open


def test_a_double_that_the_base_has_is_not_the_doing_of_a_patch(tmp_path, run):
    current = package(("people", [("k", "person", "x"), ("l", "person", "x")]))
    rows = {"people": [{"person_id": "k", "desk": "1"}, {"person_id": "l", "desk": "2"}]}
    place = put(tmp_path, current, [Contribution("ctr-ann", "ann/first", rows=rows)])
    assert run("validate", place.contributions[0], "--base", place.current).code == 0
    assert not place.merged().open


def test_of_two_rows_that_become_alike_both_wait(tmp_path):
    current = package(("people", [("k", "person"), ("l", "person")]))
    whos = ("ctr-ann", "k"), ("ctr-ben", "l")
    made = [
        Contribution(
            who, f"{who[4:]}/first", rows={"people": [{"person_id": p, "mail": "x", "desk": "1", "floor": "1"}]}
        )
        for who, p in whos
    ]
    merged = put(tmp_path, current, made).merged()
    assert {(c.kind, c.row_id) for c in merged.open} == {
        (f"constraint.{kind}", p) for kind in ("unique-error", "unique-key") for p in "kl"
    }
    assert merged.report.valid


def test_a_claim_that_a_decision_overrides_is_not_accepted(tmp_path):
    current = package(("people", [("k", "person"), ("l", "person")]))
    made = [
        Contribution(who, f"{who[4:]}/first", rows={"people": [{"person_id": p, "mail": "x"}]})
        for who, p in (("ctr-ann", "k"), ("ctr-ben", "l"))
    ]
    place = put(tmp_path, current, made)
    decide(place, [(c, Choice.VALUE, {"k": "x", "l": "z"}[c.row_id]) for c in place.merged().open])
    assert not place.merged().open
    with (place.output / "provenance" / "cells.csv").open(encoding="utf-8", newline="") as file:
        lines = {(line["batch"], line["value"]): line["status"] for line in csv.DictReader(file)}
    assert lines == {
        ("ann/first", "x"): "accepted",
        ("ben/first", "x"): "rejected",
        ("decisions", "z"): "accepted",
    }


# What becomes of claims and rows


def lines_of(place: Place, name: str) -> list[dict[str, str]]:
    with (place.output / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_deletion_that_was_decided_for_is_then_asked_about_because_of_a_reference(tmp_path):
    current = package(("papers", [("a", "other")]), ("people", [("k", "person")]), ("authorships", [("a", "k")]))
    ann = Contribution("ctr-ann", "ann/first", deletes=[("people", ("k",), "an error", "")])
    ben = Contribution("ctr-ben", "ben/first", rows={"people": [{"person_id": "k", "desk": "2"}]})
    place = put(tmp_path, current, [ann, ben])
    (asked,) = place.merged().open
    assert asked.kind == "row.delete_edit"
    deleting = Resolution(
        **{f: getattr(asked, f) for f in ("conflict_id", "table", "row_id", "field", "kind", "inputs_hash")},
        base_value="",
        choice=Choice.TAKE,
        take_from="ctr-ann",
        value="",
        reason="so",
        source_id="",
        decided_by="ctr-ann",
        decided_on="2026-11-23",
    )
    add_resolutions(place.decisions, [deleting])
    referred, waits = sorted(place.merged().open, key=lambda c: c.decided_by)
    assert referred.kind == "row.delete_referenced"
    assert referred.conflict_id != asked.conflict_id
    assert (waits.conflict_id, waits.decided_by) == (asked.conflict_id, "ctr-ann")
    decide(place, [(referred, Choice.BASE, "")])
    assert not place.merged().open
    assert [row["person_id"] for row in lines_of(place, "people.csv")] == ["k"]


def test_a_claim_on_what_was_published_is_superseded_when_another_value_is(tmp_path):
    now, then = package(("people", [("k", "person", "", "2")])), package(("people", [("k", "person", "", "1")]))
    place = put(tmp_path, now, [])
    write_package(tmp_path / "bases" / "old", then, "0.9.0")
    ann = Contribution("ctr-ann", "ann/first", rows={"people": [{"person_id": "k", "desk": "2"}]})
    ben = Contribution("ctr-ben", "ben/first", rows={"people": [{"person_id": "k", "desk": "3"}]})
    made = [write_contribution(tmp_path, ann, then, "0.9.0"), write_contribution(tmp_path, ben, now, "1.0.0")]
    place = replace(place, contributions=made)
    place.merged()
    told = {(line["batch"], line["status"]) for line in lines_of(place, "provenance/cells.csv")}
    assert told == {("published@1.0.0", "superseded"), ("ann/first", "superseded"), ("ben/first", "accepted")}


def test_a_third_who_agrees_with_one_side_makes_no_mixed_row(tmp_path):
    one = {"person_id": "k", "kind": "person", "mail": "x", "desk": "1", "floor": "1"}
    other = {"person_id": "k", "kind": "group", "desk": "2", "floor": "2"}
    made = [
        Contribution(who, f"{who[4:]}/first", rows={"people": [row]})
        for who, row in (("ctr-ann", one), ("ctr-ben", other), ("ctr-eve", one))
    ]
    place = put(tmp_path, package(("rooms", [("r", "3")])), made)
    assert [c.kind for c in place.merged().open] == ["row.key_reuse"]
    assert not lines_of(place, "people.csv")
