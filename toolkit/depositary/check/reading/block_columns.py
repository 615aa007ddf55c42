"""Read some columns of a large file as typed values, block by block."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from depositary.check.reading.cells import Column
from depositary.check.reading.distinct import ColumnJudge
from depositary.compile import arrow
from depositary.model.table import Table
from depositary.read.files.blocks import Block, Blocks, DictionaryColumn, NeedsExactLane, ParsedBlock
from depositary.read.files.records import Records


def typed_blocks(
    records: Records, table: Table, width: int, columns: Sequence[tuple[int, Column]]
) -> Iterator[tuple[range, list[list[Any]]]]:
    """Give the numbers of the rows of each block, and the values of some of its columns.

    Raises:
        NeedsExactLane: Python's `csv` must read the file.
        UnreadableFile: a byte is not text; the rows before were given.
    """
    blocks = Blocks(records, width, [at for at, _ in columns])
    judges = _judges(table, columns)
    first = 2 if records.dialect.header else 1
    for block in blocks:
        parsed = _parsed(blocks, judges, block)
        yield range(first, first + parsed.count), _values(judges, parsed)
        first += parsed.count
    records.finish(blocks.undecodable, first)


Judges = Sequence[tuple[int, ColumnJudge]]  # each with the index of its column in the file
Typed = tuple[pa.Array, Sequence[int]]  # the values of a column, and the indexes of those that do not fit their type


def array_blocks(
    records: Records, table: Table, width: int, columns: Sequence[tuple[int, Column]]
) -> Iterator[tuple[range, Mapping[str, Typed]]]:
    """Give the numbers of the rows of each block, and some of its columns as arrays, by name.

    Raises:
        NeedsExactLane: Python's `csv` must read the file; some blocks may have been given already.
        UnreadableFile: a byte is not text; the rows before were given.
    """
    blocks = Blocks(records, width, [at for at, _ in columns])
    first = 2 if records.dialect.header else 1
    for _, (count, arrays) in blocks.side_by_side(partial(_arrays, blocks, _judges(table, columns))):
        yield range(first, first + count), arrays
        first += count
    records.finish(blocks.undecodable, first)


def rows_among(
    records: Records,
    table: Table,
    width: int,
    columns: Sequence[tuple[int, Column]],
    wanted: Collection[tuple[Any, ...]],
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Give the numbers and values of rows whose first columns have one of some combinations of values.

    Raises:
        NeedsExactLane: Python's `csv` must read the file; some rows may have been given already.
        UnreadableFile: a byte is not text; the rows before were given.
    """
    blocks, judges = Blocks(records, width, [at for at, _ in columns]), _judges(table, columns)
    names = [f"{at}" for at in range(len(next(iter(wanted))))]
    fields = [judge.field for _, judge in judges[: len(names)]]
    values = [arrow.array(one, of)[0] for one, of in zip(fields, zip(*wanted, strict=True), strict=True)]
    frame = pl.DataFrame(pl.from_arrow(pa.table(values, names)))
    first = 2 if records.dialect.header else 1
    for _, (count, rows) in blocks.side_by_side(partial(_rows_among, blocks, judges, frame)):
        yield from ((first + at, row) for at, row in rows if row[: len(names)] in wanted)
        first += count
    records.finish(blocks.undecodable, first)


def _rows_among(
    blocks: Blocks, judges: Judges, frame: pl.DataFrame, block: Block
) -> tuple[int, list[tuple[int, tuple[Any, ...]]]]:
    """Give the rows of a block that may be wanted: also those with a value that does not fit its type."""
    parsed = _parsed(blocks, judges, block)
    if parsed.ragged:
        return parsed.count, list(enumerate(zip(*_values(judges, parsed), strict=True)))
    pairs = list(zip((judge for _, judge in judges), parsed.columns, strict=True))
    arrays = [_array(judge, dictionary) for judge, dictionary in pairs[: len(frame.columns)]]
    rows = pl.DataFrame(pl.from_arrow(pa.table([array for array, _ in arrays], frame.columns))).with_row_index("at")
    found = rows.join(frame, on=frame.columns, how="semi", nulls_equal=True)["at"].to_numpy()
    indexes = np.union1d(found, [at for _, misfits in arrays for at in misfits]).astype(np.int64)
    cells = [dictionary.cells.gather(dictionary.indexes[indexes]).to_list() for _, dictionary in pairs]
    values = [[judge.value(cell) for cell in column] for (judge, _), column in zip(pairs, cells, strict=True)]
    return parsed.count, list(zip(indexes.tolist(), zip(*values, strict=True), strict=True))


