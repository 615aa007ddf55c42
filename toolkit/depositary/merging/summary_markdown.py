"""The result of a merge as Markdown: what is added and changed, and what is in conflict."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from depositary.merging.conflicts.conflicts_file import is_waiting, place
from depositary.merging.conflicts.remedies import named_sides, value_text
from depositary.merging.merge import Merged, TableChange
from depositary.merging.summary import named_ids, new_among, new_warnings
from depositary.model.conflict import Conflict
from depositary.reports.markdown import markdown, table
from depositary.wording.plain import number

_MOST = 50  # conflicts, and ids of rows, that are listed


def summary_markdown(merged: Merged, *, plan: bool, names: Path | None = None) -> str:
    """Write what a merge changes or would change, and its open conflicts, for the summary of a CI job or a comment.

    `names` is the file into which the ids of named rows were written.
    """
    return "\n\n".join(_parts(merged, names, plan=plan)) + "\n"


def _parts(merged: Merged, names: Path | None, *, plan: bool) -> Iterator[str]:
    package = merged.package
    title = "Plan of the merge" if plan else "Merge"
    yield f"### {title}: {markdown(package.name)} {markdown(package.version)}"
    if merged.batches:
        yield "\n".join(f"- {markdown(one.name)}, {one.mode} by {markdown(one.contributor)}" for one in merged.batches)
    if merged.changes:
        head = ["table", "rows added", "rows deleted", "cells changed", "columns"]
        yield "\n".join(table(head, map(_changed, merged.changes)))
    else:
        yield "Nothing changes."
    yield from _names(merged, names)
    yield from _conflicts([one for one in merged.open if not is_waiting(one)])
    if merged.waiting:
        lines = (f"- {markdown(one.name)}: {markdown(one.why)}" for one in merged.waiting)
        yield "\n".join(["Contributions that wait, and are not merged:", "", *lines])
    if merged.warnings:
        yield "\n".join(f"- Warning: {markdown(one)}" for one in merged.warnings)
    report = merged.report
    counted = f"{number(report.errors, 'error')} and {number(report.warnings, 'warning')}{new_among(merged)}"
    yield "\n".join([f"The merged package has {counted}.", *_listed(merged)])


def _names(merged: Merged, file: Path | None) -> Iterator[str]:
    if len(merged.names):
        named = merged.names.head(_MOST).select("batch", "table", "name", "row_id").iter_rows()
        yield "#### Ids of the rows with local: names"
        yield "\n".join(table(["contribution", "table", "name", "id"], named))
    if file:
        yield markdown(f"{named_ids(merged, file)}.")
    elif len(merged.names) > _MOST:
        yield f"{number(len(merged.names) - _MOST, 'more row')}: depositary merge --names FILE writes all of them."


def _listed(merged: Merged) -> Iterator[str]:
    lines = [f"- New: {markdown(line)}" for line in new_warnings(merged)]
    yield from ["", *lines] if lines else []


def _changed(change: TableChange) -> Sequence[str]:
    counts = (f"{count:,}" if count else "" for count in (change.added, change.deleted, change.cells))
    columns = [
        *(f"{name} added" for name in change.new_columns),
        *(f"{name} dropped" for name in change.dropped_columns),
    ]
    return (change.table, *counts, ", ".join(columns))


def _conflicts(conflicts: Sequence[Conflict]) -> Iterator[str]:
    if not conflicts:
        yield "No conflict is open."
        return
    yield f"#### {number(len(conflicts), 'open conflict')}"
    rows = ((one.conflict_id, one.kind, place(one), _sides(one)) for one in conflicts[:_MOST])
    yield "\n".join(table(["conflict", "kind", "place", "sides"], rows))
    if len(conflicts) > _MOST:
        yield f"{number(len(conflicts) - _MOST, 'more conflict')}: depositary conflicts lists all of them."


def _sides(conflict: Conflict) -> str:
    return "; ".join(f"{name}: {value_text(conflict, side)}" for name, side in named_sides(conflict).items())
