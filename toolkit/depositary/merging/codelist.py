"""Extend a code list of a package with a longer list from another source."""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as with_
from pathlib import Path

from depositary.check.documents.descriptor import sound_package
from depositary.check.lanes.references import Parents
from depositary.check.lanes.table import judge_table
from depositary.errors import DocumentError, NotFoundError, UsageError
from depositary.model.codes import CODES
from depositary.model.finding import Finding
from depositary.model.limits import Limits
from depositary.model.package import Package, Resource
from depositary.model.record_id import record_id
from depositary.model.report import Report
from depositary.model.table import Table
from depositary.model.tally import Tally
from depositary.model.target import Input
from depositary.read.files.compressed import compression_of
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.package import find_descriptor, table_of
from depositary.wording.plain import sentences, shown
from depositary.write.atomic import write_text
from depositary.write.csv import to_csv
from depositary.write.disk import in_turn
from depositary.write.sizes import rewrite

_PLAIN = {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "header": True, "headerRows": [1]}

CodeRow = tuple[str, ...]


@dataclass(frozen=True)
class CodelistOutcome:
    """The added rows, or the report with the reasons why nothing was added."""

    report: Report
    summary: str


def pairs(options: Iterable[str] | None) -> dict[str, str]:
    """Read options of the form TO=FROM.

    Raises:
        UsageError: one of them has no equals sign.
    """
    found = {}
    for option in options or ():
        name, sign, value = option.partition("=")
        if not sign:
            raise UsageError(f"{option!r} has no equals sign. Write it as column=value.")
        found[name.strip()] = value
    return found


def add_rows(  # noqa: PLR0913 (each is an option of the command)
    path: Path,
    name: str,
    file: Path,
    *,
    columns: Mapping[str, str],
    values: Mapping[str, str],
    missing: Sequence[str] = (),
    replace: bool | None = None,
) -> CodelistOutcome:
    """Add the rows of a CSV file to a code list of a package, all or none.

    Args:
        path: the package.
        name: the code list.
        file: the longer list.
        columns: maps columns of the list to columns of the file, if the names differ.
        values: values for whole columns.
        missing: texts of the file that mean "no value"; a row whose code is one of them is left out and counted.
        replace: if both have a row for a code, keep that of the file (True) or of the list (False); None refuses.

    Raises:
        DepositaryError: the list, the file or its columns do not fit the request.
    """
    sound_package(path)
    descriptor = find_descriptor(path)
    with in_turn(descriptor):  # otherwise rows that another run adds at the same time would be lost
        return _add_rows(descriptor, name, file, columns, values, missing, replace=replace)


def _add_rows(  # noqa: PLR0913 (as above)
    descriptor: Path,
    name: str,
    file: Path,
    columns: Mapping[str, str],
    values: Mapping[str, str],
    missing: Sequence[str],
    *,
    replace: bool | None,
) -> CodelistOutcome:
    target = _code_list(sound_package(descriptor), name)
    labels, read = _read(file)
    filled = _filled(target.table, labels, columns, values, file)
    rows = {number: filled(["" if cell in missing else cell for cell in row]) for number, row in read.items()}
    coded = {number: row for number, row in rows.items() if all(_key(target.table, row))}
    report = _judged(target, coded, file)
    known = {_key(target.table, row): row for row in _current(target)}
    if replace is None:
        report = _with_findings(report, _known_already(target, coded, known, file))
    if not report.valid:
        return CodelistOutcome(report, "")
    added = {_key(target.table, row): row for row in coded.values()}
    merged = {**known, **added} if replace else {**added, **known}
    text = to_csv(target.table.field_names, [merged[key] for key in sorted(merged)])
    rewrite(descriptor, name, target.file, text.encode(), len(merged))
    return CodelistOutcome(report, _summary(target, merged, known, left_out=len(rows) - len(coded)))


def _code_list(package: Package, name: str) -> Resource:
    target = table_of(package, name)
    if not target.table.is_code_list:
        lists = ", ".join(r.name for r in package if r.table.is_code_list)
        raise UsageError(f"{name} is not a code list. The code lists of this package are {lists}.")
    if not _is_plain(target):
        raise UsageError(
            f"{target.file}: only plain CSV can be extended: UTF-8, commas, a header, not compressed, in one file. "
            "Store it like this."
        )
    return target


def _is_plain(target: Resource) -> bool:
    """Return whether a table is stored in the form that is written here."""
    dialect = {key: value for key, value in target.dialect.items() if key not in ("$schema", "lineTerminator")}
    is_utf8 = target.encoding.lower().replace("_", "-") in ("utf-8", "utf8")
    is_one = not (compression_of(target) or target.parts or target.is_parquet)
    return is_one and is_utf8 and all(_PLAIN.get(key) == value for key, value in dialect.items())


