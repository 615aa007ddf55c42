"""The records of a resource, whatever holds them: a CSV file, a packed one, a worksheet, a file with mapped columns."""

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

    Of a worksheet, or where the manifest maps columns, it is the text with our columns.

    Raises:
        UnreadableFile: the file is missing or no such archive; reading raises it where the archive is broken or
            explodes.
        UsageError: the file is a workbook, and what reads these is not installed.
    """
    if resource.sheet or resource.mapping:
        return cast("BinaryIO", MappedFile(resource))
    return open_file(resource)


class Records(CsvText):
    """An open resource: its labels, then its rows in chunks.

    Args:
        resource: what the descriptor says of it.
        as_is: give columns without name too, as the reference does, and as a frame has them.
    """

    def __init__(self, resource: Resource, *, as_is: bool = False) -> None:
        super().__init__(resource, lambda: open_bytes(resource), as_is=as_is)

    @property
    def source(self) -> CsvText:
        """Give the file as it is, where the columns of its rows are mapped."""
        mapped = self._mapped
        return mapped.source if mapped and isinstance(mapped.source, CsvText) else self

    @property
    def worksheet(self) -> Worksheet | None:
        """Give the worksheet whose rows these are."""
        mapped = self._mapped
        return mapped.source if mapped and isinstance(mapped.source, Worksheet) else None

    @property
    def source_labels(self) -> list[str]:
        """Name the columns as the file itself does, where they are mapped."""
        return self._mapped.labels if self._mapped else self.labels

    @property
    def _mapped(self) -> MappedFile | None:
        return self._file if isinstance(self._file, MappedFile) else None


def other_delimiter(records: Records) -> str:
    """Give the delimiter under which the file's first line fits the schema better, or nothing.

    Guessing never decides how a file is read; it only words the finding.
    """
    control = CsvControl.from_dialect(records.dialect)
    mapping = records.resource.mapping
    names = {*records.resource.table.field_names, *(mapping.columns if mapping else ())}
    line = records.source.first_line
    with CELL_LIMIT:
        cells = {d: next(csv.reader([line], delimiter=d), []) for d in _DELIMITERS}
    fits = {d: len(names & {cell.strip() for cell in cells[d]}) for d in _DELIMITERS}
    best = max(fits, key=lambda d: (fits[d], d == control.delimiter))
    return best if fits[best] > max(1, fits.get(control.delimiter, 0)) else ""
