"""Rules that look at groups of rows: equal rows are put together on the cluster, and judged there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pyarrow as pa

from depositary.check.lanes.block import Typed
from depositary.check.lanes.elsewhere import DividedRules, Found
from depositary.check.lanes.key_hashes import Hashes, RowNumbers
from depositary.compile import arrow


@dataclass(frozen=True)
class Rows:
    """Rows of a block for some of the divided rules, with their addresses; they stay on the cluster."""

    rules: int
    addresses: RowNumbers
    typed: Typed


def rows_of(divided: Sequence[DividedRules], addresses: RowNumbers, typed: Typed) -> Iterator[Rows]:
    """Give the columns of some rows that rules on groups read."""
    for at, rules in enumerate(divided):
        if rules.by and len(addresses):
            yield Rows(at, addresses, typed.of(None, rules.names))


def in_groups(rows: Rows, divided: Sequence[DividedRules], parts: int) -> Iterator[tuple[int, Rows]]:
    """Divide rows among so many parts for each of the rules: rows of one group are in one part."""
    typed = _plain(rows.typed)
    part = _hashes(typed, divided[rows.rules].by) % np.uint64(parts)
    order = np.argsort(part, kind="stable")
    ends = np.searchsorted(part[order], np.arange(1, parts + 1, dtype=np.uint64))
    for number, places in enumerate(np.split(order, ends[:-1])):
        if len(places):
            some = typed.of(places, tuple(typed.columns))
            yield rows.rules * parts + number, Rows(rows.rules, rows.addresses[places], some)


def _plain(typed: Typed) -> Typed:
    """Give texts as they are, without a dictionary, which each part would have as a whole."""
    plain = arrow.decoded(pa.RecordBatch.from_pydict(typed.columns)) if typed.columns else None
    return replace(typed, columns=dict(zip(plain.schema.names, plain.columns, strict=True))) if plain else typed


def _hashes(typed: Typed, by: Sequence[str]) -> Hashes:
    """Hash the values of rows; equal values have equal hashes on all machines."""
    columns = {name: typed.columns[name] for name in by if name in typed.columns}
    if not columns:
        return np.zeros(len(typed.indexes), np.uint64)
    hashes: Hashes = pl.DataFrame(pl.from_arrow(pa.table(columns))).hash_rows(seed=0).to_numpy()
    return hashes


def judge_groups(divided: Sequence[DividedRules], found: Iterable[Rows]) -> Found:
    """Judge rules on all rows of one part."""
    every = sorted(found, key=lambda rows: int(rows.addresses[0]))
    with divided[every[0].rules].opened() as judge:
        for rows in every:
            judge.take(rows.addresses, rows.typed)
        return judge.found()
