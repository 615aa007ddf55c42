"""Propose the type of a column, and the texts in it that mean a missing value, from the forms of its texts.

A type is proposed only if it reads every text of the column; otherwise the column is text, and the line says why.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from depositary.drafting.package.evidence import Line, of_rows, some
from depositary.drafting.package.forms import (
    BOOLEAN,
    COMPACT_DAY,
    DATE,
    DAYS,
    DIGITS,
    INTEGER,
    MONTH,
    NUMBER,
    PADDED,
    PLAIN_TIME,
    SPACED,
    STYLES,
    TIME,
    TWO_LETTERS,
    YEAR,
    ZONED,
)
from depositary.drafting.package.scan import ScannedColumn
from depositary.drafting.package.type_roles import TYPE_ROLES
from depositary.model.table import EDTF
from depositary.wording.plain import number, shown

STRING = "string"
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Words of names whose digits are codes and not amounts.
CODE_WORDS = frozenset(
    (
        "id",
        "ids",
        "identifier",
        "code",
        "codes",
        "key",
        "iso",
        "m49",
        "hs",
        "cn",
        "cpc",
        "sitc",
        "isic",
        "nace",
        "naics",
        "bec",
        "mast",
        "cmd",
        "commodity",
        "heading",
        "subheading",
        "zip",
        "postcode",
        "postal",
        "phone",
        "tel",
        "isbn",
        "issn",
        "ean",
        "gtin",
        "lei",
        "doi",
        "uuid",
        "reporter",
        "partner",
    )
)
_DAY_WORDS = frozenset(("date", "day", "datum", "fecha", "dia"))
_YEAR_WORDS = frozenset(("year", "years", "yr", "jahr", "annee", "ano", "anio", "period", "time"))
_NEVER_IN_TEXT = frozenset(("NA", "na", "None", "none", "-", "--", ".", "…", "...", ":"))  # without further evidence
_EVEN = 5  # digits of numbers that are codes if all have as many
_ENOUGH = 20  # rows from which that is believed
_MOSTLY = 0.8
_LARGE = 0.9  # of the texts; what keeps the others from a type is worth a line


@dataclass(frozen=True)
class TypedColumn:
    """A column with its proposed type: the properties of its field, and the evidence."""

    column: ScannedColumn
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()

    @property
    def name(self) -> str:
        """Name the column."""
        return self.column.name

    @property
    def filled(self) -> int:
        """Count the cells with a value."""
        return self.column.filled - sum(self.column.missing[text] for text in self.missing)

    @property
    def distinct(self) -> int:
        """Count the different values."""
        return self.column.distinct - len(self.missing)

    def as_text(self, why: str) -> "TypedColumn":
        """Give the same column as text."""
        kept = tuple(line for line in self.lines if line.what != "type")
        return replace(self, type=STRING, properties={}, lines=(Line(self.name, "type", STRING, why), *kept))

    def field(self) -> dict[str, Any]:
        """Describe the column as a field."""
        described = {"name": self.name, "type": self.type, **self.properties}
        if self.missing:
            described["missingValues"] = ["", *self.missing]
        return described


def words(name: str) -> list[str]:
    """Split a name into words, in small letters: hsCode6 is hs, code, 6."""
    return [word.lower() for word in _WORDS.findall(name)]


def stems(name: str) -> set[str]:
    """Give the words of a name in the singular, as far as English endings say: countries is country."""
    return {f"{word[:-3]}y" if word.endswith("ies") else word.rstrip("s") or word for word in words(name)}


def typed(column: ScannedColumn, rows: int) -> TypedColumn:
    """Propose a type."""
    if not column.filled:
        return TypedColumn(column, STRING, lines=(Line(column.name, "type", STRING, _blank(rows)),))
    candidates = tuple(text for text in column.missing)
    for missing in dict.fromkeys(((), candidates)):
        found = _of_values(column, missing)
        if found:
            return _with_missing(found, rows)
    return _text(column, rows)


def _blank(rows: int) -> str:
    return f"blank in all {number(rows, 'row')}; decide what it will have" if rows else "the table has no rows"


# Types


def _of_values(column: ScannedColumn, missing: tuple[str, ...]) -> TypedColumn | None:
    """Give the type that reads all texts but those that mean a missing value; None if that is text."""
    total = column.filled - sum(column.missing[text] for text in missing)
    if not total or (column.is_text and column.of(INTEGER) + column.of(PADDED) == total):
        return None
    for kind, properties, why in _types(column, total):
        if kind == STRING:
            return None
        line = Line(column.name, "type", _in_words(kind, properties), why)
        return TypedColumn(column, kind, properties, missing, (line,))
    return None


_CALENDAR: Mapping[str, tuple[str, str]] = {  # the type of a form, and what its values are called
    BOOLEAN: ("boolean", "true or false"),
    DATE: ("date", "days"),
    PLAIN_TIME: ("datetime", "times"),
    ZONED: ("datetime", "times with their zone"),
    TIME: ("time", "times of the day"),
    MONTH: ("yearmonth", "months"),
}


def _types(column: ScannedColumn, total: int) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Give the types that read all values, the best first."""
    every = f"all {number(total, 'value')}" if total > 1 else "its value"
    for form, (kind, what) in _CALENDAR.items():
        if column.of(form) == total:
            yield kind, {}, f"{every}: {what}, such as {_first(column, form)}"
    yield from _days(column, total, every)
    if column.of(YEAR) == total and _YEAR_WORDS & {*words(column.name)}:
        yield "year", {}, f"{every}: years such as {_first(column, YEAR)}"
    if column.of(INTEGER) == total:
        yield (STRING, {}, "") if _codes(column, total) else ("integer", {}, f"{every}: whole numbers")
    if column.of(NUMBER) == total:
        yield "number", {}, f"{every}: numbers such as {_first(column, NUMBER)}"
    for style in STYLES:
        if column.of(style.name) == total and column.of(style.clear):
            marks = {"decimalChar": style.decimal} if style.decimal != "." else {}
            marks |= {"groupChar": style.group} if style.group else {}
            yield "number", marks, f"{every}: numbers such as {_first(column, style.clear)}"


