"""What is checked on the rows of a patch as they would be after the merge, and the findings about them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from depositary.check.lanes.file_findings import FileFindings
from depositary.check.lanes.references import ParentKeys, Parents
from depositary.check.reading.cells import Column
from depositary.check.reading.columns import Key, is_small, key_chunks
from depositary.model.codes import CODES
from depositary.model.finding import Finding
from depositary.model.mapping import UNTRANSLATED
from depositary.model.package import Mode
from depositary.model.record_id import record_id
from depositary.model.report import NotJudged
from depositary.model.table import Field, ForeignKey, Table
from depositary.model.target import Input
from depositary.read.files.mapped import LOCAL
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.suggest import MOST_CANDIDATES, suggest

Values = tuple[Any, ...]


@dataclass(frozen=True)
class Once:
    """Fields whose combination of values may occur only once."""

    code: str
    fields: tuple[str, ...]


class MergeChecks:
    """The checks of one patch that are made on merged rows.

    `wanted` has the columns that they read. `not_judged` has the references that cannot be checked.
    """

    def __init__(self, entry: Input, columns: Sequence[Column], parents: Parents) -> None:
        self.not_judged: list[NotJudged] = []
        self.table, self._parents = entry.resource.table, parents
        self.once = list(_once(self.table))
        self.references = list(self._composite_references({column.name for column in columns}))
        once, references = (one.fields for one in self.once), (reference.fields for reference, _ in self.references)
        self.wanted = tuple(dict.fromkeys(name for fields in (*once, *references) for name in fields))

    @staticmethod
    def fit(entry: Input, columns: Sequence[Column]) -> bool:
        """Return whether a file is a patch whose rows can be found in the base."""
        key = set(entry.resource.table.primary_key)
        return entry.is_overlay and bool(key) and key <= {column.name for column in columns}

    @staticmethod
    def reasons(entry: Input) -> Iterator[NotJudged]:
        """Give the reason why the merged rows of a patch cannot be found at all, if there is one."""
        if entry.is_overlay and not entry.resource.table.primary_key:
            reason = "the table has no primary key by which a row of the base could be found"
            yield NotJudged(entry.resource.name, "rows as merged", reason)

    @staticmethod
    def unreadable(entry: Input, fault: UnreadableFile) -> NotJudged:
        """Give the reason why they are not checked if the base cannot be read."""
        reason = f"{entry.resource.name} of the base could not be read: {fault.message}"
        return NotJudged(entry.resource.name, "rows as merged", reason)

    def _composite_references(self, present: set[str]) -> Iterator[tuple[ForeignKey, ParentKeys]]:
        # A reference of one column is checked cell by cell; of several, some may be blank and keep the base's value.
        for reference in self.table.foreign_keys:
            if len(reference.fields) == 1 or not set(reference.fields) & present:
                continue
            parent = self._parents.keys(reference.table, reference.parent_fields)
            if parent.reason:
                what = f"references of {', '.join(reference.fields)}"
                self.not_judged.append(NotJudged(self.table.name, what, parent.reason))
            else:
                yield reference, parent


@dataclass
class MergedFindings:
    """Reports what is wrong with merged rows."""

    file_findings: FileFindings
    columns: Sequence[Column]
    base: Input | None
    _hints: dict[Key, str] = field(default_factory=dict)

    def require(self, field: Field, number: int, key: Key, cells: Callable[[], Sequence[str | None]]) -> None:
        """Report a new row whose required cell is blank; `cells` gives those of the row."""
        self._add("required-constraint", field.name, lambda: self._required(field, number, key, cells()))

    def _required(self, field: Field, number: int, key: Key, cells: Sequence[str | None]) -> Finding:
        message = f"the row is new (its id is not in the base), but {field.name} is empty"
        hint = self._meant(key) or self._how_to_fill(field.name)
        cell_reference = {"cell": "", "fieldName": field.name, "fieldNumber": (self._at(field.name) or 0) + 1}
        note = {
            "note": 'constraint "required" is "True"',
            "cells": [str(cell).removeprefix(UNTRANSLATED) for cell in cells],
        }
        words = message, hint
        return self._finding("required-constraint", field.name, number, words, {**note, **cell_reference})

    def _how_to_fill(self, name: str) -> str:
        """Give the hint for a blank cell; the columns of a mapped file are filled by the manifest."""
        if self.file_findings.entry.resource.mapping and self._at(name) is None:
            same = f'if it is the same in all rows, write constants = {{ {name} = "…" }} in [[files]]'
            return f"{same}; otherwise map a column of the file to it"
        return "fill the cell; if the row should change a row of the base, correct its id"

    def dangling(self, reference: ForeignKey, number: int, row: Sequence[str], values: Values) -> None:
        """Report a reference of several columns that leads nowhere."""
        findings = self.file_findings.row(number, row)
        findings.key("foreign-key", reference.fields, (values, "not found"), reference)

    def twice(self, once: Once, values: Values, number: int, other: str) -> None:
        """Report a row whose values occur in another row as well, which `other` names."""
        self._add(once.code, ", ".join(once.fields), lambda: self._twice(once, values, number, other))

    def _twice(self, once: Once, values: Values, number: int, other: str) -> Finding:
        name, text = ", ".join(once.fields), ", ".join(map(str, values))
        words = f"{other} has the same {name}, {text}", "if both rows mean the same, remove this row"
        reference: dict[str, Any] = {"note": words[0], "cells": []}
        if once.code == "unique-error":
            reference |= {"cell": text, "fieldName": name, "fieldNumber": (self._at(name) or 0) + 1}
        return self._finding(once.code, name, number, words, reference, text)

    def _at(self, name: str) -> int | None:
        return next((at for at, column in enumerate(self.columns) if column.name == name), None)

    def _meant(self, key: Key) -> str:
        if key not in self._hints:
            meant = suggest(record_id(key), self._base_ids)
            self._hints[key] = f"{meant} if it is a new row, fill it" if meant else ""
        return self._hints[key]

    @cached_property
    def _base_ids(self) -> dict[str, str]:
        """Map the ids of the base to themselves; if there are so many that none is suggested, give none."""
        ids: dict[str, str] = {}
        key = self.file_findings.entry.resource.table.primary_key
        for keys in key_chunks(self.base, key) if self.base else ():
            ids.update((name, name) for name in map(record_id, keys))
            if len(ids) > MOST_CANDIDATES:
                return {}
        return ids

    def _add(self, code: str, name: str, make: Callable[[], Finding]) -> None:
        self.file_findings.tally.add(code, name, make)

    def _finding(  # noqa: PLR0913 (a finding has that many properties)
        self, code: str, field: str, row: int, words: tuple[str, str], reference: dict[str, Any], value: str = ""
    ) -> Finding:
        reference = {"type": CODES[code].reference, **reference, "rowNumber": row}
        at = self.file_findings.row_of(row)
        return self.file_findings.finding(code, *words, row=at, field=field, value=value, reference=reference)


def registered(entry: Input, parents: Parents) -> frozenset[Key]:
    """Give the keys of complete rows in other files of the table, besides the patch and its base.

    There are such files when several contributions are merged: one may register a row that another one changes.
    """
    table = entry.resource.table
    required = [field.name for field in table.fields if field.required and field.name not in table.primary_key]
    own = {entry.resource.file, *([entry.base.file] if entry.base else [])}
    found: set[Key] = set()
    for other in parents.files.get(table.name, ()):
        if other.resource.file in own:
            continue
        # If it cannot be read, another finding reports this; if a column is missing, no row is complete.
        for rows in _complete(other, (*table.primary_key, *required), parents):
            keys = (row[: len(table.primary_key)] for row in rows if None not in row)
            found.update(key for key in keys if other.is_earlier or not _is_local(key))
    return frozenset(found)


def _complete(other: Input, fields: tuple[str, ...], parents: Parents) -> Iterator[Iterable[Key]]:
    """Read some columns of a file; those of a small one are kept for the next validation of the same run."""
    if is_small(other.resource):
        yield parents.keys_in(other, fields).keys
        return
    with suppress(UnreadableFile):
        yield from key_chunks(other, fields)


def base_of(entry: Input) -> Input | None:
    """Give the base of a patch as a table."""
    return Input(entry.base, Mode.TABLE, cache=entry.cache) if entry.base else None


def _is_local(key: Key) -> bool:
    """Return whether a row has a local name, valid in its contribution and those that follow it."""
    return any(str(part).startswith(LOCAL) for part in key)


def _once(table: Table) -> Iterator[Once]:
    for one in table.fields:
        if one.constraints.get("unique"):
            yield Once("unique-error", (one.name,))
    for fields in table.unique_keys:
        yield Once("unique-key", fields)
