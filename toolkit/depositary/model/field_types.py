"""All field types and constraints of Table Schema, with the facts that the layers need about each.

If a layer needs a function for a type, it has one registry beside its code, keyed by the names in this file.
tests/model/test_field_types.py lists the registries, and fails if one has no entry for a type, storage or constraint.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Storage:
    """The form in which typed values are kept outside of CSV, and its name in other programs.

    Args:
        name: our name for it.
        duckdb: the type of a column in a DuckDB file; times are in UTC.
        sqlite: the type of a column in an SQLite file.
        worksheet: the format of cells in a workbook, by its name in exporting/formats/worksheets.py.
        pandas: the type of a column in the pandera schema for pandas; empty for the Arrow type.
        is_json: whether values are written to JSON without quotes; otherwise they are texts there.
        is_substitute: whether SQLite has no such type, so that the type in `sqlite` is used in its place.
    """

    name: str
    duckdb: str
    sqlite: str
    worksheet: str
    pandas: str = ""
    is_json: bool = False
    is_substitute: bool = False


TEXT = Storage("text", "VARCHAR", "TEXT", "text", pandas="str")
INTEGER = Storage("integer", "BIGINT", "INTEGER", "number", pandas="Int64", is_json=True)
# All numbers of the model are decimals of 38 digits, 9 of them after the point.
DECIMAL = Storage("decimal", "DECIMAL(38, 9)", "REAL", "number", is_json=True)
BOOLEAN = Storage("boolean", "BOOLEAN", "INTEGER", "number", is_json=True, is_substitute=True)
DATE = Storage("date", "DATE", "TEXT", "day", is_substitute=True)
DATETIME = Storage("datetime", "TIMESTAMPTZ", "TEXT", "time", is_substitute=True)
TIME = Storage("time", "TIME", "TEXT", "hour", is_substitute=True)
STORAGES = (TEXT, INTEGER, DECIMAL, BOOLEAN, DATE, DATETIME, TIME)


# Constraints


@dataclass(frozen=True)
class Constraint:
    """A constraint of Table Schema.

    Args:
        name: its name in a schema.
        code: the code of the finding for a value that breaks it.
        bound: the words of a message for a smallest or largest value, such as "at least"; empty if it is no limit.
        is_of_rows: whether it is about rows (a cell must be filled, or may occur only once), not about one value.
        is_beyond: whether frictionless does not know it, so that only this program checks it.
    """

    name: str
    code: str
    bound: str = ""
    is_of_rows: bool = False
    is_beyond: bool = False


def _by_name(constraints: Iterable[Constraint]) -> dict[str, Constraint]:
    return {one.name: one for one in constraints}


CONSTRAINTS: Mapping[str, Constraint] = _by_name(
    (
        Constraint("required", "required-constraint", is_of_rows=True),
        Constraint("unique", "unique-error", is_of_rows=True),
        Constraint("minimum", "minimum-constraint", bound="at least"),
        Constraint("maximum", "maximum-constraint", bound="at most"),
        Constraint("exclusiveMinimum", "exclusive-minimum-constraint", bound="more than"),
        Constraint("exclusiveMaximum", "exclusive-maximum-constraint", bound="less than"),
        Constraint("minLength", "min-length-constraint"),
        Constraint("maxLength", "max-length-constraint"),
        Constraint("pattern", "pattern-constraint"),
        Constraint("enum", "enum-constraint"),
        Constraint("jsonSchema", "json-schema-constraint", is_beyond=True),
    )
)
BOUNDS = tuple(one.name for one in CONSTRAINTS.values() if one.bound)
OF_ROWS = tuple(one.name for one in CONSTRAINTS.values() if one.is_of_rows)
_ALWAYS = frozenset(OF_ROWS)
_LISTED = _ALWAYS | {"enum"}
_LENGTHS = frozenset({"minLength", "maxLength"})
_ORDERED = _LISTED | frozenset(BOUNDS)


# Types


class Length(StrEnum):
    """What the length of a value counts."""

    CHARACTERS = "characters"
    ITEMS = "items"


@dataclass(frozen=True)
class Notation:
    """The ways to write numbers or times of a type, some of which a value does not keep (check/reading/numerals.py).

    Args:
        has_marks: whether a field may have `groupChar` and `bareNumber`: marks between digits, text around a number.
        has_point: whether a number may have digits after a decimal point.
        is_clock: whether it is a time; then only the digits after the seconds are checked.
    """

    has_marks: bool = False
    has_point: bool = False
    is_clock: bool = False


@dataclass(frozen=True)
class Takes:
    """Which cells of a worksheet that are not text fit a column of the type (check/lanes/shown.py).

    Args:
        numbers: whether numbers, dates and logical values fit. If not, the column is for texts, and such a cell is
            reported, because a code such as 0101 has lost its zero there.
        times: whether the time of day is a part of the value. If so, a cell format that hides the time is reported.
        is_whole: whether each digit of a number counts, as in an id. If so, numbers with more than 15 digits are
            reported, and formats that add zeros at the front.
    """

    numbers: bool = True
    times: bool = False
    is_whole: bool = False


@dataclass(frozen=True)
class FieldType:
    """A type of Table Schema.

    Args:
        name: its name in a schema.
        words: its values in a message, as in "a whole number"; if empty, a message says "of type" and the name.
        storage: the form in which its typed values are kept.
        constraints: the names of the constraints that a field of this type may have.
        is_text: whether the text of a cell is its value without conversion.
        notation: how its numbers or times may be written; None if this is not checked.
        takes: which cells of a worksheet that are not text fit it.
        digits: the fewest digits of its numbers; CSV adds zeros at the front, as in the year 0005.
        marks_groups: whether the standard allows `groupChar`, but frictionless does not read it; then we do.
        plain: a pattern, valid in Python and in polars, for cells in the usual notation.
        length: the unit in which `minLength` and `maxLength` count; None if values have no length.
        codes: the storage of codes for which formats make labelled numbers or enumerations; None if they make none.
        items: the property of a field that describes the items of an array; empty for other types.
        has_forms: whether `format` may change how its values are written; exports write one form, without `format`.
        reads_null: whether a text that usually means a missing value, such as NaN or NULL, may be read as a value.
        is_asked_as_text: whether rules for all columns of text (`*text`) check it.
        has_year: whether each of its values is in one year.
        lists: how a list is written in a cell, as `json` or with a `delimiter` between items; empty for other types.
    """

    name: str
    words: str = ""
    storage: Storage = TEXT
    constraints: frozenset[str] = _LISTED
    is_text: bool = False
    notation: Notation | None = None
    takes: Takes = Takes()
    digits: int = 0
    marks_groups: bool = False
    plain: str = ""
    length: Length | None = None
    codes: Storage | None = None
    items: str = ""
    has_forms: bool = False
    reads_null: bool = False
    is_asked_as_text: bool = False
    has_year: bool = False
    lists: str = ""

    @property
    def is_numeric(self) -> bool:
        """Return whether its values are numbers, which exported CSV may have as they are written."""
        return self.notation is not None and not self.notation.is_clock

    @property
    def compared_as(self) -> Storage | None:
        """Give how values are held where equal values have one text; None where they may have several."""
        return self.storage if self.is_text or self.storage is not TEXT else None


_CLOCK = Notation(is_clock=True)
_TYPES = (
    FieldType(
        "string",
        constraints=_LISTED | _LENGTHS | {"pattern"},
        is_text=True,
        takes=Takes(numbers=False),
        length=Length.CHARACTERS,
        codes=TEXT,
        reads_null=True,
        is_asked_as_text=True,
    ),
    FieldType("any", is_text=True, takes=Takes(times=True), reads_null=True),
    FieldType(
        "integer",
        "a whole number",
        INTEGER,
        _ORDERED,
        notation=Notation(has_marks=True),
        takes=Takes(is_whole=True),
        marks_groups=True,
        plain="^(?:0|-?[1-9][0-9]*)$",
        codes=INTEGER,
        has_forms=True,
    ),
    FieldType(
        "number",
        "a number",
        DECIMAL,
        _ORDERED,
        notation=Notation(has_marks=True, has_point=True),
        plain=r"^(?:0|-?[1-9][0-9]*|-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9])$",
        has_forms=True,
        reads_null=True,
    ),
    FieldType(
        "year", "a year", INTEGER, _ORDERED, notation=Notation(), digits=4, plain="^[1-9][0-9]{3}$", has_year=True
    ),
    FieldType("boolean", "a boolean", BOOLEAN, has_forms=True),
    FieldType("date", "a date", DATE, _ORDERED, plain="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", has_forms=True, has_year=True),
    FieldType(
        "datetime",
        "a date and time",
        DATETIME,
        _ORDERED,
        notation=_CLOCK,
        takes=Takes(times=True),
        has_forms=True,
        has_year=True,
    ),
    FieldType("time", "a time", TIME, _ORDERED, notation=_CLOCK, has_forms=True),
    FieldType("yearmonth", "a year and month", constraints=_ORDERED, has_year=True),
    FieldType("duration"),
    FieldType(
        "array", constraints=_LISTED | _LENGTHS | {"jsonSchema"}, length=Length.ITEMS, items="arrayItem", lists="json"
    ),
    FieldType("object", constraints=_LISTED | _LENGTHS | {"jsonSchema"}, length=Length.ITEMS),
    FieldType(
        "list", constraints=_ALWAYS | _LENGTHS, takes=Takes(numbers=False), length=Length.ITEMS, lists="delimiter"
    ),
    FieldType("geopoint"),
    FieldType("geojson"),
)
FIELD_TYPES: Mapping[str, FieldType] = {one.name: one for one in _TYPES}
_NOT_KNOWN = FieldType("")


def field_type(name: str) -> FieldType:
    """Give the facts of a type; there are none of a type that is not known, as in a schema that nobody judged."""
    return FIELD_TYPES.get(name, _NOT_KNOWN)
