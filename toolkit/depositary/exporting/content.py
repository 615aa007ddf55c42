"""The model of a package that all exporters use: its tables as typed rows, and its views."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from depositary.check.reading.numerals import Met
from depositary.exporting.written import Loss
from depositary.loading.batches import batches_of
from depositary.loading.typed import Misfit, Shape, left_out
from depositary.model.field_types import DATETIME, TEXT
from depositary.model.package import Package, Resource
from depositary.model.table import Field, Table, kind_of
from depositary.read.views import View, views_of

if TYPE_CHECKING:  # its libraries take time to load
    from depositary.cluster.ranges import Workers

OnRows = Callable[[str, int], None]
Batches = Iterator[pa.RecordBatch]
_T = TypeVar("_T")


@dataclass
class TableContent:
    """One table: its schema, and its rows, which can be read several times.

    `misfits` has the columns that are text because a value does not fit their type, each with one such value. `met` has
    the parts of written numbers that were not kept, and `count` is the number of rows. All three are complete only
    after the rows have been read.
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

    def write(self, write: Callable[[Shape, Batches], _T], *, coded: bool = False, written: bool = False) -> _T:
        """Write the rows with a function that takes the columns' types and the rows in batches.

        If it is `coded`, columns of text may be dictionaries. If it is `written`, numbers are as they are in their
        cells, if they can be read so without the field's notation.

        If a value does not fit its type, the function is stopped by `Misfit` and called again with that column as text.
        It must then start from the beginning.

        Raises:
            UsageError: the file cannot be read, or a cell is refused.
        """
        while True:
            shape = self.shape(coded=coded, written=written)
            self.met = {}
            try:
                return write(shape, self._counted(batches_of(self.resource, shape, self.met)))
            except Misfit as misfit:
                self.misfits[misfit.field] = misfit.text

    def shape(self, *, coded: bool, written: bool) -> Shape:
        """Give the columns' types; a column is text if a value is known that does not fit its type."""
        return Shape(self.fields, frozenset(self.misfits), coded, written and not self.resource.is_parquet)

    def written_elsewhere(self, count: int, met: dict[str, Met]) -> None:
        """Take what is known when the rows have been read by others."""
        self.count, self.met = count, met
        self.tell(self.name, count)

    def _counted(self, batches: Batches) -> Batches:
        self.count = 0
        for batch in batches:
            yield batch
            self.count += batch.num_rows
            self.tell(self.name, self.count)

    def losses(self) -> Iterator[Loss]:
        """List what typed columns do not keep; call this only after the rows were written."""
        yield from self.general_losses()
        for one in self.fields:
            if one.name in self.misfits:
                yield Loss(self.name, one.name, f"text, because {self.misfits[one.name]} does not fit {one.type}")
            elif kind_of(one).storage is TEXT and not kind_of(one).is_text:
                yield Loss(
                    self.name, one.name, f"text, because not all readers of this format know the type {one.type}"
                )

    def general_losses(self) -> Iterator[Loss]:
        """List what no format keeps, and a wrong number of rows."""
        stated = self.resource.sizes["rows"]
        if stated and stated != self.count:
            yield Loss(self.name, "", f"the file has {self.count:,} rows, but the descriptor gives {stated:,}")
        for label in left_out(self.resource) if self._may_have_more else ():
            yield Loss(self.name, label, "left out, because the schema does not describe this column of the file")
        for one in self.fields:
            if one.name in self.met and self.met[one.name].counts:
                met = self.met[one.name]
                yield Loss(self.name, one.name, f"not kept from the written numbers: {met}", sum(met.counts.values()))
            if kind_of(one).storage is DATETIME:
                yield Loss(self.name, one.name, "in UTC; the time zone offset of the original is not kept")

    @property
    def _may_have_more(self) -> bool:
        """Return whether the file may have columns that the schema does not have (Data Package v2, `fieldsMatch`)."""
        may = self.table.descriptor.get("fieldsMatch") in ("subset", "partial")
        return may and not self.resource.is_parquet


@dataclass(frozen=True)
class Content:
    """A package to export; `tell` is called with a table's name and the number of its rows written so far.

    `parts` is the number of rows of a part, in formats that can have parts; None if each table is one file. Large
    tables are written by the `cluster`, if there is one.
    """

    package: Package
    tell: OnRows
    parts: int | None = None
    cluster: "Workers | None" = None

    @cached_property
    def tables(self) -> tuple[TableContent, ...]:
        """Give the tables, in the package's order."""
        return tuple(TableContent(resource, self.tell) for resource in self.package)

    @cached_property
    def views(self) -> Sequence[View]:
        """Give the derived views for which the package has everything, each after those that it reads."""
        return views_of(self.package)

    @property
    def descriptor(self) -> Mapping[str, Any]:
        """Give the descriptor as it was read."""
        return self.package.descriptor
