"""Open a contribution: a folder with `contribution.toml` and tables with the names of tables of its base package."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from depositary.model.about_sheets import is_about
from depositary.model.file_kinds import TABULAR, FileKind, file_kind, file_kinds
from depositary.model.mapping import ColumnMapping, Condition, Join, NumberForm, Split, Unpivot
from depositary.model.package import MANIFEST, Contribution, Mode, Package, Resource
from depositary.model.table import Table
from depositary.read.codes import code_lists, values_of
from depositary.read.documents import read_json, read_toml
from depositary.read.files.unreadable import UnreadableFile
from depositary.read.files.workbook import header, is_blank, sheets
from depositary.read.package import refuse_archive, with_groups
from depositary.read.paths import unsafe
from depositary.read.profiles import with_profile
from depositary.read.rows import text_rows
from depositary.read.shipped import schemas

DELETES = "deletes"
SHEET = ", sheet "  # between the path of a workbook and the name of a worksheet
_SPAN = re.compile(r"([0-9]{4})\.\.([0-9]{4})")  # a span of years
_TABLES = (FileKind.CSV, FileKind.PARQUET)
_PROSE_SHEETS = ("readme", "notes")
_LOCK = "~$"  # the prefix of a file that Excel writes beside an open workbook
_OF_THE_SYSTEM = (
    "thumbs.db",
    "desktop.ini",
    "__macosx",
)  # written by Windows and macOS


def read_manifest(directory: Path) -> dict[str, Any]:
    """Read the manifest of a contribution.

    Raises:
        NotFoundError: the folder has no manifest.
        UsageError: the path is an archive.
        DocumentError: the manifest is not TOML.
    """
    refuse_archive(directory)
    return read_toml(directory / MANIFEST)


def open_contribution(
    directory: Path, manifest: Mapping[str, Any], base: Package, only: Path | None = None
) -> Contribution:
    """Open a contribution with a valid manifest, with the schemas of its base.

    Args:
        directory: its folder.
        manifest: its manifest.
        base: the package to which it contributes.
        only: its only file, if the folder has files that are not part of it.

    Raises:
        UsageError: it has a workbook, but the library that reads workbooks is not installed.
    """
    mode = Mode(manifest["mode"])
    known = known_tables(manifest, base)
    resources: dict[str, Resource] = {}
    doubles: list[str] = []
    unknown: list[str] = []
    mapped = list(_mapped(directory, manifest, known, base))
    for found in (*mapped, *_found(directory, {_key(r) for r in mapped}, known, only)):
        if isinstance(found, str):
            unknown.append(found)
        elif found.name not in resources or _says_nothing(resources[found.name], mode):
            resources[found.name] = found
        elif not _says_nothing(found, mode):
            doubles.append(found.path)
    ordered = tuple(resources[name] for name in known if name in resources)
    return Contribution(directory, manifest, mode, ordered, tuple(unknown), tuple(doubles))


def _says_nothing(resource: Resource, mode: Mode) -> bool:
    """Return whether a file has only a header, as in a new contribution; in a snapshot, this would delete all rows."""
    if mode is not Mode.PATCH or resource.mapping or not resource.file.is_file():
        return False
    try:
        return not any(text_rows(resource, 1))
    except UnreadableFile:
        return False


def known_tables(manifest: Mapping[str, Any], base: Package) -> dict[str, Table]:
    """Give the tables that a contribution can have, with added columns and without dropped ones."""
    edits = manifest.get("schema", {})
    tables = {r.name: _edited(r.table, edits.get(r.name, {})) for r in base}
    if Mode(manifest["mode"]) is Mode.PATCH:
        schema = read_json(schemas() / "notation" / f"{DELETES}.json")
        tables[DELETES] = Table.from_descriptor(DELETES, schema)
    return tables


def _edited(table: Table, edit: Mapping[str, Any]) -> Table:
    if not edit:
        return table
    dropped = set(edit.get("drop", ()))
    kept = [f.descriptor for f in table.fields if f.name not in dropped]
    new = [f for f in edit.get("add", ()) if f["name"] not in table.field_names]
    return Table.from_descriptor(table.name, {**table.descriptor, "fields": [*kept, *new]})


def mapping_of(entry: Mapping[str, Any], table: Table, base: Package) -> ColumnMapping | None:
    """Read the mapping of one file, from its entry under `files` in a manifest, with what its profile says."""
    values = entry.get("values", {})
    given: dict[str, Any] = {key: entry[key] for key in ("columns", "constants") if entry.get(key)}
    given |= {key: tuple(entry[key]) for key in ("local", "mint", "ignore") if entry.get(key)}
    given |= {
        "values": values_of(values),
        "lists": code_lists(values, base),
        "periods": {name: tuple(forms) for name, forms in entry.get("periods", {}).items()},
        "numbers": {name: _number_form(form) for name, form in entry.get("numbers", {}).items()},
        "where": tuple(map(_condition, entry.get("where", ()))),
        "split": tuple(Split(name, s["by"], tuple(s["into"])) for name, s in entry.get("split", {}).items()),
        "join": tuple(Join(name, tuple(j["of"]), j.get("by", "")) for name, j in entry.get("join", {}).items()),
        "unpivot": _unpivot(entry["unpivot"]) if "unpivot" in entry else None,
        "delimiter": entry.get("delimiter", ""),
    }
    if not any(given.values()):
        return None
    minted = table.primary_key[0] if entry.get("mint") else ""
    needed, optional = tuple(entry.get("needed", ())), frozenset(entry.get("optional", ()))
    return ColumnMapping(**given, minted=minted, needed=needed, optional=optional)


def _number_form(given: Mapping[str, Any]) -> NumberForm:
    return NumberForm(given.get("decimal", "."), given.get("group", ""), Decimal(str(given.get("times", 1))))


def _condition(given: Mapping[str, Any]) -> Condition:
    texts = given.get("equals", given.get("in", given.get("not")))
    return Condition(
        given["column"], frozenset([texts] if isinstance(texts, str) else texts or ()), excludes="not" in given
    )


def _unpivot(given: Mapping[str, Any]) -> Unpivot:
    return Unpivot(tuple(unpivoted(given["columns"])), given["name"], given["value"])


def unpivoted(columns: Iterable[str]) -> list[str]:
    """Name the columns to unpivot: 2010..2022 means all years from 2010 to 2022."""
    return [column for some in map(_years, columns) for column in some]


def _years(column: str) -> list[str]:
    years = _SPAN.fullmatch(column)
    return [f"{year:04}" for year in range(int(years[1]), int(years[2]) + 1)] if years else [column]


def _mapped(
    directory: Path, manifest: Mapping[str, Any], known: Mapping[str, Table], base: Package
) -> Iterator[Resource]:
    for entry in map(with_profile, manifest.get("files", ())):
        file = directory / entry["path"]
        sheet = entry.get("sheet", "")
        if file_kind(file) is FileKind.WORKBOOK:
            sheet = sheet or sheets(file)[0]
        table = known[entry["table"]]
        yield _resource(directory, file, table, sheet, mapping_of(entry, table, base))


def _resource(
    directory: Path, file: Path, table: Table, sheet: str = "", mapping: ColumnMapping | None = None
) -> Resource:
    path = path_of(file.relative_to(directory).as_posix(), sheet)
    return with_groups(Resource(name=table.name, path=path, file=file, table=table, sheet=sheet, mapping=mapping))


def path_of(path: str, sheet: str) -> str:
    """Name a file, or a worksheet in it, for reports."""
    return f"{path}{SHEET}{sheet}" if sheet else path


_Key = tuple[Path, str]


def _key(resource: Resource) -> _Key:
    return resource.file, resource.sheet


def _found(
    directory: Path, mapped: set[_Key], known: Mapping[str, Table], only: Path | None
) -> Iterator[Resource | str]:
    """Find files that the manifest does not name: tables by their names, and files that fit no table."""
    there = directory.iterdir() if only is None else [only]
    files = sorted(p for p in there if p.is_file() and not is_aside(Path(p.name)))
    within = (p for p in directory.rglob("*") if p.is_file() and only is None)
    deeper = sorted(p for p in within if _is_deeper_table(p.relative_to(directory), known))
    for file in (*files, *deeper):
        is_direct = file.parent == directory
        path = file.relative_to(directory).as_posix()
        if (file, "") in mapped or (is_direct and (path == MANIFEST or _is_prose(file, known))):
            continue
        if file_kind(file) is FileKind.WORKBOOK and not unsafe(directory, path) and (is_direct or _in(file, mapped)):
            yield from _worksheets(_Workbook(directory, file), mapped, known)
        elif is_direct and file_kind(file) in _TABLES and file.stem in known and not unsafe(directory, path):
            yield _resource(directory, file, known[file.stem])
        else:
            yield path


def _is_prose(file: Path, known: Mapping[str, Table]) -> bool:
    """Return whether a file is prose: text without the name of a table (products.csv.txt has such a name)."""
    is_table = _seems_tabular(Path(file.stem)) or (file.suffix.lower() == ".txt" and file.stem in known)
    return file_kind(file) is FileKind.PROSE and not is_table


def _seems_tabular(path: Path) -> bool:
    return not TABULAR.isdisjoint(file_kinds(path))


def passed_over(directory: Path) -> list[str]:
    """Name the files of a contribution that are neither tables nor the manifest."""
    paths = (path.relative_to(directory) for path in sorted(directory.rglob("*")) if path.is_file())
    return [path.as_posix() for path in paths if path.as_posix() != MANIFEST]


def _in(file: Path, mapped: set[_Key]) -> bool:
    return any(file == path for path, _ in mapped)


def is_aside(path: Path) -> bool:
    """Return whether a file was not made by a person: it is hidden, a lock of Excel, or a file of the system."""
    hidden = any(part.startswith((".", _LOCK)) for part in path.parts)
    return hidden or any(part.casefold() in _OF_THE_SYSTEM for part in path.parts)


def _is_deeper_table(path: Path, known: Mapping[str, Table]) -> bool:
    """Return whether a file in a subfolder has the name of a table, in any format, compressed or not."""
    seems = _seems_tabular(path) or file_kind(path) is FileKind.ARCHIVE or path.name.split(".")[0] in known
    return len(path.parts) > 1 and seems and not is_aside(path)


@dataclass(frozen=True)
class _Workbook:
    directory: Path
    file: Path

    @property
    def path(self) -> str:
        return self.file.relative_to(self.directory).as_posix()


def _is_of_no_table(file: Path, name: str) -> bool:
    """Return whether a worksheet is blank, or describes other sheets in a workbook that this program wrote."""
    return is_blank(file, name) or is_about(name, header(file, name))


def _worksheets(book: _Workbook, mapped: set[_Key], known: Mapping[str, Table]) -> Iterator[Resource | str]:
    try:
        names = sheets(book.file)
        for name in names:
            if (book.file, name) in mapped:
                continue
            if name in known:
                yield _resource(book.directory, book.file, known[name], name)
            elif name.lower() not in _PROSE_SHEETS and not _is_of_no_table(book.file, name):
                yield path_of(book.path, name)
    except UnreadableFile:  # the check of files that are not read opens the file again
        yield book.path
