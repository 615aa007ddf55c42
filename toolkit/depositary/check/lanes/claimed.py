"""The cells that decide what the rows of a patch are after the merge: keys, unique values, references, blanks.

Each value is given as a text, so that the engine compares values of any type: equal values have equal texts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from depositary.check.lanes.notice import BlockRows, Indexes
from depositary.check.reading.distinct import ColumnJudge, ColumnVerdicts, Mask
from depositary.check.reading.patch_notation import LOCAL
from depositary.model.field_types import BOOLEAN, DATE, DECIMAL, INTEGER
from depositary.model.table import Field, Table, kind_of
from depositary.read.files.blocks import NeedsExactLane

_TEXT, _MARK = pa.string(), pa.bool_()


@dataclass(frozen=True)
class ClaimedRows:
    """The rows of a block that have a key: their indexes and columns. `has_keys` is true if a key may be refused."""

    indexes: Indexes
    columns: Mapping[str, pa.Array]
    is_whole: bool  # whether every row has a key
    has_keys: bool


class ClaimColumns:
    """The columns of a patch by which its rows are applied to those of its base.

    In the engine, `k0` is the first column of the key. `w0` has the values of the first wanted column, and `c0` marks
    the cells in it that make a claim. `l0` marks the cells in the first required column that are blank.

    Args:
        table: the table of the patch.
        indexes: the indexes of the columns that the file has, by name.
        wanted: the columns whose values are compared after the merge.

    Raises:
        NeedsExactLane: equal values of a column may have several texts.
    """

    def __init__(self, table: Table, indexes: Mapping[str, int], wanted: Sequence[str]) -> None:
        if not all(name in table and _is_compared(table[name]) for name in (*table.primary_key, *wanted)):
            raise NeedsExactLane
        self.wanted = [table[name] for name in wanted]
        self.required = [f for f in table.fields if f.required and f.name not in table.primary_key]
        self.is_present = set(indexes)
        self.keys = [f"k{i}" for i, _ in enumerate(table.primary_key)]
        self._key = [indexes[name] for name in table.primary_key]
        self._values = [(f"{i}", indexes[f.name]) for i, f in enumerate(self.wanted) if f.name in indexes]
        self._lacking = [(f"l{i}", indexes[f.name]) for i, f in enumerate(self.required) if f.name in indexes]

    @property
    def schema(self) -> pa.Schema:
        """Give the columns in the engine, without the number of the row."""
        values = [(f"w{i}", _TEXT) for i, _ in self._values]
        marks = [*(f"c{i}" for i, _ in self._values), *(name for name, _ in self._lacking)]
        return pa.schema([*((key, _TEXT) for key in self.keys), *values, *((name, _MARK) for name in marks)])

    def of(self, batch: BlockRows, judges: Sequence[ColumnJudge]) -> ClaimedRows:
        """Give the rows of a block whose key is filled and not refused."""
        key = [batch.columns[at] for at in self._key]
        filled = ~np.logical_or.reduce([column.dictionary.expand(column.without_value) for column in key])
        rows = np.flatnonzero(filled & ~np.logical_or.reduce([column.rows(column.refused) for column in key]))
        columns = {
            name: _texts(judges[at], batch.columns[at], rows) for name, at in zip(self.keys, self._key, strict=True)
        }
        for name, at in self._values:
            columns[f"w{name}"] = _texts(judges[at], batch.columns[at], rows)
            columns[f"c{name}"] = pa.array(_claims(batch.columns[at])[rows])
        for name, at in self._lacking:
            columns[name] = pa.array(_blank(batch.columns[at])[rows])
        return ClaimedRows(batch.indexes[rows], columns, len(rows) == len(filled), bool(filled.any()))


def _is_compared(field: Field) -> bool:
    """Return whether equal values of a field, and only those, have equal texts."""
    if kind_of(field).storage is DECIMAL:
        return not field.descriptor.get("floatNumber")
    return is_shown(field)


def is_shown(field: Field) -> bool:
    """Return whether the texts are those that a report shows; decimals may be written with more digits."""
    return kind_of(field).is_text or kind_of(field).storage in (INTEGER, DATE, BOOLEAN)


def _texts(judge: ColumnJudge, verdicts: ColumnVerdicts, rows: Indexes) -> pa.Array:
    array, misfits = judge.typed(verdicts)
    texts = as_texts(array)
    if verdicts.named is not None:
        texts = compute.if_else(pa.array(verdicts.named), verdicts.dictionary.cells.to_arrow().cast(_TEXT), texts)
        misfits = [at for at in misfits if not verdicts.named[at]]
    if misfits and kind_of(judge.field).storage is not INTEGER:
        raise NeedsExactLane
    if misfits:  # whole numbers of many digits
        cells = verdicts.dictionary.cells.gather(misfits).to_list()
        marks = np.zeros(len(array), bool)
        marks[misfits] = True
        texts = compute.replace_with_mask(texts, pa.array(marks), pa.array([str(judge.value(c)) for c in cells], _TEXT))
    if verdicts.dictionary.codes is None and len(rows) == len(texts):
        return texts
    return texts.take(pa.array(verdicts.dictionary.indexes[rows]))


def _claims(verdicts: ColumnVerdicts) -> Mask:
    """Mark the rows with a cell that has a value, is refused, or erases."""
    keeps = np.zeros(len(verdicts.dictionary.cells), bool) if verdicts.missing is None else verdicts.missing
    return verdicts.dictionary.expand(~keeps if verdicts.erased is None else ~keeps | verdicts.erased)


def _blank(verdicts: ColumnVerdicts) -> Mask:
    if verdicts.missing is None:
        return np.zeros(len(verdicts.dictionary.indexes), bool)
    return verdicts.dictionary.expand(verdicts.missing)


def as_texts(array: pa.Array) -> pa.Array:
    """Give the values of a column as texts, as Python's `str` writes all but decimals.

    Raises:
        NeedsExactLane: equal values may have several texts.
    """
    if pa.types.is_string(array.type):
        return array
    if pa.types.is_boolean(array.type):
        return compute.if_else(array, "True", "False")
    if pa.types.is_integer(array.type) or pa.types.is_date(array.type) or pa.types.is_decimal(array.type):
        return array.cast(_TEXT)
    raise NeedsExactLane


def value_of(field: Field, text: str | None) -> Any:  # noqa: ANN401 (any type that a field can have)
    """Give the value of a text that `as_texts` wrote, or the name of a row."""
    storage = kind_of(field).storage
    if text is None or kind_of(field).is_text or text.startswith(LOCAL):
        return text
    if storage is INTEGER:
        return int(text)
    if storage is DECIMAL:
        return Decimal(text)
    return date.fromisoformat(text) if storage is DATE else text == "True"
