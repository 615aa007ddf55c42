"""The pages of sources: what rests on each, what it was derived from, and where a copy changed the meaning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from depositary.releasing.metadata.identifiers import DOI, doi_of, url_of
from depositary.site.addresses import Link
from depositary.site.book import Book
from depositary.site.dates import in_words
from depositary.site.drawing.tree import Branch, tree
from depositary.site.page import Page
from depositary.site.pages.facts import Fact
from depositary.site.words import words

_LISTED = 100  # rows of one table that rest on a source


@dataclass(frozen=True)
class Step:
    """A step of derivation: from which text, how, and what changed in the meaning."""

    link: Link
    how: str
    drift: str
    drift_code: str
    note: str


@dataclass(frozen=True)
class SourcePage:
    """A source."""

    source_id: str
    row: str
    kind: str
    facts: Sequence[Fact]
    parents: Sequence[Step]
    copies: Sequence[Step]
    roots: Sequence[Link]
    drawing: Markup
    resting: Sequence[tuple[str, Sequence[Link], int]]
    passages: int
    notes: str


@dataclass(frozen=True)
class SourceList:
    """All sources, with the tree of derivations as a drawing and as steps."""

    rows: Sequence[tuple[Link, str, str, str, int]]
    drawing: Markup
    steps: Sequence[tuple[Link, Step]]


def source_pages(book: Book) -> Iterator[Page]:
    """Give the list of sources, and a page for each."""
    if not book.subjects.sources:
        return
    texts, table = words(), book.tables["sources"]
    all_sources = _Sources(book)
    yield Page("sources/index.html", "sources.html", texts.nav.sources, "sources", all_sources.listed())
    if table.has_pages:
        for source_id in table.ids:
            yield Page(
                book.page_of("sources", source_id),
                "source.html",
                book.label("sources", source_id),
                "sources",
                all_sources.page(source_id),
                trail=((texts.nav.sources, "sources/index.html"),),
                kind=texts.kinds.source,
                find=source_id,
            )


@dataclass(frozen=True)
class _Sources:
    book: Book

    @cached_property
    def _roots(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in self.book.views.rows("SELECT source_id, root_id FROM source_roots ORDER BY ALL"):
            found.setdefault(row["source_id"], []).append(row["root_id"])
        return found

    @cached_property
    def _resting(self) -> Mapping[str, Mapping[str, list[str]]]:
        """Map sources to the rows that name them, by table."""
        found: dict[str, dict[str, list[str]]] = {}
        for table in self.book.tables.values():
            for column in _source_columns(self.book, table.name):
                for row in table.rows if table.has_pages else ():
                    if source := row.get(column):
                        found.setdefault(source, {}).setdefault(table.name, []).append(table.id_of(row))
        return {source: {name: list(dict.fromkeys(ids)) for name, ids in of.items()} for source, of in found.items()}

    def listed(self) -> SourceList:
        book = self.book
        rows = [
            (
                Link(book.label("sources", one), book.page_of("sources", one), one),
                book.code("sources", "source_kind", row.get("source_kind")),
                in_words(row.get("published")),
                book.code("sources", "access", row.get("access")),
                sum(len(ids) for ids in self._resting.get(one, {}).values()),
            )
            for one, row in book.tables["sources"].by_id.items()
        ]
        steps = [
            (book.link("sources", row.get("source_id")) or Link(""), self._step(row, "parent_source_id"))
            for row in self._derivations
        ]
        return SourceList(rows, tree(self._branches(self._derivations), set(self._ends)), steps)

    @property
    def _derivations(self) -> Sequence[Mapping[str, str | None]]:
        table = self.book.tables.get("source_derivations")
        return table.rows if table else ()

    @property
    def _ends(self) -> set[str]:
        return {root for roots in self._roots.values() for root in roots if root}

    def _branches(self, rows: Sequence[Mapping[str, str | None]]) -> list[Branch]:
        book = self.book
        return [
            Branch(
                row.get("source_id") or "",
                row.get("parent_source_id") or "",
                book.label("sources", row.get("source_id") or ""),
                book.label("sources", row.get("parent_source_id") or ""),
                book.code("source_derivations", "derivation", row.get("derivation")),
                row.get("drift") or "",
            )
            for row in rows
        ]

    def _step(self, row: Mapping[str, str | None], column: str) -> Step:
        book = self.book
        return Step(
            link=book.link("sources", row.get(column)) or Link(""),
            how=book.code("source_derivations", "derivation", row.get("derivation")),
            drift=book.code("source_derivations", "drift", row.get("drift")),
            drift_code=row.get("drift") or "",
            note=row.get("drift_note") or "",
        )

    def _steps(self, column: str, source_id: str, other: str) -> list[Step]:
        return [self._step(one, other) for one in self.book.rows_with("source_derivations", column, source_id)]

    def page(self, source_id: str) -> SourcePage:
        book = self.book
        row = book.tables["sources"].by_id[source_id]
        above, rows = self._above(source_id)
        resting = self._resting.get(source_id, {})
        return SourcePage(
            source_id=source_id,
            row=book.row_page("sources", source_id),
            kind=book.code("sources", "source_kind", row.get("source_kind")),
            facts=list(self._facts(row)),
            parents=self._steps("source_id", source_id, "parent_source_id"),
            copies=self._steps("parent_source_id", source_id, "source_id"),
            roots=[link for one in self._roots.get(source_id, []) if (link := book.link("sources", one))],
            drawing=tree(self._branches(rows), set(self._roots.get(source_id, []))) if above else Markup(),
            resting=[
                (book.tables[name].title, [link for one in ids[:_LISTED] if (link := book.link(name, one))],
                 max(0, len(ids) - _LISTED))
                for name, ids in resting.items()
            ],
            passages=len(book.rows_with("evidence", "source_id", source_id)),
            notes=row.get("notes") or "",
        )  # fmt: skip

    def _above(self, source_id: str) -> tuple[set[str], list[Mapping[str, str | None]]]:
        """Give the texts above a source, and the steps between them."""
        seen, waiting, rows = {source_id}, [source_id], list[Mapping[str, str | None]]()
        while waiting:
            for row in self.book.rows_with("source_derivations", "source_id", waiting.pop(0)):
                rows.append(row)
                parent = row.get("parent_source_id") or ""
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return seen - {source_id}, rows

    def _facts(self, row: Mapping[str, str | None]) -> Iterator[Fact]:
        book, texts = self.book, words().sources
        publisher = book.link("actors", row.get("publisher_id"))
        yield Fact(texts.publisher, [publisher] if publisher else [])
        yield Fact(texts.author, [Link(row["author_text"] or "")] if row.get("author_text") else [])
        published = row.get("published")
        yield Fact(texts.published, [Link(in_words(published), "", published or "")] if published else [])
        yield Fact(texts.access, [Link(book.code("sources", "access", row.get("access")))])
        through = book.link("sources", row.get("known_through_source_id"))
        yield Fact(texts.known_through, [through] if through else [])
        for name in ("url", "archive_url"):
            address = url_of(row.get(name))
            yield Fact(texts[name], [Link(row[name] or "", address)] if row.get(name) else [])
        doi = doi_of(row.get("doi"))
        yield Fact(texts.doi, [Link(doi, url_of(DOI + doi))] if doi else [])
        yield Fact(texts.language, [Link(row["language"] or "")] if row.get("language") else [])
        yield Fact(texts.sum, [Link(row["snapshot_sha256"] or "")] if row.get("snapshot_sha256") else [])


def _source_columns(book: Book, table: str) -> list[str]:
    schema = book.tables[table].schema
    if table in ("source_derivations", "evidence"):
        return []
    return [one.name for one in schema.fields if book.parent(schema, one.name) == "sources"]
