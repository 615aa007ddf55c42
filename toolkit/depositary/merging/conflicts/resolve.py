"""Turn a requested decision into a line of the decisions file, or explain why it is not allowed."""

from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

from depositary.check.reading.datapackage_v2 import standard_reader
from depositary.check.reading.header import schema_of
from depositary.errors import UsageError
from depositary.merging.claims.agreement import outcome
from depositary.merging.claims.policy import policy_of
from depositary.merging.claims.values import ERASE, NormalisedValues
from depositary.merging.conflicts.conflicts_file import by_id, full_id, open_merged, read_conflicts, rows_of
from depositary.merging.conflicts.decisions import is_day, require_contributor
from depositary.merging.conflicts.layout import PUBLISHED
from depositary.merging.conflicts.remedies import (
    choices,
    how_else,
    is_one_cell,
    keeps_published,
    named_sides,
    options,
    published_side,
    takeable,
)
from depositary.model.conflict import Conflict
from depositary.model.decision import Choice, Resolution
from depositary.model.package import Package, Resource
from depositary.model.target import Input
from depositary.model.tidy import tidy
from depositary.wording.cells import describe
from depositary.wording.plain import shown
from depositary.wording.suggest import closest

_CONTRIBUTORS = ("contributors", "contributor_id")
_SOURCES = ("sources", "source_id")
_OPTIONS = {Choice.TAKE: "--take", Choice.VALUE: "--value", Choice.BASE: "--keep-base"}


@dataclass(frozen=True)
class ResolutionRequest:
    """A requested decision: a choice, the side to take or the value, and the reason."""

    choice: Choice
    take_from: str = ""
    value: str = ""
    reason: str = ""
    source_id: str = ""


@dataclass(frozen=True)
class Decider:
    """The decider, and the day."""

    name: str
    day: str


