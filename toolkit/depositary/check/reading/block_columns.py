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
        parsed = blocks.parse(block)
        values = [_expand(judge, dictionary) for judge, dictionary in zip(judges, parsed.columns, strict=True)]
        for index in sorted(parsed.ragged):
            row = parsed.ragged[index]
            for (at, _), judge, column in zip(columns, judges, values, strict=True):
                column.insert(index, judge.value(row[at] if at < len(row) else None))
        yield range(first, first + parsed.count), values
        first += parsed.count
    records.finish(blocks.undecodable, first)


def _expand(judge: ColumnJudge, dictionary: DictionaryColumn) -> list[Any]:
    values = judge.values(judge.verdicts(dictionary))
    return [values[code] for code in dictionary.indexes.tolist()]


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
        dictionary = parsed.columns[0]
        others = [row[at] if at < len(row) else None for row in parsed.ragged.values()]
        texts = [*dictionary.cells.to_list(), *others]
        yield list(zip([*judge.values(judge.verdicts(dictionary)), *map(judge.value, others)], texts, strict=True))
    records.finish(blocks.undecodable, count + (2 if records.dialect.header else 1))
