"""The keys of a file as written, row by row; of a large file, only those that look like another key."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from depositary.check.reading.columns import is_large, open_columns
from depositary.model.table import Table, kind_of
from depositary.model.target import Input
from depositary.read.bases import WRITTEN_BY_MERGING
from depositary.read.contribution import DELETES
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.likeness import Texts, fold_all

KeyLength = tuple[int, int]  # a column of the key, and a number of digits


@dataclass(frozen=True)
class KeyRow:
    """The key of one row; `file` is the index of its file."""

    file: int
    number: int
    texts: Texts


@dataclass(frozen=True)
class KeyRows:
    """Rows of several files; `lengths` counts the cells of the first file that have only digits, by their number."""

    rows: Sequence[KeyRow]
    lengths: Mapping[KeyLength, int]


def compared_keys(table: Table) -> list[tuple[str, ...]]:
    """Give the keys that have a column of text: the primary key, and fields whose values are unique.

    Keys of deletions and of tables that merging writes are left out, because other tables have the same keys.
    """
    if table.name in (*WRITTEN_BY_MERGING, DELETES):
        return []
    unique = [(one.name,) for one in table.fields if one.constraints.get("unique")]
    keys = dict.fromkeys([*([table.primary_key] if table.primary_key else []), *unique])
    texts = {one.name for one in table.fields if kind_of(one).is_text}
    return [key for key in keys if set(key) <= set(table.field_names) and set(key) & texts]


def key_rows(files: Sequence[Input], fields: Sequence[str]) -> KeyRows:
    """Give the rows of the first file and of the others whose keys may look like others; of small files all rows.

    Raises:
        UnreadableFile: a file cannot be read to its end, or lacks one of the columns.
    """
    if any(map(_is_large, files)):
        from depositary.check.lanes.key_blocks import alike_rows  # noqa: PLC0415 (its libraries take time to load)

        return alike_rows(files, fields)
    rows = [KeyRow(0, *row) for row in written_rows(files[0], fields)]
    wanted = {fold_all(row.texts) for row in rows}
    for at, other in enumerate(files[1:], start=1):
        rows += (KeyRow(at, *row) for row in written_rows(other, fields) if fold_all(row[1]) in wanted)
    cells = ((at, text) for row in rows if row.file == 0 for at, text in enumerate(row.texts))
    return KeyRows(rows, Counter((at, len(text)) for at, text in cells if text.isascii() and text.isdigit()))


def written_rows(entry: Input, fields: Sequence[str]) -> Iterator[tuple[int, Texts]]:
    """Give the numbers of rows with the table's width and a filled key, and the texts of the key.

    Raises:
        UnreadableFile: the file cannot be read to its end, or lacks one of the columns.
    """
    missing = missing_texts(entry, fields)
    with Records(entry.resource, as_is=entry.reference_only) as records:
        width, columns = open_columns(entry, records, fields)
        indexes = [at for at, _ in columns]
        for numbers, rows in records.chunks():
            for number, row in zip(numbers, rows, strict=True):
                if len(row) == width:
                    texts = tuple(row[at] for at in indexes)
                    if not any(text in none for text, none in zip(texts, missing, strict=True)):
                        yield number, texts


def missing_texts(entry: Input, fields: Sequence[str]) -> list[frozenset[str]]:
    """Give for each column the texts that mean a blank.

    Raises:
        UnreadableFile: the table does not have one of the columns.
    """
    table = entry.resource.table
    if lacking := sorted(set(fields).difference(table.field_names)):
        raise UnreadableFile("missing-label", f"{table.name} has no column {lacking[0]}")
    return [frozenset(("", *table.missing_values(table[name]))) for name in fields]


def _is_large(entry: Input) -> bool:
    with Records(entry.resource, as_is=entry.reference_only) as records:
        return is_large(entry, records)
