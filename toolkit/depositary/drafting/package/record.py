"""What was proposed, kept beside the descriptor, so that an edit is what differs from it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from depositary.drafting.package.evidence import Line
from depositary.drafting.package.folder import LeftOut
from depositary.errors import DocumentError
from depositary.read.contribution import path_of
from depositary.read.documents import read_json
from depositary.reports.markdown import markdown, table

RECORD, PAGE = "proposals.json", "proposals.md"
_FORMAT = 1
_HEAD = (
    "_Written by `depositary new package` from a scan of all rows. Edit `datapackage.json`; what you change there "
    "stays with `--update`. What is not proposed is for you to decide._"
)
_ABOUT = (
    "What `depositary new package` proposed, and why. Edit datapackage.json, not this file: what differs there from "
    "`descriptor` here counts as your edit, and --update keeps it."
)


@dataclass(frozen=True)
class WrittenDraft:
    """A CSV file that was written, from a worksheet or another file, with its hash."""

    file: str
    sheet: str
    digest: str

    @property
    def origin(self) -> str:
        """Name the file, or the worksheet, that it was written from."""
        return path_of(self.file, self.sheet)


@dataclass(frozen=True)
class Record:
    """What was proposed: the descriptor, and the files that were written; empty if nothing was."""

    descriptor: Mapping[str, Any] = field(default_factory=dict)
    written: Mapping[str, WrittenDraft] = field(default_factory=dict)


def read_record(folder: Path) -> Record:
    """Read what was proposed before.

    Raises:
        DocumentError: the file is broken.
    """
    file = folder / RECORD
    if not file.is_file():
        return Record()
    record = _read(read_json(file))
    if record is None:
        raise DocumentError(
            f"{file}: is not a record of proposals. Delete it; then everything in datapackage.json counts as yours."
        )
    return record


def _read(document: Mapping[str, Any]) -> Record | None:
    """Read a record; None if it is none that this version wrote."""
    try:
        written = {
            path: WrittenDraft(one["from"], one["sheet"], one["hash"]) for path, one in document["written"].items()
        }
        descriptor = document["descriptor"]
        is_ours = document["format"] == _FORMAT and isinstance(descriptor["resources"], list)
    except (KeyError, TypeError, AttributeError):
        return None
    return Record(descriptor, written) if is_ours else None


def record_text(record: Record, tables: Mapping[str, Sequence[Line]]) -> str:
    """Write the record with the evidence by table."""
    evidence = {
        name: [{"about": one.about, "what": one.what, "proposed": one.proposed, "why": one.why} for one in lines]
        for name, lines in tables.items()
    }
    document = {
        "about": _ABOUT,
        "format": _FORMAT,
        "written": {
            path: {"from": one.file, "sheet": one.sheet, "hash": one.digest} for path, one in record.written.items()
        },
        "evidence": evidence,
        "descriptor": record.descriptor,
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def page(title: str, tables: Mapping[str, Sequence[Line]], rows: Mapping[str, str], left_out: Iterable[LeftOut]) -> str:
    """Write the page on all proposals for people: by table, what was proposed and why, and what is to decide."""
    parts = [
        f"# Proposals for {markdown(title)}",
        _HEAD,
        *(part for name, lines in tables.items() for part in _table(name, rows[name], lines)),
        *_left_out(left_out),
    ]
    return "\n\n".join(parts) + "\n"


def _table(name: str, about: str, lines: Sequence[Line]) -> Iterator[str]:
    yield f"## {name}"
    yield markdown(about)
    proposed = [one for one in lines if one.proposed]
    if proposed:
        yield "\n".join(table(["column", "property", "proposed", "evidence"], map(_cells, proposed)))
    if undecided := [one for one in lines if not one.proposed]:
        yield "To decide:"
        yield "\n".join(f"- {markdown(in_one_line(one))}" for one in undecided)


def _cells(line: Line) -> Sequence[str]:
    return line.about, line.what, line.proposed, line.why


def in_one_line(line: Line) -> str:
    """Write a line without its table."""
    return f"{line.about}: {line.why}" if line.about else f"{line.what}: {line.why}"


def _left_out(left_out: Iterable[LeftOut]) -> Iterator[str]:
    listed = [f"- {markdown(one.path)}: {markdown(one.reason)}" for one in left_out]
    if listed:
        yield "## Left out"
        yield "\n".join(listed)
