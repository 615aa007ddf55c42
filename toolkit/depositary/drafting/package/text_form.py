"""Find out how a CSV file is written: its encoding, the mark between its cells, and whether it has a header.

Nothing is declared that the file does not show; what a person has to decide is a reason why the file is left out.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from depositary.check.reading.header import require_table
from depositary.drafting.package.folder import resource_at
from depositary.model.file_kinds import FileKind, file_kind
from depositary.model.package import Resource
from depositary.model.table import Field, Table
from depositary.model.target import Input
from depositary.read.files.cell_limit import CELL_LIMIT
from depositary.read.files.compressed import open_file, unpacked
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile
from depositary.visible import visible
from depositary.wording.plain import number, shown

_BLOCK = 1 << 20  # bytes
_SAMPLE = 1 << 16  # bytes from which the mark between cells is taken
_MARKS: Mapping[str, str] = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_MOST = 0.9  # of the lines must have as many cells as the header
_WHERE = 20  # bytes that are shown around one that is not UTF-8
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)*([eE][-+]?[0-9]+)?%?")
_YEAR = re.compile(r"1[0-9]{3}|2[01][0-9]{2}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4}")
_UNNAMED = re.compile(r"(Unnamed: [0-9]+)?")


class NotATableError(Exception):
    """Raised if a file cannot be drafted as a table; its text is the reason, and what to do."""


@dataclass(frozen=True)
class TextForm:
    """How a file is written, as properties of a resource, with the evidence by property, and its columns."""

    properties: Mapping[str, Any]
    evidence: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    mixed: str = ""  # what keeps the encoding from being certain

    def resource(self, folder: Path, path: str) -> Resource:
        """Give the file as a resource of this form."""
        return resource_at(folder, path, **self.properties)


def form_of(folder: Path, path: str, stated: Mapping[str, Any]) -> TextForm:
    """Find out the form of a file; what a person has stated is not asked again.

    Raises:
        NotATableError: it has no header, or cannot be read.
    """
    try:
        _refuse_others(resource_at(folder, path))
        found = _encoding(folder, path) if "encoding" not in stated else ("", "", "")
        properties: dict[str, Any] = {"encoding": found[0], **stated}
        evidence = {"encoding": found[1]} if found[1] else {}
        if "dialect" not in stated and not _is_tsv(path):
            mark, why = _delimiter(resource_at(folder, path, **properties))
            if mark != ",":
                properties["dialect"], evidence["dialect"] = {"delimiter": mark}, why
        return TextForm(properties, evidence, _columns(resource_at(folder, path, **properties)), found[2])
    except UnreadableFile as fault:
        hint = f"; {fault.hint}" if fault.hint else ""
        raise NotATableError(f"{fault.message}{hint}") from fault


_OTHERS = (
    (re.compile(rb"version https://git-lfs"), "it is a pointer of Git LFS; fetch the file with git lfs pull"),
    (
        re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE),
        "it is a web page or XML and not CSV; download the table itself",
    ),
    (re.compile(rb'\s*(\{\s*"|\[\s*\{)'), "it is JSON and not CSV; save the table as CSV (UTF-8)"),
)


def _refuse_others(resource: Resource) -> None:
    """Refuse a file that is not what its ending says.

    Raises:
        NotATableError: it is refused.
    """
    first = _head(resource).removeprefix(codecs.BOM_UTF8)
    for pattern, reason in _OTHERS:
        if pattern.match(first):
            raise NotATableError(reason)


def _is_tsv(path: str) -> bool:
    return file_kind(unpacked(Path(path))) is FileKind.TSV


# The encoding


def _encoding(folder: Path, path: str) -> tuple[str, str, str]:
    """Give the encoding that fits all bytes of a file, the evidence if it is not UTF-8, and what speaks against it."""
    resource = resource_at(folder, path)
    first = _head(resource)
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and _fits(resource, "utf-16"):
        return "utf-16", "the file begins with the mark of UTF-16", ""
    strange = _strange(resource, "utf-8")
    if strange is None:
        return "utf-8", "", ""
    for encoding, name in (("cp1252", "Windows-1252"), ("iso-8859-1", "Latin-1")):
        if _fits(resource, encoding):
            at, around = strange
            text = shown(visible(around.decode(encoding)))
            return encoding, f"byte {at:,} is not UTF-8; in {name} it reads {text}", _also_utf8(resource)
    raise AssertionError("Latin-1 has a character for each byte")


def _head(resource: Resource) -> bytes:
    with open_file(resource) as stream:
        return stream.read(_SAMPLE)


def _blocks(resource: Resource) -> Iterator[bytes]:
    with open_file(resource) as stream:
        while block := stream.read(_BLOCK):
            yield block


def _fits(resource: Resource, encoding: str) -> bool:
    return _strange(resource, encoding) is None


def _strange(resource: Resource, encoding: str) -> tuple[int, bytes] | None:
    """Find the first byte that is not text in an encoding, with those around it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    at, held = 0, b""
    for block in _blocks(resource):
        before = len(decoder.getstate()[0])
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            whole = held[len(held) - before :] + block if before else block
            start = error.start
            return at - before + start, _around(whole, start)
        at, held = at + len(block), block[-8:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return max(0, at - 1), held
    return None


def _around(block: bytes, at: int) -> bytes:
    """Give the part of a line around a byte."""
    before = re.split(rb"[\r\n]", block[max(0, at - _WHERE) : at])[-1]
    return before + re.split(rb"[\r\n]", block[at : at + _WHERE])[0]


def _also_utf8(resource: Resource) -> str:
    """Find a text that is UTF-8 in a file that as a whole is not."""
    pattern = re.compile(rb"[\xc3-\xc5][\x80-\xbf][^\x80-\xff\r\n]{0,12}")
    for block in _blocks(resource):
        found = pattern.search(block)
        if found:
            text = shown(found[0].decode("utf-8", "replace"))
            return f"some bytes are UTF-8, such as {text}, and others are not: correct the file"
    return ""


# The mark between cells


def _delimiter(resource: Resource) -> tuple[str, str]:
    """Give the mark with which most lines have as many cells as the first, and the evidence."""
    sample = _sample(resource)
    counts = {mark: _widths(sample, mark) for mark in _MARKS}
    best = max(_MARKS, key=lambda mark: _fit(counts[mark]))
    width, lines, alike = counts[best]
    return best, f"{number(width, 'column')} between {_MARKS[best]} in {alike:,} of {number(lines, 'line')}"


def _sample(resource: Resource) -> str:
    raw = _head(resource)
    text = raw.decode(resource.encoding, "replace").removeprefix("\ufeff")
    return text if len(raw) < _SAMPLE else text[: text.rfind("\n") + 1] or text


def _widths(sample: str, mark: str) -> tuple[int, int, int]:
    """Count the cells of the first line, the lines, and those with as many cells."""
    with CELL_LIMIT:
        try:
            rows = [len(row) for row in csv.reader(io.StringIO(sample, newline=""), delimiter=mark) if row]
        except csv.Error:
            return 0, 0, 0
    return (rows[0], len(rows), rows.count(rows[0])) if rows else (0, 0, 0)


def _fit(counted: tuple[int, int, int]) -> tuple[bool, int, float]:
    width, lines, alike = counted
    share = alike / lines if lines else 0
    return share >= _MOST and width > 1, width, share


# The header


def _columns(resource: Resource) -> tuple[str, ...]:
    with Records(resource) as records:
        labels = tuple(records.labels)
        table = Table("", tuple(Field(label, "string") for label in labels))
        described = Resource("", resource.path, resource.file, table, resource.dialect, resource.encoding)
        require_table(Input(described), records)
        if not any(label.strip() for label in labels):
            raise NotATableError("the first row is blank; write the column names into it")
        for reason in _faults(labels, records.first_rows):
            raise NotATableError(reason)
    return labels


def _faults(labels: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Give the reasons why a first row is not a header."""
    widest = max((len(row) for row in rows), default=0)
    if labels[0].strip() and not any(label.strip() for label in labels[1:]) and widest > 1:
        yield f"row 1 has only {shown(labels[0])}, a title; delete the rows above the column names"
    if any("\0" in label for label in labels):
        yield "a column name has the character U+0000; rename the column"
    data = [label for label in labels if _is_datum(label.strip())]
    if data:
        yield f"the first row has data, such as {shown(data[0])}; write the column names into a row above it"
    yield from _unnamed(labels, rows)
    for label, times in Counter(label.strip() for label in labels).items():
        if times > 1:
            yield f"{times} columns are named {shown(label)}; give each its own name"


def _is_datum(label: str) -> bool:
    return bool(_DATE.fullmatch(label) or (_NUMBER.fullmatch(label) and not _YEAR.fullmatch(label)))


def _unnamed(labels: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for at, label in enumerate(labels):
        if _UNNAMED.fullmatch(label.strip()):
            cells = [row[at] for row in rows if at < len(row)]
            if at == 0 and cells in ([str(n) for n in range(start, start + len(cells))] for start in (0, 1)):
                yield "column 1 has no name and numbers the rows; write the table without it: to_csv(index=False)"
            yield f"column {at + 1} has no name; give it one, or delete it"
