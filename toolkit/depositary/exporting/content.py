"""The one model of a package that every exporter writes from: its tables as typed rows, and its views."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import pyarrow as pa

from depositary.check.reading.numerals import Met
from depositary.exporting.written import Loss
from depositary.loading.batches import batches_of
from depositary.loading.parquet import is_parquet
from depositary.loading.typed import Misfit, Shape, left_out
from depositary.loading.views import View, views_of
from depositary.model.package import Package, Resource
from depositary.model.table import Field, Table

OnRows = Callable[[str, int], None]
Rows = Iterator[pa.RecordBatch]
_T = TypeVar("_T")


@dataclass
class TableContent:
    """One table: its schema, and its rows as often as they are asked for.

    `misfits` are the columns that are text because a value does not fit their type, with one such value; what they are
    is known once the rows have been read. So are `met`, what was not kept of how numbers are written, and `count`, how
    many rows there are.
    """

    resource: Resource
    tell: OnRows
    misfits: dict[str, str] = field(default_factory=dict)
    met: dict[str, Met] = field(default_factory=dict)
    count: int = 0

    @property
    def name(self) -> str:
        """Name the table."""
        return self.resource.name

    @property
    def table(self) -> Table:
        """Give the table's schema."""
        return self.resource.table

    @property
    def fields(self) -> tuple[Field, ...]:
        """Give the columns."""
        return self.resource.table.fields

    def write(self, write: Callable[[Shape, Rows], _T], *, coded: bool = False, written: bool = False) -> _T:
        """Write the rows with a function that takes the columns' types and the rows in batches.

        Where it takes them `coded`, columns of text may come as dictionaries; where it takes them `written`, numbers
        come as they stand in their cells if they read so without the field's notation.

        Where a value does not fit its type, the function is left with `Misfit` and called anew, with that column as
        text: what it had begun it has to begin again.

        Raises:
            UsageError: the file cannot be read, or a cell is refused.
        """
        while True:
            shape = Shape(self.fields, frozenset(self.misfits), coded, written and not is_parquet(self.resource))
            self.met = {}
            try:
                return write(shape, self._told(batches_of(self.resource, shape, self.met)))
            except Misfit as misfit:
                self.misfits[misfit.field] = misfit.text

    def _told(self, batches: Rows) -> Rows:
        self.count = 0
        for batch in batches:
            yield batch
            self.count += batch.num_rows
            self.tell(self.name, self.count)

    def losses(self) -> Iterator[Loss]:
        """Tell what typed columns do not carry; to be asked after the rows were written."""
        yield from self.general_losses()
        for one in self.fields:
            if one.name in self.misfits:
                yield Loss(self.name, one.name, f"text, because {self.misfits[one.name]} does not fit {one.type}")
            elif one.type in _AS_TEXT:
                yield Loss(self.name, one.name, f"text; this format has no type {one.type} that all its readers know")

    def general_losses(self) -> Iterator[Loss]:
        """Tell what no format carries, and whether rows are missing, or too many."""
        stated = self.resource.sizes["rows"]
        if stated and stated != self.count:
            yield Loss(self.name, "", f"the file has {self.count:,} rows, the descriptor says {stated:,}")
        for label in left_out(self.resource) if self._may_have_more else ():
            yield Loss(self.name, label, "a column of the file that the schema does not describe is left out")
        for one in self.fields:
            if one.name in self.met and self.met[one.name].counts:
                met = self.met[one.name]
                yield Loss(self.name, one.name, f"not kept of how it is written: {met}", sum(met.counts.values()))
            if one.type == "datetime":
                yield Loss(self.name, one.name, "told in UTC; the offset in which a time was written is not kept")

    @property
    def _may_have_more(self) -> bool:
        """Return whether the file may have columns that the schema does not have (Data Package v2, `fieldsMatch`)."""
        may = self.table.descriptor.get("fieldsMatch") in ("subset", "partial")
        return may and not is_parquet(self.resource)


_AS_TEXT = ("duration", "yearmonth", "list", "array", "object", "geopoint", "geojson")


@dataclass(frozen=True)
class Content:
    """A package to be exported; `tell` is called with a table's name and how many of its rows were written so far."""

    package: Package
    tell: OnRows

    @cached_property
    def tables(self) -> tuple[TableContent, ...]:
        """Give the tables, in the package's order."""
        return tuple(TableContent(resource, self.tell) for resource in self.package)

    @cached_property
    def views(self) -> Sequence[View]:
        """Give the derived views that the package has everything for, each behind those it reads."""
        return views_of(self.package)

    @property
    def descriptor(self) -> Mapping[str, Any]:
        """Give the descriptor as it was read."""
        return self.package.descriptor
