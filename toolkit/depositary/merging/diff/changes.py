"""A diff of two packages as data: one line for each difference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import polars as pl

from depositary.errors import DocumentError, in_our_words
from depositary.model.package import Resource
from depositary.model.table import Table
from depositary.read.files.texts import text_blocks
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.paths import given
from depositary.wording.plain import sentences
from depositary.write.atomic import write_text
from depositary.write.tables import put_table

COLUMNS = ("table", "row_id", "field", "change", "before", "after")
SCHEMA = dict.fromkeys(COLUMNS, pl.String)


class Kind(StrEnum):
    """The kind of one line of a diff."""

    PROPERTY_CHANGED = "property_changed"
    TABLE_ADDED = "table_added"
    TABLE_REMOVED = "table_removed"
    FIELD_ADDED = "field_added"
    FIELD_REMOVED = "field_removed"
    FIELD_CHANGED = "field_changed"
    ROW_ADDED = "row_added"
    ROW_REMOVED = "row_removed"
    CELL_CHANGED = "cell_changed"


OF_ROWS = (Kind.ROW_ADDED, Kind.ROW_REMOVED, Kind.CELL_CHANGED)


class Change(NamedTuple):
    """One line of a diff; an added or removed row has a line without a field and one line for each filled cell."""

    table: str
    row_id: str
    field: str
    change: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class RowChange:
    """One row that was added, removed or changed, and its cells in the order of the fields."""

    row_id: str
    kind: Kind
    cells: tuple[Change, ...]


@dataclass(frozen=True)
class Diff:
    """The differences between two packages.

    `lines` has the columns of `Change`, all of them text, sorted; `fields` names the fields of the tables that differ,
    in the order of the schemas; `names` has the two packages, `same` the tables that do not differ, `not_compared` the
    resources that are not tables.
    """

    lines: pl.DataFrame
    fields: Mapping[str, Sequence[str]]
    names: tuple[str, str] = ("", "")
    same: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Change]:
        return (Change(*line) for line in self.lines.iter_rows())

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def tables(self) -> list[str]:
        """Name the tables that differ, in the order of the package; the empty name means the package as a whole."""
        differing = set(self.lines["table"].unique())
        return [*({""} & differing), *(name for name in self.fields if name in differing)]

    def counts(self, table: str) -> dict[str, int]:
        """Count the differences in a table: rows by kind, and changed cells as `cells` and `rows_changed`."""
        lines = self.lines.filter(pl.col("table") == table)
        changed = lines.filter(pl.col("change") == Kind.CELL_CHANGED)
        whole = lines.filter(pl.col("field") == "")
        rows = {kind.value: len(whole.filter(pl.col("change") == kind)) for kind in (Kind.ROW_ADDED, Kind.ROW_REMOVED)}
        return {**rows, "cells": len(changed), "rows_changed": changed["row_id"].n_unique()}

    def differing_rows(self, table: str) -> int:
        """Count the rows of a table that were added, removed or changed."""
        counts = self.counts(table)
        return counts[Kind.ROW_ADDED] + counts[Kind.ROW_REMOVED] + counts["rows_changed"]

    def table_changes(self, table: str) -> list[Change]:
        """Give the lines about a table as a whole and its fields, not about its rows."""
        of_rows = pl.col("change").is_in([kind.value for kind in OF_ROWS])
        return [Change(*line) for line in self.lines.filter((pl.col("table") == table) & ~of_rows).iter_rows()]

    def rows(self, table: str, most: int | None = None) -> list[RowChange]:
        """Give the rows of a table that differ, at most `most`."""
        of_rows = pl.col("change").is_in([kind.value for kind in OF_ROWS])
        lines = self.lines.filter((pl.col("table") == table) & of_rows)
        ids = lines["row_id"].unique(maintain_order=True).head(len(lines) if most is None else most)
        order = {name: at for at, name in enumerate(self.fields.get(table, ()))}
        shown = map(Change._make, lines.filter(pl.col("row_id").is_in(ids.implode())).iter_rows())
        return [_row(row_id, list(of), order) for row_id, of in groupby(shown, key=lambda change: change.row_id)]

    def csv(self) -> str:
        """Write the lines as CSV, which `read_diff` reads."""
        stream = BytesIO()
        put_table(stream, COLUMNS, [self.lines])
        return stream.getvalue().decode()

    @in_our_words()
    def write(self, path: str | Path) -> None:
        """Write the lines to a CSV file.

        Raises:
            UsageError: the file cannot be written there.
        """
        write_text(given(path), self.csv())


def _row(row_id: str, lines: Sequence[Change], order: Mapping[str, int]) -> RowChange:
    cells = sorted((line for line in lines if line.field), key=lambda line: order.get(line.field, len(order)))
    return RowChange(row_id, Kind(lines[0].change), tuple(cells))


def read_diff(path: str | Path) -> Diff:
    """Read the lines of a diff from CSV; further columns, as a release's delta has, are left out.

    Raises:
        DocumentError: the file is not a diff.
    """
    file = given(path)
    try:
        lines = pl.concat(text_blocks(Resource(file.stem, str(path), file, Table(file.stem, ()))))
    except UnreadableFile as fault:
        raise DocumentError(f"{path}: {sentences(fault.message, fault.hint)}") from fault
    if tuple(lines.columns[: len(COLUMNS)]) != COLUMNS:
        raise DocumentError(f"{path}: this is not a diff. The columns of a diff are {', '.join(COLUMNS)}.")
    lines = lines.select(COLUMNS)
    return Diff(in_order(lines.with_columns(pl.col(COLUMNS[:4]).fill_null(""))), {})


def in_order(lines: pl.DataFrame) -> pl.DataFrame:
    """Sort lines by their bytes, column by column; null comes first."""
    return lines.sort(COLUMNS, nulls_last=False)
