"""Read a column of a code list, to translate its texts to the keys of the list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from depositary.model.mapping import CodeList
from depositary.model.package import Package
from depositary.read.files.records import Records
from depositary.read.profiles import listed


@dataclass(frozen=True)
class Codes:
    """The texts of a column, each with the keys of the rows that have it; `name` is table.column.

    `elsewhere` has the texts of the other columns, each with the names of these columns and the key of the first row.
    """

    name: str
    keys: Mapping[str, tuple[str, ...]]
    elsewhere: Mapping[str, Mapping[str, str]]


def codes_of(package: Package, name: str) -> Codes:
    """Read a column of a table whose key has one column.

    Raises:
        KeyError: the package has no such table.
        UnreadableFile: the table cannot be read.
    """
    table, _, column = name.partition(".")
    resource = package[table]
    key = resource.table.primary_key[0]
    missing = frozenset(resource.table.missing_values())
    found: dict[str, tuple[str, ...]] = {}
    elsewhere: dict[str, dict[str, str]] = {}
    with Records(resource) as records:
        at = records.labels.index(key) if key in records.labels else len(records.labels)
        for row in (row for _, rows in records.chunks() for row in rows if at < len(row) and row[at] not in missing):
            for label, code in zip(records.labels, row, strict=False):
                if code in missing:
                    continue
                if label != column:
                    elsewhere.setdefault(code, {}).setdefault(f"{table}.{label}", row[at])
                elif row[at] not in found.get(code, ()):
                    found[code] = (*found.get(code, ()), row[at])
    return Codes(name, found, elsewhere)


def values_of(given: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Give the values that a manifest translates itself, by column; the last of a text counts."""
    tables = {name: [s for s in listed(sources) if not isinstance(s, str)] for name, sources in given.items()}
    merged = {name: {text: ours for table in of for text, ours in table.items()} for name, of in tables.items()}
    return {name: texts for name, texts in merged.items() if texts}


def lists_of(given: Mapping[str, Any]) -> dict[str, list[str]]:
    """Name the columns of code lists by which a manifest translates, by column."""
    named = {name: [s for s in listed(sources) if isinstance(s, str)] for name, sources in given.items()}
    return {name: of for name, of in named.items() if of}


def code_lists(given: Mapping[str, Any], package: Package) -> dict[str, CodeList]:
    """Read the code lists by which a manifest translates; of several, the first that has a text counts."""
    lists: dict[str, CodeList] = {}
    for name, of in lists_of(given).items():
        read = [codes_of(package, one) for one in reversed(of)]
        codes = {code: keys[0] for one in read for code, keys in one.keys.items()}
        elsewhere: dict[str, dict[str, str]] = {}
        for one in reversed(read):
            for code, places in one.elsewhere.items():
                elsewhere[code] = {**places, **elsewhere.get(code, {})}
        lists[name] = CodeList(" or ".join(of), codes, elsewhere)
    return lists
