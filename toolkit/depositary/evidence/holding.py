"""A package, or a contribution laid over its base, as evidence sees it: sources, evidence, and rows that exist."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from depositary.check.documents.descriptor import sound_package
from depositary.check.documents.find_target import find_target
from depositary.check.reading.cells import Column
from depositary.check.reading.columns import Key, key_chunks, open_columns, rows_with
from depositary.check.reading.patch_notation import ERASE
from depositary.check.rules.passages import offset
from depositary.errors import DocumentError, UsageError
from depositary.model.package import MANIFEST, Mode, Package
from depositary.model.record_id import record_id
from depositary.model.table import Table
from depositary.model.target import Input, Target
from depositary.read.contribution import DELETES, read_manifest
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.package import find_descriptor, refuse_archive, table_of
from depositary.read.paths import given, given_or_none

EVIDENCE, SOURCES = "evidence", "sources"
SNAPSHOT = "snapshot_sha256"
_OF_EVIDENCE = (
    "evidence_id",
    "table_name",
    "record_id",
    "field_name",
    "source_id",
    "support",
    "char_start",
    "char_end",
    "quote_sha256",
    "quote",
)
_OF_SOURCES = ("source_id", SNAPSHOT, "access")
BACKGROUND = "background"  # evidence that needs no passage
ABSENT = "absent"  # evidence that the whole text does not mention something


@dataclass(frozen=True)
class Row:
    """A row as it would be after a merge.

    `number` is its row in the file of the contribution or package, 0 if only the base has it. `before` has the cells of
    the base.
    """

    number: int
    cells: Mapping[str, Any]
    before: Mapping[str, Any] | None = None

    def get(self, name: str) -> Any:  # noqa: ANN401 (any type that a field can have)
        """Give a value; None if it is blank or the table has no such column."""
        return self.cells.get(name)

    @property
    def span(self) -> tuple[int, int] | None:
        """Give the offsets of a row of evidence; None if it has no passage."""
        start, end = offset(self.get("char_start")), offset(self.get("char_end"))
        return None if start is None or end is None else (start, end)

    @property
    def needs_no_passage(self) -> bool:
        """Return whether a row of evidence is background, and says nothing of a passage."""
        return self.get("support") == BACKGROUND and self.span is None and self.get("quote_sha256") is None

    @property
    def is_proven(self) -> bool:
        """Return whether a row of evidence has a passage and its hash."""
        return self.span is not None and self.get("quote_sha256") is not None


@dataclass(frozen=True)
class Holding:
    """A package, or a contribution and its base.

    `file` is the descriptor or the manifest.
    """

    path: Path
    file: Path
    target: Target
    package: Package
    mode: Mode
    manifest: Mapping[str, Any]

    @property
    def directory(self) -> Path:
        """Give the folder of the package or contribution."""
        return self.file.parent

    @property
    def is_contribution(self) -> bool:
        """Return whether it is a contribution."""
        return self.mode is not Mode.TABLE

    @property
    def base(self) -> Package | None:
        """Give the package on which a contribution is based."""
        return self.package if self.is_contribution else None

    def own(self, table: str) -> Input | None:
        """Give the file of a table in the contribution or package itself."""
        return next((entry for entry in self.target.inputs if entry.resource.name == table), None)

    def table(self, name: str) -> Table:
        """Give a table by its name.

        Raises:
            UsageError: the package has no such table.
        """
        own = self.own(name)
        return own.resource.table if own else table_of(self.package, name).table

    @cached_property
    def sources(self) -> dict[str, Row]:
        """Give the sources by id."""
        return {row.get("source_id"): row for row in self.rows(SOURCES, _OF_SOURCES) if row.get("source_id")}

    def evidence(self, keep: Callable[[Row], bool], more: Sequence[str] = ()) -> list[Row]:
        """Give the rows of evidence that are wanted, in the order of the files, the base first.

        `more` names further columns to read.
        """
        return [row for row in self.rows(EVIDENCE, (*_OF_EVIDENCE, *more)) if keep(row)]

    def rows(self, name: str, columns: Sequence[str]) -> Iterator[Row]:
        """Give the rows of a table as they would be after a merge, with some columns.

        Raises:
            UsageError: there is no such table.
            DocumentError: the table cannot be read.
        """
        table, own = self.table(name), self.own(name)
        wanted = tuple(dict.fromkeys((*table.primary_key, *columns)))
        base = Input(self.base[name]) if self.base and name in self.base else None
        if own is None or own.mode is Mode.PATCH:
            yield from self._merged(table, own, base, wanted)
        else:
            yield from (Row(number, cells) for number, cells in _read(own, wanted))

    def _merged(self, table: Table, own: Input | None, base: Input | None, wanted: Sequence[str]) -> Iterator[Row]:
        claims = {_key(table, cells): (number, cells) for number, cells in (_read(own, wanted) if own else ())}
        for _, before in _read(base, wanted) if base else ():
            key = _key(table, before)
            number, claimed = claims.pop(key, (0, {}))
            if number or record_id(key) not in self._deleted.get(table.name, ()):
                yield Row(number, {**before, **claimed}, before)
        for number, cells in claims.values():
            yield Row(number, cells)

    @cached_property
    def _deleted(self) -> dict[str, set[str]]:
        own = self.own(DELETES)
        found: dict[str, set[str]] = {}
        for _, cells in _read(own, ("table", "record_id")) if own else ():
            found.setdefault(str(cells.get("table")), set()).add(str(cells.get("record_id")))
        return found

    def has(self, name: str, row_id: tuple[str, ...]) -> bool:
        """Return whether a row is in a table, in the contribution or its base.

        Raises:
            DocumentError: the table cannot be read.
        """
        table = self.table(name)
        if len(row_id) != len(table.primary_key) or record_id(row_id) in self._deleted.get(name, ()):
            return False
        return any(_has(entry, row_id) for entry in self.entries(name))

    def ids(self, name: str) -> Iterator[str]:
        """Give the ids of all rows of a table."""
        for entry in self.entries(name):
            for keys in _keys(entry):
                yield from (record_id(key) for key in keys if None not in key)

    def entries(self, name: str) -> Iterator[Input]:
        """Give the files that have rows of a table, where they exist."""
        own = self.own(name)
        base = Input(self.base[name]) if self.base and name in self.base else None
        hides = own is not None and own.mode is Mode.SNAPSHOT
        for entry in (own, None if hides else base):
            if entry and entry.resource.file.is_file():
                yield entry


def open_holding(path: Path | str, base: Path | str | None = None) -> Holding:
    """Open a package, or a contribution with its base.

    Raises:
        DepositaryError: there is none, or its descriptor or manifest is not valid.
    """
    folder = given(path)
    refuse_archive(folder)
    if folder.is_file() and folder.name != MANIFEST and folder.suffix.lower() != ".json":
        raise UsageError(f"{folder}: this is a file of a package or contribution. Name the folder, {folder.parent}.")
    is_contribution = (folder / MANIFEST).is_file() or folder.name == MANIFEST
    if not is_contribution:
        sound_package(folder)
        file = find_descriptor(folder)
        target = find_target(folder, given_or_none(base), None)
        manifest: dict[str, Any] = {}
    else:
        file = folder / MANIFEST if folder.is_dir() else folder
        target = find_target(folder, given_or_none(base), None)
        manifest = read_manifest(file.parent)
    if target.package is None:
        first = target.findings[0].message if target.findings else "it is not valid"
        raise DocumentError(f"{file}: {first}. Run depositary validate first.")
    mode = Mode(manifest["mode"]) if is_contribution else Mode.TABLE
    return Holding(folder, file, target, target.package, mode, manifest)


def _read(entry: Input, wanted: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read some columns of a file; a patch may lack them, and a blank cell of a patch is left out."""
    if not entry.resource.file.is_file():
        return
    try:
        with Records(entry.resource) as records:
            _, columns = open_columns(entry, records, _there(entry, records, wanted))
            for numbers, rows in records.chunks():
                for number, row in zip(numbers, rows, strict=True):
                    yield number, dict(_cells(entry, columns, row))
    except UnreadableFile as fault:
        raise _unread(entry, fault) from fault


