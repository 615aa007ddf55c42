"""The part of a table around a finding, as HTML."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from depositary.model.finding import Finding
from depositary.model.report import TableReport
from depositary.reports.files import FileRow, Files
from depositary.reports.pages.markup import Markup, element, join, text

_AROUND = 2  # rows before and after the row of the finding
_ALSO = 4  # other rows that take part
_COLUMNS = 10  # columns shown of a wider table: the first, the key, and those around the column of the finding
_NEAR = 2
_SHORT, _LONG = 36, 120  # characters of a cell; the longer for the cell of the finding
_FULL = 400  # characters that are shown when the pointer is on a shortened cell


def wanted(finding: Finding) -> set[int]:
    """Name the rows of a finding's file that its excerpt shows."""
    if not finding.row:
        return set()
    around = set(range(max(1, finding.row - _AROUND), finding.row + _AROUND + 1))
    return around | set(_related(finding))


def _related(finding: Finding) -> list[int]:
    return [place.row for place in finding.also if place.file == finding.file and place.row][:_ALSO]


def _by_file(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.file, []).append(finding)
    return found


class Excerpts:
    """The excerpts of one table; its rows are read once for all findings that get an excerpt."""

    def __init__(self, table: TableReport, findings: Iterable[Finding], files: Files) -> None:
        self._labels = files.labels(table.file) or table.labels
        resource = files.resources.get(table.file)
        self._mapping = resource.mapping if resource and resource.mapping and resource.mapping.moves_rows else None
        self._key = resource.table.primary_key if resource else ()
        self._rows: Mapping[str, Mapping[int, FileRow]] = {
            file: files.rows(file, set().union(*map(wanted, some))) for file, some in _by_file(findings).items()
        }
        self.table = table

    def line(self, finding: Finding) -> int:
        """Give the line of the file on which a finding's row begins."""
        rows = self._rows.get(finding.file, {})
        return rows[finding.row].line if finding.row in rows else finding.row

    def of(self, finding: Finding) -> Markup | str:
        """Show the rows around a finding, with its cells marked; empty if no row can be read."""
        read = self._rows.get(finding.file, {})
        numbers = sorted(wanted(finding) & read.keys())
        in_header = finding.row == 1
        if not numbers and not (in_header and self._labels):
            return ""
        rows = [read[number] for number in numbers]
        marked = self._marked(finding)
        width = max([len(self._labels), *(len(row.cells) for row in rows if row.number == finding.row)])
        columns = _chosen(width, marked, [i for i, label in enumerate(self._labels) if label in self._key])
        head = self._head(columns, marked if in_header else set())
        body = join(_body(rows, columns, marked, finding, set(_related(finding))))
        table = element("table", element("thead", head), element("tbody", body))
        label = f"Rows {numbers[0]} to {numbers[-1]} of {finding.file}" if numbers else f"The header of {finding.file}"
        return element("div", table, class_="excerpt", role="region", tabindex=0, aria_label=label)

    def _marked(self, finding: Finding) -> set[int]:
        at = int(finding.reference.get("fieldNumber") or 0) - 1
        names = set(finding.field.split(", "))
        if self._mapping:
            number = int(finding.reference.get("rowNumber") or finding.row)
            names = {part for name in names for part in (self._mapping.theirs(name, number) or name).split(", ")}
        named = {i for i, label in enumerate(self._labels) if label in names}
        if finding.code.endswith(("-label", "-header")) or finding.code == "extra-cell" or not self._labels:
            return {at} if at >= 0 else set()
        return named

    def _head(self, columns: Sequence[int | None], marked: set[int]) -> Markup:
        cells = [element("th", "row", scope="col", class_="n")]
        for at in columns:
            if at is None:
                cells.append(element("th", "…", class_="gap", title="columns left out"))
                continue
            label = self._labels[at] if at < len(self._labels) else ""
            cells.append(element("th", _cell(label, mark=at in marked, missing=False), scope="col"))
        return element("tr", cells, class_="hit" if marked else None)


def _chosen(width: int, marked: set[int], key: Sequence[int]) -> list[int | None]:
    """Choose the columns to show; None marks columns that are left out."""
    if width <= _COLUMNS:
        return list(range(width))
    near = {i for at in sorted(marked)[:4] for i in range(at - _NEAR, at + _NEAR + 1)}
    chosen = sorted(i for i in {0, *key, *near} if 0 <= i < width)
    chosen = chosen if near else sorted({*chosen, *range(_COLUMNS)})
    columns: list[int | None] = [chosen[0]]
    for before, at in pairwise(chosen):
        columns += [at] if at == before + 1 else [None, at]
    return columns if chosen[-1] == width - 1 else [*columns, None]


def _body(
    rows: Sequence[FileRow], columns: Sequence[int | None], marked: set[int], finding: Finding, related: set[int]
) -> Iterator[Markup]:
    for before, row in zip([None, *rows], rows, strict=False):
        if before and row.number > before.number + 1:
            yield element("tr", element("td", "⋮", colspan=len(columns) + 1), class_="gap")
        hit = row.number == finding.row
        kind = "hit" if hit else "also" if row.number in related else None
        yield element("tr", _row(row, columns, marked if hit else set()), class_=kind)


def _row(row: FileRow, columns: Sequence[int | None], marked: set[int]) -> Iterator[Markup]:
    yield element("th", str(row.number), scope="row", class_="n")
    for at in columns:
        if at is None:
            yield element("td", "…", class_="gap")
        else:
            missing = at >= len(row.cells)
            yield element("td", _cell("" if missing else row.cells[at], mark=at in marked, missing=missing))


def _cell(value: str, *, mark: bool, missing: bool) -> Markup | str:
    shown = _shortened(value.replace("\r\n", "⏎").replace("\n", "⏎").replace("\r", "⏎"), _LONG if mark else _SHORT)
    if not mark:
        return shown
    empty = "no cell" if missing else "empty"
    return element("mark", shown if value else element("i", empty))


def _shortened(value: str, most: int) -> Markup:
    if len(value) <= most:
        return text(value)
    return element("span", f"{value[:most]}…", title=f"{value[:_FULL]}…" if len(value) > _FULL else value)
