"""A table of texts as canonical CSV, fast: the bytes are those of `write.csv`, which writes it row by row."""

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow as pa

from depositary.write.csv import to_csv


def write_table(path: Path, names: Sequence[str], batches: Iterable[pa.RecordBatch | pl.DataFrame]) -> None:
    """Write rows, in the order given, below a header; a null is an empty cell.

    Args:
        path: a file in a folder that is still being built.
        names: the header.
        batches: columns of texts in the header's order, whatever their own names.
    """
    with path.open("wb") as stream:
        put_table(stream, names, batches)


def put_table(stream: BinaryIO, names: Sequence[str], batches: Iterable[pa.RecordBatch | pl.DataFrame]) -> None:
    """Write the same to a stream."""
    # Python's `csv` quotes the empty cell of a table of one column, as a blank line would be no row; polars quotes
    # every text that is empty, but no null.
    texts = pl.all().cast(pl.String)
    shown = texts.fill_null("") if len(names) == 1 else texts.replace("", None)
    stream.write(to_csv(names, ()).encode())
    with ThreadPoolExecutor(1) as writing:  # rows are written while the next ones are fetched
        written: Future[None] | None = None
        for batch in batches:
            frame = batch if isinstance(batch, pl.DataFrame) else pl.DataFrame(batch)
            if written:
                written.result()
            written = writing.submit(frame.select(shown).write_csv, stream, include_header=False)
        if written:
            written.result()
