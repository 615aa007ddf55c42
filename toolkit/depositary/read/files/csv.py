"""Bytes of a CSV file → labels and numbered records.

Python's `csv` splits the cells, as in frictionless 5.21. Nothing is guessed: if the descriptor does not give a
property, the standard's default is used. An error that ends the reading is raised as `UnreadableFile`, after the
records before it.
"""

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar

from depositary.model.odd_quote import OddQuote
from depositary.model.package import Resource
from depositary.read.files.cell_limit import CELL_LIMIT, LONGEST_CELL, within_limit
from depositary.read.files.quotes import Quoting
from depositary.read.files.unreadable import UnreadableFile
from depositary.reference import CsvControl, Dialect

__all__ = ["CHUNK", "CsvText", "Traits"]

CHUNK = 1_000  # rows; small enough to stay in the processor's cache, see docs/decisions/0003
_BLOCK = 1 << 16  # bytes
_SIGNATURES = {
    b"PK\x03\x04": "an Excel workbook or another zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "an image",
    b"PAR1": "a Parquet file",
}
_T = TypeVar("_T")
_Chunk = tuple[Sequence[int], list[list[str]]]  # row numbers, rows
_CONTROLS = {*range(9), *range(14, 27), *range(28, 32)}  # text does not have these on purpose
_BINARY = 4  # of them among the first 64 bytes
_UNDECODABLE = re.compile("[\udc80-\udcff]")
# For an encoding, the byte-order mark that a file may begin with, and the encoding that skips it.
_MARKS = {
    "utf-8": (codecs.BOM_UTF8, "utf-8-sig"),
    "utf-16-le": (codecs.BOM_UTF16_LE, "utf-16"),
    "utf-16-be": (codecs.BOM_UTF16_BE, "utf-16"),
}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass
class Traits:
    """Properties of the bytes that are found while reading; complete when the last record has been read.

    `bytes` and `digest` are those of the stored file, compressed or not; all others are about the text in it. The
    digest uses the algorithm of the descriptor, and is empty if the descriptor has no hash.
    """

    bytes: int = 0
    digest: str = ""
    first_nul: int | None = None
    nuls: int = 0
    quotes: int = 0
    undecodable: int | None = None
    byte_order_mark: bool = False


@dataclass
class Blank:
    """Columns without a name at the right of a table, as spreadsheets write them.

    If all their cells are empty they are ignored, and so are rows at the end without any value. `filled` counts the
    rows with a value in these columns; the first is `first`. Complete when the last record has been read.
    """

    columns: int = 0
    rows: int = 0
    filled: int = 0
    first: int = 0


