"""Add rows to a worksheet, or change cells of it; nothing else in the workbook changes."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from depositary.errors import DocumentError, UsageError
from depositary.model.field_types import DECIMAL, INTEGER
from depositary.model.file_kinds import is_written_workbook
from depositary.model.package import Resource
from depositary.model.table import kind_of
from depositary.read.files.compressed import compression_of
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import Worksheet
from depositary.write.sheet_cells import CannotWriteError, NewCell, Place, with_cells

_NUMBER = re.compile("-?[0-9]{1,15}")
_FEW = 5  # rows that a message lists
_SIGNATURES = "_xmlsignatures/"


def why_not_written(resource: Resource) -> str:
    """Say why the worksheet of a table is not written here; nothing, if it is, or if the table is not a worksheet."""
    if not resource.sheet:
        return ""
    if compression_of(resource) or not is_written_workbook(resource.file):
        return (
            "this table is a worksheet of a file that is not written here. Save the file as an Excel workbook (.xlsx) "
            "and run this again, or enter the row yourself"
        )
    return ""


class SheetFile:
    """A worksheet that is being changed.

    Args:
        resource: its entry.

    Raises:
        UsageError: the workbook is open in another program.
        DocumentError: the worksheet cannot be read.
    """

    def __init__(self, resource: Resource) -> None:
        self._resource = resource
        self._require_closed()
        self._cells: dict[Place, NewCell] = {}
        self._entered: dict[int, dict[str, str]] = {}
        try:
            sheet = Worksheet(resource.file, resource.sheet)
            try:
                self.part, self._labels = sheet.part, sheet.labels
                self._rows = [row for chunk in sheet.chunks() for row in chunk]
            finally:
                sheet.close()
        except UnreadableFile as fault:
            raise self._broken(fault.message) from fault
        self._require_even()

    @property
    def file(self) -> Path:
        """Give the path of the workbook."""
        return self._resource.file

    @property
    def rows(self) -> int:
        """Count the rows below the header."""
        return max(len(self._rows), *(row - 1 for row in self._entered), 0)

    def append(self, cells: Mapping[str, str]) -> int:
        """Add a row behind the last one that has a value, and give its number; columns are added if needed."""
        number = self.rows + 2
        self.change(number, cells)
        return number

    def change(self, number: int, cells: Mapping[str, str]) -> None:
        """Change some cells of a row; columns are added if needed."""
        self._require_columns(cells)
        known = [label.casefold() for label in self._labels]
        for name, cell in cells.items():
            self._cells[number, known.index(name.casefold()) + 1] = self._new(name, cell)
        self._entered.setdefault(number, {}).update(cells)

    def data(self) -> bytes:
        """Give the bytes of the changed workbook."""
        return with_sheets(self.file, [self])

    def changed(self, xml: bytes) -> bytes:
        """Give the XML of the sheet with the changes.

        Raises:
            UsageError: a cell cannot be written; the message says what to enter.
        """
        try:
            return with_cells(xml, self._cells)
        except CannotWriteError as error:
            rows = [
                f"row {number}: {', '.join(f'{name} {cell}' for name, cell in cells.items() if cell)}"
                for number, cells in self._entered.items()
            ]
            more = f"; and {len(rows) - _FEW:,} more rows" if len(rows) > _FEW else ""
            raise UsageError(f"{self._place}: cannot be written: {error}: {'; '.join(rows[:_FEW])}{more}.") from error

    @property
    def _place(self) -> str:
        return f"{self.file.as_posix()}, sheet {self._resource.sheet}"

    def _new(self, name: str, cell: str) -> NewCell:
        """Give a number to a column of numbers, and text to all others, so that codes and dates stay as they are."""
        fields = self._resource.table
        is_number = name in fields and kind_of(fields[name]).storage in (INTEGER, DECIMAL)
        return NewCell(cell, is_number=is_number and bool(_NUMBER.fullmatch(cell)))

    def _require_columns(self, names: Mapping[str, str]) -> None:
        known = {label.casefold() for label in self._labels}
        missing = [name for name in names if name.casefold() not in known]
        if not missing:
            return
        for number, row in enumerate(self._rows, start=2):
            if any(row[len(self._labels) :]):
                raise self._broken(f"row {number} has a value in a column without a name")
        for at, name in enumerate(missing, start=len(self._labels) + 1):
            self._cells[1, at] = NewCell(name)
        self._labels = [*self._labels, *missing]

    def _require_even(self) -> None:
        named = [label.casefold() for label in self._labels if label]
        if not named or len(set(named)) < len(named):
            raise self._broken("its first row does not name the columns, each once")

    def _require_closed(self) -> None:
        """Refuse a workbook that is open: what is written now would be lost when it is saved there.

        Raises:
            UsageError: another program has left its mark beside it.
        """
        name = self.file.name
        for mark in (f".~lock.{name}#", f"~${name}"):
            if (self.file.parent / mark).exists():
                raise UsageError(
                    f"{self.file}: it is open in a spreadsheet program. Save and close it there, then run this again. "
                    f"If no program has it open, delete {mark} beside it."
                )

    def _broken(self, what: str) -> DocumentError:
        return DocumentError(f"{self._place}: {what}. Run depositary validate first.")


def with_sheets(file: Path, sheets: Sequence[SheetFile]) -> bytes:
    """Give the bytes of a workbook with some of its sheets changed; all its other parts stay as they are.

    Raises:
        UsageError: the workbook has a signature, or a cell cannot be written.
    """
    written = io.BytesIO()
    changed = {sheet.part: sheet for sheet in sheets}
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(written, "w") as copy:
        copy.comment = archive.comment
        for member in archive.infolist():
            if member.filename.startswith(_SIGNATURES):
                raise UsageError(f"{file}: it is signed, and a change would break the signature. Remove the signature.")
            content = archive.read(member)
            sheet = changed.get(member.filename)
            copy.writestr(member, sheet.changed(content) if sheet else content, member.compress_type)
    return written.getvalue()
