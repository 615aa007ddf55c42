"""Report differences between what people see in a worksheet and what is read.

Merged cells have one value for several cells; hidden cells are read although nobody sees them. Each is reported once
for each sheet or column, with the number of cells and the first of them; shown values are checked in
`check/lanes/shown.py`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from depositary.check.lanes.file_findings import FileFindings
from depositary.model.field_types import Takes
from depositary.model.finding import Level
from depositary.model.table import Field, kind_of
from depositary.read.files.survey import MOST_COLUMNS, Range, letters_of
from depositary.read.files.workbook import Worksheet
from depositary.wording.plain import number, shown

FEW = 3  # examples that a message gives
_RANGES = 5  # ranges of rows in a message
_MOST_MERGED = 100_000  # columns of merged ranges that are checked for filled cells
_STATES = {"hidden": "is hidden", "veryHidden": "is hidden so that no menu shows it"}


@dataclass(frozen=True)
class SheetColumn:
    """A column that is read: its index from 1, its label, our name of it, and its field, if the table has it."""

    at: int
    label: str
    name: str
    field: Field | None

    @property
    def takes(self) -> Takes:
        """Give what it takes of the cells of worksheets; all, if the table has no such field."""
        return kind_of(self.field).takes if self.field else Takes()


class CheckedSheet:
    """A worksheet with a known header, and its report."""

    def __init__(self, worksheet: Worksheet, file_findings: FileFindings) -> None:
        self.worksheet, self.file_findings = worksheet, file_findings
        self.columns = {column.at: column for column in self._read()}

    def _read(self) -> Iterator[SheetColumn]:
        table, mapping = self.file_findings.entry.resource.table, self.file_findings.entry.resource.mapping
        for at, label in enumerate(self.worksheet.labels, start=1):
            name = mapping.ours(label) if mapping else label
            if label and name is not None:
                yield SheetColumn(at, label, name, table[name] if name in table.field_names else None)

    def tell(  # noqa: PLR0913 (a finding has that many properties)
        self,
        code: str,
        where: str,
        message: str,
        hint: str = "",
        *,
        row: int = 0,
        name: str = "",
        level: Level = "warning",
    ) -> None:
        """Add a finding about some cells, ranges or rows of the sheet, or the sheet as a whole."""
        start = f"Sheet {self.worksheet.name}, {where}: " if where else f"Sheet {self.worksheet.name} "
        field = name if name in self.file_findings.entry.resource.table else ""
        self.file_findings.add(code, start + message, hint, row=row, field=field, level=level)


# Hidden cells


def report_hidden(sheet: CheckedSheet) -> None:
    """Report whether the sheet is hidden, and its hidden rows and columns."""
    survey, state = sheet.worksheet.survey, _STATES.get(sheet.worksheet.state)
    if state and survey.last_row > 1:
        message = f"{state}, but its rows are read like those of any other sheet"
        sheet.tell("hidden-cells", "", message, "show the sheet, or delete it if it should not be published")
    if survey.hidden_rows:
        where = f"{'rows' if len(survey.hidden_rows) > 1 else 'row'} {_numbers(survey.hidden_rows)}"
        message = f"{number(len(survey.hidden_rows), 'hidden row')}, read as if {_they(survey.hidden_rows)} shown"
        sheet.tell("hidden-cells", where, message, row=survey.hidden_rows[0])
    filled = {at for at, _, _ in survey.kinds}
    columns = [column for at, column in sheet.columns.items() if at in filled and survey.is_hidden(at)]
    if columns:
        where = f"{'columns' if len(columns) > 1 else 'column'} {', '.join(letters_of(c.at) for c in columns)}"
        names = ", ".join(shown(column.label) for column in columns)
        message = f"{number(len(columns), 'hidden column')}, read as if {_they(columns)} shown: {names}"
        sheet.tell("hidden-cells", where, message, row=1, name=columns[0].name if len(columns) == 1 else "")


def _they(items: Sequence[object]) -> str:
    return "they were" if len(items) > 1 else "it were"


def _numbers(rows: Sequence[int]) -> str:
    """List rows, consecutive rows as a range: 2-4, 7 and 12 more."""
    spans: list[list[int]] = []
    for row in rows:
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    texts = [f"{first}-{last}" if last > first else str(first) for first, last in spans[:_RANGES]]
    left = sum(last - first + 1 for first, last in spans[_RANGES:])
    return ", ".join(texts) + (f" and {left:,} more" if left else "")


# Merged cells


def report_merged(sheet: CheckedSheet) -> None:
    """Report merged ranges with a value: it is not certain for which of the cells it is meant."""
    groups: dict[tuple[bool, int], list[Range]] = {}
    for merged, column in _merged_and_filled(sheet):
        groups.setdefault((merged.first_row > 1, column), []).append(merged)
    for (is_data, at), ranges in sorted(groups.items()):
        if is_data:
            message = "merged cells have one value, and it is not certain whether it is meant for all of them"
            hint = "unmerge the cells, and write the value into each cell for which it is meant"
        else:
            message = "because of merged cells in the header, some columns have no name"
            hint = "unmerge the cells, and give each column a name in row 1"
        where = addresses(list(map(str, ranges[:_RANGES])), len(ranges), "range")
        name = sheet.columns[at].name
        sheet.tell("merged-cells", where, message, hint, row=ranges[0].first_row, name=name, level="error")


def _merged_and_filled(sheet: CheckedSheet) -> Iterator[tuple[Range, int]]:
    """Give the merged ranges over several cells of the table, each with the first of its columns that is read."""
    read = [*sheet.columns, MOST_COLUMNS + 1]
    firsts = ((merged, read[bisect_left(read, merged.first_column)]) for merged in sheet.worksheet.survey.sharing)
    found = [(merged, first) for merged, first in firsts if first <= merged.last_column]
    filled = _filled(sheet.worksheet, [merged for merged, _ in found]) if found else set()
    return (pair for number, pair in enumerate(found) if number in filled)


def _filled(worksheet: Worksheet, ranges: Sequence[Range]) -> set[int]:
    """Find the ranges with a filled cell; those of the header, and all if there are very many, count as filled."""
    filled: set[int] = set()
    by_column: dict[int, list[tuple[int, int, int]]] = {}
    count, last = 0, worksheet.survey.last_column
    for index, merged in enumerate(ranges):
        columns = range(merged.first_column, min(merged.last_column, last) + 1)
        count += len(columns)
        if merged.first_row == 1 or count > _MOST_MERGED:
            filled.add(index)
            continue
        for at in columns:
            by_column.setdefault(at, []).append((merged.first_row, merged.last_row, index))
    for cell in worksheet.cells(set(by_column)) if by_column else ():
        rows = by_column[cell.column]
        at = bisect_right(rows, (cell.row, _BEYOND, 0)) - 1
        if at >= 0 and cell.row <= rows[at][1]:
            filled.add(rows[at][2])
    return filled


_BEYOND = 1 << 30  # more than any row


# Wording


def addresses(first: Sequence[str], count: int, what: str = "cell") -> str:
    """List the first addresses, and count the others."""
    left = count - len(first)
    return ", ".join(first) + (f" and {left:,} more {what}{'s' if left > 1 else ''}" if left else "")
