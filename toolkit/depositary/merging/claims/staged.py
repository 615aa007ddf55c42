"""The rows of packages and contributions as text in the engine, each with the id of its record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa

from depositary.engine.duckdb import ARRIVING, GROUP, DuckDB
from depositary.engine.sql import literal, quoted
from depositary.errors import EngineError
from depositary.merging.claims.engine_tables import (
    CURRENT,
    ID,
    LONG,
    ORIGINAL,
    ROW,
    TRUTH,
    WHOLE,
    EngineTable,
)
from depositary.merging.claims.policy import TablePolicy
from depositary.merging.claims.values import tidy_cell
from depositary.model.package import Resource
from depositary.model.role import Role
from depositary.model.table import Table
from depositary.model.tidy import BLANKS, tidy
from depositary.read.files.texts import text_blocks

FEW = 61_440  # rows that a published table may have in the engine; more are read from files, so many from each
EACH = 64  # the row of so many whose id is kept, to divide the table
PART = 245_760  # rows that are sorted at once
_TOGETHER = 4_096  # rows of which a file says between which texts they are

_TYPES = {WHOLE: pl.Int32(), LONG: pl.Int64(), TRUTH: pl.Boolean()}  # all others are texts


@dataclass(frozen=True)
class Span:
    """A part of a table: the rows with a text after one, and up to another; None if there is no such end."""

    after: str | None = None
    to: str | None = None

    def of(self, column: str) -> str:
        """Write the condition that the text in a column is in it; the last part has the blank ones too."""
        if self.to is None:
            return "true" if self.after is None else f"({column} > {literal(self.after)} OR {column} IS NULL)"
        after = f"{column} > {literal(self.after)} AND " if self.after is not None else ""
        return f"{after}{column} <= {literal(self.to)}"


def spans_of(texts: Iterable[str]) -> list[Span]:
    """Divide a table into parts of about `PART` rows, in order, by the texts of every `EACH`-th row."""
    ends = sorted(texts)[:: max(1, PART // EACH)][1:]
    return [Span(*both) for both in pairwise([None, *dict.fromkeys(ends), None])]


@dataclass(frozen=True)
class StagedRows:
    """The rows of a published table in the engine: their number, and some texts of columns by which they are sorted.

    A small table has no such texts.
    """

    count: int
    samples: Mapping[str, Sequence[str]] = field(default_factory=dict)


def stage(engine: DuckDB, resource: Resource) -> StagedRows:
    """Put a table of the published package into the engine as it is there.

    Raises:
        UnreadableFile: the file cannot be read to its end.
    """
    table = resource.table
    frames = (with_id(frame, table.primary_key) for frame in fields(resource))
    return put_many(engine, CURRENT, frames, [*table.primary_key, ID], table)


def put_many(
    engine: DuckDB, table: EngineTable, frames: Iterator[pl.DataFrame], order: Sequence[str], of: Table | None = None
) -> StagedRows:
    """Make a table of rows in frames, of which there is at least one; if they are many, they are not held in memory.

    Then each file has its rows in some order, so that a part of the table can be found without reading it whole.
    """
    names = list(table.types(of))
    groups = _in_groups((frame.select(names) for frame in frames), FEW)
    first, second = next(groups), next(groups, None)
    name = table.named(of)
    if second is None or not engine.reads_files:
        several = chain([first], () if second is None else [second], groups)
        return StagedRows(
            put_through(engine, name, table.keep(f"SELECT {table.listed(of)} FROM {ARRIVING}", of), several)
        )
    samples = {column: list[str]() for column in (*order[:1], ID) if column in names}
    with ThreadPoolExecutor(1) as reading:  # the next rows are read while these are written
        rows = _sampled(chain([first, second], _ahead(groups, reading)), samples)
        writes = (partial(_write, frame.sort(order)) for frame in rows)
        return StagedRows(engine.read_from_files(name, writes), samples)


def _sampled(frames: Iterable[pl.DataFrame], samples: Mapping[str, list[str]]) -> Iterator[pl.DataFrame]:
    for frame in frames:
        for column, texts in samples.items():
            texts.extend(frame[column].gather_every(EACH).drop_nulls())
        yield frame


def _write(frame: pl.DataFrame, file: Path) -> int:
    try:
        frame.write_parquet(file, compression="uncompressed", row_group_size=_TOGETHER)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise EngineError(f"its rows cannot be written to a temporary file: {str(error).splitlines()[0]}") from error
    return len(frame)


def sample(engine: DuckDB, staged: str, column: str) -> Sequence[str]:
    """Give the text of every `EACH`-th row in a column of an engine table, if it has many rows."""
    if engine.rows_put(staged) <= PART:
        return ()
    numbered = f"SELECT {quoted(column)} AS text, row_number() OVER () AS number FROM {staged}"
    rows = engine.rows(f"SELECT text FROM ({numbered}) WHERE number % {EACH} = 0 AND text IS NOT NULL")
    return [row["text"] for row in rows]


def make(engine: DuckDB, table: EngineTable, of: Table | str = "") -> None:
    """Make a table, empty."""
    engine.make(table.named(of), table.create(of))


def made(engine: DuckDB, table: EngineTable, of: Table | str = "") -> str:
    """Give the name in SQL of a table, which is made if it is not there."""
    if not engine.is_made(table.named(of)):
        make(engine, table, of)
    return table.named(of)


def keep(engine: DuckDB, table: EngineTable, query: str, of: Table | None = None) -> int:
    """Make a table from a query, which gives its columns in any order, and count its rows."""
    return engine.make(table.named(of), table.keep(query, of))


def put_query(engine: DuckDB, table: EngineTable, query: str, of: Table | str = "") -> None:
    """Append what a query gives: all columns, named and in order. A table that is not there is made."""
    name = table.named(of)
    if engine.is_made(name):
        engine.put(name, table.insert(query, of))
    else:
        engine.make(name, table.keep(query, of))


def put(engine: DuckDB, staged: str, frame: pl.DataFrame) -> None:
    """Append rows to an engine table that has their columns in the same order."""
    if len(frame):
        engine.append(staged, _plain(frame))


def put_rows(
    engine: DuckDB, table: EngineTable, rows: pl.DataFrame | Iterable[Sequence[Any]], of: Table | str = ""
) -> None:
    """Append rows to a table: a frame with columns of these names, or values in the order in which they are declared.

    `of` is the package's table that it belongs to; its name will do, if its fields are no columns.
    """
    types = table.types(of if isinstance(of, Table) else None)
    schema = {name: _TYPES.get(kind, pl.String()) for name, kind in types.items()}
    if isinstance(rows, pl.DataFrame):
        frame = rows.select(pl.col(name).cast(kind) for name, kind in schema.items())
    else:
        frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    name = table.named(of)
    if table.is_temporary or engine.is_made(name):
        put(engine, name, frame)
    elif len(frame):
        engine.make_of(name, _plain(frame))


def put_all(engine: DuckDB, table: EngineTable, frames: Iterator[pl.DataFrame], of: Table | None = None) -> int:
    """Make a table of many rows in frames, or append them, and count them; there is at least one frame."""
    name, arriving = table.named(of), f"SELECT {table.listed(of)} FROM {ARRIVING}"
    statement = table.insert(arriving, of or "") if engine.is_made(name) else table.keep(arriving, of)
    return put_through(engine, name, statement, _in_groups(frames))


def _in_groups(frames: Iterator[pl.DataFrame], size: int = GROUP) -> Iterator[pl.DataFrame]:
    """Give the same rows in groups of the size that the engine stores together, because it would copy others."""
    held = next(frames)
    for frame in frames:
        held = pl.concat([held, frame])
        while len(held) > size:
            yield held[:size].rechunk()
            held = held[size:]
    yield held.rechunk()


def put_through(engine: DuckDB, table: str, statement: str, frames: Iterator[pl.DataFrame]) -> int:
    """Fill a table by a statement that reads many rows as `ARRIVING`, and count what it puts in.

    There is at least one frame.
    """
    first, second = _plain(next(frames)), next(frames, None)
    if second is None:
        return engine.put_through(table, statement, first.schema, iter(first.to_batches()))
    with ThreadPoolExecutor(1) as reading:  # the next rows are read while the engine stores these
        ahead = chain([second], _ahead(frames, reading))
        rest = (batch for frame in ahead for batch in _plain(frame).to_batches())
        return engine.put_through(table, statement, first.schema, chain(first.to_batches(), rest))


@dataclass
class Ascending:
    """Whether the ids of rows are in ascending order; then all are different."""

    holds: bool = True
    _last: str = ""

    def watched(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Give the rows unchanged, and check the order of their ids."""
        for frame in frames:
            ids = frame[ID]
            if len(ids) and self.holds:
                before = ids.shift(1, fill_value=self._last)
                self.holds = not ids.has_nulls() and bool((before < ids).all())
                self._last = ids[-1]
            yield frame


