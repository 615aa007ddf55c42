"""An agreement for programs: its tables, and its text and page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from depositary.agreement.agree import Agreement
from depositary.agreement.formats import written
from depositary.agreement.places import AgreementRequest, agreement_of
from depositary.agreement.records import TABLES
from depositary.identity.places import Places
from depositary.model.agreement_format import AgreementFormat


@dataclass(frozen=True)
class AgreementReport:
    """How far coders agree; `tables` has the rows of each table of docs/agreement.md by its name.

    `agrees` says whether they found the same and gave the same values. `text` and `html` are those of the command.
    """

    coders: tuple[str, ...]
    agrees: bool
    tables: Mapping[str, tuple[Mapping[str, Any], ...]]
    text: str
    html: str


def report(places: Places, asked: AgreementRequest) -> AgreementReport:
    """Compare what the contributors at some places coded.

    Raises:
        DepositaryError: something cannot be compared or read.
    """
    return _report(agreement_of(places, asked))


def _report(found: Agreement) -> AgreementReport:
    return AgreementReport(
        found.coders,
        found.agrees,
        {name: tuple(rows(found)) for name, rows in TABLES.items()},
        written(found, AgreementFormat.TEXT),
        written(found, AgreementFormat.HTML),
    )