def _judges(table: Table, columns: Sequence[tuple[int, Column]]) -> Judges:
    return [(at, ColumnJudge(table, column, keyed=False)) for at, column in columns]


def _parsed(blocks: Blocks, judges: Judges, block: Block) -> ParsedBlock:
    if any(judge.minds_blank_lines for _, judge in judges) and block.has_blank_line:
        raise NeedsExactLane
    return blocks.parse(block)


def _values(judges: Judges, parsed: ParsedBlock) -> list[list[Any]]:
    """Give the values of the columns, row by row, with those of rows of another length."""
    values = [_expanded(judge, dictionary) for (_, judge), dictionary in zip(judges, parsed.columns, strict=True)]
    for index in sorted(parsed.ragged):
        row = parsed.ragged[index]
        for (at, judge), column in zip(judges, values, strict=True):
            column.insert(index, judge.value(row[at] if at < len(row) else None))
    return values


def _expanded(judge: ColumnJudge, dictionary: DictionaryColumn) -> list[Any]:
    values = judge.values(judge.verdicts(dictionary))
    return [values[code] for code in dictionary.indexes.tolist()]


def _arrays(blocks: Blocks, judges: Judges, block: Block) -> tuple[int, Mapping[str, Typed]]:
    parsed = _parsed(blocks, judges, block)
    if parsed.ragged:
        columns = zip(judges, _values(judges, parsed), strict=True)
        return parsed.count, {judge.column.name: arrow.array(judge.field, values) for (_, judge), values in columns}
    pairs = zip(judges, parsed.columns, strict=True)
    return parsed.count, {judge.column.name: _array(judge, dictionary) for (_, judge), dictionary in pairs}


def _array(judge: ColumnJudge, dictionary: DictionaryColumn) -> Typed:
    values, misfits = judge.typed(judge.verdicts(dictionary))
    misfitting = np.zeros(len(values), bool)
    misfitting[misfits] = True
    rows = np.flatnonzero(dictionary.expand(misfitting)).tolist() if misfits else ()
    return values.take(pa.array(dictionary.indexes)), rows


def written_blocks(
    records: Records, table: Table, width: int, at: int, column: Column
) -> Iterator[list[tuple[Any, str | None]]]:
    """Give the distinct values of one column of each block, each with its text.

    Raises:
        NeedsExactLane: Python's `csv` must read the file.
        UnreadableFile: a byte is not text; the rows before were given.
    """
    blocks, judge, count = Blocks(records, width, [at]), ColumnJudge(table, column, keyed=False), 0
    for block in blocks:
        if judge.minds_blank_lines and block.has_blank_line:
            raise NeedsExactLane
        parsed = blocks.parse(block)
        count += parsed.count
        yield _written(judge, at, parsed)
    records.finish(blocks.undecodable, count + (2 if records.dialect.header else 1))


def _written(judge: ColumnJudge, at: int, parsed: ParsedBlock) -> list[tuple[Any, str | None]]:
    """Give the distinct values of the first column of a block with their texts, by the row in which each text is first.

    The order counts: of several forms of a key, the first is its id.
    """
    dictionary = parsed.columns[0]
    pairs = list(zip(judge.values(judge.verdicts(dictionary)), dictionary.cells.to_list(), strict=True))
    if not parsed.ragged:
        return pairs
    even = np.delete(np.arange(parsed.count), sorted(parsed.ragged))
    codes, first = np.unique(dictionary.indexes, return_index=True)
    rows = [(row, pairs[code]) for code, row in zip(codes.tolist(), even[first].tolist(), strict=True)]
    for row, cells in parsed.ragged.items():
        text = cells[at] if at < len(cells) else None
        rows.append((row, (judge.value(text), text)))
    return [pair for _, pair in sorted(rows, key=lambda row: row[0])]
