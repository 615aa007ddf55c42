"""Divide the files of a table into ranges of rows, one for each task of a cluster."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from depositary.check.reading.columns import size_of
from depositary.errors import UsageError
from depositary.model.package import Resource
from depositary.model.target import Input
from depositary.read.files.blocks import NeedsExactLane, Range, skip_header
from depositary.read.files.compressed import compression_of
from depositary.read.files.parquet import bytes_of_groups
from depositary.read.files.remote import RemoteFile
from depositary.reference import CsvControl, Dialect

Ranges = tuple[Range, ...]
Done = TypeVar("Done")
Places = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
_BLOCK = 1 << 20  # bytes in which quotes are counted at once
_LEAST = 4  # bytes of a stretch: the first one has a byte-order mark and the first byte after it


@dataclass(frozen=True)
class Quotes:
    """The quotes in a stretch: their number, and whether a file can be cut there.

    `fit` says it for a stretch at whose beginning no quote is open, and for one where a quote is: each quote opens a
    cell, closes it, or is one of a pair in it.
    """

    count: int
    fit: tuple[bool, bool] = (True, True)


@dataclass(frozen=True)
class Stretch:
    """Bytes of a file between two offsets, whose quotes are counted."""

    file: Path
    start: int
    stop: int
    delimiter: bytes
    quote: bytes

    def quotes(self) -> Quotes:
        """Count the quotes.

        Raises:
            OSError: the file cannot be read.
        """
        count, fit = 0, [True, True]
        with self.file.open("rb") as stream:
            for start in range(self.start, self.stop, _BLOCK):
                data = self._with_neighbours(stream, start, min(start + _BLOCK, self.stop))
                if b"\0" in data:
                    return Quotes(0, (False, False))
                places, opens, closes = self._edges(data)
                for state in (0, 1):
                    first = (state + count) % 2  # of the quotes that open
                    fit[state] &= bool(opens[first::2].all() and closes[1 - first :: 2].all())
                count += len(places)
        return Quotes(count, (fit[0], fit[1]))

    def _with_neighbours(self, stream: BinaryIO, start: int, stop: int) -> bytes:
        """Read bytes with the one before and the one after; the file begins and ends like a row."""
        stream.seek(max(0, start - 1))
        data = stream.read(stop + 1 - max(0, start - 1))
        wanted = stop - start + 2
        data = data if start else b"\n" + data
        return data if len(data) == wanted else data + b"\n"

    def _edges(self, data: bytes) -> tuple[Places, Mask, Mask]:
        """Give the quotes within bytes, and whether each may open and may close a cell, or is one of a pair there."""
        array = np.frombuffer(data, np.uint8)
        places = np.flatnonzero(array[1:-1] == self.quote[0]) + 1
        edges = np.zeros(256, bool)
        edges[list(self.delimiter + self.quote + b"\r\n")] = True
        return places, edges[array[places - 1]], edges[array[places + 1]]


CountQuotes = Callable[[Sequence[Stretch]], Sequence[Quotes]]


def ranges_of(resource: Resource, size: int, count: CountQuotes) -> list[Ranges]:
    """Give for each task its ranges of rows: a piece of a large part, a part, or several small parts.

    A piece of a Parquet file is some row groups.

    A row ends at a line break outside quotes, so the quotes before a place in a file decide whether a row can end
    there. A part whose quotes leave this open is one piece. `count` counts the quotes of many stretches at once.

    Args:
        resource: the table.
        size: bytes of a task, roughly.
        count: counts the quotes in stretches of files, in their order.

    Raises:
        UsageError: a file is not there any more.
    """
    sizes = list(map(_size, resource.stored))
    cut = [at for at, part in enumerate(resource.stored) if sizes[at] > size and _can_be_cut(part)]
    stretches = {at: list(_stretches(resource.stored[at], sizes[at], size)) for at in cut}
    counts = iter(count([one for of_part in stretches.values() for one in of_part]))
    pieces = {at: list(_pieces(at, of_part, [next(counts) for _ in of_part])) for at, of_part in stretches.items()}
    pieces |= {
        at: list(_groups(at, part, sizes[at], size))
        for at, part in enumerate(resource.stored)
        if sizes[at] > size and part.is_parquet and not isinstance(part.file, RemoteFile)
    }
    return list(_together(sizes, pieces, size))


class Workers(Protocol):
    """Machines that work on ranges of a table."""

    def takes(self, entry: Input) -> bool:
        """Return whether a table is so large that its rows are read there."""
        ...

    def each(self, resource: Resource, work: Callable[[Ranges], Done]) -> list[Done]:
        """Divide a table, and work on the ranges of each task; give the results in the order of the table."""
        ...


def _size(part: Resource) -> int:
    try:
        return size_of(part)
    except OSError as error:
        why = error.strerror or error
        raise UsageError(f"{part.path}: changed while it was read ({why}). Run this again.") from error


def _can_be_cut(part: Resource) -> bool:
    """Return whether a place in the text of a part can be found in its file, and its header is a plain line."""
    is_whole = isinstance(part.file, RemoteFile)  # Spark gives it as a whole
    if is_whole or part.is_parquet or part.sheet or part.mapping or compression_of(part):
        return False
    dialect = Dialect.from_descriptor(dict(part.dialect))
    quote = CsvControl.from_dialect(dialect).quote_char or '"'
    with suppress(NeedsExactLane, OSError), part.file.open("rb") as stream:
        skip_header(stream, quote.encode(), has_header=dialect.header)
        return True
    return False


def _stretches(part: Resource, total: int, size: int) -> Iterator[Stretch]:
    control = CsvControl.from_dialect(Dialect.from_descriptor(dict(part.dialect)))
    delimiter, quote = control.delimiter.encode(), (control.quote_char or '"').encode()
    for start, stop in pairwise([*range(0, total, max(size, _LEAST)), total]):
        yield Stretch(part.file.absolute(), start, stop, delimiter, quote)


def _pieces(at: int, stretches: Sequence[Stretch], quotes: Sequence[Quotes]) -> Iterator[Range]:
    """Give the ranges of a part; a quote is open where the number of quotes before is odd."""
    before = [False, *(total % 2 == 1 for total in accumulate(one.count for one in quotes))]
    if before[-1] or not all(one.fit[is_open] for one, is_open in zip(quotes, before, strict=False)):
        yield Range(at)
        return
    last = len(stretches) - 1
    for number, (one, (is_open, stop_is_open)) in enumerate(zip(stretches, pairwise(before), strict=True)):
        yield Range(at, one.start, None if number == last else one.stop, is_open, number != last and stop_is_open)


def _groups(at: int, part: Resource, total: int, size: int) -> Iterator[Range]:
    """Give the row groups of a part, some together."""
    groups = bytes_of_groups(part)
    most = size * sum(groups) / total  # of their bytes, which differ from those of their text
    first = held = 0
    for group, found in enumerate(groups):
        if held and held + found > most:
            yield Range(at, groups=(first, group))
            first, held = group, 0
        held += found
    yield Range(at, groups=(first, None))


def _together(sizes: Sequence[int], pieces: dict[int, list[Range]], size: int) -> Iterator[Ranges]:
    """Put small parts that follow each other together."""
    held: list[Range] = []
    total = 0
    for at, bytes_of_part in enumerate(sizes):
        if held and (at in pieces or total + bytes_of_part > size):
            yield tuple(held)
            held, total = [], 0
        if at in pieces:
            yield from ((one,) for one in pieces[at])
        else:
            held.append(Range(at))
            total += bytes_of_part
    if held:
        yield tuple(held)
