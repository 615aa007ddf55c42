"""Judging `deletes.csv`: every row it names must be in the base."""

from dataclasses import replace

from depositary.check import hints
from depositary.check.faults import Faults
from depositary.check.references import Parents, read_columns
from depositary.check.subject import Input
from depositary.check.table import Outcome
from depositary.check.tally import Tally
from depositary.check.wording import shown
from depositary.model.record_id import record_id
from depositary.read.csv import Fault


def judge_deletes(entry: Input, parents: Parents, outcome: Outcome) -> Outcome:
    """Add the rows that name no table or no record of the base to what was found in the file."""
    tally = Tally(entry.resource.name)
    faults = Faults(entry, tally, parents)
    try:
        rows = list(read_columns(entry, ("table", "record_id")))
    except Fault:
        return outcome  # what is wrong with the file has been said
    for number, (table, record) in enumerate(rows, start=2):
        if table is not None and record is not None:
            _judge(number, str(table), str(record), parents, faults)
    report = replace(
        outcome.report,
        findings=(*outcome.report.findings, *tally.findings),
        totals=tuple(sorted((*outcome.report.totals, *tally.totals))),
    )
    return replace(outcome, report=report)


def _judge(number: int, table: str, record: str, parents: Parents, faults: Faults) -> None:
    base = [entry for entry in parents.files.get(table, ()) if entry.base is None]
    if not base:
        names = {name: name for name in parents.files}
        _dangling(
            faults,
            number,
            "table",
            table,
            f"{shown(table)} is no table of the base",
            hints.suggest(table, names),
        )
        return
    known = parents.keys(table, base[0].resource.table.primary_key)
    records = {record_id(key): record_id(key) for key in known.keys}
    if not known.reason and record not in records:
        message = f"{shown(record)} is no record of {table}"
        _dangling(faults, number, "record_id", record, message, hints.suggest(record, records))


def _dangling(faults: Faults, row: int, field: str, value: str, message: str, hint: str) -> None:  # noqa: PLR0913
    reference = {
        "cells": [],
        "rowNumber": row,
        "fieldNames": [field],
        "fieldCells": [value],
        "referenceName": "",
        "referenceFieldNames": [],
    }
    faults.add("foreign-key", message, hint, row=row, field=field, value=value, reference=reference)
