r"""The notation of patches: a blank makes no claim, `\N` erases a cell, `local:` names a row that has no id yet.

See docs/contributions.md; a merge uses the same reading.
"""

import re
from dataclasses import dataclass

from depositary.check.reading.cells import Reader, Reading
from depositary.model.mapping import UNTRANSLATED
from depositary.model.package import Mode
from depositary.model.target import Input
from depositary.read.files.workbook import ERROR_VALUES, NOT_CALCULATED
from depositary.reference import frictionless

ERASE = "\\N"
LOCAL = "local:"
NAME = r"local:[a-z0-9]+(-[a-z0-9]+)*"  # of a row; a pattern that Python and polars read
_LOCAL_ID = re.compile(NAME)


@dataclass(frozen=True)
class Notation:
    """What cells of a column of a patch may have besides values: the token that erases, and names of its own rows."""

    names_rows: bool

    def may_be_in(self, cell: str) -> bool:
        """Return whether a cell must be read with the notation; a value may look like it."""
        return ERASE in cell or (self.names_rows and cell.startswith(LOCAL))


def notation_of(entry: Input, name: str) -> Notation | None:
    """Give the notation of a column, if its file is a patch and its table has the column."""
    table = entry.resource.table
    if entry.mode is not Mode.PATCH or name not in table:
        return None
    return Notation(name in table.reference_fields or table.primary_key == (name,))


def reader_in(entry: Input, field: frictionless.Field, read: Reader) -> Reader:
    """Give the reader of a field for a file of the given mode: in a patch, the notation is read before the type."""
    if entry.resource.sheet:
        read = _of_worksheet(read)
    if entry.resource.mapping and field.name in entry.resource.mapping.translated:
        read = _of_mapped(read)
    notation, table = notation_of(entry, field.name), entry.resource.table
    if notation is None:
        return read
    required = table[field.name].required or field.name in table.primary_key

    def reader(cell: str | None) -> Reading:
        if cell == ERASE:
            return None, {"erased": "erases a required value"} if required else None
        if cell is not None and cell.strip() == ERASE:
            return None, {"spaced": "has spaces around the token that erases"}
        if notation.names_rows and cell is not None and cell.startswith(LOCAL):
            return (cell, None) if _LOCAL_ID.fullmatch(cell) else (None, {"local": "is not local: and a slug"})
        return read(cell)

    return reader


def _of_mapped(read: Reader) -> Reader:
    """Refuse a cell of a mapped file that could not be translated."""

    def reader(cell: str | None) -> Reading:
        if cell is not None and cell.startswith(UNTRANSLATED):
            return None, {"untranslated": "could not be translated"}
        return read(cell)

    return reader


def _of_worksheet(read: Reader) -> Reader:
    """Refuse a formula without a result in a cell of a worksheet."""

    def reader(cell: str | None) -> Reading:
        if cell == NOT_CALCULATED:
            return None, {"not_calculated": "is a formula without a stored value"}
        return (None, {"error_value": "is an error value"}) if cell in ERROR_VALUES else read(cell)

    return reader
