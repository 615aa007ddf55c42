"""CHANGELOG.md: what a release added, corrected, withdrew and joined, for people."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import polars as pl

from depositary.loading.rows import Wanted, rows_of
from depositary.merging.claims.engine_tables import ID
from depositary.merging.conflicts.explained import label_of, naming_columns
from depositary.merging.diff.changes import Change, Diff, Kind
from depositary.merging.diff.staged_tables import texts_with_ids
from depositary.model.own_tables import OWN
from depositary.model.package import Package, Resource
from depositary.model.role import Role
from depositary.read.documents import read_text
from depositary.releasing.answers import ChangedAnswer, Rows
from depositary.releasing.delta import no_redirects
from depositary.releasing.layout import ANSWERS, CHANGELOG, DELTA, REDIRECTED
from depositary.releasing.proposal import Reason
from depositary.reports.markdown import code, markdown, named, paragraph
from depositary.wording.plain import number
from depositary.write.companions import WRITTEN, is_of_a_release

_HEAD = f"<!-- {WRITTEN} -->\n\n# Changelog"
_BLANK = re.compile("\n{3,}")
_SHOWN = 20  # rows of one table and kind that are listed; the delta has all
_LONGEST = 120  # characters of a cell
_WITHDRAWN = "deprecated"
_MOST_ROWS = 12  # of an answer


@dataclass(frozen=True)
class Notes:
    """What the entry of a release is made from; `earlier` is the version before, empty for the first release."""

    version: str
    day: str
    earlier: str
    package: Package
    reasons: Sequence[Reason] = ()
    difference: Diff | None = None
    lines: pl.DataFrame | None = None
    redirects: pl.DataFrame | None = None
    answers: Sequence[ChangedAnswer] = ()


def changelog(notes: Notes, before: Sequence[Path]) -> str:
    """Write the change log: the entry of this release, and below it those of earlier ones.

    Args:
        notes: what the entry is made from.
        before: earlier change logs; the first that there is goes below.
    """
    older = next((read_text(file) for file in before if file.is_file()), "")
    if is_of_a_release(older):
        older = older.removeprefix(_HEAD)
    entry = _BLANK.sub("\n\n", "\n".join(_entry(notes))).strip()
    return "\n\n".join(filter(None, [_HEAD, entry, older.strip()])) + "\n"


def _entry(notes: Notes) -> Iterator[str]:
    yield f"## {notes.version} ({notes.day})"
    yield ""
    if notes.difference is None or notes.lines is None:
        rows = sum(count for _, count in table_sizes(notes.package))
        yield f"The first release: {rows:,} rows in {number(len(notes.package), 'table')}."
        return
    redirects = no_redirects() if notes.redirects is None else notes.redirects
    yield f"Since {notes.earlier}: {_counts(notes.difference, notes.lines, redirects)}."
    yield ""
    yield f"`{DELTA}` has every changed row and cell."
    yield from _structure(notes.reasons)
    yield from _answers(notes.answers)
    for table in (name for name in notes.difference.tables if name and name not in OWN):
        of_table = redirects.filter(pl.col("table") == table)
        joined = dict(zip(of_table["old_id"], of_table["canonical_id"], strict=True))
        yield from _table(notes.difference, notes.lines.filter(pl.col("table") == table), table, notes.package, joined)


def _counts(difference: Diff, lines: pl.DataFrame, redirects: pl.DataFrame) -> str:
    total = Counter[str]()
    for table in difference.tables:
        if table and table not in OWN:
            total.update(difference.counts(table))
    withdrawn = len(lines.filter(_is_withdrawn()))
    removed = lines.filter(
        (pl.col("change") == Kind.ROW_REMOVED) & (pl.col("field") == "") & ~pl.col("table").is_in(OWN)
    )
    joined = removed.join(redirects, left_on=["table", "row_id"], right_on=["table", "old_id"], how="semi")
    parts = {
        f"{number(total[Kind.ROW_ADDED], 'row')} added": total[Kind.ROW_ADDED],
        f"{number(total['cells'] - withdrawn, 'cell')} corrected": total["cells"] - withdrawn,
        f"{number(withdrawn, 'row')} withdrawn": withdrawn,
        f"{number(len(removed) - len(joined), 'row')} removed": len(removed) - len(joined),
        f"{number(len(joined), 'row')} joined with another row": len(joined),
    }
    return "; ".join(text for text, count in parts.items() if count) or "no rows and no cells changed"


def _is_withdrawn() -> pl.Expr:
    return (
        (pl.col("change") == Kind.CELL_CHANGED) & (pl.col("after") == _WITHDRAWN) & (pl.col("field") == "record_status")
    )


def _structure(reasons: Sequence[Reason]) -> Iterator[str]:
    """List changed columns, types, keys and values; rows have lists of their own."""
    found = [one.text for one in reasons if not one.is_of_rows]
    if found:
        yield from ("", "### Tables and columns", "")
        yield from (f"- {_cell(text)}" for text in found[:_SHOWN])
        if len(found) > _SHOWN:
            yield f"- and {len(found) - _SHOWN:,} more, in `{DELTA}`"


def _answers(answers: Sequence[ChangedAnswer]) -> Iterator[str]:
    if not answers:
        return
    yield from ("", "### Answers that changed", "", f"`{ANSWERS}` has them in full.")
    for one in answers:
        yield from ("", f"**{_cell(one.question)}**", "")
        if one.before is None:
            yield "Before, this could not be asked. Now:"
        else:
            yield "Before:"
            yield from _answer(one.columns, one.before)
            yield "Now:"
        yield from _answer(one.columns, one.after)
        if one.because:
            least = "" if one.is_smallest else " (perhaps fewer of them are enough: the search was stopped)"
            yield from (f"Because of{least}:", "")
            yield from (f"- {_change(change)}" for change in one.because[:_SHOWN])
            if len(one.because) > _SHOWN:
                yield f"- and {len(one.because) - _SHOWN:,} more"


def _answer(columns: Sequence[str], rows: Rows) -> Iterator[str]:
    yield ""
    if not rows:
        yield from ("nothing", "")
        return
    yield f"| {' | '.join(map(_cell, columns))} |"
    yield "|---" * len(columns) + "|"
    for row in rows[:_MOST_ROWS]:
        yield f"| {' | '.join(_cell(row[name] if row[name] is not None else '') for name in columns)} |"
    if len(rows) > _MOST_ROWS:
        yield from ("", f"and {len(rows) - _MOST_ROWS:,} more rows")
    yield ""


def _change(change: Change) -> str:
    if change.change == Kind.ROW_ADDED:
        return f"{named(change.table)} {code(change.row_id)} was added"
    if change.change == Kind.ROW_REMOVED:
        return f"{named(change.table)} {code(change.row_id)} was removed"
    return f"{named(change.table)} {code(change.row_id)}, {markdown(change.field)}: {_values(change)}"


def _values(change: Change) -> str:
    return " → ".join(_cell(value) if value is not None else "(blank)" for value in (change.before, change.after))


def _table(
    difference: Diff, lines: pl.DataFrame, table: str, package: Package, joined: Mapping[str, str]
) -> Iterator[str]:
    if not difference.differing_rows(table):
        return
    resource = package.get(table)
    title = str(resource.descriptor.get("title") or "") if resource else ""
    yield from ("", f"### {_cell(title or table)} ({code(table)})", "")
    work = _about_the_work(package, table)
    for words, part in _parts(lines, joined):
        rows = [list(group) for _, group in groupby(part.iter_rows(named=True), key=lambda line: line["row_id"])]
        if rows:
            labels = _labels(resource, [row[0]["row_id"] for row in rows[:_SHOWN]])
            yield from (f"{words}:", "")
            yield from (f"- {_row(row, labels, joined, work)}" for row in rows[:_SHOWN])
            if len(rows) > _SHOWN:
                yield f"- and {len(rows) - _SHOWN:,} more, in `{DELTA}`"
            yield ""


def _parts(lines: pl.DataFrame, joined: Mapping[str, str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Split the lines about the rows of one table by what happened to the rows."""
    whole = pl.col("field") == ""
    withdrawn = lines.filter(_is_withdrawn())["row_id"]
    removed = lines.filter((pl.col("change") == Kind.ROW_REMOVED) & whole)
    is_joined = pl.col("row_id").is_in(list(joined))
    cells = lines.filter(pl.col("change") == Kind.CELL_CHANGED)
    yield "Added", lines.filter((pl.col("change") == Kind.ROW_ADDED) & whole)
    yield "Withdrawn", lines.filter(_is_withdrawn())
    yield f"Joined with another row (`{REDIRECTED}`)", removed.filter(is_joined)
    yield "Removed", removed.filter(~is_joined)
    yield "Corrected", cells.filter(~pl.col("row_id").is_in(withdrawn.implode()))


