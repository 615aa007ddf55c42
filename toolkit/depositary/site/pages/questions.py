"""The page of questions: each with its answer now, its query, and the rows and passages that it rests on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from depositary.errors import DepositaryError
from depositary.releasing.answers import Rows, answer
from depositary.releasing.questions import Question, questions_of
from depositary.site.addresses import Link, anchor, file_name, table_page
from depositary.site.book import Book, ShownPassage
from depositary.site.page import Page
from depositary.site.stored import SiteTable
from depositary.site.words import say, words

_LISTED = 200  # rows of an answer
_MOST_READ = 200_000  # rows that an answer may be computed from
_RESTING = 30  # rows of an answer whose cells and passages are listed
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Record:
    """A row that an answer names: its table, those of its cells that the query reads, and its passages."""

    link: Link
    table: str
    cells: Sequence[tuple[str, Link]]
    passages: Sequence[ShownPassage]


@dataclass(frozen=True)
class Answered:
    """A question with its answer; `error` says why there is none."""

    anchor: str
    question: Question
    columns: Sequence[str]
    rows: Sequence[Sequence[Link]]
    more: int
    tables: Sequence[Link]
    records: Sequence[Record]
    more_records: int
    error: str


@dataclass(frozen=True)
class QuestionPage:
    """The questions; `error` says why none can be asked."""

    questions: Sequence[Answered]
    error: str


def question_pages(book: Book) -> Iterator[Page]:
    """Give the page of questions, if the package names any."""
    if not book.package.descriptor.get("questions"):
        return
    try:
        questions, error = questions_of(book.package), ""
    except DepositaryError as fault:
        questions, error = [], str(fault)
    data = QuestionPage([_answered(book, one) for one in questions], error)
    find = " ".join(one.text for one in questions)
    yield Page("questions/index.html", "questions.html", words().nav.questions, "questions", data,
               kind=words().kinds.page, find=find)  # fmt: skip


def _answered(book: Book, question: Question) -> Answered:
    rows, error = _answer(book, question)
    known = _known(book)
    shown = [[_cell(book, known, row[name]) for name in question.columns] for row in rows[:_LISTED]]
    named = [value for row in rows for value in row.values() if isinstance(value, str)]
    named += [one for one in known if f"'{one}'" in question.written]
    resting = [one for one in dict.fromkeys(named) if one in known]
    return Answered(
        anchor=file_name(PurePosixPath(question.file).stem),
        question=question,
        columns=question.columns,
        rows=shown,
        more=max(0, len(rows) - _LISTED),
        tables=[Link(book.tables[name].title, table_page(name)) for name in question.tables if name in book.tables],
        records=list(_records(book, known, question, resting[:_RESTING])),
        more_records=max(0, len(resting) - _RESTING),
        error=error,
    )


def _answer(book: Book, question: Question) -> tuple[Rows, str]:
    """Give the answer, or none and the reason; an answer from too many rows would take too long."""
    rows = sum(book.tables[name].count for name in question.tables if name in book.tables)
    if rows > _MOST_READ:
        return [], say(words().questions.too_many, n=rows)
    try:
        return answer(book.package, question), ""
    except DepositaryError as fault:
        return [], str(fault)


def _known(book: Book) -> dict[str, str]:
    """Map the ids of all rows of facts to their tables; an id of several tables is left out."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for table in book.tables.values():
        if table.is_whole and table.is_of_facts and len(table.schema.primary_key) == 1:
            for one in table.by_id:
                twice |= {one} if one in found else set()
                found[one] = table.name
    return {one: table for one, table in found.items() if one not in twice}


def _cell(book: Book, known: Mapping[str, str], value: object) -> Link:
    text = "" if value is None else str(value)
    if text in known:
        label = book.label(known[text], text)
        return Link(label, book.page_of(known[text], text), text if label != text else "")
    return Link(text)


def _records(book: Book, known: Mapping[str, str], question: Question, named: Sequence[str]) -> Iterator[Record]:
    """Give the rows that the answer names, with the cells that it rests on and their passages."""
    read = frozenset(_NAME.findall(" ".join([question.written, *(view.sql for view in question.views)])))
    for one in named:
        table = book.tables[known[one]]
        link = Link(book.label(table.name, one), book.row_address(table.name, one), one)
        yield Record(link, table.title, list(_cells(book, table, one, read)), book.passages(table.name, one))


def _cells(book: Book, table: SiteTable, row_id: str, read: frozenset[str]) -> Iterator[tuple[str, Link]]:
    """Give the filled cells of a row in columns that the query names, each with its address."""
    row, page = table.by_id[row_id], book.row_page(table.name, row_id)
    for column in table.schema.fields:
        if column.name in read and row.get(column.name) and column.name not in table.schema.primary_key:
            title = str(column.descriptor.get("title") or column.name)
            text = book.cell(table, column.name, row[column.name]).text
            yield title, Link(text, f"{page}#{anchor(column.name)}" if page else "")
