"""Find the tables in a folder, and name the files that are left out, each with the reason."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from depositary.errors import NotFoundError, UsageError
from depositary.model.file_kinds import TABULAR, FileKind, file_kind, file_kinds
from depositary.model.package import MANIFEST, PARQUET, Resource
from depositary.model.table import Table
from depositary.read.contribution import is_aside
from depositary.read.files.compressed import unpacked
from depositary.read.package import DESCRIPTOR
from depositary.read.paths import given, unsafe
from depositary.read.workspace import WORKSPACE
from depositary.visible import visible

_PLAIN = frozenset({FileKind.CSV, FileKind.TSV})


@dataclass(frozen=True)
class LeftOut:
    """A file, sheet or folder that is not drafted as a table, and why; `reason` says what to do."""

    path: str
    reason: str


@dataclass(frozen=True)
class Found:
    """The files of a folder that may be tables, by their paths in it, sorted, and those that are left out."""

    files: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def is_parquet(path: PurePath) -> bool:
    """Return whether the ending of a path says that it is a Parquet file."""
    return path.suffix.lower().lstrip(".") == PARQUET


def find_tables(folder: Path) -> Found:
    """Look for tables in a folder and in those below it; links that lead out of it are not followed.

    Raises:
        NotFoundError: there is no such folder.
        UsageError: it is a file.
    """
    if not given(folder).exists():
        raise NotFoundError(f"{folder}: there is no such folder. Name the folder with the tables.")
    if not folder.is_dir():
        raise UsageError(f"{folder}: is a file. Name the folder that it is in.")
    found = list(_found(folder, folder))
    return Found(
        tuple(one for one in found if isinstance(one, str)), tuple(one for one in found if isinstance(one, LeftOut))
    )


def _found(root: Path, folder: Path) -> Iterator[str | LeftOut]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield LeftOut(_path(root, folder), f"it cannot be opened: {error.strerror or error}")
        return
    for entry in entries:
        path = Path(entry.path)
        if is_aside(Path(entry.name)):
            continue
        if not path.is_dir():
            yield from _file(root, path)
        elif reason := _no_part(path):
            yield LeftOut(f"{_path(root, path)}/", reason)
        else:
            yield from _found(root, path)


def _no_part(folder: Path) -> str:
    """Give the reason why the files of a folder are no part of the package; empty if they are."""
    if folder.is_symlink():
        return "it is a link to another folder, which is not followed; copy its files"
    for mark, what in ((DESCRIPTOR, "a package"), (MANIFEST, "a contribution"), (WORKSPACE, "a workspace")):
        if (folder / mark).is_file():
            return f"it is {what} of its own ({mark})"
    return ""


def _file(root: Path, file: Path) -> Iterator[str | LeftOut]:
    if not _may_be_table(file):
        return
    path = _path(root, file)
    if reason := _unfit_name(path) or unsafe(root, path) or _not_read(file):
        yield LeftOut(visible(path), reason)
    else:
        yield path


def _may_be_table(file: Path) -> bool:
    return not TABULAR.isdisjoint(file_kinds(file)) or file_kind(file) is FileKind.ARCHIVE


def _unfit_name(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8, and no descriptor can have it; rename it"
    return ""


def _not_read(file: Path) -> str:
    """Give the reason why a file with the ending of a table is not read as one; empty if it is."""
    kind = file_kind(file)
    if kind in _PLAIN or kind is FileKind.WORKBOOK or is_parquet(file):
        return ""
    if kind is FileKind.ARCHIVE:
        packed = file_kind(unpacked(file)) in _PLAIN and unpacked(file) != file
        return "" if packed else "it is an archive; unpack it here"
    if kind is FileKind.PROSE or kind is None:
        return "its ending is not that of a table; rename it, such as tariffs.csv"
    return f"files with the ending {file.suffix} are not read; save each table as CSV (UTF-8)"


def _path(root: Path, file: Path) -> str:
    return file.relative_to(root).as_posix()


def resource_at(folder: Path, path: str, **form: object) -> Resource:
    """Give a file as a resource that nothing is known of but its form: `dialect`, `encoding`, `compression`."""
    dialect = dict(form.get("dialect") or {})  # type: ignore[call-overload]
    if file_kind(unpacked(Path(path))) is FileKind.TSV:
        dialect = {"delimiter": "\t", **dialect}
    return Resource(
        name="",
        path=path,
        file=folder / path,
        table=Table("", ()),
        dialect=dialect,
        encoding=str(form.get("encoding") or "utf-8"),
        descriptor={key: value for key, value in form.items() if value},
    )