class CsvText:
    """Open CSV text: its labels, then its rows in chunks.

    Args:
        resource: its entry in the descriptor.
        open_bytes: opens its bytes again, decompressed.
        as_is: give columns without a name too, as the reference does and as a frame has them.
    """

    def __init__(self, resource: Resource, open_bytes: Callable[[], BinaryIO], *, as_is: bool = False) -> None:
        self.resource, self._open_bytes = resource, open_bytes
        self.blank = Blank()
        self._as_is = as_is or resource.is_frame
        self.dialect = Dialect.from_descriptor(dict(resource.dialect))
        self.traits = Traits()
        self._fault: UnreadableFile | None = None
        self._early_fault: UnreadableFile | None = None  # one right after the header; the header can still be checked

    def __enter__(self) -> Self:
        with ExitStack() as opened:  # closes the file unless everything below succeeds
            self._file = opened.enter_context(self._open_bytes())
            self._encoding = _encoding(self.resource.encoding)
            self.traits.bytes = self.resource.file.stat().st_size
            quote = (CsvControl.from_dialect(self.dialect).quote_char or '"').encode("utf-8", "replace")
            self._watched = _Watched(self._file, self.traits, self._encoding, quote)
            self._text = self._decoded()
            self._reader = _reader(self._text, self.dialect)
            self._sample = self._read_sample()
            self.blank.columns = 0 if self._as_is else self._count_blank_columns()
            opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @cached_property
    def labels(self) -> list[str]:
        """Give the column names in the file's header; empty if the dialect has no header."""
        labels = self.all_labels
        return labels[: len(labels) - self.blank.columns]

    @cached_property
    def all_labels(self) -> list[str]:
        """Give the same with blank ones at the right."""
        return [str(label) for label in self.dialect.read_labels(self._sample)]

    def _count_blank_columns(self) -> int:
        if not self.dialect.header or not any(self.all_labels):
            return 0
        return next(at for at, label in enumerate(reversed(self.all_labels)) if label.strip())

    @property
    def delimiter(self) -> str:
        """Give the delimiter between the cells of a row."""
        return str(CsvControl.from_dialect(self.dialect).delimiter)

    @property
    def first_rows(self) -> list[list[str]]:
        """Give the rows of the first chunk."""
        return self._first_chunk[1] if self._first_chunk else []

    @cached_property
    def first_line(self) -> str:
        """Give the first line of the file's text."""
        start = self._watched.tap.first.decode(_encoding(self.resource.encoding), "replace").lstrip("\ufeff")
        return start.splitlines()[0] if start else ""

    @property
    def is_empty(self) -> bool:
        """Return whether the file has neither labels nor rows."""
        return not (self.labels or self._first_chunk or self._fault or self._early_fault)

    def chunks(self) -> Iterator[_Chunk]:
        """Give the rows in chunks, each with its row numbers: the header is row 1 and blank lines count.

        Raises:
            UnreadableFile: the bytes are not text in the encoding, or not CSV; the rows before were given.
        """
        if self._first_chunk:
            yield self._first_chunk
        yield from self._chunks
        fault = self._fault or self._early_fault
        if fault:
            raise fault
        self.measure()

    def measure(self) -> None:
        """Find the digest of the stored file, when all of it was read."""
        self.traits.digest = _digest(self.resource)

    @cached_property
    def _first_chunk(self) -> _Chunk | None:
        return next(self._chunks, None)

    @cached_property
    def _chunks(self) -> Iterator[_Chunk]:
        chunks = self._numbered_chunks() if self._has_filters else self._plain_chunks()
        return self._without_blank(chunks) if self.blank.columns else chunks

    def _without_blank(self, chunks: Iterator[_Chunk]) -> Iterator[_Chunk]:
        """Leave out empty cells of columns without a name, and the empty rows at the end."""
        held: list[tuple[int, list[str]]] = []
        for numbers, rows in chunks:
            held += ((number, self._named(number, row)) for number, row in zip(numbers, rows, strict=True))
            end = next((at for at in range(len(held), 0, -1) if any(held[at - 1][1])), 0)
            if end:
                yield [number for number, _ in held[:end]], [row for _, row in held[:end]]
            held = held[end:]
        self.blank.rows = len(held)

    def _named(self, number: int, row: list[str]) -> list[str]:
        width, whole = len(self.labels), len(self.all_labels)
        if not width < len(row) <= whole:
            return row
        if not any(row[width:]):
            return row[:width]
        self.blank.filled += 1
        self.blank.first = self.blank.first or number
        return row

    @property
    def last_header_row(self) -> int:
        """Give the number of the last row of the header; 0 if there is none."""
        # The last one in the list, as in the reference, even if they are not in order.
        rows = self.dialect.header_rows if self.dialect.header else []
        return rows[-1] if rows else 0

    @property
    def has_quotes(self) -> bool:
        """Return whether there were quotes in what was read so far."""
        return self.traits.quotes > 0

    @property
    def _has_filters(self) -> bool:
        return bool(self.dialect.comment_char or self.dialect.comment_rows or self.dialect.skip_blank_rows)

    def _plain_chunks(self) -> Iterator[_Chunk]:
        first = self.last_header_row + 1
        content = islice(self._records(), first - 1, None)
        while rows := self._take(content, first):
            yield range(first, first + len(rows)), rows
            first += len(rows)

    def _numbered_chunks(self) -> Iterator[_Chunk]:
        content = self.dialect.read_enumerated_content_stream(self._records())
        after = 1
        while chunk := self._take(content, after):
            numbers, rows = zip(*chunk, strict=True)
            after = numbers[-1] + 1
            yield numbers, list(rows)

    def odd_quotes(self) -> Iterator[OddQuote]:
        """Give the cells with quotes at wrong places; call this after all rows were given.

        In these cases Python's `csv` reads the rest of the file as one cell, or joins and shifts cells, without an
        error.
        """
        if not self.traits.quotes:
            return
        quoting = Quoting(self.dialect)
        with self._again() as text:
            if quoting.is_proper(text):
                return
        with self._again() as text:
            yield from within_limit(quoting.odd(text, len(self.all_labels)))

    def _again(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self._open_bytes(), encoding=self._encoding, errors="replace", newline="")

    def _records(self) -> Iterator[list[str]]:
        return chain(self._sample, () if self._early_fault else self._reader)

    def _read_sample(self) -> list[list[str]]:
        # Enough for `read_labels`: the header rows, in any order, and the first row after them.
        header = max(self.dialect.header_rows, default=0) if self.dialect.header else 0
        sample = self._take(self._reader, 1, header + 1)
        if self._fault and len(sample) < header:
            raise self._fault
        self._early_fault, self._fault = self._fault, None
        return sample

    def _take(self, items: Iterator[_T], first: int, size: int = CHUNK) -> list[_T]:
        """Take the next items, from row `first` on; those before an error are kept, and the error is stored."""
        taken: list[_T] = []
        if self._fault:
            return taken
        try:
            with CELL_LIMIT:
                taken.extend(islice(items, size))
        except UnreadableFile as fault:  # the archive is broken
            self._fault = UnreadableFile(fault.code, fault.message, fault.hint, first + len(taken))
        except csv.Error as error:
            self._fault = self._csv_fault(error, first + len(taken))
        except UnicodeError:
            self._fault = UnreadableFile("encoding-error", f"the file is not in {self.resource.encoding}", _SAVE_AS)
        return taken if self.traits.undecodable is None else self._decodable(taken, first)

    def _decodable(self, taken: list[_T], first: int) -> list[_T]:
        """Remove the rows from the first one on in which a byte was not text."""
        for at, item in enumerate(taken):
            cells = item if isinstance(item, list) else item[1]  # type: ignore[index]
            if any(map(_UNDECODABLE.search, cells)):
                self._fault = self.encoding_fault(self.traits.undecodable or 0, first + at)
                return taken[:at]
        return taken

    def _decoded(self) -> io.TextIOWrapper:
        head = self._watched.peek(8)
        for signature, what in _SIGNATURES.items():
            if head.startswith(signature):
                raise UnreadableFile("binary-file", f"the file is not CSV; it is {what}", _SAVE_AS)
        self._refuse_utf16(head)
        if not _is_wide(self._encoding) and sum(byte in _CONTROLS for byte in self._watched.peek(64)[:64]) >= _BINARY:
            raise UnreadableFile("binary-file", "the file is not CSV; it is binary data", _SAVE_AS)
        mark, without = _MARKS.get(self._encoding, (b"", ""))
        if mark and head.startswith(mark):
            self.traits.byte_order_mark = True
            self._encoding = without
        # Bytes that are not text become half characters, which decoded text never has; so their row is known.
        return io.TextIOWrapper(self._watched, encoding=self._encoding, errors="surrogateescape", newline="")

    def _refuse_utf16(self, head: bytes) -> None:
        if self._encoding.startswith("utf-16"):
            return
        halves = {head[:8:2].count(0), head[1:8:2].count(0)}
        if head.startswith(_UTF16) or halves == {0, 4}:
            message = f"the file is in UTF-16, not in {self.resource.encoding}"
            raise UnreadableFile("encoding-error", message, _SAVE_AS)

    def encoding_fault(self, offset: int, row: int) -> UnreadableFile:
        """Make the error for a byte in a row that is not text."""
        with self._open_bytes() as stream:
            line, around = _line_around(stream, offset)
        message = f"byte {offset:,} (line {line:,}) is not text in {self.resource.encoding.upper()}"
        guess = around.decode("cp1252", "replace")
        hint = f"in Windows-1252 it is {guess!r}; if that is right, save the file as CSV UTF-8"
        return UnreadableFile("encoding-error", message, hint, row)

    def _csv_fault(self, error: csv.Error, row: int) -> UnreadableFile:
        if "field larger" in str(error):
            message = f"a cell of row {row} has more than {LONGEST_CELL:,} characters"
            return UnreadableFile("csv-error", message, f"a quote in or before row {row} is probably never closed", row)
        return UnreadableFile(
            "csv-error", f"row {row} cannot be split into cells", "check its quotes and line ends", row
        )


