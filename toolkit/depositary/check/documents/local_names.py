"""Check the `local:` names of mapped files: two ids, or two keys of which ids are minted, must not become the same."""

from array import array
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import chain

from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.references import Parents
from depositary.model.finding import Finding, Place
from depositary.model.report import Total
from depositary.model.table import Table
from depositary.model.tally import Tally
from depositary.model.target import Input
from depositary.read.files.mapped import LOCAL, SourceRows, TranslatedRows, local_name
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.plain import shown

_FEW = 100_000  # rows


@dataclass
class LocalNames:
    """The names made so far in all files of one contribution: table and name → original id and its place."""

    made: dict[tuple[str, str], tuple[str, Place]] = field(default_factory=dict)

    def judge(self, entry: Input, parents: Parents, examples: int) -> tuple[tuple[Finding, ...], tuple[Total, ...]]:
        """Find the rows whose id becomes the name of another id; each name is reported once for each file."""
        tally = Tally(entry.resource.name, examples)
        file_findings = FileFindings(entry, tally, parents)
        reported: set[tuple[str, str]] = set()
        self._judge_minted(entry, file_findings)
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

    def _judge_minted(self, entry: Input, file_findings: FileFindings) -> None:
        """Find the rows whose values are minted to the id of a row with other values."""
        made: dict[str, tuple[tuple[str, ...], int]] = {}
        shared = _shared(entry)
        for row, values, name in _minted(entry) if shared else ():
            if hash(name) not in shared:
                continue
            other, first = made.setdefault(name, (values, row))
            if other != values:
                file_findings.add(
                    "local-name",
                    f"{_of(values)} and {_of(other)} (row {first}) would both become {name}",
                    "add a column to `mint` that differs, or translate one of the values under `values`",
                    row=row,
                    field=entry.resource.table.primary_key[0],
                    value=name,
                )


def _shared(entry: Input) -> set[int]:
    """Give the hashes of minted ids that several values may share; of each row, only two hashes are held."""
    names, origins = array("q"), array("q")
    for _, values, name in _minted(entry):
        names.append(hash(name))
        origins.append(hash(values))
    if len(names) <= _FEW:  # loading numpy would take longer
        first: dict[int, int] = {}
        return {name for name, origin in zip(names, origins, strict=True) if first.setdefault(name, origin) != origin}
    import numpy as np  # noqa: PLC0415 (as above)

    by_name, by_origin = np.frombuffer(names, np.int64), np.frombuffer(origins, np.int64)
    order = np.argsort(by_name)
    by_name, by_origin = by_name[order], by_origin[order]
    several = (by_name[1:] == by_name[:-1]) & (by_origin[1:] != by_origin[:-1])
    return set(by_name[1:][several].tolist())


def _of(values: Sequence[str]) -> str:
    return " ".join(map(shown, values))


def _minted(entry: Input) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """Give the minted ids of a file: row, the values from which it was minted, and the id."""
    for number, row, translated in _translated(entry) if entry.resource.mapping and entry.resource.mapping.mint else ():
        if len(row) >= len(translated.names) and (name := row[len(translated.names) - 1]):
            yield number, translated.minted_from(row), name


def _translated(entry: Input) -> Iterator[tuple[int, list[str], TranslatedRows]]:
    """Give the rows of a mapped file, as far as it can be read."""
    resource, mapping = entry.resource, entry.resource.mapping
    with suppress(UnreadableFile), closing(SourceRows(resource)) as source:  # the check of the rows reports this
        if mapping and source.labels:
            rows = TranslatedRows(source, resource, mapping)
            yield from ((number, row, rows) for chunk in rows.chunks() for number, row in chunk)


def _ids(entry: Input) -> Iterator[tuple[int, str, str, str]]:
    """Give the original ids in a file: row, our column, the table to which the id belongs, and the id."""
    resource, mapping = entry.resource, entry.resource.mapping
    targets = {name: _target(resource.table, name) for name in (mapping.local if mapping else ())}
    if not mapping or not any(targets.values()):
        return
    with suppress(UnreadableFile), closing(SourceRows(resource)) as source:  # the check of the rows reports this
        translated = TranslatedRows(source, resource, mapping)
        ours = enumerate(map(mapping.ours, translated.shape.labels))
        wanted = [(at, name, targets[name]) for at, name in ours if name and targets.get(name)]
        for number, row in chain.from_iterable(translated.shaped()):
            for at, name, target in wanted:
                cell = row[at].strip() if at < len(row) else ""
                if cell not in mapping.values.get(name, {}) and local_name(cell).startswith(LOCAL):
                    yield number, name, target, cell


def _target(table: Table, name: str) -> str:
    """Name the table to which a column's ids belong; empty if another column names it."""
    if table.primary_key == (name,):
        return table.name
    return next((key.table for key in table.foreign_keys if key.fields == (name,)), "")
