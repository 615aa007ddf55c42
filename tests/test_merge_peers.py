"""Three-way merges of whole tables come out as in Dolt, which nobody here wrote.

What differs, and why: two sides that add one key are merged cell by cell here, and are one conflict in Dolt unless they
agree (docs/decisions/0015: two contributors may each know a part of a new row); such keys are left out. Of a row in
conflict Dolt leaves ours, we the published row; so of these only the keys are compared.
"""

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from merge_cases import Case
from merge_files import Outputs, outputs, shipped
from plain_merge import Contribution, Key, PlainTable, merge

DOLT = Path(__file__).with_name("dolt.py")
KEYS = ("a", "b", "c", "d", "e")
COLUMNS = ("k", "x", "y", "z")
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


def by_dolt(cases: Sequence[ThreeWay]) -> Iterator[Result]:
    """Merge by Dolt, all in one process."""
    given = [{"columns": COLUMNS, "base": flat(c.base), "ours": flat(c.ours), "theirs": flat(c.theirs)} for c in cases]
    lines = "".join(json.dumps(case) + "\n" for case in given)
    ran = subprocess.run([sys.executable, DOLT], input=lines, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    for line in ran.stdout.splitlines():
        found = json.loads(line)
        yield Result({row[0]: tuple(row[1:]) for row in found["rows"]}, set(found["conflicts"]))


def flat(rows: Rows) -> list[list[str | None]]:
    return [[key, *row] for key, row in rows.items()]


def as_case(cases: Sequence[ThreeWay]) -> Case:
    """Put all cases into one table, each under keys of its own."""
    base, ours, theirs = (
        {f"{number:04}-{key}": row for number, c in enumerate(cases) for key, row in getattr(c, side).items()}
        for side in ("base", "ours", "theirs")
    )
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


def taken_apart(merged: Outputs, count: int) -> list[Result]:
    """Give the result of each case."""
    results = [Result({}, set()) for _ in range(count)]
    for row in merged.tables["rows"][1]:
        number, key = row["k"].split("-")
        results[int(number)].rows[key] = tuple(row.get(name) for name in COLUMNS[1:])
    for line in merged.conflicts:
        if line["status"] == "open":
            number, key = line["row_id"].split("-")
            results[int(number)].conflicts.add(key)
    return results


def assert_like_dolt(cases: Sequence[ThreeWay], merged: Outputs) -> None:
    ours = taken_apart(merged, len(cases))
    for case, one, other in zip(cases, ours, by_dolt(cases), strict=True):
        assert one.besides(case.added_by_both) == other.besides(case.added_by_both), case


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


def test_dolt_has_every_conflict_of_ours_about_a_row_that_both_add():
    cases = three_ways(200, seed=4)
    case = as_case(cases)
    ours = taken_apart(outputs(merge(case.current, case.contributions)), len(cases))
    both = [(c, one, other) for c, one, other in zip(cases, ours, by_dolt(cases), strict=True) if c.added_by_both]
    assert both
    for three, one, other in both:
        differing = {key for key in three.added_by_both if three.ours[key] != three.theirs[key]}
        assert one.conflicts & three.added_by_both <= differing == other.conflicts & three.added_by_both
