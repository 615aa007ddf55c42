"""Measure the agreement of contributions at some places."""

from dataclasses import dataclass

from depositary.agreement.agree import Agreement, agree
from depositary.errors import UsageError
from depositary.identity.places import Places, opened
from depositary.identity.suggest import LEAST_SCORE


@dataclass(frozen=True)
class AgreementRequest:
    """What is compared: some sources and tables, or all, and whether suggestions match rows, from which score on."""

    sources: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    least_score: float = LEAST_SCORE
    is_suggested: bool = True


def agreement_of(places: Places, asked: AgreementRequest = AgreementRequest()) -> Agreement:
    """Open the contributions and compare what their contributors coded.

    Raises:
        UsageError: a contribution cannot be compared, or what is asked for is not there.
        DepositaryError: something cannot be read.
    """
    with opened(places) as there:
        for one in there.waiting:
            raise UsageError(f"{one.name} cannot be compared: {one.why}: {one.error}")
        return agree(
            there.package,
            there.batches,
            there.judgements,
            sources=asked.sources,
            tables=asked.tables,
            least_score=asked.least_score,
            suggested=asked.is_suggested,
        )
