"""Put together what is proposed for all tables: the descriptor, and the evidence of each line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from anyascii import anyascii

from depositary.drafting.package.evidence import Line, of_rows, rows_of
from depositary.drafting.package.folder import LeftOut
from depositary.drafting.package.keys import key_of
from depositary.drafting.package.references import DraftedTable, with_references
from depositary.drafting.package.roles import proposals_for
from depositary.drafting.package.scan import Scan, Scans
from depositary.drafting.package.sources import SourceFile, Sources
from depositary.drafting.package.types import typed
from depositary.model.file_kinds import FileKind, file_kind
from depositary.model.role import Role
from depositary.read.files.compressed import unpacked
from depositary.read.files.unreadable import UnreadableFile
from depositary.visible import visible

_PROFILES = "https://datapackage.org/profiles/2.0"
_VERSION = "0.1.0"


@dataclass
class Proposal:
    """A proposed descriptor, the evidence by table, and the rows of each table."""

    descriptor: dict[str, Any]
    lines: dict[str, tuple[Line, ...]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)


def propose(title: str, sources: Sources, scans: Scans) -> Proposal:
    """Scan the tables and propose a package; a file that cannot be read to its end is left out."""
    scanned = [(source, scan) for source in sources.tables if (scan := _scanned(source, sources, scans))]
    drafted = [_drafted(source, scan, scans) for source, scan in scanned]
    alike = dict(_same_columns(drafted))
    proposal = Proposal(_package(title))
    for (source, scan), table in zip(scanned, with_references(drafted, scans), strict=True):
        resource, lines = _resource(source, table, scans)
        proposal.descriptor["resources"].append(resource)
        proposal.lines[source.path] = (*source.lines, *_of_rows(scan, table, scans), *alike.get(table.name, ()), *lines)
        proposal.rows[source.path] = scan.rows
        proposal.columns[source.path] = tuple(column.name for column in table.columns)
    return proposal


def _scanned(source: SourceFile, sources: Sources, scans: Scans) -> Scan | None:
    try:
        return scans.scan(source.resource(), source.texts)
    except UnreadableFile as fault:
        hint = f"; {fault.hint}" if fault.hint else ""
        at = f"row {fault.row}: " if fault.row else ""
        sources.left_out.append(LeftOut(visible(source.origin or source.path), f"{at}{fault.message}{hint}"))
        sources.written.pop(source.path, None)
        return None


def _drafted(source: SourceFile, scan: Scan, scans: Scans) -> DraftedTable:
    columns = tuple(typed(column, scan.rows) for column in scan.columns)
    return DraftedTable(source.name, scan, columns, key_of(source.name, scan, columns, scans))


# The descriptor


def _package(title: str) -> dict[str, Any]:
    name = re.sub(r"[^a-z0-9]+", "-", anyascii(title).lower()).strip("-") or "package"
    return {"$schema": f"{_PROFILES}/datapackage.json", "name": name, "version": _VERSION, "resources": []}


def _resource(source: SourceFile, table: DraftedTable, scans: Scans) -> tuple[dict[str, Any], list[Line]]:
    fields, lines = _fields(table, scans)
    schema: dict[str, Any] = {"$schema": f"{_PROFILES}/tableschema.json", "fields": fields}
    if table.key.names:
        schema["primaryKey"] = [*table.key.names]
    if table.references:
        schema["foreignKeys"] = [one.descriptor(table.name) for one in table.references]
    described = {
        "name": source.name,
        "profile": "tabular-data-resource",
        "type": "table",
        "path": source.path,
        "format": "tsv" if file_kind(unpacked(PurePath(source.path))) is FileKind.TSV else "csv",
        "encoding": "utf-8",
        **{key: value for key, value in source.form.properties.items() if value},
        **({"sources": [{"title": source.origin}]} if source.origin else {}),
        "schema": schema,
    }
    references = [one.line for one in table.references]
    return described, [*table.key.lines, *references, *table.lines, *lines]


def _fields(table: DraftedTable, scans: Scans) -> tuple[list[dict[str, Any]], list[Line]]:
    fields, lines = [], []
    taken: set[Role] = set()
    for column in table.columns:
        more, why = proposals_for(table, column, scans, frozenset(taken))
        taken |= {Role(more["merge"]["as"])} if "merge" in more else set()
        fields.append({**column.field(), **more})
        lines += [*column.lines, *why]
    return fields, lines


# What is said of whole tables


def _of_rows(scan: Scan, table: DraftedTable, scans: Scans) -> Iterator[Line]:
    blank = scans.without_values(scan, [column.missing for column in table.columns])
    if blank:
        yield Line("", "rows", "", f"no value in {rows_of(blank)}; delete such rows")
    if scan.ragged_count:
        which = rows_of(scan.ragged)
        why = f"{of_rows(scan.ragged_count, scan.rows)} have more or fewer cells than the header: {which}; correct them"
        yield Line("", "rows", "", why)


def _same_columns(tables: Sequence[DraftedTable]) -> Iterator[tuple[str, list[Line]]]:
    """Name the tables that have the same columns, as parts of one."""
    by_columns: dict[tuple[str, ...], list[DraftedTable]] = {}
    for table in tables:
        by_columns.setdefault(tuple(column.name for column in table.columns), []).append(table)
    for alike in by_columns.values():
        for table in alike:
            others = [one.name for one in alike if one is not table]
            if others:
                verb = "have" if len(others) > 1 else "has"
                what = "if they are parts of one table, list their paths in one resource"
                why = f"{', '.join(others)} {verb} the same columns; {what}"
                yield table.name, [Line("", "path", "", why)]


def evidence_by_name(proposal: Proposal) -> Mapping[str, Sequence[Line]]:
    """Give the evidence by the name of each table."""
    return {one["name"]: proposal.lines[one["path"]] for one in proposal.descriptor["resources"]}
