"""Check one file as one table, with the verdicts of frictionless 5.21; one of two lanes checks its rows."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from depositary.check.lanes.exact import ExactLane
from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.oddities import Oddities
from depositary.check.lanes.references import Parents
from depositary.check.lanes.rows import TableChecks
from depositary.check.lanes.shown import report_shown
from depositary.check.lanes.sink import Sink
from depositary.check.lanes.worksheets import CheckedSheet, report_hidden, report_merged
from depositary.check.reading.cells import Column
from depositary.check.reading.columns import column_of, is_large
from depositary.check.reading.header import match, require_table
from depositary.model.limits import Limits
from depositary.model.package import Resource
from depositary.model.report import NotJudged, TableReport
from depositary.model.tally import Tally
from depositary.model.target import Input
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import Worksheet
from depositary.reference import FrictionlessException
from depositary.wording.plain import number

if TYPE_CHECKING:  # its libraries take time to load
    from depositary.check.lanes.elsewhere import Cluster

OnRows = Callable[[str, int], None]


@dataclass
class Outcome:
    """The results of checking one file; `odd_keys` is true if a key may look like another.

    `may_add` is true if a row may be new, that is not in the base.
    """

    report: TableReport
    not_judged: list[NotJudged] = field(default_factory=list)
    odd_keys: bool = False
    may_add: bool = True


def judge_table(  # noqa: PLR0913 (what is judged, what it is compared with, how and by whom)
    entry: Input,
    parents: Parents,
    limits: Limits,
    on_rows: OnRows,
    sink: Sink | None = None,
    cluster: "Cluster | None" = None,
) -> Outcome:
    """Check a file: its bytes, labels, cells, keys and references.

    The rows go to the sink as typed rows, for the rules. A cluster judges the rows of a large table.
    """
    file_findings = FileFindings(entry, Tally(entry.resource.name, limits.examples), parents)
    rows: TableChecks | None = None
    labels: list[str] = []
    try:
        with Records(entry.resource, as_is=entry.reference_only) as records:
            labels = records.labels
            rows = open_rows(entry, records, parents, file_findings)
            if sink:
                sink.lacks(set(sink.names) - set(rows.indexes))
            _judge_rows(
                _File(entry, records, rows, parents, sink, limits, cluster), partial(on_rows, entry.resource.name)
            )
            _judge_whole(records, rows, file_findings)
    except UnreadableFile as fault:
        file_findings.file(fault)
        if sink:
            sink.failed(fault.message)
    if sink:
        sink.end()
    if entry.is_overlay:
        file_findings.tally.sort_by_row()  # findings on merged rows come after those on their cells
    report = TableReport(
        entry.resource.name,
        entry.resource.path,
        rows.count if rows else None,
        tuple(labels),
        file_findings.tally.findings,
        file_findings.tally.totals,
        entry.resource.paths[1:],
    )
    odd_keys = bool(rows and rows.oddities and rows.oddities.odd_keys)
    return Outcome(report, rows.not_judged if rows else [], odd_keys, rows.may_add if rows else False)


def _judge_whole(records: Records, rows: TableChecks, file_findings: FileFindings) -> None:
    """Report what is known only when all rows were read."""
    for column in rows.columns:
        if column.gave_up:
            file_findings.gave_up(column.name)
    if rows.oddities:
        swallowing = rows.oddities.swallowing()
        rows.oddities.report(file_findings.swallowed(records, swallowing))
        file_findings.oddities(records, swallowing)
    file_findings.sizes(records.traits, rows.count)
    rows.not_judged += _sizes_of_parts(file_findings.entry.resource)
    if left_out := file_findings.left_out(rows.count):
        why = "the manifest leaves them out with `where`"
        rows.not_judged.append(NotJudged(file_findings.entry.resource.name, number(left_out, "row"), why))


def _sizes_of_parts(resource: Resource) -> list[NotJudged]:
    """Report that the size and the hash of several files are not compared with the descriptor."""
    stated = [name for name in ("bytes", "hash") if resource.parts and resource.sizes[name]]
    why = "the standard does not define them for a table in several files"
    return [NotJudged(resource.name, " and ".join(f"`{name}`" for name in stated), why)] if stated else []


def _judge_worksheet(worksheet: Worksheet, file_findings: FileFindings) -> None:
    """Report cells of a worksheet that show something else than is read."""
    sheet = CheckedSheet(worksheet, file_findings)
    report_hidden(sheet)
    report_merged(sheet)
    report_shown(sheet)


@dataclass(frozen=True)
class _File:
    """A file whose header was checked, with everything for checking its rows."""

    entry: Input
    records: Records
    rows: TableChecks
    parents: Parents
    sink: Sink | None
    limits: Limits
    cluster: "Cluster | None"

    def restart(self) -> None:
        """Forget what was found in the rows; they will be checked again."""
        self.rows.count = 0
        if self.rows.oddities:
            self.rows.oddities.clear()
        if self.sink:
            self.sink.restart()


def _judge_rows(file: _File, tell: Callable[[int], None]) -> None:
    """Check the rows in the fast lane if the file is large and plain enough, otherwise in the exact lane.

    Raises:
        UnreadableFile: the file cannot be read to its end.
    """
    if file.rows.columns and is_large(file.entry, file.records) and _judged_fast(file, tell):
        return
    if file.rows.compares_elsewhere:
        file.rows.compare_here(file.parents)
    ExactLane(file.entry, file.rows, file.parents, file.sink).run(file.records, tell)


def _judged_fast(file: _File, tell: Callable[[int], None]) -> bool:
    from depositary.check.lanes.fast import FastLane, NeedsKeysHere  # noqa: PLC0415 (its libraries take time to load)
    from depositary.read.files.blocks import NeedsExactLane  # noqa: PLC0415

    try:
        FastLane(file.entry, file.rows, file.parents, file.sink, file.limits, file.cluster).run(file.records, tell)
    except NeedsKeysHere:
        file.restart()
        file.rows.compare_here(file.parents)
        return _judged_fast(file, tell)
    except NeedsExactLane:
        file.restart()
        return False
    return True


def open_rows(entry: Input, records: Records, parents: Parents, file_findings: FileFindings) -> TableChecks:
    """Check the header of an open file, and prepare the checks of its rows.

    Raises:
        UnreadableFile: it is not a table, or a check cannot be prepared.
    """
    if records.worksheet and not entry.reference_only:
        _judge_worksheet(records.worksheet, file_findings)
    require_table(entry, records)
    if not records.labels and records.dialect.header and records.dialect.header_rows and not entry.reference_only:
        file_findings.no_labels()
    try:
        header = match(entry, records)
        expected = header.get_expected_fields()
    except FrictionlessException as error:
        raise file_findings.twice(records.labels) from error
    file_findings.mapped(records)
    file_findings.header(header, entry.resource.table)
    columns = [_column(entry, f, n) for n, f in enumerate(expected, start=1)]
    rows = TableChecks(entry, columns, parents, file_findings)
    if not entry.reference_only:
        rows.oddities = Oddities(rows.columns, records, file_findings, rows.reference_forms)
    return rows


def _column(entry: Input, expected: Any, number: int) -> Column:  # noqa: ANN401 (frictionless's fields come untyped)
    try:
        return column_of(entry, expected, number)
    except re.error as error:
        raise UnreadableFile("descriptor-error", f"the pattern of {expected.name} is broken: {error}") from error