def _there(entry: Input, records: Records, wanted: Sequence[str]) -> list[str]:
    labels = {label.casefold() for label in records.labels}
    known = [name for name in wanted if name in entry.resource.table]
    return [name for name in known if entry.mode is not Mode.PATCH or name.casefold() in labels]


def _cells(entry: Input, columns: Sequence[tuple[int, Column]], row: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for at, column in columns:
        cell = row[at] if at < len(row) else None
        value = column.value(cell)
        if value is not None or cell == ERASE or entry.mode is not Mode.PATCH:
            yield column.name, value


def _key(table: Table, cells: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(cells.get(name) for name in table.primary_key)


def _has(entry: Input, row_id: tuple[str, ...]) -> bool:
    key = entry.resource.table.primary_key
    try:
        with Records(entry.resource) as records:
            _, columns = open_columns(entry, records, key)
            typed = tuple(column.value(part) for (_, column), part in zip(columns, row_id, strict=True))
        return bool(rows_with(entry, key, {typed}, key)) and None not in typed
    except UnreadableFile as fault:
        raise _unread(entry, fault) from fault


def _keys(entry: Input) -> Iterator[Iterable[Key]]:
    try:
        yield from key_chunks(entry, entry.resource.table.primary_key)
    except UnreadableFile as fault:
        raise _unread(entry, fault) from fault


def _unread(entry: Input, fault: UnreadableFile) -> DocumentError:
    return DocumentError(f"{entry.resource.name}: {fault.message}. Run depositary validate first.")


def require_text_columns(table: Table, needed: Sequence[str]) -> None:
    """Refuse a table of evidence that lacks a column that a passage needs.

    Raises:
        UsageError: it lacks one.
    """
    missing = [name for name in needed if name not in table]
    if missing:
        raise UsageError(f"the table {table.name} of this package has no column {missing[0]}, which a passage needs.")
