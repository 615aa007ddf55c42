"""Find keys of large files that look like others, by hashes of the folded key and of the key itself."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from depositary.check.lanes.key_rows import KeyLength, KeyRow, KeyRows, missing_texts, written_rows
from depositary.check.reading.columns import is_large, is_remembered, open_columns
from depositary.check.reading.distinct import hashes_as
from depositary.check.reading.remembered import Hashes, remembered_hashes
from depositary.model.target import Input
from depositary.read.files.blocks import Block, Blocks, DictionaryColumn, NeedsExactLane
from depositary.read.files.records import Records
from depositary.wording.likeness import NOT_PLAIN, NOT_PLAIN_ASCII, PADDED, fold, folding

_MIX = np.uint64(0x9E3779B97F4A7C15)
_AT_ONCE = 100_000  # rows that Python reads

Mask = npt.NDArray[np.bool_]
Indexes = npt.NDArray[np.int64]
_Done = TypeVar("_Done")


@dataclass(frozen=True)
class _Keys:
    """The filled keys of some rows: row numbers, columns, and the hashes of the keys and of their folded forms.

    `indexes` has the indexes of the rows in the columns; a `plain` key is equal to its folded form.
    """

    numbers: Indexes
    indexes: Indexes
    columns: Sequence[DictionaryColumn]
    folds: Hashes
    texts: Hashes
    plain: Mask

    def rows(self, file: int, wanted: Hashes) -> list[KeyRow]:
        """Give the rows whose folded key has one of the hashes."""
        found = []
        for at in np.flatnonzero(_among(self.folds, wanted)).tolist():
            index = int(self.indexes[at])
            texts = tuple(str(column.cells[int(column.indexes[index])]) for column in self.columns)
            found.append(KeyRow(file, int(self.numbers[at]), texts))
        return found

    def lengths(self) -> Counter[KeyLength]:
        """Count the cells that have only digits, by number of digits."""
        counts: Counter[KeyLength] = Counter()
        for at, column in enumerate(self.columns):
            digits = column.cells.str.contains("^[0-9]+$").fill_null(value=False).to_numpy()
            sizes = np.where(digits, column.cells.str.len_bytes().fill_null(0).to_numpy(), 0)
            for size, count in enumerate(np.bincount(column.expand(sizes)[self.indexes]).tolist()):
                counts[at, size] += count if size else 0
        return counts


@dataclass(frozen=True)
class _Hashed:
    """The hashes of a file's keys: of plain keys one hash, of others that of the folded form and that of the key."""

    plain: Hashes
    folds: Hashes
    texts: Hashes


def alike_rows(files: Sequence[Input], fields: Sequence[str]) -> KeyRows:
    """Give the rows of the first file and of the others whose keys look like another key.

    Raises:
        UnreadableFile: a file cannot be read to its end, or lacks one of the columns.
    """
    wanted = _alike([_hashed(entry, fields) for entry in files])
    if not len(wanted):
        return KeyRows((), {})
    rows: list[KeyRow] = []
    lengths: Counter[KeyLength] = Counter()
    for at, entry in enumerate(files):
        for some, counts in _of_all(entry, fields, partial(_found, at, wanted)):
            rows += some
            lengths.update(counts)
    return KeyRows(rows, lengths)


def _found(file: int, wanted: Hashes, keys: _Keys) -> tuple[list[KeyRow], Mapping[KeyLength, int]]:
    return keys.rows(file, wanted), keys.lengths() if file == 0 else {}


def _hashed(entry: Input, fields: Sequence[str]) -> _Hashed:
    if is_remembered(entry):
        names = [f"{what} {list(fields)} {hashes_as()}" for what in ("plain", "folds", "texts")]
        return _Hashed(*remembered_hashes(entry, names, partial(_all_hashed, entry, fields)))
    return _Hashed(*_all_hashed(entry, fields))


def _all_hashed(entry: Input, fields: Sequence[str]) -> Sequence[Hashes]:
    found = _of_all(
        entry, fields, lambda keys: (keys.folds[keys.plain], keys.folds[~keys.plain], keys.texts[~keys.plain])
    )
    return [_joined(column) for column in zip(*found, strict=True)] if found else [_joined(())] * 3


def _alike(files: Sequence[_Hashed]) -> Hashes:
    """Give the hashes of folded forms that several keys share, one of them in the first file."""
    folds, texts = _joined(file.folds for file in files), _joined(file.texts for file in files)
    if not len(folds):
        return folds
    order = np.argsort(folds)
    folds, texts = folds[order], texts[order]
    several = folds[1:][(folds[1:] == folds[:-1]) & (texts[1:] != texts[:-1])]
    plain = _joined(file.plain[_among(file.plain, folds)] for file in files)
    alike = np.union1d(several, plain)
    if len(files) == 1:
        return alike
    own = _joined(some[_among(some, alike)] for some in (files[0].plain, files[0].folds))
    return np.intersect1d(alike, own)


