"""Write rows of a package or a contribution, into plain CSV files and worksheets."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from depositary.check.documents.find_target import part
from depositary.check.validate import judge_target
from depositary.errors import UsageError
from depositary.evidence.holding import EVIDENCE, Holding
from depositary.evidence.sheet_file import SheetFile, why_not_written, with_sheets
from depositary.evidence.table_file import TableFile
from depositary.model.finding import Finding
from depositary.model.limits import Limits
from depositary.model.package import Mode, Resource
from depositary.model.rule import RuleOptions
from depositary.model.target import Input, Target
from depositary.write.atomic import write_bytes
from depositary.write.disk import in_turn
from depositary.write.sizes import rewrite

_MANY = 1_000_000  # findings that are kept, so that those of one row are among them

Cells = Mapping[str, str]


@dataclass
class TableDraft:
    """A table with the rows that it will have."""

    entry: Input
    table: TableFile | SheetFile

    @property
    def name(self) -> str:
        """Give the name of the table."""
        return self.entry.resource.name


@contextmanager
def changing(holding: Holding) -> Iterator[None]:
    """Let no other run write the package or contribution meanwhile."""
    with in_turn(holding.file):
        yield


def draft(holding: Holding, name: str, cells: Cells) -> TableDraft:
    """Open the CSV file or worksheet of a table for rows that have some cells; in a patch it may be a new CSV file.

    Raises:
        UsageError: the table is in a file that is not written; the message says what to enter where.
    """
    require_written(holding, {name: cells})
    entry = holding.own(name) or _new(holding, name)
    if entry.resource.sheet:
        return TableDraft(entry, SheetFile(entry.resource))
    return TableDraft(entry, TableFile(entry.resource, entry.resource.table.field_names))


def require_written(holding: Holding, cells: Mapping[str, Cells]) -> None:
    """Refuse rows of tables that are in files that are not written; `cells` has the cells of a row by table.

    Raises:
        UsageError: there are such tables; the message has a line for each that says what to enter where.
    """
    lines = [line for name, row in cells.items() if (line := _to_enter(holding, name, row))]
    if lines:
        raise UsageError(*lines)


def _to_enter(holding: Holding, name: str, cells: Cells) -> str:
    own = holding.own(name)
    if own is None:
        return ""
    why = why_not_written(own.resource)
    if own.resource.mapping:
        why = "this table has other column names, which the manifest maps, so it is not written here"
    given = ", ".join(f"{column} {cell}" for column, cell in cells.items() if cell)
    return f"{holding.directory / own.resource.path}: {why}. The row: {given}." if why else ""


def _new(holding: Holding, name: str) -> Input:
    table = holding.table(name)
    file = holding.directory / f"{name}.csv"
    if holding.mode is Mode.SNAPSHOT:
        raise UsageError(
            f"{holding.directory}: a snapshot has whole tables, and this one has no {name}. Copy the {name} of the "
            "package into it first, or send a patch."
        )
    if file.exists() or file.is_symlink():
        raise UsageError(f"{file}: this is not read as the table {name}. Run depositary validate first.")
    resource = Resource(name=name, path=file.name, file=file, table=table)
    return Input(resource, holding.mode, holding.package.get(name))


def write(holding: Holding, drafts: list[TableDraft]) -> None:
    """Write tables, one file after the other; each is written whole or not at all."""
    sheets = [one.table for one in drafts if isinstance(one.table, SheetFile)]
    for file in dict.fromkeys(sheet.file for sheet in sheets):
        write_bytes(file, with_sheets(file, [sheet for sheet in sheets if sheet.file == file]))
    for one in drafts:
        if isinstance(one.table, SheetFile):
            continue
        if holding.is_contribution:
            write_bytes(one.table.file, one.table.data())
        else:
            rewrite(holding.file, one.name, one.table.file, one.table.data(), one.table.rows)


def findings_at(holding: Holding, drafts: list[TableDraft], row: int, text: Path) -> list[Finding]:
    """Give what `validate` would find at a row of evidence, with the texts of its rules, if the tables were written."""
    with tempfile.TemporaryDirectory() as folder:
        files = {one.name: _put(Path(folder), one) for one in drafts}
        target = _target(holding, {name: replace(one, file=files[name]) for name, one in _resources(drafts)})
        report = judge_target(target, RuleOptions(snapshots=text), Limits(examples=_MANY))
    found = [finding for table in report.tables for finding in table.findings]
    return [one for one in found if one.row == row or any(p.row == row and p.table == EVIDENCE for p in one.also)]


def _resources(drafts: list[TableDraft]) -> Iterator[tuple[str, Resource]]:
    return ((one.name, one.entry.resource) for one in drafts)


def _put(folder: Path, one: TableDraft) -> Path:
    file = folder / f"{one.name}{one.table.file.suffix}"
    file.write_bytes(one.table.data())
    return file


def _target(holding: Holding, changed: Mapping[str, Resource]) -> Target:
    """Give evidence as the only table to judge, beside all others."""
    if not holding.is_contribution:
        resources = tuple(_sizeless(changed.get(one.name, one)) for one in holding.package)
        package = replace(holding.package, resources=resources)
        return part(holding.path.as_posix(), Input(package[EVIDENCE]), package)
    entries = {name: Input(resource, holding.mode, holding.package.get(name)) for name, resource in changed.items()}
    parents = {name: (entry, *_of_base(holding, name)) for name, entry in entries.items()}
    return replace(
        holding.target,
        inputs=(entries[EVIDENCE],),
        parents={**holding.target.parents, **parents},
        findings=(),
        not_judged=(),
        needs_rows=False,
    )


def _sizeless(resource: Resource) -> Resource:
    """Leave out what the descriptor says about the file before the change."""
    stated = ("bytes", "hash", "rows", "stats")
    return replace(resource, descriptor={key: of for key, of in resource.descriptor.items() if key not in stated})


def _of_base(holding: Holding, name: str) -> Iterator[Input]:
    if name in holding.package:
        yield Input(holding.package[name])
