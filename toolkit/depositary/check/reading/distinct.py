"""Check a column of a block by its distinct cells: most are proven good at once, the others are read exactly."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import blake2b
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pyarrow import compute

from depositary.check.reading.cells import Column, Notes, Reading
from depositary.check.reading.equal_texts import MARK, equal_text
from depositary.check.reading.patch_notation import ERASE, LOCAL, NAME, Notation
from depositary.compile import arrow
from depositary.compile.accept import TYPES, accept
from depositary.compile.language import CELL
from depositary.compile.polars import expression
from depositary.model.mapping import UNTRANSLATED
from depositary.model.table import Field, Table, kind_of
from depositary.read.files.blocks import DictionaryColumn

_FEW = 1_000  # for fewer distinct cells, lookups one by one are faster than polars
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (what is compared with it has no time zone either)
_UNKEYED = np.uint64(0x9E3779B97F4A7C15)  # the hash of a blank

_FEW_TEXTS = 10  # texts that are searched one by one in all cells of a block

Mask = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Refused:
    """A refused text: its value, if it has one, the reference's notes, and its indexes among the cells."""

    value: Any
    notes: Notes
    indexes: Sequence[int]


@dataclass(frozen=True)
class ColumnVerdicts:
    """A column of a block with the verdicts on its cells.

    `proven` marks those that the accept proves good, `missing` marks the blanks. A blank in a required field is both
    missing and refused. `erased` marks those that have the token that erases, which are `missing` too if it is allowed;
    `named` marks names of rows in a column of other values.
    """

    dictionary: DictionaryColumn
    proven: Mask | None
    missing: Mask | None
    refused: Sequence[Refused]
    erased: Mask | None = None
    named: Mask | None = None

    def rows(self, refused: Iterable[Refused]) -> Mask:
        """Mark the rows with one of the refused cells."""
        return self.dictionary.expand(self.marked(refused))

    def marked(self, refused: Iterable[Refused]) -> Mask:
        """Mark the refused cells among the cells."""
        mask = np.zeros(len(self.dictionary.cells), bool)
        for one in refused:
            mask[one.indexes] = True
        return mask

    @property
    def without_value(self) -> Mask:
        """Mark the cells without a value: blanks, and refused cells without one."""
        mask = self.marked(one for one in self.refused if one.value is None)
        return mask if self.missing is None else mask | self.missing


