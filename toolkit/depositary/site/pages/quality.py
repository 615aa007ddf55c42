"""The page on quality: what the checks found, what is missing, what changed, and the full report beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from depositary.check.documents.find_target import find_target
from depositary.model.report import Report, Total
from depositary.model.target import Target
from depositary.releasing.layout import CHANGELOG
from depositary.reports.files import Files
from depositary.reports.glossary import Entry, Glossary
from depositary.reports.html import to_html
from depositary.site.addresses import Link, dictionary_page
from depositary.site.book import Book
from depositary.site.page import Page
from depositary.site.stored import SiteTable
from depositary.site.words import words

REPORT = "quality/report.html"
_MOST_TEXT = 200_000  # characters of the change log


@dataclass(frozen=True)
class Kept:
    """Findings of one check in a column of a table, with the meaning of the check."""

    level: str
    check: str
    table: str
    column: Link
    count: int
    meaning: Entry


@dataclass(frozen=True)
class Filling:
    """How much of a column is filled, among the rows of its table."""

    column: Link
    filled: int
    of: int

    @property
    def share(self) -> int:
        """Give the filled part in per cent, rounded down."""
        return self.filled * 100 // self.of if self.of else 0


@dataclass(frozen=True)
class QualityPage:
    """What is known of the quality; `changes` is the change log as text."""

    report: Report
    kept: Sequence[Kept]
    gaps: Sequence[tuple[SiteTable, Sequence[Filling]]]
    conflicts: int
    changes: str


def quality_pages(book: Book) -> Iterator[Page]:
    """Give the page on quality."""
    texts = words()
    glossary = glossary_of(book)
    kept = [
        Kept(total.level, total.rule or total.code, name, _column(book, name, total.field), total.count,
             glossary[total.rule or total.code])
        for name, total in _totals(book.report)
        if (total.rule or total.code) in glossary.entries
    ]  # fmt: skip
    gaps = [(table, list(_gaps(table))) for table in book.tables.values() if _has_gaps(table)]
    data = QualityPage(book.report, kept, gaps, sum(map(len, book.origins.conflicts.values())), _changes(book))
    yield Page("quality/index.html", "quality.html", texts.nav.quality, "quality", data, kind=texts.kinds.page)


def glossary_of(book: Book) -> Glossary:
    """Explain the checks that found something."""
    return Glossary.of([_target(book)], book.report)


def write_report(book: Book, folder: Path) -> None:
    """Write the report of the checks as `depositary validate --format html` does."""
    target = _target(book)
    files = Files.of([(target, book.report)], located=False)
    text = to_html([book.report], book.report, files, Glossary.of([target], book.report))
    (folder / REPORT).write_bytes(text.encode())


def _target(book: Book) -> Target:
    return find_target(book.package.directory, None, None)


def _totals(report: Report) -> Iterator[tuple[str, Total]]:
    for total in report.totals:
        yield "", total
    for table in report.tables:
        for total in sorted(table.totals):
            yield table.name, total


def _column(book: Book, table: str, name: str) -> Link:
    if table not in book.tables:
        return Link(table or words().quality.whole)
    is_column = name in book.tables[table].schema
    return Link(f"{table}.{name}" if name else table, dictionary_page(table, name if is_column else ""))


def _has_gaps(table: SiteTable) -> bool:
    return table.is_whole and bool(table.count) and not table.is_own and not table.schema.is_code_list


def _gaps(table: SiteTable) -> Iterator[Filling]:
    for one in table.schema.fields:
        if not table.schema.is_filled(one):
            filled = table.count - table.frame[one.name].null_count()
            if filled < table.count:
                yield Filling(Link(one.name, dictionary_page(table.name, one.name)), filled, table.count)


def _changes(book: Book) -> str:
    file = book.package.directory / CHANGELOG
    if not file.is_file() or file.is_symlink():
        return ""
    return file.read_text(encoding="utf-8", errors="replace")[:_MOST_TEXT]