def _days(column: ScannedColumn, total: int, every: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    fitting = [form for form in DAYS if column.of(form) == total]
    if len(fitting) == 1:
        yield "date", {"format": fitting[0]}, f"{every}: days such as {_first(column, fitting[0])}, and no other order"
    if column.of(COMPACT_DAY) == total and _DAY_WORDS & {*words(column.name)}:
        yield "date", {"format": COMPACT_DAY}, f"{every}: days such as {_first(column, COMPACT_DAY)}"


def _codes(column: ScannedColumn, total: int) -> bool:
    """Return whether whole numbers seem to be codes."""
    even = column.longest == column.shortest and column.longest >= _EVEN and total >= _ENOUGH
    return bool(even or _code_word(column.name))


def _code_word(name: str) -> str:
    return next((word for word in words(name) if word in CODE_WORDS), "")


def _in_words(kind: str, properties: Mapping[str, Any]) -> str:
    return ", ".join([kind, *(f"{name} {shown(value)}" for name, value in properties.items())])


def _first(column: ScannedColumn, form: str, other: str = "") -> str:
    """Quote the first value of a form."""
    return some([column.first.get(form) or column.first.get(other, "")])


# Text


def _text(column: ScannedColumn, rows: int) -> TypedColumn:
    missing = _missing_in_text(column)
    total = column.filled - sum(missing.values())
    doubt = _doubt(column, total)
    lines = [Line(column.name, "type", STRING, "texts" if doubt else _why_text(column, total))]
    lines += [Line(column.name, "type", "", doubt)] if doubt else []
    properties: dict[str, Any] = {}
    if _is_edtf(column, total):
        properties["rdfType"] = EDTF
        lines.append(Line(column.name, "rdfType", "EDTF", _parts_of_days(column)))
    lines += _remarks(column, missing, rows)
    return _with_missing(TypedColumn(column, STRING, properties, tuple(missing), tuple(lines)), rows)


def _missing_in_text(column: ScannedColumn) -> dict[str, int]:
    """Choose the texts that mean a missing value in a column of text."""
    sure = {text: n for text, n in column.missing.items() if text not in _NEVER_IN_TEXT}
    if "NA" in column.missing and not _has_codes(column):
        sure["NA"] = column.missing["NA"]
    chosen = column.missing if sum(column.missing.values()) == column.filled else sure
    return {text: n for text, n in column.missing.items() if text in chosen}


def _has_codes(column: ScannedColumn) -> bool:
    """Return whether most texts are codes of two letters, as NA for Namibia."""
    others = column.filled - column.missing.get("NA", 0)
    letters = column.of(TWO_LETTERS) - column.missing.get("NA", 0)
    return others > 0 and letters >= _MOSTLY * others


def _why_text(column: ScannedColumn, total: int) -> str:
    if column.of(PADDED):
        count = column.of(PADDED)
        which = f"{count:,} of {number(total, 'value')}" if count < total else f"all {number(total, 'value')}"
        which, verb = (which, "begin") if total > 1 else ("its value", "begins")
        return f"{which} {verb} with 0, such as {_first(column, PADDED)}"
    if total and column.of(INTEGER) == total:
        return _why_codes(column, total)
    return "digits that are too many for a number" if total and column.of(DIGITS) == total else "texts"


def _doubt(column: ScannedColumn, total: int) -> str:
    """Say why a column is text that a person may want to have as dates or numbers; empty if it is not so."""
    if not total:
        return ""
    orders = [form for form in DAYS if column.of(form) == total]
    if len(orders) > 1:
        return f"days such as {_first(column, orders[0])}: it is not clear whether the day or the month is first"
    if styles := [style for style in STYLES if column.of(style.name) == total and column.of(INTEGER) < total]:
        found = _first(column, styles[0].name, INTEGER)
        return f"numbers such as {found}: it is not clear whether the mark is for decimals or thousands"
    return "" if column.of(PADDED) or column.of(INTEGER) == total else _several(column, total)


def _why_codes(column: ScannedColumn, total: int) -> str:
    word = _code_word(column.name)
    if column.is_text:
        return "digits, but the file has them as text"
    if word:
        return f"whole numbers, but {shown(word)} in the name says that they are codes"
    return f"all {number(total, 'value')} have {column.longest} digits, as codes have"


def _several(column: ScannedColumn, total: int) -> str:
    """Count the forms of days, if there are several, or what most values are."""
    days = {form: column.of(form) for form in (DATE, PLAIN_TIME, *DAYS) if column.of(form)}
    if len(days) > 1 and sum(days.values()) >= _MOSTLY * total:
        return "dates in several forms: " + ", ".join(f"{n:,} as {_first(column, form)}" for form, n in days.items())
    for form, what in ((NUMBER, "numbers"), (DATE, "dates")):
        if _LARGE * total <= column.of(form) < total:
            return f"{column.of(form):,} of {number(total, 'value')} are {what}, {total - column.of(form):,} are not"
    return ""


def _is_edtf(column: ScannedColumn, total: int) -> bool:
    kinds = [column.of(form) for form in (DATE, MONTH, YEAR)]
    return total > 0 and sum(kinds) == total and sum(map(bool, kinds)) > 1


def _parts_of_days(column: ScannedColumn) -> str:
    named = {DATE: "day", MONTH: "month", YEAR: "year"}
    return ", ".join(number(column.of(form), what) for form, what in named.items() if column.of(form)) + " in ISO 8601"


def _remarks(column: ScannedColumn, missing: Mapping[str, int], rows: int) -> Iterator[Line]:
    """Write what a person should look at."""
    left = {text: n for text, n in column.missing.items() if text not in missing}
    for text, n in left.items():
        reason = "other values are codes of two letters" if text == "NA" else "it may be one"
        yield Line(
            column.name, "missingValues", "", f"{shown(text)} in {of_rows(n, rows)} is kept as a value: {reason}"
        )
    if column.of(SPACED):
        what = f"{number(column.of(SPACED), 'value')} with a space before or after it, such as"
        yield Line(column.name, "type", "", f"{what} {_first(column, SPACED)}; remove the spaces")


def _with_missing(found: TypedColumn, rows: int) -> TypedColumn:
    column = found.column
    lines = list(found.lines)
    if found.missing:
        counts = ", ".join(f"{shown(text)} in {of_rows(column.missing[text], rows)}" for text in found.missing)
        others = "" if found.type == STRING else f"; all other values have the type {found.type}"
        lines.append(Line(found.name, "missingValues", some(found.missing), counts + others))
    if TYPE_ROLES[found.type].has_sentinels:
        for text, n in column.sentinels.items():
            why = f"{shown(text)} in {of_rows(n, rows)}: it may mean that a value is missing; decide"
            lines.append(Line(found.name, "missingValues", "", why))
    return replace(found, lines=tuple(lines))
