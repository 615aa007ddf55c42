"""A diff as Markdown, for the summary of a CI job or a comment on a pull request."""

from collections.abc import Iterator, Sequence

from depositary.merging.diff.changes import Diff, Kind, RowChange
from depositary.merging.diff.diff_text import BLANK, counted, own_tables, sentence, shown_changes, shown_tables, total
from depositary.reports.markdown import markdown, table
from depositary.wording.plain import number

_LONGEST = 80  # characters of a property's value; longer texts are only counted
_DONE = {Kind.ROW_ADDED: "added", Kind.ROW_REMOVED: "removed", Kind.CELL_CHANGED: "changed"}


def diff_markdown(diff: Diff, most: int | None) -> str:
    """Write a diff: the rows of each table that differ, at most `most` of them; the others are counted."""
    return "\n\n".join(_parts(diff, most)) + "\n"


def _parts(diff: Diff, most: int | None) -> Iterator[str]:
    yield f"### {' → '.join(map(markdown, diff.names))}"
    aside = own_tables(diff)
    for name in shown_tables(diff):
        count = counted(diff, name)
        yield f"#### {markdown(name or 'The package')}{f': {count}' if count else ''}"
        changes = shown_changes(diff, name)
        if changes:
            yield "\n".join(f"- {markdown(sentence(change, _LONGEST))}" for change in changes)
        rows = diff.rows(name, 0 if name in aside and most is not None else most)
        if rows:
            yield "\n".join(table(["row", "", "cells"], map(_row, rows)))
        if diff.differing_rows(name) > len(rows):
            yield f"{number(diff.differing_rows(name) - len(rows), 'more row' if rows else 'row')}."
    yield f"{total(diff).capitalize()}."


def _row(row: RowChange) -> Sequence[str]:
    if row.kind is Kind.CELL_CHANGED:
        cells = (f"{one.field}: {_shown(one.before)} → {_shown(one.after)}" for one in row.cells)
    else:
        cells = (f"{one.field}: {_shown(one.before if one.after is None else one.after)}" for one in row.cells)
    return row.row_id, _DONE[row.kind], "; ".join(cells)


def _shown(text: str | None) -> str:
    return BLANK if text is None else text
