"""Check one block of rows: findings counted by code and field, with the rows that a report may show."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
import pyarrow as pa

from depositary.check.lanes.claimed import ClaimColumns, ClaimedRows
from depositary.check.lanes.hashed_rows import HashedRows, references, referred_keys
from depositary.check.lanes.notice import BlockRows, Indexes, notice
from depositary.check.lanes.oddities import Odd, Oddities
from depositary.check.lanes.rows import KeyCheck, TableChecks, Values, even
from depositary.check.reading.distinct import ColumnJudge, ColumnVerdicts, Hashes, Mask, Refused
from depositary.check.reading.header import is_conflict
from depositary.check.reading.numeral_cells import first_of
from depositary.compile import arrow
from depositary.model.table import Table, kind_of
from depositary.read.files.blocks import Block, Blocks, DictionaryColumn, NeedsExactLane, ParsedBlock
from depositary.wording.cells import code_of

_MIX = np.uint64(0x9E3779B97F4A7C15)
_KNOWN = 100_000  # existing keys of a parent that are stored


@dataclass
class BlockVerdict:
    """The results of one block.

    `totals` counts findings by code and field; `shown` has the indexes of rows that the report may show; `keys` has, by
    key check, the rows with a key to compare, and its hash; `typed` has the rows for the sink; `odd` has the oddities;
    `claimed` has the rows of a patch that are applied to those of its base; `hashed` has the references that a cluster
    compares, by key check, and the keys to which others refer, by their place among those that are asked for.
    """

    count: int
    totals: Counter[tuple[str, str]] = field(default_factory=Counter)
    shown: dict[int, list[str]] = field(default_factory=dict)
    keys: list[tuple[int, Indexes | None, Hashes]] = field(default_factory=list)
    typed: "list[Typed]" = field(default_factory=list)
    odd: Odd = field(default_factory=Odd)
    claimed: list[ClaimedRows] = field(default_factory=list)
    hashed: list[HashedRows] = field(default_factory=list)


@dataclass(frozen=True)
class Compared:
    """What a cluster found about references: by key check, the rows in order.

    `nowhere` has those whose reference does not exist; `otherwise` those with a key that is written in another form.
    """

    nowhere: Mapping[int, Indexes] = field(default_factory=dict)
    otherwise: Mapping[int, Indexes] = field(default_factory=dict)

    def within(self, rows: range) -> "Compared":
        """Give what is about some rows, by their indexes from 0."""
        return Compared(
            *({s: within(of, rows) - rows.start for s, of in found.items()} for found in (self.nowhere, self.otherwise))
        )


def within(rows: Indexes, numbers: range) -> Indexes:
    """Give those of some ordered rows that are among some numbers."""
    return rows[np.searchsorted(rows, numbers.start) : np.searchsorted(rows, numbers.stop)]


@dataclass(frozen=True)
class Typed:
    """Rows with typed values: their indexes, their columns, refused columns by index, erased cells by column."""

    indexes: Indexes
    columns: dict[str, pa.Array]
    refused: dict[int, set[str]]
    erased: dict[str, Mask]

    def of(self, rows: Indexes | None, names: Sequence[str]) -> "Typed":
        """Give some columns of some rows, by their places; by default of all rows."""
        columns = {name: column for name, column in self.columns.items() if name in names}
        erased = {name: mask for name, mask in self.erased.items() if name in names}
        if rows is None:
            return replace(self, columns=columns, erased=erased)
        columns = {name: column.take(pa.array(rows)) for name, column in columns.items()}
        refused = {at: self.refused[row] for at, row in enumerate(rows.tolist()) if row in self.refused}
        return Typed(self.indexes[rows], columns, refused, {name: mask[rows] for name, mask in erased.items()})


class BlockJudge:
    """Checks the blocks of a file, several at the same time.

    Args:
        names: the columns whose typed values the rules read; None if they read none of this table.
        totals: the counts of earlier blocks; if enough findings of a code and field exist, no more rows are shown.
        examples: the number of findings that is enough.
        claims: the columns by which the rows of a patch are applied to those of its base.
        asked: the columns to which other tables refer, whose keys a cluster compares.
    """

    def __init__(  # noqa: PLR0913 (two of them are about what is found, two about where it goes)
        self,
        table: Table,
        rows: TableChecks,
        names: Sequence[str] | None,
        totals: Mapping[tuple[str, str], int],
        examples: int,
        claims: ClaimColumns | None = None,
        asked: Sequence[Sequence[str]] = (),
    ) -> None:
        self._claims = claims
        self._asked = [[rows.indexes[name] for name in names] for names in asked]
        self._rows, self._names, self._totals, self._examples = rows, names, totals, examples
        compared = {at for key_check in rows.key_checks if not key_check.parent for at in key_check.indexes}
        self._columns = [ColumnJudge(table, column, keyed=at in compared) for at, column in enumerate(rows.columns)]
        self._known: dict[int, set[str | None]] = {
            s: set() for s, key_check in enumerate(rows.key_checks) if key_check.parent
        }
        watched = rows.oddities.watched if rows.oddities else frozenset()
        self._apart = {at for at, column in enumerate(self._columns) if not column.proves_any(watched)}
        self._minds_blank_lines = any(column.minds_blank_lines for column in self._columns)

    def judge(self, blocks: Blocks, block: Block, compared: Compared | None = None, first: int = 0) -> BlockVerdict:
        """Check the rows of a block.

        References that a cluster compares are given as hashes, and seem to lead somewhere, unless `compared` has what
        was found; there, `first` is the number of the block's first row.

        Raises:
            NeedsExactLane: Python's `csv` may split it into other cells.
        """
        if self._minds_blank_lines and block.has_blank_line:
            raise NeedsExactLane
        parsed = blocks.parse(block)
        if not self._rows.reference_only and self._has_conflict(parsed):
            raise NeedsExactLane
        verdict = BlockVerdict(parsed.count)
        found = compared.within(range(first, first + parsed.count)) if compared else None
        shown: set[int] = set()
        for batch in self._batches(parsed):
            shown |= self._batch(verdict, batch, found)
            if self._rows.oddities:
                breaks = blocks.has_breaks(block, parsed.count)
                notice(self._rows.oddities, verdict.odd, batch, self._apart, breaks=breaks)
                self._notice_references(self._rows.oddities, verdict.odd, batch, found)
        if shown:
            verdict.shown = blocks.rows(block, sorted(shown))
        return verdict

    def _notice_references(self, oddities: Oddities, odd: Odd, batch: BlockRows, compared: Compared | None) -> None:
        """Note the references to keys that are written in another form."""
        for at, forms in oddities.references.items():
            verdicts = batch.columns[at]
            cells = verdicts.dictionary.cells
            if forms.is_elsewhere:
                rows = compared.otherwise.get(forms.check, ()) if compared else ()
                mask = np.zeros(len(cells), bool)
                mask[verdicts.dictionary.indexes[np.isin(batch.indexes, rows)]] = True
                if mask.any():
                    odd.references.append((at, *first_of(verdicts, mask, batch.indexes)))
                continue
            asked = cells.filter(~cells.str.contains(forms.plain).fill_null(value=True)) if forms.plain else cells
            found = forms.otherwise(asked.to_list(), self._columns[at].value)
            if found:
                mask = cells.is_in(sorted(found)).fill_null(value=False).to_numpy()
                odd.references.append((at, *first_of(verdicts, mask, batch.indexes)))

    def _has_conflict(self, parsed: ParsedBlock) -> bool:
        """Return whether a row is a conflict marker of git; such a line is one cell."""
        cells = parsed.columns[0].cells if len(self._columns) == 1 else pl.Series(dtype=pl.String)
        alone = cells.filter(cells.str.contains(r"^(<{7}|>{7}|={7}|\|{7})")).to_list()
        return any(map(is_conflict, [*parsed.ragged.values(), *([cell] for cell in alone)]))

    def key_hashes(self, blocks: Blocks, block: Block, key_check: KeyCheck) -> list[tuple[Indexes, Hashes, Hashes]]:
        """Give the rows of a block with a key to compare, and two hashes of it with different seeds."""
        found = []
        for batch in self._batches(blocks.parse(block)):
            (compared, one), (_, other) = (self._compared(batch, key_check, seed)[1:] for seed in (0, 1))
            found.append((batch.indexes[compared], one[compared], other[compared]))
        return found

    def _batches(self, parsed: ParsedBlock) -> Iterator[BlockRows]:
        """Give the rows of the right length, then the others."""
        others = sorted(parsed.ragged)
        if len(others) < parsed.count:
            indexes = np.delete(np.arange(parsed.count), others) if others else np.arange(parsed.count)
            yield self._judged(indexes, parsed.columns)
        if others:
            rows = [parsed.ragged[index] for index in others]
            columns = [_coded(cells) for cells in zip(*(even(row, len(self._columns)) for row in rows), strict=True)]
            yield self._judged(np.array(others), columns, rows)

    def _judged(
        self, indexes: Indexes, columns: Sequence[DictionaryColumn], rows: Sequence[list[str]] = ()
    ) -> BlockRows:
        verdicts = [column.verdicts(dictionary) for column, dictionary in zip(self._columns, columns, strict=True)]
        blank = np.zeros(len(indexes), bool)
        if all(column.missing is not None for column in verdicts):
            blank = np.logical_and.reduce([c.dictionary.expand(c.missing) for c in verdicts if c.missing is not None])
            blank &= ~self._erasing(verdicts, blank, rows)
        return BlockRows(indexes, verdicts, blank, rows)

    def _erasing(self, columns: Sequence[ColumnVerdicts], blank: Mask, rows: Sequence[list[str]]) -> Mask:
        """Mark the rows of a patch that erase a cell, so that they are not blank."""
        erasing = np.zeros(len(blank), bool)
        for column in columns if blank.any() else ():
            if column.erased is not None:
                erasing |= column.dictionary.expand(column.erased)
        for i, row in enumerate(rows):  # also in a cell that no column has
            erasing[i] = self._rows.erases(row)
        return erasing

    def _batch(self, verdict: BlockVerdict, batch: BlockRows, compared: Compared | None) -> set[int]:
        """Count the findings of some rows, and give the indexes of rows to show."""
        count = _Count(verdict.totals, self._totals, self._examples)
        count.add("blank-row", "", batch.indexes[batch.blank])
        refused = self._refused(batch, count)
        self._widths(batch, count, refused)
        for s, key_check in enumerate(self._rows.key_checks):
            if key_check.parent:
                elsewhere = key_check.is_elsewhere
                dangling = (
                    self._misled(verdict, batch, s, compared) if elsewhere else self._dangling(batch, s, key_check)
                )
                count.add(key_check.code, ", ".join(key_check.fields), batch.indexes[dangling])
                for name in key_check.fields if dangling.any() else ():
                    refused[name] = refused[name] | dangling if name in refused else dangling
            else:
                self._hash_keys(verdict, batch, s, count)
        for at, places in enumerate(self._asked):
            is_typed = len(places) == 1 and self._is_typed(places[0])
            verdict.hashed.append(referred_keys(at, batch, self._columns, places, is_typed=is_typed))
        if self._claims:
            verdict.claimed.append(self._claims.of(batch, self._columns))
        if self._names is not None:
            verdict.typed.append(self._typed(batch, refused, self._names))
        return count.shown

    def _refused(self, batch: BlockRows, count: "_Count") -> dict[str, Mask]:
        """Count refused cells by code, without those of blank rows, and mark their rows by column."""
        refused: dict[str, Mask] = {}
        for judge, verdicts in zip(self._columns, batch.columns, strict=True):
            notes: dict[str, list[Refused]] = {}
            for one in verdicts.refused:
                for note in one.notes:
                    notes.setdefault(note, []).append(one)
            for note, ones in notes.items():
                rows = verdicts.rows(ones)
                count.add(code_of(note), judge.column.name, batch.indexes[rows & ~batch.blank])
            if verdicts.refused:
                refused[judge.column.name] = verdicts.rows(verdicts.refused)
        return refused

    def _widths(self, batch: BlockRows, count: "_Count", refused: dict[str, Mask]) -> None:
        """Count extra and missing cells, and mark the rows in which a column has no cell."""
        names = [column.name for column in self._rows.columns]
        for i, row in enumerate(batch.rows):
            index = batch.indexes[i : i + 1]
            if not batch.blank[i]:
                count.add("extra-cell", "", np.repeat(index, max(0, len(row) - len(names))))
                for name in names[len(row) :]:
                    count.add("missing-cell", name, index)
            for name in names[len(row) :]:
                refused.setdefault(name, np.zeros(len(batch.indexes), bool))[i] = True

    def _misled(self, verdict: BlockVerdict, batch: BlockRows, s: int, compared: Compared | None) -> Mask:
        """Mark the rows whose reference does not exist as a cluster found, or give the references to compare."""
        if compared:
            nowhere: Mask = np.isin(batch.indexes, compared.nowhere.get(s, ()))
            return nowhere
        key_check = self._rows.key_checks[s]
        is_typed = bool(key_check.parent and key_check.parent.is_typed)
        verdict.hashed.append(references(s, batch, self._columns, key_check.indexes, is_typed=is_typed))
        return np.zeros(len(batch.indexes), bool)

    def _is_typed(self, at: int) -> bool:
        """Return whether the same value may be written in several forms in a column."""
        return not (self._rows.reference_only or kind_of(self._columns[at].field).is_text)

    def _dangling(self, batch: BlockRows, s: int, key_check: KeyCheck) -> Mask:
        """Mark the rows whose reference does not exist."""
        columns = [batch.columns[at] for at in key_check.indexes]
        judges = [self._columns[at] for at in key_check.indexes]
        if len(columns) == 1:
            cells, known = columns[0].dictionary.cells.to_list(), self._known[s]
            new = [index for index, cell in enumerate(cells) if cell not in known]
            bad = [index for index in new if key_check.leads_nowhere((judges[0].value(cells[index]),))]
            known.update(cells[index] for index in set(new) - set(bad))
            if len(known) > _KNOWN:
                known.clear()
            mask = np.zeros(len(cells), bool)
            mask[bad] = True
            return columns[0].dictionary.expand(mask)
        tuples, rows = np.unique(np.stack([c.dictionary.indexes for c in columns], axis=1), axis=0, return_inverse=True)
        cells_of = [c.dictionary.cells for c in columns]
        values = (
            tuple(j.value(cells[int(at)]) for j, cells, at in zip(judges, cells_of, indexes, strict=True))
            for indexes in tuples
        )
        dangling: Mask = np.fromiter((key_check.leads_nowhere(v) for v in values), bool, len(tuples))[rows.ravel()]
        return dangling

    def _hash_keys(self, verdict: BlockVerdict, batch: BlockRows, s: int, count: "_Count") -> None:
        """Hash the keys to compare; a primary key without any value is a separate error."""
        key_check = self._rows.key_checks[s]
        none, compared, hashes = self._compared(batch, key_check)
        if key_check.code == "primary-key" and none.any():
            excluded = batch.blank | np.logical_or.reduce([c.rows(c.refused) for c in self._read(batch, key_check)])
            reported = none if self._rows.reference_only else none & ~excluded
            count.add(key_check.code, ", ".join(key_check.fields), batch.indexes[reported])
        if compared.all() and len(batch.indexes) == verdict.count:
            verdict.keys.append((s, None, hashes))
        else:
            verdict.keys.append((s, batch.indexes[compared], hashes[compared]))

    def _read(self, batch: BlockRows, key_check: KeyCheck) -> list[ColumnVerdicts]:
        return [batch.columns[at] for at in key_check.indexes]

    def _compared(self, batch: BlockRows, key_check: KeyCheck, seed: int = 0) -> tuple[Mask, Mask, Hashes]:
        """Mark the rows whose key has no value, and those whose key is compared; give hashes of the keys."""
        columns = self._read(batch, key_check)
        hashed = [self._columns[at].hashes(batch.columns[at], seed) for at in key_check.indexes]
        empty = [c.dictionary.expand(nothing) for c, (_, nothing, _) in zip(columns, hashed, strict=True)]
        unlike = [c.dictionary.expand(mask) for c, (_, _, mask) in zip(columns, hashed, strict=True)]
        none, some = np.logical_and.reduce(empty), np.logical_or.reduce(empty)
        left_out = none if key_check.code == "primary-key" else some
        compared = ~(left_out | np.logical_or.reduce(unlike))
        hashes = columns[0].dictionary.expand(hashed[0][0])
        for column, (more, _, _) in zip(columns[1:], hashed[1:], strict=True):
            hashes = (hashes * _MIX) ^ column.dictionary.expand(more)
        return none, compared, hashes

    def _typed(self, batch: BlockRows, refused: dict[str, Mask], names: Sequence[str]) -> Typed:
        """Give the typed values of the rows that are not blank."""
        kept = np.flatnonzero(~batch.blank)
        columns: dict[str, pa.Array] = {}
        erased: dict[str, Mask] = {}
        wrong = dict(refused)
        for name in names:
            at = self._rows.indexes.get(name)
            if at is None:
                continue
            verdicts = batch.columns[at]
            values, misfits = self._columns[at].typed(verdicts)
            columns[name] = _column(values, verdicts.dictionary, kept)
            if verdicts.erased is not None:
                erased[name] = verdicts.dictionary.expand(verdicts.erased)[kept]
            if misfits:
                mask = np.zeros(len(values), bool)
                mask[misfits] = True
                mask = verdicts.dictionary.expand(mask)
                wrong[name] = wrong[name] | mask if name in wrong else mask
        by_row: dict[int, set[str]] = {}
        for name, mask in wrong.items():
            for i in np.flatnonzero(mask[kept]).tolist():
                by_row.setdefault(i, set()).add(name)
        return Typed(batch.indexes[kept], columns, by_row, erased)

    def values(self, row: Sequence[str], key_check: KeyCheck) -> Values:
        """Give the typed values of a row in the columns of a key or reference."""
        cells = even(row, len(self._columns))
        return tuple(self._columns[at].value(cells[at]) for at in key_check.indexes)


class _Count:
    """The findings of one batch: their number, and the indexes of the first ones of each code and field."""

    def __init__(self, totals: Counter[tuple[str, str]], before: Mapping[tuple[str, str], int], examples: int) -> None:
        self.shown: set[int] = set()
        self._totals, self._before, self._examples = totals, before, examples

    def add(self, code: str, name: str, indexes: Indexes) -> None:
        """Count one finding at each index."""
        if len(indexes):
            self._totals[code, name] += len(indexes)
            left = max(0, self._examples - self._before.get((code, name), 0))
            self.shown.update(indexes[:left].tolist())


def _column(values: pa.Array, dictionary: DictionaryColumn, kept: Indexes) -> pa.Array:
    """Give the values of some rows; repeated texts as indexes, which cost less to hand over."""
    if dictionary.codes is not None and pa.types.is_string(values.type):
        return arrow.coded(values, dictionary.codes[kept])
    return values.take(pa.array(dictionary.indexes[kept]))


def _coded(cells: Sequence[str | None]) -> DictionaryColumn:
    """Find the distinct cells, as pyarrow does when it splits a block."""
    index_of = {cell: index for index, cell in enumerate(dict.fromkeys(cells))}
    codes = np.array([index_of[cell] for cell in cells], np.int32)
    return DictionaryColumn(pl.Series(list(index_of), dtype=pl.String), codes)
