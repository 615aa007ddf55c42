"""Measure how far coders agree: docs/agreement.md."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from depositary.agreement.coded import CodedRows, coded_rows
from depositary.agreement.detection import Detection, detection
from depositary.agreement.matching import Item, Matched, judged_ids, match
from depositary.agreement.measured import Measured, measured
from depositary.agreement.passages import passages
from depositary.agreement.variables import variables_of
from depositary.errors import UsageError
from depositary.identity.suggest import LEAST_SCORE, Matching
from depositary.identity.suggestion import Suggestion
from depositary.merging.claims.inputs import Batch
from depositary.model.decision import Judgement
from depositary.model.package import Package
from depositary.wording.plain import shown
from depositary.wording.suggest import suggest


@dataclass(frozen=True)
class Agreement:
    """How far coders agree: who found what, by table, and how far the values agree, by variable.

    `sources` are those that were asked for; none if all were.
    """

    package: Package
    coders: tuple[str, ...]
    sources: tuple[str, ...]
    detections: tuple[Detection, ...]
    variables: tuple[Measured, ...]
    items: tuple[Item, ...]

    @property
    def undefined(self) -> str:
        """Say why no figure of values is defined; empty if some are."""
        if self.variables:
            return ""
        return f"there is only one coder, {self.coders[0]}" if len(self.coders) == 1 else "no item was found by several"

    @property
    def agrees(self) -> bool:
        """Return whether there are several coders who found the same and gave the same values."""
        found = len(self.coders) > 1 and all(not of.alone for of in self.detections)
        return found and not any(of.worst for of in self.variables)


def agree(  # noqa: PLR0913 (what is compared, and what is asked for)
    package: Package,
    batches: Sequence[Batch],
    judgements: Iterable[Judgement] = (),
    *,
    sources: Collection[str] = (),
    tables: Collection[str] = (),
    least_score: float = LEAST_SCORE,
    suggested: bool = True,
) -> Agreement:
    """Compare what the contributors of several contributions coded.

    Rows are matched by key, then by judgement, then, if `suggested`, by the suggestions with the least score or more.

    Raises:
        UsageError: a table has nothing that is coded, or no row comes from a source.
        DocumentError: a file of a contribution cannot be read.
    """
    judgements = list(judgements)
    coded = coded_rows(package, batches)
    _require_tables(coded, tables)
    judged = judged_ids(coded, batches, judgements)
    pairs = _suggestions(package, batches, judgements, coded, least_score) if suggested else ()
    matched = match(coded, judged, pairs)
    _require_sources(matched, sources)
    items = [
        item
        for item in matched.items
        if (not tables or item.table in tables) and (not sources or item.source in sources)
    ]
    return _compared(coded, items, tuple(sorted(sources)))


def _compared(coded: CodedRows, items: Sequence[Item], sources: tuple[str, ...]) -> Agreement:
    evidence = passages(coded)
    by_table = {table: [item for item in items if item.table == table] for table in coded.tables}
    found = {table: of for table, of in by_table.items() if of}
    variables = [
        measured(variable, of, evidence)
        for table, of in found.items()
        for variable in variables_of(coded.policies[table])
    ]
    return Agreement(
        coded.package,
        coded.coders,
        sources,
        tuple(detection(table, of, coded.coders) for table, of in found.items()),
        tuple(one for one in variables if any(unit.texts for unit in one.units)),
        tuple(items),
    )


def _suggestions(
    package: Package,
    batches: Sequence[Batch],
    judgements: Sequence[Judgement],
    coded: CodedRows,
    least_score: float,
) -> tuple[Suggestion, ...]:
    matching = Matching.of(package, batches, judgements, least_score=least_score)
    return tuple(one for one in matching.suggestions if one.table in coded.tables)


def _require_tables(coded: CodedRows, tables: Collection[str]) -> None:
    for name in sorted(set(tables) - set(coded.tables)):
        what = "has nothing that coders code" if name in coded.package else "is not a table"
        hint = suggest(name, {one: one for one in coded.tables}) or f"use one of {', '.join(coded.tables)}."
        raise UsageError(f"{shown(name)} {what}; {hint}")


def _require_sources(matched: Matched, sources: Collection[str]) -> None:
    known = sorted({item.source for item in matched.items if item.source})
    for name in sorted(set(sources) - set(known)):
        others = f"they were coded from {', '.join(known)}." if known else "they have no rows from a source."
        hint = suggest(name, {one: one for one in known}) or others
        raise UsageError(f"no row of these contributions was coded from {shown(name)}; {hint}")
