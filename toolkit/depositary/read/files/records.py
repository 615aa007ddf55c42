"""The records of a resource: a CSV file, a compressed one, a worksheet, or a file with mapped columns."""

import csv
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cached_property
from typing import BinaryIO, Self, cast

from depositary.model.package import Resource
from depositary.read.files.cell_limit import CELL_LIMIT
from depositary.read.files.csv import CHUNK, CsvText, Traits
from depositary.read.files.mapped import MappedFile
from depositary.read.files.parquet import ALL_GROUPS, Groups, open_text
from depositary.read.files.parts import PartRead, RowsOfParts, faults_of_parts, open_part
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import Worksheet
from depositary.reference import CsvControl

_DELIMITERS = ",;\t|"


def open_bytes(resource: Resource, groups: Groups = ALL_GROUPS) -> BinaryIO:
    """Open a resource as the bytes of CSV text; `read(n)` gives n bytes unless the text ends.

    For a worksheet, a Parquet file, or if the manifest maps columns, it is CSV text that is made while it is read. Of a
    table in parts, it is the first part. Of a Parquet file, it may be only some row groups.

    Raises:
        UnreadableFile: the file is missing or not such an archive; reading raises it if the archive is broken or far
            too large.
        UsageError: the file is a workbook, but the library that reads workbooks is not installed.
    """
    if resource.sheet or resource.mapping:
        return cast("BinaryIO", MappedFile(resource))
    return open_text(resource, groups)


class Records(CsvText):
    """An open resource: its labels, then its rows in chunks; rows of a table in parts are numbered through all parts.

    Args:
        resource: its entry in the descriptor.
        as_is: give columns without a name too, as the reference does and as a frame has them.
    """

    def __init__(self, resource: Resource, *, as_is: bool = False) -> None:
        super().__init__(resource, lambda: open_bytes(resource), as_is=as_is)
        self._read: list[PartRead] = []  # the parts that were read, whole or up to an error

    def __enter__(self) -> Self:
        with ExitStack() as opened:  # closes the file unless everything below succeeds
            with self._in_part(0):
                super().__enter__()
            opened.callback(self._file.close)
            if self.resource.parts:
                self._require_parts()
            opened.pop_all()
        return self

    def chunks(self) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
        """Give the rows in chunks, each with its row numbers: the header is row 1 and blank lines count.

        Raises:
            UnreadableFile: the bytes are not text in the encoding, or not CSV; the rows before were given.
        """
        if self.resource.parts:
            yield from self._chunks_of_parts()
        else:
            yield from super().chunks()

    def finish(self, undecodable: tuple[int, int] | None, row: int) -> None:
        """End a reading whose rows were read in blocks, in which no quote was left open; `row` would be the next.

        Raises:
            UnreadableFile: a byte, given by the index of its part and its offset there, was not text.
        """
        if undecodable:
            at, offset = undecodable
            raise self.undecodable(at, offset, row - self._rows.before(at) if self.resource.parts else row)
        self.traits.quotes = 0
        if self.resource.parts:
            self._read = [self._begun(at, part) for at, part in enumerate(self.resource.parts)]
        else:
            self.measure()

    def undecodable(self, at: int, offset: int, row: int) -> UnreadableFile:
        """Make the error for a byte that is not text, in a row of a part."""
        if not self.resource.parts:
            return self.encoding_fault(offset, row)
        part = self.resource.parts[at]
        with open_part(part) as text:
            fault = text.encoding_fault(offset, row)
        fault.part = part.path
        return fault

    @property
    def first_rows(self) -> list[list[str]]:
        """Give the first rows, as many as a chunk has."""
        return self._first_of_parts if self.resource.parts else super().first_rows

    @property
    def sources(self) -> Sequence[CsvText | PartRead]:
        """Give what was read, file by file: the original file if its columns are mapped, or the parts."""
        return self._read if self.resource.parts else (self.source,)

    @property
    def has_quotes(self) -> bool:
        """Return whether there were quotes in what was read so far."""
        return super().has_quotes or any(part.traits.quotes for part in self._read)

    def _chunks_of_parts(self) -> Generator[tuple[Sequence[int], list[list[str]]]]:
        before = 0
        for at, part in enumerate(self.resource.parts):
            self._rows.begin(at, before)
            with self._in_part(at), open_part(part, as_is=self._as_is) as text:
                self._read[at:] = [PartRead(part, before, text.labels, text.traits, text.blank)]
                last = text.last_header_row
                for numbers, rows in text.chunks():
                    last = numbers[-1]
                    yield _moved(numbers, before), rows
                before += last + text.blank.rows - text.last_header_row

    @cached_property
    def _first_of_parts(self) -> list[list[str]]:
        rows: list[list[str]] = []
        with suppress(UnreadableFile), closing(self._chunks_of_parts()) as chunks:  # the reading of all rows reports it
            for _, chunk in chunks:
                rows += chunk[: CHUNK - len(rows)]
                if len(rows) == CHUNK:
                    break
        return rows

    def _begun(self, at: int, part: Resource) -> PartRead:
        """Give what is known of the beginning of a part, when its rows were read in blocks."""
        marked = Traits(byte_order_mark=part.path in self._rows.marked)
        return PartRead(part, self._rows.before(at), self.labels, marked)

    def _require_parts(self) -> None:
        """Refuse a table with parts that do not continue it."""
        if self._rows.is_checked:
            return
        faults = faults_of_parts(self, self.resource.parts, self._rows.marked, as_is=self._as_is)
        if faults:
            faults[0].others = faults[1:]
            raise faults[0]
        self._rows.is_checked = True

    @contextmanager
    def _in_part(self, at: int) -> Iterator[None]:
        """Add the path of a part to the error that ends its reading."""
        try:
            yield
        except UnreadableFile as fault:
            fault.part = fault.part or (self.resource.stored[at].path if self.resource.parts else "")
            raise

    @property
    def _rows(self) -> RowsOfParts:
        return cast("RowsOfParts", self.resource.part_rows)

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


def _moved(numbers: Sequence[int], by: int) -> Sequence[int]:
    if not by:
        return numbers
    if isinstance(numbers, range):
        return range(numbers.start + by, numbers.stop + by)
    return [number + by for number in numbers]


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
