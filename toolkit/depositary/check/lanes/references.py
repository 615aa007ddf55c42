"""The rows to which others refer: the keys of each parent are read once and shared."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any

from depositary.check.lanes.keys_elsewhere import KeysElsewhere
from depositary.check.lanes.known import Recall
from depositary.check.lanes.written_keys import WrittenKeys, plainly, record_name
from depositary.check.reading.columns import (
    Key,
    _values,
    is_large,
    is_small,
    key_chunks,
    open_columns,
    read_columns,
    rows_with,
)
from depositary.model.own_tables import REDIRECTS
from depositary.model.package import Mode
from depositary.model.record_id import record_id
from depositary.model.table import ForeignKey, kind_of
from depositary.model.target import Input
from depositary.model.tidy import tidy
from depositary.read.contribution import DELETES
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.likeness import Likes, Texts
from depositary.wording.suggest import MOST_CANDIDATES

# Columns with names of rows, besides the key.
NAMING = ("label", "common_name", "name", "title", "iso2", "iso_numeric")
_MANY = 200_000  # keys of a table; with more, none is suggested because it looks like another text
_NO_KEY = "\0"  # is looked for too, so that a file is read to its end, and its errors are found
_CODED = re.compile(r"(?:^|_)(?:code|iso\w*|numeric|qid)$")  # columns with codes of other lists


@dataclass(frozen=True)
class ParentKeys:
    """The keys of a parent table; if it could not be read, `reason` is the reason why references to it are not checked.

    `forms` has the texts of keys of one column that are not written plainly; `is_typed` is true if it has no texts. If
    the keys are elsewhere, they are not here: a cluster compares them.
    """

    keys: frozenset[Key] = frozenset()
    reason: str = ""
    forms: Mapping[Key, str] = field(default_factory=dict)
    is_typed: bool = False
    is_elsewhere: bool = False


@dataclass(frozen=True)
class FileKeys:
    """The same of one file, which may have rows with a blank key; `reason` is the error in it."""

    keys: Collection[Key] = ()
    forms: Mapping[Key, str] = field(default_factory=dict)
    reason: str = ""


@dataclass
class Parents:
    """The tables to which references lead, and the files with their rows."""

    files: Mapping[str, tuple[Input, ...]]
    recall: Recall | None = None
    elsewhere: KeysElsewhere = field(default_factory=KeysElsewhere)
    _keys: dict[tuple[str, tuple[str, ...]], ParentKeys] = field(default_factory=dict)
    _referred: dict[tuple[str, str, ForeignKey], ParentKeys] = field(default_factory=dict)
    _names: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    _coded: dict[tuple[str, str], dict[str, dict[str, tuple[str, ...]]]] = field(default_factory=dict)
    _written: dict[str, WrittenKeys] = field(default_factory=dict)
    _likes: dict[tuple[str, tuple[str, ...]], Likes] = field(default_factory=dict)
    _deleted: dict[str, set[str]] | None = None
    _asked: dict[str, set[str]] | None = None
    _redirects: dict[str, dict[str, str]] | None = None

    def keys(self, table: str, fields: tuple[str, ...]) -> ParentKeys:
        """Give the typed values of some fields in all rows of a table."""
        if (table, fields) not in self._keys:
            self._keys[table, fields] = self._read_keys(table, fields)
        return self._keys[table, fields]

    def keys_for(self, entry: Input, reference: ForeignKey) -> ParentKeys:
        """Give the same for one reference of a file: of a large parent, only the keys to which a small file refers."""
        if self.elsewhere.has(entry, reference):
            is_typed = _is_typed(self.files[reference.table][0], reference.parent_fields)
            return ParentKeys(is_typed=is_typed, is_elsewhere=True)
        address = (entry.resource.name, entry.resource.path, reference)
        if address not in self._referred:
            wanted = self._wanted(entry, reference)
            found = (
                self.keys(reference.table, reference.parent_fields)
                if wanted is None
                else self._read_keys(reference.table, reference.parent_fields, wanted)
            )
            self._referred[address] = self._with_redirected(entry, reference, found)
        return self._referred[address]

    def of(self, entry: Input) -> "Parents":
        """Give a copy that has only the keys to which a file refers, for another machine."""
        name, path, keys = entry.resource.name, entry.resource.path, entry.resource.table.foreign_keys
        return Parents({}, _referred={(name, path, key): self.keys_for(entry, key) for key in keys})

    def _with_redirected(self, entry: Input, reference: ForeignKey, found: ParentKeys) -> ParentKeys:
        """Add the ids that earlier merges redirected, to which a contribution may still refer."""
        base = self.base(reference.table)
        is_key = base is not None and base.resource.table.primary_key == reference.parent_fields
        if entry.mode is Mode.TABLE or entry.reference_only or found.reason or not is_key:
            return found
        old = frozenset((id_,) for id_ in self.redirects(reference.table))
        return replace(found, keys=found.keys | old) if old else found

    def redirects(self, table: str) -> Mapping[str, str]:
        """Map the ids of a table that earlier merges redirected to the ids that replace them."""
        if self._redirects is None:
            self._redirects = {}
            for entry in self.files.get(REDIRECTS, ()):
                columns = ("table", "old_id", "canonical_id")
                if entry.mode is not Mode.TABLE or not set(columns) <= set(entry.resource.table.field_names):
                    continue
                with suppress(UnreadableFile):  # the check of the package reports this
                    for of, old, new in read_columns(entry, columns):
                        self._redirects.setdefault(str(of), {})[str(old)] = str(new)
        return self._redirects.get(table, {})

    def there(self, table: str, field: str, ids: Collection[str]) -> frozenset[str]:
        """Give those of some ids that a row of a table has."""
        keys = self._read_keys(table, (field,), {(id_,) for id_ in ids}).keys
        return frozenset(id_ for id_ in ids if (id_,) in keys)

    def _wanted(self, entry: Input, reference: ForeignKey) -> Collection[Key] | None:
        """Give the keys to which a small file refers; None if all keys of the parent must be read."""
        parents, child = self.files.get(reference.table, ()), entry.resource
        if child.is_frame or not any(map(_is_looked_up, parents)):
            return None
        if not (is_small(child) or self.elsewhere.is_beside(child.name, reference.table)):
            return None
        if not _are_keys(parents[-1], reference) or not all(_is_text(entry, name) for name in reference.fields):
            return None
        with suppress(UnreadableFile):  # the check of its rows reports this
            return {key for key in read_columns(entry, reference.fields) if set(key) != {None}}
        return None

    def keys_in(self, entry: Input, fields: tuple[str, ...], *, is_typed: bool = False) -> FileKeys:
        """Give the values of some fields in all rows of one file, up to an error in it."""
        read = partial(_file_keys, entry, fields, is_typed=is_typed)
        return self.recall.keys(entry, (fields, is_typed), read) if self.recall else read()

    def names(self, table: str, key: str) -> Mapping[str, str]:
        """Map the names that people may write for a row, including its key, to its key."""
        if (table, key) not in self._names:
            self._names[table, key] = self._read_names(table, key)
        return self._names[table, key]

    def alike(self, table: str, fields: tuple[str, ...], values: Key) -> list[Texts]:
        """Give the keys of a table that look the same to a person as some values, if all of them are texts."""
        if not all(isinstance(value, str) for value in values):
            return []
        if (table, fields) not in self._likes:
            keys = self._few_keys(table, fields)
            self._likes[table, fields] = Likes(key for key in keys if all(isinstance(part, str) for part in key))
        return self._likes[table, fields].of(values)

    def _few_keys(self, table: str, fields: tuple[str, ...]) -> Collection[Key]:
        """Give the keys of a table, or none if there are very many: comparing all would take long, and much memory."""
        if self._are_here(table, fields):
            keys = self.keys(table, fields).keys
            return keys if len(keys) <= _MANY else ()
        found: set[Key] = set()
        with suppress(UnreadableFile):
            for rows in self._key_chunks(table, fields):
                found.update(key for key in rows if set(key) != {None})
                if len(found) > _MANY:
                    return ()
            return found
        return ()

    def leads_somewhere(self, reference: ForeignKey, text: str) -> bool:
        """Return whether a row has a text as its key, or the rows cannot be read."""
        table, fields = reference.table, reference.parent_fields
        if self._are_here(table, fields):
            parent = self.keys(table, fields)
            return bool(parent.reason) or (text,) in parent.keys
        with suppress(UnreadableFile):
            return any((text,) in set(rows) for rows in self._key_chunks(table, fields))
        return True

    def _are_here(self, table: str, fields: tuple[str, ...]) -> bool:
        """Return whether the keys of a table are in memory already, or are few."""
        return (table, fields) in self._keys or not any(map(_is_looked_up, self.files.get(table, ())))

    def _key_chunks(self, table: str, fields: tuple[str, ...]) -> Iterator[Iterable[Key]]:
        return chain.from_iterable(key_chunks(entry, fields) for entry in self.files[table])

    def base(self, table: str) -> Input | None:
        """Give the table in the base of a contribution."""
        return next((entry for entry in self.files.get(table, ()) if entry.mode is Mode.TABLE), None)

    def written(self, table: str) -> WrittenKeys:
        """Give the ids of the rows of the base and of rows that earlier batches add."""
        if table not in self._written:
            self._written[table] = self._written_in(table)
        return self._written[table]

    def deleted(self, table: str) -> set[str]:
        """Name the records of a table that the contribution deletes, by the values of their keys."""
        if self._deleted is None:
            self._deleted = {name: self._as_read(name, records) for name, records in self._asked_for().items()}
        return self._deleted.get(table, set())

    def deleted_rows(self, entry: Input) -> set[int]:
        """Give the numbers of the rows of a base that the contribution deletes, by their keys as written."""
        with suppress(UnreadableFile):  # the check of the deletions reports this
            written = WrittenKeys((entry,), entry.resource.table.primary_key)
            return written.numbers(self.asked(entry.resource.name))
        return set()

    def asked(self, table: str) -> set[str]:
        """Name the records of a table that the contribution deletes, as it writes them."""
        return self._asked_for().get(table, set())

    def _asked_for(self) -> dict[str, set[str]]:
        """Name the records that the contribution deletes, by table."""
        if self._asked is None:
            self._asked = {}
            for entry in self.files.get(DELETES, ()):
                with suppress(UnreadableFile):  # the check of the file reports this
                    for name, record in read_columns(entry, ("table", "record_id")):
                        self._asked.setdefault(str(name), set()).add(record_name(str(record)))
        return self._asked

    def _as_read(self, table: str, records: set[str]) -> set[str]:
        base = self.base(table)
        if base is None or not base.resource.table.has_typed_key:
            return records
        with suppress(UnreadableFile):  # the check of the deletions reports this
            return {record_id(key) for key in self.written(table).named(records)}
        return records

    def _written_in(self, table: str) -> WrittenKeys:
        base = self.base(table)
        if base is None or not base.resource.table.primary_key:
            return WrittenKeys((), ())
        earlier = (entry for entry in self.files[table] if entry.is_earlier)
        return WrittenKeys((base, *earlier), base.resource.table.primary_key)

    def _read_keys(self, table: str, fields: tuple[str, ...], wanted: Collection[Key] | None = None) -> ParentKeys:
        """Read the keys of a table; of its large files, only those that are wanted, if that is given."""
        if not self.files.get(table):
            return ParentKeys(reason=f"the table {table} is missing; name its package with --base")
        is_typed = _is_typed(self.files[table][0], fields)
        forms: dict[Key, str] = {}
        found: list[FileKeys] = []
        for entry in reversed(self.files[table]):  # the base first
            if wanted is not None and _is_looked_up(entry):
                of_file = _keys_among(entry, fields, wanted)
            else:
                of_file = self.keys_in(entry, fields, is_typed=is_typed)
            if of_file.reason:
                return ParentKeys(reason=of_file.reason)
            found.append(of_file)
            for key, text in of_file.forms.items():
                forms.setdefault(key, text)
        keys = found[0].keys if len(found) == 1 else chain.from_iterable(one.keys for one in found)
        return ParentKeys(frozenset(key for key in keys if set(key) != {None}), "", forms, is_typed)

    def _read_names(self, table: str, key: str) -> dict[str, str]:
        names: dict[str, str] = {}
        for entry in self.files.get(table, ()):
            present = entry.resource.table.field_names
            naming = tuple(name for name in NAMING if name in present)
            try:
                for value, *others in read_columns(entry, (key, *naming)):
                    names.update({str(o): str(value) for o in others if o is not None and value is not None})
                    names[str(value)] = str(value)
                    if len(names) > MOST_CANDIDATES:
                        return {}  # with so many rows nothing is suggested: it would take too long
            except UnreadableFile:
                continue
        return names

    def coded(self, table: str, key: str) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Map the codes of other lists for the rows of a table to their keys, and these to the columns of the codes."""
        if (table, key) not in self._coded:
            self._coded[table, key] = self._read_coded(table, key)
        return self._coded[table, key]

    def _read_coded(self, table: str, key: str) -> dict[str, dict[str, tuple[str, ...]]]:
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        count = 0
        for entry in self.files.get(table, ()):
            known = entry.resource.table
            columns = [n for n in known.field_names if n not in known.identifying_fields and _CODED.search(n)]
            with suppress(UnreadableFile):  # the check of its rows reports this
                for value, *codes in read_columns(entry, (key, *columns)) if columns else ():
                    for name, code in zip(columns, codes, strict=True):
                        keys = found.setdefault(str(code), {}) if None not in (code, value) else {}
                        keys[str(value)] = (*keys.get(str(value), ()), name)
                        count += None not in (code, value)
                    if count > MOST_CANDIDATES:
                        return {}
        return found


