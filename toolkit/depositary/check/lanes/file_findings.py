"""Make the findings of one file, in our words and in the reference's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any, TypedDict, Unpack

from depositary.check.lanes.references import Parents
from depositary.check.reading.cells import Column
from depositary.model.codes import CODES
from depositary.model.finding import Finding, Level, Place
from depositary.model.mapping import UNTRANSLATED
from depositary.model.odd_quote import OddQuote
from depositary.model.package import Resource
from depositary.model.table import Field, ForeignKey, Table, kind_of
from depositary.model.tally import Tally
from depositary.model.target import Input
from depositary.read.files.csv import CsvText, Traits
from depositary.read.files.forms import form_of
from depositary.read.files.parts import PartRead
from depositary.read.files.records import Records
from depositary.read.files.survey import letters_of
from depositary.read.files.unreadable import UnreadableFile
from depositary.reference import Header
from depositary.wording import suggest as hints
from depositary.wording.cells import code_of, describe, fix, label_message, odd_quote
from depositary.wording.likeness import meant, spelled
from depositary.wording.plain import number, shown
from depositary.wording.untranslated import untranslated

_SWALLOWING = ("swallowing", "unclosed")  # kinds of odd quotes
_SHOWN_CELLS = 200  # cells of a row in the JSON report


class _About(TypedDict, total=False):
    """The further properties of a finding of a file."""

    row: int
    field: str
    value: str
    level: Level
    reference: Mapping[str, Any] | None
    part: str  # the path of the part in whose file the row is counted


@dataclass
class FileFindings:
    """Adds the findings of one file to its tally."""

    entry: Input
    tally: Tally
    parents: Parents

    def add(self, code: str, message: str, hint: str = "", **about: Unpack[_About]) -> None:
        """Add a finding of this file; it is only counted if enough of its kind are kept already.

        A warning that the schema switches off for its column is left out.
        """
        table, field = self.entry.resource.table, about.get("field", "")
        if about.get("level") == "warning" and field in table and code in table[field].expects:
            return
        make = partial(self.finding, code, message, hint, **about)
        self.tally.add(code, field, make, about.get("level", "error"))

    def finding(self, code: str, message: str, hint: str = "", **about: Unpack[_About]) -> Finding:
        """Make a finding of this file."""
        reference = {"type": CODES[code].reference, "note": message, **(about.get("reference") or {})}
        part, row = about.get("part", ""), about.get("row", 0)
        resource = self.entry.resource
        within = row - 1 if row and resource.is_parquet else row
        place = Place(resource.name, part, within) if part else resource.place(row)
        group = "" if part else resource.group_in_words(row)
        return Finding(
            code=code,
            level=about.get("level", "error"),
            table=place.table,
            file=place.file,
            row=place.row,
            field=about.get("field", ""),
            value=about.get("value", ""),
            message=f"{message}{group}",
            hint=hint or fix(code),
            reference=reference,
        )

    # The file

    def file(self, fault: UnreadableFile) -> None:
        """Report the error that ended the reading of the file, or those of several parts."""
        for one in (fault, *fault.others):
            self.add(one.code, one.message, one.hint, row=one.row, part=one.part)

    def swallowed(self, records: Records, cells: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """Give the cells, by row and column from 1, whose quotes show that they contain other cells."""
        if not cells:
            return set()
        odd = ((one, source) for source in records.sources for one in source.odd_quotes())
        found = {_cell(one, source, records) for one, source in odd if one.kind in _SWALLOWING}
        return {(row, column) for row, column in cells if not found.isdisjoint(((row, column), (row, 0)))}

    def oddities(self, records: Records, reported: Collection[tuple[int, int]] = ()) -> None:
        """Report what programs ignore or fail on: a byte-order mark, NULs, a quote that is never closed.

        For cells that are reported to contain whole rows, text after the closing quote is not reported too.
        """
        known = {*reported, *((row, 0) for row, _ in reported)}
        for source in records.sources:
            for odd in source.odd_quotes():
                if odd.kind in _SWALLOWING or _cell(odd, source, records) not in known:
                    self._odd_quote(odd, source)
            self._blank_columns(source, len(source.labels) + 1)
            self._bytes(source)

    def _bytes(self, source: CsvText | PartRead) -> None:
        """Report a byte-order mark and NULs."""
        traits, part = source.traits, _part(source)
        if traits.byte_order_mark:
            message = "the file begins with a byte-order mark, which some programs read as part of the first label"
            self.add(
                "byte-order-mark",
                message,
                "save it as UTF-8 without one if it is to be published",
                level="warning",
                part=part,
            )
        if traits.nuls:
            message = f"the file has NUL bytes ({traits.nuls:,}), the first at byte {traits.first_nul:,}"
            self.add("nul-byte", message, "export the file again", part=part)

    def _blank_columns(self, source: CsvText | PartRead, first: int) -> None:
        """Report columns at the right without a name: as an error if a row has a value there."""
        blank, part = source.blank, _part(source)
        which = f"column {first} has" if blank.columns == 1 else f"columns {first} to {first + blank.columns - 1} have"
        if blank.filled:
            rows = f"{number(blank.filled, 'row')} {'has' if blank.filled == 1 else 'have'}"
            message = f"{which} no name, but {rows} values there; the first is row {blank.first}"
            self.add("blank-label", message, "give them names, or delete them", row=1, part=part)
        elif blank.columns:
            rows = _also_ignored(blank.rows) if blank.rows else ""
            message = f"{which} no name and no values; they were ignored{rows}"
            self.add("blank-columns", message, row=1, level="warning", part=part)

    def _odd_quote(self, odd: OddQuote, source: CsvText | PartRead) -> None:
        label = source.labels[odd.column - 1] if odd.column <= len(source.labels) else ""
        level: Level = "warning" if odd.kind in ("inside", "after") else "error"
        code = {"unclosed": "csv-error", "swallowing": "swallowed-cells"}.get(odd.kind, "stray-quote")
        message, hint = odd_quote(odd, label)
        is_known = odd.kind != "unclosed" and label in self.entry.resource.table
        field = label if is_known else ""
        self.add(code, message, hint, row=odd.row, field=field, value=odd.text, level=level, part=_part(source))

    def sizes(self, traits: Traits, rows: int) -> None:
        """Report a hash, size, number of fields or number of rows that differs from the descriptor."""
        stated = self.entry.resource.sizes
        kind, _, digest = str(stated["hash"] or "").rpartition(":")
        if digest and traits.digest and digest != traits.digest:
            note = f'expected is "{digest}" and actual is "{traits.digest}"'
            message = f"the file's {kind or 'md5'} is {traits.digest}, but the descriptor gives {digest}"
            self.add("hash-count", message, reference={"note": note})
        if not self.entry.resource.parts:
            self._count("byte-count", "the file has {}", "byte", stated["bytes"], traits.bytes)
        self._count(
            "field-count", "the schema has {}", "field", stated["fields"], len(self.entry.resource.table.fields)
        )
        have = "the parts have" if self.entry.resource.parts else "the file has"
        self._count("row-count", f"{have} {{}}", "row", stated["rows"], rows)

    def _count(self, code: str, message: str, what: str, expected: int | None, actual: int) -> None:
        if expected and expected != actual:
            note = f'expected is "{expected}" and actual is "{actual}"'
            message = f"{message.format(number(actual, what))}, but the descriptor gives {expected:,}"
            self.add(code, message, reference={"note": note})

    def gave_up(self, field: str) -> None:
        """Report a pattern that took too long."""
        pattern = self.entry.resource.table[field].constraints.get("pattern", "")
        message = f"the pattern {shown(pattern)} of {field} takes too long for a value and was stopped"
        self.add("unsafe-pattern", message, "write it without nested repetition", field=field)

    # The header

    def no_labels(self) -> None:
        """Report a header row without labels; the columns are then read in the schema's order."""
        message, hint = label_message("blank-header", {}), "write the column names into it"
        self.add("blank-header", message, hint, row=1, reference={"note": "", "labels": [], "rowNumbers": [1]})

    def twice(self, labels: Sequence[str]) -> UnreadableFile:
        """Make the error for a label that occurs twice; columns that are matched by name need different labels."""
        double = next((label for i, label in enumerate(labels) if label in labels[:i]), "")
        message = f"two columns are named {shown(double)}"
        return UnreadableFile("duplicate-label", message, "keep one of them, or correct the name of the other", 1)

    def mapped(self, records: Records) -> None:
        """Report the columns that the manifest maps but the file does not have."""
        mapping = self.entry.resource.mapping
        labels = {label.strip(): label.strip() for label in records.source_labels}
        named = dict(reversed(list(mapping.named()))) if mapping else {}
        lacking = {mapping.ours(label) for label in named if label not in labels} if mapping else set()
        for label, use in reversed(named.items()):
            if label not in labels:
                message = f"the column {shown(label)}, which the manifest {use}, is missing"
                hint = hints.suggest(label, labels) or f"its columns are {', '.join(labels)}"
                self.add("missing-label", message, hint, row=1, field=mapping.ours(label) or "" if mapping else "")
        for name in mapping.mint if mapping else ():
            if name not in records.labels and name not in lacking:
                message = f"ids are minted from {name}, but no column of the file is mapped to it"
                self.add("missing-label", message, "map one, or leave it out of `mint`", row=1, field=name)

    def left_out(self, rows: int) -> int:
        """Give the number of rows that the manifest leaves out; if no row is left, that is reported."""
        mapping = self.entry.resource.mapping
        count = mapping.origins.left_out if mapping else 0
        if count and not rows:
            message = f"all rows of the file are left out by `where` ({number(count, 'row')})"
            hint = "correct `where` in the manifest; its texts must be as in the file"
            self.add("no-rows", message, hint, level="warning")
        return count

    def header(self, header: Header, table: Table) -> None:
        """Report the labels that do not fit the schema."""
        same = sorted(header.labels) == sorted(table.field_names)
        for error in header.errors:
            reference = error.to_descriptor()
            code, label = reference["type"], reference.get("label", "")
            message = label_message(code, reference)
            hint = _label_hint(code, label, table, same=same)
            if code == "extra-label" and self.entry.resource.mapping:
                message = f"{shown(label)} is neither mapped nor ignored, nor a column of {table.name}"
                hint = hint or "add it to `columns` or `ignore` of this file in the manifest"
            row = (reference.get("rowNumbers") or [1])[0]
            field = reference.get("fieldName", "")
            if field not in header.labels and (folder := _folder_of(field, self.entry.resource)):
                message = f"{message}; its values are only in names of folders, such as {folder}"
                hint = f"write the column {field} into each part, or remove it from the schema: names are not read"
            self.add(code, message, hint, row=row, field=field, value=label, reference=reference)

    # Rows

    def row(self, number: int, cells: Sequence[str]) -> "RowFindings":
        """Open the report on one row."""
        return RowFindings(self, number, cells)

    def row_of(self, number: int) -> int:
        """Give the row of the file from which a row comes that was read."""
        return self.entry.resource.row_of(number)


