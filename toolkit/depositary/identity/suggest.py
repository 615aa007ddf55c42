"""Suggest pairs of rows that may be about the same thing."""

from collections.abc import Collection, Iterable, Sequence

from depositary.identity.suggestion import Suggestion
from depositary.merging.claims.inputs import Batch
from depositary.model.decision import Judgement
from depositary.model.package import Package

LEAST_SCORE = 0.8  # of a pair that is suggested, unless another score is given


def suggest(
    package: Package,
    batches: Sequence[Batch] = (),
    judgements: Iterable[Judgement] = (),
    *,
    tables: Collection[str] | None = None,
    least_score: float = LEAST_SCORE,
) -> tuple[Suggestion, ...]:
    """Suggest pairs of rows of a package and of contributions that may be about the same thing.

    Pairs that are already judged are not suggested again, nor pairs that a negative judgement rules out. They are
    sorted by table, then by their ids. `tables` are all tables whose schemas say what identifies a row, unless some
    are named.

    Raises:
        UsageError: a table is not known, or nothing identifies its rows.
        UnreadableFile: a file of a contribution cannot be read.
    """
    raise NotImplementedError
