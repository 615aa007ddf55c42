"""The largest series of trade figures as pictures: found and gathered by the database, never added up."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from markupsafe import Markup
from pyarrow import parquet as pq

from depositary.engine.duckdb import ARRIVING, DuckDB
from depositary.engine.sql import quoted
from depositary.model.limits import MEMORY
from depositary.site.book import Book
from depositary.site.drawing.columns import Column, columns
from depositary.site.stored import SiteTable
from depositary.site.words import count, say, words

_SECONDS = 600.0
_KEY = ("indicator", "flow", "reporter", "partner", "classification", "product_code", "product_text", "unit",
        "unit_multiplier", "currency", "price_basis", "valuation", "share_of", "partner_level", "frequency",
        "vintage")  # fmt: skip
_COLUMNS = (*_KEY, "period", "value", "value_low", "value_high", "value_qualifier", "record_status")
_SERIES, _PERIODS = 4, 48  # series that are drawn, and periods of each


@dataclass(frozen=True)
class Chart:
    """A series of figures: its picture, the finding, and the table that says the same; `earlier` are not shown."""

    title: str
    about: Sequence[str]
    finding: str
    picture: Markup
    rows: Sequence[Column]
    earlier: int


@contextmanager
def flows_in(table: SiteTable) -> Iterator[DuckDB]:
    """Put the figures of trade into a database for one page; a column that the table does not have is blank."""
    with DuckDB(_SECONDS, MEMORY) as engine, pq.ParquetFile(table.file) as file:
        known = file.schema_arrow
        schema = pa.schema([known.field(name) for name in _COLUMNS if name in known.names])
        texts = [f"{quoted(one) if one in schema.names else 'NULL'}::VARCHAR AS {quoted(one)}" for one in _COLUMNS]
        create = f"CREATE TABLE flows AS SELECT {', '.join(texts)} FROM {ARRIVING}"  # noqa: S608 (names are ours)
        engine.put_through("flows", create, schema, file.iter_batches(columns=schema.names))
        yield engine


def charts_of(book: Book, engine: DuckDB) -> list[Chart]:
    """Draw the series with figures for most periods, if these are at least two."""
    series: dict[int, list[Mapping[str, Any]]] = {}
    for row in engine.rows(_POINTS):
        series.setdefault(row["place"], []).append(row)
    return [_chart(book, points) for _, points in sorted(series.items())]


def _chart(book: Book, points: Sequence[Mapping[str, Any]]) -> Chart:
    first, texts = points[0], words().flows
    found = {row["slot"]: _column(book, row) for row in points}
    shown = [
        found.get(at) or Column(_period(first["frequency"], at), None, None, texts.no_figure)
        for at in range(min(found), max(found) + 1)
    ]
    title = _title(book, first)
    about = _about(book, first)
    finding = _finding(shown)
    is_share = first["indicator"] == "share" and first["unit"] == "pct" and bool(first["share_of"])
    label = ". ".join([title, *about, finding])
    return Chart(title, about, finding, columns(shown, label, is_share=is_share), shown, first["periods"] - len(found))


def _title(book: Book, row: Mapping[str, Any]) -> str:
    product = " ".join(filter(None, [row["product_code"], row["product_text"]]))
    flow = book.code("trade_flows", "flow", row["flow"]).lower()
    return say(
        words().flows.chart_of, indicator=book.code("trade_flows", "indicator", row["indicator"]), flow=flow,
        reporter=book.place(row["reporter"]), partner=book.place(row["partner"]), product=product,
    )  # fmt: skip


def _about(book: Book, row: Mapping[str, Any]) -> list[str]:
    """Say the unit, the whole, the bases and the vintage in words."""
    texts = words().flows
    bases = [book.code("trade_flows", name, row[name]) for name in ("classification", "price_basis", "valuation")]
    whole = [say(texts.whole, whole=row["share_of"]), book.code("trade_flows", "partner_level", row["partner_level"])]
    vintage = say(texts.vintage_is, vintage=row["vintage"] or texts.no_vintage)
    return [*filter(None, [unit_of(book, row), *(whole if row["share_of"] else ()), *bases]), vintage]


def unit_of(book: Book, row: Mapping[str, Any]) -> str:
    """Name the unit of a figure: a currency or another unit, with its multiplier."""
    unit = book.code("trade_flows", "unit", row.get("unit"))
    power = row.get("unit_multiplier")
    multiplier = book.code("trade_flows", "unit_multiplier", power) if power not in (None, "0") else ""
    money = book.label("currencies", row["currency"]) if row.get("currency") else ""
    return ", ".join(filter(None, [money or unit, multiplier.lower()]))


def _column(book: Book, row: Mapping[str, Any]) -> Column:
    low, high = _number(row["least"]), _number(row["greatest"])
    text = low if low == high else say(words().flows.between, low=low, high=high)
    qualifiers = [book.code("trade_flows", "value_qualifier", one).lower() for one in row["qualifiers"] or ()]
    if row["n"] == 1:
        text = " ".join([*qualifiers, text])
    else:
        text = say(words().flows.of_figures, text=text, n=", ".join([f"{row['n']:,}", *qualifiers]))
    return Column(_period(row["frequency"], row["slot"]), row["low"], row["high"], text)


def _number(written: str) -> str:
    """Write a number of the database without zeros that mean nothing."""
    plain = re.sub(r"(\.[0-9]*?)0+$", r"\1", written) if "." in written and "e" not in written.lower() else written
    return grouped(plain.removesuffix("."))


def grouped(number: str) -> str:
    """Separate thousands; nothing else of a figure changes."""
    return re.sub(r"(?<![.0-9])[0-9]{5,}", lambda digits: f"{int(digits[0]):,}", number)


def _period(frequency: str, at: int) -> str:
    if frequency == "Q":
        return f"{at // 4:04}-Q{at % 4 + 1}"
    return f"{at // 12:04}-{at % 12 + 1:02}" if frequency == "M" else f"{at:04}"


def _finding(shown: Sequence[Column]) -> str:
    """Say how the first and the last figure differ, which is the highest, and how many periods have none."""
    texts = words().flows
    filled = [one for one in shown if one.low is not None and one.high is not None]
    first, last = filled[0], filled[-1]
    way = "rises" if _above(last, first) else "falls" if _above(first, last) else "both"
    highest = max(filled, key=lambda one: one.high or 0.0)
    missing = len(shown) - len(filled)
    return " ".join(
        [
            say(texts[way], begin=first.period, end=last.period, first=first.text, last=last.text),
            say(texts.highest, text=highest.text, period=highest.period),
            *([count(texts.missing, missing)] if missing else []),
        ]
    )


def _above(one: Column, other: Column) -> bool:
    return one.low is not None and other.high is not None and one.low > other.high


_PLACES = """
    CASE
      WHEN frequency = 'A' AND REGEXP_MATCHES(period, '^[0-9]{4}$') THEN period::INTEGER
      WHEN frequency = 'Q' AND REGEXP_MATCHES(period, '^[0-9]{4}-Q[1-4]$')
        THEN 4 * SUBSTRING(period, 1, 4)::INTEGER + SUBSTRING(period, 7, 1)::INTEGER - 1
      WHEN frequency = 'M' AND REGEXP_MATCHES(period, '^[0-9]{4}-(0[1-9]|1[0-2])$')
        THEN 12 * SUBSTRING(period, 1, 4)::INTEGER + SUBSTRING(period, 6, 2)::INTEGER - 1
    END
    """
_NAMES = ", ".join(_KEY)
# Keys are compared by their hashes until few are left; only these are ordered by their texts.
_POINTS = f"""
    WITH numbered AS (
      SELECT *, HASH({_NAMES}) AS series, {_PLACES} AS slot, TRY_CAST(value AS DOUBLE) AS number,
        COALESCE(TRY_CAST(value_low AS DOUBLE), number) AS number_low,
        COALESCE(TRY_CAST(value_high AS DOUBLE), number) AS number_high
      FROM flows WHERE indicator <> 'rank' AND record_status IS DISTINCT FROM 'deprecated'
    ),
    placed AS (
      SELECT * FROM numbered
      WHERE slot IS NOT NULL AND ISFINITE(number) AND ISFINITE(number_low) AND ISFINITE(number_high)
    ),
    counted AS (
      SELECT series, COUNT(DISTINCT slot) AS periods, MAX(slot) AS newest,
        MAX(ABS(number) * POW(10, COALESCE(TRY_CAST(unit_multiplier AS INTEGER), 0))) AS size
      FROM placed GROUP BY series HAVING MIN(slot) < MAX(slot)
    ),
    most AS (
      SELECT * FROM counted QUALIFY RANK() OVER (ORDER BY periods DESC, size DESC) <= {_SERIES}
    ),
    points AS (
      SELECT series, periods, size, {_NAMES}, slot, COUNT(*) AS n, MIN(number_low) AS low, MAX(number_high) AS high,
        ARG_MIN(COALESCE(value_low, value), number_low) AS least,
        ARG_MAX(COALESCE(value_high, value), number_high) AS greatest,
        LIST_SORT(LIST(DISTINCT value_qualifier) FILTER (value_qualifier NOT IN ('exact', 'range'))) AS qualifiers
      FROM most JOIN placed USING (series) WHERE slot > newest - {_PERIODS} GROUP BY ALL
    )
    SELECT *, DENSE_RANK() OVER (ORDER BY periods DESC, size DESC, {_NAMES}) AS place
    FROM points QUALIFY place <= {_SERIES} ORDER BY place, slot
    """  # noqa: S608 (names and numbers are ours)