def _ahead(frames: Iterator[pl.DataFrame], reading: ThreadPoolExecutor) -> Iterator[pl.DataFrame]:
    following = reading.submit(next, frames, None)
    while (frame := following.result()) is not None:
        following = reading.submit(next, frames, None)
        yield frame


def _plain(frame: pl.DataFrame) -> pa.Table:
    """Give a frame as Arrow, without a copy."""
    return frame.to_arrow(compat_level=pl.CompatLevel.newest())


def fields(resource: Resource) -> Iterator[pl.DataFrame]:
    """Give all fields of a table as text, and the number of each row; null if a cell or column is missing."""
    table, row = resource.table, 2
    for frame in text_blocks(resource):
        labels = {label.casefold(): label for label in frame.columns}
        columns = [
            without_missing(_column(frame, labels, f.name), table.missing_values(f)).alias(f.name) for f in table.fields
        ]
        yield pl.DataFrame([pl.Series(ROW, range(row, row + len(frame)), pl.Int64), *columns])
        row += len(frame)


def _column(frame: pl.DataFrame, labels: Mapping[str, str], name: str) -> pl.Series:
    label = labels.get(name.casefold())
    return frame[label] if label is not None else pl.repeat(None, len(frame), dtype=pl.String, eager=True)


def without_missing(column: pl.Series, missing: Sequence[str]) -> pl.Series:
    """Make the texts that mean a blank null."""
    others = [text for text in missing if text]
    return column.replace(others, None) if others else column


