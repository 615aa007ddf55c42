"""What a click on a cell of a table shows: lines on where it came from, which the page reads when they are asked for.

The rows of a longer table are read from Parquet in pieces; there the page reads their provenance in the same way.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from depositary.model.own_tables import CELLS, ROWS
from depositary.model.role import Role
from depositary.site.addresses import Link
from depositary.site.book import Book
from depositary.site.legible import legible
from depositary.site.pages.cells import CellOrigin, origin_of_row, passages_and_conflicts
from depositary.site.stored import SiteTable
from depositary.site.words import words

PART = 500  # rows whose origins are in one script
_NAMED = 2_000  # names, and rows with passages or conflicts, that the page of a longer table knows

Lines = Mapping[str, Sequence[Sequence[str]]]  # of each cell, and under an empty name of the row


def origin_parts(book: Book, table: SiteTable) -> list[list[Lines]]:
    """Give the origins of all rows of a whole table in parts; none if nothing is known of any."""
    if table.is_own or table.is_of_agreement or not table.schema.primary_key:
        return []
    rows = [_lines_of(origin_of_row(book, table, one)) for one in table.ids]
    return [rows[at : at + PART] for at in range(0, len(rows), PART)] if any(rows) else []


def origins_elsewhere(book: Book, table: SiteTable) -> Mapping[str, Any]:
    """Say where the page of a longer table finds the origins of its rows, and give the names in them."""
    coder, source = book.column_with(table, Role.CONTRIBUTOR), book.column_with(table, Role.SOURCE)
    files = _files(book) if book.origins.has_provenance and table.schema.primary_key else {}
    known = {row_id: _lines_of(passages_and_conflicts(book, table.name, row_id)) for row_id in _rows_with(book, table)}
    if not (files or coder or source or known):
        return {}
    return {
        "table": table.name,
        "coder": coder,
        "source": source,
        "files": files,
        "known": known,
        "contributors": {one: legible(book.label("contributors", one)) for one in _ids(book, "contributors")},
        "sources": {one: [legible(book.label("sources", one)), book.page_of("sources", one)]
                    for one in _ids(book, "sources")},
        "deciders": dict(islice(book.origins.deciders.items(), _NAMED)),
        "words": words().origin.texts,
    }  # fmt: skip


def _files(book: Book) -> dict[str, str]:
    return {"rows": book.tables[ROWS].download, "claims": book.tables[CELLS].download}


def _rows_with(book: Book, table: SiteTable) -> Iterator[str]:
    """Give the ids of rows that have passages or open conflicts."""
    places = dict.fromkeys([*book.origins.passages, *book.origins.conflicts])
    return islice((row_id for name, row_id in places if name == table.name), _NAMED)


def _ids(book: Book, table: str) -> Iterator[str]:
    return islice(book.tables[table].by_id, _NAMED) if table in book.tables else iter(())


def _lines_of(origins: Mapping[str, CellOrigin]) -> Lines:
    return {name: [list(map(legible, line)) for line in _lines(one)] for name, one in origins.items()}


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
