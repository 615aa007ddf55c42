"""An agreement as one page of HTML that needs nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from depositary.agreement.agree import Agreement
from depositary.agreement.codebook import PARTS, entry_of
from depositary.agreement.coded import Coded
from depositary.agreement.detection import Detection
from depositary.agreement.figures import coefficient, figure, interval_text, per_cent
from depositary.agreement.measured import Confusion, Disagreement, Measured
from depositary.agreement.passages import Passage
from depositary.agreement.rounds import changes
from depositary.reports.pages.choices import choices, script, style
from depositary.reports.pages.frame import asset, footer, framed, skip_link
from depositary.reports.pages.markup import Markup, element, join
from depositary.wording.plain import number

_WORST = 20  # of a variable
_STEPS = 5  # shades of a heat map
_MOST = 12  # values of a matrix; a larger one is in the tables
_MARKS = (
    "The marks .667 and .800 are customary. Nothing depends on them. An asterisk marks free text, in which nobody "
    "expects that two people choose the same words."
)
_FIGURES = (
    "α (Krippendorff) is 1 if all values are equal, and 0 if they are as equal as chance would make them. AC1 (Gwet) "
    "has the same scale, and does not fall when one value is frequent. Equal is the share of pairs of coders with the "
    "same value. Units are the items to which two coders or more gave a value. Missing is the share of blank cells."
)
_FOUND = (
    "Precision is the share of the coder's items that the other one found too; recall is the share of the other one's "
    "items that the coder found. F1 is their harmonic mean. Jaccard is the share of all items of the two that both "
    "found."
)
_COINCIDENCES = (
    "Row and column are the values that two coders gave to one item: in green they are the same, in red they differ. "
    "Each pair of coders counts in both orders."
)


def page(agreement: Agreement, before: Agreement | None = None) -> str:
    """Write an agreement as a page; with an earlier round, also what changed since."""
    parts = [
        skip_link("To the figures"),
        _header(agreement),
        element("main", _sections(agreement, before), id="main"),
        footer(),
    ]
    styles = style() + asset("depositary.agreement", "agreement.css")
    return framed(f"agreement: {', '.join(agreement.coders)}", parts, styles, script())


def _header(agreement: Agreement) -> Markup:
    of = f"coded from {', '.join(agreement.sources)}" if agreement.sources else "all that they coded"
    several = sum(len(item.rows) > 1 for item in agreement.items)
    differ = sum(len(one.worst) for one in agreement.variables if not one.variable.is_free_text)
    links = (("#overview", "The variables"), ("#found", "Who found what"), ("#worst", "Where they differ"))
    return element(
        "header",
        element("p", "depositary", class_="brand"),
        element("h1", "How far the coders agree"),
        element("p", ", ".join(agreement.coders), " · ", of, class_="names"),
        element(
            "p",
            f"{number(len(agreement.items), 'item')}, {several} found by several; "
            f"{number(differ, 'value')} on which they differ.",
            class_="counts",
        ),
        element("nav", element("ul", [_link(*one) for one in links]), aria_label="Parts"),
    )


def _link(to: str, words: str) -> Markup:
    return element("li", element("a", words, href=to))


def _sections(agreement: Agreement, before: Agreement | None) -> Iterator[Markup]:
    nothing = element("p", f"All figures are undefined: {agreement.undefined}.", id="overview")
    yield nothing if agreement.undefined else _overview(agreement.variables)
    if before is not None:
        yield _rounds(before, agreement)
    yield element(
        "section",
        element("h2", "Who found what"),
        element("p", _FOUND, class_="quiet"),
        [_found(one) for one in agreement.detections],
        id="found",
    )
    cases = [one for one in agreement.variables if one.worst and not one.variable.is_free_text]
    yield element("h2", "Where they differ", id="worst")
    if cases:
        yield element("p", _COINCIDENCES, class_="quiet about")
        lists = {"variable": ("Variable", [(_name(one), _name(one)) for one in cases])}
        yield choices("disagreements", lists)
    yield from (_variable(one) for one in cases)
    if not cases:
        yield element("p", "Nowhere.", class_="quiet")


# The heat map


def _overview(variables: Sequence[Measured]) -> Markup:
    names = ("variable", "α", "equal", "AC1", "95 % of α", "units", "missing", "level")
    pairs = sorted({pair for one in variables for pair in one.pairs})
    shown = pairs if len(pairs) > 1 else []
    head = [element("th", name, scope="col") for name in (*names, *(f"α {a} · {b}" for a, b in shown))]
    body = [_line(one, shown) for one in variables]
    reasons = sorted({one.alpha.reason for one in variables if one.alpha.reason})
    return element(
        "section",
        element("h2", "The variables"),
        element("p", _FIGURES, class_="quiet"),
        element("p", _MARKS, class_="quiet"),
        _legend(),
        _scrolled(element("table", element("thead", element("tr", head)), element("tbody", body), class_="heat")),
        element("p", f"α is undefined where {'; or where '.join(reasons)}.", class_="quiet") if reasons else "",
        id="overview",
    )


def _legend() -> Markup:
    """Say what the shades mean."""
    names = [f"under {1 / _STEPS:.1f}", *(f"from {step / _STEPS:.1f}" for step in range(1, _STEPS))]
    shades = [element("span", name, class_=f"h{step}") for step, name in enumerate(names)]
    return element("p", "Shades: ", shades, class_="legend")


def _broken(name: str) -> Markup:
    """Let a long name go on in the next line after a part of it."""
    parts = name.replace(".", ".\0").replace("_", "_\0").split("\0")
    return join([parts[0], *(join([element("wbr"), part]) for part in parts[1:])])


def _line(of: Measured, pairs: Sequence[tuple[str, str]]) -> Markup:
    name = _broken(f"{_name(of)}{'*' if of.variable.is_free_text else ''}")
    linked = element("a", name, href=f"#{_name(of)}") if of.worst and not of.variable.is_free_text else name
    between = [of.pairs[pair][2] if pair in of.pairs else None for pair in pairs]
    return element(
        "tr",
        element("th", linked, scope="row"),
        _shaded(of.alpha.value, coefficient(of.alpha)),
        _shaded(of.agreement.value, per_cent(of.agreement.value)),
        _shaded(of.ac1.value, coefficient(of.ac1)),
        _figure(interval_text(of)),
        _figure(str(of.compared)),
        _figure(per_cent(of.missing)),
        _figure(of.variable.level.value),
        [_shaded(one.value, coefficient(one)) if one else _figure("–") for one in between],
    )


def _figure(words: str) -> Markup:
    return element("td", words, class_="figure")


def _shaded(value: Fraction | float | None, words: str) -> Markup:
    """Shade a figure from nought or less to one; the figure itself is always there."""
    if value is None:
        return element("td", words, class_="figure none")
    step = min(_STEPS - 1, max(0, int(value * _STEPS)))
    return element("td", words, class_=f"figure h{step}")


def _scrolled(inner: Markup, label: str = "Figures") -> Markup:
    return element("div", inner, class_="rows", tabindex=0, role="region", aria_label=label)


def _name(of: Measured) -> str:
    return f"{of.variable.table}.{of.variable.name}"


def _rounds(before: Agreement, after: Agreement) -> Markup:
    head = [element("th", name, scope="col") for name in ("variable", "α before", "α now", "change")]
    body = []
    for one in changes(before, after):
        both = [one.before.alpha if one.before else None, one.after.alpha if one.after else None]
        shades = [_shaded(found.value, coefficient(found)) if found else _figure("–") for found in both]
        rise = "" if one.alpha is None else f"{float(one.alpha):+.3f}"
        body.append(element("tr", element("th", f"{one.table}.{one.variable}", scope="row"), shades, _figure(rise)))
    table = element("table", element("thead", element("tr", head)), element("tbody", body), class_="heat")
    return element("section", element("h2", "Since the earlier round"), _scrolled(table), id="rounds")


# Who found what


def _found(of: Detection) -> Markup:
    how = ", ".join(f"{count} by {by}" for by, count in of.matched.items() if count) or "none"
    names = ("coder", "other", "F1", "precision", "recall", "Jaccard", "found by both", "by the coder", "by the other")
    head = [element("th", name, scope="col") for name in names]
    body = [
        element(
            "tr",
            element("th", one.coder, scope="row"),
            element("td", one.other or "all"),
            [_shaded(share, figure(share)) for share in (one.f1, one.precision, one.recall, one.jaccard)],
            [_figure(str(count)) for count in (one.both, one.own, one.others)],
        )
        for one in (*of.pairs, *of.against_all)
    ]
    alone = [element("li", element("strong", next(iter(item.rows))), " ", _label(item.rows)) for item in of.alone]
    fold = element(
        "details", element("summary", f"{number(len(alone), 'item')} of one coder only"), element("ul", alone)
    )
    return element(
        "div",
        element("h3", of.table, " ", element("small", f"{number(of.items, 'item')}; found by several: {how}")),
        _scrolled(element("table", element("thead", element("tr", head)), element("tbody", body), class_="heat"))
        if body
        else "",
        fold if alone else "",
    )


def _label(rows: Mapping[str, Coded]) -> str:
    """Name a row in words, if it has some, and by its id."""
    row = next(iter(rows.values()))
    return f"{row.words} ({row.given})" if row.words else row.given


# Where they differ


def _variable(of: Measured) -> Markup:
    rest = len(of.worst) - _WORST
    more = f"And {number(rest, 'more disagreement')}, which the CSV and JSON have."
    return element(
        "section",
        element("h3", element("a", _name(of), href=f"#{_name(of)}"), " ", element("small", _summary(of))),
        _matrices(of),
        [_confused(of, one) for one in of.confusions],
        [_case(of, case) for case in of.worst[:_WORST]],
        element("p", more, class_="rest") if rest > 0 else "",
        id=_name(of),
        class_="found variable",
    )


def _summary(of: Measured) -> str:
    between = interval_text(of)
    return f"{of.variable.level.value}; α {coefficient(of.alpha)}{f' ({between})' if between else ''} {of.mark}".strip()


def _matrices(of: Measured) -> Markup:
    parts = [_coincidences(of) if 1 < len(of.shown) <= _MOST else "", _pairs(of) if len(of.pairs) > 1 else ""]
    return element("div", parts, class_="matrices")


def _coincidences(of: Measured) -> Markup:
    order = {value: at for at, value in enumerate(of.variable.order)}
    values = sorted(of.shown, key=lambda value: (order.get(value, 0) if isinstance(value, str) else 0, of.shown[value]))
    values = [value for value in values if any(value in pair for pair in of.coincidences)]
    most = max(of.coincidences.values(), default=Fraction(1))
    head = [element("td", ""), *(element("th", of.shown[value], scope="col") for value in values)]
    body = [
        element(
            "tr",
            element("th", of.shown[one], scope="row"),
            [_cell(of.coincidences.get((one, other), Fraction(0)), most, same=one == other) for other in values],
        )
        for one in values
    ]
    table = _matrix("How often two values meet", head, body)
    return _scrolled(table, f"Coincidences of {_name(of)}")


def _matrix(caption: str, head: Sequence[Markup], body: Sequence[Markup]) -> Markup:
    rows = (element("thead", element("tr", head)), element("tbody", body))
    return element("table", element("caption", caption), *rows, class_="matrix")


def _cell(times: Fraction, most: Fraction, *, same: bool) -> Markup:
    if not times:
        return element("td", "·", class_="figure none")
    step = min(_STEPS - 1, int(times / most * _STEPS))
    return element("td", f"{float(times):.4g}", class_=f"figure {'h' if same else 'd'}{step if same else min(step, 3)}")


def _pairs(of: Measured) -> Markup:
    coders = list(of.coders)
    head = [element("td", ""), *(element("th", coder, scope="col") for coder in coders)]
    body = []
    for one in coders:
        found = [of.pairs.get((one, other)) or of.pairs.get((other, one)) for other in coders]
        cells = [_shaded(pair[2].value, coefficient(pair[2])) if pair else _figure("") for pair in found]
        body.append(element("tr", element("th", one, scope="row"), cells))
    table = _matrix("α between coders", head, body)
    return _scrolled(table, f"Coders on {_name(of)}")


def _confused(of: Measured, one: Confusion) -> Markup:
    given = ", ".join(f"{coder} gave {code} {number(times, 'time')}" for (coder, code), times in one.by.items())
    entries = [_entry(of, code) for code in one.codes]
    summary = element("summary", element("strong", " and ".join(one.codes)), f" confused {number(one.times, 'time')}")
    return element(
        "details",
        summary,
        element("p", f"{given}.", class_="quiet"),
        element("div", entries, class_="sides"),
        class_="entry",
    )


def _entry(of: Measured, code: str) -> Markup:
    entry = entry_of(of.variable.field, code)
    parts = [element("p", element("b", f"{part}: "), str(entry[part])) for part in PARTS if entry.get(part)]
    nothing = element("p", "The codebook says nothing about it.", class_="quiet")
    return element("div", element("h4", code), parts or nothing, class_="side")


def _case(of: Measured, case: Disagreement) -> Markup:
    none = "no conflict yet, because the rows are only suggested to be the same"
    link = join(["conflict ", element("code", case.conflict_id)]) if case.conflict_id else none
    item = case.unit.item
    sides = [_side(case, coder) for coder in sorted(case.unit.texts)]
    return element(
        "article",
        element("p", element("span", item.id), " · ", link, class_="place"),
        element("div", sides, class_="sides"),
        class_="item case",
        data_variable=_name(of),
    )


def _side(case: Disagreement, coder: str) -> Markup:
    row = case.unit.item.rows[coder]
    passages = [_passage(one) for one in case.passages.get(coder, ())]
    return element(
        "div",
        element("p", coder, class_="who"),
        element("p", case.unit.texts[coder], class_="value"),
        element("p", row.words, class_="words") if row.words else "",
        passages or element("p", "no passage", class_="quiet passage"),
        class_="side",
    )


def _passage(one: Passage) -> Markup:
    quote = one.quote
    place = f"{one.source}, characters {one.start} to {one.end}"
    return element("p", join([element("q", quote), " "]) if quote else "", element("span", place), class_="passage")
