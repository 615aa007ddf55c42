"""Bytes of a CSV file → blocks of whole rows, each split into columns of distinct cells by pyarrow.

Only for files that pyarrow certainly splits as Python's `csv` does: the standard's dialect, UTF-8, and quotes only at
the beginning and end of cells. If this is not certain, `NeedsExactLane` is raised, and the file is read by `Records`.
"""

import csv
import io
import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, TypeVar, cast

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv

from depositary.read.files.cell_limit import CELL_LIMIT, LONGEST_CELL
from depositary.read.files.parquet import ALL_GROUPS, Groups, rows_of_groups
from depositary.read.files.records import Records, open_bytes
from depositary.read.files.unreadable import UnreadableFile
from depositary.reference import CsvControl

SIZE = 8 << 20  # bytes of a block: some 100,000 rows
_LONGEST = 32 * SIZE  # bytes without the end of a row: a quote is never closed
_HEADER = SIZE  # bytes of the longest header
_LINES = 1 << 16  # bytes in which the end of a row is looked for at once
_BLANK_LINE = re.compile(rb"(?:\A|\n|\r(?!\n))[\r\n]")
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_WORKERS = max(2, min(8, os.cpu_count() or 2))
_MARK = b"\xef\xbb\xbf"
_TEXTS = pa.dictionary(pa.int32(), pa.string())

Codes = npt.NDArray[np.int32]
_Value = TypeVar("_Value", bound=np.generic)
_Done = TypeVar("_Done")
# Of a file: the index of the part, the offset there, the bytes, the row group at which the text begins.
Piece = tuple[int, int, int, int]
Span = tuple[Piece, ...]  # of a block: a piece of one file, or of several small parts


@dataclass(frozen=True)
class Range:
    """The rows of a part that begin between two offsets in its bytes; without `stop`, up to its end.

    `is_open` and `stop_is_open` say whether a quote is open at each offset. Of a Parquet file, it is some row groups.
    """

    part: int
    start: int = 0
    stop: int | None = None
    is_open: bool = False
    stop_is_open: bool = False
    groups: Groups = ALL_GROUPS

    @property
    def is_whole(self) -> bool:
        """Return whether it is all of the part."""
        return not self.start and self.stop is None and self.groups == ALL_GROUPS


class NeedsExactLane(Exception):  # noqa: N818 (not an error: the other lane reads the file)
    """Raised if pyarrow might split a file into other cells than Python's `csv`."""


@dataclass(frozen=True)
class DictionaryColumn:
    """A column of a block: its distinct cells, and for each row the index of its cell among them.

    Without codes it has all cells, row by row: if most cells are distinct, finding equal ones takes too long.
    """

    cells: pl.Series
    codes: Codes | None = None

    def expand(self, values: npt.NDArray[_Value]) -> npt.NDArray[_Value]:
        """Give for each row the value of its distinct cell."""
        return values if self.codes is None else values[self.codes]

    @property
    def indexes(self) -> npt.NDArray[np.integer]:
        """Give for each row the index of its distinct cell."""
        return np.arange(len(self.cells)) if self.codes is None else self.codes


@dataclass(frozen=True)
class Block:
    """Whole rows of a file, unchanged: `size` bytes at the beginning of a buffer, which may have more.

    `span` is where the rows are in the text of the file. Rows of several small parts may be together in one block.
    """

    span: "Span"
    size: int
    buffer: bytes

    @classmethod
    def of(cls, pieces: "Sequence[Block]") -> "Block":
        """Put the rows of several parts together; each of their lines is a row."""
        if len(pieces) == 1:
            return pieces[0]
        buffer = b"".join(data if data.endswith(b"\n") else data + b"\n" for data in (one.data for one in pieces))
        return cls(tuple(piece for one in pieces for piece in one.span), len(buffer), buffer)

    @property
    def begins(self) -> Iterator[tuple[int, int]]:
        """Give the index of each part of which it has rows, and the number of rows before them in this block."""
        at = rows = 0
        for part, _, size, _ in self.span:
            yield part, rows
            if len(self.span) > 1:
                end = self.buffer.index(b"\n", at + size - 1) + 1
                rows += self.buffer.count(b"\n", at, end)
                at = end

    @property
    def data(self) -> bytes:
        """Give a copy of the bytes of the rows."""
        return self.buffer[: self.size]

    @property
    def has_blank_line(self) -> bool:
        """Return whether a line may be blank: pyarrow reads a row of empty cells, Python's `csv` one without cells."""
        return _BLANK_LINE.search(self.data) is not None


