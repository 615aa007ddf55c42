"""Check evidence with the text that it comes from: hash, offsets, quote."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from depositary.check.documents.descriptor import sound_package
from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.references import Parents
from depositary.check.reading.columns import Key, read_columns
from depositary.errors import DocumentError, NotFoundError, UsageError
from depositary.model.package import Package
from depositary.model.report import Report, TableReport
from depositary.model.tally import Tally
from depositary.model.target import Input
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.package import table_of
from depositary.wording.plain import shown

_COLUMNS = ("evidence_id", "source_id", "char_start", "char_end", "quote_sha256", "quote")
# Offsets count the code points of the text decoded as UTF-8, from 0, without the end, with unchanged newlines.


def check_evidence(path: Path, file: Path) -> Report:
    """Check all evidence from the sources whose snapshot is the given text.

    Raises:
        NotFoundError: there is no such text or package.
        UsageError: no source has this text's SHA-256.
        DocumentError: the text is not UTF-8, or a table of the package cannot be read.
    """
    package = sound_package(path)
    digest, text = _snapshot(file)
    sources = _sources(package, digest, file)
    entry = Input(table_of(package, "evidence"))
    file_findings = FileFindings(entry, Tally("evidence"), Parents({}))
    checked = 0
    for number, (_, source, *proof) in enumerate(_rows(package, "evidence", _COLUMNS), start=2):
        if source in sources:
            checked += 1
            for field, code, message in judge_passage(text, *proof):
                file_findings.add(code, message, row=number, field=field, reference={"rowNumber": number, "cells": []})
    tally = file_findings.tally
    table = TableReport("evidence", entry.resource.path, checked, (), tally.findings, tally.totals)
    return Report(f"{path.as_posix()} by {file.name}", package.name, package.version, (table,))


def _snapshot(file: Path) -> tuple[str, str]:
    if not file.is_file():
        raise NotFoundError(f"{file}: there is no such file.")
    content = file.read_bytes()
    try:
        return hashlib.sha256(content).hexdigest(), content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{file}: this is not UTF-8 text: byte {error.start} is wrong. Offsets need UTF-8 text."
        ) from error


def _sources(package: Package, digest: str, file: Path) -> set[Any]:
    snapshots = {
        source: snapshot for source, snapshot in _rows(package, "sources", ("source_id", "snapshot_sha256")) if snapshot
    }
    found = {source for source, snapshot in snapshots.items() if snapshot == digest}
    if not found:
        known = "; ".join(f"{source} {snapshot}" for source, snapshot in sorted(snapshots.items())) or "none"
        ends = " It differs from a coded text only in its line ends." if _other_ends(file, snapshots) else ""
        raise UsageError(
            f"{file}: no source has the SHA-256 of this text, {digest}.{ends} The coded texts are {known}."
        )
    return found


def _other_ends(file: Path, snapshots: Mapping[Any, Any]) -> bool:
    plain = file.read_bytes().replace(b"\r\n", b"\n")
    digests = {hashlib.sha256(text).hexdigest() for text in (plain, plain.replace(b"\n", b"\r\n"))}
    return bool(digests & set(snapshots.values()))


def _rows(package: Package, table: str, columns: tuple[str, ...]) -> list[Key]:
    try:
        return list(read_columns(Input(table_of(package, table)), columns))
    except UnreadableFile as fault:
        raise DocumentError(f"{table}: {fault.message}. Run depositary validate first.") from fault


def judge_passage(text: str, start: Any, end: Any, digest: Any, quote: Any) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401
    """Compare a row of evidence with its text; give field, code and message of each difference."""
    if start is None or end is None or digest is None:
        yield (
            "char_start",
            "evidence-offsets",
            "the row has no passage, but its source has a text",
        )
        return
    if not 0 <= start < end <= len(text):
        message = f"the text has no characters {start} to {end}; it has {len(text):,} characters"
        yield "char_start", "evidence-offsets", message
        return
    passage = text[start:end]
    if hashlib.sha256(passage.encode()).hexdigest() != digest:
        yield (
            "quote_sha256",
            "evidence-hash",
            f"the hash of the passage at {start} to {end} is not the hash of the row",
        )
    if quote is not None and quote != passage:
        yield "quote", "evidence-quote", f"{shown(quote)} is not the passage at {start} to {end}"
