"""The Arrow types of a table's columns, and converting values to them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

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


def type_of(field: Field) -> pa.DataType:
    """Give the Arrow type of a column; a type that Arrow does not have is text."""
    return TYPES[kind_of(field).storage]


def array(field: Field, values: Sequence[Any]) -> tuple[pa.Array, tuple[int, ...]]:
    """Convert a column's values to its type; also give the indexes of values that do not fit, which become null."""
    kind = type_of(field)
    if kind_of(field).storage is TEXT and not kind_of(field).is_text:
        values = [None if value is None else str(value) for value in values]
    if kind_of(field).storage is DATETIME:
        values = [in_utc(value) for value in values]
    try:
        return pa.array(values, kind), ()
    except _MISFITS:
        fitting = [_fitting(value, kind) for value in values]
    misfits = (i for i, value in enumerate(values) if value is not None and fitting[i] is None)
    return pa.array(fitting, kind), tuple(misfits)


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
