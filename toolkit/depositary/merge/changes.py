"""A diff of two packages as data: one line for each thing that differs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import polars as pl

from depositary.errors import DocumentError, UsageError
from depositary.model.package import Resource
from depositary.model.table import Table
from depositary.read.fault import Fault
from depositary.read.texts import text_blocks
from depositary.write.tables import write_table

COLUMNS = ("table", "row_id", "field", "change", "before", "after")
SCHEMA = dict.fromkeys(COLUMNS, pl.String)


class Kind(StrEnum):
    """What one line of a diff says."""

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
    """One line of a diff; of a row that was added or removed, the line without a field and one for each filled cell."""

    table: str
    row_id: str
    field: str
    change: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Diff:
    """What differs between two packages.

    `lines` has the columns of `Change`, all of them text, sorted; `fields` names the fields of the tables that differ,
    in the order of the schemas; `same` are the tables that do not differ, `not_compared` the resources that are no
    tables.
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

    def of(self, table: str) -> "Diff":
        """Give what differs in one table."""
        return replace(self, lines=self.lines.filter(pl.col("table") == table))

    def count(self, table: str, kind: Kind) -> int:
        """Count what differs in a table: rows that were added or removed, or else lines of a kind."""
        lines = self.lines.filter((pl.col("table") == table) & (pl.col("change") == kind))
        return len(lines.filter(pl.col("field") == "") if kind in (Kind.ROW_ADDED, Kind.ROW_REMOVED) else lines)

    def write(self, path: str | Path) -> None:
        """Write the lines as CSV.

        Raises:
            UsageError: the file cannot be written there.
        """
        try:
            write_table(Path(path), COLUMNS, [self.lines])
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error.strerror}.") from error


def read_diff(path: str | Path) -> Diff:
    """Read the lines of a diff from CSV.

    Raises:
        DocumentError: it is no diff.
    """
    file = Path(path)
    try:
        lines = pl.concat(text_blocks(Resource(file.stem, str(path), file, Table(file.stem, ()))))
    except Fault as fault:
        raise DocumentError(f"{path}: {fault.message}. {fault.hint}") from fault
    if tuple(lines.columns) != COLUMNS:
        raise DocumentError(f"{path}: is no diff, whose columns are {', '.join(COLUMNS)}.")
    return Diff(in_order(lines.with_columns(pl.col(COLUMNS[:4]).fill_null(""))), {})


def in_order(lines: pl.DataFrame) -> pl.DataFrame:
    """Sort lines by their bytes, column by column; nothing goes before everything."""
    return lines.sort(COLUMNS, nulls_last=False)
