"""Validating: a package, a contribution or a file in, a report out."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from depositary.check.deletes import judge_deletes
from depositary.check.manifest import contributor
from depositary.check.recognise import recognise
from depositary.check.references import Parents
from depositary.check.subject import Input, Subject
from depositary.check.table import OnRows, Outcome, judge_table
from depositary.check.tally import EXAMPLES, Tally
from depositary.model.finding import Finding
from depositary.model.report import Report
from depositary.read.contribution import DELETES


def validate(  # noqa: PLR0913 (two of them are for the command line and for tests)
    path: str | Path,
    base: str | Path | None = None,
    *,
    table: str | None = None,
    examples: int = EXAMPLES,
    on_rows: OnRows | None = None,
    reference_only: bool = False,
) -> Report:
    """Validate a data package, a contribution to one, or a single CSV file.

    Args:
        path: a folder with `datapackage.json` or `contribution.toml`, one of these files, or a CSV file.
        base: the package that a contribution or file belongs to; by default the one that the nearest
            `depositary.toml` above it names.
        table: which table a CSV file is, where its name does not say.
        examples: how many findings are kept per code and field; totals are always exact.
        on_rows: called with a table's name and the number of its rows judged so far.
        reference_only: leave out what we judge beyond frictionless 5.21 (docs/parity.md); for tests.

    Raises:
        DepositaryError: nothing could be validated; the message says why.
    """
    subject = recognise(Path(path), Path(base) if base else None, table)
    if reference_only:
        subject = subject.by_the_reference()
    parents = Parents(subject.parents)
    with _quiet_collector():
        outcomes = [_judge(entry, parents, examples, on_rows) for entry in subject.inputs]
    return _report(subject, (*subject.findings, *contributor(subject.contributor, parents)), outcomes, examples)


def _judge(entry: Input, parents: Parents, examples: int, on_rows: OnRows | None) -> Outcome:
    outcome = judge_table(entry, parents, examples, on_rows or _silent)
    if entry.resource.name == DELETES:
        return judge_deletes(entry, parents, examples, outcome)
    return outcome


def _silent(_table: str, _rows: int) -> None:
    """Tell nobody."""


@contextmanager
def _quiet_collector() -> Iterator[None]:
    # Millions of short lists make the collector run for nothing: measured at a third of the time.
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _report(subject: Subject, findings: Iterable[Finding], outcomes: list[Outcome], examples: int) -> Report:
    tally = Tally("", examples)
    for finding in findings:
        tally.put(finding)
    return Report(
        subject=subject.label,
        name=subject.name,
        version=subject.version,
        tables=tuple(outcome.report for outcome in outcomes),
        findings=tally.findings,
        totals=tally.totals,
        not_judged=(*subject.not_judged, *(n for outcome in outcomes for n in outcome.not_judged)),
    )
