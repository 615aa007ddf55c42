"""Find oddities in a block of rows by its distinct cells: valid values that are probably errors."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from depositary.check.lanes.below import blank_row
from depositary.check.lanes.odd_texts import MAY_BE_ODD, kinds_of
from depositary.check.lanes.oddities import MARKS, NULLS, OTHER_QUOTES, SPLIT, Odd, Oddities, is_enclosed, is_quoted
from depositary.check.lanes.stacked import PAIR
from depositary.check.reading.distinct import ColumnVerdicts, Mask
from depositary.check.reading.numeral_cells import met_in
from depositary.wording.likeness import NOT_PLAIN

_FEW = 1_000  # for fewer cells, Python is faster than polars
_OPENING = f"^[{''.join(MARKS)}]"
_MAY_OPEN = f"^ *[{''.join(OTHER_QUOTES)}]"
_MAY_CLOSE = f"[{''.join(OTHER_QUOTES.values())}] *$"
Indexes = npt.NDArray[np.int64]  # indexes of rows in a block, from 0


@dataclass(frozen=True)
class BlockRows:
    """Some rows of a block: their indexes, their columns, and which are blank; `rows` has those of another length."""

    indexes: Indexes
    columns: Sequence[ColumnVerdicts]
    blank: Mask
    rows: Sequence[list[str]] = ()


def notice(oddities: Oddities, odd: Odd, batch: BlockRows, apart: Collection[int], *, breaks: bool) -> None:
    """Note the oddities in some rows.

    Args:
        oddities: the oddities to look for.
        odd: is filled with the results.
        batch: the rows.
        apart: columns in which cells that are proven good cannot have a text that is looked for.
        breaks: whether the cells may have line breaks.
    """
    blank = batch.indexes[batch.blank].tolist()
    odd.ragged += map(blank_row, blank)
    _watched(oddities, odd, batch, apart)
    _count(oddities, odd, batch)
    if not (oddities.odd_keys or odd.odd_keys):
        odd.odd_keys = any(_may_fold(batch.columns[at].dictionary.cells) for at in oddities.keyed)
    for at, numerals in oddities.numerals.items():
        odd.numerals += ((at, noted) for noted in met_in(numerals, batch.columns[at], batch.indexes))
    for at in oddities.of_texts:
        odd.texts += ((at, *found) for found in _odd_texts(batch, batch.columns[at]))
    if batch.rows:
        odd.enclosed += (int(index) for index, row in zip(batch.indexes, batch.rows, strict=True) if is_enclosed(row))
        odd.split += oddities.split(zip(batch.indexes.tolist(), batch.rows, strict=True))
        odd.ragged += oddities.ragged(zip(batch.indexes.tolist(), batch.rows, strict=True), blank)
        return
    odd.enclosed += batch.indexes[_enclosed(batch)].tolist()
    _stacked(oddities, odd, batch)
    odd.split += oddities.split(_maybe_split(batch))
    for at, verdicts in enumerate(batch.columns) if breaks else ():
        _swallowing(oddities, odd, batch, at, verdicts)


def _may_fold(cells: pl.Series) -> bool:
    """Return whether one of the keys may look like another."""
    return bool(cells.str.contains(NOT_PLAIN).any())


def _odd_texts(batch: BlockRows, verdicts: ColumnVerdicts) -> Iterator[tuple[str, int, int, str]]:
    """Give the odd texts of a column: kind, number, index and text of the first, for each kind."""
    cells = verdicts.dictionary.cells
    maybe = cells.str.contains(MAY_BE_ODD).fill_null(value=False)
    if not maybe.any():
        return
    found = {at: kinds_of(cells[at]) for at in np.flatnonzero(maybe.to_numpy()).tolist()}
    for kind in sorted({kind for kinds in found.values() for kind in kinds}):
        odd = np.zeros(len(cells), bool)
        odd[[at for at, kinds in found.items() if kind in kinds]] = True
        rows = np.flatnonzero(verdicts.dictionary.expand(odd))
        if len(rows):
            first = rows[np.argmin(batch.indexes[rows])]
            text = cells[int(verdicts.dictionary.indexes[int(first)])]
            yield kind, len(rows), int(batch.indexes[first]), text


def _stacked(oddities: Oddities, odd: Odd, batch: BlockRows) -> None:
    """Note rows with texts in columns of values and no values there, or with values in columns of texts."""
    texts = np.ones(len(batch.indexes), bool)
    some = np.zeros(len(batch.indexes), bool)
    values = np.zeros(len(batch.indexes), np.int32)
    for verdicts, meant in zip(batch.columns, oddities.of_values, strict=True):
        if meant and not texts.any():
            continue
        cells = verdicts.dictionary.cells
        is_value = ((cells >= "+") & (cells < ":")).fill_null(value=False).to_numpy()
        if meant:
            texts &= ~verdicts.dictionary.expand(is_value)
            some |= verdicts.dictionary.expand(cells.ne("").fill_null(value=False).to_numpy()) if texts.any() else texts
        elif is_value.any():
            values += verdicts.dictionary.expand(is_value)
    odd.stacked.texts += batch.indexes[texts & some & ~batch.blank].tolist()
    odd.stacked.values += batch.indexes[(values >= PAIR) & ~batch.blank].tolist()


def _watched(oddities: Oddities, odd: Odd, batch: BlockRows, apart: Collection[int]) -> None:
    """Find texts that programs write for a missing value, and rows of labels."""
    hits = np.zeros(len(batch.indexes), np.int64)
    for at, verdicts in enumerate(batch.columns):
        cells = verdicts.dictionary.cells
        asked = cells.filter(~verdicts.proven) if at in apart and verdicts.proven is not None else cells
        for text in _among(asked, oddities.watched):
            rows = verdicts.dictionary.expand(cells.eq_missing(pl.Series([text], dtype=pl.String)).to_numpy())
            indexes = batch.indexes[rows]
            if text in NULLS:
                odd.nulls.append((at, text, len(indexes), int(indexes.min())))
            if oddities.is_label(at, text):
                hits += rows
    odd.headers += batch.indexes[hits >= oddities.labels_of_header].tolist()


def _among(cells: pl.Series, watched: frozenset[str]) -> list[str]:
    """Give the wanted texts that are among the cells."""
    if len(cells) <= _FEW:
        return sorted(watched.intersection(cells.to_list()))
    texts, longest = _looked_for(watched)
    short = cells.filter(cells.str.len_bytes() <= longest)
    return short.filter(short.is_in(texts)).unique().to_list()


@lru_cache(maxsize=8)
def _looked_for(watched: frozenset[str]) -> tuple[pl.Series, int]:
    return pl.Series(sorted(watched), dtype=pl.String).implode(), max(len(text.encode()) for text in watched)


def _enclosed(batch: BlockRows) -> Mask:
    """Mark the rows whose cells are in quotes that are not CSV quotes."""
    for verdicts in sorted(batch.columns, key=lambda verdicts: len(verdicts.dictionary.cells)):
        texts = verdicts.dictionary.cells  # if few are distinct, this is fast
        if not (texts.str.contains(_OPENING) | texts.eq("")).fill_null(value=True).any():
            return np.zeros(len(batch.indexes), bool)
    number, enclosed = np.zeros(len(batch.indexes), np.int64), np.ones(len(batch.indexes), bool)
    for at, verdicts in enumerate(batch.columns):
        cells = verdicts.dictionary.cells.to_list()
        filled = verdicts.dictionary.expand(np.array([bool(cell) for cell in cells], bool))
        quoted = verdicts.dictionary.expand(np.array([bool(cell) and is_quoted(cell) for cell in cells], bool))
        number += filled
        enclosed &= quoted if at == 0 else quoted | ~filled
    return enclosed & (number > 1)


def _count(oddities: Oddities, odd: Odd, batch: BlockRows) -> None:
    """Count the cells with a text, and those with a delimiter in it; note those that only blank cells follow."""
    alone = np.ones(len(batch.indexes), bool)  # no later cell has a text
    for at, verdicts in reversed(list(enumerate(batch.columns))):
        cells = verdicts.dictionary.cells
        filled = verdicts.dictionary.expand(cells.ne("").fill_null(value=False).to_numpy())
        listing = cells.str.contains(oddities.delimiter, literal=True).fill_null(value=False)
        if listing.any():
            odd.listing.append((at, int(verdicts.dictionary.expand(listing.to_numpy()).sum())))
            may_be = listing.to_numpy().copy()
            may_be[may_be] = [oddities.may_be_padded(at, cell) for cell in cells.filter(listing).to_list()]
            for i in np.flatnonzero(verdicts.dictionary.expand(may_be) & alone).tolist() if not batch.rows else ():
                odd.padded.append((int(batch.indexes[i]), at, cells[int(verdicts.dictionary.indexes[i])]))
        odd.filled.append((at, int(filled.sum())))
        alone &= ~filled


def _maybe_split(batch: BlockRows) -> Iterator[tuple[int, list[str | None]]]:
    """Give the rows in which a cell begins with a quote that is not a CSV quote, and one soon after ends with one."""
    rows = np.zeros(len(batch.indexes), bool)
    for at, verdicts in enumerate(batch.columns[:-1]):
        opening = _matching(verdicts, _MAY_OPEN)
        if opening.any():
            closing = [_matching(other, _MAY_CLOSE) for other in batch.columns[at + 1 : at + SPLIT]]
            rows |= opening & np.logical_or.reduce(closing)
    for at in np.flatnonzero(rows).tolist():
        yield (
            int(batch.indexes[at]),
            [verdicts.dictionary.cells[int(verdicts.dictionary.indexes[at])] for verdicts in batch.columns],
        )


def _matching(verdicts: ColumnVerdicts, pattern: str) -> Mask:
    return verdicts.dictionary.expand(verdicts.dictionary.cells.str.contains(pattern).fill_null(value=False).to_numpy())


def _swallowing(oddities: Oddities, odd: Odd, batch: BlockRows, at: int, verdicts: ColumnVerdicts) -> None:
    """Find cells whose content looks like whole rows."""
    cells = verdicts.dictionary.cells
    broken = cells.filter(cells.str.contains(r"[\r\n]").fill_null(value=False)).unique().to_list()
    for cell in broken:
        if oddities.is_swallowing(at, cell):
            rows = verdicts.dictionary.expand(cells.eq_missing(pl.Series([cell], dtype=pl.String)).to_numpy())
            odd.swallowing += ((int(index), at, cell) for index in batch.indexes[rows])
