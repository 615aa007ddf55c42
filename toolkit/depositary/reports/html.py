"""A report as one page of HTML that needs no network, and can be read without a script."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from depositary.model.finding import Finding
from depositary.model.report import Report, TableReport
from depositary.reports.excerpt import Excerpts
from depositary.reports.files import Files
from depositary.reports.glossary import Entry, Glossary
from depositary.reports.groups import (
    Group,
    Section,
    about,
    by_field,
    clean,
    clean_count,
    has_others,
    kind,
    row_name,
    sections,
    size,
    verdict,
)
from depositary.reports.pages.choices import choice, style
from depositary.reports.pages.frame import asset, footer, framed, skip_link
from depositary.reports.pages.markup import Markup, element, join, text
from depositary.wording.plain import number

_HERE = "depositary.reports.pages"
_OPEN = 3  # findings of a group that are shown at first
_LISTED = 10_000  # findings that the page lists, over all groups; the JSON report has all that are kept
_EXCERPTS = 2_000  # of these, findings with an excerpt
_MANY = 200  # with more findings, the groups are closed at first
_PLACES = 2  # with fewer places, there is no list of them
_ROWS = 20  # other rows of a finding that are listed

Part = str | Markup


def to_html(reports: Sequence[Report], report: Report, files: Files, glossary: Glossary) -> str:
    """Write a report as a page; `reports` are those from which it was joined."""
    title = f"{'valid' if report.valid else 'invalid'}: {_headline(reports)}"
    day = f" Rules used {report.rules.as_of} as today." if report.rules.as_of else ""
    parts = [
        skip_link("To the findings", "findings"),
        _header(reports, report),
        element("main", _Page(report, files, glossary, _whole(reports)).parts(), id="main"),
        footer(day),
    ]
    return framed(title, parts, asset(_HERE, "page.css") + style(), asset(_HERE, "page.js"))


# The head of the page


def _headline(reports: Sequence[Report]) -> str:
    """Name what the page is about; several targets are counted by kind."""
    if len(reports) > 1:
        kinds = Counter(map(kind, reports))
        return ", ".join(number(kinds[one], one) for one in sorted(kinds))
    (report,) = reports
    return about(report) if kind(report) == "package" and report.name else report.subject


def _under(reports: Sequence[Report]) -> Part:
    """Write what is under the headline: the path, the package, or the results of several targets."""
    if len(reports) > 1:
        return element("ul", [element("li", element("code", r.subject), f": {verdict(r)}") for r in reports])
    (report,) = reports
    return element("code", report.subject) if kind(report) == "package" else text(about(report))


def _whole(reports: Sequence[Report]) -> str:
    return f"The {kind(reports[0])} as a whole" if len(reports) == 1 else "As a whole"


def _header(reports: Sequence[Report], report: Report) -> Markup:
    found, _, counted = verdict(report).partition(": ")
    lead = element("p", element("strong", found), " ", counted, class_=f"verdict {found}")
    kept = sum(1 for _ in report)
    total = report.errors + report.warnings
    rest = element("p", f"The page has {kept:,} of {total:,} findings; the counts are exact.", class_="quiet")
    return element(
        "header",
        element("p", "depositary", class_="brand"),
        element("h1", _headline(reports)),
        element("div", _under(reports), class_="subject"),
        lead,
        rest if kept < total else "",
    )


@dataclass
class _Page:
    report: Report
    files: Files
    glossary: Glossary
    whole: str

    def __post_init__(self) -> None:
        self._sections = sections(self.report)
        groups = [group for section in self._sections for group in section.groups]
        self._listed = max(_OPEN, _LISTED // max(1, len(groups)))
        self._excerpts = max(_OPEN, _EXCERPTS // max(1, len(groups)))
        self._closed = sum(len(group.findings) for group in groups) > _MANY
        self._finding = 0

    def parts(self) -> Iterator[Part]:
        yield self._places()
        if self._sections:
            yield _filters(self._sections, self.whole)
            yield element("section", element("h2", "Findings"), self._found(), id="findings")
        else:
            yield element("section", element("h2", "Findings"), element("p", "Nothing was found."), id="findings")
        yield _clean(self.report)
        yield from _not_judged(self.report)
        yield from _rules(self.report)
        yield from self._meanings()

    def _places(self) -> Part:
        """List where the findings are, with links."""
        if len(self._sections) < _PLACES:
            return ""
        items = [
            element("li", element("a", self._place(section), href=f"#table-{at}"), " ", _counts(section))
            for at, section in enumerate(self._sections)
        ]
        return element("nav", element("ul", items), class_="places", aria_label="Tables with findings")

    def _place(self, section: Section) -> str:
        return section.table.name if section.table else self.whole

    def _found(self) -> Iterator[Part]:
        for at, section in enumerate(self._sections):
            title: list[Part] = [self._place(section)]
            if section.table:
                title += [" ", element("small", f"{section.table.place}, {size(section.table)}")]
            excerpts = self._read(section)
            groups = [self._group(at, group, excerpts, first=n == 0) for n, group in enumerate(section.groups)]
            yield element("section", element("h3", title), groups, id=f"table-{at}", class_="found")

    def _read(self, section: Section) -> Excerpts | None:
        if not section.table:
            return None
        shown = (f for group in section.groups for f in group.findings[: self._excerpts])
        return Excerpts(section.table, shown, self.files)

    def _group(self, section: int, group: Group, excerpts: Excerpts | None, *, first: bool) -> Markup:
        listed = group.findings[: self._listed]
        items = [self._item(group, f, excerpts if n < self._excerpts else None) for n, f in enumerate(listed)]
        rest = group.rest(len(listed))
        return element(
            "details",
            element("summary", self._title(group)),
            element("ol", items[:_OPEN]),
            _more(items[_OPEN:], self._excerpts if excerpts and len(items) > self._excerpts else 0),
            element("p", f"… and {by_field(rest)}, counted but not listed here.", class_="rest") if rest else "",
            element("p", "" if _is_one(group) else f"→ {_sentence(group.advice)} ", _means(group.id), class_="foot"),
            open=first or not self._closed,
            class_=f"group {group.level}",
            data_table=section,
            data_codes=group.names,
            data_level=group.level,
            data_count=group.count,
        )

    def _title(self, group: Group) -> Markup:
        title = self.glossary[group.id].title
        return element(
            "h4",
            element("span", group.level, class_="level"),
            element("code", group.names),
            element("span", title, class_="title"),
            element("span", number(group.count, "finding"), class_="count"),
        )

    def _item(self, group: Group, finding: Finding, excerpts: Excerpts | None) -> Markup:
        self._finding += 1
        hint = finding.hint if _is_one(group) else group.hint(finding)
        return element(
            "li",
            element("p", _where(finding, excerpts), element("span", finding.message), class_="message"),
            element("p", _also(finding), class_="with") if has_others(finding) else "",
            element("p", f"→ {_sentence(hint)}", class_="hint") if hint else "",
            excerpts.of(finding) if excerpts else "",
            id=f"finding-{self._finding}",
        )

    def _meanings(self) -> Iterator[Part]:
        if self.glossary.entries:
            entries = [_meaning(entry) for entry in self.glossary.entries.values()]
            yield element("section", element("h2", "What the codes and rules mean"), entries, id="meanings")


def _counts(section: Section) -> Markup:
    counts = {level: sum(g.count for g in section.groups if g.level == level) for level in ("error", "warning")}
    parts = [element("span", number(count, level), class_=level) for level, count in counts.items() if count]
    return join(part if at == 0 else join([", ", part]) for at, part in enumerate(parts))


def _clean(report: Report) -> Part:
    """List the tables without findings, in a fold."""
    tables = clean(report)
    if not tables:
        return ""
    names = (("Table", None), ("File", "file"), ("Rows", "c"))
    head = element("tr", [element("th", name, scope="col", class_=of) for name, of in names])
    table = element("table", element("thead", head), element("tbody", map(_clean_row, tables)), class_="tables")
    return element("section", element("details", element("summary", clean_count(report)), table), id="clean")


def _clean_row(table: TableReport) -> Markup:
    return element(
        "tr",
        element("th", table.name, scope="row"),
        element("td", table.place, class_="file"),
        element("td", "not read" if table.rows is None else f"{table.rows:,}", class_="c"),
    )


def _more(items: Sequence[Markup], excerpts: int) -> Part:
    if not items:
        return ""
    some = f" (rows around them are shown for the first {excerpts:,})" if excerpts else ""
    summary = element("summary", f"{len(items):,} more of these{some}")
    return element("details", summary, element("ol", items, start=_OPEN + 1), class_="more")


def _where(finding: Finding, excerpts: Excerpts | None) -> Markup:
    line = excerpts.line(finding) if excerpts else finding.row
    row = row_name(finding, excerpts.table if excerpts else None, ",")
    row += f" (line {line:,})" if row and line != finding.row else ""
    table = finding.table if excerpts is None else ""
    where = ", ".join(filter(None, [table, row, finding.field])) or finding.file
    return element("b", f"{where[:1].upper() if finding.row else where[:1]}{where[1:]}: ") if where else text("")


def _also(finding: Finding) -> str:
    rows: dict[str, list[str]] = {}
    for place in finding.also[:_ROWS]:
        rows.setdefault(f" of {place.file}" if place.file != finding.file else "", []).append(f"{place.row:,}")
    parts = [f"row{'s' if len(n) > 1 else ''} {', '.join(n)}{where}" for where, n in rows.items()]
    more = len(finding.also) - _ROWS
    return "with " + "; ".join([*parts, *([f"{more:,} more"] if more > 0 else [])])


def _is_one(group: Group) -> bool:
    return group.count == len(group.findings) == 1


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith(('?', '.')) else '.'}"


def _means(name: str) -> Markup:
    return element("a", f"What {name} means", href=f"#means-{name}")


def _meaning(entry: Entry) -> Markup:
    return element(
        "div",
        element("h3", element("code", entry.id), " ", entry.title),
        element("p", entry.meaning) if entry.meaning.rstrip(".") != entry.title else "",
        element("p", entry.why) if entry.why else "",
        element("p", f"→ {entry.fix}", class_="advice"),
        id=f"means-{entry.id}",
        class_="meaning",
    )


# The filters of the page; the script shows them, because they need it


def _filters(found: Sequence[Section], whole: str) -> Markup:
    groups = [group for section in found for group in section.groups]
    tables = [(str(at), s.table.name if s.table else whole) for at, s in enumerate(found)]
    codes = sorted({name for group in groups for name in group.names.split()})
    levels = [level for level in ("error", "warning") if any(group.level == level for group in groups)]
    return element(
        "form",
        choice("table", "Table", tables),
        choice("code", "Code or rule", [(code, code) for code in codes]),
        choice("level", "Level", [(level, f"{level}s") for level in levels]),
        element("button", "Show all", type="reset"),
        element("output", "", aria_live="polite"),
        id="filters",
        hidden=True,
        aria_label="Choose findings",
    )


# Sections below the findings


def _not_judged(report: Report) -> Iterator[Part]:
    if report.not_judged:
        several = len({item.subject for item in report.not_judged}) > 1
        items = (
            element(
                "li", element("b", ", ".join(filter(None, [i.subject * several, i.table, i.what]))), f": {i.reason}."
            )
            for i in report.not_judged
        )
        why = "These could not be checked, for the reasons given. They may be right or wrong."
        yield element("section", element("h2", "Not judged"), element("p", why), element("ul", items), id="not-judged")


def _rules(report: Report) -> Iterator[Part]:
    if not report.rules.judged and not report.rules.off:
        return
    judged = f"{number(len(report.rules.judged), 'rule')} judged, with {report.rules.as_of} as today."
    names = element("details", element("summary", "Which"), element("p", ", ".join(report.rules.judged)))
    off = [element("li", element("b", o.rule), f": {o.reason}") for o in report.rules.off]
    yield element(
        "section",
        element("h2", "Rules"),
        element("p", judged),
        names if report.rules.judged else "",
        [element("h3", "Switched off by the package"), element("ul", off)] if off else "",
        id="rules",
    )
