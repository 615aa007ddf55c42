"""The Arrow types of a table's columns, and converting values to them.

`pa.array` imports pandas, to ask whether it was given a series. That takes longer than checking a small package, so
short columns are put together from their buffers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from depositary.model.field_types import BOOLEAN, DATE, DATETIME, DECIMAL, INTEGER, TEXT, TIME, Storage
from depositary.model.table import Field, kind_of

TYPES: Mapping[Storage, pa.DataType] = {
    TEXT: pa.string(),
    INTEGER: pa.int64(),
    DECIMAL: pa.decimal128(38, 9),
    BOOLEAN: pa.bool_(),
    DATE: pa.date32(),
    DATETIME: pa.timestamp("us"),
    TIME: pa.time64("us"),
}
_MISFITS = (pa.ArrowException, OverflowError, TypeError, ValueError)

# The Python types that Arrow reads from their texts, with the same result as from the values themselves.
_WRITTEN: Mapping[Storage, type] = {
    TEXT: str,
    INTEGER: int,
    DECIMAL: Decimal,
    BOOLEAN: bool,
    DATE: date,
    DATETIME: datetime,
}
_EPOCH = date(1970, 1, 1).toordinal()
_POINT = 9  # digits after the point of a decimal
_DIGITS = 29  # before the decimal point; Arrow reads longer texts as other numbers


def type_of(field: Field) -> pa.DataType:
    """Give the Arrow type of a column; a type that Arrow does not have is text."""
    return TYPES[kind_of(field).storage]


def array(field: Field, values: Sequence[Any], *, is_long: bool = True) -> tuple[pa.Array, tuple[int, ...]]:
    """Convert a column's values to its type; also give the indexes of values that do not fit, which become null.

    If the values are a part of a column that `is_long`, this is faster, but imports pandas.
    """
    kind = type_of(field)
    if kind_of(field).storage is TEXT and not kind_of(field).is_text:
        values = [None if value is None else str(value) for value in values]
    if kind_of(field).storage is DATETIME:
        values = [in_utc(value) for value in values]
    try:
        return pa.array(values, kind) if is_long else _short(kind_of(field).storage, values), ()
    except _MISFITS:
        fitting = [_fitting(value, kind) for value in values]
    misfits = (i for i, value in enumerate(values) if value is not None and fitting[i] is None)
    return pa.array(fitting, kind), tuple(misfits)


def _short(storage: Storage, values: Sequence[Any]) -> pa.Array:
    kind, held = TYPES[storage], {type(value) for value in values} - {type(None)}
    if not held:
        return pa.nulls(len(values), kind)
    if held != {_WRITTEN.get(storage)} or (storage is DECIMAL and not all(map(_is_read, values))):
        return pa.array(values, kind)
    if storage is TEXT:
        return texts(values)
    plain = _BY_BUFFER.get(storage)
    array = plain(values) if plain else None
    return array if array is not None else texts([None if value is None else str(value) for value in values]).cast(kind)


def _of_numbers(kind: pa.DataType, numbers: npt.NDArray[Any], values: Sequence[Any]) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [_filled(values), pa.py_buffer(numbers)])


def _whole_numbers(values: Sequence[int | None]) -> pa.Array:
    return _of_numbers(pa.int64(), np.array([value or 0 for value in values], np.int64), values)


def _days(values: Sequence[date | None]) -> pa.Array:
    days = [0 if value is None else value.toordinal() - _EPOCH for value in values]
    return _of_numbers(pa.date32(), np.array(days, np.int32), values)


def _truths(values: Sequence[bool | None]) -> pa.Array:
    return _of_numbers(pa.bool_(), np.packbits([value or False for value in values], bitorder="little"), values)


def _decimals(values: Sequence[Decimal | None]) -> pa.Array | None:
    """Make a column of decimals; None if one of them has more than nine digits after the point."""
    numbers = []
    for value in values:
        sign, digits, exponent = (value or Decimal(0)).as_tuple()
        if not isinstance(exponent, int) or exponent < -_POINT:
            return None
        whole = int("".join(map(str, digits))) * 10 ** (exponent + _POINT)
        numbers.append((-whole if sign else whole).to_bytes(16, "little", signed=True))
    return pa.Array.from_buffers(TYPES[DECIMAL], len(values), [_filled(values), pa.py_buffer(b"".join(numbers))])


# Put together from numbers, because `cast` imports `pyarrow.compute`, which takes 25 ms.
_BY_BUFFER: Mapping[Storage, Callable[[Sequence[Any]], pa.Array | None]] = {
    INTEGER: _whole_numbers,
    DECIMAL: _decimals,
    BOOLEAN: _truths,
    DATE: _days,
}


def _is_read(value: Decimal | None) -> bool:
    return value is None or value.adjusted() < _DIGITS


def texts(values: Sequence[str | None]) -> pa.Array:
    """Make a column of texts."""
    known = [value or "" for value in values]
    joined = "".join(known)
    lengths = map(len, known if joined.isascii() else map(str.encode, known))
    buffers = [_filled(values), _offsets(lengths), pa.py_buffer(joined.encode())]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


def lists(values: Sequence[Sequence[str] | None]) -> pa.Array:
    """Make a column of lists of texts."""
    items = texts([text for value in values for text in value or ()])
    buffers = [_filled(values), _offsets(len(value or ()) for value in values)]
    return pa.Array.from_buffers(pa.list_(pa.string()), len(values), buffers, children=[items])


def coded(values: pa.Array, indexes: npt.NDArray[np.integer]) -> pa.Array:
    """Make a column of texts as indexes of its values, which need not differ and may be null."""
    known = values.dictionary_encode()  # so that none is null, and none is there twice
    return pa.DictionaryArray.from_arrays(known.indices.take(pa.array(indexes)), known.dictionary)


def is_coded(kind: pa.DataType) -> bool:
    """Return whether the values of a column are indexes of a dictionary."""
    return bool(pa.types.is_dictionary(kind))


def decoded(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Put the values themselves in the place of indexes."""
    if not any(map(is_coded, rows.schema.types)):
        return rows
    arrays = [array.dictionary_decode() if is_coded(array.type) else array for array in rows.columns]
    return pa.RecordBatch.from_arrays(arrays, names=rows.schema.names)


def integers(values: Sequence[int] | npt.NDArray[np.int64]) -> pa.Array:
    """Make a column of whole numbers without nulls."""
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(np.array(values, np.int64))])


def _filled(values: Sequence[object]) -> pa.Buffer | None:
    if None not in values:
        return None
    return pa.py_buffer(np.packbits([value is not None for value in values], bitorder="little"))


def _offsets(lengths: Iterable[int]) -> pa.Buffer:
    return pa.py_buffer(np.array([0, *accumulate(lengths)], np.int32))


def in_utc(value: Any) -> Any:  # noqa: ANN401 (a time or any other value)
    """Convert a time to UTC: pandera makes Arrow drop the offset (PYARROW_IGNORE_TIMEZONE) in the whole process."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return value
    try:
        return value.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:  # at the ends of the calendar
        return value


def _fitting(value: Any, kind: pa.DataType) -> Any:  # noqa: ANN401 (any type a field can have)
    if isinstance(value, float):
        value = Decimal(str(value))
    try:
        return pa.scalar(value, kind).as_py()
    except _MISFITS:
        return None


def types(fields: Iterable[Field]) -> pa.Schema:
    """Give the Arrow schema of some columns."""
    return pa.schema([(field.name, type_of(field)) for field in fields])