_SAVE_AS = "save the table as CSV (UTF-8) in the program that made the file"


def _reader(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    control = CsvControl.from_dialect(dialect)
    hint = "correct `dialect` in the descriptor"
    if not all(isinstance(row, int) for row in dialect.header_rows):
        raise UnreadableFile(
            "descriptor-error", f"headerRows is {dialect.header_rows}, but it must be a list of row numbers", hint
        )
    try:
        return csv.reader(lines, dialect=control.to_python())
    except (TypeError, ValueError) as error:
        raise UnreadableFile("descriptor-error", f"the dialect is not a CSV dialect: {error}", hint) from error


def _is_wide(encoding: str) -> bool:
    """Return whether NUL bytes can be parts of other characters."""
    return encoding.startswith(("utf-16", "utf-32"))


def _encoding(name: str) -> str:
    try:
        with suppress(UnicodeDecodeError):  # in some encodings, one byte is not a character
            b"a".decode(name)  # and some codecs, such as base64, are not for text
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        message = f"{name!r} is not a text encoding"
        raise UnreadableFile("encoding-error", message, "correct `encoding` in the descriptor") from error


def _line_around(stream: BinaryIO, offset: int, reach: int = 30) -> tuple[int, bytes]:
    """Give the line number of an offset, and the bytes around it in that line, up to `reach` on each side."""
    line, before = 1, b""
    while offset and (block := stream.read(min(offset, _BLOCK))):
        line += block.count(b"\n")
        before = (before + block)[-reach:]
        offset -= len(block)
    after = stream.read(reach)
    return line, before.rpartition(b"\n")[2] + after.partition(b"\n")[0].rstrip(b"\r")


def _digest(resource: Resource) -> str:
    """Give the digest of the stored file, by the algorithm of the descriptor, if it has one."""
    stated = str(resource.sizes["hash"] or "")
    kind = stated.rpartition(":")[0] or "md5"
    if not stated or kind not in ("md5", "sha256"):
        return ""
    with resource.file.open("rb") as stream:
        return hashlib.file_digest(stream, kind).hexdigest()


class _Watched(io.BufferedReader):
    """A buffered reader that looks for NUL bytes, quotes and bytes that are not text in the blocks."""

    def __init__(self, raw: BinaryIO, traits: Traits, encoding: str, quote: bytes) -> None:
        self.tap = _Tap(raw, traits, encoding, quote)
        super().__init__(self.tap, buffer_size=_BLOCK)


class _Tap(io.RawIOBase):
    """Passes blocks on, and keeps the `first`."""

    def __init__(self, raw: BinaryIO, traits: Traits, encoding: str, quote: bytes) -> None:
        self._raw, self._traits, self._quote = raw, traits, quote
        self.first = b""
        self._count = 0
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._name, self._is_wide = encoding, _is_wide(encoding)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 (any writable buffer)
        block = self._raw.read(len(buffer))
        buffer[: len(block)] = block
        self.first = self.first or block
        self._note(block)
        return len(block)

    def _note(self, block: bytes) -> None:
        traits = self._traits
        if not self._is_wide and b"\0" in block:
            traits.nuls += block.count(b"\0")
            if traits.first_nul is None:
                traits.first_nul = self._count + block.index(b"\0")
        self._decode(block)
        traits.quotes += block.count(self._quote)
        self._count += len(block)

    def _decode(self, block: bytes) -> None:
        """Find the first byte that is not text; the text itself is decoded by the caller."""
        if self._traits.undecodable is not None:
            return
        pending = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(block, final=not block)
            if self._is_wide and "\0" in text:
                self._note_wide(text, self._count + len(block) - len(self._decoder.getstate()[0]))
        except UnicodeDecodeError as error:
            self._traits.undecodable = self._count - pending + error.start
        except UnicodeError:
            self._traits.undecodable = 0

    def _note_wide(self, text: str, end: int) -> None:
        """Note the NULs of a text in UTF-16 or UTF-32 whose last character ends at an offset."""
        self._traits.nuls += text.count("\0")
        if self._traits.first_nul is None:
            unit = "utf-16-le" if self._name.startswith("utf-16") else "utf-32-le"
            self._traits.first_nul = end - len(text[text.index("\0") :].encode(unit, "surrogatepass"))
