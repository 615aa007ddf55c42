"""The page of trade flows and dependencies: figures as stated, shares only within their whole, never added up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from depositary.engine.duckdb import DuckDB
from depositary.site.addresses import Link, table_page
from depositary.site.book import Book
from depositary.site.dates import in_words
from depositary.site.page import Page
from depositary.site.pages.flow_series import Chart, charts_of, flows_in, grouped, unit_of
from depositary.site.stored import SiteTable
from depositary.site.words import say, words

_LISTED = 300  # figures that are listed one by one
_REPORTERS = 60


@dataclass(frozen=True)
class Figure:
    """A figure as it is stated; `share` is the length of its bar, for a share of a whole in per cent."""

    link: Link
    reporter: str
    partner: str
    product: Link
    period: str
    value: str
    qualifier: str
    vintage: str
    source: Link | None
    share: float | None


@dataclass(frozen=True)
class Series:
    """Figures that may be compared: of one quantity, in one unit, and shares of one whole."""

    title: str
    whole: str
    unit: str
    figures: Sequence[Figure]


@dataclass(frozen=True)
class Reporter:
    """What a table too long to list has on a reporter."""

    name: str
    figures: int
    partners: int
    products: int
    first: str
    last: str


@dataclass(frozen=True)
class Dependence:
    """A dependence."""

    link: Link
    dependent: Link
    provider: Link
    what: str
    strength: str
    share: str
    source: Link | None


@dataclass(frozen=True)
class FlowPage:
    """The flows: each figure, or if there are too many of them, what there is by reporter; and dependencies."""

    table: str
    count: int
    is_listed: bool
    charts: Sequence[Chart]
    series: Sequence[Series]
    kinds: Sequence[tuple[str, str, str, int]]
    reporters: Sequence[Reporter]
    more_reporters: int
    periods: Sequence[tuple[str, int, int]]
    dependencies: Sequence[Dependence]
    more_dependencies: int


def flow_pages(book: Book) -> Iterator[Page]:
    """Give the page of trade flows."""
    if not book.subjects.flows:
        return
    table = book.tables["trade_flows"]
    is_listed = table.is_whole and table.count <= _LISTED
    dependencies = list(_dependencies(book))
    with flows_in(table) as engine:
        charts = charts_of(book, engine)
        numbers = _Numbers.of(book, engine) if not is_listed else _Numbers([], [], 0, [])
    data = FlowPage(
        table=table_page("trade_flows"),
        count=table.count,
        is_listed=is_listed,
        charts=charts,
        series=_series(book, table) if is_listed else [],
        kinds=numbers.kinds,
        reporters=numbers.reporters[:_REPORTERS],
        more_reporters=max(0, numbers.all_reporters - _REPORTERS),
        periods=numbers.periods,
        dependencies=dependencies,
        more_dependencies=book.tables["dependencies"].count - len(dependencies) if dependencies else 0,
    )
    yield Page("flows/index.html", "flows.html", words().nav.flows, "flows", data, kind=words().kinds.page)


def _series(book: Book, table: SiteTable) -> list[Series]:
    found: dict[tuple[str, ...], list[Figure]] = {}
    units: dict[tuple[str, ...], str] = {}
    for row in table.rows:
        if row.get("record_status") == "deprecated":
            continue
        key = tuple(
            row.get(name) or "" for name in ("indicator", "flow", "share_of", "unit", "currency", "unit_multiplier")
        )
        found.setdefault(key, []).append(_figure(book, table, row))
        units[key] = unit_of(book, row)
    return [
        Series(
            title=": ".join((book.code("trade_flows", "indicator", key[0]), _flow(book, key[1]).lower())),
            whole=key[2],
            unit=units[key],
            figures=sorted(figures, key=lambda one: (one.reporter, one.product.text, one.partner, one.period)),
        )
        for key, figures in sorted(found.items())
    ]


def _flow(book: Book, code: str) -> str:
    return book.code("trade_flows", "flow", code)


def _figure(book: Book, table: SiteTable, row: Any) -> Figure:  # noqa: ANN401 (a row of texts)
    texts = words().flows
    row_id = table.id_of(row)
    number = row.get("value") or ""
    if not number and row.get("value_low"):
        number = say(texts.range, low=row["value_low"], high=row.get("value_high") or "…")
    is_share = row.get("indicator") == "share" and row.get("unit") == "pct" and bool(row.get("share_of"))
    code = " ".join(filter(None, [row.get("product_code"), row.get("product_text")]))
    return Figure(
        link=Link(row_id, book.page_of("trade_flows", row_id)),
        reporter=book.place(row.get("reporter")),
        partner=book.place(row.get("partner")),
        product=Link(code, "", book.code("trade_flows", "classification", row.get("classification"))),
        period=in_words(row.get("period")) or texts.no_period,
        value=grouped(number),
        qualifier=book.code("trade_flows", "value_qualifier", row.get("value_qualifier")),
        vintage=row.get("vintage") or "",
        source=book.link("sources", row.get("source_id")),
        share=_share(row.get("value")) if is_share else None,
    )


def _share(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if 0 <= number <= 100 else None  # noqa: PLR2004 (per cent)


def _dependencies(book: Book) -> Iterator[Dependence]:
    if not book.subjects.dependencies:
        return
    table = book.tables["dependencies"]
    for row in table.rows[:_LISTED]:
        provider = book.link("actors", row.get("provider_id")) or Link(book.place(row.get("provider_jurisdiction")))
        yield Dependence(
            link=Link(table.id_of(row), book.page_of("dependencies", table.id_of(row))),
            dependent=book.link("actors", row.get("dependent_id")) or Link(""),
            provider=provider,
            what=" ".join(filter(None, [row.get("product_code"), row.get("input_text")])),
            strength=book.code("dependencies", "strength", row.get("strength")),
            share=row.get("share") or "",
            source=book.link("sources", row.get("source_id")),
        )


@dataclass(frozen=True)
class _Numbers:
    """What a long table has, counted by the database: kinds of figures, reporters, years."""

    kinds: list[tuple[str, str, str, int]]
    reporters: list[Reporter]
    all_reporters: int
    periods: list[tuple[str, int, int]]

    @classmethod
    def of(cls, book: Book, engine: DuckDB) -> "_Numbers":
        listed = [
            (book.code("trade_flows", "indicator", row["indicator"]), book.code("trade_flows", "flow", row["flow"]),
             book.code("trade_flows", "unit", row["unit"]), row["n"])
            for row in engine.rows(_BY_KIND)
        ]  # fmt: skip
        reporters = [
            Reporter(book.place(row["reporter"]), row["n"], row["partners"], row["products"], row["first"] or "",
                     row["last"] or "")
            for row in engine.rows(_BY_REPORTER)
        ]  # fmt: skip
        years = [(row["year"], row["n"]) for row in engine.rows(_BY_YEAR)]
        most = max((n for _, n in years), default=1)
        return cls(listed, reporters, len(reporters), [(year, n, n * 100 // most) for year, n in years])


_BY_KIND = """
    SELECT indicator, flow, unit, COUNT(*) AS n FROM flows
    GROUP BY ALL ORDER BY n DESC, indicator, flow, unit LIMIT 50
    """
_BY_REPORTER = """
    SELECT reporter, COUNT(*) AS n, COUNT(DISTINCT partner) AS partners,
      COUNT(DISTINCT (classification, product_code, product_text)) AS products,
      MIN(period) AS first, MAX(period) AS last
    FROM flows GROUP BY reporter ORDER BY n DESC, reporter
    """
_BY_YEAR = """
    SELECT SUBSTRING(period, 1, 4) AS year, COUNT(*) AS n FROM flows
    WHERE REGEXP_MATCHES(period, '^[0-9]{4}') GROUP BY year ORDER BY year DESC LIMIT 40
    """