@dataclass(frozen=True)
class ConflictList:
    """The conflicts of a merged package."""

    package: Package

    @classmethod
    def open(cls, path: Path) -> "ConflictList":
        """Open a merged package.

        Raises:
            DepositaryError: there is no merged package.
        """
        return cls(open_merged(path))

    @cached_property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Give all listed conflicts."""
        return read_conflicts(self.package)

    @cached_property
    def _by_id(self) -> dict[str, Conflict]:
        return by_id(self.conflicts)

    def find(self, wanted: str) -> Conflict:
        """Find a conflict by its id, or by the beginning of its id.

        Raises:
            UsageError: there is no such conflict, or more than one.
        """
        return self._by_id[full_id(self._by_id, wanted)]

    def agree(self, one: Resolution, other: Resolution) -> bool:
        """Return whether two decisions on a conflict have the same result."""
        conflict = self._by_id[one.conflict_id]
        resource, before = self.package.get(conflict.table), published_side(conflict)
        form = (
            partial(NormalisedValues(resource, policy_of(resource.table).fields).of, conflict.field)
            if resource
            else str
        )
        current = before.value if before else None
        return outcome(conflict, one, current, form) == outcome(conflict, other, current, form)

    @cached_property
    def people(self) -> frozenset[str]:
        """Name all contributors who can be a side of a conflict."""
        sides = {side.contributor for conflict in self.conflicts for side in conflict.sides if side.contributor}
        return frozenset({PUBLISHED, *sides, *(self._column(*_CONTRIBUTORS) or ())})

    def _column(self, table: str, field: str) -> frozenset[str] | None:
        """Give the values of a column; None if the package has no such table."""
        resource = self.package.get(table)
        return frozenset(row.get(field, "") for row in rows_of(resource)) if resource else None

    @cached_property
    def _sources(self) -> frozenset[str] | None:
        return self._column(*_SOURCES)

    def admit(self, decider: Decider) -> None:
        """Refuse a decider who is not a contributor, and a day that does not exist.

        Raises:
            UsageError: the decider or the day is refused.
        """
        if not is_day(decider.day):
            raise UsageError(f"{shown(decider.day)} is not a day. Write it like 2026-11-23.")
        people = self._column(*_CONTRIBUTORS)
        if people is not None:
            require_contributor(decider.name, people)

    def resolution(self, wanted: str, request: ResolutionRequest, decider: Decider) -> Resolution:
        """Make the line that resolves a conflict, given by its id or the beginning of its id.

        Raises:
            UsageError: it cannot be resolved like this; the message gives the possible choices.
        """
        conflict = self.find(wanted)
        self._allow(conflict, request)
        if request.take_from == PUBLISHED and keeps_published(conflict):
            request = replace(request, choice=Choice.BASE)
        reason = tidy(request.reason)
        if not reason:
            raise UsageError(
                f"{conflict.conflict_id}: the reason is missing. Give it with --reason, so that others understand the "
                "decision."
            )
        if request.source_id and self._sources is not None and request.source_id not in self._sources:
            raise UsageError(
                f"{conflict.conflict_id}: the source {shown(request.source_id)} is not in the table sources."
            )
        before = published_side(conflict)
        taken = self._side(conflict, request.take_from) if request.choice is Choice.TAKE else ""
        return Resolution(
            conflict_id=conflict.conflict_id,
            table=conflict.table,
            row_id=conflict.row_id,
            field=conflict.field,
            kind=conflict.kind,
            inputs_hash=conflict.inputs_hash,
            base_value=(before and before.value) or "",
            choice=request.choice,
            take_from=taken,
            value=self._value(conflict, request, taken),
            reason=reason,
            source_id=request.source_id,
            decided_by=decider.name,
            decided_on=decider.day,
        )

    def _allow(self, conflict: Conflict, request: ResolutionRequest) -> None:
        if not choices(conflict):
            raise UsageError(f"{conflict.conflict_id} ({conflict.kind}) cannot be resolved: {how_else(conflict)}.")
        if request.choice not in choices(conflict):
            can = " or ".join(options(conflict))
            option = _OPTIONS[request.choice]
            raise UsageError(f"{conflict.conflict_id} ({conflict.kind}) cannot be resolved with {option}. Use {can}.")

    def _side(self, conflict: Conflict, who: str) -> str:
        names = takeable(conflict)
        in_full = {f"{side.contributor}:{side.batch}": name for name, side in named_sides(conflict).items()}
        name = who if who in names else in_full.get(who, "")
        if name in names:
            return name
        theirs = [one for one in names if one.startswith(f"{who}:")]
        known = theirs or closest(who, {one: one for one in names}) or names
        raise UsageError(
            f"{conflict.conflict_id}: {shown(who)} is not a side of this conflict. Use --take {' or '.join(known)}."
        )

    def _value(self, conflict: Conflict, request: ResolutionRequest, taken: str) -> str:
        """Give the value that a cell would have; empty if it is erased, or if the decision is not about a cell."""
        if request.choice is not Choice.VALUE:
            return (taken and is_one_cell(conflict) and named_sides(conflict)[taken].value) or ""
        value = tidy(request.value)
        if not value:
            raise UsageError(f"{conflict.conflict_id}: the value is empty. Write {ERASE} to erase the cell.")
        resource = self.package.get(conflict.table)
        if resource is None or conflict.field not in resource.table.field_names:
            raise UsageError(f"{conflict.conflict_id}: the package has no column {conflict.table}.{conflict.field}.")
        problem = why_not(resource, conflict.field, value)
        if problem:
            raise UsageError(f"{conflict.conflict_id}: {problem}.")
        return "" if value == ERASE else value


def why_not(resource: Resource, name: str, value: str) -> str:
    """Give the reason why a cell of a column cannot have a value, or be erased; empty if it can."""
    field = resource.table[name]
    if value == ERASE:
        return "; ".join(describe(field, "erased", ERASE)) if resource.table.is_filled(field) else ""
    if value in resource.table.missing_values(field):
        return f"{shown(value)} means no value; write {ERASE} to erase the cell"
    entry = Input(resource)
    _, notes = standard_reader(entry, schema_of(entry).get_field(name))(value)
    return "; ".join(filter(None, describe(field, next(iter(notes)), value))) if notes else ""
