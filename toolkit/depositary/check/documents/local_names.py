"""Check ids in mapped files that become `local:` names: two ids of one table must not become the same name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.references import Parents
from depositary.model.finding import Finding, Place
from depositary.model.report import Total
from depositary.model.table import Table
from depositary.model.tally import Tally
from depositary.model.target import Input
from depositary.read.files.mapped import LOCAL, SourceRows, local_name
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.plain import shown


@dataclass
class LocalNames:
    """The names made so far in all files of one contribution: table and name → original id and its place."""

    made: dict[tuple[str, str], tuple[str, Place]] = field(default_factory=dict)

    def judge(self, entry: Input, parents: Parents, examples: int) -> tuple[tuple[Finding, ...], tuple[Total, ...]]:
        """Find the rows whose id becomes the name of another id; each name is reported once for each file."""
        tally = Tally(entry.resource.name, examples)
        file_findings = FileFindings(entry, tally, parents)
        reported: set[tuple[str, str]] = set()
        for row, name, target, cell in _ids(entry):
            key, here = (target, local_name(cell)), Place(entry.resource.name, entry.resource.path, row)
            other, place = self.made.setdefault(key, (cell, here))
            if other != cell and key not in reported:
                reported.add(key)
                where = f"row {place.row}" if place.file == here.file else f"row {place.row} of {place.file}"
                file_findings.add(
                    "local-name",
                    f"{shown(cell)} and {shown(other)} ({where}) would both become {key[1]}",
                    f'translate one of them under `values`, as {name} = {{ {shown(cell)} = "{key[1]}-2" }}',
                    row=row,
                    field=name,
                    value=cell,
                )
        return tally.findings, tally.totals


def _ids(entry: Input) -> Iterator[tuple[int, str, str, str]]:
    """Give the original ids in a file: row, our column, the table to which the id belongs, and the id."""
    resource, mapping = entry.resource, entry.resource.mapping
    targets = {name: _target(resource.table, name) for name in (mapping.local if mapping else ())}
    if not mapping or not any(targets.values()):
        return
    try:
        source = SourceRows(resource)
    except UnreadableFile:
        return  # the check of the rows reports this
    try:
        ours = [mapping.ours(label) for label in source.labels]
        wanted = [(at, name, targets[name]) for at, name in enumerate(ours) if name and targets.get(name)]
        for number, row in enumerate(chain.from_iterable(source.chunks()), start=2):
            for at, name, target in wanted:
                cell = row[at].strip() if at < len(row) else ""
                if cell not in mapping.values.get(name, {}) and local_name(cell).startswith(LOCAL):
                    yield number, name, target, cell
    except UnreadableFile:
        return
    finally:
        source.close()


def _target(table: Table, name: str) -> str:
    """Name the table to which a column's ids belong; empty if another column names it."""
    if table.primary_key == (name,):
        return table.name
    return next((key.table for key in table.foreign_keys if key.fields == (name,)), "")
