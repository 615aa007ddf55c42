"""Three-way merges of whole tables come out as in Dolt, which nobody here wrote.

What differs, and why: two sides that add one key are merged cell by cell here, and are one conflict in Dolt unless they
agree (docs/merge-rules.md: two contributors may each know a part of a new row); such keys are left out. Of a row in
conflict Dolt leaves ours, we the published row; so of these only the keys are compared.
"""

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT
from merge_cases import Case
from merge_files import Outputs, outputs, shipped
from plain_merge import Contribution, Key, PlainTable, merge

DOLT = ROOT / "tests" / "support" / "dolt.py"
KEYS = ("a", "b", "c", "d", "e")
COLUMNS = ("k", "x", "y", "z")
SIDES = ("base", "ours", "theirs")
Rows = dict[str, tuple[str | None, ...]]


@dataclass(frozen=True)
class ThreeWay:
    """A base and two tables that were made from it."""

    base: Rows
    ours: Rows
    theirs: Rows

    @property
    def added_by_both(self) -> set[str]:
        return (set(self.ours) & set(self.theirs)) - set(self.base)


@dataclass(frozen=True)
class Result:
    rows: Rows
    conflicts: set[str]

    def besides(self, keys: set[str]) -> tuple[Rows, set[str]]:
        """Give what is compared: rows that nobody disputes, and the keys of the others."""
        settled = {key: row for key, row in self.rows.items() if key not in self.conflicts | keys}
        return settled, self.conflicts - keys


def three_ways(count: int, seed: int) -> list[ThreeWay]:
    chance = random.Random(seed)  # noqa: S311 (not for secrets)
    return [three_way(chance) for _ in range(count)]


def three_way(chance: random.Random) -> ThreeWay:
    base = {key: cells(chance) for key in KEYS if chance.random() < 0.7}
    return ThreeWay(base, changed(chance, base), changed(chance, base))


def cells(chance: random.Random) -> tuple[str | None, ...]:
    return tuple(chance.choice(("p", "q", "r", None)) for _ in COLUMNS[1:])


def changed(chance: random.Random, base: Rows) -> Rows:
    rows: Rows = {}
    for key in KEYS:
        new = cells(chance)
        if key in base and chance.random() < 0.8:
            rows[key] = tuple(n if chance.random() < 0.3 else old for n, old in zip(new, base[key], strict=True))
        elif key not in base and chance.random() < 0.3:
            rows[key] = new
    return rows


def by_dolt(cases: Sequence[ThreeWay]) -> list[Result]:
    """Merge by Dolt, all cases as one table."""
    sides = {side: [[key, *row] for key, row in together(cases, side).items()] for side in SIDES}
    given = json.dumps({"columns": COLUMNS, **sides}) + "\n"
    ran = subprocess.run([sys.executable, DOLT], input=given, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    return taken_apart({key: tuple(row) for key, *row in found["rows"]}, found["conflicts"], len(cases))


def by_us(cases: Sequence[ThreeWay], merged: Outputs) -> list[Result]:
    rows = {row["k"]: tuple(row.get(name) for name in COLUMNS[1:]) for row in merged.tables["rows"][1]}
    conflicts = [line["row_id"] for line in merged.conflicts if line["status"] == "open"]
    return taken_apart(rows, conflicts, len(cases))


def together(cases: Sequence[ThreeWay], side: str) -> Rows:
    """Put one side of all cases into one table, each case under keys of its own."""
    return {f"{number:04}-{key}": row for number, c in enumerate(cases) for key, row in getattr(c, side).items()}


def taken_apart(rows: Rows, conflicts: Iterable[str], count: int) -> list[Result]:
    """Give the result of each case."""
    results = [Result({}, set()) for _ in range(count)]
    for name, row in rows.items():
        number, key = name.split("-")
        results[int(number)].rows[key] = row
    for name in conflicts:
        number, key = name.split("-")
        results[int(number)].conflicts.add(key)
    return results


def as_case(cases: Sequence[ThreeWay]) -> Case:
    """Make the same of them for us: a published table and two snapshots of it."""
    base, ours, theirs = (together(cases, side) for side in SIDES)
    fields = tuple({"name": name, "type": "string"} for name in COLUMNS)
    rows: dict[Key, dict[str, str]] = {(key,): {"k": key} | filled(row) for key, row in base.items()}
    snapshots = [
        Contribution(
            f"ctr-{who}", f"{who}/first", "snapshot", {"rows": [{"k": k} | blank(row) for k, row in side.items()]}
        )
        for who, side in (("ann", ours), ("bob", theirs))
    ]
    return Case({"rows": PlainTable(fields, ("k",), rows)}, tuple(snapshots))


def filled(row: tuple[str | None, ...]) -> dict[str, str]:
    return {name: text for name, text in zip(COLUMNS[1:], row, strict=True) if text}


def blank(row: tuple[str | None, ...]) -> dict[str, str]:
    return {name: text or "" for name, text in zip(COLUMNS[1:], row, strict=True)}


def assert_like_dolt(cases: Sequence[ThreeWay], merged: Outputs) -> None:
    for case, one, other in zip(cases, by_us(cases, merged), by_dolt(cases), strict=True):
        assert one.besides(case.added_by_both) == other.besides(case.added_by_both), case


@pytest.mark.long
def test_plain_merge_gives_the_rows_and_conflicts_of_dolt():
    cases = three_ways(200, seed=1)
    case = as_case(cases)
    assert_like_dolt(cases, outputs(merge(case.current, case.contributions)))


def test_merge_gives_the_rows_and_conflicts_of_dolt(tmp_path: Path):
    cases = three_ways(200, seed=2)
    assert_like_dolt(cases, shipped(as_case(cases), tmp_path))


@pytest.mark.soak
def test_merge_gives_the_rows_and_conflicts_of_dolt_at_length(tmp_path: Path):
    cases = three_ways(2000, seed=3)
    assert_like_dolt(cases, shipped(as_case(cases), tmp_path))


@pytest.mark.soak
def test_dolt_has_every_conflict_of_ours_about_a_row_that_both_add():
    cases = three_ways(200, seed=4)
    case = as_case(cases)
    ours = by_us(cases, outputs(merge(case.current, case.contributions)))
    both = [(c, one, other) for c, one, other in zip(cases, ours, by_dolt(cases), strict=True) if c.added_by_both]
    assert both
    for three, one, other in both:
        differing = {key for key in three.added_by_both if three.ours[key] != three.theirs[key]}
        assert one.conflicts & three.added_by_both <= differing == other.conflicts & three.added_by_both
