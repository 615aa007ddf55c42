"""How far the values of one variable agree, and where they do not."""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

from depositary.agreement.coefficients import (
    Coefficient,
    Pair,
    ac1,
    agreement,
    alpha,
    coders_of,
    coincidences,
    disagreement,
    pairable,
)
from depositary.agreement.latent import Estimates, estimates
from depositary.agreement.matching import Item
from depositary.agreement.passages import Passage, Passages
from depositary.agreement.resampled import interval
from depositary.agreement.scale import Level
from depositary.agreement.variables import Variable
from depositary.merging.claims.hashes import conflict_id

_CELL = "cell"  # the family of a conflict on a cell
_MARKS = ((Fraction(4, 5), "≥ .800"), (Fraction(2, 3), "≥ .667"))  # as customary; nothing depends on them


@dataclass(frozen=True)
class CodedUnit:
    """One variable of one item: the values of the coders who gave one, as text and as they are compared."""

    item: Item
    texts: Mapping[str, str]
    values: Mapping[str, Hashable]


@dataclass(frozen=True)
class Disagreement:
    """A unit on which coders differ; `conflict_id` is the conflict that a merge has there, if it has one row."""

    unit: CodedUnit
    distance: Fraction
    conflict_id: str
    passages: Mapping[str, tuple[Passage, ...]]


@dataclass(frozen=True)
class Confusion:
    """Two codes that are given to the same things: how often, by whom which, and the units."""

    codes: tuple[str, str]
    times: int
    by: Mapping[tuple[str, str], int]  # coder and code, in these units
    cases: tuple[Disagreement, ...]


@dataclass(frozen=True)
class Measured:
    """The agreement on one variable.

    `items` counts the items that several coders found, `compared` those of them in which two coders gave a value, and
    `pairable` the values in these. `interval` is the 95 % interval of α.
    """

    variable: Variable
    coders: tuple[str, ...]
    items: int
    units: tuple[CodedUnit, ...]
    pairable: int
    missing: Fraction | None
    agreement: Coefficient
    alpha: Coefficient
    interval: tuple[float, float] | None
    ac1: Coefficient
    coincidences: Mapping[Pair, Fraction]
    pairs: Mapping[tuple[str, str], tuple[int, Coefficient, Coefficient]]  # units, agreement, α
    worst: tuple[Disagreement, ...]
    confusions: tuple[Confusion, ...]
    estimates: Estimates | None = None
    shown: Mapping[Hashable, str] = field(default_factory=dict)  # the shortest text of each value

    @property
    def compared(self) -> int:
        """Count the units that two coders or more filled in."""
        return sum(len(unit.values) > 1 for unit in self.units)

    @property
    def left_out(self) -> int:
        """Count the units with fewer than two values."""
        return self.items - self.compared

    @property
    def mark(self) -> str:
        """Give the customary mark that α reaches; it decides nothing."""
        value = self.alpha.value
        return "" if value is None else next((words for least, words in _MARKS if value >= least), "< .667")


def measured(variable: Variable, items: Sequence[Item], evidence: Passages) -> Measured:
    """Compare the values of one variable on the items that several coders found."""
    shared = [item for item in items if len(item.rows) > 1]
    units = [_unit(variable, item) for item in shared]
    values = [unit.values for unit in units]
    asked = sum(len(item.rows) for item in shared)
    given = sum(map(len, values))
    coders = tuple(coders_of(values))
    level, order = variable.level, variable.order
    cases = _disagreements(variable, units, evidence)
    is_coded = bool(variable.codes)
    return Measured(
        variable=variable,
        coders=coders,
        items=len(shared),
        units=tuple(units),
        pairable=sum(len(unit) for unit in pairable(values)),
        missing=Fraction(asked - given, asked) if asked else None,
        agreement=_of_several(coders, agreement(values)),
        alpha=_of_several(coders, alpha(values, level, order)),
        interval=interval(values, level, order),
        ac1=_of_several(coders, ac1(values)),
        coincidences=coincidences(values),
        pairs={pair: _of_pair(pair, values, level, order) for pair in combinations(coders, 2)},
        worst=tuple(cases),
        confusions=tuple(_confusions(cases)) if is_coded else (),
        estimates=estimates(values) if is_coded else None,
        shown=_shown(units),
    )


def _unit(variable: Variable, item: Item) -> CodedUnit:
    texts = {coder: row.cells[variable.name] for coder, row in item.rows.items() if variable.name in row.cells}
    read = {coder: variable.read(text) for coder, text in texts.items()}
    values = {coder: value for coder, value in read.items() if value is not None}
    return CodedUnit(item, texts, values)


def _of_several(coders: Sequence[str], found: Coefficient) -> Coefficient:
    """Say that there is only one coder, where that is the reason."""
    if found or len(coders) > 1:
        return found
    return Coefficient(None, f"only {coders[0]} gave values" if coders else "nobody gave a value")


def _of_pair(
    pair: tuple[str, str], values: Sequence[Mapping[str, Hashable]], level: Level, order: Sequence[Hashable]
) -> tuple[int, Coefficient, Coefficient]:
    both = [{coder: unit[coder] for coder in pair} for unit in values if unit.keys() >= set(pair)]
    return len(both), agreement(both), alpha(both, level, order)


def _disagreements(variable: Variable, units: Sequence[CodedUnit], evidence: Passages) -> list[Disagreement]:
    """Give the units on which coders differ, the worst first."""
    compared = [unit for unit in units if len(unit.values) > 1]
    counts = Counter(value for unit in compared for value in unit.values.values())
    found = []
    for unit in compared:
        if len(set(unit.values.values())) == 1:
            continue
        distance = disagreement(unit.values, variable.level, counts, variable.order)
        place = unit.item.row_id
        conflict = conflict_id(_CELL, variable.table, place, variable.name) if place else ""
        rows = {coder: unit.item.rows[coder] for coder in unit.values}
        of = {coder: evidence.of(row, variable.name) for coder, row in rows.items()}
        found.append(Disagreement(unit, distance, conflict, of))
    return sorted(found, key=lambda one: (-one.distance, one.unit.item.id))


def _confusions(cases: Sequence[Disagreement]) -> list[Confusion]:
    """Count which codes are given to the same things, the most frequent pair first."""
    found: dict[tuple[str, str], list[Disagreement]] = {}
    for case in cases:
        codes = sorted({case.unit.texts[coder] for coder in case.unit.values})
        for pair in combinations(codes, 2):
            found.setdefault(pair, []).append(case)
    confusions = [Confusion(codes, len(of), _by(codes, of), tuple(of)) for codes, of in found.items()]
    return sorted(confusions, key=lambda one: (-one.times, one.codes))


def _by(codes: tuple[str, str], cases: Sequence[Disagreement]) -> dict[tuple[str, str], int]:
    given = Counter((coder, text) for case in cases for coder, text in case.unit.texts.items() if text in codes)
    return dict(sorted(given.items()))


def _shown(units: Sequence[CodedUnit]) -> dict[Hashable, str]:
    shown: dict[Hashable, str] = {}
    for unit in units:
        for coder, value in unit.values.items():
            text = unit.texts[coder]
            shown[value] = min(shown.get(value, text), text, key=lambda one: (len(one), one))
    return shown
