"""Add rows to a CSV file, or change cells of it; all other bytes stay as they are."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from depositary.errors import DocumentError, UsageError
from depositary.model.package import Resource
from depositary.read.files.cell_limit import CELL_LIMIT
from depositary.read.files.compressed import compression_of
from depositary.reference import CsvControl, Dialect

_MARK = "\ufeff"
_END = "\r\n"
_PLAIN = {"header": True, "headerRows": [1], "doubleQuote": True}
_OPEN = ("$schema", "lineTerminator", "delimiter", "quoteChar")  # properties of a dialect that may differ


@dataclass
class _Record:
    """A row: its text in the file, with the line end, and its cells."""

    text: str
    cells: list[str]


class TableFile:
    """A CSV file that is being changed.

    Args:
        resource: its entry; the file need not exist.
        labels: the header of a file that does not exist.

    Raises:
        UsageError: it is not plain CSV in UTF-8.
        DocumentError: it cannot be read as CSV, or its rows do not fit its header.
    """

    def __init__(self, resource: Resource, labels: Sequence[str]) -> None:
        _require_plain(resource)
        self._resource = resource
        control = CsvControl.from_dialect(Dialect.from_descriptor(dict(resource.dialect)))
        self._delimiter, self._quote = str(control.delimiter or ","), str(control.quote_char or '"')
        self._quotes_all = False
        content = resource.file.read_bytes() if resource.file.is_file() else b""
        self._mark, text = _decoded(resource, content)
        self._records = list(self._split(text)) or [_Record(self._line(labels) + "\n", list(labels))]
        self._end = _ending(self._records[0].text) or "\n"
        self._quotes_all = self._is_all_quoted()
        self._require_even()

    @property
    def file(self) -> Path:
        """Give the path of the file."""
        return self._resource.file

    @property
    def rows(self) -> int:
        """Count the rows below the header."""
        return len(self._records) - 1

    def append(self, cells: Mapping[str, str]) -> int:
        """Add a row behind the last one that has a value, and give its number; columns are added if needed."""
        self._require_columns(cells)
        at = next(at for at in range(len(self._records), 0, -1) if any(self._records[at - 1].cells))
        before = self._records[at - 1]
        if not before.text.endswith(("\n", "\r")):
            before.text += self._end
        self._records.insert(at, self._filled([""] * len(self._labels), cells, self._end))
        return at + 1

    def change(self, number: int, cells: Mapping[str, str]) -> None:
        """Change some cells of a row; columns are added if needed."""
        self._require_columns(cells)
        record = self._records[number - 1]
        self._records[number - 1] = self._filled(record.cells, cells, _ending(record.text))

    def data(self) -> bytes:
        """Give the bytes of the changed file."""
        return (self._mark + "".join(record.text for record in self._records)).encode()

    @property
    def _labels(self) -> list[str]:
        return self._records[0].cells

    def _filled(self, row: Sequence[str], cells: Mapping[str, str], end: str) -> _Record:
        changed = list(row)
        for name, cell in cells.items():
            changed[self._at(name)] = cell
        return _Record(self._line(changed) + end, changed)

    def _at(self, name: str) -> int:
        return [label.casefold() for label in self._labels].index(name.casefold())

    def _require_columns(self, names: Mapping[str, str]) -> None:
        known = {label.casefold() for label in self._labels}
        missing = [name for name in names if name.casefold() not in known]
        if not missing:
            return
        named = len(self._labels) - next(at for at, label in enumerate(reversed(self._labels)) if label)
        for at, record in enumerate(self._records):
            if any(record.cells[named:]):
                raise self._broken(f"row {at + 1} has a value in a column without a name")
            if record.cells:
                self._records[at] = self._widened(record, named, [""] * len(missing) if at else missing)

    def _widened(self, record: _Record, named: int, added: Sequence[str]) -> _Record:
        """Add cells behind those of the columns that have names."""
        cells, end = [*record.cells[:named], *added], _ending(record.text)
        if named < len(record.cells):  # a spreadsheet wrote empty columns at the right
            return _Record(self._line(cells) + end, cells)
        more = self._line(["", *added]).removeprefix(self._quote * 2 if self._quotes_all else "")
        return _Record(record.text.removesuffix(end) + more + end, cells)

    def _line(self, cells: Sequence[str]) -> str:
        stream = io.StringIO(newline="")
        quoting: Literal[0, 1] = csv.QUOTE_ALL if self._quotes_all else csv.QUOTE_MINIMAL
        writer = csv.writer(
            stream, delimiter=self._delimiter, quotechar=self._quote, lineterminator=_END, quoting=quoting
        )
        writer.writerow(cells)
        return stream.getvalue().removesuffix(_END)

    def _is_all_quoted(self) -> bool:
        """Return whether all labels are in quotes, as some programs write them."""
        header, self._quotes_all = self._records[0], True
        return header.text.removesuffix(_ending(header.text)) == self._line(header.cells)

    def _split(self, text: str) -> Iterator[_Record]:
        taken: list[str] = []

        def lines() -> Iterator[str]:
            for line in io.StringIO(text, newline=""):
                taken.append(line)
                yield line

        try:
            with CELL_LIMIT:
                for cells in csv.reader(lines(), delimiter=self._delimiter, quotechar=self._quote):
                    yield _Record("".join(taken), cells)
                    taken.clear()
        except csv.Error as error:
            raise self._broken(f"{error}") from error

    def _require_even(self) -> None:
        labels = [label.casefold() for label in self._labels]
        named = [label for label in labels if label]
        if not named or len(set(named)) < len(named):
            raise self._broken("its first row does not name the columns, each once")
        for number, record in enumerate(self._records, start=1):
            if record.cells and len(record.cells) != len(labels):
                raise self._broken(
                    f"row {number} has {len(record.cells)} cells, but the header has {len(labels)} columns"
                )

    def _broken(self, what: str) -> DocumentError:
        return DocumentError(f"{self.file}: {what}. Run depositary validate first.")


def _ending(text: str) -> str:
    return text[len(text.rstrip("\r\n")) :]


def _decoded(resource: Resource, content: bytes) -> tuple[str, str]:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"{resource.file}: this is not UTF-8 text: byte {error.start} is wrong. Run depositary validate first."
        ) from error
    return (_MARK, text[1:]) if text.startswith(_MARK) else ("", text)


def _require_plain(resource: Resource) -> None:
    """Refuse a file that is not written here.

    Raises:
        UsageError: it is not plain CSV in UTF-8.
    """
    dialect = {key: value for key, value in resource.dialect.items() if key not in _OPEN}
    is_utf8 = resource.encoding.lower().replace("_", "-") in ("utf-8", "utf8")
    packed = compression_of(resource) or resource.parts or resource.is_parquet
    if packed or not is_utf8 or any(_PLAIN.get(key) != value for key, value in dialect.items()):
        raise UsageError(
            f"{resource.file}: only plain CSV can be written: UTF-8, a header in row 1, not compressed, in one file. "
            "Store it like this."
        )
