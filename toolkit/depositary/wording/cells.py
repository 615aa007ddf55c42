"""Describe what is wrong with a cell, and what to do about it."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from depositary.model.codes import CODES
from depositary.model.field_types import BOUNDS, CONSTRAINTS, Length
from depositary.model.odd_quote import OddQuote
from depositary.model.table import Field, kind_of
from depositary.wording import edtf_hints
from depositary.wording import suggest as hints
from depositary.wording.likeness import spelled
from depositary.wording.plain import _SHOWN, shown

_OTHER_SPACE = re.compile(r"[^\S ]")

_CODES = {
    **{one.name: one.code for one in CONSTRAINTS.values()},
    "type": "type-error",
    "categories": "category-constraint",
    "erased": "erased-required",
    "local": "pattern-constraint",
    "spaced": "pattern-constraint",
    "error_value": "type-error",
    "not_calculated": "type-error",
    "untranslated": "untranslated-cell",
}
_PLAIN = {
    "required": ("{name} is empty, but every row needs it", ""),
    "jsonSchema": ("{cell} does not fit the JSON Schema of {name}", ""),
    "local": ("{cell} is not a local id", "write local: and then small letters, digits and hyphens"),
    "spaced": ("{cell} has spaces around \\N, so it does not erase {name}", "write \\N without spaces"),
    "error_value": ("{cell} is the error of a formula, not a value", "correct the formula, or write the value itself"),
    "not_calculated": (
        "the cell has a formula without a stored result",
        "open the workbook in a spreadsheet and save it again",
    ),
    "untranslated": ("{cell} cannot be translated", ""),
    "erased": ("\\N would erase {name}, which every row needs", "write the right value, or delete the row"),
}
_EDTF_FORMS = (
    "2023, 2023-05, 2023-05-26, 2023-05~, 2023-05-01/2023-05-26, ../2023-05-26, [2023-05..2023-06] or [..2023-05-26]"
)


def code_of(note: str) -> str:
    """Give the code of the finding for a note of a reader."""
    return _CODES.get(note, f"{note}-constraint")


def shown_with_spaces(text: str) -> str:
    r"""Quote a text with its spaces unchanged; other whitespace is written out, as `\t`."""
    seen = _OTHER_SPACE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return f'"{seen[:_SHOWN]}…"' if len(seen) > _SHOWN else f'"{seen}"'


def kind(field: Field) -> str:
    """Name the kind of value of a field, as in "a whole number"."""
    return kind_of(field).words or f"of type {field.type}"


def fix(code: str) -> str:
    """Give the general hint for findings of a code."""
    text = CODES[code].fix
    return f"{text[0].lower()}{text[1:].rstrip('.')}"


def describe(field: Field, note: str, cell: str) -> tuple[str, str]:
    """Give the message and the hint for a cell that the reader of its field refused."""
    if note == "type":
        return TYPES[field.type](field, cell)
    if kind_of(field).items and note not in field.constraints:
        item = field.descriptor.get(kind_of(field).items)
        return f"an item of {shown(cell)} does not fit {field.name}", f"each item must fit {item}"
    if note in _PLAIN:
        message, hint = _PLAIN[note]
        return message.format(cell=shown(cell), name=field.name), hint
    return NOTES[note](field, cell)


def odd_quote(odd: OddQuote, label: str) -> tuple[str, str]:
    """Give the message and the hint for a cell with quotes at a wrong place."""
    where = f" in {label}" if label else ""
    if odd.kind == "unclosed":
        message = f"a quote that opens in row {odd.row} is never closed, so the rest of the file is one cell"
        return f"{message}: {shown(odd.text)}", "close the quote, or double it if it belongs to the text"
    if odd.kind == "swallowing":
        message = f"a quoted cell{where} contains the delimiters or rows after it: {shown(odd.text)}"
        return message, "add the missing quote, or delete the extra one"
    if "\\" in odd.text:
        hint = "double the quote and put the text into quotes; in CSV a backslash does not escape a quote"
    else:
        hint = "put quotes around the whole cell and double the quotes inside it, or delete the quote"
    if odd.kind == "inside":
        return f"a quote inside an unquoted cell{where} is read as text: {shown(odd.text)}", hint
    return f"text follows the closing quote of a cell{where}: {shown(odd.text)}", hint


# Values of another type


_Texts = tuple[str, str]


def _not_of_type(field: Field, cell: str) -> _Texts:
    what = kind(field)
    if field.descriptor.get("format", "default") not in ("default", "any"):
        what += f" in the format {field.descriptor['format']}"
    return f"{shown(cell)} is not {what}", ""


def _no_boolean(field: Field, cell: str) -> _Texts:
    allowed = [
        *field.descriptor.get("trueValues", ["true"]),
        *field.descriptor.get("falseValues", ["false"]),
    ]
    return f"{shown(cell)} is not {kind(field)}", f"write {' or '.join(map(str, allowed))}"


def _no_day(field: Field, cell: str) -> _Texts:
    message, _ = _not_of_type(field, cell)
    return message, hints.as_date(cell) or "write year-month-day, as in 2023-05-26"


def _no_number(field: Field, cell: str, *, whole: bool) -> _Texts:
    message, _ = _not_of_type(field, cell)
    hint = hints.as_number(cell, whole=whole)
    return message, hint or "write only digits; words and units belong in other columns"


TYPES: Mapping[str, Callable[[Field, str], _Texts]] = {
    "integer": partial(_no_number, whole=True),
    "number": partial(_no_number, whole=False),
    "boolean": _no_boolean,
    "date": _no_day,
    "datetime": _no_day,
    **dict.fromkeys(("string", "any", "year", "time", "yearmonth", "duration"), _not_of_type),
    **dict.fromkeys(("array", "object", "list", "geopoint", "geojson"), _not_of_type),
}


# Values that break a constraint


def _no_choice(field: Field, cell: str) -> _Texts:
    return _choice(field, cell, [str(value) for value in field.constraints["enum"]])


def _no_category(field: Field, cell: str) -> _Texts:
    return _choice(field, cell, list(field.categories))


def _choice(field: Field, cell: str, allowed: list[str]) -> tuple[str, str]:
    values = {value: value for value in allowed}
    names = {label: value for value, label in field.categories.items() if value in values} | values
    written = spelled(cell) if hints.alike(cell, names) else shown(cell)
    return f"{written} is not a value of {field.name}", hints.suggest(cell, names) or hints.one_of(allowed)


def _pattern(field: Field, cell: str) -> tuple[str, str]:
    if field.is_edtf:
        message = f"{shown(cell)} is not an EDTF date"
        fits = re.compile(field.constraints["pattern"]).fullmatch
        meant = [date for date in edtf_hints.meant(cell) if fits(date)]
        if meant:
            return message, f"did you mean {' or '.join(meant)}?"
        return message, hints.as_date(cell) or f"write {_EDTF_FORMS}"
    example: Any = field.descriptor.get("example")
    form = f"write it as in {example}" if example else f"the form is {field.constraints['pattern']}"
    return f"{shown(cell)} does not have the form of {field.name}", form


def _out_of_range(name: str, field: Field, cell: str) -> _Texts:
    limit = field.constraints[name]
    return f"{shown(cell)} is out of range: {field.name} is {CONSTRAINTS[name].bound} {limit}", ""


def _length(name: str, bound: str, field: Field, cell: str) -> _Texts:
    limit = field.constraints[name]
    if kind_of(field).length is Length.ITEMS:
        return f"{field.name} {bound} {limit} item{'' if limit == 1 else 's'}: {shown(cell)}", ""
    has = f"{len(cell)} character{'' if len(cell) == 1 else 's'}"
    return f"{field.name} has {has} and {bound} {limit}: {shown(cell)}", ""


NOTES: Mapping[str, Callable[[Field, str], _Texts]] = {
    **{name: partial(_out_of_range, name) for name in BOUNDS},
    "minLength": partial(_length, "minLength", "needs at least"),
    "maxLength": partial(_length, "maxLength", "may have at most"),
    "pattern": _pattern,
    "enum": _no_choice,
    "categories": _no_category,
}


def label_message(code: str, error: Mapping[str, Any]) -> str:
    """Describe what is wrong with a label, from the reference's error."""
    number, label, name = error.get("fieldNumber"), error.get("label", ""), error.get("fieldName", "")
    return {
        "blank-header": "the first row, which names the columns, is blank",
        "unmatched-header": "none of the columns is a column of the table",
        "extra-label": f"column {number}, {shown(label)}, is not a column of the table"
        if label
        else f"column {number} has no name, so it is not a column of the table",
        "missing-label": f"the column {name} is missing",
        "blank-label": f"column {number} has no name; in the schema it is {name}",
        "duplicate-label": f"column {number} has the name of another column, {shown(label)}",
        "incorrect-label": f"column {number} is named {shown(label)}; in the schema it is {name}",
    }[code]
