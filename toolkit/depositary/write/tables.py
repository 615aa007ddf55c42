"""Write a table of texts as canonical CSV, fast; the bytes are those of `write.csv`, which writes row by row."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow as pa

from depositary.write.csv import to_csv


def write_table(path: Path, names: Sequence[str], batches: Iterable[pa.RecordBatch | pl.DataFrame]) -> None:
    """Write a header and rows, in the given order; a null is an empty cell.

    Args:
        path: a file in a folder that is still being built.
        names: the header.
        batches: columns of texts in the header's order; their own names do not matter.
    """
    with path.open("wb") as stream:
        put_table(stream, names, batches)


def put_table(stream: BinaryIO, names: Sequence[str], batches: Iterable[pa.RecordBatch | pl.DataFrame]) -> None:
    """Write the same to a stream."""
    # In a table of one column, Python's `csv` quotes an empty cell, because a blank line would not be a row. polars
    # quotes every empty text, but not a null.
    texts = pl.all().cast(pl.String)
    shown = texts.fill_null("") if len(names) == 1 else texts.replace("", None)
    stream.write(to_csv(names, ()).encode())
    held: pl.DataFrame | None = None
    with ThreadPoolExecutor(1) as writing:  # rows are written while the next ones are read
        written: Future[None] | None = None
        for batch in batches:
            if held is not None:
                if written:
                    written.result()
                written = writing.submit(_put, stream, held, shown)
            held = batch if isinstance(batch, pl.DataFrame) else pl.DataFrame(batch)
        if written:
            written.result()
    if held is not None:  # the last rows, which in a small table are all, need no thread
        _put(stream, held, shown)


def _put(stream: BinaryIO, frame: pl.DataFrame, shown: pl.Expr) -> None:
    frame.select(shown).write_csv(stream, include_header=False)