def _also_ignored(rows: int) -> str:
    """Name the empty rows at the end that were ignored with empty columns."""
    return f", and so {'was' if rows == 1 else 'were'} {number(rows, 'empty row')} at the end"


def _cell(odd: OddQuote, source: CsvText | PartRead, records: Records) -> tuple[int, int]:
    """Give row and column of an odd quote; the column is 0 if columns are mapped, because its position differs then."""
    before = source.before if isinstance(source, PartRead) else 0
    return odd.row + before, odd.column if records.source is records else 0


def _folder_of(field: str, resource: Resource) -> str:
    """Give the name of a folder of the parts that has the value of a column, as in `year=2024`; empty if none has."""
    folders = (name for path in resource.paths for name in PurePosixPath(path).parts[:-1])
    return next((name for name in folders if field and name.startswith(f"{field}=")), "")


def _part(source: CsvText | PartRead) -> str:
    return source.resource.path if isinstance(source, PartRead) else ""


@dataclass
class RowFindings:
    """The findings of one row."""

    file_findings: FileFindings
    number: int
    cells: Sequence[str]

    def blank(self) -> None:
        """Report a row without a value."""
        self._add("blank-row", "the row is blank", "delete the row")

    def cell(self, column: Column, cell: str | None, note: str, text: str) -> None:
        """Report a cell that its reader refused; it is only counted if enough of its kind are kept."""
        code = code_of(note)
        cell_reference = {
            "cell": str(cell).removeprefix(UNTRANSLATED),
            "fieldName": column.name,
            "fieldNumber": column.number,
        }
        self.file_findings.tally.add(
            code, column.name, lambda: self._cell(column, cell, code, note, {"note": text, **cell_reference})
        )

    def _cell(self, column: Column, cell: str | None, code: str, note: str, reference: dict[str, Any]) -> Finding:
        field = self._field(column.name)
        text = (cell or "").removeprefix(UNTRANSLATED)
        message, hint = describe(field, note, text)
        if note == "untranslated" and (mapping := self.file_findings.entry.resource.mapping):
            message, hint = untranslated(mapping, column.name, text, form_of(text))
        return self._finding(code, message, hint, column.name, text, reference)

    def _field(self, name: str) -> Field:
        table = self.file_findings.entry.resource.table
        return table[name] if name in table else Field(name, "any")

    def width(self, names: Sequence[str]) -> None:
        """Report extra and missing cells."""
        for at in range(len(names), len(self.cells)):
            cell = self.cells[at]
            cell_reference = {"cell": cell, "fieldName": "", "fieldNumber": at + 1}
            message = f"the row has an extra cell: {shown(cell)}"
            hint = "if a value has a comma in it, put quotes around the value"
            if not "".join(self.cells[len(names) :]).strip():
                hint = "delete the commas at the end of the row"
            if self.file_findings.entry.resource.sheet:
                hint = f"give its column, {letters_of(at + 1)}, a name in row 1, or delete the cell"
            self._add("extra-cell", message, hint, value=cell, reference={"note": "", **cell_reference})
        for at in range(len(self.cells), len(names)):
            cell_reference = {"cell": "", "fieldName": names[at], "fieldNumber": at + 1}
            message = f"the row ends before {names[at]}"
            hint = "add the missing commas"
            self._add("missing-cell", message, hint, field=names[at], reference={"note": "", **cell_reference})

    def key(
        self,
        code: str,
        fields: Sequence[str],
        broken: tuple[tuple[Any, ...], str],
        key: ForeignKey | None = None,
        *,
        indexes: Sequence[int] = (0,),
    ) -> None:
        """Report a repeated key or a reference that does not exist; `indexes` has the indexes of its columns."""
        name = ", ".join(fields)
        self.file_findings.tally.add(code, name, lambda: self._key(code, fields, broken, key, indexes))

    def _key(
        self,
        code: str,
        fields: Sequence[str],
        broken: tuple[tuple[Any, ...], str],
        key: ForeignKey | None,
        indexes: Sequence[int],
    ) -> Finding:
        values, note = broken
        text = ", ".join("" if v is None else str(v) for v in values)
        name = ", ".join(fields)
        if key:
            return self._dangling(key, values, text)
        reference: dict[str, Any] = {"note": note}
        if code == "unique-error":
            reference |= {"cell": text, "fieldName": fields[0], "fieldNumber": indexes[0] + 1}
        if set(values) == {None}:
            return self._finding(code, f"the key {name} is empty", "give the row an id", name, "", reference)
        other = note.rsplit(" ", 1)[-1]
        row = self.file_findings.row_of(int(other))
        resource = self.file_findings.entry.resource
        same = f"{name}, {shown(text)}{self._otherwise(fields, indexes, values)}"
        message = f"{resource.named_row(row)} has the same {same}"
        hint = "give one of them another id; if both rows are about the same thing, keep one"
        mapping = self.file_findings.entry.resource.mapping
        if mapping and mapping.mint and fields == (mapping.minted,):
            hint = "leave one out with `where`, or add a column to `mint` in which the rows differ"
        if code != "primary-key":
            hint = "if both rows mean the same, keep one of them"
        found = self._finding(code, message, hint, name, text, reference)
        return replace(found, also=(resource.place(row),))

    def _otherwise(self, fields: Sequence[str], indexes: Sequence[int], values: Sequence[Any]) -> str:
        """Add how numbers of a key are written, if they differ from their values: 0101 and 101 are one number."""
        written = [
            shown(self.cells[index])
            for name, index, value in zip(fields, indexes, values, strict=True)
            if kind_of(self._field(name)).is_numeric and value is not None and self.cells[index] != str(value)
        ]
        return f", written {', '.join(written)} here: numbers are compared by value" if written else ""

    def _dangling(self, key: ForeignKey, values: tuple[Any, ...], text: str) -> Finding:
        values_text = ", ".join(map(str, values))
        reference = {
            "note": f'for "{", ".join(key.fields)}": values "{values_text}" not found in the lookup table '
            f'"{key.resource}" as "{", ".join(key.parent_fields)}"',
            "fieldNames": list(key.fields),
            "fieldCells": ["" if v is None else str(v) for v in values],
            "referenceName": key.resource,
            "referenceFieldNames": list(key.parent_fields),
        }
        parents = self.file_findings.parents
        alike = parents.alike(key.table, key.parent_fields, values)
        hint = meant(alike)
        if len(key.fields) == 1 and not hint:
            hint = self._coded(key, text) or hints.suggest(text, parents.names(key.table, key.parent_fields[0]))
        parent = ", ".join(key.parent_fields)
        article = "an" if parent[:1].lower() in ("a", "e", "i", "o") else "a"  # a unit, a url
        message = f"{spelled(text) if alike else shown(text)} is not {article} {parent} in {key.table}"
        hint = hint or f"correct it, or add a row to {key.table}"
        return self._finding("foreign-key", message, hint, ", ".join(key.fields), text, reference)

    def _coded(self, key: ForeignKey, text: str) -> str:
        """Ask whether a row is meant for which another list has this code: 842 is the United States in trade data."""
        keys = self.file_findings.parents.coded(key.table, key.parent_fields[0]).get(text.strip(), {})
        if not keys:
            return ""
        named = " or ".join(f"{one} ({', '.join(columns)})" for one, columns in sorted(keys.items()))
        hint = f"did you mean {named}?"
        if self.file_findings.entry.resource.mapping is None:
            return hint
        first, *others = dict.fromkeys(column for columns in keys.values() for column in columns)
        whole = f'values = {{ {key.fields[0]} = "{key.table}.{first}" }} in [[files]]'
        which = f", or {' or '.join(others)} if the file uses that one" if others else ""
        return f"{hint} To translate a whole column: {whole}{which}"

    def _add(  # noqa: PLR0913 (a finding has that many properties)
        self,
        code: str,
        message: str,
        hint: str,
        *,
        field: str = "",
        value: str = "",
        reference: Mapping[str, Any] | None = None,
    ) -> None:
        make = lambda: self._finding(code, message, hint, field, value, reference or {"note": ""})  # noqa: E731
        self.file_findings.tally.add(code, field, make)

    def _finding(  # noqa: PLR0913 (a finding has that many properties)
        self, code: str, message: str, hint: str, field: str, value: str, reference: Mapping[str, Any]
    ) -> Finding:
        cells = list(self.cells) if self.file_findings.entry.reference_only else list(self.cells[:_SHOWN_CELLS])
        row = {"cells": [cell.removeprefix(UNTRANSLATED) for cell in cells], "rowNumber": self.number}
        number = self.file_findings.row_of(self.number)
        resource = self.file_findings.entry.resource
        place = resource.place(number)
        return Finding(
            code=code,
            level="error",
            table=place.table,
            file=place.file,
            row=place.row,
            field=field,
            value=value,
            message=f"{message}{resource.group_in_words(number)}",
            hint=hint or fix(code),
            reference={"type": CODES[code].reference, **reference, **row},
        )


def _label_hint(code: str, label: str, table: Table, *, same: bool) -> str:
    if same:
        return "the columns are complete, but in another order; put them into the schema's order"
    if code == "extra-label" and not label:
        return "delete the column, or give it the name of a column of the table"
    if code in ("extra-label", "incorrect-label") and label not in table:
        return hints.suggest(label, {n: n for n in table.field_names})
    return ""
