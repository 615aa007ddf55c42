"""Read a mapped file or a worksheet as a CSV file with our columns and the row numbers of the original."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain

from anyascii import anyascii

from depositary.model.mapping import ColumnMapping
from depositary.model.package import Resource
from depositary.read.files.compressed import open_file
from depositary.read.files.csv import CsvText
from depositary.read.files.rendered import Chunk, Rendered
from depositary.read.files.workbook import ERROR_VALUES, Worksheet

LOCAL = "local:"
_ERASE = "\\N"
_WORD = re.compile("[a-z0-9]+")
_Translate = Callable[[str], str]


class MappedFile(Rendered):
    """A worksheet, or a file with other columns than ours, as CSV with our columns.

    `source` is the open file itself, and `labels` is its header.

    Raises:
        UnreadableFile: the file is missing or cannot be read; reading raises it for errors further down.
        UsageError: the file is a workbook, but the library that reads workbooks is not installed.
    """

    def __init__(self, resource: Resource) -> None:
        rows = SourceRows(resource)
        self.labels, self.source = rows.labels, rows.source
        chunks = rows.chunks()
        if resource.mapping:
            chunks = _translated(rows.labels, chunks, resource.mapping)
        header = [] if resource.mapping else [[rows.labels]]  # also a blank header
        super().__init__(chain(header, chunks), rows.close)


class SourceRows:
    """The rows of a file unchanged, before anything is translated.

    `labels` is its header; `source` is the open file, CSV or a worksheet.
    """

    def __init__(self, resource: Resource) -> None:
        self.source: CsvText | Worksheet
        with ExitStack() as opened:  # closes the file unless everything below succeeds
            if resource.sheet:
                self.source = Worksheet(resource.file, resource.sheet)
                opened.callback(self.source.close)
            else:
                unmapped = replace(resource, mapping=None)
                self.source = opened.enter_context(CsvText(unmapped, lambda: open_file(unmapped)))
            self.labels = self.source.labels
            self._opened = opened.pop_all()

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows after the header; the first of them is row 2."""
        if isinstance(self.source, Worksheet):
            return self.source.chunks()
        return (rows for _, rows in self.source.chunks())

    def close(self) -> None:
        """Close the file."""
        self._opened.close()


def _translated(labels: Sequence[str], chunks: Iterator[Chunk], mapping: ColumnMapping) -> Iterator[Chunk]:
    """Give the header and the rows in our columns: theirs in their order, then the constants."""
    ours = [mapping.ours(label) for label in labels]
    indexes = [at for at, name in enumerate(ours) if name is not None]
    names = [name for name in ours if name is not None]
    if not labels:
        return
    yield [[*names, *mapping.constants]]
    translate = [(at, act) for at, name in enumerate(names) if (act := translation(mapping, name))]
    constants = list(mapping.constants.values())
    for rows in chunks:
        yield [_row(row, indexes, translate, constants, len(labels)) for row in rows]


def _row(
    row: list[str], indexes: list[int], translate: list[tuple[int, _Translate]], constants: list[str], width: int
) -> list[str]:
    # Missing and extra cells stay as they are, so that both are found.
    cells = [row[at] for at in indexes if at < len(row)]
    if not any(map(str.strip, cells)):
        constants = [""] * len(constants)
    for at, act in translate:
        if at < len(cells):
            cells[at] = act(cells[at])
    if len(cells) < len(indexes):
        return cells
    return [*cells, *constants, *row[width:]]


def translation(mapping: ColumnMapping, name: str) -> _Translate | None:
    """Give the function that translates values of one of our columns, or None if nothing is translated."""
    values, is_local = mapping.values.get(name, {}), name in mapping.local
    if not values and not is_local:
        return None

    def translate(cell: str) -> str:
        known = values.get(cell.strip())
        if known is not None:
            return known
        return local_name(cell) if is_local else cell

    return translate


def local_name(cell: str) -> str:
    r"""Make a `local:` name from an id in a mapped file.

    Blanks, `\N`, error values of a spreadsheet, and texts with neither a letter nor a digit do not change.
    """
    text = cell.strip()
    if not text or text == _ERASE or text.startswith(LOCAL) or text in ERROR_VALUES:
        return cell
    words = _WORD.findall(anyascii(text).lower())
    return f"{LOCAL}{'-'.join(words)}" if words else cell
