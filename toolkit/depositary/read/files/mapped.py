"""Read a mapped file or a worksheet as a CSV file with our columns."""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain

from anyascii import anyascii

from depositary.model.mapping import UNTRANSLATED, ColumnMapping
from depositary.model.package import Resource
from depositary.read.files.csv import CsvText
from depositary.read.files.forms import Read, reading_numbers, reading_periods
from depositary.read.files.parquet import open_text
from depositary.read.files.rendered import Chunk, Rendered, as_csv
from depositary.read.files.shaped import Numbered, Shape
from depositary.read.files.workbook import ERROR_VALUES, Worksheet

LOCAL = "local:"
_ERASE = "\\N"
_WORD = re.compile("[a-z0-9]+")
_LONGEST = 100  # characters of a minted name; a longer one is cut, and gets a hash
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
        if resource.mapping:
            translated = TranslatedRows(rows, resource, resource.mapping)
            header = [[translated.names]] if rows.labels else []
            chunks = ([row for _, row in chunk] for chunk in translated.chunks()) if rows.labels else iter(())
        else:
            header, chunks = [[rows.labels]], rows.chunks()  # also a blank header
        super().__init__(map(as_csv, chain(header, chunks)), rows.close)


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
                mark = resource.mapping.delimiter if resource.mapping else ""
                unmapped = replace(resource, mapping=None, dialect={"delimiter": mark} if mark else resource.dialect)
                self.source = opened.enter_context(CsvText(unmapped, lambda: open_text(unmapped)))
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


class TranslatedRows:
    """The rows of a file in our columns: theirs in their order, then the constants, then a minted id.

    `names` are our columns. `taken` has the indexes of their columns, in `shape.labels`, that become ours.
    """

    def __init__(self, rows: SourceRows, resource: Resource, mapping: ColumnMapping) -> None:
        self._rows, self._mapping = rows, mapping
        self.shape = Shape(rows.labels, mapping, resource.table.field_names)
        ours = [mapping.ours(label) for label in self.shape.labels]
        self.taken = [at for at, name in enumerate(ours) if name is not None]
        columns = [name for name in ours if name is not None]
        self._translate = [(at, act) for at, name in enumerate(columns) if (act := translation(mapping, name))]
        self._constants = list(mapping.constants.values())
        self.names = [*columns, *mapping.constants]
        self._minting = [self.names.index(name) for name in mapping.mint if name in self.names]
        if mapping.mint:
            self.names.append(mapping.minted)

    def shaped(self) -> Iterator[Numbered]:
        """Give the rows before they are translated, with the numbers of their rows in the file."""
        return self.shape.chunks(self._rows.chunks())

    def chunks(self) -> Iterator[Numbered]:
        """Give the rows with the numbers of their rows in the file."""
        for chunk in self.shaped():
            yield [(number, self._row(row)) for number, row in chunk]

    def minted_from(self, row: Sequence[str]) -> tuple[str, ...]:
        """Give the values from which the id of a translated row was minted."""
        return tuple(row[at].strip() for at in self._minting)

    def _row(self, row: list[str]) -> list[str]:
        # Missing and extra cells stay as they are, so that both are found.
        cells = [row[at] for at in self.taken if at < len(row)]
        blank = not any(map(str.strip, cells))
        for at, act in self._translate:
            if at < len(cells):
                cells[at] = act(cells[at])
        if len(cells) < len(self.taken):
            return cells
        cells += [""] * len(self._constants) if blank else self._constants
        if self._mapping.mint:
            cells.append("" if blank else minted_name(self.minted_from(cells)))
        return [*cells, *row[len(self.shape.labels) :]]


def translation(mapping: ColumnMapping, name: str) -> _Translate | None:
    """Give the function that translates values of one of our columns, or None if nothing is translated."""
    values, is_local = mapping.values.get(name, {}), name in mapping.local
    read: Read | None = None
    if name in mapping.lists:
        read = mapping.lists[name].codes.get
    if name in mapping.periods:
        read = reading_periods(mapping.periods[name])
    if name in mapping.numbers:
        read = reading_numbers(mapping.numbers[name])
    if not values and not is_local and read is None:
        return None

    def translate(cell: str) -> str:
        text = cell.strip()
        known = values.get(text)
        if known is not None:
            return known
        if not text or text == _ERASE or text.startswith(UNTRANSLATED):
            return cell
        if read is None:
            return local_name(cell) if is_local else cell
        known = read(text)
        return f"{UNTRANSLATED}{cell}" if known is None else known

    return translate


def local_name(cell: str) -> str:
    r"""Make a `local:` name from an id in a mapped file.

    Blanks, `\N`, error values of a spreadsheet, and texts with neither a letter nor a digit do not change.
    """
    text = cell.strip()
    if not text or text == _ERASE or text.startswith(LOCAL) or text in ERROR_VALUES:
        return cell
    words = _words(text)
    return f"{LOCAL}{'-'.join(words)}" if words else cell


def minted_name(values: Sequence[str]) -> str:
    """Make a `local:` name from the values of a row; the same values always give the same name."""
    slug = "-".join("".join(_words(value.removeprefix(LOCAL))) or "none" for value in values)
    if len(slug) > _LONGEST:
        digest = hashlib.sha256("\x1f".join(values).encode("utf-8", "surrogateescape")).hexdigest()[:12]
        slug = f"{slug[: _LONGEST - 13].rstrip('-')}-{digest}"
    return f"{LOCAL}{slug}"


def _words(text: str) -> list[str]:
    return _WORD.findall(anyascii(text).lower())
