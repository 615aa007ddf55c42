"""The rows of a file as columns of the schema's types, for loading and exporting; a refused cell stops the reading.

A type that Arrow does not have (a list, a duration) stays the text of the cell. So does a column with a value that does
not fit its type, such as a number of forty digits: `Misfit` names the column, and the file is read again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
from pyarrow import compute

from depositary.check.reading.cells import Column
from depositary.check.reading.columns import is_large, open_columns
from depositary.check.reading.header import match, require_table
from depositary.check.reading.numerals import Met, Noted, Numerals, noted_in, numerals_of
from depositary.compile import arrow
from depositary.errors import UsageError
from depositary.model.field_types import DATETIME, TEXT, Storage
from depositary.model.finding import Place
from depositary.model.package import Resource
from depositary.model.table import Field, Table, kind_of
from depositary.model.target import Input
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile
from depositary.reference import FrictionlessException
from depositary.wording.cells import describe, label_message

if TYPE_CHECKING:
    from depositary.check.reading.distinct import ColumnJudge, ColumnVerdicts
    from depositary.read.files.blocks import Block, Blocks, Codes, Range


TYPES: Mapping[Storage, pa.DataType] = {**arrow.TYPES, DATETIME: pa.timestamp("us", "UTC")}


@dataclass(frozen=True)
class Shape:
    """The columns that are read from a table, and those of them that stay text.

    If it is `coded`, columns of text may be dictionaries, as they are in blocks of a large file. If it is `written`,
    columns of numbers are text: as they are in the file, if they can be read so without the field's notation.
    """

    fields: tuple[Field, ...]
    texts: frozenset[str] = frozenset()
    coded: bool = False
    written: bool = False

    @property
    def schema(self) -> pa.Schema:
        """Give the Arrow schema."""
        return pa.schema([(f.name, self.type_of(f)) for f in self.fields])

    def type_of(self, field: Field) -> pa.DataType:
        """Give the type of a column; times are in UTC."""
        return TYPES[self.storage_of(field)]

    def storage_of(self, field: Field) -> Storage:
        """Give how the values of a column are held."""
        return TEXT if field.name in self.texts or self.is_written(field) else kind_of(field).storage

    def is_written(self, field: Field) -> bool:
        """Return whether a column of numbers is given as written."""
        return self.written and kind_of(field).is_numeric and field.name not in self.texts

    def numerals(self, table: Table) -> dict[str, Numerals]:
        """Give, by column, the object that looks for parts of numbers that a value does not keep."""
        typed = (f.name for f in self.fields if f.name not in self.texts)
        found = {name: numerals_of(table, name, complete=True, written=self.written) for name in typed}
        return {name: one for name, one in found.items() if one}

    def with_text(self, name: str) -> "Shape":
        """Give a copy in which one more column stays text."""
        return replace(self, texts=self.texts | {name})


class Misfit(Exception):  # noqa: N818 (not an error: the column is read again, as text)
    """Raised when a valid value does not fit the type of its column; has the column and one such text."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text = field, text


def typed_rows(
    resource: Resource, shape: Shape, met: dict[str, Met] | None = None, within: "Sequence[Range] | None" = None
) -> Iterator[pa.RecordBatch]:
    """Give the rows of a CSV file in their order, in batches; an optional column that is missing is null.

    Args:
        resource: the table.
        shape: its columns.
        met: is filled, by column, with the parts of numbers that a value does not keep.
        within: the ranges of rows to give; by default all rows.

    Raises:
        UsageError: a cell is refused, or the file cannot be read; the message gives the place and the reason.
        Misfit: a value does not fit the type of its column.
        NeedsExactLane: ranges are given, and it is not certain where they begin and end.
    """
    try:
        with Records(resource) as records:
            yield from _File.opened(resource, records, shape, met).batches(within)
    except UnreadableFile as fault:
        part = resource.stored[within[0].part] if within else resource
        raise UsageError(f"{fault.part or part.path} cannot be read: {fault.message}.") from fault


