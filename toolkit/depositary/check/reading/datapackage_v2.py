"""Read cells by Data Package v2 where the reference does not follow it: categories, patterns, groups, JSON Schemas.

docs/parity.md lists these differences; `Input.reference_only` leaves them out.
"""

import re
from collections.abc import Callable, Mapping

from depositary.check.reading.cells import Reader, Reading, reader_of
from depositary.check.reading.header import group_mark, json_schema_of
from depositary.check.reading.nested import fitting
from depositary.check.reading.patterns import is_harmless, matcher
from depositary.model.table import Field
from depositary.model.target import Input
from depositary.reference import frictionless

_Fits = Callable[[str], object]
_Around = Callable[[Field, Reader], Reader]


def standard_reader(entry: Input, expected: frictionless.Field) -> Reader:
    """Make the reader of a field: the reference's, with further checks of the standard.

    Raises:
        re.error: the field's pattern is not a regular expression.
    """
    read = reader_of(expected)
    table = entry.resource.table
    if entry.reference_only or expected.name not in table:
        return read
    field = table[expected.name]
    for around in READERS[field.type]:
        read = around(field, read)
    return read


def _with_groups(field: Field, read: Reader) -> Reader:
    """Accept marks between groups of digits in whole numbers, as in all numbers (Data Package v2, "groupChar")."""
    mark = group_mark(field.descriptor)
    if not mark:
        return read

    def reader(cell: str | None) -> Reading:
        value, notes = read(cell)
        if cell is None or mark not in cell or "type" not in (notes or ()):
            return value, notes
        ungrouped = read(cell.replace(mark, ""))
        return (value, notes) if ungrouped[0] is None else ungrouped

    return reader


def _with_json_schema(field: Field, read: Reader) -> Reader:
    """Refuse arrays and objects that do not fit the JSON Schema of their field (Data Package v2, "jsonSchema")."""
    schema = json_schema_of(field.descriptor)
    if schema is None:
        return read
    fits = fitting(schema)

    def reader(cell: str | None) -> Reading:
        value, notes = read(cell)
        if cell is None or value is None or fits(cell):
            return value, notes
        return value, {**(notes or {}), "jsonSchema": f'constraint "jsonSchema" is "{schema}"'}

    return reader


def _with_categories(field: Field, read: Reader) -> Reader:
    """Refuse values that are not categories of the field, if it has no enum (Data Package v2, "categories")."""
    allowed = field.categories
    if not allowed or "enum" in field.constraints:
        return read

    def reader(cell: str | None) -> Reading:
        value, notes = read(cell)
        if value is None or notes or str(value) in allowed:
            return value, notes
        return value, {"categories": f'"categories" are "{list(allowed)}"'}

    return reader


def _with_whole_pattern(field: Field, read: Reader) -> Reader:
    """Refuse a cell that a pattern matches only up to a final line break, or only with a part of an alternative.

    Patterns must match whole cells, as in XML Schema (Data Package v2); `^a|b$` and Python's `$` do not.
    """
    pattern = field.constraints.get("pattern")
    if pattern is None:
        return read
    alternatives = "|" in pattern
    if is_harmless(pattern):
        fits: _Fits = re.compile(f"(?:{pattern})").fullmatch
    else:
        fits = matcher(f"(?:{pattern})(?!\\n)")

    def reader(cell: str | None) -> Reading:
        value, notes = read(cell)
        if notes or value is None or not (alternatives or value.endswith("\n")) or fits(value):
            return value, notes
        return value, {"pattern": f'constraint "pattern" is "{pattern}"'}

    return reader


# What is put around the reference's reader of each type, the innermost first.
READERS: Mapping[str, tuple[_Around, ...]] = {
    "string": (_with_categories, _with_whole_pattern),
    "integer": (_with_groups, _with_categories),
    **dict.fromkeys(("array", "object"), (_with_json_schema, _with_categories)),
    **dict.fromkeys(("any", "number", "year", "boolean", "date", "datetime", "time"), (_with_categories,)),
    **dict.fromkeys(("yearmonth", "duration", "list", "geopoint", "geojson"), (_with_categories,)),
}
