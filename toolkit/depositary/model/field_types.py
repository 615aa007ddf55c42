"""The one table of field types and constraints: what the layers know of them, as facts.

Where a layer needs a function and not a fact, it has one registry, keyed by the names that are here, beside its code.
tests/model/test_field_types.py lists the registries, and fails where a type, a storage or a constraint lacks an entry.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Storage:
    """How typed values are held outside of CSV, and what other programs call that.

    Args:
        name: how we call it.
        duckdb: the type of a column in a DuckDB file, where times are in UTC.
        sqlite: the type of a column in an SQLite file.
        worksheet: the form of cells in a workbook, by the name that exporting has for it.
        pandas: the type of a column in a pandas frame; empty where it is the type of Arrow.
        is_json: whether JSON has values of this kind; else they are texts there.
        is_substitute: whether the type in SQLite is that of other values, because SQLite has none for these.
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
        name: how a schema names it.
        code: the code of the finding on a value that breaks it.
        bound: what a message says of a limit in the order of values, such as "at least"; empty for other constraints.
        is_of_rows: whether it asks something of rows, and nothing of a value that is there.
        is_beyond: whether the reference does not know it, so that only we judge it.
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
    """How numbers and times of a type may be written, where that is looked at.

    Args:
        has_marks: whether a field may say how groups of digits are marked, and that there is more around a number.
        has_point: whether a number may have digits behind a point.
        is_clock: whether it is a time, of which only the digits behind seconds are looked at.
    """

    has_marks: bool = False
    has_point: bool = False
    is_clock: bool = False


@dataclass(frozen=True)
class Takes:
    """What a type takes of the cells of a worksheet that are not text.

    Args:
        numbers: whether numbers, days and logical values can be meant; else a text can only look like one.
        times: whether the time of a day matters.
        is_whole: whether each digit of a number matters.
    """

    numbers: bool = True
    times: bool = False
    is_whole: bool = False


@dataclass(frozen=True)
class FieldType:
    """A type of Table Schema.

    Args:
        name: how a schema names it.
        words: what its values are, as in "a whole number"; empty where only its name says so.
        storage: how its typed values are held.
        constraints: those that a field of the type may have.
        is_text: whether its values are the cells themselves.
        notation: how its numbers or times may be written; None where that is not looked at.
        takes: what it takes of the cells of worksheets.
        digits: how many digits its numbers have at least.
        marks_groups: whether groups of digits may be marked in the standard, and not for the reference.
        plain: the pattern of texts that are written as everybody would, in the notation of Python and polars.
        length: what the length of a value counts, if it has one.
        codes: how categories are held of which formats make labelled numbers or enumerations; None where they do not.
        items: the property of a field that describes the items of its values.
        has_forms: whether `format` may say how its values are written; exports write one form.
        reads_null: whether texts that mean no value elsewhere, such as NaN and NULL, may be values.
        is_asked_as_text: whether rules on all columns of text (`*text`) ask it.
        read_as: the type as which the reference reads cells, where it does not know this one.
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
    read_as: str = ""

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
    FieldType("year", "a year", INTEGER, _ORDERED, notation=Notation(), digits=4, plain="^[1-9][0-9]{3}$"),
    FieldType("boolean", "a boolean", BOOLEAN, has_forms=True),
    FieldType("date", "a date", DATE, _ORDERED, plain="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", has_forms=True),
    FieldType(
        "datetime", "a date and time", DATETIME, _ORDERED, notation=_CLOCK, takes=Takes(times=True), has_forms=True
    ),
    FieldType("time", "a time", TIME, _ORDERED, notation=_CLOCK, has_forms=True),
    FieldType("yearmonth", "a year and month", constraints=_ORDERED),
    FieldType("duration"),
    FieldType("array", constraints=_LISTED | _LENGTHS | {"jsonSchema"}, length=Length.ITEMS, items="arrayItem"),
    FieldType("object", constraints=_LISTED | _LENGTHS | {"jsonSchema"}, length=Length.ITEMS),
    FieldType("list", constraints=_ALWAYS | _LENGTHS, takes=Takes(numbers=False), length=Length.ITEMS),
    FieldType("geopoint"),
    FieldType("geojson"),
)
FIELD_TYPES: Mapping[str, FieldType] = {one.name: one for one in _TYPES}
_NOT_KNOWN = FieldType("")


def field_type(name: str) -> FieldType:
    """Give the facts of a type; there are none of a type that is not known, as in a schema that nobody judged."""
    return FIELD_TYPES.get(name, _NOT_KNOWN)
