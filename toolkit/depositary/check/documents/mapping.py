"""Check the parts of a manifest about mapped files, and about columns that are added or dropped."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from depositary.check.documents.descriptor import finding, judge_descriptor
from depositary.model.field_types import OF_ROWS
from depositary.model.file_kinds import FileKind, file_kind
from depositary.model.finding import Finding
from depositary.model.package import MANIFEST, Mode, Package
from depositary.model.role import role_named
from depositary.model.table import Table
from depositary.read.codes import codes_of, lists_of, values_of
from depositary.read.contribution import known_tables, unpivoted
from depositary.read.files.forms import period_form
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import sheets
from depositary.read.paths import unsafe
from depositary.read.profiles import profiles, with_profile
from depositary.wording.suggest import suggest

_READ = (FileKind.CSV, FileKind.PARQUET, FileKind.WORKBOOK)
_TEXTS = (FileKind.TSV, FileKind.PROSE)  # read if their delimiter is given


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
        problems = list(_file(entry, directory, tables, Mode(document["mode"]), package))
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


def _file(
    own: Mapping[str, Any], directory: Path, tables: Mapping[str, Table], mode: Mode, package: Package
) -> Iterator[_Texts]:
    yield from _path(own, directory)
    if "profile" in own and own["profile"] not in profiles():
        yield _unknown("profile", own["profile"], "profile", profiles())
        return
    entry = with_profile(own)
    if "table" not in entry:
        yield "it has no `table`", "name the table of the package that its rows belong to, such as actors"
        return
    table = tables.get(entry["table"])
    if table is None:
        yield _unknown("table", entry["table"], "table of the package", tables)
        return
    targets = {
        "columns": entry.get("columns", {}).values(),
        **{key: entry.get(key, {}) for key in ("constants", "values", "periods", "numbers")},
        **{key: entry.get(key, ()) for key in ("local", "mint")},
    }
    for key, names in targets.items():
        for name in dict.fromkeys(names):
            if name not in table:
                yield _unknown(key, name, f"column of {table.name}", table.field_names)
    yield from _clashes(entry)
    yield from _local(entry, table, mode)
    yield from _minted(entry, table, mode)
    yield from _shapes(entry)
    yield from _translations(entry, package)


def _path(entry: Mapping[str, Any], directory: Path) -> Iterator[_Texts]:
    path = entry["path"]
    reason = unsafe(directory, path)
    if reason:
        yield f"the path is not followed: {reason}", "put the file into the folder of the contribution"
    elif file_kind(path) not in (*_READ, *(_TEXTS if "delimiter" in entry else ())):
        hint = "save it as CSV (UTF-8) or .xlsx"
        hint += (
            "; if its cells are separated by another mark, give it as `delimiter`" if file_kind(path) in _TEXTS else ""
        )
        yield "it is neither a CSV file nor a workbook", hint
    elif not (directory / path).is_file():
        there = sorted(p.name for p in directory.iterdir() if file_kind(p) in _READ)
        yield _unknown("path", path, "file of the contribution", there or ["none"])
    elif file_kind(path) is FileKind.WORKBOOK:
        yield from _sheet(entry, directory / path)
        if "delimiter" in entry:
            yield "a workbook has no delimiter", "remove `delimiter`"
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


def _minted(entry: Mapping[str, Any], table: Table, mode: Mode) -> Iterator[_Texts]:
    if not entry.get("mint"):
        return
    if mode is Mode.SNAPSHOT:
        yield "a snapshot has no local names, so no ids are minted", 'remove `mint`, or send a patch: mode = "patch"'
    if len(table.primary_key) != 1:
        yield (
            f"the key of {table.name} has {len(table.primary_key)} columns",
            "ids are minted only for keys of one column",
        )
        return
    key = table.primary_key[0]
    if key in entry["mint"]:
        yield f"mint names {key}, which is the id itself", "name the columns from which the id is made"
    if key in entry.get("constants", {}) or key in entry.get("columns", {}).values():
        yield f"{key} is minted, and also mapped or constant", "remove it from one of them"


def _shapes(entry: Mapping[str, Any]) -> Iterator[_Texts]:
    made = [label for split in entry.get("split", {}).values() for label in split["into"]]
    made += entry.get("join", {})
    if unpivot := entry.get("unpivot"):
        made += [unpivot["name"], unpivot["value"]]
        columns = unpivoted(unpivot["columns"])
        if not columns or len(columns) != len(set(columns)):
            yield "unpivot names no columns, or one twice", 'write each once; "2010..2022" means all years in between'
        for label in (label for label in columns if label in entry.get("columns", {})):
            yield f"{label!r} is both mapped and unpivoted", "remove it from one of them"
    for name, count in Counter(made).items():
        if count > 1:
            yield f"{count} new columns are named {name!r}", "give each of them another name"
    for condition in entry.get("where", ()):
        if unpivot and condition["column"] in (unpivot["name"], unpivot["value"]):
            hint = "leave the column out of `unpivot` instead"
            yield f"where names {condition['column']!r}, which is unpivoted; rows are chosen before", hint


# Translations


def _translations(entry: Mapping[str, Any], package: Package) -> Iterator[_Texts]:
    named = {"values": lists_of(entry.get("values", {}))}
    named |= {key: entry.get(key, {}) for key in ("periods", "numbers")}
    for name, count in Counter(name for of in named.values() for name in of).items():
        if count > 1:
            yield f"{name} is translated in {count} ways", "keep one of a code list, `periods` and `numbers`"
    for name, forms in entry.get("periods", {}).items():
        for form in forms:
            if period_form(form) is None:
                hint = (
                    "write 2022, May 2022, 31 May 2022 or the first quarter of 2022 as the file does, such as 2022M05"
                )
                yield f"periods of {name} names {form!r}, which is not one of these", hint
    yield from _numbers(entry)
    own = values_of(entry.get("values", {}))
    for name, lists in lists_of(entry.get("values", {})).items():
        for one in lists:
            yield from _list(name, one, package, own.get(name, {}))


def _numbers(entry: Mapping[str, Any]) -> Iterator[_Texts]:
    for name, form in entry.get("numbers", {}).items():
        if form.get("decimal", ".") == form.get("group"):
            yield f"numbers of {name} have the same mark twice", "give another mark for `decimal` or `group`"
        if not math.isfinite(form.get("times", 1)):  # which JSON Schema cannot exclude: TOML has nan
            yield f"numbers of {name} are multiplied by {form['times']}, which is not a number", "write it in digits"


def _list(name: str, one: str, package: Package, own: Mapping[str, str]) -> Iterator[_Texts]:
    """Check that a column of a code list translates each text in one way."""
    table, _, column = one.partition(".")
    resource = package.get(table)
    if resource is None:
        yield _unknown(f"values of {name}", table, "table of the package", (r.name for r in package))
    elif column not in resource.table:
        yield _unknown(f"values of {name}", column, f"column of {table}", resource.table.field_names)
    elif len(resource.table.primary_key) != 1:
        yield f"values of {name}: the key of {table} has several columns", "use a list with a key of one column"
    else:
        try:
            codes = codes_of(package, one).keys
        except UnreadableFile as fault:
            yield f"values of {name}: {table} cannot be read: {fault.message}", "correct the package first"
            return
        for code, keys in sorted(codes.items()):
            if len(keys) > 1 and code not in own:
                hint = f'say which, as {name} = ["{one}", {{ "{code}" = "{keys[0]}" }}]'
                yield f"values of {name}: in {one}, {code!r} is the code of {' and '.join(keys)}", hint


def names_rows(table: Table, name: str) -> bool:
    """Return whether a column has ids, of its own rows or of other rows, so that it may have `local:` names."""
    role = role_named((table[name].descriptor.get("merge") or {}).get("as"))
    return name in table.reference_fields or table.primary_key == (name,) or role.names_rows or name == "record_id"