@dataclass(frozen=True)
class _Wrong:
    """The error that stops the reading of a block: a cell of a row, or its number of cells if there is no field."""

    index: int
    cell: str = ""
    field: Field | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class _Typed:
    """The rows of a block, and by column the parts of their numbers that a value does not keep."""

    rows: pa.RecordBatch
    noted: Mapping[str, Sequence[Noted]]


@dataclass(frozen=True)
class _File:
    """An open file; `columns` are those that are read, with their index in a row, None for a missing one."""

    resource: Resource
    records: Records
    shape: Shape
    width: int
    columns: Sequence[tuple[int, Column] | None]
    met: dict[str, Met] | None
    numerals: Mapping[str, Numerals]

    @classmethod
    def opened(cls, resource: Resource, records: Records, shape: Shape, met: dict[str, Met] | None) -> "_File":
        entry = Input(resource)
        present = _labelled(entry, records)
        names = [f.name for f in shape.fields if f.name in present]
        width, found = open_columns(entry, records, names)
        columns_of = dict(zip(names, found, strict=True))
        numerals = shape.numerals(resource.table) if shape.written or met is not None else {}
        return cls(resource, records, shape, width, [columns_of.get(f.name) for f in shape.fields], met, numerals)

    def _take(self, name: str, noted: Iterable[Noted]) -> None:
        if self.met is not None:
            self.met.setdefault(name, Met()).take(noted)

    def batches(self, within: "Sequence[Range] | None") -> Iterator[pa.RecordBatch]:
        if within is not None:
            yield from self._in_blocks(within)
            return
        if not is_large(Input(self.resource), self.records):
            yield from self._one_by_one()
            return
        from depositary.read.files.blocks import NeedsExactLane  # noqa: PLC0415 (its libraries take time to load)

        given = 0
        try:
            for batch in self._in_blocks():
                given += batch.num_rows
                yield batch
        except NeedsExactLane:
            for batch in self._one_by_one():
                if batch.num_rows > given:
                    yield batch.slice(given)
                given = max(0, given - batch.num_rows)

    def _error(self, wrong: _Wrong, place: Place) -> UsageError:
        """Describe the error in the row at a place."""
        if wrong.field is None:
            what = "it has more or fewer cells than the header has columns"
        else:
            what = describe(wrong.field, wrong.notes[0], wrong.cell)[0] if wrong.notes else "a cell is refused"
        return UsageError(f"{place.file}, row {place.row}: {what}. depositary validate lists all errors.")

    # As the exact lane reads

    def _one_by_one(self) -> Iterator[pa.RecordBatch]:
        for numbers, rows in self.records.chunks():
            found = self._batch_of_rows(rows)
            if isinstance(found, _Wrong):
                raise self._error(found, self.resource.place(numbers[found.index]))
            yield found

    def _batch_of_rows(self, rows: Sequence[list[str]]) -> "pa.RecordBatch | _Wrong":
        for index, row in enumerate(rows):
            if len(row) != self.width:
                return _Wrong(index)
        arrays = []
        for field, one in zip(self.shape.fields, self.columns, strict=True):
            if one is None:
                arrays.append(pa.nulls(len(rows), self.shape.type_of(field)))
                continue
            at, column = one
            column.numerals = self.numerals.get(field.name)
            cells = [row[at] for row in rows]
            bad = column.bad(cells)
            if bad:
                index = next(i for i, cell in enumerate(cells) if cell in bad)
                return _Wrong(index, cells[index], field, list(column.reading(cells[index])[1] or ()))
            arrays.append(_array(self.shape, field, cells, column.values(cells), column.numerals))
            if column.forms:
                self._take(field.name, noted_in(cells, column.forms))
            column.forget()
        return pa.RecordBatch.from_arrays(arrays, schema=self.shape.schema)

    # As the fast lane reads

    def _in_blocks(self, within: "Sequence[Range] | None" = None) -> Iterator[pa.RecordBatch]:
        from depositary.check.reading.distinct import ColumnJudge  # noqa: PLC0415 (its libraries take time to load)
        from depositary.read.files.blocks import Blocks  # noqa: PLC0415

        present = [one for one in self.columns if one]
        blocks = Blocks(self.records, self.width, [at for at, _ in present], within=within)
        judges = {column.name: ColumnJudge(self.resource.table, column, keyed=False) for _, column in present}
        number = self._first
        for block, found in blocks.side_by_side(partial(self._batch_of_block, blocks, judges)):
            if isinstance(found, _Wrong):
                is_whole = within is None
                place = self.resource.place(number + found.index) if is_whole else self._place(blocks, block, found)
                raise self._error(found, place)
            number += found.rows.num_rows
            for name, noted in found.noted.items():
                self._take(name, noted)
            yield found.rows
        if within is None:
            self.records.finish(blocks.undecodable, number)
        elif blocks.undecodable:
            raise self.records.undecodable(*blocks.undecodable, row=0)

    @property
    def _first(self) -> int:
        """Give the number of the first row."""
        return 2 if self.records.dialect.header else 1

    def _place(self, blocks: "Blocks", block: "Block", wrong: _Wrong) -> Place:
        """Give the place of a row whose number in the table is not known, because other rows are read elsewhere."""
        at, before = blocks.row_in_part(block, wrong.index)
        part = self.resource.stored[at]
        return Place(self.resource.name, part.path, before + (1 if part.is_parquet else self._first))

    def _batch_of_block(self, blocks: "Blocks", judges: "dict[str, ColumnJudge]", block: "Block") -> "_Typed | _Wrong":
        from depositary.check.reading.numeral_cells import met_in  # noqa: PLC0415 (its libraries take time to load)

        parsed = blocks.parse(block)
        if parsed.ragged:
            return _Wrong(min(parsed.ragged))
        coded = dict(zip(judges, parsed.columns, strict=True))
        arrays, noted = [], {}
        for field in self.shape.fields:
            judge = judges.get(field.name)
            if judge is None:
                arrays.append(pa.nulls(parsed.count, self.shape.type_of(field)))
                continue
            verdicts = judge.verdicts(coded[field.name])
            if verdicts.refused:
                index = int(verdicts.rows(verdicts.refused).argmax())
                cell = verdicts.dictionary.cells[int(verdicts.dictionary.indexes[index])] or ""
                return _Wrong(index, cell, field, list(judge.column.reading(cell)[1] or ()))
            arrays.append(self._column(field, judge, verdicts))
            if field.name in self.numerals:
                noted[field.name] = list(met_in(self.numerals[field.name], verdicts))
        return _Typed(pa.RecordBatch.from_arrays(arrays, self.shape.schema.names), noted)

    def _column(self, field: Field, judge: "ColumnJudge", verdicts: "ColumnVerdicts") -> pa.Array:
        kind, codes = self.shape.type_of(field), verdicts.dictionary.codes
        is_text = pa.types.is_string(kind)
        if self.shape.is_written(field):
            values = _written(self.numerals[field.name], judge, verdicts)
        else:
            values = (_texts(verdicts) if is_text else _typed(judge, verdicts)).cast(kind)
        if codes is None:
            return values
        if is_text and self.shape.coded and len(values) * 2 <= len(codes):
            return _dictionary(_int32_array(codes), values)
        return values.take(_int32_array(codes))


