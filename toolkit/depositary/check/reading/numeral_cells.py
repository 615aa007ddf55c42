"""Find the forms of numbers in a block of rows, by the distinct cells of a column."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from depositary.check.reading.distinct import ColumnVerdicts, Mask
from depositary.check.reading.numerals import EXAMPLES, Noted, NumeralForm, Numerals

Indexes = npt.NDArray[np.int64]
_SHORT = 15  # characters of a whole number that every type can hold


def met_in(numerals: Numerals, verdicts: ColumnVerdicts, indexes: Indexes | None = None) -> Iterator[Noted]:
    """Give the forms that occur in some rows; `indexes` has their indexes if they do not count from 0."""
    proven = verdicts.proven
    if proven is None or numerals.looks_at_all:
        yield from _among(numerals, verdicts, np.ones(len(verdicts.dictionary.cells), bool), indexes)
        return
    # Cells that are proven good rarely have another form.
    if not proven.all():
        yield from _among(numerals, verdicts, ~proven, indexes)
    if numerals.is_whole and not numerals.complete:
        long = _long(verdicts.dictionary.cells, proven)
        if long.any():
            yield _noted(NumeralForm.DIGITS, verdicts, long, indexes)


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


def _among(numerals: Numerals, verdicts: ColumnVerdicts, asked: Mask, indexes: Indexes | None) -> Iterator[Noted]:
    """Give the forms that occur in some cells."""
    unproven = _unlike(verdicts, asked, numerals.plain)
    if unproven.any():
        unproven &= ~verdicts.without_value & ~verdicts.marked(verdicts.refused)
        unproven &= True if verdicts.named is None else ~verdicts.named
    for form, pattern in numerals.common.items() if unproven.any() else ():
        others = _unlike(verdicts, unproven, pattern)
        if (unproven & ~others).any():
            yield _noted(form, verdicts, unproven & ~others, indexes)
        unproven = others
    at = np.flatnonzero(unproven)
    texts = verdicts.dictionary.cells.gather(at).to_list()
    forms = numerals.forms(texts) if texts else {}
    for form in dict.fromkeys(forms.values()):
        mask = np.zeros(len(unproven), bool)
        mask[[index for index, text in zip(at.tolist(), texts, strict=True) if forms.get(text) is form]] = True
        yield _noted(form, verdicts, mask, indexes)


def _unlike(verdicts: ColumnVerdicts, asked: Mask, pattern: str) -> Mask:
    """Mark the cells that a pattern does not match."""
    cells = verdicts.dictionary.cells
    found = asked.copy()
    some = cells if asked.all() else cells.filter(asked)
    found[asked] = (~some.str.contains(f"^(?:{pattern})$")).fill_null(value=False).to_numpy()
    return found


def _noted(form: NumeralForm, verdicts: ColumnVerdicts, found: Mask, indexes: Indexes | None) -> Noted:
    return Noted(form, *first_of(verdicts, found, indexes))


def first_of(verdicts: ColumnVerdicts, found: Mask, indexes: Indexes | None) -> tuple[int, list[tuple[int, str]]]:
    """Count the rows with one of some cells, and give the first different ones."""
    rows = np.flatnonzero(verdicts.dictionary.expand(found))
    cells, at = verdicts.dictionary.cells, verdicts.dictionary.indexes
    first = np.zeros(len(cells), np.int64)
    first[at[rows[::-1]]] = rows[::-1]  # of equal cells, the first row is written last
    texts: dict[str, int] = {}
    for row in np.sort(first[found]):
        texts.setdefault(str(cells[int(at[row])]), int(row if indexes is None else indexes[row]))
        if len(texts) == EXAMPLES:
            break
    return len(rows), [(index, text) for text, index in texts.items()]
