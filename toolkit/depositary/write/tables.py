"""The canonical form of a large table as CSV, from columns of text."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl


def write_table(path: Path, names: Sequence[str], frames: Iterable[pl.DataFrame]) -> None:
    """Write the frames' rows below a header; null is a blank cell."""
    with path.open("wb") as stream:
        pl.DataFrame(schema=dict.fromkeys(names, pl.String)).write_csv(stream)
        for frame in frames:
            frame.write_csv(stream, include_header=False, line_terminator="\n", quote_style="necessary")
