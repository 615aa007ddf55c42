"""The rows of one table of a package as a polars frame of plain types; conditions are applied while they are read."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
from pyarrow import parquet as pq
from sqlglot import exp

from depositary.check.typed import Misfit, Shape, typed_rows
from depositary.compile.language import Language, NotSayableError, RowTest, RuleError
from depositary.compile.polars import expression
from depositary.errors import UsageError
from depositary.model.package import Resource
from depositary.model.table import Field

PARQUET = "parquet"


class MisfitWarning(UserWarning):
    """Given where a column is left as text, because some of its values do not fit its type."""


@dataclass(frozen=True)
class Wanted:
    """What is asked of a table: its columns in order (all, if none is named), and a condition on its rows."""

    columns: Sequence[str] = ()
    where: str = ""

    def test(self, name: str, known: Sequence[str]) -> RowTest | None:
        """Read the condition, an expression of the rules' language over the columns of a table.

        Raises:
            UsageError: it is none, or speaks of other columns.
        """
        if not self.where:
            return None
        try:
            return Language({name: known}, datetime.now(UTC).date()).row_test(name, self.where)
        except RuleError as error:
            raise UsageError(f"the condition {self.where!r} cannot be asked of {name}: {error}.") from error


def is_parquet(resource: Resource) -> bool:
    """Tell whether a table is stored as Parquet."""
    return str(resource.descriptor.get("format") or Path(resource.place).suffix.lstrip(".")).lower() == PARQUET


def rows_of(resource: Resource, wanted: Wanted) -> pl.DataFrame:
    """Read a table; text that stands for codes stays text.

    Raises:
        UsageError: a column or the condition does not fit the table, or the file cannot be read.
    """
    table = resource.table
    test = wanted.test(table.name, table.field_names)
    names = tuple(wanted.columns) or table.field_names
    condition = _condition(test.holds, wanted.where) if test else None
    if is_parquet(resource):
        return _of_parquet(resource, names, condition)
    read = {*names, *(test.columns if test else ())}
    return _of_csv(resource, tuple(f for f in table.fields if f.name in read), names, condition)


def batches_of(resource: Resource, shape: Shape) -> Iterator[pa.RecordBatch]:
    """Give the rows of a table in batches of a shape, wherever it is stored.

    Raises:
        UsageError: the file cannot be read, or a cell is refused.
        Misfit: a value does not fit the type of its column.
    """
    if not is_parquet(resource):
        yield from typed_rows(resource, shape)
        return
    with _told(resource), pq.ParquetFile(resource.file) as file:
        for batch in file.iter_batches(columns=shape.schema.names):
            yield batch.select(shape.schema.names).cast(shape.schema)


@contextmanager
def _told(resource: Resource) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:
        raise UsageError(f"{resource.place} cannot be read: {str(error).splitlines()[0]}.") from error


def _condition(tree: exp.Expr, said: str) -> pl.Expr:
    try:
        return expression(tree)
    except NotSayableError as error:
        raise UsageError(
            f"the condition {said!r} cannot be applied while reading: {error}. Filter the frame."
        ) from error


def _of_parquet(resource: Resource, names: Sequence[str], condition: pl.Expr | None) -> pl.DataFrame:
    with _told(resource):
        lazy = pl.scan_parquet(resource.file)
        if condition is not None:
            lazy = lazy.filter(condition)
        return lazy.select(names).collect()


def _of_csv(
    resource: Resource, fields: tuple[Field, ...], names: Sequence[str], condition: pl.Expr | None
) -> pl.DataFrame:
    shape = Shape(fields)
    while True:
        try:
            return pl.concat(_frames(resource, shape, names, condition), rechunk=False)
        except Misfit as misfit:
            shape = shape.with_text(misfit.field)
            warnings.warn(
                f"{resource.name}.{misfit.field} is text: {misfit.text} does not fit its type.",
                MisfitWarning,
                stacklevel=4,
            )


def _frames(
    resource: Resource, shape: Shape, names: Sequence[str], condition: pl.Expr | None
) -> Iterator[pl.DataFrame]:
    yield pl.DataFrame(shape.schema.empty_table()).select(names)
    for batch in typed_rows(resource, shape):
        frame = pl.DataFrame(batch)
        yield (frame if condition is None else frame.filter(condition)).select(names)
