"""What the ending of a file's name says about it: the one list of endings."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePath


class FileKind(StrEnum):
    """The kinds of files that people put beside or in place of tables."""

    CSV = "CSV"  # read everywhere
    TSV = "TSV"  # read as a resource of a package
    PARQUET = "Parquet"  # read everywhere
    WORKBOOK = "workbook"  # read in a contribution
    SPREADSHEET = "other spreadsheet"
    TABLE = "other table"
    ARCHIVE = "archive"
    PROSE = "prose"


_ENDINGS: Mapping[FileKind, tuple[str, ...]] = {
    FileKind.CSV: (".csv",),
    FileKind.TSV: (".tsv",),
    FileKind.PARQUET: (".parquet",),
    FileKind.WORKBOOK: (".xlsx", ".xlsm", ".ods"),
    FileKind.SPREADSHEET: (".xls", ".xlsb", ".numbers"),
    FileKind.TABLE: (".tab",),
    FileKind.ARCHIVE: (".zip", ".gz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".tgz"),
    FileKind.PROSE: (".md", ".txt"),
}
_KINDS = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings}
_EDITED = (".xlsx", ".xlsm")  # workbooks whose cells can be changed in the file
TABULAR = frozenset(
    {FileKind.CSV, FileKind.TSV, FileKind.PARQUET, FileKind.WORKBOOK, FileKind.SPREADSHEET, FileKind.TABLE}
)


def file_kind(path: PurePath | str) -> FileKind | None:
    """Give what the ending of a path says; None if it says nothing that matters here."""
    return _KINDS.get(PurePath(path).suffix.lower())


def file_kinds(path: PurePath) -> set[FileKind | None]:
    """Give what each of several endings says, as in products.csv.txt."""
    return {_KINDS.get(ending.lower()) for ending in path.suffixes}


def is_written_workbook(path: PurePath) -> bool:
    """Return whether the cells of a workbook can be changed without writing the rest of it again."""
    return path.suffix.lower() in _EDITED


def endings(*kinds: FileKind) -> tuple[str, ...]:
    """Give the endings of some kinds, with their points."""
    return tuple(ending for kind in kinds for ending in _ENDINGS[kind])
