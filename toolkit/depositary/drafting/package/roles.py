"""Propose lists of values, and what a column is to a merge: id, source, contributor or set."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from depositary.drafting.package.evidence import Line
from depositary.drafting.package.references import DraftedTable
from depositary.drafting.package.scan import Scans
from depositary.drafting.package.types import STRING, TypedColumn, words
from depositary.model.role import Role
from depositary.wording.plain import number, shown

_MOST_VALUES, _LONGEST_VALUE = 30, 40  # of a list of values
_TIMES = 5  # a value of a list occurs on average
_LONGEST_ELEMENT = 40  # characters of an element of a set
_LEAST_LISTS = 2  # rows with several elements
_SEPARATORS = (";", "|")
_SOURCES = frozenset(("source", "sources", "document", "documents", "src"))
_CONTRIBUTORS = frozenset(("contributor", "contributors", "coder", "coders", "annotator", "annotators"))
_BY = frozenset(("coded_by", "entered_by", "recorded_by", "collected_by", "added_by", "contributed_by"))
_ABOUT = frozenset(
    ("kind", "type", "title", "name", "date", "language", "page", "pages", "count", "note", "notes", "text")
)
_ID = frozenset(("id", "ids", "uuid", "key"))
_PREFIX = re.compile(r"[A-Za-z]+[-_:]")

Proposed = tuple[dict[str, Any], list[Line]]


def proposals_for(table: DraftedTable, column: TypedColumn, scans: Scans, taken: frozenset[Role]) -> Proposed:
    """Propose properties of a field besides its type; `taken` are the roles that other columns have."""
    described: dict[str, Any] = {}
    lines: list[Line] = []
    if column.name in table.key.names:
        described["constraints"] = {"required": True}
    elif table.scan.rows and (values := _enum(table, column, scans)):
        described["constraints"] = {"enum": values}
        counted = f"{number(len(values), 'value')} in {number(table.scan.rows, 'row')}"
        why = f"{counted}, each {_on_average(column)} times on average"
        lines.append(Line(column.name, "enum", ", ".join(values), why))
    for merge, why in _merge(table, column, scans, taken):
        described["merge"] = merge
        named = ", ".join(f"{key} {value}" if key != "as" else str(value) for key, value in merge.items())
        lines.append(Line(column.name, "merge", named, why))
        if merge["as"] == Role.SET:
            described.pop("constraints", None)
            lines = [line for line in lines if line.what != "enum"]
        break
    return described, lines


def _on_average(column: TypedColumn) -> str:
    return f"{column.filled / column.distinct:,.0f}"


# Lists of values


def _enum(table: DraftedTable, column: TypedColumn, scans: Scans) -> list[str]:
    """Give the values of a column that has few, each many times; none otherwise."""
    few = 1 < column.distinct <= _MOST_VALUES and column.filled >= _TIMES * column.distinct
    is_text = column.type == STRING and "rdfType" not in column.properties
    if not few or not is_text or column.name in table.referring or column.column.longest > _LONGEST_VALUE:
        return []
    values = scans.values(table.scan, column.column, _MOST_VALUES + len(column.missing))
    return [text for text, _ in values if text not in column.missing]


# Roles


def _merge(
    table: DraftedTable, column: TypedColumn, scans: Scans, taken: frozenset[Role]
) -> Iterator[tuple[Mapping[str, str], str]]:
    if table.key.names == (column.name,):
        yield from _id(table, column, scans)
        return
    if column.name in table.key.names or not table.scan.rows:
        return
    if Role.SOURCE not in taken and (why := _says(table, column, _SOURCES, frozenset())):
        yield {"as": Role.SOURCE.value}, why
    if Role.CONTRIBUTOR not in taken and (why := _says(table, column, _CONTRIBUTORS, _BY)):
        yield {"as": Role.CONTRIBUTOR.value}, why
    yield from _set(table, column, scans)


def _id(table: DraftedTable, column: TypedColumn, scans: Scans) -> Iterator[tuple[Mapping[str, str], str]]:
    """Propose that new rows get an id, if the key is one that was made for the table."""
    if column.type != STRING or not _ID & {*words(column.name)} or column.name in table.referring:
        return
    values = scans.ends(table.scan, column.column)
    common = _PREFIX.match(_beginning(values[0], values[-1])) if len(values) > 1 else None
    merge = {"as": Role.ID.value, **({"prefix": common[0]} if common else {})}
    begin = f", with values that begin with {shown(common[0])}" if common else ""
    yield merge, f"the key, named as an id{begin}: new rows get one"


def _beginning(first: str, last: str) -> str:
    """Give the text with which the first and the last of sorted texts, and so all of them, begin."""
    at = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[:at]


def _says(table: DraftedTable, column: TypedColumn, nouns: frozenset[str], whole: frozenset[str]) -> str:
    """Give the reason why a column names a source or a contributor: its table, or its name."""
    for one in table.references:
        if one.fields == (column.name,) and nouns & {*words(one.table)}:
            return f"it refers to `{one.table}`"
    spelt = {*words(column.name)}
    if column.type == STRING and column.name.lower() in whole:
        return f"its name is {column.name}"
    is_named = (
        column.type == STRING and nouns & spelt and not _ABOUT & spelt and (spelt <= nouns | {"id", "url", "code"})
    )
    return f"its name is {column.name}" if is_named else ""


def _set(table: DraftedTable, column: TypedColumn, scans: Scans) -> Iterator[tuple[Mapping[str, str], str]]:
    """Propose that a column of lists merges element by element."""
    if column.type != STRING or column.name in table.referring:
        return
    for separator in _SEPARATORS:
        found = scans.elements(table.scan, column.column, separator)
        repeated = found["texts"] < found["elements"]
        if found["lists"] >= _LEAST_LISTS and repeated and not found["odd"] and found["longest"] <= _LONGEST_ELEMENT:
            why = f"{number(found['lists'], 'cell')} with several elements; {number(found['texts'], 'element')} in all"
            yield {"as": Role.SET.value, "separator": separator}, f"{why}, separated by {shown(separator)}"
            return
