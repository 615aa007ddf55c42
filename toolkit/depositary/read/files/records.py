"""The records of a resource: a CSV file, a compressed one, a worksheet, or a file with mapped columns."""

import csv
from typing import BinaryIO, cast

from depositary.model.package import Resource
from depositary.read.files.cell_limit import CELL_LIMIT
from depositary.read.files.compressed import open_file
from depositary.read.files.csv import CsvText
from depositary.read.files.mapped import MappedFile
from depositary.read.files.workbook import Worksheet
from depositary.reference import CsvControl

_DELIMITERS = ",;\t|"


def open_bytes(resource: Resource) -> BinaryIO:
    """Open a resource as the bytes of CSV text; `read(n)` gives n bytes unless the text ends.

    For a worksheet, or if the manifest maps columns, it is CSV text with our columns.

    Raises:
        UnreadableFile: the file is missing or not such an archive; reading raises it if the archive is broken or far
            too large.
        UsageError: the file is a workbook, but the library that reads workbooks is not installed.
    """
    if resource.sheet or resource.mapping:
        return cast("BinaryIO", MappedFile(resource))
    return open_file(resource)


class Records(CsvText):
    """An open resource: its labels, then its rows in chunks.

    Args:
        resource: its entry in the descriptor.
        as_is: give columns without a name too, as the reference does and as a frame has them.
    """

    def __init__(self, resource: Resource, *, as_is: bool = False) -> None:
        super().__init__(resource, lambda: open_bytes(resource), as_is=as_is)

    @property
    def source(self) -> CsvText:
        """Give the original file, if its columns are mapped."""
        mapped = self._mapped
        return mapped.source if mapped and isinstance(mapped.source, CsvText) else self

    @property
    def worksheet(self) -> Worksheet | None:
        """Give the worksheet whose rows these are."""
        mapped = self._mapped
        return mapped.source if mapped and isinstance(mapped.source, Worksheet) else None

    @property
    def source_labels(self) -> list[str]:
        """Give the column names of the original file, if its columns are mapped."""
        return self._mapped.labels if self._mapped else self.labels

    @property
    def _mapped(self) -> MappedFile | None:
        return self._file if isinstance(self._file, MappedFile) else None


def other_delimiter(records: Records) -> str:
    """Give another delimiter with which the file's first line fits the schema better; empty if there is none.

    A guess never changes how a file is read; it is only used in the message of the finding.
    """
    control = CsvControl.from_dialect(records.source.dialect)
    mapping = records.resource.mapping
    names = {*records.resource.table.field_names, *(mapping.columns if mapping else ())}
    line = records.source.first_line
    with CELL_LIMIT:
        cells = {d: next(csv.reader([line], delimiter=d), []) for d in _DELIMITERS}
    fits = {d: len(names & {cell.strip() for cell in cells[d]}) for d in _DELIMITERS}
    best = max(fits, key=lambda d: (fits[d], d == control.delimiter))
    return best if fits[best] > max(1, fits.get(control.delimiter, 0)) else ""
