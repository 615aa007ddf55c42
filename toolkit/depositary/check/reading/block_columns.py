"""Read some columns of a large file as typed values, block by block."""

from collections.abc import Iterator, Sequence
from typing import Any

from depositary.check.reading.cells import Column
from depositary.check.reading.distinct import ColumnJudge
from depositary.model.table import Table
from depositary.read.files.blocks import Blocks, DictionaryColumn, NeedsExactLane
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
    judges = [ColumnJudge(table, column, keyed=False) for _, column in columns]
    first = 2 if records.dialect.header else 1
    minds_blank_lines = any(judge.minds_blank_lines for judge in judges)
    for block in blocks:
        if minds_blank_lines and block.has_blank_line:
            raise NeedsExactLane
        cut = blocks.cut(block)
        values = [_spread(judge, coded) for judge, coded in zip(judges, cut.columns, strict=True)]
        for index in sorted(cut.uneven):
            row = cut.uneven[index]
            for (at, _), judge, column in zip(columns, judges, values, strict=True):
                column.insert(index, judge.value(row[at] if at < len(row) else None))
        yield range(first, first + cut.count), values
        first += cut.count
    records.finish(blocks.undecodable, first)


def _spread(judge: ColumnJudge, coded: DictionaryColumn) -> list[Any]:
    values = judge.values(judge.sift(coded))
    return [values[code] for code in coded.indexes.tolist()]


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
        cut = blocks.cut(block)
        count += cut.count
        coded = cut.columns[0]
        others = [row[at] if at < len(row) else None for row in cut.uneven.values()]
        texts = [*coded.cells.to_list(), *others]
        yield list(zip([*judge.values(judge.sift(coded)), *map(judge.value, others)], texts, strict=True))
    records.finish(blocks.undecodable, count + (2 if records.dialect.header else 1))
