"""How far an export is: which format of how many, and the percentage of all rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from depositary.model.package import Package, Resource
from depositary.read.files.compressed import compression_of, open_file
from depositary.read.files.parquet import rows_of_groups
from depositary.read.files.unreadable import UnreadableFile
from depositary.wording.plain import number

_SAMPLE = 1 << 20  # bytes of a CSV file from which its rows are estimated
_RATIO = 8  # a compressed table is assumed to be that many times larger
_MOST = 99  # percent; files are finished after the last row


@dataclass
class ExportProgress:
    """The progress of an export to some formats; rows that a file seems to have are estimated from its size."""

    package: Package
    formats: Sequence[str]
    _done: dict[tuple[str, str], int] = field(default_factory=dict)
    _percent: int = 0

    def note(self, form: str, table: str, rows: int) -> str:
        """Note that this many rows of a table are written in a format, and write the progress in one line."""
        self._done[form, table] = max(rows, self._done.get((form, table), 0))
        self._percent = max(self._percent, self._now(form, table))
        at = f"format {self._at(form) + 1} of {len(self.formats)}"
        return f"{self._percent}%, {at}, {form}: {table}, {number(rows, 'row')}"

    def _at(self, form: str) -> int:
        return list(self.formats).index(form)

    def _now(self, form: str, table: str) -> int:
        """Give the percentage: formats before this one are finished, and so are its other tables that have begun."""
        earlier = {name for of, name in self._done if of == form and name != table}
        finished = sum(self._expected[name] for name in earlier)
        current = min(self._done[form, table], self._expected[table])
        share = (finished + current) / (sum(self._expected.values()) or 1)
        return min(_MOST, int(100 * (self._at(form) + share) / len(self.formats)))

    @cached_property
    def _expected(self) -> dict[str, int]:
        return {resource.name: _expected_rows(resource) for resource in self.package}


def _expected_rows(resource: Resource) -> int:
    """Estimate the rows of a table; 0 if its file cannot be read, which the export itself reports."""
    try:
        if resource.is_parquet:
            return sum(sum(rows_of_groups(stored)) for stored in resource.stored)
        return sum(map(_rows_of_csv, resource.stored))
    except (OSError, UnreadableFile):
        return 0


def _rows_of_csv(resource: Resource) -> int:
    with open_file(resource) as file:
        sample = file.read(_SAMPLE)
    lines = sample.count(b"\n")
    if len(sample) < _SAMPLE:
        return max(0, lines - 1)
    size = resource.file.stat().st_size * (_RATIO if compression_of(resource) else 1)
    return max(lines, lines * size // len(sample))
