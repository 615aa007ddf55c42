"""The tables of a folder as CSV files: each file as it is, or written from a worksheet or a Parquet file."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

from anyascii import anyascii

from depositary.drafting.package.converted import converted_form, write_parquet, write_sheet
from depositary.drafting.package.evidence import Line
from depositary.drafting.package.folder import LeftOut, find_tables, is_parquet
from depositary.drafting.package.record import Record, WrittenDraft
from depositary.drafting.package.text_form import NotATableError, TextForm, form_of
from depositary.model.about_sheets import is_about
from depositary.model.file_kinds import FileKind, file_kind
from depositary.model.package import Resource
from depositary.read.contribution import path_of
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import header, is_blank, sheets
from depositary.visible import visible
from depositary.wording.plain import shown

DATA = "data"  # the folder for files that are written
_USUAL_SHEET = re.compile(r"(sheet|tabelle|blad|hoja|feuil|foglio|planilha|table)[ _]?[0-9]*", re.IGNORECASE)
_BLOCK = 1 << 20  # bytes
_FORM = ("encoding", "dialect", "compression", "innerpath")  # properties that a person may correct


@dataclass(frozen=True)
class SourceFile:
    """A table of the folder: its name, the CSV file in the package, and where that comes from.

    Args:
        name: the name of the table.
        path: the path of its CSV file in the package.
        file: where this file is now; a written one is put in its place at the end.
        form: how it is written.
        origin: the file, or worksheet, from which it is written; empty if it is a CSV file itself.
        texts: columns that the origin declares to be texts.
        lines: what a person should know.
    """

    name: str
    path: str
    file: Path
    form: TextForm
    origin: str = ""
    texts: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()

    def resource(self) -> Resource:
        """Give the file as a resource to read."""
        return self.form.resource(self.file.parent, self.file.name)


@dataclass
class Sources:
    """All tables of a folder, and what is left out."""

    tables: list[SourceFile] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    written: dict[str, WrittenDraft] = field(default_factory=dict)


def sources_of(folder: Path, fresh: Path, record: Record, there: Mapping[str, Any]) -> Sources:
    """Find the tables of a folder.

    Args:
        folder: the folder.
        fresh: an empty folder for files that are written.
        record: what was proposed before.
        there: the descriptor that is there, as it was edited; names of tables are taken from it.
    """
    return _Gathering(folder, fresh, record, there).gathered()


def _resources(descriptor: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Give the resources of a descriptor that are one file, by its path."""
    listed = descriptor.get("resources")
    entries = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    return {one["path"]: one for one in entries if isinstance(one.get("path"), str)}


