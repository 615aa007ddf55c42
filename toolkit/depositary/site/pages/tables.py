"""The pages of tables: the first rows as HTML, and all rows by a script."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from depositary.model.table import kind_of
from depositary.site.addresses import Link, dictionary_page, file_name, row_in_table, table_page
from depositary.site.assets import Assets, call
from depositary.site.book import Book
from depositary.site.legible import legible
from depositary.site.page import Page
from depositary.site.pages.clicks import PART, origin_parts, origins_elsewhere
from depositary.site.stored import FIRST, SiteTable
from depositary.site.words import words

_MOST_BYTES = 6_000_000  # of the script with the rows of a table
_CLIPPED = 280  # characters of a cell in a table


@dataclass(frozen=True)
class Column:
    """A column: `is_number` is set to the right, `is_quiet` is hidden at first."""

    name: str
    title: str
    about: str
    href: str
    is_number: bool
    is_quiet: bool
    is_key: bool


@dataclass(frozen=True)
class Line:
    """A row of a table as it is shown: its address, and its cells."""

    href: str
    cells: Sequence[Link]


@dataclass(frozen=True)
class TablePage:
    """A table. `script` is the address of its rows, or, if the page `is_in_pieces`, of where their origins are.

    `parquet` is the address of the file with all rows.
    """

    table: SiteTable
    columns: Sequence[Column]
    lines: Sequence[Line]
    script: str
    is_in_pieces: bool
    parquet: str
    dictionary: str
    sizes: Mapping[str, int]

    @property
    def first_key(self) -> int:
        """Give the place of the column whose cells lead to the rows: the first of the key, or else the first."""
        key = self.table.schema.primary_key
        return next((at for at, one in enumerate(self.columns) if key and one.name == key[0]), 0)


@dataclass(frozen=True)
class TableList:
    """All tables, in groups with a heading."""

    groups: Sequence[tuple[str, Sequence[tuple[SiteTable, str]]]]


def table_pages(book: Book, assets: Assets) -> Iterator[Page]:
    """Give the list of tables, and a page for each."""
    texts = words()
    groups = [
        (texts.tables.facts, [one for one in book.tables.values() if one.is_of_facts]),
        (texts.tables.lists, [one for one in book.tables.values() if one.schema.is_code_list]),
        (texts.tables.agreement, [one for one in book.tables.values() if one.is_of_agreement]),
        (texts.tables.own, [one for one in book.tables.values() if one.is_own]),
    ]
    shown = [(heading, [(one, table_page(one.name)) for one in of]) for heading, of in groups if of]
    yield Page("tables/index.html", "tables.html", texts.nav.tables, "tables", TableList(shown))
    for table in book.tables.values():
        page = _table(book, table, assets)
        yield Page(
            table_page(table.name),
            "table.html",
            table.title,
            "tables",
            page,
            description=table.description,
            trail=((texts.nav.tables, "tables/index.html"),),
            scripts=("hyparquet.js", "table.js") if page.is_in_pieces else ("table.js",),
            kind=texts.kinds.table,
            find=table.name,
        )


def columns_of(book: Book, table: SiteTable) -> list[Column]:
    """Describe the columns of a table."""
    return [
        Column(
            name=one.name,
            title=str(one.descriptor.get("title") or one.name),
            about=str(one.descriptor.get("description") or ""),
            href=dictionary_page(table.name, one.name),
            is_number=kind_of(one).is_numeric,
            is_quiet=book.is_about_the_work(one),
            is_key=one.name in table.schema.primary_key,
        )
        for one in table.schema.fields
    ]


def _table(book: Book, table: SiteTable, assets: Assets) -> TablePage:
    columns = columns_of(book, table)
    lines = [
        Line(
            _address(book, table, table.ids[at]) if table.schema.primary_key else row_in_table(table.name, str(at + 1)),
            [_clipped(book.cell(table, one.name, row.get(one.name))) for one in columns],
        )
        for at, row in enumerate(table.rows[:FIRST])
    ]
    rows = _rows(book, table, columns, assets)
    return TablePage(
        table=table,
        columns=columns,
        lines=lines,
        script=rows or _elsewhere(book, table, assets),
        is_in_pieces=not rows,
        parquet=table.download,
        dictionary=dictionary_page(table.name),
        sizes={"rows": table.count, "columns": len(columns)},
    )


def _address(book: Book, table: SiteTable, row_id: str) -> str:
    return book.row_page(table.name, row_id) or book.page_of(table.name, row_id) or row_in_table(table.name, row_id)


def _clipped(cell: Link) -> Link:
    return cell if len(cell.text) <= _CLIPPED else Link(f"{cell.text[:_CLIPPED]}…", cell.href, cell.sub)


def _rows(book: Book, table: SiteTable, columns: Sequence[Column], assets: Assets) -> str:
    """Write the rows of a whole table as a script, and give its address; a page in a folder can read nothing else."""
    if not table.is_whole:
        return ""
    rows = [[_plain(row.get(one.name)) for one in columns] for row in table.rows]
    document: dict[str, Any] = {
        "table": table.name,
        "columns": [{"name": one.name, "title": one.title, "number": one.is_number, "quiet": one.is_quiet}
                    for one in columns],
        "rows": rows,
        "shown": [_shown(book, table, one.name) for one in columns],
        "unseen": sum(row[one.name] != text for row, texts in zip(table.rows, rows, strict=True)
                      for one, text in zip(columns, texts, strict=True)),
    }  # fmt: skip
    if table.has_pages:
        document["pages"] = [_address(book, table, one) for one in table.ids]
    parts = origin_parts(book, table)
    if parts:
        name = file_name(table.name)
        put = [assets.put(f"origins-{name}-{at}.js", call("origins", at, one), "data") for at, one in enumerate(parts)]
        document["origins"] = {"size": PART, "parts": put}
    data = call("table", document)
    return assets.put(f"table-{file_name(table.name)}.js", data, "data") if len(data) <= _MOST_BYTES else ""


def _elsewhere(book: Book, table: SiteTable, assets: Assets) -> str:
    """Write where the origins of a longer table are as a script, and give its address."""
    return assets.put(f"long-{file_name(table.name)}.js", call("long", origins_elsewhere(book, table)), "data")


def _plain(text: str | None) -> str | None:
    return None if text is None else legible(text)


def _shown(book: Book, table: SiteTable, name: str) -> dict[str, list[str]]:
    """Map the values of a column that are shown in other words, or lead to a page, to these."""
    found: dict[str, list[str]] = {}
    for value in dict.fromkeys(row.get(name) for row in table.rows):
        if value:
            cell = book.cell(table, name, value)
            if cell.href or cell.sub:
                found[legible(value)] = [legible(cell.text), cell.href, legible(cell.sub)]
    return found
