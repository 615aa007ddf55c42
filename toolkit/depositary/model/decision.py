"""The decisions of people: how a conflict is resolved, and whether two rows are the same."""

from dataclasses import dataclass
from enum import StrEnum


class Choice(StrEnum):
    """How a conflict is resolved."""

    TAKE = "take"  # the value of one side
    VALUE = "value"  # another value; an empty one erases the cell
    BASE = "base"  # the published value stays


class Verdict(StrEnum):
    """Whether two rows are about the same thing."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNSURE = "unsure"


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """A decision about one conflict; it is valid as long as the candidates have this hash.

    `take_from` is a contributor, or `contributor:batch` if the contributor has several batches in the conflict; for a
    cell, `value` is then the value of that side. `base_value` is the value that was published at the time.
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
        """Give the thing that one person may decide only once: the conflict."""
        return (self.conflict_id,)

    @property
    def order(self) -> tuple[str, ...]:
        """Give the sort key of resolutions."""
        return (*self.subject, self.decided_by)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A decision whether two rows of a table are about the same thing; `left_id` is the smaller id.

    `score` is the score of the method, between 0 and 1; None if a person judged without a method.
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
        """Give the thing that one person may decide only once: the table and the two rows."""
        return (self.table, self.left_id, self.right_id)

    @property
    def order(self) -> tuple[str, ...]:
        """Give the sort key of judgements."""
        return (*self.subject, self.decided_by)


@dataclass(frozen=True)
class Decisions:
    """All decisions, in order."""

    resolutions: tuple[Resolution, ...] = ()
    judgements: tuple[Judgement, ...] = ()

    @property
    def deciders(self) -> tuple[str, ...]:
        """Name all contributors who decided something."""
        return tuple(sorted({r.decided_by for r in self.resolutions} | {j.decided_by for j in self.judgements}))