class ColumnJudge:
    """One column of a file; several blocks may use it at the same time.

    Args:
        keyed: whether the column takes part in a key, so that its typed values are compared.
    """

    def __init__(self, table: Table, column: Column, *, keyed: bool) -> None:
        self.column = column
        known = column.name in table
        self.field = table[column.name] if known else Field(column.name, "any")
        self.minds_blank_lines = "" not in table.missing_values(self.field)  # pyarrow reads empty cells from them
        self._lock = Lock()
        self._ids: dict[Any, int] = {}  # numbers of typed values that may have several texts
        self._accepts = TYPES[self.field.type]
        self._by_value = keyed and not kind_of(self.field).is_text and not self._accepts.is_unique
        proof = None if self._by_value else _proof(table, self.field, column.notation)
        translated = ~pl.col(CELL).str.starts_with(UNTRANSLATED)
        self._proves = proof & translated if proof is not None and column.is_translated else proof

    def verdicts(self, dictionary: DictionaryColumn) -> ColumnVerdicts:
        """Find the missing and the refused cells."""
        proven = self._proven(dictionary.cells)
        erased, named = self._in_notation(dictionary.cells, proven)
        asked = None if proven is None else ~proven if named is None else ~(proven | named)
        unproven = dictionary.cells if asked is None else dictionary.cells.filter(asked)
        texts = unproven.to_list() if dictionary.codes is not None else unproven.unique(maintain_order=True).to_list()
        found: dict[str | None, Reading] = {}
        with self._lock:
            for at in self.column.unproven(texts):
                value, notes = self.column.reading(texts[at])
                if value is None or notes:
                    found[texts[at]] = value, notes
            self.column.forget()
        indexes = _indexes(unproven, found, None if asked is None else np.flatnonzero(asked))
        refused = [Refused(value, notes, indexes[text]) for text, (value, notes) in found.items() if notes]
        missing = [text for text, (value, notes) in found.items() if value is None and set(notes or ()) <= {"required"}]
        mask = np.zeros(len(dictionary.cells), bool)
        for text in missing:
            mask[indexes[text]] = True
        return ColumnVerdicts(dictionary, proven, mask if missing else None, refused, erased, named)

    def _in_notation(self, cells: pl.Series, proven: Mask | None) -> tuple[Mask | None, Mask | None]:
        """Mark the cells that erase, and those that name rows in a column that has no texts."""
        notation = self.column.notation
        if notation is None:
            return None, None
        erased, named = cells.eq_missing(pl.Series([ERASE], dtype=pl.String)), None
        if notation.names_rows and not kind_of(self.field).is_text and not (proven is not None and proven.all()):
            marked = cells.str.contains(f"^{NAME}$").fill_null(value=False)
            named = marked.to_numpy() if marked.any() else None
        return (erased.to_numpy() if erased.any() else None), named

    def proves_any(self, texts: Iterable[str]) -> bool:
        """Return whether one of the texts could be among the cells that are proven good."""
        return self._proves is not None and bool(_marked(pl.Series(list(texts), dtype=pl.String), self._proves).any())

    def _proven(self, cells: pl.Series) -> Mask | None:
        return None if len(cells) <= _FEW or self._proves is None else _marked(cells, self._proves)

    # Typed values

    def value(self, cell: str | None) -> Any:  # noqa: ANN401 (any type a field can have)
        """Give the typed value of a cell."""
        with self._lock:
            return self.column.value(cell)

    def values(self, verdicts: ColumnVerdicts) -> list[Any]:
        """Give the typed values of the distinct cells."""
        values: list[Any] = verdicts.dictionary.cells.to_list()
        proven = verdicts.proven if kind_of(self.field).is_text else None
        for index in range(len(values)) if proven is None else np.flatnonzero(~proven).tolist():
            values[index] = self.value(values[index])
        return values

    def typed(self, verdicts: ColumnVerdicts) -> tuple[pa.Array, list[int]]:
        """Give the typed values of the distinct cells, and the indexes of those that do not fit their type."""
        cells, proven = verdicts.dictionary.cells, verdicts.proven
        kind = arrow.type_of(self.field)
        if proven is None or not self._accepts.is_cast or self.field.descriptor.get("decimalChar", ".") != ".":
            array, misfits = arrow.array(self.field, [self.value(cell) for cell in cells.to_list()])
            return array, list(misfits)
        asked = ~proven if verdicts.named is None else ~(proven | verdicts.named)
        others = np.flatnonzero(asked)
        array, misfits = arrow.array(self.field, [self.value(cell) for cell in cells.filter(asked).to_list()])
        sure = pl.select(pl.when(pl.Series(proven)).then(cells)).to_series().to_arrow().cast(kind)
        found = [int(others[at]) for at in misfits]
        found += [] if verdicts.named is None else np.flatnonzero(verdicts.named).tolist()
        return compute.replace_with_mask(sure, pa.array(asked), array), found

    # Keys: equal values have equal hashes; two different values have equal hashes only once in 10¹⁹ pairs.

    def hashes(self, verdicts: ColumnVerdicts, seed: int = 0) -> tuple[Hashes, Mask, Mask]:
        """Give a hash of each distinct cell's value, and mark those without a value and those that are NaN.

        With seed 0, equal values have equal hashes in every process that `hashes_as` this one; with another seed, only
        in this process.
        """
        nothing = verdicts.without_value
        if self._by_value:
            return self._hashes_by_value(verdicts, nothing, seed)
        cells = verdicts.dictionary.cells
        if self._accepts.is_unique:
            cells = self._written_alike(verdicts)
        hashes: Hashes = cells.hash(seed=seed).to_numpy()
        return np.where(nothing, _UNKEYED, hashes), nothing, np.zeros(len(nothing), bool)

    def _written_alike(self, verdicts: ColumnVerdicts) -> pl.Series:
        cells, proven = verdicts.dictionary.cells, verdicts.proven
        is_text = proven if proven is None or verdicts.named is None else proven | verdicts.named
        indexes = np.arange(len(cells)) if is_text is None else np.flatnonzero(~is_text)
        texts = [_text(self.value(cell)) for cell in cells.gather(indexes).to_list()]
        return cells.clone().scatter(indexes, pl.Series(texts, dtype=pl.String)) if len(indexes) else cells

    def _hashes_by_value(self, verdicts: ColumnVerdicts, nothing: Mask, seed: int) -> tuple[Hashes, Mask, Mask]:
        values = [self.value(cell) for cell in verdicts.dictionary.cells.to_list()]
        unlike = np.array([value != value for value in values], bool)  # noqa: PLR0124 (NaN is equal to nothing)
        with self._lock:
            numbers = [0 if nan else self._number(v, seed) for v, nan in zip(values, unlike, strict=True)]
        hashes: Hashes = pl.Series(numbers, dtype=pl.Int64).hash(seed=seed).to_numpy()
        return np.where(nothing, _UNKEYED, hashes), nothing, unlike

    def _number(self, value: Any, seed: int) -> int:  # noqa: ANN401 (any type a field can have)
        """Give a number of a value: with a seed, no other value of this process has it."""
        return self._ids.setdefault(value, len(self._ids)) if seed else _steady(value)

    # References: values of columns of different types are compared, on a cluster.

    def two_hashes(self, verdicts: ColumnVerdicts) -> tuple[Hashes, Hashes, Mask, Mask]:
        """Give two hashes of each distinct cell's value, and mark those without a value and those that are NaN.

        Values of any types that are equal have equal hashes in every process that `hashes_as` this one. Two different
        values have two equal hashes only once in 10³⁸ pairs.
        """
        nothing = verdicts.without_value
        texts, unlike = self._equal_texts(verdicts, nothing)
        one, other = (np.where(nothing, _UNKEYED, texts.hash(seed=seed).to_numpy()) for seed in (2, 3))
        return one, other, nothing, unlike

    def _equal_texts(self, verdicts: ColumnVerdicts, nothing: Mask) -> tuple[pl.Series, Mask]:
        cells, unlike = verdicts.dictionary.cells, np.zeros(len(nothing), bool)
        if kind_of(self.field).is_text:
            return cells, unlike
        sure = verdicts.proven if self._accepts.is_unique else None  # their texts are those of their values
        if sure is not None and verdicts.named is not None:
            sure = sure & ~verdicts.named
        asked = np.flatnonzero(~nothing if sure is None else ~(nothing | sure))
        values = [self.value(cell) for cell in cells.gather(asked).to_list()]
        unlike[asked] = [value != value for value in values]  # noqa: PLR0124 (NaN is equal to nothing)
        texts = ["" if unlike[at] else equal_text(value) for at, value in zip(asked, values, strict=True)]
        marked = MARK + cells
        return marked.scatter(asked, pl.Series(texts, dtype=pl.String)) if len(asked) else marked, unlike