def _file_keys(entry: Input, fields: tuple[str, ...], *, is_typed: bool) -> FileKeys:
    """Read the typed values of some fields in all rows of one file."""
    keys: set[Key] = set()
    forms: dict[Key, str] = {}
    try:
        if is_typed:
            for pairs in written_chunks(entry, fields[0]):
                keys.update((value,) for value, _ in pairs)
                found = (((value,), text) for value, text in pairs if value is not None and text is not None)
                _note_forms(forms, found)
        else:
            for rows in key_chunks(entry, fields):
                keys.update(rows)
    except UnreadableFile as fault:
        return FileKeys(keys, forms, f"{fault.part or entry.resource.path} could not be read: {fault.message}")
    return FileKeys(keys, forms)


def _keys_among(entry: Input, fields: tuple[str, ...], wanted: Collection[Key]) -> FileKeys:
    """Look some keys up in a large file."""
    try:
        found = rows_with(entry, fields, {*wanted, (_NO_KEY,) * len(fields)}, fields)
    except UnreadableFile as fault:
        return FileKeys((), {}, f"{fault.part or entry.resource.path} could not be read: {fault.message}")
    return FileKeys({key for _, key in found})


def _is_looked_up(entry: Input) -> bool:
    return not (entry.resource.is_frame or is_small(entry.resource))


