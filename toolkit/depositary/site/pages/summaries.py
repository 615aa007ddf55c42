"""What a column holds in this version: how many rows fill it, how many values differ, the least and the greatest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from pyarrow import parquet as pq

from depositary.model.field_types import DATE
from depositary.model.table import Field, kind_of
from depositary.site.stored import SiteTable
from depositary.site.words import count, say, words

_OFTEN, _LONGEST = 3, 60  # values that are named as frequent, and characters of each


@dataclass(frozen=True)
class Summary:
    """What a column has: sentences, and how many rows have which value, if the table is whole."""

    texts: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    frequent: tuple[tuple[str, int], ...] = ()


def summaries_of(table: SiteTable) -> Mapping[str, Summary]:
    """Summarise each column of a table; a longer table only by what its file knows without reading it."""
    if not table.count:
        return {}
    metadata = pq.read_metadata(table.file)
    places = {metadata.schema.column(at).path: at for at in range(metadata.num_columns)}
    return {one.name: _summary(table, one, metadata, places.get(one.name)) for one in table.schema.fields}


def _summary(table: SiteTable, one: Field, metadata: Any, place: int | None) -> Summary:  # noqa: ANN401 (untyped library)
    counts = _counts(table, one.name) if table.is_whole else {}
    named = {} if kind_of(one).is_numeric else counts
    frequent = [(value, n) for value, n in named.items() if n > 1 and len(value) <= _LONGEST][:_OFTEN]
    groups = range(metadata.num_row_groups) if place is not None else ()
    found = [metadata.row_group(at).column(place).statistics for at in groups]
    return Summary(tuple(_texts(table, one, counts, found)), counts, tuple(frequent))


def _counts(table: SiteTable, name: str) -> dict[str, int]:
    """Count the values of a column, the most frequent first."""
    values = table.frame[name].drop_nulls().alias("value")  # a column may be called rows
    found = values.value_counts(name="rows").sort(["rows", "value"], descending=[True, False])
    return dict(found.select("value", "rows").iter_rows())


def _texts(table: SiteTable, one: Field, counts: Mapping[str, int], found: list[Any]) -> Iterator[str]:
    texts = words().dictionary
    nulls = [each.null_count for each in found if each is not None and each.has_null_count]
    filled = sum(counts.values()) if table.is_whole else table.count - sum(nulls)
    is_known = table.is_whole or len(nulls) == len(found) > 0
    if is_known and not table.schema.is_filled(one):
        yield say(texts.filled, n=filled, of=table.count)
    if len(counts) > 1 and (one.name,) != table.schema.primary_key:
        yield count(texts.different, len(counts))
    is_ordered = kind_of(one).is_numeric or kind_of(one).storage is DATE
    ends = [each for each in found if each is not None and each.has_min_max]
    if is_ordered and ends:
        low, high = min(each.min for each in ends), max(each.max for each in ends)
        if low != high:
            yield say(texts.range, low=_written(low), high=_written(high))


def _written(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return f"{value:.15g}" if isinstance(value, float) else str(value)
