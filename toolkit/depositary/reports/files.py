"""The files in a report, read again to show the rows around a finding."""

import os
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from depositary.model.mapping import UNTRANSLATED
from depositary.model.package import Resource
from depositary.model.report import BASE, Report, path_from_here
from depositary.model.target import LaidOut, Target
from depositary.read.archive import UnpackedFolder
from depositary.read.files.records import Records
from depositary.read.files.unreadable import UnreadableFile

_BREAK = re.compile(r"\r\n|\r|\n")
_BLOCK = 1 << 20  # bytes


@dataclass(frozen=True)
class FileRow:
    """A record of a file; `line` is the line of the file on which it begins."""

    number: int
    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Files:
    """The files of a report, by their names in the report."""

    resources: Mapping[str, Resource]
    unpacked: Sequence[UnpackedFolder] = ()
    laid_out: Sequence[LaidOut] = ()

    @classmethod
    def of(cls, judged: Sequence[tuple[Target, Report]], *, located: bool) -> "Files":
        """Collect the files of targets and of their bases, by their names in the reports, located or not."""
        resources: dict[str, Resource] = {}
        bases: dict[str, dict[Path, Resource]] = {}
        for target, report in judged:
            for resource in (one for entry in target.inputs for one in entry.resource.stored):
                resources[path_from_here(report, resource.path) if located else resource.path] = resource
            for resource in (one for whole in target.package or () for one in whole.stored) if target.is_part else ():
                bases.setdefault(f"{BASE}{resource.path}", {})[resource.file] = resource
        # With two bases, it is not certain which one is meant.
        known = {name: next(iter(found.values())) for name, found in bases.items() if len(found) == 1}
        unpacked = [target.held for target, _ in judged if isinstance(target.held, UnpackedFolder)]
        return cls(resources | known, unpacked, [target.laid_out for target, _ in judged if target.laid_out])

    def path(self, file: str) -> str:
        """Give the path of a file, relative to the current folder if it is in it; empty if it is not known.

        A file in an archive has the path of the archive, and then its own.
        """
        resource = self.resources.get(file)
        path = resource.file if resource else Path(file)
        if resource is None and not self._is_there(path):  # the report has no folder for a file's package
            return ""
        if address := next((one.shown(path) for one in self.laid_out if path.is_relative_to(one.path)), ""):
            return address
        for folder in self.unpacked:
            path = folder.shown(path)
        if path.is_absolute() and path.is_relative_to(Path.cwd()):
            path = path.relative_to(Path.cwd())
        return path.as_posix()

    def _is_there(self, path: Path) -> bool:
        return path.is_file() or any(path.is_relative_to(folder.archive) for folder in self.unpacked)

    def uri(self, file: str) -> str:
        """Give the URI of a file, relative to the current folder if it is in it; empty if it is not known."""
        path = self.path(file)
        if path and Path(path).is_absolute():
            return Path(path).as_uri()
        return quote(os.fsencode(path), safe=":/" if self.laid_out else "/")

    def lines(self, report: Report, places: Iterable[tuple[str, int]]) -> dict[str, dict[int, int]]:
        """Give the lines on which the rows of files begin: file → row → line."""
        wanted: dict[str, set[int]] = {}
        for file, row in places:
            wanted.setdefault(file, set()).update([row] if row else [])
        # The rows of one part are not known, so its lines are found by reading it.
        rows = {file: -1 if table.more else table.rows for table in report.tables for file in table.files}
        return {file: self._lines(file, numbers, rows.get(file)) for file, numbers in wanted.items()}

    def _lines(self, file: str, wanted: Collection[int], rows: int | None) -> dict[int, int]:
        # Rows and lines differ only if cells have line breaks, so it is usually enough to count lines.
        resource = self.resources.get(file)
        if resource is None or not wanted or rows is None or _count_lines(resource) == rows + 1:
            return {number: number for number in wanted}
        read = self.rows(file, wanted)
        return {number: read[number].line if number in read else number for number in wanted}

    def labels(self, file: str) -> Sequence[str]:
        """Give the columns of a file whose rows are chosen or unpivoted: its excerpts show the file itself."""
        resource = self.resources.get(file)
        if resource is None or not (resource.mapping and resource.mapping.moves_rows):
            return ()
        try:
            with Records(as_in_file(resource)) as records:
                return tuple(records.labels)
        except UnreadableFile:
            return ()

    def rows(self, file: str, wanted: Collection[int]) -> dict[int, FileRow]:
        """Read rows by their numbers, up to the last of them; rows that cannot be read are left out."""
        resource = self.resources.get(file)
        if resource is None or not wanted:
            return {}
        read = {row.number: row for row in _read(resource, sorted(wanted))}
        return {number: _as_written(row) for number, row in read.items()} if resource.mapping else read


def _as_written(row: FileRow) -> FileRow:
    """Give a row of a mapped file with the cells that could not be translated as the file has them."""
    return replace(row, cells=tuple(cell.removeprefix(UNTRANSLATED) for cell in row.cells))


def as_in_file(resource: Resource) -> Resource:
    """Give a resource whose rows have the numbers of the rows of its file."""
    moves = resource.mapping is not None and resource.mapping.moves_rows
    return replace(resource, mapping=None) if moves else resource


def _count_lines(resource: Resource) -> int:
    try:
        with resource.file.open("rb") as stream:
            lines, last = 0, b"\n"
            while block := stream.read(_BLOCK):
                lines += block.count(b"\n")
                last = block[-1:]
    except OSError:
        return -1
    return lines + (last != b"\n")


def _read(resource: Resource, wanted: Sequence[int]) -> Iterator[FileRow]:
    try:
        with Records(as_in_file(resource)) as records:
            breaks = _breaks([records.labels])
            for numbers, rows in records.chunks():
                due = wanted[bisect_left(wanted, numbers[0]) : bisect_left(wanted, numbers[-1] + 1)]
                within = _breaks(rows)
                yield from _of_chunk(numbers, rows, due, breaks if within else None, breaks)
                breaks += within
                if numbers[-1] >= wanted[-1]:
                    return
    except UnreadableFile:  # a finding reports the error in the file
        return


def _of_chunk(
    numbers: Sequence[int], rows: Sequence[list[str]], due: Sequence[int], counting: int | None, breaks: int
) -> Iterator[FileRow]:
    """Give the wanted rows of a chunk; line breaks in its cells are counted row by row."""
    if counting is None:
        for number in due:
            at = bisect_left(numbers, number)
            if numbers[at] == number:
                yield FileRow(number, number + breaks, tuple(rows[at]))
        return
    for number, row in zip(numbers, rows, strict=True):
        if number in due:
            yield FileRow(number, number + breaks, tuple(row))
        breaks += _breaks([row])


def _breaks(rows: Sequence[Sequence[str]]) -> int:
    # Cells are joined by a space, so that a CR and an LF of two cells are counted as two.
    text = " ".join(" ".join(row) for row in rows)
    return len(_BREAK.findall(text)) if "\n" in text or "\r" in text else 0
