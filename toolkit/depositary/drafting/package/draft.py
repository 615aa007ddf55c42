"""Draft the descriptor of a package from a folder of tables, or bring a draft up to date."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depositary.drafting.package.edits import MergedDraft, merge_edits
from depositary.drafting.package.evidence import Line
from depositary.drafting.package.folder import LeftOut
from depositary.drafting.package.proposal import Proposal, evidence_by_name, propose
from depositary.drafting.package.record import PAGE, RECORD, Record, in_one_line, page, read_record, record_text
from depositary.drafting.package.scan import Scans
from depositary.drafting.package.sources import Sources, sources_of
from depositary.engine.duckdb import DuckDB
from depositary.errors import DocumentError, UsageError
from depositary.model.limits import MEMORY
from depositary.read.documents import read_json
from depositary.read.package import DESCRIPTOR
from depositary.wording.plain import number
from depositary.write.atomic import write_text

_SECONDS = 3_600.0  # for one statement over all rows


@dataclass(frozen=True)
class DraftedPackage:
    """A drafted package: what was found in each table, what was changed by an update, and what was left out."""

    folder: Path
    name: str
    tables: tuple[tuple[str, str, tuple[Line, ...]], ...]
    changes: tuple[str, ...]
    gone: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    is_update: bool

    @property
    def needs_a_look(self) -> bool:
        """Return whether files were left out, or the descriptor has something that the files do not have."""
        return bool(self.left_out or self.gone)

    def summary(self) -> str:
        """Write what was proposed and why, and what to do next."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        shown = self.folder.as_posix()
        verb = "is brought up to date" if self.is_update else "is written"
        yield f"{(self.folder / DESCRIPTOR).as_posix()} {verb}: {number(len(self.tables), 'table')}."
        for name, about, lines in self.tables:
            yield ""
            yield f"{name} ({about})"
            yield from (f"  {_proposed(one)}: {one.why}" for one in lines if _is_told(one))
            yield from (f"  to decide: {in_one_line(one)}" for one in lines if not one.proposed)
        for title, listed in (
            ("Changed:", self.changes),
            ("Not in the files any more:", self.gone),
            ("Left out:", self._out()),
        ):
            if listed:
                yield from ("", title, *(f"  {line}" for line in listed))
        yield ""
        yield f"{PAGE} there has the evidence for each proposal. Edit {DESCRIPTOR}; --update keeps what you edit."
        yield f"To check it: depositary validate {shown}"

    def _out(self) -> Sequence[str]:
        return [f"{one.path}: {one.reason}" for one in self.left_out]


def _is_told(line: Line) -> bool:
    """Return whether the summary has a proposal: all but types that nobody would doubt, which only the page has."""
    is_plain = line.what == "type" and (line.why == "texts" or (line.proposed != "string" and "," not in line.proposed))
    return bool(line.proposed) and not is_plain


def _proposed(line: Line) -> str:
    if line.what == "primaryKey" or not line.about:
        return f"{line.what} {line.proposed}"
    return f"{line.what} {line.about} → {line.proposed}"


def draft_package(folder: Path, *, update: bool = False, memory: int = MEMORY) -> DraftedPackage:
    """Write a descriptor for the tables of a folder, with a record of the proposals and a page about them.

    All rows are scanned. The tables' own files do not change; worksheets and Parquet files are written as CSV beside
    them.

    Args:
        folder: the folder with the tables.
        update: bring the descriptor that is there up to date, and keep what was edited in it.
        memory: bytes; beyond this, the scan uses files.

    Raises:
        NotFoundError: there is no such folder.
        UsageError: there is a descriptor already, or there are no tables.
        DocumentError: the descriptor that is there, or the record, is broken.
    """
    there = _descriptor_there(folder, update=update)
    record = read_record(folder) if update else Record()
    with _beside(folder) as fresh, DuckDB(_SECONDS, memory) as engine:
        sources = sources_of(folder, Path(fresh), record, there)
        proposal = propose(str(there.get("name") or folder.resolve().name), sources, Scans(engine))
        _require_tables(folder, proposal, sources, there)
        merged = (
            merge_edits(record.descriptor, there, proposal.descriptor) if there else MergedDraft(proposal.descriptor)
        )
        _write(folder, proposal, sources, merged)
    return DraftedPackage(
        folder=folder,
        name=str(merged.descriptor.get("name", "")),
        tables=tuple((name, *one) for name, one in _told(proposal).items()),
        changes=tuple(merged.changes),
        gone=tuple(_gone(folder, merged.descriptor, proposal)),
        left_out=tuple(sources.left_out),
        is_update=update and bool(there),
    )


