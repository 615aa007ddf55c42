"""The page on quality: what the checks found, what is missing, what changed, and the full report beside it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from depositary.check.documents.find_target import find_target
from depositary.model.report import Report, Total
from depositary.model.target import Target
from depositary.releasing.agreement import AGREEMENT, agreement_tables
from depositary.releasing.layout import CHANGELOG
from depositary.reports.files import Files
from depositary.reports.glossary import Entry, Glossary
from depositary.reports.html import to_html
from depositary.site.addresses import Link, anchor, dictionary_page, table_page
from depositary.site.book import Book
from depositary.site.changes import Part, parts_of
from depositary.site.page import Page
from depositary.site.pages.coverage import Covered, coverage
from depositary.site.pages.dictionary import RULES, rules_of
from depositary.site.pages.tables import Column, columns_of
from depositary.site.stored import SiteTable
from depositary.site.words import words

REPORT = "quality/report.html"
_MOST_TEXT = 200_000  # characters of the change log
_STATE = "record_status"  # the column that says whether a row is a draft
_AGREEING = ("variables", "detection")  # the tables on agreement that are shown; the others are linked
_FEW = 200  # rows of such a table, and conflicts, that are listed


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
class OpenConflict:
    """A conflict that waits for a decision: its row, its column, what kind it is, and the value of each side."""

    row: Link
    table: str
    column: str
    kind: str
    conflict_id: str
    sides: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Agreeing:
    """A table on the agreement of coders, with its first rows."""

    link: Link
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    more: int


@dataclass(frozen=True)
class QualityPage:
    """What is known of the quality; `changes` is the change log as text, `log` its parts, without the end if `is_cut`.

    `passed` and `broken` are the rules, each with its sentence; `states` counts the rows of a table by their state.
    """

    report: Report
    kept: Sequence[Kept]
    passed: Sequence[Link]
    broken: Sequence[Link]
    coverage: Sequence[Covered]
    gaps: Sequence[tuple[SiteTable, Sequence[Filling]]]
    states: Sequence[tuple[Link, Sequence[tuple[str, int]]]]
    waiting: int
    agreement: Sequence[Agreeing]
    conflicts: int
    open: Sequence[OpenConflict]
    changes: str
    log: Sequence[Part]
    is_cut: bool


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
    passed, broken = _rules(book)
    changes = _changes(book)
    waiting = book.package.descriptor.get("waiting")
    data = QualityPage(
        report=book.report,
        kept=kept,
        passed=passed,
        broken=broken,
        coverage=list(coverage(book)),
        gaps=[(table, list(_gaps(table))) for table in book.tables.values() if _has_gaps(table)],
        states=list(_states(book)),
        waiting=len(waiting) if isinstance(waiting, list) else 0,
        agreement=list(_agreement(book)),
        conflicts=sum(map(len, book.origins.conflicts.values())),
        open=list(_open(book))[:_FEW],
        changes=changes,
        log=list(parts_of(changes[:_MOST_TEXT])),
        is_cut=len(changes) > _MOST_TEXT,
    )
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


def _rules(book: Book) -> tuple[list[Link], list[Link]]:
    """Give the rules that were judged: those that found nothing, and those that found something."""
    says = {one.id: one.says for one in rules_of(book)}
    found = {total.rule for _, total in _totals(book.report)}
    judged = [
        Link(name, f"{RULES}#{anchor(name)}" if name in says else "", says.get(name, ""))
        for name in book.report.rules.judged
    ]
    return [one for one in judged if one.text not in found], [one for one in judged if one.text in found]


def _states(book: Book) -> Iterator[tuple[Link, Sequence[tuple[str, int]]]]:
    """Count the rows of each table by their state, such as drafts."""
    for table in book.tables.values():
        if _STATE in table.schema and table.is_whole and table.is_of_facts and table.count:
            counts = Counter(row.get(_STATE) or "" for row in table.rows)
            labelled = [(book.code(table.name, _STATE, name), n) for name, n in sorted(counts.items()) if name]
            yield Link(table.title, dictionary_page(table.name, _STATE)), labelled


def _agreement(book: Book) -> Iterator[Agreeing]:
    """Give the tables on the agreement of coders that a release took along."""
    for name in sorted(agreement_tables(book.package) & book.tables.keys()):
        table = book.tables[name]
        is_shown = name.removeprefix(f"{AGREEMENT}_") in _AGREEING
        columns = [one for one in columns_of(book, table) if is_shown and not _is_blank(table, one.name)]
        rows = [[_figure(one, book.cell(table, one.name, row.get(one.name)).text) for one in columns]
                for row in table.rows[:_FEW]]  # fmt: skip
        yield Agreeing(Link(table.title, table_page(name)), columns, rows if is_shown else [], table.count - len(rows))


def _figure(column: Column, text: str) -> str:
    return f"{float(text):.3f}" if column.is_number and "." in text else text


def _is_blank(table: SiteTable, name: str) -> bool:
    return table.frame[name].null_count() == len(table.frame)


def _open(book: Book) -> Iterator[OpenConflict]:
    for (table, row_id), conflicts in sorted(book.origins.conflicts.items()):
        for one in conflicts:
            row = Link(book.label(table, row_id), book.row_address(table, row_id), row_id) if row_id else Link("")
            sides = [
                (book.label("contributors", side.contributor) if side.contributor else side.batch, side.value or "")
                for side in one.sides
            ]
            title = book.tables[table].title if table in book.tables else table
            yield OpenConflict(row, title, one.field, one.kind, one.conflict_id, sides)


def _column(book: Book, table: str, name: str) -> Link:
    if table not in book.tables:
        return Link(table or words().quality.whole)
    is_column = name in book.tables[table].schema
    return Link(f"{table}.{name}" if name else table, dictionary_page(table, name if is_column else ""))


def _has_gaps(table: SiteTable) -> bool:
    return table.is_whole and bool(table.count) and table.is_of_facts


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
    return file.read_text(encoding="utf-8", errors="replace")