@dataclass(frozen=True)
class ParsedBlock:
    """The rows of a block: their number, the columns of rows with the right length, and the others by their index."""

    count: int
    columns: tuple[DictionaryColumn, ...]
    ragged: dict[int, list[str]]


class Blocks:
    """An open CSV file that pyarrow can split, or several that are parts of one table.

    Args:
        records: the same file, whose header has been read.
        width: the number of cells of a row.
        wanted: the indexes of the columns to give; by default all.
        texts: give all cells unchanged, row by row, and an empty cell as null.
        within: the ranges of rows to give; by default all rows of all parts.
    """

    def __init__(
        self,
        records: Records,
        width: int,
        wanted: Sequence[int] | None = None,
        *,
        texts: bool = False,
        within: Sequence[Range] | None = None,
    ) -> None:
        self._within = [Range(at) for at in range(len(records.resource.stored))] if within is None else within
        control = CsvControl.from_dialect(records.dialect)
        self._records, self._resource, self._size = records, records.resource, SIZE
        self._has_header = records.dialect.header
        self._delimiter, self._quote = control.delimiter, control.quote_char or '"'
        self._names = [str(at) for at in range(width)]
        self._wanted = self._names if wanted is None else [str(at) for at in wanted]
        self._texts = texts
        # Columns in which most cells of a block were distinct.
        self._varied: set[str] = set(self._wanted) if texts else set()
        self.undecodable: tuple[int, int] | None = None  # part and offset of the first byte that is not text

    @staticmethod
    def suit(records: Records) -> bool:
        """Return whether pyarrow reads the file's dialect and encoding as Python's `csv` does."""
        control, dialect = CsvControl.from_dialect(records.dialect), records.dialect
        plain = not (dialect.comment_char or dialect.comment_rows or dialect.skip_blank_rows)
        usual = not (control.escape_char or control.skip_initial_space) and control.double_quote
        marks = {control.delimiter, control.quote_char or '"'}
        distinct = len(marks) == 2 and all(len(m) == 1 and m.isascii() and m not in "\r\n\0" for m in marks)  # noqa: PLR2004
        header = not dialect.header or dialect.header_rows == [1]
        utf_8 = records.resource.encoding.lower().replace("_", "-") in ("utf-8", "utf8")
        whole = not records.blank.columns and control.quote_char != ""
        return plain and usual and distinct and header and utf_8 and whole

    def __iter__(self) -> Iterator[Block]:
        return self._together() if self._resource.parts else self._one_by_one()

    def _one_by_one(self) -> Iterator[Block]:
        for one in self._within:
            yield from self._of_range(one)
            if self.undecodable is not None:
                return

    def _together(self) -> Iterator[Block]:
        """Put the rows of small parts together: judging a block takes some milliseconds, however few rows it has."""
        held: list[Block] = []
        size = 0
        for block in self._one_by_one():
            fits = self._has_plain_lines(block)
            if held and not (fits and size + block.size <= self._size):
                yield Block.of(held)
                held, size = [], 0
            if fits:
                held.append(block)
                size += block.size
            else:
                yield block
        if held:
            yield Block.of(held)

    def _has_plain_lines(self, block: Block) -> bool:
        """Return whether each line of a block is a row: then it may be followed by rows of another part."""
        data = block.data
        return self._quote.encode() not in data and (b"\r" not in data or not _LONE_RETURN.search(data))

    def _of_range(self, one: Range) -> Iterator[Block]:
        at, group = one.part, one.groups[0]
        with open_bytes(self._resource.stored[at], one.groups) as stream:
            stop = None if one.stop is None else self._row_after(stream, one.stop, is_open=one.stop_is_open)
            start, rest = self._first_row(stream, one)
            while data := self._read(stream, stop):
                if b"\0" in data:
                    raise NeedsExactLane
                data = rest + data if rest else data
                end = self._end_of_rows(data)
                yield from self._text((at, start, end, group), data)
                start += end
                rest = b""
                if end and stream.seekable():
                    stream.seek(start)  # reading the beginning of a row again is faster than joining its parts
                else:
                    rest = data[end:]
                if len(rest) > _LONGEST:
                    raise NeedsExactLane
                if self.undecodable is not None:
                    return
            if not self._is_closed(rest):
                raise NeedsExactLane
            yield from self._text((at, start, len(rest), group), rest)

    def side_by_side(self, work: Callable[[Block], _Done]) -> Iterator[tuple[Block, _Done]]:
        """Work on blocks on all cores, and give each block with its result, in the order of the file."""
        waiting: deque[tuple[Block, Future[_Done]]] = deque()
        with ThreadPoolExecutor(_WORKERS) as pool:
            for block in self:
                waiting.append((block, pool.submit(work, block)))
                if len(waiting) > _WORKERS:
                    done, result = waiting.popleft()
                    yield done, result.result()
            for done, result in waiting:
                yield done, result.result()

    def _read(self, stream: BinaryIO, stop: int | None) -> bytes:
        try:
            return stream.read(self._size if stop is None else min(self._size, max(0, stop - stream.tell())))
        except UnreadableFile as fault:  # an archive is broken; Python's `csv` can read the rows before that
            raise NeedsExactLane from fault

    def _text(self, piece: Piece, data: bytes) -> Iterator[Block]:
        """Give rows as a block; if a byte is not text, note it and give only the rows before its row."""
        part, start, size, group = piece
        if data.startswith(_MARK):
            raise NeedsExactLane  # pyarrow would remove the mark in any block
        if not data.isascii():
            try:
                data[:size].decode()
            except UnicodeDecodeError as error:
                self.undecodable = part, start + error.start
                size = self._end_of_rows(data[: error.start])
        if size:
            yield Block(((part, start, size, group),), size, data)

    def _first_row(self, stream: BinaryIO, one: Range) -> tuple[int, bytes]:
        """Give the offset of the first row of a range, and its part that has been read already."""
        if one.stop is not None:
            stream.seek(0)
        if not one.start:
            return skip_header(stream, self._quote.encode(), has_header=self._has_header)
        start = self._row_after(stream, one.start, is_open=one.is_open)
        stream.seek(start)
        return start, b""

    def _row_after(self, stream: BinaryIO, offset: int, *, is_open: bool) -> int:
        """Give the offset of the first row that begins there or later; `is_open` says whether a quote is open there."""
        stream.seek(offset - 1)
        data = stream.read(1)
        is_open ^= data == self._quote.encode()  # the state before this byte
        while data:
            at = 0
            for line in data.split(b"\n")[:-1]:
                is_open ^= line.count(self._quote.encode()) % 2 == 1
                at += len(line) + 1
                if not is_open:
                    return offset - 1 + at
            is_open ^= data[at:].count(self._quote.encode()) % 2 == 1
            offset += len(data)
            data = stream.read(_LINES)
        return offset - 1

    # Find the ends of rows. A quote may open a cell, close it, or be one of a pair inside it. Then a line break with an
    # even number of quotes before it ends a row.

    def _end_of_rows(self, data: bytes) -> int:
        end = data.rfind(b"\n") + 1
        if self._quote.encode() not in data:
            return end
        quotes = self._quotes(data)
        while end and np.searchsorted(quotes, end) % 2:
            end = data.rfind(b"\n", 0, end - 1) + 1
        return end

    def _is_closed(self, data: bytes) -> bool:
        return self._quote.encode() not in data or len(self._quotes(data)) % 2 == 0

    def _quotes(self, data: bytes) -> npt.NDArray[np.intp]:
        """Give the positions of the quotes.

        Raises:
            NeedsExactLane: a quote neither opens nor closes a cell.
        """
        array = np.frombuffer(data, np.uint8)
        quotes = np.flatnonzero(array == ord(self._quote))
        opening, closing = quotes[0::2], quotes[1::2]
        edges = np.zeros(256, bool)
        edges[[ord(self._delimiter), ord("\n"), ord("\r")]] = True
        before = edges[array[opening - 1]] | (opening == 0)
        after = edges[array[np.minimum(closing + 1, len(array) - 1)]] | (closing + 1 == len(array))
        doubled = closing[: len(opening) - 1] + 1 == opening[1:]  # the second of a pair is right after the first
        before[1:] |= doubled
        after[: len(doubled)] |= doubled
        if not (before.all() and after.all()):
            raise NeedsExactLane
        return quotes

    # Split

    def parse(self, block: Block) -> ParsedBlock:
        """Split the rows of a block into cells.

        Raises:
            NeedsExactLane: pyarrow cannot split them, or a cell is longer than allowed.
        """
        ragged: dict[int, list[str]] = {}

        def aside(row: arrow_csv.InvalidRow) -> str:
            ragged[row.number - 1] = self._cells(row.text)
            return "skip"

        try:
            table = arrow_csv.read_csv(
                pa.py_buffer(block.buffer).slice(0, block.size),
                arrow_csv.ReadOptions(use_threads=self._texts, block_size=block.size + 1, column_names=self._names),
                arrow_csv.ParseOptions(
                    delimiter=self._delimiter,
                    quote_char=self._quote,
                    ignore_empty_lines=False,
                    newlines_in_values=True,
                    # With threads, rows have no numbers; then a row with another length ends the reading.
                    invalid_row_handler=None if self._texts else aside,
                ),
                arrow_csv.ConvertOptions(
                    check_utf8=False,  # done when the block was made
                    column_types={name: pa.string() if name in self._varied else _TEXTS for name in self._wanted},
                    include_columns=self._wanted,
                    strings_can_be_null=self._texts,
                    null_values=[""] if self._texts else [],
                ),
            )
        except pa.ArrowException as error:
            raise NeedsExactLane from error
        columns = tuple(self._coded(name, table[name]) for name in self._wanted)
        return ParsedBlock(table.num_rows + len(ragged), columns, ragged)

    def has_breaks(self, block: Block, count: int) -> bool:
        """Return whether a cell of a block with `count` rows may have a line break in it."""
        text, end = block.buffer, block.size
        if text.find(self._quote.encode(), 0, end) < 0:
            return False
        lines = text.count(b"\n", 0, end) + (not text.endswith(b"\n", 0, end))
        return lines != count or text.count(b"\r", 0, end) != text.count(b"\r\n", 0, end)

    def _coded(self, name: str, column: pa.ChunkedArray) -> DictionaryColumn:
        array = column.chunk(0) if column.num_chunks else pa.array([], column.type)  # a block gives one chunk or none
        is_coded = pa.types.is_dictionary(array.type)
        cells = array.dictionary if is_coded else array
        longest = compute.max(compute.binary_length(cells)).as_py() or 0  # None, if all cells are null
        if longest > LONGEST_CELL:
            raise NeedsExactLane
        if is_coded and len(cells) > len(array) // 2:
            self._varied.add(name)
        return DictionaryColumn(pl.Series(pl.from_arrow(cells)), _codes(array.indices) if is_coded else None)

    def _cells(self, text: str) -> list[str]:
        with CELL_LIMIT:
            return next(csv.reader(io.StringIO(text, newline=""), delimiter=self._delimiter, quotechar=self._quote), [])

    def row_in_part(self, block: Block, index: int) -> tuple[int, int]:
        """Give the part of a row of a block, and the number of rows before it in this part, which are counted now."""
        at, (_, before) = max((n, one) for n, one in enumerate(block.begins) if one[1] <= index)
        part, start, _, group = block.span[at]
        ahead = Blocks(self._records, len(self._names), (0,), within=(Range(part, groups=(group, None)),))
        earlier = sum(rows_of_groups(self._resource.stored[part])[:group]) if group else 0
        return part, earlier + sum(ahead.parse(one).count for one in ahead._before(start)) + index - before

    def _before(self, offset: int) -> Iterator[Block]:
        """Give the rows of a part before the row that begins at an offset."""
        for block in self._one_by_one():
            ((part, start, size, group),) = block.span
            if start >= offset:
                return
            size = min(size, offset - start)
            yield Block(((part, start, size, group),), size, block.buffer)

    @contextmanager
    def reopened(self) -> Iterator[Callable[[Span], Block]]:
        """Open the file again; the function gives the block that is somewhere, in the order of the rows."""
        with ExitStack() as opened:
            now, position, stream = (-1, 0), 0, cast("BinaryIO", None)

            def read(piece: Piece) -> Block:
                nonlocal now, position, stream
                part, start, size, group = piece
                if (part, group) != now:
                    opened.close()
                    stream = opened.enter_context(open_bytes(self._resource.stored[part], (group, None)))
                    now, position = (part, group), 0
                if stream.seekable():
                    stream.seek(start)
                while position < start and not stream.seekable():
                    position += len(stream.read(min(self._size, start - position)))
                position = start + size
                return Block((piece,), size, stream.read(size))

            yield lambda span: Block.of(list(map(read, span)))

    def rows(self, block: Block, indexes: Sequence[int]) -> dict[int, list[str]]:
        """Give the cells of some rows of a block, as Python's `csv` splits them; the first row is 0."""
        data = block.data
        if self._quote.encode() in data or (b"\r" in data and _LONE_RETURN.search(data)):
            return self._among_all(block, set(indexes))
        ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))
        rows = {}
        for index in indexes:
            start = ends[index - 1] + 1 if index else 0
            end = ends[index] if index < len(ends) else len(data)
            rows[index] = self._cells(data[start:end].decode())
        return rows

    def _among_all(self, block: Block, indexes: set[int]) -> dict[int, list[str]]:
        text = io.TextIOWrapper(io.BytesIO(block.data), "utf-8", newline="")
        reader = csv.reader(text, delimiter=self._delimiter, quotechar=self._quote)
        with CELL_LIMIT:
            return {index: row for index, row in enumerate(reader) if index in indexes}


def skip_header(stream: BinaryIO, quote: bytes, *, has_header: bool) -> tuple[int, bytes]:
    """Give the offset of the first row, and its part that has been read already.

    Raises:
        NeedsExactLane: the header may be more than a line.
    """
    if not has_header:
        start = stream.read(len(_MARK))
        return (len(_MARK), b"") if start == _MARK else (0, start)
    line = stream.readline(_HEADER)
    is_whole = line.endswith(b"\n") or len(line) < _HEADER
    if quote in line or b"\r" in line.removesuffix(b"\r\n") or not is_whole:
        raise NeedsExactLane
    return len(line), b""


def _codes(indices: pa.Array) -> Codes:
    # Arrow's own `to_numpy` imports pandas first, which takes longer than reading a small file.
    return np.frombuffer(indices.buffers()[1], np.int32, len(indices), 4 * indices.offset)
