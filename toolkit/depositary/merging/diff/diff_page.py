"""A diff as one page of HTML that needs nothing else: old and new values side by side, row by row."""

from collections.abc import Iterator, Sequence

from depositary.merging.diff.changes import Change, Diff, Kind, RowChange
from depositary.merging.diff.diff_text import (
    BLANK,
    counted,
    own_tables,
    sentence,
    shown_changes,
    shown_tables,
    total,
)
from depositary.reports.pages.choices import choices, script, style
from depositary.reports.pages.frame import asset, footer, framed, skip_link
from depositary.reports.pages.markup import Markup, element, join
from depositary.reports.pages.word_diff import marked
from depositary.wording.plain import number

_WHAT = {Kind.ROW_ADDED: "added", Kind.ROW_REMOVED: "removed", Kind.CELL_CHANGED: "changed"}
_BOTH, _ONE = ("field", "before", "after"), ("field", "value")  # the columns of a list of rows
_LONG = 200  # characters of a property's values; longer ones are in a fold


def diff_page(diff: Diff, most: int | None = None) -> str:
    """Write a diff as a page, with at most `most` rows of each table; all of them if it is None.

    The tables that record how a merge came about are in a fold, if there are others.
    """
    aside = own_tables(diff)
    facts = [table for table in shown_tables(diff) if table not in aside]
    parts = [
        skip_link("To the tables"),
        _header(diff, facts, aside),
        element("main", _sections(diff, facts, aside, most), id="main"),
        footer(),
    ]
    styles = style() + asset("depositary.merging.diff", "diff.css")
    return framed(f"diff: {' → '.join(diff.names)}", parts, styles, script())


def _sections(diff: Diff, facts: Sequence[str], aside: Sequence[str], most: int | None) -> Iterator[Markup]:
    if any(diff.differing_rows(table) for table in (*facts, *aside)):
        yield _filters(diff, [*facts, *aside])
    for table in facts:
        yield _table(diff, table, most)
    if aside:
        yield _aside(diff, aside, most)


def _header(diff: Diff, facts: Sequence[str], aside: Sequence[str]) -> Markup:
    before, after = diff.names
    links = [_link(diff, table) for table in facts]
    if aside:
        recorded = element("a", "What merges recorded", href="#recorded")
        links.append(element("li", recorded, " ", _count(", ".join(aside))))
    others = f"Not compared, because they are not tables: {', '.join(diff.not_compared)}." if diff.not_compared else ""
    return element(
        "header",
        element("p", "depositary", class_="brand"),
        element("h1", "What differs"),
        element("p", before, " → ", after, class_="names"),
        element("p", f"{total(diff).capitalize()}.", class_="counts"),
        element("p", others, class_="quiet") if others else "",
        element("nav", element("ul", links), aria_label="Tables") if links else "",
    )


def _link(diff: Diff, table: str) -> Markup:
    return element("li", element("a", _title(table), href=f"#{_anchor(table)}"), " ", _count(counted(diff, table)))


def _count(words: str) -> Markup:
    return element("span", words)


def _title(table: str) -> str:
    return table or "the package"


def _anchor(table: str) -> str:
    return f"table-{table}" if table else "package"


def _filters(diff: Diff, tables: Sequence[str]) -> Markup:
    named = [(table, _title(table)) for table in tables if diff.differing_rows(table)]
    counts = [diff.counts(table) for table in tables]
    has = {
        "added": any(count[Kind.ROW_ADDED] for count in counts),
        "changed": any(count["rows_changed"] for count in counts),
        "removed": any(count[Kind.ROW_REMOVED] for count in counts),
    }
    kinds = [(kind, f"{kind} rows") for kind, there in has.items() if there]
    return choices("rows", {"table": ("Table", named), "kind": ("Change", kinds)})


def _aside(diff: Diff, tables: Sequence[str], most: int | None) -> Markup:
    """Write the tables that record how a merge came about, in a fold."""
    found = ", ".join(f"{table}: {counted(diff, table) or 'its descriptor'}" for table in tables)
    inner = [_table(diff, table, most) for table in tables]
    summary = element("summary", element("h2", "What merges recorded"), " ", element("span", found, class_="quiet"))
    return element("details", summary, inner, id="recorded")


def _table(diff: Diff, table: str, most: int | None) -> Markup:
    rows = diff.rows(table, most)
    rest = diff.differing_rows(table) - len(rows)
    more = f"And {number(rest, 'more row')}; the diff as CSV has all, or a page with --table {table}."
    return element(
        "section",
        element("h2", _title(table)),
        element("p", counted(diff, table), class_="quiet"),
        element(
            "ul", [element("li", _in_one_line(change)) for change in shown_changes(diff, table)], class_="sentences"
        ),
        _rows(table, rows) if rows else "",
        element("p", more, class_="rest") if rest else "",
        id=_anchor(table),
        class_="found",
    )


def _in_one_line(change: Change) -> Markup | str:
    words = sentence(change)
    if len(words) <= _LONG:
        return words
    return element("details", element("summary", sentence(change, 0)), element("p", words))


def _rows(table: str, rows: Sequence[RowChange]) -> Markup:
    changed = any(row.kind is Kind.CELL_CHANGED for row in rows)
    names = _BOTH if changed else _ONE
    head = [element("th", name, scope="col") for name in names]
    body = [_row(table, row, len(names)) for row in rows]
    listed = element("table", element("thead", element("tr", head)), body)
    return element("div", listed, class_="rows", tabindex=0, role="region", aria_label=f"Rows of {_title(table)}")


def _row(table: str, row: RowChange, width: int) -> Markup:
    what = element("small", _WHAT[row.kind])
    name = element("th", element("span", row.row_id), " ", what, scope="rowgroup", colspan=width)
    cells = [element("tr", _cell(row.kind, cell, width)) for cell in row.cells]
    kind = _WHAT[row.kind]
    return element("tbody", element("tr", name), cells, class_=f"item {kind}", data_table=table, data_kind=kind)


def _cell(kind: Kind, cell: Change, width: int) -> Markup:
    """Write one cell: both values if it changed, else the one that there is."""
    head = element("th", cell.field, scope="row")
    if kind is not Kind.CELL_CHANGED:
        value, side = (cell.before, "old") if kind is Kind.ROW_REMOVED else (cell.after, "new")
        return join([head, element("td", value or "", class_=side, colspan=width - 1)])
    before, after = marked(cell.before, cell.after)
    return join([head, _shown(before, "old", cell.before), _shown(after, "new", cell.after)])


def _shown(parts: Sequence[str], side: str, value: str | None) -> Markup:
    name = "before" if side == "old" else "after"
    if value is None:
        return element("td", BLANK, class_="word", data_side=name)
    return element("td", parts, class_=side, data_side=name)
