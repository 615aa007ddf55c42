"""The first page: what this is, what it has, what is new, a picture, how to cite it, and how to get it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from depositary.site.accounts import VERDICTS, Accounts, Verdict
from depositary.site.addresses import Link, table_page
from depositary.site.book import Book
from depositary.site.changes import Part, parts_of
from depositary.site.cite import Citation, citation_of
from depositary.site.drawing.bars import bars
from depositary.site.drawing.timeline import Event, timeline
from depositary.site.page import Page
from depositary.site.pages.downloads import Format
from depositary.site.pages.facts import FactList, statement_home
from depositary.site.pages.quality import QualityPage
from depositary.site.words import words

_NEW = 12  # lines of the change log


@dataclass(frozen=True)
class FrontPage:
    """The first page."""

    numbers: Sequence[tuple[int, str, str]]
    picture: Markup
    undated: int
    legend: Sequence[tuple[str, str]]
    notable: Sequence[tuple[Link, str, Verdict]]
    news: Sequence[Part]
    citation: Citation
    formats: Sequence[Format]
    facts: FactList | None
    quality: QualityPage


def front_page(
    book: Book, accounts: Accounts, facts: FactList | None, quality: QualityPage, formats: Sequence[Format]
) -> Page:
    """Give the first page."""
    picture, undated, kinds = _picture(book, accounts)
    data = FrontPage(
        numbers=list(_numbers(book)),
        picture=picture,
        undated=undated,
        legend=[(kind, words().verdicts[kind].word) for kind in VERDICTS if kind in kinds],
        notable=facts.notable[:4] if facts else [],
        news=news(quality.changes),
        citation=citation_of(book),
        formats=formats,
        facts=facts,
        quality=quality,
    )
    return Page("index.html", "front.html", book.title, "front", data)


def _numbers(book: Book) -> Iterator[tuple[int, str, str]]:
    """Give the sizes of the largest tables of facts."""
    tables = [one for one in book.tables.values() if one.is_of_facts and one.count]
    largest = sorted(tables, key=lambda one: (_rank(one.name), -one.count, one.name))[:6]
    for one in largest:
        yield one.count, one.title, table_page(one.name)


def _rank(name: str) -> int:
    first = ("meetings", "statements", "policy_actions", "actors", "sources", "evidence")
    return first.index(name) if name in first else len(first)


def _picture(book: Book, accounts: Accounts) -> tuple[Markup, int, set[str]]:
    """Draw a timeline of the statements by topic, or else the sizes of the tables."""
    if not book.subjects.statements:
        tables = [one for one in book.tables.values() if one.is_of_facts or one.schema.is_code_list]
        return bars([(one.title, one.count) for one in tables], words().front.bars), 0, set()
    rows = book.views.rows("""
        SELECT s.statement_id, s.proposition, s.topic, EARLIEST(COALESCE(s.said, m.held)) AS first_day,
          LATEST(COALESCE(s.said, m.held)) AS last_day
        FROM statements AS s LEFT JOIN meetings AS m ON m.meeting_id = s.meeting_id ORDER BY s.statement_id
        """ if book.subjects.meetings else """
        SELECT statement_id, proposition, topic, EARLIEST(said) AS first_day, LATEST(said) AS last_day
        FROM statements ORDER BY statement_id
        """)  # fmt: skip
    events = [
        Event(
            book.code("statements", "topic", row["topic"]),
            accounts.verdict(row["statement_id"]).kind,
            row["first_day"],
            row["last_day"],
            row["proposition"],
            statement_home(book, row["statement_id"]),
        )
        for row in rows
        if row["statement_id"] in accounts.known
    ]
    undated = [one for one in events if not one.first and not one.last]
    return timeline(events), len(undated), {one.kind for one in events if one not in undated}


def news(changes: str) -> list[Part]:
    """Give the beginning of the newest entry of the change log; what has tables is too long for the first page."""
    entry: list[Part] = []
    for part in parts_of(changes):
        if not entry and part.kind != "version":
            continue
        if part.kind == "table":
            headings = [at for at, one in enumerate(entry) if one.kind in ("version", "heading")]
            del entry[headings[-1] + (len(headings) == 1) :]
        if part.kind == "table" or (entry and part.kind == "version") or sum(len(one.lines) for one in entry) >= _NEW:
            break
        entry.append(part)
    while entry and entry[-1].kind == "heading":
        entry.pop()
    return entry
