"""A diff as one page of HTML that needs nothing else: old and new values side by side, row by row."""

from collections.abc import Iterator, Sequence

from depositary.merging.diff.changes import Change, Diff, Kind, RowChange
from depositary.merging.diff.diff_text import BLANK, counted, sentence, shown_changes, shown_tables, total
from depositary.reports.pages.frame import asset, footer, framed, skip_link
from depositary.reports.pages.markup import Markup, element, join
from depositary.reports.pages.word_diff import marked
from depositary.wording.plain import number

_WHAT = {Kind.ROW_ADDED: "added", Kind.ROW_REMOVED: "removed", Kind.CELL_CHANGED: "changed"}


def diff_page(diff: Diff, most: int | None = None) -> str:
    """Write a diff as a page, with at most `most` rows of each table."""
    parts = [
        skip_link("To the tables"),
        _header(diff),
        element("main", [_table(diff, table, most) for table in shown_tables(diff)], id="main"),
        footer(),
    ]
    return framed(f"diff: {' → '.join(diff.names)}", parts, asset("depositary.merging.diff", "diff.css"))


def _header(diff: Diff) -> Markup:
    before, after = diff.names
    links = [
        element(
            "li", element("a", _title(table), href=f"#{_anchor(table)}"), " ", element("span", counted(diff, table))
        )
        for table in shown_tables(diff)
    ]
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


def _title(table: str) -> str:
    return table or "the package"


def _anchor(table: str) -> str:
    return f"table-{table}" if table else "package"


def _table(diff: Diff, table: str, most: int | None) -> Markup:
    rows = diff.rows(table, most)
    rest = diff.differing_rows(table) - len(rows)
    more = f"And {number(rest, 'more row')}; the diff as CSV has all, or a page with --table {table}."
    return element(
        "section",
        element("h2", _title(table)),
        element("p", counted(diff, table), class_="quiet"),
        element("ul", [element("li", sentence(change)) for change in shown_changes(diff, table)], class_="said"),
        _rows(rows) if rows else "",
        element("p", more, class_="rest") if rest else "",
        id=_anchor(table),
    )


def _rows(rows: Sequence[RowChange]) -> Markup:
    head = [element("th", name, scope="col") for name in ("row", "field", "before", "after")]
    body = [element("tbody", list(_row(row)), class_=_WHAT[row.kind]) for row in rows]
    table = element("table", element("thead", element("tr", head)), body)
    return element("div", table, class_="rows", tabindex=0, role="region", aria_label="Rows")


def _row(row: RowChange) -> Iterator[Markup]:
    what = element("small", _WHAT[row.kind])
    name = element("th", element("span", row.row_id), " ", what, scope="rowgroup", rowspan=max(1, len(row.cells)))
    cells = [_cell(cell) for cell in row.cells] or [element("td", "", colspan=3)]
    for at, written in enumerate(cells):
        yield element("tr", name if at == 0 else "", written)


def _cell(cell: Change) -> Markup:
    before, after = marked(cell.before, cell.after)
    old = _shown(before, "old", there=cell.before is not None, word=cell.change != Kind.ROW_ADDED)
    new = _shown(after, "new", there=cell.after is not None, word=cell.change != Kind.ROW_REMOVED)
    return join([element("th", cell.field, scope="row"), old, new])


def _shown(parts: Sequence[str], side: str, *, there: bool, word: bool) -> Markup:
    if there:
        return element("td", parts, class_=side)
    return element("td", BLANK if word else "", class_="word")
