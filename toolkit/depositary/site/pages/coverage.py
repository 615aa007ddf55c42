"""What the tables cover: how many rows have which year and which place."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from depositary.model.role import Role
from depositary.model.table import Field, kind_of
from depositary.site.addresses import Link, dictionary_page
from depositary.site.book import Book
from depositary.site.stored import SiteTable

_LISTED = 60  # years or places of a column that are listed
_TIME, _PLACE = "time", "place"  # what `coverage` of a column may be
_OF_THE_WORK = (Role.AUDIT, Role.CONTRIBUTOR, Role.SOURCE)
_YEAR = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")


@dataclass(frozen=True)
class Counted:
    """A year or place, the number of rows that have it, and that number as a share of the largest one."""

    name: str
    rows: int
    share: int


@dataclass(frozen=True)
class Covered:
    """A column of years or places: how many rows have one, and how many have which."""

    table: SiteTable
    column: Link
    is_time: bool
    rows: int
    values: Sequence[Counted]
    more: int

    @property
    def ends(self) -> str:
        """Give the first and the last year, or the only one."""
        years = [one.name for one in self.values]
        return " – ".join(dict.fromkeys((years[0], years[-1]))) if years else ""


def coverage(book: Book) -> Iterator[Covered]:
    """Count the years and places of the columns that declare `coverage`, or else the years of all dates."""
    columns = [(one, field) for one in book.tables.values() if one.is_of_facts for field in one.schema.fields]
    declared = [(one, field) for one, field in columns if field.descriptor.get("coverage") in (_TIME, _PLACE)]
    for table, field in declared or [(one, field) for one, field in columns if _is_date_of_the_world(field)]:
        covered = _covered(book, table, field)
        if covered.values:
            yield covered


def _is_date_of_the_world(field: Field) -> bool:
    merge = field.descriptor.get("merge")
    is_of_the_work = isinstance(merge, dict) and merge.get("as") in _OF_THE_WORK
    return (kind_of(field).has_year or field.is_edtf) and not is_of_the_work


def _covered(book: Book, table: SiteTable, field: Field) -> Covered:
    is_time = field.descriptor.get("coverage") != _PLACE
    counts = _counts(table, field.name)
    found = _by_year(counts) if is_time else _by_place(book, table, field, counts)
    most = max((n for _, n in found), default=1)
    shown = found[-_LISTED:] if is_time else found[:_LISTED]
    return Covered(
        table=table,
        column=Link(str(field.descriptor.get("title") or field.name), dictionary_page(table.name, field.name)),
        is_time=is_time,
        rows=sum(counts.values()),
        values=[Counted(name, n, n * 100 // most) for name, n in shown],
        more=len(found) - len(shown),
    )


def _counts(table: SiteTable, name: str) -> Counter[str]:
    """Count the values of a column in all rows of a table, also of one that is not whole."""
    lazy = pl.scan_parquet(table.file).select(pl.col(name).cast(pl.String)).drop_nulls()
    rows = lazy.group_by(name).len().collect(engine="streaming").iter_rows()
    return Counter({str(value): int(n) for value, n in rows if value})


def _by_year(counts: Counter[str]) -> list[tuple[str, int]]:
    """Count the rows of each year; a row whose date is uncertain counts in each year that its date names."""
    years = Counter[str]()
    for value, n in counts.items():
        for year in dict.fromkeys(_YEAR.findall(value)):
            years[year] += n
    return sorted(years.items())


def _by_place(book: Book, table: SiteTable, field: Field, counts: Counter[str]) -> list[tuple[str, int]]:
    names = Counter[str]()
    for value, n in counts.items():
        is_listed = book.parent(table.schema, field.name) == "jurisdictions"
        names[book.place(value) if is_listed else book.cell(table, field.name, value).text] += n
    return sorted(names.items(), key=lambda one: (-one[1], one[0]))
