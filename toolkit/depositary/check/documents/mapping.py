"""Check the parts of a manifest about mapped files, and about columns that are added or dropped."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from depositary.check.documents.descriptor import finding, judge_descriptor
from depositary.model.field_types import OF_ROWS
from depositary.model.file_kinds import FileKind, file_kind
from depositary.model.finding import Finding
from depositary.model.package import Mode, Package
from depositary.model.role import role_named
from depositary.model.table import Table
from depositary.read.contribution import MANIFEST, known_tables
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import sheets
from depositary.read.paths import unsafe
from depositary.wording.suggest import suggest

_READ = (FileKind.CSV, FileKind.WORKBOOK)


def judge_edits(document: Mapping[str, Any], package: Package) -> list[Finding]:
    """Find columns that a contribution cannot add or drop."""
    return [
        _wrong(*problem)
        for table, edit in document.get("schema", {}).items()
        for problem in _edit(table, edit, package)
    ]


def judge_files(document: Mapping[str, Any], directory: Path, package: Package) -> list[Finding]:
    """Find errors under `files` in a manifest; its edits of columns must be valid already."""
    tables = known_tables(document, package)
    found: list[_Texts] = []
    counts: Counter[tuple[str, str]] = Counter()
    for number, entry in enumerate(document.get("files", ()), start=1):
        problems = list(_file(entry, directory, tables, Mode(document["mode"])))
        found += [(f"files, entry {number} ({entry['path']}): {message}", hint) for message, hint in problems]
        counts[entry["path"], entry.get("sheet", "")] += 1
    for (path, _), count in sorted(counts.items()):
        if count > 1:
            found.append(
                (f"files names {path} {count} times", "a file belongs to one table; copy the file for another table")
            )
    return [_wrong(*problem) for problem in found]


_Texts = tuple[str, str]  # message and hint


def _wrong(message: str, hint: str) -> Finding:
    return finding("manifest-error", message, hint, file=MANIFEST)


def _unknown(what: str, name: str, of: str, known: Iterable[str]) -> _Texts:
    names = {k: k for k in known}
    hint = suggest(name, names) or f"allowed are {', '.join(names)}"
    return f"{what} names {name!r}, which is not a {of}", hint


# Columns that are added and dropped


def _edit(name: str, edit: Mapping[str, Any], package: Package) -> Iterator[_Texts]:
    resource = package.get(name)
    if resource is None:
        yield _unknown("schema", name, "table of the package", (r.name for r in package))
        return
    within = f"schema.{name}"
    for field in edit.get("drop", ()):
        yield from _dropped(f"{within}.drop", field, resource.table, package)
    yield from _added(f"{within}.add", edit.get("add", ()), resource.table)


def _dropped(within: str, field: str, table: Table, package: Package) -> Iterator[_Texts]:
    if field not in table:
        yield _unknown(within, field, f"column of {table.name}", table.field_names)
        return
    keys = {name for key in (table.primary_key, *table.unique_keys) for name in key}
    referred = {
        name for r in package for key in r.table.foreign_keys if key.table == table.name for name in key.parent_fields
    }
    roles = ((keys, "is part of a key"), (table.reference_fields, "refers to other rows"), (referred, "is referred to"))
    for names, what in roles:
        if field in names:
            yield (
                f"{within} names {field}, which {what} and cannot be dropped",
                "remove it; only the package can change keys",
            )
            return


def _added(within: str, fields: list[Mapping[str, Any]], table: Table) -> Iterator[_Texts]:
    names = Counter(field["name"] for field in fields)
    for name, count in names.items():
        if name in table:
            yield f"{within} names {name}, which {table.name} has already", "remove it, or use another name"
        elif count > 1:
            yield f"{within} has {name} {count} times", "keep one of them"
    for field in fields:
        for limit in OF_ROWS:  # which rows without the column break
            if (field.get("constraints") or {}).get(limit):
                hint = "leave the constraint out until every row has a value"
                yield f"{within}: {field['name']} cannot be {limit}: the existing rows have no value in it", hint
    resource = {"name": table.name, "type": "table", "path": f"{table.name}.csv", "schema": {"fields": list(fields)}}
    if fields and len(names) == len(fields):
        judged = judge_descriptor({"name": "added", "resources": [resource]}, Path())
        yield from ((f"{within}: {f.message.removeprefix(f'{table.name}: ')}", f.hint) for f in judged.findings)


# Files


def _file(entry: Mapping[str, Any], directory: Path, tables: Mapping[str, Table], mode: Mode) -> Iterator[_Texts]:
    yield from _path(entry, directory)
    table = tables.get(entry["table"])
    if table is None:
        yield _unknown("table", entry["table"], "table of the package", tables)
        return
    targets = {
        "columns": entry.get("columns", {}).values(),
        "constants": entry.get("constants", {}),
        "values": entry.get("values", {}),
        "local": entry.get("local", ()),
    }
    for key, names in targets.items():
        for name in dict.fromkeys(names):
            if name not in table:
                yield _unknown(key, name, f"column of {table.name}", table.field_names)
    yield from _clashes(entry)
    yield from _local(entry, table, mode)


def _path(entry: Mapping[str, Any], directory: Path) -> Iterator[_Texts]:
    path = entry["path"]
    reason = unsafe(directory, path)
    if reason:
        yield f"the path is not followed: {reason}", "put the file into the folder of the contribution"
    elif file_kind(path) not in _READ:
        yield "it is neither a CSV file nor an Excel workbook", "save it as CSV (UTF-8) or .xlsx"
    elif not (directory / path).is_file():
        there = sorted(p.name for p in directory.iterdir() if file_kind(p) in _READ)
        yield _unknown("path", path, "file of the contribution", there or ["none"])
    elif file_kind(path) is FileKind.WORKBOOK:
        yield from _sheet(entry, directory / path)
    elif "sheet" in entry:
        yield "a CSV file has no worksheets", "remove `sheet`"


def _sheet(entry: Mapping[str, Any], file: Path) -> Iterator[_Texts]:
    try:
        names = sheets(file)
    except UnreadableFile as fault:
        yield fault.message, fault.hint
        return
    if "sheet" not in entry and len(names) != 1:
        yield f"the workbook has {len(names)} worksheets", f'name one of them, such as sheet = "{names[0]}"'
    elif "sheet" in entry and entry["sheet"] not in names:
        yield _unknown("sheet", entry["sheet"], "worksheet of it", names)


def _clashes(entry: Mapping[str, Any]) -> Iterator[_Texts]:
    columns, constants = entry.get("columns", {}), entry.get("constants", {})
    for name, count in Counter(columns.values()).items():
        if count > 1:
            theirs = " and ".join(repr(label) for label, ours in columns.items() if ours == name)
            yield f"columns maps {theirs} to {name}", "map only one column to it, and ignore the others"
        if name in constants:
            yield f"{name} is both mapped and constant", "remove it from one of them"
    for label in entry.get("ignore", ()):
        if label in columns:
            yield f"{label!r} is both mapped and ignored", "remove it from one of them"


def _local(entry: Mapping[str, Any], table: Table, mode: Mode) -> Iterator[_Texts]:
    if "local" in entry and mode is Mode.SNAPSHOT:
        yield "a snapshot has no local names", 'remove `local`, or send a patch: mode = "patch"'
    for name in entry.get("local", ()):
        if name in table and not names_rows(table, name):
            hint = "local is only for keys of one column and for columns that refer to rows"
            yield f"local names {name}, but its values are not ids", hint


def names_rows(table: Table, name: str) -> bool:
    """Return whether a column has ids, of its own rows or of other rows, so that it may have `local:` names."""
    role = role_named((table[name].descriptor.get("merge") or {}).get("as"))
    return name in table.reference_fields or table.primary_key == (name,) or role.names_rows or name == "record_id"
