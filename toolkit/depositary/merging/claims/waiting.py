"""Contributions that wait and are not merged, with the reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from depositary.errors import DepositaryError, InvalidContributionError
from depositary.model.finding import Finding
from depositary.model.report import Report

if TYPE_CHECKING:
    from depositary.merging.claims.inputs import Batch

_FIRST = 3  # findings in a message; depositary validate lists all


@dataclass(frozen=True)
class Waiting:
    """A contribution that waits until it, or another one on which it depends, is corrected.

    `why` does not depend on the folders, because the merged package has it; `report` or `error` has more. `replaces`
    names the batches that the contribution supersedes, `follows` is true if another one causes it to wait, and `batch`
    is None if it could not be opened.
    """

    name: str
    why: str
    contributor: str = ""
    replaces: frozenset[str] = frozenset()
    follows: bool = False
    report: Report | None = None
    error: DepositaryError | None = None
    batch: "Batch | None" = None

    @property
    def details(self) -> Iterator[str]:
        """Give the first findings, or the reason why it could not be opened."""
        if self.error is not None:
            yield from (line.strip() for line in str(self.error).splitlines())
        if self.report is not None:
            found = [finding for finding in self.report if finding.level == "error"]
            yield from map(_text, found[:_FIRST])
            rest = self.report.errors - len(found[:_FIRST])
            if rest:
                yield f"and {rest:,} more; depositary validate {self.report.subject} lists them"


def _text(finding: Finding) -> str:
    row = f"row {finding.row}" if finding.row else ""
    place = ", ".join(filter(None, [finding.table or finding.file, row, finding.field]))
    return f"{place}: {finding.message}"


def invalid(waiting: Sequence[Waiting]) -> InvalidContributionError:
    """Make the error that names contributions, with the reasons why some cannot be opened."""
    reports = [one.report for one in waiting if one.report]
    names = ", ".join([*(report.subject for report in reports), *(one.name for one in waiting if one.error)])
    others = [line for one in waiting if one.error for line in str(one.error).splitlines()]
    return InvalidContributionError(
        waiting,
        f"nothing was merged, because of errors in {names}. Correct them, or merge the others with --set-aside.",
        *others,
    )


def refused(waiting: Sequence[Waiting]) -> DepositaryError:
    """Make the error that names all contributions that are wrong themselves."""
    wrong = [one for one in waiting if not one.follows] or list(waiting)
    alone = wrong[0].error if len(wrong) == 1 else None
    return alone or invalid(wrong)