def with_id(frame: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Add the id of each row, made from its key as in model/record_id.py."""
    parts = [
        pl.col(k).str.replace_all("\\", "\\\\", literal=True).str.replace_all("|", "\\|", literal=True) for k in key
    ]
    before = [name for name in (ROW, ORIGINAL) if name in frame.columns]
    rest = [name for name in frame.columns if name not in (*before, ID)]
    return frame.select([*before, pl.concat_str(parts, separator="|").alias(ID), *rest])


def tidied(frame: pl.DataFrame, policy: TablePolicy, names: Sequence[str]) -> pl.DataFrame:
    """Normalise the cells of some columns of a contribution."""
    texts = pl.DataFrame([frame[name].alias(str(number)) for number, name in enumerate(names)])
    odd = texts.select(_is_odd(pl.all()).any()).row(0) if names else ()
    columns = []
    for name, is_odd in zip(names, odd, strict=True):
        column = tidy_column(frame[name]) if is_odd else frame[name]
        role = policy.fields[name].role if name in policy.fields else None
        columns.append(_sorted(column, policy, name) if role is Role.SET else column)
    return frame.with_columns(columns)


def _is_odd(texts: pl.Expr) -> pl.Expr:
    """Return whether normalising may change a text."""
    return (
        (texts.str.len_bytes() != texts.str.len_chars())
        | (texts.str.strip_chars(BLANKS) != texts)
        | texts.str.contains("\r", literal=True)
    )


def tidy_column(column: pl.Series) -> pl.Series:
    """Normalise all texts of a column."""
    odd = column.to_frame().filter(_is_odd(pl.all())).to_series().unique()
    return column.replace(odd.to_list(), [tidy(text) or None for text in odd]) if len(odd) else column


def _sorted(column: pl.Series, policy: TablePolicy, name: str) -> pl.Series:
    rule = policy.fields[name]
    texts = [text for text in column.unique().drop_nulls() if rule.separator in text]
    return column.replace(texts, [tidy_cell(rule, text) for text in texts])