def hashes_as() -> int:
    """Give the hash of a constant: processes with the same number hash texts alike, others may not."""
    # polars hashes in another way on another processor, or in another version.
    return int(pl.Series(["Depositary"]).hash()[0])


def _steady(value: Any) -> int:  # noqa: ANN401 (any type a field can have)
    """Give equal values equal numbers in every process; two different values seldom have the same number."""
    match value:
        case None:
            return 0
        case time():
            since = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
            return hash((since - (value.utcoffset() or timedelta()), value.microsecond))
        case datetime() if value.tzinfo is None:
            return hash(value - _EPOCH)
        case str():
            digest = blake2b(value.encode(errors="surrogatepass"), digest_size=8).digest()
            return int.from_bytes(digest, signed=True)
        case _:
            return hash(value)  # of numbers and what is made of them: Python hashes texts anew in each process


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _marked(cells: pl.Series, proves: pl.Expr) -> Mask:
    mask: Mask = cells.rename(CELL).to_frame().select(proves.fill_null(value=False)).to_series().to_numpy()
    return mask


def _proof(table: Table, field: Field, notation: Notation | None) -> pl.Expr | None:
    tree = accept(table, field)
    if tree is None:
        return None
    proof, cell = expression(tree), pl.col(CELL).str
    if notation:
        proof &= ~cell.contains(ERASE, literal=True)
    if not (notation and notation.names_rows):
        return proof
    name = cell.contains(f"^{NAME}$") if kind_of(field).is_text else pl.lit(value=False)
    return (proof & ~cell.starts_with(LOCAL)) | name


def _indexes(
    cells: pl.Series, texts: Collection[str | None], among: npt.NDArray[np.intp] | None
) -> dict[str | None, Sequence[int]]:
    """Find the indexes of some texts among the cells at the given indexes."""
    if len(texts) <= _FEW_TEXTS:
        found = {text: cells.eq_missing(pl.Series([text], dtype=pl.String)).to_numpy().nonzero()[0] for text in texts}
        return {text: (indexes if among is None else among[indexes]).tolist() for text, indexes in found.items()}
    indexes: dict[str | None, list[int]] = {text: [] for text in texts}
    for index, cell in zip(range(len(cells)) if among is None else among.tolist(), cells.to_list(), strict=True):
        if cell in indexes:
            indexes[cell].append(index)
    return dict(indexes)