def _row(
    lines: Sequence[Mapping[str, str]], labels: Mapping[str, str], joined: Mapping[str, str], work: set[str]
) -> str:
    row_id = lines[0]["row_id"]
    text = code(row_id)
    if labels.get(row_id):
        text += f" {_cell(labels[row_id])}"
    if lines[0]["change"] == Kind.ROW_REMOVED and row_id in joined:
        text += f" → {code(joined[row_id])}"
    of_the_world = [line for line in lines if line["field"] not in work] or list(lines)
    cells = [
        f"{markdown(line['field'])}: {_values(Change(**{name: line[name] for name in Change._fields}))}"
        for line in of_the_world
        if line["field"] and line["change"] == Kind.CELL_CHANGED
    ]
    sources = sorted({line["source"] for line in lines if line["source"]})
    return (
        text
        + (f": {'; '.join(cells)}" if cells else "")
        + (f" (source: {', '.join(map(named, sources))})" if sources else "")
    )


def _labels(resource: Resource | None, ids: Sequence[str]) -> Mapping[str, str]:
    """Describe some rows of a table; none, if they are not there any longer."""
    if resource is None or not resource.table.primary_key:
        return {}
    shown = naming_columns(resource.table)
    rows = texts_with_ids(resource, shown).filter(pl.col(ID).is_in(ids))
    return {row[ID]: label_of(row, shown) for row in rows.iter_rows(named=True)}


def _about_the_work(package: Package, table: str) -> set[str]:
    resource = package.get(table)
    roles = (Role.SOURCE, Role.CONTRIBUTOR, Role.AUDIT)
    return (
        {f.name for f in resource.table.fields if f.descriptor.get("merge", {}).get("as") in roles}
        if resource
        else set()
    )


def table_sizes(package: Package) -> Iterator[tuple[str, int]]:
    """Give the number of rows of each table."""
    for resource in package:
        yield resource.name, len(rows_of(resource, Wanted(resource.table.field_names[:1])))


def _cell(text: object) -> str:
    words = " ".join(str(text).split())
    return paragraph(words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…")


def earlier_changelogs(package: Package, previous: Package | None) -> list[Path]:
    """Name the change logs that may go below the entry of a release: of the earlier release, or of the package."""
    return [one.directory / CHANGELOG for one in (previous, package) if one is not None]
