"""Find the keys of a large file that are not written in the most usual form of their values, block by block."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import polars as pl

from depositary.check.reading.cells import Column
from depositary.check.reading.distinct import Mask
from depositary.check.reading.patch_notation import LOCAL
from depositary.model.table import Field, Table, has_own_notation, kind_of
from depositary.read.files.blocks import Block, Blocks, NeedsExactLane
from depositary.read.files.records import Records

Row = tuple[int, tuple[str, ...]]  # its number, and the texts of some cells

_UNTIDY = r"^\s|\s$|\r|[^\x00-\x7f]"  # a text that may differ from its tidy form


def odd_rows(records: Records, table: Table, width: int, columns: Sequence[tuple[int, Column]]) -> Iterator[Row]:
    """Give the rows whose cells in some columns may be written in another form than the most usual one of their values.

    Raises:
        NeedsExactLane: Python's `csv` must read the file; some rows may have been given already.
        UnreadableFile: a byte is not text; the rows before were given.
    """
    blocks = Blocks(records, width, [at for at, _ in columns])
    fields = [table[column.name] for _, column in columns]
    names_rows = [bool(column.notation and column.notation.names_rows) for _, column in columns]
    first = 2 if records.dialect.header else 1
    work = partial(_of_block, blocks, list(zip((at for at, _ in columns), fields, names_rows, strict=True)))
    for _, (count, rows) in blocks.side_by_side(work):
        yield from ((first + index, texts) for index, texts in rows)
        first += count
    records.finish(blocks.undecodable, first)


def _of_block(blocks: Blocks, columns: Sequence[tuple[int, Field, bool]], block: Block) -> tuple[int, list[Row]]:
    if block.has_blank_line:
        raise NeedsExactLane
    parsed = blocks.parse(block)
    even = np.delete(np.arange(parsed.count), sorted(parsed.ragged)) if parsed.ragged else np.arange(parsed.count)
    odd = np.zeros(len(even), bool)
    for dictionary, (_, field, names_rows) in zip(parsed.columns, columns, strict=True):
        odd |= dictionary.expand(_is_odd(dictionary.cells, field, names_rows=names_rows))
    at = np.flatnonzero(odd)
    texts = [column.cells.gather(column.indexes[at]).to_list() for column in parsed.columns]
    rows = list(zip(even[at].tolist(), zip(*texts, strict=True), strict=True))
    for index, row in parsed.ragged.items():
        rows.append((index, tuple(row[at] if at < len(row) else "" for at, _, _ in columns)))
    return parsed.count, sorted(rows)


def _is_odd(cells: pl.Series, field: Field, *, names_rows: bool) -> Mask:
    kind = kind_of(field)
    if kind.is_text:
        odd = cells.str.contains(_UNTIDY)
    elif kind.plain and not has_own_notation(field):
        odd = ~cells.str.contains(kind.plain)
        if names_rows:
            odd &= ~cells.str.starts_with(LOCAL)
    else:
        return np.ones(len(cells), bool)
    mask: Mask = odd.fill_null(value=True).to_numpy()
    return mask
