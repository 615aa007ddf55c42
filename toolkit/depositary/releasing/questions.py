"""The questions that a package names: queries whose answers its users read, each in a file of its own."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from depositary.compile.fixed_order import in_fixed_order
from depositary.compile.language import ROW, Language, RuleError
from depositary.errors import DocumentError
from depositary.model.package import Package
from depositary.read.questions import WrittenQuestion, question_files, read_question
from depositary.read.views import View, views_of

_NO_DAY = date(1970, 1, 1)  # an answer does not depend on the current day


@dataclass(frozen=True)
class Question:
    """A question in words, and the query that answers it, as written and as it is run.

    `tables` and `views` are those that it reads, directly or through views, each view after those that it reads.
    """

    file: str
    text: str
    written: str
    query: str
    columns: tuple[str, ...]
    tables: tuple[str, ...]
    views: tuple[View, ...]


def questions_of(package: Package) -> list[Question]:
    """Read the questions of a package.

    Raises:
        DocumentError: a file cannot be read, has no question in its first line, or cannot be asked of this package.
    """
    return [_question(package, read_question(package, name)) for name in question_files(package)]


def asked_of(package: Package, questions: Sequence[Question]) -> list[Question]:
    """Ask the questions of one package of another; those that it lacks the tables or columns for are left out."""
    found = []
    for question in questions:
        with suppress(RuleError):
            found.append(_planned(package, WrittenQuestion(question.file, question.text, question.written)))
    return found


def _question(package: Package, one: WrittenQuestion) -> Question:
    try:
        return _planned(package, one)
    except RuleError as error:
        raise DocumentError(f"{one.file}: cannot be asked of this package: {error}.") from error


def _planned(package: Package, one: WrittenQuestion) -> Question:
    """Read a query in the language of rules; the tables and columns that it reads are those of the package.

    Raises:
        RuleError: it is not in this language, or reads what is not there.
    """
    views = views_of(package)
    tables = {resource.name: resource.table.field_names for resource in package}
    language = Language(tables, _NO_DAY, {view.name: tuple(view.columns) for view in views})
    query = language.query(one.query)
    if any(column.name == ROW for column in query.tree.find_all(exp.Column)):
        raise RuleError("it reads the numbers of rows, which change. Write the names of columns in place of *")
    reads = _reads(query.columns, views)
    return Question(
        file=one.file,
        text=one.text,
        written=one.written,
        query=in_fixed_order(query.tree).sql("duckdb"),
        columns=query.outputs,
        tables=tuple(one for one in tables if one in reads),
        views=tuple(view for view in views if view.name in reads),
    )


def _reads(used: Mapping[str, object], views: list[View]) -> set[str]:
    """Name all tables and views that a query reads, also through views."""
    found = set(used)
    for view in reversed(views):  # each is after those that it reads
        if view.name in found:
            found |= view.reads
    return found