def _are_keys(parent: Input, reference: ForeignKey) -> bool:
    """Return whether a reference leads to texts that only one row has."""
    table, fields = parent.resource.table, reference.parent_fields
    unique = [table.primary_key, *((f.name,) for f in table.fields if f.constraints.get("unique"))]
    return fields in unique and all(_is_text(parent, name) for name in fields)


def _is_text(entry: Input, name: str) -> bool:
    table = entry.resource.table
    return name in table and kind_of(table[name]).is_text


def written_chunks(entry: Input, name: str) -> Iterator[Sequence[tuple[Any, str | None]]]:
    """Read the distinct values of a column in chunks, each with its text; some may occur twice.

    Raises:
        UnreadableFile: the file cannot be read to its end, or lacks the column.
    """
    with Records(entry.resource, as_is=entry.reference_only) as records:
        width, ((at, column),) = open_columns(entry, records, (name,))
        if is_large(entry, records):
            from depositary.check.reading.block_columns import written_blocks  # noqa: PLC0415 (its libraries take time to load)
            from depositary.read.files.blocks import NeedsExactLane  # noqa: PLC0415

            with suppress(NeedsExactLane):
                yield from written_blocks(records, entry.resource.table, width, at, column)
                return
        for _, rows in records.chunks():
            texts = list(dict.fromkeys(row[at] if at < len(row) else None for row in rows))
            yield list(zip(_values(column, texts), texts, strict=True))
            column.forget()


def _is_typed(entry: Input, fields: Sequence[str]) -> bool:
    """Return whether a key has one column in which the same value may be written in several forms."""
    table = entry.resource.table
    is_known = len(fields) == 1 and fields[0] in table
    return is_known and not entry.reference_only and not kind_of(table[fields[0]]).is_text


def _note_forms(forms: dict[Key, str], pairs: Iterable[tuple[Key, str]]) -> None:
    for key, text in pairs:
        if text != plainly(key[0]):
            forms.setdefault(key, tidy(text))
