"""Measure the agreement of contributions at some places."""

from dataclasses import dataclass

from depositary.agreement.agree import Agreement, agree
from depositary.check.documents.find_target import find_target
from depositary.check.lanes.known import Known
from depositary.check.validate import judge_target
from depositary.errors import UsageError
from depositary.identity.places import Opened, Places, opened
from depositary.identity.suggest import LEAST_SCORE
from depositary.merging.claims.admission import uncertain
from depositary.model.limits import Limits
from depositary.model.package import MANIFEST
from depositary.model.rule import RuleOptions


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
        there.refuse_waiting()
        _require_certain(there)
        return agree(
            there.package,
            there.batches,
            there.judgements,
            sources=asked.sources,
            tables=asked.tables,
            least_score=asked.least_score,
            suggested=asked.is_suggested,
        )


def _require_certain(there: Opened) -> None:
    """Refuse contributions whose rows or columns are not certain, such as one with a mistyped column.

    Wrong values are compared as they are, and what is wrong in the manifest changes no row.
    """
    known = Known()
    for batch in there.batches:
        target = find_target(batch.directory, batch.base.directory, None)
        report = judge_target(target, RuleOptions(rules=False), Limits(), known=known)
        for found in (one for one in uncertain(report) if one.file != MANIFEST):
            place = ", ".join(filter(None, [found.file or found.table, f"row {found.row}" if found.row else ""]))
            raise UsageError(
                f"{batch.name} cannot be compared: {place}: {found.message}. Correct it; "
                "depositary validate lists all errors."
            )