def _read(file: Path) -> tuple[list[str], dict[int, list[str]]]:
    if not file.is_file():
        raise NotFoundError(f"{file}: there is no such file.")
    try:
        with Records(Resource(name=file.stem, path=str(file), file=file, table=Table(file.stem, ()))) as records:
            chunks = list(records.chunks())
            labels = records.labels
    except UnreadableFile as fault:
        raise DocumentError(f"{file}: {sentences(fault.message, fault.hint)}") from fault
    rows = {number: row for numbers, part in chunks for number, row in zip(numbers, part, strict=True)}
    uneven = next((number for number, row in rows.items() if len(row) != len(labels)), None)
    if uneven:
        raise DocumentError(
            f"{file}: row {uneven} has {len(rows[uneven])} cells, but the header has {len(labels)} columns. Correct "
            "the row."
        )
    return labels, rows


def _filled(
    table: Table, labels: Sequence[str], columns: Mapping[str, str], values: Mapping[str, str], file: Path
) -> Callable[[Sequence[str]], CodeRow]:
    """Make the function that turns a row of the file into a row of the list."""
    for name in (*columns, *values):
        if name not in table.field_names:
            raise UsageError(f"{table.name} has no column {name!r}. Its columns are {', '.join(table.field_names)}.")
    sources = {name: columns.get(name, name) for name in table.field_names}
    unfilled = [
        name
        for name, label in sources.items()
        if label not in labels and name not in values and (name in columns or table[name].required)
    ]
    if unfilled:
        raise UsageError(
            f"{file}: nothing fills {', '.join(unfilled)}; the file has {', '.join(labels)}. Name a column with "
            f"--column {unfilled[0]}=…, or give all rows one value with --value {unfilled[0]}=…"
        )
    parts: list[int | str] = [
        values[name] if name in values else labels.index(label) if label in labels else ""
        for name, label in sources.items()
    ]
    return lambda row: tuple(row[part] if isinstance(part, int) else part for part in parts)


def _key(table: Table, row: CodeRow) -> CodeRow:
    return tuple(row[table.field_names.index(name)] for name in table.primary_key)


def _judged(target: Resource, rows: Mapping[int, CodeRow], file: Path) -> Report:
    """Check the rows as rows of the list, with the row numbers of their file."""
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "rows.csv"
        write_text(draft, to_csv(target.table.field_names, rows.values()))
        entry = Input(with_(target, file=draft, path=str(file), descriptor={}))
        judged = judge_table(entry, Parents({}), Limits(), lambda _table, _rows: None).report
    numbers = list(rows)
    findings = tuple(with_(f, row=numbers[f.row - 2]) if f.row > 1 else f for f in judged.findings)
    return Report(str(file), target.name, "", (with_(judged, findings=findings),))


def _current(target: Resource) -> list[CodeRow]:
    try:
        with Records(target) as records:
            labels = tuple(records.labels)
            rows = [tuple(row) for _, rows in records.chunks() for row in rows]
    except UnreadableFile as fault:
        raise DocumentError(f"{target.path}: {fault.message}. Run depositary validate first.") from fault
    if labels != tuple(target.table.field_names) or any(len(row) != len(labels) for row in rows):
        raise DocumentError(
            f"{target.path}: its columns are not those of the schema, in the same order. Correct them first."
        )
    return rows


def _known_already(
    target: Resource, rows: Mapping[int, CodeRow], known: Mapping[CodeRow, CodeRow], file: Path
) -> list[Finding]:
    found = []
    for number, row in rows.items():
        key = _key(target.table, row)
        if key in known and known[key] != row:
            found.append(_clash(target, number, key, file))
    return found


def _clash(target: Resource, number: int, key: CodeRow, file: Path) -> Finding:
    name = ", ".join(target.table.primary_key)
    message = f"{shown(record_id(key))} is already in {target.name}, with other values"
    return Finding(
        code="primary-key",
        level="error",
        table=target.name,
        file=str(file),
        row=number,
        field=name,
        value=record_id(key),
        message=message,
        hint="choose the row to keep: --replace keeps that of the file, --keep that of the list",
        reference={"type": CODES["primary-key"].reference, "note": message, "cells": [], "rowNumber": number},
    )


def _with_findings(report: Report, findings: Sequence[Finding]) -> Report:
    (table,) = report.tables
    tally = Tally(table.name)
    for finding in findings:
        tally.put(finding)
    joined = with_(
        table,
        findings=(*table.findings, *tally.findings),
        totals=tuple(sorted((*table.totals, *tally.totals))),
    )
    return with_(report, tables=(joined,))


def _summary(
    target: Resource, merged: Mapping[CodeRow, CodeRow], known: Mapping[CodeRow, CodeRow], *, left_out: int
) -> str:
    changed = sum(merged[key] != row for key, row in known.items())
    parts = [f"{target.name}: {len(merged) - len(known):,} rows added", f"{changed:,} replaced"]
    if left_out:
        parts.append(f"{left_out:,} without a code left out")
    return f"{', '.join(parts)}; it has {len(merged):,} now."
