"""Golden merges: each case gives its files to the byte, and each kind of conflict shows itself in its case."""

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import golden_merges
import pytest
from conftest import ROOT

from depositary.merging.conflicts.remedies import advice, choices, takeable
from depositary.model.conflict import Conflict
from depositary.model.decision import Choice
from depositary.model.kinds import FAMILIES, KINDS, ConflictKind, KindEntry, TakeableSides, constraint, entry_of

pytestmark = pytest.mark.usefixtures("shared_validation")

BESIDE = {
    ConflictKind.DISAGREE: {"cell.edit_edit"},
    ConflictKind.STALE: {"cell.edit_edit"},
}  # what the decisions are about
ENTRIES = pytest.mark.parametrize("entry", KINDS.values(), ids=lambda entry: entry.kind.value)
NAMED = re.compile(rf'"((?:{"|".join(FAMILIES)})\.[a-z]+_?[a-z]*)"')


@cache
def ran(name: str) -> tuple[dict[str, str], tuple[Conflict, ...]]:
    """Merge a case once: the tables that came out, and what is in conflict."""
    with TemporaryDirectory() as folder:
        merged = golden_merges.merged(name, Path(folder))
        return golden_merges.written(Path(folder) / "merged"), merged.conflicts


def shown(entry: KindEntry) -> Conflict:
    """Give the conflict that is the example of a kind."""
    _, conflicts = ran(entry.case)
    return next(c for c in conflicts if entry_of(c.kind) is entry)


@pytest.mark.parametrize("name", golden_merges.names())
def test_a_case_gives_what_is_expected_to_the_byte(name):
    tables, _ = ran(name)
    assert tables == golden_merges.expected(name)


@pytest.mark.parametrize("name", golden_merges.names())
def test_all_that_is_listed_is_in_the_registry(name):
    assert all(entry_of(conflict.kind) for conflict in ran(name)[1])


def test_every_kind_has_an_entry():
    assert list(KINDS) == [kind.value for kind in ConflictKind], "the entries of model/kinds.py have the order of Kind"


@pytest.mark.short(8)
@ENTRIES
def test_the_example_of_a_kind_gives_exactly_this_kind(entry):
    kinds = {conflict.kind for conflict in ran(entry.case)[1]} - BESIDE.get(entry.kind, set())
    assert [entry_of(kind) for kind in kinds] == [entry]


@ENTRIES
def test_the_example_of_a_kind_is_as_the_registry_shows_it(entry):
    conflict = shown(entry)
    assert (conflict.table, conflict.row_id, conflict.field) == entry.place
    assert {side.contributor: side.value for side in conflict.sides} == entry.sides
    assert conflict.status is entry.status


@ENTRIES
def test_the_message_of_a_conflict_is_one_of_its_kind(entry):
    patterns = [re.sub(r"\\{\w+\\}", ".+", re.escape(text)) for text in entry.messages.values()]
    assert not patterns or any(re.fullmatch(p, shown(entry).message) for p in patterns)


@ENTRIES
def test_what_can_be_chosen_is_what_the_registry_says(entry):
    conflict = shown(entry)
    assert choices(conflict) == entry.choices
    assert entry.choices or entry.instead
    assert bool(takeable(conflict)) or Choice.TAKE not in entry.choices
    assert advice(conflict)


@pytest.mark.parametrize(
    "entry", [e for e in KINDS.values() if e.takes is not TakeableSides.ANY], ids=lambda e: e.kind.value
)
def test_sides_that_cannot_be_taken_are_not_offered(entry):
    conflict = shown(entry)
    kept = [side for side in conflict.sides if side.value is None or entry.takes is TakeableSides.PUBLISHED]
    assert list(takeable(conflict)) == [side.contributor for side in kept]


def test_the_registry_alone_spells_kinds():
    merging = (ROOT / "toolkit" / "depositary" / "merging").rglob("*.py")
    spelt = {name for file in merging for name in NAMED.findall(file.read_text(encoding="utf-8"))}
    assert spelt == {"schema.fields"}  # a property of a descriptor


def test_the_plain_merge_lists_no_kind_without_an_entry():
    plain = (ROOT / "tests" / "support" / "plain_merge.py").read_text(encoding="utf-8")
    assert set(NAMED.findall(plain)) <= KINDS.keys()


@ENTRIES
def test_the_rules_page_has_a_heading_for_the_kind(entry):
    page = (ROOT / "docs" / "merge-rules.md").read_text(encoding="utf-8")
    assert page.count(f"\n### {entry.name}\n") == 1


def test_links_within_the_pages_of_conflicts_lead_to_a_heading():
    for name in ("merge-rules", "conflict-kinds"):
        page = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.+)$", page, flags=re.MULTILINE)
        anchors = {re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors


def test_a_rule_or_code_makes_a_kind_of_its_own():
    assert entry_of(constraint("R34")) is KINDS[ConflictKind.CONSTRAINT]
    assert entry_of("constraint.unique-error") is KINDS[ConflictKind.CONSTRAINT]
    assert entry_of("cell.edit") is None
