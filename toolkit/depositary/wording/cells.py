"""Describe what is wrong with a cell, and what to do about it."""

import re
from collections.abc import Mapping
from typing import Any

from depositary.model.codes import CODES
from depositary.model.odd_quote import OddQuote
from depositary.model.table import Field
from depositary.wording import edtf_hints
from depositary.wording import suggest as hints
from depositary.wording.likeness import spelled
from depositary.wording.plain import _SHOWN, shown

_OTHER_SPACE = re.compile(r"[^\S ]")

_CODES = {
    "type": "type-error",
    "required": "required-constraint",
    "minLength": "min-length-constraint",
    "maxLength": "max-length-constraint",
    "pattern": "pattern-constraint",
    "enum": "enum-constraint",
    "minimum": "minimum-constraint",
    "maximum": "maximum-constraint",
    "exclusiveMinimum": "exclusive-minimum-constraint",
    "exclusiveMaximum": "exclusive-maximum-constraint",
    "categories": "category-constraint",
    "jsonSchema": "json-schema-constraint",
    "erased": "erased-required",
    "local": "pattern-constraint",
    "spaced": "pattern-constraint",
    "error_value": "type-error",
    "not_calculated": "type-error",
}
_PLAIN = {
    "required": ("{name} is empty, and every row needs it", ""),
    "jsonSchema": ("{cell} does not fit the JSON Schema of {name}", ""),
    "local": ("{cell} is not a local id", "write local: and then small letters, digits and hyphens"),
    "spaced": ("{cell} has spaces around \\N, so it does not erase {name}", "write \\N without spaces"),
    "error_value": ("{cell} is the error of a formula, not a value", "correct the formula, or write the value itself"),
    "not_calculated": (
        "the cell has a formula without a stored result",
        "open the workbook in a spreadsheet and save it again",
    ),
    "erased": ("\\N would erase {name}, which every row needs", "write the right value, or delete the row"),
}
_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}
_KINDS = {
    "boolean": "a boolean",
    "date": "a date",
    "datetime": "a date and time",
    "integer": "a whole number",
    "number": "a number",
    "time": "a time",
    "year": "a year",
    "yearmonth": "a year and month",
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
    return _KINDS.get(field.type) or f"of type {field.type}"


def fix(code: str) -> str:
    """Give the general hint for findings of a code."""
    text = CODES[code].fix
    return f"{text[0].lower()}{text[1:].rstrip('.')}"


def describe(field: Field, note: str, cell: str) -> tuple[str, str]:
    """Give the message and the hint for a cell that the reader of its field refused."""
    if note == "type":
        return _type(field, cell)
    if field.type == "array" and note not in field.constraints:
        item = field.descriptor.get("arrayItem")
        return f"an item of {shown(cell)} does not fit {field.name}", f"each item must fit {item}"
    if note in _PLAIN:
        message, hint = _PLAIN[note]
        return message.format(cell=shown(cell), name=field.name), hint
    if note == "enum":
        return _choice(field, cell, [str(v) for v in field.constraints["enum"]])
    if note == "categories":
        return _choice(field, cell, list(field.categories))
    if note == "pattern":
        return _pattern(field, cell)
    return _limit(field, note, cell), ""


def odd_quote(odd: OddQuote, label: str) -> tuple[str, str]:
    """Give the message and the hint for a cell with quotes at a wrong place."""
    where = f" in {label}" if label else ""
    if odd.kind == "unclosed":
        message = f"a quote that opens in row {odd.row} is never closed, so the rest of the file is one cell"
        return message, "close the quote, or double it if it belongs to the text"
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


def _type(field: Field, cell: str) -> tuple[str, str]:
    if field.type == "boolean":
        allowed = [
            *field.descriptor.get("trueValues", ["true"]),
            *field.descriptor.get("falseValues", ["false"]),
        ]
        return f"{shown(cell)} is not a boolean", f"write {' or '.join(map(str, allowed))}"
    what = kind(field)
    if field.descriptor.get("format", "default") not in ("default", "any"):
        what += f" in the format {field.descriptor['format']}"
    hint = ""
    if field.type in ("date", "datetime"):
        hint = hints.as_date(cell) or "write year-month-day, as in 2023-05-26"
    if field.type in ("integer", "number"):
        hint = hints.as_number(cell, whole=field.type == "integer")
        hint = hint or "write only digits; words and units belong in other columns"
    return f"{shown(cell)} is not {what}", hint


def _choice(field: Field, cell: str, allowed: list[str]) -> tuple[str, str]:
    values = {value: value for value in allowed}
    names = {label: value for value, label in field.categories.items() if value in values} | values
    told = spelled(cell) if hints.alike(cell, names) else shown(cell)
    return f"{told} is not a value of {field.name}", hints.suggest(cell, names) or hints.one_of(allowed)


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


def _limit(field: Field, note: str, cell: str) -> str:
    limit = field.constraints[note]
    if note in _BOUNDS:
        return f"{shown(cell)} is out of range: {field.name} is {_BOUNDS[note]} {limit}"
    bound = f"needs at least {limit}" if note == "minLength" else f"may have at most {limit}"
    if field.type in ("array", "list", "object"):
        return f"{field.name} {bound} item{'' if limit == 1 else 's'}: {shown(cell)}"
    has = f"{len(cell)} character{'' if len(cell) == 1 else 's'}"
    return f"{field.name} has {has} and {bound}: {shown(cell)}"


def label_message(code: str, error: Mapping[str, Any]) -> str:
    """Describe what is wrong with a label, from the reference's error."""
    number, label, name = error.get("fieldNumber"), error.get("label", ""), error.get("fieldName", "")
    return {
        "blank-header": "the first row, which names the columns, is blank",
        "unmatched-header": "none of the columns is a column of the table",
        "extra-label": f"column {number}, {shown(label)}, is not a column of the table",
        "missing-label": f"the column {name} is missing",
        "blank-label": f"column {number} has no name; in the schema it is {name}",
        "duplicate-label": f"column {number} has the name of another column, {shown(label)}",
        "incorrect-label": f"column {number} is named {shown(label)}; in the schema it is {name}",
    }[code]
