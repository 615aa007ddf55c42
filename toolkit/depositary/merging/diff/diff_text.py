"""A diff as text for people."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from textwrap import wrap

from depositary.merging.diff.changes import Change, Diff, Kind, RowChange
from depositary.merging.diff.descriptors import FIELDS, TABLES, differing
from depositary.model.own_tables import OWN
from depositary.visible import visible
from depositary.wording.plain import number

_COLOURS = {"title": "1", Kind.ROW_ADDED: "32", Kind.ROW_REMOVED: "31", Kind.CELL_CHANGED: "33"}
_SIGNS = {Kind.ROW_ADDED: "+", Kind.ROW_REMOVED: "-", Kind.CELL_CHANGED: "~"}
_NARROWEST = 60  # characters; a terminal narrower than that breaks the lines itself
_LONGEST = 80  # characters of a property's value; longer texts are not shown
BLANK = "(blank)"


def diff_text(diff: Diff, *, most: int | None = None, colour: bool = False, width: int | None = None) -> str:
    """Write a diff as text: the added, removed and changed rows of each table, at most `most` of them."""
    return "\n".join(_Text(diff, most, colour, width).lines()) + "\n"


def counted(diff: Diff, table: str) -> str:
    """Write the number of differences in a table."""
    counts = diff.counts(table)
    cells = f"{number(counts['cells'], 'cell')} changed in {number(counts['rows_changed'], 'row')}"
    parts = [
        f"{number(counts[Kind.ROW_ADDED], 'row')} added" if counts[Kind.ROW_ADDED] else "",
        f"{number(counts[Kind.ROW_REMOVED], 'row')} removed" if counts[Kind.ROW_REMOVED] else "",
        cells if counts["cells"] else "",
    ]
    return ", ".join(filter(None, parts))


def shown_tables(diff: Diff) -> list[str]:
    """Name the tables with something to show; the empty name means the package as a whole.

    The tables that record how a merge came about are the last.
    """
    shown = [table for table in diff.tables if shown_changes(diff, table) or diff.differing_rows(table)]
    return sorted(shown, key=lambda table: table in OWN)


def own_tables(diff: Diff) -> list[str]:
    """Name the tables with something to show that record how a merge came about; none, if there are no others."""
    shown = shown_tables(diff)
    own = [table for table in shown if table in OWN]
    return own if len(own) < len(shown) else []


def shown_changes(diff: Diff, table: str) -> list[Change]:
    """Give the changes of a table as a whole to show, without changed lists of names of added or removed things."""
    return [change for change in diff.table_changes(table) if not _is_list(change) or _is_reordered(change)]


def _is_list(change: Change) -> bool:
    return change.change == Kind.PROPERTY_CHANGED and change.field == (FIELDS if change.table else TABLES)


def _is_reordered(change: Change) -> bool:
    before, after = (json.loads(text or "[]") for text in (change.before, change.after))
    return [name for name in before if name in after] != [name for name in after if name in before]


def sentence(change: Change, longest: int | None = None) -> str:
    """Write a difference of a package, a table or a field as a sentence; longer texts only with their length."""
    kind = Kind(change.change)
    if kind is Kind.TABLE_ADDED:
        return "the table was added"
    if kind is Kind.TABLE_REMOVED:
        return "the table was removed"
    if kind in (Kind.FIELD_ADDED, Kind.FIELD_REMOVED):
        return f"the field {change.field} was {kind.removeprefix('field_')}"
    if kind is Kind.FIELD_CHANGED:
        pair = (json.loads(text or "{}") for text in (change.before, change.after))
        return f"the field {change.field}: {'; '.join(_exchanged(*line, longest) for line in differing(*pair))}"
    return _exchanged(change.field, change.before, change.after, longest)


def _exchanged(name: str, before: str | None, after: str | None, longest: int | None) -> str:
    return f"{name}: {_brief(before, longest)} → {_brief(after, longest)}"


def _brief(text: str | None, longest: int | None) -> str:
    if text is None:
        return "nothing"
    return text if longest is None or len(text) <= longest else f"({number(len(text), 'character')})"


def total(diff: Diff) -> str:
    """Write how many tables differ."""
    if not len(diff):
        return "no differences"
    tables = sum(1 for table in diff.tables if table)
    differ = "1 table differs" if tables == 1 else f"{tables or 'no'} tables differ"
    same = "1 is the same" if len(diff.same) == 1 else f"{len(diff.same)} are the same"
    return f"{differ}, {same}"


@dataclass(frozen=True)
class _Text:
    diff: Diff
    most: int | None
    colour: bool
    width: int | None

    @cached_property
    def _aside(self) -> list[str]:
        return own_tables(self.diff)

    def lines(self) -> Iterator[str]:
        yield self._paint(visible(" → ".join(self.diff.names)), "title")
        yield ""
        for table in shown_tables(self.diff):
            yield from self._table(table)
            yield ""
        if self.diff.not_compared:
            yield from self._line(f"not compared, because they are not tables: {', '.join(self.diff.not_compared)}", 0)
        yield f"{total(self.diff)}."

    def _table(self, table: str) -> Iterator[str]:
        title = table or "the package"
        yield self._paint(visible(": ".join(filter(None, [title, counted(self.diff, table)]))), "title")
        changes = shown_changes(self.diff, table)
        for change in changes:
            yield from self._line(sentence(change, _LONGEST), 2)
        whole = any(change.change in (Kind.TABLE_ADDED, Kind.TABLE_REMOVED) for change in changes)
        whole = whole or table in self._aside
        rows = self.diff.rows(table, 0 if whole and self.most is not None else self.most)
        for row in rows:
            yield from self._row(row)
        rest = self.diff.differing_rows(table) - len(rows)
        if rest:
            yield f"  … {number(rest, 'more row' if rows else 'row')}: depositary diff … --table {visible(table)}"

    def _row(self, row: RowChange) -> Iterator[str]:
        head = f"{_SIGNS[row.kind]} {row.row_id}"
        if row.kind is Kind.CELL_CHANGED:
            yield f"  {self._paint(visible(head), row.kind)}"
            for cell in row.cells:
                yield from self._line(f"{cell.field}: {_shown(cell.before)} → {_shown(cell.after)}", 6)
            return
        cells = [f"{cell.field}: {_shown(cell.before if cell.after is None else cell.after)}" for cell in row.cells]
        first, *others = self._line(f"{head}  {'; '.join(cells)}".rstrip(), 2, 4)
        yield first.replace(visible(head), self._paint(visible(head), row.kind), 1)
        yield from others

    def _line(self, text: str, indent: int, hang: int = 2) -> list[str]:
        text = visible(text)
        if not self.width or self.width < _NARROWEST:
            return [" " * indent + text]
        return wrap(
            text,
            self.width,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + hang),
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _paint(self, text: str, what: str) -> str:
        return f"\x1b[{_COLOURS[what]}m{text}\x1b[0m" if self.colour else text


def _shown(text: str | None) -> str:
    return BLANK if text is None else text