def _dictionary(codes: pa.Array, values: pa.Array) -> pa.DictionaryArray:
    """Give texts as indexes in a dictionary without blanks: Parquet has no dictionary with a null in it."""
    if values.null_count:
        filled = values.is_valid()
        places = compute.subtract(compute.cumulative_sum(filled.cast(pa.int32())), pa.scalar(1, pa.int32()))
        codes = compute.if_else(filled, places, pa.scalar(None, pa.int32())).take(codes)
        values = values.drop_null()
    return pa.DictionaryArray.from_arrays(codes, values)


def _labelled(entry: Input, records: Records) -> set[str]:
    """Name the fields for which a file has columns.

    Raises:
        UnreadableFile: its labels do not fit the schema.
    """
    require_table(entry, records)
    try:
        header = match(entry, records)
        expected = header.get_expected_fields()
    except FrictionlessException as error:
        raise UnreadableFile("duplicate-label", "two of its columns have the same name") from error
    for one in header.errors:
        reference = one.to_descriptor()
        raise UnreadableFile(reference["type"], label_message(reference["type"], reference))
    return {f.name for f in expected}


def left_out(resource: Resource) -> list[str]:
    """Name the columns of a CSV file that no field describes; `fieldsMatch` may allow them.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        with Records(resource) as records:
            _labelled(Input(resource), records)
            known = {name.casefold() for name in resource.table.field_names}
            return [label for label in records.labels if label.casefold() not in known]
    except UnreadableFile as fault:
        raise UsageError(f"{fault.part or resource.path} cannot be read: {fault.message}.") from fault


def _array(
    shape: Shape, field: Field, cells: Sequence[str], values: Sequence[Any], numerals: Numerals | None
) -> pa.Array:
    kind = shape.type_of(field)
    if numerals and shape.is_written(field):
        return pa.array(_as_written(numerals, cells, values), kind)
    if pa.types.is_string(kind):
        return pa.array([None if value is None else cell for cell, value in zip(cells, values, strict=True)], kind)
    array, misfits = arrow.array(field, values)
    if misfits:
        raise Misfit(field.name, cells[misfits[0]])
    return array.cast(kind)


def _as_written(numerals: Numerals, cells: Sequence[str], values: Sequence[Any]) -> list[str | None]:
    """Write numbers as they are in their cells, if possible; all must fit their type nevertheless."""
    misfits = arrow.array(numerals.field, values)[1]
    if misfits:
        raise Misfit(numerals.field.name, cells[misfits[0]])
    return [None if v is None else numerals.written(cell, v) for cell, v in zip(cells, values, strict=True)]


def _written(numerals: Numerals, judge: "ColumnJudge", verdicts: "ColumnVerdicts") -> pa.Array:
    """Give the distinct cells as they are written; those that are proven good have plain digits only."""
    cells, proven = verdicts.dictionary.cells, verdicts.proven
    if proven is not None and numerals.is_standard:
        others = pl.Series(~proven).arg_true()
    else:
        others = pl.arange(len(cells), eager=True)
    if len(others):
        texts = cells.gather(others).to_list()
        found = _as_written(numerals, texts, [judge.value(text) for text in texts])
        cells = cells.clone().scatter(others, pl.Series(found, dtype=pl.String))
    return cells.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())


def _texts(verdicts: "ColumnVerdicts") -> pa.Array:
    """Give the distinct cells as they are, null for a blank."""
    cells = verdicts.dictionary.cells
    if verdicts.missing is not None:
        cells = pl.select(pl.when(~pl.Series(verdicts.missing)).then(cells)).to_series()
    return cells.to_arrow(compat_level=pl.CompatLevel.oldest())


def _int32_array(codes: "Codes") -> pa.Array:
    # Arrow's own conversion from numpy imports pandas first, which takes longer than reading a small file.
    return pa.Array.from_buffers(pa.int32(), len(codes), [None, pa.py_buffer(codes)])


def _typed(judge: "ColumnJudge", verdicts: "ColumnVerdicts") -> pa.Array:
    array, misfits = judge.typed(verdicts)
    if misfits:
        raise Misfit(judge.field.name, verdicts.dictionary.cells[misfits[0]])
    return array
