"""Check evidence with the text that it comes from."""

from collections.abc import Iterator
from pathlib import Path

from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.references import Parents
from depositary.check.rules.passages import judge_passage
from depositary.errors import UsageError
from depositary.evidence.holding import (
    ABSENT,
    EVIDENCE,
    SNAPSHOT,
    Holding,
    Row,
    open_holding,
    require_text_columns,
)
from depositary.evidence.source_text import SourceText, other_line_ends, read_source_text
from depositary.model.report import Report, TableReport
from depositary.model.tally import Tally
from depositary.model.target import Input
from depositary.read.package import table_of

_PROOF = ("char_start", "char_end", "quote_sha256", "quote")
_FEW = 10  # sources that a message lists


def check_evidence(path: Path | str, file: Path | str, base: Path | str | None = None) -> Report:
    """Check all evidence from the sources whose snapshot is the given text.

    Of a contribution, its own rows are checked, as they would be after a merge. If it changes the text of a published
    source, the published evidence of this source is checked too.

    Raises:
        NotFoundError: there is no such text, package or contribution.
        UsageError: no source has this text's SHA-256, or the contribution has no evidence.
        DocumentError: the text is not UTF-8, or a table cannot be read.
    """
    holding, text = open_holding(path, base), read_source_text(file)
    sources = sources_of(holding, text)
    require_text_columns(holding.table(EVIDENCE), _PROOF[:3])
    rows = [row for row in holding.evidence(lambda row: row.get("source_id") in sources) if _is_ours(holding, row)]
    entry = holding.own(EVIDENCE)
    if entry is None and not rows:
        raise UsageError(f"{holding.path}: this contribution has no table {EVIDENCE}, so there is nothing to check.")
    entry = entry or Input(table_of(holding.package, EVIDENCE))
    file_findings = FileFindings(entry, Tally(EVIDENCE), Parents({}))
    for row in rows:
        _judge(row, text, file_findings)
    tally = file_findings.tally
    report = TableReport(EVIDENCE, entry.resource.path, len(rows), (), tally.findings, tally.totals)
    subject = f"{holding.path.as_posix()} by {text.file.name}"
    return Report(
        subject,
        holding.package.name,
        holding.package.version,
        (report,),
        is_part=holding.is_contribution,
        contributor=str(holding.manifest.get("contributor", "")),
    )


def sources_of(holding: Holding, text: SourceText) -> set[str]:
    """Give the sources that have a text.

    Raises:
        UsageError: there is none; the message lists the texts that the sources have.
    """
    snapshots = {name: row.get(SNAPSHOT) for name, row in holding.sources.items() if row.get(SNAPSHOT)}
    found = {source for source, snapshot in snapshots.items() if snapshot == text.digest}
    if not found:
        raise UsageError("".join(_unknown(text, snapshots)))
    return found


def _unknown(text: SourceText, snapshots: dict[str, str]) -> Iterator[str]:
    yield f"{text.file}: no source has the SHA-256 of this text, {text.digest}."
    if other_line_ends(text) & set(snapshots.values()):
        yield " It differs from a coded text only in its line ends."
    listed = [f"{source} {snapshot}" for source, snapshot in sorted(snapshots.items())]
    more = f"; and {len(listed) - _FEW:,} more" if len(listed) > _FEW else ""
    yield f" The coded texts are {'; '.join(listed[:_FEW]) or 'none'}{more}."


def _is_ours(holding: Holding, row: Row) -> bool:
    """Return whether a row is checked: it is ours, or we gave its source another text."""
    source = holding.sources[row.get("source_id")]
    return row.number > 0 or (source.before is not None and source.before.get(SNAPSHOT) != source.get(SNAPSHOT))


def _judge(row: Row, text: SourceText, file_findings: FileFindings) -> None:
    if row.needs_no_passage:
        return
    whose = "" if row.number else f"{row.get('evidence_id')} of the base: "
    problems = [*judge_passage(text.content, *(row.get(name) for name in _PROOF))]
    length = len(text.content)
    if row.get("support") == ABSENT and not problems and row.span != (0, length):
        message = f"support is absent, but the passage is not the whole text, which is 0 to {length}"
        problems = [("char_start", "evidence-offsets", message)]
    for field, code, message in problems:
        reference = {"rowNumber": row.number, "cells": []}
        file_findings.add(code, f"{whose}{message}", row=row.number, field=field, reference=reference)
