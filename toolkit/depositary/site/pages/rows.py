"""The pages of rows: each cell with its meaning and where it came from, and the rows that refer to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from depositary.site.addresses import Link, row_page, table_page
from depositary.site.book import Book
from depositary.site.page import Page
from depositary.site.pages.cells import CellOrigin, origin_of_row
from depositary.site.pages.tables import Column, columns_of
from depositary.site.stored import SiteTable
from depositary.site.words import words

_REFERRING = 50  # rows of one table that are listed


@dataclass(frozen=True)
class ShownCell:
    """A cell of a row with its column, and where it came from."""

    column: Column
    value: Link
    origin: CellOrigin | None


@dataclass(frozen=True)
class Referring:
    """Rows of a table that refer to a row by a column; `more` are not listed."""

    title: str
    column: str
    links: Sequence[Link]
    more: int


@dataclass(frozen=True)
class RowPage:
    """A row: its cells, the columns that are blank, and who refers to it."""

    table: SiteTable
    row_id: str
    subject: str
    cells: Sequence[ShownCell]
    blank: Sequence[Column]
    gone: Sequence[tuple[str, CellOrigin]]
    origin: CellOrigin | None
    referring: Sequence[Referring]


def row_pages(book: Book) -> Iterator[Page]:
    """Give a page for each row of the tables of facts that are not too long."""
    for table in book.tables.values():
        if table.has_pages:
            for row_id in table.ids:
                yield _page(book, table, row_id)


def _page(book: Book, table: SiteTable, row_id: str) -> Page:
    label = book.label(table.name, row_id)
    subject = book.page_of(table.name, row_id) if book.has_subject_page(table.name) else ""
    return Page(
        row_page(table.name, row_id),
        "row.html",
        label,
        "tables",
        _row(book, table, row_id, subject),
        trail=((words().nav.tables, "tables/index.html"), (table.title, table_page(table.name))),
        kind="" if subject else table.title,
        find=row_id,
    )


def _row(book: Book, table: SiteTable, row_id: str, subject: str) -> RowPage:
    row, origins = table.by_id[row_id], origin_of_row(book, table, row_id)
    columns = columns_of(book, table)
    filled = [one for one in columns if row.get(one.name)]
    cells = [ShownCell(c, book.cell(table, c.name, row.get(c.name)), origins.get(c.name)) for c in filled]
    shown = {"", *(one.name for one in filled)}
    return RowPage(
        table=table,
        row_id=row_id,
        subject=subject,
        cells=cells,
        blank=[one for one in columns if not row.get(one.name)],
        gone=[(name, one) for name, one in origins.items() if name not in shown],
        origin=origins.get(""),
        referring=list(_referring(book, table, row_id)),
    )


def _link(book: Book, other: SiteTable, row_id: str, column: str) -> Link:
    label = other.labels.get(row_id) or book.described(other.name, row_id, column) or row_id
    return Link(label, book.page_of(other.name, row_id))


def _referring(book: Book, table: SiteTable, row_id: str) -> Iterator[Referring]:
    if len(table.schema.primary_key) != 1:
        return
    for other in book.tables.values():
        if not other.has_pages:
            continue
        for column in other.schema.fields:
            if book.parent(other.schema, column.name) == table.name and not book.is_about_the_work(column):
                found = book.rows_with(other.name, column.name, row_id)
                if found:
                    ids = [other.id_of(row) for row in found]
                    links = [_link(book, other, one, column.name) for one in ids]
                    title = str(column.descriptor.get("title") or column.name)
                    yield Referring(other.title, title, links[:_REFERRING], max(0, len(links) - _REFERRING))