def _among(hashes: Hashes, wanted: Hashes) -> Mask:
    """Mark the hashes that are in a sorted array of hashes."""
    found = np.zeros(len(hashes), bool)
    if len(wanted):
        # Most are excluded by 16 bits, with a small lookup table.
        low = np.zeros(1 << 16, bool)
        low[wanted & np.uint64(0xFFFF)] = True
        maybe = np.flatnonzero(low[hashes & np.uint64(0xFFFF)])
        at = np.minimum(np.searchsorted(wanted, hashes[maybe]), len(wanted) - 1)
        found[maybe] = wanted[at] == hashes[maybe]
    return found


def _joined(arrays: Iterable[Hashes]) -> Hashes:
    return np.concatenate([np.array([], np.uint64), *arrays])


# Reading


def _of_all(entry: Input, fields: Sequence[str], work: Callable[[_Keys], _Done]) -> list[_Done]:
    """Process the keys of a file: in blocks if it is large and plain, otherwise with Python."""
    try:
        return [done for _, done in _of_blocks(entry, fields, work)]
    except NeedsExactLane:
        return [work(keys) for keys in _of_rows(entry, fields)]


def _of_rows(entry: Input, fields: Sequence[str]) -> Iterator[_Keys]:
    rows = iter(written_rows(entry, fields))
    while some := list(islice(rows, _AT_ONCE)):
        columns = [
            DictionaryColumn(pl.Series(cells, dtype=pl.String))
            for cells in zip(*(texts for _, texts in some), strict=True)
        ]
        yield _of_columns(entry, fields, np.array([number for number, _ in some], np.int64), columns)


def _of_blocks(entry: Input, fields: Sequence[str], work: Callable[[_Keys], _Done]) -> Iterator[tuple[int, _Done]]:
    """Work on the keys of a large file.

    Raises:
        NeedsExactLane: it is small, or Python's `csv` must read it.
    """
    with Records(entry.resource, as_is=entry.reference_only) as records:
        width, columns = open_columns(entry, records, fields)
        if not is_large(entry, records):
            raise NeedsExactLane
        blocks = Blocks(records, width, [at for at, _ in columns])
        first = 2 if records.dialect.header else 1
        for _, (count, keys) in blocks.side_by_side(partial(_of_block, entry, fields, blocks)):
            yield first, work(replace(keys, numbers=keys.numbers + first))
            first += count
        records.finish(blocks.undecodable, first)


def _of_block(entry: Input, fields: Sequence[str], blocks: Blocks, block: Block) -> tuple[int, _Keys]:
    parsed = blocks.parse(block)
    indexes = np.delete(np.arange(parsed.count), sorted(parsed.ragged)) if parsed.ragged else np.arange(parsed.count)
    return parsed.count, _of_columns(entry, fields, indexes, parsed.columns)


def _of_columns(entry: Input, fields: Sequence[str], numbers: Indexes, columns: Sequence[DictionaryColumn]) -> _Keys:
    folds, texts = np.zeros(len(numbers), np.uint64), np.zeros(len(numbers), np.uint64)
    plain, filled = np.ones(len(numbers), bool), np.ones(len(numbers), bool)
    for column, missing in zip(columns, missing_texts(entry, fields), strict=True):
        cells = column.cells
        odd = cells.str.contains(NOT_PLAIN).fill_null(value=False).to_numpy()
        hashes: Hashes = cells.hash().to_numpy()
        folded = hashes
        if odd.any():
            folded = hashes.copy()
            folded[odd] = _folded(cells.filter(odd)).hash().to_numpy()
        texts = (texts * _MIX) ^ column.expand(hashes)
        folds = (folds * _MIX) ^ column.expand(folded)
        plain &= column.expand(~odd)
        filled &= column.expand(~cells.is_in(sorted(missing)).fill_null(value=True).to_numpy())
    indexes = np.flatnonzero(filled)
    return _Keys(numbers[indexes], indexes, columns, folds[indexes], texts[indexes], plain[indexes])


def _folded(cells: pl.Series) -> pl.Series:
    """Fold texts; those with only leading zeros are folded all at once."""
    padded = cells.str.contains(PADDED)
    others = cells.filter(~padded)
    if not len(others):
        return cells.str.strip_chars_start("0")
    folded = pl.select(pl.when(padded).then(cells.str.strip_chars_start("0")).otherwise(cells)).to_series()
    # Most letters beyond ASCII do not look like others.
    asked = ~padded & cells.str.contains(f"{NOT_PLAIN_ASCII}|{folding()}")
    indexes = np.flatnonzero(asked.to_numpy())
    texts = [fold(text) for text in cells.gather(indexes).to_list()]
    return folded.scatter(indexes, pl.Series(texts, dtype=pl.String)) if texts else folded