def _descriptor_there(folder: Path, *, update: bool) -> Mapping[str, Any]:
    file = folder / DESCRIPTOR
    if not file.is_file():
        return {}
    if not update:
        raise UsageError(
            f"{file}: there is a descriptor already. To add what is new and keep the rest, use --update; to begin "
            "anew, delete it."
        )
    there = read_json(file)
    resources = there.get("resources")
    if not isinstance(resources, list) or not all(isinstance(one, Mapping) for one in resources):
        raise DocumentError(f"{file}: `resources` is not a list of objects. Run depositary validate on it.")
    for one in resources:
        schema = one.get("schema")
        fields = schema.get("fields") if isinstance(schema, Mapping) else []
        if not isinstance(fields, list) or not all(isinstance(each, Mapping) for each in fields):
            raise DocumentError(f"{file}: a schema in it is not a Table Schema. Run depositary validate on it.")
    return there


def _beside(folder: Path) -> tempfile.TemporaryDirectory[str]:
    """Make a hidden folder in the folder, so that finished files can be moved into their place at once."""
    try:
        if not folder.is_dir():  # the search for tables says what is wrong with it
            return tempfile.TemporaryDirectory(prefix="depositary-")
        return tempfile.TemporaryDirectory(prefix=".depositary-", dir=folder)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror or error}.") from error


def _require_tables(folder: Path, proposal: Proposal, sources: Sources, there: Mapping[str, Any]) -> None:
    if proposal.descriptor["resources"] or there:
        return
    reasons = "".join(f"\n  {one.path}: {one.reason}" for one in sources.left_out)
    if reasons:
        raise UsageError(f"{folder}: no file in it can be drafted as a table.{reasons}")
    raise UsageError(f"{folder}: there are no tables in it. Put CSV, Excel or Parquet files there.")


# What is written


def _write(folder: Path, proposal: Proposal, sources: Sources, merged: MergedDraft) -> None:
    """Put the files in their places, the descriptor last."""
    lines = evidence_by_name(proposal)
    record = Record(proposal.descriptor, sources.written)
    abouts = {name: about for name, (about, _) in _told(proposal).items()}
    try:
        for source in sources.tables:
            target = folder / source.path
            if source.file != target and source.path in sources.written:
                target.parent.mkdir(parents=True, exist_ok=True)
                source.file.replace(target)
        write_text(folder / PAGE, page(proposal.descriptor["name"], lines, abouts, sources.left_out))
        write_text(folder / RECORD, record_text(record, lines))
        write_text(folder / DESCRIPTOR, json.dumps(merged.descriptor, ensure_ascii=False, indent=2) + "\n")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error.strerror or error}.") from error


def _told(proposal: Proposal) -> dict[str, tuple[str, tuple[Line, ...]]]:
    """Give, for each table, what it is read from with its rows, and its lines."""
    return {
        one["name"]: (f"{one['path']}, {number(proposal.rows[one['path']], 'row')}", proposal.lines[one["path"]])
        for one in proposal.descriptor["resources"]
    }


def _gone(folder: Path, descriptor: Mapping[str, Any], proposal: Proposal) -> Iterator[str]:
    """Name the tables and columns of a descriptor that the files do not have."""
    for one in descriptor["resources"]:
        name, path = one.get("name"), one.get("path")
        if isinstance(path, str) and path in proposal.columns:
            schema = one.get("schema")
            named = [str(each.get("name")) for each in schema.get("fields", [])] if isinstance(schema, Mapping) else []
            lost = [each for each in named if each not in proposal.columns[path]]
            yield from (
                f"{name}.{each}: {path} has no such column; delete it from {DESCRIPTOR} if that is meant"
                for each in lost
            )
        elif isinstance(path, str) and not (folder / path).is_file():
            yield f"{name}: there is no file {path}; delete the table from {DESCRIPTOR} if that is meant"
