"""Conflicts as one page of HTML that needs nothing else: the published value, each side, and the sources."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from depositary.merging.conflicts.conflict_text import UNSETTLED, counted
from depositary.merging.conflicts.conflicts_file import status_text, titles_of
from depositary.merging.conflicts.remedies import advice, named_sides, published_side, value_text
from depositary.model.conflict import Conflict, Side
from depositary.model.package import Package
from depositary.reports.pages.frame import asset, footer, framed, skip_link
from depositary.reports.pages.markup import Markup, element, join, text
from depositary.reports.pages.word_diff import marked


def conflicts_page(package: Package, conflicts: Sequence[Conflict], others: Sequence[Conflict] = ()) -> str:
    """Write conflicts as a page; the others are only counted."""
    titles = titles_of(package)
    name = f"{package.name} {package.version}".strip()
    tables = [(table, list(of)) for table, of in groupby(conflicts, key=lambda conflict: conflict.table)]
    sections = [
        element("section", element("h2", t or "The package"), _cards(of, titles), id=f"table-{t}") for t, of in tables
    ]
    parts = [
        skip_link("To the conflicts"),
        _header(name, conflicts, others, [table for table, _ in tables]),
        element("main", sections or element("p", "There is nothing to decide."), id="main"),
        footer(),
    ]
    return framed(f"conflicts: {name}", parts, asset("depositary.merging.conflicts", "conflicts.css"))


def _header(name: str, conflicts: Sequence[Conflict], others: Sequence[Conflict], tables: Sequence[str]) -> Markup:
    links = [element("li", element("a", table or "The package", href=f"#table-{table}")) for table in tables]
    rest = f"Not shown here: {counted(others)}." if others else ""
    return element(
        "header",
        element("p", "depositary", class_="brand"),
        element("h1", f"Conflicts of {name}"),
        element("p", counted(conflicts) or "no conflicts", class_="counts"),
        element("p", rest, class_="quiet") if rest else "",
        element("nav", element("ul", links), aria_label="Tables") if len(tables) > 1 else "",
    )


def _cards(conflicts: Sequence[Conflict], titles: Mapping[str, str]) -> Iterator[Markup]:
    for conflict in conflicts:
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
            _sides(conflict, titles),
            _advice(conflict),
            class_=f"conflict {conflict.status}",
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
    before = published_side(conflict)
    named = sorted(named_sides(conflict).items(), key=lambda item: item[1] is not before)
    head = [element("th", name, element("small", side.batch), scope="col") for name, side in named]
    values = [_value(conflict, side, before) for _, side in named]
    sources = [element("td", _source(side, titles), class_="source") for _, side in named]
    rows = [
        element("tr", element("th", "value", scope="row"), values),
        element("tr", element("th", "source", scope="row"), sources) if any(s.source_id for _, s in named) else "",
    ]
    table = element("table", element("thead", element("tr", element("td", ""), head)), element("tbody", rows))
    return element("div", table, class_="sides", tabindex=0, role="region", aria_label="Sides")


def _source(side: Side, titles: Mapping[str, str]) -> str:
    title = titles.get(side.source_id, "")
    return f"{side.source_id}: {title}" if title else side.source_id


def _value(conflict: Conflict, side: Side, before: Side | None) -> Markup:
    shown = value_text(conflict, side)
    if shown != side.value:
        return element("td", shown, class_="word")
    if before is None or before is side or not before.value or not conflict.field:
        return element("td", shown, class_="value")
    return element("td", marked(before.value, shown, new="mark")[1], class_="value")
