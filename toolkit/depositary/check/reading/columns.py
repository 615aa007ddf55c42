"""Open the columns of a file: whole, in chunks, or as keys."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from depositary.check.reading.bulk import bulk_of
from depositary.check.reading.cells import Column
from depositary.check.reading.datapackage_v2 import standard_reader
from depositary.check.reading.header import match, require_table
from depositary.check.reading.patch_notation import notation_of, reader_in
from depositary.model.field_types import INTEGER
from depositary.model.package import Mode, Resource
from depositary.model.table import kind_of
from depositary.model.target import Input
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile
from depositary.reference import FrictionlessException

if TYPE_CHECKING:  # its libraries take time to load
    from depositary.check.reading.block_columns import Typed

SMALL = 2 << 20  # bytes; for smaller files, importing the fast lane's libraries takes longer than they save
_PACKED = 8  # bytes of text for a byte of Parquet, roughly
STORED = SMALL  # bytes; smaller files are read as fast as the cache


def is_small(resource: Resource) -> bool:
    """Return whether a table is so small that nothing is gained by reading a part of it, or not there."""
    with suppress(OSError):  # reading the file reports this
        return size_of(resource) < SMALL
    return True


def size_of(resource: Resource) -> int:
    """Give the bytes of all files of a table; for Parquet, about the bytes of their text.

    Raises:
        OSError: one of them is not there.
    """
    return sum(file.stat().st_size for file in resource.files) * (_PACKED if resource.is_parquet else 1)


def have_few_rows(resources: Iterable[Resource]) -> bool:
    """Return whether all tables are in small files; how many rows a frame has is not known."""
    return all(not resource.is_frame and is_small(resource) for resource in resources)


def is_large(entry: Input, records: Records) -> bool:
    """Return whether a file is large and plain enough to be read in blocks."""
    header = bool(records.labels) or not records.dialect.header
    resource = entry.resource
    if resource.sheet or not header or size_of(resource) < SMALL:
        return False
    from depositary.read.files.blocks import Blocks  # noqa: PLC0415 (its libraries take time to load)

    return Blocks.suit(records)


Key = tuple[Any, ...]


def read_columns(entry: Input, fields: Sequence[str]) -> Iterable[Key]:
    """Read some columns of a file as typed values, row by row; None if a value is missing or wrong.

    Raises:
        UnreadableFile: the file cannot be read to its end, or lacks one of the columns.
    """
    for _, columns in read_chunks(entry, fields):
        yield from zip(*columns, strict=True)


def read_chunks(entry: Input, fields: Sequence[str]) -> Iterator[tuple[Sequence[int], list[list[Any]]]]:
    """Read the same in chunks: the numbers of the rows, and the values of each column.

    Raises:
        UnreadableFile: the file cannot be read to its end, or lacks one of the columns.
    """
    with Records(entry.resource, as_is=entry.reference_only) as records:
        _, columns = open_columns(entry, records, fields)
        yield from _chunks(records, columns)


def rows_with(entry: Input, by: Sequence[str], wanted: Collection[Key], fields: Sequence[str]) -> list[tuple[int, Key]]:
    """Give the numbers of the rows that have one of some values in some columns, and their values in others.

    Raises:
        UnreadableFile: the file cannot be read to its end, or lacks one of the columns.
    """
    if not wanted:
        return []
    every = tuple(dict.fromkeys((*by, *fields)))
    at = [every.index(name) for name in fields]
    found = _remembered_rows_with(entry, every, wanted)
    if found is None:
        found = _read_rows_with(entry, every, wanted)
    return [(number, tuple(row[i] for i in at)) for number, row in found]


def _remembered_rows_with(entry: Input, fields: Sequence[str], wanted: Collection[Key]) -> list[tuple[int, Key]] | None:
    """Give the rows that begin with one of some keys from the cache; None if the file must be read."""
    if not (is_remembered(entry) and _are_the_same_in_arrow(entry, fields)):
        return None
    from depositary.check.reading.column_file import NotRememberedError  # noqa: PLC0415 (its libraries take time to load)
    from depositary.check.reading.remembered import remembered_rows  # noqa: PLC0415 (as above)

    with suppress(NotRememberedError):
        return list(remembered_rows(entry, fields, wanted, partial(_array_chunks, entry)))
    return None


def _read_rows_with(entry: Input, fields: Sequence[str], wanted: Collection[Key]) -> list[tuple[int, Key]]:
    with Records(entry.resource, as_is=entry.reference_only) as records:
        width, columns = open_columns(entry, records, fields)
        found = _large_rows_with(entry, records, width, columns, wanted)
        if found is not None:
            return found
        length = len(next(iter(wanted)))
        chunks = ((numbers, zip(*of, strict=True)) for numbers, of in _chunks(records, columns))
        pairs = (pair for numbers, rows in chunks for pair in zip(numbers, rows, strict=True))
        return [(number, row) for number, row in pairs if row[:length] in wanted]


def _large_rows_with(
    entry: Input, records: Records, width: int, columns: Sequence[tuple[int, Column]], wanted: Collection[Key]
) -> list[tuple[int, Key]] | None:
    """Give the same of a large file; None if another lane must read it."""
    if not is_large(entry, records):
        return None
    from depositary.check.reading.block_columns import rows_among  # noqa: PLC0415 (its libraries take time to load)
    from depositary.read.files.blocks import NeedsExactLane  # noqa: PLC0415

    with suppress(NeedsExactLane):
        return list(rows_among(records, entry.resource.table, width, columns, wanted))
    return None


def array_chunks(
    entry: Input, fields: Sequence[str], restart: Callable[[], None]
) -> Iterator[tuple[Sequence[int], Mapping[str, "Typed"]]]:
    """Read some columns in chunks: the numbers of the rows, and each column as an array, by name.

    They come from the cache, if one is given and the file is large.

    `restart` is called if the chunks that were given do not count, because all rows will come again.

    Raises:
        UnreadableFile: the file cannot be read to its end, or lacks one of the columns.
    """
    if fields and is_remembered(entry):
        from depositary.check.reading.remembered import remembered_chunks  # noqa: PLC0415 (its libraries take time to load)

        yield from remembered_chunks(entry, fields, partial(_array_chunks, entry), restart)
    else:
        yield from _array_chunks(entry, fields, restart)


def is_remembered(entry: Input) -> bool:
    """Return whether the columns of a file are stored in a cache: those of a large, plain file of a package."""
    resource = entry.resource
    if not entry.cache or entry.mode is not Mode.TABLE or entry.reference_only:
        return False
    with suppress(OSError):  # reading the file reports this
        plain = not (resource.sheet or resource.mapping or resource.is_frame)
        return plain and size_of(resource) >= STORED
    return False


def _array_chunks(
    entry: Input, fields: Sequence[str], restart: Callable[[], None]
) -> Iterator[tuple[Sequence[int], Mapping[str, "Typed"]]]:
    from depositary.compile import arrow  # noqa: PLC0415 (its libraries take time to load)

    table = entry.resource.table
    with Records(entry.resource, as_is=entry.reference_only) as records:
        width, columns = open_columns(entry, records, fields)
        if is_large(entry, records):
            from depositary.check.reading.block_columns import array_blocks  # noqa: PLC0415 (as above)
            from depositary.read.files.blocks import NeedsExactLane  # noqa: PLC0415 (as above)

            try:
                yield from array_blocks(records, table, width, columns)
            except NeedsExactLane:
                restart()
            else:
                return
        for numbers, values in _chunks(records, columns):
            yield numbers, {name: arrow.array(table[name], of) for name, of in zip(fields, values, strict=True)}


def _chunks(records: Records, columns: Sequence[tuple[int, Column]]) -> Iterator[tuple[Sequence[int], list[list[Any]]]]:
    for numbers, rows in records.chunks():
        yield (
            numbers,
            [_values(column, [row[at] if at < len(row) else None for row in rows]) for at, column in columns],
        )
        for _, column in columns:
            column.forget()


def _values(column: Column, cells: Sequence[str | None]) -> list[Any]:
    column.bad(cells)  # reads many at once, if possible
    return column.values(cells)


def key_chunks(entry: Input, fields: Sequence[str]) -> Iterator[Iterable[Key]]:
    """Read the keys of a table in chunks; some may occur twice.

    Raises:
        UnreadableFile: the file cannot be read to its end, or lacks one of the columns.
    """
    if fields and is_remembered(entry) and _are_the_same_in_arrow(entry, fields):
        from depositary.check.reading.column_file import NotRememberedError  # noqa: PLC0415 (its libraries take time to load)
        from depositary.check.reading.remembered import remembered_keys  # noqa: PLC0415 (as above)

        with suppress(NotRememberedError):
            yield from remembered_keys(entry, fields, partial(_array_chunks, entry))
            return
    yield from _key_chunks(entry, fields)


def _are_the_same_in_arrow(entry: Input, fields: Sequence[str]) -> bool:
    """Return whether Arrow gives the values of some columns back as they were: texts and whole numbers."""
    table = entry.resource.table
    kinds = [kind_of(table[name]) for name in fields if name in table]
    return len(kinds) == len(fields) and all(kind.is_text or kind.storage is INTEGER for kind in kinds)


def _key_chunks(entry: Input, fields: Sequence[str]) -> Iterator[Iterable[Key]]:
    with Records(entry.resource, as_is=entry.reference_only) as records:
        width, columns = open_columns(entry, records, fields)
        if is_large(entry, records):
            from depositary.check.reading.block_columns import typed_blocks  # noqa: PLC0415 (its libraries take time to load)
            from depositary.read.files.blocks import NeedsExactLane  # noqa: PLC0415

            with suppress(NeedsExactLane):
                for _, values in typed_blocks(records, entry.resource.table, width, columns):
                    yield zip(*values, strict=True)
                return
        for _, values in _chunks(records, columns):
            yield zip(*values, strict=True)


def open_columns(entry: Input, records: Records, fields: Sequence[str]) -> tuple[int, list[tuple[int, Column]]]:
    """Give the number of columns in a file, and some of them with their indexes.

    Raises:
        UnreadableFile: one of them is missing, or the file is not a table.
    """
    require_table(entry, records)
    try:
        expected = match(entry, records).get_expected_fields()
    except FrictionlessException as error:
        raise UnreadableFile("duplicate-label", "two of its columns have the same name") from error
    indexes = {f.name: at for at, f in enumerate(expected)}
    for name in fields:
        if name not in indexes or not (entry.reference_only or _is_labelled(records.labels, indexes[name], name)):
            raise UnreadableFile("missing-label", f"its column {name} is missing or at another position")
    return len(expected), [(indexes[name], _column(entry, expected[indexes[name]], indexes[name])) for name in fields]


def _is_labelled(labels: Sequence[str], at: int, name: str) -> bool:
    # By position, any label would count as the field at this position; then wrong values would be used as keys.
    return not labels or labels[at].casefold() == name.casefold()


def column_of(entry: Input, field: Any, number: int) -> Column:  # noqa: ANN401 (frictionless.Field, from a private list)
    """Make the column of a field in a file.

    Raises:
        re.error: the field's pattern is not a regular expression.
    """
    read = reader_in(entry, field, standard_reader(entry, field))
    column = Column(field.name, number, read, bulk_of(entry, field), notation_of(entry, field.name))
    mapping = entry.resource.mapping
    column.is_translated = mapping is not None and field.name in mapping.translated
    return column


def _column(entry: Input, field: Any, at: int) -> Column:  # noqa: ANN401 (frictionless.Field, from a private list)
    try:
        return column_of(entry, field, at + 1)
    except re.error as error:
        raise UnreadableFile("descriptor-error", f"the pattern of {field.name} is broken: {error}") from error
