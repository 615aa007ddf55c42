"""The values of references, and of the keys to which they lead, as rows of hashes that a cluster compares.

A key that is no text may be written in several forms: its id is its first text that is not the plain one of its value.
So the texts of such keys and references are given too (docs/decisions/0047-references-are-joined.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from depositary.check.lanes.notice import BlockRows
from depositary.check.lanes.written_keys import plainly
from depositary.check.reading.distinct import ColumnJudge, ColumnVerdicts, Mask
from depositary.model.table import has_own_notation, kind_of
from depositary.model.tidy import tidy

VALUE = ["one", "other"]  # the columns with the hashes of a value
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HAVE_ONE_TEXT = ("integer", "number", "year", "date")  # types whose equal values have one plain text


@dataclass(frozen=True)
class HashedRows:
    """Values in some rows, as two hashes of each with the number of its row; `at` is a number for where they are."""

    at: int
    rows: pl.DataFrame

    @property
    def count(self) -> int:
        """Count them."""
        return len(self.rows)


class References(HashedRows):
    """The references of one key check.

    If the key is no text, they have a tidy `text`, which is blank if it is the usual one of all equal values; the text
    as it is, if that is another one (`raw`); and whether the tidy text is the plain one of its value (`is_plain`).
    """


class ReferredKeys(HashedRows):
    """The keys in some columns to which others refer; of rows with the same key, one is enough.

    If the key is no text, they have its tidy `text`, which is blank if the text as it is is the plain one of its value,
    and whether the tidy text is the usual one of all equal values (`is_usual`).
    """


def references(
    at: int, batch: BlockRows, judges: Sequence[ColumnJudge], places: Sequence[int], *, is_typed: bool
) -> References:
    """Give the references in some rows; with NaN, which is equal to nothing, they have hashes that no key has."""
    rows, nothing, unlike = _hashed(batch, judges, places)
    rows = rows.with_columns(pl.when(~pl.Series(unlike)).then(pl.col(name)).otherwise(0).alias(name) for name in VALUE)
    if is_typed:
        verdicts = batch.columns[places[0]]
        raw = verdicts.dictionary.cells.gather(verdicts.dictionary.indexes)
        texts = _texts(judges[places[0]], verdicts)
        other = pl.when(pl.col("text") != raw).then(raw).alias("raw")
        rows = rows.hstack(texts.select(other, pl.when(~pl.col("is_usual")).then("text"), "is_plain"))
    return References(at, rows.filter(pl.Series(~nothing)))


def referred_keys(
    at: int, batch: BlockRows, judges: Sequence[ColumnJudge], places: Sequence[int], *, is_typed: bool
) -> ReferredKeys:
    """Give the keys in some rows to which others may refer."""
    rows, nothing, unlike = _hashed(batch, judges, places)
    if is_typed:
        texts = _texts(judges[places[0]], batch.columns[places[0]])
        rows = rows.hstack(texts.select(pl.when(~pl.col("is_as_it_is")).then("text"), "is_usual"))
    rows = rows.filter(pl.Series(~(nothing | unlike)))
    if not is_typed:
        return ReferredKeys(at, rows.select(VALUE).unique())
    return ReferredKeys(at, rows.sort("row").unique([*VALUE, "text"], keep="first"))


def _hashed(batch: BlockRows, judges: Sequence[ColumnJudge], places: Sequence[int]) -> tuple[pl.DataFrame, Mask, Mask]:
    """Hash the values in some columns, row by row, and mark the rows without any value, and those with NaN."""
    one = other = np.zeros(len(batch.indexes), np.uint64)
    nothing, unlike = np.ones(len(batch.indexes), bool), np.zeros(len(batch.indexes), bool)
    for place in places:
        expand = batch.columns[place].dictionary.expand
        hashes, others, none, nan = judges[place].two_hashes(batch.columns[place])
        one, other = (one * _MIX) ^ expand(hashes), (other * _MIX) ^ expand(others)
        nothing, unlike = nothing & expand(none), unlike | expand(nan)
    return pl.DataFrame({"one": one, "other": other, "row": batch.indexes}), nothing, unlike


def _texts(judge: ColumnJudge, verdicts: ColumnVerdicts) -> pl.DataFrame:
    """Give the tidy texts of cells, row by row.

    They may be plain texts of their values, also the usual ones of all equal values, or even plain as they are.
    """
    cells, kind = verdicts.dictionary.cells, kind_of(judge.field)
    sure = np.zeros(len(cells), bool)
    if kind.name in _HAVE_ONE_TEXT and not has_own_notation(judge.field):
        sure = cells.str.contains(kind.plain).fill_null(value=False).to_numpy()
    asked = np.flatnonzero(~(sure | verdicts.without_value))
    values = {name: sure.copy() for name in ("is_as_it_is", "is_plain", "is_usual")}
    texts: list[str] = []
    for at, cell in zip(asked.tolist(), cells.gather(asked).to_list(), strict=True):
        value = judge.value(cell)
        text, plain = tidy(cell), plainly(value)
        texts.append(text)
        values["is_as_it_is"][at], values["is_plain"][at] = cell == plain, text == plain
        values["is_usual"][at] = text == plain and _has_one_text(value)
    found = cells.scatter(asked, pl.Series(texts, dtype=pl.String)) if texts else cells
    frame = pl.DataFrame({"text": found, **values})
    codes = verdicts.dictionary.codes
    return frame if codes is None else frame[codes]


def _has_one_text(value: Any) -> bool:  # noqa: ANN401 (any type a field can have)
    if isinstance(value, bool | datetime):
        return False
    return isinstance(value, int | Decimal | date)
