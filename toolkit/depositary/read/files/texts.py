"""The cells of a CSV file as text, block by block: for comparing tables, not for checking them."""

from collections.abc import Iterator
from contextlib import suppress

import polars as pl

from depositary.model.package import Resource
from depositary.read.files.blocks import Blocks, NeedsExactLane
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile

_SMALL = 1 << 20  # bytes; for smaller files, blocks are not faster


def text_blocks(resource: Resource) -> Iterator[pl.DataFrame]:
    """Give the rows of a file, all columns as text under the file's own labels; an empty cell is null.

    There is at least one block. Short rows are filled with nulls; extra cells of long rows are left out.

    Raises:
        UnreadableFile: the file cannot be read to its end, or two columns have the same name, or no name.
    """
    with Records(resource) as records:
        labels = records.labels or list(resource.table.field_names)
        if len(set(labels)) < len(labels):
            raise UnreadableFile(
                "duplicate-label", "two of its columns have the same name, or no name", "give each column its own name"
            )
        yield pl.DataFrame(schema=dict.fromkeys(labels, pl.String))
        if records.traits.bytes > _SMALL and Blocks.suit(records):
            given = 0
            with suppress(NeedsExactLane):
                for frame in _cut(records, labels):
                    given += len(frame)
                    yield frame
                return
            yield from _rest(records, labels, given)
        else:
            yield from _rest(records, labels, 0)


def _cut(records: Records, labels: list[str]) -> Iterator[pl.DataFrame]:
    blocks = Blocks(records, len(labels), texts=True)
    first = 2 if records.dialect.header else 1
    for block in blocks:
        parsed = blocks.parse(block)
        if parsed.ragged:
            raise NeedsExactLane
        yield pl.DataFrame(
            [dictionary.cells.alias(name) for name, dictionary in zip(labels, parsed.columns, strict=True)]
        )
        first += parsed.count
    records.finish(blocks.undecodable, first)


def _rest(records: Records, labels: list[str], skip: int) -> Iterator[pl.DataFrame]:
    """Give the rows as Python's `csv` splits them, without those that were given already."""
    width, schema = len(labels), dict.fromkeys(labels, pl.String)
    for _, rows in records.chunks():
        wanted = rows[skip:]
        skip = max(0, skip - len(rows))
        even = [[cell or None for cell in row[:width]] + [None] * (width - len(row)) for row in wanted]
        yield pl.DataFrame(even, schema=schema, orient="row")
