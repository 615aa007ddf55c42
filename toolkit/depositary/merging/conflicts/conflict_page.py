"""Conflicts as one page of HTML that needs nothing else: the published value, each side, and the sources."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from depositary.merging.conflicts.conflict_text import UNSETTLED, counted
from depositary.merging.conflicts.conflicts_file import status_text, titles_of
from depositary.merging.conflicts.remedies import advice, named_sides, published_side, value_text
from depositary.merging.conflicts.side_cells import RowSides, row_sides
from depositary.model.conflict import Conflict, Side, Status
from depositary.model.package import Package
from depositary.reports.pages.choices import choices, script, style
from depositary.reports.pages.frame import asset, footer, framed, skip_link
from depositary.reports.pages.markup import Markup, element, join, text
from depositary.reports.pages.word_diff import marked

_NOTHING = "There is nothing to decide."


def conflicts_page(package: Package, conflicts: Sequence[Conflict], others: Sequence[Conflict] = ()) -> str:
    """Write conflicts as a page; the others are only counted."""
    titles = titles_of(package)
    name = f"{package.name} {package.version}".strip()
    tables = [(table, list(of)) for table, of in groupby(conflicts, key=lambda conflict: conflict.table)]
    cells = row_sides(package, conflicts)
    sections = [
        element("section", element("h2", _title(t)), _cards(of, titles, cells), id=f"table-{t}", class_="found")
        for t, of in tables
    ]
    parts = [
        skip_link("To the conflicts"),
        _header(name, conflicts, others, [table for table, _ in tables]),
        element("main", [_filters(conflicts), *sections] if sections else element("p", _NOTHING), id="main"),
        footer(),
    ]
    styles = style() + asset("depositary.merging.conflicts", "conflicts.css")
    return framed(f"conflicts: {name}", parts, styles, script())


def _title(table: str) -> str:
    return table or "The package"


def _filters(conflicts: Sequence[Conflict]) -> Markup:
    there = {conflict.status for conflict in conflicts}
    lists = {
        "table": ("Table", dict.fromkeys(_title(conflict.table) for conflict in conflicts)),
        "kind": ("Kind", dict.fromkeys(sorted(conflict.kind for conflict in conflicts))),
        "status": ("Status", dict.fromkeys(status.value for status in Status if status in there)),
    }
    return choices("conflicts", {name: (label, [(v, v) for v in values]) for name, (label, values) in lists.items()})


def _header(name: str, conflicts: Sequence[Conflict], others: Sequence[Conflict], tables: Sequence[str]) -> Markup:
    links = [element("li", element("a", _title(table), href=f"#table-{table}")) for table in tables]
    rest = f"Not shown here: {counted(others)}." if others else ""
    return element(
        "header",
        element("p", "depositary", class_="brand"),
        element("h1", f"Conflicts of {name}"),
        element("p", counted(conflicts) or "no conflicts", class_="counts"),
        element("p", rest, class_="quiet") if rest else "",
        element("nav", element("ul", links), aria_label="Tables") if len(tables) > 1 else "",
    )


def _cards(conflicts: Sequence[Conflict], titles: Mapping[str, str], cells: Mapping[str, RowSides]) -> Iterator[Markup]:
    for conflict in conflicts:
        of_row = cells.get(conflict.conflict_id)
        where = " ".join(filter(None, [conflict.row_id, conflict.field and f"[{conflict.field}]"]))
        yield element(
            "article",
            element(
                "header",
                element("h3", where or conflict.table),
                element("span", status_text(conflict), class_="status"),
                element("span", element("code", conflict.conflict_id), " ", conflict.kind, class_="ids"),
            ),
            element("p", _sentence(conflict.message)),
            _cells(conflict, of_row, titles) if of_row else _sides(conflict, titles),
            _advice(conflict),
            class_=f"item conflict {conflict.status}",
            data_table=_title(conflict.table),
            data_kind=conflict.kind,
            data_status=conflict.status,
        )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"


def _advice(conflict: Conflict) -> Markup | str:
    if conflict.status not in UNSETTLED:
        return ""
    first, *others = advice(conflict)
    command = element("code", first) if first.startswith("depositary ") else text(_sentence(first))
    return element("p", "→ ", command, [join([" ", other]) for other in others], class_="advice")


def _sides(conflict: Conflict, titles: Mapping[str, str]) -> Markup:
    """List the sides of a conflict under each other, with their values and sources."""
    before = published_side(conflict)
    named = sorted(named_sides(conflict).items(), key=lambda item: item[1] is not before)
    has_sources = any(side.source_id for _, side in named)
    heads = [element("th", name, scope="col") for name in ("side", "value", *(["source"] if has_sources else []))]
    rows = []
    for name, side in named:
        source = element("td", _source(side, titles), class_="source", data_side="source") if has_sources else ""
        rows.append(element("tr", _side_name(name, side.batch, "row"), _value(conflict, side, before), source))
    return _table(heads, rows, "sides")


def _table(heads: Sequence[Markup], rows: Sequence[Markup], kind: str) -> Markup:
    table = element("table", element("thead", element("tr", heads)), element("tbody", rows))
    return element("div", table, class_=kind, tabindex=0, role="region", aria_label="Sides")


def _side_name(name: str, batch: str, scope: str) -> Markup:
    return element("th", name, element("small", batch), scope=scope)


def _source(side: Side, titles: Mapping[str, str]) -> str:
    title = titles.get(side.source_id, "")
    return f"{side.source_id}: {title}" if title else side.source_id


def _value(conflict: Conflict, side: Side, before: Side | None) -> Markup:
    shown = value_text(conflict, side)
    if shown != side.value:
        return element("td", shown, class_="word", data_side="value")
    if before is None or before is side or not before.value or not conflict.field:
        return element("td", shown, class_="value", data_side="value")
    return element("td", marked(before.value, shown, new="mark")[1], class_="value", data_side="value")


# Conflicts about rows: the cells of the sides beside each other


def _cells(conflict: Conflict, cells: RowSides, titles: Mapping[str, str]) -> Markup:
    """Compare the sides cell by cell; those that differ are marked."""
    sides = named_sides(conflict)
    heads = [_side_name(name, sides[name].batch if name in sides else "", "col") for name in cells.sides]
    rows = [_field(field, cells) for field in cells.fields]
    if any(side.source_id for side in sides.values()):
        sources = [(name, _source(sides[name], titles) if name in sides else "") for name in cells.sides]
        found = [element("td", source, class_="source", data_side=name) for name, source in sources]
        rows.append(element("tr", element("th", "source", scope="row"), found))
    return _table([element("th", "field", scope="col"), *heads], rows, "sides cells")


def _field(field: str, cells: RowSides) -> Markup:
    differs = cells.differ(field)
    mark = [" ", element("small", "differs")] if differs else ""
    values = [_cell(name, of, field, differs=differs) for name, of in cells.sides.items()]
    return element("tr", element("th", field, mark, scope="row"), values, class_="differs" if differs else None)


def _cell(name: str, cells: Mapping[str, str] | None, field: str, *, differs: bool) -> Markup:
    value = "" if cells is None else cells.get(field, "")
    if not value:
        word = "(no row)" if cells is None else "(blank)" if field in cells else "(no claim)"
        return element("td", word, class_="word", data_side=name)
    return element("td", element("mark", value) if differs else value, class_="value", data_side=name)
