"""Find the forms of numbers in a block of rows, by the distinct cells of a column."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from depositary.check.reading.distinct import ColumnVerdicts, Mask
from depositary.check.reading.numerals import EXAMPLES, Form, Noted, Numerals

Indexes = npt.NDArray[np.int64]
_SHORT = 15  # characters of a whole number that every type can hold


def met_in(numerals: Numerals, sifted: ColumnVerdicts, indexes: Indexes | None = None) -> Iterator[Noted]:
    """Give the forms that occur in some rows; `indexes` has their indexes if they do not count from 0."""
    proven = sifted.proven
    if proven is None or numerals.looks_at_all:
        yield from _among(numerals, sifted, np.ones(len(sifted.coded.cells), bool), indexes)
        return
    # Cells that are proven good rarely have another form.
    if not proven.all():
        yield from _among(numerals, sifted, ~proven, indexes)
    if numerals.is_whole and not numerals.complete:
        long = _long(sifted.coded.cells, proven)
        if long.any():
            yield _noted(Form.DIGITS, sifted, long, indexes)


def _long(cells: pl.Series, proven: Mask) -> Mask:
    """Mark the whole numbers of up to 18 digits that change in a double."""
    found = np.zeros(len(cells), bool)
    sizes = cells.str.len_bytes()
    most = sizes.max()
    if isinstance(most, int) and most > _SHORT:
        long = (sizes > _SHORT).fill_null(value=False).to_numpy() & proven
        numbers = cells.filter(long).cast(pl.Int64)
        found[long] = (numbers.cast(pl.Float64).cast(pl.Int64) != numbers).to_numpy()
    return found


def _among(numerals: Numerals, sifted: ColumnVerdicts, asked: Mask, indexes: Indexes | None) -> Iterator[Noted]:
    """Give the forms that occur in some cells."""
    doubtful = _unlike(sifted, asked, numerals.plain)
    if doubtful.any():
        doubtful &= ~sifted.without_value & ~sifted.marked(sifted.refused)
    for form, pattern in numerals.common.items() if doubtful.any() else ():
        others = _unlike(sifted, doubtful, pattern)
        if (doubtful & ~others).any():
            yield _noted(form, sifted, doubtful & ~others, indexes)
        doubtful = others
    at = np.flatnonzero(doubtful)
    texts = sifted.coded.cells.gather(at).to_list()
    forms = numerals.forms(texts) if texts else {}
    for form in dict.fromkeys(forms.values()):
        mask = np.zeros(len(doubtful), bool)
        mask[[index for index, text in zip(at.tolist(), texts, strict=True) if forms.get(text) is form]] = True
        yield _noted(form, sifted, mask, indexes)


def _unlike(sifted: ColumnVerdicts, asked: Mask, pattern: str) -> Mask:
    """Mark the cells that a pattern does not match."""
    cells = sifted.coded.cells
    found = asked.copy()
    some = cells if asked.all() else cells.filter(asked)
    found[asked] = (~some.str.contains(f"^(?:{pattern})$")).fill_null(value=False).to_numpy()
    return found


def _noted(form: Form, sifted: ColumnVerdicts, found: Mask, indexes: Indexes | None) -> Noted:
    return Noted(form, *first_of(sifted, found, indexes))


def first_of(sifted: ColumnVerdicts, found: Mask, indexes: Indexes | None) -> tuple[int, list[tuple[int, str]]]:
    """Count the rows with one of some cells, and give the first different ones."""
    rows = np.flatnonzero(sifted.coded.spread(found))
    cells, at = sifted.coded.cells, sifted.coded.indexes
    first = np.zeros(len(cells), np.int64)
    first[at[rows[::-1]]] = rows[::-1]  # of equal cells, the first row is written last
    texts: dict[str, int] = {}
    for row in np.sort(first[found]):
        texts.setdefault(str(cells[int(at[row])]), int(row if indexes is None else indexes[row]))
        if len(texts) == EXAMPLES:
            break
    return len(rows), [(index, text) for text, index in texts.items()]
