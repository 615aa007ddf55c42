"""Pairs as one page of HTML, on which people judge them; it saves a worksheet for `depositary identity apply`."""

from collections.abc import Iterator, Sequence

from depositary.identity.listing import cell, line_of
from depositary.identity.records import Record
from depositary.identity.review import by_use
from depositary.identity.suggest import Matching
from depositary.identity.suggestion import Suggestion
from depositary.identity.worksheet import WORDS
from depositary.reports.pages.choices import choices, script, style
from depositary.reports.pages.frame import asset, footer, framed, skip_link
from depositary.reports.pages.markup import Markup, element
from depositary.wording.plain import number

_HERE = "depositary.identity"
_NOTHING = "There are no pairs to judge."


def pairs_page(matching: Matching, name: str) -> str:
    """Write the suggestions as a page, the most useful first."""
    ordered = by_use(matching)
    tables = [(one.table, one.table) for one in {one.table: one for one in ordered}.values()]
    cards = [_card(matching, one, at) for at, one in enumerate(ordered)]
    main = [choices("pairs", {"table": ("Table", tables)}), element("section", cards, class_="found"), _save()]
    parts = [
        skip_link("To the pairs"),
        element(
            "header",
            element("p", "depositary", class_="brand"),
            element("h1", f"Who is who in {name}"),
            element("p", f"{number(len(ordered), 'pair')} of rows may be about the same thing", class_="counts"),
        ),
        element("main", main if ordered else element("p", _NOTHING), id="main"),
        footer(),
    ]
    return framed(f"pairs: {name}", parts, style() + asset(_HERE, "pairs.css"), script() + asset(_HERE, "pairs.js"))


def _save() -> Markup:
    return element(
        "form",
        element("button", "Save the judgements", type="button", id="save"),
        element("output", "", aria_live="polite", id="saved"),
        element(
            "p",
            "The file goes to the maintainers, or to ",
            element("code", "depositary identity apply pairs.csv --as ctr-…"),
            class_="quiet",
        ),
        id="answers",
        hidden=True,
    )


def _card(matching: Matching, one: Suggestion, at: int) -> Markup:
    records = matching.records(one.table)
    left, right = records[one.left], records[one.right]
    line = {name: cell(value) for name, value in line_of(matching, one, None).items()}
    said = ("table", "left_id", "right_id", "score", "left_label", "right_label", "left_from", "right_from", "fields")
    return element(
        "article",
        element(
            "header",
            element("span", one.table, class_="table"),
            element("h2", left.label(records.policy), " / ", right.label(records.policy)),
            element("span", f"{one.score:.2f}", class_="score", title="score"),
        ),
        _compared(matching, one, left, right),
        _answers(at),
        class_="item pair",
        data_table=one.table,
        **{f"data_{name.replace('_id', '').replace('_', '-')}": line[name] for name in said if name != "table"},
    )


def _compared(matching: Matching, one: Suggestion, left: Record, right: Record) -> Markup:
    heads = [element("th", "field", scope="col"), *(element("th", _side(row), scope="col") for row in (left, right))]
    rows = list(_rows(matching, one, left, right))
    table = element("table", element("thead", element("tr", heads, element("th", "score", scope="col"))), rows)
    return element("div", table, class_="sides", tabindex=0, role="region", aria_label="Both rows")


def _side(row: Record) -> Sequence[Markup | str]:
    return [row.id, element("small", row.origin)]


def _rows(matching: Matching, one: Suggestion, left: Record, right: Record) -> Iterator[Markup]:
    scores = {name: of.score for of in one.fields for name in of.field.split(", ")}
    for field in matching.policies[one.table].fields:
        values = [(row.id, "; ".join(row[field])) for row in (left, right)]
        if any(text for _, text in values):
            score = scores.get(field.label)
            cells = [
                element("td", text or "(blank)", class_="value" if text else "word", data_side=id_)
                for id_, text in values
            ]
            mark = element("td", "" if score is None else f"{score:.2f}", class_="score", data_side="score")
            differs = score is not None and score < 1
            yield element(
                "tr", element("th", field.label, scope="row"), cells, mark, class_="differs" if differs else None
            )


def _answers(at: int) -> Markup:
    options = [
        element("label", element("input", type="radio", name=f"choice-{at}", value=word), " ", word) for word in WORDS
    ]
    reason = element("label", "Reason ", element("input", type="text", name=f"reason-{at}", autocomplete="off"))
    return element("fieldset", element("legend", "Are they the same?"), options, reason, hidden=True, class_="answer")
