"""The forms of numbers in a block of rows, by the distinct cells of a column."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from depositary.check.distinct import Mask, Sifted
from depositary.check.numerals import EXAMPLES, Form, Noted, Numerals

Places = npt.NDArray[np.int64]
_PROVEN_AS_WRITTEN = 15  # characters of a whole number that is proven to be one, and which every type holds


def met_in(numerals: Numerals, sifted: Sifted, places: Places | None = None) -> Iterator[Noted]:
    """Give the forms that are met in some rows, which may have other places than those from 0."""
    cells = sifted.coded.cells
    doubtful = _doubtful(numerals, sifted)
    if not doubtful.any():
        return
    at = np.flatnonzero(doubtful)
    texts = cells.gather(at).to_list()
    forms = numerals.forms(texts)
    for form in dict.fromkeys(forms.values()):
        found = [place for place, text in zip(at.tolist(), texts, strict=True) if forms.get(text) is form]
        yield _noted(form, sifted, found, places)


def _doubtful(numerals: Numerals, sifted: Sifted) -> Mask:
    """Mark the distinct cells that are read as values and may have a form that is looked for."""
    cells = sifted.coded.cells
    asked = _asked(numerals, sifted)
    doubtful = np.zeros(len(cells), bool)
    if asked.any():
        some = cells if asked.all() else cells.filter(asked)
        doubtful[asked] = (~some.str.contains(f"^(?:{numerals.plain})$")).fill_null(value=False).to_numpy()
        if doubtful.any():
            doubtful &= ~sifted.without_value & ~sifted.marked(sifted.refused)
    return doubtful


def _asked(numerals: Numerals, sifted: Sifted) -> Mask:
    """Mark the cells that have to be looked at: what is proven to be good is hardly ever written otherwise."""
    cells, proven = sifted.coded.cells, sifted.proven
    if proven is None or numerals.looks_at_all:
        return np.ones(len(cells), bool)
    if numerals.field.type != "integer" or numerals.complete:
        return ~proven
    long: Mask = (cells.str.len_bytes() > _PROVEN_AS_WRITTEN).fill_null(value=False).to_numpy()
    return ~proven | long


def _noted(form: Form, sifted: Sifted, found: list[int], places: Places | None) -> Noted:
    mask = np.zeros(len(sifted.coded.cells), bool)
    mask[found] = True
    rows = np.flatnonzero(sifted.coded.spread(mask))
    cells, first = np.unique(sifted.coded.places[rows], return_index=True)
    texts: dict[str, int] = {}
    for i in np.argsort(first):
        if len(texts) == EXAMPLES:
            break
        row = rows[first[i]]
        texts.setdefault(str(sifted.coded.cells[int(cells[i])]), int(row if places is None else places[row]))
    return Noted(form, len(rows), [(place, text) for text, place in texts.items()])
