"""The settings of a table for the rules of rows and cells."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from depositary.merging.claims.hashes import conflict_id
from depositary.merging.claims.policy import TablePolicy
from depositary.merging.claims.ranks import PUBLISHED
from depositary.merging.claims.values import NormalisedValues
from depositary.merging.rules.case import Case, Claim
from depositary.merging.rules.resolutions import Resolutions
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.kinds import ConflictKind, family


@dataclass(frozen=True)
class TableRules:
    """How the rows of one table merge, and which batches take part."""

    policy: TablePolicy
    forms: NormalisedValues  # the values by which texts are compared
    resolutions: Resolutions
    who: Mapping[int, tuple[str, str]]  # by rank, contributor and batch
    source_kinds: Mapping[str, str]  # by source id
    succession: frozenset[tuple[int, int]] = frozenset()  # ranks of one contributor, the earlier first

    def form(self, name: str, text: str | None) -> Hashable:
        """Give the value by which a text of a field is compared."""
        return self.forms.of(name, text)

    def are_same(self, name: str, one: str | None, other: str | None) -> bool:
        """Return whether two texts of a field mean the same."""
        return one == other or self.form(name, one) == self.form(name, other)

    def is_edit(self, claim: Claim) -> bool:
        """Return whether a claim is about facts, and not about the work on a row."""
        return self.policy.fields[claim.field].is_edit

    def is_current(self, case: Case, claim: Claim) -> bool:
        """Return whether a claim has the published value."""
        return self.are_same(claim.field, claim.value, current_cell(case, claim.field))

    def is_late(self, case: Case, claim: Claim) -> bool:
        """Return whether its contribution saw another value than the published one, which is then a candidate too."""
        seen_otherwise = not self.are_same(claim.field, claim.seen, current_cell(case, claim.field))
        return seen_otherwise and claim not in case.in_time

    def ranks_of(self, name: str) -> frozenset[int]:
        """Give the ranks from which a decision takes the value: `published`, a contributor, or one of its batches."""
        if name == "published":
            return frozenset({PUBLISHED})
        ranks = self.who.items()
        return frozenset(rank for rank, (one, batch) in ranks if name in (one, f"{one}:{batch}") and rank >= 0)

    def side(self, claim: Claim, value: str | None) -> Side:
        """Give the side of the contributor who makes a claim."""
        return Side(*self.who[claim.rank], value, claim.source_id)

    def published_side(self, case: Case, value: str | None) -> Side:
        """Give the side of the published value."""
        source = self.policy.source
        row = None if case.is_brought_back else case.current
        source_id = row[source] if row is not None and source else None
        return Side(*self.who[PUBLISHED], value, source_id or "")

    def conflict(  # noqa: PLR0913 (a conflict has that many properties)
        self,
        case: Case,
        kind: ConflictKind,
        name: str,
        sides: Sequence[Side],
        hashed: str,
        message: str,
        status: Status = Status.OPEN,
    ) -> Conflict:
        """Make a conflict about a row or one of its cells; `name` is empty for the row."""
        about = family(kind)
        if name and about != "audit":
            about = "cell"
        if kind == ConflictKind.DELETE_REFERENCED:  # it can come after row.delete_edit is decided
            about = "reference"
        return Conflict(
            conflict_id=conflict_id(about, self.policy.name, case.row_id, name),
            kind=kind,
            status=status,
            table=self.policy.name,
            row_id=case.row_id,
            field=name,
            sides=tuple(sorted(set(sides), key=lambda side: side.order)),
            inputs_hash=hashed,
            message=message,
        )


def current_cell(case: Case, name: str) -> str | None:
    """Give the published value of a cell; None if it is blank, or the row is not published."""
    return case.current[name] if case.current is not None else None
