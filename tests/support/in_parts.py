"""A package whose tables are cut into parts, and the report that it must get: that of the whole, with other places."""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from depositary.model.finding import Finding, Place
from depositary.model.report import BASE, Report
from depositary.reference import CsvControl, Dialect

Choose = Callable[[int], Sequence[int]]  # for a number of rows, the indexes before which the table is cut
_NAMED = re.compile(r"\brow (\d+) has the same|the key of row (\d+)")
_IN_FILE = re.compile(r"\(([^(),]+\.csv), row (\d+)\)")


@dataclass
class Parts:
    """The parts of each file that was cut: their paths, each with the rows of the table before it.

    If they are those of the base of a contribution, its own files, which may have the same names, are not meant.
    """

    header: dict[str, int] = field(default_factory=dict)
    of: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    is_base: bool = False

    def place(self, file: str, row: int) -> tuple[str, int]:
        """Give the place of a row of a file that was cut."""
        prefix = BASE if file.startswith(BASE) else ""
        known = file.removeprefix(BASE)
        if known not in self.of or self.is_base is not bool(prefix):
            return file, row
        behind = row - self.header[known]
        path, before = [one for one in self.of[known] if one[1] < behind][-1] if behind > 0 else self.of[known][0]
        return prefix + path, row - (before if behind > 0 else 0)

    def report(self, whole: Report) -> Report:
        """Give the report that the parts must get, for that of the whole."""
        tables = []
        for one in whole.tables:
            cut_up = [] if self.is_base else self.of.get(one.file, [])
            paths = [path for path, _ in cut_up] or [one.file]
            found = tuple(map(self._finding, one.findings))
            tables.append(replace(one, file=paths[0], more=tuple(paths[1:]), findings=found))
        reasons = tuple(replace(one, reason=self._reason(one.reason)) for one in whole.not_judged)
        found = tuple(map(self._finding, whole.findings))
        return replace(whole, tables=tuple(tables), findings=found, not_judged=reasons)

    def _reason(self, reason: str) -> str:
        file, _, rest = reason.partition(" ")
        return f"{self.of[file][0][0]} {rest}" if file in self.of and not self.is_base else reason

    def _finding(self, finding: Finding) -> Finding:
        file, row = self.place(finding.file, finding.row)
        also = tuple(Place(one.table, *self.place(one.file, one.row)) for one in finding.also)
        message = finding.message
        if finding.file in self.of and not self.is_base:
            message = _NAMED.sub(lambda found: self._named(found, finding.file), message)
        message = _IN_FILE.sub(self._in_file, message)
        note = finding.reference.get("note")
        reference = {**finding.reference, "note": message} if note == finding.message else finding.reference
        return replace(finding, file=file, row=row, also=also, message=message, reference=reference)

    def _named(self, found: re.Match[str], file: str) -> str:
        number = found[1] or found[2]
        path, row = self.place(file, int(number))
        return found[0].replace(f"row {number}", f"row {row} of {path}")

    def _in_file(self, found: re.Match[str]) -> str:
        prefix = BASE if self.is_base else ""
        path, row = self.place(f"{prefix}{found[1]}", int(found[2]))
        return f"({path.removeprefix(BASE)}, row {row})"


def cut(package: Path, choose: Choose) -> Parts:
    """Cut the plain CSV tables of a package into parts, in its folder."""
    parts = Parts()
    file = package / "datapackage.json"
    descriptor = json.loads(file.read_text(encoding="utf-8"))
    for resource in descriptor["resources"]:
        if isinstance(resource.get("path"), str) and resource["path"].endswith(".csv") and "schema" in resource:
            _cut(package, resource, choose, parts)
    file.write_text(json.dumps(descriptor), encoding="utf-8")
    return parts


def _cut(package: Path, resource: dict[str, Any], choose: Choose, parts: Parts) -> None:
    path, encoding = resource["path"], resource.get("encoding", "utf-8")
    if resource.get("compression") or not (package / path).is_file():
        return
    dialect = resource.get("dialect") or {}
    records = _records((package / path).read_bytes().decode(encoding), dialect if isinstance(dialect, dict) else {})
    header = int(dialect.get("header", True)) if isinstance(dialect, dict) else 1
    head, rows = records[:header], records[header:]
    at = sorted({0, *choose(len(rows))} & set(range(len(rows) + 1)))
    if len(at) == 1:
        return
    (package / path).unlink()
    named = [f"{path.removesuffix('.csv')}/{number}.csv" for number in range(len(at))]
    for name, start, end in zip(named, at, [*at[1:], len(rows)], strict=True):
        text = "".join(_ended(one) for one in head) + "".join(rows[start:end])
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_bytes(_open_ended(text, rows[start:end]).encode(encoding))
    parts.header[path], parts.of[path] = header, list(zip(named, at, strict=True))
    resource["path"] = named
    for sizes in (resource, resource.get("stats") or {}):
        sizes.pop("bytes", None)
        sizes.pop("hash", None)


def _records(text: str, dialect: dict[str, Any]) -> list[str]:
    """Split a text into the texts of its records."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, CsvControl.from_dialect(Dialect.from_descriptor(dict(dialect))).to_python())
    found, start = [], 0
    for _ in reader:
        found.append("".join(lines[start : reader.line_num]))
        start = reader.line_num
    return found


def _ended(record: str) -> str:
    return record if record.endswith(("\n", "\r")) else f"{record}\n"


def _open_ended(text: str, rows: Sequence[str]) -> str:
    """Leave out the last line end of every second text, if its line is not blank."""
    return text.rstrip("\r\n") if len(rows) % 2 and rows[-1].strip() and not rows[-1].endswith(('\n"', '\r"')) else text