def _others(descriptor: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the resources that are not one file."""
    listed = descriptor.get("resources", [])
    return [one for one in listed if isinstance(one, Mapping) and not isinstance(one.get("path"), str)]


def _other_names(descriptor: Mapping[str, Any]) -> list[str]:
    return [str(one.get("name", "")) for one in _others(descriptor)]


def _parts(descriptor: Mapping[str, Any]) -> dict[str, str]:
    """Give the name of the resource for each path in a list of paths."""
    return {str(path): str(one.get("name", "")) for one in _others(descriptor) for path in one.get("path") or ()}


class _Gathering:
    def __init__(self, folder: Path, fresh: Path, record: Record, there: Mapping[str, Any]) -> None:
        self._folder, self._fresh, self._record = folder, fresh, record
        own, before = _resources(there), _resources(record.descriptor)
        self._names = {path: str(one.get("name", "")) for path, one in own.items()}
        self._names |= {f"\0{one}": one for one in _other_names(there)}  # of resources that are not one file
        self._parts = _parts(there)
        self._removed = before.keys() - own.keys()
        self._stated = {
            path: {key: one[key] for key in _FORM if key in one and one[key] != before.get(path, {}).get(key)}
            for path, one in own.items()
        }
        self._found = find_tables(folder)
        self._sources = Sources(left_out=list(self._found.left_out))

    def gathered(self) -> Sources:
        ours = {path for path, one in self._record.written.items() if one.file in self._found.files}
        for path in self._found.files:
            if path in self._parts:
                self._leave_out(path, f"it is a part of {self._parts[path]}, which has several files")
            elif path in self._removed:
                self._leave_out(path, "you removed it from the descriptor")
            elif path not in ours:
                self._add(path)
        self._note_gone()
        return self._sources

    def _add(self, path: str) -> None:
        if file_kind(path) is FileKind.WORKBOOK:
            self._add_sheets(path)
        elif is_parquet(PurePath(path)):
            self._add_written(path, PurePath(path).stem, path)
        else:
            try:
                form = form_of(self._folder, path, self._stated.get(path, {}))
            except NotATableError as reason:
                self._leave_out(path, reason)
                return
            stem = PurePath(path).name.split(".")[0]
            source = SourceFile(self._name(path, stem), path, self._folder / path, form)
            self._put(replace(source, lines=self._taken(path, stem)))

    def _put(self, source: SourceFile) -> None:
        form = tuple(
            Line("", what, _in_words(source.form.properties[what]), why) for what, why in source.form.evidence.items()
        )
        if source.form.mixed:
            form = (*form, Line("", "encoding", "", source.form.mixed))
        self._sources.tables.append(replace(source, lines=(*source.lines, *form)))

    def _leave_out(self, path: str, reason: object) -> None:
        self._sources.left_out.append(LeftOut(visible(path), str(reason)))

    def _name(self, path: str, stem: str) -> str:
        """Give the name of a table: the one that it has already, or one made from a name of a file or sheet."""
        if path not in self._names:
            self._names[path] = _free(table_name(stem), self._names.values())
        return self._names[path]

    def _taken(self, path: str, stem: str) -> tuple[Line, ...]:
        """Note that another table has the name that the file would give."""
        wanted, name = table_name(stem), self._names[path]
        owner = next((one for one, known in self._names.items() if known == wanted), "")
        is_numbered = name.startswith(f"{wanted}_") and name.removeprefix(f"{wanted}_").isdigit()
        why = f"{owner} has the name {wanted} too; if they are one table, join the files"
        return (Line("", "name", "", why),) if owner and owner != path and is_numbered else ()

    # Files that are written

    def _add_sheets(self, path: str) -> None:
        file = self._folder / path
        try:
            named = [one for one in sheets(file) if not is_blank(file, one) and not is_about(one, header(file, one))]
        except UnreadableFile as fault:
            self._leave_out(path, f"{fault.message}; {fault.hint}")
            return
        if not named:
            self._leave_out(path, "all its sheets are empty")
        for sheet in named:
            stem = PurePath(path).stem if len(named) == 1 and _USUAL_SHEET.fullmatch(sheet) else sheet
            self._add_written(path_of(path, sheet), stem, path, sheet)

    def _add_written(self, origin: str, stem: str, path: str, sheet: str = "") -> None:
        known = next((at for at, one in self._record.written.items() if one.origin == origin), "")
        if (
            known
            and (self._folder / known).is_file()
            and digest(self._folder / known) != self._record.written[known].digest
        ):
            self._keep_edited(origin, known)
            return
        if known in self._removed:
            self._sources.written[known] = self._record.written[known]
            self._leave_out(origin, "you removed it from the descriptor")
            return
        # A table that was written keeps its file, whatever it is called by now.
        target = known or f"{DATA}/{_free(table_name(stem), self._stems())}.csv"
        written = self._fresh / f"{len(self._sources.written)}.csv"
        texts: tuple[str, ...] = ()
        note = ""
        try:
            if sheet:
                note = write_sheet(self._folder / path, sheet, written)
            else:
                texts = write_parquet(self._folder / path, written)
            form = converted_form(self._fresh, written.name)
        except NotATableError as reason:
            self._leave_out(origin, reason)
            return
        lines = [Line("", "path", target, f"written from {origin}{f'; {note}' if note else ''}")]
        name = self._name(target, PurePath(target).stem)
        lines += self._taken(target, stem)
        self._sources.written[target] = WrittenDraft(path, sheet, digest(written))
        self._put(SourceFile(name, target, written, form, origin, texts, tuple(lines)))

    def _stems(self) -> set[str]:
        """Name the tables and files that are there already."""
        files = {
            PurePath(path).stem for path in (*self._found.files, *self._sources.written) if path.startswith(f"{DATA}/")
        }
        return {*self._names.values(), *files, *(table_name(PurePath(p).name.split(".")[0]) for p in self._plain())}

    def _plain(self) -> Iterator[str]:
        return (path for path in self._found.files if file_kind(path) in (FileKind.CSV, FileKind.TSV))

    def _keep_edited(self, origin: str, path: str) -> None:
        why = f"{path} was edited, so {origin} is not read again; to read it again, delete {path}"
        try:
            form = form_of(self._folder, path, self._stated.get(path, {}))
        except NotATableError as reason:
            self._leave_out(path, reason)
            return
        self._sources.written[path] = self._record.written[path]
        line = Line("", "path", "", why)
        self._put(
            SourceFile(self._name(path, PurePath(path).stem), path, self._folder / path, form, origin, (), (line,))
        )

    def _note_gone(self) -> None:
        for path, one in self._record.written.items():
            if one.file not in self._found.files:
                self._leave_out(one.origin, f"it is gone; {path}, which was written from it, is read in its place")


def _in_words(value: object) -> str:
    """Write a property of a file: its encoding, or the mark between its cells."""
    return " ".join(f"{key} {shown(mark)}" for key, mark in value.items()) if isinstance(value, Mapping) else str(value)


def digest(file: Path) -> str:
    """Give the hash of a file."""
    found = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    return f"sha256:{found.hexdigest()}"


# Names


def table_name(text: str) -> str:
    """Make the name of a table: small letters, digits and `_`, as all programs take it."""
    spelt = re.sub(r"[^a-z0-9]+", "_", anyascii(text).lower()).strip("_")
    return f"t_{spelt}" if spelt[:1].isdigit() else spelt or "table"


def _free(name: str, taken: Collection[str]) -> str:
    counts = Counter(taken)
    number = 1
    while (f"{name}_{number}" if number > 1 else name) in counts:
        number += 1
    return f"{name}_{number}" if number > 1 else name
