"""Check `deletes.csv`: every row that it names must be in the base or in an earlier batch of the contributor."""

from dataclasses import dataclass, field, replace

from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.references import Parents
from depositary.check.lanes.table import Outcome
from depositary.check.lanes.written_keys import record_name
from depositary.check.reading.columns import read_columns
from depositary.model.package import Mode
from depositary.model.record_id import key_of, record_id
from depositary.model.report import NotJudged
from depositary.model.tally import Tally
from depositary.model.target import Input
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording import likeness
from depositary.wording import suggest as hints
from depositary.wording.likeness import Likes, spelled
from depositary.wording.plain import shown


def judge_deletes(entry: Input, parents: Parents, examples: int, outcome: Outcome) -> Outcome:
    """Add the rows that name an unknown table or record to the findings of the file."""
    tally = Tally(entry.resource.name, examples)
    judge = _Judge(parents, FileFindings(entry, tally, parents))
    try:
        for number, (table, record) in enumerate(read_columns(entry, ("table", "record_id")), start=2):
            if table is not None and record is not None:
                judge.row(number, str(table), str(record))
    except UnreadableFile:
        return outcome  # other findings report the error in the file
    report = replace(
        outcome.report,
        findings=tuple(sorted((*outcome.report.findings, *tally.findings), key=lambda finding: finding.row)),
        totals=tuple(sorted((*outcome.report.totals, *tally.totals))),
    )
    return Outcome(report, [*outcome.not_judged, *judge.not_judged.values()])


@dataclass
class _Judge:
    parents: Parents
    file_findings: FileFindings
    not_judged: dict[str, NotJudged] = field(default_factory=dict)
    _found: dict[str, set[str]] = field(default_factory=dict)  # the named records that exist
    _records: dict[str, dict[str, str]] = field(default_factory=dict)
    _likes: dict[str, Likes] = field(default_factory=dict)

    def row(self, number: int, table: str, record: str) -> None:
        """Check one row: its table first, then its record."""
        if self.parents.base(table) is None:
            tables = {name: name for name, entries in self.parents.files.items() if entries[-1].mode is Mode.TABLE}
            self._dangling(number, "table", table, f"{shown(table)} is not a table of the base", tables)
        elif not self._exists(table, record_name(record)) and table not in self.not_judged:
            same, alike = self.parents.written(table).same_key(record), self._alike(table, record)
            meant = same and f"did you mean {same}? The package writes the key like this"
            message = f"{spelled(record) if alike else shown(record)} is not a record of {table}"
            meant = meant or likeness.meant(alike)
            self._dangling(number, "record_id", record, message, self._known(table), meant)

    def _alike(self, table: str, record: str) -> list[tuple[str, ...]]:
        """Give the ids that look the same to a person."""
        if table not in self._likes:
            self._likes[table] = Likes(map(key_of, self._known(table)))
        return [(record_id(key),) for key in self._likes[table].of(key_of(record))]

    def _exists(self, table: str, name: str) -> bool:
        if table not in self._found and table not in self.not_judged:
            try:
                self._found[table] = set(self.parents.written(table).named(self.parents.asked(table)).values())
            except UnreadableFile as fault:
                reason = f"{table} of the base could not be read: {fault.message}"
                self.not_judged[table] = NotJudged("deletes", f"records of {table}", reason)
        return name in self._found.get(table, ())

    def _known(self, table: str) -> dict[str, str]:
        if table not in self._records:
            self._records[table] = {name: name for name in self.parents.written(table).ids.values()}
        return self._records[table]

    def _dangling(  # noqa: PLR0913 (a finding has that many properties)
        self, row: int, name: str, value: str, message: str, known: dict[str, str], meant: str = ""
    ) -> None:
        reference = {
            "cells": [],
            "rowNumber": row,
            "fieldNames": [name],
            "fieldCells": [value],
            "referenceName": "",
            "referenceFieldNames": [],
        }
        hint = meant or hints.suggest(value, known)
        hint = hint or "name a row of the base; join the values of a composite key with |"
        self.file_findings.add("foreign-key", message, hint, row=row, field=name, value=value, reference=reference)
