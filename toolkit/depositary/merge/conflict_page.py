"""Conflicts as one page of HTML that needs nothing else: what was published, each side beside it, and the sources."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from itertools import groupby
from string import Template

from depositary.check.reports.markup import Markup, element, join, text
from depositary.merge.conflict_text import UNSETTLED, counted
from depositary.merge.lineage import titles_of
from depositary.merge.remedies import advice, named_sides, published_side, said
from depositary.model.conflict import Conflict, Side
from depositary.model.package import Package
from depositary.version import __version__

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_COMPARED = 2_000  # words of a value; longer ones are shown without marks


def conflicts_page(package: Package, conflicts: Sequence[Conflict], others: Sequence[Conflict] = ()) -> str:
    """Write conflicts as a page; of the others, how many there are."""
    titles = titles_of(package)
    name = f"{package.name} {package.version}".strip()
    tables = [(table, list(of)) for table, of in groupby(conflicts, key=lambda conflict: conflict.table)]
    parts = [
        element("section", element("h2", t or "The package"), _cards(of, titles), id=f"table-{t}") for t, of in tables
    ]
    body = join(
        [
            _header(name, conflicts, others, [table for table, _ in tables]),
            element("main", parts or element("p", "There is nothing to decide."), id="main"),
            element("footer", element("p", f"Written by depositary {__version__}.")),
        ]
    )
    style = _asset("conflicts.css")
    policy = f"default-src 'none'; style-src '{_digest(style)}'; base-uri 'none'; form-action 'none'"
    filled = Template(_asset("conflicts.html")).substitute(
        policy=text(policy), title=text(f"conflicts: {name}"), style=style, body=body
    )
    return filled.encode("utf-8", "backslashreplace").decode()


@cache
def _asset(name: str) -> str:
    return files("depositary.merge").joinpath("page", name).read_text(encoding="utf-8")


def _digest(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


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
        by = f" by {conflict.decided_by}" if conflict.decided_by else ""
        yield element(
            "article",
            element(
                "header",
                element("h3", where or conflict.table),
                element("span", f"{conflict.status}{by}", class_="status"),
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
    shown = said(conflict, side)
    if shown != side.value:
        return element("td", shown, class_="word")
    if before is None or before is side or not before.value or not conflict.field:
        return element("td", shown, class_="value")
    return element("td", _marked(before.value, shown), class_="value")


def _marked(before: str, after: str) -> Sequence[str]:
    """Mark the words that were not there before."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if max(len(old), len(new)) > _COMPARED:
        return [after]
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    parts = (("".join(new[start:end]), kind) for kind, _, _, start, end in changes if end > start)
    return [part if kind == "equal" else element("mark", part) for part, kind in parts]
