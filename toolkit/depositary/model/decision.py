"""What people decide: how a conflict is settled, and whether two rows are the same."""

from dataclasses import dataclass
from enum import StrEnum


class Choice(StrEnum):
    """How a conflict is settled."""

    TAKE = "take"  # what one side says
    VALUE = "value"  # another value; an empty one erases
    BASE = "base"  # what was published stays


class Verdict(StrEnum):
    """Whether two rows are about the same thing."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNSURE = "unsure"


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """How somebody settles a conflict, as long as its inputs have this hash.

    `take_from` is a contributor, or `contributor:batch` where one has several batches in the conflict; on a cell,
    `value` is then what that side says. `base_value` is what was published when it was decided.
    """

    conflict_id: str
    table: str
    row_id: str
    field: str
    kind: str
    inputs_hash: str
    base_value: str
    choice: Choice
    take_from: str
    value: str
    reason: str
    source_id: str
    decided_by: str
    decided_on: str

    @property
    def subject(self) -> tuple[str, ...]:
        """Give what one person decides once: the conflict."""
        return (self.conflict_id,)

    @property
    def order(self) -> tuple[str, ...]:
        """Give what resolutions are ordered by."""
        return (*self.subject, self.decided_by)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Whether somebody takes two rows of a table for the same; `left_id` is the smaller one.

    `score` is between 0 and 1, of the method; None where a person judged without one.
    """

    table: str
    left_id: str
    right_id: str
    judgement: Verdict
    method: str
    score: float | None
    reason: str
    source_id: str
    decided_by: str
    decided_on: str

    @property
    def subject(self) -> tuple[str, ...]:
        """Give what one person decides once: the table and the two rows."""
        return (self.table, self.left_id, self.right_id)

    @property
    def order(self) -> tuple[str, ...]:
        """Give what judgements are ordered by."""
        return (*self.subject, self.decided_by)


@dataclass(frozen=True)
class Decisions:
    """All that was decided, in order."""

    resolutions: tuple[Resolution, ...] = ()
    judgements: tuple[Judgement, ...] = ()

    @property
    def deciders(self) -> tuple[str, ...]:
        """Name all who decided something."""
        return tuple(sorted({r.decided_by for r in self.resolutions} | {j.decided_by for j in self.judgements}))
