"""The pages of tables: the first rows as HTML, all rows by a script, and the origin of each cell."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from depositary.model.table import kind_of
from depositary.site.addresses import Link, dictionary_page, row_in_table, table_page
from depositary.site.assets import Assets
from depositary.site.book import Book
from depositary.site.legible import legible
from depositary.site.page import Page
from depositary.site.pages.cells import CellOrigin, origin_of_row
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
    """A table. `data` is the address of the script with all rows, `parquet` that of the file with them."""

    table: SiteTable
    columns: Sequence[Column]
    lines: Sequence[Line]
    data: str
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
        yield Page(
            table_page(table.name),
            "table.html",
            table.title,
            "tables",
            _table(book, table, assets),
            description=table.description,
            trail=((texts.nav.tables, "tables/index.html"),),
            scripts=("table.js",) if table.is_whole else ("hyparquet.js", "table.js"),
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
    data = _data(book, table, columns)
    address = ""
    if data and len(data) <= _MOST_BYTES:
        address = assets.put(f"table-{dictionary_page(table.name)[11:-5]}.js", data, "data")
    return TablePage(
        table=table,
        columns=columns,
        lines=lines,
        data=address,
        parquet=f"downloads/parquet/{table.file.name}",
        dictionary=dictionary_page(table.name),
        sizes={"rows": table.count, "columns": len(columns)},
    )


def _address(book: Book, table: SiteTable, row_id: str) -> str:
    return book.row_page(table.name, row_id) or book.page_of(table.name, row_id) or row_in_table(table.name, row_id)


def _clipped(cell: Link) -> Link:
    return cell if len(cell.text) <= _CLIPPED else Link(f"{cell.text[:_CLIPPED]}…", cell.href, cell.sub)


def _data(book: Book, table: SiteTable, columns: Sequence[Column]) -> bytes:
    """Write the rows of a whole table as a script; a page that is opened from a folder can read nothing else."""
    if not table.is_whole:
        return b""
    document: dict[str, Any] = {
        "table": table.name,
        "columns": [{"name": one.name, "title": one.title, "number": one.is_number, "quiet": one.is_quiet}
                    for one in columns],
        "rows": [[_plain(row.get(one.name)) for one in columns] for row in table.rows],
        "shown": [_shown(book, table, one.name) for one in columns],
    }  # fmt: skip
    if table.has_pages:
        document["pages"] = [_address(book, table, one) for one in table.ids]
        origins = [_origins(book, table, one) for one in table.ids]
        if any(origins):
            document["origins"] = origins
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    return f"depositary.table({text});\n".encode()


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


def _origins(book: Book, table: SiteTable, row_id: str) -> dict[str, list[list[str]]]:
    """Give for each cell of a row, and under an empty name for the row, lines on where it came from."""
    found = origin_of_row(book, table, row_id)
    return {name: [list(map(legible, line)) for line in _lines(one)] for name, one in found.items() if one}


def _lines(of: CellOrigin) -> Iterator[list[str]]:
    """Give each line as its kind, the word of a claim, its value, a text, a source, its address, and the rest."""
    for claim in of.claims:
        source = claim.source or Link("")
        yield [claim.status, claim.word, claim.value, claim.text, source.text, source.href, claim.rest]
    for one in of.passages:
        about = ", ".join(filter(None, [one.support, one.span, one.quote]))
        yield ["passage", "", "", "", one.source.text, one.source.href, about]
    for text in of.conflicts:
        yield ["conflict", "", "", text, "", "", ""]
